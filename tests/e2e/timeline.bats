#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# A timeline on the live kernel: a cgroup above its limit, reclaim for it, and a kill.  All episodes that perf sees are in it
# once, runs counted, in order; each has the limit as its cause, the kill has the trigger's reclaim.  What needs a machine
# of its own (kswapd, direct reclaim, memory.high, dirty pages) is in tests/vm.

load lib

begin=vmscan:mm_vmscan_memcg_reclaim_begin

need() {
	memcg_init
	need_perf "$begin"
	disk_dir
	make_cgroup timeline 64M
	limit=$cgroup_name
	dir=$cgroup
	make_cgroup timeline/v
	victim_dir=$cgroup
	make_cgroup timeline/t
	trigger_dir=$cgroup
	file=$disk/memtrace-test-file.$$
}

teardown_file() {
	rm -f "$BATS_TEST_DIRNAME/../../build/memtrace-test-file."*
}

# incident OPTIONS...: reclaim of files in the limited cgroup, then a kill in it, while perf counts
incident() {
	cat >"$tmp/incident" <<-END
		"$workloads/hog" -g "$dir" -f "$file" -w 100
		"$workloads/oompair" "$victim_dir" "$trigger_dir"
	END
	"$memtrace" "$@" -- perf stat -x, -o "$tmp/perf" -e "$begin" -- sh "$tmp/incident" >"$tmp/cmd.out" 2>"$tmp/err"
	rm -f "$file"
	# shellcheck disable=SC2046
	eval $(grep -o '[a-z]*=[0-9]*' "$tmp/cmd.out" "$tmp/err" -h | tr '\n' ' ')
}

# lines QUERY: of the timeline, without its last line
lines() {
	jq -rs ".[:-1] | $1" "$tmp/timeline.json"
}

# whole: what holds of any timeline
whole() {
	same "lines out of order that do not say so" \
		"$(lines '[.[] | select(.late | not) | .time_ns] | . as $t | [range(1; length) | select($t[.] < $t[. - 1])] | length')" 0
	same "ids that are there twice" "$(lines '(map(.id) | length) - (map(.id) | unique | length)')" 0
	same "causes that have no line" "$(lines '(map(.id)) as $ids | map(select(.cause != null and (.cause | IN($ids[]) | not))) | length')" 0
	same "causes that began after their effect" \
		"$(lines '(map({(.id | tostring): .time_ns}) | add) as $at | map(select(.cause != null and $at[.cause | tostring] > .time_ns)) | length')" 0
	same "events and lines = the last line's counts" \
		"$(lines 'group_by(.event) | map({name: .[0].event, lines: length}) | sort_by(.name) | tojson')" \
		"$(jq -rs '.[-1].events | map({name, lines}) | map(select(.lines > 0)) | sort_by(.name) | tojson' "$tmp/timeline.json")"
}

judge() {
	local count

	whole
	count=$(perf_count "$tmp/perf" "$begin")
	((count > 100)) || fail "only $count episodes: the test is void"
	same "episodes, folded ones among them" \
		"$(($(lines '[.[] | select(.event == "memcg") | .count] | add') + $(jq -s '.[-1].lost.folded' "$tmp/timeline.json")))" "$count"
	same "limits that are causes" \
		"$(lines '[.[] | select(.event == "limit") | .target_cgroup] | unique | map(select(startswith("'"$limit"'"))) | length > 0')" true
	same "reclaim without a cause" "$(lines '[.[] | select(.event == "memcg" and .cause == null)] | length')" 0
	same "rules of reclaim" "$(lines '[.[] | select(.event == "memcg") | .rule] | unique - ["at_limit", "retried"] | length')" 0
	same "the kill, and whose reclaim it was for" \
		"$(lines 'INDEX(.id) as $by | [.[] | select(.event == "memcg_kill" or .event == "kill")][0]
			| "\(.victim.pid) \(.victim.comm) \(.pid) \(.rule) \($by[.cause | tostring] | "\(.event) \(.pid)")"')" \
		"$victim mt-victim $trigger found_nothing memcg $trigger"
}

@test "limit, reclaim, kill: live" {
	incident timeline --json -o "$tmp/timeline.json"
	judge
}

@test "limit, reclaim, kill: of a recording, and as text" {
	incident record -o "$tmp/rec"
	"$memtrace" replay "$tmp/rec" timeline --json >"$tmp/timeline.json"
	judge
	TZ=UTC "$memtrace" replay "$tmp/rec" timeline >"$tmp/text" 2>"$tmp/text.err"
	same "lines of text" "$(wc -l <"$tmp/text")" "$(lines length)"
	grep -qE "at its limit|limit of" "$tmp/text" || fail "no limit: $(head -n 3 "$tmp/text")"
	grep -qE "^[0-9:. ]{12} (│ )*└ OOM kill: mt-victim\[$victim\], .* asked by mt-trigger\[$trigger\]" "$tmp/text" ||
		fail "no kill: $(tail -n 3 "$tmp/text")"
	grep -qE "[0-9,]+ more memcg reclaims of hog\[[0-9]+\] in .*, .* in all, got back .*iB" "$tmp/text" ||
		fail "no run: $(head "$tmp/text")"
	said_lossless "$tmp/text.err"
}

@test "a filter leaves the kill's trigger, and what it did" {
	incident timeline -a -n mt-trigger --json -o "$tmp/timeline.json"
	whole
	same "whose reclaim it is" "$(lines '[.[] | select(.event == "memcg") | .comm] | unique | join(" ")')" mt-trigger
	same "the kill" "$(lines '[.[] | select(.victim.pid == '"$victim"')] | length')" 1
}

# A reader sees lines while the run goes on: five seconds after they began, and a tick.
@test "lines come while the run goes on" {
	"$memtrace" timeline -c "$dir" >"$tmp/out" 2>"$tmp/err" 3>&- &
	mt_pid=$!
	started+=("$mt_pid")
	eventually grep -q "tracing until Ctrl-C" "$tmp/err"
	"$workloads/hog" -g "$dir" -f "$file" -w 100
	rm -f "$file"
	eventually grep -q 'memcg reclaim' "$tmp/out"
	memtrace_stop
	same "its exit status" "$mt_status" 0
	said_lossless "$tmp/err"
}

@test "a run without an event says so" {
	"$memtrace" timeline -- true >"$tmp/out" 2>"$tmp/err"
	same "lines" "$(wc -l <"$tmp/out")" 0
	grep -q '^memtrace: no event was seen: no reclaim' "$tmp/err" || fail "$(<"$tmp/err")"
	"$memtrace" timeline -- "$workloads/hog" -g "$dir" -f "$file" -w 100 >"$tmp/out" 2>"$tmp/err"
	rm -f "$file"
	run ! grep -q 'no event was seen' "$tmp/err"
}

@test "hostile names" {
	local name=$'\e[31m"x\\y\xff'

	make_cgroup "$name" 24M
	"$memtrace" record -o "$tmp/rec" -- "$workloads/hog" -g "$cgroup" -f "$file" -w 60 -c "$name" 2>"$tmp/err"
	rm -f "$file"
	"$memtrace" replay "$tmp/rec" timeline >"$tmp/text" 2>"$tmp/text.err"
	"$memtrace" replay "$tmp/rec" timeline --json >"$tmp/timeline.json" 2>/dev/null
	grep -q 'memcg reclaim' "$tmp/text" || fail "no reclaim: the test is void"
	! LC_ALL=C grep -n -P '[\x00-\x08\x0b-\x1f\x7f]' "$tmp/text" || fail "control characters"
	iconv -f UTF-8 -t UTF-8 "$tmp/text" >/dev/null || fail "not UTF-8"
	jq empty "$tmp/timeline.json"
}
