#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# The page cache: what comes and goes equals perf's trace of the same file, page by page.

load lib

need() {
	memcg_init
	disk_dir
	file=$disk/memtrace-test-cache.$$
}

teardown_file() {
	rm -rf "$BATS_TEST_DIRNAME/../../build/memtrace-test-cache."* "$BATS_FILE_TMPDIR"/../test/*/memtrace-test-cache.*
}

# make_file MEGABYTES: on disk, and no page of it in memory.
make_file() {
	head -c "$1M" /dev/zero >"$file"
	sync "$file"
	dd if="$file" iflag=nocache count=0 2>/dev/null
	inode=$(stat -c %i "$file")
	pages=$(($1 * 1024 * 1024 / $(getconf PAGESIZE)))
}

# memtrace_cache ARGS...: a run whose report is in $tmp/stat.json.
memtrace_cache() {
	"$memtrace" cache --json -o "$tmp/stat.json" "$@" >"$tmp/cmd.out" 2>"$tmp/stat.err" 3>&- || fail "memtrace cache: status $?"
	same "schema" "$(report .schema)" memtrace.cache/1
}

# of_file KEY: of the file's row, in pages
of_file() {
	report "[.files[] | select(.inode == $inode) | .$1_bytes | if . then . / $(getconf PAGESIZE) else . end] | tostring | .[1:-1]"
}

# traced EVENT: pages of the file in perf's trace
traced() {
	awk -v event="mm_filemap_$1_" 'index($0, event) && match($0, /order=[0-9]+/) { sum += 2 ^ substr($0, RSTART + 6, RLENGTH - 6); next }
		index($0, event) { sum++ }
		END { print sum + 0 }' "$tmp/script"
}

# Within a cgroup, reads a file as often as is said.
read_file='
import os, sys
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
fd = os.open(sys.argv[2], os.O_RDONLY)
for i in range(int(sys.argv[3])):
    os.lseek(fd, 0, os.SEEK_SET)
    while os.read(fd, 1 << 16):
        pass
'

@test "a file that is read twice in a cgroup of half its size comes twice, and goes between" {
	local python added evicted back

	python=$(python3 -c "import sys; print(sys.executable)")
	need_perf filemap:mm_filemap_add_to_page_cache
	make_cgroup cache 16M
	make_file 32
	memtrace_cache --record "$tmp/cache.rec" -- perf record -q -a -m 1024 -o "$tmp/perf.data" \
		-e filemap:mm_filemap_add_to_page_cache --filter "i_ino == $inode" \
		-e filemap:mm_filemap_delete_from_page_cache --filter "i_ino == $inode" -- "$python" -c "$read_file" "$cgroup" "$file" 2
	perf script -i "$tmp/perf.data" -F event,trace >"$tmp/script" 2>"$tmp/perf.err"
	added=$(of_file added) evicted=$(of_file evicted) back=$(of_file read_back)
	same "pages that came, by the trace" "$added" "$(traced add)"
	same "pages that went, by the trace" "$evicted" "$(traced delete)"
	same "pages that went otherwise" "$(of_file truncated)" 0
	# a page comes for the first time once; each other time it is read back
	same "pages that came for the first time" "$((added - back))" "$pages"
	between "pages that came" "$added" $((pages * 3 / 2)) $((pages * 5 / 2))
	# what came and did not go is there still, in the limit
	between "pages that stay" $((added - evicted)) 1 $((pages / 2))
	same "what its name is" "$(report "[.files[] | select(.inode == $inode) | .path | endswith(\"/${file##*/}\")] | tostring")" "[true]"
	same "whose reclaim had taken them" "$(report "[.read_back[] | select(.cgroup == \"$cgroup_name\") | \"\(.by) \(.evictor)\"] | unique | join(\", \")")" \
		"memcg ${python##*/}"
	# kernels tell from 7.1 on whose limit it was for, or where programs on functions are allowed
	same "for whose limit" "$(report "[.read_back[] | select(.cgroup == \"$cgroup_name\") | .target_cgroup // \"$cgroup_name\"] | unique | join(\" \")")" \
		"$cgroup_name"
	between "pages of that cgroup that were read back" "$(report "[.read_back[] | select(.cgroup == \"$cgroup_name\") | .pages] | add")" \
		"$back" $((back * 11 / 10))
	between "the cgroup's pages that came" "$(report "[.cgroups[] | select(.cgroup == \"$cgroup_name\") | .added_bytes] | add / $(getconf PAGESIZE)")" \
		"$added" $((added * 11 / 10))
	same "a hit ratio that nobody knows" "$(report .hit_ratio)" null
	same "all evictions are remembered" "$(report .read_back_is_complete)" true
	assert_nothing_lost
	"$memtrace" replay "$tmp/cache.rec" cache --json -o "$tmp/replayed.json"
	same "the replay" "$(jq -S '[.total, .files, .cgroups, .read_back]' "$tmp/replayed.json")" \
		"$(jq -S '[.total, .files, .cgroups, .read_back]' "$tmp/stat.json")"
}

@test "what is written and deleted is dirtied and truncated, by who did it" {
	memtrace_cache --by comm -- sh -c "head -c 4M /dev/zero >'$file'; stat -c %i '$file' >'$tmp/inode'; sync '$file'; rm '$file'"
	inode=$(<"$tmp/inode") pages=$((4 * 1024 * 1024 / $(getconf PAGESIZE)))
	same "came, dirtied, went, evicted" "$(of_file added) $(of_file dirtied) $(of_file truncated) $(of_file evicted)" \
		"$pages $pages $pages 0"
	between "what head wrote" "$(report "[.rows[] | select(.comm == \"head\") | .dirtied_bytes] | add / $(getconf PAGESIZE)")" "$pages" $((pages + 16))
	between "what rm took" "$(report "[.rows[] | select(.comm == \"rm\") | .truncated_bytes] | add / $(getconf PAGESIZE)")" "$pages" $((pages + 16))
	assert_nothing_lost
}

@test "files: deleted ones, long paths and hostile names" {
	local dir=$disk/memtrace-test-cache.$$.d deep i

	deep=$dir
	for i in {1..12}; do deep=$deep/$(printf 'd%030d' "$i"); done
	mkdir -p "$deep"
	memtrace_cache -- bash -c 'cd "$1"; exec 9>gone; rm gone; head -c 64K /dev/zero >&9; stat -Lc %i /proc/self/fd/9
		head -c 64K /dev/zero >$'"'evil\\e[31m\\n(deleted)'"'; stat -c %i evil*; head -c 64K /dev/zero >"$2/leaf"; stat -c %i "$2/leaf"' - "$dir" "$deep"
	rm -rf "$dir"
	{ read -r gone && read -r evil && read -r leaf; } <"$tmp/cmd.out"
	same "the deleted file" "$(report ".files[] | select(.inode == $gone) | [(.path | endswith(\"/gone\")), .deleted, .cut] | tostring")" "[true,true,false]"
	same "the hostile name" "$(report ".files[] | select(.inode == $evil) | [(.path | endswith(\"/evil\u001b[31m\n(deleted)\")), .deleted] | tostring")" \
		"[true,false]"
	same "the long path" "$(report ".files[] | select(.inode == $leaf) | [(.path | test(\"/d0*11/d0*12/leaf\$\")), .deleted, .cut] | tostring")" \
		"[true,false,true]"
	# what people see of the hostile name has no control characters
	mkdir -p "$dir"
	"$memtrace" cache -k 0 -- bash -c 'cd "$1"; head -c 64K /dev/zero >$'"'evil\\e[31m\\n'" - "$dir" >"$tmp/out" 2>"$tmp/err" 3>&-
	rm -rf "$dir"
	grep -q 'evil' "$tmp/out" || fail "$(<"$tmp/out")"
	same "control characters" "$(tr -d '\n[:print:]' <"$tmp/out" | wc -c)" 0
	same "lines of the name" "$(grep -c 'evil.*KiB' "$tmp/out")" 1
}

@test "more files than are told apart: all are counted, the rest in one row" {
	local dir=$disk/memtrace-test-cache.$$.many sums

	mkdir "$dir"
	memtrace_cache --record "$tmp/many.rec" -- python3 -c '
import os, sys
for i in range(8400):
    with open("%s/%d" % (sys.argv[1], i), "w") as f: f.write("x")
' "$dir"
	rm -rf "$dir"
	same "files, without the row of all others" "$(report '[.files[] | select(.other | not)] | length')" 8192
	same "rows of all others" "$(report '[.files[] | select(.other) | .inode, .path] | tostring')" '[null,null]'
	between "files in it" "$(report "[.files[] | select(.other) | .dirtied_bytes] | add / $(getconf PAGESIZE)")" 200 1000
	sums=$(report '[.files[].added_bytes, 0] | add')
	same "sums" "$(report '[.total.added_bytes, ([.cgroups[].added_bytes, 0] | add)] | tostring')" "[$sums,$sums]"
	"$memtrace" replay "$tmp/many.rec" cache -k 3 --sort dirtied >"$tmp/text"
	grep -q ' other files ' "$tmp/text" || fail "$(<"$tmp/text")"
	grep -q ' 8190 more (-k 0) ' "$tmp/text" || fail "$(<"$tmp/text")"
	assert_nothing_lost
}

# Reads ahead 8 MiB of a file of 16 MiB and uses an MiB of it; maps the rest and touches one page in 64.
read_ahead='
import mmap, os, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
os.posix_fadvise(fd, 0, 8 << 20, os.POSIX_FADV_WILLNEED)
os.pread(fd, 1 << 20, 0)
m = mmap.mmap(fd, 8 << 20, prot=mmap.PROT_READ, offset=8 << 20)
m.madvise(mmap.MADV_RANDOM)
for page in range(0, 2048, 64):
    m[page * mmap.PAGESIZE]
m.close()
for i in range(300):
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    time.sleep(.01)
'

@test "what is read ahead and never used is unread; what is read, mapped or written is not" {
	local added

	[[ -d /sys/kernel/tracing/events/filemap/mm_filemap_get_pages ]] || skip "this kernel does not tell of reads"
	make_file 16
	memtrace_cache --unread -- python3 -c "$read_ahead" "$file"
	# by faults that read nothing ahead
	same "came, went" "$(of_file added) $(of_file truncated)" "$((2048 + 32)) $((2048 + 32))"
	same "unread" "$(of_file unread)" $((2048 - 256))
	same "of all files" "$(report "[.files[].unread_bytes] | add")" "$(report .total.unread_bytes)"
	make_file 4
	memtrace_cache --unread -- sh -c "cat '$file' >/dev/null; head -c 1M /dev/zero | dd of='$file' conv=notrunc iflag=fullblock bs=1M 2>/dev/null; rm '$file'"
	same "a file that was read and written" "$(of_file added) $(of_file unread)" "1024 0"
	make_file 1
	memtrace_cache -- sh -c "cat '$file' >/dev/null; rm '$file'"
	same "not asked for" "$(of_file unread) $(report .total.unread_bytes)" "null null"
}

@test "what is written back is known by functions alone" {
	make_file 1
	memtrace_cache -- sh -c "head -c 64K /dev/zero | dd of='$file' conv=notrunc,fsync 2>/dev/null"
	if "$memtrace" doctor --json | jq -e '.hooks[] | select(.probe == "cache" and .hook == "write") | .kind' >/dev/null; then
		same "written" "$(of_file dirtied) $(of_file written)" "16 16"
	else
		same "written" "$(of_file dirtied) $(of_file written) $(report .total.written_bytes)" "16 null null"
		same "in stat" "$("$memtrace" stat cache --json -- true | jq -c '[.total.cache.written_pages, (.cache_by_file[].written_pages)] | unique')" \
			"[null]"
	fi
}

@test "layers of an overlay, files that get their name later, a block device" {
	local dir=$disk/memtrace-test-cache.$$.d loop node top

	mkdir -p "$dir"/{low,up,work,mnt}
	top=$(stat -c %d "$dir")
	head -c 1M /dev/zero | tee "$dir/low/read" "$dir/low/changed" >"$dir/image"
	sync "$dir"/low/* "$dir/image"
	for file in "$dir"/low/* "$dir/image"; do dd if="$file" iflag=nocache count=0 2>/dev/null; done
	mount -t overlay -o "lowerdir=$dir/low,upperdir=$dir/up,workdir=$dir/work" overlay "$dir/mnt" 2>/dev/null || skip "no overlayfs"
	memtrace_cache -- sh -c "cd '$dir/mnt'; cat read >/dev/null; echo x >>changed; head -c 64K /dev/zero >new" || { umount "$dir/mnt"; return 1; }
	umount "$dir/mnt"
	for file in low/read:256 low/changed:256 up/changed:257 up/new:16; do
		inode=$(stat -c %i "$dir/${file%:*}")
		same "pages of ${file%:*}" "$(of_file added)" "${file#*:}"
		same "its path" "$(report "[.files[] | select(.inode == $inode) | .deleted, (.path | endswith(\"/${file%:*}\"))] | tostring")" "[false,true]"
		same "its device" "$(report ".files[] | select(.inode == $inode) | .device_major * 256 + .device_minor")" "$top"
	done
	loop=$(losetup -f --show "$dir/image" 2>/dev/null) || skip "no loop devices"
	node=$((16#$(stat -c %t "$loop"))):$((16#$(stat -c %T "$loop")))
	"$memtrace" cache -- sh -c "cat '$loop' >/dev/null" >"$tmp/out" 2>"$tmp/err" 3>&- || { losetup -d "$loop"; return 1; }
	losetup -d "$loop"
	rm -r "$dir"
	same "the device, and its pages" "$(grep -c " block device $node *1.00MiB " "$tmp/out")" 1
}

@test "a file whose name was not in memory as its first page went has it once it is opened" {
	local dir=$disk/memtrace-test-cache.$$.e

	need_tool mkfs.ext4 e2fsprogs
	memcg_init
	make_cgroup cache-nameless 16M
	mkdir -p "$dir/mnt"
	truncate -s 40M "$dir/image"
	mkfs.ext4 -q "$dir/image"
	mount -o loop "$dir/image" "$dir/mnt" 2>/dev/null || { rm -r "$dir"; skip "no loop devices"; }
	mounts+=("$dir/mnt")
	sh -c 'echo $$ >"$1/cgroup.procs"; head -c 6M /dev/zero >"$2"; sync "$2"' sh "$cgroup" "$dir/mnt/known"
	# all names of the file system that nobody uses leave memory; the pages stay
	mount -o remount,rw "$dir/mnt"
	memtrace_cache -- sh -c 'echo $$ >"$1/cgroup.procs"; head -c 12M /dev/zero | tail -c 11M >/dev/null; cat "$2" >/dev/null' \
		sh "$cgroup" "$dir/mnt/known"
	same "its name" "$(report '[.files[] | select(.evicted_bytes > 1048576) | .path] | unique | join(" ")')" /known
	umount "$dir/mnt"
	rm -r "$dir"
}
