# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# Before 6.2 task storage refuses look-ups, too, while another task is preempted in it: what is missing then is said.
check_preempted() {
	local counts sum rusage lost

	have_stat preempted || return
	if [[ -e $check_out/preempted/looks_up ]] || preemptible; then
		exact_sum preempted
		return
	fi
	counts=$(stat_json preempted '"\(.total.fault.minor) \(.command.rusage.minor) \(.lost.tasks)"')
	read -r sum rusage lost <<<"$counts"
	# A task that is said to be lost may have lost other events than its minor faults.
	((sum == rusage || sum < rusage && lost > 0))
	verdict "preempted: minor = rusage, or less and tasks are said to be lost ($counts)" $?
}
