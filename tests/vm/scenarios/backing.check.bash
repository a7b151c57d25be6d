# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154,SC2016 # run sources it; jq has variables

# backing_of STAGE COMM: how many major faults of it were on what, "1024 file".
backing_of() {
	jq -r --arg comm "$2" 'select(.event == "major" and .comm == $comm) | .backing' \
		"$check_out/$1/majors.json" | sort | uniq -c | awk '{ print $1, $2 }' | paste -sd ,
}

# Each major fault of the file, once, by either source, and not longer than the touch around it or shorter than its read.
backing_file() {
	local stage=$1 out=$check_out/$1/stdout hist sum touched disk others tally

	have_stat "$stage" || return
	tally=$(backing_of "$stage" filefault)
	others=$(jq -c 'select(.event == "major" and .comm == "filefault" and .backing != "file")' "$check_out/$stage/majors.json")
	(($(grep -c . <<<"$others") <= $(may_lack "$stage")))
	verdict "$stage: all majors are the file's ($tally)" $? "$others"
	nearly "$stage: the file's majors" "$stage" "$(sed -nE 's/(.*,)?([0-9]+) file.*/\2/p' <<<"$tally")" 1024
	same "$stage: the file by name, number and device" \
		"$(jq -r 'select(.event == "major" and .comm == "filefault" and .backing == "file") | .file |
			"\(.name) \(.inode) \(.device_major):\(.device_minor)"' "$check_out/$stage/majors.json" | sort -u)" \
		"mt-some-file $(<"$check_out/$stage/file")"
	hist=$(jq -c '.histograms[] | select(.labels.comm == "filefault")' "$check_out/$stage/hist.json")
	nearly "$stage: latencies" "$stage" "$(jq .count <<<"$hist")" 1024
	sum=$(jq .sum <<<"$hist")
	touched=$(sed -n 's/.* sum_ns=//p' "$out")
	disk=$(sed -n 's/.* disk_ms=//p' "$out")
	((disk > 0 && disk * 1000000 <= sum && sum <= touched))
	verdict "$stage: sum of latencies ($sum ns; disk $disk ms; touches $touched ns)" $?
	nothing_lost "$stage"
}

# backing_is STAGE COMM WHAT: but for what the program itself lies in: its file, and its memory that was swapped out.
backing_is() {
	local other tally

	have_stat "$1" || return
	tally=$(backing_of "$1" "$2")
	other=$(jq -r --arg comm "$2" --arg what "$3" 'select(.event == "major" and .comm == $comm and
		(.backing | IN($what, "file", "swap") | not)) | "\(.backing) \(.file.name)"' "$check_out/$1/majors.json")
	(($(jq -r --arg comm "$2" --arg what "$3" 'select(.event == "major" and .comm == $comm and .backing == $what) | 1' \
		"$check_out/$1/majors.json" | wc -l) > 300 && $(grep -c . <<<"$other") <= $(may_lack "$1")))
	verdict "$1: majors of $2 on $3, and some files ($tally)" $? "$other"
	# one whose begin was not seen has a count and no latency
	nearly "$1: an event for each major fault of $2" "$1" "$(jq -r --arg comm "$2" \
		'select(.event == "major" and .comm == $comm) | 1' "$check_out/$1/majors.json" | wc -l)" \
		"$(stat_json "$1" "[.processes[] | select(.comm == \"$2\") | .fault.major] | add")"
}

# What was read of swap is touched once, by a fault that waited for it, or by one that found it read ahead.  A page that is
# needed while it is still being written is found as well, without a read: on a slow host's disk some in a hundred are.
backing_swapped() {
	local minors majors read lack

	have_stat backing_swap || return
	minors=$(jq '[.histograms[] | select(.labels.comm == "hog" and .labels.backing == "swap") | .count] | add // 0' \
		"$check_out/backing_swap/minors.json")
	majors=$(backing_of backing_swap hog | sed -nE 's/(.*,)?([0-9]+) swap.*/\2/p')
	read=$(vmstat backing_swap inner pswpin)
	lack=$(may_lack backing_swap)
	((minors > 100 && minors + majors <= read + 50 + read / 50 && minors + majors + 50 + lack >= read))
	verdict "backing_swap: minor ($minors) and major ($majors) faults on swap = pages read of it ($read)" $?
}

backing_hits() {
	jq -r '.processes[] | select(.comm == "faults") | .fault | "\(.user) \(.kernel) \(.write)"' "$check_out/$1/stat.json"
}

# By the exception and by the function: where memory lies is by chance, so some few may differ.
check_backing_hits() {
	local user kernel write user_mm kernel_mm write_mm differ

	have_stat backing_hits_tp && have_stat backing_hits_mm || return
	read -r user kernel write < <(backing_hits backing_hits_tp)
	read -r user_mm kernel_mm write_mm < <(backing_hits backing_hits_mm)
	if ! has_exceptions; then
		same "backing: without a tracepoint and functions it is unknown" "$user $kernel $write" "null null null"
		user=$user_mm kernel=$kernel_mm write=$write_mm
	fi
	differ=$((20 + $(may_lack backing_hits_tp) + $(may_lack backing_hits_mm)))
	((user >= 1600 && kernel >= 300 && write >= 1600)) &&
		((user - user_mm <= differ && user_mm - user <= differ && kernel - kernel_mm <= differ && kernel_mm - kernel <= differ &&
			write - write_mm <= differ && write_mm - write <= differ))
	verdict "backing: user, kernel, write by exceptions ($user $kernel $write) = by functions ($user_mm $kernel_mm $write_mm)" $?
}

# Without programs on functions: majors, and not what they were on; without exceptions as well: no majors.
check_backing_avoided() {
	local expected=''

	have_stat backing_avoided || return
	has_exceptions && expected="[null,null,null,null]"
	[[ $(jq -r 'select(.event == "major") | [.backing, .file.name, .file.inode, .file.device_major] | tojson' \
		"$check_out/backing_avoided/majors.json" | sort -u) == "$expected" ]]
	verdict "backing_avoided: without programs on functions it is not known" $? \
		"$(head -n 3 "$check_out/backing_avoided/majors.json")"
}

check_backing() {
	local hooked=1

	if [[ $no_memtrace ]]; then
		skip backing "$no_memtrace"
		return
	fi
	# In place of the exceptions' tracepoint it is hooked always, but with --light.
	has_exceptions && hooked=0
	same "backing: handle_mm_fault is hooked with --latency alone" "$(paste -sd ' ' "$check_out/backing/hooked")" "$hooked 1 0 0"
	backing_file backing_file
	backing_file backing_functions
	backing_is backing_swap hog swap
	backing_swapped
	backing_is backing_shmem filefault shmem
	check_backing_avoided
	grep -qE 'filefault\[[0-9]+\] major fault 0x[0-9a-f]+ took [^ ]+, file of mt-some-file$' "$check_out/backing_file/majors.text"
	verdict "backing: a line tells what and of which file" $? "$(head -n 3 "$check_out/backing_file/majors.text")"
	check_backing_hits
}
