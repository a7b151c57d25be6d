#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# The cases of docs/tutorial.md: each script of examples/ comes to its end, memtrace names in it what the case is about, and
# nothing is left behind.

load lib

need() {
	memcg_init
}

# example NAME: runs it; what it prints is $out
example() {
	# PostgreSQL runs as another user
	chmod a+rx "$BATS_RUN_TMPDIR" "$tmp"
	TMPDIR=$tmp SECONDS_EACH=4 MEMTRACE=$memtrace "$top/examples/$1" >"$tmp/example.out" 2>&1 3>&- </dev/null ||
		fail "$(tail -n 20 "$tmp/example.out")"
	out=$(<"$tmp/example.out")
	[[ ! $(find "$tmp" -name 'memtrace-example.*') ]] || fail "directories are left"
	[[ ! $(find /sys/fs/cgroup -type d -name "memtrace-$1" 2>/dev/null) ]] || fail "a cgroup is left"
}


said() { # said REGEX
	grep -qE "$1" <<<"$out" || fail "not said: $1"$'\n'"$out"
}

@test "container-killed: the cache is killed, the importer grew" {
	example container-killed
	said '^killed +cache\['
	# who hits the limit is anybody of the container: the importer, or one of the shell's that feeds it
	said '^asked +(importer|head|sleep|container-kille)\['
	said '^before +importer\[[0-9]+\] grew [4-9]\.|^before +importer\[[0-9]+\] grew [12][0-9]\.'
	said 'memcg OOM: /memtrace-container-killed at its limit \(6[34]\.[0-9]MiB of 64\.0MiB'
}

@test "database-stalls: the database's files are read again, as the backup pushed them out" {
	[[ $(echo /usr/lib/postgresql/*/bin/pgbench) != *\** ]] || skip "PostgreSQL is not installed, but at most unpacked"
	example database-stalls
	said 'read back \(matched\): most, .* had been taken by backup'
	said '/data/base/[0-9]+/[0-9]+ '
	said '^backup +[0-9]+ '
}

@test "jvm-grows: the heap is small, and deflateInit2_ holds what was not given back" {
	type -P javac >/dev/null || skip "there is no JDK"
	example jvm-grows
	said '^ *[0-9]+ java .* growing steadily'
	said '^\[malloc arenas\]'
	said 'deflateInit2_'
	# what it asks for and leaves untouched is not called kept by the allocator
	said '^ +- +[0-9.]+MiB requested, not held: no page of it was touched yet$'
	# by object nearly all is held below that function
	share=$(awk '/^allocator held/ { all = $3 + 0 } /;deflateInit2_$/ && all { printf "%d\n", 100 * $1 / all; exit }' <<<"$out")
	between "share of deflateInit2_, of 100" "$share" 90 101
}

@test "slow-at-night: the history tells who waited, and who reclaimed" {
	example slow-at-night
	said '^WORST MINUTES'
	said '^nightly +[0-9]+ .*(ms|us|s) '
	# in the last table, of episodes of reclaim
	read -r nightly shop < <(awk '/stat reclaim/ { last = 1 } last && $1 ~ /^(nightly|shop)$/ { gsub(",", "", $3); n[$1] = $3 }
		END { print n["nightly"] + 0, n["shop"] + 0 }' <<<"$out")
	((nightly > 100 && nightly > shop)) || fail "nightly $nightly, shop $shop"$'\n'"$out"
}

@test "each command of docs/from-other-tools.md works" {
	local command words failed='' nr=0

	make_cgroup look
	sleep 1000 3>&- &
	started+=($!)
	while read -r command; do
		words=${command#memtrace }
		words=${words/PID/${started[0]}} words=${words/CGROUP/$cgroup_name}
		case $words in
		*FILE* | *DIR* | 'oom --last' | *--scan) continue ;; # replay.bats, history.bats, oom.bats; needs kmemleak
		*' -d '*) words=$(sed -E 's/ -d [0-9]+/ -d 0.2/' <<<"$words") ;;
		state* | 'map --'* | 'map -p PID' | map) ;;
		*) words+=' -d 0.2' ;;
		esac
		[[ $words != *-i\ 1* ]] || words=${words/-i 1/-i 0.1}
		nr=$((nr + 1))
		# shellcheck disable=SC2086
		"$memtrace" $words >"$tmp/out" 2>"$tmp/err" 3>&- </dev/null || failed+="$command: $(<"$tmp/err")"$'\n'
	done < <(grep -o '`memtrace [a-z][^`]*`' "$top/docs/from-other-tools.md" | tr -d '`' | sort -u)
	[[ ! $failed ]] || fail "$failed"
	((nr >= 20)) || fail "only $nr commands"
}
