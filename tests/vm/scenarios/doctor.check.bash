# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_doctor() {
	local dir=$check_out/doctor

	if [[ $no_memtrace ]]; then
		skip doctor "$no_memtrace"
		return
	fi
	[[ $(<"$dir/status") == 0 ]]
	verdict "doctor: every core probe can run" $? "$(head -n 40 "$dir/text")"
	jq empty "$dir/doctor.json" 2>/dev/null
	verdict "doctor --json is JSON" $? "$(head -c 300 "$dir/doctor.json"; head -n 3 "$dir/err")"
}
