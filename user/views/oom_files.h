/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A report of an OOM kill as files of a directory: text and JSON, and a recording of what came before. */
#ifndef MEMTRACE_VIEWS_OOM_FILES_H
#define MEMTRACE_VIEWS_OOM_FILES_H

#include "../base/keeper.h"
#include "../model/oom_kill.h"
#include "../report/report.h"

#define OOM_FILES_PREFIX "oom-"

/* Hands them over to the keeper; how many of the two could not be. */
unsigned int oom_files__keep(struct keeper *keeper, const struct oom_kill *kill, const struct report *report,
			     const int64_t *wall_offset_ns);

/* The same of a report that is about no kill. */
struct oom_files_name {
	uint64_t wall_ns;
	const char *what; /* of any bytes */
	uint32_t pid;	  /* 0: of none */
};
unsigned int oom_files__keep_report(struct keeper *keeper, const struct oom_files_name *name,
				    const struct report *report, const int64_t *wall_offset_ns);

/* What its files are called, without what stands behind the last dot. */
void oom_files__stem(char buf[KEEPER_NAME_MAX], const struct oom_files_name *name);
/* Which recording a report belongs to, as a part of it; recording and storage must outlive it; "": none. */
void oom_files__add_recording(struct report *report, const char *recording, struct cell *storage);

/* Hands a recording over by the name of a report; data is the keeper's.  How many could not be: 0 or 1. */
unsigned int oom_files__keep_recording(struct keeper *keeper, const struct oom_files_name *name, char *data,
				       size_t size);

/* The victim's pid by the name of such a file; 0: it has none. */
unsigned int oom_files__pid(const char *name);

#endif
