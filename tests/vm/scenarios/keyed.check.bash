# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# keyed_traced: "CGROUP EPISODES PAGES" by the kernel's trace, in which each cgroup's name comes before its episodes.
keyed_traced() {
	awk 'match($0, /tracing_mark_write: target=\/sys\/fs\/cgroup/) { target = substr($0, RSTART + RLENGTH) }
		/mm_vmscan_memcg_reclaim_begin: / { count[target]++ }
		match($0, /mm_vmscan_memcg_reclaim_end: nr_reclaimed=[0-9]+/) {
			split(substr($0, RSTART, RLENGTH), of, "="); pages[target] += of[2] }
		END { for (target in count) print target, count[target], pages[target] }' "$check_out/keyed/events" | sort
}

# keyed_told FILE: the same by memtrace, of the cgroups that it tells apart.  A cgroup may be gone before its name is read.
keyed_told() {
	jq -r '.reclaim_by_target[] | select(.kind == "memcg" and .target_cgroup != "other") |
		"\(.target_cgroup | sub(" \\(deleted\\)$"; "")) \(.count) \(.reclaimed_pages)"' "$check_out/keyed/$1.json" | sort
}

# keyed_sums FILE OF: episodes, ns and pages by target, or of all tasks.
keyed_sums() {
	jq -r "($2) | [(map(.count) | add), (map(.ns) | add), (map(.reclaimed_pages) | add)] | map(tostring) | join(\" \")" \
		"$check_out/keyed/$1.json"
}

# keyed_sound FILE: no count is lost or doubled, and none is another cgroup's.
keyed_sound() {
	local wrong

	same "keyed: $1: episodes, ns and pages of all targets = those of the tasks" \
		"$(keyed_sums "$1" '.reclaim_by_target | map(select(.kind == "memcg"))')" "$(keyed_sums "$1" '[.total.reclaim.memcg]')"
	wrong=$(comm -13 <(keyed_traced) <(keyed_told "$1" | grep -vF '[gone:'))
	same "keyed: $1: targets with other counts than in the kernel's trace" "$(grep -c . <<<"$wrong")" 0 "$(head -n 5 <<<"$wrong")"
}

# keyed_others FILE: rows of what found no element.
keyed_others() {
	jq '[.reclaim_by_target[] | select(.target_cgroup == "other" and .kind == "memcg")] | length' "$check_out/keyed/$1.json"
}

check_keyed() {
	local traced told others

	trace_whole keyed
	have_stat keyed || return
	traced=$(keyed_traced | awk '{ episodes += $2; pages += $3 } END { print NR, episodes, pages }')
	((${traced%% *} == 2112))
	verdict "keyed: targets, episodes and pages in the kernel's trace ($traced)" $?
	nothing_lost keyed
	same "keyed: episodes and pages of all tasks = the kernel's trace" \
		"$(stat_json keyed '.total.reclaim.memcg | "\(.count) \(.reclaimed_pages)"')" "${traced#* }"
	keyed_sound stat
	# 2,048 at a time; an element of one that was removed may be another's before all have come
	told=$(keyed_told stat | grep -c .)
	others=$(keyed_others stat)
	((told >= 2048 && told < 2112 && others == 1))
	verdict "keyed: stat: targets that are told apart ($told), and rows of the rest ($others)" $?
	# the last ones have elements of others that are gone
	keyed_sound last
	same "keyed: last: episodes and pages of each of its targets, and rows of the rest" \
		"$(keyed_told last | awk '{ print $(NF - 1), $NF }' | tally) $(keyed_others last)" \
		"$(keyed_traced | awk '$1 ~ /passing-/ { print $2, $3 }' | tally) 0"
}
