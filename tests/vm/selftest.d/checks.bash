# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=bash
#
# The judges of the stages beside this.

log_allowed_blocked='INFO: task made-up:'

scenario_names() {
	local names=${1-fine}

	printf '%s\n' "${names#doctor }"
}

check_modules() {
	local dir=$check_out/modules

	same "modules: zram loads" "$(<"$dir/status")" 0 "$(<"$dir/why")"
	grep -qx zram0 "$dir/block"
	verdict "modules: zram is there" $? "$(<"$dir/block")"
	grep -qE '\[(lzo|lz4|zstd)' "$dir/algorithms"
	verdict "modules: and has a compressor" $? "$(<"$dir/algorithms")"
	same "modules: one that does not exist" "$(<"$dir/nonsense")" 1
}

check_cpus() {
	local dir=$check_out/cpus

	same "cpus: before, within, after" "$(cat "$dir"/{before,within,after} | paste -sd ' ')" "0 0-1 0" \
		"$(cat "$dir/stat" "$dir/err")"
}

# What a check must not die of unnoticed.
check_nonsense() {
	((nobody_has_set_this > 1))
}

# Its first run is said to have had 1000 s of work.  "well" fails on a machine that was not kept from the CPU.
check_starved() {
	echo "# what a check prints itself"
	printf 'boot 1000 0\n' >"$check_out/times"
	[[ -e ${run_dir-}/$check_name.first ]]
	verdict "starved: fails the first time" $?
}

check_well() {
	printf 'boot 1 0\n' >"$check_out/times"
	verdict "well: fails" 1
}

check_stages() {
	local stage

	for stage in $1; do
		[[ $(type -t "check_$stage") != function ]] || check_stage "$stage" "$2"
	done
	verdict "the stages were judged" 0
}
