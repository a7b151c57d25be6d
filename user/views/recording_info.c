// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recording_info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../sources/replay.h"

#define NR(array)     (sizeof(array) / sizeof(*(array)))
#define MAX_EVENTS    MT_NR_RECS
#define NR_COLUMNS    4
#define PROBES_LENGTH 256

struct contents {
	struct source *source;
	struct run_facts facts;
	struct moment moment;
	struct totals totals;
	uint64_t counts[MT_NR_RECS];
	char probes[PROBES_LENGTH], every[PROBES_LENGTH];
	struct cell run[16], events[MT_NR_RECS * NR_COLUMNS], lost[3];
	struct cell_rows event_rows;
};

static void count(void *ctx, const void *data, size_t size)
{
	struct contents *contents = ctx;
	const struct mt_hdr *hdr = data;

	contents->counts[hdr->id]++;
}

static int read_through(struct contents *contents)
{
	const struct source_ops *ops = contents->source->ops;
	uint64_t due_ns;
	int more;

	do
		more = ops->next(contents->source, &due_ns);
	while (more > 0);
	ops->moment(contents->source, &contents->moment);
	ops->totals(contents->source, &contents->totals);
	if (!more)
		return EXIT_OK;
	if (more != -ECANCELED)
		log_error("cannot read on: %s", strerror(-more));
	return EXIT_FAILED;
}

int contents__read(struct contents **out, const char *path)
{
	struct contents *contents = calloc(1, sizeof(*contents));
	int code;

	*out = contents;
	if (!contents) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	code = replay__open(&contents->source, path, (struct sink){ .record = count, .ctx = contents },
			    &contents->facts);
	return code == EXIT_OK ? read_through(contents) : code;
}

static const char *list_probes(uint32_t probes, char *text)
{
	size_t at = 0;
	int id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (probes & (1U << id))
			at += snprintf(text + at, PROBES_LENGTH - at, "%s%s", at ? " " : "", probe_rows[id].name);
	return at ? text : NULL;
}

static void add_run(struct contents *contents, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "subject", .path = "subject" },
		{ .title = "host", .path = "host.name" },
		{ .title = "kernel", .path = "host.kernel" },
		{ .title = "machine", .path = "host.machine" },
		{ .title = "CPUs", .path = "host.cpus" },
		{ .title = "memory", .path = "host.memory_bytes", .unit = UNIT_BYTES },
		{ .title = "start", .path = "start_ns", .unit = UNIT_TIME },
		{ .title = "length", .path = "duration_ns", .unit = UNIT_NS },
		{ .title = "probes", .path = "probes" },
		{ .title = "every event", .path = "every" },
		{ .title = "one page in", .path = "sample" },
		{ .title = "last part only", .path = "window" },
		{ .title = "by memtrace", .path = "version" },
		{ .title = "command line", .path = "command_line" },
	};
	const struct recording_head *head = replay__head(contents->source);
	const struct run_facts *facts = &contents->facts;
	struct cell *c = contents->run;
	size_t i;

	*c++ = cell_string(facts->subject);
	*c++ = cell_string(head->host.name);
	*c++ = cell_string(head->host.kernel);
	*c++ = cell_string(head->host.machine);
	*c++ = cell_uint(head->host.cpus);
	*c++ = cell_uint(head->host.memory_bytes);
	*c++ = cell_uint(head->start.now_ns);
	*c++ = cell_uint(contents->moment.now_ns - head->start.now_ns);
	*c++ = cell_string(list_probes(facts->probes, contents->probes));
	*c++ = cell_string(list_probes(facts->every, contents->every));
	*c++ = facts->every ? cell_uint(facts->sample ? facts->sample : 1) : cell_none();
	*c++ = cell_bool(head->window);
	*c++ = cell_string(head->version);
	*c++ = cell_string(head->command_line);
	/* a line each for people, one object for programs */
	for (i = 0; i < NR(columns); i++)
		report__add_facts(report, &(struct facts){ .heading = "",
							   .columns = &columns[i],
							   .cells = &contents->run[i],
							   .nr_columns = 1,
							   .path = "" });
}

/* Events that nobody asked for are not in it: a count of 0 would say that there were none. */
static bool is_recorded(const struct run_facts *facts, const struct event_row *row)
{
	uint32_t probe = 1U << row->probe;

	if (!row->size || !(facts->probes & probe))
		return false;
	if (row->use == EVENT_EVERY)
		return facts->every & probe;
	return row->use != EVENT_LATENCY || facts->latency;
}

/* How many there were, of those that only a sample is recorded of. */
static struct cell estimate(const struct contents *contents, const struct event_row *row)
{
	if (row->use != EVENT_EVERY || contents->facts.sample <= 1)
		return cell_none();
	return cell_uint(contents->counts[row->id] * contents->facts.sample);
}

static void add_events(struct contents *contents, struct report *report)
{
	static const struct column columns[NR_COLUMNS] = {
		{ .title = "EVENT", .path = "event", .left = true, .key = true },
		{ .title = "COUNT", .path = "count", .unit = UNIT_COUNT },
		{ .title = "ESTIMATE", .path = "estimate", .unit = UNIT_COUNT },
		{ .title = "", .path = "help", .left = true },
	};
	struct cell *c = contents->events;
	int id;

	contents->event_rows = (struct cell_rows){ .cells = c, .nr_columns = NR_COLUMNS };
	for (id = 0; id < MT_NR_RECS; id++) {
		if (!is_recorded(&contents->facts, &event_rows[id]))
			continue;
		*c++ = cell_string(event_rows[id].name);
		*c++ = cell_uint(contents->counts[id]);
		*c++ = estimate(contents, &event_rows[id]);
		*c++ = cell_string(event_rows[id].help);
		contents->event_rows.nr++;
	}
	report__add_table(report, &(struct table){ .path = "events",
						   .columns = columns,
						   .nr_columns = NR_COLUMNS,
						   .rows = cell_rows__source(&contents->event_rows) });
}

/* What was too small, and what would have helped. */
static void add_remedies(const struct contents *contents, struct report *report)
{
	const struct totals *totals = &contents->totals;
	enum mt_ring kind;
	char buf[256];

	for (kind = 0; kind < MT_NR_RINGS; kind++)
		if (rings__say_full(&totals->rings, totals->losses.ring_records, kind, buf, sizeof(buf)))
			report__add_note(report, "%s", buf);
	if (rings__say_folded(&totals->rings, totals->losses.folded, buf, sizeof(buf)))
		report__add_note(report, "%s", buf);
}

static void add_lost(struct contents *contents, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "rare", .path = "lost.rare", .unit = UNIT_COUNT },
		{ .title = "hot", .path = "lost.hot", .unit = UNIT_COUNT },
		{ .title = "tasks", .path = "lost.tasks", .unit = UNIT_COUNT },
	};
	const struct losses *losses = &contents->totals.losses;

	contents->lost[0] = cell_uint(losses->rare);
	contents->lost[1] = cell_uint(losses->hot);
	contents->lost[2] = cell_uint(losses->tasks);
	add_remedies(contents, report);
	report__add_facts(report, &(struct facts){ .heading = "lost:",
						   .columns = columns,
						   .cells = contents->lost,
						   .nr_columns = NR(columns),
						   .path = "" });
}

void contents__add(struct contents *contents, struct report *report)
{
	add_run(contents, report);
	add_events(contents, report);
	add_lost(contents, report);
}

const int64_t *contents__wall_offset_ns(const struct contents *contents)
{
	return &contents->moment.wall_offset_ns;
}

bool contents__damaged(const struct contents *contents)
{
	return contents->source->damaged;
}

void contents__free(struct contents *contents)
{
	if (!contents)
		return;
	if (contents->source)
		contents->source->ops->free(contents->source);
	free(contents);
}
