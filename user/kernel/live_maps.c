// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "../core/hash.h"
#include "proc.h"
#include "proc_maps.h"

/* A program that starts maps its libraries within milliseconds; a JIT compiler goes on for ever. */
#define FIRST_REREAD_NS 1000000ULL
#define REREADS_AT_ONCE 4 /* whoever is looked at while it executes a program has hardly any mappings yet */
#define REREAD_NS	1000000000ULL

struct process {
	UT_hash_handle hh;
	TAILQ_ENTRY(process) by_use;
	uint32_t pid;
	uint64_t start_ns;
	uint64_t read_ns; /* when we tried last */
	unsigned int tries;
	uint64_t pause_ns;	/* how long not to try again */
	struct proc_maps *maps; /* NULL: they could not be read */
};

struct live_maps {
	struct process *table;
	TAILQ_HEAD(by_use_head, process) by_use; /* whom nobody asked for the longest time first */
	size_t bytes, max_bytes;
	struct live_maps_misses misses;
};

struct live_maps *live_maps__new(size_t max_bytes)
{
	struct live_maps *live = calloc(1, sizeof(*live));

	if (!live)
		return NULL;
	live->max_bytes = max_bytes;
	TAILQ_INIT(&live->by_use);
	return live;
}

static size_t bytes_of(const struct process *process)
{
	return sizeof(*process) + (process->maps ? proc_maps__bytes(process->maps) : 0);
}

static void drop(struct live_maps *live, struct process *process)
{
	HASH_DEL(live->table, process);
	TAILQ_REMOVE(&live->by_use, process, by_use);
	live->bytes -= bytes_of(process);
	proc_maps__free(process->maps);
	free(process);
}

void live_maps__free(struct live_maps *live)
{
	if (!live)
		return;
	while (!TAILQ_EMPTY(&live->by_use))
		drop(live, TAILQ_FIRST(&live->by_use));
	free(live);
}

void live_maps__forget(struct live_maps *live, uint32_t pid)
{
	struct process *process;

	HASH_FIND(hh, live->table, &pid, sizeof(pid), process);
	if (process)
		drop(live, process);
}

static struct process *find(struct live_maps *live, uint32_t pid, uint64_t start_ns)
{
	struct process *process;

	HASH_FIND(hh, live->table, &pid, sizeof(pid), process);
	if (process && process->start_ns != start_ns) {
		drop(live, process);
		process = NULL;
	}
	return process;
}

static struct process *add(struct live_maps *live, uint32_t pid, uint64_t start_ns)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->pid = pid;
	process->start_ns = start_ns;
	HASH_ADD(hh, live->table, pid, sizeof(process->pid), process);
	if (!process->hh.tbl) {
		free(process);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&live->by_use, process, by_use);
	live->bytes += bytes_of(process);
	return process;
}

static void count_miss(struct live_maps_misses *misses, int err)
{
	if (err == -ESRCH)
		misses->gone++;
	else if (err == -EACCES || err == -EPERM)
		misses->refused++;
}

/* What was known of a process that is gone by now stays. */
static void read_maps(struct live_maps *live, struct process *process, uint64_t now)
{
	struct proc_maps *maps;
	int err = proc_maps__read(process->pid, &maps);

	if (err && !process->read_ns)
		count_miss(&live->misses, err);
	if (++process->tries > REREADS_AT_ONCE)
		process->pause_ns = process->pause_ns ? 2 * process->pause_ns : FIRST_REREAD_NS;
	if (process->pause_ns > REREAD_NS)
		process->pause_ns = REREAD_NS;
	process->read_ns = now;
	if (err)
		return;
	live->bytes -= bytes_of(process);
	proc_maps__free(process->maps);
	process->maps = maps;
	live->bytes += bytes_of(process);
}

static void evict(struct live_maps *live)
{
	while (live->bytes > live->max_bytes && TAILQ_FIRST(&live->by_use) != TAILQ_LAST(&live->by_use, by_use_head))
		drop(live, TAILQ_FIRST(&live->by_use));
}

const struct proc_maps *live_maps__get(struct live_maps *live, uint32_t pid, uint64_t start_ns, uint64_t ip)
{
	struct process *process = find(live, pid, start_ns);
	uint64_t now = clock__boot_ns();

	if (!process)
		process = add(live, pid, start_ns);
	if (!process)
		return NULL;
	TAILQ_REMOVE(&live->by_use, process, by_use);
	TAILQ_INSERT_TAIL(&live->by_use, process, by_use);
	if (!process->read_ns ||
	    (now - process->read_ns >= process->pause_ns && (!process->maps || !proc_maps__find(process->maps, ip))))
		read_maps(live, process, now);
	evict(live);
	return process->maps;
}

struct live_maps_misses live_maps__misses(const struct live_maps *live)
{
	return live->misses;
}
