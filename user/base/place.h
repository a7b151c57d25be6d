/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where a file is to be written: a directory that is found once and held open, and a name in it.
 * Nothing is followed or overwritten that others could have planted:
 * - a symbolic link is followed only in a directory that only root and the caller may write to;
 * - a regular file must be the caller's, and have no other name.
 * docs/design.md, "Files that memtrace writes", has the reasons.
 */
#ifndef MEMTRACE_BASE_PLACE_H
#define MEMTRACE_BASE_PLACE_H

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

enum place_kind {
	PLACE_FILE,   /* a regular file, or nothing yet */
	PLACE_DEVICE, /* a device, a FIFO: written as it is */
	PLACE_OWN,    /* a descriptor that memtrace was given: standard output, /dev/fd/N */
};

struct place {
	enum place_kind kind;
	int dir;		  /* opened with O_PATH; -1: there is none */
	int fd;			  /* of PLACE_OWN; borrowed */
	char name[NAME_MAX + 1];  /* in dir */
	struct stat st;		  /* of what is there; st_mode 0: nothing */
	char why[NAME_MAX + 256]; /* why it was refused, for people; "": it was not */
};

/*
 * path NULL or "-": standard output.  0 or -errno; -EPERM where why says the reason.  place__close()
 * is fine after either, and before place__find() if all is 0 but dir, which is -1.
 */
int place__find(struct place *place, const char *path);
/* Looks again at what is there, by the same rules. */
int place__look(struct place *place);
/* Refuses it for a reason that the caller knows: the text is for people.  -EPERM. */
int place__refuse(struct place *place, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Whether the directory is still there: 0, or -ENOENT with why. */
int place__check_dir(struct place *place);
/* A number that stands for the name in its directory; never negative as off_t. */
uint64_t place__key(const struct place *place);
void place__close(struct place *place);

#endif
