#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # bats sets them
#
# Small recordings that somebody sent, made to take gigabytes or hours: what they may take is bounded.  The bounds are
# ten times what is needed, and less than half of what an unbounded reader takes.

load helpers

setup() {
	command -v python3 >/dev/null || skip "python3 is not installed"
	command -v zstd >/dev/null || skip "zstd is not installed"
	mebibytes=100
	! ldd "$MEMTRACE" 2>/dev/null | grep -q libasan || mebibytes=1500
}

# bounded SECONDS NAME WORD...: replays the recording NAME with the words of a command line; the seconds are of a CPU, as
# others may want it, too
bounded() {
	local seconds=$1 name=$2
	shift 2
	[ -e "$BATS_TEST_TMPDIR/$name" ] || python3 tests/cli/hostile.py "$name" "$BATS_TEST_TMPDIR/$name"
	run --separate-stderr timeout $((seconds * 10)) bash -c 'ulimit -t "$1" && exec "${@:2}"' - "$seconds" \
		python3 tests/cli/hostile.py --run "$mebibytes" "$MEMTRACE" replay "$BATS_TEST_TMPDIR/$name" "$@"
	echo "status $status, stderr: $stderr"
}

@test "a head of millions of objects is refused before it is taken apart" {
	bounded 60 json_objects stat
	[ "$status" -eq 1 ]
	[[ $stderr == *"cannot be replayed: a block that describes the recording claims to be larger than such can be"* ]]
}

@test "so is an end, and what came before it is shown" {
	bounded 60 json_end stat
	[ "$status" -eq 1 ]
	[[ $stderr == *"damaged at byte"*"larger than such can be"* ]]
	[[ $output == *"MINOR"* || $output == *"minor"* || -n $output ]]
}

@test "names of the kernel's functions between call chains take no time that grows with the square of their number" {
	bounded 100 symbols_between trace fault --stacks -o /dev/null
	[ "$status" -eq 0 ]
}

@test "names of code that was made at run time are kept up to a bound" {
	mebibytes=$((mebibytes + 64))
	bounded 60 made trace fault --stacks -o /dev/null
	[ "$status" -eq 0 ]
}

@test "names of cgroups are kept up to a bound" {
	bounded 60 cgroups stat
	[ "$status" -eq 0 ]
}

@test "tasks that live at once are taken up to a bound, and that is said" {
	! ldd "$MEMTRACE" | grep -q libasan || skip "a build with sanitizers takes minutes for it"
	mebibytes=$((mebibytes * 7))
	bounded 120 tasks stat
	[ "$status" -eq 1 ]
	[ "$stderr" = "memtrace: replaying failed: more than 1048576 tasks at once" ]
	[ -z "$output" ]
}

@test "call chains are kept up to a bound, also those of no address" {
	bounded 60 empty_chains trace fault --stacks -o /dev/null
	[ "$status" -eq 0 ]
}

@test "paths in a recording open no file of the kernel's own, and are addresses" {
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true || skip "strace may not trace here"
	python3 tests/cli/hostile.py files "$BATS_TEST_TMPDIR/r" /proc/kmsg /proc/version /sys/kernel/tracing/trace_pipe
	# LeakSanitizer does not work under strace
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 timeout 60 strace -f -e trace=read,pread64,open,openat,openat2 -o "$BATS_TEST_TMPDIR/strace" \
		"$MEMTRACE" replay "$BATS_TEST_TMPDIR/r" trace fault --stacks >"$BATS_TEST_TMPDIR/out"
	# what was looked at without opening it
	run ! grep -E 'open.*/proc/self/fd' "$BATS_TEST_TMPDIR/strace"
	grep -q 'user_stack kmsg+0x10$' "$BATS_TEST_TMPDIR/out"
}
