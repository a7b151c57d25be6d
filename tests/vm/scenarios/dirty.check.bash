# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_dirty() {
	local paused

	trace_whole dirty
	paused=$(grep -c ' balance_dirty_pages: .* pause=[1-9]' "$check_out/dirty/events")
	((paused > 10))
	verdict "dirty: the writer has to pause ($paused times)" $?
	report_sound dirty || return
	exact_sum dirty
	# 16 MiB went through the page cache, page by page or in larger folios.
	stat_json dirty '[.processes[] | select(.comm == "dd") | .alloc.pages] | add | . >= 4096 and . < 5120' | grep -qx true
	verdict "dirty: pages that dd allocated" $? "$(stat_json dirty '[.processes[] | select(.comm == "dd") | .alloc.pages] | add')"
}
