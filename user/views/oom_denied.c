// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_denied.h"

#include <stdio.h>
#include <string.h>

#include "../base/units.h"
#include "oom_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static const struct column columns[OOM_DENIED_COLUMNS] = {
	{ .path = "pid" },
	{ .path = "comm" },
	{ .path = "cgroup" },
	{ .path = "uid" },
	{ .path = "what" },
	{ .path = "error" },
	{ .path = "reason" },
	{ .path = "count", .unit = UNIT_COUNT },
	{ .path = "bytes", .unit = UNIT_BYTES },
	{ .path = "limit" },
	{ .path = "order", .unit = UNIT_ORDER },
	{ .path = "gfp_flags" },
	{ .path = "last_ns" },
};

static const char *gfp_name(char *buf, size_t size, const struct denied_row *row, const struct event_names *names)
{
	const char *name = names->gfp ? names->gfp(names->ctx, row->gfp_flags) : NULL;

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)row->gfp_flags);
	return buf;
}

static void fill(struct cell *c, const struct denied_row *row, const char *gfp, int64_t wall_offset_ns)
{
	bool known = row->who.pid != 0, alloc = row->what == MT_REC_alloc_failed;

	c[0] = known ? cell_uint(row->who.pid) : cell_none();
	c[1] = oom__text(row->who.comm);
	c[2] = oom__text(row->cgroup);
	c[3] = known ? cell_uint(row->who.uid) : cell_none();
	c[4] = cell_string(denied_row__what(row));
	c[5] = cell_string(denied_row__error(row));
	c[6] = cell_string(denied_row__reason(row));
	c[7] = cell_uint(row->count);
	c[8] = oom__number(row->bytes);
	c[9] = oom__number(row->limit);
	c[10] = alloc ? cell_int(row->order) : cell_none();
	c[11] = alloc ? cell_string(gfp) : cell_none();
	c[12] = cell_uint(row->last_ns + (uint64_t)wall_offset_ns);
}

/* A limit is one of bytes, or of mappings or tasks. */
static const char *limit_text(char buf[OOM_WORD], const struct denied_row *row)
{
	bool number = row->what == MT_REC_denied && row->reason != MT_DENIED_RLIMIT_AS &&
		      row->reason != MT_DENIED_RLIMIT_DATA && row->reason != MT_DENIED_RLIMIT_MEMLOCK;

	return number ? oom__count(buf, row->limit) : oom__bytes(buf, row->limit);
}

static void say_row(const struct denied_row *row, const char *gfp, bool first, struct report *report)
{
	const char *error = denied_row__error(row), *reason = denied_row__reason(row);
	char word[OOM_WORD];
	struct wrapped line;

	wrapped__begin(&line, report, first ? "denied" : "");
	wrapped__add(&line, "", "%s[%u]", oom__or_dash(row->who.comm), row->who.pid);
	wrapped__add(&line, " ", "%s", denied_row__what(row));
	if (row->bytes != MT_UNKNOWN_U64)
		wrapped__add(&line, " ", "of %s", oom__bytes(word, row->bytes));
	if (row->what == MT_REC_alloc_failed)
		wrapped__add(&line, " ", "of order %d, %s", row->order, gfp);
	if (error)
		wrapped__add(&line, ": ", "%s", error);
	if (reason)
		wrapped__add(&line, ", ", "%s", reason);
	if (row->limit != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "limit %s", limit_text(word, row));
	if (row->count > 1)
		wrapped__add(&line, ", ", "%s times", oom__count(word, row->count));
	wrapped__end(&line);
}

static void say_rest(const struct denied_counts *counts, size_t shown, struct report *report)
{
	char word[OOM_WORD];
	struct wrapped line;

	wrapped__begin(&line, report, "");
	if (counts->nr > shown)
		wrapped__add(&line, "; ", "%zu more", counts->nr - shown);
	if (counts->dropped)
		wrapped__add(&line, "; ", "%s earlier ones are no longer known", oom__count(word, counts->dropped));
	wrapped__end(&line);
}

void oom_denied__add(struct oom_denied_view *view, const struct denied_counts *counts, const struct event_names *names,
		     int64_t wall_offset_ns, struct report *report)
{
	static const struct column totals[] = { { .path = "denied.dropped", .unit = UNIT_COUNT } };
	const struct denied_row *sorted[DENIED_ROWS];
	size_t nr = denied_counts__sorted(counts, sorted), i;
	struct table table = {
		.path = "denied.rows", .not_in_text = true, .columns = columns, .nr_columns = NR(columns)
	};

	for (i = 0; i < nr; i++) {
		gfp_name(view->gfp[i], sizeof(view->gfp[i]), sorted[i], names);
		fill(view->cells + i * NR(columns), sorted[i], view->gfp[i], wall_offset_ns);
		if (i < OOM_SHOWN)
			say_row(sorted[i], view->gfp[i], !i, report);
	}
	if (!nr)
		report__add_note(report, "%-*s%s", WRAPPED_LABEL, "denied", "nothing");
	say_rest(counts, OOM_SHOWN, report);
	view->rows = (struct cell_rows){ .cells = view->cells, .nr = nr, .nr_columns = NR(columns) };
	table.rows = cell_rows__source(&view->rows);
	report__add_table(report, &table);
	view->dropped = cell_uint(counts->dropped);
	report__add_values(report,
			   &(struct values){ .path = "", .columns = totals, .cells = &view->dropped, .nr_columns = 1 });
}
