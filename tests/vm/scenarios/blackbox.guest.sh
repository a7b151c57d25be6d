# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# `memtrace oom` while the whole machine runs out of memory fifty times, and then a group that is killed together.

blackbox_begin() {
	(
		ulimit -l 64
		exec "$memtrace" oom --json --dir "/out/blackbox/$1" --history 10s -v
	) >"/out/blackbox/$1.reports" 2>"/out/blackbox/$1.err" &
	box=$!
	within 120 grep -q attached "/out/blackbox/$1.err"
	sleep 2.5
}

blackbox_end() {
	sleep 2
	cat "/proc/$box/oom_score_adj" >"/out/blackbox/$1.adj"
	sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$box/status" >"/out/blackbox/$1.locked"
	sed -n 's/^Max locked memory  *//p' "/proc/$box/limits" >"/out/blackbox/$1.limit"
	kill -INT "$box"
	wait "$box"
	echo $? >"/out/blackbox/$1.status"
}

stage_blackbox() {
	mkdir -p /out/blackbox
	[ "$memtrace" ] || return 0
	blackbox_begin loop
	leave_memory 80
	grep oom_kill /proc/vmstat >/out/blackbox/loop.before
	i=0
	while [ $i -lt 50 ]; do
		/guest/hog -a 400 -o 500 -c "mt-hog$i" >/dev/null 2>&1
		i=$((i + 1))
	done
	grep oom_kill /proc/vmstat >/out/blackbox/loop.after
	blackbox_end loop
	dmesg >/out/blackbox/loop.dmesg
	all_memory
	dmesg -c >/dev/null
	new_cgroup /box
	mkdir "$cgroups/box/all"
	echo 30M >"$cgroups/box/memory.max"
	echo 1 >"$cgroups/box/all/memory.oom.group"
	blackbox_begin group
	/guest/hog -g "$cgroups/box/all" -a 1 -s 60000 -c mt-member &
	member=$!
	within 10 grep -q mt-member "/proc/$member/comm"
	/guest/hog -g "$cgroups/box/all" -a 60 -c mt-greedy >/dev/null 2>&1
	wait $member
	blackbox_end group
	dmesg >/out/blackbox/group.dmesg
	rmdir "$cgroups/box/all" "$cgroups/box"
}
