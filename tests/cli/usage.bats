#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Help, version, and requests that are wrong: what is printed where, and the exit status.

load helpers

@test "bare memtrace shows the table on stderr and exits 2" {
	run --separate-stderr "$MEMTRACE"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $stderr == *"  memtrace stat"* ]]
	[[ $stderr == *"  memtrace list"* ]]
}

@test "--help, -h and help show the same table on stdout and exit 0" {
	local table word
	table=$("$MEMTRACE" 2>&1) || true
	for word in --help -h help; do
		run --separate-stderr "$MEMTRACE" "$word"
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[ "$output" = "$table" ]
	done
}

@test "--version names a version" {
	run --separate-stderr "$MEMTRACE" --version
	[ "$status" -eq 0 ]
	[[ $output =~ ^memtrace\ [0-9]+\.[0-9]+\.[0-9]+ ]]
	[ -z "$stderr" ]
}

@test "each command explains itself: usage, options, three examples, no line too long" {
	local command
	[ "$(commands | wc -l)" -ge 7 ]
	for command in $(commands); do
		echo "$command"
		run --separate-stderr "$MEMTRACE" "$command" --help
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[[ ${lines[0]} == "Usage: memtrace $command"* ]]
		[[ $output == *"-h, --help "* ]]
		[ "$(sed '1,/^Examples:/d' <<<"$output" | grep -c '^  memtrace ')" -ge 3 ]
		[ "$(sed '/^Examples:/,$d' <<<"$output" | wc -L)" -le 100 ]
		[ "$output" = "$("$MEMTRACE" help "$command")" ]
	done
}

# options_shown WORD...: the options that a help has, sorted
options_shown() {
	"$MEMTRACE" "$@" | grep -o '^  [ -].[ ,] --[a-z-]*' | grep -o -e '--.*' | sort
}

@test "--help leaves out what is for experts, --help-all has it" {
	local command
	for command in $(commands); do
		run -0 --separate-stderr "$MEMTRACE" "$command" --help-all
		[ -z "$stderr" ]
		[ "$(sed '/^Examples:/,$d' <<<"$output" | wc -L)" -le 100 ]
		options_shown "$command" --help-all >"$BATS_TEST_TMPDIR/all"
		options_shown "$command" --help >"$BATS_TEST_TMPDIR/usual"
		[ -z "$(uniq -d "$BATS_TEST_TMPDIR/all")" ]
		[ -z "$(comm -13 "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/usual")" ]
		grep -qx -e --help-all "$BATS_TEST_TMPDIR/usual"
	done
	options_shown stat --help-all >"$BATS_TEST_TMPDIR/all"
	options_shown stat --help >"$BATS_TEST_TMPDIR/usual"
	[ "$(comm -23 "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/usual" | xargs)" = \
		"--avoid --btf --cpus-per-ring --format --rare-ring-size --ring-size" ]
}

@test "help does not check what stands beside it" {
	run -0 "$MEMTRACE" stat nonsense --help
	run -0 "$MEMTRACE" stat nonsense --help-all
}

@test "which part of a recording is wanted may be said before the command, too" {
	local words
	for words in '--from 1s --to 2s' '--from=1s --to=2s' '--from 1s --against 0.5s'; do
		# shellcheck disable=SC2086 # several
		"$MEMTRACE" replay tests/golden/rare.rec stat -k 3 $words >"$BATS_TEST_TMPDIR/behind" 2>&1
		# shellcheck disable=SC2086
		"$MEMTRACE" replay tests/golden/rare.rec $words stat -k 3 >"$BATS_TEST_TMPDIR/before" 2>&1
		diff "$BATS_TEST_TMPDIR/behind" "$BATS_TEST_TMPDIR/before"
		run -0 grep -cE '^(now: |.* for 1.00s from )' "$BATS_TEST_TMPDIR/before"
	done
	for words in --from '--from 1s' '--to=2s' '--from 1s --json'; do
		# shellcheck disable=SC2086
		run -2 "$MEMTRACE" replay tests/golden/rare.rec $words
		[[ $output == *": expected a COMMAND, too, as in memtrace replay FILE stat --from 03:00" ]]
	done
	run -2 "$MEMTRACE" replay tests/golden/rare.rec --from 1s doctor
	[[ $output == *"'doctor' does not work on a recording"* ]]
}

@test "replay's help names each command that takes a recording" {
	local all command

	run --separate-stderr "$MEMTRACE" replay x.rec doctor
	# shellcheck disable=SC2154 # bats
	[[ $stderr == *"expected one of "* ]]
	all=${stderr##*expected one of }
	run "$MEMTRACE" replay --help
	for command in ${all//,/ }; do
		grep -qw -- "$command" <<<"${output%%Options:*}" || {
			echo "$command is not in it"
			return 1
		}
	done
}

@test "an unknown command: one line, exit 2" {
	refused 2 "'frobnicate'" "state, map, leak, stat, stalls, cache, timeline, oom, trace" -- frobnicate
	refused 2 "'sta'" "did you mean stat?" -- sta
	# another word is no mistyped one
	refused 2 "unknown command 'foo'; expected state, " -- foo
	refused 2 "'--frob'" -- --frob
	refused 2 "''" -- ''
	refused 2 "'nonsense'" -- help nonsense
}

@test "an unknown option: one line that helps, exit 2" {
	refused 2 "'--durtion'" "--duration?" -- stat --durtion 5
	refused 2 "'-X'" "-p, -t," -- stat -X
	refused 2 "'--duration'" "-o, --json" -- list --duration 5
}

@test "a size that is none or absurd: one line, exit 2, for every command that traces" {
	local command
	for command in stat trace hist top export; do
		refused 2 "--ring-size '16X'" "K, M, G" -- "$command" --ring-size 16X
		refused 2 "--ring-size '1'" "from 16K to 2G" -- "$command" --ring-size 1
		refused 2 "--rare-ring-size '4G'" "from 16K to 2G" -- "$command" --rare-ring-size 4G
		refused 2 "--cpus-per-ring '0'" "from 1" -- "$command" --cpus-per-ring 0
	done
}

@test "an unknown probe: one line with those there are, exit 2" {
	local command
	for command in stat trace hist top list; do
		refused 2 "'nonsense'" "fault, minor" -- "$command" nonsense
	done
}

@test "words and commands where none are taken, exit 2" {
	refused 2 "'fault'" doctor -- doctor fault
	refused 2 doctor "'--'" -- doctor -- true
	refused 2 list "'--'" -- list -- true
	refused 2 "--: " -- stat --
}

@test "bad numbers and times: one line with the option, the value and what is accepted, exit 2" {
	refused 2 "-d 'abc'" "ns, us, ms, s, m, h" "250ms" -- stat -d abc
	refused 2 "-d '0'" -- stat -d 0
	refused 2 "-d '1e99'" -- stat -d 1e99
	refused 2 "-i '1ns'" "10ms" -- stat -i 1ns
	refused 2 "-k '-1'" "0 to" -- stat -k -1
	refused 2 "-k '99999999999999999999'" -- stat -k 99999999999999999999
	refused 2 "-p 'x'" "1 to 4194304" -- stat -p x
	refused 2 "-p '1,,2'" -- stat -p 1,,2
	refused 2 "--by 'day'" "process, thread, comm, cgroup" -- stat --by day
	refused 2 "-o ''" FILE -- list -o ''
	refused 2 "-d: " TIME -- stat -d
	refused 2 "--json=1" -- list --json=1
}

# No process has the highest pid: pid_max is lower, or pids wrap before it is reached.
@test "processes, threads, users and names that do not exist: one line with what is accepted, exit 2" {
	refused 2 "-p 4194304: no such process" "a process that runs" -- stat -p 4194304 -- true
	refused 2 "-p 4194304: no such process" -- trace -p $$,4194304 -d 1
	refused 2 "-t 4194304: no such thread" "a thread that runs" -- stat -t 4194304 -d 1
	refused 2 "-u 'no-such-user'" "name or number" -- stat -u no-such-user -d 1
	refused 2 "-u '4294967295'" "name or number" -- stat -u 4294967295 -d 1
	refused 2 "-n '0123456789abcdef'" "1 to 15 bytes" -- stat -n 0123456789abcdef -d 1
	refused 2 "-n ''" COMM -- stat -n '' -d 1
	refused 2 "--follow" "-p, -t or -n" -- stat --follow -d 1
}

# Is the memory controller's hierarchy mounted here?
memory_mounted() {
	if grep -qE '^[0-9]+:([^:]*,)?memory(,[^:]*)?:' /proc/self/cgroup; then
		grep -qE '^[^ ]+ [^ ]+ cgroup ([^ ]*,)?memory[, ]' /proc/self/mounts
	else
		grep -qE '^[^ ]+ [^ ]+ cgroup2 ' /proc/self/mounts
	fi
}

# refused_cgroup WORD WHAT: 2, with what is wrong and what is accepted
refused_cgroup() {
	if memory_mounted; then
		refused 2 "-c '$1': $2" "a systemd unit" "container id" -- stat -c "$1" -d 1
	else
		refused 2 "-c '$1'" "is not mounted" -- stat -c "$1" -d 1
	fi
}

@test "cgroups that do not exist: one line with what is accepted, exit 2" {
	local word
	for word in /no/such no-such.service 0123456789abcdef /etc/passwd/x; do
		refused_cgroup "$word" ''
	done
	refused_cgroup /no/such "no such memory cgroup"
	refused 2 "-c ''" CGROUP -- stat -c '' -d 1
}

@test "directories that are no cgroup: the current one, relative ones, links, other hierarchies" {
	local word no="a directory, but no cgroup of the memory controller"
	mkdir -p "$BATS_TEST_TMPDIR/here/below"
	ln -s / "$BATS_TEST_TMPDIR/here/link"
	cd "$BATS_TEST_TMPDIR/here"
	for word in . .. ./ ./. ../. below/.. ./below link/. /etc ../here /proc/self /sys/fs/cgroup/..; do
		refused_cgroup "$word" "$no"
	done
	for word in ./no-such ../../../../../no-such; do
		refused_cgroup "$word" "no such memory cgroup"
	done
}

@test "a current directory that was removed is no cgroup" {
	local word
	mkdir "$BATS_TEST_TMPDIR/gone"
	cd "$BATS_TEST_TMPDIR/gone"
	rmdir "$BATS_TEST_TMPDIR/gone"
	for word in . .. ./x x/y; do
		refused_cgroup "$word" "the directory was removed"
	done
}

@test "export without a file, or where none can be: one line that says why" {
	refused 2 "--textfile FILE" -- export -d 1
	refused 1 "'/no/such/a.prom'" "no directory '/no/such'" -- export --textfile /no/such/a.prom -d 1
	mkdir "$BATS_TEST_TMPDIR/a.prom"
	refused 1 "/a.prom'" directory -- export --textfile "$BATS_TEST_TMPDIR/a.prom" -d 1
}

@test "hostile words do not reach the terminal raw" {
	local word=$'\e[31m\a\x80'
	run --separate-stderr "$MEMTRACE" "$word"
	[ "$status" -eq 2 ]
	[[ $stderr != *$'\e'* && $stderr != *$'\a'* && $stderr != *$'\x80'* ]]
	run --separate-stderr "$MEMTRACE" stat "$word"
	[ "$status" -eq 2 ]
	[[ $stderr != *$'\e'* ]]
	run --separate-stderr "$MEMTRACE" stat -d "$word"
	[ "$status" -eq 2 ]
	[[ $stderr != *$'\e'* ]]
	run --separate-stderr "$MEMTRACE" list -o "/nonexistent/$word"
	[ "$status" -eq 1 ]
	[[ $stderr != *$'\e'* ]]
}

@test "formats: those that there are, by name, and no other" {
	refused 2 "--format 'xml'" text json -- list --format xml
	refused 2 "--format 'prometheus'" -- list --format prometheus
	refused 2 "--format 'text:x'" text json csv -- list --format text:x
	run -0 "$MEMTRACE" list --format json oom
	[ "$(jq -r .schema <<<"$output")" = memtrace.list/1 ]
}

@test "what cannot be shown is refused, not shown empty" {
	refused 2 free "has no histograms" -- hist free
	refused 2 kswapd "has no columns" -- top fault kswapd
	refused 2 free "has no events" -- trace free
	refused 2 "--latency" "--light" -- stat --light --latency -d 1
}
