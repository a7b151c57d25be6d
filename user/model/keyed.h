/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The keyed counters of probes.def as tables, and their records, each a struct mt_<id>: see there for what members are.
 */
#ifndef MEMTRACE_MODEL_KEYED_H
#define MEMTRACE_MODEL_KEYED_H

#include "schema.h"

#define KEYED_KEY_MAX 64 /* bytes of a key */

/* A member of a key, or a counter. */
struct keyed_column {
	const char *member;
	size_t offset, size; /* in the record */
	enum field_type type;
	enum unit unit;
	const char *title;	  /* of its column in text; NULL: text leaves it out */
	const char *path;	  /* in the objects of JSON; NULL: a member of the key that is not shown */
	const char *const *names; /* of a FIELD_CODE, NULL at the end */
	const char *metric;	  /* of a counter; NULL: not exported */
	enum mt_slot needs;	  /* of a counter: it is unknown where this is; 0: it is always known */
	const char *help;
};

struct keyed_hist {
	size_t offset, sum_offset; /* of MT_HIST_SLOTS counts, and of the sum of their values */
	enum unit unit;
	const char *path, *help; /* path NULL: there is no histogram */
};

/* Elements that count events without records of their own. */
struct keyed_folded {
	size_t offset;	      /* of the __u32 in the key that is set then */
	enum mt_rec_id event; /* MT_REC_NONE: there are none */
	size_t label_offset;  /* of the __u32 that is the label of the event's histograms */
	size_t cgroup_offset; /* of the __u64 that is the id of their task's cgroup; 0: the key does not have it */
};

struct keyed_row {
	enum mt_keyed id;
	enum mt_probe probe;
	const char *name;
	size_t size;	     /* of its record: a struct mt_hdr, the key, the value */
	size_t key_size;     /* at most KEYED_KEY_MAX; the key follows the header */
	size_t head_offset;  /* of the struct mt_keyed_head, which begins the value */
	const char *path;    /* of the array in JSON */
	const char *heading; /* above its table in text; NULL: text has none */
	const char *help;
	const struct keyed_column *keys, *values;
	size_t nr_keys, nr_values;
	const struct keyed_hist *hist;
	const struct keyed_folded *folded;
};

extern const struct keyed_row keyed_rows[MT_NR_KEYED];

/* The id of a row's records is this and the row's: no program in the kernel sends them. */
#define REC_KEYED 0xff00

/* NULL: it is no keyed counter's record. */
const struct keyed_row *keyed_row__of_record(uint16_t id);
static inline const void *keyed_row__key(const struct keyed_row *row, const void *record)
{
	(void)row;
	return (const char *)record + sizeof(struct mt_hdr);
}
static inline struct mt_keyed_head *keyed_row__head(const struct keyed_row *row, const void *record)
{
	return (struct mt_keyed_head *)((const char *)record + row->head_offset);
}
/* All counters of a record, histogram included, from the head's count on. */
static inline uint64_t *keyed_row__counters(const struct keyed_row *row, const void *record)
{
	return (uint64_t *)&keyed_row__head(row, record)->count;
}
static inline size_t keyed_row__nr_counters(const struct keyed_row *row)
{
	return (row->size - row->head_offset - offsetof(struct mt_keyed_head, count)) / sizeof(uint64_t);
}
/* The value of a column; of a text the first bytes, so 0 if it is empty. */
uint64_t keyed_column__get(const struct keyed_column *column, const void *record);
/* Whether a member of a key can have any value, rather than one of a few. */
bool keyed_column__is_open(const struct keyed_column *column);

#endif
