# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# No memory left in the whole machine, and no swap.

stage_oom() {
	leave_memory 80
	watch_too vmscan/mm_vmscan_throttled
	gather oom stat -a -- /guest/hog -a 400 -o 500 -c mt-bighog
	replay oom timeline.json timeline --json
	log_report oom
	verify oom -- /guest/hog -a 400 -o 500 -c mt-bighog
	all_memory
}
