#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Keyed counters on the live kernel: reclaim by target cgroup is all reclaim,
# by kind, whatever the ring holds; a replay has it; and keys that are gone
# leave nothing behind.

load lib

need() {
	memcg_init
	disk_dir
	file=$disk/memtrace-test-file.$$
}

teardown_file() {
	rm -f "$BATS_TEST_DIRNAME/../../build/memtrace-test-file."*
}

# targets FILTER: over the rows of .reclaim_by_target
targets() {
	report ".reclaim_by_target | $1"
}

# all_accounted KIND: what the tasks counted is what was counted by target, to the nanosecond and the page.
all_accounted() {
	local of=".reclaim_by_target | map(select(.kind == \"$1\"))"

	same "$1: episodes" "$(report "$of | map(.count) | add // 0")" "$(report ".total.reclaim.$1.count")"
	same "$1: time in ns" "$(report "$of | map(.ns) | add // 0")" "$(report ".total.reclaim.$1.ns")"
	same "$1: pages" "$(report "$of | map(.reclaimed_pages) | add // 0")" "$(report ".total.reclaim.$1.reclaimed_pages")"
	same "$1: buckets" "$(report "$of | map(.histogram.buckets[].count) | add // 0")" "$(report ".total.reclaim.$1.count")"
	same "$1: sums of histograms" "$(report "$of | map(.histogram.sum) | add // 0")" \
		"$(report "[.histograms[] | select(.name == \"reclaim_latency\" and .labels.kind == \"$1\") | .sum] | add // 0")"
}

@test "by target is all that the tasks did, by kind" {
	make_cgroup keyed 24M
	memtrace_stat reclaim -- "$workloads/hog" -g "$cgroup" -f "$file" -w 80
	rm -f "$file"
	[[ $(report '.total.reclaim.memcg.count > 100') == true ]] || fail "too few episodes: the test is void"
	for kind in direct memcg softlimit node; do
		all_accounted $kind
	done
	same "nothing folded" "$(report .lost.folded)" 0
	# what 7.1 or a program on a function tells is the cgroup; else it is unknown
	same "targets" "$(targets "map(select(.kind == \"memcg\") | .target_cgroup) | unique - [null, \"$cgroup_name\"] | length")" 0
}

@test "by target is all that the tasks did, where most of it has no record" {
	make_cgroup keyed 24M
	memtrace_start stat reclaim -c "$cgroup_name" --json -o "$tmp/stat.json" --rare-ring-size 64K
	kill -STOP "$mt_pid"
	"$workloads/hog" -g "$cgroup" -f "$file" -w 60 -r 4 >/dev/null 3>&-
	rm -f "$file"
	kill -CONT "$mt_pid"
	memtrace_stop
	same "status" "$mt_status" 0
	[[ $(report '.lost.folded > 100') == true ]] || fail "only $(report .lost.folded) episodes folded: the test is void"
	all_accounted memcg
	same "rows of that kind" "$(targets 'map(select(.kind == "memcg")) | length')" 1
}

@test "intervals add up to the run, and a replay is the same" {
	make_cgroup keyed 24M
	"$memtrace" stat reclaim -i 0.02 --json --record "$tmp/r.rec" -o "$tmp/live" -- \
		"$workloads/hog" -g "$cgroup" -f "$file" -w 60 -r 6 >/dev/null 3>&-
	rm -f "$file"
	"$memtrace" replay "$tmp/r.rec" stat -i 0.02 --json -o "$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed"
	tail -n 1 "$tmp/live" >"$tmp/stat.json"
	all_accounted memcg
	[[ $(jq -s '[.[] | select(.interval) | .reclaim_by_target[].count] | add // 0' "$tmp/live") -le \
		$(targets 'map(.count) | add') ]]
	[[ $(jq -s '[.[] | select(.interval)] | length' "$tmp/live") -gt 0 ]]
}

@test "the last part of a run has what was counted in it" {
	make_cgroup keyed 24M
	"$memtrace" record reclaim --last 1s -i 0.2 -o "$tmp/r.rec" -- sh -c '"$1" -g "$2" -f "$3" -w 60 -r 2; sleep 3
		"$1" -g "$2" -f "$3" -w 60' sh "$workloads/hog" "$cgroup" "$file" >/dev/null 2>&1 3>&-
	rm -f "$file"
	"$memtrace" replay "$tmp/r.rec" stat --json -o "$tmp/stat.json"
	"$memtrace" replay "$tmp/r.rec" --json | jq -e .window
	[[ $(report '.total.reclaim.memcg.count > 50') == true ]] || fail "too few episodes: the test is void"
	all_accounted memcg
}

@test "no reclaim: no rows, and nothing in text; another probe: not a word of it" {
	memtrace_stat reclaim -c /memtrace-test-none-"$$" -- true || memtrace_stat reclaim -- true
	same "rows" "$(targets length)" 0
	"$memtrace" stat reclaim -o "$tmp/text" -- true 3>&-
	[[ $(grep -c "target cgroup" "$tmp/text") -eq 0 ]]
	memtrace_stat fault -- true
	same "known" "$(report 'has("reclaim_by_target")')" false
}

# tells_targets: whether this kernel says whose limit reclaim is for.
tells_targets() {
	"$memtrace" doctor --json 2>/dev/null | jq -e '.hooks[] | select(.probe == "reclaim" and .hook == "memcg target") |
		.kind != null' >/dev/null
}

@test "in text: a table with the worst first, or nothing where no target is known" {
	make_cgroup keyed 24M
	"$memtrace" stat reclaim -o "$tmp/text" -- "$workloads/hog" -g "$cgroup" -f "$file" -w 60 >/dev/null 3>&-
	rm -f "$file"
	grep -q '^total reclaim [1-9]' "$tmp/text"
	if ! tells_targets; then
		[[ $(grep -c '^Reclaim by target cgroup\|^Yield of reclaim' "$tmp/text") -eq 0 ]]
		return
	fi
	grep -A1 '^Reclaim by target cgroup' "$tmp/text" | grep -q '^TARGET  *KIND  *RECLAIM  *TIME  *RECLAIMED$'
	grep -A2 '^Reclaim by target cgroup' "$tmp/text" | grep -q "^$cgroup_name  *memcg "
}

# elements MAP: how many keys the programs of the memtrace that runs know; the kernel has 15 bytes of a map's name.
elements() {
	local id

	awk '$1 == "map_id:" { print $2 }' "/proc/$mt_pid"/fdinfo/* | sort -u | while read -r id; do
		[[ $(bpftool map show id "$id" -j | jq -r '"\(.type) \(.name)"') != "hash ${1:0:15}" ]] ||
			bpftool map dump id "$id" -j | jq length
	done
}

no_elements() {
	[[ $(elements "$1") == 0 ]]
}

# pass_through N: N cgroups one after the other, each reclaimed from by its only task, and removed.
pass_through() {
	local i here=$cgroup/one

	for ((i = 0; i < $1; i++)); do
		mkdir "$here"
		(
			echo "$BASHPID" >"$here/cgroup.procs"
			printf '%100000s' x >"$file"
			if [[ -e $here/memory.reclaim ]]; then echo 64K >"$here/memory.reclaim"; else echo 0 >"$here/memory.force_empty"; fi
		) 2>/dev/null 3>&- || true
		: >"$file"
		rmdir "$here"
	done
	rm -f "$file"
}

@test "cgroups that come, are reclaimed from and go leave no element and lose no count" {
	need_tool bpftool bpftool
	tells_targets || skip "this kernel does not tell whose limit reclaim is for"
	make_cgroup keyed
	memtrace_start stat reclaim -c "$cgroup_name" --json -o "$tmp/stat.json"
	pass_through 300
	eventually no_elements reclaim_by_target_index
	memtrace_stop
	same "status" "$mt_status" 0
	all_accounted memcg
	# what was removed before its first byte was charged has no row
	between "targets" "$(targets 'map(select(.kind == "memcg")) | length')" 200 300
}

@test "cgroups whose files were read back and that go leave no element, and lose no count" {
	need_tool bpftool bpftool
	make_cgroup keyed
	local i here=$cgroup/one

	head -c 400000 /dev/zero >"$file"
	memtrace_start stat cache -c "$cgroup_name" --json -o "$tmp/stat.json"
	for ((i = 0; i < 40; i++)); do
		mkdir "$here"
		(
			echo "$BASHPID" >"$here/cgroup.procs"
			for _ in 1 2; do
				cat "$file" >"$tmp/read"
				if [[ -e $here/memory.reclaim ]]; then echo 1M >"$here/memory.reclaim"; else echo 0 >"$here/memory.force_empty"; fi
			done
		) 2>/dev/null 3>&- || true
		rmdir "$here"
	done
	eventually no_elements cache_read_back_index
	memtrace_stop
	same "status" "$mt_status" 0
	between "cgroups that had some" "$(report '.cache_read_back | length')" 20 200
	between "pages that were read back" "$(report '[.cache_read_back[].pages] | add')" $((20 * 80)) $((41 * 300))
	rm -f "$file"
}

@test "cgroups whose tasks are stalled and that go leave no element, either, and lose no count" {
	need_tool bpftool bpftool
	make_cgroup keyed
	memtrace_start stat stall -c "$cgroup_name" --json -o "$tmp/stat.json"
	pass_through 100
	eventually no_elements stall_by_cause_index
	memtrace_stop
	same "status" "$mt_status" 0
	[[ $(report '.total.stall.memcg.count >= 60') == true ]] || fail "too few stalls: the test is void"
	same "stalls of all cgroups" "$(report '.stall_by_cause | map(select(.cause == "memcg") | .count) | add')" \
		"$(report .total.stall.memcg.count)"
	between "cgroups" "$(report '.stall_by_cause | map(select(.cause == "memcg" and .cgroup != "other")) | length')" 60 100
}
