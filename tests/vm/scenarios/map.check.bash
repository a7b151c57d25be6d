# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# of_kernel FILE KEY: bytes, the sum of its lines of that key
of_kernel() {
	awk -v key="$2:" '$1 == key { sum += $2 } END { printf "%.0f", sum * 1024 }' "$1"
}

# mapped_sum NAME FIELD: of all mappings
mapped_sum() {
	jq "[.processes[0].mappings[] | select(.name != \"[vsyscall]\") | .$2] | add" "$check_out/map/$1.json"
}

# map_near TEXT A B: within 64 KiB
map_near() {
	[[ $2 =~ ^[0-9]+$ && $3 =~ ^[0-9]+$ ]] && (($2 - $3 <= 65536 && $3 - $2 <= 65536))
	verdict "map: $1" $? "$2 and $3"
}

check_map() {
	# whether a page was there is said by x86's exceptions; elsewhere by what functions tell of each fault
	local dir=$check_out/map name first_touch=131072 charged

	if [[ $no_memtrace ]]; then
		skip map "$no_memtrace"
		return
	fi
	[[ ! -s $dir/err ]]
	verdict "map: says nothing else" $? "$(<"$dir/err")"
	for name in kinds many swap; do
		map_near "$name: size" "$(mapped_sum $name size_bytes)" "$(of_kernel "$dir/$name.status" VmSize)"
		# smaps counts pages; of kernels before 6.16 VmRSS may be some pages late
		map_near "$name: rss" "$(mapped_sum $name rss_bytes)" "$(of_kernel "$dir/$name.smaps" Rss)"
		map_near "$name: swap" "$(mapped_sum $name swap_bytes)" "$(of_kernel "$dir/$name.status" VmSwap)"
		same "map: $name: rss as the kernel says" "$(jq '.processes[0].rss_bytes' "$dir/$name.json")" \
			"$(of_kernel "$dir/$name.status" VmRSS)"
		same "map: $name: page tables" "$(jq '.processes[0].page_tables_bytes' "$dir/$name.json")" \
			"$(of_kernel "$dir/$name.status" VmPTE)"
		map_near "$name: PSS" "$(jq '.processes[0].pss_bytes' "$dir/$name.json")" \
			"$(of_kernel "$dir/$name.rollup" Pss)"
		note "map: $name: $(jq -c '.processes[0] | [.pages_from, .cost]' "$dir/$name.json"), VmRSS $(of_kernel \
			"$dir/$name.status" VmRSS), smaps $(of_kernel "$dir/$name.smaps" Rss)"
	done
	same "map: many: more than 10,000" "$(jq '[.processes[0].mappings[].maps] | add > 10000' "$dir/many.json")" true
	same "map: swap: something was swapped" "$(jq '.processes[0].swap_bytes > 1000000' "$dir/swap.json")" true
	same "map: swap: what it grew by, second by second" "$(jq -s "[.[].processes[] | select(.pid == $(<"$dir/swap.pid")) |
		.swap_grew_bytes] | add" "$dir/growing.json")" "$(of_kernel "$dir/swap.status" VmSwap)" "$(<"$dir/growing.err")"
	# between the two readings the kernel may add up what its CPUs have counted
	charged=$(awk '$1 ~ /^(anon|file_mapped|rss|mapped_file)$/ { sum += $2 } END { print sum + 0 }' "$dir/memory.stat")
	same "map: what is charged to a cgroup" "$(jq ".cgroups[0].charged_bytes - $charged | . > -1048576 and . < 1048576" \
		"$dir/charged.json")" true "$(jq -c .cgroups "$dir/charged.json") $charged"
	same "map: classes" "$(jq -c '[.processes[0].mappings[] | select(.rss_bytes > 100000) | .class] | unique' \
		"$dir/kinds.json")" '["anon","arenas","file","heap","jit","shm","stacks"]'
	map_near "all processes: rss" "$(jq ".processes[] | select(.pid == $(<"$dir/pid")) | .rss_bytes" "$dir/machine.json")" \
		"$(of_kernel "$dir/kinds.status" VmRSS)"
	has_exceptions || [[ $(jq '.processes[0].mappings[] | select(.class == "jit") | .copied' "$dir/live.json") != null ]] ||
		first_touch=null
	same "map: a command's last look" "$(jq -c '.processes[0] | [.ended, ([.mappings[] | select(.class == "jit") |
		.rss_bytes, .first_touch_bytes, .minor, .major])]' "$dir/live.json")" "[true,[131072,$first_touch,32,0]]" \
		"$(<"$dir/live.err")"
	[[ -s $dir/live.json ]] && cmp -s "$dir/live.json" "$dir/replayed.json"
	verdict "map: a replay prints what the run printed" $? "$(diff "$dir/live.json" "$dir/replayed.json" | cut -c 1-400)"
	check_leak
}

# Who grew: 100 objects of 49 pages, among 900 that were freed; ten of them may be there at the last look.
check_leak() {
	local dir=$check_out/map object=$((49 * 4096))

	same "leak: verdict" "$(jq -r '.growth[0] | .comm + " " + .verdict' "$dir/leak.json")" "grower growing steadily" \
		"$(<"$dir/leak.err")"
	same "leak: held, in objects" "$(jq ".pages.held_bytes / $object | . > 80 and . < 115" "$dir/leak.json")" true \
		"$(jq -c .pages,.lost "$dir/leak.json")"
	same "leak: touched, in objects" "$(jq ".pages.touched_bytes / $object | . > 950 and . < 1060" "$dir/leak.json")" true \
		"$(jq -c .pages,.lost "$dir/leak.json")"
	same "leak: anonymous memory that no fault brought, in objects" \
		"$(jq ".pages.not_seen.anon_bytes / $object | . > -10 and . < 10" "$dir/leak.json")" true \
		"$(jq -c .pages,.lost "$dir/leak.json")"
	same "leak: a replay" "$(jq -c '[.growth, .by_page, .pages, .memory]' "$dir/leak.replayed.json")" \
		"$(jq -c '[.growth, .by_page, .pages, .memory]' "$dir/leak.json")"
	note "leak: $(jq -c '.pages, .memory, .by_page[0]' "$dir/leak.json")"
}
