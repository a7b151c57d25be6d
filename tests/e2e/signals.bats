#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# However memtrace ends, nothing stays attached: signals at any time, SIGKILL,
# a closed or full standard output.  And its exit status says what happened.
# "Left behind" is a BPF program that was not there before and that no living
# process holds, so other users of BPF on the machine do not disturb.
# Where the moment matters, all programs are loaded; elsewhere those of one probe.

load lib

need() {
	need_tool bpftool bpftool
	bpf_remember
}

# The delays reach from before the first BPF call to well after attaching.
delays=(0 0.01 0.02 0.04 0.07 0.12 0.2 0.4)

# at_any_time SIGNAL ARGS...
at_any_time() {
	local signal=$1 delay

	shift
	for delay in "${delays[@]}"; do
		"$memtrace" "$@" >"$tmp/out" 2>"$tmp/err" 3>&- </dev/null &
		mt_pid=$!
		started+=("$mt_pid")
		sleep "$delay"
		kill "-$signal" "$mt_pid"
		wait_end "$mt_pid"
		case $signal:$mt_status in
		INT:0 | INT:130 | TERM:0 | TERM:143 | HUP:0 | HUP:129 | KILL:137) ;;
		*) fail "SIG$signal after $delay s: status $mt_status" "$(<"$tmp/err")" ;;
		esac
	done
	assert_nothing_attached
}

@test "the check itself sees a program that is attached" {
	memtrace_start stat -a
	[[ $(bpf_ids_of "$mt_pid") ]] || fail "no programs in its descriptors"
	same "programs that the kernel does not know" \
		"$(comm -13 <(bpf_ids | sort) <(bpf_ids_of "$mt_pid" | sort) | wc -l)" 0
	memtrace_stop
	assert_nothing_attached
}

@test "SIGTERM at any time" {
	at_any_time TERM stat -a
}

# As SIGTERM, by the same signalfd, so not at each of the times.
@test "SIGHUP at any time" {
	delays=(0 0.03 0.15 0.5)
	at_any_time HUP stat -a
}

@test "SIGKILL at any time" {
	at_any_time KILL stat -a
}

@test "SIGINT at any time" {
	# Job control gives background processes back the default SIGINT that bash takes from them.
	set -m
	delays=(0.01 0.04 0.15 0.5)
	at_any_time INT stat -a
	delays=(0 0.02 0.08 0.2)
	at_any_time INT trace
}

@test "a report at SIGTERM and SIGHUP, too" {
	for signal in INT TERM HUP; do
		memtrace_start stat fault -a --json
		memtrace_stop "$signal"
		same "schema after SIG$signal" "$(jq -r .schema "$tmp/out")" memtrace.stat/1
	done
}

@test "SIGINT reaches CMD, memtrace waits for it and reports" {
	set -m
	"$memtrace" stat fault --json -o "$tmp/stat.json" -- \
		sh -c 'trap "echo got it; exit 5" INT; echo ready; while :; do sleep 0.05; done' >"$tmp/out" 2>"$tmp/err" 3>&- </dev/null &
	mt_pid=$!
	started+=("$mt_pid")
	eventually grep -q ready "$tmp/out"
	# As a terminal does: to the whole process group.
	kill -INT -- "-$mt_pid"
	wait_end "$mt_pid"
	grep -q 'got it' "$tmp/out"
	same "CMD's status" "$mt_status" 5
	same "schema" "$(report .schema)" memtrace.stat/1
	assert_nothing_attached
}

@test "a second SIGINT ends it at once, with a CMD that ignores the first" {
	set -m
	"$memtrace" stat fault -- sh -c 'trap "" INT; echo ready; sleep 120' >"$tmp/out" 2>"$tmp/err" 3>&- </dev/null &
	mt_pid=$!
	started+=("$mt_pid")
	eventually grep -q ready "$tmp/out"
	kill -INT "$mt_pid"
	sleep 0.3
	kill -0 "$mt_pid" || fail "it did not wait for CMD"
	kill -INT "$mt_pid"
	wait_end "$mt_pid"
	((mt_status != 0)) || fail "status 0"
	kill -KILL -- "-$mt_pid" 2>/dev/null || true
	assert_nothing_attached
}

@test "SIGKILL of memtrace while CMD runs: nothing stays attached" {
	memtrace_start stat -- sleep 120
	started+=("$(pgrep -P "$mt_pid" -x sleep)")
	kill -KILL "$mt_pid"
	wait "$mt_pid" || true
	assert_nothing_attached
}

@test "standard output closed by head" {
	export TMP_ERR=$tmp/err TMP_STATUS=$tmp/status
	for args in "trace fault -a" "stat fault -a -i 0.1" "trace fault -a --json" "top fault -i 0.1"; do
		# shellcheck disable=SC2086
		timeout 120 bash -c '"$0" "$@" 2>"$TMP_ERR"; echo $? >"$TMP_STATUS"' "$memtrace" $args 3>&- < <(sleep 20) |
			head -n 1 >/dev/null &
		started+=("$!")
		pid=$!
		for _ in {1..200}; do
			"$workloads/faults" -n 100
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		wait_end "$pid"
		same "status of $args" "$(<"$TMP_STATUS")" 0
	done
	assert_nothing_attached
}

@test "standard output closed by head: CMD is terminated, and its status is memtrace's" {
	local args status
	for args in "trace fault" "stat fault -i 0.1"; do
		# shellcheck disable=SC2086
		status=$("$memtrace" $args -- "$workloads/faults" -n 100 -r 100000 2>"$tmp/err" 3>&- | head -n 1 >/dev/null
			echo "${PIPESTATUS[0]}")
		same "status of $args" "$status" 143
		[[ ! -s $tmp/err ]] || fail "$args: it says $(<"$tmp/err")"
	done
	assert_nothing_attached
}

@test "a full standard output is an error" {
	for args in "stat fault" "stat fault --json" "hist alloc" "trace fault"; do
		mt_status=0
		# shellcheck disable=SC2086
		"$memtrace" $args -- "$workloads/faults" -n 1000 >/dev/full 2>"$tmp/err" 3>&- || mt_status=$?
		same "status of $args" "$mt_status" 1
		[[ -s $tmp/err ]] || fail "no message"
	done
	assert_nothing_attached
}

@test "CMD's exit status is memtrace's, as a shell would say it" {
	check() {
		local expected=$1

		shift
		mt_status=0
		"$memtrace" stat fault -- "$@" >/dev/null 2>"$tmp/err" 3>&- || mt_status=$?
		same "status of $*" "$mt_status" "$expected"
	}
	check 0 true
	check 7 sh -c 'exit 7'
	check 143 sh -c 'kill -TERM $$'
	check 127 "$tmp/no-such-command"
	touch "$tmp/no-program"
	check 126 "$tmp/no-program"
	assert_nothing_attached
}

# Below: who reads does not, who writes does not, or memtrace is busy.  It must
# end all the same; how soon exactly is no matter here, where other things run, but
# before this could be noticed it took as long as the other side.
hang_limit=15

# A pipe that takes no more, for standard output (or what else) of what is run with it: $tmp/stuck, open here.
stuck_pipe() {
	mkfifo "$tmp/stuck"
	exec 7<>"$tmp/stuck"
	dd if=/dev/zero of=/dev/fd/7 oflag=nonblock bs=4096 count=4096 2>/dev/null || true
}

# blocked_start ARGS...: in the background; more page faults than a pipe takes, meanwhile.
blocked_start() {
	start_to "$tmp/stuck" "$tmp/err" "$@"
	wait_attached "$mt_pid"
	"$workloads/faults" -n 20000
}

# start_to OUT ERR ARGS...: in the background, to files that may block who opens them.
start_to() {
	local out=$1 err=$2

	shift 2
	set -m
	"$memtrace" "$@" 1<>"$out" 2<>"$err" 3>&- 7>&- </dev/null &
	mt_pid=$!
	set +m
	started+=("$mt_pid")
}

# ends_with WHAT STATUS...: within the limit, and with one of these.
ends_with() {
	local what=$1 i

	shift
	for ((i = 0; i < hang_limit * 20; i++)); do
		kill -0 "$mt_pid" 2>/dev/null || break
		nap 0.05
	done
	if kill -KILL "$mt_pid" 2>/dev/null; then
		fail "$what: it hangs"
		return
	fi
	mt_status=0
	wait "$mt_pid" || mt_status=$?
	[[ " $* " == *" $mt_status "* ]] || fail "$what: status $mt_status, not one of $*" "$(<"$tmp/err")"
}

@test "nobody reads standard output: each signal ends it, and says that the output is cut" {
	# all outputs and all signals: what a signal does to one output it does to each
	while read -r signal args; do
		stuck_pipe
		: >"$tmp/err"
		# shellcheck disable=SC2086
		blocked_start $args
		kill "-$signal" "$mt_pid"
		# a recording's last blocks may all go into the pipe, which is made wider then
		ends_with "$args, SIG$signal" 1 "$([[ $args != record* ]] || echo 0)"
		((mt_status == 0)) || grep -q 'cut' "$tmp/err" || fail "not a word" "$(<"$tmp/err")"
		exec 7<&-
		rm "$tmp/stuck"
	done <<-'END'
		INT trace fault
		TERM trace fault
		HUP trace fault
		TERM trace fault --json
		INT record --every fault -o -
	END
	assert_nothing_attached
}

@test "nobody reads standard output: -d ends it" {
	stuck_pipe
	: >"$tmp/err"
	start_to "$tmp/stuck" "$tmp/err" trace fault -d 2
	for _ in {1..100}; do
		"$workloads/faults" -n 2000
		kill -0 "$mt_pid" 2>/dev/null || break
		sleep 0.1
	done
	ends_with "trace fault -d 2" 1
	grep -q 'cut' "$tmp/err" || fail "not a word" "$(<"$tmp/err")"
	for args in "stat fault -i 0.05 -d 2" "top fault -i 0.05 -d 2" "hist alloc -i 0.05 -d 2" "record fault -o - -d 2"; do
		# shellcheck disable=SC2086
		start_to "$tmp/stuck" "$tmp/err" $args
		ends_with "$args" 0 1
	done
	assert_nothing_attached
}

@test "nobody reads intervals, standard error, or both: a signal ends it" {
	stuck_pipe
	while read -r signal args; do
		# shellcheck disable=SC2086
		start_to "$tmp/stuck" "$tmp/err" $args
		wait_attached "$mt_pid"
		sleep 0.3
		kill "-$signal" "$mt_pid"
		ends_with "$args, SIG$signal" 0 1
	done <<-'END'
		INT stat fault -i 0.05
		TERM stat fault -i 0.05
		INT top fault -i 0.05
		TERM hist alloc -i 0.05
		INT verify fault
	END
	start_to /dev/null "$tmp/stuck" trace fault -d 60
	wait_attached "$mt_pid"
	kill -TERM "$mt_pid"
	ends_with "standard error" 0 1
	: >"$tmp/err"
	assert_nothing_attached
}

@test "nobody reads what CMD's faults print: it ends after CMD, which ends as ever" {
	stuck_pipe
	: >"$tmp/err"
	set -m
	"$memtrace" trace fault -- sh -c 'trap "exit 5" INT; "$0" -n 20000 >&2; echo ready >&2
		for i in $(seq 600); do sleep 0.1; done' "$workloads/faults" 1<>"$tmp/stuck" 2>"$tmp/err" 3>&- 7>&- </dev/null &
	mt_pid=$!
	set +m
	started+=("$mt_pid")
	eventually grep -q ready "$tmp/err"
	kill -INT -- "-$mt_pid"
	# 130: it came to look at its own signal when CMD had ended already, so the rest is not wanted
	ends_with "SIGINT to CMD, too" 1 130
	[[ $mt_status == 130 ]] || grep -q 'cut' "$tmp/err" || fail "not a word" "$(<"$tmp/err")"
	assert_nothing_attached
}

@test "nobody reads, and CMD ignores what ends it: the second signal does" {
	for signal in INT TERM; do
		stuck_pipe
		: >"$tmp/err"
		set -m
		"$memtrace" trace fault -- sh -c 'trap "" INT TERM; "$0" -n 20000 >&2; echo ready >&2
			for i in $(seq 600); do sleep 0.1; done' "$workloads/faults" 1<>"$tmp/stuck" 2>"$tmp/err" 3>&- 7>&- </dev/null &
		mt_pid=$!
		set +m
		started+=("$mt_pid")
		eventually grep -q ready "$tmp/err"
		kill "-$signal" "$mt_pid"
		sleep 0.5
		kill "-$signal" "$mt_pid"
		ends_with "SIG$signal twice" 1 130 143
		kill -KILL -- "-$mt_pid" 2>/dev/null || true
		exec 7<&-
		rm "$tmp/stuck"
	done
	assert_nothing_attached
}

@test "a terminal that is stopped: a signal ends it" {
	need_tool script util-linux
	cat >"$tmp/on_tty" <<-EOF
		#!/bin/bash
		trap '' TTOU
		"$memtrace" trace fault 2>"$tmp/err" 3>&- & mt_pid=\$!
		echo \$mt_pid >"$tmp/pid"
		wait \$mt_pid
		echo \$? >"$tmp/status"
	EOF
	chmod +x "$tmp/on_tty"
	# what is typed: Ctrl-S; nobody types Ctrl-Q
	{ printf '\023'; sleep 60; } | script -qec "$tmp/on_tty" /dev/null >"$tmp/tty" 3>&- &
	started+=("$!")
	eventually test -s "$tmp/pid"
	mt_pid=$(<"$tmp/pid")
	wait_attached "$mt_pid"
	"$workloads/faults" -n 20000
	kill -TERM "$mt_pid"
	for ((i = 0; i < hang_limit * 20; i++)); do
		[[ -s $tmp/status ]] && break
		nap 0.05
	done
	kill -KILL "$mt_pid" 2>/dev/null && fail "it hangs"
	between "status" "$(<"$tmp/status")" 0 1
	assert_nothing_attached
}

@test "a reader that is only slow loses nothing" {
	"$memtrace" trace fault --ring-size 8M -- "$workloads/faults" -n 20000 2>"$tmp/err" 3>&- |
		{ sleep 2; grep -c ' fault '; } >"$tmp/lines"
	said_lossless "$tmp/err"
	between "lines" "$(<"$tmp/lines")" 20000 30000
}

@test "standard output is nobody's to change: it blocks as before for who shares it" {
	mkfifo "$tmp/fifo"
	exec 7<>"$tmp/fifo"
	"$memtrace" stat fault -- sh -c : >&7 2>"$tmp/err" 3>&-
	flags=$(awk '$1 == "flags:" { print $2 }' /proc/$$/fdinfo/7)
	(((8#$flags & 8#4000) == 0)) || fail "it was made non-blocking"
}
