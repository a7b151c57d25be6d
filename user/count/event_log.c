// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event_log.h"

#include <stdlib.h>
#include <string.h>

void event_log__init(struct event_log *log, const struct event_row *row)
{
	memset(log, 0, sizeof(*log));
	log->row = row;
	log->nr_columns = event__columns(row, false, log->columns, EVENT_MAX_COLUMNS);
}

void event_log__free(struct event_log *log)
{
	free(log->records);
	log->records = NULL;
	log->allocated = 0;
}

static int event_log__grow(struct event_log *log)
{
	size_t nr = log->allocated ? 2 * log->allocated : 16;
	char *records = realloc(log->records, nr * log->row->size);

	if (!records)
		return -1;
	log->records = records;
	log->allocated = nr;
	return 0;
}

/* Until something is dropped the records lie in order from 0; from then on the ring is EVENT_LOG_MAX long. */
void event_log__add(struct event_log *log, const void *record)
{
	uint64_t at = log->total++;

	if (at >= log->allocated + log->dropped && log->allocated < EVENT_LOG_MAX && !log->dropped)
		event_log__grow(log);
	if (!log->allocated) {
		log->dropped++;
		return;
	}
	if (at - log->dropped >= log->allocated)
		log->dropped++;
	memcpy(log->records + at % log->allocated * log->row->size, record, log->row->size);
}

size_t event_log__kept(const struct event_log *log)
{
	return log->total - log->dropped;
}

static int log_rewind(void *ctx)
{
	struct event_log *log = ctx;

	log->pos = 0;
	return 0;
}

static int log_next(void *ctx, struct cell *cells)
{
	struct event_log *log = ctx;
	size_t at;

	if (log->pos == event_log__kept(log))
		return 0;
	at = (log->dropped + log->pos++) % log->allocated;
	event__cells(log->row, log->records + at * log->row->size, log->names, cells);
	return 1;
}

struct table event_log__table(struct event_log *log, const struct event_names *names, const char *path)
{
	log->names = names;
	return (struct table){
		.path = path,
		.text = log->row->text,
		.columns = log->columns,
		.nr_columns = log->nr_columns,
		.rows = { log_rewind, log_next, log },
	};
}
