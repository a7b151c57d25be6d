// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "kept.h"

#define STACK_SIZE (256 * 1024)
#define TRIES	   100

struct content {
	char name[KEEPER_NAME_MAX];
	char *data; /* owned */
	size_t size;
};

struct keeper {
	struct keeper_request request;
	char *path; /* owned */
	pthread_t thread;
	bool running, closing;
	pthread_mutex_t lock; /* of what follows */
	bool gives_up;
	pthread_cond_t news;
	struct content queue[KEEPER_QUEUE];
	uint64_t put, taken;
	size_t waiting; /* bytes of the queue and of what is being written */
	uint64_t failures;
	int error;
	char failed[KEEPER_NAME_MAX];
};

/* One file of the directory that is a report's. */
struct entry {
	char name[KEEPER_NAME_MAX];
	uint64_t bytes;
};

static int open_dir(const struct keeper *keeper)
{
	int fd = open(keeper->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && !mkdir(keeper->path, 0700))
		fd = open(keeper->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *data, size_t size)
{
	ssize_t len;

	while (size) {
		len = write(fd, data, size);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return len < 0 ? -errno : -EIO;
		data += len;
		size -= (size_t)len;
	}
	return 0;
}

/* Its own name, which nobody can have planted (O_EXCL): it is removed again whatever becomes of it. */
static int write_hidden(int dir, const char *hidden, const struct content *content)
{
	int fd = openat(dir, hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, content->data, content->size);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* "a.json", then "a-2.json" where that is taken. */
static void number(char *buf, size_t size, const char *name, int i)
{
	const char *dot = strrchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : strlen(name);

	if (i == 1)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%.*s-%d%s", (int)len, name, i, dot ? dot : "");
}

static int give_name(int dir, const char *hidden, const char *name)
{
	char other[KEEPER_NAME_MAX + 16];
	int i;

	for (i = 1; i <= TRIES; i++) {
		number(other, sizeof(other), name, i);
		if (!linkat(dir, hidden, dir, other, 0))
			return 0;
		/* a file system without hard links */
		if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS)
			return renameat2(dir, hidden, dir, other, RENAME_NOREPLACE) ? -errno : 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int write_content(int dir, const struct content *content)
{
	char hidden[KEEPER_NAME_MAX + 32];
	int err;

	snprintf(hidden, sizeof(hidden), ".%s.%d", content->name, getpid());
	unlinkat(dir, hidden, 0); /* of a run that was killed */
	err = write_hidden(dir, hidden, content);
	if (!err)
		err = give_name(dir, hidden, content->name);
	unlinkat(dir, hidden, 0);
	if (!err && fsync(dir) && errno != EINVAL)
		err = -errno;
	return err;
}

/* A regular file of the caller's own. */
static bool is_own(int dir, const char *name, uint64_t *bytes)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return false;
	*bytes = (uint64_t)st.st_size;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* NULL with *nr 0: none, or no memory. */
static struct entry *list(const struct keeper *keeper, int dir, size_t *nr)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct entry *entries = NULL, *more, entry;
	const struct dirent *d;
	size_t room = 0;

	*nr = 0;
	if (!stream && fd >= 0)
		close(fd);
	while (stream && (d = readdir(stream))) {
		if (!kept__is_report(d->d_name, keeper->request.prefix) || !is_own(dir, d->d_name, &entry.bytes))
			continue;
		if (*nr == room) {
			room = room ? 2 * room : 512;
			more = reallocarray(entries, room, sizeof(*entries));
			if (!more)
				break;
			entries = more;
		}
		snprintf(entry.name, sizeof(entry.name), "%s", d->d_name);
		entries[(*nr)++] = entry;
	}
	if (stream)
		closedir(stream);
	if (*nr)
		qsort(entries, *nr, sizeof(*entries), by_name);
	return entries;
}

/* Without what tells its files apart. */
static bool same_report(const struct entry *a, const struct entry *b)
{
	size_t len = (size_t)(strrchr(a->name, '.') - a->name);

	return len == (size_t)(strrchr(b->name, '.') - b->name) && !strncmp(a->name, b->name, len);
}

static void count(const struct entry *entries, size_t nr, uint64_t *reports, uint64_t *bytes)
{
	size_t i;

	*reports = *bytes = 0;
	for (i = 0; i < nr; i++) {
		*reports += !i || !same_report(&entries[i - 1], &entries[i]);
		*bytes += entries[i].bytes;
	}
}

/* The newest stays in any case, and that of written (NULL: none), whose name is an old one if the clock was set back.
 */
static void prune(const struct keeper *keeper, int dir, const char *written)
{
	uint64_t reports, bytes;
	struct entry *entries, now = { 0 };
	size_t nr, i = 0;

	snprintf(now.name, sizeof(now.name), "%s", written ? written : ".");
	entries = list(keeper, dir, &nr);
	count(entries, nr, &reports, &bytes);
	while (reports > 1 && (reports > keeper->request.max_reports || bytes > keeper->request.max_bytes)) {
		while (i < nr && same_report(&entries[i], &now))
			i++;
		if (i == nr || same_report(&entries[i], &entries[nr - 1]))
			break;
		do {
			unlinkat(dir, entries[i].name, 0);
			bytes -= entries[i].bytes;
			i++;
		} while (i < nr && same_report(&entries[i - 1], &entries[i]));
		reports--;
	}
	free(entries);
}

static int keep(const struct keeper *keeper, const struct content *content)
{
	int dir = open_dir(keeper), err;

	if (dir < 0)
		return dir;
	err = write_content(dir, content);
	if (err == -ENOSPC) {
		prune(keeper, dir, NULL);
		err = write_content(dir, content);
	}
	if (!err)
		prune(keeper, dir, content->name);
	close(dir);
	return err;
}

/* Capabilities are a thread's own.  Without an answer it keeps what may be needed. */
static void give_up(struct keeper *keeper)
{
	uint64_t have = capabilities__effective(), needs = have & CAPABILITY(DAC_READ_SEARCH);
	int dir;

	keeper->gives_up = false;
	capabilities__use(needs);
	dir = open_dir(keeper);
	if (dir < 0 || !capabilities__may_write(dir))
		needs |= have & CAPABILITY(DAC_OVERRIDE);
	if (dir >= 0)
		close(dir);
	capabilities__use(have);
	capabilities__keep(needs);
}

/* The next content; false: there is none any more. */
static bool take(struct keeper *keeper, struct content *content)
{
	bool any;

	pthread_mutex_lock(&keeper->lock);
	while (keeper->taken == keeper->put && !keeper->closing) {
		if (keeper->gives_up)
			give_up(keeper);
		else
			pthread_cond_wait(&keeper->news, &keeper->lock);
	}
	any = keeper->taken < keeper->put;
	if (any)
		*content = keeper->queue[keeper->taken++ % KEEPER_QUEUE];
	pthread_mutex_unlock(&keeper->lock);
	return any;
}

static void fail(struct keeper *keeper, const struct content *content, int err)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->failures++;
	keeper->error = err;
	snprintf(keeper->failed, sizeof(keeper->failed), "%s", content->name);
	pthread_mutex_unlock(&keeper->lock);
}

static void *run(void *ctx)
{
	struct keeper *keeper = ctx;
	struct content content;
	int err;

	while (take(keeper, &content)) {
		err = keep(keeper, &content);
		if (err)
			fail(keeper, &content, err);
		free(content.data);
		pthread_mutex_lock(&keeper->lock);
		keeper->waiting -= content.size;
		pthread_mutex_unlock(&keeper->lock);
	}
	return NULL;
}

void keeper__give_up(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->gives_up = true;
	pthread_cond_signal(&keeper->news);
	pthread_mutex_unlock(&keeper->lock);
}

/* Signals are the main thread's.  With a small stack, as all of it may be locked in memory. */
static int start(struct keeper *keeper)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&keeper->thread, &attr, run, keeper);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	keeper->running = !err;
	return -err;
}

int keeper__open(struct keeper **out, const struct keeper_request *request)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int dir, err;

	*out = keeper;
	if (!keeper)
		return -ENOMEM;
	keeper->request = *request;
	pthread_mutex_init(&keeper->lock, NULL);
	pthread_cond_init(&keeper->news, NULL);
	keeper->path = strdup(request->dir);
	if (!keeper->path)
		return -ENOMEM;
	dir = open_dir(keeper);
	if (dir < 0)
		return dir;
	err = faccessat(dir, ".", W_OK, 0) ? -errno : 0;
	close(dir);
	return err ? err : start(keeper);
}

bool keeper__put(struct keeper *keeper, const char *name, char *data, size_t size)
{
	struct content *content;
	bool room;

	pthread_mutex_lock(&keeper->lock);
	room = keeper->put - keeper->taken < KEEPER_QUEUE && size <= KEEPER_WAITING - keeper->waiting;
	if (room) {
		keeper->waiting += size;
		content = &keeper->queue[keeper->put++ % KEEPER_QUEUE];
		snprintf(content->name, sizeof(content->name), "%s", name);
		content->data = data;
		content->size = size;
		pthread_cond_signal(&keeper->news);
	}
	pthread_mutex_unlock(&keeper->lock);
	if (!room)
		free(data);
	return room;
}

size_t keeper__waiting(struct keeper *keeper)
{
	size_t bytes;

	pthread_mutex_lock(&keeper->lock);
	bytes = keeper->waiting;
	pthread_mutex_unlock(&keeper->lock);
	return bytes;
}

uint64_t keeper__failures(struct keeper *keeper, int *err, char name[KEEPER_NAME_MAX])
{
	uint64_t nr;

	pthread_mutex_lock(&keeper->lock);
	nr = keeper->failures;
	keeper->failures = 0;
	*err = keeper->error;
	memcpy(name, keeper->failed, KEEPER_NAME_MAX);
	pthread_mutex_unlock(&keeper->lock);
	return nr;
}

void keeper__finish(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->closing = true;
	pthread_cond_signal(&keeper->news);
	pthread_mutex_unlock(&keeper->lock);
	if (keeper->running)
		pthread_join(keeper->thread, NULL);
	keeper->running = false;
}

void keeper__close(struct keeper *keeper)
{
	if (!keeper)
		return;
	keeper__finish(keeper);
	while (keeper->taken < keeper->put)
		free(keeper->queue[keeper->taken++ % KEEPER_QUEUE].data);
	pthread_cond_destroy(&keeper->news);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper->path);
	free(keeper);
}
