// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak --malloc: what programs mapped by themselves and did not give back, by call path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leak.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* In the order of fill(). */
static const struct column columns[] = {
	{ .title = "MAPPED", .path = "bytes", .unit = UNIT_BYTES, .key = true, .main = true },
	{ .title = "MAPPINGS", .path = "mappings", .unit = UNIT_COUNT, .key = true },
	{ .title = "OLDEST", .path = "oldest_ns", .unit = UNIT_NS, .key = true },
	{ .title = "OF", .path = "kind", .left = true, .key = true },
	{ .title = "CALL PATH", .path = "path", .left = true, .key = true, .path_of_calls = true },
};

/* In the order of fill_values(). */
static const struct column value_columns[] = {
	{ .title = "mapped", .path = "bytes", .unit = UNIT_BYTES },
	{ .title = "mappings", .path = "mappings", .unit = UNIT_COUNT },
	{ .title = "of processes that ended", .path = "ended_bytes", .unit = UNIT_BYTES },
};

static const char *const kinds[NR_HELD_KINDS] = {
	[HELD_ANONYMOUS] = "memory",
	[HELD_FILE] = "file",
	[HELD_BREAK] = "brk",
};

struct row {
	const struct held_path *path;
	enum held_kind kind;
	struct held_objects sum;
};

static bool wanted(const struct options *options)
{
	return options->malloc;
}

static bool replayed(const struct session *session)
{
	return session->facts.every & 1U << MT_PROBE_heap;
}

/* Which processes had nothing before: of a run of CMD all that its own did counts, until their ends. */
static bool counts_ended(const struct leak_run *run)
{
	return run->tracing.session.outcome.pid || !run->mapped_view.maps.processes;
}

static struct held_objects both(const struct held_mapped *mapped, bool ended)
{
	struct held_objects sum = mapped->living;

	if (!ended || !mapped->ended.objects)
		return sum;
	if (!sum.objects || mapped->ended.oldest_ns < sum.oldest_ns)
		sum.oldest_ns = mapped->ended.oldest_ns;
	sum.bytes += mapped->ended.bytes;
	sum.objects += mapped->ended.objects;
	return sum;
}

/* Memory first: most files are what the program consists of. */
static int compare(const void *a, const void *b)
{
	const struct row *first = a, *second = b;

	if ((first->kind == HELD_FILE) != (second->kind == HELD_FILE))
		return first->kind == HELD_FILE ? 1 : -1;
	if (first->sum.bytes != second->sum.bytes)
		return first->sum.bytes < second->sum.bytes ? 1 : -1;
	if (first->path != second->path)
		return strcmp(first->path->text, second->path->text);
	return (int)first->kind - (int)second->kind;
}

/* In memory that the caller frees; NULL: there was none. */
static struct row *list_rows(const struct leak_run *run, bool ended, size_t *nr)
{
	size_t room = ((size_t)HASH_COUNT(run->held.table) + 1) * NR_HELD_KINDS;
	struct row *list = calloc(room, sizeof(*list));
	const struct held_path *path, *next;
	int kind;

	*nr = 0;
	if (!list)
		return NULL;
	HASH_ITER (hh, run->held.table, path, next)
		for (kind = 0; kind < NR_HELD_KINDS; kind++) {
			const struct held_objects sum = both(&path->mapped[kind], ended);

			if (sum.objects)
				list[(*nr)++] = (struct row){ path, (enum held_kind)kind, sum };
		}
	qsort(list, *nr, sizeof(*list), compare);
	return list;
}

static void fill(const struct leak_run *run, const struct row *row, struct cell *c)
{
	uint64_t now_ns = run->ended_ns > row->sum.oldest_ns ? run->ended_ns : row->sum.oldest_ns;

	*c++ = cell_uint(row->sum.bytes);
	*c++ = cell_uint(row->sum.objects);
	*c++ = cell_uint(now_ns - row->sum.oldest_ns);
	*c++ = kinds[row->kind] ? cell_string(kinds[row->kind]) : cell_none();
	*c++ = cell_string(row->path->text);
}

static struct held_objects sum_of(const struct leak_run *run, bool of_ended)
{
	struct held_objects sum = { 0 };
	const struct held_path *path = &run->held.rest, *next = run->held.table;
	const struct held_objects *part;
	int kind;

	for (; path; path = next, next = path ? path->hh.next : NULL)
		for (kind = 0; kind < NR_HELD_KINDS; kind++) {
			part = of_ended ? &path->mapped[kind].ended : &path->mapped[kind].living;
			sum.bytes += part->bytes;
			sum.objects += part->objects;
		}
	return sum;
}

static void fill_values(struct leak_run *run, bool ended)
{
	const struct held_objects living = sum_of(run, false), gone = sum_of(run, true);
	struct cell *c = run->mapped_view.values;

	*c++ = cell_uint(living.bytes + (ended ? gone.bytes : 0));
	*c++ = cell_uint(living.objects + (ended ? gone.objects : 0));
	*c++ = cell_uint(gone.bytes);
}

static int make_rows(struct leak_run *run, bool ended)
{
	size_t nr, i;
	struct row *list = list_rows(run, ended, &nr);
	struct cell *cells = list ? cell_list__make(&run->mapped_view.rows, nr, NR(columns)) : NULL;

	for (i = 0; cells && i < nr; i++)
		fill(run, &list[i], &cells[i * NR(columns)]);
	free(list);
	return cells ? 0 : -ENOMEM;
}

/* Where system calls are not seen, as in recordings of before they were, nothing is known. */
static void add_unknown(struct leak_mapped_view *view, struct report *report)
{
	static const struct column unknown[] = { { .path = "by_mapping" }, { .path = "mapped" } };

	view->values[0] = view->values[1] = cell_none();
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = unknown, .cells = view->values, .nr_columns = NR(unknown) });
}

static int add(struct leak_run *run, struct report *report)
{
	struct leak_mapped_view *view = &run->mapped_view;
	bool ended = counts_ended(run);
	int err;

	if (!run->held.sum.sees_maps) {
		add_unknown(view, report);
		return 0;
	}
	held_maps__sum(&view->maps, run->ended_ns);
	err = make_rows(run, ended);
	if (err)
		return err;
	fill_values(run, ended);
	report__add_values(report, &(struct values){ .path = "mapped",
						     .heading = "mapped by programs themselves",
						     .columns = value_columns,
						     .cells = view->values,
						     .nr_columns = NR(value_columns) });
	cell_list__add(&view->rows,
		       &(struct table){ .path = "by_mapping",
					.columns = columns,
					.nr_columns = NR(columns),
					.empty = "nothing is mapped that was mapped since the run began" },
		       run->tracing.session.options->rows, NR(columns) - 1, report);
	return 0;
}

static bool maps_something(const struct mt_heap_map *record)
{
	return record->change <= MT_HEAP_MREMAP && record->bytes;
}

static int on_event(struct leak_run *run, const struct event_row *row, const void *record, bool counts)
{
	const struct event_names *names = &run->tracing.session.names;
	struct leak_mapped_view *view = &run->mapped_view;
	const struct mt_heap_map *change = record;
	const struct mt_who *who;
	struct cell cells[EVENT_MAX_COLUMNS];
	struct held_path *path = NULL;

	if (row->id == MT_REC_heap_sum)
		view->maps.age_ns = ((const struct mt_heap_sum *)record)->age_ns;
	who = row->id == MT_REC_heap_map && counts ? names->who(names->ctx, change->who.id) : NULL;
	if (!who)
		return 0;
	if (maps_something(change)) {
		run->held.max_bytes = LEAK_PATHS_BYTES;
		event__cells(row, record, names, cells);
		event_path__read(&view->path, row, cells);
		path = held_paths__at(&run->held, view->path.parts, EVENT_PATH_PARTS);
		if (!path)
			return -ENOMEM;
	}
	return held_maps__take(&view->maps, who, change, path);
}

static void done(struct leak_run *run)
{
	held_maps__done(&run->mapped_view.maps);
	cell_list__free(&run->mapped_view.rows);
}

const struct leak_section leak_mapped_section = {
	.name = "by_mapping",
	.sums = "mapped",
	.wanted = wanted,
	.replayed = replayed,
	.probes = 1U << MT_PROBE_heap,
	.every = 1U << MT_PROBE_heap,
	.chains = true,
	.event = on_event,
	.add = add,
	.done = done,
};
