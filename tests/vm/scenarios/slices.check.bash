# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_slices() {
	local app=/user.slice/user-1000.slice/app.slice

	kills slices 4 $app/app-z.scope
	report_sound slices || return
	same "slices: victims by cgroup" "$(stat_json slices '.oom[].victim | "\(.comm) \(.cgroup)"' | tally)" \
		"1 mt-alone $app/app-y.scope;3 mt-together $app/app-z.scope"
	same "slices: triggers" "$(stat_json slices '.oom[].trigger | "\(.comm) \(.cgroup)"' | tally)" \
		"1 mt-alone $app/app-y.scope;3 mt-together $app/app-z.scope"
	same "slices: each victim once" "$(stat_json slices '.oom | length')" \
		"$(stat_json slices '[.oom[].victim.pid] | unique | length')"
	same "slices: memtrace itself, and what it started, are in its service" \
		"$(stat_json slices '[.processes[] | select(.comm == "work.sh") | .cgroup] | unique | join(" ")')" \
		/system.slice/memtrace.service
}
