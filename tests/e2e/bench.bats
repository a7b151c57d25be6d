#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# tests/bench on this kernel: short runs whose times nobody judges.  What its watchers say that they have seen is
# compared with getrusage of the workloads, and empty programs with what the kernel says of their runs.

load lib

setup_file() {
	make -s -C "$BATS_TEST_DIRNAME/../.." bench-programs
}

need() {
	need_tool python3 python3
	python=$(python3 -c 'import sys; print(sys.executable)')
}

bench() {
	bench_status=0
	MEMTRACE=$memtrace "$python" "$top/tests/bench/run" --quick --rounds 1 -o "$tmp/bench.json" "$@" \
		>"$tmp/bench.out" 2>"$tmp/stat.err" 3>&- &
	bench_pid=$!
	wait "$bench_pid" || bench_status=$?
}

result() {
	jq -r "$1" "$tmp/bench.json"
}

# What a run with this pid may have left.
left_over() {
	ls -d "$top/build/bench/tmp.$1" /sys/fs/cgroup/memtrace-bench."$1" /sys/fs/cgroup/*/memtrace-bench."$1" \
		2>/dev/null
	pgrep -f "bench/tmp.$1/" -a
	pgrep -f "load .*memtrace-bench.$1 " -a
}

nothing_left() {
	[[ ! $(left_over "$1") ]]
}

@test "bench: a short run; what is not there is said not to be" {
	mkdir "$tmp/bin"
	ln -s "$(command -v sh)" "$tmp/bin/sh"
	PATH=$tmp/bin bench --workload touch --workload reclaim --workload stress-vm --only nothing --only 'floor: fault' \
		--only 'memtrace stat fault' --only 'bpftrace*' --only 'perf record'
	same "exit status" "$bench_status" 0
	same "schema" "$(result .schema)" memtrace.bench/1
	same "pairs of one thread" "$(result '[.rows[] | select(.part == "fault").pairs] | unique[]')" 16
	same "rows without a ratio" "$(result '[.rows[] | select((.ratio > 0) | not)] | length')" 0
	same "faults that stat has seen, and the kernel" \
		"$(result '.watchers[] | select(.name == "memtrace stat fault").seen.events')" \
		"$(result '.watchers[] | select(.name == "memtrace stat fault").seen.kernel')"
	# Faults of get_user_pages() have no exception, and what fails or is interrupted has one more.
	between "runs of the empty program, to 1000 faults" \
		"$(result '.watchers[] | select(.name == "floor: fault").bpf.runs_per_fault * 1000 | round')" 900 1200
	between "runs of the programs of memtrace, to 1000 faults" \
		"$(result '.watchers[] | select(.name == "memtrace stat fault").bpf.runs_per_fault * 1000 | round')" 900 2500
	same "lines of the table of one thread" "$(grep -c '^memtrace stat fault .* 16$' "$tmp/bench.out")" 2
	grep -q '^record .*not measured' "$tmp/bench.out" || fail "no bar that was not measured" "$(<"$tmp/bench.out")"
	[[ $(left_over "$bench_pid") == '' ]] || fail "left over:" "$(left_over "$bench_pid")"
	for what in 'bpftrace count by (comm, pid)' 'perf record' stress-vm; do
		grep -qF "  $what: not available: " "$tmp/bench.out" || fail "nothing said of $what" "$(<"$tmp/bench.out")"
	done
	same "rows of these" "$(result '[.rows[] | select((.watcher | test("^(bpftrace|perf)")) or .workload == "stress-vm")] | length')" 0
}

@test "bench: without a watcher that it is about it fails" {
	ln -s "$(command -v false)" "$tmp/memtrace"
	memtrace=$tmp/memtrace bench --workload reclaim --only nothing --only 'memtrace stat fault'
	same "exit status" "$bench_status" 1
	grep -q 'bench: not measured: memtrace stat fault' "$tmp/stat.err" || fail "it does not say what is missing"
}

@test "bench: SIGTERM ends all that it started" {
	local pid status=0

	MEMTRACE=$memtrace setsid "$python" "$top/tests/bench/run" --quick --rounds 100 -o "$tmp/bench.json" \
		--workload reclaim --workload touch --only 'memtrace stat*' >"$tmp/bench.out" 2>"$tmp/stat.err" 3>&- &
	pid=$!
	started+=("$pid")
	eventually compgen -G "$top/build/bench/tmp.$pid/turn.*" >/dev/null
	[[ $(left_over "$pid") == *cgroup* ]] || fail "it has made no cgroup" "$(left_over "$pid")"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	same "exit status" "$status" 143
	eventually nothing_left "$pid" # a child is reaped by init
	[[ ! -e $tmp/bench.json ]]
}

@test "bench: what it costs to ask where the memory of a process is" {
	need_tool pmap procps
	MEMTRACE=$memtrace "$python" "$top/tests/bench/map" --rounds 1 --mib 16 --mappings 200 >"$tmp/map.out" 2>&1 3>&- ||
		fail "$(<"$tmp/map.out")"
	grep -q '^a process with 1[67] MiB in 200 mappings' "$tmp/map.out" || fail "$(<"$tmp/map.out")"
	for asker in 'memtrace map' 'memtrace map --pss' 'pmap -x' 'pmap -X'; do
		grep -qE "^$asker +[0-9.]+ ms +[0-9.]+ ms +[0-9.]+ ms  [0-9.]+ \\(" "$tmp/map.out" || fail "$asker: $(<"$tmp/map.out")"
	done
}

@test "bench: what it costs a program to be asked who holds its memory" {
	[[ -r /sys/bus/event_source/devices/uprobe/type ]] || skip "no uprobes"
	MEMTRACE=$memtrace "$python" "$top/tests/bench/leak" --rounds 1 --allocations 40000 --only nothing \
		--only "memtrace leak --malloc" --only "valgrind massif" >"$tmp/leak.out" 2>&1 3>&- || fail "$(<"$tmp/leak.out")"
	grep -qE '^nothing +[0-9,]+  1\.00 ' "$tmp/leak.out" || fail "$(<"$tmp/leak.out")"
	grep -qE '^memtrace leak --malloc +[0-9,]+  [0-9.]+ \(' "$tmp/leak.out" || fail "$(<"$tmp/leak.out")"
}

# Of a minute with 60,000 different call paths, beside another run of the same programs.
@test "a page of a busy minute stays below 2 MB, says what is folded, and works" {
	need_tool python3 python3
	need_tool jq jq
	local busy=$top/build/bench/busy page=$tmp/report.html shown
	"$busy" "$tmp/now.rec" 60 60 60000 60000 1
	"$busy" "$tmp/before.rec" 60 50 60000 20000 2
	"$memtrace" replay "$tmp/now.rec" report --against "$tmp/before.rec" -o "$page"
	[ "$(stat -c %s "$page")" -lt 2000000 ]
	python3 "$top/tests/readers/report.py" "$page" >"$tmp/report.json"
	[ "$(jq '.paths | length' "$tmp/report.json")" -le 7000 ]
	[ "$(jq .paths_folded "$tmp/report.json")" -gt 20000 ]
	[ "$(jq '[.processes[] | select(.pid == null) | .processes] | add' "$tmp/report.json")" -gt 0 ]
	shown='[.paths[] | select(.event == "fault")'
	[ "$(jq "$shown | .counts | _nwise(3) | select(.[1] == 0) | .[2]] | add" "$tmp/report.json")" = \
		"$("$memtrace" replay "$tmp/now.rec" stacks fault --json | jq .total.events)" ]
	[ "$(jq "$shown | .before[0]] | add" "$tmp/report.json")" = \
		"$("$memtrace" replay "$tmp/before.rec" trace fault --json | grep -c '"event":"fault"')" ]
	need_tool chromium-headless-shell chromium-headless-shell
	PYTHONDONTWRITEBYTECODE=1 python3 "$top/tests/browser/check.py" "$page" "$tmp/report.json" | grep -x ok
}
