// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/log.h"
#include "../base/units.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* In the order of enum mt_cache_op. */
#define EACH_OP(X)                                                                                                     \
	X("ADDED", added)                                                                                              \
	X("EVICTED", evicted)                                                                                          \
	X("TRUNCATED", truncated)                                                                                      \
	X("READ-BACK", read_back) X("DIRTIED", dirtied) X("WRITTEN", written) X("UNREAD", unread)

#define OP_SLOTS(title_, id) static const enum mt_slot id##_slots[] = { MT_SLOT_cache_##id };
EACH_OP(OP_SLOTS)

#define OP_MEASURE(title_, id)                                                                                         \
	{ .title = title_,                                                                                             \
	  .path = #id "_bytes",                                                                                        \
	  .measure = MEASURE_SUM,                                                                                      \
	  .unit = UNIT_PAGES,                                                                                          \
	  .slots = id##_slots,                                                                                         \
	  .nr_slots = 1 },
static const struct probe_column task_columns[] = { EACH_OP(OP_MEASURE){} };

static const struct tasks_view tasks_view = { .columns = task_columns };

#define OP_COLUMN(title_, id) { .title = title_, .path = #id "_bytes", .unit = UNIT_BYTES },
static const struct column file_columns[] = {
	EACH_OP(OP_COLUMN){ .title = "DEVICE", .left = true, .key = true },
	{ .title = "INODE", .path = "inode", .key = true },
	{ .title = "FILE", .left = true, .key = true },
	{ .path = "device_major" },
	{ .path = "device_minor" },
	{ .path = "generation" },
	{ .path = "path" },
	{ .path = "kind" },
	{ .path = "deleted" },
	{ .path = "cut" },
	{ .path = "other" },
};
static const struct column cgroup_columns[] = {
	{ .title = "CGROUP", .path = "cgroup", .left = true, .key = true },
	EACH_OP(OP_COLUMN){ .title = "REFAULTED", .path = "refaulted_bytes", .unit = UNIT_BYTES },
	{ .path = "other" },
};

/* Pages whose eviction the probe remembers; beyond that, fewer are seen coming back than do. */
#define REMEMBERED 65536

static size_t op_of_title(const char *title)
{
	static const char *const titles[] = {
#define OP_TITLE(title_, id) title_, #id "_bytes",
		EACH_OP(OP_TITLE)
	};
	size_t i;

	for (i = 0; i < NR(titles); i++)
		if (!strcasecmp(title, titles[i]))
			return i / 2;
	return CACHE_NR_SUMS;
}

int cache_view__init(struct cache_view *cache, const struct run_view *view, const struct cache_files *names,
		     const struct tasks_request *request)
{
	bool by_task = request->by != CACHE_BY_FILE && request->by != BY_CGROUP;
	struct tasks_request own = *request;

	*cache = (struct cache_view){
		.view = view, .names = names, .by = request->by, .shown = request->rows, .sort = request->sort
	};
	if (request->sort && !by_task && op_of_title(request->sort) == CACHE_NR_SUMS) {
		log_error("--sort '%s': expected one of ADDED, EVICTED, TRUNCATED, READ-BACK, DIRTIED, WRITTEN, "
			  "UNREAD",
			  request->sort);
		return EXIT_USAGE;
	}
	if (!by_task) {
		own.by = BY_PROCESS;
		own.sort = NULL;
	}
	own.view = &tasks_view;
	own.ctx = cache;
	return tasks_table__init(&cache->tasks, view, &own);
}

/* A text of the view's own; NULL: none, or no memory. */
static const char *keep(struct cache_view *cache, const char *text)
{
	char **texts = text ? realloc(cache->texts, (cache->nr_texts + 1) * sizeof(*texts)) : NULL;

	if (!texts)
		return NULL;
	cache->texts = texts;
	cache->texts[cache->nr_texts] = strdup(text);
	return cache->texts[cache->nr_texts] ? cache->texts[cache->nr_texts++] : NULL;
}

static const struct mt_cache_pages *pages_of(const struct keyed_row *row, const void *record)
{
	return (const void *)(keyed_row__head(row, record) + 1);
}

static bool is_other(const struct keyed_row *row, const void *record)
{
	return keyed_row__head(row, record)->flags & MT_KEYED_OTHER;
}

/* op: an enum mt_cache_op */
static bool knows(const struct cache_view *cache, size_t op)
{
	static const enum mt_slot slots[] = {
#define OP_SLOT(title_, id) MT_SLOT_cache_##id,
		EACH_OP(OP_SLOT)
	};

	return run_view__knows(cache->view, slots[op]);
}

static struct cell *fill_pages(const struct cache_view *cache, struct cell *cells, const struct mt_cache_pages *pages)
{
	uint64_t page_size = cache->view->facts->page_size;
	const __u64 *nr = &pages->added;
	size_t i;

	for (i = 0; i < CACHE_NR_SUMS; i++)
		*cells++ = knows(cache, i) ? cell_uint(nr[i] * page_size) : cell_none();
	return cells;
}

/* What people read as its name. */
static const char *name_for_people(struct cache_view *cache, const struct mt_cache_file *name)
{
	char text[MT_FILE_PATH_LEN + 32];

	if (!name)
		return NULL;
	if (name->kind == MT_CACHE_BLOCK_DEVICE)
		snprintf(text, sizeof(text), "block device %u:%u", name->rdev_major, name->rdev_minor);
	else if (name->path[0])
		snprintf(text, sizeof(text), "%s%s%s", name->cut ? "..." : "", name->path,
			 name->deleted ? " (deleted)" : "");
	else
		return name->deleted ? "(deleted)" : NULL;
	return keep(cache, text);
}

static void fill_file(struct cache_view *cache, const struct keyed_row *row, const void *of, struct cell *cells)
{
	static const char *const kinds[] = { "file", "block_device" };
	const struct mt_cache_by_file *record = of;
	const struct mt_cache_by_file_key *key = &record->key;
	bool other = is_other(row, record);
	const struct mt_cache_file *name = other ? NULL : cache_files__find(cache->names, key);
	char device[32];

	snprintf(device, sizeof(device), "%u:%u", key->device_major, key->device_minor);
	cells = fill_pages(cache, cells, pages_of(row, record));
	*cells++ = other ? cell_none() : cell_string(keep(cache, device));
	*cells++ = other ? cell_none() : cell_uint(key->inode);
	*cells++ = cell_string(other ? "other files" : name_for_people(cache, name));
	*cells++ = other ? cell_none() : cell_uint(key->device_major);
	*cells++ = other ? cell_none() : cell_uint(key->device_minor);
	*cells++ = other ? cell_none() : cell_uint(key->generation);
	*cells++ = name && name->path[0] ? cell_string(keep(cache, name->path)) : cell_none();
	*cells++ = name && name->kind < NR(kinds) ? cell_string(kinds[name->kind]) : cell_none();
	*cells++ = name ? cell_bool(name->deleted) : cell_none();
	*cells++ = name ? cell_bool(name->cut) : cell_none();
	*cells++ = cell_bool(other);
}

/* What the kernel itself counts as refaults, if programs on functions are allowed.  0 or -errno. */
static int list_refaults(struct cache_view *cache)
{
	const struct keyed_row *row = &keyed_rows[MT_KEYED_refault_by_evictor];

	free(cache->refaults);
	cache->refaults = NULL;
	cache->nr_refaults = 0;
	if (!cache->view->keyed || !keyed_counts__knows(cache->view->keyed, row))
		return 0;
	return keyed_counts__list(cache->view->keyed, row, cache->scope, &cache->refaults, &cache->nr_refaults);
}

/* Of files; of all cgroups, or those of one. */
static struct cell refaulted_cell(const struct cache_view *cache, const uint64_t *cgroup_id)
{
	const struct mt_refault_by_evictor *record;
	uint64_t pages = 0;
	size_t i;

	if (!cache->refaults)
		return cell_none();
	for (i = 0; i < cache->nr_refaults; i++) {
		record = cache->refaults[i];
		if (record->key.file && (!cgroup_id || record->key.cgroup_id == *cgroup_id))
			pages += record->value.refaulted_pages;
	}
	return cell_uint(pages * cache->view->facts->page_size);
}

static void fill_cgroup(struct cache_view *cache, const struct keyed_row *row, const void *of, struct cell *cells)
{
	const struct mt_cache_by_cgroup *record = of;
	const struct event_names *names = cache->view->names;
	uint64_t id = record->key.cgroup_id;
	bool other = is_other(row, record);

	*cells++ = cell_string(other ? "other" : id ? keep(cache, names->cgroup(names->ctx, id)) : NULL);
	cells = fill_pages(cache, cells, pages_of(row, record));
	*cells++ = other ? cell_none() : refaulted_cell(cache, &id);
	*cells = cell_bool(other);
}

/* Rows of two pages records, those with more first; what is equal stays as it was. */
_Static_assert(sizeof(struct mt_cache_pages) == CACHE_NR_SUMS * sizeof(uint64_t), "one for each op");

struct sorted {
	const void *record;
	uint64_t weight;
	size_t place;
};

static int more_first(const void *a, const void *b)
{
	const struct sorted *one = a, *two = b;

	if (one->weight != two->weight)
		return one->weight < two->weight ? 1 : -1;
	return one->place > two->place ? 1 : -1;
}

/* By what is asked for, else by all that came and went. */
static uint64_t weight_of(const struct cache_view *cache, const struct mt_cache_pages *pages)
{
	size_t op = cache->sort ? op_of_title(cache->sort) : CACHE_NR_SUMS;

	if (op < CACHE_NR_SUMS)
		return (&pages->added)[op];
	return pages->added + pages->evicted + pages->truncated + pages->dirtied + pages->written;
}

static const struct sorted *sort(const struct cache_view *cache, const struct keyed_row *row, const void **records,
				 size_t nr)
{
	struct sorted *sorted = calloc(nr + 1, sizeof(*sorted));
	size_t i;

	for (i = 0; sorted && i < nr; i++)
		sorted[i] = (struct sorted){ records[i], weight_of(cache, pages_of(row, records[i])), i };
	if (sorted && nr)
		qsort(sorted, nr, sizeof(*sorted), more_first);
	return sorted;
}

static int rest_of_table(void *ctx, size_t nr, struct cell *cells)
{
	struct cache_table *table = ctx;
	size_t i, column;

	if (nr || !table->shown || table->rows.nr <= table->shown)
		return 0;
	snprintf(table->rest, sizeof(table->rest), "%zu more (-k 0)", table->rows.nr - table->shown);
	for (column = 0; column < table->rows.nr_columns; column++) {
		const struct cell *at = &table->cells[table->shown * table->rows.nr_columns + column];

		cells[column] = cell_none();
		if (table->columns[column].left)
			cells[column] = cell_string(
				table->columns == file_columns && column == CACHE_NR_SUMS ? "" : table->rest);
		if (table->columns[column].unit != UNIT_BYTES || at->kind == CELL_NONE)
			continue;
		cells[column] = cell_uint(0);
		for (i = table->shown; i < table->rows.nr; i++, at += table->rows.nr_columns)
			cells[column].u += at->u;
	}
	return 1;
}

typedef void (*fill_fn)(struct cache_view *cache, const struct keyed_row *row, const void *record, struct cell *cells);

static int fill_table(struct cache_view *cache, struct cache_table *table, enum mt_keyed id, size_t nr_columns,
		      fill_fn fill)
{
	const struct keyed_row *row = &keyed_rows[id];
	const struct sorted *sorted = NULL;
	const void **records = NULL;
	size_t nr = 0, i;
	int err = 0;

	if (cache->view->keyed && keyed_counts__knows(cache->view->keyed, row))
		err = keyed_counts__list(cache->view->keyed, row, cache->scope, &records, &nr);
	table->cells = calloc(nr + 1, nr_columns * sizeof(*table->cells));
	sorted = sort(cache, row, records, err ? 0 : nr);
	if (!err && (!table->cells || !sorted))
		err = -ENOMEM;
	for (i = 0; !err && i < nr; i++)
		fill(cache, row, sorted[i].record, table->cells + i * nr_columns);
	table->rows = (struct cell_rows){ .cells = table->cells, .nr = err ? 0 : nr, .nr_columns = nr_columns };
	table->shown = cache->shown;
	free((void *)sorted);
	free(records);
	return err;
}

static int add_table(struct cache_view *cache, struct report *report, enum group_by by)
{
	bool files = by == CACHE_BY_FILE;
	struct cache_table *table = &cache->tables[!files];
	size_t nr_columns = files ? NR(file_columns) : NR(cgroup_columns);
	int err;

	table->columns = files ? file_columns : cgroup_columns;
	err = fill_table(cache, table, files ? MT_KEYED_cache_by_file : MT_KEYED_cache_by_cgroup, nr_columns,
			 files ? fill_file : fill_cgroup);
	if (err)
		return err;
	report__add_table(report, &(struct table){ .path = files ? "files" : "cgroups",
						   .not_in_text = cache->by != by,
						   .empty = "nothing came into the page cache or left it",
						   .columns = table->columns,
						   .nr_columns = nr_columns,
						   .rows = cell_rows__source(&table->rows),
						   .text_rows = table->shown,
						   .rest = rest_of_table });
	return 0;
}

/* Sums over all files, "other" among them. */
static int sum_up(struct cache_view *cache)
{
	const struct keyed_row *row = &keyed_rows[MT_KEYED_cache_by_file];
	const void **records = NULL;
	size_t nr = 0, i, op;
	int err = 0;

	memset(cache->sums, 0, sizeof(cache->sums));
	if (cache->view->keyed && keyed_counts__knows(cache->view->keyed, row))
		err = keyed_counts__list(cache->view->keyed, row, cache->scope, &records, &nr);
	for (i = 0; !err && i < nr; i++)
		for (op = 0; op < CACHE_NR_SUMS; op++)
			cache->sums[op] += (&pages_of(row, records[i])->added)[op];
	free(records);
	return err;
}

static void add_facts(struct cache_view *cache, struct report *report)
{
	static const struct column titles[] = {
#define OP_FACT(title_, id) { .path = "total." #id "_bytes" },
		EACH_OP(OP_FACT){ .path = "refaulted_bytes" },
		{ .path = "hit_ratio" },
		{ .path = "remembered_evictions" },
		{ .path = "read_back_is_complete" },
	};
	struct mt_cache_pages pages;
	struct cell *cells;

	memcpy(&pages, cache->sums, sizeof(pages));
	cells = fill_pages(cache, cache->facts, &pages);

	*cells++ = refaulted_cell(cache, NULL);
	*cells++ = cell_none(); /* nobody knows the hit ratio */
	*cells++ = cell_uint(REMEMBERED);
	*cells++ = cell_bool(cache->sums[MT_CACHE_EVICTED] <= REMEMBERED);
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = titles, .cells = cache->facts, .nr_columns = NR(titles) });
}

static const char *bytes(const struct cache_view *cache, char *buf, size_t size, uint64_t pages)
{
	return format_bytes(buf, size, (double)pages * cache->view->facts->page_size);
}

static void say_sums(const struct cache_view *cache, struct report *report)
{
	char text[CACHE_NR_SUMS][32], refaulted[32] = "-";
	struct cell all = refaulted_cell(cache, NULL);
	size_t i;

	for (i = 0; i < CACHE_NR_SUMS; i++)
		if (knows(cache, i))
			bytes(cache, text[i], sizeof(text[i]), cache->sums[i]);
		else
			strcpy(text[i], "-");
	if (all.kind != CELL_NONE)
		format_bytes(refaulted, sizeof(refaulted), (double)all.u);
	report__add_note(report,
			 "page cache: added %s  evicted %s  truncated %s  read back %s  refaulted %s  dirtied %s  "
			 "written %s  unread %s  hit ratio -",
			 text[MT_CACHE_ADDED], text[MT_CACHE_EVICTED], text[MT_CACHE_TRUNCATED],
			 text[MT_CACHE_READ_BACK], refaulted, text[MT_CACHE_DIRTIED], text[MT_CACHE_WRITTEN],
			 text[MT_CACHE_UNREAD]);
}

static uint64_t read_back_pages(const void *record)
{
	return ((const struct mt_cache_read_back *)record)->value.pages;
}

/* Whose reclaim had taken most of what was read back. */
static int say_read_back(struct cache_view *cache, struct report *report)
{
	const struct keyed_row *row = &keyed_rows[MT_KEYED_cache_read_back];
	const struct mt_cache_read_back *most = NULL;
	const struct event_names *names = cache->view->names;
	const void **records = NULL;
	size_t nr = 0, i;
	char text[32];
	int err = 0;

	if (cache->view->keyed && keyed_counts__knows(cache->view->keyed, row))
		err = keyed_counts__list(cache->view->keyed, row, cache->scope, &records, &nr);
	for (i = 0; !err && i < nr; i++)
		if (!is_other(row, records[i]) && (!most || read_back_pages(records[i]) > most->value.pages))
			most = records[i];
	if (most && most->value.pages) {
		uint64_t target = most->key.target_cgroup_id;

		bytes(cache, text, sizeof(text), most->value.pages);
		report__add_note(report, "read back (matched): most, %s, had been taken by %.*s%s%s", text, MT_COMM_LEN,
				 most->key.evictor, target ? " for the limit of " : "",
				 target ? names->cgroup(names->ctx, target) : "");
	}
	if (cache->sums[MT_CACHE_EVICTED] > REMEMBERED)
		report__add_note(report, "READ-BACK is a lower bound: more was evicted than is remembered");
	free(records);
	return err;
}

int cache_view__add(struct cache_view *cache, struct report *report, enum scope scope)
{
	bool by_task = cache->by != CACHE_BY_FILE && cache->by != BY_CGROUP;
	int err;

	cache->scope = scope;
	memset(&cache->keyed, 0, sizeof(cache->keyed));
	err = sum_up(cache);
	if (!err)
		err = list_refaults(cache);
	if (err)
		return err;
	say_sums(cache, report);
	add_facts(cache, report);
	if (by_task)
		err = tasks_table__add(&cache->tasks, report, scope, "rows");
	if (!err)
		err = add_table(cache, report, CACHE_BY_FILE);
	if (!err)
		err = add_table(cache, report, BY_CGROUP);
	if (!err)
		err = say_read_back(cache, report);
	if (!err)
		err = keyed_tables__add_one(&cache->keyed, cache->view, report, scope, MT_KEYED_cache_read_back,
					    "read_back");
	return err;
}

void cache_view__done(struct cache_view *cache)
{
	size_t i;

	if (cache->by != CACHE_BY_FILE && cache->by != BY_CGROUP)
		tasks_table__done(&cache->tasks);
	keyed_tables__done(&cache->keyed);
	for (i = 0; i < NR(cache->tables); i++) {
		free(cache->tables[i].cells);
		cache->tables[i].cells = NULL;
	}
	while (cache->nr_texts)
		free(cache->texts[--cache->nr_texts]);
	free(cache->texts);
	cache->texts = NULL;
	free(cache->refaults);
	cache->refaults = NULL;
}
