#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# memtrace verify: on this kernel its figures agree with the kernel's own
# counters, for faults, allocations, reclaim of a limited cgroup and OOM kills;
# reasons are given where they apply; and it fails where nothing explains a
# difference: a counter that stands still is found.

load lib

need() {
	need_tracefs
}

# verify ARGS...: its report in $tmp/stat.json, its status in $mt_status.
verify() {
	mt_status=0
	rm -f "$tmp/stat.json"
	"$memtrace" verify --json -o "$tmp/stat.json" "$@" >"$tmp/cmd.out" 2>"$tmp/stat.err" 3>&- || mt_status=$?
	[[ $(jq -r .schema "$tmp/stat.json") == memtrace.verify/1 ]] || fail "verify printed no report, status $mt_status"
}

# counter SOURCE NAME FIELD
counter() {
	report ".counters[] | select(.source == \"$1\" and .counter == \"$2\") | $3"
}

assert_verified() {
	same "differences without a reason" "$(report '[.counters[] | select(.verdict == "unexplained")] | tojson')" "[]"
	same "how many are said to be" "$(report .unexplained)" 0
	same "status" "$mt_status" "${1:-0}"
}

# equal SOURCE NAME: known to both sides, and the same without any reason but the one that is excused.
equal() {
	if [[ $(counter "$1" "$2" '"\(.verdict) \(.why)"') == "explained "*"(lost.tasks)"* ]]; then
		excuse "last counts of a task are missing" "$1 $2: $(counter "$1" "$2" .difference)"
	else
		same "$1 $2" "$(counter "$1" "$2" '"\(.verdict) \(.difference) \(.why)"')" "equal 0 null"
	fi
}

@test "whatever this machine does now" {
	verify -d 1
	assert_verified
	for name in pgfault pgalloc_\* allocstall_\* pageoutrun oom_kill; do
		[[ $(counter vmstat "$name" .verdict) =~ ^(equal|explained)$ ]] || fail "$name is not compared"
	done
	((1000000000 <= $(report .duration_ns)))
}

@test "a command's faults equal its getrusage, the machine's lie within the kernel's bounds" {
	verify -- "$workloads/faults" -n 20000 -r 5
	assert_verified
	equal getrusage minor
	equal getrusage major
	between "minor faults" "$(counter getrusage minor .memtrace)" 100000 101000
	same "its two bounds" "$(counter getrusage minor .kernel.low)" "$(counter getrusage minor .kernel.high)"
	between "pgfault" "$(counter vmstat pgfault .memtrace)" 100000 100000000
	[[ $(counter vmstat pgfault '.kernel.low >= 100000 and .kernel.low <= .kernel.high') == true ]]
}

@test "each allocation that has an event is seen: else the bulk allocator explains nothing" {
	verify -- "$workloads/faults" -n 20000 -r 5
	assert_verified
	[[ $(counter tracepoints kmem:mm_page_alloc .verdict) =~ ^(equal|explained)$ ]] ||
		skip "perf does not count tracepoints here: $(counter tracepoints kmem:mm_page_alloc .why)"
	between "allocations" "$(counter tracepoints kmem:mm_page_alloc .memtrace)" 100000 100000000
}

@test "300 processes that live a millisecond" {
	verify -- "$workloads/spawn" -n 300
	assert_verified
	equal getrusage minor
}

@test "descendants that no process waited for: the reason, and no more than they did" {
	# The parent in between ends at once; the command ends after the descendant.
	mkfifo "$tmp/done"
	# shellcheck disable=SC2016
	verify -- sh -c '("$workloads/faults" -n 5000 -r 3 >"$0" &); cat "$0"' "$tmp/done"
	assert_verified
	same "verdict" "$(counter getrusage minor .verdict)" explained
	between "difference" "$(counter getrusage minor .difference)" 15000 16000
	[[ $(counter getrusage minor .why) == *"no process waited for"* ]]
}

@test "pages reclaimed in a limited cgroup equal pgsteal_anon + pgsteal_file" {
	memcg_init
	disk_dir
	make_cgroup verify 24M
	verify -- "$workloads/hog" -g "$cgroup" -f "$disk/memtrace-test-file.$$" -w 100 -r 2
	rm -f "$disk/memtrace-test-file.$$"
	assert_verified
	equal vmstat "pgsteal_anon + pgsteal_file"
	between "pages" "$(counter vmstat "pgsteal_anon + pgsteal_file" .memtrace)" 10000 1000000
}

@test "-c: the faults of a cgroup's tasks equal its memory.stat, the machine's are not compared" {
	memcg_init
	make_cgroup verify-c
	start hog hog -g "$cgroup" -a 40 -p
	# CMD begins when everything has been read for the first time
	# shellcheck disable=SC2154
	verify -c "$cgroup_name" -- sh -c 'echo >"$1"; while grep -q "^State:[^Z]*$" "/proc/$2/status"; do sleep 0.1; done 2>/dev/null' \
		sh "$tmp/hog.go" "$hog_pid"
	assert_verified
	equal memory.stat pgfault
	between "pgfault" "$(counter memory.stat pgfault .memtrace)" 10240 11000
	same "the machine's pgfault" "$(counter vmstat pgfault '"\(.memtrace) \(.verdict)"')" "null unknown"
	same "cgroup" "$(report .cgroup)" "$cgroup_name"
}

# foreign EXTRA...: verify -c of a cgroup while workload foreign runs, whose faults are of one and on the memory of another.
foreign() {
	memcg_init
	make_cgroup verify-foreign
	verify -c "$cgroup_name" -- "$workloads/foreign" -n 4000 "$@" "$cgroup"
	assert_verified
	same "verdict" "$(counter memory.stat pgfault .verdict)" explained
}

@test "-c: the cgroup has faults on its memory that others took, and the reason is said" {
	foreign
	between "difference" "$((-$(counter memory.stat pgfault .difference)))" 3000 4500
	[[ $(counter memory.stat pgfault .why) == *"other tasks accessed memory"* ]]
}

@test "-c: it does not have those that its tasks took on others' memory, and the reason is said" {
	foreign -o
	between "difference" "$(counter memory.stat pgfault .difference)" 3000 4500
	[[ $(counter memory.stat pgfault .why) == *"tasks accessed memory of other tasks"* ]]
}

# Two children of a limited parent, as in oom.bats.
oom_cgroups() {
	memcg_init
	make_cgroup verify-oom 64M
	grep -q oom_kill_disable.0 "$cgroup/memory.oom_control" 2>/dev/null || [[ $memcg_limit == memory.max ]] ||
		skip "the OOM killer is off there"
	make_cgroup verify-oom/victim
	victim=$cgroup
	make_cgroup verify-oom/trigger
	trigger=$cgroup
}

@test "an OOM kill equals oom_kill" {
	oom_cgroups
	verify -- "$workloads/oompair" "$victim" "$trigger"
	assert_verified
	equal vmstat oom_kill
	[[ $(counter vmstat oom_kill '.memtrace >= 1') == true ]]
}

@test "-c: a kill equals the count of the victim's cgroup, and is not one of another's" {
	oom_cgroups
	verify -c "${victim#"$memcg_root"}" -- "$workloads/oompair" "$victim" "$trigger"
	assert_verified
	equal memory.events oom_kill
	same "kills in the victim's" "$(counter memory.events oom_kill .memtrace)" 1
	before=$(oom_kills "$trigger")
	verify -c "${trigger#"$memcg_root"}" -- "$workloads/oompair" "$victim" "$trigger"
	assert_verified
	equal memory.events oom_kill
	# it dies, too, if the victim's memory comes back too late
	same "kills in the trigger's" "$(counter memory.events oom_kill .memtrace)" $(($(oom_kills "$trigger") - before))
}

# majors ARGS...: verify of filefault, whose pages the kernel counts in pgmajfault.
majors() {
	disk_dir
	verify -- "$workloads/filefault" -n 1000 "$@" "$disk/memtrace-test-file.$$"
	assert_verified
	equal getrusage major
	((1000 <= $(counter vmstat pgmajfault .kernel.high))) || skip "the file's pages stay in memory here"
}

@test "major faults that a signal cuts short: pgmajfault has more, and the reason is said" {
	majors
	between "major faults" "$(counter getrusage major .memtrace)" 1000 1100
	majors -i
	between "minor faults instead" "$((1000 - $(counter getrusage major .memtrace)))" 1 1000
	same "verdict" "$(counter vmstat pgmajfault .verdict)" explained
	[[ $(counter vmstat pgmajfault .why) == *"cut short by a signal"* ]]
}

@test "pages that mlock() reads: pgmajfault has them, and the reason is said" {
	majors -m
	between "major faults of the command" "$(counter getrusage major .memtrace)" 0 100
	same "verdict" "$(counter vmstat pgmajfault .verdict)" explained
	[[ $(counter vmstat pgmajfault .why) == *"mlock()"* ]]
}

@test "a counter of the kernel that stands still is found: status 1, and the row says how much" {
	cat /proc/vmstat >"$tmp/vmstat"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	# shellcheck disable=SC2016
	cat >"$tmp/frozen" <<-'END'
		mount --bind "$1" /proc/vmstat || exit 77
		shift
		exec "$@"
	END
	run unshare -m sh "$tmp/frozen" "$tmp/vmstat" true
	((status == 0)) || skip "files of /proc cannot be mounted over"
	mt_status=0
	unshare -m sh "$tmp/frozen" "$tmp/vmstat" "$memtrace" verify --json -o "$tmp/stat.json" -- "$workloads/faults" -n 5000 \
		>/dev/null 2>"$tmp/stat.err" 3>&- || mt_status=$?
	same "status" "$mt_status" 1
	same "pgfault" "$(counter vmstat pgfault .verdict)" unexplained
	same "pgalloc" "$(counter vmstat 'pgalloc_*' .verdict)" unexplained
	between "difference" "$(counter vmstat pgfault .difference)" 5000 100000000
	[[ $(counter vmstat pgfault .why) == *"no known reason for "*" of it"* ]]
	[[ $(report '.unexplained >= 2') == true ]]
	equal vmstat oom_kill
	# CMD's own failure does not hide it, and the text says so.
	mt_status=0
	unshare -m sh "$tmp/frozen" "$tmp/vmstat" "$memtrace" verify -- sh -c 'exit 5' >"$tmp/text" 2>&1 3>&- || mt_status=$?
	same "status" "$mt_status" 1
	grep -q '^vmstat *pgfault .* unexplained ' "$tmp/text"
	grep -q 'differences without a known reason' "$tmp/text"
}

@test "what is not known is said to be, with the reason" {
	verify fault -- true
	assert_verified
	same "a probe that was not asked for" "$(counter vmstat 'pgalloc_*' '"\(.memtrace) \(.verdict) \(.why)"')" \
		"null unknown its probe was not selected"
	same "what memtrace does not count" "$(counter vmstat pgscan_direct .memtrace)" null
	verify -d 0.2
	same "without CMD" "$(counter getrusage minor '"\(.kernel.low) \(.why)"')" "null there is no CMD"
	# Every row without a figure has a reason.
	same "rows without" "$(report '[.counters[] | select(.verdict == "unknown" and .why == null)] | length')" 0
}

@test "delay accounting: compared where it is on, said to be off where it is not" {
	memcg_init
	disk_dir
	make_cgroup verify-delay 24M
	verify -- "$workloads/hog" -g "$cgroup" -f "$disk/memtrace-test-file.$$" -w 60
	rm -f "$disk/memtrace-test-file.$$"
	assert_verified
	if [[ $(cat /proc/sys/kernel/task_delayacct 2>/dev/null) == 0 ]]; then
		same "why" "$(counter "delay accounting" freepages_count .why)" "off: kernel.task_delayacct is 0"
	else
		equal "delay accounting" freepages_count
		for name in thrashing_count thrashing_delay_total; do
			[[ $(counter "delay accounting" $name .kernel.low) != null ]] || fail "$name is not shown"
		done
	fi
}

@test "CMD's exit status, the end by -d, and requests that make no sense" {
	verify -- sh -c 'exit 7'
	assert_verified 7
	verify -d 0.3 -- sleep 60
	assert_verified 143
	run "$memtrace" verify -c / -c /x -d 1
	same "status of two cgroups" "$status" 2
	run -127 "$memtrace" verify -- /nonexistent/program
	assert_nothing_attached
}
