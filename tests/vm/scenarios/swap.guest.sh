# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Anonymous memory beyond what there is, to a disk and back.

stage_swap() {
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	gather swap stat -a -- /guest/hog -a 240 -r 2 -l 40
	verify swap -- /guest/hog -a 240 -r 2 -l 40
	swapoff "$swap"
}
