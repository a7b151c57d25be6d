# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# hits PART USER KERNEL WRITE: at least so many exceptions, and together as many as the kernel accounted faults, but for
# the few that it took for the two programs before those ran, which are none.  What is not seen is null, never 0.
hits() {
	local filter=".processes[] | select(.cgroup == \"/exact/$1\") | .fault | \"\\(.user) \\(.kernel) \\(.write) \\(.minor + .major)\""
	local user kernel write accounted lack

	read -r user kernel write accounted <<<"$(stat_json exact/all "$filter")"
	lack=$(may_lack exact/all)
	if ! sees_faults; then
		same "exact: $1: unknown exceptions" "$user $kernel $write" "null null null"
		return
	fi
	((user + lack >= $2 && kernel + lack >= $3 && write + lack >= $4 && user + kernel <= accounted && user + kernel + lack >= accounted - 4))
	verdict "exact: $1: exceptions (user $user, kernel $kernel, write $write) and accounted faults ($accounted)" $?
}

# Of each workload by itself, too: its rows, found by their cgroup, against what wait4(2) said of it.
exact_parts() {
	local name minor major

	stat_json exact/all '.processes | group_by(.cgroup)[] |
		"\(.[0].cgroup) \([.[].fault.minor] | add) \([.[].fault.major] | add)"' >"$check_out/exact/sums"
	same "exact: workloads that ran to their end" "$(wc -l <"$check_out/exact/parts")" 10
	while read -r name minor major; do
		same "exact: $name: minor, major of its processes = rusage" \
			"$(sed -n "s|^/exact/$name ||p" "$check_out/exact/sums")" "$minor $major"
	done <"$check_out/exact/parts"
}

# 4 pages are touched, and what fork left to be copied; no child differs much from another.
exact_children() {
	local children

	children=$(stat_json exact/all '[.processes[] | select(.cgroup == "/exact/spawn" and .comm == "spawn")] |
		sort_by(.fault.minor) | "\(length) \(.[0].fault.minor) \(.[-2].fault.minor) \(all(.exited))"')
	[[ $children =~ ^401\ ([0-9]+)\ ([0-9]+)\ true$ ]] && ((BASH_REMATCH[1] >= 4 && BASH_REMATCH[2] <= 100))
	verdict "exact: rows of spawn, least and most faults of a child, all gone ($children)" $?
}

check_exact() {
	if [[ $no_memtrace ]]; then
		skip exact "$no_memtrace"
		return
	fi
	if have_stat exact/all; then
		exact_sum exact/all
		exact_parts
		exact_children
		hits faults 15000 0 15000
		hits kernel 1000 2000 3000
	fi
	verified exact 0 "getrusage minor" "vmstat pgfault" "vmstat pgalloc_*" "memory.stat pgfault"
}
