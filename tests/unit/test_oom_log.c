/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers oom_log.h: the line of each kind of kill, names that look like parts of it, and what is no such line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/kernel/oom_log.h"

#define HEAD "6,930,59123594746,-;oom-kill:constraint=CONSTRAINT_"
#define SETS ",nodemask=(null),cpuset=/,mems_allowed=0"

static void lines(void **state)
{
	static const struct {
		const char *record;
		uint32_t pid;
		int32_t constraint;
		const char *limit;
	} rows[] = {
		{ HEAD "MEMCG" SETS ",oom_memcg=/a,task_memcg=/a/v,task=mt-victim,pid=31271,uid=0\n", 31271, 3, "/a" },
		{ HEAD "NONE" SETS ",global_oom,task_memcg=/a/v,task=mt-victim,pid=1,uid=1000\n", 1, 0, "" },
		{ HEAD "CPUSET" SETS ",global_oom,task_memcg=/,task=x,pid=7,uid=0\n", 7, 1, "" },
		{ HEAD "MEMORY_POLICY" SETS ",global_oom,task_memcg=/,task=x,pid=7,uid=0\n", 7, 2, "" },
		{ "6,930,5,-,caller=T1;oom-kill:constraint=CONSTRAINT_MEMCG" SETS
		  ",oom_memcg=/a,task_memcg=/a,task=a,pid=2,b,pid=3,uid=0\n",
		  3, 3, "/a" },
		{ HEAD "MEMCG" SETS ",oom_memcg=/a,task_memcg=/x,task_memcg=/a,task=a,pid=4,uid=0\n", 4, 3,
		  "/a,task_memcg=/x" },
	};
	struct oom_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(oom_line__parse(&line, rows[i].record));
		assert_int_equal(line.pid, rows[i].pid);
		assert_int_equal(line.constraint, rows[i].constraint);
		assert_string_equal(line.limit, rows[i].limit);
	}
}

static void other_records(void **state)
{
	static const char *const records[] = {
		"",
		"6,930,5,-",
		"6,930,5,-;",
		"6,930,5,-;hello\n",
		"6,930,5,-;oom-kill:",
		HEAD "MEMCG",
		HEAD "NEW" SETS ",global_oom,task_memcg=/,task=x,pid=7,uid=0\n",
		HEAD "MEMCG" SETS ",task=x,pid=,uid=0\n",
		HEAD "MEMCG" SETS ",task=x,pid=99999999999,uid=0\n",
		/* written by a program */
		"12,930,5,-;oom-kill:constraint=CONSTRAINT_NONE" SETS ",global_oom,task_memcg=/,task=x,pid=7,uid=0\n",
	};
	struct oom_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(records) / sizeof(*records); i++)
		assert_false(oom_line__parse(&line, records[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(other_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
