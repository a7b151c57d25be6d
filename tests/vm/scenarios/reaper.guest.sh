# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# A victim that cannot die: one of its threads, which has faults of its own, waits for a frozen filesystem.

reaped() {
	dmesg | grep -q "oom_reaper: reaped process $1 "
}

linger() {
	fsfreeze --freeze /mnt
	/guest/stuck -g /sys/fs/cgroup/stuck -a 40 /mnt/frozen >/dev/null &
	echo "victim=$!"
	within 10 reaped $!
}

gone() {
	[ ! -e "/proc/$1" ]
}

stage_reaper() {
	mount -t ext4 "$(disk fs)" /mnt
	echo >/mnt/frozen
	mkdir "$cgroups/stuck"
	echo 20M >"$cgroups/stuck/memory.max"
	watch_too oom/wake_reaper oom/start_task_reaping oom/finish_task_reaping
	gather reaper stat -a -- /guest/work.sh linger
	victim=$(sed -n 's/^victim=//p' /out/reaper/stdout)
	sed -n 's/^State:[^A-Z]*\([A-Z]\).*/\1/p' "/proc/$victim/task"/*/status >/out/reaper/states
	cgroup_files reaper /stuck
	fsfreeze --unfreeze /mnt
	within 10 gone "$victim"
	rmdir "$cgroups/stuck"
	rm /mnt/frozen
	umount /mnt
}
