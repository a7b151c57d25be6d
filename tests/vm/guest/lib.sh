# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2034 # variables are for those who source this
#
# What scenarios may source.

# modules_load NAME: a set of modules (vm_module_sets in kernels.bash).  Where it cannot be had returns non-zero, with
# the reason in $modules_why.
modules_load() {
	modules_why=
	if [ ! -e "/lib/modules-test/$1" ]; then
		modules_why=$(cat /lib/modules-test/missing 2>/dev/null || echo "this kernel has no module $1")
		return 1
	fi
	while read -r module; do
		name=$(basename "$module" .ko | tr - _)
		grep -q "^$name " /proc/modules || modules_why=$(insmod "$module" 2>&1)
	done <"/lib/modules-test/$1"
	grep -q "^$name " /proc/modules
}
