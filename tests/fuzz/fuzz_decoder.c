/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The bytes of a block of records, with memtrace's own layouts: what comes out is as long as it says it is. */
#include <stdlib.h>
#include <string.h>

#include "../../user/recording/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take_cgroup(void *ctx, uint64_t id, const char *name, size_t len)
{
	char copy[MAX_CGROUP_NAME];

	memcpy(copy, name, len);
	return 0;
}

static int take_stack(void *ctx, int32_t id, const uint64_t *addresses, size_t nr)
{
	uint64_t copy[MAX_STACK];

	memcpy(copy, addresses, nr * sizeof(*copy));
	return id < 0 ? -1 : 0;
}

static int take_maps(void *ctx, uint32_t pid, uint64_t start_ns, struct proc_maps *maps)
{
	proc_maps__free(maps);
	return 0;
}

static int take_symbol(void *ctx, const struct symbol *symbol)
{
	return strlen(symbol->name) + strlen(symbol->module) > 2 * SYMBOL_NAME_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct layouts layouts;
	static void *copy;
	struct decoder decoder;
	const struct mt_hdr *hdr;
	const void *record;

	if (!layouts.nr && (layouts__own(&layouts) || !(copy = malloc(layouts.size))))
		abort();
	if (decoder__init(&decoder, &layouts))
		abort();
	decoder.definitions = (struct definitions){
		.cgroup = take_cgroup, .stack = take_stack, .maps = take_maps, .symbol = take_symbol
	};
	decoder__start(&decoder, data, size);
	while (decoder__next(&decoder, &record) > 0) {
		hdr = record;
		memcpy(copy, record, hdr->size);
	}
	decoder__free(&decoder);
	return 0;
}
