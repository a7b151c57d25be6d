/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The file that a recording is written to as it grows.  Not an outfile, which
 * appears when it is complete: this one must be there if memtrace is killed.
 */
#ifndef MEMTRACE_RECORDING_RECFILE_H
#define MEMTRACE_RECORDING_RECFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recfile {
	int fd;		  /* -1: not open */
	const char *path; /* borrowed */
	bool made;	  /* it did not exist before, and holds nothing yet */
	bool begun;
	uint64_t bytes;
};

/* Opens for writing, for the owner alone; an older file keeps its content until the first write.  0 or -errno. */
int recfile__open(struct recfile *file, const char *path);
/* All of it, or -errno. */
int recfile__write(struct recfile *file, const void *data, size_t size);
/* 0 or -errno; a file that was made in vain is removed.  Fine if it is not open. */
int recfile__close(struct recfile *file);

#endif
