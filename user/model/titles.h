/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What processes call themselves: the command line, which programs change to say what a process of theirs does. */
#ifndef MEMTRACE_MODEL_TITLES_H
#define MEMTRACE_MODEL_TITLES_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/wire.h"
#include "../base/hash.h"

#define TITLE_LEN  128	 /* with NUL; what is longer is cut */
#define TITLES_MAX 16384 /* processes; of others it is not known */

/* The id of a struct title_record, which no program in the kernel sends: beside enum mt_rec_id. */
#define REC_TITLE 0xfff3

/* The process has that title from hdr.time_ns on.  who is of any of its threads. */
struct title_record {
	struct mt_hdr hdr;
	struct mt_who who;
	char title[TITLE_LEN]; /* blanks between arguments, zeroes behind its end */
};

struct title_key {
	uint32_t pid;
	uint32_t pad;
	uint64_t start_ns;
};

struct title {
	UT_hash_handle hh;
	struct title_key key;
	struct title_record record; /* the newest; hdr.id 0: none yet */
	uint64_t gone_ns;	    /* when the process's leader ended; 0: it lives */
	uint64_t read_ns;	    /* for who reads titles; 0: it was not read yet */
};

struct titles {
	struct title *table;
};

void titles__free(struct titles *titles);
struct title *titles__find(const struct titles *titles, const struct mt_who *who); /* NULL: not known */
/* Finds or adds the process.  NULL: no memory, or there are TITLES_MAX. */
struct title *titles__get(struct titles *titles, const struct mt_who *who);
/* What does not fit is left out.  A record that is older than the one that is known is not taken. */
void titles__take(struct titles *titles, const struct title_record *record);
/* The process's leader ended. */
void titles__end(struct titles *titles, const struct mt_who *who, uint64_t time_ns);
/* Forgets those that ended linger_ns before now_ns. */
void titles__retire(struct titles *titles, uint64_t now_ns, uint64_t linger_ns);

#endif
