# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_swap_zram() {
	swapped swap_zram 1000
	report_sound swap_zram || return
	bracket "swap_zram: major faults of all processes = pgmajfault" swap_zram \
		"$(stat_json swap_zram '[.processes[].fault.major] | add')" pgmajfault
	same "swap_zram: they are hog's" "$(stat_json swap_zram '[.processes[] | select(.comm == "hog") | .fault.major] | add')" \
		"$(vmstat swap_zram inner pgmajfault)"
	same "swap_zram: episodes = tracepoints" "$(stat_json swap_zram '[.processes[].reclaim.memcg.count] | add')" \
		"$(seen swap_zram mm_vmscan_memcg_reclaim_begin)"
	moved swap_zram
	same "swap_zram: all that went out was of its cgroup, and hog's own reclaim wrote it" \
		"$(out_of swap_zram '.cgroup != "/zram" or .comm != "hog" or .writer != "hog" or .by != "memcg"')" 0 \
		"$(stat_json swap_zram '.swapped_out | tojson')"
	same "swap_zram: the device is told, and its time" \
		"$(stat_json swap_zram '[.swap_io[] | select(.ns > 0) | "\(.device) \(.op)"] | sort | join(";")')" "zram0 in;zram0 out"
	same "swap_zram: what the device holds, by memtrace state = mm_stat" \
		"$(jq -r '.zram[] | "\(.name) \(.stored_bytes) \(.compressed_bytes) \(.used_bytes)"' "$check_out/swap_zram/state.json")" \
		"zram0 $(awk '{ print $1, $2, $3 }' "$check_out/swap_zram/mm_stat")" "$(cat "$check_out/swap_zram/state.err")"
	same "swap_zram: and what is not free of it" "$(jq '.swap.total_bytes - .swap.free_bytes > 2e7' "$check_out/swap_zram/state.json")" true
}
