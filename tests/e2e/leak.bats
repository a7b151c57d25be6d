#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace leak: who grows, how, and by which call paths.  The workload says what it keeps; the kernel says what is resident.

load lib

# leak ARGS...: a report in $tmp/stat.json
leak() {
	"$memtrace" leak --json -o "$tmp/stat.json" "$@" 2>"$tmp/stat.err" >"$tmp/cmd.out" 3>&-
}

# grown FIELD: of the program's row
grown() {
	report "[.growth[] | select(.comm == \"grower\")][${2:-0}] | .$1"
}

@test "verdicts on programs whose growth is known: a leak, a cache that fills, a collector's sawtooth" {
	local kind verdict

	while read -r kind verdict; do
		leak -- "$workloads/grower" "$kind" -n 250 -u 10000 -s 200000
		same "$kind" "$(grown verdict)" "$verdict"
	done <<-END
		leak growing steadily
		cache levelled off
		saw sawtooth
	END
}

@test "sizes are the kernel's; growth is that since the run began, of a child too" {
	local rss

	start grower grower leak -n 40 -u 1000 -s 200000 -w
	memtrace_start leak -p "$grower_pid" -i 50ms --json -o "$tmp/stat.json"
	go grower
	eventually grep -q held= "$tmp/grower.out"
	nap 0.3 # two readings more
	memtrace_stop
	rss=$(awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$grower_pid/status")
	same "processes" "$(report '.growth | length')" 1
	between "rss" "$(($(grown rss_bytes) - rss + 65536))" 0 131072
	same "swap" "$(grown swap_bytes)" 0
	# 40 objects of 49 pages; the nine others are back
	between "growth" "$(grown grown_bytes)" $((40 * 49 * 4096)) $((40 * 49 * 4096 + 262144))
	same "kinds" "$(report '.growth[0] | .grown_bytes - (.grown | .anon_bytes + .file_bytes + .shmem_bytes + .swap_bytes)')" 0
	finish grower
	leak -- "$workloads/grower" child -n 100 -u 10000 -s 200000
	between "the child's growth" "$(grown grown_bytes)" $((80 * 49 * 4096)) $((100 * 49 * 4096 + 2097152))
	same "it is not its parent's" "$(grown 'grown_bytes < 2097152' 1)" true
}

@test "the machine: this test's own process is in the ranking; a replay shows the same" {
	memtrace_start leak -i 100ms -k 3 --record "$tmp/leak.rec"
	leak -d 1
	memtrace_stop
	same "status" "$mt_status" 0
	same "processes that hold nothing" "$(report '[.growth[] | select(.most_bytes == 0)] | length')" 0
	same "this one" "$(report "[.growth[] | select(.pid == $$ and .rss_bytes > 1000000)] | length")" 1
	"$memtrace" replay "$tmp/leak.rec" leak -k 3 >"$tmp/replayed"
	same "replayed" "$(sed -n '2,5p' "$tmp/replayed")" "$(sed -n '2,5p' "$tmp/out")"
}
