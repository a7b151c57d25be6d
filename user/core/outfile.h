/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A file that appears under its name when it is complete, or not at all: it
 * is written beside its place under a hidden name and renamed.  What is no
 * regular file (a terminal, a pipe, a device, our own standard output under
 * whatever name) is written to directly.
 */
#ifndef MEMTRACE_CORE_OUTFILE_H
#define MEMTRACE_CORE_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

/* Stays where it is in memory while it is open: its stream points back to it. */
struct outfile {
	FILE *stream; /* write here; NULL: not open; fileno() does not know it */
	int fd;
	int error;   /* of the first write that failed, -errno; stdio keeps none */
	char *place; /* owned: the file that temp becomes */
	char *temp;  /* owned: the hidden name; NULL: written directly */
};

/*
 * Opens for writing; mode 0644 without the umask's bits.  path NULL: standard
 * output.  On a terminal each line goes out at once.  0 or -errno, and then
 * nothing is open.
 */
int outfile__open(struct outfile *file, const char *path);

/* Lets everybody read it, whatever the umask says: for files that another user's service reads.  0 or -errno. */
int outfile__share(struct outfile *file);

/* Lets nobody but the owner read it, if it is a regular file.  0 or -errno. */
int outfile__hide(struct outfile *file);

/*
 * Writes out what is buffered, to the disk, and puts the file into its place.
 * 0 or -errno, also for writes that failed earlier; then nothing is left
 * behind and an older file is as it was.  Closes it in either case.
 */
int outfile__commit(struct outfile *file);

/*
 * For who wrote and got err: 0 commits, else aborts.  Returns the error of
 * the first failed write if there was one, as err may be a mere -EIO.
 */
int outfile__finish(struct outfile *file, int err);

/* Closes it and leaves nothing behind; fine if it is not open. */
void outfile__abort(struct outfile *file);

/* Whether two names, either may be NULL, mean one regular file that exists. */
bool outfile__same(const char *a, const char *b);

/* One line on stderr: path could not be written, why, and what to try.  -EPIPE and -ECANCELED say nothing: it is not
 * wanted.
 */
void outfile__report_error(const char *path, int err);

#endif
