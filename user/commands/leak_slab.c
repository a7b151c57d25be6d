// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak --kernel: which of the kernel's slab caches grow. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../kernel/line_file.h"
#include "../kernel/list_files.h"
#include "leak.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

struct leak_slab {
	char name[MACHINE_NAME_MAX];
	struct machine_slab first, last;
	struct growth_series bytes;
	UT_hash_handle hh;
};

struct leak_slabs {
	int fd;			 /* of /proc/slabinfo, or -errno */
	struct machine *machine; /* owned: the newest reading */
	struct leak_slab *list;	 /* owned, by name: as many as a reading may have */
	/* below: what the report borrows */
	struct cell *cells; /* owned */
	struct cell_rows rows;
	size_t shown;
	char rest[48];
};

static bool wanted(const struct options *options)
{
	return options->kernel_side;
}

static bool replayed(const struct session *session)
{
	(void)session;
	return false;
}

/* One that is new, or came back, had nothing before: but for those of the first reading. */
static struct leak_slab *add_slab(struct leak_run *run, const struct machine_slab *now, uint64_t now_ns, bool first)
{
	struct leak_slabs *slabs = run->slabs;
	struct leak_slab *slab;

	if (HASH_COUNT(slabs->list) >= MACHINE_SLABS_MAX)
		return NULL;
	slab = calloc(1, sizeof(*slab));
	if (!slab)
		return NULL;
	memcpy(slab->name, now->name, sizeof(slab->name));
	slab->first = *now;
	if (!first)
		slab->first.bytes = slab->first.objects = slab->first.active = 0;
	HASH_ADD_STR(slabs->list, name, slab);
	if (!slab->hh.tbl) {
		free(slab);
		return NULL;
	}
	(void)growth_series__add(&slab->bytes, now_ns, slab->first.bytes, run->growth.step_ns);
	return slab;
}

/* Caches that are missing in a reading have been removed. */
static int read_slabs(struct leak_run *run, bool first)
{
	struct leak_slabs *slabs = run->slabs;
	uint64_t now_ns = clock__boot_ns();
	struct leak_slab *slab, *next;
	size_t i;
	int err;

	if (slabs->fd < 0)
		return 0;
	slabs->machine->nr_slabs = 0;
	err = line_file__each(slabs->fd, list_files__slabinfo, slabs->machine);
	if (err)
		return err;
	HASH_ITER (hh, slabs->list, slab, next)
		slab->last.bytes = slab->last.objects = slab->last.active = 0;
	for (i = 0; i < slabs->machine->nr_slabs; i++) {
		const struct machine_slab *now = &slabs->machine->slabs[i];

		HASH_FIND_STR(slabs->list, now->name, slab);
		if (!slab)
			slab = add_slab(run, now, now_ns, first);
		if (slab)
			slab->last = *now;
	}
	HASH_ITER (hh, slabs->list, slab, next)
		if (!err)
			err = growth_series__add(&slab->bytes, now_ns, slab->last.bytes, run->growth.step_ns);
	return err;
}

static int ready(struct leak_run *run)
{
	struct leak_slabs *slabs = run->slabs = calloc(1, sizeof(*slabs));
	int err = -ENOMEM;

	if (slabs) {
		slabs->fd = open("/proc/slabinfo", O_RDONLY | O_CLOEXEC);
		err = slabs->fd < 0 ? -errno : 0;
		slabs->machine = calloc(1, sizeof(*slabs->machine));
	}
	if (err) {
		log_error("--kernel: cannot read /proc/slabinfo: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (slabs->machine) {
		slabs->machine->page_size = run->tracing.session.facts.page_size;
		err = read_slabs(run, true);
	}
	if (slabs->machine && !err)
		return EXIT_OK;
	log_error("cannot start: %s", strerror(err ? -err : ENOMEM));
	return EXIT_FAILED;
}

static int on_look(struct leak_run *run, bool final)
{
	(void) final;
	return run->slabs ? read_slabs(run, false) : 0;
}

static int by_growth(const void *a, const void *b)
{
	const struct leak_slab *one = *(const struct leak_slab *const *)a, *two = *(const struct leak_slab *const *)b;
	int64_t first = (int64_t)(one->last.bytes - one->first.bytes);
	int64_t second = (int64_t)(two->last.bytes - two->first.bytes);

	if (first != second)
		return (first < second) - (first > second);
	return (one->last.bytes < two->last.bytes) - (one->last.bytes > two->last.bytes);
}

/* In the order of fill(). */
static const struct column columns[] = {
	{ .title = "CACHE", .path = "name", .left = true, .key = true },
	{ .title = "GREW", .path = "grown_bytes", .unit = UNIT_BYTES, .key = true, .main = true },
	{ .title = "A SECOND", .path = "slope_bytes_per_second", .unit = UNIT_BYTES },
	{ .title = "HOW", .path = "verdict", .left = true },
	{ .title = "SIZE", .path = "bytes", .unit = UNIT_BYTES },
	{ .title = "OBJECTS", .path = "objects", .unit = UNIT_COUNT },
	{ .title = "IN USE", .path = "active", .unit = UNIT_COUNT },
	{ .title = "IN USE+", .path = "grown_active", .unit = UNIT_COUNT },
};

static void fill(const struct leak_slab *slab, struct cell *c)
{
	struct growth growth = growth_series__judge(&slab->bytes);

	*c++ = cell_string(slab->name);
	*c++ = cell_int((int64_t)(slab->last.bytes - slab->first.bytes));
	*c++ = growth.has_slope ? cell_int((int64_t)growth.slope) : cell_none();
	*c++ = cell_string(growth_verdict_names[growth.verdict]);
	*c++ = cell_uint(slab->last.bytes);
	*c++ = cell_uint(slab->last.objects);
	*c++ = cell_uint(slab->last.active);
	*c++ = cell_int((int64_t)(slab->last.active - slab->first.active));
}

static int rest(void *ctx, size_t nr, struct cell *cells)
{
	struct leak_slabs *slabs = (void *)((char *)ctx - offsetof(struct leak_slabs, rows));

	return nr ? 0 : cell_rows__rest(&slabs->rows, slabs->shown, 0, slabs->rest, sizeof(slabs->rest), cells);
}

static int add(struct leak_run *run, struct report *report)
{
	struct leak_slabs *slabs = run->slabs;
	size_t nr = HASH_COUNT(slabs->list), i = 0;
	struct leak_slab **list = calloc(nr + 1, sizeof(*list)), *slab, *next;

	slabs->cells = calloc((nr + 1) * NR(columns), sizeof(*slabs->cells));
	if (!list || !slabs->cells) {
		free(list);
		return -ENOMEM;
	}
	HASH_ITER (hh, slabs->list, slab, next)
		list[i++] = slab;
	qsort(list, nr, sizeof(*list), by_growth);
	for (i = 0; i < nr; i++)
		fill(list[i], &slabs->cells[i * NR(columns)]);
	free(list);
	slabs->rows = (struct cell_rows){ .cells = slabs->cells, .nr = nr, .nr_columns = NR(columns) };
	slabs->shown = run->tracing.session.options->rows;
	report__add_table(report, &(struct table){ .path = "slab",
						   .heading = "the kernel's caches of objects, of the whole machine",
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = cell_rows__source(&slabs->rows),
						   .text_rows = slabs->shown,
						   .rest = rest });
	return 0;
}

static void done(struct leak_run *run)
{
	struct leak_slabs *slabs = run->slabs;
	struct leak_slab *slab, *next;

	if (!slabs)
		return;
	HASH_ITER (hh, slabs->list, slab, next) {
		HASH_DEL(slabs->list, slab);
		growth_series__done(&slab->bytes);
		free(slab);
	}
	if (slabs->fd >= 0)
		close(slabs->fd);
	free(slabs->machine);
	free(slabs->cells);
	free(slabs);
	run->slabs = NULL;
}

const struct leak_section leak_slab_section = {
	.name = "slab",
	.wanted = wanted,
	.replayed = replayed,
	.ready = ready,
	.look = on_look,
	.add = add,
	.done = done,
};
