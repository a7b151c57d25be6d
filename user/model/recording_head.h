/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a recording says about itself in its first block. */
#ifndef MEMTRACE_MODEL_RECORDING_HEAD_H
#define MEMTRACE_MODEL_RECORDING_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

#define HOST_TEXT_MAX  256
#define SEGMENT_ID_MAX 40

struct recording_head {
	struct run_facts facts;
	struct probe_status probes[MT_NR_PROBES];
	struct checkpoint start; /* own_cpu_ns is 0 */
	bool has[MT_NR_RECS];	 /* events: one that the memtrace that wrote it did not know has none */
	bool window;		 /* only the last part of the run: the first moment has what came before */
	struct {
		char run[SEGMENT_ID_MAX];  /* of a history: which run of the recorder; "": it is no segment */
		char boot[SEGMENT_ID_MAX]; /* which boot of the machine; "": not known */
		uint64_t number;	   /* in that run, from 1 on */
		bool after_pause;	   /* nothing was recorded before it, as there was no room */
		bool packed; /* it was written again, in larger blocks; facts.tick_ns: with fewer moments */
	} segment;
	char version[32];	 /* of the memtrace that wrote it */
	char command_line[1024]; /* memtrace's own; cut if it is longer */
	struct {
		char name[HOST_TEXT_MAX], kernel[HOST_TEXT_MAX], kernel_version[HOST_TEXT_MAX], machine[HOST_TEXT_MAX];
		uint64_t cpus, memory_bytes;
	} host;
};

#endif
