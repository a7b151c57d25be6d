/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of the section "by page" share. */
#ifndef MEMTRACE_COMMANDS_LEAK_PAGES_H
#define MEMTRACE_COMMANDS_LEAK_PAGES_H

#include "../count/chain_ends.h"
#include "../count/map_class.h"
#include "../count/map_recorded.h"
#include "../kernel/map_reader.h"
#include "../report/event_path.h"
#include "../views/call_paths.h"
#include "leak.h"

#define LEAK_PAGE_SUMS	 14
#define LEAK_MEMORY_SUMS 9

/* A process of the look that is being taken. */
struct leak_looked {
	struct mt_who who;
	struct page_runs runs;
	uint64_t time_ns;  /* when that was over */
	bool failed;	   /* memory ran out */
	UT_hash_handle hh; /* by who.pid */
};

struct leak_pages {
	struct page_origins origins;
	struct call_paths *paths;
	struct event_path path;
	bool has_codes;			  /* error codes are those of x86 */
	uint64_t ends[NR_CHAIN_ENDS + 1]; /* touches by how their chains ended */
	struct page_scan scan;		  /* live */
	uint64_t next_look_ns;		  /* not before */
	size_t refused;			  /* processes of the newest look whose pages may not be read */
	size_t beyond;			  /* that there were too many of for it */
	struct map_recorded maps;	  /* of a replay: of the newest look */
	struct leak_looked *looked;	  /* owned; the same */
	bool knows_runs;		  /* looks were at single pages too */
	struct page_sums sums;
	/* below: what the report borrows */
	struct call_paths_view chains; /* for its notes alone */
	const struct call_path **sorted;
	size_t nr, at;
	struct call_tree tree;
	uint32_t node;
	char *line;
	struct cell cells[LEAK_PAGE_SUMS];
	struct cell memory[LEAK_MEMORY_SUMS], memory_rows[5][3];
	struct cell_rows memory_source;
};

/* Add their sections to the report, once run->pages->sums are there.  0 or -errno; leak_pages__done_view() in any case.
 */
int leak_memory__add(struct leak_run *run, struct report *report);
int leak_pages__add(struct leak_run *run, struct report *report);
void leak_pages__done_view(struct leak_pages *pages);

#endif
