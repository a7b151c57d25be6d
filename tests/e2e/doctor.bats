#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Covers: what doctor says of each program: instructions and verified
# instructions with what bpftool reads of programs that run; a time for each; the size of each object
# with the file that was embedded.

load lib

need() {
	need_tool bpftool bpftool
	"$memtrace" doctor --json >"$tmp/doctor.json" || true
}

# "INSTRUCTIONS VERIFIED" of a program that memtrace holds, by bpftool and by its descriptor
kernel_says() { # kernel_says NAME
	local id insns
	# of a name the kernel keeps 15 letters, and all of it in the types
	read -r id insns < <(jq -r --arg name "$1" --argjson ids "[$(bpf_ids_of "$mt_pid" | paste -sd,)]" \
		'.[] | select((.name == $name or .name == $name[:15]) and (.id | IN($ids[]))) | "\(.id) \(.bytes_xlated / 8)"' "$tmp/progs.json")
	echo "$insns $(cat "/proc/$mt_pid"/fdinfo/* 2>/dev/null | awk -v id="$id" '
		$1 == "prog_id:" { this = $2 } $1 == "verified_insns:" && this == id { print $2; exit }')"
}

@test "instructions of programs are those that the kernel tells" {
	local name says nr=0
	# all that count, as in doctor: what programs are depends on which probes are on
	memtrace_start stat --latency fault alloc free stall reclaim kswapd oom process denied swap cache thp numa kpages -a -d 60
	bpftool prog show -j >"$tmp/progs.json"
	while read -r name says; do
		same "instructions of $name" "$says" "$(kernel_says "$name")"
		nr=$((nr + 1))
	done < <(jq -r '.hooks[] | select(.probe | IN("alloc", "free", "stall", "reclaim", "kswapd", "oom", "process", "denied", "swap", "cache", "thp", "numa", "kpages")) | select(.program) |
		"\(.program) \(.instructions) \(.verified_instructions // "")"' "$tmp/doctor.json")
	between "programs compared" $nr 10 64
	memtrace_stop
}

@test "each program that is attached has a size and a time, no other has" {
	same "hooks of which one half is missing" \
		"$(jq '[.hooks[] | select((.kind != null and .kind != "implied") != (.program != null and .instructions > 0 and .load_ns > 0))] | length' \
			"$tmp/doctor.json")" 0
	same "probes without a hook" "$(jq -c '[.probes[].name] - [.hooks[].probe]' "$tmp/doctor.json")" '[]'
	# an hour would be a clock of another kind
	same "programs that took longer than a minute" "$(jq '[.hooks[] | select(.load_ns > 60e9)] | length' "$tmp/doctor.json")" 0
}

@test "objects are as large as the files that were embedded" {
	local probe bytes nr=0
	# all flavours of a build have the same objects
	[[ $memtrace == "$top/build/memtrace" || $memtrace == "$top/build-san/memtrace" ]] || skip "build/bpf may be of another build"
	while read -r probe bytes; do
		[[ $probe != core ]] || probe=task
		same "bytes of $probe" "$bytes" "$(stat -c %s "$top/build/bpf/$probe.bpf.o")"
		nr=$((nr + 1))
	done < <(jq -r '.objects[] | "\(.probe) \(.bytes)"' "$tmp/doctor.json")
	between objects $nr 7 64
}

# What is unknown of a probe, and what to do about it, stands below the table of probes, in lines that are no longer than
# others.
@test "in a pipe no line of the table of probes is wider than what is said of them" {
	"$memtrace" doctor --avoid tp_btf,raw_tp,tp >"$tmp/doctor.txt" || true
	sed -n '/^PROBE/,/^CAPABILITY/p' "$tmp/doctor.txt" >"$tmp/probes"
	between "width" "$(wc -L <"$tmp/probes")" 60 140
	grep -q '^UNKNOWN OF$' "$tmp/probes"
	same "what is unknown of process" "$(sed -n 's/^process   //p' "$tmp/probes")" "$(jq -r '.probes[] |
		select(.name == "process").unknown' <("$memtrace" doctor --json --avoid tp_btf,raw_tp,tp || true))"
	run ! grep "says more" "$tmp/probes"
}

@test "a probe of which something is unknown is partial, and what that is" {
	same "probes that are ok though a hook is missing" "$(jq -c '.hooks as $hooks | [.probes[] | .name as $name |
		select(.state == "ok" and any($hooks[]; .probe == $name and .kind == null)) | .name]' "$tmp/doctor.json")" '[]'
	same "missing hooks whose loss is not said" "$(jq -c '.probes as $probes | [.hooks[] | select(.kind == null) | . as $hook |
		select(any($probes[]; .name == $hook.probe and (.state == "unavailable" or ((.unknown // "") | contains($hook.loss)))) | not) |
		.hook]' "$tmp/doctor.json")" '[]'
	same "remedies that only repeat an error" "$(jq -c '[.probes[] | select((.remedy // "") | test("says more")) | .name]' "$tmp/doctor.json")" '[]'
	"$memtrace" doctor --avoid tp_btf,raw_tp,tp --json >"$tmp/avoided.json" || true
	same "losses that are not said in full" "$(jq -c '.probes as $probes | [.hooks[] | select(.kind == null) | . as $hook |
		select(any($probes[]; .name == $hook.probe and (.state == "unavailable" or ((.unknown // "") | contains($hook.loss)))) | not) |
		.loss]' "$tmp/avoided.json")" '[]'
	same "the state of what cannot run" "$(jq -r '.probes[] | select(.name == "oom").state' "$tmp/avoided.json")" unavailable
}
