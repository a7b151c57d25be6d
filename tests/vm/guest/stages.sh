# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash
#
# What runs in the VM: one function a stage.  A stage only gathers; the host
# judges (checks.bash).  Each leaves in /out/STAGE:
#
#	outer0, outer1	/proc/vmstat around everything
#	inner0, inner1	/proc/vmstat around the work, inside what memtrace watches
#	events		the kernel's own trace of some tracepoints, around everything; events.lost: what it lost
#	stat.json	what memtrace printed, stat.status its exit status, stat.err its messages
#
# A counter that only grows gives inner <= memtrace <= outer, and equality
# where the machine was quiet in between.

instance=/sys/kernel/tracing/instances/watch
watched="vmscan/mm_vmscan_direct_reclaim_begin vmscan/mm_vmscan_direct_reclaim_end
	vmscan/mm_vmscan_memcg_reclaim_begin vmscan/mm_vmscan_memcg_reclaim_end
	vmscan/mm_vmscan_kswapd_wake vmscan/mm_vmscan_kswapd_sleep oom/mark_victim"
memtrace=
[ -x /guest/memtrace ] && memtrace=/guest/memtrace

disk() {
	for d in /sys/block/nvme*; do
		[ "$(tr -d ' ' <"$d/device/serial")" = "$1" ] && echo "/dev/${d##*/}"
	done
}

# The kernel's own record of the tracepoints, in a trace instance of ours (5.10's build has no hist triggers).
watch_on() {
	mkdir -p "$instance"
	echo 4096 >"$instance/buffer_size_kb"
	echo 0 >"$instance/options/overwrite"
	for event in $watched; do
		echo 1 >"$instance/events/$event/enable"
	done
	echo >"$instance/trace"
}

watch_off() {
	echo 0 >"$instance/tracing_on"
	cat "$instance/trace" >"$1/events"
	grep -E '^(overrun|dropped events)' "$instance/per_cpu/cpu0/stats" >"$1/events.lost"
	rmdir "$instance"
}

# gather STAGE COMMAND OPTIONS... -- WORK...: WORK by itself, or under "memtrace COMMAND OPTIONS".
gather() {
	dir=/out/$1
	command=$2
	shift 2
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	mkdir -p "$dir"
	echo "stage ${dir#/out/}"
	export dir
	watch_on
	sleep 1
	cat /proc/vmstat >"$dir/outer0"
	if [ "$memtrace" ]; then
		# shellcheck disable=SC2086
		"$memtrace" "$command" $options --json -o "$dir/$command.json" -- sh /guest/inner.sh "$@" 2>"$dir/$command.err"
		echo $? >"$dir/$command.status"
	fi
	# Without memtrace, and where it did not even start the work, the kernel's counts are compared with each other.
	[ -e "$dir/inner0" ] || sh /guest/inner.sh "$@"
	cat /proc/vmstat >"$dir/outer1"
	watch_off "$dir"
}

# exact NAME WORKLOAD...: memtrace's sum over the processes against the kernel's rusage.
exact() {
	[ "$memtrace" ] || return 0
	echo "exact $1"
	dir=/out/exact/$1
	shift
	mkdir -p "$dir"
	"$memtrace" stat --json -o "$dir/stat.json" -- "$@" >"$dir/stdout" 2>"$dir/stat.err"
	echo $? >"$dir/stat.status"
}

# verify NAME OPTIONS... -- WORK...: what "memtrace verify" says of WORK.
verify() {
	[ "$memtrace" ] || return 0
	echo "verify $1"
	dir=/out/verify/$1
	shift
	mkdir -p "$dir"
	"$memtrace" verify --json -o "$dir/verify.json" "$@" >"$dir/stdout" 2>"$dir/verify.err"
	echo $? >"$dir/verify.status"
}

stage_doctor() {
	[ "$memtrace" ] || return 0
	mkdir -p /out/doctor
	"$memtrace" doctor --json >/out/doctor/doctor.json 2>/out/doctor/err
	echo $? >/out/doctor/status
	"$memtrace" doctor >/out/doctor/text 2>&1
}

stage_exact() {
	exact faults /guest/faults -n 5000 -r 3
	exact kernel /guest/faults -n 3000 -k 2000
	exact spawn /guest/spawn -n 100
	exact posix_spawn /guest/spawn -n 100 -s
	exact threads /guest/threads -n 200
	exact execthread /guest/execthread
	exact cleartid /guest/cleartid -n 10
	exact killed /guest/killed -n 3
	verify exact -- /guest/spawn -n 100
}

stage_file() {
	mount -t ext4 "$(disk fs)" /mnt
	gather file stat -a -- /guest/filefault -n 4096 /mnt/data
	exact filefault /guest/filefault -n 2048 /mnt/data
	verify file -- /guest/filefault -n 2048 /mnt/data
	umount /mnt
}

# Page cache that is used once pushes against memory that somebody holds.
stage_kswapd() {
	gather kswapd stat -a -- sh /guest/pressure.sh "$(disk data)"
	gather trace trace reclaim kswapd -a -- sh /guest/pressure.sh "$(disk data)"
	verify kswapd -- sh /guest/pressure.sh "$(disk data)"
}

stage_memcg() {
	mkdir -p /sys/fs/cgroup/limited
	echo 24M >/sys/fs/cgroup/limited/memory.max
	gather memcg stat -a -- /guest/hog -g /sys/fs/cgroup/limited -f "$(disk data)"
	cat /sys/fs/cgroup/limited/memory.events >/out/memcg/memory.events
	verify memcg -- /guest/hog -g /sys/fs/cgroup/limited -f "$(disk data)"
	verify cgroup -c /limited -- /guest/hog -g /sys/fs/cgroup/limited -f "$(disk data)" -a 40
	rmdir /sys/fs/cgroup/limited
}

stage_oom() {
	dmesg -c >/out/dmesg.before
	gather oom stat -a -- /guest/hog -a 400 -o 500 -c mt-bighog
	dmesg >/out/oom/dmesg
	verify oom -- /guest/hog -a 400 -o 500 -c mt-bighog
}

stage_swap() {
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	gather swap stat -a -- /guest/hog -a 260 -r 2
	exact swap /guest/hog -a 260 -r 2
	verify swap -- /guest/hog -a 260 -r 2
	swapoff "$swap"
}

for stage in $1; do
	"stage_$stage"
done
