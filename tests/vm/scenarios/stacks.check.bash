# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it

# chains: the workload's user stacks, each with how many faults it has; programs in the guest have no symbols
chains() {
	jq -r 'select(.event == "fault" and .comm == "stacks") | .user_stack // empty' "$check_out/stacks/trace.json" |
		sort | uniq -c
}

# The static program has no symbols: its chains are known by how many frames they have.
check_unwound() {
	local lack=0 most

	if grep -q 'this kernel has no BPF_FUNC_task_pt_regs' "$check_out/stacks/unwound.err"; then
		same "stacks: without the helper for registers they are not copied" "$(<"$check_out/stacks/unwound.status")" 3
		return
	fi
	have_stat stacks unwound || return
	! skips || lack=$(jq .lost.recursion "$check_out/stacks/unwound.json")
	most=$(jq '[.paths[] | select(.stack | split(";") | length >= 8) | .weight] | max // 0' "$check_out/stacks/unwound.json")
	((most <= 300 && most + lack >= 300))
	verdict "stacks: faults of the known chain without frame pointers: $most" $? "expected 300; $lack may lack"
	jq -e --argjson lack "$lack" '.chains.dwarf | .whole + $lack >= 320 and .cut + .part <= 10' "$check_out/stacks/unwound.json" >/dev/null
	verdict "stacks: their chains are whole" $? "$(jq -c .chains "$check_out/stacks/unwound.json")"
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
	check_unwound
}
