# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_dirty() {
	local paused

	trace_whole dirty
	paused=$(grep -c ' balance_dirty_pages: .* pause=[1-9]' "$check_out/dirty/events")
	# 16 MiB are two seconds of the disk's.  Who is slowed down by the host as well pauses less often, or need not wait at all.
	if ((!paused && $(awk '{ at[NR] = $1 } END { printf "%d", at[2] - at[1] }' "$check_out/dirty/work.uptime") >= 3)); then
		skip "dirty: the writer has to pause" "the host left this machine so little that it was slower than the disk"
	else
		((paused > 0))
		verdict "dirty: the writer has to pause ($paused times)" $?
	fi
	report_sound dirty || return
	exact_sum dirty
	timeline_sound dirty
	same "dirty: pauses in the timeline = the report's" \
		"$(timeline dirty '[.[] | select(.event == "dirty") | .pauses] | add // 0')" "$(stat_json dirty '.total.stall.dirty.count // 0')"
	same "dirty: pauses in the timeline without a cause, or by another one than dd" \
		"$(timeline dirty '[.[] | select(.event == "dirty" and (.rule != "too_dirty" or .comm != "dd"))] | length')" 0
	# 16 MiB went through the page cache, page by page or in larger folios.
	stat_json dirty '[.processes[] | select(.comm == "dd") | .alloc.pages] | add | . >= 4096 and . < 5120' | grep -qx true
	verdict "dirty: pages that dd allocated" $? "$(stat_json dirty '[.processes[] | select(.comm == "dd") | .alloc.pages] | add')"
}
