#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# The probe swap where nothing is swapped; what is, the virtual machines show (tests/vm/scenarios/swap*).

load lib

# moved: pages that the kernel has read from swap and written there since it runs
moved() {
	awk '$1 == "pswpin" || $1 == "pswpout" { sum += $2 } END { print sum + 0 }' /proc/vmstat
}

# requests: that disks have done since the machine runs
requests() {
	awk '{ sum += $4 + $8 } END { print sum + 0 }' /proc/diskstats
}

@test "what programs read and write without the page cache is not swapped" {
	local before asked

	head -c 8M /dev/urandom >"$tmp/from"
	sync -f "$tmp/from"
	dd if="$tmp/from" of="$tmp/to" bs=1M iflag=direct oflag=direct 2>"$tmp/dd.err" || skip "no direct I/O here: $(<"$tmp/dd.err")"
	before=$(moved) asked=$(requests)
	"$memtrace" stat swap -a --json -o "$tmp/stat.json" -- sh -c "dd if='$tmp/from' of='$tmp/to' bs=1M iflag=direct oflag=direct &&
		cp '$tmp/from' '$tmp/copy' && sync -f '$tmp/copy'" 2>"$tmp/stat.err"
	(($(requests) > asked)) || skip "no disk here"
	[[ $(moved) == "$before" ]] || skip "the machine swaps"
	same "pages" "$(report '"\(.total.swap.in_pages) \(.total.swap.out_pages)"')" "0 0"
	same "requests, and whose pages" "$(report '[.swap_io, .swapped_out] | tostring')" "[[],[]]"
}

@test "what needs programs on functions is unknown without them, and never 0" {
	local known='"number"'

	[[ $("$memtrace" doctor --json | jq '[.hooks[] | select(.probe == "thp" and .hook == "fault")][0].kind') != null ]] || known='"null"'
	"$memtrace" stat thp numa --json -o "$tmp/stat.json" -- true 2>"$tmp/stat.err"
	same "faults" "$(report '.total | [.thp.huge, .thp.fallback, .numa.hint, .numa.remote] | map(type) | unique | tostring')" "[$known]"
	same "what needs none" "$(report '[.total.numa.migrated_pages, .khugepaged] | map(type) | tostring')" '["number","array"]'
}
