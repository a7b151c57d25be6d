# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # $modules_why is lib.sh's
#
# Stages that go wrong in ways that tests/vm/run must notice.
# shellcheck source=/dev/null
. /guest/lib.sh

# log LEVEL LINE: in the kernel's log, as if the kernel had said it.
log() {
	echo "<$1>$2" >/dev/kmsg
}

stage_fine() {
	log 6 "all is well"
}

stage_crash() {
	echo c >/proc/sysrq-trigger
}

stage_hang() {
	sleep 100000
}

stage_off() {
	poweroff -f
	sleep 100000
}

stage_status() {
	exit 3
}

stage_warn() {
	log 4 "WARNING: CPU: 0 PID: 1 at mm/made-up.c:1 nothing+0x1/0x2"
}

# What the log had of it has been overwritten.
stage_taint() {
	echo 512 >/proc/sys/kernel/tainted
}

stage_nonsense() {
	log 6 "all is well"
}

# Below the console's loglevel: only dmesg has it.
stage_quiet() {
	log 6 "memtrace[7]: segfault at 0 ip 0 sp 0 error 4 in memtrace"
}

stage_blocked() {
	log 3 "INFO: task made-up:7 blocked for more than 120 seconds."
}

stage_modules() {
	mkdir -p /out/modules
	modules_load zram
	echo $? >/out/modules/status
	echo "$modules_why" >/out/modules/why
	modules_load nonsense
	echo $? >/out/modules/nonsense
	ls /sys/block >/out/modules/block
	cat /sys/block/zram0/comp_algorithm >/out/modules/algorithms
}

# Both CPUs have to be on while memtrace's COMMAND runs, and only then.
stage_cpus() {
	mkdir -p /out/cpus
	cat /sys/devices/system/cpu/online >/out/cpus/before
	/guest/memtrace stat -o /out/cpus/stat -- sh -c 'cat /sys/devices/system/cpu/online
		taskset 2 dd if=/dev/zero of=/dev/null bs=1M count=2000' >/out/cpus/within 2>/out/cpus/err
	cat /sys/devices/system/cpu/online >/out/cpus/after
}

stage_starved() {
	log 6 "all is well"
}

stage_well() {
	log 6 "all is well"
}

for stage in $1; do
	"stage_$stage"
done
exit 0
