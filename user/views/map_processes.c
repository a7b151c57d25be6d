// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The table of processes, and of their cgroups. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "map_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* Of processes, in the order of fill_process(). */
static const struct column process_columns[] = {
	{ .title = "PID", .path = "pid", .key = true },
	{ .title = "COMM", .path = "comm", .left = true, .key = true },
	{ .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES, .key = true },
	{ .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES, .key = true },
	{ .title = "GREW", .path = "grew_bytes", .unit = UNIT_BYTES },
	{ .title = "SWAP-GREW", .path = "swap_grew_bytes", .unit = UNIT_BYTES },
	{ .title = "ANON", .path = "anon_bytes", .unit = UNIT_BYTES },
	{ .title = "FILE", .path = "file_bytes", .unit = UNIT_BYTES },
	{ .title = "SHMEM", .path = "shmem_bytes", .unit = UNIT_BYTES },
	{ .title = "TABLES", .path = "page_tables_bytes", .unit = UNIT_BYTES },
	{ .title = "PSS", .path = "pss_bytes", .unit = UNIT_BYTES },
	{ .title = "USS", .path = "uss_bytes", .unit = UNIT_BYTES },
	{ .title = "CGROUP", .path = "cgroup", .left = true },
	{ .path = "size_bytes", .unit = UNIT_BYTES },
	{ .path = "referenced_bytes", .unit = UNIT_BYTES },
	{ .path = "hugetlb_bytes", .unit = UNIT_BYTES },
	{ .path = "ended" },
	{ .path = "error" },
	{ .path = "pages_from" },
	{ .path = "mappings_unknown", .unit = UNIT_COUNT },
	{ .path = "cost.maps_ns", .unit = UNIT_NS },
	{ .path = "cost.pages_ns", .unit = UNIT_NS },
	{ .path = "cost.pss_ns", .unit = UNIT_NS },
	{ .path = "cost.wss_ns", .unit = UNIT_NS },
	{ .path = "cost.nodes_ns", .unit = UNIT_NS },
	{ .path = "mappings", .rows = true, .main = true },
	{ .title = "PPID", .path = "ppid" },
	{ .title = "COMMAND", .path = "command", .left = true },
};

#define NR_PROCESS_COLUMNS NR(process_columns)

/* Places in process_columns, and of cgroups. */
enum {
	PROCESS_RSS = 2,
	PROCESS_SWAP_GREW = 5,
	PROCESS_NUMBERS_END = 12,
	CGROUP_CHARGED = PROCESS_NUMBERS_END,
};

#define CHARGED_TITLE "CHARGED"
#define CHARGED_PATH  "charged_bytes"

static struct cell growth(const struct map_process *process)
{
	if (process->grew_from == MT_UNKNOWN_U64 || process->map->kernel.rss == MT_UNKNOWN_U64 ||
	    process->map->kernel.swap == MT_UNKNOWN_U64)
		return cell_none();
	return cell_int((int64_t)(process->map->kernel.rss + process->map->kernel.swap - process->grew_from));
}

static struct cell swap_growth(const struct map_process *process)
{
	if (process->swap_from == MT_UNKNOWN_U64 || process->map->kernel.swap == MT_UNKNOWN_U64)
		return cell_none();
	return cell_int((int64_t)(process->map->kernel.swap - process->swap_from));
}

static void fill_process(const struct map_process *process, const struct table *mappings, struct cell *c)
{
	const struct process_map *map = process->map;
	bool has_areas = process->groups && !map->error;

	*c++ = cell_uint(map->pid);
	*c++ = cell_string(map->comm);
	*c++ = map__number(map->kernel.rss);
	*c++ = map__number(map->kernel.swap);
	*c++ = growth(process);
	*c++ = swap_growth(process);
	*c++ = map__number(map->kernel.anon);
	*c++ = map__number(map->kernel.file);
	*c++ = map__number(map->kernel.shmem);
	*c++ = map__number(map->kernel.page_tables);
	*c++ = map__number(map->pss);
	*c++ = map__number(map->uss);
	*c++ = cell_string(process->cgroup);
	*c++ = map__number(map->kernel.size);
	*c++ = has_areas ? map__number(process->groups->sum.referenced) : cell_none();
	*c++ = map__number(map->kernel.hugetlb);
	*c++ = cell_bool(process->ended);
	*c++ = map->error ? cell_string(strerror(map->error)) : cell_none();
	*c++ = has_areas ? cell_string(map->scanned ? "PAGEMAP_SCAN" : "pagemap") : cell_none();
	*c++ = map__known(has_areas, map->unknown);
	*c++ = map__known(map->cost_ns.maps, map->cost_ns.maps);
	*c++ = map__known(map->cost_ns.pages, map->cost_ns.pages);
	*c++ = map__known(map->cost_ns.pss, map->cost_ns.pss);
	*c++ = map__known(map->cost_ns.wss, map->cost_ns.wss);
	*c++ = map__known(map->cost_ns.nodes, map->cost_ns.nodes);
	*c++ = has_areas ? cell_table(mappings) : cell_none();
	*c++ = map__number(process->parent);
	*c++ = cell_string(process->command);
}

/*
 * A column of sizes by its title or its path; NULL: that of rss; -1: there is none.  CGROUP_CHARGED is of cgroups
 * alone: processes have no size there, and stay in the order of their rss.
 */
static int column_called(const char *name)
{
	int i;

	if (name && (!strcasecmp(name, CHARGED_TITLE) || !strcmp(name, CHARGED_PATH)))
		return CGROUP_CHARGED;

	for (i = PROCESS_RSS; name && i < PROCESS_NUMBERS_END; i++)
		if (!strcasecmp(name, process_columns[i].title) || !strcmp(name, process_columns[i].path))
			return i;
	return name ? -1 : PROCESS_RSS;
}

bool map_view__sorts_by(const char *name)
{
	return column_called(name) >= 0;
}

/* What is not known comes last. */
static int64_t value_of(const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_UINT:
		return (int64_t)cell->u;
	case CELL_INT:
		return cell->i;
	default:
		return INT64_MIN;
	}
}

static int compare_by(const struct cell *a, const struct cell *b, int column)
{
	int64_t first = value_of(&a[column]), second = value_of(&b[column]);

	return (first < second) - (first > second);
}

struct process_row {
	struct cell cells[NR_PROCESS_COLUMNS];
};

static int by_column(const void *a, const void *b, void *column)
{
	const struct cell *first = ((const struct process_row *)a)->cells;
	const struct cell *second = ((const struct process_row *)b)->cells;
	int order = compare_by(first, second, *(const int *)column);

	return order ? order : compare_by(first, second, PROCESS_RSS);
}

/* Of cgroups, in the order of add_to_cgroup(). */
static const struct column cgroup_columns[] = {
	{ .title = "CGROUP", .path = "path", .left = true, .key = true },
	{ .title = "PROCESSES", .path = "processes", .unit = UNIT_COUNT, .key = true },
	{ .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES, .key = true },
	{ .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES, .key = true },
	{ .title = "GREW", .path = "grew_bytes", .unit = UNIT_BYTES },
	{ .title = "SWAP-GREW", .path = "swap_grew_bytes", .unit = UNIT_BYTES },
	{ .title = "ANON", .path = "anon_bytes", .unit = UNIT_BYTES },
	{ .title = "FILE", .path = "file_bytes", .unit = UNIT_BYTES },
	{ .title = "SHMEM", .path = "shmem_bytes", .unit = UNIT_BYTES },
	{ .title = "TABLES", .path = "page_tables_bytes", .unit = UNIT_BYTES },
	{ .title = "PSS", .path = "pss_bytes", .unit = UNIT_BYTES },
	{ .title = "USS", .path = "uss_bytes", .unit = UNIT_BYTES },
	{ .title = CHARGED_TITLE, .path = CHARGED_PATH, .unit = UNIT_BYTES },
};

#define NR_CGROUP_COLUMNS NR(cgroup_columns)
_Static_assert(NR_CGROUP_COLUMNS == CGROUP_CHARGED + 1, "numbers of processes, summed up, and what the kernel charges");

struct cgroup_row {
	struct cell cells[NR_CGROUP_COLUMNS];
};

static int by_path(const void *a, const void *b)
{
	const struct map_process *first = *(const struct map_process *const *)a;
	const struct map_process *second = *(const struct map_process *const *)b;

	return strcmp(first->cgroup ? first->cgroup : "", second->cgroup ? second->cgroup : "");
}

static int by_cgroup_column(const void *a, const void *b, void *column)
{
	return compare_by(((const struct cgroup_row *)a)->cells, ((const struct cgroup_row *)b)->cells,
			  *(const int *)column);
}

/* A sum is known if all its parts are. */
static void add_cell(struct cell *sum, const struct cell *part)
{
	if (sum->kind == CELL_NONE || part->kind == CELL_NONE)
		*sum = cell_none();
	else if (part->kind == CELL_INT)
		*sum = cell_int((sum->kind == CELL_INT ? sum->i : (int64_t)sum->u) + part->i);
	else
		*sum = cell_uint(sum->u + part->u);
}

static void add_to_cgroup(struct cgroup_row *row, const struct map_process *process)
{
	struct process_row one;
	size_t i;

	fill_process(process, NULL, one.cells);
	row->cells[1].u++;
	for (i = PROCESS_RSS; i < PROCESS_NUMBERS_END; i++)
		add_cell(&row->cells[i], &one.cells[i]);
}

static struct cgroup_row *begin_cgroup(struct cgroup_row *row, const struct map_process *process)
{
	size_t i;

	row->cells[0] = cell_string(process->cgroup);
	for (i = 1; i < PROCESS_NUMBERS_END; i++)
		row->cells[i] = cell_uint(0);
	row->cells[CGROUP_CHARGED] = map__number(process->charged);
	return row;
}

static size_t gather_cgroups(const struct map_process **order, size_t nr, struct cgroup_row *rows)
{
	struct cgroup_row *row = rows;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!i || by_path(&order[i - 1], &order[i]))
			row = begin_cgroup(i ? row + 1 : rows, order[i]);
		add_to_cgroup(row, order[i]);
	}
	return nr ? (size_t)(row - rows) + 1 : 0;
}

static int add_cgroups(struct map_view *view, const struct map_request *request, int column, struct report *report)
{
	const struct map_process **order = calloc(request->nr + 1, sizeof(const struct map_process *));
	struct cgroup_row *rows = (void *)cell_list__make(&view->cgroups, request->nr, NR_CGROUP_COLUMNS);
	size_t i, nr;

	for (i = 0; order && i < request->nr; i++)
		order[i] = &request->processes[i];
	if (!order || !rows) {
		free(order);
		return -ENOMEM;
	}
	qsort(order, request->nr, sizeof(const struct map_process *), by_path);
	nr = gather_cgroups(order, request->nr, rows);
	free(order);
	qsort_r(rows, nr, sizeof(*rows), by_cgroup_column, &column);
	view->cgroups.rows.nr = nr;
	cell_list__add(&view->cgroups,
		       &(struct table){ .path = "cgroups",
					.not_in_text = !request->by_cgroup,
					.columns = view->cgroup_columns,
					.nr_columns = NR_CGROUP_COLUMNS },
		       request->rows, 0 /* CGROUP */, report);
	return 0;
}

static int add_rows(struct map_view *view, const struct map_request *request, int column)
{
	struct process_row *rows = (void *)cell_list__make(&view->processes, request->nr, NR_PROCESS_COLUMNS);
	size_t i;

	if (!rows)
		return -ENOMEM;
	for (i = 0; i < request->nr; i++)
		fill_process(&request->processes[i], &view->tables[i].table, rows[i].cells);
	qsort_r(rows, request->nr, sizeof(*rows), by_column, &column);
	return 0;
}

static bool swaps(const struct map_request *request)
{
	size_t i;

	for (i = 0; i < request->nr; i++)
		if (request->processes[i].swap_from != MT_UNKNOWN_U64 &&
		    request->processes[i].swap_from != request->processes[i].map->kernel.swap)
			return true;
	return false;
}

/* Columns that only --pss fills stand in text only then, and that of growing swap where some did; those of --command
 * are nowhere else. */
static void choose(struct column *columns, const struct column *from, size_t nr, const struct map_request *request)
{
	size_t i;

	memcpy(columns, from, nr * sizeof(*columns));
	if (!swaps(request))
		columns[PROCESS_SWAP_GREW].title = NULL;
	for (i = 0; i < nr; i++) {
		if (!request->pss && (!strcmp(from[i].path, "pss_bytes") || !strcmp(from[i].path, "uss_bytes")))
			columns[i].title = NULL;
		if (!request->command && (!strcmp(from[i].path, "ppid") || !strcmp(from[i].path, "command")))
			columns[i].title = columns[i].path = NULL;
	}
}

int map_processes__add(struct map_view *view, const struct map_request *request, struct report *report)
{
	int column = column_called(request->sort);
	int err = add_rows(view, request, column);

	if (err)
		return err;
	choose(view->process_columns, process_columns, NR_PROCESS_COLUMNS, request);
	choose(view->cgroup_columns, cgroup_columns, NR_CGROUP_COLUMNS, request);
	if (request->machine)
		err = add_cgroups(view, request, column, report);
	cell_list__add(&view->processes,
		       &(struct table){ .path = "processes",
					.not_in_text = !request->machine || request->by_cgroup,
					.columns = view->process_columns,
					.nr_columns = NR_PROCESS_COLUMNS },
		       request->rows, 1 /* COMM */, report);
	return err;
}
