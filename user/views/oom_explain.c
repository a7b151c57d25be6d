// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static const struct column columns[] = {
	{ .path = "rank" },
	{ .title = "PID", .path = "pid", .key = true },
	{ .title = "COMM", .path = "comm", .left = true, .key = true },
	{ .title = "POINTS", .path = "points", .unit = UNIT_COUNT, .key = true },
	{ .title = "ADJ", .path = "adj", .key = true },
	{ .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES },
	{ .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES },
	{ .title = "TABLES", .path = "page_tables_bytes", .unit = UNIT_BYTES },
	{ .title = "UID", .path = "uid" },
	{ .title = "SCORE", .path = "oom_score" },
};

static const struct column exempt_columns[] = {
	{ .path = "pid" }, { .path = "comm" }, { .path = "adj" }, { .path = "rss_bytes" }, { .path = "why" },
};

static uint64_t bytes_of(const struct oom_explained *explained, uint64_t pages)
{
	return oom__in_bytes(explained->standing->page_size, pages);
}

static void add_fields(struct oom_explained *explained, struct report *report)
{
	const struct oom_standing *standing = explained->standing;
	const struct oom_limit *limit = &standing->limit;
	struct fields *f = &explained->fields;

	fields__add(f, "version", UNIT_NONE, cell_string(MEMTRACE_VERSION));
	fields__number(f, "time_ns", UNIT_NONE, standing->wall_ns);
	fields__add(f, "kernel", UNIT_NONE, oom__text(standing->release));
	fields__number(f, "page_size_bytes", UNIT_BYTES, standing->page_size);
	fields__number(f, "commit.bytes", UNIT_BYTES, standing->committed);
	fields__number(f, "commit.limit_bytes", UNIT_BYTES, standing->commit_limit);
	fields__number(f, "settings.overcommit_memory", UNIT_NONE, standing->overcommit);
	fields__number(f, "settings.panic_on_oom", UNIT_NONE, standing->panic_on_oom);
	fields__number(f, "settings.oom_kill_allocating_task", UNIT_NONE, standing->allocating);
	fields__number(f, "settings.oom_dump_tasks", UNIT_NONE, standing->dump_tasks);
	fields__add(f, "all_seen", UNIT_NONE, cell_bool(standing->all_seen));
	fields__number(f, "left_out", UNIT_COUNT, standing->left_out);
	fields__number(f, "without_memory", UNIT_COUNT, standing->nr_kernel);
	fields__number(f, "machine.total_pages", UNIT_PAGES, standing->total_pages);
	fields__add(f, "cgroup.asked_pid", UNIT_NONE, standing->pid ? cell_uint(standing->pid) : cell_none());
	fields__add(f, "cgroup.asked_cgroup", UNIT_NONE, oom__text(standing->cgroup));
	fields__add(f, "cgroup.cgroup", UNIT_NONE, oom__text(limit->cgroup));
	fields__number(f, "cgroup.limit_bytes", UNIT_BYTES, limit->bytes);
	fields__number(f, "cgroup.usage_bytes", UNIT_BYTES, limit->usage);
	fields__number(f, "cgroup.total_pages", UNIT_PAGES, standing->cgroup_pages);
	fields__report(f, report);
}

static void fill_row(const struct oom_explained *explained, const struct oom_candidate *candidate, size_t rank,
		     struct cell *c)
{
	const struct oom_task *task = candidate->task;

	c[0] = candidate->known ? cell_uint(rank) : cell_none();
	c[1] = cell_uint(task->tgid);
	c[2] = oom__text(task->comm);
	c[3] = candidate->known ? cell_int(candidate->points) : cell_none();
	c[4] = task->adj == OOM_ADJ_UNKNOWN ? cell_none() : cell_int(task->adj);
	c[5] = oom__number(bytes_of(explained, task->rss));
	c[6] = oom__number(bytes_of(explained, task->swap));
	c[7] = oom__number(task->table_bytes);
	c[8] = oom__number(task->uid);
	c[9] = oom__number(task->score);
}

static int add_exempt(struct oom_explained *explained, struct oom_scope *scope, const char *path, struct report *report)
{
	const struct oom_ranking *ranking = &scope->ranking;
	struct table table = {
		.path = path, .not_in_text = true, .columns = exempt_columns, .nr_columns = NR(exempt_columns)
	};
	struct cell *c = calloc(ranking->nr_exempt + 1, NR(exempt_columns) * sizeof(*c));
	size_t i;

	scope->exempt = c;
	if (!c)
		return -ENOMEM;
	for (i = 0; i < ranking->nr_exempt; i++, c += NR(exempt_columns)) {
		c[0] = cell_uint(ranking->exempt[i]->tgid);
		c[1] = oom__text(ranking->exempt[i]->comm);
		c[2] = cell_int(ranking->exempt[i]->adj);
		c[3] = oom__number(bytes_of(explained, ranking->exempt[i]->rss));
		c[4] = cell_string(oom_exempt__why(ranking->exempt[i]));
	}
	scope->exempt_rows = (struct cell_rows){ .cells = scope->exempt,
						 .nr = ranking->nr_exempt,
						 .nr_columns = NR(exempt_columns) };
	table.rows = cell_rows__source(&scope->exempt_rows);
	report__add_table(report, &table);
	return 0;
}

static void say_exempt(const struct oom_ranking *ranking, struct report *report)
{
	struct wrapped line;
	size_t i;

	wrapped__begin(&line, report, "never");
	for (i = 0; i < ranking->nr_exempt && i < OOM_SHOWN; i++)
		wrapped__add(&line, ", ", "%s[%u] (%s)", oom__or_dash(ranking->exempt[i]->comm),
			     ranking->exempt[i]->tgid, oom_exempt__why(ranking->exempt[i]));
	if (ranking->nr_exempt > i)
		wrapped__add(&line, ", ", "%zu more", ranking->nr_exempt - i);
	wrapped__end(&line);
}

static int add_scope(struct oom_explained *explained, struct oom_scope *scope, bool inside, size_t rows,
		     struct report *report)
{
	struct table table = { .path = inside ? "cgroup.candidates" : "machine.candidates",
			       .heading = scope->heading,
			       .columns = columns,
			       .nr_columns = NR(columns),
			       .text_rows = rows,
			       .empty = "          nobody",
			       .not_in_text = inside && !explained->standing->limit.cgroup[0] };
	const struct oom_ranking *ranking = &scope->ranking;
	int err = oom_ranking__of(&scope->ranking, explained->standing, inside);
	size_t i;

	if (err)
		return err;
	scope->cells = calloc(ranking->nr + 1, NR(columns) * sizeof(struct cell));
	if (!scope->cells)
		return -ENOMEM;
	for (i = 0; i < ranking->nr; i++)
		fill_row(explained, &ranking->list[i], i + 1, scope->cells + i * NR(columns));
	scope->rows = (struct cell_rows){ .cells = scope->cells, .nr = ranking->nr, .nr_columns = NR(columns) };
	table.rows = cell_rows__source(&scope->rows);
	report__add_table(report, &table);
	if (!table.not_in_text)
		say_exempt(ranking, report);
	return add_exempt(explained, scope, inside ? "cgroup.exempt" : "machine.exempt", report);
}

/* What the kernel does before it compares anybody. */
static void say_settings(const struct oom_standing *standing, struct report *report)
{
	static const char *const modes[] = { "heuristic", "always", "strict" };
	char a[OOM_WORD], b[OOM_WORD], c[OOM_WORD];
	const char *mode = standing->overcommit < NR(modes) ? modes[standing->overcommit] : "-";
	struct wrapped line;

	wrapped__begin(&line, report, "settings");
	wrapped__add(&line, "", "panic_on_oom %s", oom__count(a, standing->panic_on_oom));
	wrapped__add(&line, ", ", "oom_kill_allocating_task %s", oom__count(a, standing->allocating));
	wrapped__add(&line, ", ", "oom_dump_tasks %s", oom__count(a, standing->dump_tasks));
	wrapped__add(&line, "   ", "commit %s of %s (%s)", oom__bytes(b, standing->committed),
		     oom__bytes(c, standing->commit_limit), mode);
	wrapped__end(&line);
	if (standing->panic_on_oom && standing->panic_on_oom != MT_UNKNOWN_U64)
		report__add_note(report, "%-*spanic_on_oom is set: the kernel panics, and kills nobody%s",
				 WRAPPED_LABEL, "",
				 standing->panic_on_oom == 1 ? ", where the whole machine runs out" : "");
	if (standing->allocating && standing->allocating != MT_UNKNOWN_U64)
		report__add_note(report,
				 "%-*soom_kill_allocating_task is set: where the machine runs out, who asks is killed",
				 WRAPPED_LABEL, "");
	if (standing->overcommit == 2)
		report__add_note(
			report, "%-*sovercommit is off: allocations fail at the commit limit, before anybody is killed",
			WRAPPED_LABEL, "");
}

static void say_seen(const struct oom_standing *standing, struct report *report)
{
	if (!standing->all_seen)
		report__add_note(report, "%-*sonly processes of this pid namespace: the machine has others",
				 WRAPPED_LABEL, "seen");
	if (standing->left_out)
		report__add_note(report, "%-*s%zu processes left out", WRAPPED_LABEL, "seen", standing->left_out);
	if (standing->pid && !standing->limit.cgroup[0])
		report__add_note(report, "%-*sno limit is set for the cgroup of %u (%s), or above it", WRAPPED_LABEL,
				 "cgroup", standing->pid, oom__or_dash(standing->cgroup));
}

static void say_headings(struct oom_explained *explained)
{
	const struct oom_standing *standing = explained->standing;
	const struct oom_limit *limit = &standing->limit;
	char a[OOM_WORD], b[OOM_WORD];

	snprintf(explained->machine.heading, sizeof(explained->machine.heading),
		 "if the machine ran out of memory now (%s with swap, %s pages), the first would be killed:",
		 oom__bytes(a, bytes_of(explained, standing->total_pages)), oom__count(b, standing->total_pages));
	snprintf(explained->cgroup.heading, sizeof(explained->cgroup.heading),
		 "if %s reached its limit now (%s of %s), the first would be killed:", limit->cgroup,
		 oom__bytes(a, limit->usage), oom__bytes(b, limit->bytes));
}

int oom_explained__add(struct oom_explained *explained, const struct oom_standing *standing, size_t rows,
		       struct report *report)
{
	int err;

	explained->standing = standing;
	say_headings(explained);
	add_fields(explained, report);
	err = add_scope(explained, &explained->machine, false, rows, report);
	if (!err)
		err = add_scope(explained, &explained->cgroup, true, rows, report);
	say_settings(standing, report);
	say_seen(standing, report);
	return err;
}

static void free_scope(struct oom_scope *scope)
{
	oom_ranking__done(&scope->ranking);
	free(scope->cells);
	free(scope->exempt);
}

void oom_explained__done(struct oom_explained *explained)
{
	free_scope(&explained->machine);
	free_scope(&explained->cgroup);
	memset(explained, 0, sizeof(*explained));
}
