# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it

# heap_sums KIND: of the paths of ten objects or more, "BYTES OBJECTS"; fewer are those that the C library makes as it starts
heap_sums() {
	jq -r '[.by_object[] | select(.objects >= 10)] | "\(map(.bytes) | add // 0) \(map(.objects) | add // 0)"' \
		"$check_out/heap/$1.json"
}

# heap_mapped FUNCTION KIND: "BYTES MAPPINGS" of what that function of the workload mapped
heap_mapped() {
	jq -r --arg of "^$1([.]|\$)" --arg kind "$2" '[.by_mapping[] | select(.kind == $kind and (.path | any(test($of))))] |
		"\(map(.bytes) | add // 0) \(map(.mappings) | add // 0)"' "$check_out/heap/maps.json"
}

check_heap() {
	local kind

	for kind in churn forms grow child exec maps; do
		have_stat heap "$kind" || return
	done
	same "heap: one in ten" "$(heap_sums churn)" "10000 100"
	same "heap: by each function" "$(heap_sums forms)" "281600 800"
	same "heap: realloc" "$(heap_sums grow)" "450000 90"
	same "heap: a child's and its parent's" "$(heap_sums child)" "20000 200"
	same "heap: after exec" "$(heap_sums exec)" "10000 100"
	same "heap: mapped, and parts given back" "$(heap_mapped map_leaked memory), $(heap_mapped map_cut memory)" \
		"1228800 100, 40960 2"
	# frame pointers alone do not lead through sbrk()
	same "heap: moved, and by brk" "$(heap_mapped '(__)?mremap' memory), $(heap_mapped '(move_break|sbrk|(__)?brk)' brk)" \
		"45056 2, 12288 1"
	same "heap: what was missed" "$(jq -s 'map(.allocator | .missed + .without_room) | add' "$check_out"/heap/*.json)" 0
}
