// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "growth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t growth__held(const struct mt_memory *record)
{
	return record->anon_rss_bytes + record->file_rss_bytes + record->shmem_rss_bytes + record->swap_bytes;
}

struct grown *growth_table__find(const struct growth_table *table, const struct mt_who *who)
{
	struct grown_key key = { .pid = who->pid, .start_ns = who->start_ns };
	struct grown *found;

	HASH_FIND(hh, table->processes, &key, sizeof(key), found);
	return found;
}

static void forget(struct growth_table *table, struct grown *grown)
{
	HASH_DEL(table->processes, grown);
	growth_series__done(&grown->held);
	free(grown);
}

static bool held_less(const struct grown *a, const struct grown *b)
{
	return a->most < b->most;
}

/* Those that have ended are a binary heap: each held no more than the two below it. */
static void sink(struct growth_table *table, struct grown *grown)
{
	size_t at = 0, below;

	for (; (below = 2 * at + 1) < table->nr_ended; at = below) {
		if (below + 1 < table->nr_ended && held_less(table->ended[below + 1], table->ended[below]))
			below++;
		if (!held_less(table->ended[below], grown))
			break;
		table->ended[at] = table->ended[below];
	}
	table->ended[at] = grown;
}

static void rise(struct growth_table *table, struct grown *grown)
{
	size_t at = table->nr_ended++;

	for (; at && held_less(grown, table->ended[(at - 1) / 2]); at = (at - 1) / 2)
		table->ended[at] = table->ended[(at - 1) / 2];
	table->ended[at] = grown;
}

/* Of many that have ended the one that held least is forgotten. */
static void keep_ended(struct growth_table *table, struct grown *grown)
{
	struct grown *least;

	if (table->nr_ended < GROWTH_ENDED_MAX) {
		rise(table, grown);
		return;
	}
	least = held_less(grown, table->ended[0]) ? grown : table->ended[0];
	if (least != grown)
		sink(table, grown);
	forget(table, least);
	table->left_out++;
}

/* What began within the run had nothing before. */
static struct grown *add(struct growth_table *table, const struct mt_memory *record)
{
	struct grown *grown = calloc(1, sizeof(*grown));
	bool born = table->begun_ns && record->who.start_ns >= table->begun_ns;

	if (!grown)
		return NULL;
	grown->key = (struct grown_key){ .pid = record->who.pid, .start_ns = record->who.start_ns };
	grown->first = *record;
	if (born)
		grown->first.anon_rss_bytes = grown->first.file_rss_bytes = grown->first.shmem_rss_bytes =
			grown->first.swap_bytes = grown->first.pgtables_bytes = 0;
	HASH_ADD(hh, table->processes, key, sizeof(grown->key), grown);
	if (grown->hh.tbl && (!born || !growth_series__add(&grown->held, record->who.start_ns, 0, table->step_ns)))
		return grown;
	if (grown->hh.tbl)
		forget(table, grown);
	else
		free(grown);
	return NULL;
}

/* A process that has ended has no later record, or is as it was then. */
int growth_table__take(struct growth_table *table, const struct mt_memory *record)
{
	struct grown *grown = growth_table__find(table, &record->who);
	uint64_t held = growth__held(record);
	int err;

	if (!grown)
		grown = add(table, record);
	if (!grown)
		return -ENOMEM;
	if (grown->last.ended)
		return 0;
	err = growth_series__add(&grown->held, record->hdr.time_ns, held, table->step_ns);
	grown->most = held > grown->most ? held : grown->most;
	grown->last = *record;
	if (record->ended)
		keep_ended(table, grown);
	return err;
}

void growth_table__begin(struct growth_table *table, uint64_t now_ns)
{
	struct grown *grown, *next;

	table->begun_ns = now_ns;
	table->nr_ended = table->left_out = 0;
	HASH_ITER (hh, table->processes, grown, next) {
		if (grown->last.ended) {
			forget(table, grown);
			continue;
		}
		grown->first = grown->last;
		grown->most = growth__held(&grown->last);
		growth_series__restart(&grown->held, now_ns);
	}
}

int growth_table__end(struct growth_table *table, uint64_t now_ns)
{
	struct grown *grown, *next;
	int err = 0;

	HASH_ITER (hh, table->processes, grown, next)
		if (!err && !grown->last.ended && grown->held.points)
			err = growth_series__extend(&grown->held, now_ns, table->step_ns);
	return err;
}

struct growth growth_table__judge(const struct growth_table *table, const struct grown *grown, uint64_t now_ns)
{
	const struct growth_series *held = &grown->held;

	if (held->points || now_ns < held->begin_ns ||
	    (now_ns - held->begin_ns) / GROWTH_LEAST_POINTS < (table->step_ns ? table->step_ns : 1))
		return growth_series__judge(held);
	return (struct growth){ .verdict = GROWTH_NONE, .has_slope = true };
}

static int64_t grown_by(const struct grown *grown)
{
	return (int64_t)(growth__held(&grown->last) - growth__held(&grown->first));
}

/* Of those that grew alike, the one that holds more, then by number. */
static int more_first(const void *a, const void *b)
{
	const struct grown *one = *(const struct grown *const *)a, *two = *(const struct grown *const *)b;
	int64_t first = grown_by(one), second = grown_by(two);
	uint64_t first_held = growth__held(&one->last), second_held = growth__held(&two->last);

	if (first != second)
		return (first < second) - (first > second);
	if (first_held != second_held)
		return (first_held < second_held) - (first_held > second_held);
	return (one->key.pid > two->key.pid) - (one->key.pid < two->key.pid);
}

int growth_table__rank(const struct growth_table *table, struct grown ***list, size_t *nr)
{
	struct grown *grown, *next;

	*nr = 0;
	*list = calloc(HASH_COUNT(table->processes) + 1, sizeof(struct grown *));
	if (!*list)
		return -ENOMEM;
	HASH_ITER (hh, table->processes, grown, next)
		(*list)[(*nr)++] = grown;
	qsort(*list, *nr, sizeof(struct grown *), more_first);
	return 0;
}

void growth_table__done(struct growth_table *table)
{
	struct grown *grown, *next;

	HASH_ITER (hh, table->processes, grown, next)
		forget(table, grown);
}
