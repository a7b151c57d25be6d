/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers the aggregate, series, names for stacks, images, metrics, reports of OOM kills and outputs when memory runs
 * out: at each allocation in turn, once or from then on for a while.  Rows and sums stay consistent, what could not be
 * stored comes with the next record or is in lost, names are right or missing, a report is whole or refused, and
 * nothing leaks.  Needs the linker's --wrap for the functions below; without it the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/count/task_roles.h"
#include "../../user/report/output.h"
#include "../../user/symbols/images.h"
#include "../../user/count/series.h"
#include "../../user/kernel/oom_parser.h"
#include "../../user/kernel/proc_maps.h"
#include "../../user/kernel/symbols.h"
#include "../../user/metrics/metrics.h"
#include "../../user/views/oom_report.h"
#include "fake_run.h"
#include "records.h"

extern const struct output_ops text_output, json_output, prometheus_output, csv_output, pprof_output;
extern const struct output_ops perfetto_output;

void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t nr, size_t size) __attribute__((weak));
void *__real_realloc(void *p, size_t size) __attribute__((weak));
void *__real_reallocarray(void *p, size_t nr, size_t size) __attribute__((weak));
char *__real_strdup(const char *text) __attribute__((weak));
char *__real_strndup(const char *text, size_t size) __attribute__((weak));
FILE *__real_open_memstream(char **text, size_t *size) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t nr, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
FILE *__wrap_open_memstream(char **text, size_t *size);

/* Allocations since the workload began; those from first on, for nr of them, fail. */
static size_t allocations, first, nr_failing;
/* Smaller ones do not count, and never fail. */
static size_t least_size;
static size_t largest; /* bytes of the largest so far */

static int fails(size_t size)
{
	size_t i = allocations;

	largest = size > largest ? size : largest;
	if (size < least_size)
		return 0;
	allocations++;
	return i >= first && i - first < nr_failing;
}

void *__wrap_malloc(size_t size)
{
	return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails(nr * size) ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails(size) ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t nr, size_t size)
{
	return fails(nr * size) ? NULL : __real_reallocarray(p, nr, size);
}

char *__wrap_strdup(const char *text)
{
	return fails(1) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails(1) ? NULL : __real_strndup(text, size);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return fails(1) ? NULL : __real_open_memstream(text, size);
}

static int is_wrapped(void)
{
	return __real_malloc && __real_calloc && __real_realloc && __real_reallocarray && __real_strdup &&
	       __real_strndup && __real_open_memstream;
}

/* Failures stop when this returns. */
static void stop_failing(void)
{
	first = SIZE_MAX;
}

#define NR_TASKS 24

static void expect_consistent(struct aggregate *agg, enum scope scope)
{
	struct selection *sel = aggregate__select(agg, scope, &by_minor_faults);
	uint64_t v[MT_NR_SLOTS];

	assert_non_null(sel);
	assert_int_equal(selection__rest(sel, 0, v), 0);
	assert_memory_equal(v, aggregate__sums(agg, scope), sizeof(v));
	selection__free(sel);
}

static void take(struct aggregate *agg, uint32_t tid, uint64_t time_ns, uint64_t minor, uint32_t flags)
{
	char comm[MT_COMM_LEN];
	struct mt_task task;
	int err;

	snprintf(comm, sizeof(comm), "c%u", tid % 8);
	task = minor_record((tid & ~1u) + 2, tid + 2, comm, time_ns, minor);
	task.c[ORDER0] = minor;
	task.flags = flags;
	task.parent.pid = task.parent.start_ns = tid / 4 + 2;
	err = aggregate__task(agg, &task);
	assert_true(err == 0 || err == -ENOMEM);
}

static void take_event(struct aggregate *agg, uint32_t tid)
{
	struct mt_reclaim rec = { .hdr = { .id = MT_REC_reclaim, .size = sizeof(rec) }, .duration_ns = 5 };
	const uint64_t slots[MT_HIST_SLOTS] = { [1] = tid };

	snprintf(rec.who.comm, sizeof(rec.who.comm), "c%u", tid % 8);
	aggregate__event(agg, &event_rows[MT_REC_reclaim], &rec, NULL);
	aggregate__folded(agg, MT_REC_reclaim, 1, 0, slots, tid);
}

static void work(struct aggregate *agg)
{
	struct hist_entry *list;
	uint32_t tid;
	size_t nr;

	for (tid = 0; tid < NR_TASKS; tid++) {
		take(agg, tid, tid, 10, 0);
		take(agg, tid, tid + 1, 200, 0);
		take_event(agg, tid);
		if (tid % 3)
			take(agg, tid, tid + 2, 20000, MT_TASK_FINAL);
		if (tid % 5 == 0)
			aggregate__retire(agg, tid);
		if (tid % 10 == 0)
			aggregate__next_interval(agg);
	}
	selection__free(aggregate__select(agg, SCOPE_TOTAL, &by_minor_faults));
	if (!aggregate__histograms(agg, SCOPE_TOTAL, &list, &nr))
		free(list);
}

/* Each task's last record comes when there is memory again. */
static void settle(struct aggregate *agg)
{
	uint64_t sum, lost = aggregate__lost(agg);
	uint32_t tid;

	for (tid = 0; tid < NR_TASKS; tid++)
		take(agg, tid, 1000, 20000, MT_TASK_FINAL);
	sum = aggregate__sums(agg, SCOPE_TOTAL)[MINOR];
	assert_true(sum <= NR_TASKS * 20000);
	if (!lost)
		assert_int_equal(sum, NR_TASKS * 20000);
}

/* Returns how many allocations it took. */
static size_t run(enum group_by by, size_t fail_first, size_t fail_nr)
{
	static const struct roles rules;
	struct aggregate_config config = {
		.by = by, .hist_by = BY_COMM, .intervals = true, .processes = true, .keep_dead = true, .max_groups = 5
	};
	struct aggregate *agg;
	size_t used;

	if (by == BY_ROLE) {
		config.hist_by = by;
		config.roles = task_roles__new(&rules);
		assert_non_null(config.roles);
	}
	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	agg = aggregate__new(&config);
	if (!agg) {
		assert_int_equal(errno, ENOMEM);
		used = allocations;
		stop_failing();
		task_roles__free(config.roles);
		return used;
	}
	work(agg);
	used = allocations;
	stop_failing();
	expect_consistent(agg, SCOPE_TOTAL);
	expect_consistent(agg, SCOPE_INTERVAL);
	settle(agg);
	expect_consistent(agg, SCOPE_TOTAL);
	aggregate__free(agg);
	task_roles__free(config.roles);
	return used;
}

static void run_all(enum group_by by)
{
	static const size_t lengths[] = { 1, 7, 50 };
	size_t nr, i, l;

	if (!is_wrapped())
		skip();
	nr = run(by, SIZE_MAX, 0);
	for (l = 0; l < 3; l++)
		for (i = 0; i < nr; i++)
			run(by, i, lengths[l]);
}

static void processes_survive(void **state)
{
	(void)state;
	run_all(BY_PROCESS);
}

static void parents_survive(void **state)
{
	(void)state;
	run_all(BY_PARENT);
}

static void groups_survive(void **state)
{
	(void)state;
	run_all(BY_COMM);
}

static void roles_survive(void **state)
{
	(void)state;
	run_all(BY_ROLE);
}

static size_t run_series(size_t fail_first, size_t fail_nr)
{
	const struct series_config config = { .max = 20, .width = 4, .parts = 2 };
	uint64_t i, sum = 0, round, values[4];
	struct series_set *set;
	char name[8];
	size_t used;

	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	set = series__new(&config);
	for (round = 1; set && round <= 3; round++) {
		series__begin(set);
		for (i = 0; i < 30; i++) {
			snprintf(name, sizeof(name), "n%u", (unsigned int)i);
			/* later rounds need more room in a part */
			memset(values, 0, sizeof(values));
			values[round] = i;
			values[0] = i * round - i;
			series__add(set, name, i % 2, values);
		}
		if (round == 3)
			stop_failing();
		series__end(set);
	}
	used = allocations;
	stop_failing();
	for (i = 0; set && i < 2 * series__nr(set); i++) {
		series__copy(set, i / 2, i % 2, values);
		sum += values[0] + values[1] + values[2] + values[3];
	}
	/* counters 0 to 3: twice, and each once */
	assert_true(sum <= (2 + 3) * 29 * 30 / 2);
	series__free(set);
	return used;
}

static void series_survive(void **state)
{
	size_t nr, i;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = run_series(SIZE_MAX, 0);
	for (i = 0; i < nr; i++) {
		run_series(i, 1);
		run_series(i, 9);
	}
}

static void look_up(struct symbols *symbols)
{
	struct maps_access access = { .pids = { (uint32_t)getpid() }, .nr = 1, .cache = symbols__elf_cache(symbols) };
	uint64_t address = (uint64_t)(uintptr_t)look_up;
	struct stack_frame frame;
	struct proc_maps *maps;
	char *text;

	proc_maps__read_with((uint32_t)getpid(), 0, &access, &maps);
	symbols__user(symbols, maps, &address, 1, &frame);
	assert_true(!frame.symbol || !strcmp(frame.symbol, "look_up"));
	text = stack__fold(&frame, 1, NULL, 0);
	free(text);
	proc_maps__free(maps);
}

static size_t run_names(size_t fail_first, size_t fail_nr)
{
	struct symbols *symbols;

	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	symbols = symbols__new("/nonexistent", 1 << 24);
	if (symbols)
		look_up(symbols);
	stop_failing();
	symbols__free(symbols);
	return allocations;
}

static void names_survive(void **state)
{
	size_t nr, i;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = run_names(SIZE_MAX, 0);
	assert_true(nr > 10);
	for (i = 0; i < nr; i++) {
		run_names(i, 1);
		run_names(i, 9);
	}
}

static void map_program(struct images *images, uint32_t pid, const char *path)
{
	const struct mapping mapping = { .start = 0x1000, .end = 0x2000, .path = path };

	images__map(images, pid, &mapping);
}

/* The last program of each: or nothing is known, but then /proc is asked, as the image is not complete. */
static void expect_program(struct images *images, uint32_t pid, const char *path)
{
	const struct image *image = images__find(images, pid, 1000);
	const struct mapping *mapping;

	assert_non_null(image);
	mapping = image->announced ? proc_maps__find(image->announced, 0x1234) : NULL;
	if (mapping)
		assert_string_equal(mapping->path, path);
	else
		assert_false(image->complete);
}

/* A shell, its child, the child's program, and another process with the number of the shell. */
static size_t run_images(size_t fail_first, size_t fail_nr)
{
	struct images *images = images__new(1 << 20);

	assert_non_null(images);
	images__exec(images, 7, 50, true);
	map_program(images, 7, "/bin/shell");
	images__exec(images, 8, 50, true);
	map_program(images, 8, "/bin/earlier");
	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	images__fork(images, 8, 7, 100);
	images__fork(images, 9, 8, 110);
	images__exec(images, 8, 120, true);
	map_program(images, 8, "/bin/program");
	images__exit(images, 7, 130);
	images__fork(images, 7, 8, 140);
	map_program(images, 7, "/bin/late");
	stop_failing();
	expect_program(images, 7, "/bin/late");
	expect_program(images, 8, "/bin/program");
	expect_program(images, 9, "/bin/shell");
	images__free(images);
	return allocations;
}

static void images_survive(void **state)
{
	size_t nr, i;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = run_images(SIZE_MAX, 0);
	for (i = 0; i < nr; i++) {
		run_images(i, 1);
		run_images(i, 9);
	}
}

/* Where an output writes to: opened while there is memory. */
struct rendering {
	struct output out;
	char *text;
	size_t size;
};

static void rendering__open(struct rendering *rendering, const struct output_ops *ops)
{
	*rendering = (struct rendering){ .out.ops = ops };
	rendering->out.stream = __real_open_memstream(&rendering->text, &rendering->size);
	assert_non_null(rendering->out.stream);
}

/* What was written, if all was, is the reference, which is taken from the first. */
static void rendering__close(struct rendering *rendering, int err, char **reference)
{
	output__done(&rendering->out);
	assert_int_equal(fclose(rendering->out.stream), 0);
	assert_true(err == 0 || err == -ENOMEM);
	if (!err && !*reference)
		*reference = __real_strdup(rendering->text);
	if (!err)
		assert_string_equal(rendering->text, *reference);
	free(rendering->text);
}

static const struct program_cost two_costs[] = { { "first", 1000, 1 }, { "second", 2000, 2 } };

static int render_metrics(struct metrics *metrics, struct rendering *rendering)
{
	struct report *report = report__new("test/1");
	int err = report ? metrics__add(metrics, report, two_costs, 2) : -ENOMEM;

	if (!err)
		err = prometheus_output.report(&rendering->out, report);
	report__free(report);
	return err;
}

static void fill_session(struct fake_run *fake, uint32_t nr)
{
	char comm[8];
	uint32_t i;

	assert_int_equal(fake_run__open(fake, BY_COMM), 0);
	for (i = 0; i < nr; i++) {
		snprintf(comm, sizeof(comm), "c\x7f%u", i);
		assert_int_equal(fake_run__task(fake, i + 1, comm, 100 + i), 0);
		assert_int_equal(fake_run__kswapd(fake, (int32_t)i * 5, 1000), 0);
	}
}

/* A report that failed is followed by one that is whole. */
static size_t run_metrics(uint32_t nr, size_t fail_first, size_t fail_nr, char **reference)
{
	const struct mt_oom kill = { .victim = { .pid = 1, .tid = 1, .comm = "victim" } };
	struct fake_run fake;
	struct metrics *metrics;
	struct rendering rendering, again;
	int err, event = -ENOMEM;
	size_t used;

	fill_session(&fake, nr);
	rendering__open(&rendering, &prometheus_output);
	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	metrics = fake_run__metrics(&fake, nr);
	if (metrics)
		event = metrics__event(metrics, &event_rows[MT_REC_oom], &kill);
	err = event ? event : render_metrics(metrics, &rendering);
	used = allocations;
	stop_failing();
	rendering__close(&rendering, err, reference);
	if (!event) {
		rendering__open(&again, &prometheus_output);
		assert_int_equal(render_metrics(metrics, &again), 0);
		rendering__close(&again, 0, reference);
	}
	metrics__free(metrics);
	fake_run__close(&fake);
	return used;
}

static void metrics_survive(void **state)
{
	char *reference = NULL;
	size_t nr, i;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = run_metrics(20, SIZE_MAX, 0, &reference);
	assert_true(nr > 100);
	for (i = 0; i < nr; i++) {
		run_metrics(20, i, 1, &reference);
		run_metrics(20, i, 9, &reference);
	}
	free(reference);
}

/* What a report borrows is in blocks of 64 KiB: with some number of names one ends in the middle of a sample. */
static void metrics_lose_no_labels(void **state)
{
	uint32_t names;

	(void)state;
	if (!is_wrapped())
		skip();
	least_size = 64 * 1024;
	for (names = 150; names < 300; names += 10) {
		char *reference = NULL;
		size_t nr = run_metrics(names, SIZE_MAX, 0, &reference), i;

		assert_true(nr > 1);
		for (i = 0; i < nr; i++)
			run_metrics(names, i, 1, &reference);
		free(reference);
	}
	least_size = 0;
}

#define MANY_NAMES 1500

/*
 * Of a name with histograms a report takes its samples, one by one.  A list of all histograms took half a kilobyte for
 * each that there could be: 24 MB with 4,096 cgroups, for a moment each interval.
 */
static void metrics_take_names_one_by_one(void **state)
{
	struct mt_reclaim reclaim = { .hdr = { .id = MT_REC_reclaim, .size = sizeof(reclaim) }, .duration_ns = 5 };
	struct fake_run fake;
	struct metrics *metrics;
	char *reference = NULL;
	struct rendering rendering;
	uint32_t i;

	(void)state;
	if (!is_wrapped())
		skip();
	assert_int_equal(fake_run__open(&fake, BY_COMM), 0);
	for (i = 0; i < MANY_NAMES; i++) {
		snprintf(reclaim.who.comm, sizeof(reclaim.who.comm), "c%u", i);
		reclaim.who.pid = reclaim.who.tid = i + 1;
		assert_int_equal(aggregate__event(fake.view.aggregate, &event_rows[MT_REC_reclaim], &reclaim, NULL), 0);
	}
	metrics = fake_run__metrics(&fake, 20);
	assert_non_null(metrics);
	rendering__open(&rendering, &prometheus_output);
	allocations = largest = 0;
	assert_int_equal(render_metrics(metrics, &rendering), 0);
	assert_true(largest > 0);
	assert_true(largest < 256 * 1024);
	rendering__close(&rendering, 0, &reference);
	assert_non_null(strstr(reference, "memtrace_reclaim_seconds_count{comm=\"other\",kind=\"direct\"} 1496\n"));
	free(reference);
	metrics__free(metrics);
	fake_run__close(&fake);
}

static const struct column columns[] = {
	{ .title = "NAME", .path = "who.name", .left = true },
	{ .title = "VALUE", .path = "value", .unit = UNIT_COUNT },
};

static const struct cell rows_of_cells[] = {
	{ .kind = CELL_STRING, .s = "one\x7f\xff" },
	{ .kind = CELL_UINT, .u = 1 },
	{ .kind = CELL_STRING, .s = "two\033[31m\xc3" },
	{ .kind = CELL_REAL, .r = 0.5 },
};

static int render_report(const struct output_ops *ops, struct rendering *rendering)
{
	static const uint64_t counts[4] = { 0, 1, 2, 3 };
	static const struct label label = { "kind", "\377direct" };
	static const struct histogram hist = { .name = "h",
					       .unit = UNIT_NS,
					       .labels = &label,
					       .nr_labels = 1,
					       .counts = counts,
					       .nr_counts = 4,
					       .sum = 9,
					       .count = 6 };
	const struct values cache = {
		.path = "a.b", .heading = "cache", .columns = columns, .cells = rows_of_cells, .nr_columns = 2
	};
	struct cell_rows rows = { .cells = rows_of_cells, .nr = 2, .nr_columns = 2 };
	struct table table = { .path = "list", .columns = columns, .nr_columns = 2, .rows = cell_rows__source(&rows) };
	struct report *report = report__new("test/1");
	int err = -ENOMEM;

	if (report) {
		report__add_table(report, &table);
		report__add_values(report, &cache);
		report__add_histograms(report, &hist, 1, false);
		report__add_note(report, "%s", "a note");
		err = ops->report(&rendering->out, report);
	}
	report__free(report);
	return err;
}

static int render_paths(const struct output_ops *ops, struct rendering *rendering)
{
	static const struct column of_paths[] = { { .path = "stack" }, { .path = "events", .main = true } };
	static const struct cell cells[] = {
		{ .kind = CELL_STRING, .s = "main;a\x7f;b_[k]" },
		{ .kind = CELL_UINT, .u = 1 },
		{ .kind = CELL_STRING, .s = "main;a;b;c;d\xff" },
		{ .kind = CELL_UINT, .u = 2 },
	};
	struct cell_rows rows = { .cells = cells, .nr = 2, .nr_columns = 2 };
	struct report *report = report__new("test/1");
	int err = -ENOMEM;

	if (report) {
		report__add_table(report, &(struct table){ .path = "paths",
							   .columns = of_paths,
							   .nr_columns = 2,
							   .rows = cell_rows__source(&rows) });
		err = ops->report(&rendering->out, report);
	}
	report__free(report);
	return err;
}

static int render_event(const struct output_ops *ops, struct rendering *rendering)
{
	return ops->event(&rendering->out, "event\xff", "{who.name} {value}", columns, rows_of_cells, 2);
}

static size_t run_output(const struct output_ops *ops, int (*render)(const struct output_ops *, struct rendering *),
			 size_t fail_first, size_t fail_nr, char **reference)
{
	struct rendering rendering;
	size_t used;
	int err;

	rendering__open(&rendering, ops);
	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	err = render(ops, &rendering);
	used = allocations;
	stop_failing();
	rendering__close(&rendering, err, reference);
	return used;
}

static void expect_output_survives(const struct output_ops *ops,
				   int (*render)(const struct output_ops *, struct rendering *))
{
	char *reference = NULL;
	size_t nr = run_output(ops, render, SIZE_MAX, 0, &reference), i;

	assert_true(nr > 0);
	for (i = 0; i < nr; i++) {
		run_output(ops, render, i, 1, &reference);
		run_output(ops, render, i, 9, &reference);
	}
	free(reference);
}

static void outputs_survive(void **state)
{
	(void)state;
	if (!is_wrapped())
		skip();
	json_set_alloc_funcs(__wrap_malloc, free);
	expect_output_survives(&json_output, render_report);
	expect_output_survives(&json_output, render_event);
	expect_output_survives(&text_output, render_report);
	expect_output_survives(&text_output, render_event);
	expect_output_survives(&csv_output, render_report);
	expect_output_survives(&pprof_output, render_paths);
	expect_output_survives(&perfetto_output, render_event);
}

static const char kills[] =
	"[1.000001] web invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
	"[1.000002] memory: usage 8192kB, limit 8192kB, failcnt 1\n"
	"[1.000005] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
	"[1.000006] [    50]     0    50     2000      100    40960        0             0 web\n"
	"[1.000006] [    51]     0    51     2000       90    40960        0         -1000 db\n"
	"[1.000007] Memory cgroup out of memory: Killed process 50 (web) total-vm:8000kB, anon-rss:6600kB, "
	"file-rss:200kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:0\n"
	"[2.000007] Out of memory: Killed process 51 (db) total-vm:8000kB, anon-rss:6600kB, file-rss:200kB\n";

/* As JSON; ctx: where to. */
static int report_kill(void *ctx, const struct oom_kill *kill)
{
	const struct oom_origin origin = { .source = "log", .ranking = "computed", .lost_records = 0 };
	struct output output = { .ops = &json_output, .stream = ctx };
	struct report *report = report__new("memtrace.oom/1");
	struct oom_view view = { 0 };
	int err = report ? oom_view__add(&view, kill, &origin, report) : -ENOMEM;

	if (!err)
		err = output.ops->report(&output, report);
	oom_view__done(&view);
	report__free(report);
	return err;
}

static size_t report_kills(FILE *stream, size_t fail_first, size_t fail_nr, int *err)
{
	struct oom_parser *parser;
	size_t used;

	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	parser = oom_parser__new(report_kill, stream);
	*err = parser ? oom_parser__feed(parser, kills, strlen(kills)) : -ENOMEM;
	if (!*err)
		*err = oom_parser__end(parser);
	oom_parser__free(parser);
	used = allocations;
	stop_failing();
	return used;
}

/* A report is whole, or it is said that memory ran out. */
static void kills_survive(void **state)
{
	FILE *stream = fopen("/dev/null", "w");
	size_t nr, i, failed = 0;
	int err;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = report_kills(stream, SIZE_MAX, 0, &err);
	assert_int_equal(err, 0);
	assert_true(nr > 20);
	for (i = 0; i < nr; i++) {
		report_kills(stream, i, 1, &err);
		assert_true(err == 0 || err == -ENOMEM);
		failed += err != 0;
		report_kills(stream, i, SIZE_MAX, &err);
		assert_true(err == 0 || err == -ENOMEM);
	}
	assert_true(failed > nr / 2);
	fclose(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_survive),	  cmocka_unit_test(parents_survive),
		cmocka_unit_test(groups_survive),	  cmocka_unit_test(roles_survive),
		cmocka_unit_test(series_survive),	  cmocka_unit_test(names_survive),
		cmocka_unit_test(images_survive),	  cmocka_unit_test(metrics_survive),
		cmocka_unit_test(metrics_lose_no_labels), cmocka_unit_test(metrics_take_names_one_by_one),
		cmocka_unit_test(outputs_survive),	  cmocka_unit_test(kills_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
