#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# Reclaim of a limited memory cgroup on the live kernel: episodes and pages
# equal what perf sees of the same tracepoints.  perf runs inside of memtrace
# and counts from the workload's exec on; the workload goes into the limited
# cgroup only after that, and nobody else is in it, so both count the same.
# Direct reclaim, kswapd and global OOM need a machine of their own: tests/vm.

load lib

need() {
	memcg_init
	need_perf vmscan:mm_vmscan_memcg_reclaim_begin
	disk_dir
	make_cgroup reclaim 24M
	file=$disk/memtrace-test-file.$$
}

teardown_file() {
	rm -f "$BATS_TEST_DIRNAME/../../build/memtrace-test-file."*
}

# The program itself: a script of the same name may start others.
python=$(python3 -c "import sys; print(sys.executable)")
begin=vmscan:mm_vmscan_memcg_reclaim_begin
end=vmscan:mm_vmscan_memcg_reclaim_end

@test "episodes equal perf's count: page cache" {
	memtrace_stat -- perf stat -x, -o "$tmp/perf" -e "$begin,$end" -- \
		"$workloads/hog" -g "$cgroup" -f "$file" -w 100 -r 3
	rm -f "$file"
	count=$(perf_count "$tmp/perf" "$begin")
	((count > 100)) || fail "only $count episodes: the test is void"
	same "perf's begin and end" "$(perf_count "$tmp/perf" "$end")" "$count"
	same "episodes of all processes" "$(total true .reclaim.memcg.count)" "$count"
	same "episodes of hog" "$(total '.comm == "hog"' .reclaim.memcg.count)" "$count"
	same "its cgroup" "$(report '[.processes[] | select(.comm == "hog" and .reclaim.memcg.count > 0) | .cgroup] | join(" ")')" \
		"$cgroup_name"
	assert_exact
}

@test "pages reclaimed equal the sum in the tracepoints" {
	memtrace_stat -- perf record -q -o "$tmp/perf.data" -e "$end" -- \
		"$workloads/hog" -g "$cgroup" -f "$file" -w 100 -r 2
	rm -f "$file"
	perf script -i "$tmp/perf.data" -F comm,trace 2>/dev/null >"$tmp/script"
	sum=$(sed -n 's/.*nr_reclaimed=//p' "$tmp/script" | awk '{ n += $1 } END { print n + 0 }')
	((sum > 1000)) || fail "only $sum pages: the test is void"
	same "episodes" "$(total '.comm == "hog"' .reclaim.memcg.count)" "$(grep -c nr_reclaimed= "$tmp/script")"
	same "pages reclaimed" "$(total '.comm == "hog"' .reclaim.memcg.reclaimed_pages)" "$sum"
}

# Looks up names that are not there in a full cgroup: each leaves a dentry, which only a shrinker can free.
look_up='
import os, sys
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
for i in range(150000):
    try: os.stat("/none/%d" % i if i % 2 else "/none%d" % i)
    except OSError: pass
'

@test "objects that shrinkers freed equal the sum in the tracepoints" {
	memtrace_stat -- perf record -q -o "$tmp/perf.data" -e vmscan:mm_shrink_slab_end -- \
		"$python" -c "$look_up" "$cgroup"
	sum=$(perf script -i "$tmp/perf.data" -F comm,trace 2>/dev/null |
		awk 'sub(/.*last shrinker return val /, "") && $1 > 0 { n += $1 } END { print n + 0 }')
	((sum > 0)) || skip "this kernel charges no dentries to memory cgroups"
	same "objects" "$(total true .reclaim.shrunk_objects)" "$sum"
	"$memtrace" trace reclaim -- "$python" -c "$look_up" "$cgroup" >"$tmp/out" 2>"$tmp/err" 3>&-
	grep -q ' memcg reclaim .* reclaimed [0-9,]*, shrinkers freed [0-9,]* objects in ' "$tmp/out" || fail "$(head -n 3 "$tmp/out")"
}

# counters FILE: what reclaim scanned and got back, by the kernel
counters() {
	echo "grep -E '^pg(scan|steal)_(anon|file) ' /proc/vmstat >'$1'"
}

@test "yield: pages scanned and reclaimed are the kernel's counts, by type" {
	local of type value

	eval "$(counters "$tmp/outer0")"
	memtrace_stat -a -- sh -c "$(counters "$tmp/inner0"); '$workloads/hog' -g '$cgroup' -f '$file' -w 100 -r 2
		$(counters "$tmp/inner1")"
	eval "$(counters "$tmp/outer1")"
	rm -f "$file"
	for of in scanned:pgscan reclaimed:pgsteal; do
		for type in anon file; do
			value=$(report "[.reclaim_yield[] | select(.type == \"$type\") | .${of%:*}_pages] | add // 0")
			between "$type ${of%:*}" "$value" "$(grew inner "${of#*:}_$type")" "$(grew outer "${of#*:}_$type")"
		done
	done
	[[ $(report '[.reclaim_yield[] | select(.by == "memcg" and .type == "file") | .reclaimed_pages] | add > 10000') == true ]] ||
		fail "$(report '.reclaim_yield | tojson')"
	same "yields above 100 %" "$(report '[.reclaim_yield[] | select(.reclaimed_pages > .scanned_pages)] | length')" 0
}

# grew WHERE COUNTER
grew() {
	awk -v name="$2" '$1 == name { n += FILENAME ~ /1$/ ? $2 : -$2 } END { print n + 0 }' "$tmp/${1}0" "$tmp/${1}1"
}

@test "shrinkers: by function and cgroup they are the tracepoint's calls, with their time" {
	local script="$tmp/script"

	memtrace_stat -- perf record -q -o "$tmp/perf.data" -e vmscan:mm_shrink_slab_start,vmscan:mm_shrink_slab_end -- \
		"$workloads/hog" -g "$cgroup" -f "$file" -w 100 -r 2
	rm -f "$file"
	perf script -i "$tmp/perf.data" -F comm,time,event,trace --ns 2>/dev/null >"$script"
	(($(grep -c mm_shrink_slab_end "$script") > 10)) || void "no shrinker was called"
	same "calls by function" "$(report '.slab_shrinkers[] | "\(.function) \(.count)"' | sort)" \
		"$(sed -nE 's/.*mm_shrink_slab_end: *([a-z0-9_]+).*/\1/p' "$script" | sort | uniq -c | awk '{ print $2, $1 }')"
	same "their cgroup" "$(report '[.slab_shrinkers[].cgroup] | unique | join(" ")')" "$cgroup_name"
	between "their time, in ns" "$(report '[.slab_shrinkers[].ns] | add')" \
		"$(($(report '[.slab_shrinkers[].count] | add') * 50))" "$(report .total.reclaim.memcg.ns)"
}

@test "the histogram of latencies holds each episode" {
	memtrace_stat -- "$workloads/hog" -g "$cgroup" -f "$file" -w 100
	rm -f "$file"
	count=$(total true .reclaim.memcg.count)
	((count > 10)) || fail "only $count episodes: the test is void"
	same "its count" "$(report '[.histograms[] | select(.name == "reclaim_latency" and .labels.kind == "memcg") | .count] | add')" \
		"$count"
	same "its buckets' sum" "$(report '[.histograms[] | select(.name == "reclaim_latency" and .labels.kind == "memcg")
		| .buckets[].count] | add')" "$count"
	same "its sum in ns" "$(report '[.histograms[] | select(.name == "reclaim_latency" and .labels.kind == "memcg") | .sum] | add')" \
		"$(total true .reclaim.memcg.ns)"
	between "time, in ns" "$(total true .reclaim.memcg.ns)" 1000 "$(report .duration_ns)"
}

@test "trace reclaim: one event an episode, with its own fields" {
	"$memtrace" trace reclaim --json -o "$tmp/trace.json" -- perf record -q -o "$tmp/perf.data" -e "$begin" -- \
		"$workloads/hog" -g "$cgroup" -f "$file" -w 60 >/dev/null 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	perf script -i "$tmp/perf.data" -F comm,trace 2>/dev/null >"$tmp/script"
	same "events" "$(jq -s '[.[] | select(.event == "reclaim" and .kind == "memcg")] | length' "$tmp/trace.json")" \
		"$(grep -c order= "$tmp/script")"
	same "orders" "$(jq -rs '[.[] | select(.event == "reclaim") | .order] | group_by(.) | map("\(.[0]):\(length)") | join(" ")' \
		"$tmp/trace.json")" \
		"$(sed -nE 's/.*order=([0-9]+).*/\1/p' "$tmp/script" | sort -n | uniq -c | awk '{ print $2 ":" $1 }' | paste -sd ' ')"
	same "schemas" "$(jq -rs '(.[:-1] | map(.schema) | unique) + [.[-1].schema] | join(" ")' "$tmp/trace.json")" \
		"memtrace.event/1 memtrace.end/1"
	same "cgroups" "$(jq -rs 'map(select(.event == "reclaim") | .cgroup) | unique | join(" ")' "$tmp/trace.json")" "$cgroup_name"
	jq -se 'all(.[] | select(.event == "reclaim"); .duration_ns > 0 and .start_ns > 0 and .self_ns <= .duration_ns
		and .pid > 0 and .comm == "hog")' "$tmp/trace.json" >/dev/null
}

@test "hist reclaim by cgroup names it" {
	"$memtrace" hist reclaim --by cgroup --json -o "$tmp/stat.json" -- "$workloads/hog" -g "$cgroup" -f "$file" -w 60 \
		>/dev/null 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	jq -se --arg cgroup "$cgroup_name" '[.. | objects | select(.name? == "reclaim_latency" and .labels?.cgroup == $cgroup)]
		| map(.count) | add > 10' "$tmp/stat.json" >/dev/null
}

@test "a task killed inside of reclaim leaves no half episode" {
	memtrace_start stat -a --json -o "$tmp/stat.json"
	for _ in 1 2 3 4 5; do
		"$workloads/hog" -g "$cgroup" -f "$file" -w 100 -r 50 3>&- &
		started+=("$!")
		sleep 0.3
		kill -KILL "$!"
		wait "$!" || true
	done
	rm -f "$file"
	memtrace_stop
	assert_nothing_lost
	same "histogram and rows" "$(report '[.histograms[] | select(.name == "reclaim_latency" and .labels.kind == "memcg") | .count] | add')" \
		"$(total true .reclaim.memcg.count)"
}
