# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # $no_memtrace is run's
#
# Judges what the stages of a VM left.  Every check compares numbers from two
# sources: the kernel's counters, its own trace, its log, and
# memtrace.  Sourced by run; verdicts go to descriptor 3.

check_begin() {
	check_name=$1
	check_out=$2
	check_exit_kind=
	check_functions=
}

note() {
	printf 'note\t  %s\n' "$1" >&3
}

# verdict NAME STATUS [DETAILS]: details are shown when it failed.
verdict() {
	local line

	if (($2 == 0)); then
		printf 'ok\t%s: %s\n' "$check_name" "$1" >&3
		return
	fi
	printf 'bad\t%s: %s\n' "$check_name" "$1" >&3
	while IFS= read -r line; do
		note "$line"
	done <<<"${3-}"
}

skip() {
	printf 'ok\t%s: %s # SKIP %s\n' "$check_name" "$1" "$2" >&3
}

# same NAME VALUE VALUE [DETAILS]
same() {
	[[ $2 == "$3" && $2 != '' ]]
	verdict "$1 ($2)" $? "left: ${2:-nothing}; right: ${3:-nothing}. ${4-}"
}

# vmstat STAGE WHERE COUNTER...: the counters' sum around (outer) or inside (inner) what memtrace watched.
vmstat() {
	local dir=$check_out/$1 where=$2

	shift 2
	awk -v names="$*" 'BEGIN { n = split(names, name, " "); for (i = 1; i <= n; i++) want[name[i]] = 1 }
		{ for (w in want) if ($1 == w || (w ~ /\*$/ && index($1, substr(w, 1, length(w) - 1)) == 1))
			sum += FILENAME ~ /1$/ ? $2 : -$2 }
		END { print sum + 0 }' "$dir/${where}0" "$dir/${where}1" 2>/dev/null
}

# bracket NAME STAGE VALUE COUNTER...: inner <= VALUE <= outer.
bracket() {
	local name=$1 stage=$2 value=$3 inner outer

	shift 3
	inner=$(vmstat "$stage" inner "$@")
	outer=$(vmstat "$stage" outer "$@")
	[[ $value =~ ^[0-9]+$ ]] && ((inner <= value && value <= outer))
	verdict "$name ($value; kernel $inner..$outer)" $?
}

# seen STAGE EVENT: how often the kernel traced it.
seen() {
	grep -c " $2: " "$check_out/$1/events"
}

# reclaimed STAGE KIND: the sum of pages in the kernel's trace of the ends of such episodes.
reclaimed() {
	sed -n "s/.* mm_vmscan_$2_reclaim_end: .*nr_reclaimed=\([0-9]*\).*/\1/p" "$check_out/$1/events" |
		awk '{ n += $1 } END { printf "%d\n", n }'
}

# The trace that memtrace is compared with must be whole itself.
trace_whole() {
	same "$1: the kernel's own trace is whole" "$(awk '{ n += $NF } END { print NR ":" n + 0 }' "$check_out/$1/events.lost")" 2:0
}

# stat_json STAGE FILTER: of what memtrace printed.
stat_json() {
	jq -r "$2" "$check_out/$1/stat.json" 2>&1
}

# log_report STAGE FILTER: of what "memtrace oom --last" said after it
log_report() {
	jq -r "$2" "$check_out/$1/log_report.json" 2>&1
}

# Is there a tracepoint for page fault exceptions?
has_exceptions() {
	[[ $vm_deb_arch != arm64 ]]
}

# Does memtrace see single page faults there?  Where there is no tracepoint that takes programs on functions, which not
# all kernels for arm64 have.
sees_faults() {
	has_exceptions || jq -e '.probes[] | select(.name == "fault").why == null' \
		"$check_out/doctor/doctor.json" >/dev/null 2>&1
}

# Is memtrace's report of that stage there at all?  If not, says so and returns 1.
have_stat() {
	local dir=$check_out/$1 file=${2:-stat}

	if [[ $no_memtrace ]]; then
		skip "$1: memtrace against the kernel" "$no_memtrace"
		return 1
	fi
	[[ -s $dir/$file.json && $(<"$dir/$file.status") == 0 ]] && jq empty "$dir/$file.json" 2>/dev/null && return 0
	verdict "$1: memtrace $file runs" 1 "status $(cat "$dir/$file.status" 2>&1); $(head -n 5 "$dir/$file.err" 2>&1)"
	return 1
}

# Where tracepoints can be preempted, memtrace attaches what it can by kind tp.
preemptible() {
	[[ $check_exit_kind == tp ]]
}

# Can any hook be preempted?  Programs on functions can on every kernel.
skips() {
	preemptible || [[ $check_functions ]]
}

# What is preempted is skipped for others on that CPU meanwhile.  Where tracepoints can be, the fork and free hooks, which
# have no tp form, miss what comes while they are, and the others what comes while a system call that disables them is (on
# this one slow CPU a thousand times as often as on a real one).  Programs on functions, which are of single faults, reclaim
# and kills, miss their own: rare events as well as others.  memtrace must say so (lost.recursion, which all that is lost is
# part of), and there must be few.  Last counts that come later than memtrace waits for them on a slow machine are in
# lost.tasks, too: where tracepoints can be preempted.  Where no hook can be, nothing is lost.
few=100
nothing_lost() {
	local lost few_skipped tasks=0 all

	! preemptible || tasks=$few
	IFS=$'\t' read -r lost few_skipped all < <(stat_json "$1" ".lost | [\"\(.rare) \(.hot) \(.tasks)\",
		(.rare + .hot <= .recursion and .recursion <= $few and .tasks <= $tasks), tojson] | join(\"\t\")")
	skips && [[ $few_skipped == true ]] && lost="0 0 0"
	same "$1: nothing lost" "$lost" "0 0 0" "$all"
}

# may_lack STAGE: how many single events the stage's report may lack: those that it says were skipped there, if they are
# few.
may_lack() {
	local skipped=0

	skips && skipped=$(stat_json "$1" .lost.recursion)
	((skipped <= few)) || skipped=0
	echo "$skipped"
}

# nearly NAME STAGE VALUE EXPECTED: what is expected, or less by what may_lack.
nearly() {
	local lack

	lack=$(may_lack "$2")
	[[ $3 =~ ^[0-9]+$ ]] && (($3 <= $4 && $3 + lack >= $4))
	verdict "$1 ($3)" $? "expected $4; $lack may lack"
}

# sum_nearly NAME STAGE VALUE EXPECTED: the same for a sum of what single events have: less only if some may lack.
sum_nearly() {
	local lack

	lack=$(may_lack "$2")
	[[ $3 =~ ^[0-9]+$ ]] && (($3 == $4 || ($3 < $4 && lack > 0)))
	verdict "$1 ($3)" $? "expected $4; $lack events may lack"
}

# lines_nearly NAME STAGE LINES EXPECTED: the same for lines, in any order: what is expected, but for what may_lack.
lines_nearly() {
	local lack more less

	lack=$(may_lack "$2")
	more=$(comm -23 <(sort <<<"$3") <(sort <<<"$4"))
	less=$(comm -13 <(sort <<<"$3") <(sort <<<"$4"))
	[[ ! $more ]] && (($(grep -c . <<<"$less") <= lack))
	verdict "$1" $? "not expected: $(tally <<<"$more"); missing: $(tally <<<"$less"); $lack may lack"
}

# Sum over processes[] == rusage of the command, and nothing lost.
exact_sum() {
	local name=$1 sums rusage

	have_stat "$name" || return
	IFS=, read -r sums rusage < <(stat_json "$name" '"\([.processes[].fault.minor] | add) \([.processes[].fault.major] | add)," +
		"\(.command.rusage.minor) \(.command.rusage.major)"')
	same "$name: minor, major of all processes = rusage" "$sums" "$rusage"
	nothing_lost "$name"
}

# verified NAME STATUS COUNTER...: no difference without a known reason, the work's own exit status, and each counter
# ("source counter") known to both sides and not 0.
verified() {
	local name=verify/$1 status=$2 dir=$check_out/verify/$1 counter rows row

	shift 2
	if [[ $no_memtrace ]]; then
		skip "$name" "$no_memtrace"
		return
	fi
	if [[ ! -s $dir/verify.json ]]; then
		verdict "$name: memtrace verify runs" 1 "status $(cat "$dir/verify.status" 2>&1); $(head -n 5 "$dir/verify.err" 2>&1)"
		return
	fi
	rows=$(jq -r '"\(.unexplained) \(.lost | tojson)", (.counters[] | ((.verdict == "equal" or .verdict == "explained") and
		.kernel.high > 0 and .memtrace > 0) as $compared | "\(.source) \(.counter)\t\($compared)\t\(tojson)")' "$dir/verify.json")
	[[ $rows == "0 "* ]]
	verdict "$name: no difference without a known reason" $? "$(grep -e '"verdict":"unexplained"' -e '^[0-9]* {' <<<"$rows")"
	same "$name: exit status" "$(<"$dir/verify.status")" "$status"
	for counter; do
		row=$(grep -F "$counter"$'\t' <<<"$rows")
		[[ $row == "$counter"$'\ttrue\t'* ]]
		verdict "$name: $counter is compared" $? "$row"
	done
}

# verified_if_any STAGE "SOURCE COUNTER"...: of that verification also these rows, where the kernel counted any.
verified_if_any() {
	local name=verify/$1 dir=$check_out/verify/$1 row told

	shift
	[[ -s $dir/verify.json ]] || return
	for row; do
		told=$(jq -c --arg row "$row" '.counters[] | select("\(.source) \(.counter)" == $row)' "$dir/verify.json")
		if jq -e '.kernel.high == 0 and .memtrace == 0' <<<"$told" >/dev/null 2>&1; then
			skip "$name: $row is compared" "there was none in this run"
			continue
		fi
		jq -e '(.verdict == "equal" or .verdict == "explained") and .memtrace > 0' <<<"$told" >/dev/null 2>&1
		verdict "$name: $row is compared" $? "$told"
	done
}

# timeline STAGE FILTER: of the lines of that stage's timeline, without the last one.
timeline() {
	jq -rs ".[:-1] | $2" "$check_out/$1/timeline.json" 2>&1
}

# timeline_of STAGE KIND EVENTS: there are so many of that kind, each in one line, whether it stands there alone or not.
timeline_of() {
	nearly "$1: events of kind $2 in the timeline" "$1" "$(timeline "$1" "[.[] | select(.event == \"$2\") | .count] | add // 0")" "$3"
}

# timeline_sound STAGE: what holds of any timeline: lines are in order, and causes have a line and did not begin later.
timeline_sound() {
	same "$1: lines of the timeline that are out of order, without a cause's line, or before their cause; left out" \
		"$(timeline "$1" '(map({(.id | tostring): .time_ns}) | add // {}) as $at | [.[] | select(.late | not) | .time_ns] as $t
			| [([range(1; $t | length) | select($t[.] < $t[. - 1])] | length),
			(map(select(.cause != null and $at[.cause | tostring] == null)) | length),
			(map(select(.cause != null and $at[.cause | tostring] > .time_ns)) | length)] | join(" ")') $(
			jq -rs '[.[-1].events[].left_out] | add // 0' "$check_out/$1/timeline.json")" "0 0 0 0"
}

# throttled_of STAGE: sleeps in episodes of reclaim are the kernel's own, in microseconds (5.17 and later), if no episode
# was folded.
throttled_of() {
	local kernel

	kernel=$(sed -nE 's/^ *(.*)-[0-9]+ .*: mm_vmscan_throttled: .*_delayed=([0-9]+) .*/\2 \1/p' "$check_out/$1/events" |
		awk '$2 !~ /^kswapd/ { n += $1 } END { printf "%d\n", n }')
	[[ $(stat_json "$1" .lost.folded) == 0 ]] || return 0
	same "$1: sleeps in reclaim in the timeline = the kernel's trace" \
		"$(timeline "$1" '[.[] | select(.event == "throttled") | .duration_ns] | add // 0 | . / 1000')" "$kernel"
}

# Counts equal lines: "N LINE; N LINE".
tally() {
	sort | uniq -c | awk '{ $1 = $1; print } END { if (!NR) print "none" }' | paste -sd ';'
}

# report_sound STAGE [STATUS]: the work ended with STATUS (0); memtrace ran, lost nothing, and its text says what its JSON says.
report_sound() {
	local text=$check_out/$1/stat.text said

	same "$1: the work's exit status" "$(cat "$check_out/$1/work.status")" "${2:-0}"
	have_stat "$1" || return
	nothing_lost "$1"
	mapfile -t said < <(stat_json "$1" '(.total.fault | "\(.minor) \(.major)"), (.processes | length),
		(.oom[] | .victim | "\(.pid) \(.comm) \(.cgroup)")')
	same "$1: totals in text = in JSON" \
		"$(sed -nE 's/^total minor ([0-9,]+) major ([0-9,]+) .*/\1 \2/p' "$text" | tr -d ,)" "${said[0]-}" "$(cat "$text.err")"
	same "$1: rows in text = in JSON" "$(awk '/^total/ { exit } NR > 2 && $1 ~ /^[0-9]+$/ { n++ } END { print n }' "$text")" "${said[1]-}"
	same "$1: kills in text = in JSON" "$(sed -nE 's/^OOM kill (.*)\[([0-9]+)\] uid .* in ([^ ]+), triggered by .*/\2 \1 \3/p' "$text" |
		tally)" "$(printf '%s\n' "${said[@]:2}" | grep . | tally)"
}

# killed STAGE: "PID COMM CGROUP" of each victim, as the kernel logged it.  It names a cgroup just before the first
# victim of a kill; those who die with it for memory.oom.group have the same, or $2.
killed() {
	sed -nE -e 's/.*oom-kill:.*task_memcg=([^,]*),task=([^,]*),pid=([0-9]+),.*/\3 \2 \1/p' \
		-e "s/.*Killed process ([0-9]+) \(([^)]*)\).*/\1 \2 ${2-}/p" "$check_out/$1/dmesg" |
		awk '!seen[$1]++' | sed 's/ *$//'
}

# kills STAGE COUNT [CGROUP]: COUNT victims, each reported once: who, where, by whom, with how much memory.
kills() {
	local log cgroup=${3-}

	log=$(killed "$1" "${cgroup//\//\\/}")
	same "$1: the kernel's log names $2 victims" "$(grep -c . <<<"$log")" "$2" "$log"
	same "$1: mark_victim tracepoints" "$(seen "$1" mark_victim)" "$2"
	have_stat "$1" || return
	same "$1: victims and their cgroups = the kernel's log" "$(sort <<<"$log" | tally)" \
		"$(stat_json "$1" '.oom[].victim | "\(.pid) \(.comm) \(.cgroup)"' | tally)"
	same "$1: triggers = the kernel's log" "$(sed -nE 's/.*\] (.*) invoked oom-killer.*/\1/p' "$check_out/$1/dmesg" | sort -u | tally)" \
		"$(stat_json "$1" '.oom[].trigger.comm' | sort -u | tally)"
}

# yielded STAGE FILTER scanned|reclaimed: pages over those rows.
yielded() {
	stat_json "$1" "[.reclaim_yield[] | select($2) | .$3_pages] | add // 0"
}

# yields STAGE: what reclaim scanned and got back, of what and by whom, is what the kernel counts.  Its counters of direct
# reclaim have the reclaim for cgroups' limits as well or do not have it, and khugepaged's apart.
yields() {
	local of counter type direct=(direct)

	(($(vmstat "$1" outer pgscan_anon pgscan_file) != $(vmstat "$1" outer pgscan_kswapd pgscan_direct pgscan_khugepaged \
		pgscan_proactive))) ||
		direct=(direct memcg softlimit node proactive)
	for of in scanned:pgscan reclaimed:pgsteal; do
		counter=${of#*:} of=${of%:*}
		for type in anon file; do
			bracket "$1: $type pages $of" "$1" "$(yielded "$1" ".type == \"$type\"" "$of")" "${counter}_$type"
		done
		bracket "$1: pages $of by kswapd" "$1" "$(yielded "$1" '.by == "kswapd"' "$of")" "${counter}_kswapd"
		bracket "$1: pages $of by ${direct[*]}" "$1" "$(yielded "$1" ".by | IN($(printf '"%s",' "${direct[@]}")\"\")" "$of")" \
			"${counter}_direct" "${counter}_khugepaged" "${counter}_proactive"
	done
	same "$1: no yield exceeds 100 %" "$(stat_json "$1" '[.reclaim_yield[] | select(.reclaimed_pages > .scanned_pages)] | length')" 0
}

# swapped STAGE PAGES: at least as many went out, and some came back.
swapped() {
	local out in

	out=$(vmstat "$1" inner pswpout)
	in=$(vmstat "$1" inner pswpin)
	((out >= $2 && in > 0))
	verdict "$1: memory goes out and comes back (pswpout $out, pswpin $in)" $?
}

# out_of STAGE FILTER: pages of such rows that were swapped out, by memtrace.
out_of() {
	stat_json "$1" "[.swapped_out[] | select($2) | .pages] | add // 0"
}

# pages_moved STAGE NAME PAGES COUNTER: as the kernel counts; where requests may be missed, each may have 32 pages.  More
# than a few may be missed if they are no more pages than the report says: who is preempted in a program keeps all others
# on that CPU from it, of which each moves a page.
pages_moved() {
	local low high skipped=0

	low=$(vmstat "$1" inner "$4") high=$(vmstat "$1" outer "$4")
	skips && skipped=$(stat_json "$1" .lost.recursion)
	[[ $3 =~ ^[0-9]+$ ]] && (($3 > 0 && $3 <= high && ($3 + 32 * $(may_lack "$1") >= low || $3 + skipped >= low)))
	verdict "$1: $2 ($3) = $4 ($low..$high)" $?
}

# moved STAGE: pages that were swapped in and out, by task, by owner, by device and one by one, are what the kernel counts.
moved() {
	local io op said counted

	if [[ $(stat_json "$1" '.total.swap.in_pages') == null ]]; then
		same "$1: swap is unknown only where functions are needed and refused" "${check_functions:+there are some}" ""
		return
	fi
	pages_moved "$1" "pages swapped in by tasks" "$(stat_json "$1" '[.processes[].swap.in_pages] | add')" pswpin
	pages_moved "$1" "pages swapped out by tasks" "$(stat_json "$1" '[.processes[].swap.out_pages] | add')" pswpout
	pages_moved "$1" "pages swapped out by owner" "$(out_of "$1" true)" pswpout
	for op in in out; do
		said=$(stat_json "$1" ".total.swap.${op}_pages")
		io=$(stat_json "$1" "[.swap_io[] | select(.op == \"$op\") | .pages] | add // 0")
		((io <= said && io + 256 + 32 * $(may_lack "$1") >= said))
		verdict "$1: requests to swap $op that are over have $io of $said pages" $?
	done
	counted=$(stat_json "$1" '[.swap_io[] | select(.op == "in") | .count] | add // 0')
	nearly "$1: each read of swap is in the histogram" "$1" "$(jq '[.histograms[].count] | add' "$check_out/$1/hist.json")" "$counted"
	same "$1: and its device's histogram has as many" \
		"$(stat_json "$1" '[.swap_io[] | select(.op == "in") | .histogram.count] | add // 0')" "$counted"
}

# every JSON document of that VM against the published schemas
check_schemas() {
	local python=/usr/bin/python3 said

	if ! $python -c 'import jsonschema' 2>/dev/null; then
		skip "JSON is what docs/schema says" "missing: python3-jsonschema (scripts/setup test)"
		return
	fi
	[[ $no_memtrace ]] && return
	said=$($python -W ignore "$here/schema.py" "$top/docs/schema" "$check_out" 2>&1)
	verdict "JSON is what docs/schema says (${said%%$'\n'*})" $? "$said"
}

# scenario_names [NAMES]: all that are there, or those, in the order in which they run.
scenario_names() {
	local name names=()

	if (($#)); then
		read -ra names <<<"$1"
	else
		for name in "$here"/scenarios/*.guest.sh; do
			name=${name##*/}
			names+=("${name%.guest.sh}")
		done
	fi
	for name in "${names[@]}"; do
		[[ -e $here/scenarios/$name.guest.sh ]] || { echo "no such scenario: $name" >&2; return 1; }
	done
	printf '%s\n' "${names[@]}" | sort | paste -sd ' '
}

# How long each scenario took, and how much of that the machine waited.
check_times() {
	note "seconds, of them idle: $(awk 'NR == 1 { printf("boot %.1f %.1f, ", $2, $3) }
		{ printf("%s %.1f %.1f, ", $1, $4 - $2, $5 - $3); took += $4 - $2; idle += $5 - $3 }
		END { printf("all %.0f %.0f", took, idle) }' "$check_out/times")"
}

# check_stage SCENARIO DIR: if it fails, DIR/failed has it, with how many verdicts.
check_stage() {
	local bad

	bad=$(grep -c '^bad' "$2/verdicts")
	"check_$1"
	bad=$(($(grep -c '^bad' "$2/verdicts") - bad))
	((!bad)) || echo "$1 $bad" >>"$2/failed"
}

check_stages() {
	local stage

	check_times
	check_exit_kind=$(jq -r '.hooks[]? | select(.probe == "core" and .hook == "exit") | .kind' \
		"$check_out/doctor/doctor.json" 2>/dev/null)
	check_functions=$(jq -r '[.hooks[]? | select(.kind == "fentry")] | length | select(. > 0)' \
		"$check_out/doctor/doctor.json" 2>/dev/null)
	for stage in $1; do
		if [[ -e $check_out/$stage.skipped ]]; then
			skip "$stage" "$(<"$check_out/$stage.skipped")"
			continue
		fi
		# shellcheck disable=SC1090 # the list is what is there
		. "$here/scenarios/$stage.check.bash"
		check_stage "$stage" "$2"
	done
	check_schemas
}
