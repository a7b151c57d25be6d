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
	[ "$(complete_words sta)" = stat ]
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
	[ "$(complete_words stat --by '=')" = "cgroup comm process thread" ]
	[ "$(complete_words list -o READM)" = "$(compgen -f READM | xargs)" ]
	[[ " $(complete_words stat -p '') " == *" $$ "* ]]
	[ "$(complete_words stat -u roo)" = root ]
	[ -z "$(complete_words stat -d '')" ]
}

@test "CMD" {
	[[ " $(complete_words stat -- bas) " == *" bash "* ]]
	[ "$(complete_words stat -- cat READM)" = "$(compgen -f READM | xargs)" ]
}
