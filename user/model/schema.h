/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rows of bpf/probes.def as tables, for all code that is the same for every probe. */
#ifndef MEMTRACE_MODEL_SCHEMA_H
#define MEMTRACE_MODEL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/wire.h"

enum unit {
	UNIT_NONE, /* a name or a number without unit */
	UNIT_COUNT,
	UNIT_PAGES,
	UNIT_BYTES,
	UNIT_NS,    /* a duration */
	UNIT_TIME,  /* a moment, nanoseconds of CLOCK_BOOTTIME */
	UNIT_DATE,  /* the same; text has the day as well, and no fraction */
	UNIT_ORDER, /* log2 of pages */
	UNIT_COUNT_PER_SECOND,
	UNIT_BYTES_PER_SECOND,
	UNIT_SHARE, /* 0 to 1 */
};

enum slot_role {
	ROLE_COUNTER,
	ROLE_ACCOUNTED, /* by the kernel: the core reads it, no hook is needed */
	ROLE_BUCKET,	/* of a histogram of slots */
};

struct slot_row {
	enum mt_probe probe;
	const char *id;
	enum slot_role role;
	enum unit unit;
	const char *path;   /* where it stands in JSON, dots between levels */
	const char *metric; /* NULL: not exported */
	const char *label;  /* a fixed label of the metric, or NULL */
	const char *value;
	const char *help;
};

enum field_type {
	FIELD_WHO,
	FIELD_REF, /* a WHO by a struct mt_ref */
	FIELD_UINT,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_GFP,
	FIELD_ADDRESS,
	FIELD_CODE,
	FIELD_FLAGS,	    /* another reading of a member that has a row before */
	FIELD_KERNEL_STACK, /* the id of a call chain */
	FIELD_USER_STACK,
	FIELD_CGROUP, /* the id of a cgroup; 0: unknown */
	FIELD_TEXT,   /* an array of char, of any bytes, up to a 0; empty: unknown */
};

struct field_row {
	enum mt_rec_id event;
	const char *member;
	size_t offset;
	size_t size;
	enum field_type type;
	enum unit unit;
	const char *path;	  /* of a FIELD_WHO or FIELD_REF: the prefix of its parts, or "" */
	const char *const *names; /* of a FIELD_CODE; of FIELD_FLAGS two a bit, clear and set; NULL at the end */
	const char *help;
};

enum event_use {
	EVENT_RARE,    /* comes whenever the probe is on */
	EVENT_EVERY,   /* only when single hot events are asked for */
	EVENT_LATENCY, /* only when a latency is */
};

struct event_row {
	enum mt_rec_id id;
	enum mt_probe probe;
	const char *name;
	enum mt_ring ring;
	enum event_use use;
	size_t size;
	/* Template of its one line: {path} where a field goes; what is in <> is left out if a field in it is unknown.
	 */
	const char *text;
	const char *help;
	const struct field_row *fields;
	size_t nr_fields;
};

/* A log2 histogram of an event's values, or of slots that are its buckets. */
struct hist_row {
	enum mt_probe probe;
	const char *name;
	enum mt_rec_id event;		/* MT_REC_NONE: slots first to last are the buckets */
	size_t value_offset;		/* of a __u64 */
	const char *label;		/* NULL: none */
	size_t label_offset;		/* of a __s32 or __u32 */
	const char *const *label_names; /* NULL: the label's value is a number */
	int first, last;
	enum unit unit;
	bool by_kind;	    /* shown instead of the event's other histograms, and only, if it is asked for */
	const char *metric; /* NULL: not exported */
	const char *help;
};

/* A counter of events, by the cgroup of one of the tasks in them and by a label. */
struct count_row {
	enum mt_probe probe;
	enum mt_rec_id event;
	size_t who_offset; /* of a struct mt_who */
	const char *label;
	size_t label_offset;		/* of a __s32 */
	const char *const *label_names; /* the last is for what is not known */
	uint32_t zeros; /* of the label's values, a bit each: there with 0 as soon as the cgroup is known */
	const char *metric;
	const char *help;
	const char *last_metric; /* when the last one was */
	const char *last_help;
};

struct probe_row {
	enum mt_probe id;
	const char *name;
	bool opt_in; /* off unless it is named */
	const char *help;
};

extern const struct probe_row probe_rows[MT_NR_PROBES];
extern const struct slot_row slot_rows[MT_NR_SLOTS];
extern const struct slot_row machine_rows[MT_NR_MACHINE_SLOTS];
extern const struct event_row event_rows[MT_NR_RECS]; /* by enum mt_rec_id; size 0 where it is no event */
extern const struct hist_row hist_rows[];
extern const size_t nr_hist_rows;
extern const struct count_row count_rows[];
extern const size_t nr_count_rows;

/* Returns the probe of that name, or -1. */
int schema__probe(const char *name);
/* At least how many events the counts of MT_NR_SLOTS slots stand for. */
uint64_t schema__nr_events(const uint64_t *slots);
/* Whether events of the probe are rare ones. */
bool schema__has_rare_event(enum mt_probe probe);
/* Whether it has events that come when a latency is asked for. */
bool schema__has_latency_event(enum mt_probe probe);
/* Whether some of them come only if single events are asked for. */
bool schema__has_single_event(enum mt_probe probe);
/* Whether it has events with call chains. */
bool schema__has_stacks(enum mt_probe probe);
/* Whether anything of it is exported. */
bool schema__has_metrics(enum mt_probe probe);
/* Does the probe only have single events, and histograms of them? */
bool schema__is_of_single_events(enum mt_probe probe);
/* The help of a metric that several slots share; NULL: one slot's help is enough. */
const char *schema__metric_help(const char *metric);
/* Whether its series are there, with 0, before the first event: increase() then sees that event. */
bool schema__metric_zeros(const char *metric);
/* Whether a field of that type is a task, whose parts stand below the field's path. */
bool schema__is_task(enum field_type type);
/*
 * The field of the event that names the task whose values a histogram has.  NULL: they are the machine's (a task only
 * stands beside it, as who woke kswapd), or the histogram is made of slots.
 */
const struct field_row *hist_row__who(const struct hist_row *row);
const char *schema__unit_name(enum unit unit); /* NULL: it has none */
const char *schema__role_name(enum slot_role role);
const char *schema__field_type_name(enum field_type type);
/* label="value" of its metric, cut if it does not fit; returns buf, NULL if it has no label. */
const char *slot_row__labels(const struct slot_row *row, char *buf, size_t size);
/* Its metric with the label, as the exposition format spells it; returns buf, NULL if it has no metric. */
const char *slot_row__metric(const struct slot_row *row, char *buf, size_t size);

#endif
