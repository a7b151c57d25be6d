# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_oom_group() {
	verified group 0 "vmstat oom_kill"
	[[ $no_memtrace ]] && return
	# who dies fast is not there to be counted again
	same "verify/group: memtrace's kills" "$(counter_of group "vmstat oom_kill" .memtrace)" 3
	verified group_of_one 0 "memory.events oom_kill"
	kills_of group_of_one "memory.events oom_kill" "1 >1 explained"
	verified above 0 "memory.events oom_kill" "memory.events max + high"
	kills_of above "memory.events oom_kill" "1 1 equal"
	# what befell the cgroup below is in its file alone, so both sides have nothing of it
	verified above_local 0
	kills_of above_local "memory.events oom_kill" "0 0 equal"
}

# counter_of NAME "SOURCE COUNTER" FILTER
counter_of() {
	jq -r --arg row "$2" ".counters[] | select(\"\\(.source) \\(.counter)\" == \$row) | $3" "$check_out/verify/$1/verify.json" 2>&1
}

# kills_of NAME "SOURCE COUNTER" EXPECTED: memtrace's count, the kernel's (">N": more), and the verdict.
kills_of() {
	same "verify/$1: memtrace's kills, the kernel's, verdict" "$(counter_of "$1" "$2" '.kernel.low as $low |
		"\(.memtrace) \(if $low > .memtrace then ">\(.memtrace)" else $low end) \(.verdict)"')" "$3"
}
