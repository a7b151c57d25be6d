# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Page cache against memory.max.

stage_memcg() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file hole 80M)
	mkdir "$cgroups/limited"
	echo 24M >"$cgroups/limited/memory.max"
	gather memcg stat -a -- /guest/hog -g "$cgroups/limited" -f "$hole"
	cgroup_files memcg /limited
	verify memcg -- /guest/hog -g "$cgroups/limited" -f "$hole"
	verify cgroup -c /limited -- /guest/hog -g "$cgroups/limited" -f "$hole" -a 40
	rm "$hole"
	rmdir "$cgroups/limited"
	umount /mnt
}
