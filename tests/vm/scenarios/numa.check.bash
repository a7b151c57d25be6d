# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# on_node NODE: bytes, as the kernel lists them
on_node() {
	awk -v node="N$1" '{ pages = 0; for (i = 1; i <= NF; i++) { split($i, word, "="); if (word[1] == node) pages = word[2]
		if (word[1] == "kernelpagesize_kB") sum += pages * word[2] } } END { print sum * 1024 }' "$check_out/numa/numa_maps"
}

check_numa() {
	local dir=$check_out/numa node moved hints low high local_low local_high

	if [[ $no_memtrace ]]; then
		skip numa "$no_memtrace"
		return
	fi
	for node in 0 1; do
		same "numa: bytes on node $node" "$(jq "[.processes[0].mappings[].node_bytes.\"$node\"] | add" "$dir/map.json")" \
			"$(on_node $node)" "$(<"$dir/map.err")"
	done
	# what node 0 has no room for is on node 1 as well
	same "numa: what is to be on node 1 is there" "$(jq -c '.processes[0].mappings | map(select(.class == "anon").node_bytes) |
		map(."1") | add >= 4194304' "$dir/map.json")" true
	same "numa: its nodes have all of it" "$(jq '.processes[0].mappings | (map(.node_bytes."0" + .node_bytes."1") | add) -
		(map(select(.class != "kernel").rss_bytes) | add)' "$dir/map.json")" 0 "$(<"$dir/map.text")"
	grep -q '^MAPPING .* NODE0 .*NODE1 ' "$dir/map.text"
	verdict "numa: in text as well" $? "$(head -n 4 "$dir/map.text")"
	have_stat numa || return
	# it moves none to a node that has little free memory
	moved=$(sed -n 's/^moved=//p' "$dir/stdout")
	note "numa: the kernel moved $moved of 1024 pages"
	bracket "numa: pages migrated = numa_pages_migrated" numa "$(stat_json numa '[.processes[].numa.migrated_pages] | add')" \
		numa_pages_migrated
	if [[ ! $check_functions ]]; then
		skip "numa: faults of kind numa_hint" "this kernel refuses programs on functions"
		return
	fi
	hints=$(jq -r 'select(.event == "minor" and .kind == "numa_hint") | 1' "$dir/minors.json" | wc -l)
	low=$(vmstat numa inner numa_hint_faults) high=$(vmstat numa outer numa_hint_faults)
	((hints >= 1000 && hints <= high && hints + $(may_lack numa) + 16 >= low))
	verdict "numa: $hints faults of kind numa_hint; the kernel's numa_hint_faults: $low..$high" $?
	bracket "numa: hint faults = numa_hint_faults" numa "$(stat_json numa '[.processes[].numa.hint] | add')" numa_hint_faults
	local_low=$(vmstat numa inner numa_hint_faults_local) local_high=$(vmstat numa outer numa_hint_faults_local)
	hints=$(stat_json numa '[.processes[].numa.remote] | add')
	((hints > 500 && hints >= low - local_high && hints <= high - local_low))
	verdict "numa: on memory of another node $hints; the kernel's $((low - local_high))..$((high - local_low))" $?
}
