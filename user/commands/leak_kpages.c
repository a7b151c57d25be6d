// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak --kernel: which pages the kernel holds for itself that it allocated in the run, by call path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../count/memory_kinds.h"
#include "leak.h"

#define NR(array)   (sizeof(array) / sizeof(*(array)))
#define PATHS_BYTES (16U << 20)
#define MARK	    "_[k]"
#define TEXTS	    3
#define SHOWN_CALLS 5 /* of a path, in text */

/* In the order of fill(). */
static const struct column columns[] = {
	{ .title = "HELD", .path = "bytes", .unit = UNIT_BYTES, .key = true, .main = true },
	{ .title = "ALLOCATIONS", .path = "allocations", .unit = UNIT_COUNT },
	{ .title = "OLDEST", .path = "oldest_ns", .unit = UNIT_NS, .key = true },
	{ .title = "FOR", .path = "kind", .left = true, .key = true },
	{ .title = "FOR THE CALL OF", .left = true, .key = true },
	{ .path = "path", .path_of_calls = true },
};

/* In the order of fill_values(). */
static const struct column value_columns[] = {
	{ .title = "held", .path = "held_bytes", .unit = UNIT_BYTES },
	{ .title = "allocated", .path = "allocated_bytes", .unit = UNIT_BYTES },
	{ .title = "freed", .path = "freed_bytes", .unit = UNIT_BYTES },
	{ .title = "without room", .path = "without_room_bytes", .unit = UNIT_BYTES },
	{ .title = "missed", .path = "missed_bytes", .unit = UNIT_BYTES },
	{ .title = "movable, left out", .path = "movable_bytes", .unit = UNIT_BYTES },
	{ .path = "sample" },
};

struct leak_kpages {
	struct held_paths held; /* of them, the living */
	struct mt_kpages_sum sum;
	struct event_path path;
	/* below: what the report borrows */
	struct cell_list rows;
	char **texts; /* owned: TEXTS of each row, its kind, a short path, its path */
	size_t nr_texts;
	struct cell values[NR(value_columns)];
};

static bool wanted(const struct options *options)
{
	return options->kernel_side;
}

static bool replayed(const struct session *session)
{
	return session->facts.every & 1U << MT_PROBE_kpages;
}

static struct leak_kpages *pages_of(struct leak_run *run)
{
	if (!run->kpages)
		run->kpages = calloc(1, sizeof(*run->kpages));
	if (run->kpages)
		run->kpages->held.max_bytes = PATHS_BYTES;
	return run->kpages;
}

static int take(struct leak_run *run, const struct event_row *row, const struct mt_kpages *rec)
{
	uint64_t page_size = run->tracing.session.facts.page_size;
	struct held_objects objects = { rec->pages * page_size, rec->allocations, rec->oldest_ns };
	struct leak_kpages *pages = run->kpages;
	struct cell cells[EVENT_MAX_COLUMNS];

	/* of an allocation that is freed in parts the first may be gone */
	objects.objects = objects.objects ? objects.objects : 1;
	event__cells(row, (const void *)rec, &run->tracing.session.names, cells);
	event_path__read(&pages->path, row, cells);
	return held_paths__add(&pages->held, &objects, false, pages->path.parts, EVENT_PATH_PARTS);
}

static int on_event(struct leak_run *run, const struct event_row *row, const void *record, bool counts)
{
	if (row->id != MT_REC_kpages && row->id != MT_REC_kpages_sum)
		return 0;
	if (!pages_of(run))
		return -ENOMEM;
	if (row->id == MT_REC_kpages)
		return take(run, row, record);
	held_paths__settle(&run->kpages->held);
	if (counts)
		run->kpages->sum = *(const struct mt_kpages_sum *)record;
	return 0;
}

/* Without the marks of the kernel's functions: all of them are. */
static char *plain(const char *path)
{
	char *text = malloc(strlen(path) + 1), *to = text;

	while (text && *path) {
		if (!strncmp(path, MARK, sizeof(MARK) - 1) && strchr(";", path[sizeof(MARK) - 1]))
			path += sizeof(MARK) - 1;
		else
			*to++ = *path++;
	}
	if (text)
		*to = '\0';
	return text;
}

/* The functions nearest to the allocator, without its own. */
static char *shorten(const char *path)
{
	const char *end = path + memory_kind__wanting(path), *begin = end;
	int calls = 0;

	while (begin > path && (begin[-1] != ';' || ++calls < SHOWN_CALLS))
		begin--;
	return strndup(begin, (size_t)(end - begin));
}

static char *kind_of(const char *path)
{
	char buf[MEMORY_KIND_MAX];

	return strdup(memory_kind__of(path, buf));
}

static int fill(struct leak_run *run, const struct held_path *path, struct cell *c)
{
	const struct held_objects objects = held_path__objects(path, false);
	uint64_t now_ns = run->ended_ns > objects.oldest_ns ? run->ended_ns : objects.oldest_ns;
	char **texts = &run->kpages->texts[run->kpages->nr_texts], *path_text = plain(path->text);

	texts[0] = kind_of(path->text);
	texts[1] = path_text ? shorten(path_text) : NULL;
	texts[2] = path_text;
	run->kpages->nr_texts += TEXTS;
	if (!texts[0] || !texts[1] || !texts[2])
		return -ENOMEM;
	*c++ = cell_uint(objects.bytes);
	*c++ = cell_uint(objects.objects);
	*c++ = cell_uint(now_ns - objects.oldest_ns);
	*c++ = cell_string(texts[0]);
	*c++ = cell_string(texts[1]);
	*c++ = cell_string(texts[2]);
	return 0;
}

static int make_rows(struct leak_run *run)
{
	struct leak_kpages *pages = run->kpages;
	struct held_path **list;
	struct cell *cells;
	size_t nr, i;
	int err = held_paths__rank(&pages->held, false, &list, &nr);

	if (err)
		return err;
	cells = cell_list__make(&pages->rows, nr, NR(columns));
	pages->texts = calloc(nr + 1, TEXTS * sizeof(*pages->texts));
	err = cells && pages->texts ? 0 : -ENOMEM;
	for (i = 0; !err && i < nr; i++)
		err = fill(run, list[i], &cells[i * NR(columns)]);
	free(list);
	return err;
}

static uint64_t held_bytes(const struct held_paths *paths)
{
	uint64_t bytes = paths->rest.living.bytes;
	const struct held_path *path, *next;

	HASH_ITER (hh, paths->table, path, next)
		bytes += path->living.bytes;
	return bytes;
}

static void fill_values(const struct leak_run *run)
{
	uint64_t page_size = run->tracing.session.facts.page_size;
	const struct mt_kpages_sum *sum = &run->kpages->sum;
	struct cell *c = run->kpages->values;

	*c++ = cell_uint(held_bytes(&run->kpages->held));
	*c++ = cell_uint(sum->allocated * page_size);
	*c++ = cell_uint(sum->freed * page_size);
	*c++ = cell_uint(sum->without_room * page_size);
	*c++ = cell_uint(sum->missed * page_size);
	*c++ = cell_uint(sum->movable * page_size);
	*c++ = cell_uint(sum->sample);
}

static void say_what_lacks(const struct leak_run *run, struct report *report)
{
	const struct mt_kpages_sum *sum = &run->kpages->sum;

	if (sum->sample > 1)
		report__add_note(report, "a sample of one allocation in %u: numbers are of the sample", sum->sample);
	if (sum->without_room)
		report__add_note(report,
				 "%llu pages of the kernel found no room and are missing (--objects N gives more)",
				 (unsigned long long)sum->without_room);
}

/* Nothing came: the probe could not be attached, which the report says elsewhere. */
static void add_none(struct leak_kpages *pages, struct report *report)
{
	static const struct column none[] = { { .path = "kernel_pages" }, { .path = "kernel_allocations" } };

	pages->values[0] = pages->values[1] = cell_none();
	report__add_values(report,
			   &(struct values){ .path = "", .columns = none, .cells = pages->values, .nr_columns = 2 });
}

static int add(struct leak_run *run, struct report *report)
{
	struct leak_kpages *pages = pages_of(run);
	int err;

	if (!pages)
		return -ENOMEM;
	if (!pages->sum.hdr.id) {
		add_none(pages, report);
		return 0;
	}
	err = make_rows(run);
	if (err)
		return err;
	fill_values(run);
	report__add_values(report, &(struct values){ .path = "kernel_allocations",
						     .heading = "pages of the kernel",
						     .columns = value_columns,
						     .cells = pages->values,
						     .nr_columns = NR(value_columns) });
	cell_list__add(&pages->rows,
		       &(struct table){ .path = "kernel_pages",
					.columns = columns,
					.nr_columns = NR(columns),
					.empty = "the kernel holds no pages that it allocated in the run" },
		       run->tracing.session.options->rows, 3 /* FOR */, report);
	say_what_lacks(run, report);
	return 0;
}

static void done(struct leak_run *run)
{
	struct leak_kpages *pages = run->kpages;

	if (!pages)
		return;
	held_paths__done(&pages->held);
	while (pages->nr_texts)
		free(pages->texts[--pages->nr_texts]);
	free(pages->texts);
	cell_list__free(&pages->rows);
	free(pages);
	run->kpages = NULL;
}

const struct leak_section leak_kpages_section = {
	.name = "kernel_pages",
	.sums = "kernel_allocations",
	.wanted = wanted,
	.replayed = replayed,
	.probes = 1U << MT_PROBE_kpages,
	.every = 1U << MT_PROBE_kpages,
	.chains = true,
	.event = on_event,
	.add = add,
	.done = done,
};
