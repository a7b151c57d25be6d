# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

check_state() {
	local dir=$check_out/state said current

	if [[ $no_memtrace ]]; then
		skip state "$no_memtrace"
		return
	fi
	[[ ! -s $dir/err ]]
	verdict "state: says nothing else" $? "$(<"$dir/err")"
	same "state: nothing is abnormal on a machine that does nothing" "$(jq -c '[.now[].rule]' "$dir/idle.json")" "[]" \
		"$(<"$dir/text")"
	said=$(python3 "$top/tests/e2e/state_files.py" "$dir" "$dir/still.json" 2>&1)
	verdict "state: each number is that of its file" $? "$said"
	same "state: parts and what is not accounted are all memory" "$(jq '.memory | [to_entries[] |
		select(.key != "total_bytes" and .key != "available_bytes") | .value // 0] | add' "$dir/still.json")" \
		"$(jq .memory.total_bytes "$dir/still.json")"
	same "state: what is not accounted is less than a tenth" \
		"$(jq '.memory | .not_accounted_bytes < .total_bytes / 10' "$dir/still.json")" true \
		"$(jq -c .memory "$dir/still.json")"
	same "state: nodes on which kswapd has given up" "$(jq -c '[.nodes[].kswapd.given_up]' "$dir/still.json")" \
		"$(awk '/^Node/ { node = $2 + 0; if (!(node in up)) n++; up[node] += 0 } $1 == "node_unreclaimable:" { up[node] += $2 }
			END { for (i = 0; i < n; i++) printf "%s%s", i ? "," : "[", up[i] ? "true" : "false"; print "]" }' "$dir/_proc_zoneinfo")"
	current=$(<"$dir/memory.current")
	same "state: memory of a cgroup" "$(jq '.cgroups[0].current_bytes' "$dir/cgroup.json")" "$current"
	same "state: its tmpfs" "$(jq '.cgroups[0].shared_bytes' "$dir/cgroup.json")" \
		"$(awk '$1 == "shmem" { print $2 }' "$dir/memory.stat")"
	same "state: its reclaimable slabs" "$(jq '.cgroups[0].slab_reclaimable_bytes' "$dir/cgroup.json")" \
		"$(awk '$1 == "slab_reclaimable" { print $2 }' "$dir/memory.stat")"
	same "state: its parts and what is not accounted" "$(jq '.cgroups[0] | [.anon_bytes, .cache_bytes, .shared_bytes,
		.slab_reclaimable_bytes, .slab_unreclaimable_bytes, .kernel_stacks_bytes, .page_tables_bytes, .percpu_bytes,
		.vmalloc_bytes, .zswap_bytes, .kernel_bytes, .sockets_bytes, .hugetlb_bytes, .not_accounted_bytes | . // 0] | add' \
		"$dir/cgroup.json")" "$current"
	same "state: what fills it" "$(jq -r '.now[0].rule' "$dir/cgroup.json")" tmpfs
	same "state: levels" "$(jq -c '[.levels[] | [.path, .max_bytes]]' "$dir/cgroup.json")" '[["/x",50331648],["/",null]]'
	same "state: a kill, and where to look" "$(jq -r '.now[0] | "\(.rule): \(.next)"' "$dir/kill.json")" \
		"cgroup_kills: memtrace oom --last"
	same "state: pressure" "$(jq '[.now[].rule] | contains(["pressure"])' "$dir/pressed.json")" true \
		"$(jq -c '[.now, .pressure]' "$dir/pressed.json")"
}
