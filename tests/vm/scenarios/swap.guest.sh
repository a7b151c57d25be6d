# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Anonymous memory beyond what there is, to a disk and back.

# of_cgroup: what zswap took of a cgroup at its limit
of_cgroup() {
	mkdir "$cgroups/zswapped"
	echo 12M >"$cgroups/zswapped/memory.max"
	/guest/hog -g "$cgroups/zswapped" -a 24 -r 2 >/dev/null
	if [ "$memtrace" ]; then
		"$memtrace" state -d 0.1 -c /zswapped --json >/out/zswap/state.json 2>/out/zswap/state.err
		"$memtrace" state -d 0.1 --by cgroup >/out/zswap/state.text 2>>/out/zswap/state.err
	fi
	cp "$cgroups/zswapped/memory.stat" /out/zswap/
	rmdir "$cgroups/zswapped"
}

stage_swap() {
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	leave_memory 80
	beyond=$(($(meminfo MemAvailable) / 1024 + 40))
	gather swap stat fault alloc stall reclaim kswapd oom swap --latency -a -- /guest/hog -a $beyond -r 2 -l 24
	replay swap hist.json hist swap --json
	verify swap fault alloc stall reclaim kswapd oom swap -- /guest/hog -a $beyond -r 2 -l 24
	# compressed swap before the disk, where the kernel has it
	if echo Y 2>/dev/null >/sys/module/zswap/parameters/enabled && grep -q Y /sys/module/zswap/parameters/enabled; then
		gather zswap stat fault swap -a -- /guest/hog -a $((beyond + 24)) -r 2 -l 24
		of_cgroup
		echo N >/sys/module/zswap/parameters/enabled
	fi
	all_memory
	swapoff "$swap"
}
