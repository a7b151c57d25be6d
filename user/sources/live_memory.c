// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The memory of each process.  Before the run, and at each tick of a kernel without task storage or with other types,
 * the iterator of the probe "memory" tells it; at ticks of others that of tasks does, in the same pass.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/log.h"
#include "live_impl.h"

/* Where those that sleep may be left out, one pass of so many is about all: what they have may have been reclaimed. */
#define ALL_PASSES 5

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
	struct process *last;	   /* whose record came last in this pass */
	size_t nr_seen;		   /* in this pass */
	uint64_t pass;
	int link_fd;
	bool in_pass;					  /* the iterator of tasks tells it meanwhile */
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

/* A pass goes by pid, and so did those before: most come behind the one that came behind the same before. */
static struct process *find(const struct live_memory *memory, uint32_t pid)
{
	struct process *process = memory->last ? memory->last->hh.next : memory->processes;

	if (process && process->pid == pid)
		return process;
	HASH_FIND(hh, memory->processes, &pid, sizeof(pid), process);
	return process;
}

static int deliver(struct live *live, const struct mt_memory *rec)
{
	struct live_memory *memory = live->memory;
	struct process *process = find(memory, rec->who.pid);
	bool news;

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
	memory->last = process;
	memory->nr_seen++;
	if (news)
		live->sink.record(live->sink.ctx, &process->rec, sizeof(process->rec));
	return 0;
}

/* In the pass over all tasks that is under way. */
static bool in_pass(const struct live *live)
{
	return live->memory && live->memory->in_pass;
}

/* The first pass says whether its program can. */
static bool can_be_in_pass(const struct live *live)
{
	return live->memory && live->cfg.has_task_storage && live->control->memory_in_pass;
}

/* A process of which nothing else was told counts as there; one that is not known is told of when all are. */
static void is_there(struct live_memory *memory, uint32_t pid)
{
	struct process *process = find(memory, pid);

	if (!process || process->pass == memory->pass)
		return;
	process->pass = memory->pass;
	memory->last = process;
	memory->nr_seen++;
}

static void begin_pass(struct live_memory *memory)
{
	memory->pass++;
	memory->last = NULL;
	memory->nr_seen = 0;
}

void live__begin_memory(struct live *live)
{
	bool all = !live->lazy_memory || live->ticks % ALL_PASSES == 0;

	if (!can_be_in_pass(live))
		return;
	live->memory->in_pass = true;
	begin_pass(live->memory);
	live->control->memory_mode = all ? MT_MEMORY_ALL : MT_MEMORY_AWAKE;
}

int live__take_memory(struct live *live, const struct mt_hdr *hdr)
{
	if (!in_pass(live))
		return 0;
	if (hdr->size == sizeof(struct mt_memory))
		return deliver(live, (const struct mt_memory *)hdr);
	is_there(live->memory, ((const struct mt_memory_same *)hdr)->pid);
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

	if (memory->nr_seen == HASH_COUNT(memory->processes))
		return;
	HASH_ITER (hh, memory->processes, process, next) {
		if (process->pass == memory->pass)
			continue;
		process->rec.hdr.time_ns = clock__boot_ns();
		process->rec.ended = 1;
		live->sink.record(live->sink.ctx, &process->rec, sizeof(process->rec));
		forget(memory, process);
	}
}

static void end_pass(struct live *live, int err)
{
	struct live_memory *memory = live->memory;

	if (!err)
		forget_ended(live);
	else if (!memory->failed)
		log_warn("the memory of processes could not be read: %s", strerror(-err));
	memory->failed |= err != 0;
}

void live__end_memory(struct live *live, int err)
{
	if (in_pass(live)) {
		live->control->memory_mode = MT_MEMORY_NONE;
		end_pass(live, err);
		live->memory->in_pass = false;
		return;
	}
	live__read_memory(live);
}

void live__read_memory(struct live *live)
{
	int fd, err;

	if (!live->memory)
		return;
	begin_pass(live->memory);
	fd = bpf_iter_create(live->memory->link_fd);
	err = fd < 0 ? fd : read_all(live, fd);
	if (fd >= 0)
		close(fd);
	end_pass(live, err);
}

void live__each_memory(struct live *live, void (*visit)(void *ctx, const struct mt_memory *record), void *ctx)
{
	struct process *process, *next;

	if (!live->memory)
		return;
	HASH_ITER (hh, live->memory->processes, process, next)
		visit(ctx, &process->rec);
}
