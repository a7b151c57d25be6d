# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
#
# Did the machine run well?  How it ended, and what its kernel said; what the
# scenarios found is judged elsewhere.  Sourced by run.

# What a kernel says when it is broken, stuck, or has found that it was used wrongly.
judge_bad='BUG: |kernel BUG at|Oops|WARNING: |general protection|double fault|Kernel panic'
judge_bad+='|[Uu]nable to handle|Internal error: |Bad page|Bad rss-counter|list_(add|del) corruption|refcount_t: '
judge_bad+='|detected( expedited)? stall|self-detected stall|kthread starved|soft lockup|hard LOCKUP'
judge_bad+='|INFO: task .* blocked for more than|lock held|locking dependency|recursive locking|inconsistent lock'
judge_bad+='|suspicious RCU|invalid context|scheduling while atomic|unchecked MSR|segfault at|(UBSAN|KASAN|KFENCE|KCSAN): '
judge_bad+='|Attempted to kill init'

# judge_log FILE ALLOWED: prints each line that tells of something bad, unless it matches ALLOWED (a regular
# expression, may be empty), with some lines after it.  Succeeds if there is none.
judge_log() {
	tr -d '\r' <"$1" | BAD=$judge_bad ALLOWED=$2 awk '
		$0 ~ ENVIRON["BAD"] && (ENVIRON["ALLOWED"] == "" || $0 !~ ENVIRON["ALLOWED"]) { left = 16; found = 1 }
		left-- > 0 && shown++ < 60
		END { exit found }'
}

# judge_allowed SCENARIO...: what these may make the kernel say: the variables log_allowed_SCENARIO, which their
# SCENARIO.check.bash may set, as one expression.
judge_allowed() {
	local stage name joined=

	for stage; do
		# shellcheck disable=SC1090 # the list is what is there
		[[ -e $here/scenarios/$stage.check.bash ]] && . "$here/scenarios/$stage.check.bash"
		name=log_allowed_$stage
		[[ ${!name-} ]] && joined+="|${!name}"
	done
	printf '%s\n' "${joined#|}"
}

# judge_taint FILE: prints if the kernel holds itself to be broken, though its log may have lost why.  The bits are of
# Documentation/admin-guide/tainted-kernels.rst: machine check, bad page, died, warning, soft lockup.
judge_taint() {
	local taint=0

	[[ -e $1 ]] && taint=$(<"$1")
	((taint & (1 << 4 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14))) || return 0
	printf 'the kernel is tainted: %s\n' "$taint"
}

# judge_end DIR: prints why a machine has not run to its end as it should; prints nothing if it has.
judge_end() {
	local dir=$1 status code

	status=$(<"$dir/qemu.status")
	if ((status == 124 || status == 137)); then
		printf 'it hung: not at its end after %s s\n' "$vm_limit"
	elif ! code=$("vm_exit_$vm_deb_arch" "$status" "$dir/console"); then
		printf 'it did not come to its end: qemu ended with %s\n' "$status"
	elif ((code == 61)); then
		echo "what the stages left could not be stored"
	elif ((code)); then
		printf 'the stages ended with %s\n' "$code"
	elif [[ ! -s $dir/out/version ]]; then
		echo "it ended, and left nothing"
	fi
}

# Where there are several CPUs, the others were not only there.
judge_cpus() {
	[[ -e $1/out/cpus.busy ]] || return
	awk '{ busy += $2 } END { exit !busy }' "$1/out/cpus.busy"
	verdict "the work ran on the other CPUs, too" $? "$(head "$1/out/cpus.busy")"
}

# judge_machine DIR STAGE...: the verdicts on a machine that has run.  Succeeds if there are results to look at.
judge_machine() {
	local dir=$1 why allowed found log

	shift
	why=$(judge_end "$dir")
	[[ ! $why ]]
	verdict "boots, runs the stages, ends" $? "$why"$'\n'"$(tail -n 15 "$dir/console" | tr -d '\r')"
	allowed=$(judge_allowed "$@")
	# The log has also what is not important enough for the console; the console, what the log lost at the end.
	found=$(for log in "$dir/out/dmesg" "$dir/console"; do
		[[ -e $log ]] && judge_log "$log" "$allowed"
	done | awk '!seen[$0]++'; judge_taint "$dir/out/tainted")
	[[ ! $found ]]
	verdict "the kernel has nothing to complain about" $? "$found"
	judge_cpus "$dir"
	[[ -s $dir/out/version ]]
}
