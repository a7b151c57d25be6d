# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# More cgroups with reclaim than there are elements for their counts (2048): first at once, then, when these are gone,
# others one by one.  One memtrace sees all of it, another keeps the last part.  The kernel's trace has whose turn it was.

# How often a process has waited: memtrace at least once a tick.
waits() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$1/status"
}

has_waited() {
	[ "$(waits "$1")" -ge "$2" ]
}

# targets ALIVE PASSING: files to read.  Elements of cgroups that are gone can be had again after three ticks.  What is kept
# begins while nothing happens.
targets() {
	marker=$instance/trace_marker
	/guest/targets -d "$cgroups/keyed" -f "$1" -m "$marker" -c alive -n 2100 -a || return
	sleep 9
	within 60 has_waited "$PPID" $(($(waits "$PPID") + 10)) || return
	/guest/targets -d "$cgroups/keyed" -f "$2" -m "$marker" -c passing -n 12
}

kept() {
	"$memtrace" record reclaim -a --last 8s -i 0.2 -o /out/keyed/last.part -- /guest/work.sh targets "$@" 2>/out/keyed/last.err
}

stage_keyed() {
	[ "$memtrace" ] || return 0
	# the scenario doctor has it, unless this one runs alone
	if { cat /out/doctor/doctor.json || "$memtrace" doctor --json; } 2>/dev/null | grep -q '"hook":"memcg target","kind":null'; then
		skip "this kernel does not tell whose limit reclaim is for"
		return
	fi
	mount -t ext4 "$(disk fs)" /mnt
	new_cgroup /keyed
	export cgroups memtrace instance
	gather keyed stat reclaim -a -- /guest/work.sh kept "$(hole_file alive 70M)" "$(hole_file passing 1M)"
	"$memtrace" replay /out/keyed/last.part stat --json >/out/keyed/last.json 2>>/out/keyed/last.err
	rmdir "$cgroups/keyed"
	rm /mnt/alive /mnt/passing
	umount /mnt
}
