/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers event.h: that every event has as many cells as columns, with paths
 * of their own that its template knows; what is unknown; names that are not
 * terminated; and resolvers that use one buffer again and again.
 * Covers event_path.h: paths of several kinds of events in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/report/event.h"
#include "../../user/report/event_path.h"
#include "../../user/model/gfp.h"

static const struct event_names no_names;

static char shared[GFP_NAME_LEN];

static const char *cgroup_name(void *ctx, uint64_t id)
{
	*(int *)ctx += 1;
	if (id == 404)
		return NULL;
	snprintf(shared, sizeof(shared), "/slice/%llu", (unsigned long long)id);
	return shared;
}

static const char *gfp_name(void *ctx, uint64_t flags)
{
	(void)ctx;
	return gfp__name(shared, sizeof(shared), flags);
}

static const struct cell *cell_at(const struct event_row *row, const struct cell *cells, const char *path)
{
	struct column columns[EVENT_MAX_COLUMNS];
	size_t nr = event__columns(row, false, columns, EVENT_MAX_COLUMNS);

	for (size_t i = 0; i < nr; i++) {
		if (strcmp(columns[i].path, path) == 0)
			return &cells[i];
	}
	fail_msg("%s has no column %s", row->name, path);
	return NULL;
}

#define CELL(path) cell_at(row, cells, path)

static void check_template(const struct event_row *row, const struct column *columns, size_t nr)
{
	const char *name = row->text;

	while ((name = strchr(name, '{'))) {
		size_t len = strcspn(++name, "}");
		bool found = false;

		for (size_t i = 0; i < nr; i++)
			found |= strlen(columns[i].path) == len && memcmp(columns[i].path, name, len) == 0;
		if (!found)
			fail_msg("%s: no column for {%.*s}", row->name, (int)len, name);
	}
}

static void columns_of_all(void **state)
{
	(void)state;
	for (int id = 0; id < MT_NR_RECS; id++) {
		const struct event_row *row = &event_rows[id];
		struct column columns[EVENT_MAX_COLUMNS];
		struct cell cells[EVENT_MAX_COLUMNS];
		uint64_t record[64] = { 0 };
		size_t nr;

		if (!row->size)
			continue;
		assert_true(row->size <= sizeof(record));
		nr = event__columns(row, false, columns, EVENT_MAX_COLUMNS);
		assert_int_equal(event__cells(row, record, &no_names, cells), nr);
		assert_string_equal(columns[0].path, "time_ns");
		assert_int_equal(columns[0].unit, UNIT_TIME);
		for (size_t i = 0; i < nr; i++) {
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(columns[i].path, columns[j].path);
		}
		check_template(row, columns, nr);
	}
}

static void few_columns(void **state)
{
	const struct event_row *row = &event_rows[MT_REC_oom];
	struct column columns[2] = { { .path = "untouched" }, { .path = "untouched" } };

	(void)state;
	assert_int_equal(event__columns(row, false, columns, 1), 1 + 7 + 6 + 7 + 6);
	assert_string_equal(columns[0].path, "time_ns");
	assert_string_equal(columns[1].path, "untouched");
	assert_int_equal(event__columns(row, false, NULL, 0), 27);
}

static void reclaim(void **state)
{
	const struct event_row *row = &event_rows[MT_REC_reclaim];
	struct mt_reclaim record = {
		.hdr = { .id = MT_REC_reclaim, .size = sizeof(record), .time_ns = 77 },
		.who = { .pid = 12, .tid = 13, .start_ns = 5, .cgroup_id = 9, .uid = 1000, .tcomm = "worker" },
		.duration_ns = 1ULL << 63,
		.self_ns = MT_UNKNOWN_U64,
		.gfp_flags = 0xcc0,
		.order = -1,
		.kind = MT_RECLAIM_MEMCG,
		.parent = MT_UNKNOWN_S32,
	};
	struct cell cells[EVENT_MAX_COLUMNS];
	int calls = 0;
	const struct event_names names = { .cgroup = cgroup_name, .gfp = gfp_name, .ctx = &calls };

	(void)state;
	memset(record.who.comm, 'x', sizeof(record.who.comm));
	event__cells(row, &record, &names, cells);
	assert_int_equal(CELL("time_ns")->u, 77);
	assert_int_equal(CELL("pid")->u, 12);
	assert_int_equal(CELL("tid")->u, 13);
	assert_int_equal(CELL("start_time_ns")->u, 5);
	assert_string_equal(CELL("comm")->s, "xxxxxxxxxxxxxxxx");
	assert_string_equal(CELL("thread_comm")->s, "worker");
	assert_string_equal(CELL("cgroup")->s, "/slice/9");
	assert_int_equal(CELL("uid")->u, 1000);
	assert_int_equal(CELL("duration_ns")->u, 1ULL << 63);
	assert_int_equal(CELL("self_ns")->kind, CELL_NONE);
	assert_string_equal(CELL("gfp_flags")->s, "GFP_KERNEL");
	assert_int_equal(CELL("order")->kind, CELL_INT);
	assert_int_equal(CELL("order")->i, -1);
	assert_string_equal(CELL("kind")->s, "memcg");
	assert_int_equal(CELL("parent")->kind, CELL_NONE);

	record.kind = MT_NR_RECLAIM_KINDS;
	record.order = MT_UNKNOWN_S32;
	record.who.uid = UINT32_MAX;
	record.who.cgroup_id = 404;
	event__cells(row, &record, &names, cells);
	assert_int_equal(CELL("kind")->kind, CELL_NONE);
	assert_int_equal(CELL("order")->kind, CELL_NONE);
	assert_int_equal(CELL("uid")->kind, CELL_NONE);
	assert_int_equal(CELL("cgroup")->kind, CELL_NONE);
	assert_int_equal(calls, 2);
	record.who.cgroup_id = 0;
	event__cells(row, &record, &names, cells);
	assert_int_equal(calls, 2);
	assert_int_equal(CELL("target_cgroup")->kind, CELL_NONE);

	/* names of both, though one buffer is used for them */
	record.who.cgroup_id = 9;
	record.target_cgroup_id = 8;
	event__cells(row, &record, &names, cells);
	assert_string_equal(CELL("cgroup")->s, "/slice/9");
	assert_string_equal(CELL("target_cgroup")->s, "/slice/8");
	record.target_cgroup_id = 404;
	event__cells(row, &record, &names, cells);
	assert_int_equal(CELL("target_cgroup")->kind, CELL_NONE);
}

static void two_tasks(void **state)
{
	const struct event_row *row = &event_rows[MT_REC_oom];
	struct mt_oom record = {
		.victim = { .pid = 1, .tid = 1, .cgroup_id = 10, .comm = "java", .tcomm = "GC" },
		.trigger = { .pid = 2, .tid = 3, .cgroup_id = 20, .comm = "envoy", .tcomm = "io" },
		.oom_score_adj = -999,
	};
	struct cell cells[EVENT_MAX_COLUMNS];
	int calls = 0;
	const struct event_names names = { .cgroup = cgroup_name, .ctx = &calls };

	(void)state;
	event__cells(row, &record, &names, cells);
	assert_string_equal(CELL("victim.comm")->s, "java");
	assert_string_equal(CELL("victim.thread_comm")->s, "GC");
	assert_string_equal(CELL("victim.cgroup")->s, "/slice/10");
	assert_string_equal(CELL("trigger.comm")->s, "envoy");
	assert_string_equal(CELL("trigger.cgroup")->s, "/slice/20");
	assert_int_equal(CELL("victim.oom_score_adj")->i, -999);
}

static void unknown_task(void **state)
{
	static const char *const paths[] = { "waker.pid",	  "waker.tid",	     "waker.start_time_ns",
					     "waker.comm",	  "waker.uid",	     "waker.cgroup",
					     "waker.thread_comm", "waker.gfp_flags", "waker.order" };
	const struct event_row *row = &event_rows[MT_REC_kswapd];
	struct mt_kswapd record = { .waker_gfp = MT_UNKNOWN_U64,
				    .waker_order = MT_UNKNOWN_S32,
				    .partial = 2,
				    .waker = { .cgroup_id = 7, .comm = "stale" } };
	struct cell cells[EVENT_MAX_COLUMNS];

	(void)state;
	event__cells(row, &record, &no_names, cells);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(CELL(paths[i])->kind, CELL_NONE);
	assert_int_equal(CELL("partial")->kind, CELL_BOOL);
	assert_true(CELL("partial")->b);
	record.waker_gfp = 0xcc0;
	event__cells(row, &record, &no_names, cells);
	assert_int_equal(CELL("waker.gfp_flags")->kind, CELL_ADDRESS);
	assert_int_equal(CELL("waker.gfp_flags")->u, 0xcc0);
}

static void texts(void **state)
{
	const struct event_row *row = &event_rows[MT_REC_major];
	struct mt_major record = {
		.backing = MT_BACKING_FILE, .device_major = 259, .device_minor = 0, .inode = 12, .file_name = "a\nb"
	};
	struct cell cells[EVENT_MAX_COLUMNS];

	(void)state;
	event__cells(row, &record, &no_names, cells);
	assert_string_equal(CELL("backing")->s, "file");
	assert_string_equal(CELL("file.name")->s, "a\nb");
	assert_int_equal(CELL("file.device_minor")->u, 0);
	assert_int_equal(CELL("file.inode")->u, 12);
	/* a name that fills its place is not terminated */
	memset(record.file_name, 'x', sizeof(record.file_name));
	event__cells(row, &record, &no_names, cells);
	assert_int_equal(strlen(CELL("file.name")->s), MT_FILE_NAME_LEN);

	record = (struct mt_major){
		.backing = MT_UNKNOWN_S32, .device_major = UINT32_MAX, .device_minor = UINT32_MAX, .inode = UINT64_MAX
	};
	event__cells(row, &record, &no_names, cells);
	assert_int_equal(CELL("backing")->kind, CELL_NONE);
	assert_int_equal(CELL("file.name")->kind, CELL_NONE);
	assert_int_equal(CELL("file.device_major")->kind, CELL_NONE);
	assert_int_equal(CELL("file.inode")->kind, CELL_NONE);
}

/* The highest address is an address: it is what code that takes an error for a pointer faults on. */
static void addresses(void **state)
{
	const struct event_row *row = &event_rows[MT_REC_fault];
	struct mt_fault record = { .address = UINT64_MAX, .error_code = UINT32_MAX, .kernel = 1 };
	struct cell cells[EVENT_MAX_COLUMNS];

	(void)state;
	event__cells(row, &record, &no_names, cells);
	assert_int_equal(CELL("address")->kind, CELL_ADDRESS);
	assert_int_equal(CELL("address")->u, UINT64_MAX);
	assert_int_equal(CELL("error_code")->kind, CELL_NONE);
	assert_string_equal(CELL("mode")->s, "kernel");
}

static void flags(void **state)
{
	static const struct {
		uint32_t code;
		const char *words;
	} cases[] = {
		{ 4, "absent|read" },
		{ 6, "absent|write" },
		{ 7, "present|write" },
		{ 0x14, "absent|read|fetch" },
		{ 0x25, "present|read|protection_key" },
		{ 0x8009, "present|read|reserved" },
		{ 0x7f, "present|write|reserved|fetch|protection_key|shadow_stack" },
	};
	const struct event_row *row = &event_rows[MT_REC_fault];
	struct cell cells[EVENT_MAX_COLUMNS];
	struct mt_fault record = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		record.error_code = cases[i].code;
		event__cells(row, &record, &no_names, cells);
		assert_string_equal(CELL("access")->s, cases[i].words);
		assert_int_equal(CELL("error_code")->u, cases[i].code);
	}
	record.error_code = UINT32_MAX;
	event__cells(row, &record, &no_names, cells);
	assert_int_equal(CELL("access")->kind, CELL_NONE);
}

static const char *endless(void *ctx, uint64_t id)
{
	(void)id;
	return ctx;
}

static void endless_names(void **state)
{
	const struct event_row *row = &event_rows[MT_REC_oom];
	struct mt_oom record = { .victim = { .pid = 1, .cgroup_id = 1 }, .trigger = { .pid = 1, .cgroup_id = 1 } };
	struct cell cells[EVENT_MAX_COLUMNS];
	char *name = malloc(100001);
	const struct event_names names = { .cgroup = endless, .ctx = name };

	(void)state;
	memset(name, 'n', 100000);
	name[100000] = '\0';
	event__cells(row, &record, &names, cells);
	assert_true(strlen(CELL("victim.cgroup")->s) > 4096);
	assert_int_equal(CELL("trigger.cgroup")->kind, CELL_NONE);
	free(name);
}

static const struct mt_who *any_task(void *ctx, uint64_t id)
{
	static const struct mt_who task = { .pid = 1, .comm = "java" };

	(void)ctx;
	(void)id;
	return &task;
}

static const char *chain_name(void *ctx, bool kernel, int32_t id, const struct mt_who *who)
{
	(void)ctx;
	(void)kernel;
	(void)who;
	snprintf(shared, sizeof(shared), "main;f%d", id);
	return shared;
}

static void paths_of_several_events(void **state)
{
	const struct event_names names = { .who = any_task, .stack = chain_name };
	const struct mt_heap_path way = { .user_stack = 1 };
	const struct mt_heap held = { .user_stack = 2 };
	struct cell cells[EVENT_MAX_COLUMNS];
	struct event_path path = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		event__cells(&event_rows[MT_REC_heap_path], &way, &names, cells);
		assert_true(event_path__read(&path, &event_rows[MT_REC_heap_path], cells));
		assert_string_equal(path.parts[EVENT_PATH_USER], "main;f1");
		event__cells(&event_rows[MT_REC_heap], &held, &names, cells);
		assert_true(event_path__read(&path, &event_rows[MT_REC_heap], cells));
		assert_string_equal(path.parts[EVENT_PATH_USER], "main;f2");
		assert_string_equal(path.parts[0], "java");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_of_all), cmocka_unit_test(few_columns),
		cmocka_unit_test(reclaim),	  cmocka_unit_test(two_tasks),
		cmocka_unit_test(unknown_task),	  cmocka_unit_test(addresses),
		cmocka_unit_test(texts),	  cmocka_unit_test(endless_names),
		cmocka_unit_test(flags),	  cmocka_unit_test(paths_of_several_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
