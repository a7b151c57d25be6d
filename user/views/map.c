// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/units.h"
#include "map_impl.h"
#include "wrapped.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define TEXT_LEN 32

/* Of mappings, in the order of fill_group(). */
enum {
	COLUMN_NAME, /* what people read */
	COLUMN_OWN_NAME,
	COLUMN_SIZE,
	COLUMN_RSS,
	COLUMN_SWAP,
	COLUMN_HUGE,
	COLUMN_NODE,
	COLUMN_REFERENCED = COLUMN_NODE + MAP_NODES,
	COLUMN_COUNT,
	COLUMN_FIRST_TOUCH,
	COLUMN_TOUCH_RATE,
	COLUMN_WRITE_PRESENT,
	COLUMN_COPIED,
	COLUMN_MINOR,
	COLUMN_MAJOR,
	COLUMN_SWAPPED_IN,
	COLUMN_ASKED,
	COLUMN_RETURNED,
	COLUMN_CLASS,
	COLUMN_START,
	COLUMN_DELETED,
	NR_COLUMNS,
};

static const struct column mapping_columns[NR_COLUMNS] = {
	[COLUMN_NAME] = { .title = "MAPPING", .left = true, .key = true },
	[COLUMN_OWN_NAME] = { .path = "name" },
	[COLUMN_SIZE] = { .title = "SIZE", .path = "size_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_RSS] = { .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_SWAP] = { .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_HUGE] = { .title = "HUGE", .path = "huge_bytes", .unit = UNIT_BYTES },
#define NODE(nr, title_) [COLUMN_NODE + (nr)] = { .title = title_, .path = "node_bytes." #nr, .unit = UNIT_BYTES }
	NODE(0, "NODE0"),
	NODE(1, "NODE1"),
	NODE(2, "NODE2"),
	NODE(3, "NODE3"),
	NODE(4, "NODE4"),
	NODE(5, "NODE5"),
	NODE(6, "NODE6"),
	NODE(7, "NODE7+"),
	[COLUMN_REFERENCED] = { .title = "REFERENCED", .path = "referenced_bytes", .unit = UNIT_BYTES },
	[COLUMN_COUNT] = { .title = "MAPS", .path = "maps", .unit = UNIT_COUNT },
	[COLUMN_FIRST_TOUCH] = { .title = "FIRST-TOUCH", .path = "first_touch_bytes", .unit = UNIT_BYTES },
	[COLUMN_TOUCH_RATE] = { .title = "TOUCH/s", .path = "first_touch_bytes_per_second", .unit = UNIT_BYTES },
	[COLUMN_WRITE_PRESENT] = { .title = "WRITE-PRESENT", .path = "write_present", .unit = UNIT_COUNT },
	[COLUMN_COPIED] = { .title = "COPIED", .path = "copied", .unit = UNIT_COUNT },
	[COLUMN_MINOR] = { .title = "MINOR", .path = "minor", .unit = UNIT_COUNT },
	[COLUMN_MAJOR] = { .title = "MAJOR", .path = "major", .unit = UNIT_COUNT },
	[COLUMN_SWAPPED_IN] = { .title = "SWAPPED-IN", .path = "swapped_in", .unit = UNIT_COUNT },
	[COLUMN_ASKED] = { .title = "ASKED", .path = "asked_bytes", .unit = UNIT_BYTES },
	[COLUMN_RETURNED] = { .title = "RETURNED", .path = "returned_bytes", .unit = UNIT_BYTES },
	[COLUMN_CLASS] = { .title = "CLASS", .path = "class", .left = true },
	[COLUMN_START] = { .path = "start" },
	[COLUMN_DELETED] = { .path = "deleted" },
};

static struct cell touch_rate(uint64_t first_touch_bytes, uint64_t duration_ns)
{
	if (first_touch_bytes == MT_UNKNOWN_U64 || !duration_ns)
		return cell_none();
	return cell_uint((uint64_t)((double)first_touch_bytes * (double)NSEC_PER_SEC / (double)duration_ns + 0.5));
}

static const char *name_for_people(struct map_view *view, const struct map_group *group)
{
	size_t size = strlen(group->name) + sizeof(" (deleted)");
	char *text = group->deleted ? arena__zeroed(&view->names, size) : NULL;

	if (!text)
		return group->name;
	snprintf(text, size, "%s (deleted)", group->name);
	return text;
}

static void fill_group(const struct map_table *table, const struct map_group *group,
		       const struct map_activity *activity, struct cell *c)
{
	static const struct map_activity unseen = { MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64,
						    MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64 };

	if (!activity)
		activity = &unseen;
	c[COLUMN_OWN_NAME] = cell_string(group->name);
	c[COLUMN_DELETED] = table->process->map->knows_deleted ? cell_bool(group->deleted) : cell_none();
	c[COLUMN_CLASS] = cell_string(map_class__name(group->class));
	c[COLUMN_START] = cell_address(group->start);
	c[COLUMN_SIZE] = cell_uint(group->size);
	c[COLUMN_RSS] = map__known(group->known, group->rss);
	c[COLUMN_SWAP] = map__known(group->known, group->swap);
	c[COLUMN_HUGE] = map__known(group->known && table->process->map->scanned, group->huge);
	for (size_t node = 0; node < MAP_NODES; node++)
		c[COLUMN_NODE + node] = map__number(group->nodes[node]);
	c[COLUMN_REFERENCED] = map__number(group->referenced);
	c[COLUMN_COUNT] = cell_uint(group->nr);
	c[COLUMN_FIRST_TOUCH] = map__number(activity->first_touch_bytes);
	c[COLUMN_TOUCH_RATE] = touch_rate(activity->first_touch_bytes, table->duration_ns);
	c[COLUMN_WRITE_PRESENT] = map__number(activity->write_present);
	c[COLUMN_MINOR] = map__number(activity->minor);
	c[COLUMN_MAJOR] = map__number(activity->major);
	c[COLUMN_SWAPPED_IN] = map__number(activity->swapped_in);
	c[COLUMN_COPIED] = map__number(activity->copied);
	c[COLUMN_ASKED] = map__number(activity->asked_bytes);
	c[COLUMN_RETURNED] = map__number(activity->returned_bytes);
}

/* A sum is known if all its parts are. */
static void add_known(uint64_t *sum, uint64_t part)
{
	if (*sum == MT_UNKNOWN_U64 || part == MT_UNKNOWN_U64)
		*sum = MT_UNKNOWN_U64;
	else
		*sum += part;
}

static void add_activity(struct map_activity *sum, const struct map_activity *part)
{
	add_known(&sum->minor, part->minor);
	add_known(&sum->major, part->major);
	add_known(&sum->swapped_in, part->swapped_in);
	add_known(&sum->write_present, part->write_present);
	add_known(&sum->first_touch_bytes, part->first_touch_bytes);
	add_known(&sum->copied, part->copied);
	add_known(&sum->asked_bytes, part->asked_bytes);
	add_known(&sum->returned_bytes, part->returned_bytes);
}

/* "11 more (-k 0)": the sum of the groups that text leaves out. */
static void rest_row(struct map_table *table, struct cell *cells)
{
	const struct map_groups *groups = table->process->groups;
	struct map_group sum = { .known = true };
	struct map_activity activity = { 0 };
	size_t i, node;

	for (i = table->shown; i < groups->nr; i++) {
		sum.known &= groups->list[i].known;
		sum.size += groups->list[i].size;
		sum.rss += groups->list[i].rss;
		sum.swap += groups->list[i].swap;
		sum.huge += groups->list[i].huge;
		add_known(&sum.referenced, groups->list[i].referenced);
		for (node = 0; node < MAP_NODES; node++)
			add_known(&sum.nodes[node], groups->list[i].nodes[node]);
		sum.nr += groups->list[i].nr;
		if (table->process->activity)
			add_activity(&activity, &table->process->activity[i]);
	}
	snprintf(table->rest_name, sizeof(table->rest_name), "%zu more (-k 0)", groups->nr - table->shown);
	sum.name = table->rest_name;
	fill_group(table, &sum, table->process->activity ? &activity : NULL, cells);
	cells[COLUMN_NAME] = cell_string(sum.name);
	cells[COLUMN_CLASS] = cell_string("");
}

/* What the kernel takes beside the mappings: it is in memory, and no part of rss.  False: it is not known. */
static bool page_tables_row(const struct map_table *table, struct cell *cells)
{
	uint64_t page_tables = table->process->map->kernel.page_tables;
	size_t i;

	if (page_tables == MT_UNKNOWN_U64)
		return false;
	for (i = 0; i < NR_COLUMNS; i++)
		cells[i] = cell_string("");
	cells[COLUMN_NAME] = cell_string("[page tables]");
	cells[COLUMN_CLASS] = cell_string("not in rss");
	cells[COLUMN_RSS] = cell_uint(page_tables);
	return true;
}

/* Below the groups: the sum of those that text leaves out, and page tables. */
static int rows_below(void *ctx, size_t nr, struct cell *cells)
{
	struct map_table *table = (struct map_table *)((char *)ctx - offsetof(struct map_table, rows));
	bool has_rest = table->shown && table->process->groups->nr > table->shown;

	if (has_rest && !nr) {
		rest_row(table, cells);
		return 1;
	}
	return nr == has_rest && page_tables_row(table, cells);
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
	char text[TEXT_LEN], interval[TEXT_LEN];
	struct wrapped line;

	wrapped__begin(&line, report, "process");
	wrapped__add(&line, "", "%s[%u]%s", map->comm, map->pid, process->ended ? ", which has ended" : "");
	wrapped__add(&line, ": ", "size %s", bytes(text, map->kernel.size));
	wrapped__add(&line, ", ", "rss %s", bytes(text, map->kernel.rss));
	if (request->traced && process->grew_from != MT_UNKNOWN_U64)
		wrapped__add(&line, " ", "(%s with swap, in %s)", grew(text, process),
			     format_duration(interval, sizeof(interval), request->duration_ns));
	wrapped__add(&line, ", ", "swap %s", bytes(text, map->kernel.swap));
	if (map->error) /* there is no table that has them */
		wrapped__add(&line, ", ", "page tables %s", bytes(text, map->kernel.page_tables));
	if (map->kernel.hugetlb && map->kernel.hugetlb != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "hugetlb %s", bytes(text, map->kernel.hugetlb));
	if (request->pss) {
		wrapped__add(&line, ", ", "PSS %s", bytes(text, map->pss));
		wrapped__add(&line, ", ", "USS %s", bytes(text, map->uss));
	}
	if (request->wss && process->groups)
		wrapped__add(&line, ", ", "referenced %s", bytes(text, process->groups->sum.referenced));
	wrapped__end(&line);
}

/* "asked for 64MiB of address space, gave back 5MiB; touched at least 10MiB for the first time (2MiB/s)" */
static void say_space(const struct map_request *request, const struct map_process *process, struct report *report)
{
	struct map_activity sum = { 0 };
	uint64_t touched = 0;
	char text[TEXT_LEN];
	struct wrapped line;
	size_t i;

	for (i = 0; process->activity && i < process->groups->nr; i++) {
		add_activity(&sum, &process->activity[i]);
		if (process->activity[i].first_touch_bytes != MT_UNKNOWN_U64)
			touched += process->activity[i].first_touch_bytes;
	}
	if (!process->activity || sum.asked_bytes == MT_UNKNOWN_U64)
		return;
	wrapped__begin(&line, report, "asked for");
	wrapped__add(&line, "", "%s of address space", bytes(text, sum.asked_bytes));
	wrapped__add(&line, ", ", "gave back %s", bytes(text, sum.returned_bytes));
	wrapped__add(&line, "; ", "touched at least %s for the first time", bytes(text, touched));
	if (request->duration_ns)
		wrapped__add(&line, " ", "(%s/s)",
			     format_bytes(text, TEXT_LEN,
					  (double)touched * (double)NSEC_PER_SEC / (double)request->duration_ns));
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
	if (request->pss && map->cost_ns.pss)
		wrapped__add(&line, ", ", "%s for PSS and USS", format_duration(text, sizeof(text), map->cost_ns.pss));
	if (request->wss && map->cost_ns.wss)
		wrapped__add(&line, ", ", "%s for what was referenced",
			     format_duration(text, sizeof(text), map->cost_ns.wss));
	if (request->nodes && map->cost_ns.nodes)
		wrapped__add(&line, ", ", "%s for their nodes",
			     format_duration(text, sizeof(text), map->cost_ns.nodes));
	if (map->unknown)
		wrapped__add(&line, "; ", "of %zu mappings the pages were not read", map->unknown);
	wrapped__end(&line);
}

static int fill_table(struct map_view *view, const struct map_request *request, const struct map_process *process,
		      struct map_table *table)
{
	const struct map_groups *groups = process->groups;
	struct cell *cells;
	size_t i;

	table->process = process;
	table->shown = request->rows;
	table->duration_ns = request->duration_ns;
	table->cells = calloc(groups->nr * NR_COLUMNS + 1, sizeof(*table->cells));
	if (!table->cells)
		return -ENOMEM;
	for (i = 0; i < groups->nr; i++) {
		cells = table->cells + i * NR_COLUMNS;
		fill_group(table, &groups->list[i], process->activity ? &process->activity[i] : NULL, cells);
		cells[COLUMN_NAME] = cell_string(name_for_people(view, &groups->list[i]));
	}
	table->rows = (struct cell_rows){ .cells = table->cells, .nr = groups->nr, .nr_columns = NR_COLUMNS };
	table->table = (struct table){ .columns = view->columns,
				       .nr_columns = NR_COLUMNS,
				       .rows = cell_rows__source(&table->rows),
				       .text_rows = request->rows,
				       .rest = rows_below };
	return 0;
}

/* Columns about an interval only where there is one, and those of nodes that there are. */
static void choose_columns(struct map_view *view, const struct map_request *request)
{
	size_t i;

	memcpy(view->columns, mapping_columns, sizeof(mapping_columns));
	for (i = COLUMN_FIRST_TOUCH; i <= COLUMN_RETURNED; i++)
		if (!request->traced)
			view->columns[i].title = NULL;
	for (i = 0; i < MAP_NODES; i++)
		if (!(request->nodes >> i & 1))
			view->columns[COLUMN_NODE + i] = (struct column){ 0 };
	if (!request->wss)
		view->columns[COLUMN_REFERENCED].title = NULL;
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
	if (request->traced)
		say_space(request, process, report);
	say_cost(request, process->map, report);
}

static void add_head(struct map_view *view, const struct map_request *request, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "version" },
		{ .path = "duration_ns", .unit = UNIT_NS },
		{ .path = "lost_faults", .unit = UNIT_COUNT },
	};

	view->head[0] = cell_string(MEMTRACE_VERSION);
	view->head[1] = map__known(request->duration_ns, request->duration_ns);
	view->head[2] = map__known(request->traced, request->lost);
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = columns, .cells = view->head, .nr_columns = NR(columns) });
}

static int add_mappings(struct map_view *view, const struct map_request *request, struct report *report)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < request->nr; i++) {
		const struct map_process *process = &request->processes[i];

		if (!process->groups) {
			report__add_note(report, "%s[%u] ended before its mappings were read", process->map->comm,
					 process->map->pid);
			continue;
		}
		err = fill_table(view, request, process, &view->tables[i]);
		if (!err)
			say_mappings(request, process, &view->tables[i], report);
	}
	if (!request->nr)
		report__add_note(report, "no process was seen while it lived");
	else if (request->lost)
		report__add_note(report, "%llu faults are in no mapping's counts", (unsigned long long)request->lost);
	return err;
}

int map_view__add(struct map_view *view, const struct map_request *request, struct report *report)
{
	char interval[TEXT_LEN];
	int err = 0;

	view->nr_tables = request->nr;
	view->tables = calloc(request->nr + 1, sizeof(*view->tables));
	if (!view->tables)
		return -ENOMEM;
	choose_columns(view, request);
	add_head(view, request, report);
	if (!request->machine)
		err = add_mappings(view, request, report);
	if (!err)
		err = map_processes__add(view, request, report);
	if (request->machine)
		report__add_note(report, "%zu processes; GREW is rss and swap, in %s", request->nr,
				 format_duration(interval, sizeof(interval), request->duration_ns));
	return err;
}

void map_view__done(struct map_view *view)
{
	size_t i;

	for (i = 0; i < view->nr_tables; i++)
		free(view->tables[i].cells);
	free(view->tables);
	arena__free(&view->names);
	cell_list__free(&view->processes);
	cell_list__free(&view->cgroups);
	*view = (struct map_view){ 0 };
}
