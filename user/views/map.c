// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"
#include "wrapped.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define TEXT_LEN 32

/* Of mappings, in the order of fill_group(). */
enum {
	COLUMN_NAME,
	COLUMN_SIZE,
	COLUMN_RSS,
	COLUMN_SWAP,
	COLUMN_HUGE,
	COLUMN_COUNT,
	COLUMN_FIRST_TOUCH,
	COLUMN_WRITE_PRESENT,
	COLUMN_MINOR,
	COLUMN_MAJOR,
	COLUMN_COPIED,
	COLUMN_RETURNED,
	COLUMN_CLASS,
	COLUMN_START,
	NR_COLUMNS,
};

static const struct column mapping_columns[NR_COLUMNS] = {
	[COLUMN_NAME] = { .title = "MAPPING", .path = "name", .left = true, .key = true },
	[COLUMN_SIZE] = { .title = "SIZE", .path = "size_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_RSS] = { .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_SWAP] = { .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_HUGE] = { .title = "HUGE", .path = "huge_bytes", .unit = UNIT_BYTES },
	[COLUMN_COUNT] = { .title = "MAPS", .path = "maps", .unit = UNIT_COUNT },
	[COLUMN_FIRST_TOUCH] = { .title = "FIRST-TOUCH", .path = "first_touch_bytes", .unit = UNIT_BYTES },
	[COLUMN_WRITE_PRESENT] = { .title = "WRITE-PRESENT", .path = "write_present", .unit = UNIT_COUNT },
	[COLUMN_MINOR] = { .title = "MINOR", .path = "minor", .unit = UNIT_COUNT },
	[COLUMN_MAJOR] = { .title = "MAJOR", .path = "major", .unit = UNIT_COUNT },
	[COLUMN_COPIED] = { .path = "copied", .unit = UNIT_COUNT },
	[COLUMN_RETURNED] = { .path = "returned_bytes", .unit = UNIT_BYTES },
	[COLUMN_CLASS] = { .title = "CLASS", .path = "class", .left = true },
	[COLUMN_START] = { .path = "start" },
};

/* Of processes, in the order of fill_process(). */
static const struct column process_columns[] = {
	{ .title = "PID", .path = "pid", .key = true },
	{ .title = "COMM", .path = "comm", .left = true, .key = true },
	{ .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES, .key = true },
	{ .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES, .key = true },
	{ .title = "GREW", .path = "grew_bytes", .unit = UNIT_BYTES },
	{ .title = "ANON", .path = "anon_bytes", .unit = UNIT_BYTES },
	{ .title = "FILE", .path = "file_bytes", .unit = UNIT_BYTES },
	{ .title = "SHMEM", .path = "shmem_bytes", .unit = UNIT_BYTES },
	{ .title = "TABLES", .path = "page_tables_bytes", .unit = UNIT_BYTES },
	{ .title = "PSS", .path = "pss_bytes", .unit = UNIT_BYTES },
	{ .title = "USS", .path = "uss_bytes", .unit = UNIT_BYTES },
	{ .title = "CGROUP", .path = "cgroup", .left = true },
	{ .path = "size_bytes", .unit = UNIT_BYTES },
	{ .path = "hugetlb_bytes", .unit = UNIT_BYTES },
	{ .path = "ended" },
	{ .path = "error" },
	{ .path = "pages_from" },
	{ .path = "mappings_unknown", .unit = UNIT_COUNT },
	{ .path = "cost.maps_ns", .unit = UNIT_NS },
	{ .path = "cost.pages_ns", .unit = UNIT_NS },
	{ .path = "cost.pss_ns", .unit = UNIT_NS },
	{ .path = "mappings" },
};

#define NR_PROCESS_COLUMNS NR(process_columns)

static struct cell number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

static struct cell known(bool is_known, uint64_t n)
{
	return is_known ? cell_uint(n) : cell_none();
}

static void fill_group(const struct map_process *process, const struct map_group *group,
		       const struct map_activity *activity, struct cell *c)
{
	static const struct map_activity unseen = { MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64 };

	if (!activity)
		activity = &unseen;
	c[COLUMN_NAME] = cell_string(group->name);
	c[COLUMN_CLASS] = cell_string(map_class__name(group->class));
	c[COLUMN_START] = cell_address(group->start);
	c[COLUMN_SIZE] = cell_uint(group->size);
	c[COLUMN_RSS] = known(group->known, group->rss);
	c[COLUMN_SWAP] = known(group->known, group->swap);
	c[COLUMN_HUGE] = known(group->known && process->map->scanned, group->huge);
	c[COLUMN_COUNT] = cell_uint(group->nr);
	c[COLUMN_FIRST_TOUCH] = number(activity->first_touch_bytes);
	c[COLUMN_WRITE_PRESENT] = number(activity->write_present);
	c[COLUMN_MINOR] = number(activity->minor);
	c[COLUMN_MAJOR] = number(activity->major);
	c[COLUMN_COPIED] = cell_none();
	c[COLUMN_RETURNED] = cell_none();
}

/* "11 more (-k 0)": the sum of the groups that text leaves out. */
static int rest_row(void *ctx, size_t nr, struct cell *cells)
{
	struct map_table *table = (struct map_table *)((char *)ctx - offsetof(struct map_table, rows));
	const struct map_groups *groups = table->process->groups;
	struct map_group sum = { .known = true };
	size_t i;

	if (nr || !table->shown || groups->nr <= table->shown)
		return 0;
	for (i = table->shown; i < groups->nr; i++) {
		sum.known &= groups->list[i].known;
		sum.size += groups->list[i].size;
		sum.rss += groups->list[i].rss;
		sum.swap += groups->list[i].swap;
		sum.huge += groups->list[i].huge;
		sum.nr += groups->list[i].nr;
	}
	snprintf(table->rest_name, sizeof(table->rest_name), "%zu more (-k 0)", groups->nr - table->shown);
	sum.name = table->rest_name;
	fill_group(table->process, &sum, NULL, cells);
	cells[COLUMN_CLASS] = cell_string("");
	return 1;
}

static const char *bytes(char text[TEXT_LEN], uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? "-" : format_bytes(text, TEXT_LEN, (double)n);
}

static const char *grew(char text[TEXT_LEN], const struct map_process *process)
{
	uint64_t now = process->map->kernel.rss + process->map->kernel.swap;
	char amount[TEXT_LEN];

	if (now >= process->grew_from)
		snprintf(text, TEXT_LEN, "+%s", bytes(amount, now - process->grew_from));
	else
		snprintf(text, TEXT_LEN, "-%s", bytes(amount, process->grew_from - now));
	return text;
}

/* "java[812]  size 4.2GiB, rss 1.9GiB, swap 0B, page tables 4MiB" */
static void say_process(const struct map_request *request, const struct map_process *process, struct report *report)
{
	const struct process_map *map = process->map;
	char text[TEXT_LEN];
	struct wrapped line;

	wrapped__begin(&line, report, "process");
	wrapped__add(&line, "", "%s[%u]%s", map->comm, map->pid, process->ended ? ", which has ended" : "");
	wrapped__add(&line, ": ", "size %s", bytes(text, map->kernel.size));
	wrapped__add(&line, ", ", "rss %s", bytes(text, map->kernel.rss));
	if (request->duration_ns && process->grew_from != MT_UNKNOWN_U64)
		wrapped__add(&line, " ", "(%s with swap)", grew(text, process));
	wrapped__add(&line, ", ", "swap %s", bytes(text, map->kernel.swap));
	wrapped__add(&line, ", ", "page tables %s", bytes(text, map->kernel.page_tables));
	if (map->kernel.hugetlb && map->kernel.hugetlb != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "hugetlb %s", bytes(text, map->kernel.hugetlb));
	if (request->pss) {
		wrapped__add(&line, ", ", "PSS %s", bytes(text, map->pss));
		wrapped__add(&line, ", ", "USS %s", bytes(text, map->uss));
	}
	wrapped__end(&line);
}

static void say_cost(const struct map_request *request, const struct process_map *map, struct report *report)
{
	char text[TEXT_LEN];
	struct wrapped line;

	wrapped__begin(&line, report, "read in");
	wrapped__add(&line, "", "%s for %zu mappings", format_duration(text, sizeof(text), map->cost_ns.maps),
		     map->nr_areas);
	wrapped__add(&line, ", ", "%s for their pages (%s)", format_duration(text, sizeof(text), map->cost_ns.pages),
		     map->scanned ? "PAGEMAP_SCAN" : "pagemap");
	if (request->pss)
		wrapped__add(&line, ", ", "%s for PSS and USS", format_duration(text, sizeof(text), map->cost_ns.pss));
	if (map->unknown)
		wrapped__add(&line, "; ", "of %zu mappings the pages were not read", map->unknown);
	wrapped__end(&line);
}

static int fill_table(struct map_view *view, const struct map_request *request, const struct map_process *process,
		      struct map_table *table)
{
	const struct map_groups *groups = process->groups;
	size_t i;

	table->process = process;
	table->shown = request->rows;
	table->cells = calloc(groups->nr * NR_COLUMNS + 1, sizeof(*table->cells));
	if (!table->cells)
		return -ENOMEM;
	for (i = 0; i < groups->nr; i++)
		fill_group(process, &groups->list[i], process->activity ? &process->activity[i] : NULL,
			   table->cells + i * NR_COLUMNS);
	table->rows = (struct cell_rows){ .cells = table->cells, .nr = groups->nr, .nr_columns = NR_COLUMNS };
	table->table = (struct table){ .columns = view->columns,
				       .nr_columns = NR_COLUMNS,
				       .rows = cell_rows__source(&table->rows),
				       .text_rows = request->rows,
				       .rest = rest_row };
	return 0;
}

static struct cell growth(const struct map_process *process)
{
	if (process->grew_from == MT_UNKNOWN_U64 || process->map->kernel.rss == MT_UNKNOWN_U64 ||
	    process->map->kernel.swap == MT_UNKNOWN_U64)
		return cell_none();
	return cell_int((int64_t)(process->map->kernel.rss + process->map->kernel.swap - process->grew_from));
}

static void fill_process(const struct map_process *process, const struct table *mappings, struct cell *c)
{
	const struct process_map *map = process->map;
	bool has_areas = process->groups && !map->error;

	*c++ = cell_uint(map->pid);
	*c++ = cell_string(map->comm);
	*c++ = number(map->kernel.rss);
	*c++ = number(map->kernel.swap);
	*c++ = growth(process);
	*c++ = number(map->kernel.anon);
	*c++ = number(map->kernel.file);
	*c++ = number(map->kernel.shmem);
	*c++ = number(map->kernel.page_tables);
	*c++ = number(map->pss);
	*c++ = number(map->uss);
	*c++ = cell_string(process->cgroup);
	*c++ = number(map->kernel.size);
	*c++ = number(map->kernel.hugetlb);
	*c++ = cell_bool(process->ended);
	*c++ = map->error ? cell_string(strerror(map->error)) : cell_none();
	*c++ = has_areas ? cell_string(map->scanned ? "PAGEMAP_SCAN" : "pagemap") : cell_none();
	*c++ = known(has_areas, map->unknown);
	*c++ = known(map->cost_ns.maps, map->cost_ns.maps);
	*c++ = known(map->cost_ns.pages, map->cost_ns.pages);
	*c++ = known(map->cost_ns.pss, map->cost_ns.pss);
	*c++ = has_areas ? cell_table(mappings) : cell_none();
}

/* Columns about an interval only where there is one. */
static void choose_columns(struct map_view *view, const struct map_request *request)
{
	size_t i;

	memcpy(view->columns, mapping_columns, sizeof(mapping_columns));
	for (i = COLUMN_FIRST_TOUCH; i <= COLUMN_MAJOR; i++)
		if (!request->duration_ns)
			view->columns[i].title = NULL;
}

static void say_mappings(const struct map_request *request, const struct map_process *process,
			 const struct map_table *table, struct report *report)
{
	say_process(request, process, report);
	if (process->map->error) {
		report__add_note(report, "its mappings cannot be read: %s", strerror(process->map->error));
		return;
	}
	report__add_table(report, &table->table);
	say_cost(request, process->map, report);
}

static void add_head(struct map_view *view, const struct map_request *request, struct report *report)
{
	static const struct column columns[] = { { .path = "version" }, { .path = "duration_ns", .unit = UNIT_NS } };

	view->head[0] = cell_string(MEMTRACE_VERSION);
	view->head[1] = known(request->duration_ns, request->duration_ns);
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = columns, .cells = view->head, .nr_columns = NR(columns) });
}

static void add_processes(struct map_view *view, const struct map_request *request, struct report *report)
{
	view->rows = (struct cell_rows){ .cells = view->cells, .nr = request->nr, .nr_columns = NR_PROCESS_COLUMNS };
	report__add_table(report, &(struct table){ .path = "processes",
						   .not_in_text = true,
						   .columns = process_columns,
						   .nr_columns = NR_PROCESS_COLUMNS,
						   .rows = cell_rows__source(&view->rows) });
}

int map_view__add(struct map_view *view, const struct map_request *request, struct report *report)
{
	size_t i;
	int err = 0;

	view->tables = calloc(request->nr + 1, sizeof(*view->tables));
	view->cells = calloc(request->nr * NR_PROCESS_COLUMNS + 1, sizeof(*view->cells));
	if (!view->tables || !view->cells)
		return -ENOMEM;
	choose_columns(view, request);
	add_head(view, request, report);
	for (i = 0; !err && i < request->nr; i++) {
		const struct map_process *process = &request->processes[i];

		if (process->groups)
			err = fill_table(view, request, process, &view->tables[i]);
		fill_process(process, &view->tables[i].table, view->cells + i * NR_PROCESS_COLUMNS);
		if (!err && process->groups)
			say_mappings(request, process, &view->tables[i], report);
	}
	add_processes(view, request, report);
	return err;
}

void map_view__done(struct map_view *view)
{
	size_t i;

	for (i = 0; view->tables && i < view->rows.nr; i++)
		free(view->tables[i].cells);
	free(view->tables);
	free(view->cells);
	*view = (struct map_view){ 0 };
}
