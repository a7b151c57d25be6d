# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash
# What stages.sh and the work of a scenario share.

# disk SERIAL: its device (NVMe names are not stable).
disk() {
	for d in /sys/block/nvme*; do
		[ "$(tr -d ' ' <"$d/device/serial")" = "$1" ] && echo "/dev/${d##*/}"
	done
}

# meminfo NAME: in KiB.
meminfo() {
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo
}

# within SECONDS COMMAND...: waits until it succeeds, for as long at most.
within() {
	tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			echo "timed out: $*" >&2
			return 1
		fi
		usleep 50000
	done
}

kswapd_moves() {
	grep -E '^(pageoutrun|pgscan_kswapd|allocstall)' /proc/vmstat
	grep voluntary "/proc/$(pidof kswapd0)/status" 2>/dev/null
}

# Returns when kswapd sleeps: after its work it dozes for 100 ms first, so it has to stand still for longer than that.
settle() {
	still=0
	seen=
	while [ "$still" -lt 2 ]; do
		usleep 120000
		now=$(kswapd_moves)
		if [ "$now" = "$seen" ]; then
			still=$((still + 1))
		else
			still=0
		fi
		seen=$now
	done
}

# hole_file NAME SIZE: a file on /mnt that is all hole, so that reading it fills the page cache without a disk.
hole_file() {
	truncate -s "$2" "/mnt/$1"
	echo "/mnt/$1"
}
