/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files are called whose pages are in the page cache: the newest record of each (struct mt_cache_file). */
#ifndef MEMTRACE_COUNT_CACHE_FILES_H
#define MEMTRACE_COUNT_CACHE_FILES_H

#include "../model/keyed.h"

#define CACHE_FILES_MAX 16384 /* more than a probe tells apart: its recording may be of several runs */

struct cache_files {
	struct cache_file *table; /* owned */
};

/* Takes a record, already checked for its size.  What finds no room, or no memory, has no name. */
void cache_files__add(struct cache_files *files, const struct mt_cache_file *record);
/* NULL: not known.  Valid until the next cache_files__add(). */
const struct mt_cache_file *cache_files__find(const struct cache_files *files, const struct mt_cache_by_file_key *key);
void cache_files__done(struct cache_files *files);

#endif
