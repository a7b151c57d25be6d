#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# Files that memtrace writes: nothing of others is followed, replaced or removed, nothing
# half written is left, one file has one writer.  docs/design.md, "Files that memtrace writes".
# One probe writes files as all do, and is attached in a fifth of the time.

load lib

need() {
	dir=$tmp/dir
	mkdir "$dir"
	file=$dir/mt.prom
}

# wait_for COMMAND...: until it succeeds, for five minutes at least.
wait_for() {
	local i

	for ((i = 0; i < 6000; i++)); do
		"$@" && return
		nap 0.05
	done
	fail "in vain: $*" "$(<"$tmp/err")"
}

# Names in dir, hidden ones too.
entries() {
	find "$dir" -mindepth 1 -printf '%P\n' | LC_ALL=C sort | paste -sd ' '
}

# texts FILE: how many texts of metrics are in it
texts() {
	grep -c '^memtrace_build_info{' "$1"
}

# short ARGS...: a run that ends by itself, or is killed; its status in $status, what it said in $output
short() {
	run timeout -s TERM -k 3 300 "$memtrace" "$@" 3>&-
}

@test "a device is written, and neither replaced nor removed" {
	local before

	mknod "$dir/null" c 1 3
	before=$(stat -c '%i %F %t %T %a %u' "$dir/null")
	for args in "export fault --textfile" "stat fault -o" "record fault -o" "stat fault -o /dev/null --record" "record fault --last 2s -o"; do
		# shellcheck disable=SC2086
		short $args "$dir/null" -d 0.3
		same "status of $args" "$status" 0
		same "the device after $args" "$(stat -c '%i %F %t %T %a %u' "$dir/null")" "$before"
		same "what is there after $args" "$(entries)" null
	done
}

@test "a link in one's own directory stays, what it leads to is replaced and removed" {
	mkdir "$dir/real"
	echo stale >"$dir/real/x.prom"
	ln -s real/x.prom "$dir/mt.prom"
	memtrace_start export fault --textfile "$file" -i 0.1
	wait_for grep -q ^memtrace_build_info "$dir/real/x.prom"
	[[ -L $file ]]
	memtrace_stop
	same "status" "$mt_status" 0
	same "what is left" "$(entries)" "mt.prom real"
}

@test "standard output gets a text each interval, under each of its names" {
	for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
		(cd "$dir" && timeout -k 3 30 "$memtrace" export fault --textfile "$name" -i 0.1 -d 1 >"$tmp/out" 2>"$tmp/err" 3>&-)
		between "texts to $name" "$(texts "$tmp/out")" 2 12
		same "what is said" "$(cat "$tmp/err"; echo .)" .
		same "files there" "$(find "$dir" -mindepth 1 | wc -l)" 0
	done
	timeout -k 3 30 "$memtrace" export fault --textfile /dev/fd/7 -i 0.1 -d 1 7>"$dir/seven" 3>&-
	between "texts to /dev/fd/7" "$(texts "$dir/seven")" 2 12
}

@test "a reader that leaves ends an export, without a failure" {
	set -o pipefail
	timeout -k 3 60 "$memtrace" export fault --textfile - -i 0.1 3>&- 2>"$tmp/err" | head -n 1
	# it may leave before the run has begun
	! grep -vx 'memtrace: tracing until Ctrl-C' "$tmp/err" || fail "it says more than that it traces"
}

@test "a FIFO that nobody reads is refused at once, one that is read gets a text each interval" {
	mkfifo "$file"
	for args in "export fault --textfile" "stat fault -o" "record fault -o"; do
		# shellcheck disable=SC2086
		short $args "$file" -d 1
		same "status of $args" "$status" 2
		[[ $output == *"'$file': this FIFO has no reader"* ]] || fail "$output"
	done
	cat "$file" >"$tmp/read" 3>&- &
	started+=("$!")
	# cat may not have opened it yet
	wait_for timeout -k 3 30 "$memtrace" export fault --textfile "$file" -i 0.1 -d 1 2>"$tmp/err" 3>&-
	wait "${started[0]}"
	between "texts" "$(texts "$tmp/read")" 2 12
	[[ -p $file ]]
}

@test "what others could have planted is refused: nothing is attached, nothing touched" {
	local name before

	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$tmp"
	chmod 1777 "$dir"
	echo precious >"$tmp/precious"
	setpriv --reuid=12345 --clear-groups ln -s "$tmp/precious" "$dir/link.prom"
	setpriv --reuid=12345 --clear-groups ln -s "$tmp" "$dir/sub"
	setpriv --reuid=12345 --clear-groups mkfifo "$dir/fifo.prom"
	setpriv --reuid=12345 --clear-groups sh -c 'echo mine >"$0"' "$dir/foreign.prom"
	ln "$tmp/precious" "$dir/hard.prom"
	bpf_remember
	before=$(ls -la --time-style=full-iso "$dir" "$tmp/precious")
	for name in link.prom sub/precious fifo.prom foreign.prom hard.prom; do
		for args in "export fault --textfile" "stat fault -o" "record fault -o" "record fault --last 2s -o" "stat fault --record"; do
			# shellcheck disable=SC2086
			short $args "$dir/$name" -d 0.2
			same "status of $args $name" "$status" 2
			same "lines of $args $name" "${#lines[@]}" 1
			[[ $output == "memtrace: cannot write '$dir/$name': "* ]] || fail "$output"
		done
	done
	same "what is there" "$(ls -la --time-style=full-iso "$dir" "$tmp/precious")" "$before"
	same "the other file" "$(cat "$tmp/precious")" precious
	assert_nothing_attached
}

@test "what was put in the file's place meanwhile is left alone" {
	memtrace_start export fault --textfile "$file" -i 600
	wait_for test -s "$file"
	rm "$file"
	echo "another's" >"$file"
	memtrace_stop
	same "status" "$mt_status" 0
	same "the other file" "$(cat "$file")" "another's"
	grep -q "'$file' is no longer the file that memtrace wrote" "$tmp/err"

	memtrace_start export fault --textfile "$file" -i 0.1
	wait_for grep -q ^memtrace_ "$file"
	ln -sf "$tmp/err" "$file"
	wait_for grep -q "cannot write '$file': it has become a symbolic link" "$tmp/err"
	memtrace_stop
	same "status" "$mt_status" 1
	[[ -L $file ]]
	same "what is there" "$(entries)" mt.prom
}

@test "a second writer is refused with the pid of the first, also after renames, and not for another file" {
	memtrace_start export fault --textfile "$file" -i 0.1
	wait_for test -s "$file"
	sleep 0.5
	for args in "export fault --textfile" "stat fault -o" "record fault -o"; do
		# shellcheck disable=SC2086
		short $args "$file" -d 0.2
		same "status of $args" "$status" 2
		[[ $output == *"'$file': process $mt_pid is writing it already"* ]] || fail "$output"
	done
	# by another name of the same directory, and from another mount and pid namespace
	ln -s "$dir" "$tmp/link"
	short stat fault -o "$tmp/link/mt.prom" -d 0.2
	same "status by a link" "$status" 2
	run unshare --mount --pid --fork --mount-proc "$memtrace" list -o "$file"
	same "status in another namespace" "$status" 2
	[[ $output == *"another pid namespace is writing it already"* ]] || fail "$output"
	short export fault --textfile "$dir/other.prom" -d 0.2
	same "status for another file" "$status" 0
	short record fault -o "$dir/x.rec" -d 0.2
	same "status for a recording" "$status" 0
	memtrace_stop KILL
	short export fault --textfile "$file" -d 0.2
	same "status after the first was killed" "$status" 0
	same "what is left" "$(entries)" x.rec
}

@test "one run does not write two things to one file" {
	for args in "stat fault --record $file -o $file" "export fault --textfile $file --record $file" \
		"stat fault --record $dir/./mt.prom -o $file"; do
		# shellcheck disable=SC2086
		short $args -d 0.2
		same "status of $args" "$status" 2
		same "lines of $args" "${#lines[@]}" 1
		same "files there" "$(find "$dir" -mindepth 1 | wc -l)" 0
	done
	record=$top/tests/golden/rare.rec
	cp "$record" "$dir/r.prom"
	short replay "$dir/r.prom" export --once --textfile "$dir/r.prom"
	same "status" "$status" 2
	cmp "$record" "$dir/r.prom"
}

@test "SIGKILL leaves whole files and nothing else" {
	echo old >"$dir/report"
	memtrace_start stat fault -i 0.1 -o "$dir/report"
	memtrace_stop KILL
	same "the report" "$(cat "$dir/report")" old
	memtrace_start stat fault -i 0.1 -o "$dir/new"
	memtrace_stop KILL
	memtrace_start record fault -o "$dir/r.rec"
	wait_for test -s "$dir/r.rec"
	memtrace_stop KILL
	memtrace_start export fault --textfile "$file" -i 0.02
	wait_for test -s "$file"
	memtrace_stop KILL
	# what was killed between a hidden name and its rename is removed by the next start
	"$memtrace" export fault --textfile "$file" -d 0.2 3>&-
	same "what is left" "$(entries)" "r.rec report"
	"$memtrace" replay "$dir/r.rec" >"$tmp/summary"
}

@test "a file that may not grow any more is a failed write, and CMD has its own signals" {
	echo old >"$dir/report"
	# KILOBYTES COMMAND...: less than each of the files comes to, on a quiet machine, too
	cat >"$tmp/limited" <<-'EOF'
		ulimit -f "$1"
		exec "${@:2}"
	EOF
	run bash "$tmp/limited" 8 "$memtrace" stat fault --json -i 0.02 -d 2 -o "$dir/report" 3>&-
	same "status of stat" "$status" 1
	[[ $output == *"'$dir/report': File too large"* ]] || fail "$output"
	same "the report" "$(cat "$dir/report")" old
	run bash "$tmp/limited" 8 "$memtrace" record --every fault -o "$dir/r.rec" -- "$workloads/faults" -n 20000 -r 20 3>&-
	same "status of record" "$status" 1
	[[ $output == *"'$dir/r.rec': File too large"* ]] || fail "$output"
	run bash "$tmp/limited" 2 "$memtrace" export fault -i 0.1 -d 1 --textfile "$file" 3>&-
	same "status of export" "$status" 1
	[[ $output == *"'$file': File too large"* ]] || fail "$output"
	same "what is left" "$(entries)" "r.rec report"
	# bits of SIGPIPE (13) and SIGXFSZ (25)
	run "$memtrace" stat fault -o /dev/null -- awk '/^Sig(Ign|Cgt)/ { print $1, $2 }' /proc/self/status 3>&-
	while read -r _ mask; do
		same "signals that CMD ignores or catches" "$((0x$mask & (1 << 12 | 1 << 24)))" 0
	done <<<"$output"
}

@test "a directory that was removed meanwhile is a failure" {
	mkdir "$dir/sub"
	memtrace_start export fault --textfile "$dir/sub/mt.prom" -i 600
	wait_for test -s "$dir/sub/mt.prom"
	rm -r "$dir/sub"
	memtrace_stop
	same "status of export" "$mt_status" 1
	grep -q "cannot remove '$dir/sub/mt.prom': its directory was removed" "$tmp/err"

	for args in "record fault -o" "record fault --last 2s -o" "stat fault -o"; do
		mkdir -p "$dir/sub"
		# shellcheck disable=SC2086
		memtrace_start $args "$dir/sub/x"
		rm -r "$dir/sub"
		# another directory of that name is not the one
		mkdir "$dir/sub"
		memtrace_stop
		same "status of $args" "$mt_status" 1
		grep -q "cannot write '$dir/sub/x'" "$tmp/err"
		same "what is there" "$(entries)" sub
	done
}

@test "an older recording is replaced, not cut: who reads it has all of it" {
	cp "$top/tests/golden/rare.rec" "$dir/r.rec"
	exec {old}<"$dir/r.rec"
	"$memtrace" record fault -o "$dir/r.rec" -d 0.2 3>&-
	cmp - "$top/tests/golden/rare.rec" <&"$old"
	exec {old}<&-
	"$memtrace" replay "$dir/r.rec" | grep -q '^subject whole machine'
	same "what is there" "$(entries)" r.rec
}
