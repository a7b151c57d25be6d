#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Each recording of tests/golden with what reads all of it, and each command, under
# valgrind's memcheck (san has all cases): no read of what was not written or is not ours, nothing
# left that nobody holds.  The outputs are what they are without it.

load helpers
# shellcheck disable=SC1091 # not followed
. tests/golden/lib.bash

FOUND=99

setup() {
	command -v valgrind >/dev/null || skip "missing: valgrind (scripts/setup test)"
	! ldd "$MEMTRACE" | grep -q libasan || skip "a program with ASan in it does not run under valgrind"
	memtrace=$BATS_TEST_TMPDIR/memtrace
	# another test's uprobes are breakpoints in the C library, which end what valgrind runs: they are not in a copy of it
	mkdir -p "$BATS_TEST_TMPDIR/lib"
	ldd "$(command -v env)" | awk '$1 == "libc.so.6" { print $3 }' | xargs -I{} cp {} "$BATS_TEST_TMPDIR/lib"
	cat >"$memtrace" <<-END
		#!/bin/sh
		LD_LIBRARY_PATH='$BATS_TEST_TMPDIR/lib' exec valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \\
			--error-exitcode=$FOUND --log-file='$BATS_TEST_TMPDIR/valgrind.%p' '$MEMTRACE' "\$@"
	END
	chmod +x "$memtrace"
}

# said: what valgrind found in any of its runs; lines of "--PID--" are about itself
said() {
	find "$BATS_TEST_TMPDIR" -name 'valgrind.*' -exec grep -h -m 30 '^==' {} + || true
}

one_case() { # one_case NAME RECORDING ARGUMENTS...
	replay "$BATS_TEST_TMPDIR/$1" "${@:2}"
	diff -u "$golden/expected/$1" "$BATS_TEST_TMPDIR/$1" &&
		diff -u <(cat "$golden/expected/$1.err" 2>/dev/null) <(cat "$BATS_TEST_TMPDIR/$1.err" 2>/dev/null) &&
		echo "$1" >>"$BATS_TEST_TMPDIR/right"
}

@test "valgrind finds what is to be found" {
	# reading what was freed is what this shell's valgrind must see, or the next test proves nothing
	command -v "${CC:-cc}" >/dev/null || skip "missing: a C compiler (scripts/setup test)"
	printf '%s\n' '#include <stdlib.h>' 'int main(void) { volatile char *p = malloc(8); free((void *)p); return p[1] == 3; }' |
		${CC:-cc} -O0 -w -x c - -o "$BATS_TEST_TMPDIR/bad"
	MEMTRACE=$BATS_TEST_TMPDIR/bad
	setup
	run "$memtrace"
	[ "$status" -eq $FOUND ]
	[[ $(said) == *"Invalid read"* ]]
}

@test "replays of all recordings, and by all commands, are clean" {
	local name recording arguments nr=0
	while read -r name recording arguments; do
		# shellcheck disable=SC2086 # several words
		one_case "$name" "$recording" $arguments 3>&- &
		nr=$((nr + 1))
		((nr % $(nproc))) || wait
	done < <(cases | awk '{ split($2, name, "[@!]") } !seen[$3 ~ /^(stat|trace)$/ ? name[1] : $3]++')
	wait
	said
	[ "$(wc -l <"$BATS_TEST_TMPDIR/right")" -eq "$nr" ]
	[ -z "$(said)" ]
	# one for each run, and for each process that a run forks to read names
	[ "$(find "$BATS_TEST_TMPDIR" -name 'valgrind.*' | wc -l)" -ge "$nr" ]
}
