# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Who waited for memory, and for what: a step for each cause, one after the other, under one memtrace; tasks that wait
# when memtrace begins and when it ends; what is left where functions cannot be hooked; and what the kernel says itself.

watcher= # what a step runs its last program under

# stall_probes: the kernel's own record of each enter and leave, with the function that calls it.
stall_probes() {
	caller='+0($stack)'
	[ "$(uname -m)" != aarch64 ] || caller=%lr
	{
		echo "p:stalls/enter psi_memstall_enter flags=\$arg1:x64 caller=$caller:symbol"
		echo "p:stalls/leave psi_memstall_leave flags=\$arg1:x64"
	} >/sys/kernel/tracing/kprobe_events
}

# watch_stalls: that record, and what else waits, with the next gather().
watch_stalls() {
	watch_too stalls/enter stalls/leave lock/contention_begin lock/contention_end writeback/balance_dirty_pages \
		compaction/mm_compaction_try_to_compact_pages
}

# quiet: at least one interval without a stall.
quiet() {
	settle
	usleep 2200000
}

# steps NAME...: functions, one after the other.
steps() {
	quiet
	for name; do
		begin=$(cut -d ' ' -f 1 /proc/uptime)
		"$name"
		echo "$name $begin $(cut -d ' ' -f 1 /proc/uptime)" >>"$dir/steps"
		quiet
	done
}

# Page cache at memory.max, read again and again.
cache() {
	/guest/hog -c st-cache -g "$cgroups/stalls/cache" -f /mnt/hole -r 2
}

# Anonymous memory over memory.high, without swap.
high() {
	timeout 3 /guest/hog -c st-high -g "$cgroups/stalls/high" -a 24
}

first() {
	renice -n -20 -p $$ >/dev/null
	exec "$@"
}

# Page cache beyond all memory, with kswapd behind.
direct() {
	leave_memory 80
	renice -n 19 -p "$(pidof kswapd0)" >/dev/null
	/guest/work.sh first /guest/hog -c st-direct -f /mnt/large
	renice -n 0 -p "$(pidof kswapd0)" >/dev/null
	all_memory
}

# swapped DEVICE COMM: anonymous memory beyond memory.max goes out, and some comes back, page by page.
swapped() {
	mkswap "$1" >/dev/null
	swapon "$1"
	echo 0 >/proc/sys/vm/page-cluster
	/guest/hog -c "$2" -g "$cgroups/stalls/swap" -a 24 -r 3 -l 8
	echo 3 >/proc/sys/vm/page-cluster
	swapoff "$1"
}

swap_disk() {
	swapped "$(disk swap)" st-swap
}

swap_zram() {
	echo 96M >/sys/block/zram0/disksize
	swapped /dev/zram0 st-zram
	echo 1 >/sys/block/zram0/reset
}

# Huge pages out of memory that is full of holes.
fragments() {
	thp=/sys/kernel/mm/transparent_hugepage
	for file in enabled defrag; do
		sed 's/.*\[\(.*\)\].*/\1/' "$thp/$file" >"/tmp/$file"
		echo madvise >"$thp/$file"
	done
	$watcher /guest/frag -a $(($(meminfo MemFree) / 1024 - 32)) -t 110
	for file in enabled defrag; do
		cat "/tmp/$file" >"$thp/$file"
	done
}

# A writer that has to wait for the disk.
slow_disk() {
	mkdir -p /slow
	mount -t ext4 "$(disk slow)" /slow
	echo 4194304 >/proc/sys/vm/dirty_bytes
	dd if=/dev/zero of=/slow/dirty bs=64k count=192 2>/dev/null
	echo 20 >/proc/sys/vm/dirty_ratio
	rm /slow/dirty
	umount /slow
}

# Threads that map and unmap, and others that fault.
mappings() {
	/guest/maplock
}

# held CGROUP MIB: somebody there keeps so much, $holder.
held() {
	/guest/hog -c st-evictor -g "$1" -a "$2" -s 60000 &
	holder=$!
	within 20 resident $! $(($2 * 1024))
}

# resident PID KIB
resident() {
	rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null)
	[ "${rss:-0}" -ge "$2" ]
}

# size_known: newer kernels remember what they evicted only from a cgroup whose size they know; to show it they count it.
size_known() {
	cat "$cgroups/stalls/shared/memory.stat" >/dev/null
}

# evict_and_read ROUNDS: another's memory evicts the owner's working set, because one limit holds for both.  Then something
# else fills the page cache, and the owner's set is read again.
evict_and_read() {
	for _ in $(seq "$1"); do
		/guest/workingset -c st-owner -g "$owner" -n 400 -k 4096 -r 8 /set/set
		size_known
		held "$evictor" 8
		kill "$holder"
		wait "$holder"
		/guest/hog -c st-evictor -g "$evictor" -f /mnt/fill
		blockdev --flushbufs "$set_disk"
		size_known
		$watcher /guest/workingset -c st-refault -g "$owner" -n 400 -k 4096 -em /set/set
	done
}

# An evicted working set is read again.  On ext2 each of its pages needs a block of the map, which has to be read, too, and
# for which there has to be room: reclaim in the middle of waiting for what was evicted.  How pages become a working set
# depends on the kind of LRU lists, and on whether there is swap.
evicted() {
	owner=$cgroups/stalls/shared/owner
	evictor=$cgroups/stalls/shared/evictor
	set_disk=$(disk data)
	lru_gen=/sys/kernel/mm/lru_gen/enabled
	mke2fs -b 4096 "$set_disk" 8192 >/dev/null
	mkdir -p /set
	mount -t ext4 "$set_disk" /set
	echo 0 >"/sys/block/${set_disk#/dev/}/queue/read_ahead_kb"
	mkswap "$(disk swap)" >/dev/null
	swapon "$(disk swap)"
	echo 0 >/proc/sys/vm/swappiness
	[ ! -e $lru_gen ] || { cat $lru_gen >/tmp/lru_gen && echo 0 >$lru_gen; }
	held "$owner" 14
	owner_holder=$holder
	/guest/workingset -c st-owner -g "$owner" -n 400 -k 4096 -w /set/set
	evict_and_read 2
	cat "$owner/memory.stat" >"$dir/owner.stat"
	kill "$owner_holder"
	wait
	[ ! -e $lru_gen ] || cat /tmp/lru_gen >$lru_gen
	echo 60 >/proc/sys/vm/swappiness
	swapoff "$(disk swap)"
	umount /set
}

# Major faults on a file that was never read: not counted by PSI.
cold_file() {
	/guest/filefault -n 256 -t /mnt/cold >"$dir/cold"
}

# Each in its cgroup.
stalls_all() {
	zram=
	[ ! -e /sys/block/zram0 ] || zram=swap_zram
	watch_stalls
	# shellcheck disable=SC2086
	gather stalls stalls -a -i 1 -- /guest/work.sh steps \
		cache high direct swap_disk $zram fragments slow_disk mappings evicted cold_file
	replay stalls replayed.json stalls --json
	replay stalls by_cgroup.json stalls --by cgroup --json
	replay stalls timeline.json timeline --json
	for cgroup in cache high; do
		cat "$cgroups/stalls/$cgroup/memory.events" >"/out/stalls/$cgroup.events"
	done
}

asleep() {
	grep -q over_high "/proc/$1/stack"
}

# Eight tasks wait when memtrace begins, all the time, and when it ends.
stalls_open() {
	sleepers=
	for _ in 1 2 3 4 5 6 7 8; do
		/guest/hog -c st-sleeper -g "$cgroups/stalls/asleep" -a 20 &
		sleepers="$sleepers $!"
	done
	for sleeper in $sleepers; do
		within 20 asleep "$sleeper"
	done
	gather stalls_open stalls -a -i 1 -- usleep 6300000
	# shellcheck disable=SC2086
	kill $sleepers
	wait
}

stalls_avoid() {
	watch_stalls
	gather stalls_avoid stalls -a --avoid fentry -- /guest/work.sh steps cache high direct swap_disk evicted
}

stalls_verify() {
	verify stalls -- /guest/hog -c st-cache -g "$cgroups/stalls/cache" -f /mnt/hole -r 2
	watcher="verify refaults --"
	evicted
	watcher="verify compaction --"
	fragments
	watcher=
}

stage_stalls() {
	mount -t ext4 "$(disk fs)" /mnt
	hole_file hole 30M >/dev/null
	hole_file large 160M >/dev/null
	hole_file fill 12M >/dev/null
	modules_load zram
	new_cgroup /stalls /stalls/shared
	for limit in cache/memory.max=12M high/memory.high=8M swap/memory.max=16M asleep/memory.high=4M \
		shared/owner/memory.max=max shared/evictor/memory.max=max; do
		mkdir "$cgroups/stalls/${limit%/*}"
		echo "${limit#*=}" >"$cgroups/stalls/${limit%=*}"
	done
	echo 24M >"$cgroups/stalls/shared/memory.max"
	stall_probes
	export cgroups
	stalls_all
	stalls_open
	stalls_avoid
	stalls_verify
	echo >/sys/kernel/tracing/kprobe_events
	rm /mnt/hole /mnt/large /mnt/fill
	umount /mnt
	rmdir "$cgroups"/stalls/shared/*/ "$cgroups"/stalls/*/ "$cgroups/stalls"
}
