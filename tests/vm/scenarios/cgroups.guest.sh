# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Nested cgroups of the memory controller, as v2 alone; v1 has them in the same way.

paths="/a /a/b /a/b/c /a/b/c/d"
# cgroup v2 wants processes in leaves only
leaves="/a/leaf /a/b/leaf /a/b/c/leaf /a/b/c/d/leaf"
# and one far below
far=/a/b
while [ ${#far} -lt 100 ]; do
	far=$far/n
	paths="$paths $far"
done
leaves="$leaves $far/leaf"

# nested DIR: processes of known size, one of them in no cgroup of ours, one beside /a/b, four below it.
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
	grep -q vmstats_local /sys/kernel/btf/vmlinux && echo 32 >/out/held_back
	# before 5.11 cgroup v1 keeps the accounts of each level apart unless told otherwise
	[ ! -e "$2/memory.use_hierarchy" ] || echo 1 >"$2/memory.use_hierarchy"
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
	find "$2/a" -depth -type d -exec rmdir {} \;
}

# many DIR: a process in each of the cgroups below it.
many() {
	for below in "$1"/*/; do
		sh -c "echo 0 >$below/cgroup.procs; exec /guest/faults -n 4" >/dev/null || return 1
	done
}

# Some kernels hold counts back, in each cgroup.
verify_many() {
	new_cgroup /many
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		mkdir "$cgroups/many/$n"
	done
	verify many -c /many -- /guest/work.sh many "$cgroups/many"
	rmdir "$cgroups"/many/*/ "$cgroups/many"
}

stage_cgroups() {
	verify_many
	layout v2 "$cgroups"
}
