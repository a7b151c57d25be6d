#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# memtrace oom: what it makes of this kernel's own log of a kill under a limited cgroup, with what the workload, the
# cgroup's files and a run of memtrace beside it say; whom --explain names with whom the kernel then kills, and its
# points with /proc/PID/oom_score.

load lib

need() {
	memcg_init
	make_cgroup report 64M
	parent=$cgroup_name
	parent_dir=$cgroup
	grep -q oom_kill_disable.0 "$parent_dir/memory.oom_control" 2>/dev/null || [[ $memcg_limit == memory.max ]] ||
		skip "the OOM killer is off in $parent"
}

need_log() {
	dd if=/dev/kmsg of=/dev/null bs=8192 count=1 iflag=nonblock 2>/dev/null || skip "/dev/kmsg cannot be read"
}

# The kernel prints ten whole reports in five seconds, those of other tests too.
let_it_print() {
	nap 5.2
}

# reports: those that the log holds, oldest first
reports() {
	dmesg --raw 2>/dev/null | "$memtrace" oom --log - --json
}

# of FIELD: of the report of $victim
of() {
	jq -r "select(.victim.pid == $victim) | $1" "$tmp/reports"
}

pair() {
	make_cgroup report/victim
	victim_dir=$cgroup
	make_cgroup report/trigger
	trigger_dir=$cgroup
	let_it_print
	memtrace_start stat oom -a --json -o "$tmp/stat.json"
	began=$(date +%s)
	"$workloads/oompair" "$victim_dir" "$trigger_dir" >"$tmp/pair"
	ended=$(date +%s)
	memtrace_stop
	# shellcheck disable=SC2046
	eval $(tr ' ' '\n' <"$tmp/pair")
}

@test "a kill in the kernel's log: victim, trigger, limit, choice" {
	need_log
	pair
	reports >"$tmp/reports"
	same "reports of the victim" "$(of .victim.pid)" "$victim"
	[[ $(of .trigger.comm) != null ]] || void "the kernel had printed ten reports in five seconds"
	same "kind" "$(of .kill.kind)" memcg
	same "victim" "$(of '"\(.victim.comm) \(.victim.cgroup) \(.victim.adj) \(.victim.uid)"')" "mt-victim $parent/victim 1000 0"
	same "trigger" "$(of '"\(.trigger.comm) \(.trigger.tid) \(.trigger.order)"')" "mt-trigger $trigger 0"
	same "limit" "$(of '"\(.kill.limit.cgroup) \(.kill.limit.limit_bytes)"')" "$parent $((64 << 20))"
	between "usage" "$(of .kill.limit.usage_bytes)" $((63 << 20)) $((64 << 20))
	same "kernel" "$(of .kill.kernel)" "$(uname -r)"
	same "page size" "$(of .kill.page_size_bytes)" "$(getconf PAGESIZE)"
	same "compared" "$(of '[.ranking.candidates[].comm] | join(" ")')" "mt-victim mt-trigger"
	same "its rank" "$(of .ranking.victim_rank)" 1
	# what a run beside it read from the victim itself, but for what is in counters of CPUs
	theirs=$(report '.oom[0].victim.anon_rss_bytes')
	between "anonymous memory" "$(of .victim.anon_bytes)" $((theirs - (1 << 20))) $((theirs + (1 << 20)))
	same "page tables" "$(of .victim.page_tables_bytes)" "$(report '.oom[0].victim.pgtables_bytes')"
	same "address space" "$(of .victim.total_vm_bytes)" "$(report '.oom[0].victim.total_vm_bytes')"
}

@test "--last is the last of them, with its time" {
	need_log
	pair
	"$memtrace" oom --last --json >"$tmp/last"
	reports | tail -n 1 >"$tmp/reports"
	same "all but times and sources" "$(jq -cS 'del(.kill.time_ns, .kill.stamp, .sources, .lost)' "$tmp/last")" \
		"$(jq -cS 'del(.kill.time_ns, .kill.stamp, .sources, .lost)' "$tmp/reports")"
	between "seconds" "$(jq '.kill.time_ns / 1000000000 | floor' "$tmp/last")" $((began - 2)) $((ended + 2))
	"$memtrace" oom --last >"$tmp/text"
	grep -q "^killed    .* in $parent/" "$tmp/text"
	grep -q '^next      memtrace oom --dir' "$tmp/text"
}

@test "more kills than the kernel reports as a whole: each is there, and what is missing is said" {
	need_log
	make_cgroup report/victim
	victim_dir=$cgroup
	make_cgroup report/trigger
	let_it_print
	for _ in {1..13}; do
		"$workloads/oompair" "$victim_dir" "$cgroup" >>"$tmp/pairs"
	done
	reports >"$tmp/reports"
	theirs=$(sed -nE 's/^victim=([0-9]+) .*/\1/p' "$tmp/pairs" | sort -n | paste -sd ' ')
	ours=$(jq -r 'select(.victim.comm == "mt-victim" and .victim.adj == 1000) | .victim.pid' "$tmp/reports" | tail -n 200 |
		grep -xF "$(tr ' ' '\n' <<<"$theirs")" | sort -n | paste -sd ' ')
	same "victims" "$ours" "$theirs"
	last=$(tail -n 1 "$tmp/reports")
	[[ $(jq .trigger.comm <<<"$last") == null ]] || void "the kernel reported all of them"
	same "limit" "$(jq .kill.limit.limit_bytes <<<"$last")" null
	same "why" "$(jq -r '[.missing[] | select(.why | test("ten reports in 5s")) | .what] | length > 1' <<<"$last")" true
}

# held NAME MIB ADJ: a process in the cgroup that holds memory; its pid
held() {
	"$workloads/hog" -g "$parent_dir" -a "$2" -c "$1" -s 600000 3>&- >"$tmp/$1.out" &
	held=$!
	started+=("$held")
	eventually grows "$held" "$2"
	echo "$3" >"/proc/$held/oom_score_adj"
}

# but for what is in counters of CPUs
grows() {
	(($(awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status" 2>/dev/null || echo 0) + 1024 >= $2 << 10))
}

@test "--explain -p: the first of the cgroup is whom the kernel kills" {
	held ex-big 20 0
	big=$held
	held ex-adj 8 500
	adj=$held
	# a lower one than before takes CAP_SYS_RESOURCE
	held ex-never 2 0
	never=$held
	never_adj=-1000
	echo -1000 2>/dev/null >"/proc/$never/oom_score_adj" || never_adj=0
	"$memtrace" oom --explain -p "$big" --json >"$tmp/explain"
	same "cgroup" "$(jq -r '"\(.cgroup.cgroup) \(.cgroup.asked_cgroup) \(.cgroup.limit_bytes)"' "$tmp/explain")" \
		"$parent $parent $((64 << 20))"
	if [[ $never_adj == 0 ]]; then
		same "candidates" "$(jq -r '[.cgroup.candidates[].pid] | join(" ")' "$tmp/explain")" "$adj $big $never"
	else
		same "candidates" "$(jq -r '[.cgroup.candidates[].pid] | join(" ")' "$tmp/explain")" "$adj $big"
		same "never" "$(jq -r '[.cgroup.exempt[] | "\(.pid) \(.why)"] | join(" ")' "$tmp/explain")" "$never adj -1000"
	fi
	# now more than the limit
	start asks hog -g "$parent_dir" -a 40 -c ex-asks -p -s 600000
	go asks
	eventually gone "$adj"
	kill -0 "$big"
	kill -0 "$never"
}

gone() {
	[[ ! -d /proc/$1 || $(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) == [ZX] ]]
}

@test "--explain -p: of the limits above a process the one with least room; nobody beside it" {
	make_cgroup report-beside
	beside=$cgroup
	make_cgroup report/below 1G
	below=$cgroup
	parent_dir=$beside held ex-beside 2 0
	parent_dir=$below held ex-below 2 0
	of_below() {
		"$memtrace" oom --explain -p "$held" --json | jq -r '"\(.cgroup.cgroup) \(.cgroup.limit_bytes) \([.cgroup.candidates[].comm] | join(","))"'
	}
	same "above" "$(of_below)" "$parent $((64 << 20)) ex-below"
	echo 16M >"$below/$memcg_limit"
	same "its own" "$(of_below)" "$parent/below $((16 << 20)) ex-below"
}

@test "--explain: points give /proc/PID/oom_score, and its order" {
	held ex-one 4 300
	held ex-two 4 0
	for each in before explain after; do
		"$memtrace" oom --explain --json >"$tmp/$each"
	done
	# of those whose memory did not change meanwhile, so that it was the same in both readings
	still='[[$before[0], $after[0]][] | .machine.candidates[] | [.pid, .points]] | group_by(.) | map(select(length == 2)[0][0]) as $pids |
		[$explain[0].machine.candidates[] | select(.points != null and .oom_score != null and .oom_score > 0 and (.pid | IN($pids[])))]'
	readings=(--slurpfile before "$tmp/before" --slurpfile explain "$tmp/explain" --slurpfile after "$tmp/after")
	# (1000 + points * 1000 / total) * 2 / 3, each division cut
	jq -en "${readings[@]}" "$still"' | $explain[0].machine.total_pages as $total |
		map(((1000 + (.points * 1000 / $total | trunc)) * 2 / 3 | trunc) - .oom_score) |
		length > 3 and all(. <= 1 and . >= -1)'
	jq -en "${readings[@]}" "$still"' | map(.oom_score) |
		. as $scores | [range(1; length) | $scores[. - 1] - $scores[.]] | all(. >= -1)'
	jq -en "${readings[@]}" "$still"' | map(.comm) | index("ex-one") != null and index("ex-two") != null'
	jq -e '[.machine.candidates[] | select(.comm == "ex-one" or .comm == "ex-two") | .comm] == ["ex-one", "ex-two"]' "$tmp/explain"
	# every process that holds memory is there
	missing=
	for status in /proc/[0-9]*/status; do
		pid=${status//[!0-9]/}
		[[ ! -s $status ]] || ! grep -q '^VmRSS:' "$status" ||
			jq -e "[.machine.candidates[], .machine.exempt[]] | any(.pid == $pid)" "$tmp/explain" >/dev/null ||
			[[ $(stat -c %Y "/proc/$pid" 2>/dev/null) -ge $(stat -c %Y "$tmp/explain") ]] || missing+=" $pid"
	done
	[[ ! $missing ]] || void "processes began meanwhile:$missing"
}

@test "--explain -p of a process without a limit says so" {
	memcg_init
	make_cgroup free
	"$workloads/hog" -g "$cgroup" -a 1 -s 600000 3>&- &
	started+=("$!")
	eventually grep -q "$cgroup_name" "/proc/$!/cgroup"
	"$memtrace" oom --explain -p "$!" >"$tmp/text"
	! grep -q 'reached its limit' "$tmp/text" ||
		skip "a cgroup above has a limit"
	grep -q "^cgroup    no limit is set for the cgroup of $! ($cgroup_name)" "$tmp/text"
}
