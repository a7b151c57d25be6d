# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Memory of the kernel that grows, a known amount of each kind: who of them does leak --kernel name?

# held KIND N [PATH]: by a process that goes on holding it
held() {
	mkfifo "/tmp/held.$1"
	/guest/pinned "$@" <>"/tmp/held.$1" >"/tmp/held.$1.said" &
	echo $! >>/tmp/held.pids
	echo >"/tmp/held.$1"
	within 60 grep -q ^held= "/tmp/held.$1.said"
}

# hold: and what the kernel says of its caches before and after
hold() {
	cat /proc/slabinfo >"$dir/slabinfo.before"
	held sockets 2000
	held names 6000 /mnt
	held pipes 1600
	held spliced 1600
	cat /proc/slabinfo >"$dir/slabinfo.after"
}

stage_kernel() {
	mount -t ext4 "$(disk fs)" /mnt
	gather kernel leak --kernel -i 0.2 -- /guest/work.sh hold
	while read -r pid; do
		kill "$pid"
	done </tmp/held.pids
	rm /tmp/held.*
	umount /mnt
}
