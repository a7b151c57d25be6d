# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# traced STAGE KIND: "TID N NANOSECONDS" of each task's Nth episode of that kind, in the kernel's own trace.
traced() {
	sed -nE "s/^ *(.*)-([0-9]+) .* ([0-9]+)\.([0-9]{6}): mm_vmscan_$2_reclaim_(begin|end): .*/\2 \5 \3\4/p" \
		"$check_out/$1/events" |
		awk '$2 == "begin" { at[$1] = $3 } $2 == "end" && $1 in at { print $1, n[$1]++, ($3 - at[$1]) * 1000 }'
}

# told KIND EVENTS: the same by memtrace.
told() {
	jq -r --arg kind "$1" 'select(.event == "reclaim" and .kind == $kind) | "\(.start_ns) \(.tid) \(.duration_ns)"' "$2" |
		sort -n | awk '{ print $2, n[$2]++, $3 }'
}

# Both clocks are read in the same tracepoints, one after the other: 20 us and a tenth is much.  But between the two the
# task may be preempted, or the machine's host do something else, and so it may for one in ten.
check_durations() {
	local alike

	alike=$(join -j 1 <(traced direct direct | sed 's/ /:/' | sort) <(told direct "$1" | sed 's/ /:/' | sort) |
		awk '{ d = $2 - $3; if (d < 0) d = -d; if (d <= 20000 + $2 / 10) n++ } END { print n + 0 }')
	((alike <= $2 && alike >= $2 - $2 / 10))
	verdict "direct: $alike of $2 durations = the kernel's trace" $? \
		"$(paste <(traced direct direct) <(told direct "$1") | head -n 10)"
}

# buckets: durations, one a line, sorted into powers of two as memtrace does.
buckets() {
	jq -nc '[inputs | [., 1] | until(.[1] >= .[0]; [.[0], .[1] * 2]) | .[1]] | group_by(.) | map({le: .[0], count: length})'
}

# shrunk STAGE KIND: objects that shrinkers freed within the tasks' episodes of that kind, in the kernel's own trace.
shrunk() {
	sed -nE "s/^ *(.*)-([0-9]+) .*: mm_vmscan_$2_reclaim_(begin|end): .*/\2 \3 0/p
		s/^ *(.*)-([0-9]+) .*: mm_shrink_slab_end: .*last shrinker return val (-?[0-9]+).*/\2 shrunk \3/p" \
		"$check_out/$1/events" |
		awk '$2 == "begin" { open[$1] = 1 } $2 == "end" { open[$1] = 0 } $2 == "shrunk" && open[$1] && $3 > 0 { n += $3 }
			END { printf "%d\n", n }'
}

check_direct() {
	local episodes stalls events=$check_out/direct/trace.json ns wall hist pages stolen

	trace_whole direct
	episodes=$(seen direct mm_vmscan_direct_reclaim_begin)
	stalls=$(vmstat direct outer 'allocstall_*')
	# allocstall also counts the retries inside of one episode.
	((episodes >= 100 && episodes <= stalls && stalls - episodes <= episodes / 5))
	verdict "direct: direct reclaim tracepoints ($episodes) and allocstall ($stalls)" $?
	report_sound direct || return
	same "direct: episodes = tracepoints" "$(stat_json direct '[.processes[].reclaim.direct.count] | add')" "$episodes"
	pages=$(stat_json direct '[.processes[].reclaim.direct.reclaimed_pages] | add')
	same "direct: pages reclaimed = the kernel's trace" "$pages" "$(reclaimed direct direct)"
	same "direct: objects that shrinkers freed = the kernel's trace" "$(stat_json direct .total.reclaim.shrunk_objects)" \
		"$(shrunk direct direct)"
	yields direct
	same "direct: shrinkers by function: calls and objects = the kernel's trace" \
		"$(stat_json direct '.slab_shrinkers | "\(map(.count) | add // 0) \(map(.objects) | add // 0)"')" \
		"$(sed -nE 's/.*: mm_shrink_slab_end: .*last shrinker return val (-?[0-9]+).*/\1/p' "$check_out/direct/events" |
			awk '{ calls++ } $1 > 0 { n += $1 } END { printf "%d %d\n", calls, n }')"
	# An episode's pages include those of slabs that it frees on its way: nodes of the page cache's tree.
	stolen=$(vmstat direct outer pgsteal_direct)
	((pages >= stolen && pages - stolen <= stolen / 50))
	verdict "direct: pages reclaimed ($pages) = pgsteal_direct ($stolen), and some of slabs" $?
	ns=$(stat_json direct '[.processes[].reclaim.direct.ns] | add')
	wall=$(awk '{ at[NR] = $1 } END { printf "%.0f\n", (at[2] - at[1] + 0.02) * 1e9 }' "$check_out/direct/work.uptime")
	((ns > 0 && $(stat_json direct '[.processes[] | select(.comm == "hog") | .reclaim.direct.ns] | add') <= wall))
	verdict "direct: time in reclaim ($ns ns) is part of the task's ($wall ns)" $?
	same "direct: events and folded ones = tracepoints" \
		"$(($(jq -c 'select(.event == "reclaim" and .kind == "direct")' "$events" | wc -l) + $(stat_json direct .lost.folded)))" \
		"$episodes"
	timeline_sound direct
	throttled_of direct
	same "direct: whether events tell sleeps in reclaim" \
		"$(jq -rs '[.[] | select(.event == "reclaim") | .throttled_ns != null] | unique | tojson' "$events")" \
		"[$(grep -qx mm_vmscan_throttled "$check_out/direct/vmscan" && echo true || echo false)]"
	timeline_of direct direct "$((episodes - $(stat_json direct .lost.folded)))"
	# a folded episode has no event, and so no line
	if [[ $(stat_json direct .lost.folded) == 0 ]]; then
		same "direct: pages in the timeline" \
			"$(timeline direct '[.[] | select(.event == "direct") | .reclaimed_pages] | add // 0')" "$pages"
	fi
	hist=$(jq -c '.histograms[] | select(.name == "reclaim_latency" and .labels.kind == "direct")' "$check_out/direct/hist.json")
	same "direct: the histogram's count and sum" "$(jq -r '"\(.count) \([.buckets[].count] | add) \(.sum)"' <<<"$hist")" \
		"$episodes $episodes $ns"
	if [[ $(stat_json direct .lost.folded) == 0 ]]; then
		check_durations "$events" "$episodes"
		same "direct: the histogram's buckets = the durations of the events" \
			"$(jq -c '.buckets | map(select(.count > 0))' <<<"$hist")" \
			"$(jq 'select(.event == "reclaim" and .kind == "direct") | .duration_ns' "$events" | buckets)"
		same "direct: lines in text" "$(grep -c 'direct reclaim' "$check_out/direct/trace.text")" "$episodes" \
			"$(head -n 3 "$check_out/direct/trace.text")"
	fi
}
