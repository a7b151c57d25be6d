#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# Filters of a replay: memtrace records the whole machine, and beside it others trace with a filter each.  What a
# replay makes of the recording with the same filter is what those counted.

load lib

need() {
	need_tool jq jq
}

# live NAME ARGS...: memtrace in the background, whose output becomes $tmp/NAME.json, until it has attached.
live() {
	memtrace_start "${@:2}" -o "$tmp/$1.json"
	lives+=("$mt_pid")
	[[ " $* " != *' -p '* ]] || ending+=("$mt_pid")
}

# record_machine: the same for a recording of all tasks, $tmp/r.rec.
record_machine() {
	lives=()
	ending=() # by themselves, with their processes
	memtrace_start record -o "$tmp/r.rec" "$@"
	recorder=$mt_pid
}

# All have ended, the recording last.
end_all() {
	for mt_pid in "${lives[@]}" "$recorder"; do
		if [[ " ${ending[*]} " == *" $mt_pid "* ]]; then memtrace_ends; else memtrace_stop; fi
		same "status" "$mt_status" 0
	done
	same "lost" "$("$memtrace" replay "$tmp/r.rec" stat --json | jq -c '.lost | [.rare, .hot]')" "[0,0]"
}

# What tasks counted, however long it took.
counts='[.processes[] | {pid, cgroup, fault, alloc, reclaim}] | sort_by(.pid)'

# as_live NAME FILTER...: the replay with that filter has what the live run NAME had.
as_live() {
	"$memtrace" replay "$tmp/r.rec" stat "${@:2}" --json >"$tmp/replayed.json" 2>"$tmp/replayed.err"
	diff <(jq "$counts" "$tmp/$1.json") <(jq "$counts" "$tmp/replayed.json") || fail "$1 differs"
	same "processes of $1" "$(jq '.processes | length' "$tmp/replayed.json")" 1
	same "total of $1" "$(jq -c .total.fault "$tmp/replayed.json")" "$(jq -c .total.fault "$tmp/$1.json")"
}

@test "-p, -t, -u, -n, -c: a recording of all tasks has what a live filter counts" {
	memcg_init
	make_cgroup top
	name=$cgroup_name
	make_cgroup top/below
	start user faults -p -n 3000 -U 54321
	start named faults -p -n 2000 -c mt-other
	start threads threads -p -g -n 4 -t 1000
	start inside hog -p -a 8 -g "$cgroup"
	tid=$(sed -n 's/^tid=\([0-9]*\) pages=3000$/\1/p' "$tmp/threads.out")
	record_machine --ring-size 16M # so that each change of name finds room
	live pid stat --json -p "$named_pid"
	live tid stat --json -t "$tid"
	live uid stat --json -u 54321
	live comm stat --json -n mt-other
	live cgroup stat --json -c "$name"
	"$workloads/toggler" -n 5000 >"$tmp/toggler.out"
	finish user
	finish named
	finish threads
	finish inside
	end_all
	as_live pid -p "$named_pid"
	as_live tid -t "$tid"
	as_live uid -u 54321
	as_live comm -n mt-other
	# it changes its name between any two faults; the tick may give one of them to the other name
	"$memtrace" replay "$tmp/r.rec" stat -n mt-one --json >"$tmp/replayed.json" 2>"$tmp/replayed.err"
	between "faults under one of two names" "$(jq .total.fault.minor "$tmp/replayed.json")" 4980 5020
	as_live cgroup -c "$name"
	as_live cgroup -c "$name/"
	as_live cgroup -c "$name/below"
	as_live cgroup -c "${name#/}"
}

@test "single events and histograms of one cgroup" {
	memcg_init
	make_cgroup one 16M
	disk_dir
	file=$disk/memtrace-test-file.$$
	start inside hog -p -g "$cgroup" -f "$file" -w 40
	record_machine --every fault reclaim --ring-size 64M # as each fault of the machine is in it
	live hist hist reclaim --json -c "$cgroup_name"
	live trace trace fault --json -c "$cgroup_name"
	finish inside
	rm -f "$file"
	end_all
	"$memtrace" replay "$tmp/r.rec" hist reclaim --json -c "$cgroup_name" >"$tmp/replayed.json"
	nr=$(jq '[.histograms[].count] | add' "$tmp/hist.json")
	((nr > 10)) || fail "only $nr episodes: the test is void"
	same "episodes" "$(jq '[.histograms[].count] | add' "$tmp/replayed.json")" "$nr"
	"$memtrace" replay "$tmp/r.rec" trace fault --json -c "$cgroup_name" 2>/dev/null >"$tmp/replayed.json"
	same "faults" "$(jq -r 'select(.event == "fault") | .address' "$tmp/replayed.json" | sort | cksum)" \
		"$(jq -r 'select(.event == "fault") | .address' "$tmp/trace.json" | sort | cksum)"
	"$memtrace" replay "$tmp/r.rec" export --once --textfile - -c "$cgroup_name" --by cgroup 2>/dev/null >"$tmp/prom"
	same "cgroups in the metrics of faults" \
		"$(sed -n 's/^memtrace_page_faults_total{.*cgroup="\([^"]*\)".*/\1/p' "$tmp/prom" | sort -u)" "$cgroup_name"
}
