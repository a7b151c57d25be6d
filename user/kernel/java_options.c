// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "java_options.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* The largest size that is believed, in bytes: what 48 bits of addresses have room for. */
#define SIZE_LIMIT (1ULL << 47)

static const char *const names[] = { "-Xmx", "-XX:MaxHeapSize=", "-mx" };

/* "512m"; false: it is no size */
static bool take_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	const char *unit;
	char *end;
	unsigned int shift;
	uint64_t n = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;

	if (!n)
		return false;
	unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (*end && (!unit || end[1]))
		return false;
	shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	if (n > SIZE_LIMIT >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

uint64_t java_options__max_heap(const char *text, size_t len)
{
	const char *end = text + len, *argument;
	uint64_t bytes = 0;
	size_t i;

	/* what is cut off has no end */
	for (argument = text; argument < end && memchr(argument, 0, end - argument); argument += strlen(argument) + 1)
		for (i = 0; i < NR(names); i++)
			if (!strncmp(argument, names[i], strlen(names[i])))
				(void)take_size(argument + strlen(names[i]), &bytes);
	return bytes;
}
