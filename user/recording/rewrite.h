/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A segment of a history again, in larger blocks, which take less, and with fewer moments: a part at a time.  The new
 * one has a hidden name until it is whole and on the disk, and then takes the place of the old one.
 */
#ifndef MEMTRACE_RECORDING_REWRITE_H
#define MEMTRACE_RECORDING_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "segments.h"

struct rewrite;

/* What a segment is like, as its head says. */
struct rewrite_state {
	bool packed;
	uint64_t tick_ns;
};

/* 0; -EBADMSG: it is none that can be written again; another -errno. */
int rewrite__look(int dir, const char *name, struct rewrite_state *state);
/* Moments then are at least every_ns apart; 0: all stay.  As above.  rewrite__free() if it is 0. */
int rewrite__new(struct rewrite **rewrite, int dir, const char *name, uint64_t every_ns);
/*
 * Goes on for some budget_ns of CPU time, or until a block is written.  1: there is more; 0: the new one is in its
 * place; -ENOSPC: it would take more than max_bytes; another -errno.  Then the old one stays.
 */
int rewrite__step(struct rewrite *rewrite, uint64_t budget_ns, uint64_t max_bytes);
/* What the new one takes on the disk so far. */
uint64_t rewrite__takes(const struct rewrite *rewrite);
/* Removes what was not put into its place.  NULL is fine. */
void rewrite__free(struct rewrite *rewrite);
/* Removes from the directory what a recorder left that was killed. */
void rewrite__clean(DIR *dir);

#endif
