#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Days of history on disk: segments that turn, one writer, whatever ends it, and a disk that is full for a while.

load lib

need() {
	dir=$tmp/history
}

# segments [NAME]: those in the directory, by number; the last N with "| tail -n N"
segments() {
	find "$dir" -name '2*Z-*.rec' | LC_ALL=C sort -t- -k2 -k1
}

# at_least N: there are so many segments
at_least() {
	(($(segments | wc -l) >= $1))
}

# sum_of FIELD: its sum over the segments, of which each must be readable
sum_of() {
	local each sum=0

	while read -r each; do
		"$memtrace" replay "$each" stat --json >"$tmp/part.json" 2>>"$tmp/notes" || fail "$each cannot be read" || return
		sum=$((sum + $(jq ".total$1" "$tmp/part.json")))
	done < <(segments)
	echo "$sum"
}

@test "segments turn, each can be read alone, and they add up to what CMD did" {
	"$memtrace" record fault --every fault --keep 1d --max-bytes 8M -i 0.1 -o "$dir" -- \
		"$workloads/faults" -n 400000 2>"$tmp/err" 3>&-
	same "mode" "$(stat -c %a "$dir")" 700
	same "modes of files" "$(find "$dir" -type f -printf '%m\n' | sort -u)" 600
	at_least 2 || fail "segments: $(segments)"
	between "faults" "$(sum_of .fault.minor)" 400000 402000
	! grep "cut off" "$tmp/notes" || fail "a segment that has no end"
	same "rusage" "$(sum_of .fault.minor)" "$("$memtrace" replay "$(segments | tail -n 1)" stat --json | jq .command.rusage.minor)"
}

# called PATTERN: so is the process of that pid, as the history has it
called() {
	"$memtrace" replay "$dir" stat --command --json 2>/dev/null | jq -r ".processes[] | select(.pid == $pid).command // empty" |
		grep -q "$1"
}

@test "the command line of each process is kept, under each of its names, also when it has ended" {
	echo 'cd "${0%/*}"; while [ -e first ]; do /bin/true; sleep 0.1; done; exec bash "$0.2" again' >"$tmp/job"
	echo 'while [ -e second ]; do /bin/true; sleep 0.1; done' >"$tmp/job.2"
	touch "$tmp/first" "$tmp/second"
	memtrace_start record fault --keep 1d -i 0.2 -o "$dir"
	sh "$tmp/job" now 3>&- &
	pid=$!
	started+=("$pid")
	eventually called "^sh .*/job now$"
	rm "$tmp/first"
	eventually called "^bash .*/job.2 again$"
	rm "$tmp/second"
	wait "$pid"
	memtrace_stop INT
	called "^bash .*/job.2 again$"
	"$memtrace" copy "$dir" --anonymise -o "$tmp/without.rec" 2>"$tmp/err"
	"$memtrace" replay "$tmp/without.rec" stat --command --json 2>>"$tmp/err" | jq -r '.processes[].command // empty' >"$tmp/commands"
	[[ -s $tmp/commands ]] || fail "no command line is left"
	! grep -E 'job|again|bash' "$tmp/commands" || fail "a command line has its words"
}

@test "a second recorder is refused with the pid of the first; after SIGKILL another one goes on" {
	memtrace_start record fault --keep 1d -i 0.1 -o "$dir"
	eventually at_least 1
	run "$memtrace" record fault --keep 1d -o "$dir/" -d 0.1 3>&-
	same "status" "$status" 2
	[[ $output == *"process $mt_pid is writing it already"* ]] || fail "$output"
	run "$memtrace" record fault --keep 1d -o "$tmp/other" -d 0.2 3>&-
	same "status of another directory" "$status" 0
	"$workloads/faults" -n 1000
	eventually eval '(($(sum_of .fault.minor) >= 1000))'
	memtrace_stop KILL
	between "faults before it was killed" "$(sum_of .fault.minor)" 1000 10000000
	"$memtrace" record fault --keep 1d -o "$dir" -d 0.2 2>"$tmp/err" 3>&-
	same "segments" "$(segments | sed 's/.*-//' | paste -sd ' ')" "00000001.rec 00000002.rec"
	[[ -z $(find "$dir" -name '.*' -type f) ]]
}

@test "SIGKILL at any moment loses the last ten seconds at most, and no counts before" {
	local each points=${MEMTRACE_KILL_POINTS:-3} now end

	for ((each = 0; each < points; each++)); do
		rm -rf "$dir"
		memtrace_start record fault --keep 1d -i 0.1 -o "$dir"
		eventually at_least 1
		"$workloads/faults" -n $((1000 + RANDOM % 4000)) -r 3 &
		nap "$((RANDOM % 3)).$((RANDOM % 10))"
		now=$(date +%s)
		memtrace_stop KILL
		wait $! || true
		replay stat --json >"$tmp/stat.json" || fail "$(tail -n 1 "$tmp/notes")"
		end=$(jq '(.start_ns + .duration_ns) / 1e9 | floor' "$tmp/stat.json")
		((now - end <= 10)) || fail "it ends $((now - end)) s before it was killed"
		# another one goes on in it, and what is there stays
		"$memtrace" record fault --keep 1d -o "$dir" -d 0.2 2>/dev/null 3>&-
		same "segments" "$(segments | wc -l)" 2
	done
	! grep damaged "$tmp/notes" || fail "damaged"
}

@test "what is not the user's own directory is refused" {
	mkdir -m 755 "$dir"
	run "$memtrace" record fault --keep 1d -o "$dir" -d 0.1 3>&-
	same "status" "$status" 2
	[[ $output == *"has mode 0755; expected 0700"* ]] || fail "$output"
	chmod 700 "$dir"
	chown 65534 "$dir"
	run "$memtrace" record fault --keep 1d -o "$dir" -d 0.1 3>&-
	same "status" "$status" 2
	[[ $output == *"belongs to user 65534"* ]] || fail "$output"
	[[ -z $(find "$dir" -mindepth 1) ]]
	for args in "--max-bytes 1G" "--keep 1d --last 5s" "--keep 1d -o -" "--keep 1m" "--keep 1d --max-bytes 1M"; do
		# shellcheck disable=SC2086
		run "$memtrace" record $args -d 0.1 3>&-
		same "status of $args" "$status" 2
	done
}

@test "a full disk pauses it, and it goes on when there is room" {
	mkdir -m 700 "$dir"
	mount -t tmpfs -o size=6m,mode=700 memtrace-test "$dir" 2>/dev/null || skip "tmpfs cannot be mounted here"
	mounts+=("$dir")
	memtrace_start record fault --keep 1d -i 0.1 -o "$dir"
	eventually at_least 1
	head -c 8M /dev/zero >"$dir/filler" 2>/dev/null || true
	eventually grep -q "recording pauses: No space left on device" "$tmp/err"
	"$workloads/faults" -n 1000
	nap 0.3
	same "segments while it is full" "$(segments | wc -l)" 1
	rm "$dir/filler"
	eventually grep -q "recording goes on" "$tmp/err"
	"$workloads/faults" -n 2000
	eventually eval '(($("$memtrace" replay "$(segments | tail -n 1)" stat --json 2>/dev/null | jq .total.fault.minor) >= 2000))'
	memtrace_stop INT
	same "segments" "$(segments | wc -l)" 2
	same "how often it paused" "$(grep -c pauses "$tmp/err")" 1
}

@test "a disk that is full in the midst of an interval is told, too" {
	mkdir -m 700 "$dir"
	mount -t tmpfs -o size=6m,mode=700 memtrace-test "$dir" 2>/dev/null || skip "tmpfs cannot be mounted here"
	mounts+=("$dir")
	memtrace_start record fault --every fault --keep 1d -i 60 -o "$dir"
	eventually at_least 1
	head -c 8M /dev/zero >"$dir/filler" 2>/dev/null || true
	"$workloads/faults" -n 400000
	memtrace_stop INT
	same "status" "$mt_status" 0
	same "how often it paused" "$(grep -c "recording pauses: No space left on device" "$tmp/err")" 1
	rm "$dir/filler"
	replay stat --json >"$tmp/stat.json" || fail "$(tail -n 1 "$tmp/notes")"
}

# replay ARGS...: of the whole directory
replay() {
	"$memtrace" replay "$dir" "$@" 2>>"$tmp/notes" 3>&-
}

@test "beside reports of kills: the probes and moments of a history, whatever the run looks at" {
	"$memtrace" oom --dir "$tmp/oom" --history-dir "$dir" -d 60 -- sh -c "$workloads/faults -n 5000; exec sleep 11.5" >/dev/null 2>"$tmp/err" 3>&-
	replay --json >"$tmp/all.json"
	same "probes" "$(jq -r .probes "$tmp/all.json")" "fault stall reclaim kswapd oom"
	same "gaps, of moments each ten seconds" "$(jq -c .gaps "$tmp/all.json")" "[]"
	replay stat --json >"$tmp/stat.json"
	between "faults" "$(total '.comm == "faults"' .fault.minor)" 5000 6000
	# looks come each second, and two of ten seconds are in it, beside the end
	between "moments" "$(replay stat -i 1 --json | jq -s 'map(select(.interval)) | length')" 1 3
	for each in stalls timeline oom trace; do
		replay $each --from 1ms >"$tmp/out" || fail "$each: $(tail -n 1 "$tmp/notes")"
	done
	same "mode" "$(stat -c %a "$dir")" 700
	run "$memtrace" oom --history-dir "$tmp/oom/x/y" -d 0.1 3>&-
	same "status without a place" "$status" 1
	run "$memtrace" oom --history-bytes 8M -d 0.1 3>&-
	same "status without a directory" "$status" 2
}

@test "beside metrics, hooks are attached once" {
	local alone both

	memtrace_start export --by comm --textfile "$tmp/m.prom" -i 1
	eventually test -s "$tmp/m.prom"
	alone=$(find "/proc/$mt_pid/fd" -lname 'anon_inode:bpf-prog' | wc -l)
	memtrace_stop INT
	memtrace_start export --by comm --textfile "$tmp/m.prom" -i 1 --history-dir "$tmp/other"
	eventually test -s "$tmp/m.prom"
	both=$(find "/proc/$mt_pid/fd" -lname 'anon_inode:bpf-prog' | wc -l)
	memtrace_stop INT
	((alone > 10))
	same "programs" "$both" "$alone"
	"$memtrace" export --textfile "$tmp/m.prom" --history-dir "$dir" -- "$workloads/faults" -n 3000 2>"$tmp/err" 3>&-
	replay stat --json >"$tmp/stat.json"
	between "faults" "$(total '.comm == "faults"' .fault.minor)" 3000 4000
}

@test "a part is read from the segments that it needs" {
	local i from all

	for ((i = 0; i < 5; i++)); do
		"$memtrace" record fault --keep 1d -i 0.1 -o "$dir" -d 0.1 2>/dev/null 3>&-
		((i == 4)) || nap 1.1
	done
	mapfile -t all < <(segments)
	from=$("$memtrace" replay "${all[3]}" --json | jq -r '.start_ns / 1e9 | ceil | strflocaltime("%Y-%m-%dT%H:%M:%S")')
	# those that are opened may not be damaged: where it begins, and what follows; one before, as names have whole seconds
	cp "${all[2]}" "$tmp/third"
	for each in "${all[0]}" "${all[1]}"; do
		echo "no recording" >"$each"
	done
	replay stat --from "$from" --json >"$tmp/stat.json" || fail "it opens one of the first two: $(tail -n 1 "$tmp/notes")"
	echo "no recording" >"${all[2]}"
	run "$memtrace" replay "$dir" stat --from "$from" 3>&-
	same "status with the one before damaged" "$status" 1
	[[ $output == *"${all[2]}: left out"* ]] || fail "$output"
	cp "$tmp/third" "${all[2]}"
	run "$memtrace" replay "$dir" stat 3>&-
	same "status of all" "$status" 1
	same "left out" "$(grep -c "left out" <<<"$output")" 2
}

@test "a copy of a part of it, over two runs, with names and without" {
	local from to

	"$memtrace" record fault --every fault --stacks --keep 1d -i 0.1 -o "$dir" -- "$workloads/faults" -n 3000 2>/dev/null 3>&-
	nap 1.1
	"$memtrace" record fault --every fault --stacks --keep 1d -i 0.1 -o "$dir" -- sh -c "$workloads/spawn -n 20; sleep 1" 2>/dev/null 3>&-
	"$memtrace" copy "$dir" -o "$tmp/all.rec" 2>"$tmp/err" 3>&-
	grep -q "1 gap in between, in which nothing was recorded;" "$tmp/err"
	same "a beginning is left out of all" "$("$memtrace" replay "$tmp/all.rec" --json | jq .window)" false
	same "mode" "$(stat -c %a "$tmp/all.rec")" 600
	# call chains of both runs, whose ids are the same
	[[ $(replay stacks --format folded | cut -d ';' -f 1 | sort -u | wc -l) -ge 2 ]]
	for each in stat "trace --stacks" "hist fault" stacks; do
		# shellcheck disable=SC2086 # words
		diff <("$memtrace" replay "$tmp/all.rec" $each --json 2>/dev/null) <(replay $each --json) || fail "$each differs"
	done
	"$memtrace" copy "$dir" --anonymise -o "$tmp/without.rec" 2>/dev/null 3>&-
	"$memtrace" replay "$tmp/without.rec" stat --json >"$tmp/stat.json" 2>/dev/null
	between "faults" "$(report .total.fault.minor)" 3000 9000
	! jq -r '.processes[] | .comm, .cgroup' "$tmp/stat.json" | grep -vE '^(/?name[0-9]+([.][a-z]+)?)+$' || fail "a name is left"
	same "host" "$("$memtrace" replay "$tmp/without.rec" --json | jq -r .host.name)" host
	# a part that begins between the runs, and so with the second one
	from=$("$memtrace" replay "$(segments | tail -n 1)" --json | jq -r '.start_ns / 1e9 | floor | strflocaltime("%Y-%m-%dT%H:%M:%S")')
	"$memtrace" copy "$dir" --from "$from" -o "$tmp/part.rec" 2>"$tmp/err" 3>&-
	! grep "in between" "$tmp/err" || fail "the gap is before the part"
	same "a beginning is left out of the part" "$("$memtrace" replay "$tmp/part.rec" --json | jq .window)" true
	diff <("$memtrace" replay "$tmp/part.rec" stat --json 2>/dev/null) <(replay stat --from "$from" --json) || fail "the part differs"
	run "$memtrace" copy "$dir" --from 2035-01-01T00:00 -o "$tmp/none.rec" 3>&-
	same "status behind the end" "$status" 2
	[[ ! -e $tmp/none.rec ]]
}

@test "a replay of the directory adds up the runs, and says what is missing" {
	"$memtrace" record fault --keep 1d -i 0.1 -o "$dir" -- "$workloads/faults" -n 3000 2>/dev/null 3>&-
	"$memtrace" record fault --keep 1d -i 0.1 -o "$dir" -- "$workloads/faults" -n 5000 2>/dev/null 3>&-
	mapfile -t all < <(segments)
	same "segments" "${#all[@]}" 2
	"$memtrace" replay "${all[0]}" stat --json >"$tmp/1.json" 3>&-
	"$memtrace" replay "${all[1]}" stat --json >"$tmp/2.json" 3>&-
	replay stat --json >"$tmp/stat.json"
	same "sum" "$(report .total.fault.minor)" "$(jq -s 'map(.total.fault.minor) | add' "$tmp/1.json" "$tmp/2.json")"
	between "faults" "$(total '.comm == "faults"' .fault.minor)" 8000 9000
	grep -q "nothing was recorded from .* to .*: no recorder ran" "$tmp/notes"
	replay --json >"$tmp/all.json"
	same "gaps" "$(jq -c '[.gaps[] | [.why, .other_kernel]]' "$tmp/all.json")" '[["no recorder ran",false]]'
	same "kills" "$(jq '.oom_kills | length' "$tmp/all.json")" 0
	run "$memtrace" replay "$dir" stat --from 2035-01-01T00:00 3>&-
	same "status behind the end" "$status" 2
	# each command takes a part: here all but the first moment
	for each in stat state "hist fault" "top -b" "export --once --textfile $tmp/m.prom"; do
		# shellcheck disable=SC2086 # words
		replay $each --from 1ms >"$tmp/out" || fail "$each: $(tail -n 1 "$tmp/notes")"
	done
}

# work_in NAME PAGES: faults in that cgroup, which is made if it is not there
work_in() {
	mkdir -p "$cgroup/$1"
	(
		echo "$BASHPID" >"$cgroup/$1/cgroup.procs"
		exec "$workloads/faults" -n "$2"
	)
}

# minor_in NAME PATH: faults of tasks in that cgroup, as that recording has them
minor_in() {
	"$memtrace" replay "$2" stat -c "$cgroup_name/$1" --json 2>>"$tmp/notes" | jq .total.fault.minor
}

@test "cgroups that come and go: each has its row, with what was done in it, over segments and runs" {
	local each rows path sum

	memcg_init
	make_cgroup history
	# "again" is made four times: twice in a segment, over two, and in another run
	memtrace_start record fault --every fault --keep 1d --max-bytes 8M -i 0.2 -o "$dir"
	work_in stays 1000
	work_in between 2000
	work_in again 3000
	nap 1
	rmdir "$cgroup/again"
	nap 1
	work_in again 5000
	nap 1
	rmdir "$cgroup/again"
	work_in again 7000
	"$workloads/faults" -n 400000
	eventually at_least 2
	nap 1
	rmdir "$cgroup/again"
	nap 1
	memtrace_stop INT
	rmdir "$cgroup/between"
	memtrace_start record fault --keep 1d -i 0.2 -o "$dir"
	work_in stays 500
	work_in again 4000
	nap 1
	rmdir "$cgroup/again"
	nap 1
	memtrace_stop INT
	replay stat --json >"$tmp/stat.json"
	same "of the same path" "$(report "[.cgroups[] | select(.cgroup == \"$cgroup_name/again\") | .id] | unique | length")" 4
	same "which are gone" "$(report "[.cgroups[] | select(.cgroup | startswith(\"$cgroup_name/\")) | (.cgroup | split(\"/\") | last) + \" \" + (.removed | tostring)] | sort | join(\", \")")" \
		"again true, again true, again true, again true, between true, stays false"
	# a shell becomes each of them there, and counts some itself
	report ".processes[] | select(.cgroup == \"$cgroup_name/again\" and .comm == \"faults\").fault.minor" | sort -n >"$tmp/rows"
	same "rows" "$(wc -l <"$tmp/rows")" 4
	for each in 3000 4000 5000 7000; do
		read -r rows
		between "faults of $each" "$rows" "$each" $((each + 600))
	done <"$tmp/rows"
	for each in again:19000 between:2000 stays:1500; do
		rows=$(minor_in "${each%:*}" "$dir")
		between "faults in ${each%:*}" "$rows" "${each#*:}" $((${each#*:} + 2400))
		sum=0
		while read -r path; do
			sum=$((sum + $(minor_in "${each%:*}" "$path")))
		done < <(segments)
		same "the same of all segments in ${each%:*}" "$sum" "$rows"
	done
	# each segment alone knows them, also those in which nothing was done since
	"$memtrace" replay "$(segments | sed -n 2p)" stat --json | jq -r '.cgroups[].cgroup' >"$tmp/names"
	grep -qx "$cgroup_name/stays" "$tmp/names" || fail "names: $(cat "$tmp/names")"
	! grep -F "[id:" "$tmp/names" || fail "a cgroup has no name"
	"$memtrace" copy "$dir" -o "$tmp/all.rec" 2>/dev/null 3>&-
	diff <("$memtrace" replay "$tmp/all.rec" stat --json 2>/dev/null) "$tmp/stat.json" || fail "the copy differs"
}

# row COMM SIDE: minor faults of all processes of that name, in the report of a comparison
row() {
	jq "[.rows[] | select(.comm == \"$1\" and .counter == \"fault.minor\") | .$2 // 0] | add // 0" "$tmp/stat.json"
}

@test "--against: two times of a history, and two histories, side by side" {
	local all from

	"$memtrace" record fault --keep 1d -i 0.1 -o "$dir" -- sh -c "$workloads/faults -n 3000; exec sleep 0.5" 2>/dev/null 3>&-
	nap 1.1
	"$memtrace" record fault --keep 1d -i 0.1 -o "$dir" -- sh -c "sleep 0.5; $workloads/faults -n 9000; exec sleep 0.3" 2>/dev/null 3>&-
	mapfile -t all < <(segments)
	from=$("$memtrace" replay "${all[1]}" --json | jq -r '.start_ns / 1e9 | floor | strflocaltime("%Y-%m-%dT%H:%M:%S")')
	# all of the first run is before the second
	replay stat --from "$from" --against 1ms --json >"$tmp/stat.json"
	between "before" "$(row faults before)" 3000 3900
	between "now" "$(row faults now)" 9000 9900
	(($(report .now.start_ns) >= $("$memtrace" replay "${all[1]}" stat --json | jq .start_ns))) || fail "now begins before the second run"
	(($(report '.before.start_ns + .before.duration_ns') < $(report .now.start_ns))) || fail "before goes on into now"
	# histories, and segments of one: all of both, whatever --from says
	for each in "$dir" "${all[0]}"; do
		"$memtrace" replay "${all[1]}" stat --from 1ms --against "$each" --json >"$tmp/stat.json" 2>/dev/null
		same "recordings" "$(report '[.before.recording, .now.recording] | join(" ")')" "$each ${all[1]}"
		between "before in $each" "$(row faults before)" 3000 14000
		same "all before" "$(report '.totals[] | select(.counter == "fault.minor").before')" \
			"$("$memtrace" replay "$each" stat --json 2>/dev/null | jq .total.fault.minor)"
	done
}

@test "--against: sums are those of either recording, rates go by its length, the greatest difference comes first" {
	local golden=$top/tests/golden each

	"$memtrace" replay "$golden/rare.rec" stat --against "$golden/functions.rec" --json >"$tmp/both.json"
	for each in rare:now functions:before; do
		"$memtrace" replay "$golden/${each%:*}.rec" stat --by process --json >"$tmp/stat.json"
		# the same of all, of each name and cgroup, and how long it was
		same "$each" "$(jq -c ".${each#*:} as \$run | [\$run.duration_ns, \$run.start_ns, (.totals[] | select(.counter == (\"fault.minor\", \"alloc.pages\")).${each#*:})]" "$tmp/both.json")" \
			"$(jq -c '[.duration_ns, .start_ns, .total.fault.minor, .total.alloc.pages]' "$tmp/stat.json")"
		same "rows of $each" "$(jq -c "[.rows[] | select(.counter == \"fault.minor\" and .${each#*:} > 0) | [.comm, .cgroup, .${each#*:}]] | sort" "$tmp/both.json")" \
			"$(jq -c '[.processes[]] | group_by([.comm, .cgroup]) | map([.[0].comm, .[0].cgroup, (map(.fault.minor) | add)] | select(.[2] > 0)) | sort' "$tmp/stat.json")"
	done
	jq -e '.before.duration_ns as $b | .now.duration_ns as $n | def near($x; $y): ($x - $y) * ($x - $y) <= 1e-12 * ($x * $x + $y * $y);
		all(.rows[]; near(.before_per_second; .before * 1e9 / $b) and near(.now_per_second; .now * 1e9 / $n)
			and near(.difference_per_second; .now_per_second - .before_per_second)
			and (if .before > 0 then near(.ratio; .now_per_second / .before_per_second) else .ratio == null end))' \
		"$tmp/both.json" >/dev/null || fail "rates"
	jq -e '([.totals[] | {(.counter): ([.before_per_second, .now_per_second] | max)}] | add) as $all
		| [.rows[] | (.difference_per_second | fabs) / $all[.counter]]
		| [., .[1:]] | transpose | all(.[]; .[1] == null or .[0] >= .[1] - 1e-9)' "$tmp/both.json" >/dev/null || fail "order"
}

@test "--against: what does not go together is refused" {
	local golden=$top/tests/golden args

	for args in "--against $golden/every.rec -p 1" "--against 1s --by thread" "--against 1s -i 1" "--against $tmp/none" "--against 7:00" "--against 2035-01-01T00:00" \
		"--against 1s --sort none"; do
		# shellcheck disable=SC2086
		run "$memtrace" replay "$golden/rare.rec" stat $args 3>&-
		[[ $status -eq 1 || $status -eq 2 ]] || fail "status $status of $args: $output"
		[[ $output == *"--against"* || $output == *"--sort"* ]] || fail "$args: $output"
	done
	# a part that is not there is said to be the one of --against
	for args in "2035-01-01T00:00" "1000h" "-9d" "2026-02-30T01:00"; do
		run "$memtrace" replay "$golden/rare.rec" stat --from 1s --against "$args" 3>&-
		same "status of $args" "$status" 2
		[[ $output == *"--against: "* && $output != *"--from"* ]] || fail "$args: $output"
	done
	"$memtrace" record fault --keep 1d -i 0.1 -o "$dir" -d 0.3 2>/dev/null 3>&-
	for args in "2035-01-01T00:00" "1000h" "-9d" "2026-02-30T01:00"; do
		run "$memtrace" replay "$dir" stat --from 1ms --against "$args" 3>&-
		same "status of $args, of a history" "$status" 2
		[[ $output == *"--against: "* && $output != *"--from"* ]] || fail "$args, of a history: $output"
		[[ $args != -* ]] || continue # which is the beginning
		run "$memtrace" replay "$dir" stat --from "$args" 3>&-
		same "status from $args" "$status" 2
		[[ $output == *"--from: "* && $output != *"--to"* ]] || fail "from $args: $output"
	done
	for args in "--against $golden/every.rec -t 1" "--against 1s --by thread" "--against 1s --by process" "--against 1s -i 1"; do
		# shellcheck disable=SC2086
		run "$memtrace" replay "$golden/rare.rec" hist $args 3>&-
		same "status of hist $args" "$status" 2
		[[ $output == *"--against"* ]] || fail "hist $args: $output"
	done
	run "$memtrace" replay - stat --against 1s <"$golden/rare.rec" 3>&-
	same "status of standard input" "$status" 2
	run "$memtrace" stat --against 1s -d 0.1 3>&-
	same "status live" "$status" 2
	# a file that is damaged counts up to there
	cp "$golden/rare.rec" "$tmp/bad.rec"
	printf 'damage' | dd of="$tmp/bad.rec" bs=1 seek=$(($(stat -c %s "$tmp/bad.rec") * 2 / 3)) conv=notrunc 2>/dev/null
	run "$memtrace" replay "$golden/rare.rec" stat --against "$tmp/bad.rec" 3>&-
	same "status" "$status" 1
	[[ $output == *damaged* ]] || fail "$output"
	run "$memtrace" replay "$golden/rare.rec" hist --against "$tmp/bad.rec" 3>&-
	same "status of hist" "$status" 1
	[[ $output == *damaged* ]] || fail "$output"
}

@test "hist --against: each histogram as either recording has it, the greatest difference first" {
	local golden=$top/tests/golden by side recording

	for by in cause comm cgroup role kind; do
		"$memtrace" replay "$golden/rare.rec" hist --by $by --against "$golden/functions.rec" --json >"$tmp/both.json"
		for side in now before; do
			[[ $side == now ]] && recording=rare || recording=functions
			"$memtrace" replay "$golden/$recording.rec" hist --by $by --json >"$tmp/one.json"
			# of those that both recordings measured
			same "$by, $side" "$(jq -c "[.histograms[] | {name, labels, of: (if \"$side\" == \"now\" then . else .before end)}
					| select(.of.count > 0) | {name, labels, buckets: .of.buckets, sum: .of.sum, count: .of.count}] | sort" "$tmp/both.json")" \
				"$(jq -c --slurpfile both "$tmp/both.json" '($both[0].histograms | map(select(.before)) | map(.name) | unique) as $names
					| [.histograms[] | select(.count > 0 and (.name | IN($names[]))) | {name, labels, buckets, sum, count}] | sort' "$tmp/one.json")"
			same "the run $side" "$(jq -c "[.$side.start_ns, .$side.duration_ns]" "$tmp/both.json")" \
				"$(jq -c '[.start_ns, .duration_ns]' "$tmp/one.json")"
		done
		jq -e '(.now.duration_ns / .before.duration_ns) as $scale
			| [.histograms[] | select(.before) | {name, weight: (if .unit == "order" then .count - .before.count * $scale else .sum - .before.sum * $scale end | fabs)}]
			| group_by(.name) | all(.[]; [., .[1:]] | transpose | all(.[]; .[1] == null or .[0].weight >= .[1].weight * 0.999999))' \
			"$tmp/both.json" >/dev/null || fail "order by $by"
	done
	# a recording without a probe did not measure its histogram
	"$memtrace" record fault --latency -i 0.1 -o "$tmp/faults.rec" -- "$workloads/faults" -n 10 2>/dev/null 3>&-
	"$memtrace" replay "$golden/rare.rec" hist --against "$tmp/faults.rec" --json >"$tmp/both.json" 2>/dev/null
	same "what is not in the other" "$(jq -c '[.histograms[] | select(.before | not) | .name] | unique' "$tmp/both.json")" \
		'["alloc_order","kswapd_session","reclaim_latency"]'
	"$memtrace" replay "$golden/rare.rec" hist --against "$tmp/faults.rec" >"$tmp/text" 2>/dev/null
	grep -q "^allocations by order: not measured before$" "$tmp/text" || fail "$(cat "$tmp/text")"
}
