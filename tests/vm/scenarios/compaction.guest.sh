# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# Huge pages out of memory that is full of holes, and compaction by hand.

compact() {
	/guest/frag -a $(($(meminfo MemFree) / 1024 - 32)) -t 48
	echo 1 >/proc/sys/vm/compact_memory
}

stage_compaction() {
	thp=/sys/kernel/mm/transparent_hugepage
	for file in enabled defrag; do
		sed 's/.*\[\(.*\)\].*/\1/' "$thp/$file" >"/tmp/$file"
		echo madvise >"$thp/$file"
	done
	watch_too compaction/mm_compaction_begin compaction/mm_compaction_end
	gather compaction stat -- /guest/work.sh compact
	for file in enabled defrag; do
		cat "/tmp/$file" >"$thp/$file"
	done
}
