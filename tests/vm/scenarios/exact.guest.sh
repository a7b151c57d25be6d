# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# One run of memtrace for all workloads.  Each is in a cgroup of its own, which its rows tell, and the kernel's rusage of it
# and its children is in a line of /out/exact/parts.

names="faults kernel spawn posix_spawn threads execthread cleartid killed filefault swap"

# part NAME WORKLOAD...: "NAME MINOR MAJOR"
part() {
	name=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	time -a -o /out/exact/parts -f "$name %R %F" sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' \
		"/sys/fs/cgroup/exact/$name" "$@" || exit
}

parts() {
	part faults /guest/faults -n 5000 -r 3
	part kernel /guest/faults -n 3000 -k 2000
	part spawn /guest/spawn -n 400 -t 4 -l 0
	part posix_spawn /guest/spawn -n 100 -s
	part threads /guest/threads -n 200
	part execthread /guest/execthread
	part cleartid /guest/cleartid -n 10
	part killed /guest/killed -n 3
	part filefault /guest/filefault -n 2048 /mnt/exact
	part swap /guest/hog -a 60 -r 2
}

stage_exact() {
	[ "$memtrace" ] || return 0
	mount -t ext4 "$(disk fs)" /mnt
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	new_cgroup /exact
	for name in $names; do
		mkdir "$cgroups/exact/$name"
	done
	# as in backing: at memory.max alone the kernel may kill it when the disk is slow
	echo 26M >"$cgroups/exact/swap/memory.high"
	echo 30M >"$cgroups/exact/swap/memory.max"
	exact all /guest/work.sh parts
	for name in $names; do
		rmdir "$cgroups/exact/$name"
	done
	rmdir "$cgroups/exact"
	rm /mnt/exact
	swapoff "$swap"
	umount /mnt
	verify exact -- /guest/spawn -n 100
}
