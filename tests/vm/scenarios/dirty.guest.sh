# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# A writer that has to wait for the disk: hardly any page may be dirty.

stage_dirty() {
	mount -t ext4 "$(disk slow)" /mnt
	echo 4194304 >/proc/sys/vm/dirty_bytes
	watch_too writeback/balance_dirty_pages
	gather dirty stat -- dd if=/dev/zero of=/mnt/dirty bs=64k count=256
	replay dirty timeline.json timeline --json
	echo 20 >/proc/sys/vm/dirty_ratio
	rm /mnt/dirty
	umount /mnt
}
