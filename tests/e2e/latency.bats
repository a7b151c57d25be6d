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

@test "hist fault: text and JSON" {
	"$memtrace" hist fault -- "$workloads/filefault" -n 256 "$file" >"$tmp/out" 2>"$tmp/stat.err" 3>&-
	grep -q '[#*█▏▎▍▌▋▊▉@|]' "$tmp/out"
	"$memtrace" hist fault --json -o "$tmp/hist.json" -- "$workloads/filefault" -n 256 "$file" >/dev/null 2>"$tmp/stat.err" 3>&-
	between "samples" "$(jq -s '[.. | objects | select(.name? == "major_fault_latency") | .count] | add' "$tmp/hist.json")" 250 300
}

@test "without the request, latency costs nothing and is not there" {
	memtrace_stat -- "$workloads/filefault" -n 64 "$file"
	same "samples" "$(histogram major_fault_latency 'map(.count) | add // 0')" 0
}
