/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The black box that `oom` and `export --oom-dir` have in common: a session waits for OOM kills, what was before is
 * remembered, and of each kill a report is made and kept.
 */
#ifndef MEMTRACE_COMMANDS_OOM_BOX_H
#define MEMTRACE_COMMANDS_OOM_BOX_H

#include "../base/keeper.h"
#include "../session/oom_watch.h"
#include "../views/oom_files.h"
#include "../views/oom_report.h"

#define OOM_BOX_KILLS 256

/* Zeroed, then show and ctx are set, before the session opens: its first records come before it runs. */
struct oom_box {
	/*
	 * A report was made, and handed over to be kept; both are gone after the call.  kill: NULL if it is about none.
	 * 0 or -errno, which ends the run.
	 */
	int (*show)(void *ctx, const struct oom_kill *kill, const struct report *report);
	void *ctx;
	unsigned int width; /* of the terminal that reports are shown on; 0: of none.  Those that are kept have 100
			       columns */
	struct session *session;
	struct oom_watch *watch;
	struct keeper *keeper; /* NULL: no directory */
	struct oom_view view;
	struct oom_box_denied *denied; /* NULL: not asked for */
	struct oom_box_stacks *stacks; /* NULL: the same, or there was no page fault yet */
	uint64_t ticked_ns;	       /* when what was before was looked at last */
	uint64_t reports, unwritten;   /* files that could not be written */
	struct oom_files_name first;   /* what no recording has yet */
	char first_what[32];
	bool has_first;
	struct {
		uint64_t time_ns;
		uint32_t pid;
		char recording[KEEPER_NAME_MAX]; /* of all kills of about a second */
	} kills[OOM_BOX_KILLS];			 /* the last ones */
	uint64_t nr_kills;
	char recording[KEEPER_NAME_MAX]; /* of the report that is made */
	struct cell recording_cell;
};

/* What the session needs beside the probes "oom", "memory" and, where it can be had, "signal": with a directory,
 * recordings of what was before. */
void oom_box__configure(struct session_config *config, const struct options *options);
/*
 * The session's callbacks pass their calls on: each event, each tick, each recording.  0 or -errno.  session: its
 * options say how much is remembered and where reports are kept.
 */
int oom_box__event(struct oom_box *box, struct session *session, const struct event_row *row, const void *record);
int oom_box__tick(struct oom_box *box);
void oom_box__recording(struct oom_box *box, char *data, size_t size);
/* Whether a recording may be handed over: one at a time waits for the disk, as each takes some MiB. */
bool oom_box__may_keep(const struct oom_box *box);
/* All is attached, nothing has run: opens the directory, whose option has that name, locks memory.  An exit code. */
int oom_box__ready(struct oom_box *box, struct session *session, const char *option);
/* The run is over: what waits is reported and written.  0 or -errno of show(). */
int oom_box__finish(struct oom_box *box);
/* Frees what it owns, whatever became of it. */
void oom_box__done(struct oom_box *box);

#endif
