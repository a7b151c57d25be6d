# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# Before 5.19 the kernel refuses each call of bpf(2) to others; while it does not, memtrace cannot tell.
doctor_kept() {
	local series=${check_name##*:} major minor

	IFS=. read -r major minor _ <<<"${series%%[@%]*}"
	if ((major < 5 || (major == 5 && minor < 19))) || [[ $(<"$check_out/doctor/bpf_disabled") == 0 ]]; then
		echo "CAP_BPF CAP_DAC_READ_SEARCH"
	else
		echo CAP_DAC_READ_SEARCH
	fi
}

check_doctor() {
	local dir=$check_out/doctor said fits status hist=3

	said=$(make -s -C "$top" ARCH="$vm_host" vmlinux-check BTF="$(realpath "$dir/btf")" 2>&1)
	status=$?
	fits=$(sed -n 's/.*: \([0-9]* fit.*\)/\1/p' <<<"$said")
	verdict "vmlinux/ fits this kernel's types ($fits)" $status "$(grep -v -E '^(note|used|not used):' <<<"$said")"
	if [[ $no_memtrace ]]; then
		skip doctor "$no_memtrace"
		return
	fi
	if sees_faults; then
		[[ $(<"$dir/status") == 0 ]]
		verdict "doctor: every core probe can run" $? "$(head -n 40 "$dir/text" 2>&1)"
	else
		same "doctor: of the core probes fault alone runs in part, and why" \
			"$(<"$dir/status") $(jq -r '.probes[] | select(.why and (.name | IN("minor", "refault", "swap") | not)) | "\(.name): \(.state), \(.why)"' "$dir/doctor.json")" \
			"1 fault: partial, this kernel has no tracepoint exceptions:page_fault_user" "$(head -n 40 "$dir/text" 2>&1)"
	fi
	sees_faults && hist=0
	same "doctor: latencies of faults can be had, or are refused" "$(<"$dir/hist.status")" $hist "$(<"$dir/hist")"
	same "doctor: capabilities that export keeps" \
		"$(jq -r '[.capabilities[] | select(.kept_by_export) | .name] | join(" ")' "$dir/doctor.json")" "$(doctor_kept)"
	same "doctor: stalls are seen by functions, or by the events in their place" \
		"$(jq '[.hooks[] | select(.probe == "stall")] | any(.hook == "enter" and .kind == "fentry") or all(.kind != "implied")' \
			"$dir/doctor.json")" true
	same "doctor: what leak --kernel needs" "$(jq -r '.probes[] | select(.name == "kpages") | "\(.state) \(.why // "")"' "$dir/doctor.json")" "ok "
	jq empty "$dir/doctor.json" 2>/dev/null
	verdict "doctor --json is JSON" $? "$(head -c 300 "$dir/doctor.json"; head -n 3 "$dir/err")"
}
