# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# Each touch contains its fault, and each fault the disk's read.  So the sum of the latencies lies between what the disk
# and what the workload itself measured; and up to each bound there are at least as many faults as touches.
check_latencies() {
	local out=$check_out/file/stdout hist count sum touched disk

	hist=$(jq -c '.histograms[] | select(.labels.comm == "filefault")' "$check_out/file/hist.json")
	count=$(jq .count <<<"$hist")
	nearly "file: latencies of filefault" file "$count" 1024
	same "file: in buckets" "$(jq '[.buckets[].count] | add' <<<"$hist")" "$count"
	same "file: reads of the disk" "$(sed -n 's/disk_reads=\([0-9]*\) .*/\1/p' "$out")" 1024
	sum=$(jq .sum <<<"$hist")
	touched=$(sed -n 's/.* sum_ns=//p' "$out")
	disk=$(sed -n 's/.* disk_ms=//p' "$out")
	((disk > 0 && disk * 1000000 <= sum && sum <= touched))
	verdict "file: sum of latencies ($sum ns; disk $disk ms; touches $touched ns)" $?
	jq -en --argjson hist "$hist" --argjson lack $((1024 - count)) --rawfile out "$out" '
		def upto($list; $le): [$list[] | select(.le <= $le) | .count] | add // 0;
		[$out | scan("le=([0-9]+) count=([0-9]+)") | {le: .[0] | tonumber, count: .[1] | tonumber}] as $touches
		| ($touches | length > 0) and all(($touches + $hist.buckets)[].le; upto($hist.buckets; .) + $lack >= upto($touches; .))' >/dev/null
	verdict "file: latencies lie below the touches' times" $? "$(cat "$out"; jq -c .buckets <<<"$hist")"
	grep -q 'comm filefault' "$check_out/file/hist.text" && grep -q "count ${count:0:1},${count:1} " "$check_out/file/hist.text"
	verdict "file: the histogram in text" $? "$(head -n 30 "$check_out/file/hist.text")"
}

# majors_explained NAME REASON: pages that the kernel counts as read, and no task has a major fault for.
majors_explained() {
	local row

	[[ ! $no_memtrace ]] || return 0
	row=$(jq -c '.counters[] | select(.source == "vmstat" and .counter == "pgmajfault")' "$check_out/verify/$1/verify.json")
	jq -e --arg why "$2" '.verdict == "explained" and .kernel.low >= 512 and .difference < 0 and (.why | contains($why))' \
		<<<"$row" >/dev/null
	verdict "verify/$1: pgmajfault has more, for a reason" $? "$row"
}

check_file() {
	local inner

	inner=$(vmstat file inner pgmajfault)
	((inner >= 1024 && inner <= 1150))
	verdict "file: about one pgmajfault a page of the file ($inner)" $?
	have_stat file || return
	bracket "file: major faults of all processes" file "$(stat_json file '[.processes[].fault.major] | add')" pgmajfault
	same "file: major faults of filefault" \
		"$(stat_json file '[.processes[] | select(.comm == "filefault") | .fault.major] | add')" 1024
	report_sound file
	if sees_faults; then
		check_latencies
	else
		same "file: no latencies are made up" "$(jq -c .histograms "$check_out/file/hist.json")" "[]"
	fi
	verified file 0 "getrusage major" "vmstat pgmajfault"
	verified file_signals 0 "getrusage minor"
	majors_explained file_signals "cut short by a signal"
	verified file_locked 0 "getrusage minor"
	majors_explained file_locked "mlock()"
}
