# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it

# chains: the workload's user stacks, each with how many faults it has; programs in the guest have no symbols
chains() {
	jq -r 'select(.event == "fault" and .comm == "stacks") | .user_stack // empty' "$check_out/stacks/trace.json" |
		sort | uniq -c
}

check_stacks() {
	local hooked

	have_stat stacks trace || return
	hooked=$(jq -r 'select(.schema == "memtrace.end/1") | .probes[] | select(.name == "fault") | .attached' \
		"$check_out/stacks/trace.json")
	same "stacks: the probe is attached" "$hooked" true
	same "stacks: faults at the ends of the two known chains" \
		"$(chains | awk '$1 == 50 || $1 == 300 { print $1 }' | sort -n | xargs)" "50 300"
	same "stacks: faults at ends of their own" "$(chains | awk 'gsub(";", ";") >= 10 { n += $1 } END { print n }')" 1024
	same "stacks: chains that found no room" \
		"$(jq -r 'select(.schema == "memtrace.end/1") | .lost.stacks' "$check_out/stacks/trace.json")" 0
}
