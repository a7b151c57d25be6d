# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Direct reclaim: on the one CPU there is, kswapd hardly gets to run beside whoever fills the page cache.

first() {
	renice -n -20 -p $$ >/dev/null
	exec "$@"
}

stage_direct() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file hole 320M)
	renice -n 19 -p "$(pidof kswapd0)" >/dev/null
	watch_too vmscan/mm_shrink_slab_end vmscan/mm_vmscan_throttled
	gather direct stat -a -- /guest/work.sh first /guest/hog -f "$hole"
	ls /sys/kernel/tracing/events/vmscan >/out/direct/vmscan
	renice -n 0 -p "$(pidof kswapd0)" >/dev/null
	replay direct trace.json trace reclaim --json
	replay direct timeline.json timeline --json
	replay direct trace.text trace reclaim
	replay direct hist.json hist reclaim --json
	rm "$hole"
	umount /mnt
}
