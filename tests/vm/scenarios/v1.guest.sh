# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154,SC1091 # stages.sh sources it
# The cgroups of cgroups.guest.sh where the memory controller is mounted as v1, alone and beside v2.  By its name this
# is the last scenario: some kernels do not give the controller back.
. /guest/cgroups.guest.sh

# Pages that a cgroup was charged for keep it: those in the caches, and those that a CPU has not yet put on a list, which
# compact_nodes() of mm/compaction.c sees to.
let_go() {
	echo 1 >/proc/sys/vm/compact_memory
	echo 3 >/proc/sys/vm/drop_caches
}

# The memory controller can go to another hierarchy only while no cgroup has it, not even one that is still being
# freed: then it is busy.  A kernel without it for cgroup v1 (CONFIG_MEMCG_V1) says that the argument is invalid.
mount_v1() {
	mount -t cgroup -o memory memory "$1" 2>/out/cgroups.v1 && return
	grep -q "Invalid argument" /out/cgroups.v1 && return
	let_go
	return 1
}

# A CPU holds on to the cgroup that it charged last, until it charges another.
none_is_dying() {
	let_go
	mkdir "$cgroups/last"
	sh -c "echo 0 >$cgroups/last/cgroup.procs; /guest/faults -n 1"
	rmdir "$cgroups/last"
	usleep 200000
	grep -q "nr_dying_descendants 0" "$cgroups/cgroup.stat"
}

stage_v1() {
	within 10 none_is_dying
	cat "$cgroups/cgroup.stat" >/out/cgroups.stat
	echo -memory >"$cgroups/cgroup.subtree_control"
	umount "$cgroups"
	mount -t tmpfs tmpfs "$cgroups"
	mkdir "$cgroups/memory" "$cgroups/unified"
	within 60 mount_v1 "$cgroups/memory"
	if ! grep -q " $cgroups/memory cgroup " /proc/mounts; then
		grep -q "Invalid argument" /out/cgroups.v1 && skip "this kernel has no memory controller for cgroup v1"
		return
	fi
	layout v1 "$cgroups/memory"
	mount -t cgroup2 cgroup2 "$cgroups/unified"
	layout hybrid "$cgroups/memory"
}
