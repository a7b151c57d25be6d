# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# memory.oom.group: the kernel counts a victim more than once.  And memory.events where it tells of one cgroup alone.

# Three that together take too much; then one that does so alone.
overeat_group() {
	for _ in 1 2 3; do
		/guest/hog -g "/sys/fs/cgroup/group" -a 12 -c mt-together -s 30000 &
	done
	wait
}

overeat_alone() {
	/guest/hog -g "$1" -a 40 -c mt-alone
	return 0
}

stage_oom_group() {
	new_cgroup /above
	mkdir "$cgroups/group" "$cgroups/above/below"
	echo 30M | tee "$cgroups/group/memory.max" >"$cgroups/above/below/memory.max"
	echo 1 >"$cgroups/group/memory.oom.group"
	verify group -- /guest/work.sh overeat_group
	verify group_of_one -c /group -- /guest/work.sh overeat_alone "$cgroups/group"
	verify above -c /above -- /guest/work.sh overeat_alone "$cgroups/above/below"
	mount -o remount,memory_localevents "$cgroups"
	grep -q memory_localevents /proc/mounts && verify above_local -c /above -- /guest/work.sh overeat_alone "$cgroups/above/below"
	mount -o remount "$cgroups"
	within 5 rmdir "$cgroups/group" "$cgroups/above/below"
	rmdir "$cgroups/above"
}
