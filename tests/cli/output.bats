#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Where output goes: -o FILE, and standard output that is full, closed or has lost its reader.

load helpers

setup() {
	dir=$(mktemp -d)
}

teardown() {
	chmod 755 "$dir"
	rm -rf "$dir"
}

# Names in dir, hidden ones too.
entries() {
	ls -A "$dir"
}

@test "-o FILE writes what standard output would have got, and nothing else" {
	run --separate-stderr "$MEMTRACE" list -o "$dir/x"
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	[ "$(cat "$dir/x")" = "$("$MEMTRACE" list)" ]
	[ "$(entries)" = x ]
}

@test "-o FILE by an unprivileged user: a new file, an own one, not root's, no link in a sticky directory" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	local as=(setpriv --reuid=65534 --clear-groups --inh-caps=-all)
	"${as[@]}" "$MEMTRACE" --version >/dev/null 2>&1 || skip "an unprivileged user cannot run $MEMTRACE"
	chmod 1777 "$dir"
	"${as[@]}" "$MEMTRACE" list -o "$dir/x"
	"${as[@]}" "$MEMTRACE" list oom -o "$dir/x"
	[ "$(cat "$dir/x")" = "$("$MEMTRACE" list oom)" ]
	refused 2 "'$dir/x'" "user 65534" -- list -o "$dir/x"
	ln -s x "$dir/link"
	refused 2 "'$dir/link'" "symbolic link" -- list -o "$dir/link"
	echo old >"$dir/roots"
	run "${as[@]}" "$MEMTRACE" list -o "$dir/roots"
	[ "$status" -eq 2 ]
	[[ $output == *"user 0"* ]]
	[ "$(cat "$dir/roots")" = old ]
	[ "$(entries | xargs)" = "link roots x" ]
}

@test "-o FILE: a second name, a socket, a /proc link: one line, exit 2" {
	echo old >"$dir/x"
	ln "$dir/x" "$dir/y"
	refused 2 "'$dir/x'" "2 names" -- list -o "$dir/x"
	refused 2 "/proc link" -- list -o "/proc/$$/cwd/x"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/socket"
	refused 2 "'$dir/socket'" "a socket" -- list -o "$dir/socket"
	[ "$(cat "$dir/x")" = old ]
	[ "$(entries | xargs)" = "socket x y" ]
}

@test "-o - and /dev/fd/N: what was given, as it is" {
	(cd "$dir" && "$MEMTRACE" list -o - >x && "$MEMTRACE" list -o /dev/fd/9 9>>x)
	[ "$(cat "$dir/x")" = "$("$MEMTRACE" list && "$MEMTRACE" list)" ]
	[ "$(entries)" = x ]
	refused 1 "'/dev/fd/99'" "Bad file descriptor" -- list -o /dev/fd/99
}

@test "-o FILE: mode 0644 without the umask's bits" {
	(umask 022 && "$MEMTRACE" list -o "$dir/a")
	(umask 077 && "$MEMTRACE" list -o "$dir/b")
	[ "$(stat -c %a "$dir/a" "$dir/b" | xargs)" = "644 600" ]
}

@test "-o FILE in a directory that does not exist: one line, exit 1" {
	refused 1 "'$dir/none/x'" "'$dir/none'" -- list -o "$dir/none/x"
}

@test "-o FILE in a directory that is not writable: one line, exit 1, nothing left" {
	local as=()
	chmod 555 "$dir"
	if [ "$(id -u)" -eq 0 ]; then
		as=(setpriv --reuid=65534 --clear-groups --inh-caps=-all)
		"${as[@]}" "$MEMTRACE" --version >/dev/null 2>&1 || skip "an unprivileged user cannot run $MEMTRACE"
	fi
	run --separate-stderr "${as[@]}" "$MEMTRACE" list -o "$dir/x"
	[ "$status" -eq 1 ]
	[[ $stderr == "memtrace: cannot write '$dir/x': directory '$dir': Permission denied"* ]]
	[ -z "$(entries)" ]
}

@test "-o FILE on a directory, or below a file: one line, exit 1" {
	refused 1 "'$dir'" directory -- list -o "$dir"
	refused 1 "'/dev/null/x'" -- list -o /dev/null/x
}

@test "-o FILE that is full: one line, exit 1, the old file stays, nothing else" {
	refused 1 /dev/full "No space left" -- list -o /dev/full
	echo old >"$dir/x"
	run --separate-stderr bash -c 'ulimit -f 1 && trap "" XFSZ && exec "$@"' - "$MEMTRACE" list -o "$dir/x"
	[ "$status" -eq 1 ]
	[[ $stderr == "memtrace: cannot write '$dir/x': "* ]]
	[ "$(cat "$dir/x")" = old ]
	[ "$(entries)" = x ]
}

@test "-o /dev/stdout goes where standard output goes, behind what is there" {
	[ "$("$MEMTRACE" list -o /dev/stdout | head -c 5)" = PROBE ]
	(echo before && "$MEMTRACE" list oom -o /dev/stdout && echo after) >"$dir/x"
	[ "$(head -n1 "$dir/x")" = before ]
	[ "$(tail -n1 "$dir/x")" = after ]
	"$MEMTRACE" list -o /dev/null
	[ -c /dev/null ]
}

@test "a reader that leaves ends it silently" {
	# shellcheck disable=SC2016
	run --separate-stderr bash -c 'set -o pipefail; "$1" list | head -n1' - "$MEMTRACE"
	[ "$status" -eq 0 ]
	[[ $output == PROBE* ]]
	[ -z "$stderr" ]
	# A reader that is gone before the first byte.
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '(sleep 0.2; "$1" list --json; echo "status $?" >&2) | true' - "$MEMTRACE"
	[ "$stderr" = "status 0" ]
}

@test "a full standard output is one line and exit 1" {
	local words
	for words in list "list --json" --help "stat --help" --version; do
		# shellcheck disable=SC2086
		run --separate-stderr bash -c '"$@" >/dev/full' - "$MEMTRACE" $words
		echo "$words: $status $stderr"
		[ "$status" -eq 1 ]
		[ "$stderr" = "memtrace: cannot write to standard output: No space left on device" ]
	done
}

@test "a closed standard output is one line and exit 1" {
	local words
	for words in list --help; do
		run --separate-stderr bash -c '"$@" >&-' - "$MEMTRACE" $words
		[ "$status" -eq 1 ]
		[[ $stderr == "memtrace: cannot write to standard output: "* ]]
		[[ $stderr != *$'\n'* ]]
	done
}

@test "closed standard streams do not become the file that is written" {
	bash -c '"$@" <&- >&- 2>&-' - "$MEMTRACE" list -o "$dir/x"
	[ "$(cat "$dir/x")" = "$("$MEMTRACE" list)" ]
	run bash -c '"$@" 2>&-' - "$MEMTRACE" nonsense
	[ "$status" -eq 2 ]
	[ -z "$output" ]
}
