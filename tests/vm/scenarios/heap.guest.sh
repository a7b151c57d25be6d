# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Objects that a program holds, by the begins and ends of its allocator's functions.

stage_heap() {
	mkdir -p /out/heap
	[ "$memtrace" ] || return 0
	for kind in churn forms grow child exec maps; do
		"$memtrace" leak --malloc --json -o "/out/heap/$kind.json" -- /guest/holder $kind -n 100 \
			>"/out/heap/$kind.said" 2>"/out/heap/$kind.err"
		echo $? >"/out/heap/$kind.status"
	done
}
