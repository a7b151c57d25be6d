// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recording_info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../count/history_summary.h"
#include "losses.h"

#define NR(array)     (sizeof(array) / sizeof(*(array)))
#define NR_COLUMNS    4
#define PROBES_LENGTH 256
#define FILES_LENGTH  256

struct recording_info {
	const struct recording_summary *summary;
	char probes[PROBES_LENGTH], every[PROBES_LENGTH], files[FILES_LENGTH];
	struct cell run[16], events[MT_NR_RECS * NR_COLUMNS], samples[4], looks[2], lost[3];
	struct cell_rows event_rows;
	char lost_text[LOSSES_TEXT_MAX];
	/* of a history; owned */
	struct cell *gaps, *kills, *minutes;
	struct cell_rows gap_rows, kill_rows, minute_rows;
};

struct recording_info *recording_info__new(const struct recording_summary *summary)
{
	struct recording_info *info = calloc(1, sizeof(*info));

	if (info)
		info->summary = summary;
	return info;
}

/* Dates are shown by the clock as it was at the end; in a history it stood otherwise before it was set. */
static uint64_t date(const struct recording_info *info, uint64_t ns)
{
	const struct history_summary *history = info->summary->history;
	int64_t offset_ns = info->summary->end.wall_offset_ns;

	return history ? ns + (uint64_t)history_summary__wall_offset(history, ns) - (uint64_t)offset_ns : ns;
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

static void add_run(struct recording_info *info, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "subject", .path = "subject" },
		{ .title = "host", .path = "host.name" },
		{ .title = "kernel", .path = "host.kernel" },
		{ .title = "machine", .path = "host.machine" },
		{ .title = "CPUs", .path = "host.cpus" },
		{ .title = "memory", .path = "host.memory_bytes", .unit = UNIT_BYTES },
		{ .title = "start", .path = "start_ns", .unit = UNIT_DATE },
		{ .title = "length", .path = "duration_ns", .unit = UNIT_NS },
		{ .title = "probes", .path = "probes" },
		{ .title = "every event", .path = "every" },
		{ .title = "one page in", .path = "sample" },
		{ .title = "beginning left out", .path = "window" },
		{ .title = "by memtrace", .path = "version" },
		{ .title = "command line", .path = "command_line" },
	};
	const struct recording_summary *summary = info->summary;
	const struct recording_head *head = summary->head;
	const struct run_facts *facts = &summary->facts;
	struct cell *c = info->run;
	size_t i;

	*c++ = cell_string(facts->subject);
	*c++ = cell_string(head->host.name);
	*c++ = cell_string(head->host.kernel);
	*c++ = cell_string(head->host.machine);
	*c++ = cell_uint(head->host.cpus);
	*c++ = cell_uint(head->host.memory_bytes);
	*c++ = cell_uint(date(info, head->start.now_ns));
	*c++ = cell_uint(summary->end.now_ns - head->start.now_ns);
	*c++ = cell_string(list_probes(facts->probes, info->probes));
	*c++ = cell_string(list_probes(facts->every, info->every));
	*c++ = facts->every ? cell_uint(facts->sample ? facts->sample : 1) : cell_none();
	*c++ = cell_bool(head->window);
	*c++ = cell_string(head->version);
	*c++ = cell_string(head->command_line);
	/* a line each for people, one object for programs */
	for (i = 0; i < NR(columns); i++)
		report__add_values(report, &(struct values){ .heading = "",
							     .columns = &columns[i],
							     .cells = &info->run[i],
							     .nr_columns = 1,
							     .path = "" });
}

/* Events that were not requested are left out: a count of 0 would say that there were none. */
static bool is_recorded(const struct run_facts *facts, const struct event_row *row)
{
	uint32_t probe = 1U << row->probe;

	if (!row->size || !(facts->probes & probe))
		return false;
	if (row->use == EVENT_EVERY)
		return facts->every & probe;
	return row->use != EVENT_LATENCY || facts->latency;
}

/* How many there were, for events of which only a subset is recorded. */
static struct cell estimate(const struct recording_info *info, const struct event_row *row)
{
	if (row->use != EVENT_EVERY || info->summary->facts.sample <= 1)
		return cell_none();
	return cell_uint(info->summary->counts[row->id] * info->summary->facts.sample);
}

static void add_events(struct recording_info *info, struct report *report)
{
	static const struct column columns[NR_COLUMNS] = {
		{ .title = "EVENT", .path = "event", .left = true, .key = true },
		{ .title = "COUNT", .path = "count", .unit = UNIT_COUNT },
		{ .title = "ESTIMATE", .path = "estimate", .unit = UNIT_COUNT },
		{ .title = "", .path = "help", .left = true },
	};
	struct cell *c = info->events;
	int id;

	info->event_rows = (struct cell_rows){ .cells = c, .nr_columns = NR_COLUMNS };
	for (id = 0; id < MT_NR_RECS; id++) {
		if (!info->summary->head->has[id] || !is_recorded(&info->summary->facts, &event_rows[id]))
			continue;
		*c++ = cell_string(event_rows[id].name);
		*c++ = cell_uint(info->summary->counts[id]);
		*c++ = estimate(info, &event_rows[id]);
		*c++ = cell_string(event_rows[id].help);
		info->event_rows.nr++;
	}
	report__add_table(report, &(struct table){ .path = "events",
						   .columns = columns,
						   .nr_columns = NR_COLUMNS,
						   .rows = cell_rows__source(&info->event_rows) });
}

static const char *list_files(const struct samples_summary *samples, char *text)
{
	enum sample_file file;
	size_t at = 0;

	for (file = 0; file < NR_SAMPLE_FILES; file++)
		if (samples->known[file])
			at += snprintf(text + at, FILES_LENGTH - at, "%s%s", at ? " " : "", sample_paths[file]);
	return at ? text : NULL;
}

/* Nothing where there are none: an older memtrace made no samples. */
static void add_samples(struct recording_info *info, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "records", .path = "samples.records", .unit = UNIT_COUNT },
		{ .title = "length", .path = "samples.duration_ns", .unit = UNIT_NS },
		{ .title = "of", .path = "samples.files" },
		{ .title = "cgroups", .path = "samples.cgroups", .unit = UNIT_COUNT },
	};
	const struct samples_summary *samples = &info->summary->samples;

	if (!samples->nr)
		return;
	info->samples[0] = cell_uint(samples->nr);
	info->samples[1] = cell_uint(samples->last_ns - samples->first_ns);
	info->samples[2] = cell_string(list_files(samples, info->files));
	info->samples[3] = samples->cgroups.any ? cell_uint(samples->cgroups.nr) : cell_none();
	report__add_values(report, &(struct values){ .heading = "samples:",
						     .columns = columns,
						     .cells = info->samples,
						     .nr_columns = NR(columns),
						     .path = "" });
}

/* Only map makes any. */
static void add_looks(struct recording_info *info, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "count", .path = "looks.count", .unit = UNIT_COUNT },
		{ .title = "processes", .path = "looks.processes", .unit = UNIT_COUNT },
	};

	if (!info->summary->looks)
		return;
	info->looks[0] = cell_uint(info->summary->looks);
	info->looks[1] = cell_uint(info->summary->looks_at);
	report__add_values(report, &(struct values){ .heading = "looks at mappings:",
						     .columns = columns,
						     .cells = info->looks,
						     .nr_columns = NR(columns),
						     .path = "" });
}

#define GAP_COLUMNS    4
#define KILL_COLUMNS   4
#define MINUTE_NS      60000000000ULL
#define MINUTE_COLUMNS 2

static int add_gaps(struct recording_info *info, struct report *report)
{
	static const struct column columns[GAP_COLUMNS] = {
		{ .title = "from", .path = "from_ns", .unit = UNIT_DATE },
		{ .title = "to", .path = "to_ns", .unit = UNIT_DATE },
		{ .title = "why", .path = "why" },
		{ .path = "other_kernel" },
	};
	const struct history_summary *history = info->summary->history;
	struct cell *c;
	size_t i;

	c = info->gaps = calloc(history->nr_gaps + 1, GAP_COLUMNS * sizeof(*c));
	if (!c)
		return -ENOMEM;
	for (i = 0; i < history->nr_gaps; i++) {
		*c++ = cell_uint(date(info, history->gaps[i].from_ns));
		*c++ = cell_uint(date(info, history->gaps[i].to_ns));
		*c++ = cell_string(history->gaps[i].why);
		*c++ = cell_bool(history->gaps[i].other_kernel);
	}
	info->gap_rows = (struct cell_rows){ .cells = info->gaps, .nr_columns = GAP_COLUMNS, .nr = history->nr_gaps };
	report__add_table(report, &(struct table){ .path = "gaps",
						   .columns = columns,
						   .nr_columns = GAP_COLUMNS,
						   .text = "not recorded from {from} to {to}: {why}",
						   .rows = cell_rows__source(&info->gap_rows) });
	return 0;
}

static int add_kills(struct recording_info *info, struct report *report)
{
	static const struct column columns[KILL_COLUMNS] = {
		{ .title = "time", .path = "time_ns", .unit = UNIT_DATE },
		{ .title = "comm", .path = "victim.comm" },
		{ .title = "pid", .path = "victim.pid" },
		{ .title = "cgroup", .path = "victim.cgroup" },
	};
	const struct history_summary *history = info->summary->history;
	size_t nr = history->nr_listed, i;
	struct cell *c;

	c = info->kills = calloc(nr + 1, KILL_COLUMNS * sizeof(*c));
	if (!c)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		*c++ = cell_uint(date(info, history->kills[i].time_ns));
		*c++ = cell_string(history->kills[i].comm);
		*c++ = cell_uint(history->kills[i].pid);
		*c++ = cell_string(history->kills[i].cgroup);
	}
	info->kill_rows = (struct cell_rows){ .cells = info->kills, .nr_columns = KILL_COLUMNS, .nr = nr };
	report__add_table(report, &(struct table){ .path = "oom_kills",
						   .columns = columns,
						   .nr_columns = KILL_COLUMNS,
						   .text = "OOM kill at {time}: {comm}[{pid}] in {cgroup}",
						   .empty = "no OOM kills",
						   .rows = cell_rows__source(&info->kill_rows) });
	return 0;
}

/* A clock that is corrected a little leaves fractions. */
static uint64_t full_minute(const struct recording_info *info, uint64_t ns)
{
	uint64_t offset_ns = (uint64_t)info->summary->end.wall_offset_ns;

	return (date(info, ns) + offset_ns + MINUTE_NS / 2) / MINUTE_NS * MINUTE_NS - offset_ns;
}

static int add_minutes(struct recording_info *info, struct report *report)
{
	static const struct column columns[MINUTE_COLUMNS] = {
		{ .title = "WORST MINUTES", .path = "from_ns", .unit = UNIT_DATE, .left = true, .key = true },
		{ .title = "WAITED FOR MEMORY", .path = "waited_ns", .unit = UNIT_NS },
	};
	const struct history_minute *worst = info->summary->history->worst;
	struct cell *c;
	size_t i;

	c = info->minutes = calloc(HISTORY_MINUTES, MINUTE_COLUMNS * sizeof(*c));
	if (!c)
		return -ENOMEM;
	for (i = 0; i < HISTORY_MINUTES && worst[i].waited_ns; i++) {
		*c++ = cell_uint(full_minute(info, worst[i].from_ns));
		*c++ = cell_uint(worst[i].waited_ns);
	}
	info->minute_rows = (struct cell_rows){ .cells = info->minutes, .nr_columns = MINUTE_COLUMNS, .nr = i };
	report__add_table(report, &(struct table){ .path = "worst_minutes",
						   .columns = columns,
						   .nr_columns = MINUTE_COLUMNS,
						   .empty = "no minute in which the kernel saw a task wait for memory",
						   .rows = cell_rows__source(&info->minute_rows) });
	return 0;
}

static int add_history(struct recording_info *info, struct report *report)
{
	int err = info->summary->history ? add_gaps(info, report) : 0;

	if (!err && info->summary->history)
		err = add_kills(info, report);
	return err || !info->summary->history ? err : add_minutes(info, report);
}

static void add_note(void *ctx, const char *line)
{
	report__add_note(ctx, "%s", line);
}

static void add_lost(struct recording_info *info, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "lost.rare", .unit = UNIT_COUNT },
		{ .path = "lost.hot", .unit = UNIT_COUNT },
		{ .path = "lost.tasks", .unit = UNIT_COUNT },
	};
	const struct losses *losses = &info->summary->totals.losses;

	info->lost[0] = cell_uint(losses->rare);
	info->lost[1] = cell_uint(losses->hot);
	info->lost[2] = cell_uint(losses->tasks);
	losses__each_remedy(&info->summary->totals, add_note, report);
	report__add_note(report, "%s", losses__text(losses, info->lost_text, sizeof(info->lost_text)));
	report__add_values(
		report,
		&(struct values){ .columns = columns, .cells = info->lost, .nr_columns = NR(columns), .path = "" });
}

int recording_info__add(struct recording_info *info, struct report *report)
{
	add_run(info, report);
	add_events(info, report);
	add_samples(info, report);
	add_looks(info, report);
	add_lost(info, report);
	return add_history(info, report);
}

void recording_info__free(struct recording_info *info)
{
	if (info) {
		free(info->gaps);
		free(info->kills);
		free(info->minutes);
	}
	free(info);
}
