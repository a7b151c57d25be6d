/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What --against names, which is read after the other one. */
#ifndef MEMTRACE_COMMANDS_REPORT_AGAINST_H
#define MEMTRACE_COMMANDS_REPORT_AGAINST_H

#include "../views/against.h"
#include "report_gather.h"

/* All zero at first. */
struct report_against {
	struct report_gather gather;
	struct against_view view;
	bool is_read, damaged;
};

/*
 * Reads it, or that part of the same recording, once the run of now is over.  EXIT_OK, or the exit code after one line
 * on stderr; report_against__done() in any case.
 */
int report_against__read(struct report_against *against, const struct session *now);
void report_against__done(struct report_against *against);

#endif
