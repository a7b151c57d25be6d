// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "denied_counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool denied_counts__wants(const struct mt_hdr *record)
{
	return record->id == MT_REC_denied || record->id == MT_REC_alloc_failed || record->id == MT_REC_stack_overflow;
}

static struct denied_row row_of_call(const struct mt_denied *rec)
{
	return (struct denied_row){ .who = rec->who,
				    .call = rec->call,
				    .error = rec->error,
				    .reason = rec->reason,
				    .bytes = rec->bytes,
				    .limit = rec->limit };
}

static struct denied_row row_of_alloc(const struct mt_alloc_failed *rec)
{
	return (struct denied_row){ .who = rec->who,
				    .order = rec->order,
				    .gfp_flags = rec->gfp_flags,
				    .bytes = MT_UNKNOWN_U64,
				    .limit = MT_UNKNOWN_U64 };
}

static struct denied_row row_of(const struct mt_hdr *record)
{
	const struct mt_stack_overflow *overflow = (const struct mt_stack_overflow *)record;
	struct denied_row row;

	if (record->id == MT_REC_denied)
		row = row_of_call((const struct mt_denied *)record);
	else if (record->id == MT_REC_alloc_failed)
		row = row_of_alloc((const struct mt_alloc_failed *)record);
	else
		row = (struct denied_row){ .who = overflow->who, .bytes = MT_UNKNOWN_U64, .limit = overflow->limit };
	row.what = record->id;
	return row;
}

static bool is_same(const struct denied_row *a, const struct denied_row *b)
{
	return a->who.pid == b->who.pid && a->who.start_ns == b->who.start_ns && a->what == b->what &&
	       a->call == b->call && a->error == b->error && a->reason == b->reason && a->order == b->order &&
	       a->gfp_flags == b->gfp_flags;
}

static struct denied_row *place_for(struct denied_counts *counts)
{
	struct denied_row *oldest = counts->rows, *row;

	if (counts->nr < DENIED_ROWS)
		return &counts->rows[counts->nr++];
	for (row = counts->rows; row < counts->rows + counts->nr; row++)
		if (row->last_ns < oldest->last_ns)
			oldest = row;
	counts->dropped += oldest->count;
	return oldest;
}

static struct denied_row *find(struct denied_counts *counts, const struct denied_row *like)
{
	struct denied_row *row;

	for (row = counts->rows; row < counts->rows + counts->nr; row++)
		if (is_same(row, like))
			return row;
	return NULL;
}

void denied_counts__take(struct denied_counts *counts, const struct mt_hdr *record, const struct event_names *names)
{
	struct denied_row one = row_of(record), *row = find(counts, &one);
	const char *cgroup;

	if (!row) {
		row = place_for(counts);
		*row = one;
		cgroup = one.who.cgroup_id && names->cgroup ? names->cgroup(names->ctx, one.who.cgroup_id) : NULL;
		snprintf(row->cgroup, sizeof(row->cgroup), "%s", cgroup ? cgroup : "");
	}
	if (one.bytes != MT_UNKNOWN_U64 && (row->bytes == MT_UNKNOWN_U64 || one.bytes > row->bytes))
		row->bytes = one.bytes;
	row->limit = one.limit;
	row->count++;
	row->last_ns = record->time_ns;
}

static int by_count(const void *a, const void *b)
{
	const struct denied_row *one = *(const struct denied_row *const *)a;
	const struct denied_row *other = *(const struct denied_row *const *)b;

	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return one->last_ns < other->last_ns ? 1 : one->last_ns > other->last_ns ? -1 : 0;
}

size_t denied_counts__sorted(const struct denied_counts *counts, const struct denied_row *rows[DENIED_ROWS])
{
	size_t i;

	for (i = 0; i < counts->nr; i++)
		rows[i] = &counts->rows[i];
	qsort(rows, counts->nr, sizeof(*rows), by_count);
	return counts->nr;
}

/* The name of a code of struct mt_denied, as events have it. */
static const char *name_of(const char *path, uint32_t code)
{
	const struct event_row *event = &event_rows[MT_REC_denied];
	const char *const *names = NULL;
	uint32_t nr = 0;
	size_t i;

	for (i = 0; i < event->nr_fields; i++)
		if (!strcmp(event->fields[i].path, path))
			names = event->fields[i].names;
	while (names && names[nr])
		nr++;
	return code < nr ? names[code] : NULL;
}

const char *denied_row__what(const struct denied_row *row)
{
	const char *call = row->what == MT_REC_denied ? name_of("call", row->call) : NULL;

	if (row->what == MT_REC_denied)
		return call ? call : "-";
	return row->what == MT_REC_alloc_failed ? "page allocation" : "stack overflow";
}

const char *denied_row__error(const struct denied_row *row)
{
	return row->what == MT_REC_denied ? name_of("error", row->error) : NULL;
}

const char *denied_row__reason(const struct denied_row *row)
{
	return row->what == MT_REC_denied ? name_of("reason", row->reason) : NULL;
}
