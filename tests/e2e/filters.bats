#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# -p, -p --follow, -t, -u, -n and -c: what matches is counted in full from the
# moment that memtrace is attached, and nothing else is there.  Two workloads
# wait for a byte, so that both live before memtrace and run while it watches.
# One test of each filter has all probes' programs; the others are about which tasks match, which the probe fault shows.

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
	memtrace_ends # with that process
	same "pids" "$(pids)" "$one_pid"
	between "minor faults" "$(total true .fault.minor)" 5000 5100
	assert_nothing_lost
}

@test "-p twice: both" {
	start one faults -p -n 3000
	start two faults -p -n 4000
	start three faults -p -n 1000
	memtrace_start stat fault -p "$one_pid" -p "$two_pid" --json -o "$tmp/stat.json"
	finish one
	finish two
	finish three
	memtrace_ends
	same "pids" "$(pids)" "$(printf '%s\n' "$one_pid" "$two_pid" | sort -n | paste -sd ' ')"
	between "minor faults" "$(total true .fault.minor)" 7000 7200
}

@test "-p without --follow: not its children" {
	start one spawn -p -n 5 -t 1000
	memtrace_start stat fault -p "$one_pid" --json -o "$tmp/stat.json"
	finish one
	memtrace_ends
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
	memtrace_start stat fault -p "$one_pid" --follow --json -o "$tmp/stat.json"
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
	memtrace_start stat fault -n mt-one -i 0.01 --json -o "$tmp/stat.json"
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
	memtrace_start stat fault -c "$cgroup" --json -o "$tmp/stat.json"
	finish inside
	memtrace_stop
	# shellcheck disable=SC2154
	same "pids" "$(pids)" "$inside_pid"
}

# nest DIR NR: directories in each other; the innermost in $innermost
nest() {
	local i

	innermost=$1
	for ((i = 0; i < $2; i++)); do innermost+=/d$i; done
	mkdir -p "$innermost"
}

@test "-c: tasks 45 levels below, and of a cgroup that is itself 40 levels deep" {
	memcg_init
	make_cgroup deep
	nest "$cgroup" 45
	start inside hog -p -a 8 -g "$innermost"
	name=$cgroup_name
	memtrace_start stat fault -c "$name" --json -o "$tmp/stat.json"
	finish inside
	memtrace_stop
	same "pids" "$(pids)" "$inside_pid"
	between "minor faults" "$(total true .fault.minor)" 2048 2248
	same "its name" "$(report ".processes[] | select(.pid == $inside_pid) | .cgroup")" "${innermost#"$memcg_root"}"

	rm -f "$tmp"/*.go
	nest "$cgroup" 42
	start below hog -p -a 8 -g "$innermost"
	nest "$cgroup" 39
	start above hog -p -a 8 -g "$innermost"
	mkdir "$cgroup/d0/e"
	memtrace_start stat fault -c "$innermost/d39" -c "$cgroup/d0/e" --json -o "$tmp/stat.json"
	finish below
	finish above
	memtrace_stop
	same "pids" "$(pids)" "$below_pid"
}

@test "-c with the current directory, a relative one and a link, in the cgroup file system" {
	memcg_init
	make_cgroup one
	mkdir "$cgroup/below"
	ln -s "$cgroup" "$tmp/link"
	cd "$cgroup/below"
	for word in .. "../../${cgroup_name#/}/below/.." "$tmp/link"; do
		memtrace_stat fault -a -c "$word" -- "$workloads/hog" -a 8 -g "$cgroup"
		same "cgroups of $word" "$(report '[.processes[].cgroup] | unique | join(" ")')" "$cgroup_name"
		between "minor faults" "$(total true .fault.minor)" 2048 2248
	done
	memtrace_stat fault -a -c . -- "$workloads/hog" -a 8 -g "$cgroup"
	same "processes of ." "$(report '.processes | length')" 0
}

@test "-c: a directory of another hierarchy, and one that was removed, are refused" {
	memcg_init
	make_cgroup one
	mkdir "$cgroup/gone"
	cd "$cgroup/gone"
	rmdir "$cgroup/gone"
	run "$memtrace" stat -c . -d 0.1
	same "status" "$status" 2
	[[ $output == *"the directory was removed"* ]] || fail "$output"
	cd /
	other=$(awk -v memory="$memcg_root" '$3 ~ /^cgroup2?$/ && $2 != memory { print $2; exit }' /proc/mounts)
	[[ $other ]] || skip "there is no other hierarchy"
	run "$memtrace" stat -c "$other" -d 0.1
	same "status" "$status" 2
	[[ $output == *"no cgroup of the memory controller"* ]] || fail "$output"
}

@test "-c where the controller's hierarchy is not mounted, but another is" {
	memcg_init
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	[[ $memcg_limit != memory.max ]] || skip "cgroup v1 alone"
	make_cgroup one
	# shellcheck disable=SC2016
	run unshare -m sh -c 'umount "$1" && exec "$2" stat -c "$3" -d 0.1' sh "$memcg_root" "$memtrace" "$cgroup_name"
	same "status" "$status" 2
	[[ $output == *"not mounted here"* ]] || fail "$output"
}

@test "filters add up: a name of a pid" {
	start one faults -p -n 3000 -c mt-one
	start two faults -p -n 3000 -c mt-one
	memtrace_start stat fault -n mt-one -p "$two_pid" --json -o "$tmp/stat.json"
	finish one
	finish two
	memtrace_ends
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
	memtrace_stat fault -n mt-nobody -d 0.3
	same "lost tasks" "$(report .lost.tasks)" 0
	between "duration, ms" "$(report '.duration_ns / 1000000 | floor')" 300 10000
}

@test "a command in a pid namespace of its own is counted; pids there are refused" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	unshare -pf --mount-proc "$memtrace" stat fault --json -o "$tmp/stat.json" -- "$workloads/faults" -n 2000 3>&-
	same "minor faults" "$(total true .fault.minor)" "$(report .command.rusage.minor)"
	between "minor faults" "$(total true .fault.minor)" 2000 2300
	run unshare -pf --mount-proc "$memtrace" stat -p 1 -d 1
	same "status" "$status" 2
	[[ $output == *--pid=host* ]] || fail "$output"
	# all that it costs, and the way out
	run unshare -pf --mount-proc "$memtrace" doctor --json
	same "what doctor says of it" "$(jq -r '.. | objects | select(.name? == "pid namespace") | tostring |
		[test("tasks outside it are lost"), test("--pid=host")] | join(" ")' <<<"$output")" "true true"
}

@test "pids are refused where /proc is that of another pid namespace" {
	unshare -mpf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	unshare -mpf --mount-proc --kill-child sh -c "echo >'$tmp/ready'; exec sleep 60" 3>&- &
	outer=$!
	started+=("$outer")
	for ((i = 0; i < 300; i++)); do
		[[ ! -e $tmp/ready ]] || break
		sleep 0.1
	done
	inner=$(pgrep -P "$outer")
	run nsenter -m -t "$inner" "$memtrace" stat -p 1 -d 0.1
	same "status" "$status" 2
	[[ $output == *"belongs to another pid namespace"* ]] || fail "$output"
}

# within NAME NS BEGIN END: a moment of the wall's clock between two of date +%s
within() {
	between "$1" $(($2 / 1000000000)) "$3" "$4"
}

@test "a time namespace moves no moment, hides no process and makes nothing older" {
	local shift began

	for shift in 1000000 "-$(($(cut -d. -f1 /proc/uptime) / 2))"; do
		unshare -T --fork --boottime "$shift" --monotonic "$shift" true 2>/dev/null || skip "no time namespaces here"
		began=$(date +%s)
		run unshare -T --fork --boottime "$shift" --monotonic "$shift" \
			"$memtrace" trace fault --json -o "$tmp/stat.json" -- true
		same "status of trace" "$status" 0
		within "the first event" "$(head -n 1 "$tmp/stat.json" | jq .time_ns)" "$began" "$(date +%s)"

		sleep 60 3>&- &
		started+=($!)
		run unshare -T --fork --boottime "$shift" --monotonic "$shift" \
			"$memtrace" map -p $! -d 0.2 --json -o "$tmp/stat.json"
		same "status of map" "$status" 0
		same "has mappings" "$(report '.processes[0].mappings | length > 5')" true
	done
}
