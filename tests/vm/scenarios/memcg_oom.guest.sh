# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# A limit above two cgroups: the victim is in one, who allocates in the other.

stage_memcg_oom() {
	new_cgroup /parent
	echo 60M >"$cgroups/parent/memory.max"
	mkdir "$cgroups/parent/v" "$cgroups/parent/t"
	gather memcg_oom stat -a -- /guest/oompair "$cgroups/parent/v" "$cgroups/parent/t"
	replay memcg_oom timeline.json timeline --json
	log_report memcg_oom
	for cgroup in v t; do
		cat "$cgroups/parent/$cgroup/memory.events" >"/out/memcg_oom/events.$cgroup"
	done
	cgroup_files memcg_oom /parent
	rmdir "$cgroups/parent/v" "$cgroups/parent/t" "$cgroups/parent"
}
