// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "summary.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../model/probe.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

void summary__init(struct summary *summary, const struct run_view *view)
{
	memset(summary, 0, sizeof(*summary));
	summary->view = view;
}

struct text {
	char *at;
	size_t left;
};

static void text__add(struct text *text, const char *s)
{
	int n = snprintf(text->at, text->left, "%s", s);

	if (n < 0 || (size_t)n >= text->left)
		n = text->left ? (int)text->left - 1 : 0;
	text->at += n;
	text->left -= n;
}

void summary__add_run(struct summary *summary, struct report *report, enum scope scope)
{
	static const struct column columns[] = {
		{ .title = "" },
		{ .title = "for", .unit = UNIT_NS },
		{ .title = "from", .unit = UNIT_DATE },
	};
	static const struct column json_columns[] = {
		{ .path = "version" },
		{ .path = "duration_ns", .unit = UNIT_NS },
		{ .path = "start_ns", .unit = UNIT_TIME },
		{ .path = "interval" },
	};
	const struct run_view *view = summary->view;
	uint64_t from = run_view__begin_ns(view, scope);
	struct cell *json = summary->run + NR(columns);
	struct values text = { .columns = columns, .cells = summary->run, .nr_columns = NR(columns), .heading = "" };
	struct values facts = { .path = "", .columns = json_columns, .cells = json, .nr_columns = NR(json_columns) };

	summary->run[0] = cell_string(view->facts->subject);
	summary->run[1] = cell_uint(run_view__duration_ns(view, scope));
	summary->run[2] = cell_uint(from);
	json[0] = cell_string(MEMTRACE_VERSION);
	json[1] = summary->run[1];
	json[2] = cell_uint(from);
	json[3] = cell_bool(scope == SCOPE_INTERVAL);
	report__add_values(report, &text);
	report__add_values(report, &facts);
}

/* A column's title without "/s", in small letters: it names a sum here. */
static void total_title(char *title, size_t size, const char *column)
{
	size_t i, len = strcspn(column, "/");

	for (i = 0; i < len && i + 1 < size; i++)
		title[i] = tolower((unsigned char)column[i]);
	title[i] = '\0';
}

static struct cell total_cell(const struct run_view *view, const struct probe_column *column, const uint64_t *sums)
{
	uint64_t sum;

	if (!run_view__sum(view, column, sums, &sum))
		return cell_none();
	return cell_uint(column->unit == UNIT_PAGES ? sum * view->facts->page_size : sum);
}

static size_t fill_totals(struct summary *summary, const uint64_t *sums)
{
	const struct probe_column *column;
	enum mt_probe id;
	size_t nr = 0;

	for (id = 0; id < MT_NR_PROBES; id++) {
		if (!run_view__asked(summary->view, id))
			continue;
		for (column = probes[id]->columns; column && column->title && nr < SUMMARY_MAX_TOTALS; column++) {
			if (column->measure == MEASURE_SHARE || !run_view__shows(summary->view, column))
				continue;
			total_title(summary->total_titles[nr], sizeof(summary->total_titles[nr]), column->title);
			summary->total_columns[nr] =
				(struct column){ .title = summary->total_titles[nr],
						 .unit = column->unit == UNIT_PAGES ? UNIT_BYTES : column->unit };
			summary->totals[nr++] = total_cell(summary->view, column, sums);
		}
	}
	return nr;
}

static size_t fill_slots(struct summary *summary, const uint64_t *sums)
{
	enum mt_slot slot;
	size_t nr = 0;

	for (slot = 0; slot < MT_NR_SLOTS; slot++) {
		if (!run_view__asked(summary->view, slot_rows[slot].probe))
			continue;
		summary->slot_columns[nr] =
			(struct column){ .path = slot_rows[slot].path, .unit = slot_rows[slot].unit };
		summary->slots[nr++] = run_view__knows(summary->view, slot) ? cell_uint(sums[slot]) : cell_none();
	}
	return nr;
}

static size_t fill_machine(struct summary *summary)
{
	const struct run_view *view = summary->view;
	size_t i, nr = 0;

	for (i = 0; i < MT_NR_MACHINE_SLOTS; i++) {
		if (!run_view__asked(view, machine_rows[i].probe))
			continue;
		summary->machine_columns[nr] = (struct column){ .title = machine_rows[i].path,
								.path = machine_rows[i].path,
								.unit = machine_rows[i].unit };
		summary->machine[nr++] =
			view->probes[machine_rows[i].probe].hooked ? cell_uint(view->totals->machine[i]) : cell_none();
	}
	return nr;
}

void summary__add_totals(struct summary *summary, struct report *report, enum scope scope)
{
	const uint64_t *sums = aggregate__sums(summary->view->aggregate, scope);
	struct values total = { .heading = "total", .columns = summary->total_columns, .cells = summary->totals };
	struct values slots = { .path = "total", .columns = summary->slot_columns, .cells = summary->slots };
	struct values machine = { .path = "machine", .columns = summary->machine_columns, .cells = summary->machine };

	total.nr_columns = fill_totals(summary, sums);
	slots.nr_columns = fill_slots(summary, sums);
	machine.nr_columns = fill_machine(summary);
	if (total.nr_columns)
		report__add_values(report, &total);
	if (slots.nr_columns)
		report__add_values(report, &slots);
	if (!machine.nr_columns || scope == SCOPE_INTERVAL)
		return;
	machine.heading = "not charged to a process (machine-wide):";
	report__add_values(report, &machine);
}

/*
 * verify knows more of it, and by how much.  The kernel adds a child's counts to its parent's when the parent waits for
 * it (wait_task_zombie()).
 */
static const char *difference_reason(const struct cell *difference)
{
	if (difference->i > 0)
		return "(of descendants that no process waited for: getrusage lacks them)";
	return "(missing here: see what was lost)";
}

/* What wait4() said of CMD beside what was counted. */
static void add_difference(struct summary *summary, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "minor", .unit = UNIT_COUNT },
		{ .title = "major", .unit = UNIT_COUNT },
		{ .title = "difference" },
		{ .title = "" },
	};
	const struct command_outcome *command = summary->view->command;
	const uint64_t *sums = aggregate__sums(summary->view->aggregate, SCOPE_TOTAL);
	struct cell *c = summary->difference;
	struct values text = { .heading = "getrusage of CMD:", .columns = columns, .cells = c };

	c[0] = cell_uint(command->minor);
	c[1] = cell_uint(command->major);
	c[2] = cell_int(
		(int64_t)(sums[MT_SLOT_fault_minor] + sums[MT_SLOT_fault_major] - command->minor - command->major));
	text.nr_columns = NR(columns) - !c[2].i;
	c[3] = cell_string(difference_reason(&c[2]));
	report__add_values(report, &text);
}

/* A life whose last counts were lost is not known to have ended. */
static bool knows_ends(const struct losses *losses)
{
	return !losses->tasks && !losses->hot;
}

void summary__add_command(struct summary *summary, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "pid" },	    { .path = "status" }, { .path = "rusage.minor" },
		{ .path = "rusage.major" }, { .path = "living" },
	};
	const struct run_view *view = summary->view;
	const struct command_outcome *command = view->command;
	struct cell *c = summary->command;
	struct values json = { .path = "command", .columns = columns, .cells = c, .nr_columns = NR(columns) };
	bool alone = view->facts->command_alone && !command->running;
	size_t living = aggregate__living(view->aggregate);

	if (!command->pid)
		return;
	c[0] = cell_uint(command->pid);
	c[1] = command->running ? cell_none() : cell_int(command->status);
	c[2] = command->running ? cell_none() : cell_uint(command->minor);
	c[3] = command->running ? cell_none() : cell_uint(command->major);
	c[4] = alone && knows_ends(&view->totals->losses) ? cell_uint(living) : cell_none();
	report__add_values(report, &json);
	if (alone && run_view__asked(view, slot_rows[0].probe))
		add_difference(summary, report);
	if (c[4].kind == CELL_UINT && living)
		report__add_note(report, "%zu task%s that CMD started go%s on, not counted any more", living,
				 living == 1 ? "" : "s", living == 1 ? "es" : "");
}

/* "alloc (the verifier refused it: ...)", or "none" */
static const char *fill_unavailable(struct summary *summary)
{
	struct text text = { summary->unavailable, sizeof(summary->unavailable) };
	enum mt_probe id;
	bool any = false;

	for (id = 0; id < MT_NR_PROBES; id++) {
		const struct probe_status *status = &summary->view->probes[id];

		if (!status->wanted || (status->attached && !status->partial))
			continue;
		text__add(&text, any ? ", " : "");
		text__add(&text, probe_rows[id].name);
		text__add(&text, status->attached ? " in part (" : " (");
		text__add(&text, status->why);
		text__add(&text, ")");
		any = true;
	}
	return any ? summary->unavailable : "none";
}

static void add_probes(struct summary *summary, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "name" },
		{ .path = "attached" },
		{ .path = "partial" },
		{ .path = "why" },
	};
	struct table table = { .path = "probes", .not_in_text = true, .columns = columns, .nr_columns = NR(columns) };
	struct cell *cells = summary->probes;
	enum mt_probe id;

	summary->probe_rows = (struct cell_rows){ .cells = cells, .nr_columns = NR(columns) };
	for (id = 0; id < MT_NR_PROBES; id++) {
		const struct probe_status *status = &summary->view->probes[id];

		if (!status->wanted)
			continue;
		cells[0] = cell_string(probe_rows[id].name);
		cells[1] = cell_bool(status->attached);
		cells[2] = cell_bool(status->partial);
		cells[3] = status->why[0] ? cell_string(status->why) : cell_none();
		cells += NR(columns);
		summary->probe_rows.nr++;
	}
	table.rows = cell_rows__source(&summary->probe_rows);
	report__add_table(report, &table);
}

/* All rings, because their sizes are also worth knowing. */
static void add_rings(struct summary *summary, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "ring" },
		{ .path = "bytes", .unit = UNIT_BYTES },
		{ .path = "records" },
	};
	const struct totals *totals = summary->view->totals;
	struct table table = {
		.path = "lost.rings", .not_in_text = true, .columns = columns, .nr_columns = NR(columns)
	};
	size_t i, nr = rings__nr(&totals->rings);
	struct cell *c = summary->rings;

	for (i = 0; i < nr; i++, c += NR(columns)) {
		c[0] = cell_string(rings__name(i, summary->ring_names[i], RING_NAME_LEN));
		c[1] = cell_uint(rings__bytes(&totals->rings, i));
		c[2] = cell_uint(totals->losses.ring_records[i]);
	}
	summary->ring_rows = (struct cell_rows){ .cells = summary->rings, .nr = nr, .nr_columns = NR(columns) };
	table.rows = cell_rows__source(&summary->ring_rows);
	report__add_table(report, &table);
}

static void add_note(void *ctx, const char *line)
{
	report__add_note(ctx, "%s", line);
}

void summary__add_end(struct summary *summary, struct report *report)
{
	static const struct column text_columns[] = {
		{ .title = "" },
		{ .title = "  own CPU", .unit = UNIT_SHARE },
		{ .title = "  unavailable:" },
	};
	static const struct column columns[] = {
		{ .path = "lost.rare" },
		{ .path = "lost.hot" },
		{ .path = "lost.tasks" },
		{ .path = "own.cpu_share", .unit = UNIT_SHARE },
		{ .path = "own.cpu_ns", .unit = UNIT_NS },
		{ .path = "lost.folded" },
		{ .path = "lost.unfinished" },
		{ .path = "lost.recursion" },
		{ .path = "lost.events" },
		{ .path = "lost.stacks" },
		{ .path = "lost.unmapped" },
	};
	const struct run_view *view = summary->view;
	const struct losses *losses = &view->totals->losses;
	double seconds = run_view__seconds(view, SCOPE_TOTAL);
	struct cell *c = summary->lost, *t = summary->end;
	struct values facts = { .path = "", .columns = columns, .cells = c, .nr_columns = NR(columns) };
	struct values text = { .heading = "", .columns = text_columns, .cells = t, .nr_columns = NR(text_columns) };

	c[0] = cell_uint(losses->rare);
	c[1] = cell_uint(losses->hot);
	c[2] = cell_uint(losses->tasks);
	c[3] = seconds > 0 ? cell_real(view->checkpoint->own_cpu_ns / 1e9 / seconds) : cell_none();
	c[4] = cell_uint(view->checkpoint->own_cpu_ns);
	c[5] = cell_uint(losses->folded);
	c[6] = cell_uint(losses->unfinished);
	c[7] = cell_uint(losses->recursion);
	c[8] = cell_uint(losses->events);
	c[9] = cell_uint(losses->stacks);
	c[10] = cell_uint(losses->unmapped);
	t[0] = cell_string(losses__text(losses, summary->lost_text, sizeof(summary->lost_text)));
	t[1] = c[3];
	t[2] = cell_string(fill_unavailable(summary));
	add_probes(summary, report);
	if (losses->unfinished)
		report__add_note(report, "%llu episodes whose begin or end was not seen",
				 (unsigned long long)losses->unfinished);
	losses__each_remedy(view->totals, add_note, report);
	report__add_values(report, &text);
	report__add_values(report, &facts);
	add_rings(summary, report);
}

int summary__render_end(struct summary *summary, struct render *render, const struct table *events)
{
	struct report *report = report__new("memtrace.end/1");
	int err;

	if (!report)
		return -ENOMEM;
	report->not_in_text = true;
	summary__add_run(summary, report, SCOPE_TOTAL);
	summary__add_command(summary, report);
	report__add_table(report, events);
	summary__add_end(summary, report);
	err = render__report(render, report);
	report__free(report);
	return err;
}
