# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_reaper() {
	local dir=$check_out/reaper victim

	victim=$(sed -n 's/^victim=//p' "$dir/stdout")
	grep -q D "$dir/states"
	verdict "reaper: a thread of the victim is there when memtrace has ended" $? "$(<"$dir/states")"
	same "reaper: it was woken, began and ended once" \
		"$(seen reaper wake_reaper) $(seen reaper start_task_reaping) $(seen reaper finish_task_reaping)" "1 1 1"
	same "reaper: oom_kill in memory.events" "$(awk '$1 == "oom_kill" { print $2 }' "$dir/memory.events")" 1
	kills reaper 1
	report_sound reaper || return
	same "reaper: the victim is the workload" "$(stat_json reaper '.oom[0].victim | "\(.pid) \(.comm) \(.cgroup)"')" \
		"$victim stuck /stuck"
	same "reaper: its row says that it is not gone" \
		"$(stat_json reaper ".processes[] | select(.pid == $victim) | .exited")" false
}
