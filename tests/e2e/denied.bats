#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Probe denied: calls that fail for want of memory or room, each with the limit that a program set and then hit.

load lib

need() {
	need_tool python3 python3
}

# denied PYTHON...: what of it was refused: "CALL ERROR REASON BYTES LIMIT; ..."
denied() {
	cat >"$tmp/deny.py" <<-'END'
		import ctypes, os, resource, subprocess, sys, threading
		libc = ctypes.CDLL(None, use_errno=True)
		libc.mmap.restype = libc.sbrk.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
		libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
		libc.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
		libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
		def mmap(size, prot=3, flags=0x22): return libc.mmap(None, size, prot, flags, -1, 0)
		def limit(what, value): resource.setrlimit(what, (value, resource.getrlimit(what)[1]))
	END
	printf '%s\n' "$@" >>"$tmp/deny.py"
	"$memtrace" trace denied --json -o "$tmp/trace" -- python3 "$tmp/deny.py" >"$tmp/cmd.out" 2>"$tmp/stat.err"
	jq -rs '[.[] | select(.event == "denied") | "\(.call) \(.error) \(.reason) \(.bytes) \(.limit)"] | join("; ")' "$tmp/trace"
}

@test "mmap: an address space that is too small, data, more than there is" {
	same "limits" "$(denied 'limit(resource.RLIMIT_AS, 1 << 30)' 'mmap(2 << 30)' 'limit(resource.RLIMIT_AS, -1)' \
		'limit(resource.RLIMIT_DATA, 1 << 28)' 'mmap(1 << 29)' 'mmap(1 << 29, 1)' 'limit(resource.RLIMIT_DATA, -1)')" \
		"mmap ENOMEM rlimit_as 2147483648 1073741824; mmap ENOMEM rlimit_data 536870912 268435456"
	[[ $(</proc/sys/vm/overcommit_memory) != 1 ]] || skip "all is granted here"
	same "more than there is" "$(denied 'mmap(1 << 45)')" "mmap ENOMEM overcommit 35184372088832 null"
}

@test "brk and mremap" {
	same "brk" "$(denied 'limit(resource.RLIMIT_DATA, 1 << 28)' 'libc.sbrk(1 << 29)')" "brk ENOMEM rlimit_data 536870912 268435456"
	same "mremap" "$(denied 'at = mmap(4096)' 'limit(resource.RLIMIT_AS, 1 << 30)' 'libc.mremap(at, 4096, 2 << 30, 1)')" \
		"mremap ENOMEM rlimit_as 2147479552 1073741824"
}

@test "mlock of a user that may lock little" {
	local told

	told=$(denied 'at = mmap(1 << 20)' 'limit(resource.RLIMIT_MEMLOCK, 65536)' 'os.setresuid(65534, 65534, 65534)' 'libc.mlock(at, 1 << 20)')
	same "mlock" "$told" "mlock ENOMEM rlimit_memlock 1048576 65536"
}

@test "more mappings than vm.max_map_count" {
	local told max

	max=$(</proc/sys/vm/max_map_count)
	((max < 200000)) || skip "vm.max_map_count is $max"
	told=$(denied "for i in range($max + 10): last = mmap(4096, i % 2)" 'print(last)')
	[[ $told =~ ^mmap\ ENOMEM\ map_count\ 4096\ $max ]] || fail "$told"
}

@test "threads and processes: pids.max, RLIMIT_NPROC" {
	local told pids=/sys/fs/cgroup/pids

	told=$(denied 'limit(resource.RLIMIT_NPROC, 0)' 'os.setresuid(65534, 65534, 65534)' 'try: os.fork()' 'except OSError: pass')
	same "RLIMIT_NPROC" "$told" "clone EAGAIN rlimit_nproc null 0"
	[[ -e $pids/cgroup.procs ]] || skip "no pids controller of cgroup v1 here"
	mkdir "$pids/memtrace-test.$$"
	echo 1 >"$pids/memtrace-test.$$/pids.max"
	told=$(denied "open('$pids/memtrace-test.$$/cgroup.procs', 'w').write('0')" 'try: os.fork()' 'except OSError: pass')
	rmdir "$pids/memtrace-test.$$"
	same "pids.max" "$told" "clone EAGAIN pids_max null 1"
}

@test "each is counted for its process, and nothing else is" {
	denied 'limit(resource.RLIMIT_AS, 1 << 30)' 'for i in range(500): mmap(2 << 30)' \
		'os.set_blocking(0, False)' 'r, w = os.pipe()' 'os.set_blocking(r, False)' \
		'for i in range(500):' '    try: os.read(r, 1)' '    except BlockingIOError: pass' >/dev/null
	"$memtrace" stat denied --json -o "$tmp/stat.json" -- python3 "$tmp/deny.py" </dev/null >"$tmp/cmd.out" 2>"$tmp/stat.err"
	same "count" "$(report '[.processes[].denied.count] | add')" 500
	same "events" "$(grep -c '"event":"denied"' "$tmp/trace")" 500
}

@test "an allocation of the kernel that fails, as the cgroup is full and nobody may be killed" {
	memcg_init
	make_cgroup denied-pipes 2M
	[[ -e $cgroup/memory.oom_control ]] || skip "only cgroup v1 can switch the OOM killer off"
	echo 1 >"$cgroup/memory.oom_control"
	"$memtrace" trace denied --json -o "$tmp/trace" -- "$workloads/pipes" "$cgroup" >"$tmp/cmd.out" 2>"$tmp/stat.err"
	grep -q 'refused=1$' "$tmp/cmd.out" || void "$(<"$tmp/cmd.out")"
	same "events" "$(jq -rs '[.[] | select(.event == "alloc_failed") | "\(.comm) \(.order) \(.cgroup)"] | join("; ")' "$tmp/trace")" \
		"pipes 0 $cgroup_name"
	jq -rs '.[0].gfp_flags' "$tmp/trace" | grep -q ACCOUNT
}

@test "a stack that overflows, in the first thread and in another one, and a segmentation fault that is none" {
	local words size

	size=$(($(ulimit -s) << 10)) 2>/dev/null || skip "the stack has no limit here"
	for words in main thread null; do
		# in a shell, so that its end is seen
		"$memtrace" trace signal --json -o "$tmp/$words" -- sh -c "'$workloads/overflow' $words; true" >"$tmp/cmd.out" 2>"$tmp/stat.err"
		jq -rs '[.[] | select(.event == "stack_overflow") | "\(.comm) \(.limit) \(.pid == .tid)"] | join("; ")' "$tmp/$words" >>"$tmp/all"
	done
	same "overflows" "$(paste -sd '|' "$tmp/all")" "overflow $size true|overflow null false|"
}

@test "SIGKILL from one process to another; not to itself, and no other signal" {
	# shellcheck disable=SC2016
	"$memtrace" trace signal --json -o "$tmp/trace" -- sh -c 'sleep 60 & echo $!; kill -9 $!; sleep 60 & kill -15 $!
		sh -c "kill -9 \$\$"; true' >"$tmp/cmd.out" 2>"$tmp/stat.err"
	same "events" "$(jq -rs '[.[] | select(.event == "sigkill") | "\(.receiver.pid) \(.sender.comm)"] | join("; ")' "$tmp/trace")" \
		"$(<"$tmp/cmd.out") sh"
}
