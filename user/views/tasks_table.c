// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tasks_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../base/log.h"
#include "../model/probe.h"

enum {
	KIND_PID,
	KIND_TID,
	KIND_START,
	KIND_COMM,
	KIND_PROGRAM,
	KIND_ROLE,
	KIND_CGROUP,
	KIND_UID,
	KIND_EXITED,
	KIND_PROCESSES,
	KIND_MEASURE,
	KIND_SOME,
	KIND_SOME_NS,
	KIND_BAR,
	KIND_SLOT,
	KIND_PPID,
	KIND_CMDLINE,
};

#define BY(by) (1U << (by))

/* Who waits for more of the time comes first. */
#define STALL_SHARE 0.01

/* What names a row, by the kind of rows. */
static const struct {
	int kind;
	unsigned int by;
	struct column column;
} names[] = {
	{ KIND_PID, BY(BY_PROCESS) | BY(BY_THREAD), { .title = "PID", .path = "pid", .key = true } },
	{ KIND_PID, BY(BY_PARENT), { .title = "PARENT", .path = "pid", .key = true } },
	{ KIND_TID, BY(BY_THREAD), { .title = "TID", .path = "tid", .key = true } },
	{ KIND_START, BY(BY_PROCESS) | BY(BY_THREAD) | BY(BY_PARENT), { .path = "start_time_ns" } },
	{ KIND_COMM,
	  BY(BY_PROCESS) | BY(BY_THREAD) | BY(BY_COMM) | BY(BY_PARENT),
	  { .title = "COMM", .path = "comm", .left = true, .key = true } },
	{ KIND_PROGRAM, BY(BY_ROLE), { .title = "PROGRAM", .path = "program", .left = true, .key = true } },
	{ KIND_ROLE, BY(BY_ROLE), { .title = "ROLE", .path = "role", .left = true, .key = true } },
	{ KIND_CGROUP,
	  BY(BY_PROCESS) | BY(BY_THREAD) | BY(BY_CGROUP) | BY(BY_PARENT),
	  { .title = "CGROUP", .path = "cgroup", .left = true } },
	{ KIND_UID, BY(BY_PROCESS) | BY(BY_THREAD) | BY(BY_PARENT), { .path = "uid" } },
	{ KIND_EXITED, BY(BY_PROCESS) | BY(BY_THREAD), { .path = "exited" } },
	{ KIND_PROCESSES,
	  BY(BY_COMM) | BY(BY_CGROUP) | BY(BY_ROLE) | BY(BY_PARENT),
	  { .title = "PROCS", .path = "processes", .unit = UNIT_COUNT } },
};

static void add_column(struct tasks_table *table, struct column column, struct tasks_source source)
{
	if (table->nr_columns == TASKS_MAX_COLUMNS)
		return;
	table->columns[table->nr_columns] = column;
	table->sources[table->nr_columns++] = source;
}

/* Rates of processes that lived shortly are of the whole time, so their counts say more. */
static enum column_measure measure_of(const struct tasks_table *table, const struct probe_column *column)
{
	return table->counts && column->measure == MEASURE_PER_SECOND ? MEASURE_SUM : column->measure;
}

/* The unit that a measure is shown in. */
static enum unit measure_unit(const struct tasks_table *table, const struct probe_column *column)
{
	enum column_measure measure = measure_of(table, column);

	if (measure == MEASURE_SHARE)
		return UNIT_SHARE;
	if (measure == MEASURE_SUM)
		return column->unit == UNIT_PAGES ? UNIT_BYTES : column->unit;
	return column->unit == UNIT_PAGES ? UNIT_BYTES_PER_SECOND : UNIT_COUNT_PER_SECOND;
}

struct cell tasks_table__measure(const struct tasks_table *table, const struct probe_column *column,
				 const uint64_t *counts)
{
	double scale = column->unit == UNIT_PAGES ? (double)table->view->facts->page_size : 1.0;
	enum column_measure measure = measure_of(table, column);
	uint64_t sum;

	if (!run_view__sum(table->view, column, counts, &sum))
		return cell_none();
	if (measure == MEASURE_SUM)
		return cell_uint(sum * (uint64_t)scale);
	if (table->seconds <= 0)
		return cell_none();
	if (measure == MEASURE_SHARE)
		return cell_real(sum / 1e9 / table->seconds);
	return cell_real(sum * scale / table->seconds);
}

static struct cell slot_cell(const struct tasks_table *table, enum mt_slot slot, const uint64_t *counts)
{
	return run_view__knows(table->view, slot) ? cell_uint(counts[slot]) : cell_none();
}

static void add_names(struct tasks_table *table)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].by & BY(table->by))
			add_column(table, names[i].column, (struct tasks_source){ .kind = names[i].kind });
}

/* "MINOR/s", or with counts "MINOR" */
static const char *measure_title(struct tasks_table *table, const struct probe_column *column)
{
	char *title = table->titles[table->nr_measures++];

	snprintf(title, sizeof(table->titles[0]), "%s", column->title);
	if (measure_of(table, column) != column->measure)
		title[strcspn(title, "/")] = '\0';
	return title;
}

static void add_measure(struct tasks_table *table, const struct probe_column *column)
{
	if (table->nr_measures == TASKS_MAX_MEASURES || (column->own && table->by == BY_PARENT))
		return;
	add_column(table,
		   (struct column){ .title = column->title ? measure_title(table, column) : NULL,
				    .path = column->path,
				    .unit = measure_unit(table, column) },
		   (struct tasks_source){ .kind = KIND_MEASURE, .measure = column });
}

/* The columns of a view of its own; what is comparable with PSI stands behind the first. */
static void add_view(struct tasks_table *table, const struct tasks_view *view)
{
	const struct probe_column *column;

	for (column = view->columns; column->slots; column++) {
		if (view->bar_before && column->title && !strcmp(column->title, view->bar_before))
			add_column(table, (struct column){ .title = "|" }, (struct tasks_source){ .kind = KIND_BAR });
		add_measure(table, column);
		if (column != view->columns || !view->some_ns)
			continue;
		add_column(table, (struct column){ .title = "SOME", .unit = UNIT_SHARE },
			   (struct tasks_source){ .kind = KIND_SOME });
		add_column(table, (struct column){ .path = "some_ns", .unit = UNIT_NS },
			   (struct tasks_source){ .kind = KIND_SOME_NS });
	}
}

static void add_measures(struct tasks_table *table)
{
	const struct probe_column *column;
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++) {
		if (!run_view__asked(table->view, id))
			continue;
		for (column = probes[id]->columns; column && column->slots; column++)
			if (run_view__shows(table->view, column))
				add_measure(table, column);
	}
}

static void add_slots(struct tasks_table *table)
{
	enum mt_slot slot;

	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (run_view__asked(table->view, slot_rows[slot].probe))
			add_column(table, (struct column){ .path = slot_rows[slot].path, .unit = slot_rows[slot].unit },
				   (struct tasks_source){ .kind = KIND_SLOT, .slot = slot });
}

/* A title is the same with and without "/s". */
static bool is_title(const char *title, const char *name)
{
	size_t len = strcspn(title, "/");

	return len == strcspn(name, "/") && !strncasecmp(title, name, len) &&
	       (!name[len] || !strcasecmp(name + len, "/s"));
}

static bool names_column(const struct column *column, const char *name)
{
	return (column->title && is_title(column->title, name)) || (column->path && !strcmp(column->path, name));
}

static bool is_sortable(const struct tasks_table *table, size_t i)
{
	int kind = table->sources[i].kind;

	return kind == KIND_MEASURE || kind == KIND_SLOT || kind == KIND_PROCESSES;
}

/* The column at i decides first; then the others. */
static void sort_first(struct tasks_table *table, size_t i)
{
	size_t at = 0;

	while (at < table->nr_order && table->order[at] != i)
		at++;
	table->nr_order += at == table->nr_order;
	memmove(table->order + 1, table->order, at * sizeof(*table->order));
	table->order[0] = i;
}

static void order_all(struct tasks_table *table, int kind)
{
	size_t i;

	for (i = 0; i < table->nr_columns; i++)
		if (table->sources[i].kind == kind)
			table->order[table->nr_order++] = i;
}

/* What people see, from left to right; where they see no numbers, all counters. */
static void order_columns(struct tasks_table *table)
{
	table->nr_order = 0;
	order_all(table, KIND_MEASURE);
	if (!table->nr_order)
		order_all(table, KIND_SLOT);
}

static int find_sort(struct tasks_table *table, const char *name)
{
	char accepted[512] = "";
	size_t i, len = 0;

	for (i = 0; i < table->nr_columns; i++) {
		if (!is_sortable(table, i))
			continue;
		if (names_column(&table->columns[i], name)) {
			sort_first(table, i);
			table->sorted = true;
			return EXIT_OK;
		}
		if (table->columns[i].title && len < sizeof(accepted))
			len += snprintf(accepted + len, sizeof(accepted) - len, " %s", table->columns[i].title);
	}
	log_error("--sort '%s': no such column; expected one of%s, or a counter's path as in `memtrace list`", name,
		  accepted);
	return EXIT_USAGE;
}

static bool is_of_processes(enum group_by by)
{
	return BY(by) & (BY(BY_PROCESS) | BY(BY_THREAD) | BY(BY_PARENT));
}

/* What /proc says of a row's process; of a recording what that has of it, if it is asked for. */
static void add_command(struct tasks_table *table)
{
	const struct tasks_request *request = &table->request;
	bool lives = table->view->names->parent, command;

	command = request->command || (lives && request->wide && request->by == BY_PROCESS);
	if (request->command && lives)
		add_column(table, (struct column){ .title = "PPID", .path = "ppid" },
			   (struct tasks_source){ .kind = KIND_PPID });
	if (command && table->view->names->command_line)
		add_column(table,
			   (struct column){
				   .title = "COMMAND", .path = request->command ? "command" : NULL, .left = true },
			   (struct tasks_source){ .kind = KIND_CMDLINE });
}

int tasks_table__init(struct tasks_table *table, const struct run_view *view, const struct tasks_request *request)
{
	memset(table, 0, sizeof(*table));
	table->view = view;
	table->by = request->by;
	table->shown = request->rows;
	table->counts = request->counts;
	table->request = *request;
	add_names(table);
	if (request->view) {
		add_view(table, request->view);
	} else {
		add_measures(table);
		add_slots(table);
	}
	if (request->command && !is_of_processes(request->by)) {
		log_error("--command: a row has several processes; expected --by process, thread or parent");
		return EXIT_USAGE;
	}
	add_command(table);
	order_columns(table);
	return request->sort ? find_sort(table, request->sort) : EXIT_OK;
}

/* A cgroup's path as text that outlives the next look-up. */
static struct cell cgroup_cell(struct tasks_table *table)
{
	if (table->entity.other)
		return cell_string("other");
	snprintf(table->cgroup, sizeof(table->cgroup), "%s",
		 table->view->names->cgroup(table->view->names->ctx, table->entity.cgroup_id));
	return cell_string(table->cgroup);
}

static struct cell comm_cell(const struct tasks_table *table)
{
	return cell_string(table->entity.other ? "other" : table->entity.comm);
}

/* Of processes that no rule knows the program is the process's name, and there is no role. */
static struct cell role_cell(const struct tasks_table *table, bool program)
{
	const struct role_name *name =
		table->entity.other ? NULL : task_roles__name(table->view->roles, table->entity.role);

	if (!name)
		return program ? cell_string("other") : cell_none();
	return program ? cell_string(name->program) : name->role[0] ? cell_string(name->role) : cell_none();
}

static struct cell cmdline_cell(const struct tasks_table *table)
{
	const struct event_names *names = table->view->names;
	const struct entity *e = &table->entity;

	if ((e->exited && names->parent) || e->other)
		return cell_none();
	return cell_string(names->command_line(names->ctx, e->pid, e->start_ns));
}

static struct cell parent_cell(const struct tasks_table *table)
{
	const struct event_names *names = table->view->names;
	const struct entity *e = &table->entity;
	uint64_t pid = e->exited || e->other ? MT_UNKNOWN_U64 : names->parent(names->ctx, e->pid, e->start_ns);

	return pid == MT_UNKNOWN_U64 ? cell_none() : cell_uint(pid);
}

/* ns: MT_UNKNOWN_U64 for unknown */
static struct cell some_cell(const struct tasks_table *table, int kind, uint64_t ns)
{
	if (ns == MT_UNKNOWN_U64 || table->seconds <= 0)
		return cell_none();
	return kind == KIND_SOME ? cell_real(ns / 1e9 / table->seconds) : cell_uint(ns);
}

static struct cell entity_cell(struct tasks_table *table, const struct tasks_source *source)
{
	const struct entity *e = &table->entity;

	switch (source->kind) {
	case KIND_PID:
		return cell_uint(e->pid);
	case KIND_TID:
		return cell_uint(e->tid);
	case KIND_START:
		return cell_uint(e->start_ns);
	case KIND_COMM:
		return comm_cell(table);
	case KIND_PROGRAM:
	case KIND_ROLE:
		return role_cell(table, source->kind == KIND_PROGRAM);
	case KIND_CGROUP:
		return cgroup_cell(table);
	case KIND_UID:
		return cell_uint(e->uid);
	case KIND_EXITED:
		return cell_bool(e->exited);
	case KIND_PROCESSES:
		return cell_uint(e->processes);
	case KIND_MEASURE:
		return tasks_table__measure(table, source->measure, e->v);
	case KIND_SOME:
	case KIND_SOME_NS:
		return some_cell(table, source->kind, table->request.view->some_ns(table->request.ctx, e));
	case KIND_BAR:
		return cell_string("|");
	case KIND_SLOT:
		return slot_cell(table, source->slot, e->v);
	case KIND_PPID:
		return parent_cell(table);
	default:
		return cmdline_cell(table);
	}
}

static int table_rewind(void *ctx)
{
	struct tasks_table *table = ctx;

	table->pos = 0;
	return 0;
}

static int table_next(void *ctx, struct cell *cells)
{
	struct tasks_table *table = ctx;
	size_t i;
	int err;

	if (table->pos == selection__nr(table->selection))
		return 0;
	err = selection__at(table->selection, table->pos++, &table->entity);
	if (err)
		return err;
	for (i = 0; i < table->nr_columns; i++)
		cells[i] = entity_cell(table, &table->sources[i]);
	return 1;
}

void tasks_table__foot(struct tasks_table *table, const char *name, const uint64_t *counts, uint64_t some_ns,
		       struct cell *cells)
{
	bool named = false;
	size_t i;

	for (i = 0; i < table->nr_columns; i++) {
		const struct tasks_source *source = &table->sources[i];

		cells[i] = cell_string("");
		if (source->kind == KIND_MEASURE)
			cells[i] = tasks_table__measure(table, source->measure, counts);
		else if (source->kind == KIND_SLOT)
			cells[i] = slot_cell(table, source->slot, counts);
		else if (source->kind == KIND_BAR)
			cells[i] = cell_string("|");
		else if (source->kind == KIND_SOME)
			cells[i] = some_cell(table, KIND_SOME, some_ns);
		else if (!named && table->columns[i].left)
			cells[i] = cell_string(name);
		named |= table->columns[i].left;
	}
}

static bool has_rest(const struct tasks_table *table)
{
	return table->shown && selection__nr(table->selection) > table->shown;
}

/* "1,205 more (-k 0)" in place of the name, and the sums of their counts. */
static int fill_rest(struct tasks_table *table, struct cell *cells)
{
	int err = selection__rest(table->selection, table->shown, table->rest_counts);

	if (err)
		return err;
	snprintf(table->rest, sizeof(table->rest), "%zu more (-k 0)", selection__nr(table->selection) - table->shown);
	tasks_table__foot(table, table->rest, table->rest_counts, MT_UNKNOWN_U64, cells);
	return 1;
}

static int table_rest(void *ctx, size_t nr, struct cell *cells)
{
	struct tasks_table *table = ctx;
	const struct tasks_view *view = table->request.view;

	if (!nr && has_rest(table))
		return fill_rest(table, cells);
	return view && view->foot ? view->foot(table->request.ctx, nr - has_rest(table), cells) : 0;
}

static double cell_weight(const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_UINT:
		return cell->u;
	case CELL_REAL:
		return cell->r;
	default:
		return 0;
	}
}

static double weigh(const struct entity *entity, size_t level, void *ctx)
{
	struct tasks_table *table = ctx;
	struct cell cell;

	table->entity = *entity;
	cell = entity_cell(table, &table->sources[table->order[level]]);
	return cell_weight(&cell);
}

static struct selection *select_rows(struct tasks_table *table)
{
	const struct order order = { .weigh = weigh, .levels = table->nr_order, .ctx = table };

	return aggregate__select(table->view->aggregate, table->scope, &order);
}

/* The column that says who waits; nr_columns: there is none. */
static size_t stall_column(const struct tasks_table *table)
{
	size_t i;

	for (i = 0; i < table->nr_columns; i++)
		if (table->sources[i].kind == KIND_MEASURE && table->sources[i].measure->stall)
			break;
	return i;
}

static bool is_long(const struct tasks_table *table, size_t column, const uint64_t *counts)
{
	struct cell cell = tasks_table__measure(table, table->sources[column].measure, counts);

	return cell_weight(&cell) > STALL_SHARE;
}

static bool first_row_is_long(struct tasks_table *table, size_t column)
{
	struct entity entity;

	return selection__nr(table->selection) && !selection__at(table->selection, 0, &entity) &&
	       is_long(table, column, entity.v);
}

/*
 * Without --sort who waits comes first, if anybody waits for long; else who does most.  No row waits for longer than
 * all of them together, which spares one of two sorts.
 */
static int fill_rows(struct tasks_table *table)
{
	const uint64_t *sums = aggregate__sums(table->view->aggregate, table->scope);
	size_t stall = table->sorted ? table->nr_columns : stall_column(table);

	if (stall < table->nr_columns && is_long(table, stall, sums)) {
		sort_first(table, stall);
		table->selection = select_rows(table);
		if (!table->selection || first_row_is_long(table, stall))
			return table->selection ? 0 : -errno;
		selection__free(table->selection);
	}
	if (!table->sorted)
		order_columns(table);
	table->selection = select_rows(table);
	return table->selection ? 0 : -errno;
}

int tasks_table__add(struct tasks_table *table, struct report *report, enum scope scope, const char *path)
{
	struct table section = {
		.path = path,
		.columns = table->columns,
		.nr_columns = table->nr_columns,
		.rows = { table_rewind, table_next, table },
		.text_rows = table->shown,
		.rest = table_rest,
		.empty = table->request.view && table->request.view->some_ns ? "no task waited" :
									       "no task counted anything",
		.not_in_text = !table->nr_measures, /* names without any number */
	};
	int err;

	table->scope = scope;
	table->seconds = run_view__seconds(table->view, scope);
	err = fill_rows(table);
	if (err)
		return err;
	report__add_table(report, &section);
	return 0;
}

void tasks_table__done(struct tasks_table *table)
{
	selection__free(table->selection);
	table->selection = NULL;
}
