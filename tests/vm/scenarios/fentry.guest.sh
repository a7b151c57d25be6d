# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# What programs on functions add: whose limit reclaim was for, and what a kill was about.

# Two tasks, one against its own cgroup's limit, one against that of the cgroup above.
fentry_targets() {
	mount -t ext4 "$(disk fs)" /mnt
	hole=$(hole_file hole 48M)
	new_cgroup /above
	mkdir "$cgroups/own" "$cgroups/above/below"
	echo 16M >"$cgroups/own/memory.max"
	echo 16M >"$cgroups/above/memory.max"
	gather fentry_targets trace reclaim -a -- sh -c "/guest/hog -g $cgroups/own -f $hole;
		/guest/hog -g $cgroups/above/below -f $hole"
	replay fentry_targets by_target.json stat --json
	for cgroup in own above above/below; do
		cat "$cgroups/$cgroup/memory.events.local" >"/out/fentry_targets/events.${cgroup##*/}"
	done
	rmdir "$cgroups/own" "$cgroups/above/below" "$cgroups/above"
	rm "$hole"
	umount /mnt
}

# fentry_kill STAGE OPTIONS...: a kill below a limit.
fentry_kill() {
	stage=$1
	shift
	new_cgroup /parent
	echo 60M >"$cgroups/parent/memory.max"
	mkdir "$cgroups/parent/v" "$cgroups/parent/t"
	gather "$stage" trace oom -a "$@" -- /guest/oompair "$cgroups/parent/v" "$cgroups/parent/t"
	log_report "$stage"
	rmdir "$cgroups/parent/v" "$cgroups/parent/t" "$cgroups/parent"
}

stage_fentry() {
	mkdir -p /out/fentry
	cat /sys/kernel/tracing/events/vmscan/mm_vmscan_memcg_reclaim_begin/format >/out/fentry/format
	# the scenario doctor has it, unless this one runs alone
	[ ! "$memtrace" ] || cp /out/doctor/doctor.json /out/fentry || "$memtrace" doctor --json >/out/fentry/doctor.json
	cat /proc/meminfo >/out/fentry/meminfo
	leave_memory 80
	awk '$1 == "high" { pages += $2 } END { print pages }' /proc/zoneinfo >/out/fentry/high
	gather fentry_global trace oom -a -- /guest/hog -a 400 -o 500 -c mt-bighog
	log_report fentry_global
	all_memory
	fentry_kill fentry_limit
	fentry_kill fentry_avoided --avoid fentry
	# last: on 7.x kswapd has given up since the kill, until somebody reclaims with success
	fentry_targets
}
