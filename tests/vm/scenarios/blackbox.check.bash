# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# box_victims RUN: pids in the order of the kills, as the kernel logged them.
box_victims() {
	sed -nE 's/.*Killed process ([0-9]+) .*/\1/p' "$check_out/blackbox/$1.dmesg" | paste -sd ' '
}

# box RUN FILTER: of all its reports
box() {
	jq -rs "$2" "$check_out/blackbox/$1.reports" 2>&1
}

check_blackbox() {
	local dir=$check_out/blackbox kills files logged

	if [[ $no_memtrace ]]; then
		skip "blackbox" "$no_memtrace"
		return
	fi
	kills=$(($(cut -d ' ' -f 2 "$dir/loop.after") - $(cut -d ' ' -f 2 "$dir/loop.before")))
	((kills >= 50))
	verdict "blackbox: the machine ran out of memory fifty times ($kills)" $? "$(tail -n 5 "$dir/loop.err")"
	same "blackbox: status" "$(<"$dir/loop.status")" 0 "$(tail -n 5 "$dir/loop.err")"
	same "blackbox: a report of each kill = oom_kill in vmstat" "$(box loop length)" "$kills" "$(tail -n 5 "$dir/loop.err")"
	# the log has room for the last ones alone
	logged=$(box_victims loop)
	[[ $logged && " $(box loop '[.[].victim.pid] | map(tostring) | join(" ")')" == *" $logged" ]]
	verdict "blackbox: victims = the kernel's log" $? "$logged"
	same "blackbox: each was global" "$(box loop '[.[].kill.kind] | unique | join(" ")')" global
	same "blackbox: memtrace is the last to be chosen" "$(<"$dir/loop.adj")" -999
	(($(<"$dir/loop.locked") > 10000))
	verdict "blackbox: its memory is locked" $? "$(<"$dir/loop.locked") KiB"
	# what CAP_IPC_LOCK allows beyond the limit would end with it
	same "blackbox: and the limit of 64 KiB is taken away, for what comes later" \
		"$(sed 's/ *bytes *$//; s/  */ /g' "$dir/loop.limit")" "unlimited unlimited"
	files=$(find "$dir/loop" -name 'oom-*.json' | wc -l)
	same "blackbox: a file of each" "$files" "$kills"
	same "blackbox: files are the reports" "$(cat "$dir"/loop/oom-*.json | jq -cS . | sort | md5sum)" \
		"$(jq -cS . "$dir/loop.reports" | sort | md5sum)"
	same "blackbox: when the victim exited is known" "$(box loop '[.[] | select(.after.exit_ns == null)] | length')" 0
	same "blackbox: who grew most is the victim, where there was a tick" \
		"$(box loop '[.[] | select(.before.grew[0].grown_bytes > 1e7 and .before.grew[0].pid != .victim.pid)] | length')" 0
	if [[ $check_functions && $check_name != 5.10* ]]; then
		same "blackbox: each with the kernel's points" "$(box loop '[.[].ranking.source] | unique | join(" ")')" \
			"the kernel's points"
		same "blackbox: the first by points is the victim" \
			"$(box loop '[.[] | select(.ranking.candidates[0].pid != .victim.pid)] | length')" 0
		# a program on a function may be skipped
		(($(box loop '[.[] | select(.after.freed_ns == null)] | length') <= 3))
		verdict "blackbox: its memory is back" $? "$(box loop '[.[].after.freed_ns]')"
	else
		# the kernel prints ten whole reports in five seconds
		(($(box loop '[.[] | select(.ranking.candidates[0].pid == .victim.pid)] | length') >= 10))
		verdict "blackbox: ten at least with a computed ranking" $? "$(box loop '[.[].ranking.victim_rank]')"
	fi
	same "blackbox: killed together, one report" "$(box group '.[0] | "\(length) \(.kill.kind) \(.kill.limit.cgroup) \(.kill.others_killed)"' |
		sed 's/^[0-9]* //')" "memcg /box 1" "$(box group '.[0].kill'; cat "$dir/group.err")"
	same "blackbox: that is all" "$(box group length)" 1
	same "blackbox: the limit that was hit is the ancestor's" "$(box group '.[0] | "\(.kill.limit.cgroup) \(.victim.cgroup)"')" \
		"/box /box/all"
}
