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
	printf '%s %s\n' "$(grep -cE '(^|;)main;chain_a;chain_b;chain_c(;touch_here_\[i])?$' "$1")" "$(grep -cE '(^|;)main;chain_d(;touch_here_\[i])?$' "$1")"
}

user_stacks() {
	jq -r 'select(.error_code == 6) | .user_stack' "$1"
}

@test "each page comes with the chain that touched it, in static and in shared programs" {
	for program in stacks stacks-dynamic; do
		"$memtrace" trace fault --stacks --json -o "$tmp/events" -- "$workloads/$program" -n 321 -m 45 -s 300 2>"$tmp/err" 3>&-
		user_stacks "$tmp/events" >"$tmp/chains"
		same "chains of $program" "$(chains "$tmp/chains")" "321 45"
		# libc's function has no frame pointer: nothing that happens to lie there is its caller
		same "callers of what calls main" "$(grep -cE ';__libc_start_(call_)?main;main;' "$tmp/chains")" 0
		jq -se 'all(.[] | select(.mode == "user"); .kernel_stack | startswith("asm_exc_page_fault_[k]"))' "$tmp/events" ||
			grep -q 'no names for the kernel' "$tmp/err"
	done
}

@test "frame pointers: memset has no frame, and its caller is not lost" {
	for program in stacks stacks-dynamic; do
		"$memtrace" record --every fault --stacks -o "$tmp/r.rec" -- "$workloads/$program" -n 3 -m 2 -f 222 -s 300 2>"$tmp/err" 3>&-
		"$memtrace" replay "$tmp/r.rec" trace fault --stacks --json >"$tmp/events" 2>"$tmp/err"
		user_stacks "$tmp/events" >"$tmp/chains"
		# page by page: a huge page would be one
		same "pages that $program fills" "$(grep -cE '(^|;)main;filled;[^;]+$' "$tmp/chains")" 222
		same "chains" "$(chains "$tmp/chains")" "3 2"
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
	"$memtrace" record --every fault,alloc --stacks -o "$tmp/r.rec" -- sh -c 'for i in 1 2 3 4 5; do /bin/ls /proc >/dev/null; done; "$workloads/faults" -n 3000' 2>"$tmp/err" 3>&-
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

# A file that is all notes, of which none is a build id.
notes_elf() {
	python3 - "$1" <<-'END'
		import struct, sys
		nr, size, start = 64, 65536, 0x10000
		header = struct.pack('<16sHHIQQQIHHHHHH', b'\x7fELF\2\1\1' + b'\0' * 9, 3, 62, 1, 0, 64, 64 + 56 * (nr + 1), 0, 64, 56, nr + 1, 64, nr + 2, nr + 1)
		segments = struct.pack('<IIQQQQQQ', 1, 5, 0, 0, 0, 0x1000, 0x1000, 0x1000)
		segments += struct.pack('<IIQQQQQQ', 4, 4, start, start, start, size, size, 4) * nr
		sections = b'\0' * 64 + struct.pack('<IIQQQQIIQQ', 0, 7, 0, 0, start, size, 0, 0, 4, 0) * nr
		sections += struct.pack('<IIQQQQIIQQ', 0, 3, 0, 0, 0, 1, 0, 0, 1, 0)
		note = struct.pack('<III', 4, 0, 99) + b'XXX\0'
		open(sys.argv[1], 'wb').write((header + segments + sections).ljust(start, b'\0') + note * (size // 16))
	END
}

@test "thirty thousand mappings of a file that takes long to read hold up nobody" {
	need_tool python3 python3
	notes_elf "$tmp/notes"
	start victim manymaps "$tmp/notes" 30000
	timeout 60 "$memtrace" trace fault --stacks -p "$victim_pid" -d 1 --json -o "$tmp/events" 2>"$tmp/err" 3>&-
	cat "$tmp/err"
	[[ $(jq -s '[.[] | select(.mode == "user")] | length' "$tmp/events") -gt 0 ]]
}

@test "thousands of call chains have room, whatever their hashes" {
	"$memtrace" trace fault --stacks --json -o "$tmp/events" -- "$workloads/stacks" -n 1 -m 1 -w 13 -s 300 2>"$tmp/err" 3>&-
	same "lost" "$(jq -s 'last | .lost.stacks' "$tmp/events")" 0
	# main and what called it, 13 times way and the leaf; not all are named in time
	same "chains" "$(user_stacks "$tmp/events" | grep -cE '^([^;]+;){14,}(way|way;touch_here_\[i]|stacks\+0x[0-9a-f]+)$')" 8192
}

@test "more chains of programs than there is room for leave the kernel's theirs" {
	"$memtrace" record --every alloc alloc --stacks -o "$tmp/r.rec" -- \
		sh -c "'$workloads/stacks' -n 1 -m 1 -w 15; find /usr/share/doc | sort | gzip" >/dev/null 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" trace alloc --stacks --json >"$tmp/events" 2>"$tmp/err"
	between "chains of programs without room" "$(jq -s 'last | .lost.stacks' "$tmp/events")" 1000 40000
	same "events, and those without the kernel's chain" "$(jq -s '[.[] | select(.event == "alloc")] |
		"\(length > 32768) \(map(select(.kernel_stack == null)) | length)"' "$tmp/events")" '"true 0"'
}

@test "a program that hardly lives has its names on a busy machine" {
	local i
	for i in 1 2 3; do
		sh -c 'while :; do :; done' 3>&- &
		started+=($!)
	done
	for i in 1 2; do
		"$memtrace" trace fault --stacks --json -o "$tmp/events" -- "$workloads/stacks" -n 321 -m 45 2>"$tmp/err" 3>&-
		user_stacks "$tmp/events" >"$tmp/chains"
		same "lost" "$(jq -s 'last | .lost.stacks' "$tmp/events")" 0
		same "chains" "$(chains "$tmp/chains")" "321 45"
		"$memtrace" record --every fault --stacks -o "$tmp/r.rec" -- "$workloads/stacks-dynamic" -n 321 -m 45 2>"$tmp/err" 3>&-
		"$memtrace" replay "$tmp/r.rec" trace fault --stacks --json >"$tmp/events" 2>"$tmp/err"
		user_stacks "$tmp/events" >"$tmp/chains"
		same "lost of the recording" "$(jq -s 'last | .lost.stacks' "$tmp/events")" 0
		same "chains of the recording" "$(chains "$tmp/chains")" "321 45"
	done
}

@test "a program that ends before memtrace reads a record has its names" {
	memtrace_start trace fault --stacks --json -o "$tmp/events" -n stacks-dynamic
	kill -STOP "$mt_pid"
	"$workloads/stacks-dynamic" -n 321 -m 45
	kill -CONT "$mt_pid"
	memtrace_stop
	user_stacks "$tmp/events" >"$tmp/chains"
	same "chains" "$(chains "$tmp/chains")" "321 45"
}

@test "a file system that does not answer holds up no replay, and is killed with it" {
	need_tool python3 python3
	[[ -c /dev/fuse ]] || skip "no FUSE here"
	mkdir "$tmp/silent"
	start silent silentfs "$tmp/silent"
	mounts+=("$tmp/silent")
	python3 "$top/tests/cli/hostile.py" files "$tmp/r" "$tmp/silent/file"
	timeout -s KILL 120 "$memtrace" replay "$tmp/r" trace fault --stacks >"$tmp/out" 2>"$tmp/err" 3>&-
	cat "$tmp/err"
	grep -q 'user_stack file+0x10$' "$tmp/out"
	grep -q '1 call chains have addresses instead of functions' "$tmp/err"
}

# jitted UID: what the paths of 200 pages are that its functions touch; the file with their names is of that user.  The
# program has ended before most of it is looked at.
jitted() {
	"$memtrace" stacks fault --format folded -o "$tmp/folded" -- "$workloads/jitted" -n 200 -k -o "$1" >"$tmp/cmd.out" 2>"$tmp/err" 3>&-
	rm "$(cat "$tmp/cmd.out")"
	awk '/;main;/ && $NF == 200' "$tmp/folded"
}

@test "functions of a just-in-time compiler have the names that it wrote, if the file is the user's own" {
	[[ $(jitted 0) == *'main;jit_outer LazyCompile:~f /a b.js:1;jit_touch;asm_exc_page_fault'* ]] || fail "$(<"$tmp/folded")"
	[[ $(jitted 12345) =~ ';main;0x'[0-9a-f]+';0x'[0-9a-f]+';asm_exc_page_fault' ]] || fail "$(<"$tmp/folded")"
}

@test "a recording has the names of code that was made at run time, also where its process never was" {
	local pid

	need_tool python3 python3
	"$memtrace" record --every fault --stacks -o "$tmp/r.rec" -- "$workloads/jitted" -n 200 -k >"$tmp/cmd.out" 2>"$tmp/err" 3>&-
	rm "$(cat "$tmp/cmd.out")"
	pid=$("$memtrace" replay "$tmp/r.rec" trace fault --json 2>/dev/null | jq -r 'select(.comm == "jitted") | .pid' | head -n 1)
	[[ $pid && ! -e /tmp/perf-$pid.map ]]
	"$memtrace" replay "$tmp/r.rec" stacks fault --format folded >"$tmp/folded" 2>"$tmp/err"
	same "pages" "$(awk '/;jit_outer LazyCompile:~f \/a b.js:1;jit_touch;asm_exc_page_fault/ { print $NF }' "$tmp/folded")" 200
	same "by an independent reader" "$(python3 "$BATS_TEST_DIRNAME/../golden/dump.py" --made "$tmp/r.rec" |
		awk -v "pid=$pid" '$1 == pid { $1 = $2 = $3 = ""; print }' | sed 's/^ *//' | sort -u | paste -sd +)" \
		"jit_outer LazyCompile:~f /a b.js:1+jit_touch"
}
