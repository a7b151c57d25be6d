# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# clock_value STEP METRIC LABELS-REGEX
clock_value() {
	awk -v name="$2" -v labels="${3-}" '$0 !~ /^#/ { metric = $0; sub(/[{ ].*/, "", metric)
		if (metric == name && $0 ~ labels) sum += $NF } END { printf "%.0f\n", sum }' "$check_out/clock/$1.prom"
}

# Counters of the first file that are less in the second, or not there.
clock_resets() {
	awk 'FNR == 1 { nr++ } /^# TYPE / { counter[$3] = $4 == "counter" } /^#/ { next }
		{ metric = $0; sub(/[{ ].*/, "", metric); series = $0; sub(/ [^ ]*$/, "", series) }
		!counter[metric] { next }
		nr == 1 { first[series] = $NF; next }
		{ second[series] = $NF }
		END { for (s in first) if (!(s in second) || second[s] + 0 < first[s] + 0) print s }' \
		"$check_out/clock/$1.prom" "$check_out/clock/$2.prom"
}

# What is left of the capabilities: CAP_DAC_READ_SEARCH, and CAP_BPF where bpf(2) is refused to others, or might be.
clock_power() {
	local left=0000000000000004

	if [[ $check_name == 5.10* || $(<"$check_out/clock/bpf_disabled") == 0 ]]; then left=0000008000000004; fi
	printf 'CapPrm:\t%s\nCapEff:\t%s\nNoNewPrivs:\t1' $left $left
}

check_clock() {
	local dir=$check_out/clock step faults last=0 updated resets=

	if [[ $no_memtrace ]]; then
		skip "clock" "$no_memtrace"
		return
	fi
	same "clock: status" "$(<"$dir/status")" 0 "$(tail -n 5 "$dir/err")"
	for step in 0 1 2 3; do
		command -v promtool >/dev/null || break
		promtool check metrics <"$dir/$step.prom" >"$dir/promtool" 2>&1
		verdict "clock: promtool takes file $step" $? "$(head -n 5 "$dir/promtool")"
	done
	same "clock: messages" "$(grep -v 'tracing until' "$dir/err" | sed -n "s/.*: the machine's clock was set \([a-z]*\) by .*; counters go on as before\$/\1/p" | paste -sd ' ')" \
		"forward back forward" "$(<"$dir/err")"
	same "clock: other messages" "$(grep -v 'tracing until' "$dir/err" | grep -vc "the machine's clock was set")" 0 "$(<"$dir/err")"
	[[ ! -e $dir/left ]]
	verdict "clock: the file is removed at the end" $?
	(($(<"$dir/1.before") - $(<"$dir/0.after") > 86000 && $(<"$dir/2.before") - $(<"$dir/1.after") < -172000))
	verdict "clock: it was set" $? "$(head "$dir"/*.before "$dir"/*.after)"
	for step in 0 1 2 3; do
		faults=$(clock_value $step memtrace_page_faults_total 'comm="mt-clock".*minor')
		((faults - last >= 3000 && faults - last <= 3200))
		verdict "clock: faults of step $step ($((faults - last)))" $? "$(grep mt-clock "$dir/$step.prom")"
		last=$faults
		updated=$(clock_value $step memtrace_last_update_timestamp_seconds)
		# to the nearest second
		((updated >= $(<"$dir/$step.before") && updated <= $(<"$dir/$step.after") + 1))
		verdict "clock: written since it was set, step $step" $? "$updated, $(<"$dir/$step.before") to $(<"$dir/$step.after")"
		((step == 0)) || resets=$(clock_resets $((step - 1)) $step)
		[[ ! $resets ]]
		verdict "clock: no counter goes down or ends, step $step" $? "$resets"
	done
	same "clock: series that ended" "$(clock_value 3 memtrace_series_ended_total)" 0
	same "clock: capabilities that are left" "$(<"$dir/capabilities")" "$(clock_power)"
	# rows are of whole processes, with what they did under another name
	faults=$(jq -r '[.processes[] | select(.comm == "mt-clock") | .fault.minor] | add' "$dir/stat.json")
	((faults >= last && faults < last + 800))
	verdict "clock: faults in a replay ($faults)" $? "$last; $(<"$dir/stat.json.err")"
	same "clock: a replay took seconds, not days" "$(jq '.duration_ns > 3e9 and .duration_ns < 600e9' "$dir/stat.json")" true
	same "clock: errors" "$(clock_value 3 memtrace_export_errors_total)" 0
}
