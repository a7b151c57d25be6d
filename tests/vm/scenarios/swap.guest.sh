# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Anonymous memory beyond what there is, to a disk and back.

stage_swap() {
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	# First, while nobody else has anything in swap: what a task here reads ahead is charged to its cgroup, which then
	# would not go away with it.
	mkdir "$cgroups/swapping"
	echo 30M >"$cgroups/swapping/memory.max"
	exact swap /guest/hog -g "$cgroups/swapping" -a 60 -r 2
	rmdir "$cgroups/swapping"
	gather swap stat -a -- /guest/hog -a 240 -r 2 -l 40
	verify swap -- /guest/hog -a 240 -r 2 -l 40
	swapoff "$swap"
}
