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

# The screens of `top` on a recording: NAME COLUMNS ROWS CAPTURE KEYS ENVIRONMENT.  CAPTURE e: with colours.
screens() {
	cat <<-'END'
		top.40x10 40 10 - Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.80x24 80 24 - Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.120x40 120 40 - Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.200x60 200 60 - Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.500x200 500 200 - Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.256-colours 80 24 e Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.8-colours 80 24 e Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-color
		top.no-colour 80 24 e Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-mono
		top.ascii 80 24 - Right,Right,Right LC_ALL=C TERM=xterm-256color
		top.faults 120 24 - c,Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.allocation 120 24 - c,c,Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.stalls 120 24 - c,c,c,Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.memory 120 24 - c,c,c,c,Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.cgroups 120 24 - g,g,g,c,c,c,c,Right,Right,Right LC_ALL=C.UTF-8 TERM=xterm-256color
		top.details 120 70 - Right,Right,Right,Down,Up,Enter LC_ALL=C.UTF-8 TERM=xterm-256color
		top.help 100 60 - Right,Right,Right,h LC_ALL=C.UTF-8 TERM=xterm-256color
	END
}

# capture SOCKET CAPTURE: without colours, or with them
capture() {
	if [ "$2" = e ]; then
		tmux -L "$1" capture-pane -p -e 2>/dev/null
	else
		tmux -L "$1" capture-pane -p 2>/dev/null
	fi
}

# until_still SOCKET CAPTURE PATTERN: the screen, when it has the pattern and has not changed for three looks
until_still() {
	local before='' now='' same=0 tries=600

	while [ "$same" -lt 3 ] && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.05
		now=$(capture "$1" "$2") || true
		if [ "$now" = "$before" ] && grep -q "$3" <<<"$now"; then
			same=$((same + 1))
		else
			same=0
		fi
		before=$now
	done
	printf '%s\n' "$now"
}

# take_screen TO COLUMNS ROWS CAPTURE KEYS ENVIRONMENT...: what is on the terminal after the keys.
take_screen() {
	local to=$1 columns=$2 rows=$3 how=$4 keys=$5 socket=memtrace-golden-$$-${1##*/}
	shift 5
	TMUX='' TERM=screen-256color tmux -u -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" \
		"exec env -i PATH='$PATH' TZ=UTC $* $memtrace replay $golden/busy.rec top -i 0.25" 3>&-
	until_still "$socket" - '1 of 9' >/dev/null
	# shellcheck disable=SC2086 # several words
	tmux -L "$socket" send-keys ${keys//,/ }
	until_still "$socket" "$how" '4 of 9' >"$to"
	tmux -L "$socket" kill-server
}
