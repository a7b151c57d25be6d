/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A part of a recording, or of a history, as a recording of its own. */
#ifndef MEMTRACE_SESSION_COPIED_H
#define MEMTRACE_SESSION_COPIED_H

#include "../recording/recorder.h"
#include "../sources/replay_segments.h"

struct copied {
	uint64_t from_ns;		  /* what is in it, boot time clock of where it comes from */
	int64_t from_wall_ns, to_wall_ns; /* by the wall's clock as it was set then */
	size_t nr_gaps;
	struct recorder_stats stats; /* path is not set */
	bool damaged;		     /* what it comes from could not be read to its end; a message said so */
};

struct copy_request {
	const char *from;	 /* a recording, "-", or a history; borrowed, as the others */
	struct replay_part part; /* of it; counts are known at moments only, so it begins and ends at such */
	struct outfile *file;	 /* open, of OUTFILE_DUMP */
	bool anonymise;		 /* names are replaced: recording/anonymous.h */
};

/* EXIT_OK: the file is in its place.  Else the exit code after one line on stderr, and nothing of it is there. */
int copied__make(struct copied *copied, const struct copy_request *request);

#endif
