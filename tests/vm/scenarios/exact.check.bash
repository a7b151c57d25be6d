# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# hits STAGE USER KERNEL WRITE: at least so many exceptions, and together as many as the kernel accounted faults, but
# for the few that it took for the program before that ran, which are none.  What is not seen is null, never 0.
hits() {
	local stage=exact/$1 filter='.processes[] | select(.comm == "faults") | .fault | "\(.user) \(.kernel) \(.write) \(.minor + .major)"'
	local user kernel write accounted

	have_stat "$stage" || return
	read -r user kernel write accounted <<<"$(stat_json "$stage" "$filter")"
	if ! sees_faults; then
		same "$stage: unknown exceptions" "$user $kernel $write" "null null null"
		return
	fi
	((user >= $2 && kernel >= $3 && write >= $4 && user + kernel <= accounted && user + kernel >= accounted - 4))
	verdict "$stage: exceptions (user $user, kernel $kernel, write $write) and accounted faults ($accounted)" $?
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
	hits faults 15000 0 15000
	hits kernel 1000 2000 3000
	verified exact 0 "getrusage minor" "vmstat pgfault" "vmstat pgalloc_*" "memory.stat pgfault"
}
