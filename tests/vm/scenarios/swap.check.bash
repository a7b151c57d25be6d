# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_swap() {
	local inner

	inner=$(vmstat swap inner pgmajfault)
	((inner > 200))
	verdict "swap: memory comes back from disk (pgmajfault $inner)" $?
	swapped swap 8000
	have_stat swap || return
	bracket "swap: major faults of all processes = pgmajfault" swap \
		"$(stat_json swap '[.processes[].fault.major] | add')" pgmajfault
	yields swap
	report_sound swap
	verified swap 0 "vmstat pgmajfault" "getrusage major" "vmstat pgsteal_anon + pgsteal_file" "vmstat pageoutrun"
	# kswapd may wake and find that the task has done it all
	verified_if_any swap "vmstat pgscan_kswapd" "vmstat pgsteal_kswapd"
}
