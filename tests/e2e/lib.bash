# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
#
# What the end-to-end tests share.  Each test file sources it by
#	load lib
#
# MEMTRACE names the binary (default build/memtrace).  Everything that a test
# makes (processes, cgroups, mounts) is put on a list and undone in teardown.
# Helpers set mt_status, mt_out, mt_err, ... for the test to look at.

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
memtrace=${MEMTRACE:-$top/build/memtrace}
workloads=$top/build/workloads
export workloads

bats_require_minimum_version 1.8.0

setup() {
	tmp=$BATS_TEST_TMPDIR
	exec {nap_fd}<> <(:)
	started=()
	cgroups=()
	mounts=()
	tasks_before=$(tasks_made)
	((EUID == 0)) || skip "needs root"
	[[ -x $memtrace ]] || skip "missing: ${memtrace#"$top"/} (make)"
	if declare -F need >/dev/null; then need; fi
}

teardown() {
	local i pid

	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	for ((i = ${#cgroups[@]} - 1; i >= 0; i--)); do
		remove_cgroup "${cgroups[i]}"
	done
	for i in "${mounts[@]}"; do
		umount "$i"
	done
	# last: a file system that does not answer would hold it up
	check_metrics
}

# Each file of metrics that the test has now, whatever its name, is what promtool takes, where there is one.  What came from a stream
# has a text for each interval, which together are none.
check_metrics() {
	local file

	command -v promtool >/dev/null || return 0
	while read -r file; do
		[[ $(head -c 15 "$file") == '# HELP memtrace' ]] || continue
		(($(grep -c '^# HELP memtrace_build_info ' "$file") == 1)) || continue
		promtool check metrics <"$file" >"$tmp/promtool.out" 2>&1 ||
			fail "$file: $(head -n 5 "$tmp/promtool.out")" || return
	done < <(find "$tmp" -type f -size +0 -size -64M ! -name promtool.out)
}

# Is memtrace a build with SAN=1?
sanitized() {
	ldd "$memtrace" 2>/dev/null | grep -q libasan
}

# memory_limit KB: what memtrace may take.  ASan shadows all memory and keeps what was freed, 256 MB of it.
memory_limit() {
	if sanitized; then echo $(($1 + 800000)); else echo "$1"; fi
}

need_tool() {
	command -v "$1" >/dev/null || skip "missing: $1 (Debian: $2; scripts/setup test)"
}

# nap SECONDS: as sleep(1), which in a loop takes more of a CPU than what is looked at.
nap() {
	read -r -t "$1" -u "$nap_fd" || true
}

# need_tracefs: mounted, as for kind tp, for ids of tracepoints and for perf's events; where a machine has not mounted it, it is, and
# stays so, as others may use it meanwhile.
need_tracefs() {
	[[ ! -d /sys/kernel/tracing/events ]] || return 0
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || skip "no tracefs, and it cannot be mounted here"
}

need_perf() {
	need_tool perf linux-perf
	[[ $1 != *:* ]] || need_tracefs # a tracepoint
	perf stat -e "$1" true >/dev/null 2>&1 || skip "perf cannot count $1 here"
}

# fail TEXT...: ends the test with a message and what memtrace said.
fail() {
	printf '%s\n' "$@" >&2
	[[ -s $tmp/stat.err ]] && head -n 20 "$tmp/stat.err" >&2
	return 1
}

same() {
	[[ $2 == "$3" && $2 != '' ]] || fail "$1: ${2:-nothing} is not ${3:-nothing}"
}

# between WHAT VALUE LOW HIGH
between() {
	if [[ ! $2 =~ ^-?[0-9]+$ ]] || (($2 < $3 || $2 > $4)); then
		fail "$1: ${2:-nothing} is not in $3..$4"
	fi
}

# excuse CAUSE DETAILS: the test goes on without something that it claims, for a cause that it has found and that is
# nobody's fault.  scripts/test adds these up by CAUSE, which is one of its list, and fails if there are too many: what
# happens often is a fault.
excuse() {
	echo "# excused: $1: $2" >&3
}

# void WHAT: what the test is about did not happen, as the machine had other things to do.
void() {
	excuse "what the test is about did not happen" "$1"
	skip "void: $1"
}

# memtrace_stat ARGS...: one whole run of "stat --json"; its report in $tmp/stat.json, CMD's output in $tmp/cmd.out.
memtrace_stat() {
	mt_status=0
	rm -f "$tmp/stat.json"
	"$memtrace" stat --json -o "$tmp/stat.json" "$@" >"$tmp/cmd.out" 2>"$tmp/stat.err" 3>&- || mt_status=$?
	((mt_status == 0)) || fail "memtrace stat: status $mt_status"
	[[ $(jq -r .schema "$tmp/stat.json") == memtrace.stat/1 ]] || fail "stat --json printed no report"
}

# report FILTER: a value of the last report.
report() {
	jq -r "$1" "$tmp/stat.json"
}

# total CONDITION FIELD: its sum over the processes that meet it, such as: total '.comm == "x"' .fault.minor
total() {
	report "[.processes[] | select($1) | $2] | add // 0"
}

# Tasks that the machine has made since it runs.
tasks_made() {
	awk '$1 == "processes" { print $2 }' /proc/stat
}

# few_tasks_lost [NUMBER]: the report's lost.tasks, in $lost: none, or, excused, few of
# those that the machine has made since the test began.
#
# From 6.16 on a task's last counts come when it is freed, in a softirq, and a
# kernel may not run BPF programs in whatever task that softirq hits.  A hardened
# one was seen to skip one in some hundreds, but all at once that a single softirq
# frees: of 501, 104 did not come within two seconds, nor 33 within twenty.  Such a
# task may have handed over all that it counted, as all of these had.
few_tasks_lost() {
	lost=${1:-$(report .lost.tasks)}
	[[ $lost != 0 ]] || return 0
	between "tasks whose last counts did not come" "$lost" 1 $((5 + ($(tasks_made) - tasks_before) / 2))
	excuse "the end of a task was not seen" "$lost"
}

# said_lossless FILE: memtrace has said there that nothing was lost, but, excused, ends of tasks.
said_lossless() {
	lost=$(sed -nE '/^memtrace: .*lost: [0-9]+ of tasks/ { s/.*lost: ([0-9]+) of tasks.*/\1/; p; q }' "$1")
	if [[ $lost ]]; then few_tasks_lost "$lost"; else grep -q 'nothing lost' "$1" || fail "something was lost" "$(<"$1")"; fi
}

assert_nothing_lost() {
	local rare hot tasks

	read -r rare hot tasks < <(report '.lost | "\(.rare) \(.hot) \(.tasks)"')
	same "lost events" "$rare $hot" "0 0"
	few_tasks_lost "$tasks"
}

# few_missing KIND EXPECTED COUNTED MOST: all faults of that kind were counted but, excused, MOST.
few_missing() {
	[[ ! $2 =~ ^[0-9]+$ || $2 != "$3" ]] || return 0
	between "$1 faults that are missing" $(($2 - $3)) 1 "$4"
	excuse "last counts of a task are missing" "$(($2 - $3)) $1 faults"
}

# The counts of all processes equal what wait4 says of the command and its
# descendants.  Of a task whose end was not seen, what it did after its exit
# may be missing.
assert_exact() {
	local waited_minor waited_major minor major

	assert_nothing_lost
	read -r waited_minor waited_major minor major < <(report '.command.rusage as $waited | .processes | [$waited.minor,
		$waited.major, (map(.fault.minor) | add // 0), (map(.fault.major) | add // 0)] | map(tostring) | join(" ")')
	few_missing minor "$waited_minor" "$minor" $((8 * lost))
	few_missing major "$waited_major" "$major" "$lost"
}

# memtrace_start ARGS...: in the background, until it has attached what it will; $mt_pid.
memtrace_start() {
	# With job control, for without it bash has background processes ignore SIGINT.
	set -m
	"$memtrace" "$@" >"$tmp/out" 2>"$tmp/err" 3>&- </dev/null &
	mt_pid=$!
	set +m
	started+=("$mt_pid")
	wait_attached "$mt_pid"
}

# memtrace_end: what memtrace_start began and ends by itself has ended, and well.
memtrace_end() {
	mt_status=0
	wait "$mt_pid" || mt_status=$?
	same "status" "$mt_status" 0
}

# many_begin TASKS GROUPS OPTION...: memtrace runs, and so many tasks in so many cgroups below $cgroup, all of which it
# knows by a tick.  They count once more and end, all at once, some 1.5 s later.
many_begin() {
	memtrace_start stat --json "${@:3}" -o "$tmp/stat.json" -- sh -c 'exec "$@" >"$0"' "$tmp/many.out" \
		"$workloads/many" -t "$1" -g "$2" -d "$cgroup" -n 7 -r 2 -s 3000
	for _ in {1..3000}; do
		grep -q '^round=0' "$tmp/many.out" && break
		nap 0.1
	done
	sleep 1.5
}

# Until all tasks of many_begin have ended, and their parent has seen it.
many_ended() {
	local pid

	pid=$(sed -n 's/^pid=//p' "$tmp/many.out")
	for _ in {1..3000}; do
		[[ $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) ]] || break
		nap 0.1
	done
}

# many_exact TASKS FILTER: each has its row, all that they counted is there, and what FILTER adds up of it is 0.
many_exact() {
	same "lost, minor faults too many, rows" "$(report "\"\($2), \(.total.fault.minor - .command.rusage.minor),\(
		[.processes[] | select(.comm == \"many\")] | length)\"")" "0, 0,$(($1 + 1))"
}

# Ids of the BPF programs that a process holds by a descriptor of its own or by a link.
bpf_ids_of() {
	cat "/proc/$1"/fdinfo/* 2>/dev/null | awk '$1 == "prog_id:" { print $2 }' | sort -un
}

# chance PID: "S" while all its threads sleep (several load programs), else the CPU time that it has used: the same twice in
# a row only if it did not get to run.
chance() {
	local stat file state=S

	for file in "/proc/$1/task"/*/stat; do
		read -r stat 2>/dev/null <"$file" || continue
		stat=${stat##*) }
		[[ $stat == S* ]] || state=R
	done
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	read -ra stat <<<"${stat##*) }"
	if [[ $state == S ]]; then echo S; else echo $((stat[11] + stat[12])); fi
}

# switches PID: how often its threads have run
switches() {
	cat "/proc/$1/task"/*/status 2>/dev/null | awk '/ctxt_switches:/ { sum += $2 } END { print sum }'
}

# rests PID: all its threads sleep, and none has run for a while: it has done what it had to do, and waits
rests() {
	local before

	before=$(switches "$1")
	[[ $(chance "$1") == S ]] && nap 0.3 && [[ $(chance "$1") == S && $(switches "$1") == "$before" ]]
}

# Until the number of programs attached by links has not changed for a while in which it could have.
wait_attached() {
	local links last='' calm=0 now before='' i

	for ((i = 0; i < 1000; i++)); do
		kill -0 "$1" 2>/dev/null || { cat "$tmp/err" >&2; fail "memtrace ended early"; return; }
		links=$(grep -sl '^link_id:' "/proc/$1"/fdinfo/*) || true
		now=$(chance "$1")
		if [[ ! $links || $links != "$last" ]]; then
			calm=0
		elif [[ $now == S ]]; then
			(((calm += 4) >= 20)) && return 0
		elif [[ $now != "$before" ]]; then
			((++calm >= 20)) && return 0
		fi
		last=$links before=$now
		nap 0.06
	done
	fail "memtrace did not attach"
}

# memtrace_stop [SIGNAL]: status in $mt_status; it must end within 30 seconds.
memtrace_stop() {
	local ended=''

	check_metrics
	# with -p it may have ended by itself
	kill "-${1:-INT}" "$mt_pid" 2>/dev/null || ended=yes
	memtrace_ends
	[[ ! $ended || $mt_status == 0 ]] || fail "memtrace had ended, with status $mt_status"
}

# memtrace_ends: the same of a run that ends by itself.
memtrace_ends() {
	wait_end "$mt_pid"
}

wait_end() {
	local i seconds=30

	# what waits to be printed is printed several times slower
	if sanitized; then seconds=120; fi
	for ((i = 0; i < seconds * 20; i++)); do
		if ! kill -0 "$1" 2>/dev/null; then
			mt_status=0
			wait "$1" || mt_status=$?
			return 0
		fi
		nap 0.05
	done
	fail "process $1 did not end in $seconds seconds"
}

# eventually COMMAND...: until it succeeds, for five minutes at least
eventually() {
	local i

	for ((i = 0; i < 6000; i++)); do
		"$@" && return
		nap 0.05
	done
	fail "not within five minutes: $*"
}

# A service manager: prints each datagram that it gets.
manager() {
	# What one before it printed must not stand for this one: its file is opened only after the fork.
	rm -f "$tmp/manager.out"
	python3 -uc '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\0", 1))
print("bound")
while True:
    print(s.recv(4096).decode(), end="")' "$1" >"$tmp/manager.out" 3>&- &
	started+=("$!")
	eventually grep -qs bound "$tmp/manager.out"
}

# start NAME WORKLOAD ARGS...: a workload that prints "pid=N" and waits; "go NAME" lets it run.
start() {
	local name=$1

	shift
	mkfifo "$tmp/$name.go"
	: >"$tmp/$name.out"
	# Opened for both, so that neither side waits for the other to open it.
	exec {go_fd}<>"$tmp/$name.go"
	"$workloads/$1" "${@:2}" <"$tmp/$name.go" >"$tmp/$name.out" 3>&- &
	started+=("$!")
	eventually grep -q '^pid=' "$tmp/$name.out"
	eval "${name}_pid=$(sed -n 's/^pid=//p' "$tmp/$name.out" | tail -n 1)"
}

go() {
	echo >"$tmp/$1.go"
}

# finish NAME: let it run, and wait for its end.
finish() {
	local pid=${1}_pid

	go "$1"
	wait "${!pid}"
}

# Programs that no process holds, without those of before: what a dead memtrace left behind.
bpf_orphans() {
	comm -23 <(bpf_ids | sort) \
		<(cat /proc/[0-9]*/fdinfo/* "$tmp/progs.before" 2>/dev/null |
			awk '$1 == "prog_id:" { print $2 } NF == 1 { print $1 }' | sort -u)
}

bpf_remember() {
	bpf_ids >"$tmp/progs.before"
}

# Ids of all programs that the kernel has.
bpf_ids() {
	bpftool prog show | sed -n 's/^\([0-9]*\): .*/\1/p'
}

# The kernel frees programs a moment after their last user, which a busy machine makes longer.
assert_nothing_attached() {
	local i left

	for ((i = 0; i < 600; i++)); do
		left=$(bpf_orphans)
		[[ $left ]] || return 0
		nap 0.1
	done
	fail "programs left behind: $left"
}

# memcg_init: finds the memory controller: $memcg_root, $memcg_limit (file of the limit); or skips.
memcg_init() {
	memcg_root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
	memcg_limit=memory.limit_in_bytes
	if [[ ! $memcg_root ]]; then
		memcg_root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
		memcg_limit=memory.max
		grep -qw memory "$memcg_root/cgroup.subtree_control" 2>/dev/null ||
			{ echo +memory >"$memcg_root/cgroup.subtree_control"; } 2>/dev/null ||
			skip "no memory controller that this test could use"
	fi
	[[ -w $memcg_root/cgroup.procs ]] || skip "cgroups of the memory controller cannot be made here"
}

# make_cgroup NAME [LIMIT]: sets $cgroup (directory) and $cgroup_name (as the kernel names it).
make_cgroup() {
	cgroup_name=/memtrace-test.$$-$1
	cgroup=$memcg_root$cgroup_name
	mkdir "$cgroup" 2>/dev/null || skip "cannot make a cgroup under $memcg_root"
	cgroups+=("$cgroup")
	# Children shall be limited, too.
	[[ $memcg_limit != memory.max ]] || echo +memory >"$cgroup/cgroup.subtree_control" 2>/dev/null || true
	[[ -z ${2-} ]] || echo "$2" >"$cgroup/$memcg_limit"
}

remove_cgroup() {
	local pid i child

	for child in "$1"/*/; do
		[[ ! -d $child ]] || remove_cgroup "${child%/}"
	done

	for ((i = 0; i < 50; i++)); do
		while read -r pid; do
			kill -KILL "$pid" 2>/dev/null
		done <"$1/cgroup.procs"
		rmdir "$1" 2>/dev/null && return 0
		nap 0.1
	done
	echo "# cannot remove $1" >&3
}

# oom_kills DIR...: the kernel's own count of victims in these cgroups.
oom_kills() {
	cat "${@/%//memory.oom_control}" "${@/%//memory.events}" 2>/dev/null | awk '$1 == "oom_kill" { n += $2 } END { print n + 0 }'
}

# disk_dir: a directory on a disk (not tmpfs), for major faults of files; or skips.
disk_dir() {
	local type

	disk=$tmp
	type=$(stat -f -c %T "$disk")
	if [[ $type == tmpfs || $type == overlayfs ]]; then
		disk=$top/build
		type=$(stat -f -c %T "$disk")
	fi
	[[ $type != tmpfs && $type != overlayfs ]] || skip "no directory on a disk"
}

# free_port: a loopback port that nobody listens on, in $port; below those that Linux gives to connections.
free_port() {
	local i

	for ((i = 0; i < 50; i++)); do
		port=$((10000 + RANDOM % 22000))
		(exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
	done
	skip "no free port"
}

# perf_count FILE EVENT: of perf stat -x, -o FILE.
perf_count() {
	awk -F, -v event="$2" '$3 == event { print $1 }' "$1"
}

# refused WORDS ARGS...: status 2, nothing on standard output, and one line that says so
refused() {
	local status=0

	"$memtrace" "${@:2}" >"$tmp/refused.out" 2>"$tmp/refused.err" 3>&- || status=$?
	same "status of ${*:2}" "$status" 2
	[[ ! -s $tmp/refused.out ]] || fail "${*:2} printed: $(<"$tmp/refused.out")"
	same "lines of ${*:2}" "$(wc -l <"$tmp/refused.err")" 1
	grep -qF -- "$1" "$tmp/refused.err" || fail "${*:2} does not say: $1"
}
