// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/clock.h"
#include "../symbols/maps.h"
#include "heap_attach.h"

#define CALLS	1000
#define BATCHES 5

/* In place of malloc() and free(): nothing of the process's own is traced. */
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

/* Of the fastest batch: other tasks take time of the others. */
static uint64_t measure(void)
{
	uint64_t least = UINT64_MAX, begin_ns, ns;
	int batch, i;

	for (batch = 0; batch < BATCHES; batch++) {
		begin_ns = clock__boot_ns();
		for (i = 0; i < CALLS; i++)
			trial_free(trial_allocate((size_t)i));
		ns = clock__boot_ns() - begin_ns;
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
	uint64_t allocate, give_back;
	int err;

	if (!find_code((uintptr_t)trial_allocate, &allocate) || !find_code((uintptr_t)trial_free, &give_back))
		return -1;
	err = heap_attach__program(trial, "heap_end", true, self, allocate);
	if (!err)
		err = heap_attach__program(trial, "heap_first", false, self, allocate);
	return err ? err : heap_attach__program(trial, "heap_free", false, self, give_back);
}

uint64_t heap_trial__run(struct bpf_object *bpf)
{
	int fd = bpf_object__find_map_fd_by_name(bpf, "heap_trial");
	uint32_t key = 0, pid = (uint32_t)getpid(), none = 0;
	uint64_t plain = measure(), traced = 0;
	struct heap_attach trial;

	if (fd < 0 || bpf_map_update_elem(fd, &key, &pid, BPF_ANY))
		return 0;
	heap_attach__init(&trial, bpf);
	trial.pid = getpid();
	if (!attach(&trial))
		traced = measure();
	heap_attach__close(&trial);
	bpf_map_update_elem(fd, &key, &none, BPF_ANY);
	bpf_map_delete_elem(bpf_object__find_map_fd_by_name(bpf, "heap_processes"), &pid);
	return traced > plain ? traced - plain : 0;
}
