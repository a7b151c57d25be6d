# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_high() {
	local count

	trace_whole high
	count=$(seen high mm_vmscan_memcg_reclaim_begin)
	((count > 20))
	verdict "high: there is reclaim ($count)" $?
	same "high: reclaim tracepoints = memory.events high, max" "$count 0" \
		"$(awk '$1 == "high" { high = $2 } $1 == "max" { max = $2 } END { print high, max }' "$check_out/high/memory.events")"
	report_sound high || return
	same "high: episodes = tracepoints" "$(stat_json high '[.processes[].reclaim.memcg.count] | add')" "$count"
	same "high: episodes of hog alone, and its cgroup" \
		"$(stat_json high '.processes[] | select(.reclaim.memcg.count > 0) | "\(.comm) \(.cgroup) \(.reclaim.memcg.count)"')" \
		"hog /high $count"
	same "high: pages reclaimed" "$(stat_json high '[.processes[].reclaim.memcg.reclaimed_pages] | add')" \
		"$(reclaimed high memcg)"
	timeline_sound high
	timeline_of high memcg "$((count - $(stat_json high .lost.folded)))"
	same "high: reclaim in the timeline without a cause, or one of another cgroup" \
		"$(timeline high 'INDEX(.id) as $by | [.[] | select(.event == "memcg") | $by[.cause | tostring].target_cgroup]
			| map(select(. != "/high")) | length')" 0
	same "high: events" "$(jq -c 'select(.event == "reclaim") | [.kind, .comm, .cgroup, .target_cgroup]' "$check_out/high/trace.json" | tally)" \
		"$count [\"memcg\",\"hog\",\"/high\",\"/high\"]"
}
