#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Kinds of hooks on the live kernel: what --avoid leaves out, that the sources which are left count the same, and that
# what a kernel refuses (programs on functions) is unknown and makes no report another.  tests/vm has kernels that
# allow it all.

load lib

need() {
	need_tracefs
}

# hook PROBE HOOK: the kind that doctor gives it, with the options in $avoid.
hook() {
	# shellcheck disable=SC2086 # several words
	"$memtrace" doctor $avoid --json |
		jq -r --arg probe "$1" --arg hook "$2" '.hooks[] | select(.probe == $probe and .hook == $hook) | .kind'
}

kill_pair() {
	"$memtrace" trace oom -o "$tmp/out" "$@" -- "$workloads/oompair" "${cgroup%/*}/victim" "$cgroup" >"$tmp/pair" 2>"$tmp/err"
}

@test "what --avoid names is used by no probe" {
	for kinds in tp_btf tp_btf,raw_tp fentry,perf_event tp; do
		avoid="--avoid $kinds"
		# shellcheck disable=SC2086 # several words
		"$memtrace" doctor $avoid --json >"$tmp/doctor.json"
		same "hooks of probes that $kinds leaves" "$(jq --arg kinds "$kinds" '($kinds | split(",")) as $kinds |
			[.hooks[] | select(.probe != "core" and .kind as $kind | $kinds | index($kind))] | length' "$tmp/doctor.json")" 0
	done
	avoid='--avoid tp_btf'
	[[ $(hook fault user) == raw_tp && $(hook alloc alloc) == raw_tp ]] || fail "not raw_tp: $(hook fault user)"
	avoid='--avoid tp_btf,raw_tp'
	same "what is left" "$(hook fault user) $(hook fault kernel) $(hook reclaim 'direct begin')" "tp tp tp"
	same "the core's hooks stay" "$(hook core fork)" tp_btf
}

@test "a probe that nothing is left for is said to be unavailable, and why" {
	run "$memtrace" stat alloc --avoid tp_btf,raw_tp,tp -- true
	[[ $status == 3 && $output == *'alloc cannot be attached: --avoid tp_btf'* ]] || fail "status $status: $output"
}

@test "verify holds what another kind counts against the kernel" {
	run "$memtrace" verify alloc --avoid tp_btf,raw_tp --json -d 0.2
	[[ $(jq -c '[.unexplained, .probes[0].partial]' <<<"$output") == '[0,false]' ]] || fail "status $status: $output"
	run "$memtrace" verify alloc --avoid tp_btf,raw_tp,tp -d 0.2
	[[ $status == 3 && $output == *'alloc cannot be attached: --avoid tp_btf'* ]] || fail "status $status: $output"
}

@test "each kind of hook counts the same faults and allocations" {
	for kinds in fentry tp_btf tp_btf,raw_tp; do
		memtrace_stat --avoid "$kinds" -- "$workloads/faults" -n 3000 -k 500
		assert_exact
		user=$(total '.comm == "faults"' .fault.user)
		between "user mode faults without $kinds" "$user" 2500 2700
		between "the same as by another kind" "$user" $((${first:=$user} - 20)) $((first + 20))
		between "allocations without $kinds" "$(total '.comm == "faults"' .alloc.count)" 3000 3500
	done
}

@test "what a kill was about: as the cgroup or the log has it, or unknown, and then no line tells of it" {
	memcg_init
	make_cgroup oom 64M
	make_cgroup oom/victim
	make_cgroup oom/trigger
	limit=${cgroup_name%/*}
	avoid=
	kind=$(hook oom 'kill begin')
	kill_pair --json
	told=$(jq -rs 'map(select(.event == "oom"))[0] | [.order, .gfp_flags != null, .constraint, .limit_cgroup, .total_pages] | tojson' "$tmp/out")
	if [[ $kind == fentry ]]; then
		same "of the kill" "$told" "[0,true,\"memcg\",\"$limit\",16384]"
	else
		same "kind" "$kind" null
		# the log has the rest, unless there were too many kills
		logged=null,null
		! dmesg | grep -q "oom-kill:constraint=CONSTRAINT_MEMCG.*,oom_memcg=$limit," || logged="\"memcg\",\"$limit\""
		same "of the kill" "$told" "[null,false,$logged,null]"
		same "nothing is missing" "$(jq -rs '.[-1].probes[] | "\(.attached) \(.partial) \(.why)"' "$tmp/out")" "true false null"
		"$memtrace" doctor | grep -E '^oom +kill begin +- .*refuses programs on functions.*order, gfp flags' ||
			fail "doctor does not say it"
	fi
	kill_pair --avoid fentry
	grep -E 'OOM kill mt-victim.*, triggered by mt-trigger\[[0-9]+\] thread mt-trigger\[[0-9]+\] in [^ ,]*(, constraint memcg, limit of [^ ]*)?$' "$tmp/out" || fail "$(cat "$tmp/out")"
}
