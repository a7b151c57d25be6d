# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Call chains of single faults: known ones, and a thousand different ones; of a program without frame pointers.

stage_stacks() {
	mkdir -p /out/stacks
	[ "$memtrace" ] || return 0
	"$memtrace" trace fault --stacks --json -o /out/stacks/trace.json -- /guest/stacks -n 300 -m 50 -w 10 \
		2>/out/stacks/trace.err
	echo $? >/out/stacks/trace.status
	"$memtrace" stacks fault --stacks=dwarf --json -o /out/stacks/unwound.json -- /guest/frameless -n 300 -m 0 -t 20 \
		2>/out/stacks/unwound.err
	echo $? >/out/stacks/unwound.status
}
