// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "marks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

static bool is_kill(const struct timeline_entry *entry)
{
	return entry->kind == TIMELINE_kill || entry->kind == TIMELINE_memcg_kill;
}

/* Kills first, then by falling duration; those of the same by their order. */
static int by_weight(const void *a, const void *b)
{
	const struct timeline_entry *x = &((const struct mark *)a)->entry, *y = &((const struct mark *)b)->entry;

	if (is_kill(x) != is_kill(y))
		return is_kill(x) ? -1 : 1;
	if (x->duration_ns != y->duration_ns)
		return x->duration_ns > y->duration_ns ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_id(const void *a, const void *b)
{
	const struct timeline_entry *x = &((const struct mark *)a)->entry, *y = &((const struct mark *)b)->entry;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void shrink(struct marks *marks)
{
	if (marks->nr <= MARKS_MAX)
		return;
	if (marks->nr)
		qsort(marks->list, marks->nr, sizeof(*marks->list), by_weight);
	while (marks->nr > MARKS_MAX) {
		marks->left_out += marks->list[--marks->nr].entry.events;
		free(marks->list[marks->nr].text);
	}
}

/* The line as the timeline has it for people, without its time.  NULL: no memory. */
static char *text_of(struct marks *marks, const struct timeline_entry *entry)
{
	struct output out = { .ops = output__find("text") };
	size_t size, len;
	char *text = NULL;
	int err;

	out.stream = open_memstream(&text, &size);
	if (!out.stream)
		return NULL;
	marks->lines.at[0] = '\0';
	err = timeline_lines__write(&marks->lines, &out, entry);
	if (fclose(out.stream) || err) {
		free(text);
		return NULL;
	}
	len = strlen(marks->lines.moment);
	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(text, marks->lines.moment, len))
		memmove(text, text + len + (text[len] == ' '), strlen(text + len + (text[len] == ' ')) + 1);
	return text;
}

static int make_room(struct marks *marks)
{
	size_t room = marks->room ? 2 * marks->room : 64;
	struct mark *list;

	if (marks->nr < marks->room)
		return 0;
	if (marks->room >= 2 * MARKS_MAX) {
		shrink(marks);
		return 0;
	}
	list = reallocarray(marks->list, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	marks->list = list;
	marks->room = room;
	return 0;
}

int marks__take(void *ctx, const struct timeline_entry *entry)
{
	struct marks *marks = ctx;
	char *text;

	if (make_room(marks))
		return -ENOMEM;
	text = text_of(marks, entry);
	if (!text)
		return -ENOMEM;
	marks->list[marks->nr++] = (struct mark){ *entry, text };
	return 0;
}

static int rewind_rows(void *ctx)
{
	((struct marks *)ctx)->pos = 0;
	return 0;
}

static struct cell comm_cell(struct marks *marks, const struct mt_who *who)
{
	snprintf(marks->comm, sizeof(marks->comm), "%.*s", MT_COMM_LEN, who->comm);
	return marks->comm[0] ? cell_string(marks->comm) : cell_none();
}

static struct cell cgroup_cell(struct marks *marks, uint64_t id)
{
	const struct event_names *names = marks->lines.view->names;

	if (!id)
		return cell_none();
	snprintf(marks->cgroup, sizeof(marks->cgroup), "%s", names->cgroup(names->ctx, id));
	return cell_string(marks->cgroup);
}

static int next_row(void *ctx, struct cell *cells)
{
	struct marks *marks = ctx;
	const struct timeline_entry *entry;
	const struct mt_who *who;

	if (marks->pos == marks->nr)
		return 0;
	entry = &marks->list[marks->pos].entry;
	who = is_kill(entry) ? &entry->victim : &entry->who;
	*cells++ = cell_string(timeline_kind_names[entry->kind]);
	*cells++ = cell_uint(entry->id);
	*cells++ = entry->cause ? cell_uint(entry->cause) : cell_none();
	*cells++ = cell_uint(entry->place);
	*cells++ = cell_uint(entry->end_ns);
	*cells++ = cell_uint(entry->duration_ns);
	*cells++ = cell_uint(entry->events);
	*cells++ = cell_bool(entry->seen);
	*cells++ = who->pid ? cell_uint(who->pid) : cell_none();
	*cells++ = comm_cell(marks, who);
	*cells++ = cgroup_cell(marks, entry->cgroup_id ? entry->cgroup_id : who->cgroup_id);
	*cells++ = cell_string(marks->list[marks->pos++].text);
	return 1;
}

void marks__add(struct marks *marks, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "kind" },
		{ .path = "id" },
		{ .path = "cause" },
		{ .path = "time_ns", .unit = UNIT_TIME },
		{ .path = "end_ns", .unit = UNIT_TIME },
		{ .path = "duration_ns", .unit = UNIT_NS },
		{ .path = "count", .unit = UNIT_COUNT },
		{ .path = "seen" },
		{ .path = "pid" },
		{ .path = "comm" },
		{ .path = "cgroup" },
		{ .path = "text" },
	};
	static const struct column left_out[] = { { .path = "events_left_out", .unit = UNIT_COUNT } };

	shrink(marks);
	if (marks->nr)
		qsort(marks->list, marks->nr, sizeof(*marks->list), by_id);
	report__add_table(report, &(struct table){ .path = "events",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_rows, next_row, marks } });
	marks->cells[0] = cell_uint(marks->left_out);
	report__add_values(report,
			   &(struct values){ .path = "", .columns = left_out, .cells = marks->cells, .nr_columns = 1 });
}

void marks__done(struct marks *marks)
{
	size_t i;

	for (i = 0; i < marks->nr; i++)
		free(marks->list[i].text);
	free(marks->list);
	marks->list = NULL;
	marks->nr = marks->room = 0;
}
