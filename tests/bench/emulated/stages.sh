# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC1091,SC2154 # the guest's own files
#
# In the guest: workloads without and with memtrace, in turns.  /out/pairs: WORKLOAD, WATCHER, CPU time without and with it
# (us), stalls, time (ns) of the run with it.
. /guest/helpers.sh
. /guest/lib.sh
. /guest/pairs.sh
. /guest/spent.sh

number_of() {
	grep -o "\"$1\":[0-9]*" /out/stalls.json | head -n 1 | sed 's/.*://'
}

# Of the first row, which is the workload's.
stalls() {
	sed -n 's/.*"\(rows\|comms\)":\[{\([^[]*\)\].*/\2/p' /out/stalls.json | sed 's/},{.*"comm".*//' |
		grep -oE '"(memcg|high|direct|compact|swapin|refault|other)":\{[^}]*"count":[0-9]+' | grep -oE '[0-9]+$' |
		awk '{ n += $1 } END { print n + 0 }'
}

# The cgroup's page cache would be there for the next.
spent_anew() {
	echo 1 >/proc/sys/vm/drop_caches
	spent "$@"
}

# turns NAME MAX HIGH COMMAND...: without memtrace, and then with each of the watchers
turns() {
	name=$1
	shift
	spent_anew "$@"
	plain=$(cat /out/spent)
	for watcher in stalls stat_stall stat_reclaim stat; do
		echo 1 >/proc/sys/vm/drop_caches
		# shellcheck disable=SC2016,SC2046 # the other shell's; a command and its probe
		/guest/memtrace $(echo "$watcher" | tr _ ' ') --by comm --json -o /out/stalls.json -- \
			sh -c '. /guest/spent.sh; spent "$@"' spent "$@"
		echo "$name memtrace_$watcher $plain $(cat /out/spent) $(stalls) $(number_of duration_ns)" >>/out/pairs
	done
}

mount -t ext4 "$(disk fs)" /mnt
hole=$(hole_file hole 60M)
if modules_load zram; then
	echo 96M >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null
	swapon /dev/zram0
fi
# what is done only once
spent max max /guest/faults -n 20000
for _ in $(seq "$pairs"); do
	turns none max max /guest/faults -n 20000 -r 4
	turns reclaim 24M max /guest/hog -f "$hole" -r 3
	[ ! -b /dev/zram0 ] || turns zram 24M 16M /guest/hog -a 20 -r 8
done
