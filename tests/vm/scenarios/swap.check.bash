# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# What memory.stat of a cgroup says, where the kernel has that.
check_swap_cgroup() {
	local dir=$check_out/zswap

	same "zswap: of a cgroup" "$(jq -r '.cgroups[] | select(.path == "/zswapped") | "\(.zswap_in_pages) \(.zswap_out_pages) " +
		"\(.zswap_written_back_pages) \(.zswapped_bytes)"' "$dir/state.json")" "$(awk '{ of[$1] = $2 }
		END { for (i = 1; i <= split("zswpin zswpout zswpwb zswapped", keys); i++)
			printf("%s%s", (i > 1 ? " " : ""), (keys[i] in of ? of[keys[i]] : "null")) }' "$dir/memory.stat")" \
		"$(<"$dir/state.err")"
	if grep -q '^zswpout [1-9]' "$dir/memory.stat"; then
		same "zswap: the table of cgroups has columns for it" "$(grep -c ' ZSWAPPED ZSWAPIN ZSWAPOUT' "$dir/state.text")" 1
	fi
	note "zswap: of a cgroup: $(grep '^zsw' "$dir/memory.stat" | tr '\n' ' ')"
}

# What compressed swap took and gave back, by task: as much as the kernel says.
check_swap_zswap() {
	local way used

	if [[ ! -e $check_out/zswap ]]; then
		skip "zswap" "this kernel has none, or cannot switch it on"
		return
	fi
	have_stat zswap || return
	check_swap_cgroup
	if [[ ! $check_functions ]]; then
		same "zswap: without functions it is not known" "$(stat_json zswap '.total.swap.zswap_out_pages')" null
		return
	fi
	for way in in out; do
		pages_moved zswap "pages of zswp$way" "$(stat_json zswap ".total.swap.zswap_${way}_pages")" "zswp$way"
	done
	used=$(vmstat zswap inner zswpout)
	((used > 1000))
	verdict "zswap: it was used ($used)" $?
	# pages of others, such as memtrace's, are pushed out as well
	same "zswap: what came back is hog's, a quarter of it or more" \
		"$(stat_json zswap '([.processes[] | select(.comm == "hog") | .swap.zswap_in_pages] | add * 4) > .total.swap.zswap_in_pages')" true
}

check_swap() {
	local inner mine kswapd direct few=$few

	inner=$(vmstat swap inner pgmajfault)
	((inner > 200))
	verdict "swap: memory comes back from disk (pgmajfault $inner)" $?
	swapped swap 8000
	have_stat swap || return
	# each request to the disk runs two programs: what is few is more than elsewhere
	((few += $(stat_json swap '[.swap_io[].count] | add // 0') / 4))
	bracket "swap: major faults of all processes = pgmajfault" swap \
		"$(stat_json swap '[.processes[].fault.major] | add')" pgmajfault
	yields swap
	moved swap
	mine=$(out_of swap '.comm == "hog" and .type == "anon"')
	((10 * mine > 8 * $(out_of swap '.type == "anon"')))
	verdict "swap: most of what went out of processes was hog's ($mine)" $? "$(stat_json swap '.swapped_out | tojson')"
	same "swap: hog is told by its pid, too" "$(stat_json swap '[.swapped_out[] | select(.comm == "hog") | .pid] | unique | tojson')" \
		"$(stat_json swap '[.processes[] | select(.comm == "hog") | .pid] | unique | tojson')"
	same "swap: shared memory is no process's" "$(out_of swap '.type == "shmem" and (.comm != null or .pid != null)')" 0
	((kswapd = $(out_of swap '.by == "kswapd"'), direct = $(out_of swap '.by == "direct"')))
	same "swap: kswapd's and direct reclaim's are told apart by who wrote them" \
		"$(out_of swap '(.by == "kswapd") != (.writer | startswith("kswapd"))') $((kswapd > 0))" "0 1"
	note "swap: written by kswapd $kswapd, in direct reclaim $direct"
	report_sound swap
	verified swap 0 "vmstat pgmajfault" "getrusage major" "vmstat pgsteal_anon + pgsteal_file" "vmstat pageoutrun" \
		"vmstat pswpin" "vmstat pswpout"
	# kswapd may wake and find that the task has done it all
	verified_if_any swap "vmstat pgscan_kswapd" "vmstat pgsteal_kswapd"
	check_swap_zswap
}
