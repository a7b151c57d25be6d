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
	grep -qE 'mt-anon\[[0-9]+\] minor fault 0x[0-9a-f]+ took [^ ]+, anon$' "$check_out/$1/minors.text"
	verdict "$1: a line tells what it was on" $? "$(head -n 3 "$check_out/$1/minors.text")"
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
}
