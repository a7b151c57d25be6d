#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace state: each number is that of the file that it comes from, which stands still meanwhile: a copy lies over
# it.  What the kernel does, it says; what it cannot read, it does not know.

load lib

files="/proc/meminfo /proc/vmstat /proc/zoneinfo /proc/buddyinfo /proc/slabinfo /proc/vmallocinfo /proc/swaps
	/proc/pressure/memory"

# with_files MOUNTS COMMAND...: where the shell's commands MOUNTS put others in place of files of /proc
with_files() {
	unshare --mount sh -ec "$1"'; shift; exec "$@"' sh "$@"
}

# stand_still: commands that put copies of the files over them, made now
stand_still() {
	local file

	for file in $files; do
		[[ -r $file ]] || continue
		cat "$file" >"$tmp/${file//\//_}" 2>/dev/null || continue
		echo "mount --bind '$tmp/${file//\//_}' $file;"
	done
}

kills() {
	awk '$1 == "oom_kill" { print $2 }' /proc/vmstat
}

# state ARGS...: a report in $tmp/stat.json
state() {
	"$memtrace" state --json -o "$tmp/stat.json" "$@" 3>&-
}

@test "each number is that of its file" {
	with_files "$(stand_still) :" "$memtrace" state -d 0.2 --json -o "$tmp/stat.json" 3>&-
	python3 "$BATS_TEST_DIRNAME/state_files.py" "$tmp" "$tmp/stat.json"
}

@test "named parts and what is not accounted are all memory" {
	state -d 0.1
	same "their sum" "$(report '.memory | [to_entries[] | select(.key != "total_bytes" and .key != "available_bytes")
		| .value // 0] | add')" "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)"
	# what is not accounted is less than a tenth
	[[ $(report '.memory | .not_accounted_bytes < .total_bytes / 10') == true ]]
}

@test "what grows in two looks is what grew in the kernel's files" {
	memcg_init
	make_cgroup state 24M
	before=$(kills)
	"$memtrace" state -d 3 --json -o "$tmp/stat.json" 3>&- &
	pid=$!
	started+=("$pid")
	sleep 0.5
	inner=$(kills)
	"$workloads/hog" -g "$cgroup" -a 64 || true
	inner=$(($(kills) - inner))
	wait "$pid"
	between "kills" "$(report .since.kills)" "$inner" $(($(kills) - before))
	[[ $inner -ge 1 ]]
	same "the rule" "$(report '.now[0] | "\(.rule): \(.next)"')" "oom_kills: memtrace trace oom"
	between "time between the looks, in ms" "$(report '.duration_ns / 1000000 | floor')" 3000 3900
	between "kswapd's share, in hundredths" "$(report '.nodes[0].kswapd.running * 100 | floor')" 0 110
}

@test "what it must not or cannot read is unknown, and it says so" {
	with_files 'mount -t tmpfs none /proc/pressure; mount --bind /proc/self/mem /proc/zoneinfo
		mount --bind /proc/self/mem /proc/meminfo' "$memtrace" state -d 0.1 --json -o "$tmp/stat.json" 3>&-
	same "zones" "$(report '.zones | length')" 0
	same "memory" "$(report '[.memory[] | numbers] | length')" 1 # zspages, of /proc/vmstat
	same "pressure" "$(report '[.pressure[] | numbers] | length')" 0
	same "files" "$(report '[.unavailable[].file] | join(" ")')" /proc/zoneinfo
	setpriv --reuid 65534 --clear-groups "$memtrace" state -d 0.1 >"$tmp/text" 3>&-
	grep -q '^slab      -$' "$tmp/text"
	grep -q '/proc/slabinfo (Permission denied)' "$tmp/text"
	grep -q '^memory  *[0-9.]*[GM]iB = anon ' "$tmp/text"
}

@test "names of slab caches and swap files are harmless in text, and whole in JSON" {
	printf 'slabinfo - version: 2.1\n\033[2J;rm  9 9 512 8 1 : tunables 0 0 0 : slabdata 900000 900000 0\n' >"$tmp/slabinfo"
	printf 'Filename Type Size Used Priority\n/s\\040\033]0;x file 1024 0 -2\n' >"$tmp/swaps"
	with_files "mount --bind '$tmp/slabinfo' /proc/slabinfo; mount --bind '$tmp/swaps' /proc/swaps" \
		"$memtrace" state -d 0.1 >"$tmp/text" 3>&-
	grep -qF 'x1b[2J;rm 3.43GiB' "$tmp/text"
	[[ $(tr -d '\n' <"$tmp/text" | tr -d '[:print:]' | wc -c) -eq 0 ]]
	with_files "mount --bind '$tmp/slabinfo' /proc/slabinfo; mount --bind '$tmp/swaps' /proc/swaps" \
		"$memtrace" state -d 0.1 --json -o "$tmp/stat.json" 3>&-
	same "slab" "$(report '.slabs[0].name | @json')" '"\u001b[2J;rm"'
	same "swap" "$(report '.swaps[0].name | @json')" '"/s\\040\u001b]0;x"'
}

@test "one line an interval" {
	"$memtrace" state -i 0.2 -d 1 >"$tmp/text" 3>&-
	same "lines" "$(wc -l <"$tmp/text")" 6
	same "columns" "$(awk '{ print NF }' "$tmp/text" | sort -u | xargs)" 12
	same "titles" "$(head -n 1 "$tmp/text" | awk '{ print $2, $12 }')" "FREE KILLS"
	between "width" "$(awk '{ print length }' "$tmp/text" | sort -n | tail -n 1)" 90 100
	"$memtrace" state -i 0.2 -d 0.6 --json >"$tmp/stat.json" 3>&-
	same "reports" "$(jq -s '[.[] | select(.interval)] | length' "$tmp/stat.json")" 3
}

@test "a signal ends it with a report" {
	"$memtrace" state -d 60 -o "$tmp/text" 3>&- &
	pid=$!
	started+=("$pid")
	sleep 0.7
	kill -INT "$pid"
	wait "$pid"
	grep -q '^looked    twice' "$tmp/text"
}
