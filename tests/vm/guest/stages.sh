# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC1090,SC1091 # the guest's own files
#
# What runs in the VM: stages.sh "NAME...", each a scenario, whose file
# NAME.guest.sh has the function stage_NAME.  A stage only gathers; the host
# judges (NAME.check.bash).  gather() leaves in /out/STAGE:
#
#	outer0, outer1	/proc/vmstat around everything
#	inner0, inner1	/proc/vmstat around the work, inside what memtrace watches
#	work.uptime	the uptime before and after the work, work.status its exit status, stdout what it printed
#	dmesg		what the kernel logged meanwhile
#	events		the kernel's own trace of some tracepoints, around everything; events.lost: what it lost
#	stat.json	what memtrace printed, stat.status its exit status, stat.err its messages
#	stat.rec	a recording of the run; stat.text: the report in text, made from it
#
# A counter that only grows gives inner <= memtrace <= outer, and equality
# where the machine was quiet in between.
. /guest/helpers.sh
. /guest/lib.sh

instance=/sys/kernel/tracing/instances/watch
watched="vmscan/mm_vmscan_direct_reclaim_begin vmscan/mm_vmscan_direct_reclaim_end
	vmscan/mm_vmscan_memcg_reclaim_begin vmscan/mm_vmscan_memcg_reclaim_end
	vmscan/mm_vmscan_kswapd_wake vmscan/mm_vmscan_kswapd_sleep oom/mark_victim"
watched_too=
under=
memtrace=
[ -x /guest/memtrace ] && memtrace=/guest/memtrace
cgroups=/sys/fs/cgroup

# The kernel's own record of the tracepoints, in a trace instance of ours (5.10's build has no hist triggers).  What a
# kernel does not have is not watched.
watch_on() {
	mkdir -p "$instance"
	echo 4096 >"$instance/buffer_size_kb"
	echo 0 >"$instance/options/overwrite"
	for event in $watched $watched_too; do
		[ ! -e "$instance/events/$event" ] || echo 1 >"$instance/events/$event/enable"
	done
}

watch_off() {
	echo 0 >"$instance/tracing_on"
	# what the machine keeps takes its memory
	gzip -1 <"$instance/trace" >"$1/events.gz"
	grep -E '^(overrun|dropped events)' "$instance/per_cpu/cpu0/stats" >"$1/events.lost"
	rmdir "$instance"
	watched_too=
}

# watch_too EVENT...: with the next gather().
watch_too() {
	watched_too=$*
}

# log_report STAGE: what "memtrace oom --last" makes of the kernel's log.
log_report() {
	[ ! "$memtrace" ] || "$memtrace" oom --last --json >"/out/$1/log_report.json" 2>"/out/$1/log_report.err"
}

# gather STAGE COMMAND OPTIONS... -- WORK...: WORK by itself, or under "memtrace COMMAND OPTIONS", which
# $under may put somewhere.
gather() {
	dir=/out/$1
	command=$2
	shift 2
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	mkdir -p "$dir"
	echo "stage ${dir#/out/}"
	export dir
	watch_on
	settle
	echo >"$instance/trace"
	echo "memtrace-test: $dir" >/dev/kmsg
	counters "$dir/outer0"
	if [ "$memtrace" ]; then
		# shellcheck disable=SC2086
		$under "$memtrace" "$command" $options --json -o "$dir/$command.json" --record "$dir/$command.rec" -- \
			sh /guest/inner.sh "$@" 2>"$dir/$command.err"
		echo $? >"$dir/$command.status"
	fi
	# Without memtrace, and where it did not even start the work, the kernel's counts are compared with each other.
	[ -e "$dir/inner0" ] || sh /guest/inner.sh "$@"
	counters "$dir/outer1"
	watch_off "$dir"
	dmesg | sed "1,\\|memtrace-test: $dir\$|d" >"$dir/dmesg"
	[ "$command" != stat ] || replay "${dir#/out/}" stat.text stat -k 0
}

# replay STAGE FILE ARGUMENTS...: another look at the run of that stage.
replay() {
	[ "$memtrace" ] || return 0
	dir=/out/$1
	file=$2
	shift 2
	"$memtrace" replay "$dir"/*.rec "$@" >"$dir/$file" 2>"$dir/$file.err"
	echo $? >"$dir/$file.status"
}

# exact NAME WORKLOAD...: memtrace's sum over the processes against the kernel's rusage.
exact() {
	[ "$memtrace" ] || return 0
	echo "exact $1"
	dir=/out/exact/$1
	shift
	mkdir -p "$dir"
	"$memtrace" stat --json -o "$dir/stat.json" -- "$@" >"$dir/stdout" 2>"$dir/stat.err"
	echo $? >"$dir/stat.status"
}

# verify NAME OPTIONS... -- WORK...: what "memtrace verify" says of WORK.
verify() {
	[ "$memtrace" ] || return 0
	echo "verify $1"
	dir=/out/verify/$1
	shift
	mkdir -p "$dir"
	"$memtrace" verify --json -o "$dir/verify.json" "$@" >"$dir/stdout" 2>"$dir/verify.err"
	echo $? >"$dir/verify.status"
}

# The scenario cannot be had on this kernel.
skip() {
	echo "$scenario: $1"
	echo "$1" >"/out/$scenario.skipped"
}

# new_cgroup PATH...: below the mount, each with the memory controller on for its children.
new_cgroup() {
	for cgroup; do
		mkdir "$cgroups$cgroup"
		echo +memory >"$cgroups$cgroup/cgroup.subtree_control"
	done
}

# cgroup_files STAGE PATH: its memory.events and memory.stat, and "FILE VALUE" of others that this kernel has.
cgroup_files() {
	for value in current peak max high low swap.current swap.max; do
		[ ! -e "$cgroups$2/memory.$value" ] || echo "$value $(cat "$cgroups$2/memory.$value")"
	done >"/out/$1/memory.files"
	cat "$cgroups$2/memory.events" >"/out/$1/memory.events"
	cat "$cgroups$2/memory.stat" >"/out/$1/memory.stat"
}

kswapd_found
for scenario in $1; do
	export scenario
	# seconds since power-on, and those without anything to do
	begin=$(cat /proc/uptime)
	. "/guest/$scenario.guest.sh"
	"stage_$scenario"
	echo "$scenario $begin $(cat /proc/uptime)" >>/out/times
done
