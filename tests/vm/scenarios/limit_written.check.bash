# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# asked DIR: what memory.reclaim got back stands apart, where programs on functions tell; some kernels count it, too.
asked() {
	local scanned reclaimed counted

	[[ ! -e $1/no_reclaim && $check_functions ]] || return
	read -r scanned reclaimed < <(stat_json limit_written '[.reclaim_yield[] | select(.by == "proactive")] |
		"\(map(.scanned_pages) | add) \(map(.reclaimed_pages) | add)"')
	# more than 8 MiB is what some kernels take too much
	((reclaimed >= 2048 - 256 && reclaimed <= scanned && $(yielded limit_written '.by == "memcg"' reclaimed) > 0))
	verdict "limit_written: proactive reclaim got back 8 MiB ($reclaimed pages of $scanned)" $?
	counted=$(awk '$1 ~ /^pg(scan|steal)_proactive$/ { print $2 }' "$1/memory.stat" | paste -sd ' ')
	[[ ! $counted ]] || same "limit_written: proactive reclaim = memory.stat" "$scanned $reclaimed" "$counted"
}

check_limit_written() {
	local dir=$check_out/limit_written episodes writer most

	episodes=$(seen limit_written mm_vmscan_memcg_reclaim_begin)
	writer=$(sed -n 's/^writer=//p' "$dir/stdout")
	same "limit_written: the kernel's trace has $episodes episodes, all of the writer" \
		"$(sed -nE 's/.*-([0-9]+) .* mm_vmscan_memcg_reclaim_begin: .*/\1/p' "$dir/events" | tally)" "$episodes $writer"
	same "limit_written: no charge failed" "$(awk '$1 == "max" || $1 == "high" { n += $2; seen++ } END { print seen, n }' "$dir/memory.events")" "2 0"
	if [[ -e $dir/no_reclaim ]]; then
		skip "limit_written: memory.reclaim" "$(<"$dir/no_reclaim")"
		most=20
	else
		most=13
	fi
	(($(tail -n 1 "$dir/stdout") <= most * 1048576 && $(sed -n 2p "$dir/stdout") <= 20 * 1048576))
	verdict "limit_written: what is left is at most $most MiB" $? "$(<"$dir/stdout")"
	report_sound limit_written || return
	same "limit_written: episodes, by whom" \
		"$(stat_json limit_written '.processes[] | select(.reclaim.memcg.count > 0) | "\(.pid) \(.comm) \(.cgroup) \(.reclaim.memcg.count)"')" \
		"$writer work.sh / $episodes"
	yields limit_written
	asked "$dir"
	same "limit_written: pages reclaimed" "$(stat_json limit_written '[.processes[].reclaim.memcg.reclaimed_pages] | add')" \
		"$(reclaimed limit_written memcg)"
	same "limit_written: events" "$(jq -c 'select(.event == "reclaim") | [.kind, .pid, .cgroup, .target_cgroup]' "$dir/trace.json" | tally)" \
		"$episodes [\"memcg\",$writer,\"/\",\"/written\"]"
}
