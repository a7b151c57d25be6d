# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# What the golden tests and their update script share.

golden=tests/golden
memtrace=${MEMTRACE:-build/memtrace}

# The lines of the table of cases: NAME RECORDING ARGUMENTS.
cases() {
	sed -e '/^#/d' -e '/^$/d' "$golden/cases"
}

# recording_bytes RECORDING: as the table names it.
recording_bytes() {
	local file=$golden/${1%%[@!]*}.rec at=${1##*[@!]}

	case $1 in
	*@*) head -c "$at" "$file" ;;
	*!*) head -c "$at" "$file" && printf '\125' && tail -c +$((at + 2)) "$file" ;;
	esac
}

# replay TO RECORDING ARGUMENTS...: its output to TO; what it says on standard error, and its exit status
# unless that is 0, to TO.err, which is left out if it is empty.
replay() {
	local to=$1 recording=$2 status=0
	shift 2
	case $recording in
	*[@!]*) recording_bytes "$recording" | run_replay - "$@" >"$to" 2>"$to.err" || status=$? ;;
	*) run_replay "$golden/$recording.rec" "$@" >"$to" 2>"$to.err" </dev/null || status=$? ;;
	esac
	readable "$to"
	[ "$status" -eq 0 ] || echo "exit status $status" >>"$to.err"
	[ -s "$to.err" ] || rm "$to.err"
}

# readable FILE: what is no text becomes what an independent reader says of it; what that says against it is there, too.
readable() {
	local reader=tests/readers/${1##*.}.py

	[ ! -e "$reader" ] || { python3 "$reader" "$1" >"$1.text" 2>&1; mv "$1.text" "$1"; }
}

# /dev/stdout is a pipe, whatever this one is: an export would put a regular file in its place.
run_replay() {
	env -i PATH="$PATH" TZ=UTC LC_ALL=C "$memtrace" replay "$@" | cat
	return "${PIPESTATUS[0]}"
}

# The kernel's logs, by name.
oom_logs() {
	local log

	for log in "$golden"/logs/*.log; do
		basename "$log" .log
	done
}

# oom_log TO NAME ARGUMENTS...: what memtrace oom makes of a log.
oom_log() {
	local to=$1 name=$2
	shift 2
	env -i PATH="$PATH" TZ=UTC LC_ALL=C "$memtrace" oom --log "$golden/logs/$name.log" "$@" >"$to"
}
