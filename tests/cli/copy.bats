#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# memtrace copy: a part of a recording as a recording of its own, with its names or without.

load helpers
# shellcheck disable=SC1091 # not followed
. tests/golden/lib.bash

setup() {
	copy=$BATS_TEST_TMPDIR/copy.rec
	export TZ=UTC
}

# make WORD...: memtrace copy WORD... -o $copy
make() {
	"$MEMTRACE" copy "$@" -o "$copy" 2>"$BATS_TEST_TMPDIR/note"
}

# stat_of RECORDING WORD...: what it counts
stat_of() {
	"$MEMTRACE" replay "$1" stat --json "${@:2}" 2>/dev/null |
		jq -cS '[.total, .duration_ns, (.processes | sort_by(.pid)), .oom_kills, .samples, .cgroups]'
}

@test "a copy of all of a recording says what the recording says, in every output" {
	local file name recording arguments before='' nr=0

	while read -r name recording arguments; do
		[[ $recording == *[@!]* ]] && continue
		file=tests/golden/$recording.rec
		if [[ $recording != "$before" ]]; then
			make "$file"
			before=$recording
		fi
		# shellcheck disable=SC2086 # words
		"$MEMTRACE" replay "$file" $arguments >"$BATS_TEST_TMPDIR/of.file" 2>"$BATS_TEST_TMPDIR/said" || true
		# shellcheck disable=SC2086
		"$MEMTRACE" replay "$copy" $arguments >"$BATS_TEST_TMPDIR/of.copy" 2>"$BATS_TEST_TMPDIR/said.of.copy" || true
		sed -i "s,$copy,$file,g" "$BATS_TEST_TMPDIR/of.copy" "$BATS_TEST_TMPDIR/said.of.copy"
		cmp "$BATS_TEST_TMPDIR/of.file" "$BATS_TEST_TMPDIR/of.copy"
		cmp "$BATS_TEST_TMPDIR/said" "$BATS_TEST_TMPDIR/said.of.copy"
		nr=$((nr + 1))
	done < <(cases | sort -s -k 2,2)
	((nr > 60))
	[ "$(stat -c %a "$copy")" = 600 ]
}

@test "parts meet and add up to the whole, and each is what a replay shows of that part" {
	local whole parts=()

	whole=$("$MEMTRACE" replay tests/golden/rare.rec stat --json 2>/dev/null | jq .total.fault.minor)
	make tests/golden/rare.rec --to 1
	[ "$(stat_of "$copy")" = "$(stat_of tests/golden/rare.rec --to 1)" ]
	parts+=("$("$MEMTRACE" replay "$copy" stat --json 2>/dev/null | jq .total.fault.minor)")
	make tests/golden/rare.rec --from 1
	[ "$(stat_of "$copy")" = "$(stat_of tests/golden/rare.rec --from 1)" ]
	parts+=("$("$MEMTRACE" replay "$copy" stat --json 2>/dev/null | jq .total.fault.minor)")
	[ "$((parts[0] + parts[1]))" = "$whole" ]
	[ "${parts[0]}" -gt 0 ]
	[ "${parts[1]}" -gt 0 ]
	# a copy of a copy
	cp "$copy" "$BATS_TEST_TMPDIR/half.rec"
	make "$BATS_TEST_TMPDIR/half.rec"
	[ "$(stat_of "$copy")" = "$(stat_of tests/golden/rare.rec --from 1)" ]
	# by the clock, of a recording in a pipe
	"$MEMTRACE" copy - --from 20:40:31 -o - <tests/golden/rare.rec 2>/dev/null >"$BATS_TEST_TMPDIR/pipe.rec"
	[ "$(stat_of "$BATS_TEST_TMPDIR/pipe.rec")" = "$(stat_of tests/golden/rare.rec --from 20:40:31)" ]
}

# words_of RECORDING: names in it, each once
words_of() {
	{
		"$MEMTRACE" replay "$1" --json | jq -r '.host.name, .subject'
		"$MEMTRACE" replay "$1" stat --by thread --json | jq -r '.processes[] | .comm, .thread_comm, .cgroup'
		"$MEMTRACE" replay "$1" trace --json | jq -r '.. | strings'
		"$MEMTRACE" replay "$1" map -k 0 --json | jq -r '.. | .name? // empty'
		"$MEMTRACE" replay "$1" stat --by role --json | jq -r '.. | .program?, .role? // empty'
	} 2>/dev/null | tr ' /:()' '\n' | sort -u
}

@test "without names: the same numbers, and none of the words" {
	local name secrets='golden|workload|mt-victim|mt-trigger|shared|SYSV|\.rec|zero|victim|postgres|java|nginx|redis|faults|spawn'

	for name in rare every maps stacks roles cgroups keyed; do
		make "tests/golden/$name.rec" --anonymise
		grep -q "names were replaced" "$BATS_TEST_TMPDIR/note"
		[ "$("$MEMTRACE" replay "$copy" stat --json 2>/dev/null | jq -cS '[.total, .duration_ns, ([.processes[]? | [.pid, .fault]] | sort)]')" = \
			"$("$MEMTRACE" replay "tests/golden/$name.rec" stat --json 2>/dev/null | jq -cS '[.total, .duration_ns, ([.processes[]? | [.pid, .fault]] | sort)]')" ]
		words_of "tests/golden/$name.rec" | grep -qE "$secrets"
		words_of "$copy" >"$BATS_TEST_TMPDIR/words"
		run grep -E "$secrets" "$BATS_TEST_TMPDIR/words"
		[ -z "$output" ]
		# texts of a fixed size are numbers in it; they are among the words above
		run grep -aoE 'golden|workload|mt-victim|mt-trigger|mt-worker|postgres|nginx' <(tests/golden/unpacked "$copy")
		[ -z "$output" ]
	done
	# the same text has the same name: a process and the file that it runs
	make tests/golden/rare.rec --anonymise
	[ "$("$MEMTRACE" replay "$copy" oom --json 2>/dev/null | jq -r .victim.cgroup)" != null ]
	[ "$("$MEMTRACE" replay "$copy" stat --json 2>/dev/null | jq '[.processes[].cgroup] | unique | length')" = \
		"$("$MEMTRACE" replay tests/golden/rare.rec stat --json 2>/dev/null | jq '[.processes[].cgroup] | unique | length')" ]
}

@test "what is damaged is copied up to there; what cannot be copied leaves nothing" {
	head -c 5000 tests/golden/rare.rec >"$BATS_TEST_TMPDIR/cut.rec"
	make "$BATS_TEST_TMPDIR/cut.rec"
	[ "$(stat_of "$copy")" = "$(stat_of "$BATS_TEST_TMPDIR/cut.rec")" ]
	{
		head -c 6000 tests/golden/rare.rec
		printf x
		tail -c +6002 tests/golden/rare.rec
	} >"$BATS_TEST_TMPDIR/damaged.rec"
	run make "$BATS_TEST_TMPDIR/damaged.rec"
	[ "$status" -eq 1 ]
	[ "$(stat_of "$copy")" = "$(stat_of "$BATS_TEST_TMPDIR/damaged.rec")" ]
	rm "$copy"
	refused 1 "cannot be replayed" -- copy README.md -o "$copy"
	refused 2 "--from: tests/golden/rare.rec has no counts of that time" -- copy tests/golden/rare.rec --from 1h -o "$copy"
	refused 2 "--to" -- copy tests/golden/rare.rec --from 2 --to 1 -o "$copy"
	refused 2 "expected -o FILE" -- copy tests/golden/rare.rec
	refused 2 "expected a recording" -- copy
	refused 2 "stat" -- copy tests/golden/rare.rec stat
	ln -s "$PWD/tests/golden/rare.rec" "$BATS_TEST_TMPDIR/same.rec"
	refused 2 "is the recording itself" -- copy tests/golden/rare.rec -o "$BATS_TEST_TMPDIR/same.rec"
	[ ! -e "$copy" ]
	[ -z "$(find "$BATS_TEST_TMPDIR" -name '.*' -type f)" ]
}
