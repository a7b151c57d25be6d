# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_tasks() {
	have_stat exact/tasks || return
	exact_sum exact/tasks
	same "tasks: rows of spawn: 2,000 children and their parent" \
		"$(stat_json exact/tasks '[.processes[] | select(.comm == "spawn")] | length')" 2001
	same "tasks: all gone" "$(stat_json exact/tasks '[.processes[] | select(.exited | not)] | length')" 0
	# 4 pages are touched, and what fork left to be copied; no child differs much from another.
	stat_json exact/tasks '[.processes[] | select(.comm == "spawn").fault.minor] | sort[:-1] | .[0] >= 4 and .[-1] <= 100' | grep -qx true
	verdict "tasks: faults of each child" $? "$(stat_json exact/tasks '[.processes[].fault.minor] | sort | "\(.[:3]) \(.[-3:])"')"
}
