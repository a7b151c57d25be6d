// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The memory of each process: an iterator of the probe "memory", read at each tick. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/log.h"
#include "live_impl.h"

#define BUFFER_SIZE (64 * 1024 / sizeof(struct mt_memory) * sizeof(struct mt_memory))

/* What a process was found with last.  Behind who, all but padding is compared. */
struct process {
	UT_hash_handle hh;
	uint32_t pid;
	uint64_t pass;
	struct mt_memory rec;
	uint64_t sampled; /* the cgroup that has samples because of it; 0: none */
};

struct live_memory {
	struct process *processes; /* owned, by pid */
	uint64_t pass;
	int link_fd;
	bool failed;					  /* which was said */
	_Alignas(struct mt_memory) char buf[BUFFER_SIZE]; /* whole records */
};

int live__open_memory(struct live *live)
{
	const struct object *object = &live->objects[MT_PROBE_memory];
	struct live_memory *memory;

	if (!object->bpf || !live->source.probes[MT_PROBE_memory].attached)
		return 0;
	memory = calloc(1, sizeof(*memory));
	live->memory = memory;
	if (!memory)
		return -ENOMEM;
	memory->link_fd = object__iter_fd(object);
	return memory->link_fd < 0 ? memory->link_fd : 0;
}

static void forget(struct live_memory *memory, struct process *process)
{
	HASH_DEL(memory->processes, process);
	free(process);
}

void live__close_memory(struct live *live)
{
	struct process *process, *next;

	if (!live->memory)
		return;
	HASH_ITER (hh, live->memory->processes, process, next)
		forget(live->memory, process);
	free(live->memory);
	live->memory = NULL;
}

static bool is_news(const struct mt_memory *a, const struct mt_memory *b)
{
	return memcmp(&a->who, &b->who, sizeof(*a) - offsetof(struct mt_memory, who)) != 0;
}

static int deliver(struct live *live, const struct mt_memory *rec)
{
	struct live_memory *memory = live->memory;
	struct process *process;
	bool news;

	HASH_FIND(hh, memory->processes, &rec->who.pid, sizeof(rec->who.pid), process);
	if (process && process->pass == memory->pass)
		return 0; /* another thread of a process whose main thread is gone */
	news = !process || is_news(&process->rec, rec);
	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return -ENOMEM;
		process->pid = rec->who.pid;
		HASH_ADD(hh, memory->processes, pid, sizeof(process->pid), process);
		if (!process->hh.tbl) {
			free(process);
			return -ENOMEM;
		}
	}
	/* looking for those above a cgroup takes some system calls: once for each process */
	if (live->all_cgroups && live->running && process->sampled != rec->who.cgroup_id) {
		live__sample_cgroup(live, rec->who.cgroup_id);
		process->sampled = rec->who.cgroup_id;
	}
	process->rec = *rec;
	process->pass = memory->pass;
	if (news)
		live->sink.record(live->sink.ctx, &process->rec, sizeof(process->rec));
	return 0;
}

static int read_all(struct live *live, int fd)
{
	struct live_memory *memory = live->memory;
	ssize_t have = 0, at, len;
	int err = 0;

	while (!err && (len = read(fd, memory->buf + have, sizeof(memory->buf) - have)) != 0) {
		if (len < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (len < 0)
			return -errno;
		have += len;
		for (at = 0; !err && at + (ssize_t)sizeof(struct mt_memory) <= have; at += sizeof(struct mt_memory))
			err = deliver(live, (const struct mt_memory *)(memory->buf + at));
		have -= at;
		memmove(memory->buf, memory->buf + at, have);
	}
	return err;
}

/* Their pids may be used again. */
static void forget_ended(struct live *live)
{
	struct live_memory *memory = live->memory;
	struct process *process, *next;

	HASH_ITER (hh, memory->processes, process, next) {
		if (process->pass == memory->pass)
			continue;
		process->rec.hdr.time_ns = clock__boot_ns();
		process->rec.ended = 1;
		live->sink.record(live->sink.ctx, &process->rec, sizeof(process->rec));
		forget(memory, process);
	}
}

void live__read_memory(struct live *live)
{
	struct live_memory *memory = live->memory;
	int fd, err;

	if (!memory)
		return;
	memory->pass++;
	fd = bpf_iter_create(memory->link_fd);
	err = fd < 0 ? fd : read_all(live, fd);
	if (fd >= 0)
		close(fd);
	if (!err)
		forget_ended(live);
	else if (!memory->failed)
		log_warn("the memory of processes could not be read: %s", strerror(-err));
	memory->failed |= err != 0;
}
