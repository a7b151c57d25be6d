#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Call chains of a workload that touches a known number of pages at the end of
# two known chains: as many faults as pages come with each, live and from a recording.

load lib

need() {
	"$workloads/stacks" -n 1 -m 1 >/dev/null
}

# chains FILE: how often each of the two chains of functions is in it
chains() {
	printf '%s %s\n' "$(grep -cE '(^|;)main;chain_a;chain_b;chain_c$' "$1")" "$(grep -cE '(^|;)main;chain_d$' "$1")"
}

user_stacks() {
	jq -r 'select(.error_code == 6) | .user_stack' "$1"
}

@test "each page comes with the chain that touched it, in static and in shared programs" {
	for program in stacks stacks-dynamic; do
		"$memtrace" trace fault --stacks --json -o "$tmp/events" -- "$workloads/$program" -n 321 -m 45 -s 300 2>"$tmp/err" 3>&-
		user_stacks "$tmp/events" >"$tmp/chains"
		same "chains of $program" "$(chains "$tmp/chains")" "321 45"
		jq -se 'all(.[] | select(.mode == "user"); .kernel_stack | startswith("asm_exc_page_fault_[k]"))' "$tmp/events" ||
			grep -q 'no names for the kernel' "$tmp/err"
	done
}

@test "a recording has the names: it is replayed without root, without the kernel's symbols" {
	need_tool setpriv util-linux
	"$memtrace" record --every fault --stacks -o "$tmp/r.rec" -- "$workloads/stacks-dynamic" -n 321 -m 45 -s 300 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" trace fault --stacks --json >"$tmp/events" 2>"$tmp/err"
	user_stacks "$tmp/events" >"$tmp/chains"
	same "chains" "$(chains "$tmp/chains")" "321 45"
	# by somebody who can read neither /proc/kallsyms nor other processes
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$tmp"
	install -m 755 "$memtrace" "$tmp/memtrace"
	setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		"$tmp/memtrace" replay - trace fault --stacks --json <"$tmp/r.rec" >"$tmp/events2" 2>"$tmp/err" 3>&-
	cmp <(jq -r .kernel_stack "$tmp/events") <(jq -r .kernel_stack "$tmp/events2")
}

@test "without the program the chains have its build id's offsets, with --symbols its functions" {
	need_tool readelf binutils
	mkdir "$tmp/bin" "$tmp/copy"
	cp "$workloads/stacks-dynamic" "$tmp/bin/gone"
	"$memtrace" record --every fault --stacks -o "$tmp/r.rec" -- "$tmp/bin/gone" -n 77 -m 5 -s 300 2>"$tmp/err" 3>&-
	mv "$tmp/bin/gone" "$tmp/copy/gone"
	"$memtrace" replay "$tmp/r.rec" trace fault --stacks --json >"$tmp/events" 2>"$tmp/err"
	user_stacks "$tmp/events" >"$tmp/chains"
	same "chains" "$(chains "$tmp/chains")" "0 0"
	same "with offsets" "$(grep -cE 'gone\+0x[0-9a-f]+;gone\+0x[0-9a-f]+;gone\+0x[0-9a-f]+;gone\+0x[0-9a-f]+$' "$tmp/chains")" 77
	"$memtrace" replay "$tmp/r.rec" trace fault --stacks --symbols "$tmp/copy" --json >"$tmp/events" 2>"$tmp/err"
	user_stacks "$tmp/events" >"$tmp/chains"
	same "chains" "$(chains "$tmp/chains")" "77 5"
	MEMTRACE_SYMBOLS=$tmp/copy "$memtrace" replay "$tmp/r.rec" trace fault --stacks --json >"$tmp/events" 2>"$tmp/err"
	user_stacks "$tmp/events" >"$tmp/chains"
	same "chains" "$(chains "$tmp/chains")" "77 5"
}

@test "stacks change no count: the exceptions of reading them are nobody's" {
	"$memtrace" record --every --stacks -o "$tmp/r.rec" fault alloc -- sh -c 'for i in 1 2 3 4 5; do /bin/ls /proc >/dev/null; done; "$workloads/faults" -n 3000' 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" stat --json >"$tmp/stat.json"
	same "minor" "$(report .total.fault.minor)" "$(report .command.rusage.minor)"
	same "lost" "$(report '.lost | "\(.rare) \(.hot)"')" "0 0"
	# what the kernel took for a fault is a hit, and get_user_pages has few of its own here
	between "hits" "$(report '.total.fault | .user + .kernel')" "$(report '.total.fault.minor - 200')" "$(report '.total.fault.minor + 5')"
}

@test "without --stacks there is nothing of them" {
	"$memtrace" trace fault --json -o "$tmp/events" -- true 2>"$tmp/err" 3>&-
	[[ -s $tmp/events ]]
	jq -se 'all(.[]; has("user_stack") or has("kernel_stack") | not)' "$tmp/events"
}
