/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the files of memtrace leak share: a run, and the table of its sections.  A section finds something out in its
 * own way, and adds it to the one report.
 */
#ifndef MEMTRACE_COMMANDS_LEAK_H
#define MEMTRACE_COMMANDS_LEAK_H

#include "../count/growth.h"
#include "../count/page_origins.h"
#include "../count/held_maps.h"
#include "../count/held_paths.h"
#include "../report/cell_list.h"
#include "../report/event_path.h"
#include "../session/tracing.h"
#include "../views/summary.h"

/* What the texts of call paths in one table may take. */
#define LEAK_PATHS_BYTES (64U << 20)

struct leak_run;

/* What a section was found to have, where its key in JSON is null and its text is missing: LEAK_NOT_ASKED. */
enum leak_wanted {
	LEAK_NOT_ASKED,
	LEAK_WANTED,
};

/* Each callback may be NULL: there is nothing to do.  Those that return an int: 0 or -errno, which ends the run. */
struct leak_section {
	const char *name, *sums; /* its keys in JSON: of its rows, and of what they add up to, or NULL */
	/* Whether it is part of a live run with these options; of a replay replayed() says it.  NULL: of each run. */
	bool (*wanted)(const struct options *options);
	bool (*replayed)(const struct session *session);
	uint32_t probes; /* that it needs, a bit each */
	uint32_t every;	 /* of these each single event */
	bool chains;	 /* with call chains */
	/*
	 * Before anything of the run comes, and before CMD starts; records of what was before it may have come.  An
	 * exit code after one line on stderr: the request is refused.
	 */
	int (*ready)(struct leak_run *run);
	/* The run begins at that moment of CLOCK_BOOTTIME: what follows counts. */
	int (*begin)(struct leak_run *run, uint64_t now_ns);
	/* A record; counts: of the run, not from before it. */
	int (*event)(struct leak_run *run, const struct event_row *row, const void *record, bool counts);
	/* Live: processes may be looked at, all records up to now have come; final: for the last time. */
	int (*look)(struct leak_run *run, bool final);
	/* Of a replay: a record of such a look (REC_MAP_*). */
	int (*map)(struct leak_run *run, const void *record);
	/* The run is over: before any section adds what it shows, so that it can use what others have found. */
	int (*sum)(struct leak_run *run);
	/* Adds what it shows; what the report borrows lives until done(). */
	int (*add)(struct leak_run *run, struct report *report);
	/* In any case. */
	void (*done)(struct leak_run *run);
};

/* In the order in which they are shown. */
extern const struct leak_section leak_memory_section;
extern const struct leak_section leak_growth_section;
extern const struct leak_section leak_pages_section;
extern const struct leak_section leak_object_section;
extern const struct leak_section leak_mapped_section;
extern const struct leak_section leak_kinds_section;
extern const struct leak_section leak_slab_section;
extern const struct leak_section leak_vmalloc_section;
extern const struct leak_section leak_sites_section;
extern const struct leak_section leak_kmemleak_section;
extern const struct leak_section leak_kpages_section;

struct leak_pages;
struct leak_kernel;
struct leak_kpages;
struct leak_kmemleak;

struct leak_growth_view {
	struct cell_list rows;
	struct arena names; /* of cgroups */
};

#define LEAK_ALLOCATOR_VALUES 16

struct leak_object_view {
	struct cell_list rows;
	struct event_path path;
	struct cell values[LEAK_ALLOCATOR_VALUES];
	bool told; /* what a call costs */
};

struct leak_mapped_view {
	struct held_maps maps;
	struct cell_list rows;
	struct event_path path;
	struct cell values[3];
};

struct leak_run {
	struct tracing tracing;
	uint32_t wanted; /* sections, a bit each; set when the session is open */
	bool opened, begun;
	uint64_t begun_ns, ended_ns; /* the run, CLOCK_BOOTTIME */
	struct growth_table growth;  /* of all processes that the run is about */
	struct leak_growth_view growth_view;
	struct leak_kernel *kernel;	/* owned by the section "kernel_memory"; NULL: not yet */
	struct leak_kpages *kpages;	/* owned by its section; NULL: not yet */
	struct leak_pages *pages;	/* owned by the section "memory"; NULL: not yet */
	struct leak_kmemleak *kmemleak; /* the same */
	uint64_t requested_bytes; /* since the run began, and not freed: by_object; unknown: it was not asked for */
	struct held_paths held;	  /* by object */
	struct leak_object_view object_view;
	struct leak_mapped_view mapped_view; /* its paths are those of held */
	struct summary summary;
	struct cell nulls[16]; /* of sections that were not asked for */
	struct column null_columns[16];
};

#endif
