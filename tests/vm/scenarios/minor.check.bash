# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154,SC2016 # run sources it; jq has variables

# minors STAGE COMM BACKING: its records of that backing.
minors() {
	jq -r --arg comm "$2" --arg backing "$3" 'select(.event == "minor" and .comm == $comm and
		.backing == $backing) | 1' "$check_out/$1/minors.json" | wc -l
}

# One for each exception that was a minor fault, and no more than were accounted.  What the kernel touches for a task
# without an exception, as a new program's stack, has none; nor have exceptions that are no faults, as where the kernel
# reads what may not be there.  Each of the some thirty programs that the work starts brings one or two of both.
minor_records() {
	local stage=$1 records accounted exceptions majors lost

	lost=$(may_lack "$stage")
	records=$(jq -r 'select(.event == "minor") | 1' "$check_out/$stage/minors.json" | wc -l)
	accounted=$(stat_json "$stage" .command.rusage.minor)
	exceptions=$(stat_json "$stage" '.total.fault | .user + .kernel - .major')
	majors=$(stat_json "$stage" .total.fault.major)
	((records > 3200 && majors >= 256 && records <= accounted && accounted - records <= 100 + lost &&
		records <= exceptions + lost && exceptions - records <= 100 + lost))
	verdict "$stage: a record for each exception that was minor ($records; exceptions $exceptions; accounted $accounted; majors $majors)" $?
	same "$stage: the histograms have all" "$(jq '[.histograms[].count] | add' "$check_out/$stage/hist.json")" "$records"
}

# Nobody waits longer than the run took, and nothing takes no time.
minor_times() {
	local sum wall

	sum=$(jq '[.histograms[].sum] | add' "$check_out/$1/hist.json")
	wall=$(stat_json "$1" .duration_ns)
	((sum > 0 && sum < wall))
	verdict "$1: all of them took less time ($sum ns) than there was ($wall ns)" $?
	same "$1: none took no time" "$(jq -s '[.[] | select(.event == "minor" and .duration_ns == 0)] | length' \
		"$check_out/$1/minors.json")" 0
}

minor_backings() {
	local anon file shmem lack

	# a read of a file maps sixteen pages at a time
	anon=$(minors "$1" mt-anon anon) file=$(minors "$1" faults file) shmem=$(minors "$1" filefault shmem)
	lack=$(may_lack "$1")
	((anon + lack >= 3000 && anon <= 3100 && file > 5 && file < 100 && shmem + lack >= 62 && shmem <= 200))
	verdict "$1: on anonymous memory $anon, on a program's file $file, on shared memory $shmem" $? \
		"$(jq -r 'select(.event == "minor") | "\(.comm) \(.backing)"' "$check_out/$1/minors.json" | tally)"
	grep -qE 'mt-anon\[[0-9]+\] minor fault 0x[0-9a-f]+ took [^ ]+, anon, first_touch$' "$check_out/$1/minors.text"
	verdict "$1: a line tells what it was on" $? "$(head -n 3 "$check_out/$1/minors.text")"
}

# kinds COMM KIND: records of that name and kind
kinds() {
	jq -r --arg comm "$1" --arg kind "$2" 'select(.event == "minor" and .comm == $comm and .kind == $kind) | 1' \
		"$check_out/minor_kinds/minors.json" | wc -l
}

# minor_kind NAME KIND: as many as the workload says; its code and libc bring some first touches and pages of files
minor_kind() {
	local said made lack

	said=$(sed -n "s/^$1=//p" "$check_out/minor_kinds/stdout") lack=$(may_lack minor_kinds)
	if [[ $said == - ]]; then
		note "minor_kinds: this kernel has nothing for $1"
		return
	fi
	if [[ $1 == huge && $(vmstat minor_kinds outer thp_fault_alloc) == 0 ]]; then
		skip "minor_kinds: huge pages" "none was free in this run"
		return
	fi
	made=$(kinds "k-$1" "$2")
	((said > 0 && made + lack >= said && made <= said + 16)) || { [[ $1 == shmem ]] && twice "$made"; }
	verdict "minor_kinds: $1: $made of $said are $2" $? \
		"$(jq -r --arg comm "k-$1" 'select(.event == "minor" and .comm == $comm) | "\(.backing) \(.kind)"' \
			"$check_out/minor_kinds/minors.json" | tally)"
}

# Writes to a shared file: later kernels map what else of a large folio is there.
minor_file() {
	local made

	made=$(kinds k-file file)
	((made > 0 && made <= 200 + 16)) || twice "$made"
	verdict "minor_kinds: file: $made faults for 200 pages" $?
}

# twice MADE: before 6.1 a fault on a shared mapping that makes a page dirty is handled twice, which makes it a major one
# (mm/memory.c: fault_dirty_shared_page(), mm_account_fault()); so it is of shared memory.
twice() {
	[[ $1 == 0 && $(stat_json minor_kinds .total.fault.major) -ge 400 ]]
}

# What of it was still there, or was read ahead, is the kernel's choice.
minor_swap() {
	local swapped

	swapped=$(kinds k-swap swap)
	((swapped > 0 && swapped <= 512 + 16))
	verdict "minor_kinds: of 512 pages that were swapped out, $swapped were in the swap cache" $?
}

check_minor_kinds() {
	local pair

	have_stat minor_kinds || return
	# as many private copies as pages; 5.10 copies what its lists of new pages still hold
	for pair in first:first_touch zero:zero_page written:zero_written copied:copied reused:reused private:copied \
		shmem:shmem huge:huge hugetlb:hugetlb; do
		minor_kind "${pair%:*}" "${pair#*:}"
	done
	minor_file
	minor_swap
	minor_stacks
	same "minor_kinds: the histograms by kind have all" \
		"$(jq -S '[.histograms[] | {(.labels.kind // "none"): .count}] | add' "$check_out/minor_kinds/hist.json")" \
		"$(jq -s -S '[.[] | select(.event == "minor") | .kind // "unknown"] | group_by(.) | map({(.[0]): length}) | add' \
			"$check_out/minor_kinds/minors.json")"
	same "minor_kinds: map: what a parent writes after a fork is copied" \
		"$(jq '[.processes[] | (.mappings // [])[].copied] | add >= 1000' \
			"$check_out/minor_kinds/map.json")" true "$(<"$check_out/minor_kinds/map.err")"
}

# As many as the parent writes to, each with the path that did.
minor_stacks() {
	local out=$check_out/minor_kinds/stacks.json copies

	# the program has no symbols here: its loop is the path that has most
	copies=$(jq '[.paths[] | select(.stack | test("^mt-parent\\[[0-9]+\\];(.*;)?forked\\+0x[0-9a-f]+;\\[copied\\]$")) | .events] |
		max // 0' "$out")
	((copies + $(jq '.lost | .hot + .stacks' "$out") >= 1000 && copies <= 1016))
	verdict "minor_kinds: stacks: $copies copies of 1000 by the parent's path" $? "$(jq -c '[.paths[], .lost]' "$out")"
	same "minor_kinds: stacks: all are copies, of a page each, and took time" "$(jq -c '[all(.paths[]; .kind == "copied"),
		.total.events == .total.pages, .total.duration_ns > 0]' "$out")" "[true,true,true]"
}

# Huge pages by faults, and by khugepaged.
check_minor_thp() {
	local dir=$check_out/minor_thp made mine of name

	have_stat minor_thp || return
	if [[ $check_functions ]]; then
		for of in huge:thp_fault_alloc fallback:thp_fault_fallback; do
			for name in minor_kinds minor_fallback; do
				bracket "$name: faults: ${of%:*} = ${of#*:}" $name "$(stat_json $name ".total.thp.${of%:*}")" "${of#*:}"
			done
		done
		same "minor_fallback: those of a process without room for huge pages" \
			"$(stat_json minor_fallback '.processes[] | select(.comm == "huge") | .thp | "\(.huge) \(.fallback)"')" "0 8"
	else
		same "minor_kinds: without functions nothing is known of faults" "$(stat_json minor_kinds '.total.thp.huge')" null
	fi
	made=$(sed -n 's/^collapsed=//p' "$dir/stdout")
	if [[ $made == 0 ]]; then
		skip "minor_thp: khugepaged" "it found no huge page in this run"
		return
	fi
	mine=$(stat_json minor_thp '[.khugepaged[] | select(.comm == "huge" and .by == "khugepaged") | .collapsed] | add // 0')
	nearly "minor_thp: what khugepaged made of the process's memory" minor_thp "$mine" "$made"
	nearly "minor_thp: all that it made" minor_thp "$(stat_json minor_thp '[.khugepaged[] | .collapsed] | add')" \
		"$(($(<"$dir/collapsed1") - $(<"$dir/collapsed0")))"
	((mine <= $(vmstat minor_thp outer thp_collapse_alloc)))
	verdict "minor_thp: no more than thp_collapse_alloc" $?
	same "minor_thp: it took CPU time, and looked at more" \
		"$(stat_json minor_thp '.khugepaged | (map(.cpu_ns) | add > 0), (map(.scanned) | add) >= (map(.collapsed) | add)' | paste -sd ' ')" "true true"
}

check_minor() {
	local stage

	if [[ $no_memtrace ]]; then
		skip minor "$no_memtrace"
		return
	fi
	for stage in minor_both minor_perf minor_functions; do
		if ! has_exceptions && [[ $stage == minor_perf ]]; then
			same "$stage: without exceptions and functions there is no begin: refused" \
				"$(<"$check_out/$stage/stat.status")" 3
			continue
		fi
		have_stat "$stage" || continue
		minor_records "$stage"
		minor_times "$stage"
		if [[ $stage == minor_perf ]]; then
			same "$stage: what they were on is not known" "$(jq -r 'select(.event == "minor") | .backing' \
				"$check_out/$stage/minors.json" | sort -u)" null
		else
			minor_backings "$stage"
		fi
	done
	check_minor_kinds
	check_minor_thp
}
