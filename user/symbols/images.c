// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "images.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "../base/hash.h"

/* A process that executes one program after the other: older programs than that are not needed for late events. */
#define MAX_GENERATIONS 8

struct generation {
	uint64_t from_ns;
	struct image *image;
	struct generation *older;
};

struct process {
	UT_hash_handle hh;
	TAILQ_ENTRY(process) by_use;
	TAILQ_ENTRY(process) by_end;
	uint32_t pid, parent;
	uint64_t gone_ns; /* 0: it lives */
	struct generation *newest;
	unsigned int nr;
};

struct images {
	struct process *table;
	TAILQ_HEAD(processes, process) by_use; /* least recently used first */
	struct processes by_end;	       /* who ended first */
	uint64_t last_serial;
	size_t bytes, max_bytes;
	uint64_t changes;
};

struct images *images__new(size_t max_bytes)
{
	struct images *images = calloc(1, sizeof(*images));

	if (!images)
		return NULL;
	images->max_bytes = max_bytes;
	TAILQ_INIT(&images->by_use);
	TAILQ_INIT(&images->by_end);
	return images;
}

size_t images__bytes(const struct images *images)
{
	return images->bytes;
}

uint64_t images__changes(const struct images *images)
{
	return images->changes;
}

static size_t bytes_of(const struct proc_maps *maps)
{
	return maps ? proc_maps__bytes(maps) : 0;
}

static struct image *image_new(struct images *images, uint32_t pid, bool complete)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	*image = (struct image){ .refs = 1, .serial = ++images->last_serial, .pid = pid, .complete = complete };
	images->bytes += sizeof(*image);
	return image;
}

static void image_put(struct images *images, struct image *image)
{
	if (--image->refs)
		return;
	images->bytes -= sizeof(*image) + bytes_of(image->announced) + bytes_of(image->maps);
	proc_maps__free(image->announced);
	proc_maps__free(image->maps);
	free(image);
}

static struct process *find(const struct images *images, uint32_t pid)
{
	struct process *process;

	HASH_FIND(hh, images->table, &pid, sizeof(pid), process);
	return process;
}

static void drop_generations(struct images *images, struct generation **from)
{
	struct generation *generation;

	while ((generation = *from)) {
		*from = generation->older;
		image_put(images, generation->image);
		free(generation);
		images->bytes -= sizeof(*generation);
	}
}

static void drop(struct images *images, struct process *process)
{
	images->changes++;
	HASH_DEL(images->table, process);
	TAILQ_REMOVE(&images->by_use, process, by_use);
	if (process->gone_ns)
		TAILQ_REMOVE(&images->by_end, process, by_end);
	drop_generations(images, &process->newest);
	images->bytes -= sizeof(*process);
	free(process);
}

void images__free(struct images *images)
{
	if (!images)
		return;
	while (!TAILQ_EMPTY(&images->by_use))
		drop(images, TAILQ_FIRST(&images->by_use));
	free(images);
}

void images__forget(struct images *images, uint32_t pid)
{
	struct process *process = find(images, pid);

	if (process)
		drop(images, process);
}

void images__retire(struct images *images, uint64_t before_ns)
{
	struct process *process;

	while ((process = TAILQ_FIRST(&images->by_end)) && process->gone_ns < before_ns)
		drop(images, process);
}

static void use(struct images *images, struct process *process)
{
	TAILQ_REMOVE(&images->by_use, process, by_use);
	TAILQ_INSERT_TAIL(&images->by_use, process, by_use);
	while (images->bytes > images->max_bytes && TAILQ_FIRST(&images->by_use) != process)
		drop(images, TAILQ_FIRST(&images->by_use));
}

static struct process *add(struct images *images, uint32_t pid)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->pid = pid;
	HASH_ADD(hh, images->table, pid, sizeof(process->pid), process);
	if (!process->hh.tbl) {
		free(process);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&images->by_use, process, by_use);
	images->bytes += sizeof(*process);
	return process;
}

/* Takes image over, also on failure. */
static int begin_generation(struct images *images, struct process *process, uint64_t from_ns, struct image *image)
{
	struct generation *generation = image ? calloc(1, sizeof(*generation)) : NULL, **last;
	unsigned int i;

	if (!generation) {
		if (image)
			image_put(images, image);
		return -ENOMEM;
	}
	*generation = (struct generation){ .from_ns = from_ns, .image = image, .older = process->newest };
	images->bytes += sizeof(*generation);
	images->changes++;
	process->newest = generation;
	for (last = &process->newest, i = 0; *last && i < MAX_GENERATIONS; i++)
		last = &(*last)->older;
	drop_generations(images, last);
	return 0;
}

/* An unknown process gets an image that is older than all events. */
static struct process *get(struct images *images, uint32_t pid)
{
	struct process *process = find(images, pid);

	if (!process)
		process = add(images, pid);
	if (!process)
		return NULL;
	if (!process->newest && begin_generation(images, process, 0, image_new(images, pid, false))) {
		drop(images, process);
		return NULL;
	}
	use(images, process);
	return process;
}

int images__fork(struct images *images, uint32_t pid, uint32_t parent, uint64_t time_ns)
{
	struct process *from, *process;
	struct image *image;

	images__forget(images, pid); /* an earlier process of that number */
	from = get(images, parent);
	image = from ? from->newest->image : NULL;
	if (!image)
		return -ENOMEM;
	image->refs++;
	process = add(images, pid);
	if (!process) {
		image_put(images, image);
		return -ENOMEM;
	}
	process->parent = parent;
	if (!begin_generation(images, process, time_ns, image))
		return 0;
	drop(images, process);
	return -ENOMEM;
}

int images__exec(struct images *images, uint32_t pid, uint64_t time_ns, bool complete)
{
	struct process *process = get(images, pid);
	int err = process ? begin_generation(images, process, time_ns, image_new(images, pid, complete)) : -ENOMEM;

	if (err)
		images__forget(images, pid);
	return err;
}

static struct proc_maps *copy_of(const struct proc_maps *maps, uint32_t pid)
{
	struct proc_maps *copy = proc_maps__new(pid);
	size_t i;

	for (i = 0; copy && maps && i < proc_maps__count(maps); i++) {
		if (proc_maps__add(copy, proc_maps__at(maps, i)) != -ENOMEM)
			continue;
		proc_maps__free(copy);
		return NULL;
	}
	return copy;
}

/* An image that only this process has, with room for its events. */
static int own_image(struct images *images, struct process *process)
{
	struct image *image = process->newest->image, *copy;

	if (image->refs == 1 && image->announced)
		return 0;
	if (image->refs == 1) {
		image->announced = proc_maps__new(process->pid);
		images->bytes += bytes_of(image->announced);
		return image->announced ? 0 : -ENOMEM;
	}
	copy = image_new(images, process->pid, image->complete);
	if (copy)
		copy->announced = copy_of(image->announced, process->pid);
	if (!copy || !copy->announced) {
		if (copy)
			image_put(images, copy);
		return -ENOMEM;
	}
	copy->version = image->version;
	images->bytes += bytes_of(copy->announced);
	process->newest->image = copy;
	image_put(images, image);
	return 0;
}

int images__map(struct images *images, uint32_t pid, const struct mapping *mapping)
{
	struct process *process = get(images, pid);
	struct image *image;
	int err = process ? own_image(images, process) : -ENOMEM;

	if (!err) {
		image = process->newest->image;
		images->bytes -= bytes_of(image->announced);
		err = proc_maps__put(image->announced, mapping);
		images->bytes += bytes_of(image->announced);
		image->version++;
		images->changes++;
	}
	if (err == -ENOMEM)
		images__forget(images, pid);
	return err == -ENOMEM ? err : 0;
}

void images__exit(struct images *images, uint32_t pid, uint64_t time_ns)
{
	struct process *process = find(images, pid);

	if (!process || process->gone_ns)
		return;
	process->gone_ns = time_ns;
	TAILQ_INSERT_TAIL(&images->by_end, process, by_end);
}

struct image *images__find(struct images *images, uint32_t pid, uint64_t time_ns)
{
	struct process *process = get(images, pid);
	struct generation *generation = process ? process->newest : NULL;

	while (generation && generation->from_ns > time_ns && generation->older)
		generation = generation->older;
	return generation ? generation->image : NULL;
}

struct image *images__by_serial(struct images *images, uint32_t pid, uint64_t serial)
{
	struct process *process = find(images, pid);
	struct generation *generation = process ? process->newest : NULL;

	while (generation && generation->image->serial != serial)
		generation = generation->older;
	return generation ? generation->image : NULL;
}

bool images__is_current(const struct images *images, const struct image *image, uint32_t pid)
{
	const struct process *process = find(images, pid);

	return process && !process->gone_ns && process->newest && process->newest->image == image;
}

uint32_t images__parent(const struct images *images, uint32_t pid)
{
	const struct process *process = find(images, pid);

	return process ? process->parent : 0;
}

void images__describe(struct images *images, struct image *image, struct proc_maps *maps)
{
	image->asked = false;
	if (!maps)
		return;
	images->changes++;
	images->bytes += bytes_of(maps);
	images->bytes -= bytes_of(image->maps);
	proc_maps__free(image->maps);
	image->maps = maps;
}
