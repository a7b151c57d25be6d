# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Whose reclaim took pages that are needed again: a cgroup's own, and that of its neighbour, for the limit of both.

neighbours() {
	/guest/hog -g /sys/fs/cgroup/both/first -f "$1"
	/guest/hog -g /sys/fs/cgroup/both/second -a 16
	/guest/hog -g /sys/fs/cgroup/both/first -f "$1"
	/guest/hog -g /sys/fs/cgroup/alone -a 24 -r 2
}

stage_refault() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file hole 16M)
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	new_cgroup /both
	mkdir "$cgroups/both/first" "$cgroups/both/second" "$cgroups/alone"
	echo 24M >"$cgroups/both/memory.max"
	# above memory.high a task waits for the disk, where at memory.max alone the kernel may kill it when the disk is slow
	echo 14M >"$cgroups/alone/memory.high"
	echo 16M >"$cgroups/alone/memory.max"
	gather refault stat refault reclaim -a -- /guest/work.sh neighbours "$hole"
	sleep 2.5 # the kernel adds up memory.stat
	for cgroup in both/first both/second alone; do
		cp "$cgroups/$cgroup/memory.stat" "/out/refault/${cgroup#both/}.stat"
	done
	rmdir "$cgroups/both/first" "$cgroups/both/second" "$cgroups/both" "$cgroups/alone"
	swapoff "$swap"
	rm "$hole"
	umount /mnt
}
