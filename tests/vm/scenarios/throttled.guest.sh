# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Page cache that a slow disk takes long to write, against memory that somebody wants: who reclaims finds pages under
# writeback and hardly any others, and sleeps.

press() {
	dd if=/dev/zero of=/mnt/dirty bs=64k count=500 2>/dev/null
	/guest/hog -a 35 -c mt-wants
	return 0 # it may be killed
}

stage_throttled() {
	mount -t ext4 "$(disk slow)" /mnt
	leave_memory 70
	echo 90 >/proc/sys/vm/dirty_ratio
	echo 80 >/proc/sys/vm/dirty_background_ratio
	watch_too vmscan/mm_vmscan_throttled
	gather throttled stat -a -- /guest/work.sh press
	replay throttled timeline.json timeline --json
	echo 20 >/proc/sys/vm/dirty_ratio
	echo 10 >/proc/sys/vm/dirty_background_ratio
	rm /mnt/dirty
	umount /mnt
	all_memory
}
