#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# Minor and major faults of all processes under "stat -- CMD", summed up, equal
# what wait4 says of CMD and the descendants that were waited for: difference
# 0, nothing lost.  The boundary is CMD's fork, for both sides.  Covers what is
# easily missed: processes that live a millisecond, threads that end, an exec
# by another thread than the leader, faults after sched_process_exit, SIGKILL.

load lib

@test "fault loop of 60,000 pages" {
	memtrace_stat -- "$workloads/faults" -n 20000 -r 3
	assert_exact
	between "its minor faults" "$(total '.comm == "faults"' .fault.minor)" 60000 61000
}

@test "fault loop where the kernel touches the pages" {
	memtrace_stat -- "$workloads/faults" -n 10000 -k 5000 -r 2
	assert_exact
}

@test "200 processes that live a millisecond, by fork" {
	memtrace_stat -- "$workloads/spawn" -n 200
	assert_exact
	same "processes" "$(report '.processes | length')" 201
}

@test "200 processes that live a millisecond, by posix_spawn" {
	memtrace_stat -- "$workloads/spawn" -n 200 -s
	assert_exact
	same "processes" "$(report '.processes | length')" 201
}

@test "1,000 processes that live as short as they can, four at a time" {
	memtrace_stat -- "$workloads/spawn" -n 1000 -j 4 -l 0 -t 2
	assert_exact
}

@test "500 threads that exit" {
	memtrace_stat -- "$workloads/threads" -n 500
	assert_exact
	same "processes" "$(report '.processes | length')" 1
}

@test "20 execs from a thread that is not the leader" {
	memtrace_stat -- "$workloads/execthread" -k 20
	assert_exact
	same "processes" "$(report '[.processes[].pid] | unique | length')" 1
}

@test "20 processes with 8 threads whose clear_child_tid store faults" {
	memtrace_stat -- "$workloads/cleartid" -n 20 -j 8
	assert_exact
}

@test "SIGKILL while four threads fault, 20 times" {
	memtrace_stat -- "$workloads/killed" -n 20
	assert_exact
}

@test "1,024 major faults of a file" {
	disk_dir
	memtrace_stat -- "$workloads/filefault" -n 1024 "$disk/memtrace-test.$$"
	assert_exact
	between "major faults" "$(total '.comm == "filefault"' .fault.major)" 1000 1100
}

@test "a shell pipeline" {
	# shellcheck disable=SC2016
	memtrace_stat -- sh -c 'for i in 1 2 3 4 5; do "$workloads/faults" -n 1000 | cat; done; ls -l / | wc -l'
	assert_exact
}

@test "--light: no hook on the faults, the same numbers" {
	memtrace_stat --light -- "$workloads/faults" -n 20000 -r 2
	assert_exact
	memtrace_stat --light -- "$workloads/spawn" -n 100
	assert_exact
	memtrace_stat --light -- "$workloads/cleartid"
	assert_exact
}

@test "the probe fault alone" {
	memtrace_stat fault -- "$workloads/threads" -n 300
	assert_exact
}

@test "each interval's report adds up to the whole" {
	"$memtrace" stat --json -i 0.1 -o "$tmp/stat.json" -- "$workloads/spawn" -n 300 >/dev/null 2>"$tmp/stat.err" 3>&-
	same "the last report's minor faults" "$(jq -rs '[.[-1].processes[].fault.minor] | add' "$tmp/stat.json")" \
		"$(jq -rs '.[-1].command.rusage.minor' "$tmp/stat.json")"
}

@test "two memtraces at once each count everything" {
	memtrace_start stat -a --json -o "$tmp/other.json"
	memtrace_stat -- "$workloads/spawn" -n 100
	assert_exact
	memtrace_stop
	jq -e '.processes | length > 100' "$tmp/other.json"
}

# perf on the same tracepoints, around the same program; its own exec is little.
@test "the workers of io_uring are the process's: exceptions and allocations as perf counts them" {
	need_perf exceptions:page_fault_kernel
	"$workloads/uring" -n 1 || skip "no io_uring here (status $?)"
	memtrace_stat fault alloc -- \
		perf stat -x, -o "$tmp/perf" -e exceptions:page_fault_user,exceptions:page_fault_kernel,kmem:mm_page_alloc \
		"$workloads/uring" -n 200
	assert_exact
	kernel=$(perf_count "$tmp/perf" exceptions:page_fault_kernel)
	between "exceptions in the kernel, by perf" "$kernel" 3200 4000
	# from the exec on; memtrace counts from the fork
	between "exceptions in the kernel" "$(total '.comm == "uring"' .fault.kernel)" "$kernel" $((kernel + 50))
	pages=$(perf_count "$tmp/perf" kmem:mm_page_alloc)
	between "allocations" "$(total '.comm == "uring"' .alloc.count)" $((pages - 50)) $((pages + 50))
}

@test "a run ends when it ends, whatever is born and dies then; what is whole is not lost" {
	while :; do /bin/true; done &
	started+=("$!")
	for _ in 1 2 3; do
		# asked for at the end, which a load may delay (it goes first, so not by much), but not by the wait for last counts
		nice -n -15 "$memtrace" stat --json -o "$tmp/stat.json" -d 1 2>"$tmp/stat.err" 3>&-
		between "duration, ms" "$(report '.duration_ns / 1000000 | floor')" 1000 1900
		same "lost" "$(report '.lost | "\(.rare) \(.hot) \(.tasks)"')" "0 0 0"
	done
}

@test "1,000 tasks that memtrace knows and that end at once while it is stopped, a small ring: difference 0" {
	memcg_init
	make_cgroup ends
	many_begin 1000 100 --ring-size 64K
	kill -STOP "$mt_pid"
	many_ended
	kill -CONT "$mt_pid"
	memtrace_end
	many_exact 1000 '.lost.rare + .lost.hot + .lost.tasks'
}

# While its reader is stopped the rings overflow; 0 if they did, and the kernel freed all tasks in view.
overflow() {
	mkfifo "$tmp/go"
	# shellcheck disable=SC2016 # for the inner shell
	"$memtrace" stat --json --ring-size 64K -o "$tmp/stat.json" -- \
		sh -c ': >"$2/begun"; read -r _ <"$2/go"; "$1" -n 1000 -j 4 -l 0; : >"$2/done"' sh "$workloads/spawn" "$tmp" \
		>/dev/null 2>"$tmp/stat.err" 3>&- &
	mt_pid=$!
	started+=("$mt_pid")
	eventually [ -e "$tmp/begun" ]
	kill -STOP "$mt_pid"
	echo >"$tmp/go"
	eventually [ -e "$tmp/done" ]
	kill -CONT "$mt_pid"
	wait "$mt_pid"
	# one: the workload's own process may end while the backlog is full
	(($(report .lost.hot) > 0 && $(report .lost.tasks) <= 1))
}

@test "totals are exact also when memtrace is stopped and its rings overflow" {
	overflow || void "no overflow, or more tasks whose end was not seen: $(report '.lost | "\(.hot) \(.tasks)"')"
	same "minor faults" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
}
