/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The files that memtrace writes.  A file that is *replaced* appears under its name when it is complete, or not at
 * all; one that *grows* has its name from its first bytes on, because it must be readable when memtrace is killed.
 * Until then neither has a name, if the file system supports that.  Anything but a regular file (a terminal, a
 * FIFO, a device, standard output under any name) is *written as it is*, and never replaced or removed. place.h has
 * the rules about where; one name has one writer (file_lock.h).
 */
#ifndef MEMTRACE_BASE_OUTFILE_H
#define MEMTRACE_BASE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "file_lock.h"
#include "place.h"

enum outfile_kind {
	OUTFILE_REPORT,	   /* replaced; mode 0644 without the umask's bits */
	OUTFILE_SHARED,	   /* replaced all the time; 0644 whatever the umask says: another user's service reads it */
	OUTFILE_DUMP,	   /* replaced; 0600 */
	OUTFILE_RECORDING, /* grows; 0600 */
};

#define OUTFILE_TEMP_MAX 48

/* Stays where it is in memory while it is open: its stream points back to it.  All 0: not open. */
struct outfile {
	FILE *stream;	  /* write here; NULL: nothing has begun; fileno() does not work on it */
	const char *path; /* borrowed, as the user gave it; NULL: standard output */
	enum outfile_kind kind;
	struct place place;
	uint64_t key; /* of the name that it was opened with */
	struct file_lock *lock;
	int fd;	    /* what is being written; -1: nothing */
	int put_fd; /* what was put last: while it is open its inode is not used again; -1: nothing */
	int error;  /* of the first write that failed, -errno; stdio keeps none */
	bool is_open;
	bool named;		     /* what is being written has its name already */
	char temp[OUTFILE_TEMP_MAX]; /* the hidden name that it has until then; "": none */
	uint64_t bytes;		     /* written since it began */
};

/*
 * Finds the place, locks it, and begins: output goes to a file that has no name yet, or directly to what is written
 * as it is. path NULL or "-": standard output.  On a terminal each line goes out at once.  0, or -errno for
 * outfile__report(), and then nothing is open.
 */
int outfile__open(struct outfile *file, const char *path, enum outfile_kind kind);

/* Whether it is written as it is; outfile__put() then only hands on what is buffered. */
bool outfile__is_direct(const struct outfile *file);
bool outfile__is_stdout(const struct outfile *file);

/* Begins another content, if the last one was put or dropped; else does nothing.  0 or -errno. */
int outfile__begin(struct outfile *file);

/* As above, from now on for another name in the same directory, by the same rules, under the same lock. */
int outfile__begin_as(struct outfile *file, const char *name);

/* Writes all of it, bypassing the stream's buffer, or returns -errno; each later write then returns the same. */
int outfile__write(struct outfile *file, const void *data, size_t size);

/*
 * Ends a content; err is the writer's result.  0: what was written is put into its place, a report and a dump after
 * they are on the disk.  Else it is dropped.  Returns 0 or -errno: that of the first write that failed, if one did,
 * because err may only be -EIO.  Then the old file is unchanged (a file that grows: complete as far as it was written).
 */
int outfile__put(struct outfile *file, int err);

/* Forgets what was written since it began.  A file that grows stays if it has its name. */
void outfile__drop(struct outfile *file);

/*
 * Removes what was put last, if it is still there: 0.  1: something else is there, and was left alone.
 * -errno otherwise; -ENOENT: its directory is gone.  0 for what is written as it is.
 */
int outfile__remove(struct outfile *file);

/* Drops what was not put, and gives the place up; fine if it is not open. */
void outfile__close(struct outfile *file);

/* outfile__put(), then outfile__close(). */
int outfile__finish(struct outfile *file, int err);

/* The name of the file for people, when it may differ from the one asked for; owned by the caller.  NULL: no memory. */
char *outfile__shown(const struct outfile *file);

/* Whether two names, either may be NULL, mean one regular file that exists. */
bool outfile__same(const char *a, const char *b);

/* One line on stderr: why it could not be written, and what to try.  -EPIPE and -ECANCELED say
 * nothing: it is not wanted. */
void outfile__report(const struct outfile *file, int err);
/* The same for standard output without an outfile. */
void outfile__report_stdout(int err);
/* After outfile__open() failed: the exit code.  What was refused is a wrong request, the rest a failure. */
int outfile__exit_code(const struct outfile *file);

#endif
