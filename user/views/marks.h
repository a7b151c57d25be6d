/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Lines of a timeline as a section of a report, in bounded memory: of more than there is room for, kills stay, and what
 * took longest.
 */
#ifndef MEMTRACE_VIEWS_MARKS_H
#define MEMTRACE_VIEWS_MARKS_H

#include "timeline_lines.h"

#define MARKS_MAX 3000 /* that are shown; twice as many are kept meanwhile */

struct mark {
	struct timeline_entry entry;
	char *text; /* owned */
};

/* All zero at first, but for lines.view. */
struct marks {
	struct timeline_lines lines;
	struct mark *list; /* owned */
	size_t nr, room;
	uint64_t left_out;
	size_t pos;
	char comm[MT_COMM_LEN + 1], cgroup[TIMELINE_PATH];
	struct cell cells[1];
};

/* As timeline's emit(): ctx is the marks.  0 or -ENOMEM. */
int marks__take(void *marks, const struct timeline_entry *entry);
/* marks must live until the report was rendered. */
void marks__add(struct marks *marks, struct report *report);
void marks__done(struct marks *marks);

#endif
