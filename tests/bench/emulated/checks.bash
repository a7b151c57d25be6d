# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # tests/vm/run sources it

scenario_names() {
	printf 'pairs\n'
}

check_stages() {
	[[ -s $check_out/pairs ]]
	verdict "there are pairs" $?
}
