# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# stalls_recorded STAGE [functions]: "COMM CAUSE COUNT NS", or FUNCTION for CAUSE, by the kernel's own record of enter and
# leave, outermost ones only, and "COMM nested COUNT 0" of what lies within them.  An enter is nested if the stack is deeper.
# Some callers are inlined into the allocator, whose tracepoints tell them apart, and waiting for a page is the same for
# files and for swap.
stalls_recorded() {
	awk -v functions="${2-}" '
		function caller(text) {
			sub(/.*caller=_*/, "", text)
			sub(/[.+].*/, "", text)
			sub(/_noprof$/, "", text)
			return text
		}
		function cause(of, comm, inner) {
			if (of ~ /^(mem_cgroup_)?try_charge/) return "memcg"
			if (of ~ /^(reclaim_high|mem_cgroup_handle_over_high)$/) return "high"
			if (of ~ /^alloc_pages/) return inner
			if (of ~ /^swap_read/) return "swapin"
			if (of ~ /^(folio_wait_bit_common|wait_on_page_bit_common)$/) return comm ~ /^st-(swap|zram)$/ ? "swapin" : "refault"
			if (of ~ /^(read_pages|filemap_read_folio|page_cache_ra|submit_bio)/) return "refault"
			return of
		}
		# TASK-PID [CPU] FLAGS SECONDS: EVENT: ...
		match($0, /-[0-9]+ +\[[0-9]+\]/) {
			comm = substr($0, 1, RSTART - 1)
			sub(/^ +/, "", comm)
			split(substr($0, RSTART + 1), part, " ")
			pid = part[1]
			for (i = 2; part[i] !~ /^[0-9]+\.[0-9]+:$/; i++)
				if (i > 6) next
			at = part[i] + 0
			event = part[i + 1]
		}
		event == "enter:" {
			match($0, /flags=0x[0-9a-f]+/)
			flags = substr($0, RSTART + 8, RLENGTH - 8)
			if (pid in open && flags < open[pid]) {
				nested[comm]++
				next
			}
			open[pid] = flags
			begun[pid] = at
			by[pid] = caller($0)
			inner[pid] = "direct"
		}
		event == "mm_compaction_try_to_compact_pages:" { inner[pid] = "compact" }
		event == "leave:" && pid in open && index($0, "flags=0x" open[pid]) {
			key = comm " " (functions ? by[pid] : cause(by[pid], comm, inner[pid]))
			count[key]++
			ns[key] += (at - begun[pid]) * 1e9
			delete open[pid]
		}
		END {
			for (key in count) printf "%s %d %.0f\n", key, count[key], ns[key]
			for (comm in nested) print comm, "nested", nested[comm], 0
		}' "$check_out/$1/events"
}

# stalls_told STAGE: the same by memtrace.
stalls_told() {
	stat_json "$1" '.rows | group_by(.comm)[] | .[0].comm as $comm | [.[].causes | to_entries[]] | group_by(.key)[] |
		"\($comm) \(.[0].key) \(map(.value.count) | add) \(map(.value.ns) | add)"'
}

# stalls_ns STAGE COMM: "CAUSES STALLED": NS of these causes (a regular expression), and of all.
stalls_ns() {
	stat_json "$1" "[.rows[] | select(.comm | test(\"^$2\$\"))] |
		\"\([.[].causes | to_entries[] | select(.key | test(\"^($3)\$\")).value.ns] | add // 0) \(map(.stalled_ns) | add // 0)\""
}

# stalls_sum STAGE COMM FILTER: the sum over these rows; null if it is unknown.
stalls_sum() {
	stat_json "$1" "[.rows[] | select(.comm == \"$2\") | $3] | if any(. == null) then null else add // 0 end"
}

# stalls_begun STAGE EVENT COMM: how often the kernel traced it for that task.
stalls_begun() {
	grep -cE "^ *$3-[0-9]+ .* $2: " "$check_out/$1/events"
}

# stalls_ready STAGE: memtrace ran.  The last line, which is the whole run, becomes stat.json, which the other checks know.
stalls_ready() {
	have_stat "$1" stalls || return
	tail -n 1 "$check_out/$1/stalls.json" >"$check_out/$1/stat.json"
	stalls_skipped "$1" "nothing lost" || nothing_lost "$1"
}

# stalls_skipped STAGE CHECK: whether the kernel has skipped programs, as tasks were preempted in them (7.x); how many stalls
# that hides until the next tick depends on the host's load, so CHECK is then skipped.
stalls_skipped() {
	local nr
	nr=$(stat_json "$1" .lost.recursion)
	((nr > 0)) || return 1
	skip "$1: $2" "the kernel skipped $nr runs of programs"
}

# stalls_dominates STAGE COMM CAUSES: most of what it waited.
stalls_dominates() {
	local ns stalled

	read -r ns stalled < <(stalls_ns "$1" "$2" "$3")
	((stalled > 0 && ns * 10 >= stalled * 9))
	verdict "$1: $2 waits for $3 ($ns of $stalled ns)" $? "$(stalls_told "$1" | grep "^$2 ")"
}

# stalls_compare STAGE COMM...: counts and times of each cause = the kernel's own record, but for stalls that memtrace says it
# missed.  Between the record's clock and memtrace's the host may do something else.
stalls_compare() {
	local stage=$1 wrong comm

	shift
	wrong=$(for comm; do
		join -a 1 -a 2 -e 0 -o 0,1.2,1.3,2.2,2.3 \
			<(stalls_recorded "$stage" | awk -v c="$comm" '$1 == c && $2 != "nested" { print $2, $3, $4 }' | sort) \
			<(stalls_told "$stage" | awk -v c="$comm" '$1 == c && $3 > 0 { print $2, $3, $4 }' | sort) |
			awk -v c="$comm" -v lack="$(may_lack "$stage")" '{ off = $5 - $3; if (off < 0) off = -off }
				$4 > $2 || $4 + lack < $2 || ($4 == $2 && off > $3 / 10 + 2e7) {
					print c, $1 ": recorded", $2, "in", $3, "ns; told", $4, "in", $5, "ns" }'
	done)
	[[ ! $wrong ]]
	verdict "$stage: counts and times of each cause = the kernel's record" $? "$wrong"
}

# stalls_stretches STAGE: of each stretch of intervals between those without a stall, and of all:
# "INTERVALS PSI BUCKETS EXPLAINED UNION TASKS STALLS".
stalls_stretches() {
	jq -rs 'def zero: [0, 0, 0, 0, 0, 0, 0];
		def row: [1, .psi.some_ns, .buckets.some_ns, .explained_ns, .union_ns, .task_ns, ([.rows[].causes[].count] | add // 0)];
		def plus($b): [., $b] | transpose | map(if any(. == null) then null else add end);
		(.[-1] | row | .[0] = "all"),
		(reduce .[:-1][] as $i ([zero]; if [$i | .psi.some_ns, .buckets.some_ns, .task_ns] | all(. == 0 or . == null) then . + [zero] else .[-1] |= plus($i | row) end) |
			.[] | select(.[5] > 0)) |
		map(tostring) | join(" ")' "$check_out/$1/stalls.json"
}

# stalls_add_up STAGE: what always holds, and, where the kernel's own times can be read, that they are explained: within
# 1 % on one CPU, 2 % on several.  Where the union is unknown, tasks stand for it.  The kernel reads its clock at another
# moment than memtrace; between the two the host may do something else, for a tenth of a second where it has much to do.
stalls_add_up() {
	local cpus=1 stretches wrong

	[[ ! -e $check_out/cpus.busy ]] || cpus=2
	stretches=$(stalls_stretches "$1")
	wrong=$(awk -v cpus=$cpus '
		function off(a, b) { return a > b ? a - b : b - a }
		{ slack = 2e7 + $7 * 5e3; if ($5 == "null") $5 = $6 }
		$1 != "all" { slack += 1e8 }
		$2 > $5 * 1.01 + slack { print "PSI > union:", $0 }
		$3 != "null" && $5 > $3 * 1.001 + slack { print "union > buckets:", $0 }
		$3 != "null" && $3 > $6 * 1.001 + slack { print "buckets > tasks:", $0 }
		$5 > $6 * 1.001 { print "union > tasks:", $0 }
		$3 != "null" && off($3, $4) > $3 / 100 * cpus + slack { print "explained is not buckets:", $0 }
		$1 == "all" && cpus == 1 && $5 != $6 && off($2, $5) > $2 / 100 { print "PSI is not the union:", $0 }' <<<"$stretches")
	if ! stalls_skipped "$1" "PSI <= union <= the kernel's times <= tasks, which explain them"; then
		[[ ! $wrong ]]
		verdict "$1: PSI <= union <= the kernel's times <= tasks, which explain them" $? "$wrong"$'\n'"$stretches"
	fi
	same "$1: rows and kernel threads = tasks" "$(stat_json "$1" '([.rows[].stalled_ns] + [.kthreads[].ns]) | add')" \
		"$(stat_json "$1" .task_ns)"
	same "$1: rows whose causes are not what they stalled" \
		"$(stat_json "$1" '[.rows[] | select(([.causes[].ns] | add) != .stalled_ns)] | length')" 0
	same "$1: rows with more within a cause than in it, or more of the time than of all tasks" "$(stat_json "$1" '[.rows[] |
		select(.of_which.high_penalty_ns > .causes.high.ns or .of_which.throttle_ns > .stalled_ns or .some_ns > .stalled_ns)] |
		length')" 0
	same "$1: at most 2 % of the time has another cause" \
		"$(stat_json "$1" '([.rows[].causes.other.ns] | add // 0) * 50 <= .task_ns')" true \
		"$(stat_json "$1" '.callers[] | select(.cause == "other") | tojson')"
}

# stalls_callers: each function that memtrace names was called as often: by the tasks of the steps at least, by all at most.
stalls_callers() {
	local wrong

	wrong=$(join -a 1 -a 2 -e 0 -o 0,1.2,1.3,2.2 \
		<(stalls_recorded stalls functions | awk '{ all[$2] += $3; if (/^(st-|frag )/) steps[$2] += $3 }
			END { for (of in all) if (of != "nested") print of, steps[of] + 0, all[of] }' | sort) \
		<(stat_json stalls '.callers[] | "\(.function) \(.count)"' | sed -E 's/^_*//; s/(_noprof)?(\.[^ ]*)? / /' |
			awk '{ count[$1] += $2 } END { for (of in count) print of, count[of] }' | sort) |
		awk -v lack="$(may_lack stalls)" '$4 > $3 || $4 + lack < $2 { print $1 ": recorded", $2, "to", $3, "told", $4 }')
	[[ ! $wrong ]]
	verdict "stalls: calls of each function = the kernel's record" $? "$wrong"
}

# What the kernel counts itself.  Nesting makes some calls part of others.
stalls_counters() {
	local max high told allocstall restored

	max=$(awk '$1 == "max" { print $2 }' "$check_out/stalls/cache.events")
	told=$(stalls_sum stalls st-cache .causes.memcg.count)
	((told > 100 && told <= max && max - told <= max / 100 + $(may_lack stalls)))
	verdict "stalls: reclaim at memory.max ($told) and memory.events max ($max)" $?
	high=$(awk '$1 == "high" { print $2 }' "$check_out/stalls/high.events")
	told=$(stat_json stalls '[.callers[] | select(.function | test("reclaim_high")) | .count] | add')
	nearly "stalls: reclaim at memory.high = memory.events high" stalls "$told" "$high"
	told=$(stalls_sum stalls st-direct .causes.direct.count)
	nearly "stalls: direct reclaim = tracepoints" stalls "$told" "$(stalls_begun stalls mm_vmscan_direct_reclaim_begin st-direct)"
	allocstall=$(vmstat stalls outer 'allocstall_*')
	((told > 10 && told <= allocstall))
	verdict "stalls: direct reclaim ($told) is part of allocstall ($allocstall)" $?
	nearly "stalls: direct compaction = tracepoints" stalls "$(stalls_sum stalls frag .causes.compact.count)" \
		"$(stalls_begun stalls mm_compaction_try_to_compact_pages frag)"
	# Sending out the read and waiting for it are two, if both take place.
	restored=$(awk '/^workingset_restore(_file)? / { print $2 }' "$check_out/stalls/owner.stat")
	told=$(stat_json stalls '[.rows[] | select(.comm == "st-refault" or .comm == "st-owner") | .causes.refault.count] | add')
	((restored > 100 && told * 2 >= restored && told * 2 <= restored * 5))
	verdict "stalls: refaults ($told) and workingset_restore_file ($restored)" $?
}

# stalls_pauses: how long balance_dirty_pages told dd to pause.
stalls_pauses() {
	sed -nE 's/^ *dd-[0-9]+ .* balance_dirty_pages: .* pause=([0-9]+) .*/\1/p' "$check_out/stalls/events" |
		awk '{ ms += $1 } END { printf "%.0f\n", ms * 1e6 }'
}

# stalls_contended: how long maplock's threads waited for locks of any kind, in the kernel's own trace.
stalls_contended() {
	sed -nE 's/^ *maplock-([0-9]+) .* ([0-9]+\.[0-9]+): contention_(begin|end): .*/\1 \2 \3/p' "$check_out/stalls/events" |
		awk '$3 == "begin" { at[$1] = $2 } $3 == "end" && $1 in at { ns += ($2 - at[$1]) * 1e9; delete at[$1] }
			END { printf "%.0f\n", ns }'
}

# What PSI does not count: each in a column of its own.
stalls_beside() {
	local told kernel

	told=$(stalls_sum stalls dd .dirty_ns)
	kernel=$(stalls_pauses)
	if ((kernel == 0)); then
		skip "stalls: dd pauses for the disk" "the host left this machine so little that it was slower than the disk"
	else
		((told * 10 >= kernel * 9))
		verdict "stalls: dd pauses for the disk ($told ns), as long as the kernel told it to ($kernel)" $?
	fi
	told=$(stalls_sum stalls maplock .mmap_lock_ns)
	kernel=$(stalls_contended)
	if ((kernel == 0)); then
		# nobody who waited for nothing else has a row
		[[ $told == null || $(stat_json stalls '[.rows[] | select(.comm == "maplock")] | length') == 0 ]]
		verdict "stalls: waiting for mmap_lock is unknown ($told)" $?
	else
		((told > 0 && told * 100 <= kernel * 102 + 1000000000 && told * 2 >= kernel))
		verdict "stalls: waiting for mmap_lock ($told ns) is most of the kernel's contention ($kernel)" $?
	fi
	told=$(stalls_sum stalls filefault .file_fault_ns)
	kernel=$(sed -nE 's/.* sum_ns=([0-9]+)$/\1/p' "$check_out/stalls/cold")
	[[ $told == null ]] || ((told <= kernel && told * 2 >= kernel))
	verdict "stalls: major faults on files ($told ns) are most of what the task measured ($kernel)" $?
	same "stalls: none of these waits is a stall" \
		"$(stat_json stalls '[.rows[] | select(.comm | test("^(dd|maplock|filefault)$")) |
			select(.stalled_ns * 20 > ([.dirty_ns, .mmap_lock_ns, .file_fault_ns] | map(. // 0) | add))] | length')" 0
}

# stalls_within STEP COMM: a task's shares never exceed wall time.
stalls_within() {
	local wall told

	wall=$(awk -v name="$1" '$1 == name { printf "%.0f\n", ($3 - $2 + 0.02) * 1e9 }' "$check_out/stalls/steps")
	told=$(stalls_sum stalls "$2" .stalled_ns)
	((told > 0 && told <= wall))
	verdict "stalls: $2 waited ($told ns) no longer than its step took ($wall)" $?
}

check_stalls_all() {
	local step

	trace_whole stalls
	verdict "stalls: some stalls begin within others ($(stalls_recorded stalls | awk '$2 == "nested" { print $1, $3 }' | paste -sd ';'))" \
		"$(stalls_recorded stalls | awk '$2 == "nested" { some = 1 } END { print !some }')"
	stalls_ready stalls || return
	# shellcheck disable=SC2046 # comms of the steps have no blanks
	stalls_compare stalls $(stalls_recorded stalls | awk '$1 ~ /^(st-|frag$)/ { print $1 }' | sort -u)
	stalls_callers
	stalls_counters
	stalls_add_up stalls
	stalls_beside
	# the whole run is longer: an interval that its end cuts short has no report
	same "stalls: the intervals' sum is the whole run but its last second" \
		"$(jq -s '(map(.task_ns) | .[:-1] | add) as $sum | .[-1] | .task_ns >= $sum and .task_ns - $sum <= .task_ns / 100' \
			"$check_out/stalls/stalls.json")" true "$(jq -c '[.duration_ns, .task_ns]' "$check_out/stalls/stalls.json" | tail -n 4)"
	same "stalls: nothing is unseen" "$(stat_json stalls .unseen_ns)" 0
	stalls_dominates stalls st-cache memcg
	stalls_dominates stalls st-high high
	check_stalls_timeline
	((2 * $(stalls_sum stalls st-high .of_which.high_penalty_ns) >= $(stalls_sum stalls st-high .causes.high.ns)))
	verdict "stalls: above memory.high the kernel's penalty takes most" $?
	stalls_dominates stalls st-direct 'direct|compact'
	stalls_dominates stalls 'st-(swap|zram)' 'memcg|swapin'
	# how much of memory is in the way is by chance
	if stalls_recorded stalls | grep -q '^frag compact'; then
		stalls_dominates stalls frag 'compact|direct'
	else
		skip "stalls: frag waits for compaction" "memory had room enough for huge pages in this run"
	fi
	stalls_dominates stalls st-refault 'refault|memcg'
	read -r ns stalled < <(stalls_ns stalls st-refault refault)
	((ns * 2 > stalled))
	verdict "stalls: st-refault waits for refaults most ($ns of $stalled ns)" $?
	for step in cache:st-cache high:st-high direct:st-direct swap_disk:st-swap; do
		stalls_within "${step%:*}" "${step#*:}"
	done
	stat_json stalls '[.kthreads[] | select(.comm | test("^kswapd")) | .ns] | add > 0' | grep -qx true
	verdict "stalls: kswapd has a row of its own" $? "$(stat_json stalls '.kthreads | tojson')"
	same "stalls: keys in which a replay differs" "$(jq -rs '.[0] as $run | .[1] as $replay | [$run | keys[] |
		select($run[.] != $replay[.])] | join(" ") | if . == "" then "none" else . end' \
		"$check_out/stalls/stat.json" "$check_out/stalls/replayed.json")" none
	same "stalls: by cgroup: who waits for what most" \
		"$(jq -r '.rows[] | select(.cgroup | startswith("/stalls/")) | select(.cgroup != "/stalls/swap") |
			"\(.cgroup) \(.causes | to_entries | max_by(.value.ns).key)"' "$check_out/stalls/by_cgroup.json" | sort | paste -sd ' ')" \
		"/stalls/cache memcg /stalls/high high /stalls/shared/evictor memcg /stalls/shared/owner refault"
	same "stalls: by cgroup: all of it" "$(jq '[.rows[].stalled_ns, .kthreads[].ns] | add' "$check_out/stalls/by_cgroup.json")" \
		"$(stat_json stalls .task_ns)"
}

# Each of the eight waits all of the time, in each interval. An interval's end and the reading of a task are up to some
# 0.7 s apart where the machine is kept from the CPU between them: what one interval has too much the next has too little.
check_stalls_open() {
	stalls_ready stalls_open || return
	stalls_add_up stalls_open
	stalls_skipped stalls_open "each of the eight in each interval" && return
	same "stalls_open: intervals at whose end one of the eight has not waited about all of the time until then" \
		"$(jq -s '[foreach .[:-1][] as $i ({ns: 0, waited: {}}; .ns += $i.duration_ns | .now = [$i.rows[] | select(.comm == "st-sleeper")] |
			.waited = reduce .now[] as $row (.waited; .["\($row.pid)"] += $row.stalled_ns)) | .ns as $ns |
			select((.now | length) != 8 or any(.waited[]; . < $ns - 7e8 or . > $ns + 7e8))] | length' \
			"$check_out/stalls_open/stalls.json")" 0 \
		"$(jq -c '[.duration_ns, (.rows[] | select(.comm == "st-sleeper").stalled_ns)]' "$check_out/stalls_open/stalls.json" | head)"
	same "stalls_open: the eight together" "$(stat_json stalls_open '.duration_ns as $d |
		[.rows[] | select(.comm == "st-sleeper").stalled_ns] | add | . > $d * 7.6 and . <= $d * 8.08')" true \
		"$(stat_json stalls_open '[.duration_ns, (.rows[] | select(.comm == "st-sleeper").stalled_ns)] | tojson')"
	stalls_dominates stalls_open st-sleeper high
	stat_json stalls_open '(.union_ns // .psi.some_ns) * 7 < .task_ns' | grep -qx true
	verdict "stalls_open: the sum over tasks is about eight times the union" $? \
		"$(stat_json stalls_open '"\(.task_ns) \(.union_ns // .psi.some_ns) in \(.duration_ns)"')"
}

# stalls_thrashed STAGE COMM: "COUNT NS" of the waits for pages that delay accounting calls thrashing, by the kernel's own
# record: of page cache, and from 6.1 on of what was swapped out.
stalls_thrashed() {
	local of='folio_wait_bit_common|wait_on_page_bit_common|swap_read'

	[[ $2 != st-swap ]] || of='folio_wait_bit_common|swap_read'
	stalls_recorded "$1" functions | awk -v comm="$2" -v of="^($of)" \
		'$1 == comm && $2 ~ of { count += $3; ns += $4 } END { printf "%d %.0f\n", count, ns }'
}

# stalls_delays STAGE COMM: delay accounting has these, and memtrace has what it has.
stalls_delays() {
	local count ns told told_ns

	read -r count ns < <(stalls_thrashed "$1" "$2")
	told=$(stalls_sum "$1" "$2" .causes.refault.count)
	told_ns=$(stalls_sum "$1" "$2" .causes.refault.ns)
	if ((count == 0 && told == 0)); then
		skip "$1: $2: refaults of delay accounting" "there were none in this run"
		return
	fi
	((told * 50 <= count * 51 && told * 50 >= count * 49 && told_ns * 10 >= ns * 9 && told_ns * 10 <= ns * 11 + 20000000))
	verdict "$1: $2: refaults of delay accounting ($told in $told_ns ns) are the kernel's record ($count in $ns)" $?
}

# Where functions cannot be hooked, tracepoints see reclaim, delay accounting knows of refaults, and the rest is named.
check_stalls_avoid() {
	local comm

	trace_whole stalls_avoid
	stalls_ready stalls_avoid || return
	for comm in st-cache st-high; do
		same "stalls_avoid: $comm: reclaim = tracepoints" "$(stalls_sum stalls_avoid $comm '.causes | .memcg.count + .high.count')" \
			"$(stalls_begun stalls_avoid mm_vmscan_memcg_reclaim_begin $comm)"
	done
	same "stalls_avoid: st-direct: direct reclaim = tracepoints" "$(stalls_sum stalls_avoid st-direct .causes.direct.count)" \
		"$(stalls_begun stalls_avoid mm_vmscan_direct_reclaim_begin st-direct)"
	stalls_delays stalls_avoid st-refault
	# before 6.1 delay accounting has page cache alone
	stalls_recorded stalls_avoid functions | grep -q '^[^ ]* folio_wait_bit_common' && stalls_delays stalls_avoid st-swap
	same "stalls_avoid: swap-ins are not told apart" "$(stat_json stalls_avoid '[.rows[].causes.swapin.ns] | unique | tojson')" "[null]"
	# an end that was skipped leaves the union going on
	if ! stalls_skipped stalls_avoid "what the penalty of memory.high took is said to be unseen"; then
		stat_json stalls_avoid 'if .union_ns == null then .unseen_ns == null
			else .unseen_ns * 4 > .psi.some_ns and .unseen_ns <= .psi.some_ns end' | grep -qx true
		verdict "stalls_avoid: what the penalty of memory.high took is said to be unseen" $? \
			"$(stat_json stalls_avoid '"unseen \(.unseen_ns) of PSI \(.psi.some_ns)"')"
	fi
	same "stalls_avoid: other sources than with programs on functions" \
		"$([[ $(stat_json stalls_avoid .sources) != "$(stat_json stalls .sources)" ]] && echo yes)" yes
}

# stalls_verified NAME COUNT ROW...: the kernel's own, and rows that are known if the counter COUNT is not 0, which is by chance.
stalls_verified() {
	local name=$1 count=$2

	shift 2
	if [[ $(jq --arg count "$count" '.counters[] | select(.counter == $count).kernel.high' "$check_out/verify/$name/verify.json") == [1-9]* ]]; then
		verified "$name" 0 "$@"
	else
		verified "$name" 0
		skip "verify/$name: $count is compared" "there was none in this run"
	fi
}

# What the kernel says itself, where it does.
check_stalls_verify() {
	local rows=()

	# where there are more CPUs, the command is what starts the work
	[[ -e $check_out/cpus.busy ]] || rows+=("delay accounting freepages_delay_total (stalls)")

	[[ $(stat_json stalls .union_ns) == null ]] || rows+=("/proc/pressure/memory memory some")
	[[ $(stat_json stalls .buckets.some_ns) == null ]] || rows+=("psi_group_cpu memory some")
	verified stalls 0 "${rows[@]}"
	stalls_verified refaults thrashing_count "delay accounting thrashing_count" "delay accounting thrashing_delay_total"
	stalls_verified compaction compact_count "delay accounting compact_count" "delay accounting compact_delay_total"
}

# Sleeps above memory.high have the cgroup's excess, or reclaim for it, as their cause, and the steps at a limit have theirs.
check_stalls_timeline() {
	timeline_sound stalls
	same "stalls: sleeps of st-high in the timeline, whose cause is memory.high of another cgroup or unknown" \
		"$(timeline stalls 'INDEX(.id) as $by | [.[] | select(.event == "penalty" and .comm == "st-high")] |
			"\(length > 0) \(map(select((.rule | IN("over_high", "still_over_high") | not) or
				($by[.cause | tostring] | .target_cgroup // .cgroup) != "/stalls/high")) | length)"')" "true 0"
	same "stalls: reclaim of the steps in the timeline, and its causes" \
		"$(timeline stalls 'INDEX(.id) as $by | [.[] | select(.rule == "at_limit" and (.comm == "st-cache" or .comm == "st-swap"))
			| "\(.comm) \($by[.cause | tostring] | "\(.event) \(.target_cgroup)")"] | unique | join(", ")')" \
		"st-cache limit /stalls/cache, st-swap limit /stalls/swap"
}

check_stalls() {
	check_stalls_all
	check_stalls_open
	check_stalls_avoid
	check_stalls_verify
}
