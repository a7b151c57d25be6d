# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Page cache against memory.high, which makes the task reclaim, but fails no charge.

stage_high() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file hole 60M)
	mkdir "$cgroups/high"
	echo 24M >"$cgroups/high/memory.high"
	gather high stat -a -- /guest/hog -g "$cgroups/high" -f "$hole"
	replay high trace.json trace reclaim --json
	replay high timeline.json timeline --json
	cgroup_files high /high
	rm "$hole"
	rmdir "$cgroups/high"
	umount /mnt
}
