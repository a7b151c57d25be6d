# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_compaction() {
	local begun huge stalls said=$check_out/compaction/stdout

	trace_whole compaction
	begun=$(seen compaction mm_compaction_begin)
	((begun > 0))
	verdict "compaction: there is some ($begun)" $?
	same "compaction: ends" "$(seen compaction mm_compaction_end)" "$begun"
	stalls=$(vmstat compaction inner compact_stall)
	# how much of memory is in the way is by chance
	if ((stalls)); then
		verdict "compaction: page faults wait for it (compact_stall $stalls)" 0
	else
		skip "compaction: page faults wait for it" "memory had room enough for huge pages in this run"
	fi
	huge=$(vmstat compaction inner thp_fault_alloc)
	same "compaction: huge pages of the workload = thp_fault_alloc" "$(sed -n 's/^huge=//p' "$said")" "$huge"
	report_sound compaction || return
	exact_sum compaction
	# Those that were allocated, but could not be charged, are allocations, too.
	same "compaction: allocations of order 9" \
		"$(stat_json compaction '[.processes[] | select(.comm == "frag") | .alloc.order["9"]] | add')" \
		$((huge + $(vmstat compaction inner thp_fault_fallback_charge)))
	stat_json compaction '.processes[] | select(.comm == "frag") | .alloc.pages >= '$((huge * 512)) | grep -qx true
	verdict "compaction: their pages" $? "$(stat_json compaction '.processes[] | select(.comm == "frag") | .alloc.pages')"
}
