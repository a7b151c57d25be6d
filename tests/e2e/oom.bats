#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# An OOM kill under one limited cgroup: the victim sits in one child of it, the
# task whose allocation triggers the kill in another.  Each must be reported
# with its own pid, name and cgroup, never the one for the other.

load lib

need() {
	memcg_init
	make_cgroup oom 64M
	parent=$cgroup_name
	make_cgroup oom/victim
	victim_dir=$cgroup
	make_cgroup oom/trigger
	trigger_dir=$cgroup
	grep -q oom_kill_disable.0 "$memcg_root$parent/memory.oom_control" 2>/dev/null || [[ $memcg_limit == memory.max ]] ||
		skip "the OOM killer is off in $parent"
}

pair() {
	"$workloads/oompair" "$@" "$victim_dir" "$trigger_dir"
}

# The trigger dies, too, if the victim's memory comes back too late for its next allocation.
@test "victim and trigger, each with its own cgroup" {
	memtrace_stat -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	# shellcheck disable=SC2046
	eval $(tr ' ' '\n' <"$tmp/cmd.out")
	# shellcheck disable=SC2154
	same "kills" "$(report '.oom | length')" "$(oom_kills "$victim_dir" "$trigger_dir")"
	same "victims" "$(report '[.oom[].victim | select(.comm != "mt-trigger") | "\(.pid) \(.comm) \(.cgroup)"] | join(",")')" \
		"$victim mt-victim $parent/victim"
	# shellcheck disable=SC2154
	same "trigger" "$(report '.oom[0].trigger | "\(.pid) \(.comm) \(.cgroup)"')" "$trigger mt-trigger $parent/trigger"
	! dmesg | grep -q "oom-kill:.*,pid=$victim," ||
		same "where memory ran out" "$(report '.oom[0] | "\(.constraint) \(.limit_cgroup)"')" "memcg $parent"
	same "oom_score_adj" "$(report '.oom[0].victim.oom_score_adj')" 1000
	same "uid" "$(report '.oom[0].victim.uid')" 0
	between "anonymous memory" "$(report '.oom[0].victim.anon_rss_bytes')" $((39 << 20)) $((42 << 20))
	between "address space" "$(report '.oom[0].victim.total_vm_bytes')" $((40 << 20)) $((80 << 20))
	assert_exact
}

@test "what the kernel logs of it, when the log can be read" {
	dmesg >/dev/null 2>&1 || skip "the kernel's log cannot be read"
	memtrace_stat -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	victim=$(sed -nE 's/^victim=([0-9]+) .*/\1/p' "$tmp/cmd.out")
	line=$(dmesg | grep -F "Killed process $victim (mt-victim)" | tail -n 1)
	[[ $line ]] || skip "the kernel did not log it"
	same "victim" "$(report '.oom[0].victim.pid')" "$victim"
	# The kernel's counters are per CPU and summed up only roughly: within 128 pages.
	anon=$(sed -E 's/.*anon-rss:([0-9]+)kB.*/\1/' <<<"$line")
	file=$(sed -E 's/.*file-rss:([0-9]+)kB.*/\1/' <<<"$line")
	between "anonymous KiB" "$(report '.oom[0].victim.anon_rss_bytes / 1024')" $((anon - 512)) $((anon + 512))
	between "file KiB" "$(report '.oom[0].victim.file_rss_bytes / 1024')" $((file > 512 ? file - 512 : 0)) $((file + 512))
	same "page tables KiB" "$(report '.oom[0].victim.pgtables_bytes / 1024')" "$(sed -E 's/.*pgtables:([0-9]+)kB.*/\1/' <<<"$line")"
}

@test "a filter on the cgroup of either one shows the kill, another's does not" {
	for dir in victim trigger; do
		memtrace_start stat -c "$parent/$dir" --json -o "$tmp/stat.json"
		pair
		memtrace_stop
		same "kills seen with -c of the $dir" "$(report '[.oom[] | select(.victim.comm == "mt-victim")] | length')" 1
	done
	make_cgroup other
	memtrace_start stat -c "$cgroup_name" --json -o "$tmp/stat.json"
	pair
	memtrace_stop
	same "kills seen with -c of another" "$(report '.oom | length')" 0
}

@test "trace oom prints it as it happens" {
	memtrace_start trace oom --json
	pair >"$tmp/pair"
	eventually grep -q mt-victim "$tmp/out"
	same "before the end" "$(head -n 1 "$tmp/out" | jq -r '"\(.event) \(.victim.comm) \(.trigger.comm)"')" "oom mt-victim mt-trigger"
	memtrace_stop
}

@test "ten kills in a row: none is missing, none is there twice" {
	memtrace_start stat -a --json -o "$tmp/stat.json"
	for _ in {1..10}; do
		pair >>"$tmp/pairs"
	done
	memtrace_stop
	same "victims" "$(report '[.oom[] | select(.victim.comm == "mt-victim") | .victim.pid] | sort | join(" ")')" \
		"$(sed -nE 's/^victim=([0-9]+) .*/\1/p' "$tmp/pairs" | sort -n | paste -sd ' ')"
	assert_nothing_lost
}
