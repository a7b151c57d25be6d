#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Covers: what a machine lacks or forbids.  Without root, a capability or BTF
# nothing can be traced: one line that names it and the remedy, exit 3, and CMD
# is not run.  What is no obstacle is none: tracefs that is not mounted, a
# memlock limit that cannot be raised.  doctor says the same of each.

load lib

need() {
	need_tool setpriv util-linux
	need_tool unshare util-linux
	# readable by everybody, wherever the tree is: opened here, run through /proc
	install -m 755 "$memtrace" "$tmp/memtrace"
	exec {binary}<"$tmp/memtrace"
	public=/proc/self/fd/$binary
}

# refused TEXT... -- COMMAND...: it says one line with each TEXT, exits 3, and does not run "touch ran".
refused() {
	local texts=() text status=0
	while [[ $1 != -- ]]; do
		texts+=("$1")
		shift
	done
	shift
	rm -f "$tmp/ran"
	"$@" stat -- touch "$tmp/ran" >"$tmp/out" 2>"$tmp/err" || status=$?
	sed 's/^/said: /' "$tmp/err"
	same status "$status" 3
	same "lines said" "$(wc -l <"$tmp/err")" 1
	[[ ! -s $tmp/out ]] || fail "it printed something"
	[[ ! -e $tmp/ran ]] || fail "CMD ran"
	[[ $(<"$tmp/err") == "memtrace: cannot trace: "* ]] || fail "it does not begin as expected"
	for text in "${texts[@]}"; do
		[[ $(<"$tmp/err") == *"$text"* ]] || fail "it does not say: $text"
	done
}

# without CAPABILITY,... COMMAND...: root, but for those
without() {
	local set=-${1//,/,-}
	setpriv --bounding-set="$set" --inh-caps="$set" "${@:2}"
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# doctor_says COMMAND...: what "COMMAND doctor" finds, in $tmp/doctor.json; its status in mt_status
doctor_says() {
	mt_status=0
	"$@" doctor --json >"$tmp/doctor.json" 2>"$tmp/stat.err" || mt_status=$?
	[[ ! -s $tmp/stat.err ]] || fail "doctor said something on stderr"
}

# machine NAME: "STATE NOTE; REMEDY" of that line of doctor's report
machine() {
	jq -r --arg name "$1" '.machine[] | select(.name == $name) | "\(.state) \(.note); \(.remedy)"' "$tmp/doctor.json"
}

# The counts of a run of "true" are there, and the kernel's own.
works() {
	local status=0
	"$@" stat --json -- true >"$tmp/stat.json" 2>"$tmp/stat.err" || status=$?
	same status "$status" 0
	[[ ! -s $tmp/stat.err ]] || fail "it said something on stderr"
	same "minor faults" "$(report '[.processes[].fault.minor] | add')" "$(report .command.rusage.minor)"
}

@test "not root: one line, exit 3, CMD not run; doctor names it; list and help need nothing" {
	refused "CAP_BPF and CAP_PERFMON" "run it as root (sudo $public stat -- touch " -- as_nobody "$public"
	as_nobody "$public" doctor >"$tmp/out" 2>&1 && fail "doctor exits 0"
	doctor_says as_nobody "$public"
	same "doctor's status" "$mt_status" 3
	[[ $(machine capabilities) == "missing CAP_BPF and CAP_PERFMON missing; run it as root"* ]]
	same "probes that can run" "$(jq '[.probes[] | select(.state == "ok")] | length' "$tmp/doctor.json")" 0
	as_nobody "$public" list >"$tmp/out"
	as_nobody "$public" --help >"$tmp/out"
	as_nobody "$public" stat --help >"$tmp/out"
}

@test "each missing capability is named" {
	refused "CAP_BPF and CAP_PERFMON missing" -- without bpf,perfmon,sys_admin "$memtrace"
	refused ": CAP_BPF missing" -- without bpf,sys_admin "$memtrace"
	refused ": CAP_PERFMON missing" -- without perfmon,sys_admin "$memtrace"
}

@test "CAP_BPF and CAP_PERFMON are enough, as the remedy says" {
	works without sys_admin "$memtrace"
	works setpriv --bounding-set=-all,+bpf,+perfmon --inh-caps=-all "$memtrace"
	doctor_says setpriv --bounding-set=-all,+bpf,+perfmon --inh-caps=-all "$memtrace"
	same "doctor's status" "$mt_status" 0
}

@test "a user namespace: one line, exit 3" {
	unshare -Ur true 2>/dev/null || skip "no user namespace can be made here"
	refused "user namespace" "host's" -- unshare -Ur "$memtrace"
}

# in_mounts SCRIPT COMMAND...: COMMAND where SCRIPT has changed mounts; nobody else sees them
in_mounts() {
	unshare -m --propagation private bash -c "$1"' && exec "$@"' - "${@:2}"
}

@test "no BTF: one line that names the file and the kernel option, exit 3" {
	mkdir "$tmp/empty"
	local hide="mount --bind '$tmp/empty' /sys/kernel/btf"
	refused /sys/kernel/btf/vmlinux CONFIG_DEBUG_INFO_BTF -- in_mounts "$hide" "$memtrace"
	doctor_says in_mounts "$hide" "$memtrace"
	same "doctor's status" "$mt_status" 3
	[[ $(machine BTF) == missing*CONFIG_DEBUG_INFO_BTF* ]]
}

@test "tracefs and debugfs not mounted: no obstacle, and doctor says so" {
	local hide='! grep -E " (tracefs|debugfs) " /proc/self/mounts | cut -d " " -f 2 | sort -r | xargs -r umount 2>&1 | grep .'
	works in_mounts "$hide" "$memtrace"
	doctor_says in_mounts "$hide" "$memtrace"
	same "doctor's status" "$mt_status" 0
	[[ $(machine tracefs) == "limited not mounted; mount -t tracefs"* ]]
}

@test "a memlock limit that cannot be raised: no obstacle since 5.11" {
	works prlimit --memlock=65536:65536 "$memtrace"
	works without sys_resource prlimit --memlock=65536:65536 "$memtrace"
	doctor_says without sys_resource prlimit --memlock=65536:65536 "$memtrace"
	[[ $(machine "memlock limit") == "ok 64 KiB, which this kernel does not apply"* ]]
}

@test "too few open files: one line that says how many, exit 3, and no program is blamed" {
	local files
	# below 32 in single steps: with some of them libbpf cannot find out what the kernel can do, or its types
	for files in 8 10 12 14 {16..36} 40 50; do
		refused "too many open files: the limit is $files (ulimit -n); expected at least 256" -- prlimit --nofile="$files" "$memtrace"
	done
	works prlimit --nofile=256 "$memtrace"
}

@test "an address space that is too small: one line that says so, exit 3" {
	local mib
	! sanitized || skip "a sanitizer needs more"
	for mib in 14 18 22 30; do
		refused "not enough memory: the address space is limited to $mib MiB (ulimit -v)" -- \
			prlimit --as=$((mib << 20)) "$memtrace"
	done
	works "$memtrace"
}

@test "a ring for which there is no memory: one line that names the option, exit 2" {
	local option status

	memcg_init
	make_cgroup ring 100M
	# shellcheck disable=SC2016 # for the inner shell
	for option in --ring-size --rare-ring-size; do
		status=0
		bash -c 'echo $$ >"$1/cgroup.procs"; exec "$2" stat "$3" 1G -- true' sh "$cgroup" "$memtrace" $option \
			>"$tmp/out" 2>"$tmp/err" || status=$?
		same "status with $option" "$status" 2
		same said "$(<"$tmp/err")" \
			"memtrace: $option 1G: the kernel gives no ring of that size: Cannot allocate memory; try a smaller one"
	done
	# shellcheck disable=SC2016 # for the inner shell
	bash -c 'echo $$ >"$1/cgroup.procs"; exec "$2" trace fault --json -- true' sh "$cgroup" "$memtrace" \
		>"$tmp/out" 2>"$tmp/err"
	same "a line at the end" "$(tail -n 1 "$tmp/out" | jq -r .schema)" memtrace.end/1
}

# A kernel that is locked down cannot be had here: this one only looks like it.
@test "lockdown: doctor names the mode, and what allows tracing" {
	[[ -d /sys/kernel/security ]] || skip "there is no /sys/kernel/security"
	local lock='mount -t tmpfs none /sys/kernel/security && echo "$MODE" >/sys/kernel/security/lockdown'
	MODE="none integrity [confidentiality]" doctor_says in_mounts "$lock" "$memtrace"
	[[ $(machine lockdown) == "missing kernel lockdown is at confidentiality"*"lockdown=integrity"* ]]
	MODE="none [integrity] confidentiality" doctor_says in_mounts "$lock" "$memtrace"
	[[ $(machine lockdown) == "ok integrity, which allows tracing; null" ]]
	MODE="[none] integrity confidentiality" doctor_says in_mounts "$lock" "$memtrace"
	[[ $(machine lockdown) == "ok null; null" ]]
	same "doctor's status" "$mt_status" 0
	# what fails is then explained by it: here for want of descriptors, of which one must be left to look at the file
	for ((files = 12; files < 28; files++)); do
		MODE="none integrity [confidentiality]" in_mounts "$lock" prlimit --nofile="$files" "$memtrace" stat -- true \
			>>"$tmp/said" 2>&1 || true
	done
	grep -q 'cannot trace: kernel lockdown is at confidentiality.*; boot with' "$tmp/said" || fail "$(<"$tmp/said")"
}
