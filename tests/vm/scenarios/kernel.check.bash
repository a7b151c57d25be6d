# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before
#
# 2,000 sockets, 6,000 names that do not exist, 1,600 pages in pipes and 1,600 that vmsplice() gave to pipes.  Each socket
# and each of the 200 pipes has a dentry of its own.

# leaked FILTER: of the report
leaked() {
	jq -r "$1" "$check_out/kernel/leak.json" 2>&1
}

# leaked_within NAME VALUE EXPECTED PERCENT [LACK]: so much of it may lack beyond that
leaked_within() {
	[[ $2 =~ ^[0-9]+$ ]] && ((($2 + ${5-0}) * 100 >= $3 * (100 - $4) && $2 * 100 <= $3 * (100 + $4)))
	verdict "kernel: $1 ($2; expected $3, $4 % off at most)" $? "$(leaked '.slab[:8], .kernel_memory[:4], .kernel_pages[:8] | tojson')"
}

# in_use CACHE: by how many objects of it more are in use
in_use() {
	leaked "[.slab[] | select(.name == \"$1\") | .grown_active] | add // 0"
}

# by_path FUNCTION: bytes that pages of paths with it hold
by_path() {
	leaked "[.kernel_pages[] | select(.path | any(test(\"$1\"))) | .bytes] | add // 0"
}

# object_bytes CACHE: by the kernel's own file
object_bytes() {
	awk -v name="$1" '$1 == name { print $4 }' "$check_out/kernel/slabinfo.before"
}

# lacking: bytes of pages that were not seen: where programs are preempted, others are skipped, which is said
lacking() {
	preemptible || { echo 0; return; }
	leaked '.lost.recursion * 4096'
}

check_kernel() {
	local sockets

	have_stat kernel leak || return
	same "kernel: the work's exit status" "$(<"$check_out/kernel/work.status")" 0
	leaked_within "sockets in the cache of their inodes" "$(in_use sock_inode_cache)" 2000 5
	leaked_within "dentries in their cache" "$(in_use dentry)" 8200 5
	same "kernel: which of the caches that are named here are among those that grew most" \
		"$(leaked '[.slab[:4][].name | select(IN("sock_inode_cache", "dentry"))] | sort | join(" ")')" "dentry sock_inode_cache" \
		"$(leaked '.slab[:8] | tojson')"
	same "kernel: what grew most is in no counter of the kernel" "$(leaked '.kernel_memory[0].name')" "not accounted"
	leaked_within "bytes in no counter" "$(leaked '.kernel_memory[0].grown_bytes')" $((3200 * 4096)) 5
	leaked_within "pages in pipes, by their path" "$(by_path 'pipe_write$')" $((1600 * 4096)) 1 "$(lacking)"
	leaked_within "names that do not exist, by their path" "$(by_path 'do_faccessat')" $((6000 * $(object_bytes dentry))) 10 "$(lacking)"
	sockets=$(by_path '^unix_create1$')
	((sockets + $(lacking) >= 2000 * 1024))
	verdict "kernel: sockets, by their path ($sockets bytes)" $? "$(leaked '.kernel_pages[:8] | tojson')"
	# the kernel may have put that cache together with others, under the name of one of them
	same "kernel: a cache has grown by as much" \
		"$(leaked "[.slab[].grown_bytes] | any(. >= $sockets * 95 / 100 and . <= $sockets * 105 / 100)")" true \
		"$(leaked '.slab[:8] | tojson')"
	same "kernel: pages that were allocated are freed, held, or said to lack" \
		"$(leaked '.kernel_allocations | .allocated_bytes - .held_bytes - .freed_bytes - .without_room_bytes - .missed_bytes')" 0
	same "kernel: pages that rows hold" "$(leaked '[.kernel_pages[].bytes] | add')" "$(leaked .kernel_allocations.held_bytes)"
}
