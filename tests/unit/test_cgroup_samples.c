/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers cgroup_files.h, cgroup_sampler.h and cgroup_counts.h: what the files of a
 * cgroup give, which cgroups are read, and what is made of it.  Cgroups are
 * directories that a test makes, in place of a mounted hierarchy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/count/cgroup_counts.h"
#include "../../user/kernel/cgroup_files.h"
#include "../../user/kernel/cgroup_sampler.h"

#define UNKNOWN	  MT_UNKNOWN_U64
#define UNLIMITED SAMPLE_UNLIMITED
#define NR(array) (sizeof(array) / sizeof(*(array)))

/* A directory of cgroups, each called by its id, and what came of reading them. */
struct tree {
	char path[64];
	int fd;
	struct cgroup_sampler *sampler;
	struct cgroup_counts counts;
	size_t nr_records;
	struct cgroup_sample_record last;
	size_t nr_opened;
	unsigned int delay_us; /* that opening one takes */
};

static int set_up(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->path, "/tmp/memtrace-cgroups.XXXXXX");
	assert_non_null(mkdtemp(tree->path));
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->fd >= 0);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", tree->path);
	assert_int_equal(system(command), 0);
	close(tree->fd);
	cgroup_counts__free(&tree->counts);
	if (tree->sampler)
		cgroup_sampler__close(tree->sampler);
	free(tree->sampler);
	free(tree);
	return 0;
}

static void write_file(const struct tree *tree, unsigned int id, const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%u", id);
	mkdirat(tree->fd, path, 0700);
	snprintf(path, sizeof(path), "%u/%s", id, name);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* As cgroup_sampler.open: what is not there was removed. */
static int open_cgroup(const void *ctx, uint64_t id)
{
	struct tree *tree = (struct tree *)ctx;
	char name[32];
	int fd;

	tree->nr_opened++;
	usleep(tree->delay_us);
	snprintf(name, sizeof(name), "%llu", (unsigned long long)id);
	fd = openat(tree->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -ESTALE : fd;
}

static void read_cgroup(const struct tree *tree, enum cgroup_version version, uint64_t *values)
{
	struct cgroup_hierarchy hierarchy = { .version = version, .open = open_cgroup, .ctx = tree };
	struct cgroup_files files = { 0 };

	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_ALL, values), 0);
	cgroup_files__close(&files, &hierarchy);
}

static size_t nr_known(const uint64_t *values)
{
	size_t i, nr = 0;

	for (i = 0; i < NR_CGROUP_SAMPLES; i++)
		nr += values[i] != UNKNOWN;
	return nr;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/* Rows of one file stand together, and each is of one hierarchy at least. */
static void rows(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < NR_CGROUP_SAMPLES; i++) {
		const struct cgroup_sample_row *row = &cgroup_sample_rows[i];
		bool counts = row->kind == SAMPLE_COUNTER;

		assert_true(row->v1.file || row->v2.file);
		assert_true(counts ? row->unit == UNIT_COUNT || row->unit == UNIT_NS : row->unit == UNIT_BYTES);
		assert_true(ends_with(row->path, "_bytes") == !counts);
		assert_true(ends_with(row->path, "_ns") == (row->unit == UNIT_NS));
		assert_true(ends_with(row->metric, counts ? "_total" : "_bytes"));
		assert_true(!strncmp(row->metric, "memtrace_cgroup_", 16) && row->help[0]);
		assert_false(row->is_limit && counts);
		for (j = 0; j < i; j++) {
			const struct cgroup_sample_row *other = &cgroup_sample_rows[j];

			assert_string_not_equal(row->path, other->path);
			assert_string_not_equal(row->metric, other->metric);
			assert_false(row->v1.file && other->v1.file && !strcmp(row->v1.file, other->v1.file));
			if (!row->v2.file || !other->v2.file || strcmp(row->v2.file, other->v2.file))
				continue;
			assert_string_equal(cgroup_sample_rows[i - 1].v2.file, row->v2.file);
			assert_string_not_equal(row->v2.key, other->v2.key);
		}
	}
}

static void files_of_v2(void **state)
{
	const struct tree *tree = *state;
	uint64_t values[NR_CGROUP_SAMPLES];

	write_file(tree, 1, "memory.current", "8192\n");
	write_file(tree, 1, "memory.peak", "12288\n");
	write_file(tree, 1, "memory.max", "max\n");
	write_file(tree, 1, "memory.high", "9223372036854771712\n");
	write_file(tree, 1, "memory.low", "0\n");
	write_file(tree, 1, "memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\nnew 7\n");
	write_file(tree, 1, "memory.swap.current", "4096\n");
	write_file(tree, 1, "memory.swap.max", "16384\n");
	/* of v1, which this is not */
	write_file(tree, 1, "memory.usage_in_bytes", "1\n");
	write_file(tree, 1, "memory.soft_limit_in_bytes", "1\n");
	read_cgroup(tree, CGROUP_V2, values);
	assert_int_equal(values[CGROUP_SAMPLE_memory_current], 8192);
	assert_int_equal(values[CGROUP_SAMPLE_memory_peak], 12288);
	assert_true(values[CGROUP_SAMPLE_memory_max] == UNLIMITED);
	/* a number that only v1 has for it */
	assert_int_equal(values[CGROUP_SAMPLE_memory_high], 9223372036854771712);
	assert_int_equal(values[CGROUP_SAMPLE_memory_low], 0);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_low], 1);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_high], 2);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_max], 3);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_oom], 4);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_oom_kill], 5);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_oom_group_kill], 6);
	assert_int_equal(values[CGROUP_SAMPLE_swap_current], 4096);
	assert_int_equal(values[CGROUP_SAMPLE_swap_max], 16384);
	assert_int_equal(nr_known(values), 13);
}

static void files_of_v1(void **state)
{
	const struct tree *tree = *state;
	uint64_t values[NR_CGROUP_SAMPLES];
	char unlimited[32];

	snprintf(unlimited, sizeof(unlimited), "%lld\n",
		 (long long)(INT64_MAX / sysconf(_SC_PAGESIZE) * sysconf(_SC_PAGESIZE)));
	write_file(tree, 1, "memory.usage_in_bytes", "8192\n");
	write_file(tree, 1, "memory.max_usage_in_bytes", "12288\n");
	write_file(tree, 1, "memory.limit_in_bytes", "67108864\n");
	write_file(tree, 1, "memory.soft_limit_in_bytes", unlimited);
	write_file(tree, 1, "memory.failcnt", "17\n");
	write_file(tree, 1, "memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n");
	write_file(tree, 1, "memory.memsw.usage_in_bytes", "20480\n");
	write_file(tree, 1, "memory.memsw.limit_in_bytes", unlimited);
	write_file(tree, 1, "memory.max", "1\n");
	read_cgroup(tree, CGROUP_V1, values);
	assert_int_equal(values[CGROUP_SAMPLE_memory_current], 8192);
	assert_int_equal(values[CGROUP_SAMPLE_memory_peak], 12288);
	assert_int_equal(values[CGROUP_SAMPLE_memory_max], 67108864);
	assert_true(values[CGROUP_SAMPLE_memory_soft_limit] == UNLIMITED);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_max], 17);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_oom_kill], 3);
	assert_int_equal(values[CGROUP_SAMPLE_memsw_current], 20480);
	assert_true(values[CGROUP_SAMPLE_memsw_max] == UNLIMITED);
	assert_int_equal(nr_known(values), 8);
}

/* Neither a link nor what would keep the reader waiting is read; the others are. */
static void what_is_no_number_is_unknown(void **state)
{
	static const char *const texts[] = {
		"", "\n", "maximum\n", "-1\n", "x\n", "18446744073709551615\n", "18446744073709551614\n"
	};
	const struct tree *tree = *state;
	uint64_t values[NR_CGROUP_SAMPLES];
	size_t i;

	for (i = 0; i < NR(texts); i++) {
		write_file(tree, 1, "memory.max", texts[i]);
		read_cgroup(tree, CGROUP_V2, values);
		assert_int_equal(nr_known(values), 0);
	}
	write_file(tree, 1, "memory.current", "max\n");
	write_file(tree, 1, "memory.events", "oom_kill\nmax max\nlow 5");
	write_file(tree, 1, "number", "5\n");
	assert_int_equal(symlinkat("number", tree->fd, "1/memory.high"), 0);
	assert_int_equal(mkfifoat(tree->fd, "1/memory.low", 0600), 0);
	assert_int_equal(mkdirat(tree->fd, "1/memory.peak", 0700), 0);
	read_cgroup(tree, CGROUP_V2, values);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_low], 5);
	assert_int_equal(nr_known(values), 1);
}

static void rewrite(const struct tree *tree, uint64_t current, uint64_t max)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)current);
	write_file(tree, 1, "memory.current", text);
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)max);
	write_file(tree, 1, "memory.max", text);
}

/* Limits are left as they were unless they are asked for. */
static void limits_on_request(void **state)
{
	const struct tree *tree = *state;
	struct cgroup_hierarchy hierarchy = { .version = CGROUP_V2, .open = open_cgroup, .ctx = tree };
	struct cgroup_files files = { 0 };
	uint64_t values[NR_CGROUP_SAMPLES];

	rewrite(tree, 1, 10);
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_ALL, values), 0);
	rewrite(tree, 2, 20);
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_NO_LIMITS, values), 0);
	assert_int_equal(values[CGROUP_SAMPLE_memory_current], 2);
	assert_int_equal(values[CGROUP_SAMPLE_memory_max], 10);
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_ALL, values), 0);
	assert_int_equal(values[CGROUP_SAMPLE_memory_max], 20);
}

/* Files that are kept are not opened again, and are as many as there is room for; what is missing is not looked for. */
static void files_stay_open(void **state)
{
	struct tree *tree = *state;
	struct cgroup_hierarchy hierarchy = { .version = CGROUP_V2, .open = open_cgroup, .ctx = tree, .room = 2 };
	struct cgroup_files files = { 0 };
	uint64_t values[NR_CGROUP_SAMPLES];

	rewrite(tree, 1, 10);
	write_file(tree, 1, "memory.events", "oom 1\n");
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_ALL, values), 0);
	assert_int_equal(hierarchy.room, 0);
	assert_int_equal(tree->nr_opened, 1);
	rewrite(tree, 5, 10);
	write_file(tree, 1, "memory.peak", "7\n");
	write_file(tree, 1, "memory.events", "oom 2\n");
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_NO_LIMITS, values), 0);
	assert_int_equal(tree->nr_opened, 1);
	assert_int_equal(values[CGROUP_SAMPLE_memory_current], 5);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_oom], 2);
	assert_true(values[CGROUP_SAMPLE_memory_peak] == UNKNOWN);
	cgroup_files__close(&files, &hierarchy);
	assert_int_equal(hierarchy.room, 2);
	hierarchy.room = 1;
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_ALL, values), 0);
	assert_int_equal(values[CGROUP_SAMPLE_memory_peak], 7);
	assert_int_equal(cgroup_files__read(&files, &hierarchy, 1, CGROUP_ALL, values), 0);
	assert_int_equal(tree->nr_opened, 3);
	assert_int_equal(values[CGROUP_SAMPLE_memory_events_oom], 2);
	cgroup_files__close(&files, &hierarchy);
}

static void take(void *ctx, const void *data, size_t size)
{
	struct tree *tree = ctx;

	assert_int_equal(size, sizeof(tree->last));
	memcpy(&tree->last, data, size);
	assert_int_equal(tree->last.hdr.id, REC_CGROUP_SAMPLES);
	assert_int_equal(tree->last.hdr.size, size);
	tree->nr_records++;
	assert_int_equal(cgroup_counts__take(&tree->counts, &tree->last), 0);
}

static struct cgroup_sampler *sampler_of(struct tree *tree)
{
	tree->sampler = calloc(1, sizeof(*tree->sampler));
	assert_non_null(tree->sampler);
	tree->sampler->hierarchy = (struct cgroup_hierarchy){ .version = CGROUP_V2, .open = open_cgroup, .ctx = tree };
	tree->sampler->sink = (struct sink){ .record = take, .ctx = tree };
	return tree->sampler;
}

static const struct cgroup_count *count_of(const struct tree *tree, uint64_t id)
{
	size_t i;

	for (i = 0; i < tree->counts.nr; i++)
		if (tree->counts.list[i].id == id)
			return &tree->counts.list[i];
	return NULL;
}

static void current_is(const struct tree *tree, uint64_t id, enum scope scope, uint64_t last, uint64_t min,
		       uint64_t max)
{
	const struct cgroup_count *count = count_of(tree, id);
	const struct sample_extent *extent;

	assert_non_null(count);
	extent = &count->extents[scope][CGROUP_SAMPLE_memory_current];
	assert_int_equal(extent->end, last);
	assert_int_equal(extent->min, min);
	assert_int_equal(extent->max, max);
}

/* What has not changed makes no record; without any cgroup there is one that says so. */
static void read_at_once_and_when_changed(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);

	cgroup_sampler__read(sampler, true);
	assert_int_equal(tree->nr_records, 1);
	assert_int_equal(tree->last.cgroup_id, 0);
	assert_int_equal(nr_known(tree->last.values), 0);
	assert_true(tree->counts.any);
	write_file(tree, 7, "memory.current", "100\n");
	write_file(tree, 7, "memory.events", "oom_kill 5\n");
	cgroup_sampler__add(sampler, 0);
	cgroup_sampler__add(sampler, 7);
	cgroup_sampler__add(sampler, 7);
	assert_int_equal(tree->nr_records, 2);
	assert_int_equal(tree->last.cgroup_id, 7);
	cgroup_sampler__read(sampler, true);
	assert_int_equal(tree->nr_records, 2);
	write_file(tree, 7, "memory.current", "300\n");
	cgroup_sampler__read(sampler, true);
	write_file(tree, 7, "memory.current", "200\n");
	write_file(tree, 7, "memory.events", "oom_kill 6\n");
	cgroup_sampler__read(sampler, true);
	cgroup_sampler__read(sampler, true);
	assert_int_equal(tree->nr_records, 4);
	current_is(tree, 7, SCOPE_TOTAL, 200, 100, 300);
	assert_int_equal(
		sample_extent__growth(&count_of(tree, 7)->extents[SCOPE_TOTAL][CGROUP_SAMPLE_memory_events_oom_kill]),
		1);
}

/* Of one that is idle its use of memory alone; once a record names it, or that use changes, the rest. */
static void an_idle_one_costs_little(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);

	sampler->hierarchy.room = 5;
	sampler->hierarchy.reserved = 5;
	rewrite(tree, 1, 10);
	write_file(tree, 1, "memory.events", "oom 1\n");
	cgroup_sampler__add(sampler, 1);
	assert_int_equal(sampler->hierarchy.room, 4);
	write_file(tree, 1, "memory.events", "oom 2\n");
	cgroup_sampler__read(sampler, false);
	assert_int_equal(tree->nr_opened, 1);
	assert_int_equal(tree->counts.nr, 1);
	assert_int_equal(tree->last.cgroup_id, 0);
	cgroup_sampler__add(sampler, 1);
	cgroup_sampler__read(sampler, false);
	assert_int_equal(tree->last.values[CGROUP_SAMPLE_memory_events_oom], 2);
	rewrite(tree, 2, 20);
	write_file(tree, 1, "memory.events", "oom 3\n");
	cgroup_sampler__read(sampler, false);
	assert_int_equal(tree->last.values[CGROUP_SAMPLE_memory_events_oom], 3);
	assert_int_equal(tree->last.values[CGROUP_SAMPLE_memory_max], 10);
	write_file(tree, 1, "memory.events", "oom 4\n");
	cgroup_sampler__read(sampler, true);
	assert_int_equal(tree->last.values[CGROUP_SAMPLE_memory_events_oom], 4);
	assert_int_equal(tree->last.values[CGROUP_SAMPLE_memory_max], 20);
}

static void a_removed_one_keeps_its_values(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);
	size_t opened;

	write_file(tree, 1, "memory.current", "100\n");
	cgroup_sampler__add(sampler, 1);
	assert_int_equal(unlinkat(tree->fd, "1/memory.current", 0), 0);
	assert_int_equal(unlinkat(tree->fd, "1", AT_REMOVEDIR), 0);
	cgroup_sampler__read(sampler, true);
	assert_int_equal(count_of(tree, 1)->removed_ns, tree->counts.list[0].removed_ns);
	assert_true(count_of(tree, 1)->removed_ns > 0);
	current_is(tree, 1, SCOPE_TOTAL, 100, 100, 100);
	opened = tree->nr_opened;
	cgroup_sampler__read(sampler, true);
	cgroup_sampler__add(sampler, 1);
	assert_int_equal(tree->nr_opened, opened);
	/* gone before it was read at all: it has no row */
	cgroup_sampler__add(sampler, 2);
	cgroup_sampler__add(sampler, 2);
	cgroup_sampler__read(sampler, true);
	assert_null(count_of(tree, 2));
	assert_int_equal(tree->counts.left_out, 1);
}

/* Beyond the bound they are counted, each once; one that was removed makes room. */
static void the_bound(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);
	unsigned int id;
	size_t opened;

	for (id = 1; id <= CGROUPS_MAX + 5; id++) {
		write_file(tree, id, "memory.current", "5\n");
		cgroup_sampler__add(sampler, id);
		cgroup_sampler__add(sampler, id);
	}
	do
		cgroup_sampler__read(sampler, true);
	while (sampler->nr_waiting);
	assert_int_equal(tree->counts.nr, CGROUPS_MAX);
	assert_int_equal(tree->counts.left_out, 5);
	assert_null(count_of(tree, CGROUPS_MAX + 1));
	for (id = 40; id >= 39; id--) {
		char name[64];

		snprintf(name, sizeof(name), "%u/memory.current", id);
		assert_int_equal(unlinkat(tree->fd, name, 0), 0);
		snprintf(name, sizeof(name), "%u", id);
		assert_int_equal(unlinkat(tree->fd, name, AT_REMOVEDIR), 0);
		cgroup_sampler__read(sampler, true);
	}
	cgroup_sampler__add(sampler, CGROUPS_MAX + 5);
	cgroup_sampler__read(sampler, true);
	assert_int_equal(tree->counts.nr, CGROUPS_MAX);
	assert_null(count_of(tree, 40));
	assert_non_null(count_of(tree, 39));
	assert_int_equal(count_of(tree, CGROUPS_MAX + 5)->removed_ns, 0);
	assert_int_equal(tree->counts.left_out, 6);
	/* known to be gone, so it is not looked for again */
	opened = tree->nr_opened;
	cgroup_sampler__add(sampler, 39);
	assert_int_equal(tree->nr_opened, opened);
	/* nor is anything opened for one that there is no room for, once the place of the other one is taken, too */
	cgroup_sampler__add(sampler, CGROUPS_MAX + 4);
	opened = tree->nr_opened;
	cgroup_sampler__add(sampler, CGROUPS_MAX + 3);
	assert_int_equal(tree->nr_opened, opened);
}

/* Rings fill while cgroups are read for the first time: those that take too long wait for the next call. */
static void those_that_take_long_wait(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);
	unsigned int id;
	size_t before;

	tree->delay_us = 8000;
	for (id = 1; id <= 12; id++) {
		write_file(tree, id, "memory.current", "5\n");
		cgroup_sampler__add(sampler, id);
		cgroup_sampler__add(sampler, id);
	}
	assert_in_range(tree->nr_opened, 1, 3);
	assert_int_equal(sampler->nr + sampler->nr_waiting, 12);
	before = sampler->nr;
	cgroup_sampler__read(sampler, true);
	assert_in_range(sampler->nr, before + 1, before + 3);
	assert_int_equal(sampler->nr + sampler->nr_waiting, 12);
	assert_int_equal(tree->counts.left_out, 0);
	cgroup_sampler__finish(sampler);
	assert_int_equal(sampler->nr_waiting, 0);
	assert_int_equal(tree->counts.left_out, 12 - sampler->nr);
	assert_in_range(sampler->nr, 3, 9);
}

/* More ids than are told apart: the table of them does not fill up. */
static void what_is_left_out_is_bounded(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);
	uint64_t id;

	for (id = 1; id <= 3 * LEFT_OUT_MAX; id++)
		cgroup_sampler__add(sampler, id << 32);
	cgroup_sampler__read(sampler, true);
	assert_int_equal(tree->counts.left_out, LEFT_OUT_MAX);
	assert_int_equal(tree->counts.nr, 0);
}

/* A task's cgroup; the victim's, the trigger's and the limit's of an OOM kill; not that of a single hot event. */
static void records_name_cgroups(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sampler *sampler = sampler_of(tree);
	struct mt_task task = { .hdr = { .id = MT_REC_TASK, .size = sizeof(task) }, .who = { .cgroup_id = 1 } };
	struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom) },
			      .victim = { .cgroup_id = 2 },
			      .trigger = { .cgroup_id = 3 },
			      .limit_cgroup_id = 4 };
	struct mt_reclaim reclaim = { .hdr = { .id = MT_REC_reclaim, .size = sizeof(reclaim) },
				      .who = { .cgroup_id = 1 },
				      .target_cgroup_id = 5 };
	struct sample_record samples = { .hdr = { .id = REC_SAMPLES, .size = sizeof(samples) } };
	struct mt_fault fault = { .hdr = { .id = MT_REC_fault, .size = sizeof(fault) }, .who = { 6 } };
	unsigned int id;

	for (id = 1; id <= 6; id++)
		write_file(tree, id, "memory.current", "5\n");
	cgroup_sampler__add_named(sampler, &task);
	assert_int_equal(tree->counts.nr, 1);
	cgroup_sampler__add_named(sampler, &oom);
	assert_int_equal(tree->counts.nr, 4);
	cgroup_sampler__add_named(sampler, &reclaim);
	cgroup_sampler__add_named(sampler, &samples);
	cgroup_sampler__add_named(sampler, &fault);
	assert_int_equal(tree->counts.nr, 5);
	for (id = 1; id <= 5; id++)
		assert_non_null(count_of(tree, id));
}

static struct cgroup_sample_record record_of(uint64_t id, uint64_t time_ns, uint64_t current, uint64_t kills)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = time_ns }, .cgroup_id = id
	};

	memset(record.values, 0xff, sizeof(record.values));
	record.values[CGROUP_SAMPLE_memory_current] = current;
	record.values[CGROUP_SAMPLE_memory_events_oom_kill] = kills;
	return record;
}

static void give(struct tree *tree, uint64_t id, uint64_t time_ns, uint64_t current, uint64_t kills)
{
	const struct cgroup_sample_record record = record_of(id, time_ns, current, kills);

	assert_int_equal(cgroup_counts__take(&tree->counts, &record), 0);
}

static uint64_t kills_grown(const struct tree *tree, uint64_t id, enum scope scope)
{
	return sample_extent__growth(&count_of(tree, id)->extents[scope][CGROUP_SAMPLE_memory_events_oom_kill]);
}

static void intervals(void **state)
{
	struct tree *tree = *state;

	give(tree, 1, 10, 50, 4);
	give(tree, 1, 20, 80, 5);
	cgroup_counts__next_interval(&tree->counts);
	give(tree, 2, 30, 7, UNKNOWN);
	give(tree, 1, 30, 60, 9);
	assert_int_equal(count_of(tree, 1)->since_ns, 10);
	assert_int_equal(count_of(tree, 2)->since_ns, 30);
	current_is(tree, 1, SCOPE_INTERVAL, 80, 50, 80);
	assert_int_equal(kills_grown(tree, 1, SCOPE_INTERVAL), 1);
	cgroup_counts__next_interval(&tree->counts);
	current_is(tree, 1, SCOPE_INTERVAL, 60, 60, 80);
	current_is(tree, 2, SCOPE_INTERVAL, 7, 7, 7);
	assert_int_equal(kills_grown(tree, 1, SCOPE_INTERVAL), 4);
	assert_int_equal(kills_grown(tree, 1, SCOPE_TOTAL), 5);
	assert_true(kills_grown(tree, 2, SCOPE_TOTAL) == UNKNOWN);
	cgroup_counts__next_interval(&tree->counts);
	current_is(tree, 1, SCOPE_INTERVAL, 60, 60, 60);
	assert_int_equal(kills_grown(tree, 1, SCOPE_INTERVAL), 0);
}

/* A recording may have more than memtrace writes. */
static void counts_are_bounded(void **state)
{
	struct tree *tree = *state;
	struct cgroup_sample_record gone;
	uint64_t id;

	for (id = 1; id <= 2 * CGROUPS_MAX; id++)
		give(tree, id, id, 1, 1);
	assert_int_equal(tree->counts.nr, CGROUPS_MAX);
	assert_null(count_of(tree, CGROUPS_MAX + 1));
	for (id = 3; id <= 4; id++) {
		gone = record_of(id, 1000 - id, 1, 1);
		gone.removed = 1;
		assert_int_equal(cgroup_counts__take(&tree->counts, &gone), 0);
	}
	give(tree, CGROUPS_MAX + 1, 2000, 2, 2);
	assert_int_equal(tree->counts.nr, CGROUPS_MAX);
	assert_null(count_of(tree, 4));
	assert_non_null(count_of(tree, 3));
	current_is(tree, CGROUPS_MAX + 1, SCOPE_TOTAL, 2, 2, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		TEST(files_of_v2),
		TEST(files_of_v1),
		TEST(what_is_no_number_is_unknown),
		TEST(limits_on_request),
		TEST(files_stay_open),
		TEST(read_at_once_and_when_changed),
		TEST(an_idle_one_costs_little),
		TEST(a_removed_one_keeps_its_values),
		TEST(the_bound),
		TEST(those_that_take_long_wait),
		TEST(what_is_left_out_is_bounded),
		TEST(records_name_cgroups),
		TEST(intervals),
		TEST(counts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
