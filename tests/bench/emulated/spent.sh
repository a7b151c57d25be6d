# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash
# In the guest: spent MAX HIGH COMMAND..., in a cgroup of its own with these limits, puts the CPU time that it takes, in us as
# the scheduler accounts it, into /out/spent.
spent() {
	spent=/sys/fs/cgroup/spent
	mkdir "$spent"
	echo "$1" >"$spent/memory.max"
	echo "$2" >"$spent/memory.high"
	shift 2
	# shellcheck disable=SC2016 # the other shell's
	sh -c 'echo $$ >/sys/fs/cgroup/spent/cgroup.procs; exec "$@"' spent "$@" >/dev/null
	sed -n 's/^usage_usec //p' "$spent/cpu.stat" >/out/spent
	rmdir "$spent"
}
