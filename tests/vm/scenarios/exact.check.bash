# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_exact() {
	local name

	if [[ $no_memtrace ]]; then
		skip exact "$no_memtrace"
		return
	fi
	for name in faults kernel spawn posix_spawn threads execthread cleartid killed; do
		exact_sum "exact/$name"
	done
	verified exact 0 "getrusage minor" "vmstat pgfault" "vmstat pgalloc_*" "memory.stat pgfault"
}
