// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_trial.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/clock.h"
#include "../symbols/maps.h"
#include "heap_attach.h"

/* A batch is short, so that some are not interrupted. */
#define CALLS	50
#define BATCHES 40

/*
 * In place of malloc() and free(): nothing of the process's own is traced.  They begin with instructions that the
 * kernel has to run in a place of their own, an exception more for each: functions that begin with others take less.
 */
static __attribute__((noinline)) void *trial_allocate(size_t size)
{
	static char object[64];

	__asm__ volatile("" : "+r"(size));
	return object;
}

static __attribute__((noinline)) void trial_free(void *address)
{
	__asm__ volatile("" : "+r"(address));
}

/* CPU time, of which other tasks take none. */
static uint64_t thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* Of the fastest batch. */
static uint64_t measure(void)
{
	uint64_t least = UINT64_MAX, begin_ns, ns;
	int batch, i;

	for (batch = 0; batch < BATCHES; batch++) {
		begin_ns = thread_ns();
		for (i = 0; i < CALLS; i++)
			trial_free(trial_allocate((size_t)i));
		ns = thread_ns() - begin_ns;
		least = ns < least ? ns : least;
	}
	return least / CALLS;
}

/* Where the code of a function of memtrace is in its file; false: it is not known. */
static bool find_code(uintptr_t address, uint64_t *offset)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	struct mapping mapping;
	bool found = false;
	char *line = NULL;
	size_t cap = 0;

	while (maps && !found && getline(&line, &cap, maps) > 0) {
		found = mapping__parse(line, &mapping) > 0 && address >= mapping.start && address < mapping.end;
		*offset = address - mapping.start + mapping.file_offset;
	}
	free(line);
	if (maps)
		fclose(maps);
	return found;
}

static int attach(struct heap_attach *trial)
{
	static const char self[] = "/proc/self/exe";
	struct heap_place place = { .path = self, .nr = 1, .ends = true, .pid = trial->pid };
	uint64_t allocate, give_back;
	int err;

	if (!find_code((uintptr_t)trial_allocate, &allocate) || !find_code((uintptr_t)trial_free, &give_back))
		return -1;
	place.offsets = &allocate;
	err = heap_attach__program(trial, "heap_end", &place);
	place.ends = false;
	if (!err)
		err = heap_attach__program(trial, "heap_first", &place);
	place.offsets = &give_back;
	return err ? err : heap_attach__program(trial, "heap_free", &place);
}

uint64_t heap_trial__run(struct bpf_object *bpf, bool alone)
{
	int fd = bpf_object__find_map_fd_by_name(bpf, "heap_trial");
	uint32_t key = 0, pid = (uint32_t)getpid(), none = 0;
	uint64_t plain = measure(), traced = 0;
	struct heap_attach trial;

	if (fd < 0 || bpf_map_update_elem(fd, &key, &pid, BPF_ANY))
		return 0;
	heap_attach__init(&trial, bpf);
	trial.pid = alone ? getpid() : -1;
	if (!attach(&trial))
		traced = measure();
	heap_attach__close(&trial);
	bpf_map_update_elem(fd, &key, &none, BPF_ANY);
	bpf_map_delete_elem(bpf_object__find_map_fd_by_name(bpf, "heap_processes"), &pid);
	return traced > plain ? traced - plain : 0;
}
