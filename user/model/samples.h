/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rows of samples.def as tables, and the record that carries their values: see there for what the members are. */
#ifndef MEMTRACE_MODEL_SAMPLES_H
#define MEMTRACE_MODEL_SAMPLES_H

#include "schema.h"

enum sample_file {
#define MT_SAMPLE_FILE(id, ...) SAMPLE_FILE_##id,
#include "samples.def"
	NR_SAMPLE_FILES
};

enum sample_id {
#define MT_SAMPLE(id, ...) SAMPLE_##id,
#include "samples.def"
	NR_SAMPLES
};

enum sample_kind {
	SAMPLE_GAUGE,	/* goes up and down */
	SAMPLE_COUNTER, /* only grows */
};

/* A share of 1 as a sample's value. */
#define SAMPLE_WHOLE 10000

struct sample_row {
	enum sample_file file;
	const char *key; /* the line's name, or its name, a space and a field's; "allocstall_*": the sum of all that
			    begin so */
	enum sample_kind kind;
	enum unit unit; /* of the value in here; a share is counted in ten-thousandths of 1 */
	uint64_t scale; /* how many of that unit one of the file's unit is */
	const char *path;
	const char *metric; /* NULL: not exported */
	const char *help;
};

extern const char *const sample_paths[NR_SAMPLE_FILES];
extern const struct sample_row sample_rows[NR_SAMPLES];

/* The id of a struct sample_record, which no program in the kernel sends: beside enum mt_rec_id. */
#define REC_SAMPLES 0xfff1

/* All samples as they were at hdr.time_ns, in the rows' units; MT_UNKNOWN_U64 where the kernel has no value. */
struct sample_record {
	struct mt_hdr hdr;
	uint64_t values[NR_SAMPLES];
};

const char *sample__kind_name(enum sample_kind kind);

#endif
