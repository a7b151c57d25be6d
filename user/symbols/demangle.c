// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "demangle.h"

#include <stdbool.h>
#include <string.h>

#include <libiberty/demangle.h>

struct text {
	char *buf;
	size_t size, len;
};

/* The whole text is never in memory: a short mangled name may stand for gigabytes. */
static void take(const char *part, size_t len, void *opaque)
{
	struct text *text = opaque;
	size_t room = text->size - 1 - text->len;

	len = len < room ? len : room;
	memcpy(text->buf + text->len, part, len);
	text->len += len;
}

/* Of both languages, but not what looks like them by chance, such as "_Z". */
static bool is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R') && name[2];
}

const char *demangle(const char *name, char *buf, size_t size)
{
	struct text text = { buf, size, 0 };

	if (!size || !is_mangled(name))
		return name;
	/* Rust's older names are those of C++ with a hash behind them, so it comes first */
	if (!rust_demangle_callback(name, DMGL_NO_OPTS, take, &text)) {
		text.len = 0;
		if (!cplus_demangle_v3_callback(name, DMGL_NO_OPTS, take, &text))
			return name;
	}
	if (!text.len)
		return name;
	buf[text.len] = '\0';
	return buf;
}
