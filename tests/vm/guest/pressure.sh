# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash
# Reads the disk $1 twice through the page cache while 150 MiB of anonymous memory are held.
/guest/hog -a 150 -s 60000 &
sleep 1
dd if="$1" of=/dev/null bs=1M count=300 2>/dev/null
sleep 1
dd if="$1" of=/dev/null bs=1M count=300 2>/dev/null
kill $!
wait
