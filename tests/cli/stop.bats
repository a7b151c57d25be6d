#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
#
# A replay can be ended while it waits for its reader, for what is still to be
# read, or is busy; and its exit status says that it was.  How soon is no matter
# here, where other things run; before this could be noticed it took as long as the other side.

load helpers

golden=$BATS_TEST_DIRNAME/../golden
limit=60

setup() {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	# open for both, so that who opens it does not wait, and nobody writes or reads
	exec 7<>"$BATS_TEST_TMPDIR/fifo"
}

# With job control, for without it bash has background processes ignore SIGINT.
start() {
	set -m
	"$MEMTRACE" "$@" 3>&- 7>&- &
	pid=$!
	set +m
}

# state: its letter, and the CPU time that it has used, in ticks
state() {
	sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $1, $12 + $13 }'
}

# waits: it sleeps, and has used no CPU time to speak of for a while; or it has ended
waits() {
	local before

	before=$(state)
	[[ $before ]] || return 0
	sleep 0.5
	[[ $before != [RD]* && $(state) == "$before" ]]
}

# ends_by SIGNAL STATUS...: sent that when it waits, it ends with one of these.
ends_by() {
	local signal=$1 i

	shift
	for ((i = 0; i < 100; i++)); do
		waits && break
	done
	kill "-$signal" "$pid" 2>/dev/null || true # what has written all has ended
	for ((i = 0; i < limit * 20; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	! kill -KILL "$pid" 2>/dev/null || { echo "SIG$signal: it hangs"; return 1; }
	status=0
	wait "$pid" || status=$?
	[[ " $* " == *" $status "* ]] || { echo "SIG$signal: status $status, not one of $*"; return 1; }
}

@test "a recording from a pipe that stalls, at its begin" {
	for command in "" stat "trace --json" "hist -i 1" "export --textfile $BATS_TEST_TMPDIR/x.prom"; do
		# shellcheck disable=SC2086
		start replay - $command <&7 >"$BATS_TEST_TMPDIR/out"
		ends_by TERM 143
		# shellcheck disable=SC2086
		start replay - $command <&7 >"$BATS_TEST_TMPDIR/out"
		ends_by INT 130
		[[ ! -e $BATS_TEST_TMPDIR/x.prom ]]
	done
}

@test "a recording from a pipe that stalls in the middle: what was read is reported" {
	head -c 4000 "$golden/every.rec" >&7
	start replay - stat --json <&7 >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	ends_by TERM 143
	[[ $(jq -r .schema "$BATS_TEST_TMPDIR/out") == memtrace.stat/1 ]]
	grep -q 'stopped before the end' "$BATS_TEST_TMPDIR/err"
}

@test "a FIFO that nobody opens" {
	mkfifo "$BATS_TEST_TMPDIR/nobody"
	start replay "$BATS_TEST_TMPDIR/nobody" stat
	ends_by INT 130
	start replay "$BATS_TEST_TMPDIR/nobody"
	ends_by TERM 143
}

@test "a reader that does not read" {
	for args in trace "trace --json" "stat -i 0.01"; do
		for signal in INT TERM; do
			# so that nothing more fits
			dd if=/dev/zero of=/dev/fd/7 oflag=nonblock bs=4096 count=4096 2>/dev/null || true
			# shellcheck disable=SC2086
			start replay "$golden/every.rec" $args >&7 2>"$BATS_TEST_TMPDIR/err"
			# 0: all of it went into the pipe, which is made wider then
			ends_by "$signal" "$([[ $signal == INT ]] && echo 130 || echo 143)" 0
		done
	done
}

@test "a reader that comes late has all: without a signal there is time" {
	dd if=/dev/zero of=/dev/fd/7 oflag=nonblock bs=4096 count=4096 2>/dev/null || true
	start replay "$golden/every.rec" trace >&7 2>"$BATS_TEST_TMPDIR/err"
	sleep 1
	kill -0 "$pid"
	dd if=/dev/fd/7 bs=65536 count=1 2>/dev/null | tr -d '\0' >"$BATS_TEST_TMPDIR/late"
	wait "$pid"
	exec 8<"/dev/fd/7" 7>&-
	tr -d '\0' <&8 >>"$BATS_TEST_TMPDIR/late"
	"$MEMTRACE" replay "$golden/every.rec" trace >"$BATS_TEST_TMPDIR/all" 2>/dev/null
	cmp "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/late"
}
