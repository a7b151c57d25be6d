// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "titles.h"

#include <stdlib.h>

static struct title_key key_of(const struct mt_who *who)
{
	return (struct title_key){ .pid = who->pid, .start_ns = who->start_ns };
}

static void drop(struct titles *titles, struct title *title)
{
	HASH_DEL(titles->table, title);
	free(title);
}

void titles__free(struct titles *titles)
{
	struct title *title, *next;

	HASH_ITER (hh, titles->table, title, next)
		drop(titles, title);
}

struct title *titles__find(const struct titles *titles, const struct mt_who *who)
{
	struct title_key key = key_of(who);
	struct title *title;

	HASH_FIND(hh, titles->table, &key, sizeof(key), title);
	return title;
}

struct title *titles__get(struct titles *titles, const struct mt_who *who)
{
	struct title *title = titles__find(titles, who);

	if (title || HASH_COUNT(titles->table) >= TITLES_MAX)
		return title;
	title = calloc(1, sizeof(*title));
	if (!title)
		return NULL;
	title->key = key_of(who);
	HASH_ADD(hh, titles->table, key, sizeof(title->key), title);
	if (title->hh.tbl)
		return title;
	free(title);
	return NULL;
}

void titles__take(struct titles *titles, const struct title_record *record)
{
	struct title *title = titles__get(titles, &record->who);

	if (!title || record->hdr.time_ns < title->record.hdr.time_ns)
		return;
	title->record = *record;
	title->record.title[TITLE_LEN - 1] = '\0'; /* a recording may say anything */
}

void titles__end(struct titles *titles, const struct mt_who *who, uint64_t time_ns)
{
	struct title *title = titles__find(titles, who);

	if (title)
		title->gone_ns = time_ns;
}

void titles__retire(struct titles *titles, uint64_t now_ns, uint64_t linger_ns)
{
	struct title *title, *next;

	HASH_ITER (hh, titles->table, title, next)
		if (title->gone_ns && now_ns >= title->gone_ns + linger_ns)
			drop(titles, title);
}
