# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
# Builds the workloads once for all end-to-end tests.

setup_suite() {
	make -s -C "$BATS_TEST_DIRNAME/../workloads" >&2
}
