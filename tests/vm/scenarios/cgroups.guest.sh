# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Nested cgroups of the memory controller, in each way that hierarchies are mounted: v2, v1 alone, v1 beside v2.

paths="/a /a/b /a/b/c /a/b/c/d"
# cgroup v2 wants processes in leaves only
leaves="/a/leaf /a/b/leaf /a/b/c/leaf /a/b/c/d/leaf"

# nested DIR: processes of known size, one of them in no cgroup of ours, one beside /a/b, three below it.
nested() {
	/guest/hog -c mt-0 -a 1
	n=0
	for path in $leaves; do
		n=$((n + 1))
		/guest/hog -g "$1$path" -c mt-$n -a $n || return 1
	done
}

# layout NAME DIR: DIR is where the memory controller's hierarchy is mounted.
layout() {
	for path in $paths; do
		mkdir "$2$path"
		[ ! -e "$2$path/cgroup.subtree_control" ] || echo +memory >"$2$path/cgroup.subtree_control"
		mkdir "$2$path/leaf"
	done
	gather "cgroups_$1" stat -c /a/b -- /guest/work.sh nested "$2"
	replay "cgroups_$1" by_cgroup.json stat --by cgroup --json
	replay "cgroups_$1" by_cgroup.text stat --by cgroup -k 0
	sleep 2.1
	cat "$2/a/b/memory.stat" >"/out/cgroups_$1/memory.stat"
	grep cgroup /proc/mounts >"/out/cgroups_$1/mounts"
	for path in $leaves /a/b/c/d /a/b/c /a/b /a; do
		rmdir "$2$path"
	done
}

# The memory controller can go to another hierarchy only while no cgroup has it, not even one that is still being
# freed: then it is busy.  A kernel without it for cgroup v1 (CONFIG_MEMCG_V1) says that the argument is invalid.
mount_v1() {
	mount -t cgroup -o memory memory "$1" 2>/out/cgroups.v1 && return
	grep -q "Invalid argument" /out/cgroups.v1 && return
	echo 3 >/proc/sys/vm/drop_caches
	return 1
}

on_v2() {
	grep -qw memory "$cgroups/cgroup.controllers"
}

stage_cgroups() {
	layout v2 "$cgroups"
	echo -memory >"$cgroups/cgroup.subtree_control"
	umount "$cgroups"
	mount -t tmpfs tmpfs "$cgroups"
	mkdir "$cgroups/memory" "$cgroups/unified"
	within 10 mount_v1 "$cgroups/memory"
	if grep -q " $cgroups/memory cgroup " /proc/mounts; then
		layout v1 "$cgroups/memory"
		mount -t cgroup2 cgroup2 "$cgroups/unified"
		layout hybrid "$cgroups/memory"
		umount "$cgroups/unified" "$cgroups/memory"
	fi
	umount "$cgroups"
	mount -t cgroup2 cgroup2 "$cgroups"
	within 10 on_v2
	echo +memory >"$cgroups/cgroup.subtree_control"
}
