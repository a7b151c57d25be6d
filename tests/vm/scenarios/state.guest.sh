# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# memtrace state on a machine that does nothing, of files that stand still, and of a cgroup (v2) that a tmpfs fills.

state_files="meminfo vmstat zoneinfo buddyinfo slabinfo vmallocinfo swaps pressure/memory"

# still COMMAND...: copies of the files lie over them meanwhile, and in /out/state.
still() {
	for file in $state_files; do
		cat "/proc/$file" >"/out/state/_proc_$(echo "$file" | tr / _)" 2>/dev/null || continue
		mount --bind "/out/state/_proc_$(echo "$file" | tr / _)" "/proc/$file"
	done
	"$@"
	for file in $state_files; do
		umount "/proc/$file" 2>/dev/null
	done
	cp -r /proc/sys/vm /out/state/settings 2>/dev/null
}

# tmpfs_filled: by a process in /x, which has ended
tmpfs_filled() {
	mkdir "$cgroups/x"
	echo 48M >"$cgroups/x/memory.max"
	mkdir -p /shm
	mount -t tmpfs none /shm
	sh -c "echo 0 >$cgroups/x/cgroup.procs; exec dd if=/dev/zero of=/shm/file bs=1M count=30" 2>/dev/null
	# the kernel adds up memory.stat, each two seconds
	within 60 grep -qx "shmem $((30 << 20))" "$cgroups/x/memory.stat"
	sleep 2.5
}

# looked PID: it has looked for the first time: it sleeps, and has not run for a while
looked() {
	grep -q "looking again in" /out/state/kill.err || return
	ran=$(grep ctxt_switches "/proc/$1/status")
	usleep 500000
	grep -q "^State:.*S (sleeping)" "/proc/$1/status" && [ "$ran" = "$(grep ctxt_switches "/proc/$1/status")" ]
}

short_of_memory() {
	grep -Eq "^some avg10=([2-9].|1[2-9])\." /proc/pressure/memory
}

# What a scenario before did is forgotten.
calm() {
	grep -Eq "^some avg10=0\." /proc/pressure/memory || [ ! -e /proc/pressure/memory ]
}

# pressed: a task that memory.high slows down, again and again
pressed() {
	mkdir "$cgroups/y"
	echo 4M >"$cgroups/y/memory.high"
	/guest/hog -g "$cgroups/y" -a 24 >/dev/null &
	within 120 short_of_memory
	"$memtrace" state -d 0.3 --json >/out/state/pressed.json 2>>/out/state/err
	while read -r pid; do
		kill -9 "$pid"
	done <"$cgroups/y/cgroup.procs"
	wait
	rmdir "$cgroups/y"
}

stage_state() {
	mkdir -p /out/state
	[ "$memtrace" ] || return 0
	settle
	within 120 calm
	"$memtrace" state --json >/out/state/idle.json 2>/out/state/err
	still "$memtrace" state -d 0.2 --json >/out/state/still.json 2>>/out/state/err
	"$memtrace" state >/out/state/text 2>>/out/state/err
	tmpfs_filled
	"$memtrace" state -d 0.2 -c /x --json >/out/state/cgroup.json 2>>/out/state/err
	cp "$cgroups/x/memory.stat" "$cgroups/x/memory.current" /out/state/
	"$memtrace" state -d 600 --json >/out/state/kill.json 2>/out/state/kill.err &
	looking=$!
	within 120 looked $looking
	/guest/hog -g "$cgroups/x" -a 40
	kill -INT $looking
	wait $looking
	umount /shm
	pressed
	rmdir "$cgroups/x"
}
