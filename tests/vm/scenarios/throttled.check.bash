# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_throttled() {
	trace_whole throttled
	report_sound throttled || return
	timeline_sound throttled
	timeline_of throttled direct "$(($(seen throttled mm_vmscan_direct_reclaim_begin) - $(stat_json throttled .lost.folded)))"
	throttled_of throttled
	same "throttled: sleeps in the timeline that are no part of reclaim of the same task" \
		"$(timeline throttled 'INDEX(.id) as $by | [.[] | select(.event == "throttled" and
			(.rule != "part_of" or $by[.cause | tostring].pid != .pid))] | length')" 0
}
