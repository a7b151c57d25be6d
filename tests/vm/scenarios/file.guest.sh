# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Major faults of a file on a disk, and how long they take.

stage_file() {
	mount -t ext4 "$(disk fs)" /mnt
	gather file stat -a --latency -- /guest/filefault -n 1024 -t /mnt/data
	replay file hist.json hist fault --by comm --json
	replay file hist.text hist fault --by comm
	verify file -- /guest/filefault -n 512 /mnt/data
	verify file_signals -- /guest/filefault -i -n 512 /mnt/data
	verify file_locked -- /guest/filefault -m -n 512 /mnt/data
	umount /mnt
}
