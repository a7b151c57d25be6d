#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# memtrace oom of logs that were kept (tests/golden/logs), byte for byte as in tests/golden/expected; what the kernels
# themselves say in these logs beside that; its usage.

load helpers
# shellcheck disable=SC1091 # not followed
. tests/golden/lib.bash

# log_of ARGUMENTS...: of a log on standard input, as JSON
log_of() {
	TZ=UTC "$MEMTRACE" oom --log - --json "$@"
}

@test "reports of each log, as text and as JSON" {
	mkdir "$BATS_TEST_TMPDIR"/{expected,printed}
	cp "$golden"/expected/oom.* "$BATS_TEST_TMPDIR/expected"
	for name in $(oom_logs); do
		oom_log "$BATS_TEST_TMPDIR/printed/oom.$name.txt" "$name"
		oom_log "$BATS_TEST_TMPDIR/printed/oom.$name.json" "$name" --json
	done
	[ "$(find "$golden/logs" -name '*.log' | wc -l)" -eq 13 ]
	diff -ru "$BATS_TEST_TMPDIR"/{expected,printed}
}

# The last look is 466 ms older than the kill: what the numbers say ends there.
@test "numbers of the time before a kill say from when to when they are" {
	TZ=UTC "$MEMTRACE" replay "$golden/rare.rec" oom 2>/dev/null >"$BATS_TEST_TMPDIR/text"
	grep -qx 'before    from 2.37s to 466ms before it: reclaim scanned nothing, PSI some 0s' "$BATS_TEST_TMPDIR/text"
	TZ=UTC "$MEMTRACE" replay "$golden/rare.rec" oom --json 2>/dev/null |
		jq -e '.before.samples | (.[0].before_kill_ns / 1e6 | floor) == 2365 and (.[-1].before_kill_ns / 1e6 | floor) == 465'
}

@test "tests/README.md lists each log" {
	for name in $(oom_logs); do
		grep -q "^| \`$name.log\` | ." tests/README.md || { echo "not: $name"; false; }
	done
}

@test "each line 'Killed process' of the kernel is a victim, or one of its group" {
	for log in "$golden"/logs/*.log; do
		theirs=$(grep -aE 'Killed process [0-9]' "$log" | grep -avE '^(12,|<13>|Mar .* systemd|Jan .* logger)' |
			sed -E 's/.*Killed process ([0-9]+).*/\1/' | sort -nu)
		ours=$("$MEMTRACE" oom --log "$log" --json | jq '[.victim.pid, .kill.others[].pid] | .[] | values' | sort -nu)
		printf '%s\n' "$log" "$theirs" "$ours"
		[ "$theirs" = "$ours" ]
	done
}

# points * 1000 / pages, as kernels before 5.1 print it ahead of the kill
@test "computed points give the score that the kernel printed" {
	nr=0
	for log in "$golden"/logs/*.log; do
		theirs=$(sed -nE 's/.*Kill process ([0-9]+) .* score ([0-9]+) or sacrifice child.*/\1 \2/p' "$log")
		[ "$theirs" ] || continue
		ours=$("$MEMTRACE" oom --log "$log" --json | jq -r '.ranking as $r | .ranking.candidates[0] |
			"\(.pid) \(.points * 1000 / $r.total_pages | floor)"')
		printf '%s\n' "$log" "$theirs" "$ours"
		[ "$theirs" = "$ours" ]
		nr=$((nr + 1))
	done
	[ "$nr" -eq 3 ]
}

@test "any piece of a log gives no more kills than the whole, and ends well" {
	for log in "$golden"/logs/*.log; do
		whole=$("$MEMTRACE" oom --log "$log" --json | wc -l)
		size=$(stat -c %s "$log")
		for at in 1 $((size / 5)) $((size / 3)) $((size / 2)) $((size * 4 / 5)) $((size - 1)); do
			begin=$(head -c "$at" "$log" | "$MEMTRACE" oom --log - --json | wc -l)
			rest=$(tail -c +"$at" "$log" | "$MEMTRACE" oom --log - --json | wc -l)
			echo "$log at $at: $begin $rest of $whole"
			[ "$begin" -le "$whole" ]
			[ "$rest" -le "$whole" ]
		done
	done
}

@test "zeros and carriage returns in a log change nothing" {
	whole=$(log_of <"$golden/logs/memcg-6.12.log")
	[ "$(sed 's/$/\r/' "$golden/logs/memcg-6.12.log" | log_of)" = "$whole" ]
	[ "$({
		head -c 100000 /dev/zero
		cat "$golden/logs/memcg-6.12.log"
	} | log_of)" = "$whole" ]
}

@test "a line of megabytes is passed over, and the next one is read" {
	{
		head -c 5000000 /dev/zero | tr '\0' x
		echo
		cat "$golden/logs/cut.log"
	} | log_of | jq -s -e 'length == 2'
}

@test "a log without a kill: a word about that, and exit status 0" {
	run --separate-stderr "$MEMTRACE" oom --log /dev/null
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ $stderr == *"no OOM kill in this log"* ]]
}

@test "names in a log cannot do anything to a terminal" {
	"$MEMTRACE" oom --log "$golden/logs/hostile.log" >"$BATS_TEST_TMPDIR/out"
	grep -q '\\x1b\[31m' "$BATS_TEST_TMPDIR/out"
	run ! grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$BATS_TEST_TMPDIR/out"
	"$MEMTRACE" oom --log "$golden/logs/hostile.log" --json | jq -e '.ranking.candidates | length == 4'
}

@test "what is not asked for is refused" {
	run --separate-stderr "$MEMTRACE" oom --log /dev/null --last
	[ "$status" -eq 2 ]
	run --separate-stderr "$MEMTRACE" oom --log /dev/null -p 1
	[ "$status" -eq 2 ]
	[[ $stderr == *"only with --explain"* ]]
	run --separate-stderr "$MEMTRACE" oom --log /dev/null --dir /tmp
	[ "$status" -eq 2 ]
	[[ $stderr == *"--dir: only with --last"* ]]
	run --separate-stderr "$MEMTRACE" oom --explain -p 4194304
	[ "$status" -eq 2 ]
	[[ $stderr == *"-p 4194304: no such process"* ]]
	run --separate-stderr "$MEMTRACE" oom --log /does/not/exist
	[ "$status" -eq 2 ]
	[[ $stderr == *"/does/not/exist"*"No such file"* ]]
	run --separate-stderr "$MEMTRACE" oom --log /
	[ "$status" -eq 1 ]
	[[ $stderr == *"Is a directory"* ]]
}

# at COLUMNS: the report on a terminal of that width
at() {
	script -qec "stty cols $1; TZ=UTC '$MEMTRACE' oom --log '$golden/logs/memcg-4.19.log'" /dev/null </dev/null | tr -d '\r'
}

@test "on a narrow terminal lines are broken where it ends; on a wide one as in a file" {
	command -v script >/dev/null || skip "missing: script (bsdutils)"
	# the first line, and what is one word to it, are left to the terminal
	[ "$(at 60 | tail -n +2 | awk 'length($0) > 62 && !/what grew before/' | wc -l)" = 0 ]
	[ "$(at 60 | tr -s ' \n' ' ')" = "$(at 200 | tr -s ' \n' ' ')" ]
	at 200 >"$BATS_TEST_TMPDIR/wide"
	diff "$BATS_TEST_TMPDIR/wide" <(TZ=UTC "$MEMTRACE" oom --log "$golden/logs/memcg-4.19.log")
}
