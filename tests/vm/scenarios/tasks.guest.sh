# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# 2,000 processes that hardly live.

stage_tasks() {
	exact tasks /guest/spawn -n 2000 -t 4 -l 0
}
