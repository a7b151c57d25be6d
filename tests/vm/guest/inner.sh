# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC1091 # the guest's own file
#
# Runs its arguments between two snapshots of /proc/vmstat, with kswapd asleep on both sides.
# gather() in stages.sh exports $dir.
: "${dir:?}"
. /guest/helpers.sh
settle
counters "$dir/inner0"
cut -d ' ' -f 1 /proc/uptime >"$dir/work.uptime"
"$@" >"$dir/stdout"
echo $? >"$dir/work.status"
cut -d ' ' -f 1 /proc/uptime >>"$dir/work.uptime"
settle
counters "$dir/inner1"
exit 0
