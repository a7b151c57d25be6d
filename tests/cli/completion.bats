#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# The completion of bash in docs/: commands, options, choices, probes, files, and CMD.

load helpers

setup() {
	completion=docs/completion/memtrace
	# shellcheck source=/dev/null
	source "$completion"
}

# complete_words WORD...: what the last word can become, sorted, in one line.
complete_words() {
	COMP_WORDS=(memtrace "$@")
	COMP_CWORD=$#
	_memtrace
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

@test "commands" {
	[ "$(complete_words sta)" = "stacks stalls stat state" ]
	[ "$(complete_words help lis)" = list ]
	[ "$(complete_words '' | tr ' ' '\n' | grep -c -F -x -f <(commands))" -eq "$(commands | wc -l)" ]
}

@test "options are those that --help-all has" {
	local command
	for command in $(commands); do
		[ "$(complete_words "$command" -- | tr ' ' '\n')" = \
			"$("$MEMTRACE" "$command" --help-all | grep -o '^  [ -].[ ,] --[a-z-]*' | grep -o -e '--.*' | sort)" ]
	done
	[ "$(complete_words stat --dur)" = --duration ]
	[ -z "$(complete_words list --dur)" ]
}

@test "probes" {
	[ "$(complete_words stat rec)" = reclaim ]
	[ "$(complete_words stat fault kswa)" = kswapd ]
	[ -z "$(complete_words doctor rec)" ]
}

@test "arguments" {
	[ "$(complete_words stat --by pro)" = process ]
	[ "$(complete_words stat --by = pro)" = process ]
	[ "$(complete_words stat --by '=')" = "cgroup comm parent process role thread" ]
	[ "$(complete_words list -o READM)" = "$(compgen -f READM | xargs)" ]
	[[ " $(complete_words stat -p '') " == *" $$ "* ]]
	[ "$(complete_words stat -u roo)" = root ]
	[ -z "$(complete_words stat -d '')" ]
}

@test "what a table can be sorted by" {
	[ "$(complete_words stat --sort TI)" = TIME ]
	[ "$(complete_words top --sort fault.mi)" = fault.minor ]
	for field in $(complete_words stat --sort ''); do
		[[ $field != @(process.*|CPU*|FORKS/s|stall.*|STALL*|denied.*|DENIED|swap.*|SWAPIN|SWAPOUT|ZSWAP*|cache.*|ADDED|EVICTED|TRUNCATED|READ-BACK|DIRTIED|WRITTEN|UNREAD|thp.*|HUGE|FALLBACK|numa.*|NUMA*|REMOTE*|MIGRATED|reclaim.throttled*) ]] || continue # that recording has none of these
		"$MEMTRACE" replay tests/golden/rare.rec stat --sort "$field" >/dev/null
	done
}

# memory_mount LINE...: of these mounts the one that counts
memory_mount() {
	_memtrace_memory_mount <(printf '%s\n' "$@")
}

@test "cgroups: of the memory controller's hierarchy alone" {
	local unified="none /u cgroup2 rw 0 0" cpu="cgroup /c cgroup rw,cpu 0 0" memory="cgroup /m cgroup rw,memory 0 0"
	[ "$(memory_mount "$unified" "$cpu" "$memory")" = /m ]
	[ "$(memory_mount "$cpu" "$memory" "$unified")" = /m ]
	[ "$(memory_mount "$cpu" "$unified")" = /u ]
	[ -z "$(memory_mount "$cpu")" ]
	dir=$BATS_TEST_TMPDIR/cgroup
	mkdir -p "$dir/cpu/one" "$dir/memory/one/two" "$dir/memory/other"
	_memtrace_memory_mount() {
		echo "$dir/memory"
	}
	[ "$(complete_words stat -c '')" = "$dir/memory/one $dir/memory/other" ]
	[ "$(complete_words stat -c "$dir/")" = "$dir/memory/one $dir/memory/other" ]
	[ "$(complete_words verify -c "$dir/memory/on")" = "$dir/memory/one" ]
	[ "$(complete_words stat --cgroup "$dir/memory/one/")" = "$dir/memory/one/two" ]
	[ -z "$(complete_words stat -c "$dir/cpu/")" ]
}

@test "replays: a file, a command that works on it, its options" {
	[ "$(complete_words replay READM)" = "$(compgen -f READM | xargs)" ]
	[ "$(complete_words replay x.rec '')" = "cache export hist leak map oom report stacks stalls stat state timeline top trace" ]
	[ "$(complete_words replay x.rec stat --fr)" = --from ]
	[ "$(complete_words replay x.rec hist --by th)" = thread ]
	[ "$(complete_words replay x.rec hist recl)" = reclaim ]
	[ "$(complete_words replay --js)" = --json ]
	[ -z "$(complete_words replay x.rec stat -p '')" ]
}

@test "CMD" {
	[[ " $(complete_words stat -- bas) " == *" bash "* ]]
	[ "$(complete_words stat -- cat READM)" = "$(compgen -f READM | xargs)" ]
}
