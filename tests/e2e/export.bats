#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# "memtrace export": the text file is valid, is read by a real node_exporter,
# is never half written, goes away on a clean stop, stays within its number of
# series, and no counter of it ever goes down.
# Which probes fill it matters in some tests; the others have one probe, which is attached in a fifth of the time.

load lib

need() {
	dir=$tmp/textfile
	mkdir "$dir"
	file=$dir/memtrace.prom
}

# wait_file: until the text file is there.
wait_file() {
	eventually [ -s "$file" ]
}

# is_new INODE.TIME: the file is not the one that had these
is_new() {
	local now

	now=$(stat -c %i.%.Y "$file" 2>/dev/null) && [[ $now != "$1" ]]
}

# next_update: until the file was written anew.
next_update() {
	eventually is_new "$(stat -c %i.%.Y "$file" 2>/dev/null)"
}

# counted METRIC LABELS NUMBER: its samples add up to so much
counted() {
	(($(sample "$1" "$2") >= $3))
}

# sample NAME LABELS-REGEX: the sum of its samples in the file.
sample() {
	awk -v name="$1" -v labels="${2-}" '
		$0 !~ /^#/ { metric = $0; sub(/[{ ].*/, "", metric)
			if (metric == name && $0 ~ labels) sum += $NF }
		END { printf "%.0f\n", sum }' "$file"
}

@test "valid, mode 0644, ends with a newline, complete" {
	need_tool promtool prometheus
	memtrace_start export fault alloc stall reclaim kswapd oom --textfile "$file" -i 0.2
	wait_file
	"$workloads/faults" -n 20000 -c mt-exported
	next_update
	next_update
	promtool check metrics <"$file"
	same "mode" "$(stat -c %a "$file")" 644
	same "last byte" "$(tail -c 1 "$file" | od -An -tx1 | tr -d ' ')" 0a
	for metric in memtrace_page_faults_total memtrace_pages_allocated_bytes_total memtrace_probe_attached \
		memtrace_lost_records_total memtrace_last_update_timestamp_seconds memtrace_build_info; do
		grep -q "^${metric}[{ ]" "$file" || fail "$metric is missing"
	done
	grep -qE '^# TYPE memtrace_oom_kills_total counter$' "$file"
	same "rings" "$(sed -nE 's/^memtrace_lost_records_total\{ring="([a-z0-9]+)"\} 0$/\1/p' "$file" | paste -sd ' ')" \
		"hot0 oom rare"
	! grep -vE '^#' "$file" | grep -qE ' [0-9.e+-]+ [0-9]+$' || fail "a sample has a timestamp"
	memtrace_stop
}

@test "counts what a process does, by comm" {
	memtrace_start export fault alloc --textfile "$file" -i 0.2 --by comm --max-series 2000
	wait_file
	"$workloads/faults" -n 20000 -c mt-exported
	labels='comm="mt-exported".*type="minor"|type="minor".*comm="mt-exported"'
	eventually counted memtrace_page_faults_total "$labels" 20000
	between "minor faults" "$(sample memtrace_page_faults_total "$labels")" 20000 20400
	between "bytes" "$(sample memtrace_pages_allocated_bytes_total 'comm="mt-exported"')" $((20000 * 4096)) $((25000 * 4096))
	memtrace_stop
}

@test "by comm and by cgroup in one file: the same sums, under names of their own, and memtrace's own metrics once" {
	need_tool promtool prometheus
	memcg_init
	make_cgroup labelled 64M
	memtrace_start export fault --textfile "$file" -i 0.2 --by comm --by cgroup --max-series 2000
	wait_file
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -n 5000 -c mt-two-a' - "$cgroup" "$workloads/faults"
	"$workloads/faults" -n 3000 -c mt-two-b
	eventually counted memtrace_page_faults_total 'comm="mt-two-b".*minor' 3000
	cp "$file" "$tmp/one.prom" # it is replaced meanwhile
	file=$tmp/one.prom
	between "by comm" "$(sample memtrace_page_faults_total 'comm="mt-two-a".*minor')" 5000 5400
	# what the process counted before it moved is its old cgroup's
	between "by cgroup" "$(sample memtrace_cgroup_page_faults_total 'cgroup="[^"]*labelled[^"]*".*minor')" 5000 5400
	same "all, by either" "$(sample memtrace_cgroup_page_faults_total)" "$(sample memtrace_page_faults_total)"
	! grep -q '^memtrace_page_faults_total{cgroup' "$file" || fail "one metric has two labels"
	same "heads, each once" "$(grep '^# TYPE' "$file" | sort | uniq | wc -l)" "$(grep -c '^# TYPE' "$file")"
	same "series, each once" "$(grep -v '^#' "$file" | sed 's/ [^ ]*$//' | sort | uniq | wc -l)" \
		"$(grep -vc '^#' "$file")"
	promtool check metrics <"$file"
	memtrace_stop
}

@test "by default nothing hooks page faults or allocations, and faults are counted all the same" {
	memtrace_start export --textfile "$file" -i 0.2 --max-series 2000
	wait_file
	"$workloads/faults" -n 4000 -c mt-default
	eventually counted memtrace_page_faults_total 'comm="mt-default".*minor' 4000
	cp "$file" "$tmp/default.prom"
	file=$tmp/default.prom
	between "faults" "$(sample memtrace_page_faults_total 'comm="mt-default".*minor')" 4000 4400
	same "probes" "$(sed -nE 's/^memtrace_probe_attached\{probe="([a-z]+)"\} .*/\1/p' "$file" | paste -sd ' ')" \
		"fault kswapd oom reclaim stall"
	# the programs of these hooks, by their names
	! grep -E '^memtrace_bpf_runs_total\{program="(user|kernel|alloc|major)_' "$file" || fail "a hook on a hot path"
	! grep -q '^memtrace_pages_allocated\|major_fault_seconds' "$file" || fail "what is not counted has a metric"
	memtrace_stop
}

@test "a second exporter of one file is refused with the pid of the first" {
	memtrace_start export fault --textfile "$file" -i 0.2
	wait_file
	run timeout 60 "$memtrace" export fault --textfile "$file" --by cgroup -i 0.2
	same "status" "$status" 2
	same "lines" "${#lines[@]}" 1
	[[ $output == *"$mt_pid"* ]] || fail "$output"
	next_update
	memtrace_stop
}

@test "a real node_exporter reads it" {
	need_tool prometheus-node-exporter prometheus-node-exporter
	need_tool curl curl
	memtrace_start export fault --textfile "$file" -i 0.2
	wait_file
	free_port
	prometheus-node-exporter --web.listen-address="127.0.0.1:$port" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$dir" >"$tmp/node.log" 2>&1 3>&- &
	started+=("$!")
	eventually curl -sf -o "$tmp/metrics" "http://127.0.0.1:$port/metrics"
	grep -q '^node_textfile_scrape_error 0$' "$tmp/metrics"
	grep -q '^memtrace_page_faults_total{' "$tmp/metrics"
	# Thirty scrapes while the file is replaced: none of them fails.
	for _ in {1..30}; do
		curl -sf "http://127.0.0.1:$port/metrics" | grep -q '^node_textfile_scrape_error 0$'
	done
	memtrace_stop
	curl -sf -o "$tmp/metrics" "http://127.0.0.1:$port/metrics"
	! grep -q '^memtrace_' "$tmp/metrics" || fail "a stopped memtrace's numbers are still served"
}

@test "never half written" {
	memtrace_start export --textfile "$file" -i 0.05 --by comm --max-series 5000
	wait_file
	"$workloads/spawn" -n 400 -l 500 3>&- &
	started+=("$!")
	run "$BATS_TEST_DIRNAME/metrics-reader" "$file" 100 60
	same "status" "$status" 0
	[[ $output == writes=100\ * ]] || fail "$output"
	memtrace_stop
}

@test "histograms are cumulative and whole" {
	memcg_init
	disk_dir
	make_cgroup export 24M
	memtrace_start export reclaim --textfile "$file" -i 0.2 --keep --by cgroup
	"$workloads/hog" -g "$cgroup" -f "$disk/memtrace-test-file.$$" -w 60
	rm -f "$disk/memtrace-test-file.$$"
	sleep 0.5
	memtrace_stop
	grep -qE '^# TYPE memtrace_reclaim_seconds histogram$' "$file"
	grep -qE '^memtrace_reclaim_seconds_bucket\{.*le="\+Inf"' "$file"
	grep -qE '^memtrace_reclaim_seconds_count\{.*kind="memcg".*\} [1-9]' "$file"
	# Within a series counts do not fall, and the bucket +Inf equals the count.
	awk '/^memtrace_reclaim_seconds_bucket/ {
			key = $0; sub(/,?le="[^"]*"/, "", key); sub(/_bucket/, "", key); sub(/ [^ ]*$/, "", key)
			if ($NF + 0 < last[key] + 0) { print "falls: " $0; bad = 1 }
			last[key] = $NF }
		/^memtrace_reclaim_seconds_count/ { key = $0; sub(/_count/, "", key); sub(/ [^ ]*$/, "", key); count[key] = $NF }
		END { for (k in count) if (count[k] != last[k]) { print "count of " k ": " count[k] " and " last[k]; bad = 1 }
			exit bad }' "$file" >&2
}

@test "bounded series; counters never go down while processes come and go" {
	memtrace_start export fault alloc --textfile "$file" -i 0.1 --by comm --max-series 5
	wait_file
	cp "$file" "$tmp/before"
	for i in {1..30}; do
		"$workloads/faults" -n $((i * 200)) -c "mt-series-$i"
		((i % 5)) && continue
		next_update
		next_update
		awk 'FNR == NR { if ($0 !~ /^#/) { k = $0; sub(/ [^ ]*$/, "", k); old[k] = $NF } next }
			$0 ~ /^# TYPE .* (counter|histogram)$/ { counts[$3] = 1 }
			$0 !~ /^#/ { k = $0; sub(/ [^ ]*$/, "", k); now[k] = $NF }
			END { for (k in old) { m = k; sub(/\{.*/, "", m); b = m; sub(/_(bucket|count|sum)$/, "", b)
				# samples of cgroups end with them, and others make and remove cgroups meanwhile
				if (m ~ /^memtrace_cgroup_(memory|swap|memsw|pressure)_/) continue
				if ((m in counts || b in counts) && (!(k in now) || now[k] + 0 < old[k] + 0)) {
					print k ": " old[k] " -> " now[k]; bad = 1 } }
				exit bad }' "$tmp/before" "$file" >&2
		cp "$file" "$tmp/before"
	done
	between "names of comm in one metric" \
		"$(grep '^memtrace_pages_allocated_bytes_total{' "$file" | grep -o 'comm="[^"]*"' | sort -u | wc -l)" 1 6
	grep -q 'comm="other"' "$file"
	memtrace_stop
}

# has_not NAME LABELS-REGEX: no series of it is in the file
has_not() {
	! grep -qE "^$1\{.*($2)" "$file"
}

@test "the series of a name that is gone ends, is in no other, and starts at 0 when it comes back" {
	memtrace_start export fault --textfile "$file" -i 0.2 --series-idle 2s --max-series 2000
	wait_file
	"$workloads/faults" -n 9000 -c mt-gone
	sleep 1000 3>&- &
	started+=("$!")
	eventually counted memtrace_page_faults_total 'comm="mt-gone".*minor' 9000
	eventually has_not memtrace_page_faults_total 'comm="mt-gone"'
	cp "$file" "$tmp/ended.prom"
	(($(file=$tmp/ended.prom sample memtrace_page_faults_total 'comm="other"') < 9000)) || fail "it is in other"
	# it sleeps, but is there
	eventually counted memtrace_page_faults_total 'comm="sleep".*minor' 1
	(($(sample memtrace_series_ended_total) >= 1)) || fail "$(grep series "$file")"
	"$workloads/faults" -n 3000 -c mt-gone
	eventually counted memtrace_page_faults_total 'comm="mt-gone".*minor' 3000
	between "from 0" "$(sample memtrace_page_faults_total 'comm="mt-gone".*minor')" 3000 3400
	memtrace_stop
}

@test "an OOM kill counts in a series of its cgroup that was 0 before" {
	memcg_init
	make_cgroup oom 64M
	parent=$cgroup_name
	make_cgroup oom/victim
	victim_dir=$cgroup
	make_cgroup oom/trigger
	grep -q oom_kill_disable.0 "$memcg_root$parent/memory.oom_control" 2>/dev/null || [[ $memcg_limit == memory.max ]] ||
		skip "the OOM killer is off in $parent"
	memtrace_start export fault oom --textfile "$file" -i 0.2 --by comm,cgroup --max-series 5000
	wait_file
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -n 1' - "$victim_dir" "$workloads/faults"
	eventually grep -qE '^memtrace_oom_kills_total\{cgroup="[^"]*oom/victim",kind="memcg"\} 0$' "$file"
	# one file, read once: others on this machine may kill, too
	cp "$file" "$tmp/before.prom"
	grep -qE '^memtrace_oom_kills_total\{.*\} [1-9]' "$tmp/before.prom" ||
		! grep -q '^memtrace_oom_last_timestamp_seconds ' "$tmp/before.prom" || fail "a kill before the first"
	now=$(date +%s)
	"$workloads/oompair" "$victim_dir" "$cgroup" >/dev/null
	# the trigger dies, too, if the victim's memory comes back too late
	eventually counted memtrace_oom_kills_total "cgroup=\"$parent/" "$(oom_kills "$victim_dir" "$cgroup")"
	cp "$file" "$tmp/killed.prom"
	file=$tmp/killed.prom
	same "kills" "$(sample memtrace_oom_kills_total "cgroup=\"$parent/")" "$(oom_kills "$victim_dir" "$cgroup")"
	! dmesg 2>/dev/null | grep -q "oom-kill:constraint=CONSTRAINT_MEMCG.*$parent" ||
		same "kinds" "$(sample memtrace_oom_kills_total "cgroup=\"$parent/.*memcg")" \
			"$(oom_kills "$victim_dir" "$cgroup")"
	between "when" "$(sample memtrace_oom_last_timestamp_seconds)" "$((now - 2))" "$(($(date +%s) + 2))"
	memtrace_stop
}

@test "a clean stop removes the file, --keep leaves it" {
	for signal in INT TERM HUP; do
		memtrace_start export fault --textfile "$file" -i 0.2
		wait_file
		memtrace_stop "$signal"
		[[ ! -e $file ]] || fail "still there after SIG$signal"
		same "files left" "$(find "$dir" -type f | wc -l)" 0
	done
	memtrace_start export fault --textfile "$file" -i 0.2 --keep
	wait_file
	memtrace_stop
	[[ -s $file ]]
	same "files left" "$(find "$dir" -type f | wc -l)" 1
}

@test "SIGKILL leaves at most a whole file, and the next start cleans up" {
	bpf_remember
	memtrace_start export --textfile "$file" -i 0.05
	wait_file
	memtrace_stop KILL
	assert_nothing_attached
	[[ $(tail -c 1 "$file" | od -An -tx1) == *0a ]]
	memtrace_start export fault --textfile "$file" -i 0.05
	next_update
	memtrace_stop
	same "*.prom files left" "$(find "$dir" -name '*.prom' | wc -l)" 0
}

@test "a directory that does not exist: one line that names it" {
	bpf_remember
	run timeout 60 "$memtrace" export --textfile "$tmp/missing/mt.prom" -i 0.2
	[[ $status == 1 || $status == 2 ]] || fail "status $status"
	same "lines" "${#lines[@]}" 1
	[[ $output == *missing* ]] || fail "$output"
	assert_nothing_attached
}

@test "a directory that cannot be written to: one line that names it" {
	mount -t tmpfs -o size=64k,ro memtrace-test "$dir" 2>/dev/null || skip "tmpfs cannot be mounted here"
	mounts+=("$dir")
	bpf_remember
	run timeout 60 "$memtrace" export --textfile "$file" -i 0.2
	[[ $status == 1 || $status == 2 ]] || fail "status $status"
	[[ $output == *textfile* ]] || fail "$output"
	assert_nothing_attached
}

said_or_ended() {
	grep -q "cannot write '$file'" "$tmp/err" || ! kill -0 "$mt_pid" 2>/dev/null
}

@test "a full filesystem: the old file stays whole, a message, and it goes on when there is room" {
	mount -t tmpfs -o size=1m memtrace-test "$dir" 2>/dev/null || skip "tmpfs cannot be mounted here"
	mounts+=("$dir")
	memtrace_start export fault --textfile "$file" -i 0.1 --max-series 5
	wait_file
	dd if=/dev/zero of="$dir/fill" bs=1k 2>/dev/null || true
	eventually said_or_ended
	if kill -0 "$mt_pid" 2>/dev/null; then
		[[ $(tail -c 1 "$file" | od -An -tx1) == *0a ]] || fail "half a file"
		rm "$dir/fill"
		next_update
		grep -q '^memtrace_export_errors_total [1-9]' "$file" || fail "$(grep errors "$file")"
		memtrace_stop
		((mt_status < 128)) || fail "status $mt_status"
	else
		wait_end "$mt_pid"
		same "status" "$mt_status" 1
		[[ -s $tmp/err ]] || fail "no message"
		[[ ! -e $file || $(tail -c 1 "$file" | od -An -tx1) == *0a ]] || fail "half a file"
	fi
	same "files but the filler" "$(find "$dir" -type f ! -name fill ! -name '*.prom' | wc -l)" 0
}

@test "where counting fails it ends with a message and exit status 1, and leaves no file that is not true" {
	! sanitized || skip "a build with sanitizers needs address space as it goes"
	memtrace_start export fault --textfile "$file" -i 0.2 --max-series 5000
	wait_file
	next_update
	prlimit --pid "$mt_pid" --as="$(($(awk '/^VmSize:/ { print $2 }' "/proc/$mt_pid/status") * 1024))"
	"$workloads/renamer" -n 2 -r 4000 -l 0
	memtrace_ends
	same "status" "$mt_status" 1
	grep -qE "(cannot be counted|tracing failed): Cannot allocate memory" "$tmp/err" || fail "$(cat "$tmp/err")"
	[[ ! -e $file ]] || fail "the file is there"
}

@test "--once without an end says when it writes, and Ctrl-C is that end" {
	memtrace_start export fault --textfile "$file" --once
	eventually grep -q -- "--once: the file is written at the end of the run" "$tmp/err"
	[[ ! -e $file ]] || fail "the file is there"
	memtrace_stop
	same "status" "$mt_status" 0
	grep -q '^memtrace_page_faults_total' "$file" || fail "no file at the end"
	"$memtrace" export fault --textfile "$file" --once -d 0.1 2>"$tmp/err" 3>&-
	! grep -q -- --once "$tmp/err" || fail "it ends by itself"
}

@test "a directory that was removed and comes back is written to again" {
	mkdir "$dir/sub"
	file=$dir/sub/memtrace.prom
	memtrace_start export fault --textfile "$file" -i 0.1
	wait_file
	rm -r "$dir/sub"
	eventually grep -q "cannot write '$file'" "$tmp/err"
	same "messages" "$(grep -c "cannot write" "$tmp/err")" 1
	mkdir "$dir/sub"
	wait_file
	grep -q '^memtrace_export_errors_total [1-9]' "$file" || fail "$(grep errors "$file")"
	eventually grep -q "is written again" "$tmp/err"
	# it is locked, as the first one was
	run timeout 60 "$memtrace" export fault --textfile "$file" -i 0.2
	same "status of a second one" "$status" 2
	memtrace_stop
	same "status" "$mt_status" 0
	[[ ! -e $file ]] || fail "still there"
}

@test "a link that others plant meanwhile is not followed, and is seen" {
	chmod 1777 "$dir"
	memtrace_start export fault --textfile "$file" -i 0.1
	wait_file
	echo precious >"$tmp/victim"
	ln -s "$tmp/victim" "$dir/planted"
	chown -h 65534 "$dir/planted"
	mv -T "$dir/planted" "$file"
	eventually grep -q "cannot write.*'$file'\|'$file'.*link" "$tmp/err"
	same "what the link leads to" "$(<"$tmp/victim")" precious
	[[ -L $file ]] || fail "the link was replaced"
	rm "$file"
	wait_file
	grep -q '^memtrace_export_errors_total [1-9]' "$file" || fail "$(grep errors "$file")"
	memtrace_stop
}

# signs NUMBER: so many signs of life have come
signs() {
	(($(grep -cx WATCHDOG=1 "$tmp/manager.out") >= $1))
}

# delivered WORD: the manager has printed all that was sent before, by whomever
delivered() {
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[2].encode() + b"\n", sys.argv[1])' "$tmp/notify" "$1"
	eventually grep -qx "$1" "$tmp/manager.out"
}

stopped() {
	grep -q '^State:.*T (stopped)' "/proc/$1/status"
}

@test "a service manager is told: ready when the file is there, signs of life, the end" {
	local began

	for name in "$tmp/notify" "@memtrace-test.$$"; do
		manager "$name"
		began=$SECONDS
		NOTIFY_SOCKET=$name WATCHDOG_USEC=400000 memtrace_start export fault --textfile "$file" -i 600 -- \
			sh -c 'echo "socket=$NOTIFY_SOCKET" >'"$tmp/cmd.out"'; exec sleep 1000'
		eventually grep -qx READY=1 "$tmp/manager.out"
		[[ -s $file ]] || fail "ready without a file"
		eventually signs 4
		# five a second, and one at the start of each
		between "signs of life" "$(grep -cx WATCHDOG=1 "$tmp/manager.out")" 4 $(((SECONDS - began + 1) * 6))
		! grep -q STOPPING "$tmp/manager.out" || fail "it stops early"
		# for memtrace alone
		same "CMD's environment" "$(<"$tmp/cmd.out")" "socket="
		memtrace_stop
		eventually grep -qx STOPPING=1 "$tmp/manager.out"
	done
}

@test "a reload reads the rules again; wrong ones change nothing; without a manager SIGHUP ends the run" {
	echo '/none unit=none' >"$tmp/rules"
	manager "$tmp/notify"
	NOTIFY_SOCKET=$tmp/notify memtrace_start export fault --by cgroup --textfile "$file" -i 0.2 --cgroup-rules "$tmp/rules"
	wait_file
	! grep -q 'unit="mine"' "$file" || fail "a label before its rule"
	echo '/** unit=mine' >"$tmp/rules"
	kill -HUP "$mt_pid"
	eventually grep -q '^memtrace_cgroup_info.*unit="mine"' "$file"
	eventually grep -qxA 1 RELOADING=1 "$tmp/manager.out"
	eventually eval '(($(grep -cx READY=1 "$tmp/manager.out") == 2))'
	same "what the manager was told" "$(grep -xA 1 RELOADING=1 "$tmp/manager.out" | paste -sd ' ')" "RELOADING=1 READY=1"
	echo 'nonsense' >"$tmp/rules"
	kill -HUP "$mt_pid"
	eventually grep -q "$tmp/rules:1: " "$tmp/err"
	rm "$file"
	wait_file
	grep -q '^memtrace_cgroup_info.*unit="mine"' "$file" || fail "the rules that held are gone"
	memtrace_stop
	same "status" "$mt_status" 0
	memtrace_start export fault --textfile "$file" -i 0.2
	wait_file
	memtrace_stop HUP
	same "status without a manager" "$mt_status" 0
	[[ ! -e $file ]] || fail "still there"
}

@test "it is told of commands that run until they are stopped; with CMD it is CMD's to tell" {
	for command in "oom --dir $tmp/reports" "record -o $tmp/r.rec" "top -i 1"; do
		manager "$tmp/notify"
		# shellcheck disable=SC2086 # words
		NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=400000 memtrace_start $command
		eventually grep -qx READY=1 "$tmp/manager.out"
		eventually signs 4
		! grep -q STOPPING "$tmp/manager.out" || fail "it stops early"
		memtrace_stop
		eventually grep -qx STOPPING=1 "$tmp/manager.out"
		rm -rf "$tmp/notify" "$tmp/reports"
	done
	manager "$tmp/notify"
	NOTIFY_SOCKET=$tmp/notify memtrace_stat -- sh -c 'echo "socket=$NOTIFY_SOCKET" >'"$tmp/cmd.out"
	same "CMD's environment" "$(<"$tmp/cmd.out")" "socket=$tmp/notify"
	same "what the manager was told" "$(<"$tmp/manager.out")" bound
}

@test "a stopped memtrace gives no sign of life; the watchdog of another process is not its own" {
	manager "$tmp/notify"
	NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=200000 memtrace_start export fault --textfile "$file" -i 600
	eventually grep -qx WATCHDOG=1 "$tmp/manager.out"
	kill -STOP "$mt_pid"
	eventually stopped "$mt_pid"
	delivered before
	before=$(grep -cx WATCHDOG=1 "$tmp/manager.out")
	sleep 1
	delivered after
	same "signs of life" "$(grep -cx WATCHDOG=1 "$tmp/manager.out")" "$before"
	kill -CONT "$mt_pid"
	memtrace_stop
	delivered end
	before=$(grep -cx WATCHDOG=1 "$tmp/manager.out")
	NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=200000 WATCHDOG_PID=1 memtrace_start export fault --textfile "$file" -i 600
	wait_file
	sleep 1
	memtrace_stop
	delivered later
	same "signs of life of who is not asked for them" "$(grep -cx WATCHDOG=1 "$tmp/manager.out")" "$before"
}

@test "messages have levels where standard error is the journal, and only there" {
	: >"$tmp/journal"
	stream=$(stat -c %d:%i "$tmp/journal")
	JOURNAL_STREAM=$stream "$memtrace" export --textfile "$tmp/missing/x.prom" 2>"$tmp/journal" || true
	[[ $(<"$tmp/journal") == "<3>memtrace: "* ]] || fail "$(<"$tmp/journal")"
	JOURNAL_STREAM=$stream "$memtrace" export fault --textfile "$tmp/x" --once -d 0.1 2>"$tmp/journal"
	[[ $(<"$tmp/journal") == "<4>memtrace: warning: "* ]] || fail "$(<"$tmp/journal")"
	JOURNAL_STREAM=$stream "$memtrace" export --textfile "$tmp/missing/x.prom" 2>"$tmp/other" || true
	[[ $(<"$tmp/other") == "memtrace: "* ]] || fail "$(<"$tmp/other")"
}

@test "a limit of 32 MiB, as a service's MemoryMax=32M, is enough for its defaults" {
	! sanitized || skip "a build with sanitizers needs more memory than that"
	memcg_init
	make_cgroup exporter 32M
	printf '#!/bin/sh\necho $$ >"%s" && exec "%s" "$@"\n' "$cgroup/cgroup.procs" "$memtrace" >"$tmp/limited"
	chmod +x "$tmp/limited"
	memtrace=$tmp/limited memtrace_start export --textfile "$file" -i 0.2
	same "processes within the limit" "$(<"$cgroup/cgroup.procs")" "$mt_pid"
	wait_file
	"$workloads/faults" -n 20000 -c mt-exported
	eventually counted memtrace_page_faults_total mt-exported 20000
	"$memtrace" export --textfile "$tmp/unlimited.prom" --once -d 0.1
	same "probes" "$(grep '^memtrace_probe_attached' "$file")" "$(grep '^memtrace_probe_attached' "$tmp/unlimited.prom")"
	memtrace_stop
	same "status" "$mt_status" 0
}
