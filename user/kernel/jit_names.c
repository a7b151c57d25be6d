// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "jit_names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/clock.h"

#define MAX_PROCESSES 16
/* A file that grows all the time is read so often that it takes one of so many parts of a CPU, */
#define REST_TIMES 20
/* but at first so much of its time at once: what a small file has new is not missed. */
#define AT_ONCE_NS 100000000ULL
#define MAX_FILE   (64 << 20)
#define MAX_LINE   (SYMBOL_NAME_MAX + 64)

struct process {
	uint32_t pid; /* 0: none */
	struct stat file;
	uint64_t rest_ns; /* until when it would rest for all that it has taken */
	uint64_t used;
	struct symtab *tab; /* NULL: nothing could be read */
};

struct jit_names {
	struct process list[MAX_PROCESSES];
	size_t max_bytes;
	uint64_t calls;
};

/* A function of the file, in the order of its lines. */
struct function {
	uint64_t start, size;
	size_t nr;
	char *name;
};

struct functions {
	struct function *list;
	size_t nr, room;
};

struct jit_names *jit_names__new(size_t max_bytes)
{
	struct jit_names *names = calloc(1, sizeof(*names));

	if (names)
		names->max_bytes = max_bytes / MAX_PROCESSES;
	return names;
}

void jit_names__free(struct jit_names *names)
{
	size_t i;

	for (i = 0; names && i < MAX_PROCESSES; i++)
		symtab__free(names->list[i].tab);
	free(names);
}

/* "7f0c8d2010a0 4c Interpreter"; false: the line is none of these. */
static bool parse(const char *line, struct function *function)
{
	char *end;

	function->start = strtoull(line, &end, 16);
	if (end == line || *end != ' ')
		return false;
	line = end + 1;
	function->size = strtoull(line, &end, 16);
	if (end == line || *end != ' ' || !end[1] || end[1] == '\n')
		return false;
	function->name = strndup(end + 1, strcspn(end + 1, "\n"));
	return function->name;
}

static int take_line(struct functions *functions, const char *line)
{
	size_t room = functions->room ? functions->room * 2 : 1024;
	struct function function = { .nr = functions->nr }, *list;

	if (functions->nr == functions->room) {
		list = reallocarray(functions->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		functions->list = list;
		functions->room = room;
	}
	if (parse(line, &function))
		functions->list[functions->nr++] = function;
	return 0;
}

/* By address; of one address the last one first. */
static int compare(const void *a, const void *b)
{
	const struct function *one = a, *two = b;

	if (one->start != two->start)
		return one->start < two->start ? -1 : 1;
	return one->nr < two->nr ? 1 : -1;
}

/* What has no room is left out. */
static int put(struct functions *functions, struct symtab *tab)
{
	int err = 0;
	size_t i;

	qsort(functions->list, functions->nr, sizeof(*functions->list), compare);
	for (i = 0; i < functions->nr && err != -ENOMEM; i++)
		if (!i || functions->list[i].start != functions->list[i - 1].start)
			err = symtab__add(tab, functions->list[i].start, functions->list[i].size,
					  functions->list[i].name, "");
	return err == -E2BIG ? 0 : err;
}

int jit_names__read(int fd, struct symtab *tab)
{
	struct functions functions = { 0 };
	FILE *file = fdopen(dup(fd), "r");
	char line[MAX_LINE];
	size_t taken = 0;
	bool whole = true;
	int err = file ? 0 : -errno;

	/* of a line that is too long the rest is no line */
	while (!err && taken < MAX_FILE && fgets(line, sizeof(line), file)) {
		if (whole)
			err = take_line(&functions, line);
		taken += strlen(line);
		whole = strchr(line, '\n');
	}
	if (!err && functions.nr)
		err = put(&functions, tab);
	while (functions.nr)
		free(functions.list[--functions.nr].name);
	free(functions.list);
	if (file)
		fclose(file);
	return err;
}

/* Its place, or that of the one that was asked for the longest ago. */
static struct process *place_of(struct jit_names *names, uint32_t pid)
{
	struct process *place = &names->list[0];
	size_t i;

	for (i = 0; i < MAX_PROCESSES; i++) {
		if (names->list[i].pid == pid)
			return &names->list[i];
		if (names->list[i].used < place->used)
			place = &names->list[i];
	}
	symtab__free(place->tab);
	*place = (struct process){ .pid = pid };
	return place;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool has_changed(const struct stat *a, const struct stat *b)
{
	return a->st_size != b->st_size || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	       a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static void read_again(struct process *process, int fd, const struct stat *file, size_t max_bytes)
{
	struct symtab *tab = symtab__new(max_bytes);
	uint64_t begin_ns = clock__ns(CLOCK_THREAD_CPUTIME_ID), now_ns;

	if (tab && jit_names__read(fd, tab)) {
		symtab__free(tab);
		tab = NULL;
	}
	symtab__free(process->tab);
	process->tab = tab;
	process->file = *file;
	now_ns = clock__boot_ns();
	process->rest_ns = (process->rest_ns > now_ns ? process->rest_ns : now_ns) +
			   REST_TIMES * (clock__ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns);
}

struct symtab *jit_names__of(struct jit_names *names, const struct jit_process *of, const uint32_t *through, size_t nr)
{
	struct process *process = place_of(names, of->pid);
	struct stat file;
	int fd = jit_file__open(of, through, nr, &file);

	process->used = ++names->calls;
	if (fd < 0)
		return NULL;
	if (!is_same_file(&file, &process->file) ||
	    (has_changed(&file, &process->file) && clock__boot_ns() + REST_TIMES * AT_ONCE_NS >= process->rest_ns))
		read_again(process, fd, &file, names->max_bytes);
	close(fd);
	return process->tab;
}
