# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_memcg() {
	local count max

	trace_whole memcg
	count=$(seen memcg mm_vmscan_memcg_reclaim_begin)
	max=$(awk '$1 == "max" { print $2 }' "$check_out/memcg/memory.events")
	# From 7.x on the kernel also counts charges that had to exceed the limit without reclaim.
	((count > 100 && count <= max && max - count <= max / 100))
	verdict "memcg: reclaim tracepoints ($count) and memory.events max ($max)" $?
	have_stat memcg || return
	same "memcg: episodes = tracepoints" "$(stat_json memcg '[.processes[].reclaim.memcg.count] | add')" "$count"
	same "memcg: pages reclaimed" "$(stat_json memcg '[.processes[].reclaim.memcg.reclaimed_pages] | add')" \
		"$(reclaimed memcg memcg)"
	same "memcg: episodes of hog alone" \
		"$(stat_json memcg '[.processes[] | select(.comm == "hog") | .reclaim.memcg.count] | add')" "$count"
	same "memcg: its cgroup" "$(stat_json memcg '[.processes[] | select(.comm == "hog") | .cgroup] | unique | join(" ")')" \
		/limited
	# what stays as it was when the run ended
	same "memcg: samples of the cgroup = its files" \
		"$(stat_json memcg '.cgroups[] | select(.cgroup == "/limited") |
			(.memory | "peak \(.peak_bytes.last)", "max \(.max_bytes.last)", "high \(.high_bytes.last)", "low \(.low_bytes.last)"),
			(.swap | "swap.current \(.current_bytes.last)", "swap.max \(.max_bytes.last)")' | grep -v null | paste -sd ' ')" \
		"$(grep -v ^current "$check_out/memcg/memory.files" | paste -sd ' ')"
	same "memcg: samples of its events = memory.events" \
		"$(stat_json memcg '.cgroups[] | select(.cgroup == "/limited") | .memory.events | to_entries[] |
			select(.value.last != null) | "\(.key) \(.value.last)"' | sort | paste -sd ' ')" \
		"$(grep -E '^(low|high|max|oom|oom_kill|oom_group_kill) ' "$check_out/memcg/memory.events" | sort | paste -sd ' ')"
	same "memcg: samples of v1 are unknown" \
		"$(stat_json memcg '[.cgroups[] | .memsw.current_bytes, .memory.soft_limit_bytes | .[] | numbers] | length')" 0
	yields memcg
	same "memcg: reclaim of page cache is for /limited" \
		"$(stat_json memcg '[.reclaim_yield[] | select(.by == "memcg") | "\(.target_cgroup) \(.type)"] | join(", ")')" \
		"$( (($(stat_json memcg '[.reclaim_by_target[] | select(.target_cgroup != null)] | length') > 0)) && echo "/limited file" || echo "null file")"
	report_sound memcg
	verified memcg 0 "vmstat pgsteal_anon + pgsteal_file" "delay accounting freepages_count" \
		"delay accounting freepages_delay_total"
	verified cgroup 137 "memory.stat pgfault" "memory.events oom_kill" "memory.events max + high"
}
