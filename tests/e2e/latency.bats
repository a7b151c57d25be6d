#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# Latency of major faults, measured when it is asked for: as many samples as
# the kernel accounted major faults, in buckets that end at powers of two.

load lib

need() {
	disk_dir
	file=$disk/memtrace-test-file.$$
}

# The histogram of the last report by its name.
histogram() {
	report "[.histograms[] | select(.name == \"$1\")] | $2"
}

@test "stat --latency: one sample a major fault" {
	memtrace_stat --latency -- "$workloads/filefault" -n 1024 "$file"
	assert_exact
	major=$(total true .fault.major)
	between "major faults" "$major" 1000 1100
	same "samples" "$(histogram major_fault_latency '.[0].count')" "$major"
	same "in buckets" "$(histogram major_fault_latency '.[0].buckets | map(.count) | add')" "$major"
	between "sum of ns" "$(histogram major_fault_latency '.[0].sum')" 100000 "$(report .duration_ns)"
	same "bounds that are no power of two" \
		"$(histogram major_fault_latency '[.[0].buckets[].le | numbers | select(. != pow(2; log2 | round))] | length')" 0
}

@test "trace --latency: a line for each major fault, without a probe that is named" {
	local majors
	"$memtrace" trace --latency --json -o "$tmp/trace.json" -- sh -c "\"\$workloads/filefault\" -n 300 '$file' >/dev/null" 2>"$tmp/err" 3>&-
	majors=$(jq -s '[.[] | select(.event == "major" and .comm == "filefault")] | length' "$tmp/trace.json")
	between "major faults" "$majors" 290 320
	same "single faults" "$(jq -s '[.[] | select(.event == "fault")] | length' "$tmp/trace.json")" 0
	"$memtrace" trace --json -o "$tmp/trace.json" -- "$workloads/filefault" -n 300 "$file" >/dev/null 2>"$tmp/err" 3>&-
	same "without the request" "$(jq -s '[.[] | select(.event == "major")] | length' "$tmp/trace.json")" 0
}

@test "hist fault: text and JSON" {
	"$memtrace" hist fault -- "$workloads/filefault" -n 256 "$file" >"$tmp/out" 2>"$tmp/stat.err" 3>&-
	grep -q '[#*█▏▎▍▌▋▊▉@|]' "$tmp/out"
	"$memtrace" hist fault --json -o "$tmp/hist.json" -- "$workloads/filefault" -n 256 "$file" >/dev/null 2>"$tmp/stat.err" 3>&-
	between "samples" "$(jq -s '[.. | objects | select(.name? == "major_fault_latency") | .count] | add' "$tmp/hist.json")" 250 300
}

# Those that the kernel takes without an exception, as for a new program's stack, have no record.
@test "hist minor: a sample for each exception that was a minor fault" {
	local minors

	"$memtrace" stat fault minor --json --record "$tmp/r.rec" -o "$tmp/stat.json" -- "$workloads/faults" -n 5000 -r 3 >/dev/null 2>"$tmp/stat.err" 3>&-
	minors=$(histogram minor_fault_latency 'map(.count) | add')
	between "exceptions without a sample" $(($(report '.total.fault | .user + .kernel - .major') - minors)) 0 20
	between "accounted, without a sample" $(($(report .command.rusage.minor) - minors)) 0 20
	same "events" "$("$memtrace" replay "$tmp/r.rec" trace minor --json 2>/dev/null | grep -c '"event":"minor"')" "$minors"
	between "sum of ns" "$(histogram minor_fault_latency 'map(.sum) | add')" $((100 * minors)) "$(report .duration_ns)"
	"$memtrace" replay "$tmp/r.rec" stat | grep -q '^how long minor faults take' || fail "stat shows nothing of it"
	"$memtrace" replay "$tmp/r.rec" hist minor --json --by comm |
		jq -e --argjson n "$minors" '[.histograms[] | select(.labels.comm == "faults") | .count] | add > 15000 and add <= $n'
	"$memtrace" hist minor -- "$workloads/faults" -n 500 >"$tmp/out" 2>"$tmp/stat.err" 3>&-
	grep -q '^how long minor faults take (backing ' "$tmp/out"
	run "$memtrace" stat minor --light -d 1
	same "status" "$status" 2
}

@test "without the request, latency costs nothing and is not there" {
	memtrace_stat -- "$workloads/filefault" -n 64 "$file"
	same "samples" "$(histogram major_fault_latency 'map(.count) | add // 0')" 0
}

@test "latencies that nobody measures have no histogram, live and in a recording" {
	"$memtrace" stat fault --latency --avoid perf_event --json --record "$tmp/r.rec" -o "$tmp/stat.json" -- true
	same "live" "$(report '.histograms | length')" 0
	same "in the recording" "$("$memtrace" replay "$tmp/r.rec" stat --json | jq '.histograms | length')" 0
	"$memtrace" stat fault --latency --json -o "$tmp/stat.json" -- true
	same "where they are measured" "$(report '.histograms[0].name')" major_fault_latency
}
