/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The names and the newest of the reports that keeper.h writes. */
#ifndef MEMTRACE_BASE_KEPT_H
#define MEMTRACE_BASE_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper.h"

/* Prefix, "20261128T031244", whatever tells one from another, and an ending behind the last dot. */
bool kept__is_report(const char *name, const char *prefix);

struct kept {
	char name[KEEPER_NAME_MAX];
	uint64_t wall_s; /* the time in its name, seconds since the Unix epoch */
	char *data;	 /* owned; a zero stands behind it */
	size_t size;
};

struct kept_request {
	const char *prefix, *ending;	  /* of names: "oom-", ".json" */
	bool (*wanted)(const char *name); /* of these; NULL: all */
};

/*
 * Reads the report with the latest time in its name, of those that are wanted; of equal times the one written last.
 * Only a regular file with one name, of the caller or root, is read, and no link is followed.  0; -ENOENT: there is
 * none, or no directory; -EFBIG: it is no report that memtrace wrote; another -errno.  kept__done() in any case.
 */
int kept__newest(struct kept *kept, const char *dir, const struct kept_request *request);
void kept__done(struct kept *kept);

#endif
