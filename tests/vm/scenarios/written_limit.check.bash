# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_written_limit() {
	local dir=$check_out/written_limit episodes writer most

	episodes=$(seen written_limit mm_vmscan_memcg_reclaim_begin)
	writer=$(sed -n 's/^writer=//p' "$dir/stdout")
	same "written_limit: the kernel's trace has $episodes episodes, all of the writer" \
		"$(sed -nE 's/.*-([0-9]+) .* mm_vmscan_memcg_reclaim_begin: .*/\1/p' "$dir/events" | tally)" "$episodes $writer"
	same "written_limit: no charge failed" "$(awk '$1 == "max" || $1 == "high" { n += $2 } END { print n + 0 }' "$dir/memory.events")" 0
	if [[ -e $dir/no_reclaim ]]; then
		skip "written_limit: memory.reclaim" "$(<"$dir/no_reclaim")"
		most=20
	else
		most=13
	fi
	(($(tail -n 1 "$dir/stdout") <= most * 1048576 && $(sed -n 2p "$dir/stdout") <= 20 * 1048576))
	verdict "written_limit: what is left is at most $most MiB" $? "$(<"$dir/stdout")"
	report_sound written_limit || return
	same "written_limit: episodes, by whom" \
		"$(stat_json written_limit '.processes[] | select(.reclaim.memcg.count > 0) | "\(.pid) \(.comm) \(.cgroup) \(.reclaim.memcg.count)"')" \
		"$writer work.sh / $episodes"
	same "written_limit: pages reclaimed" "$(stat_json written_limit '[.processes[].reclaim.memcg.reclaimed_pages] | add')" \
		"$(reclaimed written_limit memcg)"
	same "written_limit: events" "$(jq -c 'select(.event == "reclaim") | [.kind, .pid, .cgroup]' "$dir/trace.json" | tally)" \
		"$episodes [\"memcg\",$writer,\"/\"]"
}
