#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# User and kernel hits of a process equal what the kernel's own perf counters
# on exceptions:page_fault_user and page_fault_kernel say of it, from its fork
# to its end; so do writes to pages that were there, by perf's filter.  The workload "hits" reads these counters and says how.  Also:
# memtrace's programs do not take events away from other users of a tracepoint.

load lib

need() {
	need_tracefs
	[[ -e /sys/kernel/tracing/events/exceptions/page_fault_user ]] || skip "no page-fault tracepoints on this kernel"
	"$workloads/hits" -n 1 -k 1 >/dev/null 2>&1 || skip "perf counters of tracepoints cannot be opened"
}

# hits_equal ARGS...
hits_equal() {
	local child user kernel present minor major

	memtrace_stat -- "$workloads/hits" "$@"
	# shellcheck disable=SC2046
	eval $(tr ' ' '\n' <"$tmp/cmd.out" | grep -E '^(child|user|kernel|present|minor|major)=[0-9]+$')
	((user > 0 && kernel > 0)) || fail "perf counted nothing: $(<"$tmp/cmd.out")"
	same "user hits" "$(total ".pid == $child" .fault.user)" "$user"
	same "kernel hits" "$(total ".pid == $child" .fault.kernel)" "$kernel"
	same "writes to present pages" "$(total ".pid == $child" .fault.write_present)" "$present"
	same "minor faults" "$(total ".pid == $child" .fault.minor)" "$minor"
	same "major faults" "$(total ".pid == $child" .fault.major)" "$major"
	assert_exact
}

@test "one process" {
	hits_equal -n 20000 -k 10000
}

@test "a process with four threads" {
	hits_equal -n 5000 -k 3000 -j 4
}

@test "a process that executes another program" {
	hits_equal -n 5000 -k 3000 -e
}

@test "writes are counted as writes, instruction fetches as such" {
	memtrace_stat -- "$workloads/faults" -n 10000
	between "write hits" "$(total '.comm == "faults"' .fault.write)" 10000 10300
	between "exec hits" "$(total '.comm == "faults"' .fault.exec)" 1 200
}

# A page that the parent writes to while the child has it is copied: one exception a page, and no more than minor faults.
@test "what a parent writes after a fork is a write to present pages" {
	memtrace_stat -- "$workloads/forked" -n 5120
	pages=$(total '.comm == "mt-parent"' .fault.write_present)
	between "writes to present pages of the parent" "$pages" 5120 5180
	between "of the child, which only reads" "$(total '.comm == "mt-child"' .fault.write_present)" 0 60
	memtrace_stat -- "$workloads/forked" -n 5120 -r
	between "of a parent whose child is gone" "$(total '.comm == "mt-parent"' .fault.write_present)" 5120 5180
}

@test "bad addresses are hits, not faults" {
	memtrace_stat -- "$workloads/faults" -n 100 -b 5000
	assert_exact
	between "user hits" "$(total '.comm == "faults"' .fault.user)" 5100 5500
	between "minor faults" "$(total '.comm == "faults"' .fault.minor)" 100 500
}

@test "perf counts the same with memtrace as without" {
	need_perf exceptions:page_fault_user
	perf stat -x, -o "$tmp/alone" -e exceptions:page_fault_user,kmem:mm_page_alloc -- "$workloads/faults" -n 20000
	memtrace_stat -- perf stat -x, -o "$tmp/watched" -e exceptions:page_fault_user,kmem:mm_page_alloc -- \
		"$workloads/faults" -n 20000
	between "page_fault_user" "$(perf_count "$tmp/watched" exceptions:page_fault_user)" 20000 21000
	between "mm_page_alloc" "$(perf_count "$tmp/watched" kmem:mm_page_alloc)" 20000 22000
}

@test "allocations: pages of the loop, and the orders add up" {
	memtrace_stat -- "$workloads/faults" -n 20000
	between "pages" "$(total '.comm == "faults"' .alloc.pages)" 20000 25000
	same "allocations by order" "$(report '[.histograms[] | select(.name == "alloc_order") | .count] | add')" \
		"$(total true .alloc.count)"
}

@test "an allocating process's pages equal perf's count of mm_page_alloc, for the part that is perf's" {
	need_perf kmem:mm_page_alloc
	memtrace_stat -- perf stat -x, -o "$tmp/perf" -e kmem:mm_page_alloc -- "$workloads/faults" -n 20000
	# perf counts from exec on, memtrace from fork on; interrupts are perf's alone.
	perf=$(perf_count "$tmp/perf" kmem:mm_page_alloc)
	between "allocations" "$(total '.comm == "faults"' .alloc.count)" $((perf - 200)) $((perf + 200))
}
