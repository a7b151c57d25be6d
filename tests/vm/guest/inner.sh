# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash
#
# Runs its arguments between two snapshots of /proc/vmstat, with time for kswapd to fall asleep on both sides.
# gather() in stages.sh exports $dir.
: "${dir:?}"
sleep 1
cat /proc/vmstat >"$dir/inner0"
"$@" >"$dir/stdout"
echo $? >"$dir/work.status"
sleep 2
cat /proc/vmstat >"$dir/inner1"
exit 0
