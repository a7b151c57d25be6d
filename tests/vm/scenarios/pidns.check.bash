# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# inside_row STAGE: the pid of the process that calls itself mt-inside, and whether its faults are those that it was
# told by getrusage; which has a few more when it has printed that.
inside_row() {
	local said

	said=$(sed -n 's/^minor=\([0-9]*\) .*/\1/p' "$check_out/$1/stdout")
	stat_json "$1" '.processes[] | select(.comm == "mt-inside")
		| "\(.pid) \(.fault.minor >= '"$said"' and .fault.minor <= '"$said"' + 40)"'
}

check_pidns() {
	local dir=$check_out/pidns pid

	report_sound pidns || return
	pid=$(sed -n 's/^inside=1 outside=//p' "$dir/stdout")
	same "pidns: the pid of who is in a namespace is the initial namespace's" "$(inside_row pidns)" "$pid true"
	same "pidns: by thread as well" "$(jq -r '.processes[] | select(.comm == "mt-inside") | "\(.pid) \(.tid)"' "$dir/thread.json")" \
		"$pid $pid"
	report_sound pidns_own || return
	pid=$(sed -nE 's/.* sched_process_exit: comm=mt-inside pid=([0-9]+) .*/\1/p' "$check_out/pidns_own/events")
	((pid > 10))
	verdict "pidns: the kernel's trace has the process ($pid)" $?
	same "pidns: memtrace in a namespace gives the initial namespace's pid" "$(inside_row pidns_own)" "$pid true"
	exact_sum pidns_own
	same "pidns: -p is refused there" "$(<"$check_out/pidns_own/refused.status")" 2
	grep -q -e "-p: pids are those of the host, and this is another pid namespace" "$check_out/pidns_own/refused"
	verdict "pidns: the refusal says why" $? "$(<"$check_out/pidns_own/refused")"
}
