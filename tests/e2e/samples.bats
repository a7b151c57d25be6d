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
	memtrace_stat fault -- sh -c 'head -c 64M /dev/zero >"$1"; sleep 1.5; rm "$1"' sh /dev/shm/memtrace-test.$$
	between "shared memory" "$(report '.samples.memory.shmem_bytes | .max - .last')" $((60 << 20)) $((1 << 40))
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
