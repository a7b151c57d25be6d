# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
#
# A virtual machine from its parts to its end: what differs between
# architectures, the initramfs, the disks, qemu's command line.
# Sourced by run and shell, which set $here, $top and $run_dir.

vm_cache=${MEMTRACE_VM_CACHE:-$top/build/vm}
vm_suites=${MEMTRACE_VM_SUITES:-"bookworm bookworm-security bullseye-security trixie-backports"}
vm_guest=$here/guest
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source-path=SCRIPTDIR source=kernels.bash
. "$here/kernels.bash"

# vm_arch_ARCH: how Debian, qemu and the kernel call things there.  vm_exit_ARCH STATUS CONSOLE prints the code with
# which the guest ended itself, or fails: it ended in another way.

vm_arch_amd64() {
	vm_deb_arch=amd64
	vm_flavour=cloud-amd64
	vm_apt_dir=$vm_cache/apt
	vm_host=x86_64
	vm_toolchain x86_64-linux-gnu build-x86-static
	# The kernel clears and copies pages by "rep stosb" and "rep movsb" where they are fast; emulated they are not.  Nor are a
	# fifth level of page tables, and what opens and closes a user's memory around each copy.
	vm_qemu=(qemu-system-x86_64 -cpu "max,-erms,-fsrm,-la57,-smap,-smep" -device "isa-debug-exit,iobase=0xf4,iosize=4")
	vm_qemu_package=qemu-system-x86
	vm_words="console=ttyS0"
}

# The debug exit device makes 2 * CODE + 1 of the code.
vm_exit_amd64() {
	(($1 % 2 && $1 < 124)) && printf '%d\n' $(($1 / 2))
}

vm_arch_arm64() {
	vm_deb_arch=arm64
	vm_flavour=cloud-arm64
	vm_apt_dir=$vm_cache/apt-arm64
	vm_host=aarch64
	vm_toolchain aarch64-linux-gnu build-arm64-static
	vm_qemu=(qemu-system-aarch64 -M virt -cpu cortex-a57)
	vm_qemu_package=qemu-system-arm
	# Where the kernel's place is random, so that it has to be hidden, its tables are left out while a program runs, and
	# qemu forgets what it knows of them at each system call and fault.
	vm_words="console=ttyAMA0 nokaslr"
}

# There is no such device: qemu ends with 0 however the guest did, and the code stands on the console.
vm_exit_arm64() {
	(($1 == 0)) && tr -d '\r' <"$2" | sed -n 's/^vm: ended with \([0-9]*\)$/\1/p' | tail -n 1 | grep .
}

# vm_toolchain TRIPLET BUILD: for $vm_host, which may be another architecture than this machine's.
vm_toolchain() {
	if [[ $(uname -m) == "$vm_host" ]]; then
		vm_cc=${CC:-cc} vm_strip=strip vm_workloads=$vm_cache/workloads
		vm_memtrace=${MEMTRACE:-$top/build-static/memtrace}
	else
		vm_cc=$1-gcc vm_strip=$1-strip vm_workloads=$vm_cache/workloads-$vm_deb_arch
		vm_memtrace=$top/$2/memtrace
	fi
}

# What a machine needs on the host; prints what is missing.
vm_missing() {
	local tool

	for tool in "${vm_qemu[0]}" cpio jq mkfs.ext4 xz zstd "$vm_cc" "$vm_strip" readelf timeout; do
		command -v "$tool" >/dev/null || { printf 'missing: %s (scripts/setup vm)\n' "$tool"; return; }
	done
}

vm_is_static() {
	! readelf -l "$1" | grep -q INTERP
}

# A static busybox for the guest: this machine's own if it has one and it would do, else that of Debian's index.
vm_find_busybox() {
	vm_busybox=$(command -v busybox)
	[[ $(uname -m) == "$vm_host" && $vm_busybox ]] && vm_is_static "$vm_busybox" && return
	vm_busybox=$vm_cache/busybox-$vm_deb_arch
	[[ -x $vm_busybox ]] || vm_fetch_busybox "$vm_busybox"
}

# Why memtrace cannot run in the guest; prints nothing if it can.
vm_no_memtrace() {
	if [[ ! -x $vm_memtrace ]]; then
		printf 'missing: a static memtrace at %s (make vm-programs)\n' "${vm_memtrace#"$top"/}"
	elif ! vm_is_static "$vm_memtrace"; then
		printf '%s is not static (make STATIC=1)\n' "${vm_memtrace#"$top"/}"
	fi
}

# vm_initramfs OUT: the CPIO that is the same for every kernel: busybox, workloads, memtrace, the guest's scripts.
vm_initramfs() {
	local root=$run_dir/root program

	mkdir -p "$root"/{bin,guest,proc,sys,dev,tmp,out,mnt}
	cp "$vm_busybox" "$root/bin/busybox"
	cp "$here/guest/init" "$root/init"
	cp "$here"/guest/*.sh "$root/guest/"
	[[ $vm_guest == "$here/guest" ]] || cp "$vm_guest"/*.sh "$root/guest/"
	[[ -d $here/scenarios ]] && cp "$here"/scenarios/*.guest.sh "$root/guest/"
	chmod 755 "$root/init"
	make -s -C "$top/tests/workloads" O="$vm_workloads" CC="$vm_cc" || return 1
	for program in "$vm_workloads"/*; do
		# an allocator is found by its names
		if [[ ${program##*/} == holder ]]; then
			cp "$program" "$root/guest/" || return 1
			continue
		fi
		"$vm_strip" -o "$root/guest/${program##*/}" "$program" || return 1
	done
	"$vm_cc" -O2 -static -o "$root/guest/exit" "$here/exit.c" || return 1
	if [[ ! $(vm_no_memtrace) ]]; then
		"$vm_strip" -o "$root/guest/memtrace" "$vm_memtrace" || return 1
	fi
	(cd "$root" && find . | cpio --quiet -o -H newc) >"$1"
	rm -rf "$root"
}

# The disks: name, size in MiB, filesystem or "-", what else qemu is told.  The guest knows them by their serial, which
# is the name; what it leaves comes back as a tar on "out".
vm_disk_table=(
	"out 64 -"
	"data 600 -"
	"swap 600 -"
	"fs 64 ext4"
	"slow 64 ext4 throttling.bps-write=8388608"
)

# vm_disks DIR: makes them, sparse; sets vm_drives[].
vm_disks() {
	local row name size filesystem more

	vm_drives=()
	for row in "${vm_disk_table[@]}"; do
		read -r name size filesystem more <<<"$row"
		truncate -s "${size}M" "$1/$name.img"
		[[ $filesystem == - ]] || "mkfs.$filesystem" -q -F "$1/$name.img"
		vm_drives+=(-drive "file=$1/$name.img,if=none,id=$name,format=raw,cache=unsafe${more:+,$more}"
			-device "nvme,serial=$name,drive=$name")
	done
}

# vm_start DIR CPUS ARGUMENTS... -- WORD...: becomes qemu (so run it in a subshell), with $DIR/vmlinux and
# $DIR/initramfs; it ends after $vm_limit seconds, if that is set.  The WORDs (NAME=VALUE) get into the environment of
# the guest's init.
#
# $vm_nodes: so many nodes have the memory, each the same (1).
#
# CPUs but the first are off at first: qemu's emulation races when code is patched while another CPU runs it, and
# tracepoints are switched by patching.  The guest puts them online when memtrace has attached (guest/all-cpus.sh).
vm_start() {
	local dir=$1 cpus=$2 node arguments=() limit=()

	shift 2
	while [[ $1 != -- ]]; do
		arguments+=("$1")
		shift
	done
	shift
	for ((node = 0; ${vm_nodes:-1} > 1 && node < vm_nodes; node++)); do
		arguments+=(-object "memory-backend-ram,id=node$node,size=$((288 / vm_nodes))M" -numa "node,nodeid=$node,memdev=node$node")
	done
	[[ ${vm_limit-} ]] && limit=(timeout -k 10 "$vm_limit")
	[[ ${MEMTRACE_VM_ICOUNT-} ]] && arguments+=(-icount "shift=$MEMTRACE_VM_ICOUNT,sleep=off")
	# tsc, rcupdate: a host with much else to do may let the machine stand still for seconds, which is no fault of its
	# kernel's; with a TSC called unstable for that, its delay accounting misses short delays.
	# rcu_expedited: who detaches a program waits for the kernel, and the one CPU has nothing else to do meanwhile.
	# mitigations, init_on_alloc: what they guard against is not here, and a quarter of the time is theirs.
	# loglevel=5: warnings of the kernel come on the console, so that they are seen if the guest then dies.
	exec "${limit[@]}" "${vm_qemu[@]}" -accel "$vm_accel" -smp "$cpus" -m 288 -display none -no-reboot -nodefaults \
		-kernel "$dir/vmlinux" -initrd "$dir/initramfs" "${arguments[@]}" \
		-append "$vm_words panic=-1 loglevel=5 no_timer_check tsc=reliable rcupdate.rcu_cpu_stall_timeout=120 rcupdate.rcu_expedited=1 mitigations=off init_on_alloc=0 delayacct maxcpus=1 VM_CPUS=$cpus $*"
}

# What all machines of an architecture need; fails with the reason in $vm_reason.
vm_begin() {
	mkdir -p "$vm_cache"
	vm_reason=$(vm_missing)
	[[ ! $vm_reason ]] || return
	# Without an index there may be kernels in the cache.
	vm_index || { vm_index_why[$vm_deb_arch]=$vm_reason; printf '# %s\n' "$vm_reason" >&2; }
	vm_find_busybox || return
	vm_reason="missing: build/vmlinux-check cannot be built"
	make -s -C "$top" build/vmlinux-check >/dev/null || return
	vm_reason="missing: the initramfs cannot be built"
	vm_initramfs "$run_dir/initramfs.$vm_deb_arch"
}

# vm_prepare DIR VMLINUX MODULES_CPIO: what a machine needs before it can start.
vm_prepare() {
	mkdir -p "$1"
	ln -sf "$2" "$1/vmlinux"
	cat "$run_dir/initramfs.$vm_deb_arch" "$3" >"$1/initramfs"
}

# vm_choose_accel DIR: sets $vm_accel, kvm only if a prepared machine really runs with it (/dev/kvm may be there, let
# itself be opened and make machines, and guests still hang), and $vm_accel_why.
vm_choose_accel() {
	local status

	vm_accel=${MEMTRACE_VM_ACCEL-}
	vm_accel_why="as MEMTRACE_VM_ACCEL says"
	[[ $vm_accel ]] && return
	vm_accel=tcg
	vm_accel_why="as MEMTRACE_VM_ICOUNT needs"
	[[ ${MEMTRACE_VM_ICOUNT-} ]] && return
	vm_accel_why="/dev/kvm cannot be used"
	[[ $(uname -m) == "$vm_host" && -r /dev/kvm && -w /dev/kvm ]] || return
	vm_accel=kvm
	vm_accel_why="a machine was tried"
	{
		(ulimit -c 0; vm_limit=20 vm_start "$1" 1 -serial stdio -monitor none -- VM_MODE=trial) </dev/null >"$1/trial"
	} 2>"$1/trial.err"
	status=$?
	[[ $("vm_exit_$vm_deb_arch" "$status" "$1/trial") == 0 ]] && return
	vm_accel=tcg
	vm_accel_why="a machine that was tried with kvm did not run: $(grep -m 1 qemu "$1/trial.err" | tr -cd '[:print:]')"
}
