/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One writer for each name in a directory.  The lock is a read lock on a byte of the directory itself, so it leaves
 * nothing behind, ends with its process, survives a rename of the file, and holds in all containers that share the
 * directory.  A process that takes it then checks whether another one also holds that byte.
 */
#ifndef MEMTRACE_BASE_FILE_LOCK_H
#define MEMTRACE_BASE_FILE_LOCK_H

#include <stdint.h>
#include <sys/types.h>

struct file_lock; /* NULL: not locked */

/*
 * dir: a directory's descriptor, O_PATH will do. key: stands for the name, at most INT64_MAX. 0, also where a
 * directory cannot be locked (it may not be read, or its file system has no locks): *lock is NULL then. -EBUSY:
 * *holder has it, 0 if that is of another pid namespace, the caller's own pid if it has it itself.  Locks of users
 * other than root and the caller do not count: they could keep memtrace from writing.
 */
int file_lock__take(struct file_lock **lock, int dir, uint64_t key, pid_t *holder);
/* NULL is fine. */
void file_lock__release(struct file_lock *lock);

#endif
