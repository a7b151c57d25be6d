#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Rows by role: threads of known names that touch a known number of pages, and processes that call themselves what
# PostgreSQL's, Redis's and nginx's do; sums with those of the same records by process.

load lib

jvm=("$workloads/named" -c java "GC Thread#0=1000" "G1 Conc#0=500" "C2 CompilerThre=2000" "VM Thread=300" "Thread-0=4000")

# role PROGRAM ROLE: minor faults of that row.
role() {
	report "[.processes[] | select(.program == \"$1\" and .role == $2) | .fault.minor] | add // 0"
}

# called COMM TITLE PAGES MS: a process of that name that calls itself that.
called() {
	(exec -a "$2" "$workloads/faults" -c "$1" -n "$3" -s "$4")
}
export -f called

@test "threads by role are exact, also when they have ended, and add up to what processes have" {
	memtrace_stat fault --by role --record "$tmp/r.rec" -- "${jvm[@]}"
	# what a thread touches besides, of its stack among others, before it has its name and after
	between "GC" "$(role java '"GC"')" 1500 1520
	between "compiler" "$(role java '"compiler"')" 2000 2010
	between "VM" "$(role java '"VM"')" 300 310
	between "application" "$(role java '"application"')" 4000 4200
	same "processes of a role" "$(report '.processes[] | select(.role == "GC") | .processes')" 1
	same "sum of roles" "$(total true .fault.minor)" "$(report .total.fault.minor)"
	same "getrusage" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
	rows='[.processes[] | [.program, .role, .fault.minor]] | tojson'
	roles=$(report "$rows")
	"$memtrace" replay "$tmp/r.rec" stat --by role --json >"$tmp/stat.json"
	same "roles of the recording" "$(report "$rows")" "$roles"
	sum=$(total '.program == "java" or .program == "memtrace" or .program == "named"' .fault.minor)
	"$memtrace" replay "$tmp/r.rec" stat --json >"$tmp/stat.json"
	same "the process" "$(total true .fault.minor)" "$sum"
}

@test "processes by what they call themselves, live and replayed" {
	# shellcheck disable=SC2016 # for the inner shell
	memtrace_stat fault --by role --record "$tmp/r.rec" -- bash -c '
		called postgres "postgres: 15/main: alice shop [local] idle" 5000 2500 &
		called postgres "postgres: 15/main: checkpointer" 6000 2500 &
		called postgres "postgres: bob shop 127.0.0.1(4711) SELECT" 700 2500 &
		called redis-server "redis-rdb-bgsave 127.0.0.1:6379" 800 2500 &
		called nginx "nginx: worker process" 900 2500 &
		wait'
	expected='["nginx","worker",900,1],["postgres","backend shop",5700,2],["postgres","checkpointer",6000,1],["redis","child",800,1]'
	rows='[.processes[] | select(.role) | [.program, .role, .fault.minor - .fault.minor % 100, .processes]] | sort | tojson'
	same roles "$(report "$rows")" "[$expected]"
	"$memtrace" replay "$tmp/r.rec" stat --by role --json >"$tmp/stat.json"
	same "roles, replayed" "$(report "$rows")" "[$expected]"
	"$memtrace" replay "$tmp/r.rec" stat --by role --json -n nginx >"$tmp/stat.json"
	same "one of them" "$(report "$rows")" '[["nginx","worker",900,1]]'
}

# Writes its name, and then counts for some seconds.
busy='printf postgres >/proc/self/comm; for i in {1..40}; do (:); read -r -t 0.1 <> <(:); done; :'

@test "the last part of a run has titles from before it" {
	"$memtrace" record process fault --last 1 -o "$tmp/l.rec" -- bash -c \
		"exec -a 'postgres: 15/main: checkpointer' bash -c '$busy'" 2>"$tmp/err" || true
	"$memtrace" replay "$tmp/l.rec" stat --by role --json >"$tmp/stat.json"
	between "how long" "$(report .duration_ns)" 900000000 3000000000
	between "its CPU time" "$(report '[.processes[] | select(.role == "checkpointer") | .process.cpu_ns] | add // 0')" 1000000 2000000000
}

@test "a process that is gone before its title is read counts for its program, and its role is not known" {
	memtrace_stat fault --by role -- bash -c 'called postgres "postgres: a b [local] idle" 3000 0'
	between "postgres" "$(total '.program == "postgres"' .fault.minor)" 3000 3200
	same "known roles" "$(report '[.processes[] | select(.program == "postgres" and .role != null and .role != "backend b")] | length')" 0
	# ... nor has it what another program is called that it has become since
	# shellcheck disable=SC2016 # for the inner shell
	memtrace_stat fault --by role -- bash -c 'exec -a "postgres: checkpointer" bash -c \
		"printf postgres >/proc/self/comm; for i in 1 2 3; do sleep 0.01; done; exec sleep 1.5"'
	between "postgres" "$(total '.program == "postgres"' .fault.minor)" 1 10000
	same "other roles" "$(report '[.processes[] | select(.program == "postgres" and .role != null and .role != "checkpointer")] | length')" 0
}

@test "rules of a file come first; one that others may write to, or that is wrong, is refused with its line" {
	rules=$tmp/rules
	printf '%s\n' '# mine' 'java thread "G1 *" marking' 'shop comm faults' 'shop title "shop: <tenant> *" "tenant <tenant>"' >"$rules"
	memtrace_stat fault --by role --roles "$rules" -- "${jvm[@]}"
	between "marking" "$(role java '"marking"')" 500 510
	between "GC" "$(role java '"GC"')" 1000 1010
	refused() {
		run -2 "$memtrace" stat fault --by role --roles "$rules" -d 0.1
		[[ $output == *"$1" ]] || fail "$output: expected $1"
	}
	printf 'java thread x\n' >>"$rules"
	refused "$rules: line 5: expected PROGRAM thread PATTERN ROLE"
	printf 'p comm \033[31m\n' >"$rules"
	refused "$rules: line 1: has the control character 0x1b"
	echo "p comm p" >"$rules"
	chmod 664 "$rules"
	refused "others than its owner may write to it; expected mode 0644 or less"
	chmod 644 "$rules"
	chown 1234 "$rules"
	refused "belongs to user 1234; expected root"
	head -c 70000 /dev/zero | tr '\0' '#' >"$tmp/large"
	rules=$tmp/large refused "has more than 65536 bytes"
	mkfifo "$tmp/fifo"
	rules=$tmp/fifo refused "is no regular file"
	rules=/nonexistent refused "No such file or directory"
	run -2 "$memtrace" stat fault --roles "$tmp/large" -d 0.1
	[[ $output == *"--roles: says what roles are, which only --by role shows; use both" ]]
}

@test "/etc/memtrace/roles, in a mount namespace of its own" {
	mkdir -p "$tmp/etc/memtrace"
	cp /etc/passwd /etc/group /etc/nsswitch.conf "$tmp/etc"
	printf 'shop comm faults\nshop rest cashier\n' >"$tmp/etc/memtrace/roles"
	there() {
		unshare --mount sh -c 'mount --bind "$1" /etc && shift && "$@"' sh "$tmp/etc" "$memtrace" "$@" 3>&-
	}
	there stat fault --by role --json -o "$tmp/stat.json" -- "$workloads/faults" -n 300
	between "cashier" "$(role shop '"cashier"')" 300 400
	# rows by role are refused where it is wrong, a recording is not
	printf 'shop\n' >"$tmp/etc/memtrace/roles"
	run -2 there stat fault --by role -- true
	[[ $output == *"/etc/memtrace/roles: line 1: expected PROGRAM, then comm, thread, title, main or rest" ]] || fail "$output"
	run -0 there record fault -o "$tmp/r.rec" -- true
	[[ $output == *"/etc/memtrace/roles: line 1: "*"; without its rules"* ]] || fail "$output"
	"$memtrace" replay "$tmp/r.rec" stat --by role >/dev/null
}

@test "stalls, top, hist and export by role; hostile titles" {
	cd "$tmp"
	memcg_init
	make_cgroup roles 24M
	disk_dir
	file=$disk/memtrace-test-file.$$
	"$memtrace" stalls --by role --json -o stalls.json -- "$workloads/hog" -g "$cgroup" -f "$file" -w 60 -r 2
	rm -f "$file"
	same "stalls of a program without roles" "$(jq -c '[.rows[] | select(.stalled_ns > 0) | [.program, .role]]' stalls.json)" '[["hog",null]]'
	"$memtrace" hist alloc --by role --json -o hist.json -- "${jvm[@]}"
	same "histograms of GC" "$(jq -c '[.histograms[] | select(.labels.role == "GC") | .labels.program] | unique' hist.json)" '["java"]'
	"$memtrace" top fault --by role --json -o top.json -- "${jvm[@]}"
	same "GC in top" "$(jq -s 'any(.[].processes[]; .role == "GC" and .fault.minor >= 1500)' top.json)" true
	"$memtrace" export fault --once --textfile - --by role,comm -- "${jvm[@]}" >prom
	faults=$(sed -n 's/^memtrace_page_faults_total{role="java: GC",type="minor"} //p' prom)
	between "GC in metrics" "$faults" 1500 1520
	grep -q '^memtrace_comm_page_faults_total{comm="java",type="minor"}' prom || fail "no metrics by comm"
	hostile=$'postgres: x \e[31m\xff"\\evil [local] idle'
	memtrace_stat fault --by role --record r.rec -- bash -c 'called postgres "$1" 2000 1500' bash "$hostile"
	same "rows of it" "$(report '[.processes[] | select(.role // "" | startswith("backend "))] | length')" 1
	"$memtrace" replay r.rec stat --by role >text
	grep -q 'backend \\x1b\[31m\\xff"\\x5cevil' text || fail "not escaped: $(cat -v text)"
	run -2 "$memtrace" export fault --once --textfile - --by role,comm,cgroup -d 0.1
	[[ $output == *"--by: expected one group or two" ]]
}

@test "--command shows who started a process and its command line" {
	memtrace_start stat fault -i 0.5 --command --json -n faults
	"$workloads/faults" -n 20 -s 60000 &
	started+=("$!")
	# shellcheck disable=SC2317 # called below
	has_row() {
		row=$(jq -c --argjson pid "$!" '.processes[] | select(.pid == $pid) | [.ppid, .command]' "$tmp/out" | head -n 1)
		[[ -n $row ]]
	}
	eventually has_row
	same "its row" "$row" "[$BASHPID,\"$workloads/faults -n 20 -s 60000\"]"
	run -2 "$memtrace" stat fault --by role --command -d 0.1
	[[ $output == *"--command: a row has several processes; expected --by process, thread or parent" ]]
}
