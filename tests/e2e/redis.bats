#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# A real Redis with 400 MiB that saves while it is written to: what memtrace counts as copies of the parent and of the
# child is what Redis itself reports as copy-on-write.  Redis listens on a socket in the test's directory alone.

load lib

need() {
	need_tool jq jq
	need_tool redis-benchmark redis-tools
}

redis() {
	redis-cli -s "$tmp/redis/socket" "$@"
}

# start_redis: with 400 MiB, and without huge pages; its pid in $pid
start_redis() {
	mkdir "$tmp/redis"
	# the package with the server would start one; this is the same program, which goes by its name
	ln -s "$(command -v redis-check-rdb)" "$tmp/redis/redis-server"
	"$tmp/redis/redis-server" --port 0 --unixsocket "$tmp/redis/socket" --dir "$tmp/redis" --save '' --disable-thp yes \
		>"$tmp/redis/log" 2>&1 3>&- &
	pid=$!
	started+=("$pid")
	eventually redis ping
	redis eval 'local value = string.rep("x", 1000)
		for i = 0, 379999 do redis.call("SET", string.format("key:%012d", i), value) end' 0
}

# info KEY: of Redis's section about persistence
info() {
	redis info persistence | tr -d '\r' | sed -n "s/^$1://p"
}

is_saved() {
	[[ $(info rdb_bgsave_in_progress) == 0 ]]
}

# by_path OPTION...: what Redis writes to while it saves, by path; its JSON in $tmp/stat.json, what Redis says in $cow
by_path() {
	start_redis
	memtrace_start stacks minor --kind write_present --by process --weight bytes -p "$pid" --follow --json -o "$tmp/stat.json" "$@"
	save_while_written
	memtrace_stop
	same "status" "$mt_status" 0
	[[ $(report .lost.hot) == 0 ]] || void "faults were lost"
	cow=$(info rdb_last_cow_size)
}

# of PATTERN: a number of the paths that match, in bytes
of() {
	report "[.paths[] | select(.stack | test(\"$1\")) | .bytes] | add // 0"
}

# The child that saves stands still until all is written: how fast either is changes nothing.
save_while_written() {
	redis bgsave
	eventually pgrep -P "$pid"
	child=$(pgrep -P "$pid")
	started+=("$child")
	kill -STOP "$child"
	redis-benchmark -s "$tmp/redis/socket" -t set -d 1000 -r 380000 -n 60000 -P 16 --csv >"$tmp/benchmark" 2>&1
	grep -q '^State:.*T (stopped)' "/proc/$child/status" || void "the child had saved all before it could be stopped"
	kill -CONT "$child"
	eventually is_saved
}

# copies NAME PAGES: as many as Redis says, within 5 %
copies() {
	between "$1" $(($2 * $(getconf PAGESIZE))) $((cow * 95 / 100)) $((cow * 105 / 100))
}

# written CONDITION: writes to pages that were present, of the processes that meet it
written() {
	report "[.processes[] | select($1) | .mappings[].write_present] | add"
}

@test "Redis saves while it is written to: copies are what it reports as copy-on-write" {
	start_redis
	memtrace_start map -p "$pid" --follow --json --ring-size 64M -o "$tmp/stat.json"
	save_while_written
	memtrace_stop
	same "status" "$mt_status" 0
	cow=$(info rdb_last_cow_size)
	((cow > 100 << 20)) || fail "Redis copied $cow bytes: $(<"$tmp/benchmark")"
	grep -q "CoW for RDB: current $((cow >> 20)) MB" "$tmp/redis/log" || fail "$(<"$tmp/redis/log")"
	same "processes" "$(report '[.processes[].pid] | sort | tostring')" "[$pid,$child]"
	[[ $(report .lost_faults) -eq 0 ]] || void "faults were lost"
	copies "writes to pages that were present" "$(written true)"
	# the parent's: the child only writes to what it saves with
	between "the child's part" "$(written ".pid == $child")" 1 $(($(written true) / 50))
	# where programs on functions tell what each fault did
	if [[ $(report '[.processes[].mappings[].copied] | index(null)') == null ]]; then
		copies "copies" "$(report '[.processes[].mappings[].copied] | add')"
	fi
}

@test "by path: the parent's copies, each with its time, and the child's" {
	by_path --ring-size 64M
	copies "bytes of all paths" "$(report .total.pages)"
	between "the child's part" "$(of "^redis-server\\\\[$child\\\\];")" 1 $((cow / 50))
	same "parent and child are all" "$(of "^redis-server\\\\[($child|$pid)\\\\];")" "$(report '[.paths[].bytes] | add')"
	same "paths without a time" "$(report '[.paths[] | select(.duration_ns == 0)] | length')" 0
}

@test "by path and call frame information: Redis has no frame pointers, and its paths are whole" {
	by_path --stacks=dwarf --stack-bytes 4k --sample 1/16 --ring-size 64M
	between "bytes of paths from main on" "$((16 * $(of "^redis-server\\\\[$pid\\\\];_start;.*;main;aeMain;")))" \
		$((cow * 80 / 100)) $((cow * 120 / 100))
}
