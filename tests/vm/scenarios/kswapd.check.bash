# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_kswapd() {
	local episodes stalls wakes rounds nodes

	trace_whole kswapd
	# The trace begins before the kernel's counts are read and ends after that, so that a round of each node's kswapd can
	# fall in between, at both ends.
	wakes=$(seen kswapd mm_vmscan_kswapd_wake)
	rounds=$(vmstat kswapd outer pageoutrun)
	nodes=$(<"$check_out/kswapd/nodes")
	((rounds <= wakes && wakes <= rounds + 2 * nodes))
	verdict "kswapd: wake tracepoints ($wakes) = pageoutrun ($rounds)" $?
	# allocstall also counts the retries inside of one episode.
	episodes=$(seen kswapd mm_vmscan_direct_reclaim_begin)
	stalls=$(vmstat kswapd outer 'allocstall_*')
	((episodes <= stalls && stalls - episodes <= episodes / 5))
	verdict "kswapd: direct reclaim tracepoints ($episodes) and allocstall ($stalls)" $?
	have_stat kswapd || return
	bracket "kswapd: sum of rounds = pageoutrun" kswapd "$(stat_json kswapd '[.kswapd[] | .rounds // 0] | add // 0')" \
		pageoutrun
	same "kswapd: sessions" "$(stat_json kswapd '
		if (.kswapd | length) > 0 and (.kswapd[0] | has("sessions")) then [.kswapd[].sessions] | add
		else .kswapd | length end')" "$(kswapd_rounds_of_run kswapd | grep -o '[0-9]*' | wc -l)"
	same "kswapd: sessions whose pages are unknown" \
		"$(stat_json kswapd '[.kswapd[] | select(.scanned_pages == null or .reclaimed_pages == null)] | length')" 0
	bracket "kswapd: scanned" kswapd "$(stat_json kswapd '[.kswapd[].scanned_pages] | add // 0')" pgscan_kswapd
	bracket "kswapd: reclaimed" kswapd "$(stat_json kswapd '[.kswapd[].reclaimed_pages] | add // 0')" pgsteal_kswapd
	nearly "kswapd: direct reclaim episodes" kswapd "$(stat_json kswapd '[.processes[].reclaim.direct.count] | add')" "$episodes"
	sum_nearly "kswapd: directly reclaimed pages" kswapd \
		"$(stat_json kswapd '[.processes[].reclaim.direct.reclaimed_pages] | add')" "$(reclaimed kswapd direct)"
	yields kswapd
	report_sound kswapd
	check_trace
	check_kswapd_timeline "$episodes"
	verified kswapd 0 "vmstat pgsteal_anon + pgsteal_file" "vmstat pgscan_kswapd"
}

# Single events, from the recording.  Order and gfp flags of each episode: the reordered prototype of 7.1 must not swap them.
check_trace() {
	local events=$check_out/kswapd/trace.json

	sum_nearly "kswapd: pages of all direct reclaim events" kswapd \
		"$(jq -s '[.[] | select(.event == "reclaim" and .kind == "direct") | .reclaimed_pages] | add // 0' "$events")" \
		"$(reclaimed kswapd direct)"
	lines_nearly "kswapd: order and gfp flags of each direct reclaim = the kernel's" kswapd \
		"$(jq -r 'select(.event == "reclaim" and .kind == "direct")
			| "\(.order) \(.gfp_flags | tostring | split("|") | sort | join("|"))"' "$events")" \
		"$(sed -nE 's/.* mm_vmscan_direct_reclaim_begin: .*order=([0-9]+) .*gfp_flags=([^ ]+).*/\1 \2/p' \
			"$check_out/kswapd/events" | jq -Rr 'split(" ") | "\(.[0]) \(.[1] | split("|") | sort | join("|"))"')"
	same "kswapd: rounds of each session of kswapd = the kernel's" \
		"$(jq -rs '[.[] | select(.event == "kswapd") | .rounds] | map(tostring) | join(" ") | if . == "" then "none" else . end' "$events")" \
		"$(kswapd_rounds_of_run kswapd)"
	jq -se 'all(.[:-1][]; .schema == "memtrace.event/1") and .[-1].schema == "memtrace.end/1"' "$events" >/dev/null
	verdict "kswapd: every line has its schema" $?
}

# Each episode and session is there once.  Who woke kswapd is above its session, and is the one that the event names.
check_kswapd_timeline() {
	local events=$check_out/kswapd/trace.json

	timeline_sound kswapd
	timeline_of kswapd direct "$(($1 - $(stat_json kswapd .lost.folded)))"
	sum_nearly "kswapd: pages of direct reclaim in the timeline" kswapd \
		"$(timeline kswapd '[.[] | select(.event == "direct") | .reclaimed_pages] | add // 0')" "$(reclaimed kswapd direct)"
	timeline_of kswapd kswapd "$(jq -s '[.[] | select(.event == "kswapd")] | length' "$events")"
	# a fourth one may stand for others
	same "kswapd: the first wake-ups in the timeline, by whom" \
		"$(timeline kswapd '[.[] | select(.event == "wake")][:3][] | "\(.seen) \(.comm) \(.tid)"' | paste -sd ';')" \
		"$(jq -rs '[.[] | select(.event == "kswapd" and (.partial | not))] | sort_by(.start_ns)[:3][]
			| "\(.waker.order != null) \(.waker.comm) \(.waker.tid)"' "$events" | paste -sd ';')"
	same "kswapd: sessions by node, as the events have them" \
		"$(timeline kswapd '[.[] | select(.event == "kswapd") | {node, count}] | group_by(.node)
			| map("\(.[0].node): \(map(.count) | add)") | join(", ")')" \
		"$(jq -rs '[.[] | select(.event == "kswapd")] | group_by(.node) | map("\(.[0].node): \(length)") | join(", ")' "$events")"
	same "kswapd: nodes with sessions" "$(timeline kswapd '[.[] | select(.event == "kswapd") | .node] | unique | length')" \
		"$(<"$check_out/kswapd/nodes")"
	same "kswapd: sessions whose wake-up is of another node" \
		"$(timeline kswapd 'INDEX(.id) as $by | [.[] | select(.event == "kswapd" and .cause != null
			and $by[.cause | tostring].node != .node)] | length')" 0
	same "kswapd: sessions without a wake-up as their cause" \
		"$(timeline kswapd 'INDEX(.id) as $by | [.[] | select(.event == "kswapd" and (.partial | not)
			and $by[.cause | tostring].event != "wake")] | length')" 0
	same "kswapd: direct reclaim and wake-ups without a cause" \
		"$(timeline kswapd '[.[] | select((.event == "direct" or .event == "wake") and .cause == null)] | length')" 0
}

# kswapd_rounds STAGE: the rounds of each session in the kernel's own trace, in order.
kswapd_rounds() {
	awk '/ mm_vmscan_kswapd_wake: / { n[$1]++ } / mm_vmscan_kswapd_sleep: / { if (n[$1]) { print n[$1]; some = 1 } n[$1] = 0 }
		END { if (!some) print "none" }' "$check_out/$1/events" | paste -sd ' '
}

# kswapd_rounds_of_run STAGE: those that memtrace can have seen.  The kernel's trace begins before memtrace attaches and
# goes on when it has ended, so it may have sessions more at both ends: no more rounds than vmstat counted meanwhile.
kswapd_rounds_of_run() {
	local spare seen rounds ours

	spare=$(($(vmstat "$1" outer pageoutrun) - $(vmstat "$1" inner pageoutrun)))
	seen=$(stat_json "$1" '.kswapd | length')
	ours=$(stat_json "$1" '[.kswapd[].rounds | tostring] | join(" ")')
	read -r -a rounds < <(kswapd_rounds "$1")
	while ((${#rounds[@]} > seen && rounds[-1] <= spare)) &&
		[[ "${rounds[*]: -seen}" != "$ours" && " ${rounds[*]} " == *" $ours "* ]]; do
		spare=$((spare - rounds[-1]))
		unset 'rounds[-1]'
	done
	while ((${#rounds[@]} > seen && rounds[0] <= spare)); do
		spare=$((spare - rounds[0]))
		rounds=("${rounds[@]:1}")
	done
	echo "${rounds[*]:-none}"
}
