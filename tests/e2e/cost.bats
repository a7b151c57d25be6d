#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# What memtrace itself takes: resident memory under 20 MB while it runs, and
# none more after 5,000 short-lived processes than after 2,000; no more than a
# row for each of 4,000 in one run.  Processes leave the intervals after their exit.  With sanitizers the
# limits are higher: only growth without end would show.

load lib

# A leak of 105 bytes a process would show: 3,000 of them are 315 kB.  Before that the heap
# grows to what the most processes that are remembered at one moment take.
# VmRSS holds the rings' pages, too, as far as they were used; RssAnon is what memtrace allocated.
rss() {
	awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

# calm_rss PID: memtrace's RssAnon in $calm, when it has not changed for two seconds
calm_rss() {
	calm=$(rss "$1" RssAnon)
	sleep 2
	[[ $calm == "$(rss "$1" RssAnon)" ]]
}

# halfway: the workload waits after 4,000 processes; until then the heap takes its shape
halfway() {
	(($(grep -c '^pid=' "$tmp/many.out") == 2))
}

# bounded NAME WHEN: the VmRSS of that memtrace
bounded() {
	between "VmRSS of $1 after $2, kB" "$(rss "${pids[$1]}" VmRSS)" 100 "$(memory_limit 20000)"
}

# Both watch the same processes.  What others do in between is no growth of ours: only the workload is followed.
@test "export and top: no growth over 3,000 processes more" {
	local name
	local -A pids=() first=()

	start many spawn -p -n 7000 -j 4 -l 0 -t 2 -m 4000
	memtrace_start export --textfile "$tmp/mt.prom" --by comm -i 1 -p "$many_pid" --follow
	pids[export]=$mt_pid
	memtrace_start top -i 1 -p "$many_pid" --follow
	pids[top]=$mt_pid
	go many
	eventually halfway
	for name in "${!pids[@]}"; do
		eventually calm_rss "${pids[$name]}"
		first[$name]=$calm
		bounded "$name" 4,000
	done
	finish many
	for name in "${!pids[@]}"; do
		eventually calm_rss "${pids[$name]}"
		bounded "$name" 7,000
		echo "# $name: VmRSS $(rss "${pids[$name]}" VmRSS) kB; RssAnon ${first[$name]} kB, then $calm kB" >&3
		between "RssAnon of $name after 7,000, kB" "$calm" 0 "$(memory_limit $((first[$name] + 315)))"
	done
	for name in "${!pids[@]}"; do
		mt_pid=${pids[$name]} memtrace_stop
	done
}

@test "stat: under 20 MB over 1,000 processes, and every one of them in the report" {
	start many spawn -p -n 1000 -j 4 -l 0 -t 2
	memtrace_start stat -a --json -o "$tmp/stat.json"
	finish many
	between "VmRSS, kB" "$(rss "$mt_pid" VmRSS)" 100 "$(memory_limit 20000)"
	memtrace_stop
	assert_nothing_lost
	between "processes named spawn" "$(report '[.processes[] | select(.comm == "spawn")] | length')" 1001 1001
}

# The greatest VmRSS of memtrace while it runs, from when its programs are loaded, in $greatest; how long it waited for the
# CPU meanwhile, in ms, in $waited; its status in $mt_status.
watch_memory() {
	local now begin last

	greatest=0 begin=$(waited_ns || true) last=$begin
	while kill -0 "$mt_pid" 2>/dev/null; do
		now=$(rss "$mt_pid" VmRSS 2>/dev/null) || break # it has just ended
		((${now:-0} > greatest)) && greatest=$now
		now=$(waited_ns) || break
		last=$now
		sleep 0.2
	done
	waited=$(((last - begin) / 1000000))
	mt_status=0
	wait "$mt_pid" || mt_status=$?
}

# How long memtrace has been ready to run and did not (Documentation/scheduler/sched-stats.rst).
waited_ns() {
	cut -d ' ' -f 2 "/proc/$mt_pid/schedstat" 2>/dev/null
}

# One run of 14,000 exits.  memtrace starts CMD after it has given back the peak of loading, so the watch begins with CMD.
# What 50,000 may take is 20 MB: that much and the processes' share of what it has grown by is left for the other 36,000.  The
# first 6,000 give the heap its shape (how many are remembered at one moment depends on the load), and the report takes some
# once; how far the rings are used depends on who else wants the CPU.
exits_of_command() {
	rm -f "$tmp/begun" "$tmp/done"
	# shellcheck disable=SC2016
	begun=$tmp/begun done=$tmp/done memtrace_start stat --json -o "$tmp/stat.json" -- \
		sh -c '"$workloads/spawn" -n 6000 -j 4 -l 0 -t 2; sleep 1.2; : >"$begun"; sleep 0.3
			"$workloads/spawn" -n 8000 -j 4 -l 0 -t 2; : >"$done"; sleep 1.5'
	eventually [ -e "$tmp/begun" ]
	at_first=$(rss "$mt_pid" RssAnon)
	eventually [ -e "$tmp/done" ]
	sleep 1.2
	at_last=$(rss "$mt_pid" RssAnon)
	watch_memory
	same "status" "$mt_status" 0
	between "VmRSS, kB, as if it were of 50,000" $((greatest + (at_last - at_first) * 36 / 8)) 100 "$(memory_limit 20000)"
}

@test "14,000 exits of a command: memory bounded, faults as wait4 counts them, each process in the report" {
	local hot at_first at_last

	exits_of_command
	echo "# VmRSS $greatest kB at most, RssAnon $at_first kB, then $at_last kB; it waited $waited ms for the CPU" >&3
	same "lost rare events" "$(report .lost.rare)" 0
	few_tasks_lost
	# What found the ring full is in the totals, and in no row.
	hot=$(report .lost.hot)
	if [[ $hot != 0 ]]; then
		((waited >= 300)) || fail "$hot records lost, and it waited only $waited ms for the CPU"
		excuse "memtrace was kept from the CPU" "$hot records in $waited ms"
	fi
	between "processes named spawn" "$(report '[.processes[] | select(.comm == "spawn")] | length')" $((14002 - lost - hot)) 14002
	few_missing minor "$(report .command.rusage.minor)" "$(report .total.fault.minor)" $((8 * lost))
}

@test "2,000 tasks in 500 cgroups, each in its turn: a row each, exact, in bounded memory" {
	memcg_init
	make_cgroup scale
	memtrace_start stat --json -o "$tmp/stat.json" -- "$workloads/many" -t 2000 -g 500 -d "$cgroup" -n 7 -r 5 -s 300 -q
	watch_memory
	same "status" "$mt_status" 0
	same "minor faults" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
	same "lost events" "$(report '.lost | "\(.rare) \(.hot)"')" "0 0"
	# the parent's own row is one more; each task touches 7 pages once
	same "processes named many" "$(report '[.processes[] | select(.comm == "many")] | length')" 2001
	same "that faulted less" "$(report '[.processes[] | select(.comm == "many" and .fault.minor < 7)] | length')" 0
	same "cgroups" "$(report '[.processes[] | select(.comm == "many") | .cgroup | select(contains("/many-"))] | unique | length')" 500
	echo "# VmRSS $greatest kB at most" >&3
	between "VmRSS, kB" "$greatest" 100 "$(memory_limit 30000)"
}

@test "1,000 cgroups that are gone have their names, and a row each" {
	memcg_init
	make_cgroup scale
	memtrace_stat --by cgroup -- "$workloads/many" -t 2000 -g 1000 -d "$cgroup" -n 9 -r 2 -s 300
	same "minor faults" "$(total true .fault.minor)" "$(report .command.rusage.minor)"
	same "cgroups" "$(report "[.processes[] | select(.cgroup | startswith(\"$cgroup_name/many-\"))] | length")" 1000
	same "with less than two tasks' two rounds" \
		"$(report "[.processes[] | select(.cgroup | startswith(\"$cgroup_name/many-\")) | select(.fault.minor < 36)] | length")" 0
}

@test "a process is in the interval in which it exits, and in none after that" {
	# shellcheck disable=SC2016
	"$memtrace" top --json -i 0.5 -o "$tmp/stat.json" -- \
		sh -c '"$workloads/spawn" -n 1000 -j 4 -l 0 -t 2; sleep 2' >/dev/null 2>"$tmp/stat.err" 3>&-
	jq -s '[to_entries[] | .key as $at | .value.processes[] | select(.comm == "spawn")
		| {pid, start_time_ns, exited, at: $at}] | group_by([.pid, .start_time_ns]) | map(sort_by(.at))' \
		"$tmp/stat.json" >"$tmp/lives.json"
	same "processes seen" "$(jq length "$tmp/lives.json")" 1001
	same "seen again after their exit" \
		"$(jq 'map(select(any(.[:-1][]; .exited))) | length' "$tmp/lives.json")" 0
	# Whose end came just after their interval, or never (see few_tasks_lost).
	between "not seen to exit" "$(jq 'map(select(last.exited | not)) | length' "$tmp/lives.json")" 0 100
	same "in the last two intervals" "$(jq -s '[.[-2:][].processes[] | select(.comm == "spawn")] | length' \
		"$tmp/stat.json")" 0
}
