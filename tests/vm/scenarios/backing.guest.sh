# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# What major faults are on: a file, swap, shared memory; and the same faults seen by functions alone.

# backing_hooked OPTIONS...: is the function that handles faults hooked meanwhile?  As the kernel lists it.
backing_hooked() {
	[ "$memtrace" ] || return 0
	"$memtrace" stat fault -o /dev/null "$@" -- \
		grep -c '^handle_mm_fault ' /sys/kernel/tracing/enabled_functions >>/out/backing/hooked
}

stage_backing() {
	mkdir -p /out/backing
	backing_hooked
	backing_hooked --latency
	backing_hooked --latency --avoid fentry
	backing_hooked --light
	mount -t ext4 "$(disk fs)" /mnt
	for stage in backing_file backing_functions; do
		avoid=tp_btf,raw_tp,tp
		[ "$stage" != backing_file ] || avoid=raw_tp
		gather "$stage" stat fault -a --latency --avoid "$avoid" -- /guest/filefault -n 1024 -t -k /mnt/mt-some-file
		replay "$stage" majors.json trace fault --json
		replay "$stage" hist.json hist fault --by comm --json
		echo "$(stat -c %i /mnt/mt-some-file) $(awk '$5 == "/mnt" { print $3 }' /proc/self/mountinfo)" >"/out/$stage/file"
	done
	replay backing_file majors.text trace fault
	rm /mnt/mt-some-file
	umount /mnt

	swap=$(disk swap)
	mkswap "$swap" >/dev/null
	swapon "$swap"
	mkdir "$cgroups/swapping"
	# above memory.high a task waits for the disk, where at memory.max alone the kernel may kill it when the disk is slow
	echo 14M >"$cgroups/swapping/memory.high"
	echo 16M >"$cgroups/swapping/memory.max"
	gather backing_swap stat fault minor -a --latency -- /guest/hog -g "$cgroups/swapping" -a 24 -r 2
	replay backing_swap majors.json trace fault --json
	replay backing_swap minors.json hist minor --by comm --json
	gather backing_shmem stat fault -a --latency -- \
		sh -c "echo \$\$ >$cgroups/swapping/cgroup.procs; exec /guest/filefault -n 6144 /tmp/mt-shared"
	replay backing_shmem majors.json trace fault --json
	gather backing_avoided stat fault -a --latency --avoid fentry -- /guest/hog -g "$cgroups/swapping" -a 24 -r 2
	replay backing_avoided majors.json trace fault --json
	rmdir "$cgroups/swapping"
	swapoff "$swap"
	# all that is counted of faults, by exceptions and by the function that handles them
	gather backing_hits_tp stat fault --avoid fentry -- /guest/faults -n 2000 -k 400
	gather backing_hits_mm stat fault --avoid tp_btf,raw_tp,tp -- /guest/faults -n 2000 -k 400
}
