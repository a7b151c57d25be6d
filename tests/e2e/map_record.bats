#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace map records, and replays what the live run printed.

load lib

# start_mapped: the workload, its pid in $pid
start_mapped() {
	head -c 65536 /dev/zero >"$tmp/a file"
	"$workloads/mapped" "$tmp/a file" "${1:-0}" >"$tmp/said" 3>&- &
	pid=$!
	started+=("$pid")
	eventually grep -q pid= "$tmp/said"
}

# touched PAGES: until the workload has touched so many
touched() {
	kill -USR1 "$pid"
	eventually grep -q "touched=$1\$" "$tmp/said"
}

# asked: until it has asked for address space, and given some back
asked() {
	kill -USR2 "$pid"
	eventually grep -q "asked=" "$tmp/said"
}

# replay ARGS...: of the recording, with map's own options
replay() {
	"$memtrace" replay "$tmp/map.rec" map "$@" 2>"$tmp/replay.err"
}

# as_live ARGS...: a replay prints what the run printed that wrote $tmp/live
as_live() {
	replay "$@" >"$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed" || fail "$(diff <(as_lines <"$tmp/live") <(as_lines <"$tmp/replayed") | head -n 20)"
}

# as_lines: JSON, or what else it is, in lines that can be compared
as_lines() {
	sed 's/[,{]"/\n&/g'
}

# lines FILE N: has it as many?
lines() {
	[[ $(wc -l <"$1") -ge $2 ]]
}

@test "a process within intervals: mappings, activity, PSS, what it used" {
	start_mapped 50
	touched 256
	"$memtrace" map -p "$pid" -i 1 --wss --pss --json --record "$tmp/map.rec" >"$tmp/live" 2>"$tmp/err" 3>&- &
	tracer=$!
	started+=("$tracer")
	eventually lines "$tmp/live" 1
	touched 512
	asked
	eventually lines "$tmp/live" 3
	kill -INT "$tracer"
	wait "$tracer"
	# there is something to compare
	jq -se '([.[].processes[0].mappings[].asked_bytes] | add == 15 * 1048576) and
		all(.[]; .processes[0] | .pss_bytes > 0 and .referenced_bytes != null and (.mappings | length) > 10)' "$tmp/live" ||
		fail "$(<"$tmp/live")"
	as_live -i 1 --json
	# of a replay that ends earlier, the last interval as well
	same "intervals" "$(replay -i 1 -d 2 --json)" "$(head -n 2 "$tmp/live")"
	# all of it as one interval, of which the last look is the last line's
	replay --json >"$tmp/whole.json"
	same "asked" "$(jq '[.processes[0].mappings[].asked_bytes] | add' "$tmp/whole.json")" $((15 << 20))
	same "size" "$(jq '.processes[0].size_bytes' "$tmp/whole.json")" "$(tail -n 1 "$tmp/live" | jq '.processes[0].size_bytes')"
	# its second part alone: what was held before is no growth of it
	replay --from 1.5 --json >"$tmp/part.json"
	same "mappings" "$(jq '[.processes[0].mappings[] | select(.class != "gone")] | length' "$tmp/part.json")" \
		"$(tail -n 1 "$tmp/live" | jq '[.processes[0].mappings[] | select(.class != "gone")] | length')"
	same "growth" "$(jq '.processes[0].grew_bytes | . > -4194304 and . < 4194304' "$tmp/part.json")" true
	# of another process there is nothing
	same "others" "$(replay -p 1 --json | jq -c .processes)" '[]'
}

@test "commands that end: what they held last" {
	head -c 65536 /dev/zero >"$tmp/a file"
	run -143 "$memtrace" map -d 1.5 --json --record "$tmp/map.rec" -o "$tmp/live" -- \
		bash -c 'ls / >/dev/null; exec "$@"' _ "$workloads/mapped" "$tmp/a file" 20
	same "it" "$(jq -c '.processes[] | select(.comm == "mapped") | [.ended, .rss_bytes > 8e6]' "$tmp/live")" '[true,true]'
	as_live --json
}

@test "one look at a process, and its table for people" {
	start_mapped 20
	"$memtrace" map -p "$pid" --nodes --record "$tmp/map.rec" -k 5 >"$tmp/live" 2>"$tmp/err"
	[[ ! -e /proc/self/numa_maps ]] || grep -q NODE0 "$tmp/live" || fail "$(<"$tmp/live")"
	as_live -k 5
	same "activity" "$(replay --json | jq -c '[.duration_ns, .lost_faults, .processes[0].grew_bytes,
		(.processes[0].mappings[] | .minor, .asked_bytes)] | unique')" '[null]'
	same "not asked for" "$(replay --pss --wss --json | jq -c '.processes[0] | [.pss_bytes, .uss_bytes, .referenced_bytes,
		.cost.pss_ns, .cost.wss_ns]')" '[null,null,null,null,null]'
	replay --pss --wss | tr -s ' \n' ' ' | grep -q 'PSS -, USS -, referenced -' || fail "$(replay --pss --wss)"
	# it is said what the recording has
	"$memtrace" replay "$tmp/map.rec" | grep -q '^looks at mappings: count 2 processes 2$' || fail "$("$memtrace" replay "$tmp/map.rec")"
}

@test "the machine, and sums of cgroups" {
	start_mapped
	"$memtrace" map -d 1 --pss --json --record "$tmp/map.rec" >"$tmp/live" 2>"$tmp/err"
	same "PSS" "$(jq ".processes[] | select(.pid == $pid) | .pss_bytes" "$tmp/live")" \
		"$(awk '$1 == "Pss:" { printf "%.0f", $2 * 1024 }' "/proc/$pid/smaps_rollup")"
	as_live --json
	jq -e '(.cgroups | length) > 0 and .duration_ns > 0' "$tmp/live" || fail "$(<"$tmp/live")"
	"$memtrace" map -d 0.3 --by cgroup --sort ANON -k 3 --record "$tmp/map.rec" >"$tmp/live" 2>"$tmp/err"
	as_live --by cgroup --sort ANON -k 3
	same "one of them" "$(replay -p "$pid" --json | jq -c '[.processes[] | [.pid, .mappings]]')" "[[$pid,null]]"
	# so is any recording with the probe memory
	"$memtrace" record memory -d 0.3 -o "$tmp/map.rec" 2>"$tmp/err"
	same "rss" "$(replay --json | jq ".processes[] | select(.pid == $pid) | .rss_bytes")" \
		"$(awk '$1 == "VmRSS:" { printf "%.0f", $2 * 1024 }' "/proc/$pid/status")"
	run -2 "$memtrace" replay "$tmp/map.rec" map --sort NOTHING
	run -2 "$memtrace" map -p "$pid" --from 1
}
