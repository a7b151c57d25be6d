// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroups.h"

static const struct column columns[] = {
	{ .path = "cgroup" },
	{ .path = "id" },
	{ .path = "since_ns", .unit = UNIT_TIME },
	{ .path = "removed" },
#define COLUMNS_GAUGE(path_)		      { .path = path_ ".last" }, { .path = path_ ".min" }, { .path = path_ ".max" },
#define COLUMNS_COUNTER(path_)		      { .path = path_ ".last" }, { .path = path_ ".grown" },
#define MT_CGROUP_SAMPLE(id, kind, path, ...) COLUMNS_##kind(path)
#include "../model/samples.def"
};

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* The word that cgroup v2 has for it. */
static struct cell cell_of(uint64_t value)
{
	if (value == SAMPLE_UNLIMITED)
		return cell_string("max");
	return value == MT_UNKNOWN_U64 ? cell_none() : cell_uint(value);
}

static struct cell *fill(struct cell *cells, const struct sample_extent *extent, enum sample_kind kind)
{
	*cells++ = cell_of(extent->end);
	if (kind == SAMPLE_COUNTER) {
		*cells++ = cell_of(sample_extent__growth(extent));
		return cells;
	}
	*cells++ = cell_of(extent->min);
	*cells++ = cell_of(extent->max);
	return cells;
}

static int rewind_rows(void *ctx)
{
	struct cgroups_table *table = ctx;

	table->at = 0;
	return 0;
}

static bool is_shown(const struct cgroups_table *table, const struct cgroup_count *count)
{
	return !count->removed_ns || count->removed_ns >= run_view__begin_ns(table->view, table->scope);
}

static int next_row(void *ctx, struct cell *cells)
{
	struct cgroups_table *table = ctx;
	const struct cgroup_counts *counts = table->view->cgroups;
	const struct event_names *names = table->view->names;
	const struct cgroup_count *count;
	enum cgroup_sample_id id;

	while (table->at < counts->nr && !is_shown(table, &counts->list[table->at]))
		table->at++;
	if (table->at == counts->nr)
		return 0;
	count = &counts->list[table->at++];
	*cells++ = cell_string(names->cgroup(names->ctx, count->id));
	*cells++ = cell_uint(count->id);
	*cells++ = cell_uint(count->since_ns);
	*cells++ = cell_bool(count->removed_ns);
	for (id = 0; id < NR_CGROUP_SAMPLES; id++)
		cells = fill(cells, &count->extents[table->scope][id], cgroup_sample_rows[id].kind);
	return 1;
}

static void add_left_out(struct cgroups_table *table, struct report *report)
{
	static const struct column column = { .path = "cgroups_left_out", .unit = UNIT_COUNT };

	table->left_out = cell_uint(table->view->cgroups->left_out);
	report__add_values(
		report, &(struct values){ .path = "", .columns = &column, .cells = &table->left_out, .nr_columns = 1 });
}

void cgroups_table__add(struct cgroups_table *table, const struct run_view *view, struct report *report,
			enum scope scope)
{
	*table = (struct cgroups_table){ .view = view, .scope = scope };
	if (!view->cgroups || !view->cgroups->any)
		return;
	report__add_table(report, &(struct table){ .path = "cgroups",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_rows, next_row, table } });
	add_left_out(table, report);
}
