#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace top on a terminal, which tmux is: keys are sent, and what is then on the screen is what they are for.  Each
# test waits until the screen is as it should be, however long that takes.

load lib

need() {
	need_tool tmux tmux
	socket=memtrace-test-$$-$BATS_TEST_NUMBER
}

setup_screen() { # setup_screen COLUMNS ROWS [ENVIRONMENT...]: a shell on a terminal
	local columns=$1 rows=$2
	shift 2
	TMUX='' TERM=screen-256color tmux -u -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" \
		"exec env -u NO_COLOR LC_ALL=C.UTF-8 TERM=screen-256color PS1='ready> ' $* bash --norc --noprofile" 3>&-
	eventually on_screen 'ready>'
}

screen() {
	tmux -L "$socket" capture-pane -p "$@"
}

on_screen() {
	screen | grep -qE -- "$1"
}

not_on_screen() {
	! on_screen "$1"
}

keys() {
	tmux -L "$socket" send-keys "$@"
}

# starts ARGS...: memtrace top on the terminal, until its first rows are there; the last line is drawn last
starts() {
	keys -l "$memtrace top $*"
	keys Enter
	eventually on_screen '^ *PID|^ *PROCS'
	eventually on_screen '^h help'
}

# ends: it has given the terminal back
ends() {
	eventually on_screen '^ready> *$'
	eventually not_on_screen 'MINOR'
}

work() { # work OPTION...: a process of tests/workloads/steady that is at work
	"$workloads/steady" "$@" >"$tmp/steady.$#.out" 3>&- &
	started+=("$!")
	pid=$!
	eventually grep -qs ready "$tmp/steady.$#.out"
}

teardown() {
	local pid
	tmux -L "$socket" kill-server 2>/dev/null
	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	for ((i = ${#cgroups[@]} - 1; i >= 0; i--)); do
		remove_cgroup "${cgroups[i]}"
	done
}

# two at work: mt-fast faults most, mt-large holds most
two() {
	setup_screen 100 30
	work -c mt-fast -n 300 -m 2 -t mt-thread
	fast=$pid
	work -c mt-large -n 10 -m 30
	large=$pid
	eventually grep -qs ready "$tmp"/steady.*.out
	starts -i 0.5 --sort MINOR -n mt-fast -n mt-large "$@"
	eventually on_screen mt-large
}

# order of names in the table, from above
names() {
	screen | sed -n '/^ *P\(ID\|ROCS\) /,$p' | grep -oE 'mt-(fast|large|thread)' | tr '\n' ' '
}

named() {
	[[ $(names) == "$1 " ]]
}

@test "rows fill the screen and no more; a head, a header, hints" {
	setup_screen 100 30
	starts
	same lines "$(screen | wc -l)" 30
	on_screen '^memtrace top +[0-9:]{8} +every 2s'
	on_screen '^memory .* of .* free .*min .*low .*high'
	on_screen '^swap .*dirty .* of '
	on_screen '^PSI +some +[0-9-]'
	on_screen '^kswapd '
	on_screen 'processes by process, overview'
	on_screen '^ *PID COMM +MINOR/s'
	on_screen 'h help .*q quit'
	keys q
	ends
}

@test "the machine is on the screen before anything is attached" {
	setup_screen 100 30
	tmux -L "$socket" pipe-pane "cat >'$tmp/typed'"
	starts
	keys q
	ends
	# of the first frame alone: there was nothing to count yet
	eventually grep -q 'memory .*swap .*PSI .*- processes by process, overview.*counting' <(tr -d '\r\n' <"$tmp/typed")
}

@test "sort: s, < and > and r; the column is marked" {
	two
	eventually on_screen 'MINOR/s▼'
	eventually named "mt-fast mt-large"
	keys '>' '>' '>' '>'
	eventually on_screen 'RSS▼'
	eventually named "mt-large mt-fast"
	keys r
	eventually on_screen 'RSS▲'
	eventually named "mt-fast mt-large"
	keys '<'
	eventually on_screen 'STALL%▲'
	keys s
	eventually on_screen '^Sort by'
	keys Home Down Down Down Down Down Down Down Down Down Down Up Enter
	eventually on_screen 'SWAP▲'
}

@test "group: g in turn, and H" {
	two
	keys g
	eventually on_screen 'by thread'
	eventually named "mt-fast mt-thread mt-large"
	eventually on_screen 'PID +TID COMM'
	keys g
	eventually on_screen 'by name'
	eventually on_screen '^ +1 mt-fast'
	keys g
	eventually on_screen 'by cgroup'
	eventually on_screen '^ +2 /'
	keys g
	eventually on_screen 'by unit'
	keys g
	eventually on_screen 'by process'
	eventually named "mt-fast mt-large"
	keys H
	eventually on_screen 'by thread'
	keys H
	eventually on_screen 'by process'
}

@test "columns: c in turn" {
	two
	local head
	for head in 'KERNEL/s +WRITE/s' 'ALLOC/s▼ +CALLS/s' 'STALLED▼ +STALL% +MEMCG' 'RSS▼ +LIMIT%' 'MINOR/s▼ +MAJOR/s +ALLOC/s'; do
		keys c
		eventually on_screen "$head"
	done
}

@test "filter: / acts with each letter, Enter keeps it, Escape goes back" {
	two
	keys /
	keys -l mt-fa
	eventually on_screen '^filter: mt-fa'
	eventually named "mt-fast"
	keys Enter
	eventually on_screen 'filter: mt-fa  '
	keys / BSpace BSpace
	eventually named "mt-fast mt-large"
	keys -l zz
	eventually on_screen 'nothing matches the filter'
	keys Escape
	eventually named "mt-fast"
	keys Escape
	eventually named "mt-fast mt-large"
}

@test "cursor, pin, details of a row" {
	two -n mt-none
	keys End
	keys Space
	eventually named "mt-large mt-fast"
	keys Space
	eventually named "mt-fast mt-large"
	keys End Enter
	eventually on_screen "^mt-large\\[$large\\]"
	eventually on_screen "$workloads/steady -c mt-large"
	eventually on_screen '^Stalls in the interval, by cause'
	keys PageDown PageDown
	eventually on_screen 'resident +3[0-9]\.[0-9]*MiB'
	keys q
	eventually on_screen '^ *PID COMM'
}

# on PID: the cursor, which is a line in the colours of one, is on its row
on() {
	screen -e | sed -n '/PID/,$p' | sed 1d | grep -E $'^(\e\\[[0-9;]*m)*\e\\[46m' |
		sed $'s/\e\\[[0-9;]*m//g' | grep -qE "^ *$1 "
}

@test "cursor: arrows, j and k, pages, Home, End, the wheel" {
	local pids
	setup_screen 80 24
	work -c mt-many -k 60 -e 1000000
	starts -i 1 -n mt-many
	eventually on_screen '61 processes'
	mapfile -t pids < <(pgrep -x mt-many | sort -n)
	same processes ${#pids[@]} 61
	keys s Up Up Up Up Up Up Up Up Up Up Enter
	eventually on_screen 'PID▼'
	eventually on "${pids[0]}"
	keys Down Down
	eventually on "${pids[2]}"
	keys j
	eventually on "${pids[3]}"
	keys k
	eventually on "${pids[2]}"
	keys Up
	eventually on "${pids[1]}"
	keys PageDown
	eventually on "${pids[16]}"
	eventually not_on_screen "^ *${pids[0]} "
	keys PageUp
	eventually on "${pids[1]}"
	keys End
	eventually on "${pids[60]}"
	keys Home
	eventually on "${pids[0]}"
	keys -l $'\e[Ma!*'
	eventually on "${pids[3]}"
	keys -l $'\e[M`!*'
	eventually on "${pids[0]}"
}

@test "Ctrl-L draws what another program has written over; F10 ends" {
	setup_screen 80 24
	starts
	printf '\e[5;1Hscribbled over' >"$(tmux -L "$socket" display-message -p '#{pane_tty}')"
	eventually on_screen '^scribbled over'
	keys C-l
	eventually not_on_screen '^scribbled over'
	keys F10
	ends
}

@test "pause: what is shown stays; then it goes on" {
	two
	keys p
	eventually on_screen '^memtrace top .*paused'
	kill -KILL "$fast"
	# the model still answers
	keys g g
	eventually on_screen 'by name'
	eventually named "mt-fast mt-large"
	keys p
	eventually named mt-large
	eventually not_on_screen paused
}

@test "interval: + and -" {
	two
	on_screen 'every 500ms'
	keys +
	eventually on_screen 'every 1s'
	keys - - -
	eventually on_screen 'every 100ms'
}

@test "dump: the table as it is, in a file" {
	two
	keys d
	eventually on_screen 'write what is shown to: memtrace-top-'
	keys C-u
	keys -l "$tmp/dump.txt"
	keys Enter
	eventually test -s "$tmp/dump.txt"
	eventually on_screen "written to $tmp/dump.txt"
	grep -qE '^memtrace top  20.*by process, overview' "$tmp/dump.txt"
	same rows "$(sed '1,/^ *PID/d' "$tmp/dump.txt" | grep -oE 'mt-(fast|large)' | tr '\n' ' ')" "mt-fast mt-large "
	keys d C-u
	keys -l /nowhere/at/all
	keys Enter
	eventually on_screen '/nowhere/at/all: No such file'
}

@test "help is made of the keys; it scrolls, and goes" {
	setup_screen 80 24
	starts
	keys h
	eventually on_screen '^  /  +show only rows'
	# what does not fit goes on below
	eventually on_screen '^ {17}as before'
	keys End
	eventually on_screen 'Rows of what has ended are dim'
	keys Escape
	eventually on_screen '^ *PID COMM'
	keys '?'
	eventually on_screen '^Keys'
	keys F1
	eventually on_screen '^ *PID COMM'
}

# Whatever the size, no line is wider than the terminal and none is missing; the head and a row are there.
fits() { # fits COLUMNS ROWS
	same lines "$(screen | wc -l)" "$2"
	on_screen '^ *PID COMM'
	on_screen 'mt-fast +[0-9.k]+'
	on_screen '^h help'
}

# down_to PATTERN: on the screen, or a line further down
down_to() {
	on_screen "$1" && return
	keys Down
	return 1
}

@test "sizes: from 40x10 to 500x200, also while it runs" {
	setup_screen 40 10
	work -c mt-fast -n 300
	starts -i 0.5 -n mt-fast
	eventually fits 40 10
	tmux -L "$socket" resize-window -x 80 -y 24
	eventually fits 80 24
	eventually on_screen 'LAST MINUTE'
	tmux -L "$socket" resize-window -x 200 -y 60
	eventually fits 200 60
	eventually on_screen 'SWAP LAST MINUTE +CGROUP'
	tmux -L "$socket" resize-window -x 500 -y 200
	eventually fits 500 200
	tmux -L "$socket" resize-window -x 40 -y 10
	eventually fits 40 10
	# details have their numbers there, too, and the whole command line
	keys Enter
	eventually on_screen "^mt-fast\\[$pid\\]"
	eventually down_to '^ .*-n 300'
	eventually down_to '^  minor +[1-9][0-9,]*$'
	tmux -L "$socket" resize-window -x 100 -y 40
	eventually on_screen '^  resident +[0-9.]+[KM]iB [█░]{30}$'
	keys q q
	ends
}

@test "what was lost is said at each width" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	setup_screen 40 10
	# tasks outside of its pid namespace have no counters for it
	keys -l "unshare -pf --mount-proc $memtrace top fault -a -i 0.5"
	keys Enter
	work -c mt-fast -n 300
	eventually on_screen '^lost [1-9][0-9,.k]*  [0-9]+ processes by'
	tmux -L "$socket" resize-window -x 120 -y 24
	eventually on_screen 'processes by process, faults  lost: [1-9]'
	keys q
	ends
}

# modes: how the terminal is set
modes() {
	stty -a -F "$(tmux -L "$socket" display-message -p '#{pane_tty}')" | sed 's/rows.*columns [0-9]*;//'
}

@test "the terminal is given back: q, signals, the end of -d, a crash" {
	local before how
	setup_screen 80 24
	before=$(modes)
	for how in q INT TERM HUP SEGV ABRT QUIT; do
		# the sanitizer would report it
		[[ $how != SEGV ]] || ! sanitized || continue
		keys -l 'clear; '
		starts
		[[ $(modes) != "$before" ]] || fail "the terminal was not taken"
		if [[ $how == q ]]; then
			keys q
		else
			kill "-$how" "$(ps -o pid= --ppid "$(tmux -L "$socket" display-message -p '#{pane_pid}')")"
		fi
		eventually not_on_screen 'MINOR'
		eventually on_screen 'ready>'
		same "modes after $how" "$(modes)" "$before"
		same "alternate screen after $how" "$(tmux -L "$socket" display-message -p '#{alternate_on}')" 0
		same "cursor after $how" "$(tmux -L "$socket" display-message -p '#{cursor_flag}')" 1
		same "mouse after $how" "$(tmux -L "$socket" display-message -p '#{mouse_any_flag}')" 0
	done
}

@test "Ctrl-Z stops it and gives the terminal back; fg goes on" {
	setup_screen 80 24
	starts
	keys C-z
	eventually on_screen 'Stopped'
	eventually not_on_screen MINOR
	keys -l fg
	keys Enter
	eventually on_screen '^ *PID COMM'
	keys g
	eventually on_screen 'by thread'
	keys q
	ends
}

@test "no colours with NO_COLOR; with them otherwise" {
	setup_screen 80 24
	starts
	screen -e | grep -qE $'\e\\[([0-9]+;)*4[0-8][;m]' || fail "no colours"
	keys q
	ends
	keys -l 'export NO_COLOR=1; clear'
	keys Enter
	starts
	! screen -e | grep -qE $'\e\\[([0-9]+;)*[34][0-8][;m]' || fail "colours"
	screen -e | grep -qE $'\e\\[([0-9]+;)*7[;m]' || fail "the head does not stand out"
}

@test "16 colours: as many as the terminal has" {
	infocmp xterm | sed 's/^xterm|.*/xterm-16|for this test,/; s/colors#[^,]*/colors#16/; s/pairs#[^,]*/pairs#256/' >"$tmp/xterm-16"
	tic -x -o "$tmp/terminfo" "$tmp/xterm-16"
	setup_screen 80 24
	keys -l "clear; export TERM=xterm-16 TERMINFO=$tmp/terminfo"
	keys Enter
	starts
	screen -e | grep -qE $'\e\\[([0-9]+;)*4[0-7][;m]' || fail "no colours"
	! screen -e | grep -qE $'\e\\[([0-9]+;)*[34]8;' || fail "more than 16 colours"
	keys q
	ends
	keys -l 'clear; unset TERMINFO; export TERM=screen-256color'
	keys Enter
	starts
	screen -e | grep -qE $'\e\\[([0-9]+;)*[34]8;5;' || fail "no more than 16 of 256 colours"
	keys q
	ends
}

@test "TERM=dumb, --batch, a pipe, CMD: tables" {
	setup_screen 100 30
	keys -l "TERM=dumb $memtrace top -d 0.5; echo dumb=\$?"
	keys Enter
	eventually on_screen 'dumb=0'
	on_screen 'own CPU .*unavailable'
	keys -l "clear; $memtrace top --batch -d 0.5 | cat; echo pipe=\$?"
	keys Enter
	eventually on_screen 'pipe=0'
	on_screen 'own CPU .*unavailable'
	keys -l "clear; $memtrace top -- touch $tmp/said; echo cmd=\$?"
	keys Enter
	eventually on_screen 'cmd=0'
	on_screen 'own CPU .*unavailable'
	[[ -e $tmp/said ]] || fail "CMD did not run"
	# a terminal that this machine has not heard of: why there is no screen, and what to do
	keys -l "clear; TERM=mt-unknown $memtrace top -d 0.5 -k 3; echo unknown=\$?"
	keys Enter
	eventually on_screen 'unknown=0'
	screen -J | grep -qE "^memtrace: .*TERM 'mt-unknown' is not known on this machine, .*TERM=xterm-256color" ||
		fail "it does not say why"
	keys -l "clear; TERM=mt-unknown $memtrace top --batch -d 0.5 -k 3; echo batch=\$?"
	keys Enter
	eventually on_screen 'batch=0'
	not_on_screen 'is not known'
}

@test "a terminal that is not UTF-8 gets ASCII; wide and hostile names do no harm" {
	setup_screen 100 30
	"$workloads/hostile" 6d742d1b5b324a0a6d74 -n 100 -s 600000 3>&- &
	started+=("$!")
	"$workloads/hostile" 6d742de4b8ade69687 -n 100 -s 600000 3>&- &
	started+=("$!")
	starts -i 0.5
	keys /
	keys -l mt-
	keys Enter
	eventually on_screen 'mt-\\x1b\[2J\\x0'
	eventually on_screen 'mt-中文 '
	keys q
	ends
	keys -l "export LC_ALL=C; clear"
	keys Enter
	starts -i 0.5
	keys /
	keys -l mt-
	keys Enter
	eventually on_screen 'mt-\?\?\?\? '
	eventually on_screen 'MINOR/sv'
	! screen | LC_ALL=C grep -q '[^ -~]' || fail "not ASCII"
}

# levels NAME: how many heights the last twelve intervals have in its line of the last minute; none: there are fewer
levels() {
	local line=''

	line=$(screen | grep " $1 " | grep -oE '[▁▂▃▄▅▆▇█]{12,}' | tail -n 1)
	[[ $line ]] && grep -o . <<<"${line: -12}" | sort -u | wc -l
}

rises() {
	local nr
	nr=$(levels "$1") && ((nr >= 6))
}

@test "memory: each interval of a process whose main thread sleeps; what others change of one that sleeps" {
	setup_screen 140 30
	work -c mt-large -m 30 -e 1000000
	large=$pid
	starts memory -i 0.5 -n mt-fast -n mt-large
	eventually on_screen "^ *$large +mt-large +30\.[0-9]+MiB"
	work -c mt-fast -n 256 -e 200 -s -l -t mt-thread
	eventually rises mt-fast
	echo 321 >"/proc/$large/oom_score_adj"
	eventually on_screen "^ *$large +mt-large .* 321 "
	keys q
	ends
}

# click [COLUMN ROW]..., from 1 on: the button pressed and let go, as a terminal tells of it, three bytes each, all at once
click() {
	local at all=
	while (($#)); do
		printf -v at '\\x%x\\x%x' $((32 + $1)) $((32 + $2))
		printf -v at '%b' "$at"
		all+=$'\e[M '"$at"$'\e[M#'"$at"
		shift 2
	done
	keys -l "$all"
}

# column NAME: where the head of that column is
column() {
	screen | grep -E '^ *PID COMM' | sed "s/$1.*//" | wc -m
}

@test "the mouse: a head sorts, a row is chosen, and opened" {
	two
	local head
	head=$(screen | grep -nE '^ *PID COMM' | cut -d: -f1)
	click "$(column RSS)" "$head"
	eventually on_screen 'RSS▼'
	eventually named "mt-large mt-fast"
	click 5 $((head + 2))
	click 5 $((head + 2))
	eventually on_screen "^mt-fast\\[$fast\\]"
}

@test "the mouse: clicks that are read at once are as many as they were, in their order" {
	two
	local head
	head=$(screen | grep -nE '^ *PID COMM' | cut -d: -f1)
	click "$(column RSS)" "$head" "$(column SWAP)" "$head"
	eventually on_screen 'SWAP▼'
	click "$(column MINOR)" "$head"
	eventually on_screen 'MINOR/s▼'
	eventually named "mt-fast mt-large"
	click 5 $((head + 2)) 5 $((head + 2))
	eventually on_screen "^mt-large\\[$large\\]"
}

@test "options choose the group, the columns and the sort" {
	work -c mt-fast -n 300
	setup_screen 100 30
	starts memory --by cgroup --sort SWAP -n mt-fast
	on_screen 'by cgroup, memory'
	on_screen 'SWAP▼'
	keys q
	ends
	keys -l "clear; $memtrace top --sort nonsense"
	keys Enter
	eventually on_screen "memtrace: --sort 'nonsense': no such column"
}

# at NUMBER: the moment that is shown
at() {
	on_screen "^memtrace top +[0-9:]{8} +$1 of [0-9]+ "
}

@test "a recording: through its time, to a time, to a kill; what keys of the table did before" {
	memcg_init
	make_cgroup topbox 64M
	local dir=$cgroup intervals
	make_cgroup topbox/victim
	make_cgroup topbox/trigger
	work -c mt-fast -n 300 -m 2
	"$memtrace" record fault oom memory -a -i 0.5 -o "$tmp/run.rec" -- \
		sh -c "sleep 3; '$workloads/oompair' '$dir/victim' '$dir/trigger'; sleep 3" >"$tmp/record.out" 2>&1
	setup_screen 100 30
	keys -l "$memtrace replay $tmp/run.rec top -i 0.5"
	keys Enter
	eventually at 1
	eventually on_screen '^ *PID COMM'
	intervals=$(screen | sed -nE 's/^memtrace top .* 1 of ([0-9]+) .*/\1/p')
	between "intervals" "$intervals" 8 40
	keys Right Right Right
	eventually at 4
	keys Left
	eventually at 3
	keys ']'
	eventually at "$((intervals < 13 ? intervals : 13))"
	keys '['
	eventually at "$((intervals < 13 ? intervals - 10 > 1 ? intervals - 10 : 1 : 3))"
	keys Home S-Right
	eventually at "$((intervals < 11 ? intervals : 11))"
	# that terminal's description has neither; of others nothing is a key, nor are their last characters
	keys End S-Left
	eventually at "$((intervals - 10 > 1 ? intervals - 10 : 1))"
	keys Home Right
	eventually at 2
	keys C-Right S-F6 S-Right
	eventually at "$((intervals < 12 ? intervals : 12))"
	keys End
	eventually at "$intervals"
	keys Right
	nap 0.2
	at "$intervals"
	keys Home
	eventually at 1
	keys t
	keys -l 1.2s
	keys Enter
	eventually at 2
	keys n
	eventually on_screen 'OOM kill mt-victim\['
	eventually not_on_screen ' 2 of '
	keys Home N
	eventually on_screen 'no kill and no long stall before'
	keys / m t - f a s t Enter
	keys ']'
	eventually on_screen '^ *[0-9]+ mt-fast'
	keys h
	eventually on_screen 'Shift-Right, \] +ten intervals on'
	eventually not_on_screen 'the first row'
	keys q q
	ends
}
