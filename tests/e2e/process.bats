#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Who starts processes: forks and CPU time against what the kernel says of CMD, rows by parent, how many processes a row
# stands for, and filters that follow what a name has started.

load lib

# Starts processes of a known number that use CPU time, waits for them, and writes what the kernel says of all of them.
burn='
import os, resource, subprocess, sys, time
def spin(s):
    end = time.process_time() + s
    while time.process_time() < end: pass
for i in range(20):
    pid = os.fork()
    if not pid:
        spin(0.01)
        os._exit(0)
    os.waitpid(pid, 0)
spin(0.1)
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(int(sum(u.ru_utime + u.ru_stime for u in used) * 1e9))
'

# The program itself: a script of the same name may start others.
python=$(python3 -c "import sys; print(sys.executable)")

@test "forks are exact, and CPU time is what getrusage has" {
	memtrace_stat process -- "$python" -c "$burn"
	same "forks" "$(report .total.process.forks)" 20
	used=$(<"$tmp/cmd.out")
	between "CPU time" "$(report .total.process.cpu_ns)" $((used - used / 50 - 5000000)) $((used + used / 10 + 60000000))
	# each child's own, which was over when its scheduler's accounts were not
	same "children with their CPU time" "$(report '[.processes[] | select(.process.cpu_ns > 9000000)] | length')" 21
}

@test "threads are no forks" {
	memtrace_stat process -- "$workloads/threads" -t 8
	same "forks" "$(report .total.process.forks)" 0
}

# What a shell starts, and what that starts.
family='for i in 1 2 3 4 5; do sh -c "/bin/true; /bin/true; :"; done; sleep 0.2; :'

@test "rows by parent: what ended counts for who started it" {
	memtrace_stat fault --by parent -- bash -c "$family"
	row='.processes[] | select(.comm == "bash")'
	# 5 shells, 2 of true each, and sleep
	same "processes that bash and its shells started" "$(report "$row.processes")" 16
	same "their forks" "$(report "$row.process.forks")" 10
	same "rows of shells" "$(report '[.processes[] | select(.comm == "sh")] | length')" 0
	same "the sum of all rows" "$(total true .fault.minor)" "$(report .total.fault.minor)"
}

@test "rows by parent of a recording are those of the run" {
	mt_status=0
	"$memtrace" stat process fault --by parent --json -o "$tmp/stat.json" --record "$tmp/r.rec" -- bash -c "$family" || mt_status=$?
	same status $mt_status 0
	"$memtrace" replay "$tmp/r.rec" stat --by parent --json >"$tmp/replayed.json"
	diff <(jq -c '[.processes[] | [.pid, .comm, .processes, .fault.minor, .process]] | sort' "$tmp/stat.json") \
		<(jq -c '[.processes[] | [.pid, .comm, .processes, .fault.minor, .process]] | sort' "$tmp/replayed.json")
}

@test "a recording that does not say who started whom is refused" {
	run -2 "$memtrace" replay "$top/tests/golden/rare.rec" stat --by parent
	[[ $output == *'does not say who started a process'* ]] || fail "$output"
}

@test "a row by name says how many processes it stands for" {
	memtrace_stat fault --by comm -- bash -c 'for i in {1..30}; do /bin/true; done'
	same "processes of true" "$(report '.processes[] | select(.comm == "true") | .processes')" 30
	# before they call exec, all have their parent's name
	same "processes of bash" "$(report '.processes[] | select(.comm == "bash") | .processes')" 31
	"$memtrace" stat fault --by comm -- /bin/true | grep -qE '^COMM +PROCS +MINOR/s'
}

@test "what a name has started is followed" {
	cp /bin/bash "$tmp/mt-daemon"
	mkfifo "$tmp/go"
	# it waits first, so that its children are born in the run
	"$tmp/mt-daemon" -c 'read -r _ <"$0/go"; for i in {1..7}; do /bin/true; done; : >"$0/done"; sleep 30 & wait' "$tmp" 3>&- &
	started+=($!)
	memtrace_start stat fault -n mt-daemon --follow --by comm --json -o "$tmp/stat.json"
	echo >"$tmp/go"
	eventually test -e "$tmp/done"
	memtrace_stop
	same "processes of true" "$(report '.processes[] | select(.comm == "true") | .processes')" 7
	pkill -KILL -P "${started[-1]}" 2>/dev/null || true
	memtrace_stat fault -n mt-nobody --by comm -d 0.1
	same "rows of a name that nobody has" "$(report '.processes | length')" 0
}

@test "a process that only starts others has a row" {
	memtrace_stat process -- bash -c 'for i in 1 2 3; do (:); done'
	same "forks of bash" "$(report '[.processes[] | select(.process.forks == 3)] | length')" 1
}

@test "--follow without anything to follow is refused" {
	run -2 "$memtrace" stat --follow -c / -d 0.1
	[[ $output == *'expected -p, -t or -n'* ]] || fail "$output"
}
