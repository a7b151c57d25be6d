# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154,SC2016 # run sources it; jq has variables

# fentry_hook PROBE HOOK: the kind that doctor gives it.
fentry_hook() {
	jq -r --arg probe "$1" --arg hook "$2" '.hooks[] | select(.probe == $probe and .hook == $hook) | .kind' \
		"$check_out/fentry/doctor.json"
}

# fentry_trace STAGE FILTER: of the events that memtrace printed.
fentry_trace() {
	jq -rs "$2" "$check_out/$1/trace.json" 2>&1
}

# fentry_first STAGE FILTER: of its first kill
fentry_first() {
	fentry_trace "$1" "[.[] | select(.event == \"oom\")] | .[0] | $2"
}

# fentry_sorted ROWS: "PID FLAG|FLAG... MORE" a line, with the flags in one order.
fentry_sorted() {
	local pid flags more

	while read -r pid flags more; do
		printf '%s %s %s\n' "$pid" "$(tr '|' '\n' <<<"$flags" | sort | paste -sd '|')" "$more"
	done | sort | tally
}

# fentry_logged: of each kill in the kernel's log: pid, gfp flags, order, constraint, limit.
fentry_logged() {
	sed -nE -e 's/.*invoked oom-killer: gfp_mask=0x[0-9a-f]+\(([^)]*)\), order=(-?[0-9]+),.*/from \1 \2/p' \
		-e 's/.*oom-kill:constraint=CONSTRAINT_([A-Z_]*),(.*)pid=([0-9]+),.*/kill \3 \1 \2/p' "$1" |
		awk '$1 == "from" { flags = $2; order = $3 }
			$1 == "kill" { limit = "null"
				if (match($4, /oom_memcg=[^,]*/)) limit = substr($4, RSTART + 10, RLENGTH - 10)
				print $2, flags, order, tolower($3), limit }'
}

check_fentry_hooks() {
	local kind=fentry

	grep -q memcg_id "$check_out/fentry/format" && kind=implied
	same "fentry: how the target of memory cgroup reclaim is known" "$(fentry_hook reclaim 'memcg target')" "$kind"
	same "fentry: how the target of soft limit reclaim is known" "$(fentry_hook reclaim 'soft limit target')" "$kind"
	same "fentry: hooks on the kill" "$(fentry_hook oom 'kill begin') $(fentry_hook oom 'kill end')" "fentry fentry"
}

# fentry_aimed CGROUP PATH TASKS: episodes for that limit = what its own memory.events.local counted, all by tasks there.
fentry_aimed() {
	local count max

	count=$(fentry_trace fentry_targets "[.[] | select(.target_cgroup == \"$2\")] | length")
	max=$(awk '$1 == "max" { print $2 }' "$check_out/fentry_targets/events.$1")
	# From 7.x on the kernel also counts charges that had to exceed the limit without reclaim.
	((count > 50 && count <= max && max - count <= max / 100))
	verdict "fentry_targets: reclaim for $2 ($count) and its memory.events.local max ($max)" $?
	same "fentry_targets: whoever reclaimed for $2" \
		"$(fentry_trace fentry_targets "[.[] | select(.target_cgroup == \"$2\") | .cgroup] | unique | join(\" \")")" "$3"
}

check_fentry_targets() {
	local count seen lost

	have_stat fentry_targets trace || return
	fentry_aimed own /own /own
	fentry_aimed above /above /above/below
	same "fentry_targets: the cgroup without a limit" "$(awk '$1 == "max" { print $2 }' \
		"$check_out/fentry_targets/events.below") $(fentry_trace fentry_targets \
			'[.[] | select(.target_cgroup == "/above/below")] | length')" "0 0"
	same "fentry_targets: episodes of a memory cgroup without a target" \
		"$(fentry_trace fentry_targets '[.[] | select(.kind == "memcg" and .target_cgroup == null)] | length')" 0
	count=$(fentry_trace fentry_targets '[.[] | select(.kind == "memcg")] | length')
	seen=$(seen fentry_targets mm_vmscan_memcg_reclaim_begin)
	# Where tracepoints can be preempted some are missed, and said to be.
	lost=$(fentry_trace fentry_targets '.[-1].lost.rare')
	((count + lost >= seen && count <= seen))
	verdict "fentry_targets: episodes of a memory cgroup ($count) = the kernel's trace ($seen), but for $lost lost" $?
	same "fentry_targets: targets of direct reclaim" \
		"$(fentry_trace fentry_targets '[.[] | select(.kind == "direct" and .target_cgroup)] | length')" 0
}

# fentry_choice STAGE: the candidates of the first kill have the kernel's order, the victim first with its points.  A kernel
# whose compiler made oom_badness() a part of its caller (5.10) shows none.
fentry_choice() {
	local candidates

	candidates=$(fentry_trace "$1" '[.[] | select(.event == "oom_candidate")] | length')
	if [[ $candidates == 0 && $check_name == 5.10* ]]; then
		skip "$1: whom the kernel compared" "oom_badness() is not called on this kernel"
		return
	fi
	same "$1: the first by points is the victim" "$(fentry_trace "$1" '[.[] | select(.event == "oom_candidate")] | .[0] |
		"\(.rank) \(.pid) \(.points)"')" "1 $(fentry_first "$1" '"\(.victim.pid) \(.victim.points)"')"
	fentry_trace "$1" '[.[] | select(.event == "oom_candidate")] | .[0].evaluated as $evaluated | .[0].exempt as $exempt |
		[.[] | select(.rank > 0 and .evaluated == $evaluated) | .points] |
		. == (sort | reverse) and length == ([5, $evaluated - $exempt] | min)' | grep -qx true
	verdict "$1: candidates in order, as many as there were, up to five" $? \
		"$(fentry_trace "$1" '[.[] | select(.event == "oom_candidate")]')"
}

# fentry_kill STAGE: each kill with order, gfp flags, constraint and limit as the kernel's log has them.  The trigger
# dies, too, if the victim's memory comes back too late for its next allocation.
fentry_kill() {
	local grown

	same "$1: kills = the kernel's trace" "$(fentry_trace "$1" '[.[] | select(.event == "oom")] | length')" \
		"$(seen "$1" mark_victim)"
	same "$1: gfp flags, order, constraint and limit of each kill = the kernel's log" \
		"$(fentry_trace "$1" '.[] | select(.event == "oom") |
			"\(.victim.pid) \(.gfp_flags) \(.order) \(.constraint) \(.limit_cgroup)"' | fentry_sorted)" \
		"$(fentry_logged "$check_out/$1/dmesg" | fentry_sorted)"
	# mm/oom_kill.c, oom_badness(); the kernel's counters of memory are summed up roughly.  A victim that is not the trigger
	# itself runs on between the choice and the kill, while the kernel logs, and gets what kswapd frees meanwhile, which is no
	# more than the high watermarks.
	grown=$(cat "$check_out/fentry/high" 2>/dev/null || echo 0)
	fentry_first "$1" '.total_pages as $total | (if .trigger.pid == .victim.pid then 0 else '"$grown"' end) as $grown |
		.victim | .points - .oom_score_adj * ($total / 1000 | floor) -
		(.anon_rss_bytes + .file_rss_bytes + .shmem_rss_bytes + .pgtables_bytes) / 4096 | . <= 192 and . >= -192 - $grown' |
		grep -qx true
	verdict "$1: the victim's points are what its memory and its oom_score_adj make" $? "$(fentry_first "$1" .)"
}

# fentry_log_report STAGE GROWN: points and pages that oom --last computes from the log = the kernel's own, of the last kill.
# The table is printed when the choice is made; until then others run on.
fentry_log_report() {
	local seen

	seen=$(fentry_trace "$1" '[.[] | select(.event == "oom")] | .[-1] | "\(.victim.pid) \(.total_pages) \(.victim.points)"')
	same "$1: victim and pages of oom --last = the kernel's" \
		"$(log_report "$1" '"\(.victim.pid) \(.ranking.total_pages)"')" "${seen% *}"
	log_report "$1" '.ranking.candidates[0].points - '"${seen##* }"' | . <= 192 + '"$2"' and . >= -192' | grep -qx true
	verdict "$1: the points that oom --last computes are the kernel's" $? \
		"$(log_report "$1" '.ranking.candidates[0].points'), the kernel has ${seen##* }"
}

# check_fentry_by_target: what was counted by target cgroup and kind is the events by target and kind, all of them.
check_fentry_by_target() {
	have_stat fentry_targets trace || return
	same "fentry_targets: a replay's status" "$(cat "$check_out/fentry_targets/by_target.json.status" 2>&1)" 0
	if [[ $(fentry_trace fentry_targets '.[-1].lost.folded') != 0 ]]; then
		skip "fentry_targets: counts by target cgroup" "some episodes have no event"
		return
	fi
	same "fentry_targets: counts by target cgroup and kind (count, ns, pages) = the events'" \
		"$(jq -r '.reclaim_by_target[] | "\(.target_cgroup) \(.kind) \(.count) \(.ns) \(.reclaimed_pages)"' \
			"$check_out/fentry_targets/by_target.json" | sort)" \
		"$(fentry_trace fentry_targets '[.[] | select(.event == "reclaim")] | group_by([.target_cgroup, .kind])[] |
			"\(.[0].target_cgroup) \(.[0].kind) \(length) \(map(.self_ns) | add) \(map(.reclaimed_pages) | add)"' | sort)"
	same "fentry_targets: targets of memory cgroup reclaim" \
		"$(jq -r '[.reclaim_by_target[] | select(.kind == "memcg") | .target_cgroup] | sort | join(" ")' \
			"$check_out/fentry_targets/by_target.json")" "/above /own"
}

# fentry_reports STAGE: what is told of the choice, by programs and by the log.
fentry_reports() {
	fentry_choice "$1"
	fentry_log_report "$1" "$(cat "$check_out/fentry/high" 2>/dev/null || echo 0)"
}

check_fentry_kills() {
	have_stat fentry_limit trace && fentry_kill fentry_limit && fentry_reports fentry_limit &&
		same "fentry_limit: pages that the allocation could use = the limit" \
			"$(fentry_first fentry_limit '.total_pages')" $((60 * 256))
	have_stat fentry_global trace && fentry_kill fentry_global && fentry_reports fentry_global &&
		same "fentry_global: pages that the allocation could use = MemTotal" \
			"$(fentry_first fentry_global '.total_pages * 4')" \
			"$(awk '$1 == "MemTotal:" { print $2 }' "$check_out/fentry/meminfo")"
	have_stat fentry_avoided trace || return
	same "fentry_avoided: without programs on functions only what the log tells is known" "$(fentry_first fentry_avoided \
		'[.order, .gfp_flags, .total_pages, .victim.points] | tojson')" "[null,null,null,null]"
	same "fentry_avoided: the victim is" "$(fentry_first fentry_avoided '.victim.comm')" mt-victim
}

check_fentry() {
	if [[ $no_memtrace ]]; then
		skip fentry "$no_memtrace"
		return
	fi
	check_fentry_hooks
	check_fentry_targets
	check_fentry_by_target
	check_fentry_kills
}
