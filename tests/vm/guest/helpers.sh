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

# kswapd_found: before there is any pressure.  After its work kswapd dozes for 100 ms, and then sleeps until it is woken, in
# one place, which $kswapd_bed is: where it is found when it has slept for longer than that.  /kswapd has its directory in
# /proc, that of each node, for those who see another /proc, too.
kswapd_found() {
	mkdir -p /kswapd
	for stat in /proc/[0-9]*/stat; do
		read -r pid comm _ 2>/dev/null <"$stat" || continue
		case $comm in
		"(kswapd"*)
			mkdir "/kswapd/$pid"
			mount --bind "/proc/$pid" "/kswapd/$pid"
			;;
		esac
	done
	kswapd_bed=
	runs=
	until kswapd_sleeps && grep -qx "$runs" /proc/vmstat; do
		read -r kswapd_bed </kswapd/"$(pidof kswapd0)"/stack
		runs=$(grep '^pageoutrun ' /proc/vmstat)
		usleep 120000
	done
	export kswapd_bed
}

# kswapd_sleeps: on each node.  No program is started for it.
kswapd_sleeps() {
	for thread in /kswapd/*; do
		read -r _ _ state _ <"$thread/stat"
		read -r place <"$thread/stack"
		[ "$state $place" = "S $kswapd_bed" ] || return 1
	done
}

# Returns when kswapd sleeps.
settle() {
	kswapd_sleeps || within 60 kswapd_sleeps
}

# counters FILE: the kernel's counters, with what each CPU still keeps to itself (mm/vmstat.c, vmstat_refresh()).
counters() {
	cat /proc/sys/vm/stat_refresh >/dev/null 2>&1
	cat /proc/vmstat >"$1"
}

# kswapd_willing: when it has failed often, as before an OOM kill, it is not woken until reclaim frees something on a
# node that has enough; on newer kernels at least (mm/vmscan.c, kswapd_try_clear_hopeless()).
kswapd_willing() {
	exec 9<"$(disk data)" # while it is open its pages stay
	dd bs=1M count=8 <&9 2>/dev/null >/dev/null
	{ echo 4M >"${cgroups:?}/memory.reclaim"; } 2>/dev/null || echo "# nothing is reclaimed that way"
	exec 9<&-
}

# leave_memory MIB: of what is available, so that less has to be touched until there is a shortage.  The rest becomes huge
# pages that nobody asks for; all_memory gives them back.
leave_memory() {
	echo $((($(meminfo MemAvailable) / 1024 - $1) * 1024 / $(meminfo Hugepagesize))) >/proc/sys/vm/nr_hugepages
}

all_memory() {
	echo 0 >/proc/sys/vm/nr_hugepages
}

# hole_file NAME SIZE: a file on /mnt that is all hole, so that reading it fills the page cache without a disk.
hole_file() {
	truncate -s "$2" "/mnt/$1"
	echo "/mnt/$1"
}
