#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace leak --malloc: which objects are held, by call path.  The workload says what it holds.

load lib

need() {
	local type=/sys/bus/event_source/devices/uprobe/type

	[[ -r $type ]] || skip "no uprobes"
}

# leak ARGS...: a report in $tmp/stat.json
leak() {
	"$memtrace" leak --malloc --json -o "$tmp/stat.json" "$@" 2>"$tmp/stat.err" >"$tmp/cmd.out" 3>&-
}

# by FUNCTION: "BYTES OBJECTS" of the paths that end in it; a compiler may have added to its name
by() {
	report "[.by_object[] | select(.path | last | test(\"^$1([.]|$)\"))] | \"\(map(.bytes) | add // 0) \(map(.objects) | add // 0)\""
}

first() {
	report '.by_object[0] | "\(.path | last) \(.bytes) \(.objects)"'
}

@test "a leak of one object among ten that come and go: of a dynamic and a static program, small and large ones" {
	local program size

	for program in holder-dynamic holder; do
		for size in 100 200000; do
			leak -- "$workloads/$program" churn -n 200 -s $size
			same "held by $program" "$(<"$tmp/cmd.out")" "held=$((200 * size)) objects=200"
			same "the first path" "$(first)" "leak_malloc $((200 * size)) 200"
			same "churn" "$(by churned)" "0 0"
			same "missed" "$(report '.allocator | .missed + .without_room + .failed')" 0
			[[ $program == holder ]] || same "all" "$(report .allocator.held_bytes)" $((200 * size))
		done
	done
}

@test "each function that allocates, with its own arithmetic" {
	leak -- "$workloads/holder-dynamic" forms -n 100
	same "malloc" "$(by leak_malloc)" "6400 100"
	same "calloc" "$(by leak_calloc)" "38400 100"
	same "realloc" "$(by leak_realloc)" "19200 100"
	same "reallocarray" "$(by leak_reallocarray)" "51200 100"
	same "memalign" "$(by leak_memalign)" "32000 100"
	same "aligned_alloc" "$(by leak_aligned_alloc)" "38400 100"
	same "posix_memalign" "$(by leak_posix_memalign)" "44800 100"
	same "valloc" "$(by leak_valloc)" "51200 100"
	same "all" "$(report '.allocator | "\(.held_bytes) \(.held_objects)"')" "281600 800"
}

@test "realloc: objects that grow in place and move, that are freed by size 0, and that stay as it fails" {
	leak -- "$workloads/holder-dynamic" grow -n 100
	same "grown" "$(by grow_one)" "450000 90"
	same "the list of them" "$(by grow)" "800 1"
	same "failed" "$(report .allocator.failed)" 90
	same "allocated" "$(report .allocator.allocated)" 10001
	same "freed" "$(report .allocator.freed)" 9910
}

@test "objects that another thread frees" {
	leak -- "$workloads/holder-dynamic" thread -n 1000
	same "held" "$(by leak_malloc)" "10000 100"
	same "freed by the other" "$(by churned)" "0 0"
	same "freed" "$(report .allocator.freed)" 900
	# at the thread's end glibc frees once more what it has kept of these for it: seven, and the list
	between "others" "$(report .allocator.foreign)" 0 8
}

@test "fork: a child's objects are its own, and what it inherits is its parent's; exec drops all" {
	leak -- "$workloads/holder-dynamic" child -n 100
	same "both" "$(by leak_malloc)" "20000 200"
	same "freed by the parent" "$(by churned)" "0 0"
	same "freed by the child" "$(report .allocator.foreign)" 100
	leak -- "$workloads/holder-dynamic" exec -n 100
	same "after exec" "$(report '.allocator | "\(.held_bytes) \(.held_objects) \(.dropped)"')" "10000 100 1"
}

@test "an allocator of a program's own; calls that longjmp() leaves" {
	leak --allocator "$workloads/holder:own_" -- "$workloads/holder" jump -n 100
	same "held" "$(by own_deeper)" "6600 100"
	same "all" "$(report '.allocator | "\(.held_bytes) \(.held_objects) \(.functions)"')" "6600 100 2"
	# all but the last one are found by the next, that one by what is at its place of the stack
	between "missed" "$(report .allocator.missed)" 99 101
	refused "no function of an allocator of that name; expected names such as nomalloc and nofree" \
		leak --malloc --allocator "$workloads/holder:no" -- true
	refused "not with --malloc, whose call paths follow frame pointers" leak --malloc --stacks=dwarf -- true
	refused "expected a 64-bit ELF file" leak --malloc --allocator "$0" -- true
}

@test "-p: what is allocated from then on; recorded and replayed it is the same" {
	start holder holder-dynamic churn -n 300 -w
	memtrace_start leak --malloc -p "$holder_pid" --record "$tmp/leak.rec" --json -o "$tmp/stat.json"
	go holder
	eventually grep -q held= "$tmp/holder.out"
	memtrace_stop
	same "status" "$mt_status" 0
	same "held" "$(first)" "leak_malloc 30000 300"
	same "it lives" "$(report .allocator.ended_bytes)" 0
	grep -q 'tracing 9 functions in 1 files; an allocation and its free take up to [0-9.]* us more' "$tmp/err"
	finish holder
	"$memtrace" replay "$tmp/leak.rec" leak --json -o "$tmp/again.json" 2>"$tmp/err2"
	cmp <(jq -S '.by_object, .allocator' "$tmp/stat.json") <(jq -S '.by_object, .allocator' "$tmp/again.json")
	"$memtrace" replay "$tmp/leak.rec" leak >"$tmp/text" 2>"$tmp/err2"
	grep -Eq '^29\.3KiB +300 .*;main;churn;leak_malloc$' "$tmp/text" || fail "$(<"$tmp/text")"
}

@test "-n: only the files of processes that have the name are traced" {
	start holder holder-dynamic churn -n 100 -w
	memtrace_start leak --malloc -n holder-dynamic --json -o "$tmp/stat.json"
	go holder
	eventually grep -q held= "$tmp/holder.out"
	memtrace_stop
	same "held" "$(first)" "leak_malloc 10000 100"
	same "files" "$(report .allocator.files)" 1
}

@test "a sample by address finds each free; a table that is full counts what it has no room for; ages" {
	leak --sample 1/4 -- "$workloads/holder-dynamic" churn -n 2000
	between "a quarter" "$(by leak_malloc | cut -d ' ' -f 2)" 300 700
	same "churn" "$(by churned)" "0 0"
	same "unknown ones" "$(report .allocator.foreign)" 0
	leak --objects 1024 -- "$workloads/holder-dynamic" churn -n 2000
	same "all of them" "$(report '.allocator | .held_objects + .without_room >= 2000')" true
	between "in the table" "$(report .allocator.held_objects)" 900 1024
	leak --longer-than 1h -- "$workloads/holder-dynamic" churn -n 100
	same "older than an hour" "$(report '.by_object | length')" 0
	start holder holder-dynamic churn -n 100 -w
	memtrace_start leak --malloc -p "$holder_pid" --longer-than 100ms --json -o "$tmp/stat.json"
	go holder
	eventually grep -q held= "$tmp/holder.out"
	nap 0.3
	memtrace_stop
	same "older than 100 ms" "$(first)" "leak_malloc 10000 100"
}

@test "a stripped static program: that nothing can be found in it is said" {
	run "$memtrace" leak --malloc -- "$workloads/holder-stripped" churn -n 10 3>&-
	same "status" "$status" 3
	grep -q 'has no table of symbols (it is stripped), so an allocator in it is not found' <<<"$output"
	grep -q 'no function of an allocator was found' <<<"$output"
}
@test "C++: operator new and delete, through the library's" {
	need_tool c++ g++
	cat >"$tmp/p.cc" <<-END
		#include <vector>
		struct thing { char bytes[48]; };
		static std::vector<thing *> kept;
		__attribute__((noinline)) thing *keep() { thing *t = new thing; asm volatile("" : "+r"(t)); return t; }
		__attribute__((noinline)) void drop() { char *p = new char[99]; asm volatile("" : "+r"(p)); delete[] p; }
		int main() { kept.reserve(100); for (int i = 0; i < 100; i++) { kept.push_back(keep()); drop(); } _exit(0); }
	END
	sed -i '1i #include <unistd.h>' "$tmp/p.cc"
	c++ -O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls -o "$tmp/p" "$tmp/p.cc"
	leak -- "$tmp/p"
	same "objects" "$(report '[.by_object[] | select(.path | index("keep")) | .objects] | add')" 100
	same "bytes" "$(report '[.by_object[] | select(.path | index("keep")) | .bytes] | add')" 4800
	same "arrays" "$(report '[.by_object[] | select(.path | index("drop"))] | length')" 0
}

