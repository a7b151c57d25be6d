#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# memtrace list: its text, its JSON, and that both say the same.

load helpers

@test "list shows probes, counters, events, fields, histograms and samples" {
	run --separate-stderr "$MEMTRACE" list
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ ${lines[0]} == PROBE* ]]
	grep -q '^fault  *yes ' <<<"$output"
	grep -q '^free  *no ' <<<"$output"
	grep -q '^fault\.minor .*memtrace_page_faults_total{type="minor"}' <<<"$output"
	grep -q '^free\.pages  *machine ' <<<"$output"
	grep -q '^oom  *victim\.anon_rss_bytes  *uint  *bytes ' <<<"$output"
	grep -q '^memory\.free_bytes  *gauge  *bytes  *memtrace_memory_free_bytes  */proc/meminfo  *MemFree ' <<<"$output"
	grep -q '^reclaim_latency .*memtrace_reclaim_seconds' <<<"$output"
	grep -q '^reclaim_by_target  *ns  *counter  *ns  *memtrace_target_reclaim_seconds_total ' <<<"$output"
	[[ $output != *$'\e'* ]]
}

@test "list PROBE shows that probe alone" {
	run --separate-stderr "$MEMTRACE" list oom
	[ "$status" -eq 0 ]
	grep -q '^oom  *victim\.' <<<"$output"
	[ "$(grep -c '^fault' <<<"$output")" -eq 0 ]
	run --separate-stderr "$MEMTRACE" list --json oom kswapd
	[ "$(jq -c '[.probes[].name]' <<<"$output")" = '["kswapd","oom"]' ]
	[ "$(jq -c '[.events[].name]' <<<"$output")" = '["kswapd","oom","oom_candidate","oom_after"]' ]
}

@test "list --json is one line, with its schema" {
	run --separate-stderr "$MEMTRACE" list --json
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.schema == "memtrace.list/1"' <<<"$output"
	jq -e '.probes[] | select(.name == "free") | .default == false' <<<"$output"
	jq -e '.counters[] | select(.path == "fault.minor")
		| .scope == "task" and .role == "accounted" and .unit == "count"
		and .metric == "memtrace_page_faults_total" and .labels == "type=\"minor\""' <<<"$output"
	jq -e '.counters[] | select(.path == "alloc.pages") | .role == "counter" and .unit == "pages"' <<<"$output"
	jq -e '.fields[] | select(.event == "reclaim" and .path == "kind") | .values | startswith("direct|")' <<<"$output"
	jq -e '.samples[] | select(.path == "memory.free_bytes")
		| .kind == "gauge" and .unit == "bytes" and .file == "/proc/meminfo" and .key == "MemFree"' <<<"$output"
	jq -ce '[.keyed[] | select(.name == "reclaim_by_target") | .path, .role] ==
		["target_cgroup", "key", "kind", "key", "count", "counter", "ns", "counter", "reclaimed_pages", "counter",
		"histogram", "histogram"]' <<<"$output"
	jq -e '.histograms[] | select(.name == "reclaim_latency") | .label == "kind" and .unit == "ns"' <<<"$output"
	jq -e '[.counters[].path] | length == (unique | length)' <<<"$output"
	jq -e '[.probes[], .counters[], .events[], .fields[], .histograms[] | .help | length > 0] | all' <<<"$output"
	jq -e '([.counters[], .events[], .histograms[] | .probe] | unique) - [.probes[].name] == []' <<<"$output"
}

@test "a probe without events has empty arrays in JSON and no empty table in text" {
	run --separate-stderr "$MEMTRACE" list --json free
	jq -e '.events == [] and .fields == [] and .histograms == [] and .keyed == [] and .samples == []' <<<"$output"
	run --separate-stderr "$MEMTRACE" list free
	[[ $output != *EVENT* && $output != *HISTOGRAM* && $output != *"BY KEY"* && $output != *SAMPLE* ]]
}

@test "options may stand anywhere, also with POSIXLY_CORRECT" {
	local expected
	expected=$("$MEMTRACE" list --json oom)
	[ "$("$MEMTRACE" list oom --json)" = "$expected" ]
	[ "$(POSIXLY_CORRECT=1 "$MEMTRACE" list oom --json)" = "$expected" ]
}
