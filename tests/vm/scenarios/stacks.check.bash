# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it

# chains: the workload's user stacks, each with how many faults it has; programs in the guest have no symbols
chains() {
	jq -r 'select(.event == "fault" and .comm == "stacks") | .user_stack // empty' "$check_out/stacks/trace.json" |
		sort | uniq -c
}

check_stacks() {
	local hooked lack known own

	have_stat stacks trace || return
	hooked=$(jq -r 'select(.schema == "memtrace.end/1") | .probes[] | select(.name == "fault") | .attached' \
		"$check_out/stacks/trace.json")
	same "stacks: the probe is attached" "$hooked" true
	# Where hooks can be preempted, some may be skipped; on a host with much else to do, of a thousand some hundred.
	lack=0
	! skips || lack=$(jq -r 'select(.schema == "memtrace.end/1") | .lost.recursion' "$check_out/stacks/trace.json")
	known=$(chains | awk '$1 > 40 { print $1 }' | sort -n | xargs)
	own=$(chains | awk 'gsub(";", ";") >= 10 { n += $1 } END { print n + 0 }')
	((${known%% *} <= 50 && ${known##* } <= 300 && own >= 100 && own <= 1024 && ${known/ / + } + own + lack >= 50 + 300 + 1024))
	verdict "stacks: faults at the ends of the two known chains ($known), and at ends of their own ($own)" $? \
		"expected 50 300 and 1024; $lack may lack"
	same "stacks: chains that found no room" \
		"$(jq -r 'select(.schema == "memtrace.end/1") | .lost.stacks' "$check_out/stacks/trace.json")" 0
}
