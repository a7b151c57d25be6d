/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers oom_standing.h: texts of /proc/PID/status and /proc/PID/cgroup; and that this process is among those read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/kernel/oom_standing.h"

static void a_process(void **state)
{
	static const char text[] =
		"Name:\tmy\\nname\nTgid:\t812\nPid:\t812\nUid:\t33\t0\t0\t0\nVmSize:\t   4000 kB\n"
		"VmRSS:\t     120 kB\nRssAnon:\t      80 kB\nRssFile:\t      36 kB\nRssShmem:\t       4 kB\n"
		"VmPTE:\t      44 kB\nVmSwap:\t       8 kB\n";
	struct oom_task task;

	(void)state;
	assert_true(oom_standing__parse(text, 4096, &task));
	assert_string_equal(task.comm, "my\\nname");
	assert_int_equal(task.pid, 812);
	assert_int_equal(task.tgid, 812);
	assert_int_equal(task.uid, 33);
	assert_int_equal(task.total_vm, 1000);
	assert_int_equal(task.rss, 30);
	assert_int_equal(task.anon, 20);
	assert_int_equal(task.file, 9);
	assert_int_equal(task.shmem, 1);
	assert_int_equal(task.swap, 2);
	assert_int_equal(task.table_bytes, 44 * 1024);
	assert_int_equal(task.table_pages, MT_UNKNOWN_U64);
}

static void without_memory(void **state)
{
	struct oom_task task;

	(void)state;
	assert_false(oom_standing__parse("Name:\tkthreadd\nTgid:\t2\nUid:\t0\t0\t0\t0\n", 4096, &task));
	assert_false(oom_standing__parse("", 4096, &task));
	assert_false(oom_standing__parse("Name:\tx\nVmRSS:\t 4 kB\n", 4096, &task));
}

static void cgroups_of_a_process(void **state)
{
	static const struct {
		const char *text, *path;
	} rows[] = {
		{ "0::/user.slice/a\n", "/user.slice/a" },
		{ "12:pids:/p\n4:memory:/process/x\n0::/u\n", "/process/x" },
		{ "4:cpu,memory,pids:/m:with:colons\n", "/m:with:colons" },
		{ "3:name=memory:/no\n0::/yes\n", "/yes" },
		{ "3:cpu:/no\n", NULL },
		{ "", NULL },
		{ "x", NULL },
	};
	char path[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# row %zu\n", i);
		assert_int_equal(oom_standing__cgroup(rows[i].text, path, sizeof(path)), rows[i].path != NULL);
		if (rows[i].path)
			assert_string_equal(path, rows[i].path);
	}
}

static void this_process(void **state)
{
	struct oom_standing standing;
	size_t i, found = 0;

	(void)state;
	assert_int_equal(oom_standing__read(&standing, 0), 0);
	for (i = 0; i < standing.nr_tasks; i++)
		found += standing.tasks[i].tgid == (uint32_t)getpid() && standing.tasks[i].rss > 0 &&
			 standing.tasks[i].adj != OOM_ADJ_UNKNOWN && standing.tasks[i].score != MT_UNKNOWN_U64;
	assert_int_equal(found, 1);
	assert_true(standing.total_pages > 1000);
	oom_standing__done(&standing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(cgroups_of_a_process),
		cmocka_unit_test(this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
