# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Minor faults one by one: by exceptions and functions, by exceptions and perf's event, by functions alone.

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
	rm /mnt/faults
	umount /mnt
}
