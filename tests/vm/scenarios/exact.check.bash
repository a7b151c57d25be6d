# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# Each fault of the loop is one exception; what is not seen is null, never 0.
check_hits() {
	local filter='[.processes[] | select(.comm == "faults") | .fault | .user, .write] | map(tostring) | join(" ")'

	have_stat exact/faults || return
	if sees_faults; then
		[[ $(stat_json exact/faults "$filter") =~ ^(15[0-9]{3})\ (15[0-9]{3})$ ]]
		verdict "exact/faults: page fault exceptions, and writes of them" $? "$(stat_json exact/faults "$filter")"
	else
		same "exact/faults: unknown exceptions" "$(stat_json exact/faults "$filter")" "null null"
	fi
}

check_exact() {
	local name

	if [[ $no_memtrace ]]; then
		skip exact "$no_memtrace"
		return
	fi
	for name in faults kernel spawn posix_spawn threads execthread cleartid killed; do
		exact_sum "exact/$name"
	done
	check_hits
	verified exact 0 "getrusage minor" "vmstat pgfault" "vmstat pgalloc_*" "memory.stat pgfault"
}
