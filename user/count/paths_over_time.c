// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "paths_over_time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory_kinds.h"

#define AT_ONCE	    100		  /* so many are cut without a look at what that gives */
#define FIRST_TOUCH "first touch" /* how kinds of memory_kinds.def begin that are one */

int paths_over_time__init(struct paths_over_time *paths, const struct path_limits *limits)
{
	*paths = (struct paths_over_time){ .paths = call_paths__new(limits->bytes), .limits = *limits };
	return paths->paths ? 0 : -ENOMEM;
}

static void remove_row(struct paths_over_time *paths, struct path_over_time *row)
{
	HASH_DEL(paths->table, row);
	paths->nr--;
	timed_counts__done(&row->counts);
	free(row);
}

void paths_over_time__done(struct paths_over_time *paths)
{
	struct path_over_time *row, *next;

	HASH_ITER (hh, paths->table, row, next)
		remove_row(paths, row);
	call_paths__free(paths->paths);
	call_paths__free(paths->fresh);
	paths->paths = paths->fresh = NULL;
}

static bool is_first_touch(const struct call_path *path)
{
	char kind[MEMORY_KIND_MAX];

	return path->text && !strncmp(memory_kind__of(path->text, kind), FIRST_TOUCH, strlen(FIRST_TOUCH));
}

/* NULL: no memory. */
static struct path_over_time *get_row(struct paths_over_time *paths, const struct path_over_time_key *key)
{
	struct path_over_time *row;

	HASH_FIND(hh, paths->table, key, sizeof(*key), row);
	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = *key;
	row->number = paths->made++;
	row->touches = is_first_touch(key->path);
	HASH_ADD(hh, paths->table, key, sizeof(row->key), row);
	if (!row->hh.tbl) {
		free(row);
		return NULL;
	}
	paths->nr++;
	return row;
}

static int add_sums(struct paths_over_time *paths, struct path_over_time *row, const uint64_t *sums, uint32_t at)
{
	uint32_t weight;
	int err = 0;

	for (weight = 0; !err && weight < NR_PATH_WEIGHTS; weight++) {
		uint64_t sum = sums[weight];

		if (weight == PATH_TOUCHED && row->touches && !sum)
			sum = sums[PATH_PAGES];
		err = timed_counts__add(&row->counts, at, weight, sum);
		paths->sums[row->key.owner.source][weight] += sum;
		paths->nr_values += sum != 0;
	}
	return err;
}

static int fold(struct paths_over_time *paths, const struct path_limits *limits, size_t at_once);

/* There will be room for many: it need not be filled to the last. */
static int fold_to_half(struct paths_over_time *paths)
{
	const struct path_limits half = { paths->limits.rows / 2, paths->limits.values / 2, paths->limits.bytes / 4 };

	return fold(paths, &half, SIZE_MAX);
}

/* As call_paths__at(), which makes room when texts take it all.  NULL: no memory. */
static const struct call_path *path_at(struct paths_over_time *paths, const char *const *parts, size_t nr_parts)
{
	const struct call_path *path = call_paths__at(paths->paths, parts, nr_parts);

	if (path->text || call_paths__bytes(paths->paths) <= paths->limits.bytes / 2)
		return path;
	return fold_to_half(paths) ? NULL : call_paths__at(paths->paths, parts, nr_parts);
}

int paths_over_time__add(struct paths_over_time *paths, const struct path_owner *owner, const char *const *parts,
			 size_t nr_parts, const uint64_t sums[NR_PATH_WEIGHTS], uint32_t at)
{
	struct path_over_time_key key = { .path = path_at(paths, parts, nr_parts), .owner = *owner };
	struct path_over_time *row;
	int err;

	if (!key.path)
		return -ENOMEM;
	if (!key.path->text)
		key.owner.pid = key.owner.tid = 0;
	row = get_row(paths, &key);
	err = row ? add_sums(paths, row, sums, at) : -ENOMEM;
	if (err || (paths->nr <= paths->limits.rows && paths->nr_values <= paths->limits.values))
		return err;
	return fold_to_half(paths);
}

void paths_over_time__halve(struct paths_over_time *paths)
{
	struct path_over_time *row;

	paths->nr_values = 0;
	for (row = paths->table; row; row = row->hh.next) {
		timed_counts__halve(&row->counts);
		paths->nr_values += row->counts.nr;
	}
}

static void add_up(const struct path_over_time *row, uint64_t sums[NR_PATH_WEIGHTS])
{
	size_t i;

	for (i = 0; i < row->counts.nr; i++)
		sums[row->counts.list[i].key] += row->counts.list[i].value;
}

/* The row that stands for a path of any thread; NULL: no memory. */
static struct path_over_time *row_of_all(struct paths_over_time *paths, uint32_t source, const char *text)
{
	struct path_over_time_key key = { .path = path_at(paths, &text, 1), .owner.source = source };

	return key.path ? get_row(paths, &key) : NULL;
}

int paths_over_time__compare(struct paths_over_time *paths, const struct paths_over_time *other)
{
	const struct path_over_time *theirs;
	struct path_over_time *ours;
	int weight;

	for (theirs = other->table; theirs; theirs = theirs->hh.next) {
		uint64_t sums[NR_PATH_WEIGHTS] = { 0 };

		ours = row_of_all(paths, theirs->key.owner.source, theirs->key.path->text);
		if (!ours)
			return -ENOMEM;
		add_up(theirs, sums);
		for (weight = 0; weight < NR_PATH_WEIGHTS; weight++) {
			ours->before[weight] += sums[weight];
			paths->before[theirs->key.owner.source][weight] += sums[weight];
		}
	}
	return 0;
}

static double share(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

static void weigh_all(struct paths_over_time *paths)
{
	struct path_over_time *row;
	int weight;

	paths->nr_values = 0;
	for (row = paths->table; row; row = row->hh.next) {
		const uint32_t source = row->key.owner.source;
		uint64_t sums[NR_PATH_WEIGHTS] = { 0 };

		timed_counts__tidy(&row->counts);
		paths->nr_values += row->counts.nr;
		add_up(row, sums);
		row->weight = 0;
		row->took = false;
		for (weight = 0; weight < NR_PATH_WEIGHTS; weight++) {
			double now = share(sums[weight], paths->sums[source][weight]);
			double before = share(row->before[weight], paths->before[source][weight]);

			row->weight = now > row->weight ? now : row->weight;
			row->weight = before > row->weight ? before : row->weight;
		}
	}
}

static int compare_rows(const struct path_over_time *a, const struct path_over_time *b)
{
	const char *x = a->key.path->text, *y = b->key.path->text;

	if (!x != !y)
		return x ? 1 : -1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (x && strcmp(x, y))
		return strcmp(x, y);
	return memcmp(&a->key.owner, &b->key.owner, sizeof(a->key.owner));
}

/* Without a look at texts, which often begin alike; the same each time. */
static int by_weight(const void *a, const void *b)
{
	const struct path_over_time *x = *(struct path_over_time *const *)a, *y = *(struct path_over_time *const *)b;

	if (!x->key.path->text != !y->key.path->text)
		return x->key.path->text ? 1 : -1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_source(const struct path_over_time *a, const struct path_over_time *b)
{
	if (a->key.owner.source != b->key.owner.source)
		return a->key.owner.source < b->key.owner.source ? -1 : 1;
	return compare_rows(a, b);
}

/* All rows, the heaviest first; NULL: no memory, or none. */
static struct path_over_time **list_rows(const struct paths_over_time *paths)
{
	struct path_over_time **rows = calloc(paths->nr + 1, sizeof(*rows)), *row;
	size_t nr = 0;

	for (row = paths->table; rows && row; row = row->hh.next)
		rows[nr++] = row;
	if (rows)
		qsort(rows, nr, sizeof(*rows), by_weight);
	return rows;
}

/* How many of the rows, from the heaviest on, are within the limits. */
static size_t count_fitting(struct path_over_time *const *rows, size_t nr, const struct path_limits *limits)
{
	struct path_limits taken = { 0 };
	size_t i;

	for (i = 0; i < nr; i++) {
		const char *text = rows[i]->key.path->text;

		taken.rows++;
		taken.values += rows[i]->counts.nr;
		taken.bytes += text ? strlen(text) : 0;
		if (taken.rows > limits->rows || taken.values > limits->values || taken.bytes > limits->bytes)
			break;
	}
	return i;
}

static size_t count_functions(const char *text)
{
	size_t nr = 1;

	for (; *text; text++)
		nr += *text == ';';
	return nr;
}

static bool is_cut(const char *text)
{
	size_t len = strlen(text), mark = strlen(";" PATH_FOLDED);

	return len >= mark && !strcmp(text + len - mark, ";" PATH_FOLDED);
}

/* A path without the last quarter of its functions; of a program's name alone: what found no room. */
static const struct call_path *cut(struct paths_over_time *paths, const char *text)
{
	size_t nr = count_functions(text) - is_cut(text), keep = nr - (nr + 3) / 4, len = 0, i;
	const char *parts[] = { NULL, PATH_FOLDED };
	const struct call_path *path;
	char *head;

	if (!keep)
		return call_paths__rest(paths->fresh);
	for (i = 0; i < keep; i++)
		len += (i > 0) + strcspn(text + len + (i > 0), ";");
	head = strndup(text, len);
	if (!head)
		return NULL;
	parts[0] = head;
	path = call_paths__at(paths->fresh, parts, 2);
	free(head);
	return path;
}

/* Adds what a row has to another one, and removes it.  0 or -ENOMEM. */
static int merge_row(struct paths_over_time *paths, struct path_over_time *to, struct path_over_time *row)
{
	int err = timed_counts__join(&to->counts, &row->counts), weight;

	if (err)
		return err;
	for (weight = 0; weight < NR_PATH_WEIGHTS; weight++)
		to->before[weight] += row->before[weight];
	to->took = true;
	to->stands_for += row->stands_for;
	remove_row(paths, row);
	return 0;
}

/* Adds a row to one of several threads, or, with that done, to a shorter one.  0 or -ENOMEM. */
static int fold_row(struct paths_over_time *paths, struct path_over_time *row)
{
	struct path_over_time_key key = { .path = row->key.path, .owner.source = row->key.owner.source };
	struct path_over_time *to;
	bool shorter = !row->key.owner.pid;

	if (shorter)
		key.path = cut(paths, row->key.path->text);
	to = key.path ? get_row(paths, &key) : NULL;
	if (!to)
		return -ENOMEM;
	if (shorter && !row->stands_for)
		row->stands_for = 1;
	return merge_row(paths, to, row);
}

/* One pass over what does not fit: whether anything was folded; threads alone, or all.  Of more than at_once rows the
 * lighter half.  -ENOMEM. */
static int fold_once(struct paths_over_time *paths, const struct path_limits *limits, bool threads, size_t at_once)
{
	struct path_over_time **rows;
	size_t nr = paths->nr, fit, i;
	int err = 0, folded = 0;

	weigh_all(paths);
	rows = list_rows(paths);
	if (!rows)
		return -ENOMEM;
	fit = count_fitting(rows, nr, limits);
	/* the others may have room when the lightest ones have joined */
	for (i = nr - fit > at_once ? (fit + nr) / 2 : fit; !err && i < nr; i++) {
		if (!rows[i]->key.path->text || (threads && !rows[i]->key.owner.pid))
			continue;
		folded = 1;
		if (rows[i]->took) /* its weight is another one now: the next pass decides */
			continue;
		err = fold_row(paths, rows[i]);
	}
	free(rows);
	return err ? err : folded;
}

/* Moves the row to the texts that stay, where another row may have the same. */
static int move_row(struct paths_over_time *paths, struct path_over_time *row)
{
	const char *text = row->key.path->text;
	struct path_over_time_key key = { .path = call_paths__at(paths->fresh, &text, 1), .owner = row->key.owner };
	struct path_over_time *to;

	if (!key.path->text)
		key.owner.pid = key.owner.tid = 0;
	if (!memcmp(&key, &row->key, sizeof(key)))
		return 0;
	to = get_row(paths, &key);
	return to ? merge_row(paths, to, row) : -ENOMEM;
}

/* Texts that no row has are freed.  0 or -ENOMEM. */
static int free_texts(struct paths_over_time *paths)
{
	struct path_over_time **rows = list_rows(paths);
	size_t nr = paths->nr, i;
	int err = rows ? 0 : -ENOMEM;

	for (i = 0; !err && i < nr; i++)
		err = move_row(paths, rows[i]);
	free(rows);
	if (err)
		return err;
	call_paths__free(paths->paths);
	paths->paths = paths->fresh;
	paths->fresh = call_paths__new(paths->limits.bytes);
	return paths->fresh ? 0 : -ENOMEM;
}

/* Passes until nothing is left to fold.  0 or -ENOMEM. */
static int fold_all(struct paths_over_time *paths, const struct path_limits *limits, bool threads, size_t at_once)
{
	int folded = 1, err = 0;

	while (!err && folded > 0) {
		folded = fold_once(paths, limits, threads, at_once);
		if (call_paths__bytes(paths->fresh) > paths->limits.bytes / 2)
			err = free_texts(paths);
	}
	return err ? err : folded;
}

static int fold(struct paths_over_time *paths, const struct path_limits *limits, size_t at_once)
{
	int err;

	paths->fresh = call_paths__new(paths->limits.bytes);
	if (!paths->fresh)
		return -ENOMEM;
	err = fold_all(paths, limits, true, SIZE_MAX);
	if (!err)
		err = fold_all(paths, limits, false, at_once);
	if (!err)
		err = free_texts(paths);
	call_paths__free(paths->fresh);
	paths->fresh = NULL;
	weigh_all(paths);
	HASH_SRT(hh, paths->table, by_source);
	return err;
}

int paths_over_time__fold(struct paths_over_time *paths, const struct path_limits *limits)
{
	return fold(paths, limits, AT_ONCE);
}
