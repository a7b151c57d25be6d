# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_memcg_oom() {
	local dir=$check_out/memcg_oom said count

	said=$(<"$dir/stdout")
	# The trigger dies, too, if the victim's memory comes back too late for its next allocation.
	count=$(awk '$1 == "oom_kill" && $2 == 2 { n = 2 } END { print n ? n : 1 }' "$dir/memory.events")
	same "memcg_oom: oom_kill in memory.events of the limit, the victim, the trigger" \
		"$(awk '$1 == "oom_kill" { print $2 }' "$dir"/{memory.events,events.v,events.t} | paste -sd ' ')" \
		"$count 1 $((count - 1))"
	kills memcg_oom "$count"
	report_sound memcg_oom || return
	same "memcg_oom: victim and trigger = the workload's own word" \
		"$(stat_json memcg_oom '.oom[0] | "victim=\(.victim.pid) trigger=\(.trigger.pid) killed=1"')" "$said"
	same "memcg_oom: their cgroups" "$(stat_json memcg_oom '.oom[0] | "\(.victim.cgroup) \(.trigger.cgroup)"')" \
		"/parent/v /parent/t"
	# 40 MiB were touched, and nothing could be swapped out.  A thread holds up to 64 pages back from the sum before 6.2.
	stat_json memcg_oom '.oom[0].victim.anon_rss_bytes / 4096 | . >= 10240 - 64 and . < 10240 + 256' | grep -qx true
	verdict "memcg_oom: the victim's 40 MiB" $? "$(stat_json memcg_oom '.oom[0].victim.anon_rss_bytes')"
	timeline_sound memcg_oom
	timeline_of memcg_oom memcg "$(seen memcg_oom mm_vmscan_memcg_reclaim_begin)"
	same "memcg_oom: the first kill in the timeline, and whose reclaim is its cause" \
		"$(timeline memcg_oom 'INDEX(.id) as $by | [.[] | select(.event == "memcg_kill" or .event == "kill")][0]
			| "victim=\(.victim.pid) trigger=\(.pid) killed=1 \(.rule) \($by[.cause | tostring] | "\(.event) \(.comm)")"')" \
		"$said found_nothing memcg mt-trigger"
	same "memcg_oom: reclaim of the trigger's = the kernel's trace" \
		"$(stat_json memcg_oom '[.processes[].reclaim.memcg.count] | add')" "$(seen memcg_oom mm_vmscan_memcg_reclaim_begin)"
	# The last kill in the log; the limit is 60 MiB.
	same "memcg_oom: what oom --last makes of the log" "$(log_report memcg_oom '"\(.kill.kind) \(.kill.limit.cgroup) " +
			"\(.kill.limit.limit_bytes) \(.ranking.total_pages) \(.victim.pid) \(.victim.comm) \(.victim.cgroup) \(.ranking.victim_rank)"')" \
		"$(stat_json memcg_oom '.oom[-1].victim | "memcg /parent 62914560 15360 \(.pid) \(.comm) \(.cgroup) 1"')"
}
