// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The table of top: rows of each group, their order, filter, pins, what is scrolled to, lines of the last minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/top/past.h"

#define MIB    (1ULL << 20)
#define SECOND 1000000000ULL

static struct top_task tasks[32];
static struct top_process processes[32];
static struct top_cgroup cgroups[8];
static struct top_moment moment;
static struct top_model model;
static struct top_past *past;

static const char *name_cgroup(void *ctx, uint64_t id)
{
	static const char *const paths[] = { "/",
					     "/system.slice",
					     "/system.slice/web.service",
					     "/system.slice/db.service",
					     "/system.slice/db.service/worker",
					     "nowhere" };

	(void)ctx;
	return paths[id < 6 ? id : 5];
}

static struct top_task *task(uint32_t pid, uint32_t tid, const char *comm, uint64_t cgroup, uint64_t minor)
{
	struct top_task *made = &tasks[moment.nr_tasks++];

	*made = (struct top_task){ .pid = pid, .tid = tid, .start_ns = pid, .cgroup_id = cgroup };
	snprintf(made->comm, sizeof(made->comm), "%s", comm);
	made->v[TOP_MINOR] = minor;
	return made;
}

static struct top_process *process(uint32_t pid, const char *comm, uint64_t cgroup, uint64_t rss)
{
	struct top_process *made = &processes[moment.nr_processes++];

	*made = (struct top_process){ .pid = pid, .start_ns = pid, .cgroup_id = cgroup };
	snprintf(made->comm, sizeof(made->comm), "%s", comm);
	made->v[0] = rss;
	return made;
}

static void limit(uint64_t id, uint64_t current, uint64_t max)
{
	struct top_cgroup *made = &cgroups[moment.nr_cgroups++];

	made->id = id;
	memset(made->values, 0xff, sizeof(made->values));
	made->values[CGROUP_SAMPLE_memory_current] = current;
	made->values[CGROUP_SAMPLE_memory_max] = max;
}

/*
 * web: two threads; db: two processes, of which one is in a cgroup below the other's and counts nothing; a kernel
 * thread.
 */
static void fill(void)
{
	moment = (struct top_moment){ .time_ns = 9 * SECOND,
				      .duration_ns = 2 * SECOND,
				      .known = UINT64_MAX,
				      .page_size = 4096,
				      .tasks = tasks,
				      .processes = processes,
				      .cgroups = cgroups };
	memset(moment.samples, 0xff, sizeof(moment.samples));
	memset(moment.growth, 0xff, sizeof(moment.growth));
	task(10, 10, "web", 2, 100);
	task(10, 11, "worker", 2, 50);
	task(20, 20, "db", 3, 120);
	task(30, 30, "kswapd0", 0, 0)->kthread = true;
	process(10, "web", 2, 4 * MIB);
	process(20, "db", 3, 100 * MIB);
	process(21, "db", 4, 7 * MIB);
	limit(3, 110 * MIB, 200 * MIB);
	limit(2, 5 * MIB, SAMPLE_UNLIMITED);
}

static int begin(void **state)
{
	(void)state;
	fill();
	if (top_model__init(&model, name_cgroup, NULL))
		return -1;
	past = top_past__new(model.nodes);
	return !past || top_model__take(&model, &moment) ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	top_past__free(past);
	top_model__free(&model);
	return 0;
}

static const struct top_row *at(size_t place)
{
	const struct top_row *row = top_model__at(&model, place);

	assert_non_null(row);
	return row;
}

static const char *label(const struct top_row *row)
{
	return row->label ? row->label : row->name;
}

/* The names of all rows, from above. */
static void shows(const char *expected)
{
	char text[512] = "";
	size_t i;

	for (i = 0; i < model.nr_order; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", label(at(i)));
	assert_string_equal(text, expected);
}

static const struct top_column *column(const char *name)
{
	enum top_set set = model.set;
	const struct top_column *found = top_columns__find(model.group, name, &set);

	assert_non_null(found);
	assert_int_equal(set, model.set);
	return found;
}

static void group_process(void **state)
{
	shows("web db db kswapd0");
	assert_int_equal(at(0)->v[TOP_MINOR], 150);
	assert_int_equal(at(0)->v[TOP_RSS], 4 * MIB);
	assert_int_equal(at(1)->pid, 20);
	/* one that counted nothing is there, as its memory is known; a kernel thread has none */
	assert_int_equal(at(2)->pid, 21);
	assert_true(at(2)->has_memory);
	assert_false(at(3)->has_memory);
	assert_int_equal(model.total.processes, 4);
	assert_int_equal(model.total.v[TOP_MINOR], 270);
}

static void group_thread(void **state)
{
	assert_int_equal(top_model__group(&model, TOP_BY_THREAD), 0);
	shows("db web worker db kswapd0");
	assert_int_equal(at(2)->tid, 11);
	assert_int_equal(at(2)->pid, 10);
	assert_int_equal(at(2)->v[TOP_MINOR], 50);
	/* memory is the process's */
	assert_false(at(0)->has_memory);
}

static void group_name(void **state)
{
	assert_int_equal(top_model__group(&model, TOP_BY_NAME), 0);
	shows("web db kswapd0");
	assert_int_equal(at(1)->processes, 2);
	assert_int_equal(at(1)->v[TOP_RSS], 107 * MIB);
	assert_int_equal(at(0)->v[TOP_MINOR], 150);
}

static void group_cgroup(void **state)
{
	assert_int_equal(top_model__group(&model, TOP_BY_CGROUP), 0);
	shows("/ system.slice web.service db.service worker");
	/* totals of all below */
	assert_int_equal(at(0)->v[TOP_MINOR], 270);
	assert_int_equal(at(1)->v[TOP_MINOR], 270);
	assert_int_equal(at(3)->v[TOP_MINOR], 120);
	assert_int_equal(at(3)->v[TOP_RSS], 107 * MIB);
	assert_int_equal(at(3)->processes, 2);
	assert_int_equal(at(0)->processes, 4);
	assert_int_equal(at(4)->depth, 3);
	/* siblings are in order, children stay with their parents */
	top_model__sort(&model, column("RSS"));
	shows("/ system.slice db.service worker web.service");
}

static void group_unit(void **state)
{
	assert_int_equal(top_model__group(&model, TOP_BY_UNIT), 0);
	shows("web.service db.service /");
	assert_int_equal(at(1)->processes, 2);
	assert_int_equal(at(1)->v[TOP_MINOR], 120);
}

static void of_a_limit(void **state)
{
	char text[64];

	/* a process: what it holds, of the nearest limit above it */
	assert_string_equal(top_column__text(column("LIMIT%"), at(1), &moment, text, sizeof(text)), "50.0%");
	assert_string_equal(top_column__text(column("LIMIT%"), at(2), &moment, text, sizeof(text)), "3.5%");
	assert_string_equal(top_column__text(column("LIMIT%"), at(0), &moment, text, sizeof(text)), "-");
	top_model__set(&model, TOP_MEMORY);
	shows("db db web kswapd0");
	assert_string_equal(top_column__text(column("LIMIT"), at(2), &moment, text, sizeof(text)), "none");
	assert_string_equal(top_column__text(column("LIMIT"), at(3), &moment, text, sizeof(text)), "-");
	assert_string_equal(top_column__text(column("USED"), at(0), &moment, text, sizeof(text)), "110MiB");
	/* without a limit what its own cgroup uses */
	assert_string_equal(top_column__text(column("USED"), at(2), &moment, text, sizeof(text)), "5.00MiB");
	assert_string_equal(top_column__text(column("USED"), at(3), &moment, text, sizeof(text)), "-");
	/* a cgroup: what it uses */
	assert_int_equal(top_model__group(&model, TOP_BY_CGROUP), 0);
	assert_string_equal(label(at(2)), "db.service");
	assert_string_equal(top_column__text(column("LIMIT%"), at(2), &moment, text, sizeof(text)), "55.0%");
}

static void sorting(void **state)
{
	top_model__sort(&model, column("RSS"));
	shows("db db web kswapd0");
	assert_int_equal(at(0)->pid, 20);
	top_model__reverse(&model);
	/* what is not known is then first */
	shows("kswapd0 web db db");
	top_model__reverse(&model);
	top_model__sort(&model, column("PID"));
	assert_int_equal(at(0)->pid, 10);
	assert_int_equal(at(3)->pid, 30);
	top_model__sort(&model, column("COMM"));
	shows("db db kswapd0 web");
	top_model__sort_next(&model, 1);
	assert_string_equal(model.sorted->title, "MINOR/s");
	shows("web db db kswapd0");
	top_model__sort_next(&model, -1);
	top_model__sort_next(&model, -1);
	assert_string_equal(model.sorted->title, "PID");
	/* in a circle, and past the line of the last minute */
	top_model__sort_next(&model, -1);
	assert_string_equal(model.sorted->title, "CGROUP");
}

static void who_waits_comes_first(void **state)
{
	tasks[3].v[TOP_STALLED] = SECOND / 10;
	assert_int_equal(top_model__take(&model, &moment), 0);
	assert_string_equal(model.sorted->title, "STALL%");
	assert_int_equal(at(0)->pid, 30);
	/* unless somebody chose otherwise */
	top_model__sort(&model, column("MINOR"));
	assert_int_equal(at(0)->pid, 10);
}

static void a_sort_for_each_set(void **state)
{
	top_model__sort(&model, column("RSS"));
	top_model__set(&model, TOP_FAULTS);
	assert_string_equal(model.sorted->title, "MINOR/s");
	top_model__set(&model, TOP_OVERVIEW);
	assert_string_equal(model.sorted->title, "RSS");
}

static void filter(void **state)
{
	top_model__filter(&model, "WE");
	shows("web");
	top_model__filter(&model, "db.service");
	shows("db db");
	top_model__filter(&model, "21");
	shows("db");
	assert_int_equal(at(0)->pid, 21);
	top_model__filter(&model, "nothing like it");
	assert_int_equal(model.nr_order, 0);
	assert_null(top_model__current(&model));
	top_model__filter(&model, "");
	assert_int_equal(model.nr_order, 4);
	/* of a tree also what is above */
	assert_int_equal(top_model__group(&model, TOP_BY_CGROUP), 0);
	top_model__filter(&model, "worker");
	shows("/ system.slice db.service worker");
}

static void pins(void **state)
{
	top_model__go(&model, 3);
	top_model__pin(&model);
	shows("kswapd0 web db db");
	assert_true(at(0)->pinned);
	assert_int_equal(model.nr_pinned, 1);
	/* the cursor stays with the row */
	assert_int_equal(model.cursor, 0);
	/* whatever the filter and the order are */
	top_model__filter(&model, "web");
	shows("kswapd0 web");
	/* in another group it is no row */
	assert_int_equal(top_model__group(&model, TOP_BY_NAME), 0);
	shows("web");
	assert_int_equal(top_model__group(&model, TOP_BY_PROCESS), 0);
	top_model__filter(&model, "");
	/* one that is gone stays, without counts */
	moment.nr_tasks = 3;
	assert_int_equal(top_model__take(&model, &moment), 0);
	shows("kswapd0 web db db");
	assert_true(at(0)->empty);
	top_model__filter(&model, "db");
	shows("kswapd0 db db");
	top_model__go(&model, 0);
	top_model__pin(&model);
	shows("db db");
}

static void cursor_and_scroll(void **state)
{
	size_t i;

	for (i = 0; i < 20; i++)
		process(100 + (uint32_t)i, "many", 5, i);
	assert_int_equal(top_model__take(&model, &moment), 0);
	assert_int_equal(model.nr_order, 24);
	top_model__scroll(&model, 10);
	assert_int_equal(top_model__place(&model, 10, 0), 0);
	top_model__go(&model, 9);
	top_model__scroll(&model, 10);
	assert_int_equal(model.top, 0);
	top_model__move(&model, 1);
	top_model__scroll(&model, 10);
	assert_int_equal(model.top, 1);
	assert_int_equal(top_model__place(&model, 10, 9), 10);
	top_model__go(&model, SIZE_MAX);
	top_model__scroll(&model, 10);
	assert_int_equal(model.cursor, 23);
	assert_int_equal(model.top, 14);
	top_model__move(&model, -1000);
	top_model__scroll(&model, 10);
	assert_int_equal(model.cursor, 0);
	assert_int_equal(model.top, 0);
	/* a screen that is higher than the table */
	top_model__go(&model, 23);
	top_model__scroll(&model, 10);
	top_model__scroll(&model, 100);
	assert_int_equal(model.top, 0);
	/* pinned rows stay where they are */
	top_model__pin(&model);
	top_model__go(&model, 23);
	top_model__scroll(&model, 10);
	assert_int_equal(top_model__place(&model, 10, 0), 0);
	assert_int_equal(top_model__place(&model, 10, 1), 15);
	assert_int_equal(top_model__place(&model, 10, 9), 23);
}

static void cursor_stays_with_its_row(void **state)
{
	top_model__go(&model, 1);
	assert_int_equal(top_model__current(&model)->pid, 20);
	tasks[2].v[TOP_MINOR] = 1000;
	assert_int_equal(top_model__take(&model, &moment), 0);
	assert_int_equal(model.cursor, 0);
	assert_int_equal(top_model__current(&model)->pid, 20);
	/* at the top it was not moved: what is first then */
	top_model__go(&model, 0);
	tasks[2].v[TOP_MINOR] = 0;
	assert_int_equal(top_model__take(&model, &moment), 0);
	assert_int_equal(top_model__current(&model)->pid, 10);
}

static void unknown_and_rates(void **state)
{
	char text[64];

	assert_string_equal(top_column__text(column("MINOR"), at(0), &moment, text, sizeof(text)), "75.0");
	moment.known &= ~(1ULL << TOP_MINOR);
	assert_string_equal(top_column__text(column("MINOR"), at(0), &moment, text, sizeof(text)), "-");
	assert_string_equal(top_column__text(column("RSS"), at(3), &moment, text, sizeof(text)), "-");
}

static const struct top_place *placed(const struct top_layout *layout, const char *title)
{
	size_t i;

	for (i = 0; i < layout->nr; i++)
		if (!strcmp(layout->places[i].column->title, title))
			return &layout->places[i];
	return NULL;
}

/* At each width, in each set: nothing overlaps or passes the edge, and what is sorted by is there. */
static void layouts(void **state)
{
	const struct top_column *list[TOP_MAX_COLUMNS];
	struct top_layout layout;
	unsigned int width;
	size_t group, set, nr, i, c;

	for (width = 40; width <= 500; width += width < 240 ? 1 : 7)
		for (group = 0; group < NR_TOP_GROUPS; group++)
			for (set = 0; set < NR_TOP_SETS; set++) {
				nr = top_columns__list(group, set, list);
				for (c = 0; c < nr; c++) {
					top_layout__make(&layout, group, set, list[c], width);
					for (i = 0; i < layout.nr; i++)
						assert_true(layout.places[i].x + layout.places[i].width <= width);
					for (i = 1; i < layout.nr; i++)
						assert_true(layout.places[i].x >
							    layout.places[i - 1].x + layout.places[i - 1].width - 1);
					if (list[c]->kind != TOP_COLUMN_SPARK && list[c]->kind != TOP_COLUMN_CGROUP)
						assert_non_null(placed(&layout, list[c]->title));
					if (width >= 60)
						assert_true(placed(&layout, "LAST MINUTE")->width >=
							    strlen("LAST MINUTE"));
				}
			}
	top_layout__make(&layout, TOP_BY_PROCESS, TOP_OVERVIEW, NULL, 80);
	assert_non_null(placed(&layout, "LAST MINUTE"));
	assert_null(placed(&layout, "CGROUP"));
	top_layout__make(&layout, TOP_BY_PROCESS, TOP_OVERVIEW, NULL, 200);
	assert_non_null(placed(&layout, "CGROUP"));
	assert_int_equal(placed(&layout, "LAST MINUTE")->width, 60);
}

static void finds_columns(void **state)
{
	enum top_set set = TOP_OVERVIEW;

	assert_non_null(top_columns__find(TOP_BY_PROCESS, "fault.minor", &set));
	assert_int_equal(set, TOP_OVERVIEW);
	assert_non_null(top_columns__find(TOP_BY_PROCESS, "mmaplock", &set));
	assert_int_equal(set, TOP_STALLS);
	assert_null(top_columns__find(TOP_BY_PROCESS, "no-such", &set));
}

static void lines_of_the_last_minute(void **state)
{
	float lines[2][TOP_PAST];
	const struct top_row *rows[2];
	size_t i;

	assert_int_equal(top_past__push(past, &moment), 0);
	tasks[0].v[TOP_MINOR] = 0;
	tasks[1].v[TOP_MINOR] = 8;
	processes[1].v[0] = 50 * MIB;
	assert_int_equal(top_past__push(past, &moment), 0);
	rows[0] = at(0);
	rows[1] = at(2);
	assert_int_equal(top_past__lines(past, TOP_BY_PROCESS, TOP_OVERVIEW, rows, 2, lines), 0);
	for (i = 0; i < TOP_PAST - 2; i++)
		assert_true(lines[0][i] < 0);
	assert_true(lines[0][TOP_PAST - 2] == 75);
	assert_true(lines[0][TOP_PAST - 1] == 4);
	assert_true(lines[1][TOP_PAST - 1] == 0);
	/* of another group, at once */
	assert_int_equal(top_model__group(&model, TOP_BY_NAME), 0);
	rows[0] = at(0);
	assert_string_equal(label(rows[0]), "db");
	assert_int_equal(top_past__lines(past, TOP_BY_NAME, TOP_MEMORY, rows, 1, lines), 0);
	assert_true(lines[0][TOP_PAST - 2] == 107 * MIB);
	assert_true(lines[0][TOP_PAST - 1] == 57 * MIB);
	/* and of a tree, with all that is below */
	assert_int_equal(top_model__group(&model, TOP_BY_CGROUP), 0);
	rows[0] = at(0);
	assert_int_equal(top_past__lines(past, TOP_BY_CGROUP, TOP_FAULTS, rows, 1, lines), 0);
	assert_true(lines[0][TOP_PAST - 2] == 135);
	/* after so many more nothing of these is left */
	moment.nr_tasks = moment.nr_processes = 0;
	for (i = 0; i < TOP_PAST; i++)
		assert_int_equal(top_past__push(past, &moment), 0);
	assert_int_equal(top_past__lines(past, TOP_BY_CGROUP, TOP_FAULTS, rows, 1, lines), 0);
	assert_true(lines[0][0] == 0);
	top_past__clear(past);
	assert_int_equal(top_past__nr(past), 0);
}

/* A thread's faults are its process's name's, not its own. */
static void lines_of_threads(void **state)
{
	float lines[1][TOP_PAST];
	const struct top_row *rows[1];

	assert_int_equal(top_past__push(past, &moment), 0);
	assert_int_equal(top_model__group(&model, TOP_BY_NAME), 0);
	rows[0] = at(0);
	assert_string_equal(label(rows[0]), "web");
	assert_int_equal(top_past__lines(past, TOP_BY_NAME, TOP_FAULTS, rows, 1, lines), 0);
	assert_true(lines[0][TOP_PAST - 1] == 75);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(group_process),
		TEST(group_thread),
		TEST(group_name),
		TEST(group_cgroup),
		TEST(group_unit),
		TEST(of_a_limit),
		TEST(sorting),
		TEST(who_waits_comes_first),
		TEST(a_sort_for_each_set),
		TEST(filter),
		TEST(pins),
		TEST(cursor_and_scroll),
		TEST(cursor_stays_with_its_row),
		TEST(unknown_and_rates),
		TEST(layouts),
		TEST(finds_columns),
		TEST(lines_of_the_last_minute),
		TEST(lines_of_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
