// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What processes call themselves.  No event tells of it: a process writes into its own memory.  So the command line is
 * read when one of its tasks has counted something, before that is delivered.
 */
#include <string.h>

#include "../base/clock.h"
#include "../kernel/proc.h"
#include "live_impl.h"

/* All threads of a process are delivered at a tick, and one reading is enough. */
#define FRESH_NS 50000000ULL
/* One that has just come may be what takes all memory, and be killed while it is read. */
#define SETTLED_NS 2000000000ULL

void live__forget_titles(struct live *live)
{
	titles__retire(&live->titles, clock__boot_ns(), FRESH_NS);
}

static bool is_process_end(const struct mt_task *task)
{
	return task->flags & MT_TASK_FINAL && task->who.tid == task->who.pid;
}

/* Of a process that ended the last one stays. */
static void read_title(struct live *live, struct title *title, const struct mt_who *who, uint64_t now_ns)
{
	struct title_record record = {
		.hdr = { .id = REC_TITLE, .size = sizeof(record), .time_ns = now_ns },
		.who = *who,
	};

	title->read_ns = now_ns;
	proc__title(who->pid, who->start_ns, who->comm, record.title, sizeof(record.title));
	memset(record.title + strlen(record.title), 0, sizeof(record.title) - strlen(record.title));
	if (!record.title[0] || !strcmp(record.title, title->record.title))
		return;
	title->record = record;
	live->sink.record(live->sink.ctx, &record, sizeof(record));
}

/* A program of the process has this name from now on: its command line is to be read, once. */
static void note_name(struct title *title, const struct mt_who *who)
{
	if (!memcmp(title->record.who.comm, who->comm, sizeof(who->comm)))
		return;
	title->record.who = *who;
	title->read_ns = 0;
}

void live__read_title(struct live *live, const struct mt_task *task)
{
	const struct mt_who *who = &task->who;
	bool is_asked = live->roles && roles__ask_title(live->roles, who);
	struct title *title;
	uint64_t now_ns;

	if (who->flags & MT_WHO_KTHREAD || (!is_asked && !live->all_titles))
		return;
	now_ns = clock__boot_ns();
	title = titles__get(&live->titles, who);
	if (title && is_asked && now_ns >= title->read_ns + FRESH_NS)
		read_title(live, title, who, now_ns);
	else if (title && !is_asked)
		note_name(title, who);
	if (is_process_end(task))
		titles__end(&live->titles, who, now_ns);
}

void live__read_titles(struct live *live, const uint64_t samples[NR_SAMPLES])
{
	uint64_t now_ns = clock__boot_ns();
	struct title *title;

	if (!live->all_titles || samples__memory_is_short(samples))
		return;
	for (title = live->titles.table; title; title = title->hh.next) {
		const struct mt_who who = title->record.who;

		if (!title->read_ns && !title->gone_ns && now_ns >= who.start_ns + SETTLED_NS)
			read_title(live, title, &who, now_ns);
	}
}
