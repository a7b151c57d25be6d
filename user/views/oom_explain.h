/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who would be killed if memory ran out now. */
#ifndef MEMTRACE_VIEWS_OOM_EXPLAIN_H
#define MEMTRACE_VIEWS_OOM_EXPLAIN_H

#include "../count/oom_ranking.h"
#include "../report/report.h"
#include "fields.h"

/* One of the two questions: the machine's memory, or the limit of a cgroup. */
struct oom_scope {
	struct oom_ranking ranking;
	struct cell *cells, *exempt; /* owned */
	struct cell_rows rows, exempt_rows;
	char heading[1536];
};

/* Storage of what a report borrows; all zero at first. */
struct oom_explained {
	const struct oom_standing *standing;
	struct fields fields;
	struct oom_scope machine, cgroup;
};

/* standing must live until the report was rendered; rows: of each table in text, 0: all.  0 or -ENOMEM. */
int oom_explained__add(struct oom_explained *explained, const struct oom_standing *standing, size_t rows,
		       struct report *report);
/* After the report was rendered, in any case. */
void oom_explained__done(struct oom_explained *explained);

#endif
