#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Covers: what of CMD's and memtrace's output goes where; that each interval is reported, also the last one and the only
# one; that a thread's id is not taken for a process's.

load lib

said() {
	sh -c 'echo from CMD; echo its error >&2'
}

@test "JSON on standard output is not mixed with what CMD prints" {
	local command
	export -f said
	for command in stat top hist "trace oom" verify; do
		# shellcheck disable=SC2086 # a command and its options
		"$memtrace" $command --json -- bash -c said >"$tmp/out" 2>"$tmp/err" 3>&-
		jq -es 'length >= 1 and all(.schema | startswith("memtrace."))' "$tmp/out" >/dev/null || fail "$command" "$(<"$tmp/out")"
		same "CMD's lines on standard error" "$(grep -cx -e "from CMD" -e "its error" "$tmp/err")" 2
	done
	"$memtrace" export --textfile - --once -- bash -c said >"$tmp/out" 2>"$tmp/err" 3>&-
	same "CMD's lines among metrics" "$(grep -c "from CMD" "$tmp/out")" 0
	same "and on standard error" "$(grep -cx "from CMD" "$tmp/err")" 1
}

@test "where it cannot be mixed CMD's output is left alone" {
	export -f said
	"$memtrace" stat -- bash -c said >"$tmp/out" 2>"$tmp/err" 3>&-
	same "beside text" "$(grep -cx "from CMD" "$tmp/out")" 1
	"$memtrace" stat --json -o "$tmp/stat.json" -- bash -c said >"$tmp/out" 2>"$tmp/err" 3>&-
	same "beside a file" "$(<"$tmp/out")" "from CMD"
	"$memtrace" stat --json -o /dev/stdout -- bash -c said >"$tmp/out" 2>"$tmp/err" 3>&-
	same "another name of standard output" "$(grep -c "from CMD" "$tmp/out")" 0
	same "a recording and a report in one stream are refused" \
		"$("$memtrace" stat --record - -o - -d 1 2>&1 >/dev/null | cat)" \
		"memtrace: --record -: reports go to standard output as well; expected -o FILE as well"
}

@test "as many intervals as there are, then the total" {
	# of the machine any number could come while the total is made
	"$workloads/steady" -c mt-steady -n 100 3>&- >"$tmp/steady.out" &
	started+=("$!")
	eventually grep -q ready "$tmp/steady.out"
	"$memtrace" stat fault -n mt-steady -i 0.5 -d 2 --json -o "$tmp/stat.json"
	[[ $(jq -s '.[:-1] | map(.duration_ns) | max < 800000000' "$tmp/stat.json") == true ]] || void "an interval came late"
	same "intervals and totals" "$(jq -s 'map(if .interval then "i" else "t" end) | join("")' "$tmp/stat.json")" '"iiiit"'
	# what is in no interval came after the last one
	jq -es '(.[:-1] | map(.total.fault.minor) | add) as $sum | .[-1].total.fault.minor - $sum | . >= 0 and . < $sum' \
		"$tmp/stat.json" || fail "sums" "$(jq -c '[.interval, .total.fault.minor]' "$tmp/stat.json")"
	"$memtrace" top fault -i 1 -d 2 --json -o "$tmp/top.json"
	same "tables of top" "$(wc -l <"$tmp/top.json")" 2
}

@test "top prints one table of a run that is shorter than its interval" {
	"$memtrace" top --json -d 0.5 -o "$tmp/top.json"
	same "by -d" "$(jq -s length "$tmp/top.json")" 1
	"$memtrace" top --json -o "$tmp/top.json" -- "$workloads/faults" -n 3000 >/dev/null
	same "by CMD" "$(jq -s length "$tmp/top.json")" 1
	same "CMD's faults are in it" "$(jq '[.processes[] | select(.comm == "faults") | .fault.minor >= 3000] | any' "$tmp/top.json")" true
}

@test "the id of a thread given as a process's names -t" {
	local tid
	python3 -c 'import threading, time
t = threading.Thread(target=time.sleep, args=(60,)); t.start(); print(t.native_id, flush=True)' >"$tmp/tid" 3>&- &
	started+=($!)
	eventually [ -s "$tmp/tid" ]
	tid=$(<"$tmp/tid")
	same status "$("$memtrace" stat -p "$tid" -d 1 2>"$tmp/err" >&2; echo $?)" 2
	same said "$(<"$tmp/err")" "memtrace: -p $tid: a thread, not a process; expected the pid of a process that runs, or -t $tid"
}

@test "a run ends with the processes that -p names" {
	start one faults -p -n 10
	start two faults -p -n 10
	# shellcheck disable=SC2154 # start() sets them
	memtrace_start stat fault -p "$one_pid,$two_pid" -d 600
	finish one
	nap 1
	kill -0 "$mt_pid" 2>/dev/null || fail "it ended too early"
	finish two
	memtrace_end
	grep -q 'the processes that -p names have ended' "$tmp/err" || fail "$(<"$tmp/err")"
	[[ $(grep -c 'with pid .* for .* from' "$tmp/out") == 1 ]] && ! grep -q ' for 10m' "$tmp/out" || fail "$(<"$tmp/out")"
}

@test "-p with CMD or --follow does not end with the process" {
	start one faults -p -n 10
	memtrace_start stat fault -p "$one_pid" --follow -d 5 --json -o "$tmp/stat.json"
	finish one
	memtrace_ends
	same "status" "$mt_status" 0
	between "duration" "$(report .duration_ns)" 5000000000 60000000000
}

@test "an interval that had much more than the others is named at the end of stat -i" {
	run "$memtrace" stat fault -i 0.5 -- sh -c "sleep 2; $workloads/faults -n 30000; sleep 2"
	same "status" "$status" 0
	[[ $(grep -c '^burst: MINOR/s .* mean .* in the interval from ' <<<"$output") == 1 ]] || fail "$output"
	grep -q '^burst: MINOR/s .* before ' <<<"$output" || fail "$output"
}

@test "trace without a probe says which events it does not print" {
	"$memtrace" trace -- "$workloads/faults" -n 1000 >"$tmp/out" 2>"$tmp/err" 3>&-
	same "lines" "$(grep -c ' fault ' "$tmp/out" || true)" 0
	grep -q '^memtrace: printing rare events; each event of fault, minor, alloc, space, heap, kpages comes only if it is named, as in: memtrace trace fault$' "$tmp/err"
	"$memtrace" trace fault -- "$workloads/faults" -n 1000 >"$tmp/out" 2>"$tmp/err" 3>&-
	between "lines" "$(grep -c ' fault ' "$tmp/out")" 1000 2000
	same "lines about it" "$(grep -c 'printing rare events' "$tmp/err" || true)" 0
}

@test "stat says how many tasks of CMD go on when it has ended" {
	run "$memtrace" stat fault -- sh -c 'setsid sleep 2 & setsid sleep 2 & sleep 0.3'
	[[ $output == *$'\n2 tasks that CMD started go on, not counted any more\n'* ]] || fail "$output"
	"$memtrace" stat fault --json -- sh -c 'setsid sleep 2 & sleep 0.3' >"$tmp/stat.json"
	same "in JSON" "$(jq .command.living "$tmp/stat.json")" 1
	run "$memtrace" stat fault -- sh -c 'sleep 0.1'
	[[ $output != *'go on'* ]] || fail "$output"
}
