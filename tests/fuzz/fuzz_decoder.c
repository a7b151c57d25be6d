/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The bytes of a block of records, with memtrace's own layouts: what comes out is as long as it says it is. */
#include <stdlib.h>
#include <string.h>

#include "../../user/recording/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_cgroup(void *ctx, uint64_t id, const char *name, size_t len)
{
	char copy[MAX_CGROUP_NAME];

	memcpy(copy, name, len);
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
	decoder.cgroup = take_cgroup;
	decoder__start(&decoder, data, size);
	while (decoder__next(&decoder, &record) > 0) {
		hdr = record;
		memcpy(copy, record, hdr->size);
	}
	decoder__free(&decoder);
	return 0;
}
