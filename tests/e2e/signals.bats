#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# However memtrace ends, nothing stays attached: signals at any time, SIGKILL,
# a closed or full standard output.  And its exit status says what happened.
# "Left behind" is a BPF program that was not there before and that no living
# process holds, so other users of BPF on the machine do not disturb.

load lib

need() {
	need_tool bpftool bpftool
	bpf_remember
}

# The delays reach from before the first BPF call to well after attaching.
delays=(0 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.15 0.2 0.3 0.5)

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
		"$(comm -13 <(bpftool prog show -j | jq '.[].id' | sort) <(bpf_ids_of "$mt_pid" | sort) | wc -l)" 0
	memtrace_stop
	assert_nothing_attached
}

@test "SIGTERM at any time" {
	at_any_time TERM stat -a
}

@test "SIGHUP at any time" {
	at_any_time HUP stat -a
}

@test "SIGKILL at any time" {
	at_any_time KILL stat -a
}

@test "SIGINT at any time" {
	# Job control gives background processes back the default SIGINT that bash takes from them.
	set -m
	at_any_time INT stat -a
	at_any_time INT trace
}

@test "a report at SIGTERM and SIGHUP, too" {
	for signal in INT TERM HUP; do
		memtrace_start stat -a --json
		memtrace_stop "$signal"
		same "schema after SIG$signal" "$(jq -r .schema "$tmp/out")" memtrace.stat/1
	done
}

@test "SIGINT reaches CMD, memtrace waits for it and reports" {
	set -m
	"$memtrace" stat --json -o "$tmp/stat.json" -- \
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
	"$memtrace" stat -- sh -c 'trap "" INT; echo ready; sleep 120' >"$tmp/out" 2>"$tmp/err" 3>&- </dev/null &
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
	for args in "trace fault -a" "stat -a -i 0.1" "trace fault -a --json" "top -i 0.1"; do
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
		between "status of $args" "$(<"$TMP_STATUS")" 0 1
	done
	assert_nothing_attached
}

@test "a full standard output is an error" {
	for args in "stat" "stat --json" "hist" "trace fault"; do
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
		"$memtrace" stat -- "$@" >/dev/null 2>"$tmp/err" 3>&- || mt_status=$?
		same "status of $*" "$mt_status" "$expected"
	}
	check 0 true
	check 7 sh -c 'exit 7'
	check 143 sh -c 'kill -TERM $$'
	check 127 "$tmp/no-such-command"
	check 126 /etc/passwd
	assert_nothing_attached
}
