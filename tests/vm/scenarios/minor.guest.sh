# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Minor faults one by one: by exceptions and functions, by exceptions and perf's event, by functions alone.

# khugepaged at work, without a pause
collapsed() {
	daemon=/sys/kernel/mm/transparent_hugepage/khugepaged
	echo 4096 >$daemon/pages_to_scan
	echo 10 >$daemon/scan_sleep_millisecs
	echo 10 >$daemon/alloc_sleep_millisecs
	echo 1 >/proc/sys/vm/compact_memory
	mkdir -p /out/minor_thp
	cat $daemon/pages_collapsed >/out/minor_thp/collapsed0
	gather minor_thp stat thp -a -- /guest/huge
	cat $daemon/pages_collapsed >/out/minor_thp/collapsed1
	# no room for a huge page
	mkdir "$cgroups/thp"
	echo 1536K >"$cgroups/thp/memory.max"
	gather minor_fallback stat thp -a -- sh -c "echo \$\$ >$cgroups/thp/cgroup.procs; exec /guest/huge -f -n 8"
	rmdir "$cgroups/thp"
}

# Minor faults of each kind, made on purpose: huge pages, those of hugetlbfs and swap are there for that.
minor_kinds() {
	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	echo 2 >/proc/sys/vm/nr_hugepages
	thp=/sys/kernel/mm/transparent_hugepage/enabled
	# kernels switch them off where there is little memory
	[ ! -e $thp ] || echo madvise >$thp
	gather minor_kinds stat fault minor thp -- /guest/kinds /mnt
	replay minor_kinds minors.json trace minor --json
	replay minor_kinds hist.json hist minor --by kind --json
	[ ! -e $thp ] || collapsed
	[ ! -e $thp ] || echo never >$thp
	echo 0 >/proc/sys/vm/nr_hugepages
	"$memtrace" map -d 20 --json -- /guest/forked -n 1000 -s 500 >/out/minor_kinds/map.json 2>/out/minor_kinds/map.err
	"$memtrace" stacks minor --kind copied --by process --json -- /guest/forked -n 1000 -s 500 \
		>/out/minor_kinds/stacks.json 2>/out/minor_kinds/stacks.err
	swapoff "$swap"
}

stage_minor() {
	mount -t ext4 "$(disk fs)" /mnt
	cp /guest/faults /mnt/faults
	for stage in minor_both:raw_tp minor_perf:fentry minor_functions:tp_btf,raw_tp,tp; do
		gather "${stage%:*}" stat fault minor --avoid "${stage#*:}" -- \
			sh -c '/mnt/faults -n 3000 -k 500 -c mt-anon; /guest/filefault -n 256 /mnt/mt-file
				exec /guest/filefault -n 1000 /tmp/mt-shared'
		replay "${stage%:*}" minors.json trace minor --json
		replay "${stage%:*}" minors.text trace minor
		replay "${stage%:*}" hist.json hist minor --by comm --json
	done
	minor_kinds
	rm /mnt/faults
	umount /mnt
}
