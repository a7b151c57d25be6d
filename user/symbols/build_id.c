/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "build_id.h"

#include <string.h>

bool build_id__equal(const struct build_id *a, const struct build_id *b)
{
	return a->len == b->len && a->len <= BUILD_ID_MAX && !memcmp(a->bytes, b->bytes, a->len);
}

char *build_id__hex(char *buf, const struct build_id *id)
{
	static const char digits[] = "0123456789abcdef";
	char *p = buf;

	for (size_t i = 0; i < id->len && i < BUILD_ID_MAX; i++) {
		*p++ = digits[id->bytes[i] >> 4];
		*p++ = digits[id->bytes[i] & 15];
	}
	*p = '\0';
	return buf;
}
