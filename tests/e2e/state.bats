#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace state: each number is that of the file that it comes from, which stands still meanwhile: a copy lies over
# it.  What the kernel does, it says; what it cannot read, it does not know.

load lib

files="/proc/meminfo /proc/vmstat /proc/zoneinfo /proc/buddyinfo /proc/slabinfo /proc/vmallocinfo /proc/swaps
	/proc/pressure/memory"

# with_files MOUNTS COMMAND...: where the shell's commands MOUNTS put others in place of files of /proc
with_files() {
	unshare --mount sh -ec "$1"'; shift; exec "$@"' sh "$@"
}

# stand_still: commands that put copies of the files over them, made now
stand_still() {
	local file

	for file in $files; do
		[[ -r $file ]] || continue
		cat "$file" >"$tmp/${file//\//_}" 2>/dev/null || continue
		echo "mount --bind '$tmp/${file//\//_}' $file;"
	done
}

kills() {
	awk '$1 == "oom_kill" { print $2 }' /proc/vmstat
}

# state ARGS...: a report in $tmp/stat.json
state() {
	"$memtrace" state --json -o "$tmp/stat.json" "$@" 3>&-
}

# looks_begin ARGS...: in the background, until it has looked for the first time, whatever that takes
looks_begin() {
	began=$(uptime_ms)
	"$memtrace" state -d 600 --json -o "$tmp/stat.json" "$@" 2>"$tmp/stat.err" 3>&- &
	pid=$!
	started+=("$pid")
	eventually grep -q 'looking again in' "$tmp/stat.err"
	eventually rests "$pid"
	looked=$(uptime_ms)
}

# looks_end: it looks for the second time; there is a report then
looks_end() {
	looking=$(uptime_ms)
	kill -INT "$pid"
	wait "$pid"
	ended=$(uptime_ms)
}

uptime_ms() {
	awk '{ printf "%.0f", $1 * 1000 }' /proc/uptime
}

@test "each number is that of its file" {
	with_files "$(stand_still) :" "$memtrace" state -d 0.2 --json -o "$tmp/stat.json" 3>&-
	python3 "$BATS_TEST_DIRNAME/state_files.py" "$tmp" "$tmp/stat.json"
}

@test "named parts and what is not accounted are all memory" {
	state -d 0.1
	same "their sum" "$(report '.memory | [to_entries[] | select(.key != "total_bytes" and .key != "available_bytes")
		| .value // 0] | add')" "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
	# what is not accounted is less than a tenth
	[[ $(report '.memory | .not_accounted_bytes < .total_bytes / 10') == true ]]
}

@test "what sockets take is the kernel's, and no part of its own" {
	local before after

	python3 -c '
import socket, time
server = socket.create_server(("127.0.0.1", 0))
one = socket.create_connection(server.getsockname())
other, _ = server.accept()
one.setblocking(False)
try:
    while True:
        one.send(b"x" * 65536)
except BlockingIOError:
    print("full", flush=True)
time.sleep(1000)' >"$tmp/full" 3>&- &
	started+=("$!")
	eventually grep -q full "$tmp/full"
	# the kernel counts in steps, and others may have sockets as well
	before=$(awk '$1 == "TCP:" { print $NF * 4096 }' /proc/net/sockstat)
	"$memtrace" state -d 0.1 --json >"$tmp/state.json"
	"$memtrace" state -d 0.1 >"$tmp/text"
	after=$(awk '$1 == "TCP:" { print $NF * 4096 }' /proc/net/sockstat)
	between "bytes that wait" "$before" 65536 1073741824
	between "TCP" "$(jq .within.tcp_bytes "$tmp/state.json")" $(((before < after ? before : after) * 9 / 10)) \
		$(((before > after ? before : after) * 11 / 10 + 1048576))
	grep -q '^sockets   TCP [0-9.]*[KM]iB, UDP ' "$tmp/text" || fail "$(<"$tmp/text")"
	same "parts" "$(jq '.memory | [to_entries[] | select(.key != "total_bytes" and .key != "available_bytes") | .value // 0] | add' \
		"$tmp/state.json")" "$(jq .memory.total_bytes "$tmp/state.json")"
}

@test "what grows in two looks is what grew in the kernel's files" {
	memcg_init
	make_cgroup state 24M
	before=$(kills)
	looks_begin
	inner=$(kills)
	"$workloads/hog" -g "$cgroup" -a 64 || true
	inner=$(($(kills) - inner))
	looks_end
	between "kills" "$(report .since.kills)" "$inner" $(($(kills) - before))
	[[ $inner -ge 1 ]]
	same "the rule" "$(report '.now[0] | "\(.rule): \(.next)"')" "cgroup_kills: memtrace oom --last"
	between "time between the looks, in ms" "$(report '.duration_ns / 1000000 | floor')" $((looking - looked - 20)) $((ended - began + 20))
	between "kswapd's share, in hundredths" "$(report '.nodes[0].kswapd.running * 100 | floor')" 0 110
}

@test "what it must not or cannot read is unknown, and it says so" {
	with_files 'mount -t tmpfs none /proc/pressure; mount --bind /proc/self/mem /proc/zoneinfo
		mount --bind /proc/self/mem /proc/meminfo' "$memtrace" state -d 0.1 --json -o "$tmp/stat.json" 3>&-
	same "zones" "$(report '.zones | length')" 0
	same "memory" "$(report '[.memory[] | numbers] | length')" 1 # zspages, of /proc/vmstat
	same "pressure" "$(report '[.pressure[] | numbers] | length')" 0
	same "files" "$(report '[.unavailable[].file] | join(" ")')" /proc/zoneinfo
	setpriv --reuid 65534 --clear-groups "$memtrace" state -d 0.1 >"$tmp/text" 3>&-
	grep -q '^slab      -$' "$tmp/text"
	grep -q '/proc/slabinfo (Permission denied)' "$tmp/text"
	grep -q '^memory  *[0-9.]*[GM]iB = ' "$tmp/text"
	grep -q ' free [0-9.]*[KMG]iB' "$tmp/text"
}

@test "names of slab caches and swap files are harmless in text, and whole in JSON" {
	printf 'slabinfo - version: 2.1\n\033[2J;rm  9 9 512 8 1 : tunables 0 0 0 : slabdata 900000 900000 0\n' >"$tmp/slabinfo"
	printf 'Filename Type Size Used Priority\n/s\\040\033]0;x file 1024 0 -2\n' >"$tmp/swaps"
	with_files "mount --bind '$tmp/slabinfo' /proc/slabinfo; mount --bind '$tmp/swaps' /proc/swaps" \
		"$memtrace" state -d 0.1 >"$tmp/text" 3>&-
	grep -qF 'x1b[2J;rm 3.43GiB' "$tmp/text"
	[[ $(tr -d '\n' <"$tmp/text" | tr -d '[:print:]' | wc -c) -eq 0 ]]
	with_files "mount --bind '$tmp/slabinfo' /proc/slabinfo; mount --bind '$tmp/swaps' /proc/swaps" \
		"$memtrace" state -d 0.1 --json -o "$tmp/stat.json" 3>&-
	same "slab" "$(report '.slabs[0].name | @json')" '"\u001b[2J;rm"'
	same "swap" "$(report '.swaps[0].name | @json')" '"/s\\040\u001b]0;x"'
}

@test "one line an interval" {
	"$memtrace" state -i 0.2 -d 1 >"$tmp/text" 3>&-
	same "lines" "$(wc -l <"$tmp/text")" 6
	same "columns" "$(awk '{ print NF }' "$tmp/text" | sort -u | xargs)" 12
	same "titles" "$(head -n 1 "$tmp/text" | awk '{ print $2, $12 }')" "FREE KILLS"
	between "width" "$(awk '{ print length }' "$tmp/text" | sort -n | tail -n 1)" 90 100
	"$memtrace" state -i 0.2 -d 0.6 --json >"$tmp/stat.json" 3>&-
	same "reports" "$(jq -s '[.[] | select(.interval)] | length' "$tmp/stat.json")" 3
}

@test "on a terminal of 80 columns its lines are no longer, but for what is one part" {
	script -qec "stty cols 80; '$memtrace' state" /dev/null </dev/null | tr -d '\r' >"$tmp/out"
	grep -q '^memory ' "$tmp/out" || fail "$(<"$tmp/out")"
	run ! grep -E '^.{81}' <(grep -E -A1 '^(memory|available|orders|pressure) ' "$tmp/out" | grep -v '^cgroups')
}

@test "a signal ends it with a report" {
	"$memtrace" state -d 60 -o "$tmp/text" 3>&- &
	pid=$!
	started+=("$pid")
	sleep 0.7
	kill -INT "$pid"
	wait "$pid"
	grep -q '^looked    twice' "$tmp/text"
}

# of_cgroup FILTER: a value of the row of $cgroup_name
of_cgroup() {
	jq -r --arg path "$cgroup_name" '.cgroups[] | select(.path == $path) | '"$1" "$tmp/stat.json"
}

# file_of NAME KEY: what a file of $cgroup says
file_of() {
	awk -v key="$2" 'key == "" || $1 == key { print $2 == "" ? $1 : $2; exit }' "$cgroup/$1"
}

# fill_tmpfs SIZE: a file in tmpfs that a process in $cgroup made, which has ended
fill_tmpfs() {
	mkdir "$tmp/shm"
	mount -t tmpfs none "$tmp/shm"
	mounts+=("$tmp/shm")
	sh -c 'echo $$ >"$1/cgroup.procs"; head -c "$3" /dev/zero >"$2/file"' sh "$cgroup" "$tmp/shm" "$1"
}

# around WHAT FIELD BEFORE AFTER: the cgroup's number is one of those, or between them
around() {
	between "$1" "$(of_cgroup "$2")" $(($3 < $4 ? $3 : $4)) $(($3 > $4 ? $3 : $4))
}

@test "a cgroup: its numbers are those of its files; a tmpfs that a process filled, which has ended" {
	local before after

	memcg_init
	make_cgroup state-tmpfs 64M
	fill_tmpfs 40M
	if [[ $memcg_limit == memory.max ]]; then
		current=memory.current shmem=shmem anon=anon file=file
	else
		current=memory.usage_in_bytes shmem=total_shmem anon=total_rss file=total_cache
	fi
	# the kernel adds up memory.stat, each two seconds
	added_up() {
		(($(file_of memory.stat $shmem) >= 40 << 20))
	}
	eventually added_up
	numbers() {
		file_of $current ''
		file_of memory.stat $shmem
		file_of memory.stat $anon
		file_of memory.stat $file
	}
	# the kernel may give back what the process that has ended left behind: of each number, before and after
	mapfile -t before < <(numbers)
	state -d 0.1 -c "$cgroup"
	mapfile -t after < <(numbers)
	same "limit" "$(of_cgroup .limit_bytes)" $((64 << 20))
	around "memory" .current_bytes "${before[0]}" "${after[0]}"
	around "tmpfs" .shared_bytes "${before[1]}" "${after[1]}"
	around "anon" .anon_bytes "${before[2]}" "${after[2]}"
	around "cache" ".cache_bytes + $(of_cgroup .shared_bytes)" "${before[3]}" "${after[3]}"
	same "parts" "$(of_cgroup '[to_entries[] | select(.key | IN("anon_bytes", "cache_bytes", "shared_bytes", "kernel_bytes",
		"slab_reclaimable_bytes", "slab_unreclaimable_bytes", "kernel_stacks_bytes", "page_tables_bytes", "percpu_bytes",
		"vmalloc_bytes", "zswap_bytes", "sockets_bytes", "hugetlb_bytes", "not_accounted_bytes")) | .value // 0] | add')" \
		"$(of_cgroup .current_bytes)"
	between "tmpfs" "$(of_cgroup .shared_bytes)" $((40 << 20)) $((41 << 20))
	same "processes" "$(report '.processes | length')" 0
	same "swappiness" "$(report '.swappiness')" "$(cat "$cgroup/memory.swappiness" 2>/dev/null || echo null)"
	same "levels" "$(report '[.levels[].path] | join(" ")')" "$cgroup_name /"
	same "what now" "$(report '.now[0].rule')" tmpfs
	"$memtrace" state -d 0.1 -c "$cgroup" >"$tmp/text" 3>&-
	grep -q '^charge    tmpfs and shared 40.0MiB' "$tmp/text"
	grep -q '^processes 0 hold' "$tmp/text"
}

@test "a cgroup: its processes, those that do nothing too, and what it grew by" {
	memcg_init
	make_cgroup state-grows
	sh -c 'echo $$ >"$1/cgroup.procs"; exec sleep 1000' sh "$cgroup" 3>&- &
	idle=$!
	started+=("$idle")
	eventually grep -qxs sleep "/proc/$idle/comm"
	eventually rests "$idle"
	looks_begin -c "$cgroup"
	mkdir "$tmp/shm"
	mount -t tmpfs none "$tmp/shm"
	mounts+=("$tmp/shm")
	sh -c 'echo $$ >"$1/cgroup.procs"; head -c 16M /dev/zero >"$2/file"' sh "$cgroup" "$tmp/shm"
	looks_end
	same "the process" "$(report ".processes[] | select(.pid == $idle) | .comm")" sleep
	same "its memory" "$(report ".processes[] | select(.pid == $idle) | .anon_bytes")" \
		"$(awk '$1 == "RssAnon:" { print $2 * 1024 }' "/proc/$idle/status")"
	# of 16 MiB, less what had been charged in advance: 64 pages a CPU (mm/memcontrol.c, MEMCG_CHARGE_BATCH)
	between "growth" "$(of_cgroup .grown_bytes)" $((15 << 20)) $((24 << 20))
}

@test "a kill in a cgroup is named, whatever the cgroup is called" {
	memcg_init
	make_cgroup "state; rm \$(x)" 16M
	looks_begin
	"$workloads/hog" -g "$cgroup" -a 64 || true
	looks_end
	same "kills" "$(of_cgroup .kills_since)" "$(of_cgroup .kills)"
	[[ $(of_cgroup .kills_since) -ge 1 ]]
	same "the rule" "$(report '.now[0].rule')" cgroup_kills
	same "next" "$(report '.now[0].next')" "memtrace oom --last"
	"$memtrace" state -d 0.1 --by cgroup >"$tmp/text" 3>&-
	[[ $(tr -d '\n' <"$tmp/text" | tr -d '[:print:]' | wc -c) -eq 0 ]]
}

@test "five thousand cgroups are read in turns, all of them, the worst first" {
	memcg_init
	make_cgroup state-many
	parent=$cgroup parent_name=$cgroup_name
	for i in {1..5000}; do echo "$parent/c$i"; done | xargs mkdir
	echo $((32 << 20)) >"$parent/c77/$memcg_limit"
	cgroup=$parent/c77
	cgroup_name=$cgroup_name/c77
	fill_tmpfs 31M
	looks_begin
	looks_end
	for i in {1..5000}; do [[ $i == 77 ]] || echo "$parent/c$i"; done | xargs rmdir
	between "seen" "$(report .census.seen)" 5001 9000
	# others may make cgroups meanwhile
	between "not read" "$(report '.census | .seen - .read')" 0 20
	between "CPU time of the longest turn, us" "$(report '.census.turn_ns / 1000 | floor')" 1 5000
	same "the worst of them" "$(report "[.cgroups[].path | select(startswith(\"$parent_name/\"))][0]")" "$cgroup_name"
	# one of others may stand before it, and then be the one that is named
	next=$(report '.now[] | select(.rule == "cgroup_full") | .next')
	if [[ $(report '.cgroups[0].path') == "$cgroup_name" ]]; then
		same "what now" "$next" "memtrace state -c $cgroup_name"
	else
		[[ $next == "memtrace state -c /"* ]] || fail "what now: $next"
	fi
}

@test "a recording has what samples say: the same as the kernel's files, then" {
	memcg_init
	make_cgroup state-recorded 32M
	"$memtrace" record -o "$tmp/r.rec" -- "$workloads/hog" -g "$cgroup" -a 16 3>&- 2>/dev/null
	"$memtrace" replay "$tmp/r.rec" state --json -o "$tmp/stat.json"
	same "memory" "$(report .memory.total_bytes)" "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
	same "limit" "$(of_cgroup .limit_bytes)" $((32 << 20))
	same "not in samples" "$(report '[.zones, .slabs, .vmalloc | length] | add')" 0
	"$memtrace" replay "$tmp/r.rec" state >"$tmp/text"
	grep -q "^zones     all: free .* (min [0-9.]*[KM]iB, " "$tmp/text"
}

@test "-c: what is refused" {
	memcg_init
	for arguments in "-c /nonexistent" "-c / -c /" "--by process" "-i 1ms"; do
		status=0
		# shellcheck disable=SC2086 # several words
		"$memtrace" state $arguments >"$tmp/out" 2>"$tmp/err" 3>&- || status=$?
		same "status of $arguments" $status 2
		same "lines" "$(wc -l <"$tmp/err")" 1
	done
}
