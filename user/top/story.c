// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/output.h"

void top_story__add(struct top_story *story, const struct event_row *row, const void *record)
{
	struct top_story_event *event;
	void *copy;

	if (!story->max)
		story->max = TOP_STORY_EVENTS;
	if (!story->events)
		story->events = calloc(story->max, sizeof(*story->events));
	copy = story->events ? malloc(row->size) : NULL;
	if (!copy)
		return;
	event = &story->events[story->nr % story->max];
	memcpy(copy, record, row->size);
	free(event->record);
	*event = (struct top_story_event){ .row = row, .record = copy };
	story->nr++;
}

void top_story__free(struct top_story *story)
{
	size_t i;

	for (i = 0; story->events && i < story->max; i++)
		free(story->events[i].record);
	free(story->events);
	memset(story, 0, sizeof(*story));
}

static bool is_below(const struct top_node *node, uint64_t number)
{
	for (; node; node = node->parent)
		if (node->number == number)
			return true;
	return false;
}

static bool who_is_of(const struct top_model *model, const struct top_row *row, const struct mt_who *who)
{
	const struct top_node *node = top_nodes__of(model->nodes, who->cgroup_id);
	const struct top_task task = { .pid = who->pid, .tid = who->tid, .start_ns = who->start_ns };
	char comm[MT_COMM_LEN + 1] = "";

	if (!node)
		return false;
	if (model->group == TOP_BY_CGROUP)
		return is_below(node, row->key.a);
	memcpy(comm, who->comm, strnlen(who->comm, MT_COMM_LEN));
	return top_key__same(top_key__of(model->group, &task, comm, node), row->key);
}

/* Whether one of the tasks in an event is the row's, and it had come by then. */
static bool is_of(const struct top_model *model, const struct top_row *row, const struct top_story_event *event)
{
	size_t i;

	if (((const struct mt_hdr *)event->record)->time_ns > model->moment->time_ns)
		return false;
	for (i = 0; i < event->row->nr_fields; i++) {
		const struct field_row *field = &event->row->fields[i];

		if (field->type == FIELD_WHO &&
		    who_is_of(model, row, (const struct mt_who *)((const char *)event->record + field->offset)))
			return true;
	}
	return false;
}

/* Text that an output makes, as lines. */
struct written {
	struct output output;
	char *text;
	size_t size;
};

static bool write_begin(struct written *written, const struct top_story *story)
{
	*written =
		(struct written){ .output.ops = output__find("text"), .output.wall_offset_ns = story->wall_offset_ns };
	written->output.stream = open_memstream(&written->text, &written->size);
	return written->output.stream;
}

/* The text is the caller's to free(); NULL: none. */
static char *write_end(struct written *written)
{
	output__done(&written->output);
	if (!fclose(written->output.stream))
		return written->text;
	free(written->text);
	return NULL;
}

static void add_written(struct written *written, struct top_lines *lines)
{
	char *text = write_end(written);

	if (text)
		top_lines__add_text(lines, STYLE_PLAIN, "  ", text);
	free(text);
}

static bool write_event(struct written *written, const struct top_story *story, const struct event_row *row,
			const void *record, const struct event_names *names)
{
	struct column columns[EVENT_MAX_COLUMNS];
	struct cell cells[EVENT_MAX_COLUMNS];
	size_t nr = event__columns(row, false, columns, EVENT_MAX_COLUMNS);

	if (!write_begin(written, story))
		return false;
	event__cells(row, record, names, cells);
	written->output.ops->event(&written->output, row->name, row->text, columns, cells, nr);
	return true;
}

void top_story__line(const struct top_story *story, const struct event_row *row, const void *record,
		     const struct event_names *names, char *buf, size_t size)
{
	struct written written;
	char *text = write_event(&written, story, row, record, names) ? write_end(&written) : NULL;

	snprintf(buf, size, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	free(text);
}

static void add_event(const struct top_story *story, const struct top_story_event *event,
		      const struct event_names *names, struct top_lines *lines)
{
	struct written written;

	if (write_event(&written, story, event->row, event->record, names))
		add_written(&written, lines);
}

/* The bucket of a value, as in struct histogram. */
static size_t bucket_of(uint64_t value)
{
	size_t bucket = value < 2 ? 0 : 64 - (size_t)__builtin_clzll(value - 1);

	return bucket < MT_HIST_SLOTS ? bucket : MT_HIST_SLOTS - 1;
}

static void count_event(const struct hist_row *hist, const struct top_story_event *event, struct histogram *to,
			uint64_t *counts)
{
	uint64_t value;

	if (hist->event != event->row->id)
		return;
	memcpy(&value, (const char *)event->record + hist->value_offset, sizeof(value));
	if (value == MT_UNKNOWN_U64)
		return;
	counts[bucket_of(value)]++;
	to->sum += value;
	to->count++;
}

/* Of the events that are the row's, marked by a bit each. */
static void add_histogram(const struct top_story *story, const struct hist_row *row, const bool *own,
			  struct top_lines *lines)
{
	uint64_t counts[MT_HIST_SLOTS] = { 0 };
	struct histogram hist = {
		.name = row->name, .help = row->help, .unit = row->unit, .counts = counts, .nr_counts = MT_HIST_SLOTS
	};
	struct written written;
	struct report *report;
	size_t i;

	for (i = 0; i < story->max; i++)
		if (own[i])
			count_event(row, &story->events[i], &hist, counts);
	report = hist.count ? report__new("") : NULL;
	if (!report)
		return;
	report__add_histograms(report, &hist, 1, false);
	if (write_begin(&written, story)) {
		written.output.ops->report(&written.output, report);
		lines->hang = TOP_NO_WRAP;
		add_written(&written, lines);
		lines->hang = 0;
	}
	report__free(report);
}

void top_story__describe(const struct top_story *story, const struct top_model *model, const struct top_row *row,
			 const struct event_names *names, struct top_lines *lines)
{
	uint64_t first = story->nr > story->max ? story->nr - story->max : 0, at;
	bool *own = calloc(story->max + 1, sizeof(*own));
	size_t nr = 0, i;

	for (at = first; own && at < story->nr; at++) {
		own[at % story->max] = is_of(model, row, &story->events[at % story->max]);
		nr += own[at % story->max];
	}
	top_lines__add(lines, STYLE_STRONG, "Last events%s", nr ? ", the newest first" : ": none");
	for (at = story->nr, i = 0; nr && at > first && i < TOP_STORY_LINES; at--) {
		if (!own[(at - 1) % story->max])
			continue;
		add_event(story, &story->events[(at - 1) % story->max], names, lines);
		i++;
	}
	if (nr)
		top_lines__add(lines, STYLE_STRONG, "How long they took, of %zu", nr);
	for (i = 0; nr && i < nr_hist_rows; i++)
		if (hist_rows[i].event != MT_REC_NONE && !hist_rows[i].by_kind && hist_row__who(&hist_rows[i]))
			add_histogram(story, &hist_rows[i], own, lines);
	free(own);
}
