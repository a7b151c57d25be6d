# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it

stage_exact() {
	exact faults /guest/faults -n 5000 -r 3
	exact kernel /guest/faults -n 3000 -k 2000
	exact spawn /guest/spawn -n 100
	exact posix_spawn /guest/spawn -n 100 -s
	exact threads /guest/threads -n 200
	exact execthread /guest/execthread
	exact cleartid /guest/cleartid -n 10
	exact killed /guest/killed -n 3
	verify exact -- /guest/spawn -n 100
}
