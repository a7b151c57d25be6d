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
	"$memtrace" leak --malloc --json -o "$tmp/stat.json" "$@" 2>"$tmp/stat.err" >"$tmp/cmd.out" 3>&- || fail "memtrace leak: status $?"
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

@test "-p: calls of all threads of the process; with many functions on one link where the kernel can do that" {
	local expected=17

	start holder holder-dynamic thread -n 1000 -w
	memtrace_start leak -v --malloc -p "$holder_pid" --json -o "$tmp/stat.json"
	go holder
	eventually grep -q held= "$tmp/holder.out"
	memtrace_stop
	same "held" "$(by leak_malloc)" "10000 100"
	same "freed by the other thread" "$(by churned), $(report .allocator.freed)" "0 0, 900"
	# one for each of eight programs, or else for the begin and the end of each function
	! bpftool btf dump file /sys/kernel/btf/vmlinux | grep -q "'BPF_TRACE_UPROBE_MULTI'" || expected=8
	grep -q " 9 functions of an allocator, $expected links$" "$tmp/err"
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
	refused "expected a 64-bit ELF file" leak --malloc --allocator "$0" -- true
}

@test "-p: what is allocated from then on; recorded and replayed it is the same" {
	start holder holder-dynamic churn -n 300 -s 1000 -w
	memtrace_start leak --malloc -p "$holder_pid" --record "$tmp/leak.rec" --json -o "$tmp/stat.json"
	go holder
	eventually grep -q held= "$tmp/holder.out"
	memtrace_stop
	same "status" "$mt_status" 0
	same "held" "$(first)" "leak_malloc 300000 300"
	same "it lives" "$(report .allocator.ended_bytes)" 0
	# for that, malloc has moved the break
	same "missed" "$(report .allocator.missed)" 0
	same "in the head" "$(report .memory.grown.requested_bytes)" "$(report .allocator.held_bytes)"
	grep -q 'tracing 9 functions in 1 file; an allocation and its free take up to [0-9.]* us more' "$tmp/err"
	finish holder
	"$memtrace" replay "$tmp/leak.rec" leak --json -o "$tmp/again.json" 2>"$tmp/err2"
	cmp <(jq -S '.by_object, .allocator' "$tmp/stat.json") <(jq -S '.by_object, .allocator' "$tmp/again.json")
	"$memtrace" replay "$tmp/leak.rec" leak >"$tmp/text" 2>"$tmp/err2"
	grep -Eq '^293KiB +300 .*;main;churn;leak_malloc$' "$tmp/text" || fail "$(<"$tmp/text")"
}

# mapped FUNCTION KIND: "PAGES MAPPINGS" of what a function of the workload mapped by itself
mapped() {
	local page

	page=$(getconf PAGESIZE)
	report "[.by_mapping[] | select((.path | any(test(\"^$1([.]|$)\"))) and .kind == \"$2\")] |
		\"\(map(.bytes) | (add // 0) / $page) \(map(.mappings) | add // 0)\""
}

@test "what a program maps by itself: parts that are given back, mremap, brk, files, mappings over others; not malloc's own" {
	local program

	for program in holder-dynamic holder; do
		leak --record "$tmp/leak.rec" -- "$workloads/$program" maps -n 50
		same "by object" "$(first)" "leak_malloc 204800 1"
		same "the first path" "$(report '.by_mapping[0] | "\(.path | any(startswith("map_leaked"))) \(.mappings)"')" "true 50"
		same "stays" "$(mapped map_leaked memory)" "150 50"
		same "comes and goes" "$(mapped map_churned memory)" "0 0"
		same "in three parts" "$(mapped map_cut memory)" "10 2"
		same "moved: by mremap()" "$(mapped map_resized memory), $(mapped "(__)?mremap" memory)" "0 0, 11 2"
		same "of a file" "$(mapped map_file file)" "1 1"
		same "by sbrk()" "$(mapped move_break brk)" "3 1"
		same "covered" "$(mapped map_covered memory), $(mapped cover memory)" "2 2, 2 1"
		# 200 KiB and a head, by whatever path
		same "malloc's own" "$(report '[.by_mapping[] | select(.kind != "file" and .bytes >= 204800 and .bytes < 270336)] | length')" 0
		same "all rows" "$(report '([.by_mapping[].bytes] | add) == .mapped.bytes and .mapped.bytes == .mapped.ended_bytes')" true
		"$memtrace" replay "$tmp/leak.rec" leak --json -o "$tmp/again.json" 2>"$tmp/err2"
		cmp <(jq -S '.by_object, .by_mapping, .mapped' "$tmp/stat.json") <(jq -S '.by_object, .by_mapping, .mapped' "$tmp/again.json")
	done
	leak --longer-than 8760h -- "$workloads/holder-dynamic" maps -n 5
	same "older than a year" "$(report '.by_mapping | length')" 0
}

@test "what a program maps by itself, of a process that runs; its exec gives it back; whole paths without frame pointers" {
	start holder holder-dynamic maps -n 20 -w
	memtrace_start leak --malloc --stacks=dwarf -p "$holder_pid" --json -o "$tmp/stat.json"
	go holder
	eventually grep -q held= "$tmp/holder.out"
	memtrace_stop
	same "stays" "$(mapped map_leaked memory), $(mapped map_churned memory)" "60 20, 0 0"
	same "the path" "$(report '.by_mapping[0].path | join(";") | test("^[^;]*;_start;.*;main;maps;map_leaked[^;]*;map_some[^;]*;.*mmap")')" true
	same "it lives" "$(report .mapped.ended_bytes)" 0
	finish holder
	leak -- sh -c 'exec "$0" churn -n 10' "$workloads/holder"
	same "the shell's are gone" "$(report '[.by_mapping[] | select(.path[0] == "sh")] | length')" 0
}

@test "where ends of system calls cannot be seen, what programs map by themselves is unknown; objects are known" {
	"$top/tests/btf/edit" /sys/kernel/btf/vmlinux "$tmp/btf" 'args sys_exit 1,0'
	leak --btf "$tmp/btf" -- "$workloads/holder-dynamic" churn -n 20
	same "unknown" "$(report '[.by_mapping, .mapped] | tojson')" "[null,null]"
	same "objects" "$(first)" "leak_malloc 2000 20"
	same "said" "$(report '.probes[] | select(.name == "heap") | .why | startswith("without what programs map by themselves: ")')" true
}

@test "probes that a program brings itself for what it samples: by them alone, with their semaphores; others are not missed" {
	leak -- "$workloads/sampler" -n 500
	same "held" "$(<"$tmp/cmd.out")" "held=50000 objects=100"
	same "first" "$(first)" "own_alloc 50000 100"
	same "the path" "$(report '.by_object[0].path[-2:] | join(";")')" "leak_one;own_alloc"
	same "all" "$(report '.allocator | "\(.held_bytes) \(.allocated) \(.freed) \(.foreign) \(.functions) \(.by_probes)"')" "50000 600 500 0 2 true"
	start sampler sampler -n 500 -w
	memtrace_start leak --malloc -p "$sampler_pid" --record "$tmp/leak.rec" --json -o "$tmp/stat.json"
	go sampler
	eventually grep -q 'held=50000 objects=100' "$tmp/sampler.out"
	memtrace_stop
	grep -q 'tracing 2 probes that 1 file of the program brings itself (otel_memory)' "$tmp/err"
	same "of one that runs" "$(first)" "own_alloc 50000 100"
	finish sampler
	"$memtrace" replay "$tmp/leak.rec" leak >"$tmp/text" 2>"$tmp/err2"
	grep -q 'bytes are what the sampled ones stand for' "$tmp/text"
	# its functions instead: all objects, with their heads
	leak --allocator "$workloads/sampler:own_" -- "$workloads/sampler" -n 500
	same "by functions" "$(report .allocator.by_probes)" false
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
	leak --longer-than 8760h -- "$workloads/holder-dynamic" churn -n 100
	same "older than a year" "$(report '.by_object | length')" 0
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
@test "C++: operator new and delete, through the library's: one in ten leaks, small ones and large ones" {
	local size

	need_tool c++ g++
	cat >"$tmp/p.cc" <<-END
		#include <vector>
		struct thing { char bytes[SIZE]; };
		static std::vector<thing *> kept;
		__attribute__((noinline)) thing *keep() { thing *t = new thing; asm volatile("" : "+r"(t)); return t; }
		__attribute__((noinline)) void drop() { char *p = new char[SIZE]; asm volatile("" : "+r"(p)); delete[] p; }
		int main() {
			kept.reserve(100);
			for (int i = 0; i < 100; i++) { kept.push_back(keep()); for (int j = 0; j < 9; j++) drop(); }
			_exit(0);
		}
	END
	sed -i '1i #include <unistd.h>' "$tmp/p.cc"
	for size in 1000 200000; do
		c++ -O1 -DSIZE=$size -fno-omit-frame-pointer -fno-optimize-sibling-calls -o "$tmp/p" "$tmp/p.cc"
		leak -- "$tmp/p"
		same "first" "$(report '.by_object[0] | "\(.path[-2:] | join(";")) \(.bytes) \(.objects)"')" \
			"keep;operator new $((100 * size)) 100"
		same "arrays" "$(report '[.by_object[] | select(.path | index("drop"))] | length')" 0
	done
}

@test "a JVM's native memory: one allocation in ten is not freed" {
	local pid

	need_tool javac openjdk-17-jdk-headless
	cat >"$tmp/Native.java" <<-END
		public class Native {
			public static void main(String[] args) throws Exception {
				java.lang.reflect.Field f = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
				f.setAccessible(true);
				sun.misc.Unsafe u = (sun.misc.Unsafe) f.get(null);
				System.out.println("ready");
				System.in.read();
				for (int i = 0; i < 4000; i++) {
					long p = u.allocateMemory(10000);
					if (i % 10 != 0)
						u.freeMemory(p);
				}
				System.out.println("held");
				System.in.read();
			}
		}
	END
	javac -d "$tmp" "$tmp/Native.java" 2>"$tmp/javac.err"
	mkfifo "$tmp/in"
	java -Xint -Xms64m -Xmx64m -XX:+UseSerialGC -cp "$tmp" Native <"$tmp/in" >"$tmp/said" 2>&1 3>&- &
	pid=$!
	started+=("$pid")
	exec {input}>"$tmp/in"
	eventually grep -qs ready "$tmp/said"
	memtrace_start leak --malloc -p "$pid" --json -o "$tmp/stat.json"
	echo >&"$input"
	eventually grep -qs held "$tmp/said"
	memtrace_stop
	exec {input}>&-
	same "first" "$(report '.by_object[0] | "\(.path | any(startswith("Unsafe_AllocateMemory"))) \(.objects)"')" "true 400"
	between "bytes" "$(report '.by_object[0].bytes')" 4000000 4040000
	same "missed" "$(report .allocator.missed)" 0
}

# library NAME PACKAGE: where the dynamic linker finds it, in $library
library() {
	library=$(ldconfig -p | awk -v name="$1" '$1 == name && /x86-64|AArch64/ { print $NF; exit }')
	[[ $library ]] || skip "missing: $1 (Debian: $2; scripts/setup test)"
}

# forms: what the workload of that name holds, by the functions of another allocator
forms() {
	same "malloc" "$(by leak_malloc)" "6400 100"
	same "calloc" "$(by leak_calloc)" "38400 100"
	same "realloc" "$(by leak_realloc)" "19200 100"
	same "memalign" "$(by leak_memalign)" "32000 100"
	same "aligned_alloc" "$(by leak_aligned_alloc)" "38400 100"
	same "posix_memalign" "$(by leak_posix_memalign)" "44800 100"
	same "valloc" "$(by leak_valloc)" "51200 100"
	same "failed, missed" "$(report '.allocator | .missed + .without_room + .failed')" 0
}

@test "jemalloc, tcmalloc and mimalloc, preloaded: by each of their functions, and what comes and goes" {
	local name

	! sanitized || skip "the same code of memtrace as with the C library's"
	for name in libjemalloc.so.2:libjemalloc2 libtcmalloc_minimal.so.4:libtcmalloc-minimal4 libmimalloc.so.2:libmimalloc2.0; do
		library "${name%:*}" "${name#*:}"
		leak -- env LD_PRELOAD="$library" "$workloads/holder-dynamic" forms -n 100
		grep -q . "$tmp/cmd.out"
		forms
	done
	# the last one: what comes and goes; what grows to nothing it keeps
	leak -- env LD_PRELOAD="$library" "$workloads/holder-dynamic" churn -n 200 -s 1000
	same "churn" "$(first), $(by churned)" "leak_malloc 200000 200, 0 0"
	leak -- env LD_PRELOAD="$library" "$workloads/holder-dynamic" grow -n 100
	same "grown" "$(by grow_one)" "450000 100"
}

@test "--stacks=dwarf: whole paths through code without frame pointers, of a thread too; recorded and replayed the same" {
	local path="leaking;through;through;through;through;make_node;operator new"

	need_tool c++ g++
	cat >"$tmp/p.cc" <<-END
		#include <cstdio>
		#include <string>
		#include <thread>
		#include <unistd.h>
		struct node { char bytes[80]; };
		static node *kept[1000];
		static int nr, sink;
		__attribute__((noinline)) node *make_node(int i) { node *n = new node; n->bytes[0] = (char)i; return n; }
		__attribute__((noinline)) int through(int i, int depth) {
		        char text[1000];
		        snprintf(text, sizeof(text), "item %d at %d", i, depth);
		        if (depth) return through(i, depth - 1) + text[1];
		        kept[nr++] = make_node(i);
		        return text[5];
		}
		__attribute__((noinline)) int churn(int i) {
		        char text[500];
		        snprintf(text, sizeof(text), "key %d", i);
		        std::string s = std::string(text) + " and more that does not fit in place";
		        return (int)s.size() + text[2];
		}
		__attribute__((noinline)) void leaking(int n) { for (int i = 0; i < n; i++) sink += through(i, 3) + churn(i); }
		int main() { std::thread t([] { leaking(100); sink++; }); t.join(); leaking(300); sink++; _exit(0); }
	END
	c++ -O2 -fomit-frame-pointer -o "$tmp/p" "$tmp/p.cc" -lpthread
	leak --stacks=dwarf --record "$tmp/leak.rec" -- "$tmp/p"
	same "main's" "$(report ".by_object[] | select(.path | join(\";\") | endswith(\";main;$path\")) | [.objects, .bytes] | @csv")" 300,24000
	same "the thread's" "$(report ".by_object[] | select(.path | join(\";\") | endswith(\"_M_run;$path\")) | [.objects, .bytes] | @csv")" 100,8000
	same "the thread began" "$(report '.by_object[] | select(.objects == 100) | .path[2]')" start_thread
	same "churn" "$(report '[.by_object[] | select(.path | index("churn"))] | length')" 0
	"$memtrace" replay "$tmp/leak.rec" leak --json -o "$tmp/again.json" 2>"$tmp/err2"
	cmp <(jq -S '.by_object, .allocator' "$tmp/stat.json") <(jq -S '.by_object, .allocator' "$tmp/again.json")
	leak -- "$tmp/p"
	same "by frame pointers they lack callers" "$(report '[.by_object[] | select(.path | index("leaking"))] | length')" 0
}

@test "--stacks=dwarf: what comes faster than it can be unwound has its path by frame pointers" {
	need_tool python3
	leak --stacks=dwarf -- env PYTHONMALLOC=malloc python3 -c 'import json, decimal, argparse, os; os._exit(0)'
	run report '.by_object | map(.objects) | add'
	((output > 1000)) || fail "only $output objects"
	same "objects without a path" "$(report '[.by_object[] | select(.path | length < 2) | .objects] | add // 0')" 0
}
