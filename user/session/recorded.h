/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A recording that is read through once, for a summary of what is in it. */
#ifndef MEMTRACE_SESSION_RECORDED_H
#define MEMTRACE_SESSION_RECORDED_H

#include "../count/history_summary.h"
#include "../count/recording_summary.h"

struct recorded {
	struct recording_summary summary;
	struct history_summary history; /* if it is one: summary.history */
	struct source *source;
	bool damaged; /* it could not be read to its end; a message said so */
};

/*
 * Reads all of the file at path ("-": standard input), which is borrowed.  EXIT_OK, or EXIT_FAILED after one line on
 * stderr; either way recorded__close() is due.
 */
int recorded__read(struct recorded *recorded, const char *path);
void recorded__close(struct recorded *recorded);

#endif
