/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 5 /* two processes that start at once see each other, and both step back */

/*
 * The kernel drops all locks that a process has on a directory when it closes any descriptor of it (fs/locks.c,
 * locks_remove_posix()), so there is one for each directory.  Locks of the kind that is not dropped (F_OFD_SETLK) do
 * not show their holder.
 */
struct file_lock {
	struct file_lock *next;
	dev_t dev;
	ino_t ino;
	int fd; /* shared by the locks of a directory */
	off_t key;
};

static struct file_lock *held;

static struct file_lock *find(dev_t dev, ino_t ino)
{
	struct file_lock *lock = held;

	while (lock && (lock->dev != dev || lock->ino != ino))
		lock = lock->next;
	return lock;
}

static bool holds(const struct file_lock *lock)
{
	for (const struct file_lock *other = held; other; other = other->next)
		if (other->dev == lock->dev && other->ino == lock->ino && other->key == lock->key)
			return true;
	return false;
}

static struct flock request(const struct file_lock *lock, short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = lock->key, .l_len = 1 };
}

static void unlock(const struct file_lock *lock)
{
	struct flock none = request(lock, F_UNLCK);

	fcntl(lock->fd, F_SETLK, &none);
}

/*
 * Ignores locks of other users (they must not decide what memtrace writes), of a process that ended and left its
 * descriptors to another, and of the kind that has no pid.  Pid 0 is a process outside of memtrace's pid namespace.
 */
static bool counts(pid_t pid)
{
	char path[32];
	struct stat st;

	if (pid <= 0)
		return !pid;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st))
		return access("/proc/self", F_OK); /* unknown without /proc */
	return st.st_uid == 0 || st.st_uid == geteuid();
}

/*
 * A directory cannot be opened for writing, so no process has a write lock on it: a query for one finds the read
 * locks.
 */
static bool is_taken(const struct file_lock *lock, pid_t *holder)
{
	struct flock other = request(lock, F_WRLCK);

	if (fcntl(lock->fd, F_GETLK, &other) || other.l_type == F_UNLCK || !counts(other.l_pid))
		return false;
	*holder = other.l_pid;
	return true;
}

static void pause_a_little(unsigned int number)
{
	struct timespec now, pause = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	pause.tv_nsec = 1000000 * (1 + (now.tv_nsec / 1000 + getpid()) % 8 * number);
	nanosleep(&pause, NULL);
}

static int claim(const struct file_lock *lock, pid_t *holder)
{
	struct flock mine;
	unsigned int i;

	if (holds(lock)) {
		*holder = getpid();
		return -EBUSY;
	}
	for (i = 1; i <= TRIES; i++) {
		mine = request(lock, F_RDLCK);
		if (fcntl(lock->fd, F_SETLK, &mine))
			return -ENOLCK;
		if (!is_taken(lock, holder))
			return 0;
		unlock(lock);
		pause_a_little(i);
	}
	return -EBUSY;
}

static void close_dir(const struct file_lock *lock)
{
	if (!find(lock->dev, lock->ino))
		close(lock->fd);
}

int file_lock__take(struct file_lock **out, int dir, uint64_t key, pid_t *holder)
{
	struct file_lock *lock = calloc(1, sizeof(*lock)), *sibling;
	struct stat st;
	int err;

	*out = NULL;
	if (!lock)
		return -ENOMEM;
	if (fstat(dir, &st)) {
		free(lock);
		return 0;
	}
	sibling = find(st.st_dev, st.st_ino);
	*lock = (struct file_lock){ .dev = st.st_dev, .ino = st.st_ino, .key = (off_t)key };
	lock->fd = sibling ? sibling->fd : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = lock->fd < 0 ? -ENOLCK : claim(lock, holder);
	if (!err) {
		lock->next = held;
		held = lock;
		*out = lock;
		return 0;
	}
	if (lock->fd >= 0)
		close_dir(lock);
	free(lock);
	return err == -EBUSY ? err : 0;
}

void file_lock__release(struct file_lock *lock)
{
	struct file_lock **at = &held;

	if (!lock)
		return;
	while (*at != lock)
		at = &(*at)->next;
	*at = lock->next;
	unlock(lock);
	close_dir(lock);
	free(lock);
}
