#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Recordings: a replay says what the live run said, byte by byte; each single
# event is there; and whatever ends the writer, the file can be read.
# Which probes are recorded matters in some tests; the others have one, which is attached in a fifth of the time.

load lib

# record ARGS...: a whole run of "record -o $tmp/r.rec"
record() {
	"$memtrace" record -o "$tmp/r.rec" "$@" >"$tmp/out" 2>"$tmp/err" 3>&- || {
		cat "$tmp/err" >&2
		fail "record: status $?"
	}
}

# replay ARGS...: of $tmp/r.rec, without any privilege
replay() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		"$public" replay - "$@" <"$tmp/r.rec" 3>&-
}

need() {
	need_tool setpriv util-linux
	# where nobody can run it
	public=$BATS_FILE_TMPDIR/memtrace
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	[[ -x $public ]] || install -m 755 "$memtrace" "$public"
}

churn='for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; /bin/ls /proc/self; done >/dev/null'

@test "a replay's report is the live report, byte by byte" {
	"$memtrace" stat --json -o "$tmp/live" --record "$tmp/r.rec" -- sh -c "$churn" 3>&-
	replay stat --json >"$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed"
	[[ $(jq '.processes | length' "$tmp/replayed") -ge 20 ]]
	same "rusage" "$(jq .command.rusage.minor "$tmp/replayed")" "$(jq .total.fault.minor "$tmp/replayed")"
}

@test "and so are intervals, text, histograms and groups" {
	"$memtrace" stat -i 0.2 --by comm -o "$tmp/live" --record "$tmp/r.rec" -- sh -c "sleep 0.3; $churn; sleep 0.5" 3>&-
	replay stat -i 0.2 --by comm >"$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed"
	[[ $(grep -c '^total' "$tmp/replayed") -ge 2 ]]
	"$memtrace" hist --json -o "$tmp/live" --record "$tmp/r.rec" -- "$workloads/faults" -n 1000 3>&-
	replay hist --json >"$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed"
}

@test "--every adds single events to what is recorded anyway" {
	record -- "$workloads/faults" -n 1000
	replay --json | jq -c .probes >"$tmp/probes"
	record --every fault -- "$workloads/faults" -n 1000
	replay --json | jq -c .probes | diff "$tmp/probes" -
	same "whose" "$(replay --json | jq -c .every)" '"fault"'
	between "faults" "$(replay trace fault 2>/dev/null | grep -c ' code 6 (absent|write)$')" 1000 1300
	between "allocations" "$(replay stat --json | jq .total.alloc.count)" 1000 5000
	record kswapd --every alloc,minor -- true
	same "probes" "$(replay --json | jq -c .probes)" '"minor alloc kswapd"'
	same "whose" "$(replay --json | jq -c .every)" '"minor alloc"'
}

@test "every single event: as many as are counted, and as the kernel counts" {
	record fault --every fault -- "$workloads/faults" -n 5000 -r 4
	replay stat --json >"$tmp/stat.json"
	same "lost" "$(report '.lost | "\(.rare) \(.hot)"')" "0 0"
	same "minor faults" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
	replay trace fault --json >"$tmp/events"
	same "events" "$(grep -c '"event":"fault"' "$tmp/events")" "$(report '.total.fault.user + .total.fault.kernel')"
	same "of kernel mode" "$(grep -c '"mode":"kernel"' "$tmp/events" || true)" "$(report .total.fault.kernel)"
	between "on fresh pages" "$(grep -c '"comm":"faults",.*"error_code":6,' "$tmp/events")" 20000 20200
}

@test "every allocation, and its order" {
	record alloc --every alloc -- "$workloads/faults" -n 2000 -r 2
	replay stat --json >"$tmp/stat.json"
	replay trace alloc --json >"$tmp/events"
	same "allocations and pages" "$(jq -rs '[.[] | select(.event == "alloc") | select(.failed or .atomic | not) | pow(2; .order)] |
		"\(length) \(add)"' "$tmp/events")" "$(report '.total.alloc | "\(.count) \(.pages)"')"
}

@test "a live trace prints the events that its recording has" {
	"$memtrace" trace fault --json -o "$tmp/live" --record "$tmp/r.rec" -- "$workloads/faults" -n 300 2>"$tmp/err" 3>&-
	replay trace fault --json >"$tmp/replayed" 2>"$tmp/err2"
	cmp "$tmp/live" "$tmp/replayed"
	[[ $(wc -l <"$tmp/live") -ge 300 ]]
}

@test "a sample: events of some pages, all are counted, estimates are called so" {
	record fault --every fault --sample 1/8 -- "$workloads/faults" -n 40000
	replay stat --json >"$tmp/stat.json"
	same "minor faults" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
	replay trace fault --json >"$tmp/events" 2>"$tmp/err"
	nr=$(grep -c '"event":"fault"' "$tmp/events")
	between "sampled events" "$nr" 4500 5500
	grep -q 'estimate' "$tmp/err"
	replay --json | jq -e --argjson n "$nr" \
		'.sample == 8 and (.events[] | select(.event == "fault") | .count == $n and .estimate == 8 * $n)'
	# live as well: the last line has what was printed, and the estimate apart from it
	"$memtrace" trace fault --sample 1/8 --json -o "$tmp/live" -- "$workloads/faults" -n 8000 2>/dev/null 3>&-
	nr=$(grep -c '"event":"fault"' "$tmp/live")
	same "printed, and the estimate" "$(tail -n 1 "$tmp/live" | jq -c '.events | map(select(.name == "fault"))')" \
		"[{\"name\":\"fault\",\"count\":$nr,\"estimate\":$((8 * nr))}]"
	# all events of one page are there, or none
	record fault --every fault --sample 1/8 -- sh -c '"$workloads/faults" -n 8000 -r 3' # the same pages three times
	replay trace fault --json 2>/dev/null | jq -r 'select(.comm == "faults" and .error_code == 6) | .address' |
		sort | uniq -c | awk '{ n[$1]++ } END { for (i in n) if (n[i] > 900) { print i; exit } }' >"$tmp/times"
	same "events of a page" "$(cat "$tmp/times")" 3
}

# of_faults NUMBER: so many events of the workload are in the recording so far
of_faults() {
	(($(replay trace fault 2>/dev/null | grep -c '^[^ ]* faults\[.* code 6 (absent|write)$') >= $1))
}

@test "whatever is left of a recording is read up to its last whole block" {
	memtrace_start record fault --every fault -n faults -o "$tmp/r.rec"
	"$workloads/faults" -n 20000 -r 2
	eventually of_faults 40000
	memtrace_stop KILL
	replay trace fault >"$tmp/events" 2>"$tmp/err"
	grep -q 'is cut off after [0-9]* whole blocks' "$tmp/err"
	between "events of the workload" "$(grep -c '^[^ ]* faults\[.* code 6 (absent|write)$' "$tmp/events")" 40000 40400
}

@test "a disk that is full ends the recording, not the report" {
	mkdir "$tmp/small"
	mount -t tmpfs -o size=64k tmpfs "$tmp/small" || skip "a tmpfs cannot be mounted"
	mounts+=("$tmp/small")
	status=0
	"$memtrace" record fault --every fault -o "$tmp/small/r.rec" -- "$workloads/faults" -n 20000 -r 5 2>"$tmp/err" 3>&- || status=$?
	same "exit status" "$status" 1
	grep -q 'r.rec.*No space left on device' "$tmp/err"
	cp "$tmp/small/r.rec" "$tmp/kept"
	status=0
	"$memtrace" stat fault --json -o "$tmp/stat.json" --record "$tmp/small/r.rec" -- "$workloads/faults" -n 1000 2>"$tmp/err" 3>&- || status=$?
	same "exit status with no room for a first block" "$status" 1
	cmp "$tmp/kept" "$tmp/small/r.rec"
	rm "$tmp/small/r.rec"
	status=0
	"$memtrace" stat fault --json -o "$tmp/stat.json" --record "$tmp/small/r.rec" -- "$workloads/faults" -n 1000 2>"$tmp/err" 3>&- || status=$?
	same "exit status of a short one" "$status" 0
	dd if=/dev/zero of="$tmp/small/fill" bs=1k 2>/dev/null || true
	status=0
	"$memtrace" stat fault --json -o "$tmp/stat.json" --record "$tmp/small/r2.rec" -- "$workloads/faults" -n 1000 2>"$tmp/err" 3>&- || status=$?
	same "exit status" "$status" 1
	same "the report is exact" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
}

@test "nothing is written over unless there is something to write" {
	echo precious >"$tmp/old"
	run "$memtrace" record -o "$tmp/old" -p 4000000
	same "exit status" "$status" 2
	same "the file" "$(cat "$tmp/old")" precious
	run "$memtrace" record -o "$tmp/new" -p 4000000
	[[ ! -e $tmp/new ]]
	record fault -- true
	same "mode" "$(stat -c %a "$tmp/r.rec")" 600
}

@test "to standard output, and from a pipe" {
	"$memtrace" record -o - fault -- sh -c 'echo of the command; "$workloads/faults" -n 1000' 2>"$tmp/err" 3>&- | cat >"$tmp/r.rec"
	grep -q 'of the command' "$tmp/err"
	replay stat --json >"$tmp/stat.json"
	same "minor faults" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
}

@test "the last part: when asked, and again" {
	memtrace_start record --last 5s --every fault -o "$tmp/r.rec"
	"$workloads/faults" -n 1111 # long before
	sleep 9
	first=$("$workloads/faults" -n 3333 -u | sed -n 's/.*minor=\([0-9]*\).*/\1/p')
	sleep 0.2
	kill -USR1 "$mt_pid"
	eventually [ -e "$tmp/r.rec" ]
	kill -USR1 "$mt_pid"
	eventually [ -e "$tmp/r.rec.2" ]
	memtrace_stop
	same "status" "$mt_status" 0
	[[ -e $tmp/r.rec && -e $tmp/r.rec.2 && ! -e $tmp/r.rec.3 ]]
	replay --json | jq -e '.window and .duration_ns < 9e9 and .duration_ns >= 5e9'
	replay stat --json >"$tmp/stat.json"
	rows=$(total '.comm == "faults"' .fault.minor)
	between "of the last part" "$rows" 3300 3600
	between "events" "$(replay trace fault 2>/dev/null | grep -c ' faults\[.* code 6 (absent|write)$')" 3333 3500
	# what long ran and counted before the window began is not in it
	[[ $(total true .fault.minor) -lt 10000000 ]]
}

@test "the last part: after an OOM kill, with what led to it" {
	memcg_init
	make_cgroup record 64M
	mkdir "$cgroup/victim" "$cgroup/trigger"
	cgroups+=("$cgroup/victim" "$cgroup/trigger")
	memtrace_start record --last 10s -o "$tmp/r.rec"
	"$workloads/oompair" "$cgroup/victim" "$cgroup/trigger" >/dev/null
	eventually [ -e "$tmp/r.rec" ]
	memtrace_stop
	[[ ! -e $tmp/r.rec.2 ]]
	replay trace oom --json >"$tmp/events"
	same "victim" "$(jq -rs 'map(select(.event == "oom"))[0] | "\(.victim.comm) \(.victim.cgroup)"' "$tmp/events")" "mt-victim $cgroup_name/victim"
	replay stat --json >"$tmp/stat.json"
	[[ $(total '.comm == "mt-victim"' .fault.minor) -ge 10000 ]]
}

@test "a recording that is none, or of another version" {
	for content in "" "hello" "memtrace" $'memtrace\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07'; do
		printf '%s' "$content" >"$tmp/r.rec"
		run replay stat
		same "status" "$status" 1
		[[ $output == "memtrace: - cannot be replayed: "* ]]
	done
	[[ $output == *"version 1799.1799 of the format"* ]]
}

@test "a page of the run beside its recording, also after Ctrl-C; what stands in its way is said before" {
	"$memtrace" record -o "$tmp/r.rec" --report "$tmp/r.html" -- "$workloads/faults" -n 100 2>"$tmp/err" 3>&- || fail "$(<"$tmp/err")"
	"$memtrace" replay "$tmp/r.rec" report -o "$tmp/again.html" 2>"$tmp/err" 3>&-
	cmp "$tmp/r.html" "$tmp/again.html"
	memtrace_start record -o "$tmp/s.rec" --report "$tmp/s.html"
	memtrace_stop
	same "status after Ctrl-C" "$mt_status" 0
	grep -q '^<!DOCTYPE html>' "$tmp/s.html" || fail "no page"
	# CMD's status is kept, and the page made
	run "$memtrace" record -o "$tmp/t.rec" --report "$tmp/t.html" -- sh -c 'exit 7'
	same "status of CMD" "$status" "$("$memtrace" record -o "$tmp/u.rec" -- sh -c 'exit 7' 2>/dev/null 3>&-; echo $?)"
	[[ -s $tmp/t.html ]] || fail "no page of a CMD that fails"
	for words in "-o $tmp/none.rec --report /none/r.html" "-o $tmp/none.rec --report -" "-o - --report $tmp/none.html" \
		"--keep 7d -o $tmp/none --report $tmp/none.html" "--last 60s -o $tmp/none.rec --report $tmp/none.html"; do
		# shellcheck disable=SC2086
		run "$memtrace" record $words -- touch "$tmp/ran"
		((status)) || fail "status 0 of $words"
		[[ ! -e $tmp/none && ! -e $tmp/none.rec && ! -e $tmp/none.html && ! -e $tmp/ran ]] || fail "something was done: $words"
	done
}

@test "what is about tracing is refused" {
	record fault -- true
	for option in "--follow -p 1" "--light" "--latency" "-a" "--record x" "-- true"; do
		# shellcheck disable=SC2086
		run replay stat $option
		same "status of $option" "$status" 2
	done
	run replay stat free
	same "status of a probe that was not recorded" "$status" 2
	[[ $output == *"free was not recorded"* ]]
}

@test "what makes no sense together is refused, and nothing is written over" {
	record fault --every fault -- "$workloads/faults" -n 100
	before=$(sha256sum <"$tmp/r.rec")
	cd "$tmp" || return
	for words in "record --light --every fault" "record --stacks fault" "record --sample 1/4 fault" "record --every oom" \
		"trace --sample 1/4 oom" "trace --stacks reclaim" "stat --record - -d 1" "stat --record $tmp/r.rec -o $tmp/r.rec -d 1" \
		"replay $tmp/r.rec stat -o $tmp/r.rec" "replay $tmp/r.rec -o $tmp/r.rec" "replay $tmp/r.rec stat --ring-size 1M"; do
		# shellcheck disable=SC2086
		run "$memtrace" $words
		same "status of $words" "$status" 2
		same "lines of $words" "${#lines[@]}" 1
	done
	same "the recording" "$(sha256sum <"$tmp/r.rec")" "$before"
}

@test "the last part: a place that cannot be written is told at once, and later does not end it" {
	run timeout 60 "$memtrace" record --last 2s -o "$tmp/none/r.rec"
	same "status" "$status" 1
	mkdir "$tmp/place"
	mount -t tmpfs -o size=64k tmpfs "$tmp/place" || skip "a tmpfs cannot be mounted"
	mounts+=("$tmp/place")
	echo earlier >"$tmp/place/r.rec"
	memtrace_start record fault --last 2s -o "$tmp/place/r.rec"
	dd if=/dev/zero of="$tmp/place/fill" bs=1k 2>/dev/null || true
	kill -USR1 "$mt_pid"
	eventually grep -q "cannot write '$tmp/place/r.rec': No space left" "$tmp/err"
	same "what is there" "$(cd "$tmp/place" && echo *)" "fill r.rec"
	rm "$tmp/place/fill"
	kill -USR1 "$mt_pid"
	eventually test -e "$tmp/place/r.rec.2"
	memtrace_stop
	same "status" "$mt_status" 0
	same "the earlier file" "$(cat "$tmp/place/r.rec")" earlier
	"$memtrace" replay "$tmp/place/r.rec.2" stat >/dev/null
}

# What has slid out of the window is counted while the run is ended already.
@test "the last part: a run that is longer than it, and was asked for files, ends well" {
	memtrace_start record fault --last 1s -o "$tmp/l.rec"
	sleep 2.5
	for i in "$tmp/l.rec" "$tmp/l.rec.2" "$tmp/l.rec.3"; do
		kill -USR1 "$mt_pid"
		eventually test -e "$i"
	done
	sleep 0.4
	memtrace_stop INT
	same "status" "$mt_status" 0
	grep -q '3 files written; ' "$tmp/err"
	said_lossless "$tmp/err"
}

@test "the last part: no more than ten files, the oldest recording goes" {
	local i

	mkdir "$tmp/place"
	for i in '' .2 .3 .4 .5 .6 .7 .8 .9; do
		cp "$top/tests/golden/rare.rec" "$tmp/place/r.rec$i"
	done
	touch -d '1 hour ago' "$tmp/place/r.rec.6"
	echo none >"$tmp/place/r.rec.3"
	touch -d '2 hours ago' "$tmp/place/r.rec.3"
	memtrace_start record fault --last 2s -o "$tmp/place/r.rec"
	kill -USR1 "$mt_pid"
	eventually grep -q 'wrote .*/place/r.rec.10$' "$tmp/err"
	kill -USR1 "$mt_pid"
	eventually grep -q 'wrote .*/place/r.rec.6$' "$tmp/err"
	memtrace_stop
	same "status" "$mt_status" 0
	same "files" "$(find "$tmp/place" -type f | wc -l)" 10
	same "what is no recording" "$(cat "$tmp/place/r.rec.3")" none
	"$memtrace" replay "$tmp/place/r.rec.6" stat >/dev/null
}

# The process blocks SIGUSR1 (10), ignores it, or has a handler for it.
minds_sigusr1() {
	local mask
	while read -r _ mask; do
		((!(0x$mask & 1 << 9))) || return 0
	done < <(grep -E '^Sig(Blk|Ign|Cgt)' "/proc/$1/status")
	return 1
}

@test "SIGUSR1 ends nothing that it is not for" {
	"$memtrace" record fault -d 1 -o "$tmp/r.rec" 2>"$tmp/err" 3>&- &
	pid=$!
	started+=("$pid")
	# before main() nobody can be asked to mind it
	eventually minds_sigusr1 "$pid"
	kill -USR1 "$pid"
	# on a busy machine the run may be over before
	for ((i = 0; i < 20; i++)); do
		kill -USR1 "$pid" 2>/dev/null || break
		nap 0.02
	done
	wait "$pid"
	replay stat >/dev/null
}
