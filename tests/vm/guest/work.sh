#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC1090,SC1091 # the guest's own files
# work.sh FUNCTION ARGUMENTS...: a function of the running scenario as a command; stages.sh exports $scenario.
. /guest/helpers.sh
. "/guest/${scenario:?}.guest.sh"
"$@"
