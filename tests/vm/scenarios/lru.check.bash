# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_lru() {
	local pages events

	trace_whole lru
	same "lru: the work's exit status" "$(<"$check_out/lru/work.status")" 0
	have_stat lru || return
	bracket "lru: sum of rounds = pageoutrun" lru "$(stat_json lru '[.kswapd[].rounds] | add')" pageoutrun
	events=$(grep -c 'kswapd.* mm_vmscan_lru_isolate: ' "$check_out/lru/events")
	pages=$(vmstat lru inner pgscan_kswapd)
	((pages > 500))
	verdict "lru: kswapd scans ($pages)" $?
	if [[ $(<"$check_out/lru/generations") == 1 && $events == 0 ]]; then
		# 6.1's reclaims without a word
		same "lru: pages that the kernel does not tell are null" \
			"$(stat_json lru '[.kswapd[] | .scanned_pages, .reclaimed_pages] | unique | tojson')" "[null]"
		verified lru 0
		same "lru: verify does not compare them" "$(jq -c '[.counters[] | select(.counter == "pgscan_kswapd" or
			.counter == "pgsteal_kswapd") | .verdict] | unique' "$check_out/verify/lru/verify.json")" '["unknown"]'
		return
	fi
	bracket "lru: scanned" lru "$(stat_json lru '[.kswapd[].scanned_pages] | add')" pgscan_kswapd
	bracket "lru: reclaimed" lru "$(stat_json lru '[.kswapd[].reclaimed_pages] | add')" pgsteal_kswapd
	verified lru 0 "vmstat pgscan_kswapd" "vmstat pgsteal_kswapd"
}
