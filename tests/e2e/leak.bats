#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace leak: who grows, how, and by which call paths.  The workload says what it keeps; the kernel says what is resident.

load lib

# leak ARGS...: a report in $tmp/stat.json
leak() {
	"$memtrace" leak --json -o "$tmp/stat.json" "$@" 2>"$tmp/stat.err" >"$tmp/cmd.out" 3>&- || fail "memtrace leak: status $?"
}

# helpers_of PID: the processes of that memtrace that read symbols, which its first child starts; in $helpers.
helpers_of() {
	mapfile -t helpers < <(pgrep -P "$(pgrep -x -P "$1" memtrace-reader)" memtrace)
	((${#helpers[@]}))
}

# what sh -c runs: "$@" grows, and is there for a while after that, so that it is looked at then
paused='(echo; sleep 3; echo) | "$@"'

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
	# it reads as the run begins and ends, and not between
	memtrace_start leak -p "$grower_pid" -i 1m --json -o "$tmp/stat.json"
	go grower
	eventually grep -q held= "$tmp/grower.out"
	memtrace_stop
	rss=$(awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$grower_pid/status")
	same "processes" "$(report '.growth | length')" 1
	between "rss" "$(($(grown rss_bytes) - rss + 65536))" 0 131072
	same "swap" "$(grown swap_bytes)" 0
	# 40 objects of 49 pages; the nine others are back
	between "growth" "$(grown grown_bytes)" $((40 * 49 * 4096)) $((40 * 49 * 4096 + 262144))
	same "kinds" "$(report '.growth[0] | .grown_bytes - (.grown | .anon_bytes + .file_bytes + .shmem_bytes + .swap_bytes)')" 0
	finish grower
	leak -- sh -c "$paused" sh "$workloads/grower" child -w -n 100 -u 1000 -s 200000
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

@test "by page: processes are looked at although names are slow to come" {
	local -a helpers

	mkfifo "$tmp/go"
	# the shell's own faults have the helper that reads symbols begin
	memtrace_start leak --json -o "$tmp/stat.json" -- \
		sh -c "read -r _ <'$tmp/go'; $paused; true" sh "$workloads/grower" leak -w -n 40 -u 10000 -s 200000
	eventually helpers_of "$mt_pid"
	kill -STOP "${helpers[@]}"
	echo >"$tmp/go"
	eventually grep -q held= "$tmp/out"
	kill -CONT "${helpers[@]}" || true
	memtrace_end
	between "held of 40 objects of 49 pages" "$(report '.pages.held_bytes')" $((36 * 49 * 4096)) $((40 * 49 * 4096 + 2097152))
}

@test "how many processes ended, if it is not the command" {
	sh -c 'while :; do sleep 0.1; done' 3>&- &
	started+=("$!")
	"$memtrace" leak -p "$!" --follow -d 1 >"$tmp/out" 2>"$tmp/err"
	grep -qE '^[1-9][0-9]* of [0-9]+ processes ended: above they count with what they held last$' "$tmp/out" || fail "$(<"$tmp/out")"
	"$memtrace" leak -- true >"$tmp/out" 2>"$tmp/err"
	run ! grep -q 'processes ended' "$tmp/out"
}

@test "a child of vfork() has no memory of its own before it runs another program" {
	need_tool cc gcc
	cat >"$tmp/p.c" <<-END
		#define _GNU_SOURCE
		#include <sched.h>
		#include <signal.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static char stack[65536];
		static int child(void *unused) { usleep(500000); execl("/bin/sleep", "sleep", "1.2", (char *)0); _exit(1); }
		int main(void)
		{
		        char *kept = malloc(20 << 20);
		        memset(kept, getpid(), 20 << 20);
		        for (int i = 0; i < 2; i++)
		                waitpid(clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, kept), NULL, 0);
		        return 0;
		}
	END
	cc -O2 -o "$tmp/p" "$tmp/p.c"
	leak -- "$tmp/p"
	same "processes that held 20 MiB" "$(report '[.growth[] | select(.most_bytes > 20 * 1048576)] | length')" 1
	same "programs that it ran" "$(report '[.growth[] | select(.comm == "sleep")] | length')" 2
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
	# what it frees as it ends was requested when it was looked at
	leak --malloc --record "$tmp/leak.rec" -- "$workloads/grower" cache -n 40 -u 20000 -s 100000 -f
	between "requested, when it was looked at last" "$(report .memory.grown.requested_bytes)" 1500000 2100000
	between "not given back" "$(report .memory.grown.not_returned_bytes)" 0 500000
	between "held at its end" "$(report .allocator.held_bytes)" 0 65536
	"$memtrace" replay "$tmp/leak.rec" leak --json -o "$tmp/replayed.json"
	same "a replay" "$(jq -c .memory "$tmp/replayed.json")" "$(jq -c .memory "$tmp/stat.json")"
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

# traced_program ARGV...: one that says "ready", waits, says "held", and waits again; from the one to the other
traced_program() {
	local pid

	mkfifo "$tmp/p.go"
	exec {go_fd}<>"$tmp/p.go"
	"$@" <"$tmp/p.go" >"$tmp/p.out" 2>&1 3>&- &
	pid=$!
	started+=("$pid")
	eventually grep -q ready "$tmp/p.out"
	memtrace_start leak -p "$pid" -i 50ms --json -o "$tmp/stat.json"
	echo >&"$go_fd"
	eventually grep -q held "$tmp/p.out"
	memtrace_stop
	exec {go_fd}>&-
	adds_up
}

@test "by page: C++, operator new of 200,000 bytes: one in ten leaks" {
	need_tool c++ g++
	cat >"$tmp/p.cc" <<-END
		#include <cstring>
		#include <unistd.h>
		static char *kept[40];
		__attribute__((noinline)) char *keep() { char *p = new char[200000]; memset(p, 1, 200000); return p; }
		__attribute__((noinline)) void drop() { char *p = new char[200000]; memset(p, 1, 200000); delete[] p; }
		static void wait(const char *said) { char c; write(1, said, strlen(said)); read(0, &c, 1); }
		int main() {
			wait("ready\n");
			for (char *&k : kept) { k = keep(); for (int j = 0; j < 9; j++) drop(); }
			wait("held\n");
		}
	END
	c++ -O1 -w -fno-omit-frame-pointer -fno-optimize-sibling-calls -o "$tmp/p" "$tmp/p.cc"
	traced_program "$tmp/p"
	same "first" "$(report '.by_page[0].path | index("keep") != null')" true
	between "held by the leak" "$(held keep)" $((40 * 47 * 4096)) $((40 * 50 * 4096))
	between "held by the churn" "$(held drop)" 0 $((50 * 4096))
	between "not seen" "$(pages .not_seen.anon_bytes)" -131072 $((40 * 200000 / 50))
}

@test "by page: a JVM's native memory" {
	need_tool javac openjdk-17-jdk-headless
	cat >"$tmp/Native.java" <<-END
		public class Native {
			static sun.misc.Unsafe u;
			static long touched() { long p = u.allocateMemory(1 << 20); u.setMemory(p, 1 << 20, (byte) 1); return p; }
			public static void main(String[] args) throws Exception {
				java.lang.reflect.Field f = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
				f.setAccessible(true);
				u = (sun.misc.Unsafe) f.get(null);
				System.out.println("ready");
				System.in.read();
				for (int i = 0; i < 400; i++) {
					long p = touched();
					if (i % 10 != 0)
						u.freeMemory(p);
				}
				System.out.println("held");
				System.in.read();
			}
		}
	END
	javac -d "$tmp" "$tmp/Native.java" 2>"$tmp/javac.err"
	traced_program java -Xms64m -Xmx64m -XX:+UseSerialGC -cp "$tmp" Native
	same "first" "$(report '.by_page[0].path | index("Copy::fill_to_memory_atomic") != null')" true
	between "held" "$(report '[.by_page[] | select(.path | index("Copy::fill_to_memory_atomic")) | .held_bytes] | add')" \
		$((39 << 20)) $((42 << 20))
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

# kernel_leak KIND N [PATH]: leak --kernel while pinned has the kernel hold memory, which is the report
kernel_leak() {
	start pinned pinned "$1" "$2" "${path[@]}"
	memtrace_start leak --kernel -i 50ms --json -o "$tmp/stat.json" "${ways[@]}"
	go pinned
	eventually grep -q ^held= "$tmp/pinned.out"
	memtrace_stop
	same "status" "$mt_status" 0
	finish pinned
	rm "$tmp/pinned.go"
}

# held_for KIND: of the kernel's pages
held_for() {
	report "[.kernel_pages[] | select(.kind == \"$1\") | .bytes] | add // 0"
}

# written: of those of pipes what came by the call that the workload writes them with; others fill pipes meanwhile
written() {
	report '[.kernel_pages[] | select(.kind == "pipe" and (.path | any(test("writev")))) | .bytes] | add // 0'
}

# What was allocated is freed or held, to the page.
kernel_pages_add_up() {
	same "held, by the rows" "$(report '[.kernel_pages[].bytes] | add // 0')" "$(report .kernel_allocations.held_bytes)"
	same "allocated, without what became of it" "$(report '.kernel_allocations |
		.allocated_bytes - .held_bytes - .freed_bytes - .without_room_bytes - .missed_bytes')" 0
}

@test "the kernel's pages by call path: of pipes, page tables and sockets; all that was allocated is there" {
	local page ways=() path=()

	page=$(getconf PAGESIZE)
	ways=(--record "$tmp/leak.rec")
	kernel_leak pipes 3200
	between "pages of pipes" "$(($(written) / page))" 3200 3300
	same "the pipe's function" "$(report '[.kernel_pages[] | select(.kind == "pipe").path | any(endswith("pipe_write"))] | any')" true
	kernel_pages_add_up
	same "nothing lacks" "$(report '.kernel_allocations.without_room_bytes')" 0
	"$memtrace" replay "$tmp/leak.rec" leak --json -o "$tmp/replayed.json"
	same "a replay" "$(jq -c '.kernel_pages, .kernel_allocations' "$tmp/replayed.json")" \
		"$(jq -c '.kernel_pages, .kernel_allocations' "$tmp/stat.json")"
	ways=()
	kernel_leak tables 3000
	between "page tables" "$(($(held_for "page table") / page))" 3000 6000
	kernel_pages_add_up
	kernel_leak bytes 3200
	between "what was sent" "$(($(held_for "socket buffer") / page))" 3200 4200
	kernel_pages_add_up
}

@test "the kernel's pages: a sample, a small table, and only old ones" {
	local page ways path=()

	page=$(getconf PAGESIZE)
	ways=(--sample 1/4)
	kernel_leak pipes 3200
	# 800, of which one in a million such runs is as far off
	between "one page in four" "$(($(written) / page))" 680 920
	kernel_pages_add_up
	ways=(--objects 1024)
	kernel_leak pipes 3200
	between "what found room" "$(($(written) / page))" 1 1024
	kernel_pages_add_up
	# of the whole machine, so there may be any number more
	between "what found none" "$(($(report .kernel_allocations.without_room_bytes) / page))" 2176 \
		"$(($(report .kernel_allocations.allocated_bytes) / page))"
	ways=(--longer-than 8760h)
	kernel_leak pipes 320
	same "what is that old" "$(report '.kernel_pages | length')" 0
}

@test "--scan where the kernel has no kmemleak says what that takes" {
	[[ ! -e /sys/kernel/debug/kmemleak ]] || skip "this kernel has kmemleak"
	run "$memtrace" leak --kernel --scan -d 0.2
	same status "$status" 1
	[[ $output == *"there is no /sys/kernel/debug/kmemleak: "*"mount -t debugfs"* ]] || fail "$output"
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
	same "not asked for" "$(report '[.slab, .kernel_memory, .vmalloc, .kernel_pages, .kernel_allocations, .allocation_sites, .kmemleak]
		| map(select(. != null)) | length')" 0
}
