# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Maps of a process that has memory of each kind, of one with 10,000 mappings, and of one that is swapped out in part;
# beside each what the kernel says of that process.  A command whose faults are counted by mapping.

# mapped NAME [N]: the workload, stopped; its pid in $mapped
mapped() {
	/guest/mapped /guest/mapped "$2" >"/out/map/$1.said" &
	mapped=$!
	until grep -q pid= "/out/map/$1.said"; do sleep 0.1; done
	[ -z "$3" ] || squeeze "$3"
	kill -STOP "$mapped"
}

# squeeze LIMIT: into a cgroup that has to swap
squeeze() {
	mkdir "$cgroups/map"
	echo "$mapped" >"$cgroups/map/cgroup.procs"
	echo "$1" >"$cgroups/map/memory.high"
	# what it touches is charged to that cgroup, and pushes out other pages of it
	for pages in 256 512 768 1024 1280 1536; do
		kill -USR1 "$mapped"
		until grep -q "touched=$pages$" /out/map/swap.said; do sleep 0.1; done
	done
	echo max >"$cgroups/map/memory.high"
}

# growing: reports of each second from now on, of all processes; its pid in $growing
growing() {
	"$memtrace" map -i 1 --json >/out/map/growing.json 2>/out/map/growing.err &
	growing=$!
	until [ -s /out/map/growing.json ]; do sleep 0.2; done
}

# grown: after another whole second
grown() {
	reports=$(($(wc -l </out/map/growing.json) + 1))
	until [ "$(wc -l </out/map/growing.json)" -gt "$reports" ]; do sleep 0.2; done
	kill "$growing"
	wait "$growing"
}

# charged: of the cgroup that it was squeezed into
charged() {
	"$memtrace" map --by cgroup -d 0.2 -c /map --json >/out/map/charged.json 2>>/out/map/err
	cp "$cgroups/map/memory.stat" /out/map/
}

taken() {
	"$memtrace" map -p "$mapped" --pss --json >"/out/map/$1.json" 2>>/out/map/err
	"$memtrace" map -p "$mapped" --pss >"/out/map/$1.text" 2>>/out/map/err
	cp "/proc/$mapped/status" "/out/map/$1.status"
	cp "/proc/$mapped/smaps_rollup" "/out/map/$1.rollup"
	grep '^Rss:' "/proc/$mapped/smaps" >"/out/map/$1.smaps"
	kill -KILL "$mapped"
	wait "$mapped"
}

stage_map() {
	mkdir -p /out/map
	[ "$memtrace" ] || return 0
	mapped kinds 0
	"$memtrace" map -d 0.5 --json >/out/map/machine.json 2>>/out/map/err
	echo "$mapped" >/out/map/pid
	taken kinds
	mapped many 10000
	taken many
	# without huge pages it has as many faults as pages
	"$memtrace" map -d 8 --json --record /tmp/map.rec -- /guest/mapped /guest/mapped 100 >/out/map/live.json 2>/out/map/live.err
	"$memtrace" replay /tmp/map.rec map --json >/out/map/replayed.json 2>>/out/map/live.err
	"$memtrace" leak --json --record /tmp/map.rec -- /guest/grower leak -n 100 -u 20000 -s 200000 >/out/map/leak.json 2>/out/map/leak.err
	"$memtrace" replay /tmp/map.rec leak --json >/out/map/leak.replayed.json 2>>/out/map/leak.err
	rm -f /tmp/map.rec
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	growing
	mapped swap 0 2M
	echo "$mapped" >/out/map/swap.pid
	grown
	charged
	taken swap
	rmdir "$cgroups/map"
	swapoff "$swap"
}
