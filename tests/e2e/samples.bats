#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Samples: what files of the kernel say is what stat --json, recordings and the
# exporter have of it; what the kernel does not say is null.

load lib

meminfo() { # meminfo KEY: in bytes
	awk -v key="$1:" '$1 == key { printf "%.0f\n", $2 * 1024 }' /proc/meminfo
}

vmstat() { # vmstat KEY...: their sum
	awk -v keys=" $* " 'index(keys, " " $1 " ") { sum += $2 } END { printf "%.0f\n", sum }' /proc/vmstat
}

# with_files MOUNTS COMMAND...: where the shell's commands MOUNTS put others in place of files of /proc
with_files() {
	unshare --mount sh -ec "$1"'; shift; exec "$@"' sh "$@"
}

@test "what does not change is the kernel's, byte for byte" {
	memtrace_stat fault -- true
	for pair in memory.total_bytes:MemTotal swap.total_bytes:SwapTotal memory.commit_limit_bytes:CommitLimit; do
		same "$pair" "$(report "[.samples.${pair%:*}[]] | unique | join(\" \")")" "$(meminfo "${pair#*:}")"
	done
}

@test "watermarks are those of all zones, added up" {
	memtrace_stat fault -- true
	for mark in min low high; do
		same "$mark" "$(report ".samples.zones.${mark}_pages.last")" \
			"$(awk -v mark=$mark '$1 == mark { sum += $2 } END { print sum }' /proc/zoneinfo)"
	done
}

@test "counters grow as the kernel's do, between what was read inside and outside of the run" {
	cat >"$tmp/workload" <<-END
		. "$tmp/functions"
		vmstat pgfault >"$tmp/inner-begin"
		"$workloads/faults" -n 20000
		vmstat pgfault >"$tmp/inner-end"
	END
	declare -f vmstat >"$tmp/functions"
	before=$(vmstat pgfault)
	memtrace_stat fault -- bash "$tmp/workload"
	after=$(vmstat pgfault)
	grown=$(report .samples.vm.pgfault)
	between "faults of the machine" "$grown" $(($(<"$tmp/inner-end") - $(<"$tmp/inner-begin"))) $((after - before))
	[[ $grown -ge 20000 ]]
}

@test "a gauge has the newest, the least and the most of what was seen" {
	mkdir "$tmp/shm"
	mount -t tmpfs none "$tmp/shm" 2>/dev/null || skip "tmpfs cannot be mounted here"
	mounts+=("$tmp/shm")
	# others may take some meanwhile
	memtrace_stat fault -- sh -c 'head -c 256M /dev/zero >"$1"; sleep 2.5; rm "$1"' sh "$tmp/shm/file"
	between "shared memory" "$(report '.samples.memory.shmem_bytes | .max - .last')" $((128 << 20)) $((1 << 40))
	same "in their order" "$(report '[.samples | .. | objects | select(has("min") and .min != null)
		| .min <= .last and .last <= .max] | unique | join(" ")')" true
}

@test "the pressure of memory" {
	[[ -r /proc/pressure/memory ]] && cat /proc/pressure/memory >/dev/null 2>&1 || skip "this kernel has no PSI"
	memtrace_stat fault -- true
	same "known" "$(report '[.samples.pressure | .. | numbers] | length')" 20
	same "shares" "$(report '[.samples.pressure.memory[] | .avg10, .avg60, .avg300 | .last >= 0 and .last <= 1] | unique | join(" ")')" true
}

@test "a replay has the samples of the live run, in each interval" {
	"$memtrace" stat fault -i 0.2 --json --record "$tmp/r.rec" -o "$tmp/live" -- sleep 0.7 3>&-
	"$memtrace" replay "$tmp/r.rec" stat -i 0.2 --json -o "$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed"
	[[ $(jq -s '[.[] | select(.interval) | .samples.vm.pgfault] | add' "$tmp/live") -le \
		$(jq -s '.[-1].samples.vm.pgfault' "$tmp/live") ]]
}

@test "the last part of a run grows from where it begins" {
	"$memtrace" record fault --last 1s -i 0.2 -o "$tmp/r.rec" -d 4 3>&- 2>/dev/null
	"$memtrace" replay "$tmp/r.rec" stat --json -o "$tmp/stat.json"
	"$memtrace" replay "$tmp/r.rec" --json | jq -e .window
	[[ $(report .samples.vm.pgfault) != null ]]
	same "memory" "$(report .samples.memory.total_bytes.min)" "$(meminfo MemTotal)"
}

@test "what the kernel does not tell is null, and no metric" {
	printf 'pgfault 1000\nallocstall_dma 5\nnot a number\npgmajfault 99999999999999999999999\n' >"$tmp/vmstat"
	with_files "mount --bind '$tmp/vmstat' /proc/vmstat; mount -t tmpfs none /proc/pressure" \
		"$memtrace" stat fault --json -o "$tmp/stat.json" -- true 3>&-
	same "of /proc/pressure" "$(report '[.samples.pressure | .. | numbers] | length')" 0
	same "keys of it" "$(report '.samples.pressure.memory | keys | join(" ")')" "full some"
	same "of /proc/vmstat" "$(report '[.samples.vm | .. | numbers] | length')" 2
	same "that are there" "$(report '.samples.vm | "\(.pgfault) \(.allocstall) \(.pgmajfault)"')" "0 0 null"
	with_files "mount --bind '$tmp/vmstat' /proc/vmstat; mount -t tmpfs none /proc/pressure" \
		"$memtrace" export fault --once -d 0.1 --textfile "$tmp/m.prom" 3>&-
	grep -q '^memtrace_vm_pgfault_total 0$' "$tmp/m.prom"
	[[ $(grep -c 'memtrace_pressure\|memtrace_vm_pgmajfault' "$tmp/m.prom") -eq 0 ]]
}

@test "a file that cannot be read is null, and the others go on" {
	with_files 'mount --bind /proc/self/mem /proc/meminfo' "$memtrace" stat fault --json -o "$tmp/stat.json" -- true 3>&-
	same "of /proc/meminfo" "$(report '[.samples | .memory, .swap, .zswap | .. | numbers] | length')" 0
	[[ $(report .samples.vm.pgfault) -gt 0 ]]
}

@test "text says nothing of them, the exporter has them in base units" {
	"$memtrace" stat fault -o "$tmp/text" -- true 3>&-
	[[ $(grep -c 'pgfault\|MemFree\|samples' "$tmp/text") -eq 0 ]]
	"$memtrace" export fault --once -d 0.2 --textfile "$tmp/m.prom" 3>&-
	same "memory" "$(awk '$1 == "memtrace_memory_total_bytes" { printf "%.0f", $2 }' "$tmp/m.prom")" "$(meminfo MemTotal)"
	grep -q '^# TYPE memtrace_memory_free_bytes gauge$' "$tmp/m.prom"
	grep -q '^# TYPE memtrace_vm_pgscan_direct_bytes_total counter$' "$tmp/m.prom"
}

# value NAME: what a file of $cgroup says: NAME is of v2, an event as memory.events:KEY; nothing where there is none.
value() {
	local file=${1%:*} key=${1#*:}

	if [[ $memcg_limit == memory.limit_in_bytes ]]; then
		case $1 in
		memory.current) file=memory.usage_in_bytes ;;
		memory.peak) file=memory.max_usage_in_bytes ;;
		memory.max) file=memory.limit_in_bytes ;;
		memory.events:max) file=memory.failcnt key=$file ;;
		memory.events:oom_kill) file=memory.oom_control ;;
		esac
	fi
	[[ -e $cgroup/$file ]] || return 0
	if [[ $key == "$1" || $file == memory.failcnt ]]; then
		cat "$cgroup/$file"
	else
		awk -v key="$key" '$1 == key { print $2 }' "$cgroup/$file"
	fi
}

# of_cgroup FILTER [NAME]: of the last report, of $cgroup_name
of_cgroup() {
	jq -r --arg name "${2-$cgroup_name}" "[.cgroups[] | select(.cgroup == \$name)][0] | $1" "$tmp/stat.json"
}

@test "a cgroup's samples are what its files say" {
	memcg_init
	make_cgroup samples 64M
	"$workloads/hog" -g "$cgroup" -a 20 -s 100000 3>&- &
	started+=("$!")
	eventually eval '(($(value memory.current) >= 20 << 20))'
	sleep 0.5
	before=$(value memory.current)
	memtrace_stat fault -c "$cgroup" -d 0.5
	after=$(value memory.current)
	between "current" "$(of_cgroup .memory.current_bytes.last)" $((before < after ? before : after)) \
		$((before < after ? after : before))
	same "max" "$(of_cgroup '[.memory.max_bytes[]] | unique | join(" ")')" $((64 << 20))
	same "peak" "$(of_cgroup .memory.peak_bytes.last)" "$(value memory.peak)"
	same "events" "$(of_cgroup '.memory.events | "\(.max.last) \(.oom_kill.last)"')" \
		"$(value memory.events:max) $(value memory.events:oom_kill)"
	same "they are above it" "$(of_cgroup .removed /) $(report '.cgroups | length')" "false 2"
	same "left out" "$(report .cgroups_left_out)" 0
}

@test "a cgroup's counters grow as the kernel's do; a limit that is not set is no number" {
	memcg_init
	make_cgroup limited 24M
	memtrace_stat reclaim -c "$cgroup" -- "$workloads/hog" -g "$cgroup" -f "$tmp/file" -w 60
	failed=$(value memory.events:max)
	[[ $failed -gt 0 ]] || void "nothing was reclaimed"
	same "limit was hit" "$(of_cgroup '.memory.events.max | "\(.last) \(.grown)"')" "$failed $failed"
	same "peak" "$(of_cgroup .memory.peak_bytes.last)" "$(value memory.peak)"
	if [[ $memcg_limit == memory.max ]]; then
		same "high" "$(of_cgroup .memory.high_bytes.last)" max
	else
		same "soft limit" "$(of_cgroup .memory.soft_limit_bytes.last)" max
		same "what v1 has not" "$(of_cgroup '[.memory.high_bytes, .memory.low_bytes, .swap.max_bytes] | [.[][] | numbers] | length')" 0
	fi
}

@test "the cgroup of an OOM kill has samples, whoever is traced" {
	memcg_init
	make_cgroup killed 32M
	mt_status=0
	"$memtrace" stat oom --json -o "$tmp/stat.json" -- "$workloads/hog" -g "$cgroup" -a 100 3>&- 2>/dev/null || mt_status=$?
	same "status" "$mt_status" 137
	same "kills" "$(of_cgroup .memory.events.oom_kill.last)" "$(value memory.events:oom_kill)"
	same "kills" "$(of_cgroup .memory.events.oom_kill.last)" 1
	same "limit" "$(of_cgroup .memory.max_bytes.last)" $((32 << 20))
}

@test "a cgroup that is removed keeps what it had at the last tick" {
	memcg_init
	make_cgroup removed
	parent=$cgroup parent_name=$cgroup_name
	make_cgroup removed/child 64M
	memtrace_start stat fault --json -c "$parent" -i 0.2 -o "$tmp/all.json"
	"$workloads/hog" -g "$cgroup" -a 20 -s 1000 3>&-
	eventually rmdir "$cgroup"
	unset 'cgroups[-1]'
	sleep 1
	memtrace_stop
	tail -n 1 "$tmp/all.json" >"$tmp/stat.json"
	same "it is gone" "$(of_cgroup .removed)" true
	same "limit" "$(of_cgroup .memory.max_bytes.last)" $((64 << 20))
	between "most" "$(of_cgroup .memory.current_bytes.max)" $((20 << 20)) $((24 << 20))
	same "the one above it is there" "$(of_cgroup .removed "$parent_name")" false
	# an interval that began later does not have it
	same "in the last interval" "$(tail -n 2 "$tmp/all.json" | head -n 1 |
		jq -r --arg name "$cgroup_name" '[.cgroups[] | select(.cgroup == $name)] | length')" 0
}

@test "cgroups of hostile and of long names" {
	memcg_init
	make_cgroup $'\e[31m "quoted" \\ {}\x7f'
	name=$cgroup_name
	long=$(printf 'x%.0s' {1..250})
	for depth in 1 2 3 4; do make_cgroup "${cgroup_name#"/memtrace-test.$$-"}/$long"; done
	memtrace_stat fault -c "$cgroup" -d 0.2
	same "names" "$(report '.cgroups | length')" 6
	same "limit" "$(of_cgroup .memory.max_bytes.last "$name")" max
	same "the long one" "$(of_cgroup .removed "$cgroup_name")" false
	[[ $(LC_ALL=C tr -d '\n -~' <"$tmp/stat.json" | wc -c) -eq 0 ]] || fail "bytes that a terminal would take"
	"$memtrace" export fault -c "$cgroup" --once -d 0.2 --textfile "$tmp/m.prom" 3>&-
	same "series" "$(grep -c '^memtrace_cgroup_memory_max_bytes{' "$tmp/m.prom")" 6
	grep -q '^memtrace_cgroup_memory_max_bytes{cgroup="/"} +Inf$' "$tmp/m.prom"
}

@test "of more cgroups than it samples it says how many are left out" {
	memcg_init
	make_cgroup many
	groups=300
	for ((i = 0; i < groups; i++)); do mkdir "$cgroup/$i"; done
	# those that are seen first are read for 20 ms a tick; after a while all are
	memtrace_stat fault -c "$cgroup" -- sh -c 'for i in "$1"/*/; do "$workloads/hog" -g "$i" -a 1; done; sleep 3' sh "$cgroup"
	rmdir "$cgroup"/*/
	same "sampled" "$(report '.cgroups | length')" 256
	same "left out" "$(report '.cgroups_left_out + (.cgroups | length)')" $((groups + 2))
}

@test "where few files may be open, and where no hierarchy is mounted" {
	memcg_init
	make_cgroup few
	(ulimit -n 256 && memtrace_stat fault -c "$cgroup" -d 2.5)
	same "values" "$(jq '[.cgroups[] | .memory.current_bytes.last | numbers] | length' "$tmp/stat.json")" 2
	with_files "mount -t tmpfs none /sys/fs/cgroup" "$memtrace" stat fault --json -o "$tmp/stat.json" -d 0.2 3>&-
	same "cgroups" "$(report '.cgroups | length')" 0
}

@test "a replay has the samples of cgroups, and so has the last part of a run" {
	memcg_init
	make_cgroup replayed 64M
	"$memtrace" stat fault -c "$cgroup" -i 0.2 --json --record "$tmp/r.rec" -o "$tmp/live" -- \
		"$workloads/hog" -g "$cgroup" -a 20 -s 700 3>&-
	"$memtrace" replay "$tmp/r.rec" stat -i 0.2 --json -o "$tmp/replayed"
	cmp "$tmp/live" "$tmp/replayed"
	tail -n 1 "$tmp/live" >"$tmp/stat.json"
	same "values" "$(of_cgroup .memory.max_bytes.last)" $((64 << 20))
	"$memtrace" record fault -c "$cgroup" --last 1s -i 0.2 -o "$tmp/r.rec" -d 3 3>&- 2>/dev/null
	"$memtrace" replay "$tmp/r.rec" stat --json -o "$tmp/stat.json"
	same "in the last part" "$(of_cgroup '"\(.memory.max_bytes.last) \(.memory.current_bytes.last != null)"')" "$((64 << 20)) true"
}

@test "metrics of cgroups are as the kernel has them" {
	memcg_init
	make_cgroup metrics 16M
	"$workloads/hog" -g "$cgroup" -f "$tmp/file" -w 40
	"$memtrace" export reclaim -c "$cgroup" --once -d 0.2 --textfile "$tmp/m.prom" 3>&-
	grep -qF "memtrace_cgroup_memory_max_bytes{cgroup=\"$cgroup_name\"} $((16 << 20))" "$tmp/m.prom"
	grep -qF "memtrace_cgroup_memory_events_max_total{cgroup=\"$cgroup_name\"} $(value memory.events:max)" "$tmp/m.prom"
	grep -q '^# TYPE memtrace_cgroup_memory_events_max_total counter$' "$tmp/m.prom"
	grep -q '^memtrace_cgroups_left_out 0$' "$tmp/m.prom"
}

@test "beside events in a file for Perfetto: slices of reclaim by their thread, free memory within what the file said" {
	local before after

	need_tool python3 python3
	memcg_init
	disk_dir
	make_cgroup perfetto 24M
	before=$(awk '/^MemFree:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
	"$memtrace" trace reclaim --format perfetto -o "$tmp/p" -- "$workloads/hog" -g "$cgroup" \
		-f "$disk/memtrace-test-file.$$" -w 60 -r 1 >"$tmp/cmd.out" 2>"$tmp/err" 3>&- || fail "$(<"$tmp/err")"
	rm -f "$disk/memtrace-test-file.$$"
	after=$(awk '/^MemFree:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
	python3 "$BATS_TEST_DIRNAME/../readers/perfetto.py" --json "$tmp/p" >"$tmp/read"
	between "slices of reclaim" "$(grep -cE '"track": "hog\[[0-9]+\] / hog\[[0-9]+\] / reclaim".*"dur"' "$tmp/read")" 20 1000000
	between "free memory" "$(jq -s '[.[] | select(.track == "machine / memory.free_bytes (bytes)") | .value] | last' "$tmp/read")" \
		$(((before < after ? before : after) - (1 << 30))) $(((before > after ? before : after) + (1 << 30)))
}
