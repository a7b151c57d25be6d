# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# The page cache: a file that is read three times in a cgroup of half its size, and one that is written and deleted.

come_and_go() {
	/guest/hog -g "$1" -f "$2" -r 3
	dd if=/dev/zero of=/mnt/written bs=64k count=32 conv=fsync 2>/dev/null
	rm /mnt/written
}

stage_cache() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file cached 16M)
	mkdir "$cgroups/cached"
	echo 8M >"$cgroups/cached/memory.max"
	stat -c '%i' "$hole" >/out/cache.inode
	watch_too filemap/mm_filemap_add_to_page_cache filemap/mm_filemap_delete_from_page_cache
	gather cache stat cache reclaim --latency -a -- /guest/work.sh come_and_go "$cgroups/cached" "$hole"
	replay cache cache.json cache --json
	rmdir "$cgroups/cached"
	rm "$hole"
	umount /mnt
}
