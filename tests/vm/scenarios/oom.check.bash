# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_oom() {
	local log=$check_out/oom/dmesg line pid anon

	line=$(grep -E 'Out of memory: Killed process' "$log")
	[[ $(wc -l <<<"$line") == 1 && $line == *'(mt-bighog)'* ]]
	verdict "oom: the kernel's log names one victim, mt-bighog" $? "$line"
	same "oom: mark_victim tracepoints" "$(seen oom mark_victim)" 1
	have_stat oom || return
	pid=$(sed -nE 's/.*Killed process ([0-9]+) .*/\1/p' <<<"$line")
	anon=$(sed -nE 's/.*anon-rss:([0-9]+)kB.*/\1/p' <<<"$line")
	same "oom: victim = the kernel's log" "$(stat_json oom '[.oom[].victim | "\(.pid) \(.comm)"] | join(",")')" \
		"$pid mt-bighog"
	# The kernel's counters are per CPU and summed up only roughly: within 64 pages.
	stat_json oom '.oom[0].victim.anon_rss_bytes / 1024 - '"$anon"' | fabs <= 256' | grep -q true
	verdict "oom: victim's anonymous memory = the kernel's log ($anon KiB)" $? \
		"$(stat_json oom '.oom[0].victim.anon_rss_bytes / 1024') KiB"
	same "oom: victim's oom_score_adj" "$(stat_json oom '.oom[0].victim.oom_score_adj')" 500
	same "oom: trigger = the kernel's log" "$(stat_json oom '.oom[0].trigger.comm')" \
		"$(sed -nE 's/.*\] (.*) invoked oom-killer.*/\1/p' "$log" | head -n 1)"
	bracket "oom: kills = oom_kill" oom "$(stat_json oom '.oom | length')" oom_kill
	report_sound oom 137
	timeline_sound oom
	throttled_of oom
	same "oom: the kill in the timeline, its rule, and whose reclaim is its cause" \
		"$(timeline oom 'INDEX(.id) as $by | .[] | select(.event == "kill") | "\(.victim.pid) \(.rule) \($by[.cause | tostring]
			| "\(.event | sub("compact"; "direct")) \(.pid)")"')" \
		"$pid found_nothing direct $(stat_json oom '.oom[0].trigger.pid')"
	verified oom 137 "vmstat oom_kill"
	same "oom: what oom --last makes of the log" \
		"$(log_report oom '"\(.kill.kind) \(.victim.pid) \(.victim.comm) \(.victim.adj) \(.trigger.comm) \(.ranking.victim_rank)"')" \
		"$(stat_json oom '.oom[0] | "global \(.victim.pid) mt-bighog 500 \(.trigger.comm) 1"')"
}
