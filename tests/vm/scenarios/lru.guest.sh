# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154,SC1091 # stages.sh sources it; the guest's own files
# kswapd on the other LRU than the one that the kernel starts with: the classic lists, or generations.

lru_generations=/sys/kernel/mm/lru_gen/enabled

stage_lru() {
	if [ ! -e $lru_generations ]; then
		skip "this kernel has the classic lists alone"
		return
	fi
	before=$(cat $lru_generations)
	other=$((!(before & 1)))
	echo $other >$lru_generations
	. /guest/kswapd.guest.sh
	kswapd_willing
	leave_memory 100
	watch_too vmscan/mm_vmscan_lru_isolate
	scenario=kswapd gather lru stat kswapd -a -- /guest/work.sh pressure "$(disk data)"
	echo $other >/out/lru/generations
	scenario=kswapd verify lru kswapd reclaim -- /guest/work.sh pressure "$(disk data)"
	all_memory
	echo "$before" >$lru_generations
}
