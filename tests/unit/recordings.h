/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Records of every kind and recordings in memory, for tests. */
#ifndef MEMTRACE_TESTS_RECORDINGS_H
#define MEMTRACE_TESTS_RECORDINGS_H

#include "../../user/recording/encoder.h"
#include "../../user/recording/reader.h"

#define NR_TASKS 5 /* that records refer to; 0 is unknown, 1 and 2 have the same names */

/* A task; its reference is its number. */
const struct mt_who *known_task(size_t number);
/* As an encoder wants it: by reference. */
const struct mt_who *task_of_ref(void *ctx, uint64_t id);

/* Numbers that look like chance, and are the same in each run. */
uint64_t next_number(uint64_t *seed);

union any_record {
	struct mt_hdr hdr;
	struct mt_task task;
	struct mt_fault fault;
	struct mt_minor minor;
	struct mt_alloc alloc;
	struct mt_reclaim reclaim;
	struct mt_stall stall;
	struct mt_kswapd kswapd;
	struct mt_oom oom;
	struct mt_oom_candidate oom_candidate;
	struct mt_oom_after oom_after;
	struct mt_memory memory;
	struct mt_denied denied;
	struct mt_alloc_failed alloc_failed;
	struct mt_sigkill sigkill;
	struct mt_stack_overflow stack_overflow;
	struct mt_space space;
	struct mt_heap heap;
	struct mt_heap_path heap_path;
	struct mt_heap_map heap_map;
	struct mt_heap_sum heap_sum;
	struct mt_kpages kpages;
	struct mt_kpages_sum kpages_sum;
	struct mt_major major;
	struct mt_swapin swapin;
	struct mt_cache_file cache_file;
	struct title_record title;
	struct map_look_record map_look;
	struct map_process_record map_process;
	struct map_name_record map_name;
	struct map_area_record map_area;
	struct map_run_record map_run;
	struct map_cgroup_record map_cgroup;
	struct checkpoint_record checkpoint;
	char bytes[4096];
};

/*
 * A record of that layout at time_ns: each field that a recording has is what value() says, cut to the
 * field's size; tasks are numbers modulo NR_TASKS.  The rest is 0.
 */
void make_record(union any_record *record, const struct layout *layout, uint64_t time_ns, uint64_t (*value)(void *ctx),
		 void *ctx);

/* Copies of records, as they came. */
struct records {
	union any_record *list;
	size_t nr, room;
};

void records__take(struct records *records, const void *record);
void records__free(struct records *records);
/* The same but for announcements of references. */
void assert_same_records(const struct records *got, size_t nr, const union any_record *expected);

struct bytes {
	uint8_t *data;
	size_t size;
};

void bytes__add(struct bytes *bytes, const void *data, size_t size);
void bytes__free(struct bytes *bytes);

/* A recording by hand. */
void add_file_head(struct bytes *file);
void add_block(struct bytes *file, enum block_kind kind, const void *raw, size_t size, uint32_t nr, uint64_t end_ns);
/* A block with a head that says what it wants; its checksums are right. */
void add_block_as(struct bytes *file, struct block_head head, const void *payload, size_t size);
void add_json(struct bytes *file, enum block_kind kind, const char *text);
/* A head with memtrace's own layouts. */
void add_head(struct bytes *file);

/* What a reader makes of it. */
struct reading {
	int open_error; /* of reader__open() */
	int error;	/* of reader__next() */
	enum reader_end state;
	uint64_t nr_blocks, offset;
	char why[200];
	struct records records;
};

/* reading__free() in any case. */
void read_recording(struct reading *reading, const void *data, size_t size);
void reading__free(struct reading *reading);
/* It is refused, or damaged, and why has that text in it. */
void assert_refused(const struct bytes *file, const char *why);
void assert_damaged(const struct bytes *file, size_t nr_records, const char *why);

#endif
