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

enum cgroup_sample_id {
#define MT_CGROUP_SAMPLE(id, ...) CGROUP_SAMPLE_##id,
#include "samples.def"
	NR_CGROUP_SAMPLES
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

/* Which hierarchy the memory controller is in. */
enum cgroup_version { CGROUP_V1, CGROUP_V2 };

struct cgroup_sample_source {
	const char *file; /* NULL: there is none */
	const char *key;  /* NULL: the file is the value alone */
};

struct cgroup_sample_row {
	enum sample_kind kind;
	enum unit unit;
	const char *path, *metric, *help;
	struct cgroup_sample_source v1, v2;
	uint64_t scale; /* how many of the unit one of the file's unit is; 0: one */
	bool is_limit;	/* it can be SAMPLE_UNLIMITED */
};

extern const struct cgroup_sample_row cgroup_sample_rows[NR_CGROUP_SAMPLES];

/* A limit that is not set: above all others, and below MT_UNKNOWN_U64. */
#define SAMPLE_UNLIMITED (MT_UNKNOWN_U64 - 1)

/* Cgroups that have samples at a time. */
#define CGROUPS_MAX 256

/* The id of a struct sample_record, which no program in the kernel sends: beside enum mt_rec_id. */
#define REC_SAMPLES 0xfff1

/* All samples as they were at hdr.time_ns, in the rows' units; MT_UNKNOWN_U64 where the kernel has no value. */
struct sample_record {
	struct mt_hdr hdr;
	uint64_t values[NR_SAMPLES];
};

/* The same of a struct cgroup_sample_record. */
#define REC_CGROUP_SAMPLES 0xfff2

/*
 * All samples of one cgroup as they were at hdr.time_ns; there is none where nothing changed.  The record of the cgroup
 * 0 has none: it says how many are left out from now on.  With removed: a run of a history is over, and a cgroup that
 * has no later record is gone.
 */
struct cgroup_sample_record {
	struct mt_hdr hdr;
	uint64_t cgroup_id;
	uint64_t removed;  /* 1: it is gone, and the values are the last ones that were seen */
	uint64_t left_out; /* of the cgroup 0: cgroups that were seen and have no samples, as there were CGROUPS_MAX
			      others */
	uint64_t values[NR_CGROUP_SAMPLES];
};

const struct cgroup_sample_source *sample__source(enum cgroup_sample_id id, enum cgroup_version version);
const char *sample__kind_name(enum sample_kind kind);
/*
 * Whether less than a quarter of all memory is available, or that is not known.  Who reads a command line holds the
 * process's address space, and needs a page for itself (mm/util.c, get_cmdline()).  While memory is short it may be
 * that page for which the process is killed; its memory then does not come back, and the next one is killed.
 */
bool samples__memory_is_short(const uint64_t values[NR_SAMPLES]);

#endif
