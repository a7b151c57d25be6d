#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Covers: the capabilities that "memtrace export" has once it has attached, by /proc/PID/status, and that it goes on
# counting with them; that a probe runs with those that doctor lists; rules about cgroups, and whose file they may be.

load lib

need() {
	dir=$tmp/textfile
	mkdir "$dir"
	file=$dir/memtrace.prom
}

READ_SEARCH=0x4 DAC_OVERRIDE=0x2 BPF=0x8000000000

# capability_set PID NAME: as the kernel has it
capability_set() {
	echo "0x$(sed -nE "s/^$2:\s*0*([0-9a-f]+)\$/\1/p" "/proc/$1/status")"
}

# has_given_up PID: it has given up what it no longer needs
has_given_up() {
	grep -qx 'NoNewPrivs:[[:space:]]*1' "/proc/$1/status"
}

# What a tick takes on kernels that refuse bpf(2) to others, or may.
of_ticks() {
	local major minor

	IFS=. read -r major minor _ < <(uname -r)
	if [[ $(cat /proc/sys/kernel/unprivileged_bpf_disabled 2>/dev/null) == [12] ]] && ((major > 5 || (major == 5 && minor >= 19))); then
		echo 0
	else
		echo $BPF
	fi
}

# counted NAME LABELS-REGEX NUMBER: its samples add up to so much
counted() {
	awk -v name="$1" -v labels="$2" -v least="$3" '$0 !~ /^#/ { metric = $0; sub(/[{ ].*/, "", metric)
		if (metric == name && $0 ~ labels) sum += $NF } END { exit sum < least }' "$file"
}

# same_set WHAT SET EXPECTED
same_set() {
	(($2 == $3)) || fail "$1: $2, expected $(printf '%#x' "$3")"
}

@test "after attaching only what is needed is left, and new processes, cgroups and kills are counted" {
	local thread
	memcg_init
	memtrace_start export fault oom --textfile "$file" -i 0.2 --by comm,cgroup --max-series 5000
	eventually has_given_up "$mt_pid"
	left=$((READ_SEARCH | $(of_ticks)))
	for thread in "/proc/$mt_pid/task"/*; do
		for name in CapEff CapPrm; do
			same_set "$name of ${thread##*/}" "$(capability_set "$mt_pid/task/${thread##*/}" $name)" $left
		done
		same_set "CapInh" "$(($(capability_set "$mt_pid/task/${thread##*/}" CapInh) & ~left))" 0
	done
	# it had the right to change the bounding set
	(($(capability_set $$ CapEff) & 0x100)) && same_set CapBnd "$(capability_set "$mt_pid" CapBnd)" $left
	make_cgroup power 64M
	parent=$cgroup_name
	make_cgroup power/victim
	victim_dir=$cgroup
	make_cgroup power/trigger
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -n 3000 -c mt-power' - "$victim_dir" "$workloads/faults"
	eventually counted memtrace_page_faults_total 'comm="mt-power".*minor' 3000
	eventually counted memtrace_cgroup_page_faults_total "cgroup=\"$parent/victim\".*minor" 3000
	"$workloads/oompair" "$victim_dir" "$cgroup" >/dev/null
	eventually counted memtrace_oom_kills_total "cgroup=\"$parent/" 1
	memtrace_stop
	same "status" "$mt_status" 0
	same "messages" "$(grep -c 'given up\|cannot' "$tmp/err")" 0
	[[ ! -e $file ]] || fail "the file was not removed"
}

@test "root keeps what it takes to write into another user's directory" {
	chown nobody "$dir"
	chmod 0755 "$dir"
	memtrace_start export fault --textfile "$file" -i 0.1
	eventually has_given_up "$mt_pid"
	same_set CapEff "$(capability_set "$mt_pid" CapEff)" $((READ_SEARCH | DAC_OVERRIDE | $(of_ticks)))
	rm "$file"
	eventually [ -s "$file" ]
	memtrace_stop
	same "status" "$mt_status" 0
	same "messages" "$(grep -c cannot "$tmp/err")" 0
}

@test "with a command nothing is given up: it has what memtrace has" {
	memtrace_start export fault --textfile "$file" -i 0.2 -- sh -c 'grep -E "^(CapEff|NoNewPrivs)" /proc/self/status >"$0"; exec sleep 1000' \
		"$tmp/cmd.out"
	eventually grep -q NoNewPrivs "$tmp/cmd.out"
	same "capabilities of CMD" "$(<"$tmp/cmd.out")" "$(grep -E '^(CapEff|NoNewPrivs)' /proc/self/status)"
	same "of memtrace" "$(capability_set "$mt_pid" CapEff)" "$(capability_set $$ CapEff)"
	memtrace_stop
}

# as_nobody CAPABILITIES COMMAND...: "CAP_BPF, CAP_PERFMON" and no others
as_nobody() {
	local sets

	sets=-all$(sed -E 's/(^|, )CAP_/,+/g' <<<"$1" | tr '[:upper:]' '[:lower:]')
	exec setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs --bounding-set "$sets" --inh-caps "$sets" \
		--ambient-caps "$sets" "${@:2}"
}

# unknown PROBE FILE: what doctor says of it
unknown() {
	jq -r --arg name "$1" '.probes[] | select(.name == $name) | "\(.state), \(.unknown)"' "$2"
}

@test "each default probe runs with the capabilities that doctor lists, and the unit has these" {
	local probe needs nr=0 all=''
	[[ $(cat /proc/sys/kernel/unprivileged_bpf_disabled) != 0 ]] || skip "bpf(2) is open to all here"
	# where nobody can get to
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$tmp"
	open=$tmp/open
	install -d -o nobody "$open"
	install -m 755 "$memtrace" "$open/memtrace"
	"$memtrace" doctor --json >"$tmp/doctor.json" || true
	while IFS=$'\t' read -r probe needs; do
		(as_nobody "$needs" timeout 60 "$open/memtrace" export "$probe" --textfile "$open/$probe.prom" --keep -i 1 -d 0.3) \
			>"$tmp/said" 2>&1 || fail "$probe with $needs: $(<"$tmp/said")"
		grep -qx "memtrace_probe_attached{probe=\"$probe\"} 1" "$open/$probe.prom" || fail "$probe does not run with $needs"
		! grep -q 'warning\|cannot' "$tmp/said" || fail "$probe with $needs: $(<"$tmp/said")"
		[[ -s $open/$needs.json ]] || (as_nobody "$needs" "$open/memtrace" doctor --json) >"$open/$needs.json" 2>"$tmp/said" || true
		same "what is unknown of $probe with $needs" "$(unknown "$probe" "$open/$needs.json")" "$(unknown "$probe" "$tmp/doctor.json")"
		all+=", $needs"
		nr=$((nr + 1))
	done < <(jq -r '.probes[] | select(.name | IN("fault", "stall", "reclaim", "kswapd", "oom")) | "\(.name)\t\(.capabilities)"' \
		"$tmp/doctor.json")
	same "probes" $nr 5
	# cgroups have names by their ids; the unit also reads the kernel's log, for reports of OOM kills
	same "of all of them" "$(tr -d ' ' <<<"$all,CAP_DAC_READ_SEARCH,CAP_SYSLOG" | tr , '\n' | sort -u | xargs)" \
		"$(sed -n 's/^CapabilityBoundingSet=//p' "$top/contrib/systemd/memtrace-export.service" | tr ' ' '\n' | sort | xargs)"
	# less is not enough
	(as_nobody CAP_BPF timeout 60 "$open/memtrace" export fault --textfile "$open/less.prom" -d 0.3) 2>/dev/null && fail "CAP_BPF alone"
	same "what is needed of what root has" "$(jq -r '[.capabilities[] | select(.here)] | length > 0' "$tmp/doctor.json")" true
	same "what export keeps" "$(jq -r '[.capabilities[] | select(.kept_by_export) | .name] | join(" ")' "$tmp/doctor.json")" \
		"$( (($(of_ticks) == 0)) || echo -n 'CAP_BPF ')CAP_DAC_READ_SEARCH"
}

@test "rules of one's own about cgroups, and whose file they may be" {
	memcg_init
	make_cgroup rules
	echo "/memtrace-test.{container_id}-{unit} runtime=test" >"$tmp/rules"
	memtrace_start export fault --by cgroup --textfile "$file" -i 0.2 --cgroup-rules "$tmp/rules" --max-series 5000
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -n 100' - "$cgroup" "$workloads/faults"
	eventually grep -qxF "memtrace_cgroup_info{cgroup=\"$cgroup_name\",container_id=\"$$\",runtime=\"test\",unit=\"rules\"} 1" "$file"
	memtrace_stop
	for mode in 0664 0606; do
		chmod $mode "$tmp/rules"
		run timeout 60 "$memtrace" export fault --textfile "$file" --cgroup-rules "$tmp/rules"
		same "status" "$status" 2
		[[ ${#lines[@]} == 1 && $output == *"$tmp/rules: others than its owner may write to it (mode $mode)"* ]] || fail "$output"
	done
	chmod 644 "$tmp/rules"
	chown nobody "$tmp/rules"
	run timeout 60 "$memtrace" export fault --textfile "$file" --cgroup-rules "$tmp/rules"
	[[ $status == 2 && $output == *"belongs to the user with id"*"expected a file of root's"* ]] || fail "$output"
	chown root "$tmp/rules"
	printf '# one\n\n/a/{name}\n' >"$tmp/rules"
	run timeout 60 "$memtrace" export fault --textfile "$file" --cgroup-rules "$tmp/rules"
	[[ $status == 2 && $output == *"$tmp/rules:3: '{name}': expected {LABEL}"* ]] || fail "$output"
	run timeout 60 "$memtrace" export fault --textfile "$file" --cgroup-rules "$tmp/none"
	[[ $status == 2 && $output == *"$tmp/none: No such file or directory"* ]] || fail "$output"
}
