# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Swap to compressed memory, by a limited memory cgroup.

much_swapped() {
	[ "$(cat "$cgroups/zram/memory.swap.current")" -ge 20000000 ]
}

# What took the memory sleeps, and nothing moves.
still() {
	held=$(cat /sys/block/zram0/mm_stat)
	usleep 500000
	grep -q "^State:.*S (sleeping)" "/proc/$hog/status" && [ "$held" = "$(cat /sys/block/zram0/mm_stat)" ]
}

# What the device holds while nothing moves, by memtrace and by itself.
look_at_zram() {
	/guest/hog -g "$cgroups/zram" -a 40 -s 600000 &
	hog=$!
	within 60 much_swapped
	within 60 still
	"$memtrace" state --json >/out/swap_zram/state.json 2>/out/swap_zram/state.err
	cat /sys/block/zram0/mm_stat >/out/swap_zram/mm_stat
	kill "$hog"
	wait
}

stage_swap_zram() {
	if ! command -v modules_load >/dev/null || ! modules_load zram; then
		skip "${modules_why:-no module zram for this kernel}"
		return
	fi
	echo 96M >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null
	swapon /dev/zram0
	mkdir "$cgroups/zram"
	echo 16M >"$cgroups/zram/memory.max"
	gather swap_zram stat fault alloc stall reclaim kswapd oom swap --latency -a -- /guest/hog -g "$cgroups/zram" -a 40 -r 2
	replay swap_zram hist.json hist swap --json
	cgroup_files swap_zram /zram
	[ ! "$memtrace" ] || look_at_zram
	rmdir "$cgroups/zram"
	swapoff /dev/zram0
	echo 1 >/sys/block/zram0/reset
}
