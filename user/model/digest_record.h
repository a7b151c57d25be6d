/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How many records a digest leaves out, of each kind: a segment of a history has one at its end. */
#ifndef MEMTRACE_MODEL_DIGEST_RECORD_H
#define MEMTRACE_MODEL_DIGEST_RECORD_H

#include "schema.h"

#define REC_DIGEST 0xfffa

struct digest_record {
	struct mt_hdr hdr;
	uint64_t events[MT_NR_RECS]; /* by record id */
	uint64_t samples;	     /* of the machine */
};

#endif
