# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_zram() {
	swapped zram 1000
	report_sound zram || return
	bracket "zram: major faults of all processes = pgmajfault" zram \
		"$(stat_json zram '[.processes[].fault.major] | add')" pgmajfault
	same "zram: they are hog's" "$(stat_json zram '[.processes[] | select(.comm == "hog") | .fault.major] | add')" \
		"$(vmstat zram inner pgmajfault)"
	same "zram: episodes = tracepoints" "$(stat_json zram '[.processes[].reclaim.memcg.count] | add')" \
		"$(seen zram mm_vmscan_memcg_reclaim_begin)"
}
