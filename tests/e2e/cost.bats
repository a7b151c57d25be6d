#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# What memtrace itself takes: resident memory under 20 MB while it runs, and
# none more after 40,000 short-lived processes than after 20,000.  The time to
# attach is printed, not judged: tests/bench does that.

load lib

# A leak of 53 bytes a process would show: 20,000 of them are 1,024 kB.  Before that the heap
# grows to what the most processes that are remembered at one moment take.
# VmRSS holds the rings' pages, too, as far as they were used; RssAnon is what memtrace allocated.
rss() {
	awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

# grows_not ARGS...: samples after 20,000 and after 40,000 processes.
grows_not() {
	local first total

	start many spawn -p -n 40000 -j 4 -l 0 -t 2 -m 20000
	memtrace_start "$@"
	go many
	for _ in {1..600}; do
		(($(grep -c '^pid=' "$tmp/many.out") == 2)) && break
		sleep 0.1
	done
	sleep 2
	first=$(rss "$mt_pid" RssAnon)
	between "VmRSS after 20,000, kB" "$(rss "$mt_pid" VmRSS)" 100 20000
	finish many
	sleep 2
	total=$(rss "$mt_pid" VmRSS)
	between "VmRSS after 40,000, kB" "$total" 100 20000
	between "RssAnon after 40,000, kB" "$(rss "$mt_pid" RssAnon)" 0 $((first + 1024))
	echo "# VmRSS $total kB; RssAnon $first kB, then $(rss "$mt_pid" RssAnon) kB" >&3
	memtrace_stop
}

@test "export: no growth over 20,000 processes more" {
	grows_not export --textfile "$tmp/mt.prom" -i 1 --by comm
}

@test "top: no growth over 20,000 processes more" {
	grows_not top -i 1 -a
}

@test "stat: under 20 MB over 20,000 processes, and every one of them in the report" {
	start many spawn -p -n 20000 -j 4 -l 0 -t 2
	memtrace_start stat -a --json -o "$tmp/stat.json"
	finish many
	between "VmRSS, kB" "$(rss "$mt_pid" VmRSS)" 100 20000
	memtrace_stop
	assert_nothing_lost
	between "processes named spawn" "$(report '[.processes[] | select(.comm == "spawn")] | length')" 20001 20001
}

@test "how long it takes to attach (printed only)" {
	for _ in 1 2 3 4 5; do
		before=$(date +%s%N)
		"$memtrace" stat --json -o "$tmp/stat.json" -- date +%s%N >"$tmp/cmd.out" 2>"$tmp/stat.err" 3>&-
		echo $((($(<"$tmp/cmd.out") - before) / 1000000))
	done | sort -n >"$tmp/ms"
	echo "# from start to CMD's first output: $(paste -sd ' ' "$tmp/ms") ms" >&3
}
