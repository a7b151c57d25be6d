# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # run sources it, and checks.bash before

# cache_traced EVENT: pages of the file in the kernel's own trace, a folio with all of its pages.
cache_traced() {
	awk -v event="mm_filemap_$1_" -v inode=" ino $(printf %x "$inode") " '
		index($0, event) && index($0, inode) {
			n = match($0, /order=[0-9]+/) ? 2 ^ substr($0, RSTART + 6, RLENGTH - 6) : 1
			sum += n
		}
		END { print sum + 0 }' "$check_out/cache/events"
}

# cache_places: of how many places of the file a page came, by the same trace; 5.10 also has one beyond the end.
cache_places() {
	awk -v inode=" ino $(printf %x "$inode") " '
		index($0, "mm_filemap_add_to_") && index($0, inode) && match($0, /ofs=[0-9]+/) {
			at = substr($0, RSTART + 4, RLENGTH - 4) / 4096
			n = match($0, /order=[0-9]+/) ? 2 ^ substr($0, RSTART + 6, RLENGTH - 6) : 1
			for (i = 0; i < n; i++)
				seen[at + i]
		}
		END { print length(seen) }' "$check_out/cache/events"
}

# cache_of KEY: pages of the file
cache_of() {
	stat_json cache "[.cache_by_file[] | select(.inode == $inode) | .$1_pages] | add"
}

# cache_written: by whom the file was written back, and how much all files were.
cache_written() {
	if [[ ! $check_functions ]]; then
		same "cache: without programs on functions nobody knows what was written back" "$(stat_json cache .total.cache.written_pages)" null
		return
	fi
	same "cache: what was written back" \
		"$(jq '[.files[] | select(.path == "/written") | .written_bytes / 4096] | add' "$check_out/cache/cache.json")" 512
	bracket "cache: all that was written back" cache "$(stat_json cache '.total.cache.written_pages')" nr_written
	((mine = $(stat_json cache '[.processes[] | select(.comm == "dd") | .cache.written_pages] | add')))
	((mine >= 512))
	verdict "cache: by who waits for that ($mine pages)" $? "$(stat_json cache '[.processes[] | {comm, cache}] | tojson')"
}

# cache_unread: a file that is read from its begin to its end, three times, has no page that came for nothing.
cache_unread() {
	local unread

	unread=$(cache_of unread)
	if ! grep -q trace_event_raw_mm_filemap_op_page_cache_range "$check_out/doctor/btf"; then
		same "cache: where the kernel does not tell of reads nobody knows what was not read" "$unread" null
		return
	fi
	((unread <= $(stat_json cache .lost.recursion)))
	verdict "cache: pages that went unread ($unread)" $? "$(stat_json cache '.cache_by_file | tojson')"
}

check_cache() {
	local inode added back mine

	inode=$(<"$check_out/cache.inode")
	trace_whole cache
	have_stat cache || return
	nothing_lost cache
	added=$(cache_of added) back=$(cache_of read_back)
	same "cache: pages that came are the trace's" "$added" "$(cache_traced add_to)"
	same "cache: pages that went are the trace's" "$(($(cache_of evicted) + $(cache_of truncated)))" "$(cache_traced delete_from)"
	((added > 8192))
	verdict "cache: the file came at least twice ($added pages)" $?
	same "cache: what came is the file's pages and those that were read back" "$((added - back))" "$(cache_places)"
	same "cache: none went but by reclaim" "$(cache_of truncated)" 0
	same "cache: whose reclaim had taken what came again" \
		"$(stat_json cache '[.cache_read_back[] | select(.cgroup == "/cached") | .by] | unique | tojson')" '["memcg"]'
	same "cache: the path of the file, in a replay" \
		"$(jq -r ".files[] | select(.inode == $inode) | .path" "$check_out/cache/cache.json")" /cached
	cache_written
	cache_unread
	same "cache: what was written and deleted" \
		"$(jq -r '[.files[] | select(.path == "/written") | .added_bytes, .dirtied_bytes, .truncated_bytes] | map(. / 4096) | tojson' \
			"$check_out/cache/cache.json")" "[512,512,512]"
}
