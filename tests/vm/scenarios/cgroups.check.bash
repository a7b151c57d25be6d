# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# "COMM CGROUP MIB" of those that -c /a/b catches.
below_b="mt-2 /a/b/leaf 2
mt-3 /a/b/c/leaf 3
mt-4 /a/b/c/d/leaf 4
mt-5 /a/b$(printf '/n%.0s' {1..48})/leaf 5"

# rows_by_cgroup STAGE: "CGROUP MINOR MAJOR" by the rows of processes.
rows_by_cgroup() {
	stat_json "$1" '.processes | group_by(.cgroup)[] | "\(.[0].cgroup) \([.[].fault.minor] | add) \([.[].fault.major] | add)"' | sort
}

# Some kernels add an event to a memory cgroup only when 32 are together, for each cgroup and CPU.
held_back() {
	echo "$((3 * $(cat "$check_out/held_back" 2>/dev/null || echo 0)))"
}

check_layout() {
	local stage=cgroups_$1 dir=$check_out/cgroups_$1 event=$2 kernel faults

	report_sound "$stage" || return
	same "$stage: -c catches a cgroup and all below it" \
		"$(stat_json "$stage" '.processes[] | "\(.comm) \(.cgroup) \(.fault.minor / 256 | floor)"' | sort | paste -sd ';')" \
		"$(paste -sd ';' <<<"$below_b")"
	same "$stage: --by cgroup = the sums of the processes" \
		"$(jq -r '.processes[] | "\(.cgroup) \(.fault.minor) \(.fault.major)"' "$dir/by_cgroup.json" | sort | paste -sd ';')" \
		"$(rows_by_cgroup "$stage" | paste -sd ';')"
	same "$stage: --by cgroup in text" "$(awk '$1 ~ "^/a" { print $1 }' "$dir/by_cgroup.text" | sort | paste -sd ' ')" \
		"$(awk '{ print $2 }' <<<"$below_b" | sort | paste -sd ' ')"
	kernel=$(awk -v event="$event" '$1 == event { print $2 }' "$dir/memory.stat")
	faults=$(stat_json "$stage" '.total.fault | .minor + .major')
	((kernel > 0 && kernel <= faults && faults - kernel <= $(held_back)))
	verdict "$stage: faults ($faults) = memory.stat $event of the cgroup ($kernel)" $?
}

check_cgroups() {
	# the kernel may hold back all of them
	verified many 0
	check_layout v2 pgfault
}
