#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace map: sums are those of /proc/PID/status, and mappings have the sizes that a workload says.

load lib

# start_mapped [NAME [N [huge]]]: the workload, its pid in $pid
start_mapped() {
	local file="$tmp/${1:-a file}"

	head -c 65536 /dev/zero >"$file"
	"$workloads/mapped" "$file" "${2:-0}" ${3:+"$3"} >"$tmp/said" 3>&- &
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

# A file that lost its name, one that is called so, one that was called so and lost its name, and one that has the name
# of one that lost it.
@test "what was deleted is told from what only has such a name" {
	mkdir "$tmp/d"
	python3 -c '
import mmap, os, sys, time
maps = []
def take(name, remove):
    with open(name, "w+b") as file:
        file.write(b"x" * 4096)
        file.flush()
        maps.append(mmap.mmap(file.fileno(), 4096))
    if remove:
        os.unlink(name)
for name, remove in ("gone", 1), ("is (deleted)", 0), ("was (deleted)", 1), ("again", 1), ("again", 0):
    take(sys.argv[1] + "/" + name, remove)
maps.append(mmap.mmap(-1, 4096))
print("pid=", flush=True)
time.sleep(1000)' "$tmp/d" >"$tmp/said" 3>&- &
	pid=$!
	started+=("$pid")
	eventually grep -q pid= "$tmp/said"
	map -p "$pid" -d 0.2 --record "$tmp/map.rec"
	deleted_ones
	run -0 --separate-stderr "$memtrace" map -p "$pid" -k 0
	for name in gone "is" "was (deleted)" again; do
		grep -q "/d/$name (deleted) " <<<"$output" || fail "$name: $output"
	done
	grep -q "/d/again  " <<<"$output" || fail "$output"
	grep -q "/dev/zero  " <<<"$output" || fail "$output"
	run -0 --separate-stderr "$memtrace" map -p "$pid" --format csv
	grep -q "/d/gone,.*,true" <<<"$output" || fail "$output"
	grep -q "/d/is (deleted),.*,false" <<<"$output" || fail "$output"
	"$memtrace" replay "$tmp/map.rec" map --json -o "$tmp/stat.json" 2>"$tmp/stat.err"
	deleted_ones
}

# deleted_ones: the names in $tmp/stat.json
deleted_ones() {
	same "all" "$(report "[.processes[0].mappings[] | select(.name | test(\"/d/|/dev/zero\")) |
		\"\(.name | sub(\".*/\"; \"\")) \(.deleted)\"] | sort | join(\", \")")" \
		"again false, again true, gone true, is (deleted) false, was (deleted) true, zero false"
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
	between "anonymous" "$(mapping '.class == "anon"' rss_bytes)" $((4 << 20)) $(((4 << 20) + 131072))
	same "page tables" "$(report '.processes[0].page_tables_bytes')" "$(status VmPTE)"
	run -0 --separate-stderr "$memtrace" map -p "$pid" -k 2
	same "page tables, below what is left out" "$(grep -A 1 ' more (-k 0)' <<<"$output" | tail -n 1 | tr -s ' ')" \
		"[page tables] $(awk '$1 == "VmPTE:" { printf $2 < 100 ? "%.1fKiB" : "%dKiB", $2 }' "/proc/$pid/status") not in rss"
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

@test "huge pages are those of smaps_rollup" {
	start_mapped "a file" 0 huge
	map -p "$pid"
	sums
	huge=$(awk '$1 == "AnonHugePages:" { printf "%.0f", $2 * 1024 }' "/proc/$pid/smaps_rollup")
	((huge > 0)) || skip "this kernel gave no huge pages"
	[[ $(report '.processes[0].pages_from') == PAGEMAP_SCAN ]] || skip "pagemap does not show them"
	same "huge pages" "$(mapping true huge_bytes)" "$huge"
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
	same "pids" "$(report '[.processes[].pid] | sort | tostring')" "$(printf '%s\n' "$first" "$pid" | sort -n | jq -sc .)"
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

# touched PAGES: until the workload has touched so many of [anon:grows]
touched() {
	kill -USR1 "$pid"
	eventually grep -q "touched=$1\$" "$tmp/said"
}

@test "what a process touches within an interval, by mapping" {
	start_mapped
	touched 256
	"$memtrace" map -p "$pid" -d 600 --json -o "$tmp/stat.json" 2>"$tmp/stat.err" 3>&- &
	tracer=$!
	started+=("$tracer")
	wait_attached "$tracer"
	nap 1
	before=$(awk '{ print $10 }' "/proc/$pid/stat")
	touched 512
	touched 768
	after=$(awk '{ print $10 }' "/proc/$pid/stat")
	kill -INT "$tracer"
	wait "$tracer"
	[[ $(report .lost_faults) -eq 0 ]] || void "faults were lost"
	page=$(getconf PAGESIZE)
	between "first touches" "$(mapping '.class == "anon"' first_touch_bytes)" $((512 * page)) $((520 * page))
	same "a second" "$(report '(.duration_ns / 1e9) as $s | [.processes[0].mappings[] | select(.first_touch_bytes) |
		(.first_touch_bytes_per_second * $s - .first_touch_bytes) | fabs <= $s] | all')" true
	between "minor faults" "$(mapping true minor)" $((after - before)) $((after - before + 8))
	between "growth" "$(report '.processes[0].grew_bytes')" $((512 * page)) $((600 * page))
	sums
}

# asked: the workload asks for address space and gives some back
asked() {
	kill -USR2 "$pid"
	eventually grep -q "asked=" "$tmp/said"
}

@test "address space that a process asks for and gives back is what the workload says" {
	start_mapped
	"$memtrace" map -p "$pid" -d 600 --json -o "$tmp/stat.json" 2>"$tmp/stat.err" 3>&- &
	tracer=$!
	started+=("$tracer")
	wait_attached "$tracer"
	nap 1
	size=$(status VmSize)
	asked
	grew=$(($(status VmSize) - size))
	kill -INT "$tracer"
	wait "$tracer"
	[[ $(report .lost_faults) -eq 0 ]] || void "events were lost"
	same "asked for" "$(mapping true asked_bytes)" "$(sed -n 's/asked=\([0-9]*\) .*/\1/p' "$tmp/said")"
	same "given back" "$(mapping true returned_bytes)" "$(sed -n 's/.*returned=//p' "$tmp/said")"
	same "by brk" "$(mapping '.class == "heap"' asked_bytes) $(mapping '.class == "heap"' returned_bytes)" \
		"$((2 << 20)) $((1 << 20))"
	# pages that madvise(2) gives back leave the address space as it is
	same "what the size grew by" "$(($(mapping true asked_bytes) - $(mapping true returned_bytes) + (2 << 20)))" "$grew"
	same "what is gone" "$(mapping '.class == "gone"' returned_bytes)" "$((13 << 20))"
	"$memtrace" map -p "$pid" -d 0.2 >"$tmp/text" 2>&1
	grep -q "asked for  *0B of address space, gave back 0B" "$tmp/text" || fail "$(<"$tmp/text")"
}

@test "what a process uses within an interval" {
	start_mapped
	touched 256
	touched 512
	"$memtrace" map -p "$pid" --wss -i 3 --json >"$tmp/intervals" 2>"$tmp/stat.err" 3>&- &
	tracer=$!
	started+=("$tracer")
	# the second one has begun, and marks are cleared
	eventually lines "$tmp/intervals" 1
	eventually rests "$tracer"
	touched 768
	lines "$tmp/intervals" 1 && ! lines "$tmp/intervals" 2 || void "the interval was over"
	eventually lines "$tmp/intervals" 3
	kill -INT "$tracer"
	wait "$tracer"
	sed -n 2p "$tmp/intervals" >"$tmp/stat.json"
	# 768 pages were touched in all, 256 of them within the interval
	page=$(getconf PAGESIZE)
	between "used" "$(mapping '.class == "anon"' referenced_bytes)" $((256 * page)) $((272 * page))
	same "jit" "$(mapping '.class == "jit"' rss_bytes) $(mapping '.class == "jit"' referenced_bytes)" "131072 0"
	same "sum" "$(mapping true referenced_bytes)" "$(report '.processes[0].referenced_bytes')"
	[[ $(report '.processes[0].cost.wss_ns') -gt 0 ]]
	# marks are cleared anew for each interval
	sed -n 3p "$tmp/intervals" >"$tmp/stat.json"
	between "used later" "$(mapping '.class == "anon"' referenced_bytes)" 0 $((16 * page))
	map -p "$pid" -d 0.2
	same "without --wss" "$(report '[.processes[] | .referenced_bytes, .cost.wss_ns, .mappings[].referenced_bytes] | unique | tostring')" '[null]'
	run -2 "$memtrace" map -p "$pid" --wss
	run -2 "$memtrace" map --wss -d 1
}

@test "the nodes that pages are on" {
	[[ -e /proc/self/numa_maps ]] || skip "this kernel has no NUMA"
	start_mapped
	map -p "$pid" --nodes
	same "as many bytes as the kernel has pages there" "$(report '[.processes[].mappings[].node_bytes | add] | add')" \
		"$(grep -oE '[ ](N[0-9]+=[0-9]+|kernelpagesize_kB=[0-9]+)' "/proc/$pid/numa_maps" | awk -F= '/N/ { pages += $2; next }
			{ sum += pages * $2; pages = 0 } END { printf "%.0f", sum * 1024 }')"
	same "all that is resident" "$(mapping '.class == "anon"' rss_bytes)" \
		"$(report '[.processes[0].mappings[] | select(.class == "anon") | .node_bytes | add] | add')"
	[[ $(report '.processes[0].cost.nodes_ns') -gt 0 ]]
	map -p "$pid" --nodes -d 0.2
	same "with a run beside it" "$(report '[.processes[0].mappings[].node_bytes."0" | type] | unique | tostring')" '["number"]'
	map -p "$pid"
	same "without --nodes" "$(report '[.processes[0] | .cost.nodes_ns, (.mappings[].node_bytes)] | unique | tostring')" '[null]'
	run -2 "$memtrace" map --nodes
}

# lines FILE N: has it as many?
lines() {
	[[ $(wc -l <"$1") -ge $2 ]]
}

@test "a command's address space since its exec" {
	head -c 65536 /dev/zero >"$tmp/file"
	run -143 --separate-stderr "$memtrace" map -d 2 --json -o "$tmp/stat.json" -- "$workloads/mapped" "$tmp/file" 0
	# [anon:grows], jit, another one of 16 MiB, shared memory of 2 and 1 MiB, a stack, an arena twice as large as it is then
	between "asked for by mmap" "$(mapping '.class != "heap"' asked_bytes)" $((86 << 20)) $((300 << 20))
	between "by brk" "$(mapping '.class == "heap"' asked_bytes)" $((3 << 20)) $(((3 << 20) + 1048576))
}

@test "a command that ends: what it held last, and all of its faults" {
	head -c 65536 /dev/zero >"$tmp/file"
	run -143 --separate-stderr "$memtrace" map -d 2 --json -o "$tmp/stat.json" -- "$workloads/mapped" "$tmp/file" 100
	same "its end" "$(report '.processes[0].ended')" true
	same "heap" "$(mapping '.class == "heap"' 'rss_bytes >= 3 * 1048576')" true
	[[ $(report .lost_faults) -eq 0 ]] || void "faults were lost"
	# heap, jit, stack of a thread, anonymous memory, arena, every second one of 100, the zero pages
	between "minor faults" "$(mapping true minor)" 2500 3600
	between "growth" "$(report '.processes[0] | .rss_bytes - .grew_bytes')" 0 65536
}

@test "a command that is over at once has no mappings, and says so" {
	run -0 --separate-stderr "$memtrace" map -- true
	[[ $output == *"ended before its mappings were read"* || $output == *"which has ended"* ]] || fail "$output"
}

@test "the machine: what each process holds, who grows, sums of cgroups" {
	start_mapped
	memtrace_start map -d 600 --json -o "$tmp/stat.json"
	# until it has looked for the first time
	eventually rests "$mt_pid"
	touched 256
	memtrace_stop
	same "status" "$mt_status" 0
	same "rss" "$(report ".processes[] | select(.pid == $pid) | .rss_bytes")" "$(status VmRSS)"
	same "page tables" "$(report ".processes[] | select(.pid == $pid) | .page_tables_bytes")" "$(status VmPTE)"
	same "growth" "$(report ".processes[] | select(.pid == $pid) | .grew_bytes")" $((256 * $(getconf PAGESIZE)))
	same "order" "$(report '[.processes[].rss_bytes] | . == (sort | reverse)')" true
	same "sums" "$(report '[.cgroups[].rss_bytes] | add')" "$(report '[.processes[].rss_bytes] | add')"
	same "mappings" "$(report '[.processes[].mappings] | unique | tostring')" '[null]'
	same "who started them, if that is not asked for" "$(report '[.processes[] | has("ppid")] | any')" false
	map -d 0.2 --command
	same "command line and parent" "$(report ".processes[] | select(.pid == $pid) | [.command, .ppid] | tostring")" \
		"$(jq -nc --arg line "$(tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/ $//')" \
			"[\$line, $(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")]")"
	"$memtrace" map -d 0.2 --command -k 0 >"$tmp/text"
	grep -Eq "^ *$pid mapped .* $(tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/ $//')$" "$tmp/text" || fail "$(<"$tmp/text")"
	run -2 "$memtrace" map -p "$pid" --command
	map -d 0.2 --sort GREW
	same "order of growth" "$(report '[.processes[].grew_bytes] | . == (sort | reverse)')" true
	map -d 0.2 -p "$pid" -i 0.1
	[[ $(jq -s 'length' "$tmp/stat.json") -ge 2 ]]
	run -2 "$memtrace" map --sort NOTHING
	run -2 "$memtrace" map -p "$pid" --sort RSS
}

# of_cgroup FIELD
of_cgroup() {
	report ".cgroups[] | select(.path == \"$cgroup_name\") | .$1"
}

# charged: what the kernel says of $cgroup
charged() {
	awk '$1 ~ /^(anon|file_mapped|rss|mapped_file)$/ && !of[$1]++ { sum += $2 } END { printf "%.0f", sum }' "$cgroup/memory.stat"
}

charged_beyond() {
	(($(charged) > $1))
}

@test "what processes of a cgroup share is charged once" {
	local before

	memcg_init
	make_cgroup shared
	# two processes, each of which has touched the same 16 MiB
	sh -c 'echo $$ >"$1/cgroup.procs"; exec python3 -c "
import mmap, os, time
memory = mmap.mmap(-1, 16 << 20)
pages = range(0, 16 << 20, mmap.PAGESIZE)
for at in pages: memory[at] = 1
if os.fork() == 0:
    sum(memory[at] for at in pages)
    print(\"ready\", flush=True)
time.sleep(1000)"' sh "$cgroup" >"$tmp/said" 3>&- &
	started+=("$!")
	eventually grep -q ready "$tmp/said"
	# the kernel adds up late
	eventually charged_beyond $((17 << 20))
	before=$(charged)
	"$memtrace" map -d 0.2 --by cgroup --json -c "$cgroup_name" --record "$tmp/map.rec" -o "$tmp/stat.json" 2>"$tmp/stat.err" 3>&-
	same "processes" "$(of_cgroup processes)" 2
	between "shared memory of both" "$(of_cgroup shmem_bytes)" $((32 << 20)) $((33 << 20))
	between "charged, as the kernel says" "$(of_cgroup charged_bytes)" $((before - (1 << 20))) $((before + (1 << 20)))
	between "charged, that memory once" "$(of_cgroup charged_bytes)" $((17 << 20)) $((30 << 20))
	"$memtrace" replay "$tmp/map.rec" map --by cgroup --json >"$tmp/replayed.json"
	same "a replay" "$(jq -c .cgroups "$tmp/replayed.json")" "$(jq -c .cgroups "$tmp/stat.json")"
	map -d 0.2 -c "$cgroup_name"
	same "without --by cgroup" "$(of_cgroup charged_bytes)" null
}

@test "PSS of all processes" {
	start_mapped
	map -d 0.2 --pss --sort PSS
	same "PSS" "$(report ".processes[] | select(.pid == $pid) | .pss_bytes")" \
		"$(awk '$1 == "Pss:" { printf "%.0f", $2 * 1024 }' "/proc/$pid/smaps_rollup")"
	same "mappings" "$(report '[.processes[].mappings] | unique | tostring')" '[null]'
}

@test "csv has the mappings that text shows, of each process" {
	local first second column

	start_mapped one
	first=$pid
	start_mapped two
	second=$pid
	"$memtrace" map -p "$first,$second" --json -o "$tmp/stat.json" 2>/dev/null 3>&-
	run "$memtrace" map -p "$first,$second" --format csv -o "$tmp/map.csv"
	same "status" "$status" 0
	[[ $(head -n 1 "$tmp/map.csv") == duration_ns,pid,comm,name,size_bytes,rss_bytes,* ]] || fail "$(head -n 1 "$tmp/map.csv")"
	same "rows" "$(tail -n +2 "$tmp/map.csv" | wc -l)" "$(report '[.processes[].mappings | length] | add')"
	for pid in "$first" "$second"; do
		column=$(awk -F, -v pid="$pid" '$2 == pid && $4 ~ /^\[anon\]$/ { sum += $5 } END { printf "%.0f", sum }' "$tmp/map.csv")
		same "bytes of $pid" "$column" \
			"$(report ".processes[] | select(.pid == $pid) | [.mappings[] | select(.name == \"[anon]\") | .size_bytes] | add")"
	done
	"$memtrace" map -p "$first" --format csv:processes.mappings 2>/dev/null 3>&- | cmp - <("$memtrace" map -p "$first" --format csv)
	run "$memtrace" map -p "$first" --format csv:mappings
	same "status of a wrong name" "$status" 1
	[[ $output == *processes.mappings* ]] || fail "$output"
}
