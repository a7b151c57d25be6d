# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Tasks that are born while memtrace, which looks at all tasks a hundred times a second, is preempted in the middle of that.

model=/sys/kernel/debug/sched/preempt

# births: while others want the CPU all the time.
births() {
	hogs=
	for _ in 1 2; do
		sh -c 'while :; do :; done' &
		hogs="$hogs $!"
	done
	/guest/spawn -n 300 -t 4 -l 0 || return
	# shellcheck disable=SC2086
	kill $hogs
	wait
}

# in_model MODEL COMMAND...: with that preemption of the kernel, then with the one it had.
in_model() {
	before=$(sed 's/.*(\(.*\)).*/\1/' $model)
	echo "$1" >$model
	shift
	"$@"
	echo "$before" >$model
}

watched_births() {
	"$memtrace" stat -i 0.01 -o "$dir/intervals" --record "$dir/stat.rec" -- /guest/work.sh births >"$dir/stdout" 2>"$dir/stat.err"
	echo $? >"$dir/stat.status"
	rm "$dir/intervals"
	"$memtrace" replay "$dir/stat.rec" stat --json -o "$dir/stat.json"
}

stage_preempted() {
	[ "$memtrace" ] || return 0
	dir=/out/preempted
	mkdir -p $dir
	mount -t debugfs debugfs /sys/kernel/debug
	if [ ! -e $model ]; then
		skip "the preemption of this kernel is fixed"
		return
	fi
	sleepers=
	for _ in $(seq 150); do
		sleep 10000 &
		sleepers="$sleepers $!"
	done
	! grep -q " bpf_task_storage_get_recur$" /proc/kallsyms || echo >$dir/looks_up
	in_model full watched_births
	# shellcheck disable=SC2086
	kill $sleepers
	umount /sys/kernel/debug
}
