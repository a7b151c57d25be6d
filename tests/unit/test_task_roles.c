/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers task_roles.h, titles.h and what aggregate.h makes of them: rows by role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "records.h"
#include "../../user/count/task_roles.h"

static const struct roles rules; /* memtrace's own */

struct world {
	struct task_roles *roles;
	struct aggregate *agg;
};

static void open_world(struct world *world, size_t max_groups)
{
	struct aggregate_config config = {
		.by = BY_ROLE,
		.hist_by = BY_ROLE,
		.intervals = true,
		.processes = true,
		.max_groups = max_groups,
		.linger_ns = 1000,
	};

	world->roles = task_roles__new(&rules);
	assert_non_null(world->roles);
	config.roles = world->roles;
	world->agg = aggregate__new(&config);
	assert_non_null(world->agg);
}

static void close_world(struct world *world)
{
	aggregate__free(world->agg);
	task_roles__free(world->roles);
}

static void take(struct world *world, uint32_t pid, uint32_t tid, const char *comm, const char *thread,
		 uint64_t time_ns, uint64_t minor, uint32_t flags)
{
	struct mt_task task = minor_record(pid, tid, comm, time_ns, minor);

	set_comm(task.who.tcomm, thread);
	task.flags = flags;
	assert_int_equal(aggregate__task(world->agg, &task), 0);
}

static void call(struct world *world, uint32_t pid, uint64_t time_ns, const char *title)
{
	struct title_record record = {
		.hdr = { .id = REC_TITLE, .size = sizeof(record), .time_ns = time_ns },
		.who = { .pid = pid, .tid = pid, .start_ns = pid },
	};

	snprintf(record.title, sizeof(record.title), "%s", title);
	task_roles__title(world->roles, &record);
}

/* "java: GC 300 1, ...": each row's minor faults and processes, those with most first. */
static const char *rows_of(struct world *world, enum scope scope)
{
	struct selection *sel = aggregate__select(world->agg, scope, &by_minor_faults);
	static char text[512];
	const struct role_name *name;
	struct entity e;
	size_t i, at = 0;

	assert_non_null(sel);
	text[0] = '\0';
	for (i = 0; i < selection__nr(sel); i++) {
		assert_int_equal(selection__at(sel, i, &e), 0);
		name = e.other ? NULL : task_roles__name(world->roles, e.role);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s: %s %llu %llu", i ? ", " : "",
				       name ? name->program : "other", name ? name->role : "",
				       (unsigned long long)e.v[MINOR], (unsigned long long)e.processes);
	}
	selection__free(sel);
	return text;
}

/* Threads of two processes, some of which have ended; what one was before it had its name is the application's. */
static void threads_by_role(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 100);
	take(&world, 5, 5, "java", "java", 1, 1, 0);
	take(&world, 5, 6, "java", "java", 1, 10, 0);
	take(&world, 5, 6, "java", "GC Thread#0", 2, 110, 0);
	take(&world, 5, 6, "java", "GC Thread#0", 3, 210, MT_TASK_FINAL);
	take(&world, 5, 7, "java", "G1 Conc#0", 3, 40, MT_TASK_FINAL);
	take(&world, 9, 10, "java", "GC Thread#0", 4, 60, 0);
	take(&world, 11, 11, "sh", "sh", 4, 5, 0);
	assert_string_equal(rows_of(&world, SCOPE_TOTAL), "java: GC 300 2, java: application 11 1, sh:  5 1");
	assert_int_equal(aggregate__sums(world.agg, SCOPE_TOTAL)[MINOR], 316);
	aggregate__next_interval(world.agg);
	take(&world, 9, 10, "java", "GC Thread#0", 5, 61, MT_TASK_FINAL);
	take(&world, 9, 10, "java", "GC Thread#0", 6, 3, MT_TASK_FINAL | MT_TASK_REST);
	aggregate__next_interval(world.agg);
	assert_string_equal(rows_of(&world, SCOPE_INTERVAL), "java: GC 4 1");
	close_world(&world);
}

/* A process counts for what it calls itself at the time. */
static void titles_that_change(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 100);
	take(&world, 5, 5, "postgres", "postgres", 1, 1, 0);
	call(&world, 5, 2, "postgres: alice shop [local] idle");
	take(&world, 5, 5, "postgres", "postgres", 2, 11, 0);
	call(&world, 5, 3, "postgres: alice bank [local] idle");
	take(&world, 5, 5, "postgres", "postgres", 3, 111, 0);
	call(&world, 5, 2, "postgres: alice shop [local] idle"); /* late */
	take(&world, 5, 5, "postgres", "postgres", 4, 211, MT_TASK_FINAL);
	assert_string_equal(rows_of(&world, SCOPE_TOTAL),
			    "postgres: backend bank 200 1, postgres: backend shop 10 1, postgres:  1 1");
	/* the same pid is another process when the title is forgotten */
	assert_int_equal(aggregate__retire(world.agg, 4 + 1000), 0);
	take(&world, 5, 6, "postgres", "postgres", 2000, 7, 0);
	assert_string_equal(rows_of(&world, SCOPE_TOTAL),
			    "postgres: backend bank 200 1, postgres: backend shop 10 1, postgres:  8 2");
	close_world(&world);
}

/* Names are bounded as those of other groups are. */
static void more_roles_than_rows(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 1);
	take(&world, 5, 5, "java", "VM Thread", 1, 5, 0);
	take(&world, 6, 6, "a", "a", 1, 4, 0);
	take(&world, 7, 7, "b", "b", 1, 3, 0);
	assert_string_equal(rows_of(&world, SCOPE_TOTAL), "other:  7 2, java: VM 5 1");
	close_world(&world);
}

/* ... and so are those that rows of several runs have had: what finds no room is in the row of the others. */
static void more_roles_than_names(void **state)
{
	enum { MANY = 17000 };
	struct selection *sel;
	struct world world;
	struct entity e;
	char comm[16];
	uint32_t pid;

	(void)state;
	open_world(&world, MANY);
	for (pid = 1; pid <= MANY; pid++) {
		snprintf(comm, sizeof(comm), "c%u", pid);
		take(&world, pid, pid, comm, comm, 1, 1, 0);
	}
	sel = aggregate__select(world.agg, SCOPE_TOTAL, &by_minor_faults);
	assert_non_null(sel);
	assert_int_equal(selection__nr(sel), 16384 + 1);
	assert_int_equal(selection__at(sel, 0, &e), 0);
	assert_true(e.other);
	assert_int_equal(e.v[MINOR], MANY - 16384);
	selection__free(sel);
	close_world(&world);
}

/* In a run of months: a role that is gone is forgotten, and starts at 0 when it comes back. */
static void roles_that_end(void **state)
{
	const struct ending soon = { .now_ns = 10, .idle_ns = 0 };
	const struct role_name *name;
	struct mt_who who = { .pid = 8, .tid = 8, .comm = "c", .tcomm = "c" };
	struct world world;
	uint64_t id;

	(void)state;
	open_world(&world, 100);
	take(&world, 5, 5, "java", "VM Thread", 1, 5, 0);
	take(&world, 6, 6, "b", "b", 1, 3, MT_TASK_FINAL);
	id = task_roles__id(world.roles, &who); /* of no row */
	name = task_roles__name(world.roles, id);
	assert_non_null(name);
	assert_string_equal(name->program, "c");
	aggregate__mark_ended(world.agg, &soon);
	aggregate__drop_ended(world.agg);
	assert_null(task_roles__name(world.roles, id));
	assert_string_equal(rows_of(&world, SCOPE_TOTAL), "java: VM 5 1");
	take(&world, 7, 7, "b", "b", 11, 2, 0);
	take(&world, 5, 5, "java", "VM Thread", 11, 6, 0);
	assert_string_equal(rows_of(&world, SCOPE_TOTAL), "java: VM 6 1, b:  2 1");
	close_world(&world);
}

static void too_many_titles(void **state)
{
	struct title_record record = { .hdr = { .id = REC_TITLE, .time_ns = 1 }, .title = "x" };
	struct titles titles = { 0 };
	uint32_t pid;

	(void)state;
	for (pid = 1; pid <= TITLES_MAX + 1; pid++) {
		record.who.pid = pid;
		titles__take(&titles, &record);
	}
	assert_null(titles__find(&titles, &record.who));
	record.who.pid = TITLES_MAX;
	assert_string_equal(titles__find(&titles, &record.who)->record.title, "x");
	titles__end(&titles, &record.who, 5);
	titles__retire(&titles, 14, 10);
	assert_non_null(titles__find(&titles, &record.who));
	titles__retire(&titles, 15, 10);
	assert_null(titles__find(&titles, &record.who));
	/* a text without end, of a made-up recording */
	memset(record.title, 'y', sizeof(record.title));
	titles__take(&titles, &record);
	assert_int_equal(strlen(titles__find(&titles, &record.who)->record.title), TITLE_LEN - 1);
	titles__free(&titles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_by_role),	 cmocka_unit_test(titles_that_change),
		cmocka_unit_test(more_roles_than_rows),	 cmocka_unit_test(roles_that_end),
		cmocka_unit_test(more_roles_than_names), cmocka_unit_test(too_many_titles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
