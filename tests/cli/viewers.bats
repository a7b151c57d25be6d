#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # bats sets them
#
# The files for other programs, opened by programs that know nothing of memtrace: they say what JSON says.

load helpers

golden=tests/golden
readers=tests/readers

@test "pprof: a reader of the published field numbers finds each path, weight and kind" {
	need python3 jq
	replay stacks stacks --format pprof >"$BATS_TEST_TMPDIR/p"
	replay stacks stacks --format folded >"$BATS_TEST_TMPDIR/folded"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/folded")" -gt 50 ]
	python3 "$readers/pprof.py" --folded events "$BATS_TEST_TMPDIR/p" | diff - "$BATS_TEST_TMPDIR/folded"
	python3 "$readers/pprof.py" "$BATS_TEST_TMPDIR/p" | sed -n 's/^\([0-9]*\) kind=/\1 /p' |
		diff - <(replay stacks stacks --json | jq -r '.paths[] | "\(.events) \(.kind)"')
}

@test "pprof: protoc takes it apart" {
	need protoc zcat
	replay stacks stacks --format pprof | zcat | protoc --decode_raw >"$BATS_TEST_TMPDIR/raw"
	[ "$(grep -c '^2 {$' "$BATS_TEST_TMPDIR/raw")" -eq "$(replay stacks stacks --format folded | wc -l)" ]
	[ "$(sed -n 's/^10: //p' "$BATS_TEST_TMPDIR/raw")" = "$(replay stacks stacks --json | jq .duration_ns)" ]
	grep -qx '6: "\[kernel\]"' "$BATS_TEST_TMPDIR/raw"
}

@test "pprof: pprof opens it, and has the sums of the text" {
	need pprof jq
	export HOME=$BATS_TEST_TMPDIR
	replay stacks stacks --format pprof -o "$BATS_TEST_TMPDIR/p"
	run -0 pprof -raw "$BATS_TEST_TMPDIR/p"
	[[ $output == *"events/count[dflt]"* ]]
	run -0 pprof -top -nodecount=0 "$BATS_TEST_TMPDIR/p"
	[[ $output == *"Total samples = $(replay stacks stacks --json | jq .total.events) "* ]]
	grep -Eq '^ *12 .* golden-stacks\+0x19a0$' <<<"$output" # the function that touched, not the kernel's entry
	[[ $output != *exc_page_fault* ]]
	run -0 pprof -tags "$BATS_TEST_TMPDIR/p"
	[[ $output == *"72.0 (92.31%): touched by the program itself"* ]]
}

@test "folded: flamegraph.pl draws each function, with its share of all" {
	need flamegraph.pl perl jq
	replay stacks stacks --format folded >"$BATS_TEST_TMPDIR/folded"
	flamegraph.pl "$BATS_TEST_TMPDIR/folded" >"$BATS_TEST_TMPDIR/g.svg" 2>"$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	all=$(replay stacks stacks --json | jq .total.events)
	grep -q "<title>all ($all samples, 100%)</title>" "$BATS_TEST_TMPDIR/g.svg"
	grep -q '<title>golden-stacks+0x19a0 (12 samples, ' "$BATS_TEST_TMPDIR/g.svg"
	# who it belongs to is the lowest of each path
	grep -q '<title>golden-stacks (' "$BATS_TEST_TMPDIR/g.svg"
}

@test "what is no text is not for a terminal" {
	need script
	run script -qec "'$MEMTRACE' replay $golden/stacks.rec stacks --format pprof" /dev/null
	[ "$status" -eq 2 ]
	[[ $output == "memtrace: --format pprof: is not for a terminal; expected -o FILE, or standard output that is a file or a pipe"* ]]
	[[ $output != *$'\x1f\x8b'* ]]
	run script -qec "'$MEMTRACE' replay $golden/stacks.rec stacks --format pprof -o '$BATS_TEST_TMPDIR/p'" /dev/null
	[ "$status" -eq 0 ]
	[ -s "$BATS_TEST_TMPDIR/p" ]
}

# as_json PATH RECORDING WORD...
as_json() {
	local path=$1
	shift
	replay "$@" --format csv >"$BATS_TEST_TMPDIR/csv" 2>"$BATS_TEST_TMPDIR/err"
	replay "$@" --json >"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/err"
	run -0 python3 "$readers/csv_of.py" "$path" "$BATS_TEST_TMPDIR/csv" "$BATS_TEST_TMPDIR/json"
	echo "$output"
	# each line ends as RFC 4180 has it, and names stand once
	[ "$(grep -c $'\r$' "$BATS_TEST_TMPDIR/csv")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/csv")" ]
	[ "$(grep -cxF "$(head -n 1 "$BATS_TEST_TMPDIR/csv")" "$BATS_TEST_TMPDIR/csv")" -eq 1 ]
}

@test "csv: each table has what JSON has, with one line of names" {
	need python3 jq
	as_json processes rare stat
	as_json processes rare stat -i 500ms
	as_json processes every stat --by thread
	as_json rows stalls stalls -i 300ms
	as_json paths stacks stacks
	as_json kinds stacks stacks --by kind
	as_json events rare
	as_json cgroups cgroups state --by cgroup
	as_json . samples state -i 0.2
}

@test "csv: histograms have a row a bucket" {
	need jq
	diff <(replay rare hist --format csv | tail -n +2 | tr -d '\r' | cut -d , -f 4-) \
		<(replay rare hist --json | jq -r '.histograms[] | . as $h | .buckets[] |
			[$h.name, $h.unit, $h.labels.kind, .le, .count] | map(. // "") | join(",")')
}

# events_as_json RECORDING COMMAND KIND: each value of such events is that of JSON
events_as_json() {
	replay "$1" "$2" --format "csv:$3" >"$BATS_TEST_TMPDIR/csv"
	replay "$1" "$2" --json >"$BATS_TEST_TMPDIR/json"
	python3 - "$3" "$BATS_TEST_TMPDIR" <<-'END'
		import csv, json, sys

		def text(value):
		    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

		def flat(value, path=""):
		    for key, item in value.items():
		        if isinstance(item, dict):
		            yield from flat(item, path + key + ".")
		        else:
		            yield path + key, text(item)

		kind, directory = sys.argv[1:]
		rows = list(csv.DictReader(open(directory + "/csv", newline="")))
		events = [e for e in map(json.loads, open(directory + "/json")) if e.get("event") == kind]
		assert len(rows) == len(events) > 0, (len(rows), len(events))
		for row, event in zip(rows, events):
		    event = dict(flat(event))
		    for name, value in row.items():
		        assert event.get(name, "") == value, (name, value, event)
		    assert set(event) - {"schema"} <= set(row), set(event) - set(row)
	END
}

@test "csv: events have a row each, of one kind or of all" {
	need jq
	need python3
	events_as_json rare trace reclaim
	events_as_json every trace fault
	events_as_json rare timeline memcg
	[ "$(replay rare trace --format csv:reclaim | grep -c ^event)" -eq 1 ]
	# all kinds, and with each a line of names
	[ "$(replay rare trace --format csv | grep -vc ^event)" -eq "$(replay rare trace --json | jq -s '[.[] | select(.event)] | length')" ]
	[ "$(replay rare trace --format csv:none | wc -c)" -eq 0 ]
	[[ $(replay rare trace --format csv:events) == *,reclaim,* ]]
}

@test "csv: another table by its name, and no other" {
	run -0 replay rare stat --format csv:oom
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == *,mt-victim,* ]]
	refused 1 "--format csv:nothing: there is no such table" processes oom histograms values -- \
		replay "$golden/rare.rec" stat --format csv:nothing
	refused 2 "--format 'json:oom'" text json csv -- replay "$golden/rare.rec" stat --format json:oom
	[ "$("$MEMTRACE" list --format csv oom | head -n 1)" = $'name,default,help\r' ]
}

@test "events are for formats that have them" {
	refused 2 "--format 'folded'" "text json csv perfetto" -- replay "$golden/rare.rec" trace --format folded
	refused 2 "--format 'pprof'" "text json csv perfetto" -- replay "$golden/rare.rec" timeline --format pprof
	refused 2 "--format 'perfetto'" "text json csv" -- replay "$golden/rare.rec" stat --format perfetto
	refused 2 "--format 'pprof'" "text json csv" -- replay "$golden/rare.rec" stat --format pprof
}

# in_perfetto RECORDING WORD...: both have the same events
in_perfetto() {
	replay "$@" --format perfetto >"$BATS_TEST_TMPDIR/p" 2>"$BATS_TEST_TMPDIR/err"
	replay "$@" --json >"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/err"
	python3 "$readers/perfetto.py" --json "$BATS_TEST_TMPDIR/p" >"$BATS_TEST_TMPDIR/read"
	run -0 python3 "$readers/perfetto_of.py" "$BATS_TEST_TMPDIR/read" "$BATS_TEST_TMPDIR/json"
	echo "$output"
}

@test "perfetto: a reader of the published field numbers finds each event on its thread's track, and how long it took" {
	need python3
	in_perfetto rare trace
	in_perfetto stalls trace
	[[ $output == "19 events, 19 of them slices" ]]
	in_perfetto functions trace
	in_perfetto every trace fault
	in_perfetto stacks trace fault --stacks
	in_perfetto rare timeline
	in_perfetto stalls timeline
	in_perfetto functions timeline
}

@test "perfetto: samples of the machine are values over time" {
	need python3 jq
	replay samples trace --format perfetto 2>/dev/null | python3 "$readers/perfetto.py" --json >"$BATS_TEST_TMPDIR/read"
	# what stat says of the same intervals and at the end, each value once
	replay samples stat -i 100ms --json | jq -r '.samples.memory.free_bytes.last' | uniq >"$BATS_TEST_TMPDIR/free"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/free")" -ge 8 ]
	jq -r 'select(.track == "machine / memory.free_bytes (bytes)") | .value' "$BATS_TEST_TMPDIR/read" |
		diff - "$BATS_TEST_TMPDIR/free"
	replay samples stat -i 100ms --json | jq -r 'select(.interval) |
		.samples.vm.pgfault * 1e9 / .duration_ns | round' | uniq >"$BATS_TEST_TMPDIR/faults"
	jq -r 'select(.track == "machine / vm.pgfault per second (count)") | .value | round' "$BATS_TEST_TMPDIR/read" |
		head -n -1 | diff - "$BATS_TEST_TMPDIR/faults"
	grep -q '"track": "machine / pressure.memory.some.avg60 % (count)"' "$BATS_TEST_TMPDIR/read"
}

@test "perfetto: protoc takes it apart" {
	need protoc
	replay stalls trace --format perfetto 2>/dev/null | protoc --decode_raw >"$BATS_TEST_TMPDIR/raw"
	[ "$(grep -c '^    22: "memtrace"$' "$BATS_TEST_TMPDIR/raw")" -eq \
		"$(replay stalls trace --json 2>/dev/null | grep -c '"event":"stall"')" ]
	! grep -qv '^\(1 {\|}\|  .*\)$' "$BATS_TEST_TMPDIR/raw" || false # packets and nothing else
}
