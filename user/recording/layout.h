/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The records of a recording and their fields: the rows of bpf/probes.def, written into each recording.  A reader
 * matches them with its own by name.  It skips what it does not know; what the recording lacks stays unknown.
 */
#ifndef MEMTRACE_RECORDING_LAYOUT_H
#define MEMTRACE_RECORDING_LAYOUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "../model/digest_record.h"
#include "../model/keyed.h"
#include "../model/map_record.h"
#include "../model/samples.h"
#include "../model/source.h"
#include "../model/titles.h"
#include "format.h"

/* How a field's value is written; the names are part of the format. */
enum field_code {
	CODE_UINT,	   /* the value */
	CODE_INT,	   /* zigzag of the value */
	CODE_COUNT,	   /* the difference to the value before, modulo 2^64 */
	CODE_ADDRESS,	   /* zigzag of that difference */
	CODE_TIME,	   /* zigzag of the difference to the record's time */
	CODE_WHO,	   /* a task: its number in the block */
	CODE_REF,	   /* the same, of a task that has a reference */
	CODE_KERNEL_STACK, /* zigzag of a call chain's id, which was defined in the block; negative: none */
	CODE_USER_STACK,   /* the same; what its addresses mean depends on the record's task */
	CODE_CGROUP,	   /* the id of a cgroup, whose name was defined in the block if it is known */
	NR_FIELD_CODES
};

/* How a value is read from memtrace's own record. */
enum field_load {
	LOAD_OTHER, /* a task, or a number of another size */
	LOAD_U64,
	LOAD_U32,
	LOAD_S32,
};

struct layout_field {
	char *name; /* owned */
	enum field_code code;
	enum field_load load;
	size_t offset, size; /* in memtrace's own record; size 0: it is not in it */
	uint64_t unknown;    /* the value in memtrace's own record if the recording lacks the field */
};

struct layout {
	char *name;		     /* owned */
	uint16_t id;		     /* enum mt_rec_id, or one of REC_*; MT_REC_NONE: not known here */
	size_t size;		     /* of memtrace's own record */
	struct layout_field *fields; /* owned */
	size_t nr_fields;
	int who;	   /* the first field that is a task; -1: none */
	void *blank;	   /* memtrace's own record with no field known; owned, NULL in its own layouts */
	size_t first_part; /* the first other field that needs a definition; nr_fields: none does */
};

struct layouts {
	struct layout list[MAX_LAYOUTS];
	size_t nr;
	size_t size; /* of the largest of memtrace's own records */
};

#define CLOCK_STEP_NS 1000000000LL

/* A moment at which counts were brought up to date, as a record. */
#define REC_CHECKPOINT 0xfff0

struct checkpoint_record {
	struct mt_hdr hdr;
	uint64_t due_ns; /* when it was due */
	uint64_t flags;	 /* MOMENT_* */
	struct checkpoint checkpoint;
	struct totals totals; /* since the run began */
	/* Of an older recording: episodes without records, by kind of reclaim. */
	struct older_folds {
		uint64_t sum_ns;
		uint64_t count[MT_HIST_SLOTS]; /* by log2 of the duration */
	} folds[MT_NR_RECLAIM_KINDS];
};

/* Whether the wall's clock was set between two moments: further than it is corrected in the time of a segment. */
static inline bool clock_was_set(int64_t wall_offset_ns, int64_t next_offset_ns)
{
	int64_t by_ns = (int64_t)((uint64_t)next_offset_ns - (uint64_t)wall_offset_ns);

	return by_ns > CLOCK_STEP_NS || by_ns < -CLOCK_STEP_NS;
}

enum checkpoint_flags {
	CHECKPOINT_FINAL = 1 << 0, /* the run was over */
	CHECKPOINT_BASE = 1 << 1,  /* what comes later counts from these totals */
	CHECKPOINT_LATE = 1 << 2,  /* in a digest: moments before it are missing */
};

/* memtrace's own; 0 or -ENOMEM.  layouts__free() in any case. */
int layouts__own(struct layouts *layouts);
/* Adds to them what only recordings of older versions have.  0 or -ENOMEM. */
int layouts__add_older(struct layouts *layouts);
/* Adds to them what the segments of a history have.  0 or -ENOMEM. */
int layouts__add_digest(struct layouts *layouts);
/* A recording's, from the head's "records"; 0, -ENOMEM, or -EBADMSG with why in buf. */
int layouts__read(struct layouts *layouts, const json_t *records, const struct layouts *own, char *buf, size_t size);
/* What layouts__read() reads; NULL: no memory. */
json_t *layouts__to_json(const struct layouts *layouts);
/* Removes those of events that there are none of: by record id. */
void layouts__keep_events(struct layouts *layouts, const bool has[MT_NR_RECS]);
void layouts__free(struct layouts *layouts);
/* By record id; NULL: there is none. */
const struct layout *layouts__find(const struct layouts *layouts, uint16_t id);

#endif
