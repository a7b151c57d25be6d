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

	# a tooth of the saw takes six readings or more
	while read -r kind verdict; do
		leak -- "$workloads/grower" "$kind" -n 120 -u 30000 -s 200000
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
	"$memtrace" leak -d 0.3 -k 1 >"$tmp/out" 2>"$tmp/err"
	same "the row behind one" "$(grep -cE '^ +[0-9]+ more \(-k 0\)' "$tmp/out")" 1
}

# pages JQ: of the sums by page
pages() {
	report ".pages | $1"
}

# held FUNCTION: bytes that paths through that function hold
held() {
	report "[.by_page[] | select(.path | index(\"$1\")) | .held_bytes] | add // 0"
}

# adds_up: paths and the other rows are the growth, and that is the kernel's
adds_up() {
	same "paths add up" "$(report '[.by_page[].held_bytes] | add // 0')" "$(pages .held_bytes)"
	same "growth adds up" "$(pages '.grown_bytes - (.held_bytes - .again_bytes - .gone_bytes + .not_seen_bytes)')" 0
}

@test "by page: large allocations, the leaking path is first; what no fault brought is below 2 %" {
	local before after

	start grower grower leak -n 40 -u 1000 -s 200000 -w
	before=$(awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$grower_pid/status")
	memtrace_start leak -p "$grower_pid" -i 50ms --json -o "$tmp/stat.json"
	go grower
	eventually grep -q held= "$tmp/grower.out"
	memtrace_stop
	after=$(awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$grower_pid/status")
	adds_up
	same "processes" "$(pages .processes)" 1
	between "growth, and the kernel's" $(($(pages .grown_bytes) - after + before + 65536)) 0 131072
	between "not seen" "$(pages .not_seen_bytes)" -65536 $((after / 50))
	same "first" "$(report '.by_page[0].path | index("leaky") != null')" true
	between "held by the leak" "$(held leaky)" $((40 * 48 * 4096)) $((40 * 49 * 4096))
	between "held by the churn" "$(held churned)" 0 65536
	between "touched by the churn" "$(report '[.by_page[] | select(.path | index("churned")) | .touched_bytes] | add')" \
		$((9 * 40 * 48 * 4096)) $((9 * 40 * 49 * 4096))
	finish grower
}

# traced WORKLOAD...: attached to it from before its first step on, until it has done the last
traced() {
	start grower grower "$@" -w
	memtrace_start leak -p "$grower_pid" -i 50ms --json -o "$tmp/stat.json"
	go grower
	eventually grep -q held= "$tmp/grower.out"
	memtrace_stop
	adds_up
}

@test "pages that no fault brought; of huge pages a single touch has all" {
	traced map -n 10 -u 100 -s 2097152
	between "not seen" "$(pages .not_seen.anon_bytes)" $((20 << 20)) $((21 << 20))
	between "held" "$(held mapped)" 0 131072
	finish grower
	rm "$tmp/grower.go"
	traced huge -n 5 -u 100 -s 8388608
	between "held" "$(held do_huge)" $((40 << 20)) $((41 << 20))
	between "not seen" "$(pages .not_seen.anon_bytes)" -131072 $(((40 << 20) / 50))
	finish grower
}

@test "fragmentation: memory that was freed is held by the allocator" {
	local heap

	traced holes -n 100 -u 100 -s 4000
	between "not freed" "$(sed -n 's/^held=\([0-9]*\).*/\1/p' "$tmp/grower.out")" 4000 4100
	between "held by the allocator" "$(report .memory.grown.allocator_held_bytes)" $((500 * 4000)) $((520 * 4096))
	heap=$(awk '/\[heap\]/ { heap = 1 } heap && $1 == "Rss:" { print $2 * 1024; exit }' "/proc/$grower_pid/smaps")
	same "heap, and the kernel's" "$(report .memory.allocator.heap.held_bytes)" "$heap"
	same "resident, and the kernel's" "$(report .memory.resident_bytes)" \
		"$(awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$grower_pid/status")"
	same "requested" "$(report .memory.grown.requested_bytes)" null
	finish grower
}

@test "fragmentation, with what the program requested; a sample of objects is an estimate" {
	[[ -r /sys/bus/event_source/devices/uprobe/type ]] || skip "no uprobes"
	leak --malloc -- "$workloads/grower" holes -n 100 -u 20000 -s 4000
	between "requested" "$(report .memory.grown.requested_bytes)" 4000 65536
	between "not given back" "$(report .memory.grown.not_returned_bytes)" $((400 * 4000)) $((520 * 4096))
	same "not given back is held, less requested" "$(report '.memory.grown |
		.not_returned_bytes - .allocator_held_bytes + .requested_bytes')" 0
	same "by page" "$(report '.by_page, .pages' | tr '\n' ' ')" "null null "
	leak --malloc --sample 1/4 -- "$workloads/grower" leak -n 400 -u 1000 -s 4000
	between "requested, estimated" "$(report .memory.grown.requested_bytes)" $((250 * 4000)) $((550 * 4000))
}

@test "by page: small objects of the heap, with whole chains; a leak in a child; a sample; a replay" {
	leak --stacks=dwarf --record "$tmp/leak.rec" -- "$workloads/grower" child -n 3000 -u 300 -s 4000
	adds_up
	same "processes" "$(pages .processes)" 2
	between "held by the leak" "$(held do_leak)" $((2000 * 4000)) $((3100 * 4096))
	between "anonymous memory that was not seen" "$(pages .not_seen.anon_bytes)" -131072 $((3000 * 4000 / 50))
	between "malloc's own areas" "$(report .memory.allocator.heap.held_bytes)" $((2000 * 4000)) $((3300 * 4096))
	"$memtrace" replay "$tmp/leak.rec" leak --json 2>/dev/null |
		jq -c '[.growth, .by_page, .pages]' >"$tmp/replayed"
	jq -c '[.growth, .by_page, .pages]' "$tmp/stat.json" | cmp - "$tmp/replayed" || fail "a replay differs"
	start grower grower leak -n 100 -u 1000 -s 200000 -w
	memtrace_start leak -p "$grower_pid" --sample 1/8 --json -o "$tmp/stat.json"
	go grower
	eventually grep -q held= "$tmp/grower.out"
	memtrace_stop
	adds_up
	same "sample" "$(pages .sample)" 8
	between "held, estimated" "$(held leaky)" $((80 * 49 * 4096)) $((120 * 49 * 4096))
	finish grower
}

# sockets N: opens as many, says so, and keeps them
sockets() {
	/usr/bin/python3 -c 'import resource, socket, sys, time
n = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (n + 64, n + 64))
kept = [socket.socketpair() for _ in range(n // 2)]
print("open", flush=True)
time.sleep(1000)' "$1" >"$tmp/sockets.out" 3>&- &
	started+=("$!")
	eventually grep -q open "$tmp/sockets.out"
}

@test "the kernel's caches: sockets that stay open; sizes add up to the kernel's" {
	local slab

	memtrace_start leak --kernel -k 1 -i 50ms --json -o "$tmp/stat.json"
	sockets 6000
	memtrace_stop
	slab=$(awk '$1 == "Slab:" { print $2 * 1024 }' /proc/meminfo)
	between "sockets" "$(report '.slab[] | select(.name == "sock_inode_cache") | .grown_active')" 5000 7000
	between "all caches" "$(report '[.slab[].bytes] | add')" $((slab * 8 / 10)) $((slab * 12 / 10))
	leak -d 0.2
	same "not asked for" "$(report .slab)" null
}
