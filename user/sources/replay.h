/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A recording as a source.  Needs neither root nor the kernel that it was made on. */
#ifndef MEMTRACE_SOURCES_REPLAY_H
#define MEMTRACE_SOURCES_REPLAY_H

#include "../model/recorded_clock.h"
#include "../model/recorded_gap.h"
#include "../model/source.h"
#include "../recording/head.h"
#include "replay_segments.h"

/*
 * Opens the file at path ("-": standard input), which is borrowed, and reads what it is about.  A directory is a
 * history: of its segments those are read, one after the other, that the part (NULL: all) needs, as if they were one
 * recording: counts, times and lives of several runs and boots go on.  EXIT_OK, or the exit code after one line on
 * stderr.
 */
int replay__open(struct source **src, const char *path, const struct replay_part *part, struct sink sink,
		 struct run_facts *facts);
/*
 * The begin and the end of the part with which it was opened, by the boot time clock (of a history: of its first
 * segment); what is before the recording is its start.  0 and UINT64_MAX: all.  EXIT_OK, or the exit code after one
 * line on stderr.
 */
int replay__part(const struct source *src, const struct replay_part *part, uint64_t *from_ns, uint64_t *to_ns);
/*
 * Of a history: moves both to where the part begins and ends by the wall's clock as it was set at the last moment; an
 * end that is not wanted stays as it is.  Nothing else, and no recording, is changed.
 */
void replay__follow_clock(const struct source *src, uint64_t *from_ns, uint64_t *to_ns);
/*
 * Before the first record.  Records of tasks are only counted: but for the header they are blank, and reading takes
 * half the time.  Of a history only the digests of segments are read, where they have one.  0 or -errno.
 */
int replay__be_brief(struct source *src);
/* Whether next() of a history returns, as for any moment, where a later run begins, which has counted nothing yet. */
void replay__stop_at_runs(struct source *src, bool stops);
bool replay__is_history(const struct source *src);
/* What the recording says about itself; valid as long as the source. */
const struct recording_head *replay__head(const struct source *src);
/* Of a history, as far as it was read: the times without a recorder, by time; valid until the next record. */
size_t replay__gaps(const struct source *src, const struct recorded_gap **gaps);
/* The same: how the clock on the wall stood, by time; there is one at the start. */
size_t replay__clocks(const struct source *src, const struct recorded_clock **clocks);
/* The run begins here: totals and CPU time count from what they are now. */
void replay__restart(struct source *src);
/* Whether there was no room for the names of some cgroups. */
bool replay__lacks_cgroups(const struct source *src);

#endif
