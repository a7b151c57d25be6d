#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# Names that are made to do harm (escape sequences, quotes, backslashes,
# newlines, invalid UTF-8), of processes and of cgroups: no control character
# reaches a terminal, JSON stays JSON, the text file stays exposition
# format.

load lib

# ESC[31m, a quote in a label, backslashes, newline and tab, invalid and cut UTF-8, a C1 control, bidirectional override, DEL.
names=(1b5b33316d787878 227d20310a666f6f 5c5c5c6e5c22 610a620963 fffe80c3 6162636465c3 c29b33316d e280ae616263 7f7f61)

# No control character but newline and tab, and valid UTF-8; no line that a name has made.
assert_harmless() {
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || fail "$1 is not UTF-8"
	! LC_ALL=C grep -n -P '[\x00-\x08\x0b-\x1f\x7f]' "$1" || fail "control characters in $1"
	! LC_ALL=C grep -n -P '\xc2[\x80-\x9f]' "$1" || fail "C1 controls in $1"
	! LC_ALL=C grep -n -P '\xe2\x80[\xaa-\xae]' "$1" || fail "bidirectional overrides in $1"
}

each() {
	local hex

	for hex in "${names[@]}"; do
		printf '"%s" -n 500 %s\n' "$workloads/hostile" "$hex"
	done >"$tmp/each"
}

@test "stat: text" {
	each
	"$memtrace" stat -k 0 -- sh "$tmp/each" >"$tmp/out" 2>"$tmp/stat.err" 3>&-
	assert_harmless "$tmp/out"
	assert_harmless "$tmp/stat.err"
	! grep -q '^foo' "$tmp/out" || fail "a name made a line of its own"
}

@test "stat: text on a terminal" {
	need_tool script bsdutils
	each
	NO_COLOR=1 script -qec "'$memtrace' stat -k 0 -- sh '$tmp/each'" /dev/null </dev/null 3>&- | tr -d '\r' >"$tmp/out"
	assert_harmless "$tmp/out"
}

@test "stat: JSON" {
	each
	memtrace_stat -- sh "$tmp/each"
	assert_exact
	assert_harmless "$tmp/stat.json"
	between "processes" "$(report '.processes | length')" $((${#names[@]})) $((${#names[@]} + 1))
	same "the one with a quote" "$(report '[.processes[].comm | select(startswith("\"} 1"))] | length')" 1
	same "the one with backslashes" "$(report '[.processes[].comm | select(startswith("\\\\\\n"))] | length')" 1
}

@test "stat: csv, a row a name" {
	each
	"$memtrace" stat --format csv -o "$tmp/csv" -- sh "$tmp/each" 2>"$tmp/stat.err" 3>&-
	tr -d '\r' <"$tmp/csv" >"$tmp/out"
	assert_harmless "$tmp/out"
	need_tool python3
	between "rows" "$(python3 -c 'import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline=""), strict=True))
assert all(len(row) == len(rows[0]) for row in rows)
print(len(rows) - 1)' "$tmp/csv")" $((${#names[@]})) $((${#names[@]} + 1))
}

@test "trace: text and JSON lines" {
	each
	"$memtrace" trace fault -- sh "$tmp/each" >"$tmp/out" 2>"$tmp/stat.err" 3>&-
	assert_harmless "$tmp/out"
	"$memtrace" trace fault --json -o "$tmp/trace.json" -- sh "$tmp/each" >/dev/null 2>"$tmp/stat.err" 3>&-
	jq empty "$tmp/trace.json"
	same "lines that are no object" "$(grep -vc '^{.*}$' "$tmp/trace.json" || true)" 0
}

@test "export: text file" {
	need_tool promtool prometheus
	each
	memtrace_start export --textfile "$tmp/mt.prom" -i 0.2 --by comm --keep --max-series 1000
	sh "$tmp/each"
	sleep 0.5
	memtrace_stop
	promtool check metrics <"$tmp/mt.prom"
	iconv -f UTF-8 -t UTF-8 "$tmp/mt.prom" >/dev/null
	grep -q 'comm="' "$tmp/mt.prom"
	assert_harmless "$tmp/mt.prom"
}

@test "a cgroup with such a name" {
	memcg_init
	need_tool promtool prometheus
	make_cgroup $'\e[31m"x\\y\xff'
	memtrace_start export --textfile "$tmp/mt.prom" -i 0.2 --by cgroup --keep
	memtrace_stat -- "$workloads/hog" -g "$cgroup" -a 4
	"$memtrace" stat -- "$workloads/hog" -g "$cgroup" -a 4 >"$tmp/out" 2>"$tmp/err2" 3>&-
	sleep 0.5
	memtrace_stop
	assert_exact
	assert_harmless "$tmp/out"
	iconv -f UTF-8 -t UTF-8 "$tmp/stat.json" >/dev/null
	promtool check metrics <"$tmp/mt.prom"
	assert_harmless "$tmp/mt.prom"
}

@test "the arguments of messages" {
	run "$memtrace" stat -n $'\e[31mx' -p 0 -- true
	printf '%s\n' "$output" >"$tmp/out"
	assert_harmless "$tmp/out"
	run "$memtrace" $'st\e[31m\xff'
	printf '%s\n' "$output" >"$tmp/out"
	assert_harmless "$tmp/out"
}
