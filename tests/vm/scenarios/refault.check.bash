# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# refaults FILTER MEMBER: a sum over rows.
refaults() {
	stat_json refault "[.refaults[] | select($1) | .$2] | add // 0"
}

# refaults_of CGROUP NAME: of each type they are those of its memory.stat, which only it has added to.  Kernels that add up
# a cgroup's counts in batches show there up to 32 less, on the one CPU here (MEMCG_CHARGE_BATCH, up to 5.12).
refaults_of() {
	local type mine theirs

	for type in anon file; do
		mine=$(refaults ".cgroup == \"$1\" and .type == \"$type\"" refaulted_pages)
		theirs=$(awk -v name="workingset_refault_$type" '$1 == name { print $2 }' "$check_out/refault/$2.stat")
		[[ $mine && $theirs ]] && ((mine >= theirs && mine - theirs < 32))
		verdict "refault: $type pages of $1 are its memory.stat's ($mine; kernel $theirs)" $? "$(stat_json refault '.refaults | tojson')"
	done
}

check_refault() {
	local mine theirs type pages low high

	if [[ ! $check_functions ]]; then
		skip "refault" "this kernel refuses programs on functions"
		return
	fi
	have_stat refault || return
	nothing_lost refault
	# the kernel's counter has what a CPU has not handed over yet
	for type in anon file; do
		pages=$(refaults ".type == \"$type\"" refaulted_pages)
		low=$(vmstat refault inner "workingset_refault_$type") high=$(vmstat refault outer "workingset_refault_$type")
		((pages > 0 && pages >= low - 32 && pages <= high + 32))
		verdict "refault: $type pages ($pages) = workingset_refault ($low..$high)" $?
	done
	((mine = $(refaults '.cgroup == "/both/first" and .target_cgroup == "/both" and .by == "task" and .type == "file"' evicted_pages)))
	((theirs = $(refaults '.cgroup == "/both/first" and .target_cgroup == "/both" and .by == "task" and .type == "file"' refaulted_pages)))
	((mine > 1000 && theirs > 1000 && theirs <= mine))
	verdict "refault: pages of the first cgroup that went for the limit of both ($mine), and came back ($theirs)" $? \
		"$(stat_json refault '.refaults | tojson')"
	((mine = $(refaults '.cgroup == "/alone" and .target_cgroup == "/alone" and .type == "anon"' evicted_pages)))
	((theirs = $(refaults '.cgroup == "/alone" and .target_cgroup == "/alone" and .type == "anon"' refaulted_pages)))
	((mine > 500 && theirs > 500 && theirs <= mine))
	verdict "refault: memory that one alone swapped out ($mine), and in ($theirs)" $? "$(stat_json refault '.refaults | tojson')"
	same "refault: none of which the eviction is unknown" "$(refaults '.by == "unknown"' refaulted_pages)" 0 \
		"$(stat_json refault '.refaults | tojson')"
	refaults_of /both/first first
	refaults_of /both/second second
	refaults_of /alone alone
	yields refault
}
