#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # bats sets them
#
# memtrace report: what is in the page is what stat, hist and timeline say of the same recording.

load helpers

golden=tests/golden
reader=tests/readers/report.py

setup() {
	tmp=$BATS_TEST_TMPDIR
	export PYTHONDONTWRITEBYTECODE=1
}

@test "the sums of all stretches are what stat counts" {
	need python3
	local recording
	for recording in rare every keyed stalls window cgroups; do
		replay "$recording" report --json >"$tmp/report.json"
		replay "$recording" stat --json >"$tmp/stat.json"
		run -0 python3 "$reader" --sums "$tmp/report.json" "$tmp/stat.json"
		[ "${output#* }" -ge 3 ]
	done
}

@test "each process has what stat counts of it" {
	need jq
	replay rare report --json >"$tmp/report.json"
	diff <(jq -c '. as $r | [$r.counters[].path] as $paths | .processes[] | select(.pid) | [.pid, .comm, .cgroup,
			([.counts | _nwise(3) | select($paths[.[1]] == "fault.minor") | .[2]] | add // 0)]' "$tmp/report.json" | sort) \
		<(replay rare stat --json | jq -c '.processes[] | [.pid, .comm, .cgroup, .fault.minor]' | sort)
}

@test "histograms and samples are those of stat" {
	need jq
	replay stalls report --json >"$tmp/report.json"
	replay stalls stat --json >"$tmp/stat.json"
	diff <(jq -c '.histograms[] | [.name, .value, ([.counts | _nwise(3) | .[2]] | add), ([.sums | _nwise(2) | .[1]] | add // 0)]' \
			"$tmp/report.json" | sort) \
		<(jq -c '.histograms[] | select(.count > 0) | [.name, (.labels | to_entries[0].value), .count, .sum]' \
			"$tmp/stat.json" | sort)
	[ "$(jq '.histograms | length' "$tmp/report.json")" -gt 0 ]
	[ "$(jq '.samples[] | select(.path == "vm.pgfault") | .values | add' "$tmp/report.json")" = \
		"$(jq .samples.vm.pgfault "$tmp/stat.json")" ]
	[ "$(jq '.samples[] | select(.path == "memory.free_bytes") | .values | last' "$tmp/report.json")" = \
		"$(jq .samples.memory.free_bytes.last "$tmp/stat.json")" ]
	[ "$(jq '.samples[] | select(.path == "memory.free_bytes") | .least | min' "$tmp/report.json")" = \
		"$(jq .samples.memory.free_bytes.min "$tmp/stat.json")" ]
}

# States are looked for in each stretch of the page, by timeline once a second.
@test "events are the lines of the timeline" {
	need jq
	local recording seen='select(.kind | IN("low", "min", "limit", "above_high", "dirty_limit", "dirty") | not)
		| [.kind, .time_ns, .end_ns, .duration_ns, .count]'
	for recording in rare stalls functions; do
		replay "$recording" report --json >"$tmp/report.json"
		replay "$recording" timeline --json 2>"$tmp/err" | jq -c "select(.event) | .kind = .event | $seen" >"$tmp/lines"
		jq -c ".events[] | $seen" "$tmp/report.json" | diff "$tmp/lines" -
		[ -s "$tmp/lines" ]
	done
	replay rare report --json | jq -r '.events[].text' | sed 's/^[ │├└]*//' >"$tmp/texts"
	replay rare timeline 2>"$tmp/err" | sed 's/^[0-9:. ]*[ │├└]*//' | diff - "$tmp/texts"
	[ "$(grep -c '^OOM kill: mt-victim\[26648\], 40.0MiB' "$tmp/texts")" -eq 1 ]
}

@test "call paths are those of stacks" {
	need jq
	replay stacks report --json >"$tmp/report.json"
	[ "$(replay stacks stacks --json | jq .total.events)" -gt 50 ]
	diff <(jq -c '.paths[] | [(.stack | join(";")), ([.counts | _nwise(3) | select(.[1] == 0) | .[2]] | add)]' "$tmp/report.json" | sort) \
		<(replay stacks stacks --json | jq -c '.paths[] | [.stack, .events]' | sort)
	replay rare report --json >"$tmp/report.json" 2>"$tmp/err"
	[ ! -s "$tmp/err" ] # nothing is missed where nothing was recorded
	[ "$(jq -c .paths "$tmp/report.json")" = '[]' ]
}

@test "faults by address are those of trace, in the mappings that map has" {
	need jq
	local recording
	for recording in maps every stacks; do
		replay "$recording" report --json >"$tmp/report.json"
		replay "$recording" trace --json | jq -c 'select(.event == "fault") | [.pid, .address]' >"$tmp/faults"
		[ -s "$tmp/faults" ]
		diff <(jq -c '.fault_maps[] | [.pid, .faults, ([.cells | _nwise(3) | .[2]] | add), ([.areas[].faults] | add)]' "$tmp/report.json" | sort) \
			<(jq -sc 'group_by(.[0])[] | [.[0][0], length, length, length]' "$tmp/faults" | sort)
		run -0 python3 "$reader" --faults "$tmp/report.json" "$tmp/faults"
	done
	replay maps report --json >"$tmp/report.json"
	[ "$(jq -c '.fault_maps[0].areas | map([.name, .start, .faults])' "$tmp/report.json")" = '[["anonymous","0x7fe375200000",256]]' ]
	[ "$(replay rare report --json | jq -c '[.fault_maps, .fault_maps_left_out]')" = '[[],0]' ]
}

@test "--against: what names, cgroups and call paths had in the other recording" {
	need jq
	replay stacks report --json --against $golden/rare.rec >"$tmp/report.json"
	replay rare stat --json >"$tmp/stat.json"
	[ "$(jq -c '.against | [.subject, .start_ns, .duration_ns]' "$tmp/report.json")" = \
		"$(replay rare report --json | jq -c '[.subject, .start_ns, .duration_ns]')" ]
	diff <(jq -c '. as $r | .against.processes[] | [.comm, .cgroup, .processes,
			([.sums | _nwise(2) | select($r.counters[.[0]].path == "fault.minor") | .[1]] | add // 0)]' "$tmp/report.json" | sort) \
		<(jq -c '[.processes[] | {comm, cgroup, minor: .fault.minor}] | group_by([.comm, .cgroup])[] |
			[.[0].comm, .[0].cgroup, length, (map(.minor) | add)]' "$tmp/stat.json" | sort)
	[ "$(jq -c '[.paths[].before] | unique' "$tmp/report.json")" = '[[0,0,0,0]]' ] # it has no call chains
	replay stacks report --json --against $golden/stacks.rec >"$tmp/report.json"
	diff <(jq -c '[.paths[] | select(.pid)] | map([.stack, ([.counts | _nwise(3) | select(.[1] == 0) | .[2]] | add)]) | sort[]' "$tmp/report.json") \
		<(jq -c '[.paths[] | select(.pid | not)] | map([.stack, .before[0]]) | sort[]' "$tmp/report.json")
	[ "$(jq '[.paths[].before[0]] | add' "$tmp/report.json")" = "$(replay stacks stacks --json | jq .total.events)" ]
	[ "$(replay stacks report --json | jq -c '[has("against"), .paths[0].before]')" = '[false,null]' ]
}

@test "--against: what cannot be compared is refused, what is damaged is said" {
	refused 1 "no-such-file': No such file or directory; expected a recording, or a TIME" -- replay $golden/rare.rec report --json --against "$tmp/no-such-file"
	refused 2 "expected -n or -c in place of -p" -- replay $golden/rare.rec report --json --against $golden/rare.rec -p 1
	refused 1 "not begin like a recording" -- replay $golden/rare.rec report --json --against README.md
	cp $golden/rare.rec "$tmp/damaged.rec"
	printf xxxxxxxx | dd of="$tmp/damaged.rec" bs=1 seek=6000 conv=notrunc status=none
	run -1 --separate-stderr "$MEMTRACE" replay $golden/stacks.rec report --json --against "$tmp/damaged.rec"
	[[ $stderr == *"damaged.rec: damaged at byte"* ]]
	[ "$(jq .against.duration_ns <<<"$output")" -gt 0 ]
	[ "$(jq .duration_ns <<<"$output")" -gt 0 ]
}

@test "the page has the same data as --json, and runs its own script alone" {
	need python3
	replay rare report -o "$tmp/report.html"
	replay rare report --json | diff - <(python3 "$reader" "$tmp/report.html")
	grep -v '^[A-Za-z0-9+/=]*$' "$tmp/report.html" >"$tmp/page"
	[ "$(wc -c <"$tmp/page")" -lt 300000 ]
	grep -q "default-src 'none'" "$tmp/page"
	run ! grep -Eqi 'unsafe|https?://[^w]|<script src|<link [^>]*stylesheet|@import|innerHTML|insertAdjacentHTML|document\.write|eval\(' "$tmp/page"
	local kind hash
	for kind in script style; do
		hash=$(sed -n "/^<$kind>\$/,/^<\/$kind>/{s/^<$kind>\$//;s/<\/$kind>//;p}" "$tmp/report.html" | head -c -1 |
			python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha256(sys.stdin.buffer.read()).digest()).decode())')
		grep -qF "$kind-src 'sha256-$hash'" "$tmp/page"
	done
}

@test "it needs a recording, and a file or a pipe" {
	need script
	run -2 "$MEMTRACE" report -o "$tmp/report.html"
	[[ $output == *"expected a recording, as in memtrace replay"* ]]
	run -2 "$MEMTRACE" stat --format html
	[[ $output == *"no such format"* && $output != *html\ * ]]
	run script -qec "$MEMTRACE replay $golden/rare.rec report" /dev/null
	[[ $output == *"--format html: is not for a terminal; expected -o FILE"* ]]
}

@test "hostile names are data of the page, not part of it" {
	need python3 jq
	local name='</script><script>alert(1)</script><!--'
	replay rare report -o "$tmp/report.html"
	python3 "$reader" "$tmp/report.html" | jq -e '.processes[] | select(.comm | contains("\u001b[31m"))' >/dev/null
	run ! grep -qF "$name" "$tmp/report.html"
	[ "$(LC_ALL=C grep -c '[^ -~	]' "$tmp/report.html")" -eq 0 ]
}

@test "--from, --to and filters: a part of the recording" {
	need jq
	replay rare report --json -n mt-trigger >"$tmp/report.json"
	[ "$(jq -c '[.processes[].comm] | unique' "$tmp/report.json")" = '["mt-trigger"]' ]
	replay rare report --json --from 1s >"$tmp/report.json" 2>"$tmp/err"
	replay rare stat --json --from 1s >"$tmp/stat.json" 2>"$tmp/err"
	[ "$(jq .stretches.begin_ns "$tmp/report.json")" = "$(jq .start_ns "$tmp/stat.json")" ]
	[ "$(jq '. as $r | [.counts | _nwise(3) | select($r.counters[.[1]].path == "fault.minor") | .[2]] | add' "$tmp/report.json")" = \
		"$(jq .total.fault.minor "$tmp/stat.json")" ]
}

@test "a browser opens it, and each control does what it says" {
	need python3 chromium-headless-shell
	local recording
	for recording in rare maps "stacks --against $golden/rare.rec"; do
		# shellcheck disable=SC2086 # several words
		set -- $recording
		mkdir -p "${PICTURES:-$tmp}/$1"
		replay "$1" report "${@:2}" -o "$tmp/report.html"
		replay "$1" report "${@:2}" --json >"$tmp/report.json"
		run -0 python3 tests/browser/check.py "$tmp/report.html" "$tmp/report.json" "${PICTURES:-$tmp}/$1"
		[ "$output" = ok ]
	done
}
