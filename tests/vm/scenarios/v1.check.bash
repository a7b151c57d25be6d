# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_v1() {
	# shellcheck source=SCRIPTDIR/cgroups.check.bash
	. "$here/scenarios/cgroups.check.bash"
	same "v1: the memory controller goes to cgroup v1 " "$(<"$check_out/cgroups.v1") " " " "$(<"$check_out/cgroups.stat")"
	check_layout v1 total_pgfault
	same "cgroups_hybrid: both are mounted" "$(awk '$3 ~ /^cgroup/ { print $3 }' "$check_out/cgroups_hybrid/mounts" | sort | paste -sd ' ')" \
		"cgroup cgroup2"
	check_layout hybrid total_pgfault
}
