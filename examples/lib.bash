# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
#
# What the examples share: a cgroup with a limit, a directory of their own, and an end that removes both.

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

say() {
	printf '\n== %s\n' "$*"
}

# limited_cgroup NAME MIB: makes a cgroup of that limit, without swap, and prints its directory.  A hierarchy is taken as it
# is: nothing is mounted, no controller enabled.
limited_cgroup() {
	local type root options dir limit=$(($2 << 20))

	while read -r _ root type options _; do
		case $type,$options in
		cgroup,*memory*)
			dir=$root/$1
			mkdir "$dir" 2>/dev/null || continue
			echo $limit >"$dir/memory.limit_in_bytes" && echo "$dir" && return
			;;
		cgroup2,*)
			grep -qw memory "$root/cgroup.subtree_control" 2>/dev/null || continue
			dir=$root/$1
			mkdir "$dir" 2>/dev/null || continue
			echo $limit >"$dir/memory.max" && { echo 0 >"$dir/memory.swap.max"; } 2>/dev/null
			echo "$dir" && return
			;;
		*) continue ;;
		esac
		rmdir "$dir"
	done </proc/self/mounts
	return 1
}

# within SECONDS COMMAND...: true as soon as COMMAND is
within() {
	local end=$((SECONDS + $1))

	while ! "${@:2}"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# inside COMMAND...: in the limited cgroup, in the background; also a function of the example
inside() {
	(
		trap - EXIT
		echo "$BASHPID" >"$cgroup/cgroup.procs" && "$@"
	) 2>/dev/null &
	started+=("$!")
}

# holds MIB: the cgroup is charged that much, or more
holds() {
	local file=$cgroup/memory.current

	[[ -e $file ]] || file=$cgroup/memory.usage_in_bytes
	(($(<"$file") >> 20 >= $1))
}

# show COMMAND...: what a user would type, and what it prints
show() {
	local word line='$'

	for word; do
		[[ $word != "$memtrace" ]] || word=memtrace
		[[ $word != *[\ \'\&\;]* ]] || word="'$word'"
		line+=" $word"
	done
	printf '\n%s\n' "$line"
	"$@" 2>&1
}

clean_up() {
	local pid

	trap '' INT TERM HUP
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait
	if [[ -d $cgroup ]]; then
		while read -r pid; do
			kill -9 "$pid" 2>/dev/null
		done <"$cgroup/cgroup.procs"
		within 10 rmdir "$cgroup" 2>/dev/null
	fi
	cd / && rm -rf --one-file-system "$dir"
}

# begin MIB: all that an example needs before it begins: root, memtrace, a cgroup of that limit, a directory
begin() {
	local top

	top=$(cd "$(dirname "$0")/.." && pwd)
	[[ $(id -u) -eq 0 ]] || die "needs root, to load BPF programs: sudo $0"
	memtrace=${MEMTRACE:-$top/build/memtrace}
	[[ -x $memtrace ]] || memtrace=$(type -P memtrace) || die "there is no memtrace: build it (make) or install it"
	dir=$(mktemp -d "${TMPDIR:-/var/tmp}/memtrace-example.XXXXXX") || exit 1
	chmod 755 "$dir"
	started=() cgroup=
	trap clean_up EXIT
	trap 'exit 1' INT TERM HUP
	cgroup=$(limited_cgroup "memtrace-${0##*/}" "$1") || die "a cgroup with a memory limit cannot be made here"
	cd "$dir" || exit 1
	echo "The cgroup: /memtrace-${0##*/}, limited to $1 MiB, in which all that follows runs"
}
