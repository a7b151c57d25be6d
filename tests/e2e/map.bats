#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace map: sums are those of /proc/PID/status, and mappings have the sizes that a workload says.

load lib

# start_mapped [NAME [N]]: the workload, its pid in $pid
start_mapped() {
	local file="$tmp/${1:-a file}"

	head -c 65536 /dev/zero >"$file"
	"$workloads/mapped" "$file" "${2:-0}" >"$tmp/said" 3>&- &
	pid=$!
	started+=("$pid")
	eventually grep -q pid= "$tmp/said"
}

# map ARGS...: a report in $tmp/stat.json
map() {
	"$memtrace" map --json -o "$tmp/stat.json" "$@" 2>"$tmp/stat.err" 3>&-
}

# status KEY: bytes of /proc/$pid/status
status() {
	awk -v key="$1:" '$1 == key { printf "%.0f", $2 * 1024 }' "/proc/$pid/status"
}

# mapping CONDITION FIELD: its sum over mappings of the first process
mapping() {
	report "[.processes[0].mappings[] | select($1) | .$2] | add // 0"
}

# sums: those of mappings are the kernel's, within 64 KiB
sums() {
	local key field

	for key in VmSize:size_bytes VmRSS:rss_bytes VmSwap:swap_bytes; do
		field=${key#*:}
		near "$key" "$(mapping '.name != "[vsyscall]"' "$field")" "$(status "${key%:*}")"
		near "$key of the process" "$(report ".processes[0].$field")" "$(status "${key%:*}")"
	done
}

near() {
	between "$1" $(($2 + 65536 - $3)) 0 131072
}

@test "sums are the kernel's, and each kind has what the workload touched" {
	start_mapped
	map -p "$pid"
	sums
	same "heap" "$(mapping '.class == "heap"' 'rss_bytes >= 3 * 1048576')" true
	same "jit" "$(mapping '.class == "jit"' rss_bytes)" $((128 << 10))
	same "jit's size" "$(mapping '.class == "jit"' size_bytes)" $((1 << 20))
	between "stack of a thread" "$(mapping '.class == "stacks"' rss_bytes)" $((1 << 20)) $((1114112))
	between "arena" "$(mapping '.class == "arenas"' rss_bytes)" $((100 << 10)) $((160 << 10))
	same "arena's size" "$(mapping '.class == "arenas"' size_bytes)" $((64 << 20))
	same "shared memory" "$(mapping '.class == "shm"' rss_bytes)" $(((1024 + 256 + 512) << 10))
	same "a memfd" "$(mapping '.name == "/memfd:shared one"' size_bytes)" $((2 << 20))
	# the pages that were only read are the zero page: nobody's
	same "anonymous" "$(mapping '.class == "anon" and .size_bytes == 16777216' rss_bytes)" $((4 << 20))
	same "page tables" "$(report '.processes[0].page_tables_bytes')" "$(status VmPTE)"
	same "no activity" "$(report '[.processes[0].mappings[] | .minor, .major, .copied, .first_touch_bytes] | unique')" \
		"$(jq -n '[null]')"
}

@test "a file's mappings are one, under its name, whatever that is" {
	start_mapped $'a\nb \e[31m"\\\\\xff'
	map -p "$pid"
	same "its rss" "$(mapping '.name | contains("\n")' rss_bytes)" 65536
	run -0 --separate-stderr "$memtrace" map -p "$pid" -k 0
	[[ $output != *$'\e'* && $output == *'a\x0ab \x1b[31m'* ]] || fail "$output"
}

@test "10,000 mappings" {
	start_mapped "a file" 10000
	map -p "$pid"
	sums
	[[ $(report '[.processes[0].mappings[].maps] | add') -gt 10000 ]]
	same "their run" "$(mapping '.maps > 9000' rss_bytes)" $((5000 * $(getconf PAGESIZE)))
	same "in time" "$(report '.processes[0].mappings_unknown')" 0
	[[ $(report '.processes[0].cost | .maps_ns > 0 and .pages_ns > 0') == true ]]
}

@test "PSS and USS are those of smaps_rollup, and cost" {
	start_mapped
	map -p "$pid" --pss
	same "PSS" "$(report '.processes[0].pss_bytes')" \
		"$(awk '$1 == "Pss:" { printf "%.0f", $2 * 1024 }' "/proc/$pid/smaps_rollup")"
	same "USS" "$(report '.processes[0].uss_bytes')" \
		"$(awk '/^Private_/ { sum += $2 } END { printf "%.0f", sum * 1024 }' "/proc/$pid/smaps_rollup")"
	[[ $(report '.processes[0].cost.pss_ns') -gt 0 ]]
	map -p "$pid"
	same "without --pss" "$(report '.processes[0] | [.pss_bytes, .uss_bytes, .cost.pss_ns] | unique | tostring')" '[null]'
}

@test "a name stands for all its processes" {
	start_mapped
	first=$pid
	start_mapped
	map -n mapped
	same "pids" "$(report '[.processes[].pid] | tostring')" "$(printf '%s\n' "$first" "$pid" | sort -n | jq -sc .)"
}

@test "who has ended, who has no memory, who is another user's" {
	start_mapped
	run -2 "$memtrace" map -p 2 # kthreadd
	[[ $output == *"no memory of its own"* ]]
	kill -STOP "$pid"
	kill -KILL "$pid"
	wait "$pid" || true
	run -2 "$memtrace" map -p "$pid"
	[[ $output == *"no such process"* ]]
	start_mapped
	map -p "$pid,2"
	same "the other one" "$(report '[.processes[].pid] | tostring')" "[$pid]"
	# readable by everybody, wherever the tree is: opened here, run through /proc
	install -m 755 "$memtrace" "$tmp/memtrace"
	exec {binary}<"$tmp/memtrace"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "/proc/self/fd/$binary" map -p "$pid" --json
	same "status" "$status" 1
	same "its mappings" "$(jq -c '.processes[0] | [.mappings, .error]' <<<"$output")" '[null,"Permission denied"]'
	same "its rss all the same" "$(jq '.processes[0].rss_bytes > 1000000' <<<"$output")" true
	[[ $stderr == *"cannot be read"* ]]
}

@test "processes that come and go while they are read" {
	while :; do "$workloads/faults" -n 5 >/dev/null; done 3>&- &
	started+=($!)
	for ((i = 0; i < 30; i++)); do
		run "$memtrace" map -n faults --json
		[[ $status -eq 0 || $status -eq 2 ]] || fail "status $status: $output"
	done
}
