# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # $no_memtrace is run's
#
# Judges what the stages of a VM left.  Every check compares numbers from two
# sources: the kernel's counters, its own trace, its log, and
# memtrace.  Sourced by run; verdicts go to descriptor 3.

check_begin() {
	check_name=$1
	check_out=$2
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
	[[ $(jq -r '.hooks[]? | select(.probe == "core" and .hook == "exit") | .kind' "$check_out/doctor/doctor.json" \
		2>/dev/null) == tp ]]
}

# There the fork and free hooks, which have no tp form, miss what comes while they are preempted (on this one slow
# CPU a thousand times as often as on a real one): memtrace must say so, and it must be few.
nothing_lost() {
	local tasks

	tasks=$(stat_json "$1" .lost.tasks)
	if preemptible && [[ $tasks =~ ^[0-9]+$ ]] && ((tasks <= 20)); then
		tasks=0
	fi
	same "$1: nothing lost" "$(stat_json "$1" '.lost | [.rare, .hot] | map(tostring) | join(" ")') $tasks" "0 0 0"
}

# Sum over processes[] == rusage of the command, and nothing lost.
exact_sum() {
	local name=$1

	have_stat "$name" || return
	same "$name: minor, major of all processes = rusage" \
		"$(stat_json "$name" '"\([.processes[].fault.minor] | add) \([.processes[].fault.major] | add)"')" \
		"$(stat_json "$name" '"\(.command.rusage.minor) \(.command.rusage.major)"')"
	nothing_lost "$name"
}

# verified NAME STATUS COUNTER...: no difference without a known reason, the work's own exit status, and each counter
# ("source counter") known to both sides and not 0.
verified() {
	local name=verify/$1 status=$2 dir=$check_out/verify/$1 counter

	shift 2
	if [[ $no_memtrace ]]; then
		skip "$name" "$no_memtrace"
		return
	fi
	if [[ ! -s $dir/verify.json ]]; then
		verdict "$name: memtrace verify runs" 1 "status $(cat "$dir/verify.status" 2>&1); $(head -n 5 "$dir/verify.err" 2>&1)"
		return
	fi
	jq -e '.unexplained == 0' "$dir/verify.json" >/dev/null
	verdict "$name: no difference without a known reason" $? \
		"$(jq -r '.counters[] | select(.verdict == "unexplained") | tojson' "$dir/verify.json"; jq -c .lost "$dir/verify.json")"
	same "$name: exit status" "$(<"$dir/verify.status")" "$status"
	for counter; do
		jq -e --arg counter "$counter" 'any(.counters[]; "\(.source) \(.counter)" == $counter and
			(.verdict == "equal" or .verdict == "explained") and .kernel.high > 0 and .memtrace > 0)' \
			"$dir/verify.json" >/dev/null
		verdict "$name: $counter is compared" $? "$(jq -c --arg counter "$counter" \
			'.counters[] | select("\(.source) \(.counter)" == $counter)' "$dir/verify.json")"
	done
}

check_doctor() {
	local dir=$check_out/doctor

	if [[ $no_memtrace ]]; then
		skip doctor "$no_memtrace"
		return
	fi
	[[ $(<"$dir/status") == 0 ]]
	verdict "doctor: every core probe can run" $? "$(head -n 40 "$dir/text")"
	jq empty "$dir/doctor.json" 2>/dev/null
	verdict "doctor --json is JSON" $? "$(head -c 300 "$dir/doctor.json"; head -n 3 "$dir/err")"
}

check_exact() {
	local name

	if [[ $no_memtrace ]]; then
		skip exact "$no_memtrace"
		return
	fi
	for name in faults kernel spawn posix_spawn threads execthread cleartid killed; do
		exact_sum "exact/$name"
	done
	verified exact 0 "getrusage minor" "vmstat pgfault" "vmstat pgalloc_*" "memory.stat pgfault"
}

check_file() {
	local inner

	inner=$(vmstat file inner pgmajfault)
	((inner >= 4096 && inner <= 4200))
	verdict "file: about one pgmajfault a page of the file ($inner)" $?
	have_stat file || return
	bracket "file: major faults of all processes" file "$(stat_json file '[.processes[].fault.major] | add')" pgmajfault
	same "file: major faults of filefault" \
		"$(stat_json file '[.processes[] | select(.comm == "filefault") | .fault.major] | add')" 4096
	nothing_lost file
	exact_sum exact/filefault
	verified file 0 "getrusage major" "vmstat pgmajfault"
}

# pgscan_kswapd counts what was isolated; the event of the multi-generational LRU gives what was looked at, a little more.
check_scanned() {
	local inner outer

	inner=$(vmstat kswapd inner pgscan_kswapd)
	outer=$(vmstat kswapd outer pgscan_kswapd)
	(($1 >= inner && $1 <= outer + outer / 50))
	verdict "kswapd: scanned ($1; kernel $inner..$outer, and 2 % at most)" $?
}

check_kswapd() {
	local episodes stalls

	trace_whole kswapd
	same "kswapd: wake tracepoints = pageoutrun" "$(seen kswapd mm_vmscan_kswapd_wake)" \
		"$(vmstat kswapd outer pageoutrun)"
	# allocstall also counts the retries inside of one episode.
	episodes=$(seen kswapd mm_vmscan_direct_reclaim_begin)
	stalls=$(vmstat kswapd outer 'allocstall_*')
	((episodes <= stalls && stalls - episodes <= episodes / 5))
	verdict "kswapd: direct reclaim tracepoints ($episodes) and allocstall ($stalls)" $?
	have_stat kswapd || return
	bracket "kswapd: sum of rounds = pageoutrun" kswapd "$(stat_json kswapd '[.kswapd[] | .rounds // 0] | add // 0')" \
		pageoutrun
	same "kswapd: sessions" "$(stat_json kswapd '
		if (.kswapd | length) > 0 and (.kswapd[0] | has("sessions")) then [.kswapd[].sessions] | add
		else .kswapd | length end')" "$(kswapd_rounds kswapd | grep -o '[0-9]*' | wc -l)"
	check_scanned "$(stat_json kswapd '[.kswapd[].scanned_pages] | add // 0')"
	bracket "kswapd: reclaimed" kswapd "$(stat_json kswapd '[.kswapd[].reclaimed_pages] | add // 0')" pgsteal_kswapd
	same "kswapd: direct reclaim episodes" "$(stat_json kswapd '[.processes[].reclaim.direct.count] | add')" "$episodes"
	same "kswapd: directly reclaimed pages" \
		"$(stat_json kswapd '[.processes[].reclaim.direct.reclaimed_pages] | add')" "$(reclaimed kswapd direct)"
	nothing_lost kswapd
	check_trace
	verified kswapd 0 "vmstat pgsteal_anon + pgsteal_file"
}

# Order and gfp flags of each episode: the reordered prototype of 7.1 must not swap them.
check_trace() {
	local events=$check_out/trace/trace.json

	have_stat trace trace || return
	same "trace: pages of all direct reclaim events" \
		"$(jq -s '[.[] | select(.event == "reclaim" and .kind == "direct") | .reclaimed_pages] | add // 0' "$events")" \
		"$(reclaimed trace direct)"
	same "trace: order and gfp flags of each direct reclaim = the kernel's" \
		"$(jq -r 'select(.event == "reclaim" and .kind == "direct")
			| "\(.order) \(.gfp_flags | tostring | split("|") | sort | join("|"))"' "$events" | tally)" \
		"$(sed -nE 's/.* mm_vmscan_direct_reclaim_begin: .*order=([0-9]+) .*gfp_flags=([^ ]+).*/\1 \2/p' \
			"$check_out/trace/events" | jq -Rr 'split(" ") | "\(.[0]) \(.[1] | split("|") | sort | join("|"))"' | tally)"
	same "trace: rounds of each session of kswapd = the kernel's" \
		"$(jq -rs '[.[] | select(.event == "kswapd") | .rounds] | map(tostring) | join(" ") | if . == "" then "none" else . end' "$events")" \
		"$(kswapd_rounds trace)"
	jq -se 'all(.[:-1][]; .schema == "memtrace.event/1") and .[-1].schema == "memtrace.end/1"' "$events" >/dev/null
	verdict "trace: every line has its schema" $?
}

# kswapd_rounds STAGE: the rounds of each session in the kernel's own trace, in order.
kswapd_rounds() {
	awk '/ mm_vmscan_kswapd_wake: / { n++ } / mm_vmscan_kswapd_sleep: / { if (n) { print n; some = 1 } n = 0 }
		END { if (!some) print "none" }' "$check_out/$1/events" | paste -sd ' '
}

# Counts equal lines: "N LINE; N LINE".
tally() {
	sort | uniq -c | awk '{ $1 = $1; print } END { if (!NR) print "none" }' | paste -sd ';'
}

check_memcg() {
	local count max

	trace_whole memcg
	count=$(seen memcg mm_vmscan_memcg_reclaim_begin)
	max=$(awk '$1 == "max" { print $2 }' "$check_out/memcg/memory.events")
	# From 7.x on the kernel also counts charges that had to exceed the limit without reclaim.
	((count > 100 && count <= max && max - count <= max / 100))
	verdict "memcg: reclaim tracepoints ($count) and memory.events max ($max)" $?
	have_stat memcg || return
	same "memcg: episodes = tracepoints" "$(stat_json memcg '[.processes[].reclaim.memcg.count] | add')" "$count"
	same "memcg: pages reclaimed" "$(stat_json memcg '[.processes[].reclaim.memcg.reclaimed_pages] | add')" \
		"$(reclaimed memcg memcg)"
	same "memcg: episodes of hog alone" \
		"$(stat_json memcg '[.processes[] | select(.comm == "hog") | .reclaim.memcg.count] | add')" "$count"
	same "memcg: its cgroup" "$(stat_json memcg '[.processes[] | select(.comm == "hog") | .cgroup] | unique | join(" ")')" \
		/limited
	nothing_lost memcg
	verified memcg 0 "vmstat pgsteal_anon + pgsteal_file" "delay accounting freepages_count" \
		"delay accounting freepages_delay_total"
	verified cgroup 137 "memory.stat pgfault" "memory.events oom_kill" "memory.events max + high"
}

check_oom() {
	local log=$check_out/oom/dmesg line pid anon

	line=$(grep -E 'Out of memory: Killed process' "$log")
	[[ $(wc -l <<<"$line") == 1 && $line == *'(mt-bighog)'* ]]
	verdict "oom: the kernel's log names one victim, mt-bighog" $? "$line"
	same "oom: mark_victim tracepoints" "$(seen oom mark_victim)" 1
	have_stat oom || return
	pid=$(sed -nE 's/.*Killed process ([0-9]+) .*/\1/p' <<<"$line")
	anon=$(sed -nE 's/.*anon-rss:([0-9]+)kB.*/\1/p' <<<"$line")
	same "oom: victim = the kernel's log" "$(stat_json oom '[.oom[].victim | "\(.pid) \(.comm)"] | join(",")')" \
		"$pid mt-bighog"
	# The kernel's counters are per CPU and summed up only roughly: within 64 pages.
	stat_json oom '.oom[0].victim.anon_rss_bytes / 1024 - '"$anon"' | fabs <= 256' | grep -q true
	verdict "oom: victim's anonymous memory = the kernel's log ($anon KiB)" $? \
		"$(stat_json oom '.oom[0].victim.anon_rss_bytes / 1024') KiB"
	same "oom: victim's oom_score_adj" "$(stat_json oom '.oom[0].victim.oom_score_adj')" 500
	same "oom: trigger = the kernel's log" "$(stat_json oom '.oom[0].trigger.comm')" \
		"$(sed -nE 's/.*\] (.*) invoked oom-killer.*/\1/p' "$log" | head -n 1)"
	bracket "oom: kills = oom_kill" oom "$(stat_json oom '.oom | length')" oom_kill
	nothing_lost oom
	verified oom 137 "vmstat oom_kill"
}

check_swap() {
	local inner

	inner=$(vmstat swap inner pgmajfault)
	((inner > 500))
	verdict "swap: memory comes back from disk (pgmajfault $inner)" $?
	have_stat swap || return
	bracket "swap: major faults of all processes = pgmajfault" swap \
		"$(stat_json swap '[.processes[].fault.major] | add')" pgmajfault
	nothing_lost swap
	exact_sum exact/swap
	verified swap 0 "vmstat pgmajfault" "getrusage major" "vmstat pgsteal_anon + pgsteal_file" "vmstat pgscan_kswapd" \
		"vmstat pgsteal_kswapd" "vmstat pageoutrun"
}

check_stages() {
	local stage

	for stage in $1; do
		"check_$stage"
	done
	if grep -qE 'BUG:|Oops|WARNING:|general protection' "$check_out/dmesg"; then
		verdict "the kernel's log has no bug or warning" 1 \
			"$(grep -m 5 -E 'BUG:|Oops|WARNING:|general protection' "$check_out/dmesg")"
	else
		verdict "the kernel's log has no bug or warning" 0
	fi
}
