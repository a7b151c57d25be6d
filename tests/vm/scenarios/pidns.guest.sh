# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Pid namespaces: a workload in one, and memtrace itself in one.

# /proc is the initial namespace's, so the number in it is what the rest of the machine sees.
inside() {
	read -r pid _ </proc/self/stat
	echo "inside=$$ outside=$pid"
	exec /guest/faults -n 1000 -u -c mt-inside
}

stage_pidns() {
	gather pidns stat -a -- unshare -p -f /guest/work.sh inside
	replay pidns thread.json stat --by thread --json
	[ "$memtrace" ] || return 0
	under="unshare -p -f -m --mount-proc"
	watch_too sched/sched_process_exit
	gather pidns_own stat -- /guest/faults -n 1000 -u -c mt-inside
	$under "$memtrace" stat -p 1 -d 1 >/out/pidns_own/refused 2>&1
	echo $? >/out/pidns_own/refused.status
	under=
}
