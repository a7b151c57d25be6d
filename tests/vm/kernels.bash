# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154 # shared with run
#
# Finds the newest Debian kernel of a series by name, gets it, and unpacks its
# vmlinux.  Everything lies under $vm_cache: an apt configuration, lists and
# state of its own, so that the machine's apt stays as it was.  Versions are
# never pinned: old ones vanish from the archive.
#
# Sourced by run.  A function that fails leaves the reason in $vm_reason.

vm_suites=${MEMTRACE_VM_SUITES:-"bookworm bookworm-security bullseye-security trixie-backports"}
vm_reason=

# The archive that this machine's apt uses, or the one in MEMTRACE_VM_MIRROR.
vm_mirror() {
	local uri=${MEMTRACE_VM_MIRROR-}

	[[ $uri ]] || uri=$(apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI)" 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }')
	[[ $uri ]] || uri=$(awk '/^(URIs:|deb )/ { for (i = 2; i <= NF; i++) if ($i ~ /:\/\/.*debian\/?$/) { print $i; exit } }' \
		/etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null)
	uri=${uri%/}
	printf '%s\n' "$uri"
}

vm_apt_setup() {
	local apt=$vm_cache/apt mirror suite base keyring

	mirror=$(vm_mirror)
	[[ $mirror ]] || { vm_reason="no Debian archive among apt's sources"; return 1; }
	mkdir -p "$apt"/{lists/partial,cache/archives/partial,etc}
	touch "$apt/status"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[[ -e $keyring ]] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp
	for suite in $vm_suites; do
		base=$mirror
		[[ $suite == *-security ]] && base=$mirror-security
		printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$base" "$suite"
	done >"$apt/etc/sources.list"
	cat >"$apt/apt.conf" <<-CONF
		Dir::State "$apt";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "$apt/etc/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "2";
	CONF
}

vm_apt() {
	APT_CONFIG=$vm_cache/apt/apt.conf "$@"
}

# Brings the list of kernel packages up to date, once a day.
vm_index() {
	local stamp=$vm_cache/apt/stamp

	[[ $(find "$stamp" -mmin -1440 2>/dev/null) ]] && [[ -s $vm_cache/apt/names ]] && return 0
	vm_apt_setup || return 1
	# A suite that is gone makes apt fail; the others' lists are there all the same.
	vm_apt apt-get -qq update >"$vm_cache/apt/update.log" 2>&1
	vm_apt apt-cache pkgnames linux- |
		grep -E '^linux-(image|binary)-[0-9]+\.[0-9]+\.[0-9]+[^~]*-cloud-amd64(-unsigned)?$' |
		grep -v -F -e .deb11. >"$vm_cache/apt/names"
	if [[ ! -s $vm_cache/apt/names ]]; then
		vm_reason="no kernel packages to be had from Debian's index: $(tail -n 1 "$vm_cache/apt/update.log")"
		return 1
	fi
	touch "$stamp"
}

# vm_candidates SERIES: package names, the newest version first; SERIES is like 6.12, or "newest".
vm_candidates() {
	local series=$1

	[[ $series == newest ]] && series='[0-9]+\.[0-9]+' || series=${series//./\\.}
	sed -nE "s/^(linux-(image|binary)-($series\\.[^-]+(-[0-9]+)?)-cloud-amd64(-unsigned)?)\$/\\3 \\1/p" \
		"$vm_cache/apt/names" | sort -k1,1Vr -k2,2 | awk '{ print $2 }'
}

# vm_payload BZIMAGE OUT: the ELF vmlinux inside of it, which boots faster.
vm_payload() {
	local image=$1 out=$2 setup offset length magic unpack

	setup=$(od -An -tu1 -j $((0x1f1)) -N 1 "$image")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$image")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$image")
	offset=$((offset + (setup + 1) * 512))
	magic=$(od -An -tx1 -j "$offset" -N 4 "$image")
	case ${magic// /} in
	1f8b*) unpack='gzip -dc' ;;
	fd377a58) unpack='xz -dc --single-stream' ;;
	28b52ffd) unpack='zstd -dqc' ;;
	*) return 1 ;;
	esac
	# Four bytes of length follow the stream; the unpackers may grumble about them.
	tail -c +$((offset + 1)) "$image" | head -c $((length - 4)) | $unpack >"$out" 2>/dev/null
	[[ $(head -c 4 "$out" | od -An -c | tr -d ' ') == '177ELF' ]]
}

# vm_fetch PACKAGE: leaves $vm_cache/kernels/PACKAGE/vmlinux.
vm_fetch() {
	local package=$1 dir=$vm_cache/kernels/$1 image

	[[ -s $dir/vmlinux ]] && return 0
	rm -rf "$dir.new"
	mkdir -p "$dir.new/deb"
	if ! (cd "$dir.new/deb" && vm_apt apt-get -qq download "$package") >"$dir.new/log" 2>&1; then
		vm_reason="cannot download $package: $(tail -n 1 "$dir.new/log")"
		rm -rf "$dir.new"
		return 1
	fi
	dpkg-deb -x "$dir.new"/deb/*.deb "$dir.new/root"
	image=$(find "$dir.new/root" -type f -name 'vmlinuz*' | head -n 1)
	if [[ ! $image ]]; then
		vm_reason="$package holds no kernel"
		rm -rf "$dir.new"
		return 1
	fi
	vm_payload "$image" "$dir.new/vmlinux" || cp "$image" "$dir.new/vmlinux"
	rm -rf "$dir.new/root" "$dir.new/deb" "$dir"
	mv "$dir.new" "$dir"
}

# vm_kernel SERIES: sets $vm_package and $vm_vmlinux to the newest that can be had.
vm_kernel() {
	local package tries=0

	vm_reason="Debian's index has no kernel of series $1"
	for package in $(vm_candidates "$1"); do
		((++tries > 8)) && break
		vm_fetch "$package" || continue
		vm_package=$package
		vm_vmlinux=$vm_cache/kernels/$package/vmlinux
		return 0
	done
	return 1
}
