#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# The recordings in tests/golden, replayed into every output, byte for byte as
# in tests/golden/expected; and what an independent reader of the format finds
# in them.  tests/golden/update writes the expectations anew.

load helpers
# shellcheck disable=SC1091 # not followed
. tests/golden/lib.bash

# as_expected PREFIX: the cases whose name begins so.
as_expected() {
	local name recording arguments

	mkdir "$BATS_TEST_TMPDIR"/{expected,printed}
	cp "$golden/expected/$1".* "$BATS_TEST_TMPDIR/expected"
	while read -r name recording arguments; do
		[[ $name == "$1".* ]] || continue
		# shellcheck disable=SC2086 # several words
		replay "$BATS_TEST_TMPDIR/printed/$name" "$recording" $arguments
	done < <(cases)
	diff -ru "$BATS_TEST_TMPDIR"/{expected,printed}
}

# decoded RECORDING FILTER: of what the independent reader says of it.
decoded() {
	python3 tests/golden/dump.py "$golden/$1.rec" | jq -cS "$2"
}

need_reader() {
	local tool
	for tool in python3 zstd jq; do
		command -v "$tool" >/dev/null || skip "missing: $tool (scripts/setup test)"
	done
}

@test "tests/README.md lists each recording" {
	local file

	for file in "$golden"/*.rec; do
		grep -q "^| \`${file##*/}\` | ." tests/README.md || { echo "not: $file"; false; }
	done
}

@test "promtool takes all metrics" {
	local file nr=0

	command -v promtool >/dev/null || skip "missing: promtool (scripts/setup test)"
	for file in "$golden"/expected/*.prom; do
		promtool check metrics <"$file" || { echo "not: $file"; false; }
		nr=$((nr + 1))
	done
	[ $nr -ge 12 ]
}

@test "rare events, a hostile name, intervals: every output" {
	as_expected rare
}

@test "each single event of hot probes" {
	as_expected every
}

@test "sampled events, and a probe that is off by default" {
	as_expected sampled
}

@test "call chains, whose program is not there" {
	as_expected stacks
	[ "$(grep -c 'user_stack.*stacks+0x[0-9a-f]*;.*;.*;' "$golden/expected/stacks.stacks.txt")" -ge 12 ]
}

@test "what programs on functions tell: files, targets, what a kill was about" {
	as_expected functions
	[ "$(grep -c ', file of mt-file$' "$golden/expected/functions.trace.txt")" -eq 8 ]
	grep -q 'OOM kill .*, for order 0 GFP_KERNEL, constraint memcg, limit of /golden$' "$golden/expected/functions.trace.txt"
}

@test "the last part of a run" {
	as_expected window
}

@test "samples of files of the kernel" {
	as_expected samples
}

@test "episodes without records as older versions recorded them, before the last part and in it" {
	as_expected folds
}

@test "keyed counters: reclaim by target, a part of it without records" {
	as_expected keyed
}

@test "samples of cgroups, one of which is removed" {
	as_expected cgroups
}

@test "stalls for a limit, some of which have a record each" {
	as_expected stalls
	grep -q '"high":{"ns":null,"count":null}' "$golden/expected/stalls.stalls.json" # what no hook saw
}

@test "roles by names and titles" {
	as_expected roles
	# one changed its title, the hostile one is escaped, one was gone too soon
	for role in checkpointer walwriter 'backend \\x1b\[31m\\xff"\\x5cevil' '-'; do
		grep -qE "^postgres +$role " "$golden/expected/roles.stat.txt"
	done
}

@test "a recording that is cut off" {
	as_expected cut
}

@test "a recording that is damaged" {
	as_expected damaged
}

@test "what a recording does not have is refused" {
	as_expected refused
}

@test "filters" {
	as_expected filter
}

@test "a part of the time" {
	as_expected part
}

# stat_of ARGS...: what a replay of rare.rec counts
stat_of() {
	TZ=UTC "$MEMTRACE" replay "$golden/rare.rec" stat --json "$@" 2>/dev/null
}

# add_up: counts of several reports, added
add_up() {
	jq -cs 'def sums: map([paths(numbers) as $p | {key: ($p | join(".")), value: getpath($p)}]) | add | group_by(.key)
		| map({key: .[0].key, value: (map(.value) | add)}) | from_entries;
		map({total, machine, kills: (.oom | length), episodes: ([.histograms[] | select(.name | endswith("latency")).count] | add // 0)}) | sums'
}

@test "parts of the time add up to the whole" {
	stat_of | add_up >"$BATS_TEST_TMPDIR/whole"
	[ "$(jq '.episodes, .kills' "$BATS_TEST_TMPDIR/whole" | paste -sd " ")" = "129 1" ]
	for at in 1ms 50ms 777ms 1500ms 2.3s; do
		{ stat_of --to $at; stat_of --from $at; } | add_up | diff "$BATS_TEST_TMPDIR/whole" -
	done
	{ stat_of --to 1s; stat_of --from 1s --to 20:40:32; stat_of --from 20:40:32; } | add_up | diff "$BATS_TEST_TMPDIR/whole" -
}

@test "and so do processes" {
	stat_of | add_up | jq 'with_entries(select(.key | startswith("total.")))' >"$BATS_TEST_TMPDIR/whole"
	for pid in $(stat_of | jq '.processes[].pid'); do
		stat_of -p "$pid"
	done | add_up | jq 'with_entries(select(.key | startswith("total.")))' | diff "$BATS_TEST_TMPDIR/whole" -
}

@test "a part has what the interval with its bounds has" {
	"$MEMTRACE" replay "$golden/rare.rec" stat -i 500ms --json | jq -c 'select(.interval) | [.start_ns, .processes]' |
		sed -n 3p >"$BATS_TEST_TMPDIR/interval"
	[ -s "$BATS_TEST_TMPDIR/interval" ]
	stat_of --from 1s --to 1.5s | jq -c '[.start_ns, .processes]' | diff "$BATS_TEST_TMPDIR/interval" -
}

@test "no case is left out" {
	names=$(cases | sed 's/[. ].*//' | sort -u | paste -sd ' ')
	[ "$names" = "cache cgroups cut damaged every filter folds functions keyed maps part rare refused roles sampled samples stacks stalls window" ]
	[ "$(find "$golden" -name '*.rec' | wc -l)" -eq 15 ]
}

@test "a reader written from docs/recording.md finds the same head, events and losses" {
	need_reader
	for recording in rare every sampled stacks functions window samples folds keyed cgroups stalls roles; do
		theirs=$(decoded "$recording" '{host, duration_ns, lost, state, start_ns,
			events: .events | with_entries(select(.value > 0))}')
		ours=$("$MEMTRACE" replay "$golden/$recording.rec" --json | jq -cS '{host: .host.name, duration_ns, lost,
			state: "complete", start_ns,
			events: ([.events[] | select(.count > 0) | {(.event): .count}] | add // {})}')
		printf '%s\n' "$recording" "$theirs" "$ours"
		[ "$theirs" = "$ours" ]
	done
}

@test "that reader's differences of absolute counts are the sums that stat reports" {
	need_reader
	for recording in rare every window; do
		theirs=$(decoded "$recording" '[.counts["fault.minor", "fault.major", "fault.user", "alloc.count", "alloc.pages"]]')
		ours=$("$MEMTRACE" replay "$golden/$recording.rec" stat --json | jq -c '[.processes] | map(
			([.[].fault.minor] | add), ([.[].fault.major] | add), ([.[].fault.user] | add),
			([.[].alloc.count] | add), ([.[].alloc.pages] | add))')
		printf '%s\n' "$recording" "$theirs" "$ours"
		[ "$theirs" = "$ours" ]
		[ "$theirs" != '[0,0,0,0,0]' ]
	done
}

@test "the samples that it decodes are those that stat reports" {
	need_reader
	theirs=$(python3 tests/golden/dump.py --records "$golden/samples.rec" | jq -cs '[.[] | select(.record == "sample")] |
		[.[-1]["memory.total_bytes"], (map(.["memory.free_bytes"]) | min, max), .[-1]["vm.pgfault"] - .[0]["vm.pgfault"]]')
	ours=$("$MEMTRACE" replay "$golden/samples.rec" stat --json |
		jq -c '.samples | [.memory.total_bytes.last, .memory.free_bytes.min, .memory.free_bytes.max, .vm.pgfault]')
	[ "$theirs" = "$ours" ]
	[ "$(jq '.[3] > 0' <<<"$ours")" = true ]
}

@test "the titles that it decodes are those that processes had" {
	need_reader
	titles=$(python3 tests/golden/dump.py --records "$golden/roles.rec" | jq 'select(.record == "title") | .title' | sort)
	for title in "postgres: 15/main: alice shop [local] idle" "postgres: checkpointer -c" "postgres: walwriter -c" \
		"redis-rdb-bgsave 127.0.0.1:6379" "nginx: worker process"; do
		grep -qF "$title" <<<"$titles"
	done
	[ "$(wc -l <<<"$titles")" -eq 7 ]
}

@test "the samples of cgroups that it decodes are those that stat reports" {
	need_reader
	theirs=$(python3 tests/golden/dump.py --records "$golden/cgroups.rec" | jq -cs '[.[] | select(.record == "cgroup_sample" and .cgroup > 0)] |
		group_by(.cgroup) | map([.[-1].cgroup, .[-1].removed == 1, (map(."memory.current_bytes") | .[-1], min, max)]) | sort')
	ours=$("$MEMTRACE" replay "$golden/cgroups.rec" stat --json | jq -c '[.cgroups[] |
		[.id, .removed, (.memory.current_bytes | .last, .min, .max)]] | sort')
	printf '%s\n' "$theirs" "$ours"
	[ "$theirs" = "$ours" ]
	[ "$(jq -c '[length, (map(select(.[1])) | length), any(.[]; .[4] > .[3])]' <<<"$ours")" = '[4,1,true]' ]
}

@test "the keyed counters that it decodes are those that stat reports" {
	need_reader
	# absolute values: of each element, which its key and its life name, the newest
	theirs=$(python3 tests/golden/dump.py --records "$golden/keyed.rec" | jq -cs '[.[] | select(.record == "reclaim_by_target" and .flags < 2)] |
		group_by([.target_cgroup_id, .kind, .folded, .since_ns]) | map(.[-1]) |
		[(map(.count) | add), (map(.ns) | add), (map(.reclaimed_pages) | add), (map(."hist.16") | add)]')
	ours=$("$MEMTRACE" replay "$golden/keyed.rec" stat --json | jq -c '.reclaim_by_target | [(map(.count) | add), (map(.ns) | add),
		(map(.reclaimed_pages) | add), (map(.histogram.buckets[] | select(.le == 65536) | .count) | add)]')
	printf '%s\n' "$theirs" "$ours"
	[ "$theirs" = "$ours" ]
	[ "$(jq '.[0] > 446' <<<"$ours")" = true ]
}

@test "each event that it decodes is the one that trace prints" {
	need_reader
	# + 0: from 1.7 on jq prints large numbers as they were written until it has computed with them
	theirs=$(python3 tests/golden/dump.py --records "$golden/every.rec" |
		jq -c 'select(.record == "fault") | [.who.tid, .who.comm, .address + 0, .ip + 0, .error_code, .kernel]')
	ours=$("$MEMTRACE" replay "$golden/every.rec" trace fault --json |
		jq -c 'def number: ltrimstr("0x") | explode | reduce .[] as $c (0; . * 16 + if $c > 57 then $c - 87 else $c - 48 end);
			select(.event == "fault") | [.tid, .comm, (.address | number), (.ip | number), .error_code, if .mode == "kernel" then 1 else 0 end]')
	[ "$(wc -l <<<"$theirs")" -gt 20 ]
	[ "$theirs" = "$ours" ]
}

# Each is the whole terminal as tmux has it: sizes, colours, characters, columns, groups, pages.
@test "the screens of top on a recording" {
	local name columns rows how keys environment

	command -v tmux >/dev/null || skip "missing: tmux (scripts/setup test)"
	mkdir "$BATS_TEST_TMPDIR"/{expected,printed}
	while read -r name columns rows how keys environment; do
		cp "$golden/expected/$name" "$BATS_TEST_TMPDIR/expected"
		# shellcheck disable=SC2086 # several words
		take_screen "$BATS_TEST_TMPDIR/printed/$name" "$columns" "$rows" "$how" "$keys" $environment </dev/null
	done < <(screens)
	diff -ru "$BATS_TEST_TMPDIR"/{expected,printed}
}

@test "a history whose clock was set back: notes show each time by the clock of then, as the list does" {
	local dir=$BATS_TEST_TMPDIR/history command

	mkdir "$dir"
	# the third one is of another boot, on which the clock was behind
	cp tests/golden/rare.rec "$dir/20261122T204030Z-00000001.rec"
	cp tests/golden/functions.rec "$dir/20261122T230854Z-00000002.rec"
	cp tests/golden/window.rec "$dir/20261122T194838Z-00000003.rec"
	run "$MEMTRACE" replay "$dir"
	[[ $output == *"not recorded from 2026-11-22 20:40:32 to 2026-11-22 23:08:54: "* ]]
	for command in stat "stat --from 1" "trace --from 1ms"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$MEMTRACE" replay "$dir" $command
		# shellcheck disable=SC2154 # bats
		[[ $stderr == *"nothing was recorded from 2026-11-22 20:40:32 to 2026-11-22 23:08:54: "* ]]
	done
	run --separate-stderr "$MEMTRACE" replay "$dir" stat --from 1
	[[ $stderr == *"from 2026-11-22 20:40:31 to 2026-11-22 19:48:39: counts are known"* ]]
	run --separate-stderr "$MEMTRACE" copy "$dir" -o "$BATS_TEST_TMPDIR/copy.rec"
	[[ $stderr == *"from 2026-11-22 20:40:30 to 2026-11-22 19:48:39"* ]]
}
