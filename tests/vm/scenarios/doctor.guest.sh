# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it

stage_doctor() {
	mkdir -p /out/doctor
	cp /sys/kernel/btf/vmlinux /out/doctor/btf
	cat /proc/sys/kernel/unprivileged_bpf_disabled >/out/doctor/bpf_disabled
	[ "$memtrace" ] || return 0
	"$memtrace" doctor --json >/out/doctor/doctor.json 2>/out/doctor/err
	echo $? >/out/doctor/status
	# for whoever has to find out why
	grep -qx 0 /out/doctor/status || "$memtrace" doctor >/out/doctor/text 2>&1
	"$memtrace" hist fault -d 0.1 >/out/doctor/hist 2>&1
	echo $? >/out/doctor/hist.status
}
