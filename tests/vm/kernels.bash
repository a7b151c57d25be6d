# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
#
# Finds the newest Debian kernel of a series by name, gets it, and unpacks its
# image and the modules that scenarios want.  Everything lies under $vm_cache: an
# apt configuration, lists and state of its own, so that the machine's apt stays
# as it was.  Versions are never pinned: old ones vanish from the archive.  What
# was fetched once is used again, also without a network.
#
# Sourced by machine.bash.  A function that fails leaves the reason in $vm_reason.

vm_reason=
declare -A vm_index_why # of an architecture whose index is not to be had

# What of a kernel's modules a scenario can load: "NAME MODULE...", with what they depend on found by
# itself.  The last module is the one that counts; those before it may be built in, or not exist there.
vm_module_sets=(
	"zram lzo lzo-rle lz4 zstd zram"
	"virtio_blk virtio_blk"
)

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

# One configuration and state for each architecture.
vm_apt_setup() {
	local mirror suite base keyring

	mirror=$(vm_mirror)
	[[ $mirror ]] || { vm_reason="no Debian archive among apt's sources"; return 1; }
	mkdir -p "$vm_apt_dir"/{lists/partial,cache/archives/partial,etc}
	touch "$vm_apt_dir/status"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[[ -e $keyring ]] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp
	for suite in $vm_suites; do
		base=$mirror
		[[ $suite == *-security ]] && base=$mirror-security
		printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$base" "$suite"
	done >"$vm_apt_dir/etc/sources.list"
	cat >"$vm_apt_dir/apt.conf" <<-CONF
		Dir::State "$vm_apt_dir";
		Dir::State::status "$vm_apt_dir/status";
		Dir::Cache "$vm_apt_dir/cache";
		Dir::Etc::sourcelist "$vm_apt_dir/etc/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Architecture "$vm_deb_arch";
		APT::Architectures "$vm_deb_arch";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "2";
	CONF
}

vm_apt() {
	APT_CONFIG=$vm_apt_dir/apt.conf "$@"
}

# Brings the list of kernel packages up to date, once a day.  An old list, or none, is no failure as long as there
# are kernels in the cache.
vm_index() {
	local stamp=$vm_apt_dir/stamp names=$vm_apt_dir/names

	[[ $(find "$stamp" -mmin -1440 2>/dev/null) ]] && [[ -s $names && -s $vm_apt_dir/apt.conf ]] && return 0
	vm_apt_setup || return 1
	# A suite that is gone makes apt fail; the others' lists are there all the same.
	vm_apt apt-get -qq update >"$vm_apt_dir/update.log" 2>&1 && touch "$stamp"
	vm_apt apt-cache pkgnames linux- |
		grep -E "^linux-(image|binary|modules)-[0-9]+\.[0-9]+\.[0-9]+[^~]*-$vm_flavour(-unsigned)?\$" |
		grep -v -F -e .deb11. >"$names.new"
	[[ -s $names.new ]] && mv "$names.new" "$names"
	[[ -s $names ]] && return 0
	# The first line says what failed, the last one only that something did.
	vm_reason="no kernel packages to be had from Debian's index: $(head -n 1 "$vm_apt_dir/update.log")"
	return 1
}

vm_cached() {
	[[ -e $vm_cache/kernels/$1/complete ]]
}

# vm_candidates SERIES: package names, the newest version first; SERIES is like 6.12, or "newest".
vm_candidates() {
	local series=$1

	[[ $series == newest ]] && series='[0-9]+\.[0-9]+' || series=${series//./\\.}
	{
		cat "$vm_apt_dir/names" 2>/dev/null
		(cd "$vm_cache/kernels" 2>/dev/null && printf '%s\n' linux-*)
	} | sed -nE "s/^(linux-(image|binary)-($series\\.[^-]+(-[0-9]+)?)-$vm_flavour(-unsigned)?)\$/\\3 \\1/p" |
		sort -u -k1,1Vr -k2,2 | awk '{ print $2 }'
}

# vm_series PACKAGE: 6.12 of linux-image-6.12.117+deb12-cloud-amd64
vm_series() {
	sed -nE 's/^linux-[a-z]+-([0-9]+\.[0-9]+)\..*/\1/p' <<<"$1"
}

# vm_modules_package PACKAGE: the one that its modules are in, if that is another one and exists.
vm_modules_package() {
	local version=${1#linux-*-}

	[[ $1 == linux-binary-* ]] && grep -xF "linux-modules-${version%-unsigned}" "$vm_apt_dir/names"
}

# vm_payload BZIMAGE OUT: the ELF vmlinux inside of it, which boots faster.
vm_payload() {
	local image=$1 out=$2 setup offset length magic unpack

	[[ $(od -An -c -j $((0x202)) -N 4 "$image" | tr -d ' ') == HdrS ]] || return 1
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

# vm_module_unpack NAME IN OUT: the module's file out of the tree IN, without compression; fails if it is not there.
vm_module_unpack() {
	local file

	file=$(find "$2" -name "$1.ko*" -o -name "${1//_/-}.ko*" -o -name "${1//-/_}.ko*" | head -n 1)
	case $file in
	*.ko) cp "$file" "$3" ;;
	*.ko.xz) xz -dc "$file" >"$3" ;;
	*.ko.zst) zstd -dqc "$file" >"$3" ;;
	*) return 1 ;;
	esac
}

# vm_module_order NAME IN OUT: unpacks a module and all that it needs; prints their names in the order to load them.
vm_module_order() {
	local needs

	[[ -e $3/$1.ko ]] || vm_module_unpack "$1" "$2" "$3/$1.ko" || return 1
	# The packages lack modules.dep, but each module says itself what it needs.
	for needs in $(readelf -p .modinfo "$3/$1.ko" | sed -n 's/.*\] *depends=//p' | tr , ' '); do
		vm_module_order "$needs" "$2" "$3" || return 1
	done
	printf '%s\n' "$1"
}

# vm_modules IN DIR: of the unpacked packages in IN, what vm_module_sets lists, as $DIR/modules.cpio: a file for each
# set, with the paths in the order to load them.  What is missing is said by a file "missing".
vm_modules() {
	local out=$2/modules/lib/modules-test set name module

	mkdir -p "$out"
	if [[ ! $(find "$1" -name '*.ko*' | head -n 1) ]]; then
		printf 'Debian has no modules for %s\n' "${2##*/}" | sed 's/\.new$//' >"$out/missing"
	fi
	for set in "${vm_module_sets[@]}"; do
		name=${set%% *}
		for module in ${set#* }; do
			vm_module_order "$module" "$1" "$out"
		done | awk -v dir=/lib/modules-test/ '!seen[$0]++ { print dir $0 ".ko" }' >"$out/$name"
		[[ $(tail -n 1 "$out/$name") == */"${set##* }".ko ]] || rm "$out/$name"
	done
	(cd "$2/modules" && find . | cpio --quiet -o -H newc) >"$2/modules.cpio"
	rm -rf "$2/modules"
}

# vm_unpack PACKAGE DIR: fetches it and makes of it, in DIR: vmlinux, modules.cpio.
vm_unpack() {
	local dir=$2 image deb

	# shellcheck disable=SC2046 # one name or none
	if ! (cd "$dir" && vm_apt apt-get -qq download "$1" $(vm_modules_package "$1")) >"$dir/log" 2>&1; then
		vm_reason="cannot download $1: $(tail -n 1 "$dir/log")"
		return 1
	fi
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" || return 1
	done
	image=$(find "$dir/root" -type f -name 'vmlinuz*' | head -n 1)
	if [[ ! $image ]]; then
		vm_reason="$1 holds no kernel"
		return 1
	fi
	vm_payload "$image" "$dir/vmlinux" || cp "$image" "$dir/vmlinux"
	vm_modules "$dir/root" "$dir"
	rm -rf "$dir/root" "$dir"/*.deb
	touch "$dir/complete"
}

# vm_fetch PACKAGE: leaves it in $vm_cache/kernels/PACKAGE.
vm_fetch() {
	local dir=$vm_cache/kernels/$1

	vm_cached "$1" && return
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	if ! vm_unpack "$1" "$dir.new"; then
		rm -rf "$dir.new"
		return 1
	fi
	rm -rf "$dir"
	mv "$dir.new" "$dir"
}

# vm_kernel SERIES: sets $vm_package, $vm_vmlinux and $vm_modules_cpio to the newest that can be had.  When some could
# not be fetched, the archive is gone or out of reach, and what is in the cache must do.
vm_kernel() {
	local package failures=0 first_reason

	vm_reason=${vm_index_why[$vm_deb_arch]-"Debian's index has no kernel of series $1"}
	for package in $(vm_candidates "$1"); do
		((failures < 4)) || vm_cached "$package" || continue
		vm_fetch "$package" || { ((failures++)) || first_reason=$vm_reason; continue; }
		vm_package=$package
		vm_vmlinux=$vm_cache/kernels/$package/vmlinux
		vm_modules_cpio=$vm_cache/kernels/$package/modules.cpio
		return 0
	done
	((failures)) && vm_reason=$first_reason
	return 1
}

# vm_fetch_busybox FILE: the program out of Debian's package of it, which is not installed.
vm_fetch_busybox() {
	local dir=$1.new

	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && vm_apt apt-get -qq download busybox-static && dpkg-deb -x ./*.deb root) >"$dir/log" 2>&1
	vm_reason="cannot get busybox-static for $vm_deb_arch: $(tail -n 1 "$dir/log")"
	find "$dir" -type f -path '*/bin/busybox' -exec mv {} "$1" \;
	rm -rf "$dir"
	[[ -x $1 ]]
}
