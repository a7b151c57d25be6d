/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A directory of reports that is bounded in number and bytes.  Files are written by a thread of their own, so that who
 * hands them over never waits for a disk.  Each appears under its name when it is complete and on the disk; nothing
 * that has a name is ever replaced, followed if it is a symbolic link, or removed, but for reports of the same naming,
 * the oldest first.
 */
#ifndef MEMTRACE_BASE_KEEPER_H
#define MEMTRACE_BASE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEEPER_NAME_MAX 128
#define KEEPER_QUEUE	256	     /* contents that wait for the disk */
#define KEEPER_WAITING	(16UL << 20) /* and their bytes */

struct keeper;

struct keeper_request {
	const char *dir;      /* made with mode 0700 if only its last part is missing */
	const char *prefix;   /* names begin with it, then the UTC time as in "20261128T031244": the part that sorts */
	uint64_t max_reports; /* names that differ in what follows the last dot are one report */
	uint64_t max_bytes;
};

/* 0; -ENOTDIR, -EACCES, -ENOMEM or another -errno.  keeper__close() is fine after either. */
int keeper__open(struct keeper **keeper, const struct keeper_request *request);
/*
 * Takes over data, from malloc().  False: the queue is full, or has too many bytes, and data was freed.  name: the
 * prefix, the time, and what tells one from another; as a file system takes it.
 */
bool keeper__put(struct keeper *keeper, const char *name, char *data, size_t size);
/* Bytes that are not on the disk yet, those that are being written included. */
size_t keeper__waiting(struct keeper *keeper);
/* Of what could not be written since the last call: how many, and of the last one the -errno and the name. */
uint64_t keeper__failures(struct keeper *keeper, int *err, char name[KEEPER_NAME_MAX]);
/* The thread gives up all capabilities that writing to the directory does not take (capabilities.h); soon, not at once.
 */
void keeper__give_up(struct keeper *keeper);
/* Waits until all is written; nothing may be handed over any more. */
void keeper__finish(struct keeper *keeper);
/* The same, and frees it.  NULL is fine. */
void keeper__close(struct keeper *keeper);

#endif
