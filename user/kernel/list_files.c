// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "list_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* Cuts the last word off a text; NULL: there is none. */
static char *last_word(char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == ' ')
		text[--len] = '\0';
	while (len && text[len - 1] != ' ')
		len--;
	return text[len] ? text + len : NULL;
}

/* Cuts numbers off the end of a text, the last one first. */
static bool cut_numbers(char *text, uint64_t *numbers, size_t nr)
{
	char *word, *end;

	while (nr--) {
		word = last_word(text);
		numbers[nr] = word ? strtoull(word, &end, 10) : 0;
		if (!word || *word < '0' || *word > '9' || *end)
			return false;
		*word = '\0';
	}
	return true;
}

static void add_slab(struct machine *machine, const char *name, const uint64_t *objects, uint64_t pages)
{
	struct machine_slab *slab;

	if (machine->nr_slabs == NR(machine->slabs)) {
		machine->left_out++;
		return;
	}
	slab = &machine->slabs[machine->nr_slabs++];
	snprintf(slab->name, sizeof(slab->name), "%.*s", (int)sizeof(slab->name) - 1, name);
	slab->active = objects[0];
	slab->objects = objects[1];
	slab->bytes = pages * machine->page_size;
}

/*
 * "name active objects size per-slab pages-per-slab : tunables 0 0 0 : slabdata active slabs shared": a name may have
 * spaces and colons in it, so the line is read from its end.
 */
void list_files__slabinfo(void *ctx, char *line)
{
	struct machine *machine = ctx;
	uint64_t data[3], objects[5], pages;
	char *slabdata = NULL, *tunables = NULL, *at;

	for (at = line; (at = strstr(at, " : slabdata")); at++)
		slabdata = at;
	if (!slabdata || !cut_numbers(slabdata, data, NR(data)))
		return;
	*slabdata = '\0';
	for (at = line; (at = strstr(at, " : tunables")); at++)
		tunables = at;
	if (!tunables)
		return;
	*tunables = '\0';
	if (!cut_numbers(line, objects, NR(objects)) || __builtin_mul_overflow(data[1], objects[4], &pages))
		return;
	last_word(line); /* cuts the spaces behind the name */
	if (*line)
		add_slab(machine, line, objects, pages);
}

static struct machine_caller *find_caller(struct machine_callers *callers, const char *name, size_t len)
{
	struct machine_caller *caller;
	size_t i;

	len = len < sizeof(caller->name) - 1 ? len : sizeof(caller->name) - 1;
	for (i = 0; i < callers->nr; i++) {
		caller = &callers->list[i];
		if (!strncmp(caller->name, name, len) && !caller->name[len])
			return caller;
	}
	if (callers->nr == NR(callers->list))
		return NULL;
	caller = &callers->list[callers->nr++];
	*caller = (struct machine_caller){ 0 };
	memcpy(caller->name, name, len);
	return caller;
}

/* Functions that allocate the stack of a new task, by what compilers make of them. */
static bool is_of_stacks(const char *name)
{
	static const char *const functions[] = { "alloc_thread_stack_node", "dup_task_struct", "copy_process",
						 "kernel_clone", "_do_fork" };
	size_t i, len;

	for (i = 0; i < NR(functions); i++) {
		len = strlen(functions[i]);
		if (!strncmp(name, functions[i], len) && (!name[len] || name[len] == '.'))
			return true;
	}
	return false;
}

/* "0x1-0x2   20480 caller+0xb8/0x400 [module] pages=4 vmalloc N0=4"; areas without pages are no memory. */
void list_files__vmallocinfo(void *ctx, char *line)
{
	struct machine_callers *callers = ctx;
	char *pages = strstr(line, " pages=");
	struct machine_caller *caller;
	uint64_t nr;
	int begin = 0;

	if (!pages || sscanf(pages, " pages=%15" SCNu64, &nr) != 1)
		return;
	if (sscanf(line, "%*s %*u %n", &begin) < 0 || !begin || line + begin >= pages)
		return;
	caller = find_caller(callers, line + begin, strcspn(line + begin, "+ "));
	if (!caller) {
		callers->rest += nr;
		return;
	}
	caller->pages += nr;
	if (is_of_stacks(caller->name))
		callers->has_stacks = true;
}

/* "/dev/zram0   partition   1048572  0  100", in KiB; the first line has titles. */
void list_files__swaps(void *ctx, char *line)
{
	struct machine *machine = ctx;
	struct machine_swap swap = { 0 };

	if (sscanf(line, "%255s %15s %15" SCNu64 " %15" SCNu64 " %6" SCNd32, swap.name, swap.type, &swap.size,
		   &swap.used, &swap.priority) != 5)
		return;
	swap.size *= 1024;
	swap.used *= 1024;
	if (machine->nr_swaps < NR(machine->swaps))
		machine->swaps[machine->nr_swaps++] = swap;
	else
		machine->left_out++;
}

void list_files__zram(struct machine *machine, const char *name, const char *text)
{
	struct machine_zram zram = { 0 };

	if (sscanf(text, " %19" SCNu64 " %19" SCNu64 " %19" SCNu64, &zram.stored, &zram.compressed, &zram.used) != 3)
		return;
	snprintf(zram.name, sizeof(zram.name), "%s", name);
	if (machine->nr_zrams < NR(machine->zrams))
		machine->zrams[machine->nr_zrams++] = zram;
	else
		machine->left_out++;
}
