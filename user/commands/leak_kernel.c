// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak --kernel: which kinds of the kernel's memory grow, which slab caches, which callers of vmalloc()
 * and which lines of its source. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../count/growing.h"
#include "../count/machine_sums.h"
#include "../kernel/item_files.h"
#include "../kernel/line_file.h"
#include "../kernel/machine_files.h"
#include "leak.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define KINDS_MAX 64
#define SITES_MAX 8192

enum kernel_list { LIST_KINDS, LIST_SLAB, LIST_VMALLOC, LIST_SITES, NR_LISTS };

struct list {
	struct growing_table table;
	bool known;
	/* below: what the report borrows */
	struct growing **sorted; /* owned */
	struct cell_list rows;
	struct column none; /* where it is not known */
	struct cell null;
};

struct leak_kernel {
	struct machine_files files;
	struct machine *machine; /* owned: the newest reading */
	int allocinfo;		 /* descriptor, or < 0 */
	struct list lists[NR_LISTS];
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

static int take(struct growing_table *table, const char *name, uint64_t bytes)
{
	struct kernel_item item = { .bytes = bytes };

	if (bytes == MT_UNKNOWN_U64)
		return 0;
	strncpy(item.name, name, sizeof(item.name) - 1);
	return growing__take(table, &item);
}

/* Those that the kernel has for itself. */
static int read_parts(struct leak_kernel *kernel, struct growing_table *table)
{
	static const enum machine_part parts[] = {
		PART_SLAB_RECLAIMABLE,
		PART_SLAB_UNRECLAIMABLE,
		PART_OTHER_RECLAIMABLE,
		PART_KERNEL_STACKS,
		PART_PAGE_TABLES,
		PART_SECONDARY_PAGE_TABLES,
		PART_PERCPU,
		PART_VMALLOC,
		PART_GPU,
		PART_GPU_RECLAIMABLE,
		PART_COMPRESSED,
	};
	int64_t others;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < NR(parts); i++)
		err = take(table, machine_part_rows[parts[i]].name, machine__part(kernel->machine, parts[i]));
	if (!err && machine__not_accounted(kernel->machine, &others))
		err = take(table, "not accounted", others > 0 ? (uint64_t)others : 0);
	return err;
}

static int read_lines(int fd, void (*line)(void *ctx, char *line), struct kernel_items *items)
{
	int err = fd < 0 ? 0 : line_file__each(fd, line, items);

	return items->err ? items->err : err;
}

static int read_kinds(struct leak_kernel *kernel)
{
	static const char *const names[NR_WITHIN] = {
#define MT_WITHIN(id, name, path) name,
		MACHINE_WITHIN(MT_WITHIN)
#undef MT_WITHIN
	};
	struct growing_table *table = &kernel->lists[LIST_KINDS].table;
	int err = read_parts(kernel, table);
	size_t i;

	for (i = 0; !err && i < NR_WITHIN; i++)
		err = take(table, names[i], kernel->machine->within[i]);
	return err;
}

static int read_slabs(struct leak_kernel *kernel)
{
	const struct machine_slab *slab = kernel->machine->slabs;
	struct kernel_item item;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < kernel->machine->nr_slabs; i++, slab++) {
		item = (struct kernel_item){ .bytes = slab->bytes, .nr = slab->objects, .active = slab->active };
		memcpy(item.name, slab->name, sizeof(slab->name));
		err = growing__take(&kernel->lists[LIST_SLAB].table, &item);
	}
	return err;
}

/* The kernel writes that file as a whole, a line each stack: not at each reading. */
static int read_callers(struct leak_kernel *kernel)
{
	const struct machine_callers *callers = &kernel->files.callers;
	struct growing_table *table = &kernel->lists[LIST_VMALLOC].table;
	int err = 0;
	size_t i;

	machine_files__read_callers(&kernel->files);
	kernel->lists[LIST_VMALLOC].known = callers->known;
	for (i = 0; !err && i < callers->nr; i++)
		err = take(table, callers->list[i].name, callers->list[i].pages * kernel->machine->page_size);
	table->left_out = callers->rest * kernel->machine->page_size;
	return err;
}

static int read_sites(struct leak_kernel *kernel)
{
	struct kernel_items items = { growing__take, &kernel->lists[LIST_SITES].table, 0, 0 };

	return read_lines(kernel->allocinfo, item_files__allocinfo, &items);
}

static int read_all(struct leak_run *run, bool callers)
{
	struct leak_kernel *kernel = run->kernel;
	uint64_t now_ns = clock__boot_ns();
	size_t i;
	int err;

	for (i = 0; i < NR_LISTS; i++)
		if (i != LIST_VMALLOC || callers)
			growing__begin(&kernel->lists[i].table);
	machine_files__read(&kernel->files, kernel->machine, true);
	err = read_kinds(kernel);
	if (!err)
		err = read_slabs(kernel);
	if (!err)
		err = read_sites(kernel);
	if (!err && callers)
		err = read_callers(kernel);
	for (i = 0; !err && i < NR_LISTS; i++)
		if (i != LIST_VMALLOC || callers)
			err = growing__end(&kernel->lists[i].table, now_ns, run->growth.step_ns);
	return err;
}

static struct leak_kernel *make(void)
{
	struct leak_kernel *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		return NULL;
	kernel->machine = calloc(1, sizeof(*kernel->machine));
	machine_files__open(&kernel->files);
	kernel->allocinfo = open("/proc/allocinfo", O_RDONLY | O_CLOEXEC);
	kernel->lists[LIST_KINDS].table.max = KINDS_MAX;
	kernel->lists[LIST_SLAB].table.max = MACHINE_SLABS_MAX;
	kernel->lists[LIST_VMALLOC].table.max = MACHINE_CALLERS_MAX;
	kernel->lists[LIST_SITES].table.max = SITES_MAX;
	kernel->lists[LIST_KINDS].known = kernel->lists[LIST_SLAB].known = true;
	kernel->lists[LIST_SITES].known = kernel->allocinfo >= 0;
	return kernel;
}

static int ready(struct leak_run *run)
{
	struct leak_kernel *kernel = run->kernel = make();
	int err = kernel && kernel->machine ? 0 : -ENOMEM;

	if (!err && kernel->files.slabinfo < 0) {
		log_error("--kernel: cannot read /proc/slabinfo: %s", strerror(-kernel->files.slabinfo));
		return EXIT_FAILED;
	}
	if (!err)
		err = read_all(run, true);
	if (!err)
		return EXIT_OK;
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

static int on_look(struct leak_run *run, bool final)
{
	return run->kernel ? read_all(run, final) : 0;
}

#define GROWTH_COLUMNS                                                                                                 \
	{ .title = "GREW", .path = "grown_bytes", .unit = UNIT_BYTES, .key = true, .main = true },                     \
		{ .title = "A SECOND", .path = "slope_bytes_per_second", .unit = UNIT_BYTES },                         \
		{ .title = "HOW", .path = "verdict", .left = true },                                                   \
	{                                                                                                              \
		.title = "SIZE", .path = "bytes", .unit = UNIT_BYTES                                                   \
	}

/* In the order of fill(), which begins with those of all. */
static const struct column kind_columns[] = {
	{ .title = "KIND", .path = "name", .left = true, .key = true },
	GROWTH_COLUMNS,
};

static const struct column caller_columns[] = {
	{ .title = "VMALLOC BY", .path = "name", .left = true, .key = true },
	GROWTH_COLUMNS,
};

static const struct column slab_columns[] = {
	{ .title = "CACHE", .path = "name", .left = true, .key = true },
	GROWTH_COLUMNS,
	{ .title = "OBJECTS", .path = "objects", .unit = UNIT_COUNT },
	{ .title = "IN USE", .path = "active", .unit = UNIT_COUNT },
	{ .title = "IN USE+", .path = "grown_active", .unit = UNIT_COUNT },
};

static const struct column site_columns[] = {
	{ .title = "ALLOCATED IN", .path = "name", .left = true, .key = true },
	GROWTH_COLUMNS,
	{ .title = "CALLS", .path = "calls", .unit = UNIT_COUNT },
	{ .title = "CALLS+", .path = "grown_calls", .unit = UNIT_COUNT },
};

static void fill(const struct growing *one, enum kernel_list which, struct cell *c)
{
	struct growth growth = growth_series__judge(&one->bytes);

	*c++ = cell_string(one->last.name);
	*c++ = cell_int((int64_t)(one->last.bytes - one->first.bytes));
	*c++ = growth.has_slope ? cell_int((int64_t)growth.slope) : cell_none();
	*c++ = cell_string(growth_verdict_names[growth.verdict]);
	*c++ = cell_uint(one->last.bytes);
	if (which == LIST_SLAB) {
		*c++ = cell_uint(one->last.nr);
		*c++ = cell_uint(one->last.active);
		*c++ = cell_int((int64_t)(one->last.active - one->first.active));
	} else if (which == LIST_SITES) {
		*c++ = cell_uint(one->last.nr);
		*c++ = cell_int((int64_t)(one->last.nr - one->first.nr));
	}
}

static int add_list(struct leak_run *run, enum kernel_list which, const struct table *table, struct report *report)
{
	struct list *list = &run->kernel->lists[which];
	struct cell *cells;
	size_t nr, i;
	int err = growing__rank(&list->table, &list->sorted, &nr);

	if (err)
		return err;
	cells = cell_list__make(&list->rows, nr, table->nr_columns);
	if (!cells)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		fill(list->sorted[i], which, &cells[i * table->nr_columns]);
	cell_list__add(&list->rows, table, run->tracing.session.options->rows, 0, report);
	if (list->table.left_out)
		report__add_note(report, "%llu bytes of others, which found no room, are not in that table",
				 (unsigned long long)list->table.left_out);
	return 0;
}

static int add_kinds(struct leak_run *run, struct report *report)
{
	struct table table = { .path = "kernel_memory",
			       .heading = "the kernel's memory by kind, of the whole machine",
			       .columns = kind_columns,
			       .nr_columns = NR(kind_columns) };

	return add_list(run, LIST_KINDS, &table, report);
}

static int add_slabs(struct leak_run *run, struct report *report)
{
	struct table table = { .path = "slab",
			       .heading = "the kernel's caches of objects, of the whole machine",
			       .columns = slab_columns,
			       .nr_columns = NR(slab_columns) };

	return add_list(run, LIST_SLAB, &table, report);
}

static int add_if_known(struct leak_run *run, enum kernel_list which, const struct table *table, struct report *report)
{
	struct list *list = &run->kernel->lists[which];

	if (list->known)
		return add_list(run, which, table, report);
	list->none = (struct column){ .path = table->path };
	list->null = cell_none();
	report__add_values(
		report, &(struct values){ .path = "", .columns = &list->none, .cells = &list->null, .nr_columns = 1 });
	return 0;
}

static int add_callers(struct leak_run *run, struct report *report)
{
	struct table table = { .path = "vmalloc",
			       .heading = "vmalloc by its callers, of the whole machine",
			       .columns = caller_columns,
			       .nr_columns = NR(caller_columns) };

	return add_if_known(run, LIST_VMALLOC, &table, report);
}

static int add_sites(struct leak_run *run, struct report *report)
{
	struct table table = { .path = "allocation_sites",
			       .heading = "the kernel's memory by the line of source that allocated it",
			       .columns = site_columns,
			       .nr_columns = NR(site_columns) };

	return add_if_known(run, LIST_SITES, &table, report);
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void done(struct leak_run *run)
{
	struct leak_kernel *kernel = run->kernel;
	size_t i;

	if (!kernel)
		return;
	for (i = 0; i < NR_LISTS; i++) {
		growing__done(&kernel->lists[i].table);
		free(kernel->lists[i].sorted);
		cell_list__free(&kernel->lists[i].rows);
	}
	machine_files__close(&kernel->files);
	close_file(kernel->allocinfo);
	free(kernel->machine);
	free(kernel);
	run->kernel = NULL;
}

/* It reads what the next ones show as well. */
const struct leak_section leak_kinds_section = {
	.name = "kernel_memory",
	.wanted = wanted,
	.replayed = replayed,
	.ready = ready,
	.look = on_look,
	.add = add_kinds,
	.done = done,
};

const struct leak_section leak_slab_section = {
	.name = "slab",
	.wanted = wanted,
	.replayed = replayed,
	.add = add_slabs,
};

const struct leak_section leak_vmalloc_section = {
	.name = "vmalloc",
	.wanted = wanted,
	.replayed = replayed,
	.add = add_callers,
};

const struct leak_section leak_sites_section = {
	.name = "allocation_sites",
	.wanted = wanted,
	.replayed = replayed,
	.add = add_sites,
};
