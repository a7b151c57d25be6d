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

stage_cgroups() {
	layout v2 "$cgroups"
}
