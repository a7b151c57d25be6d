/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A recording as a source.  Needs neither root nor the kernel that it was made on. */
#ifndef MEMTRACE_SOURCES_REPLAY_H
#define MEMTRACE_SOURCES_REPLAY_H

#include "../model/source.h"
#include "../recording/head.h"

/*
 * Opens the file at path ("-": standard input), which is borrowed, and reads what it is about.
 * EXIT_OK, or EXIT_FAILED after one line on stderr.
 */
int replay__open(struct source **src, const char *path, struct sink sink, struct run_facts *facts);
/* What the recording says about itself; valid as long as the source. */
const struct recording_head *replay__head(const struct source *src);
/* The run begins here: totals and CPU time count from what they are now. */
void replay__restart(struct source *src);
/* Whether there was no room for the names of some cgroups. */
bool replay__lacks_cgroups(const struct source *src);

#endif
