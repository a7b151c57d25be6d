#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# -p, -p --follow, -t, -u, -n and -c: what matches is counted in full from the
# moment that memtrace is attached, and nothing else is there.  Two workloads
# wait for a byte, so that both live before memtrace and run while it watches.

load lib

pids() {
	report '[.processes[] | select(.fault.minor > 0) | .pid] | sort | map(tostring) | join(" ")'
}

@test "-p: that process alone" {
	start one faults -p -n 5000
	start two faults -p -n 5000
	memtrace_start stat -p "$one_pid" --json -o "$tmp/stat.json"
	finish one
	finish two
	memtrace_stop
	same "pids" "$(pids)" "$one_pid"
	between "minor faults" "$(total true .fault.minor)" 5000 5100
	assert_nothing_lost
}

@test "-p twice: both" {
	start one faults -p -n 3000
	start two faults -p -n 4000
	start three faults -p -n 1000
	memtrace_start stat -p "$one_pid" -p "$two_pid" --json -o "$tmp/stat.json"
	finish one
	finish two
	finish three
	memtrace_stop
	same "pids" "$(pids)" "$(printf '%s\n' "$one_pid" "$two_pid" | sort -n | paste -sd ' ')"
	between "minor faults" "$(total true .fault.minor)" 7000 7200
}

@test "-p without --follow: not its children" {
	start one spawn -p -n 5 -t 1000
	memtrace_start stat -p "$one_pid" --json -o "$tmp/stat.json"
	finish one
	memtrace_stop
	same "pids" "$(pids)" "$one_pid"
	between "minor faults" "$(total true .fault.minor)" 1 999
}

@test "-p --follow: its children born later, too" {
	start one spawn -p -n 5 -t 1000
	memtrace_start stat -p "$one_pid" --follow --json -o "$tmp/stat.json"
	finish one
	memtrace_stop
	same "processes" "$(report '[.processes[] | select(.fault.minor > 0)] | length')" 6
	between "minor faults" "$(total true .fault.minor)" 5000 6000
}

@test "-p --follow: children by posix_spawn, across exec" {
	start one spawn -p -s -n 5 -t 1000
	memtrace_start stat -p "$one_pid" --follow --json -o "$tmp/stat.json"
	finish one
	memtrace_stop
	same "children" "$(report "[.processes[] | select(.pid != $one_pid and .fault.minor > 0)] | length")" 5
	between "their minor faults" "$(total ".pid != $one_pid" .fault.minor)" 5000 6000
}

@test "-t: that thread alone" {
	start one threads -p -g -n 4 -t 1000
	tid=$(sed -n 's/^tid=\([0-9]*\) pages=3000$/\1/p' "$tmp/one.out")
	memtrace_start stat -t "$tid" --json -o "$tmp/stat.json"
	finish one
	memtrace_stop
	between "minor faults" "$(total true .fault.minor)" 3000 3050
	same "pids" "$(pids)" "$one_pid"
}

@test "-u: that user's processes" {
	start one faults -p -n 3000 -U 54321
	start two faults -p -n 3000
	memtrace_start stat -u 54321 --json -o "$tmp/stat.json"
	finish one
	finish two
	memtrace_stop
	same "pids" "$(pids)" "$one_pid"
	between "minor faults" "$(total true .fault.minor)" 3000 3100
}

@test "-n: processes of that name" {
	start one faults -p -n 3000 -c mt-one
	start two faults -p -n 3000 -c mt-two
	memtrace_start stat -n mt-one --json -o "$tmp/stat.json"
	finish one
	finish two
	memtrace_stop
	same "pids" "$(pids)" "$one_pid"
	same "comm" "$(report '[.processes[].comm] | unique | join(" ")')" mt-one
	between "minor faults" "$(total true .fault.minor)" 3000 3100
}

@test "-n: a process that changes its name all the time, looked at all the time" {
	memtrace_start stat -n mt-one -i 0.01 --json -o "$tmp/stat.json"
	"$workloads/toggler" -n 20000 >"$tmp/toggler.out"
	memtrace_stop
	same "its faults" "$(cat "$tmp/toggler.out")" in_loop=40000
	same "minor faults" "$(jq -s '.[-1].processes | map(.fault.minor) | add' "$tmp/stat.json")" 20000
}

# No hook of its own tells of the move: the iterator does.
@test "-c --light: a process that somebody else moves in and out" {
	memcg_init
	make_cgroup one
	start one faults -p -n 1000
	start two faults -p -n 1000
	memtrace_start stat -c "$cgroup_name" --light --json -o "$tmp/stat.json"
	echo "$one_pid" >"$cgroup/cgroup.procs"
	sleep 2.5
	finish one
	finish two
	memtrace_stop
	same "pids" "$(pids)" "$one_pid"
	between "minor faults" "$(total true .fault.minor)" 1000 1100
	same "cgroup" "$(report '.processes[0].cgroup')" "$cgroup_name"
}

@test "-c: that cgroup and those below, no other" {
	memcg_init
	make_cgroup one
	start inside hog -p -a 8 -g "$cgroup"
	name=$cgroup_name
	make_cgroup one/below
	start below hog -p -a 12 -g "$cgroup"
	make_cgroup two
	start outside hog -p -a 8 -g "$cgroup"
	memtrace_start stat -c "$name" --json -o "$tmp/stat.json"
	finish inside
	finish below
	finish outside
	memtrace_stop
	# shellcheck disable=SC2154
	same "pids" "$(pids)" "$(printf '%s\n' "$inside_pid" "$below_pid" | sort -n | paste -sd ' ')"
	between "minor faults" "$(total true .fault.minor)" 5120 5320
	same "cgroups" "$(report '[.processes[] | select(.fault.minor > 0) | .cgroup] | sort | join(" ")')" "$name $name/below"
}

@test "-c with the directory of the cgroup" {
	memcg_init
	make_cgroup one
	start inside hog -p -a 8 -g "$cgroup"
	memtrace_start stat -c "$cgroup" --json -o "$tmp/stat.json"
	finish inside
	memtrace_stop
	# shellcheck disable=SC2154
	same "pids" "$(pids)" "$inside_pid"
}

@test "filters add up: a name of a pid" {
	start one faults -p -n 3000 -c mt-one
	start two faults -p -n 3000 -c mt-one
	memtrace_start stat -n mt-one -p "$two_pid" --json -o "$tmp/stat.json"
	finish one
	finish two
	memtrace_stop
	same "pids" "$(pids)" "$two_pid"
}

@test "-a: everybody, with the numbers of each" {
	start one faults -p -n 3000
	memtrace_start stat -a --json -o "$tmp/stat.json"
	finish one
	"$workloads/faults" -n 2000 -c mt-later
	memtrace_stop
	between "one that lived before" "$(total ".pid == $one_pid" .fault.minor)" 3000 3100
	between "one born later" "$(total '.comm == "mt-later"' .fault.minor)" 2000 2300
}

@test "tasks that no filter asks for are neither waited for nor called lost" {
	while :; do /bin/true; done &
	started+=("$!")
	memtrace_stat_once -n mt-nobody -d 0.3
	same "lost tasks" "$(report .lost.tasks)" 0
	between "duration, ms" "$(report '.duration_ns / 1000000 | floor')" 300 900
}

@test "a command in a pid namespace of its own is counted; pids there are refused" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	unshare -pf --mount-proc "$memtrace" stat fault --json -o "$tmp/stat.json" -- "$workloads/faults" -n 2000 3>&-
	same "minor faults" "$(total true .fault.minor)" "$(report .command.rusage.minor)"
	between "minor faults" "$(total true .fault.minor)" 2000 2300
	run unshare -pf --mount-proc "$memtrace" stat -p 1 -d 1
	same "status" "$status" 2
	[[ $output == *--pid=host* ]] || fail "$output"
}
