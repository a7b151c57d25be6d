#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# More than memtrace can read: while it is stopped, while nobody reads what it
# writes, while faults come faster than it prints them.  What it printed and
# what it says it lost is together what the kernel counted; and a flood of
# faults costs no episode of reclaim and no OOM kill.

load lib

user=exceptions:page_fault_user
kernel=exceptions:page_fault_kernel
episode=vmscan:mm_vmscan_memcg_reclaim_end

need() {
	need_tool taskset util-linux
	need_perf $user
}

# perf_on PID...: counts page-fault exceptions of these until they end, into $tmp/perf.
perf_on() {
	perf stat -x, -o "$tmp/perf" -e "$user,$kernel" -p "$(IFS=, && echo "$*")" 3>&- &
	perf_pid=$!
	started+=("$perf_pid")
	eventually perf_counts "$perf_pid" $((2 * $#))
}

# perf_counts PID EVENTS: it has opened them, and now waits for their end
perf_counts() {
	(($(find "/proc/$1/fd" -lname '*perf_event*' 2>/dev/null | wc -l) == $2)) && [[ $(chance "$1") == S ]] &&
		sleep 0.2 && [[ $(chance "$1") == S ]]
}

# end_says FILTER: of the last line of "trace --json".
end_says() {
	tail -n 1 "$tmp/out" | jq -r "$1"
}

# two_cpus: $cpu_a and $cpu_b, the first and the last that this shell may use.
two_cpus() {
	local allowed

	allowed=$(taskset -cp $BASHPID | sed 's/.*: *//')
	cpu_a=${allowed%%[,-]*} cpu_b=${allowed##*[,-]}
}

# two_rings: two_cpus, how many CPUs share a hot ring at least ($per_ring), and the two's rings by name ($ring_a,
# $ring_b); or skips, where that is one ring.
two_rings() {
	local possible

	two_cpus
	possible=$(sed 's/.*[,-]//' /sys/devices/system/cpu/possible)
	per_ring=$((possible / 64 + 1))
	ring_a=hot$((cpu_a / per_ring)) ring_b=hot$((cpu_b / per_ring))
	[[ $ring_a != "$ring_b" ]] || skip "one CPU has one hot ring"
}

# on_cpu CPU PID
on_cpu() {
	taskset -cp "$1" "$2" >/dev/null
}

# ring NAME FIELD: of the last line's lost.rings
ring() {
	end_says ".lost.rings[] | select(.ring == \"$1\") | .$2"
}

# flood_stopped ARGS...: two processes fault, on $cpu_a and $cpu_b, while "trace fault ARGS" is stopped for 2 s.
flood_stopped() {
	start a faults -p -n 20000 -r 3
	start b faults -p -n 20000 -r 3
	on_cpu "$cpu_a" "$a_pid"
	on_cpu "$cpu_b" "$b_pid"
	perf_on "$a_pid" "$b_pid"
	memtrace_start trace fault --json -p "$a_pid" -p "$b_pid" "$@"
	go a
	go b
	sleep 0.1
	kill -STOP "$mt_pid"
	sleep 2
	# so that also their last counts find the rings full
	wait "$a_pid" "$b_pid" "$perf_pid"
	kill -CONT "$mt_pid"
	memtrace_ends
	same "status" "$mt_status" 0
	same "the last line" "$(end_says .schema)" memtrace.end/1
	hits=$(($(perf_count "$tmp/perf" $user) + $(perf_count "$tmp/perf" $kernel)))
	((hits >= 120000)) || fail "only $hits hits: the test is void"
	printed=$(grep -c '"event":"fault"' "$tmp/out")
	lost=$(end_says .lost.hot)
	((lost > 0 && printed > 0)) || fail "$printed printed, $lost lost: the test is void"
	same "printed $printed and lost $lost" $((printed + lost)) "$hits"
	same "events that found their ring full" "$(end_says .lost.events)" "$lost"
	same "other losses" "$(end_says '.lost | "\(.rare) \(.tasks)"')" "0 0"
	grep -Eq 'hot (ring 0 was|rings 0, 1 were) full for .* records: --ring-size 256K, fewer probes, or a filter' "$tmp/err" ||
		fail "no remedy: $(<"$tmp/err")"
}

@test "trace fault, stopped for 2 s: printed and lost are the kernel's count, with one hot ring" {
	two_cpus
	flood_stopped --ring-size 64K --cpus-per-ring 16384
	same "rings" "$(end_says '[.lost.rings[].ring] | join(" ")')" "rare oom hot0"
	same "its size" "$(ring hot0 bytes)" 65536
	# and the last counts of the two, if they ended while it was stopped
	between "its records" "$(ring hot0 records)" "$lost" $((lost + 2))
}

@test "trace fault, stopped for 2 s: printed and lost are the kernel's count, with two hot rings" {
	two_rings
	flood_stopped --ring-size 64K --cpus-per-ring "$per_ring"
	between "records of both" $(($(ring "$ring_a" records) + $(ring "$ring_b" records))) "$lost" $((lost + 2))
	same "full rings" "$(end_says '[.lost.rings[] | select(.records > 0).ring] | join(" ")')" "$ring_a $ring_b"
}

@test "a hot ring that is full takes nothing from the one of another CPU" {
	two_rings
	start a faults -p -n 20000 -r 2
	start b faults -p -n 200
	on_cpu "$cpu_a" "$a_pid"
	on_cpu "$cpu_b" "$b_pid"
	perf_on "$b_pid"
	memtrace_start trace fault --json -p "$a_pid" -p "$b_pid" --ring-size 64K --cpus-per-ring "$per_ring"
	kill -STOP "$mt_pid"
	finish a
	finish b
	wait "$perf_pid"
	kill -CONT "$mt_pid"
	memtrace_ends
	same "status" "$mt_status" 0
	(($(ring "$ring_a" records) > 35000)) || fail "the ring of CPU $cpu_a was not full: the test is void"
	same "records that the ring of CPU $cpu_b had no room for" "$(ring "$ring_b" records)" 0
	same "events of CPU $cpu_b" "$(grep -c "\"event\":\"fault\".*\"pid\":$b_pid," "$tmp/out")" \
		$(($(perf_count "$tmp/perf" $user) + $(perf_count "$tmp/perf" $kernel)))
}

# faulted PID NUMBER: it has taken so many minor faults
faulted() {
	local stat

	read -r stat 2>/dev/null <"/proc/$1/stat" || return
	read -ra stat <<<"${stat##*) }"
	((stat[7] >= $2))
}

# Its first events go to the ring that is read last.
@test "a task that moves from the CPU of one hot ring to another's has its name in both" {
	local nr

	two_rings
	start mover faults -p -n 20000
	on_cpu "$cpu_b" "$mover_pid"
	memtrace_start record --every fault -o "$tmp/r.rec" --cpus-per-ring "$per_ring" --ring-size 8M -p "$mover_pid"
	kill -STOP "$mt_pid"
	go mover
	while [[ -e /proc/$mover_pid ]] && ! faulted "$mover_pid" 1000; do :; done
	kill -STOP "$mover_pid" || void "it ended before it was moved"
	on_cpu "$cpu_a" "$mover_pid"
	kill -CONT "$mover_pid"
	wait "$mover_pid"
	kill -CONT "$mt_pid"
	memtrace_ends
	"$memtrace" replay "$tmp/r.rec" trace fault --json >"$tmp/out" 2>"$tmp/err"
	same "lost" "$(end_says '.lost | "\(.rare) \(.hot)"')" "0 0"
	nr=$(grep -c "\"event\":\"fault\".*\"pid\":$mover_pid," "$tmp/out")
	between "its events" "$nr" 20000 21000
	same "all events" "$(grep -c '"event":"fault"' "$tmp/out")" "$nr"
	same "with its name and a cgroup" \
		"$(grep '"event":"fault".*"comm":"faults"' "$tmp/out" | grep -c '"cgroup":"')" "$nr"
}

# flood NUMBER [WRAPPER...]: so many processes that do nothing but fault; $floods
flood() {
	local i

	floods=()
	for ((i = 0; i < $1; i++)); do
		"${@:2}" "$workloads/faults" -n 20000 -r 100000 3>&- {out_fd}>&- &
		floods+=("$!")
	done
	started+=("${floods[@]}")
}

@test "faster than it can print: it goes on reading all rings, and ends when told to" {
	mkfifo "$tmp/out"
	exec {out_fd}<>"$tmp/out"
	memtrace_start trace fault --json -d 600
	flood 3
	read_out
	sleep 2
	memtrace_stop
	kill "${floods[@]}"
	same "status" "$mt_status" 0
	wait_end "$reader_pid"
	[[ $(tail -n 1 "$tmp/kept" | jq '[.lost.rings[2:][].records] | add > 0') == true ]] || void "memtrace kept up with three processes"
}

# limited [LIMIT]: cgroups for reclaim ($hog_dir) and for kills, and a file.
limited() {
	memcg_init
	need_perf $episode
	disk_dir
	make_cgroup floods
	all=$cgroup_name
	make_cgroup floods/reclaim 24M
	hog_dir=$cgroup
	make_cgroup floods/oom 16M
	make_cgroup floods/oom/victim
	victim_dir=$cgroup
	make_cgroup floods/oom/trigger
	trigger_dir=$cgroup
	file=$disk/memtrace-test-file.$$
}

# work ROUNDS KILLS: page cache over the limit and kills, under perf's eyes; perf's count of episodes in $episodes.
work() {
	local before

	before=$(oom_kills "$victim_dir" "$trigger_dir")
	# shellcheck disable=SC2016 # for the inner shell
	perf stat -x, -o "$tmp/perf" -e $episode -- bash -c '
		"$workloads/hog" -g "$1" -f "$2" -w 60 -r "$3" & "$workloads/hog" -g "$1" -f "$2.2" -w 60 -r "$3" &
		for ((i = 0; i < $6; i++)); do "$workloads/oompair" -v 10 -t 10 "$4" "$5"; done >/dev/null
		wait' sh "$hog_dir" "$file" "$1" "$victim_dir" "$trigger_dir" "$2" 3>&-
	rm -f "$file" "$file.2"
	episodes=$(perf_count "$tmp/perf" $episode)
	# the trigger dies, too, if the victim's memory comes back too late
	kills=$(($(oom_kills "$victim_dir" "$trigger_dir") - before))
	between "kills by the workload" "$kills" "$2" $((2 * $2))
}

teardown_file() {
	rm -f "$BATS_TEST_DIRNAME/../../build/memtrace-test-file."*
}

# kept FILTER: over all lines that were kept of "trace --json".
kept() {
	jq -rs --arg cgroup "$all" "$1" "$tmp/kept"
}

# flood_begin [WRAPPER...]: "trace" of all that happens, and two processes that do nothing but fault; nobody reads what it
# prints.  Where memtrace does not read either, a few faults are a flood, so these leave the CPUs to what is counted.
flood_begin() {
	limited
	mkfifo "$tmp/out"
	exec {out_fd}<>"$tmp/out"
	memtrace_start trace fault reclaim oom --json --ring-size 64K --rare-ring-size 1M
	flood 2 "$@"
}

read_out() {
	# without that descriptor, or it would wait for itself to close it
	grep -v '"event":"fault"' <"$tmp/out" >"$tmp/kept" 3>&- {out_fd}>&- &
	reader_pid=$!
	started+=("$reader_pid")
	exec {out_fd}>&-
}

flood_end() {
	local last hot by_ring rare records seen killed

	memtrace_stop
	kill "${floods[@]}"
	same "status" "$mt_status" 0
	wait_end "$reader_pid"
	((episodes > 500)) || fail "only $episodes episodes: the test is void"
	read -r last hot by_ring rare records seen killed < <(kept '.[-1].lost as $lost | [.[-1].schema, $lost.hot,
		([$lost.rings[2:][].records] | add) >= $lost.events, "\($lost.rare)+\($lost.folded)", ([$lost.rings[:2][].records] | add),
		(map(select(.event == "reclaim" and (.cgroup | startswith($cgroup)))) | length),
		(map(select(.event == "oom" and (.victim.cgroup | startswith($cgroup)))) | length)] | map(tostring) | join(" ")')
	same "the last line" "$last" memtrace.end/1
	((hot > 20000)) || void "only $hot faults lost"
	same "hot records lost, by ring" "$by_ring" true
	same "rare events lost or folded" "$rare" 0+0
	same "records of the rare rings lost" "$records" 0
	same "episodes" "$seen" "$episodes"
	same "kills" "$killed" "$kills"
}

@test "a flood of faults while memtrace is stopped: not one episode of reclaim, not one kill is lost" {
	flood_begin nice -n 5
	read_out
	kill -STOP "$mt_pid"
	work 1 5
	kill -CONT "$mt_pid"
	flood_end
}

@test "a flood of faults while nobody reads the output: not one episode of reclaim, not one kill is lost" {
	flood_begin nice -n 5
	work 1 5
	read_out
	flood_end
}

@test "a flood of faults that memtrace reads as fast as it can: not one episode of reclaim, not one kill is lost" {
	flood_begin
	read_out
	work 1 5
	flood_end
}

# Names of cgroups that were removed meanwhile are in the rare ring, and may find no room there.
@test "10,000 tasks in 2,000 cgroups that end at once while it is stopped, and 4 s more, rings as they are: difference 0" {
	memcg_init
	make_cgroup ends
	many_begin 10000 2000
	kill -STOP "$mt_pid"
	many_ended
	sleep 4
	kill -CONT "$mt_pid"
	memtrace_end
	many_exact 10000 '.lost.hot + .lost.tasks'
}

@test "a storm of reclaim on a small ring: lines and folded episodes are the kernel's count, no kill is lost" {
	limited
	# what others reclaim would be among what is folded
	memtrace_start trace reclaim oom -c "$all" --json --rare-ring-size 64K
	kill -STOP "$mt_pid"
	work 2 5
	kill -CONT "$mt_pid"
	sleep 0.5
	memtrace_stop
	same "status" "$mt_status" 0
	cp "$tmp/out" "$tmp/kept"
	same "the ring's size" "$(end_says '.lost.rings[0].bytes')" 65536
	printed=$(kept 'map(select(.event == "reclaim" and (.cgroup | startswith($cgroup)))) | length')
	folded=$(end_says .lost.folded)
	((folded > 500)) || fail "only $folded episodes folded: the test is void"
	between "lines, of a ring that may be three quarters full" "$printed" 280 400
	same "$printed lines and $folded folded" $((printed + folded)) "$episodes"
	same "kills" "$(kept 'map(select(.event == "oom" and (.victim.cgroup | startswith($cgroup)))) | length')" "$kills"
	same "rare events lost" "$(end_says .lost.rare)" 0
}

@test "a storm of reclaim on a small ring: counters and histogram are the kernel's count, no kill is lost" {
	limited
	# what others do would fill the hot rings while it is stopped
	memtrace_start stat reclaim oom -c "$all" --json -o "$tmp/stat.json" --rare-ring-size 64K
	kill -STOP "$mt_pid"
	work 2 5
	kill -CONT "$mt_pid"
	memtrace_stop
	same "status" "$mt_status" 0
	few_tasks_lost
	[[ $(report '.lost.folded > 500') == true ]] || fail "only $(report .lost.folded) episodes folded: the test is void"
	hist='[.histograms[] | select(.name == "reclaim_latency" and .labels.kind == "memcg")]'
	same "episodes of all rows" "$(total true .reclaim.memcg.count)" "$episodes"
	same "the histogram's count" "$(report "$hist | map(.count) | add")" "$episodes"
	same "the sum of its buckets" "$(report "$hist | map(.buckets[].count) | add")" "$episodes"
	same "its sum in ns" "$(report "$hist | map(.sum) | add")" "$(total true .reclaim.memcg.ns)"
	same "kills" "$(report '.oom | length')" "$kills"
	same "rare events lost" "$(report .lost.rare)" 0
}
