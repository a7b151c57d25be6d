/* SPDX-License-Identifier: GPL-2.0 */
/* Names of the kernel's functions by their address, where programs can ask for them (names_functions()). */
#ifndef MEMTRACE_CORE_FUNCTION_NAME_H
#define MEMTRACE_CORE_FUNCTION_NAME_H

#include "compat/stall.h"

#define FUNCTION_RAW_LEN (MT_FUNCTION_LEN + 8)

struct function_name {
	char name[MT_FUNCTION_LEN];
};

/* "__alloc_pages_slowpath.constprop.0" is alloc_pages_slowpath. */
static __always_inline void function__clean(char name[MT_FUNCTION_LEN], const char raw[FUNCTION_RAW_LEN])
{
	const char *from = raw;
	bool over = false;
	int i;

	/* Copied by a helper, from one of two places: clang would compute with a pointer as no verifier lets it. */
	if (raw[0] == '_' && raw[1] == '_') {
		from = raw + 2;
		opaque(from);
	}
	bpf_probe_read_kernel(name, MT_FUNCTION_LEN, from);
#pragma unroll
	for (i = 0; i < MT_FUNCTION_LEN - 1; i++) {
		over |= !name[i] || name[i] == '.' || name[i] == ' ' || name[i] == '[';
		if (over)
			name[i] = 0;
	}
	name[MT_FUNCTION_LEN - 1] = 0;
}

#endif
