#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# The ledger of stalls, of a limited memory cgroup on the live kernel.  As in
# reclaim.bats perf runs inside of memtrace and counts the same tasks from their
# exec on, and nobody else is in the cgroup.  Other causes need a machine of
# their own: tests/vm.

load lib

need() {
	memcg_init
	disk_dir
	make_cgroup stalls 24M
	file=$disk/memtrace-test-file.$$
}

teardown_file() {
	rm -f "$BATS_TEST_DIRNAME/../../build/memtrace-test-file."*
}

event=vmscan:mm_vmscan_memcg_reclaim

# stalls ARGS...: one whole run of "stalls --json"; its reports in $tmp/stat.json.
stalls() {
	mt_status=0
	rm -f "$tmp/stat.json"
	"$memtrace" stalls --json -o "$tmp/stat.json" "$@" >"$tmp/cmd.out" 2>"$tmp/stat.err" 3>&- || mt_status=$?
	((mt_status == 0)) || fail "memtrace stalls: status $mt_status"
	same "schema" "$(jq -r .schema "$tmp/stat.json" | sort -u)" memtrace.stalls/1
}

# workload MIB ROUNDS: $cmd writes a file of that size in the cgroup, and reads it so often.
workload() {
	cmd=("$workloads/hog" -g "$cgroup" -f "$file" -w "$1" -r "$2")
}

# accounts_delays: whether delay accounting is on, which tells of refaults where no program sees them.
accounts_delays() {
	! grep -qx 0 /proc/sys/kernel/task_delayacct 2>/dev/null
}

# sees_all: whether all stalls are seen, and not only reclaim and compaction.
sees_all() {
	[[ $(report '.sources[0].name') == psi_memstall_enter ]]
}

# of_hog FILTER
of_hog() {
	report "[.rows[] | select(.comm == \"hog\") | $1] | add // 0"
}

# enough NUMBER: the workload has waited so often that numbers say something
enough() {
	((${1:-0} > 20)) || fail "only ${1:-no} stalls: the test is void"
}

# sum_of_events FILE: count and nanoseconds of all stalls that are events, those on which sums are to be compared
sum_of_events() {
	jq -rs 'map(select(.event == "stall")) | "\(length) \(map(.duration_ns) | add)"' "$1"
}

@test "stalls for the limit are as many as perf counts ends of reclaim, and are all that the row has" {
	need_perf ${event}_end
	workload 60 3
	stalls -- perf stat -x, -o "$tmp/perf" -e ${event}_begin,${event}_end -- "${cmd[@]}"
	rm -f "$file"
	count=$(perf_count "$tmp/perf" ${event}_end)
	enough "$count"
	same "stalls of the limit" "$(of_hog .causes.memcg.count)" "$count"
	same "cgroup" "$(report '.rows[] | select(.comm == "hog" and .stalled_ns > 0) | .cgroup')" "$cgroup_name"
	same "stalled_ns" "$(of_hog .stalled_ns)" "$(of_hog '([.causes[].ns] | add)')"
	same "one thread's waits do not overlap: some_ns" "$(of_hog .some_ns)" "$(of_hog .stalled_ns)"
	same "task_ns" "$(report '.task_ns')" "$(report '[.rows[].stalled_ns, .kthreads[].ns] | add')"
	same "lost" "$(report '.lost | "\(.rare) \(.unfinished) \(.recursion)"')" "0 0 0"
	between "time in stalls" "$(of_hog .stalled_ns)" 1000 "$(report .duration_ns)"
	between "sleeps of reclaim in it" "$(of_hog .of_which.throttle_ns)" 0 "$(of_hog .stalled_ns)"
	# of some tasks nothing can be said of what PSI has beside
	same "unseen_ns" "$(report '.unseen_ns | tostring')" null
}

@test "what no hook of this kernel sees is unknown, and said to be" {
	workload 60 1
	stalls -a -- "${cmd[@]}"
	sees_all && skip "this kernel lets programs see all stalls"
	same "causes that are not seen" "$(report '[.rows[] | .causes | .high, .swapin, .other | .ns, .count] | unique | tostring')" \
		'[null]'
	same "refaults" "$(report '[.rows[] | .causes.refault | .ns, .count | type] | unique | tostring')" \
		"$(accounts_delays && echo '["number"]' || echo '["null"]')"
	same "source of refaults" "$(report '[.sources[].name] | index("task->delays") != null')" \
		"$(accounts_delays && echo true || echo false)"
	same "causes that are seen" "$(report '[.rows[] | .causes | .memcg, .direct, .compact | .ns, .count | type] | unique | tostring')" \
		'["number"]'
	same "buckets" "$(report '.buckets | tostring')" '{"some_ns":null,"full_ns":null}'
	same "callers" "$(report '.callers | length')" 0
	"$memtrace" stalls -a -- "${cmd[@]}" >"$tmp/text" 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	grep -q '^tasks waited .* for memory; PSI some .*, full ' "$tmp/text" || fail "$(<"$tmp/text")"
	grep -Eq "hog +$cgroup_name +[^ ]+ +[0-9.]+% +[^ ]+ +- +[^ ]+ +[^ ]+ +- +[^ ]+ +- \\|?" "$tmp/text" || fail "$(<"$tmp/text")"
	grep -Eq "^not seen by this kernel's hooks: [0-9.]+[mun]?s of PSI \\(all but reclaim( and compaction|, compaction and refaults)\\)$" "$tmp/text" ||
		fail "$(<"$tmp/text")"
}

# The whole machine's PSI is also what others wait, so only its sense is looked at: what is unseen is what PSI has more.
@test "what is unseen is PSI less the time with a stalled task" {
	workload 60 2
	stalls -a -- "${cmd[@]}"
	rm -f "$file"
	[[ $(report .psi.some_ns) != null ]] || skip "no PSI"
	[[ $(report .union_ns) != null ]] || skip "this kernel cannot tell the time with a stalled task"
	same "unseen_ns" "$(report .unseen_ns)" "$(report '[.psi.some_ns - .union_ns - ([.rows[].causes.refault.ns // 0] | add), 0] | max')"
	between "time with a stalled task" "$(report .union_ns)" 1000 "$(($(report .task_ns) + 100000))"
	between "the same by CPU" "$(report .explained_ns)" "$(report .union_ns)" "$(($(report .task_ns) + 100000))"
}

@test "a recording: each stall as an event, their sum, and the same report" {
	workload 60 3
	stalls --record "$tmp/rec" --longer-than 1ns -- "${cmd[@]}"
	rm -f "$file"
	"$memtrace" replay "$tmp/rec" trace stall --json >"$tmp/trace.json"
	count=$(of_hog '([.causes[].count // 0] | add)')
	enough "$count"
	same "events of stalls" "$(sum_of_events "$tmp/trace.json")" "$count $(of_hog .stalled_ns)"
	same "cgroups of events" "$(jq -rs 'map(select(.event == "stall") | .cgroup) | unique | join(" ")' "$tmp/trace.json")" \
		"$cgroup_name"
	jq -se 'map(select(.event == "stall")) | all(.[]; .comm == "hog" and .duration_ns > 0 and .start_ns > 0
		and .partial == false)' "$tmp/trace.json" >/dev/null || fail "$(head -n 3 "$tmp/trace.json")"
	"$memtrace" replay "$tmp/rec" stalls --json >"$tmp/again.json"
	# what memtrace itself cost is known to the live run alone
	same "replayed" "$(jq -S 'del(.own)' "$tmp/again.json")" "$(jq -S 'del(.own)' "$tmp/stat.json")"
	"$memtrace" replay "$tmp/rec" stalls --json >"$tmp/third.json"
	cmp "$tmp/again.json" "$tmp/third.json"
	"$memtrace" replay "$tmp/rec" stalls >"$tmp/text1"
	"$memtrace" replay "$tmp/rec" stalls >"$tmp/text2"
	cmp "$tmp/text1" "$tmp/text2"
	grep -q "hog *$cgroup_name" "$tmp/text1"
}

@test "record keeps what stalls tells, by each kind of row" {
	workload 60 2
	"$memtrace" record -o "$tmp/rec" stall -- "${cmd[@]}" >/dev/null 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	for by in process thread comm cgroup; do
		"$memtrace" replay "$tmp/rec" stalls --by $by --json >"$tmp/$by.json"
		jq -c '[.task_ns, ([.rows[].stalled_ns] | add), ([.rows[].causes.memcg.count] | add)]' "$tmp/$by.json"
	done >"$tmp/sums"
	same "sums by each kind of row" "$(sort -u "$tmp/sums" | wc -l)" 1
	enough "$(jq '.[2]' "$tmp/sums" | head -n 1)"
	# a thread waits for one thing at a time
	same "some_ns of threads" "$(jq -c '[.rows[].some_ns]' "$tmp/thread.json")" "$(jq -c '[.rows[].stalled_ns]' "$tmp/thread.json")"
}

@test "intervals add up to the whole" {
	workload 60 8
	cmd+=(-s 1000) # so that the last stall is in an interval that is complete
	stalls -i 0.1 -- "${cmd[@]}"
	rm -f "$file"
	(($(wc -l <"$tmp/stat.json") > 2)) || fail "$(wc -l <"$tmp/stat.json") reports: the test is void"
	same "intervals" "$(jq -s 'map(select(.interval) | [.rows[].causes.memcg.count] | add // 0) | add' "$tmp/stat.json")" \
		"$(jq -s '.[-1] | [.rows[].causes.memcg.count] | add' "$tmp/stat.json")"
	same "time of intervals" "$(jq -s 'map(select(.interval) | .task_ns) | add' "$tmp/stat.json")" \
		"$(jq -s '.[-1].task_ns' "$tmp/stat.json")"
}

@test "a cgroup's tasks alone, in a run that begins and ends in their midst" {
	workload 60 100000
	other=$cgroup_name
	"${cmd[@]}" >/dev/null 3>&- &
	started+=("$!")
	make_cgroup stalls-own 24M
	file=$file.own
	workload 60 100000
	"${cmd[@]}" >/dev/null 3>&- &
	started+=("$!")
	sleep 0.5
	stalls -d 1 -c "$cgroup"
	same "cgroups" "$(report '[.rows[].cgroup] | unique | join(" ")')" "$cgroup_name"
	enough "$(report '[.rows[].causes.memcg.count] | add')"
	between "stalled time of one thread" "$(report .task_ns)" 1000 "$(report .duration_ns)"
	stalls -d 1 --by cgroup
	for name in "$cgroup_name" "$other"; do
		enough "$(report ".rows[] | select(.cgroup == \"$name\") | .causes.memcg.count")"
	done
}

@test "a stall counts in the cgroup and under the name in which the task waits, also the first one" {
	make_cgroup stalls-before
	before=$cgroup_name before_dir=$cgroup
	make_cgroup stalls-after 24M
	workload 60 1
	"$memtrace" record stall --longer-than 1ns -o "$tmp/rec" -- sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$before_dir" \
		"${cmd[@]}" -c mt-after >/dev/null 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	for by in cgroup comm; do
		"$memtrace" replay "$tmp/rec" stalls --by $by --json | jq -c "[.rows[] | select(.stalled_ns > 0) | .$by]"
	done >"$tmp/names"
	same "cgroups and names" "$(paste -sd ' ' "$tmp/names")" "[\"$cgroup_name\"] [\"mt-after\"]"
}

@test "filters: by pid and by name the task alone" {
	workload 60 100000
	"${cmd[@]}" -c "mt-$$" >/dev/null 3>&- &
	started+=("$!")
	sleep 0.5
	for filter in "-p $!" "-n mt-$$" "-c $cgroup"; do
		# shellcheck disable=SC2086 # two words
		stalls -d 0.5 $filter
		same "$filter: pids" "$(report '[.rows[].pid] | unique | tostring')" "[$!]"
		same "$filter: unseen_ns" "$(report '.unseen_ns | tostring')" null
	done
	stalls -d 0.3 -p $$
	same "rows of one that does not wait" "$(report '[.rows[].stalled_ns] | add // 0')" 0
	rm -f "$file"
}

@test "hist stall holds each stall" {
	workload 60 2
	"$memtrace" record -o "$tmp/rec" stall -- "${cmd[@]}" >/dev/null 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	"$memtrace" replay "$tmp/rec" stalls --json >"$tmp/stat.json"
	counts=$(report '[.rows[].causes | to_entries[] | .value.count // 0] | add')
	ns=$(report '[.rows[].stalled_ns] | add')
	enough "$counts"
	for by in '' '--by cause' '--by comm' '--by cgroup' '--by process'; do
		# shellcheck disable=SC2086 # two words
		"$memtrace" replay "$tmp/rec" hist stall --json $by >"$tmp/hist.json"
		same "hist $by" "$(jq -c '[.histograms[] | select(.name == "stall_latency")]
			| [(map(.count) | add), (map(.buckets[].count) | add), (map(.sum) | add)]' "$tmp/hist.json")" "[$counts,$counts,$ns]"
	done
	same "the report's own" "$(report '[.histograms[] | select(.name == "stall_latency") | .count] | add')" "$counts"
	"$memtrace" replay "$tmp/rec" hist stall >"$tmp/text"
	grep -q '^how long stalls for memory take (cause memcg)$' "$tmp/text"
}

@test "trace stall prints long stalls, and all with --longer-than" {
	workload 60 2
	"$memtrace" trace stall --longer-than 1ns -- "${cmd[@]}" >"$tmp/text" 2>"$tmp/stat.err" 3>&-
	enough "$(grep -Ec "hog\[[0-9]+\] stalled [0-9.]+[mun]?s, memcg( in [a-z_]+)? in $cgroup_name" "$tmp/text")"
	"$memtrace" trace stall --json --longer-than 1ns -o "$tmp/trace.json" -- "${cmd[@]}" >/dev/null 2>"$tmp/stat.err" 3>&-
	enough "$(sum_of_events "$tmp/trace.json" | cut -d' ' -f1)"
	"$memtrace" trace stall --json --longer-than 1m -o "$tmp/trace.json" -- "${cmd[@]}" >/dev/null 2>"$tmp/stat.err" 3>&-
	same "stalls of a minute" "$(sum_of_events "$tmp/trace.json" | cut -d' ' -f1)" 0
	# the default is 10 ms
	"$memtrace" trace stall --json -o "$tmp/trace.json" -- "${cmd[@]}" >/dev/null 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	same "short ones" "$(jq -s 'map(select(.event == "stall" and .duration_ns < 10000000)) | length' "$tmp/trace.json")" 0
}

@test "stat has the counters and columns of stalls; stat reclaim has reclaim's" {
	workload 60 2
	memtrace_stat -- "${cmd[@]}"
	enough "$(total '.comm == "hog"' .stall.memcg.count)"
	same "stalls and episodes of the limit" "$(total '.comm == "hog"' .stall.memcg.count)" \
		"$(total '.comm == "hog"' .reclaim.memcg.count)"
	"$memtrace" stat -- "${cmd[@]}" >"$tmp/text" 2>"$tmp/stat.err" 3>&-
	grep -q ' STALLED STALL% ' <(grep -m1 '^ *PID ' "$tmp/text" | tr -s ' ') || fail "$(<"$tmp/text")"
	same "columns of reclaim" "$(grep -Ec '^ *PID .*( RECLAIM |TIME|WALL%)' "$tmp/text")" 0
	grep -q '^total .* stalled ' "$tmp/text"
	"$memtrace" stat reclaim -- "${cmd[@]}" >"$tmp/text" 2>"$tmp/stat.err" 3>&-
	rm -f "$file"
	grep -q ' RECLAIM TIME WALL% RECLAIMED' <(grep -m1 '^ *PID ' "$tmp/text" | tr -s ' ') || fail "$(<"$tmp/text")"
	same "columns of stalls" "$(grep -c STALL "$tmp/text")" 0
}

@test "recordings from before there were stalls show reclaim" {
	for recording in folds keyed functions; do
		"$memtrace" replay "$top/tests/golden/$recording.rec" stat >"$tmp/text"
		grep -q ' RECLAIM TIME WALL% RECLAIMED' <(grep -m1 '^ *PID ' "$tmp/text" | tr -s ' ') || fail "$(<"$tmp/text")"
		same "columns of stalls" "$(grep -c STALL "$tmp/text")" 0
	done
}

@test "wrong use is refused, and why" {
	refused "unexpected word 'fault': stalls takes only options" stalls fault -d 0.1
	refused "--longer-than 'x': not a duration; expected a number" stalls --longer-than x -d 0.1
	refused "--longer-than '0': out of range" stalls --longer-than 0 -d 0.1
	refused "--longer-than '-d': not a duration" trace stall --longer-than -d 0.1
	refused "--sort 'minor/s': no such column; expected one of STALLED MEMCG" stalls --sort minor/s -d 0.1
	refused "--by 'cause': not one of process, thread, comm, cgroup" stalls --by cause -d 0.1
	for command in stalls "trace stall" "hist stall"; do
		# shellcheck disable=SC2086 # words
		refused "rare.rec: the probe stall was not recorded" replay "$top/tests/golden/rare.rec" $command
	done
	"$memtrace" record -o "$tmp/rec" stall -d 0.1 2>/dev/null 3>&-
	refused "--longer-than: applies to tracing, not to a recording" replay "$tmp/rec" stalls --longer-than 1ms
	refused "unexpected word 'fault': stalls takes only options" replay "$tmp/rec" stalls fault
}
