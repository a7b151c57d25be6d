# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# What the tests of the command line share.  They need no root and no probe.

bats_require_minimum_version 1.5.0

cd "$BATS_TEST_DIRNAME/../.." || exit 1
MEMTRACE=$(realpath "${MEMTRACE:-build/memtrace}")
export LC_ALL=C.UTF-8
unset NO_COLOR

# The commands, as memtrace itself lists them.
commands() {
	"$MEMTRACE" --help | sed -n 's/.*  memtrace \([a-z]*\)$/\1/p'
}

# refused STATUS TEXT... -- WORD...: memtrace WORD... prints nothing, says one line with each TEXT, and exits so.
refused() {
	local expected=$1 texts=() text
	shift
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	run --separate-stderr "$MEMTRACE" "$@"
	# shellcheck disable=SC2154 # stderr is set by run
	echo "status $status, stderr: $stderr"
	[ "$status" -eq "$expected" ]
	[ -z "$output" ]
	[[ $stderr == "memtrace: "* ]]
	[[ $stderr != *$'\n'* ]]
	for text in "${texts[@]}"; do
		[[ $stderr == *"$text"* ]]
	done
}

# need TOOL...: skips the test where one is missing; what setup only unpacks counts, too
need() {
	local tool

	PATH=$PWD/build/tools/usr/bin:$PATH
	for tool; do
		command -v "$tool" >/dev/null || skip "missing: $tool (scripts/setup test)"
	done
}

replay() { # replay RECORDING WORD...: of tests/golden
	local recording=$1
	shift
	"$MEMTRACE" replay "tests/golden/$recording.rec" "$@"
}
