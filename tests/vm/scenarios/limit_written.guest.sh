# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Reclaim that somebody else asks for: memory.max is written below what is used, and memory.reclaim.

charged() {
	[ "$(cat /sys/fs/cgroup/written/memory.current)" -ge "$1" ]
}

lower() {
	echo "writer=$$"
	echo 20M >/sys/fs/cgroup/written/memory.max
	cat /sys/fs/cgroup/written/memory.current
	[ ! -e /sys/fs/cgroup/written/memory.reclaim ] || echo 8M >/sys/fs/cgroup/written/memory.reclaim
	cat /sys/fs/cgroup/written/memory.current
}

stage_limit_written() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file hole 60M)
	mkdir "$cgroups/written"
	/guest/hog -g "$cgroups/written" -f "$hole" -s 60000 &
	hog=$!
	within 10 charged 62000000
	gather limit_written stat -a -- /guest/work.sh lower
	replay limit_written trace.json trace reclaim --json
	cgroup_files limit_written /written
	[ -e "$cgroups/written/memory.reclaim" ] || echo "this kernel has no memory.reclaim" >/out/limit_written/no_reclaim
	kill "$hog"
	wait "$hog" 2>/dev/null
	rm "$hole"
	rmdir "$cgroups/written"
	umount /mnt
}
