#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# memtrace's pids are the initial namespace's.  Where /proc is another
# namespace's, the same number is another process there, of which nothing may be shown.

load lib

need() {
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	[[ -w /proc/sys/kernel/ns_last_pid ]] || skip "this kernel has no ns_last_pid: no process of a chosen number"
}

# until_true COMMAND...: within 60 seconds
until_true() {
	local i

	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.1
	done
	fail "in vain: $*"
}

# A process that begins and faults for as long as it lives, once it is told to; $busy_pid.
start_busy() {
	mkfifo "$tmp/busy.go"
	# shellcheck disable=SC2016
	sh -c 'read go <"$1"; while :; do /bin/true; done' busy "$tmp/busy.go" 3>&- &
	busy_pid=$!
	started+=("$busy_pid")
}

# A pid namespace with its own /proc; its shell reads lines from $tmp/in and runs them.
namespace() {
	mkfifo "$tmp/in"
	unshare -pf --mount-proc --kill-child sh -s <"$tmp/in" >"$tmp/ns.out" 2>"$tmp/ns.err" 3>&- &
	ns_pid=$!
	started+=("$ns_pid")
	exec {ns_fd}>"$tmp/in"
	echo "echo ready >'$tmp/ready'" >&"$ns_fd"
	until_true test -s "$tmp/ready"
}

# A process of that number in the namespace.
twin_of() {
	echo "echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid; sleep 1234 & echo \$! >'$tmp/twin'" >&"$ns_fd"
	until_true test -s "$tmp/twin"
	same "the pid of the other process there" "$(<"$tmp/twin")" "$1"
}

# Rows of $busy_pid in what top printed.
rows() {
	awk -v pid="$busy_pid" '$1 == pid' "$tmp/top.out"
}

seen_twice() {
	(($(rows | wc -l) >= 2))
}

watch_busy() {
	until_true grep -qs tasks "$tmp/top.out"
	start_busy
	twin_of "$busy_pid"
	echo go >"$tmp/busy.go"
	until_true seen_twice
}

@test "top in a pid namespace shows no command line of another process" {
	namespace
	echo "'$memtrace' top fault -k 0 -i 0.5 -d 300 >'$tmp/top.out' 2>'$tmp/top.err' &" >&"$ns_fd"
	watch_busy
	! grep 'sleep 1234' "$tmp/top.out" || fail "another process's command line is shown"
}

@test "top where /proc is another namespace's shows no command line of another process; -p is refused there" {
	namespace
	inner=$(pgrep -P "$ns_pid")
	nsenter -m -t "$inner" true 2>/dev/null || skip "no way into the mount namespace"
	nsenter -m -t "$inner" "$memtrace" top fault -k 0 -i 0.5 -d 300 >"$tmp/top.out" 2>"$tmp/top.err" 3>&- &
	started+=("$!")
	watch_busy
	! grep 'sleep 1234' "$tmp/top.out" || fail "another process's command line is shown"
	run nsenter -m -t "$inner" "$memtrace" stat -p "$busy_pid" -d 0.1
	same "status" "$status" 2
	[[ $output == *"that of another pid namespace"* ]] || fail "$output"
}

@test "top in the initial namespace shows the command line" {
	"$memtrace" top fault -k 0 -i 0.5 -d 300 >"$tmp/top.out" 2>"$tmp/top.err" 3>&- &
	started+=("$!")
	until_true grep -qs tasks "$tmp/top.out"
	start_busy
	echo go >"$tmp/busy.go"
	until_true seen_twice
	rows | grep -q 'while :; do /bin/true' || fail "no command line: $(rows)"
}
