#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# What runs in the machine of tests/booted/run: a kill under the recorder, then one under the exporter, which takes over the
# reports; clocks that are set; a file that cannot be written; a process that hangs.
set -u

oom=/var/lib/memtrace/oom history=/var/lib/memtrace/history
file=/var/lib/prometheus/node-exporter/memtrace.prom
number=0

say() {
	printf 'TAP: %s\n' "$*"
}

check() { # check WHAT COMMAND...
	local what=$1 result

	shift
	number=$((number + 1))
	if ! result=$("$@" 2>&1); then
		say "not ok $number - $what"
		printf '%s\n' "${result:-no output}" | tail -n 20 | while read -r line; do
			say "# $line"
		done
		journalctl -b -u 'memtrace-*' -n 12 -o cat --no-pager | sed 's/^/TAP: # journal: /'
	else
		say "ok $number - $what"
	fi
}

# eventually COMMAND...: within ten minutes
eventually() {
	local i

	for ((i = 0; i < 1200; i++)); do
		"$@" && return
		sleep 0.5
	done
	echo "not within ten minutes: $*"
	return 1
}

same() { # same WHAT IT-IS EXPECTED
	[[ $2 == "$3" ]] || { echo "$1: '$2', expected '$3'"; return 1; }
}

value() { # value UNIT PROPERTY
	systemctl show -P "$2" "$1.service"
}

started() { # started UNIT
	systemctl start "$1.service" && same state "$(value "$1" ActiveState)/$(value "$1" SubState)" active/running
}

# ended UNIT: by itself as it should, not by a signal or a limit
ended() {
	same "$1" "$(value "$1" ActiveState) $(value "$1" Result) $(value "$1" ExecMainStatus)" "inactive success 0"
}

# kill_in NAME: the unit's process is killed by its limit
kill_in() {
	printf '%s\n' '[Service]' Type=oneshot MemoryMax=24M MemorySwapMax=0 OOMPolicy=continue 'ExecStart=-/usr/bin/hog -a 64' \
		>"/run/systemd/system/$1.service"
	systemctl daemon-reload && systemctl start "$1.service" || return
	same "kills of $1" "$(journalctl -b -k -o cat --no-pager | grep -c "oom-kill:.*/$1.service")" 1
}

reports() { # reports NAME: how many tell of that unit
	grep -l "/$1.service" $oom/*.txt 2>/dev/null | wc -l
}

reported() { # reported NAME
	eventually eval "((\$(reports $1) == 1))"
}

# last_is NAME: what "oom --last" shows, of the reports that it finds by itself
last_is() {
	local said

	said=$(memtrace oom --last 2>&1) || { echo "$said"; return 1; }
	grep -q "/$1.service" <<<"$said" || { echo "$said"; return 1; }
}

# owned USER MODE: the directory of reports, and each file in it
owned() {
	same "$oom" "$(stat -L -c '%U %a' $oom)" "$1 $2" && same "files of others" "$(find -L $oom -type f ! -user "$1")" ""
}

exports() { # exports NAME...: the exporter's file counts one kill of each
	local name

	for name; do
		eventually grep -qE "^memtrace_cgroup_oom_kills_total\{.*/$name\.service.*\} 1\$|^memtrace_oom_kills_total\{.*/$name\.service.*\} 1\$" $file ||
			{ grep oom_kills $file; return 1; }
	done
}

# it may use the capabilities of its unit, or fewer, and gets no new ones
bounded() {
	local pid allowed has

	pid=$(value "$1" MainPID)
	allowed=$((0x$(sed -n 's/^CapBnd:\t//p' "/proc/$pid/status"))) has=$((0x$(sed -n 's/^CapPrm:\t//p' "/proc/$pid/status")))
	((allowed && (has & ~allowed) == 0)) || { echo "CapPrm $has, CapBnd $allowed"; return 1; }
	same NoNewPrivs "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1
}

# locked UNIT: all that it has and will have, and the OOM killer takes it last
locked() {
	local pid

	pid=$(value "$1" MainPID)
	same "oom_score_adj" "$(<"/proc/$pid/oom_score_adj")" -999 || return
	same "limit" "$(sed -nE 's/^Max locked memory +(.*[^ ]) +bytes *$/\1/p' "/proc/$pid/limits" | tr -s ' ')" "unlimited unlimited" || return
	(($(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status") > 16384)) || { grep Vm "/proc/$pid/status"; return 1; }
}

# journal LEVEL PATTERN: a line of that level, without the mark that says its level
journal() {
	journalctl -b -u memtrace-export -p "$1..$1" -o cat --no-pager | grep -v '^<' | grep -q "$2"
}

# Whom the directory does not belong to cannot write there: the unit has no capability for that.
unwritable() {
	local quiet

	quiet=$(journalctl -b -u memtrace-export -p err -o cat --no-pager)
	same "errors before" "$quiet" "" || return
	chown root:root "${file%/*}"
	eventually journal err "cannot write '$file'" || return
	chown prometheus:prometheus "${file%/*}"
	eventually journal info "is written again"
}

# It has not come to its limit, with reports of two kills made; the kernel's part is in it.
met() {
	local events=/sys/fs/cgroup/system.slice/memtrace-export.service/memory.events

	same "times at its limit, kills" "$(sed -nE 's/^(max|oom_kill) //p' $events | tr '\n' ' ')" "0 0 "
}

# clock_set WORD SECONDS: it says so and goes on, and the file has the time as it is now
clock_set() {
	local before

	before=$(value memtrace-export MainPID)
	date -s "@$(($(date +%s) + $2))" >/dev/null
	eventually journal warning "clock was set $1" || return
	eventually eval '((d = $(sed -n "s/^memtrace_last_update_timestamp_seconds \([0-9]*\).*/\1/p" $file) - $(date +%s), d > -300 && d < 300))' || return
	exports second || return
	same "its process" "$(value memtrace-export MainPID)" "$before"
}

# hangs: a process that gives no sign of life is ended, and another one started
hangs() {
	local before

	before=$(value memtrace-export MainPID)
	kill -STOP "$before"
	eventually eval '(($(value memtrace-export NRestarts) == 1)) && [[ $(value memtrace-export SubState) == running ]]' || return
	[[ $(value memtrace-export MainPID) != "$before" ]] || { echo "the same process"; return 1; }
	journalctl -b -u memtrace-export -o cat --no-pager | grep -qi watchdog
}

# What the rule says is in the file; the process is the same.
reloaded() {
	local before

	before=$(value memtrace-export MainPID)
	mkdir -p /etc/memtrace && echo '/** unit=by-rule' >/etc/memtrace/cgroups
	systemctl reload memtrace-export && eventually grep -q '^memtrace_cgroup_info.*unit="by-rule"' $file || return
	same "its process" "$(value memtrace-export MainPID)" "$before" &&
		same state "$(value memtrace-export ActiveState)/$(value memtrace-export SubState)" active/running
}

restarted() {
	echo 'MEMTRACE_OPTIONS=--by comm' >/etc/default/memtrace-export
	systemctl restart memtrace-export && same state "$(value memtrace-export SubState)" running || return
	eventually grep -q '^memtrace_page_faults_total{comm=' $file
}

stopped() { # stopped UNIT
	systemctl stop "$1.service" && ended "$1"
}

# history NAME NR: it has the kill of that unit, and so many segments, as each run begins one
history() {
	memtrace replay $history --json >/run/history.json 2>/run/history.err || { cat /run/history.err; return 1; }
	grep -o '"cgroup":"[^"]*/'"$1"'.service"' /run/history.json || { cat /run/history.json; return 1; }
	same "segments" "$(find -L $history -name '*.rec' | wc -l)" "$2"
}

say "1..28"
mkdir -p /run/systemd/system/memtrace-export.service.d
printf '[Service]\nWatchdogSec=30\nTimeoutAbortSec=5\nRestartSec=1\n' >/run/systemd/system/memtrace-export.service.d/test.conf
# an emulated machine that shares its CPU loads programs slowly
mkdir -p /run/systemd/system/memtrace-recorder.service.d
for unit in export recorder; do
	printf '[Service]\nTimeoutStartSec=900\n' >/run/systemd/system/memtrace-$unit.service.d/slow.conf
done
systemctl daemon-reload

check "the recorder starts" started memtrace-recorder
check "it has the capabilities of its unit at most" bounded memtrace-recorder
check "a unit exceeds its limit" kill_in first
check "its kill is reported" reported first
check "oom --last finds that" last_is first
check "its history has the kill" eventually history first 1
check "the exporter starts" started memtrace-export
check "the recorder has ended for it" ended memtrace-recorder
check "it has the capabilities of its unit at most" bounded memtrace-export
check "its memory is locked, and it is not killed for want of memory" locked memtrace-export
check "it has told of itself" same StatusText "$(value memtrace-export StatusText)" "counting, and writing the file each interval"
check "the reports are the exporter's now" owned prometheus 700
check "a second unit exceeds its limit" kill_in second
check "its kill is reported, too" reported second
check "oom --last finds that" last_is second
check "the file has one kill of it" exports second
check "its memory is below its limit" met
check "the clock is set forward" clock_set forward 172800
check "the clock is set back" clock_set back -864000
check "a third unit exceeds its limit" kill_in third
check "its kill is reported, by that clock" reported third
check "a file that cannot be written is an error in the journal, until it is written again" unwritable
check "one that hangs is ended by the watchdog, and another one starts" hangs
check "a reload reads the rules about cgroups again" reloaded
check "its options are those of /etc/default, after a restart" restarted
check "the exporter stops" stopped memtrace-export
check "the history goes on through all of them" history first 4
check "... and has the other kill" history second 4
say "# the end"
