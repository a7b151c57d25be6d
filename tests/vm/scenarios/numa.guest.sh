# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Memory on two nodes: where it is, and the faults by which the kernel finds out that it should be on another one.

stage_numa() {
	if [ ! -e /sys/devices/system/node/node1 ]; then
		skip "this machine has one node"
		return
	fi
	mkdir -p /out/numa
	/guest/nodes -s 600000 >/out/numa/said &
	nodes=$!
	until grep -q ready /out/numa/said; do sleep 0.1; done
	if [ "$memtrace" ]; then
		"$memtrace" map -p "$nodes" --nodes --json >/out/numa/map.json 2>/out/numa/map.err
		"$memtrace" map -p "$nodes" --nodes >/out/numa/map.text 2>>/out/numa/map.err
	fi
	cp "/proc/$nodes/numa_maps" /out/numa/numa_maps
	kill -KILL "$nodes"
	wait "$nodes"
	echo 1 >/proc/sys/kernel/numa_balancing
	gather numa stat fault minor numa -a -- /guest/nodes -m
	replay numa minors.json trace minor --json
	echo 0 >/proc/sys/kernel/numa_balancing
}
