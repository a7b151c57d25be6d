// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/denied_counts.h"

static struct denied_counts *counts;

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 7 ? "/shop" : NULL;
}

static const struct event_names names = { .cgroup = name_cgroup };

static int begin(void **state)
{
	(void)state;
	counts = calloc(1, sizeof(*counts));
	return counts ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(counts);
	return 0;
}

static void deny(uint32_t pid, uint32_t reason, uint64_t bytes, uint64_t time_ns)
{
	struct mt_denied record = {
		.hdr = { .id = MT_REC_denied, .size = sizeof(record), .time_ns = time_ns },
		.who = { .pid = pid, .tid = pid, .start_ns = 5, .cgroup_id = 7, .comm = "java" },
		.call = MT_DENIED_MMAP,
		.reason = reason,
		.bytes = bytes,
		.limit = bytes / 2,
	};

	assert_true(denied_counts__wants(&record.hdr));
	denied_counts__take(counts, &record.hdr, &names);
}

static void test_rows(void **state)
{
	const struct denied_row *rows[DENIED_ROWS];

	(void)state;
	deny(1, MT_DENIED_RLIMIT_AS, 1000, 10);
	deny(1, MT_DENIED_RLIMIT_AS, 4000, 20);
	deny(1, MT_DENIED_RLIMIT_AS, 2000, 30);
	deny(1, MT_DENIED_MAP_COUNT, 100, 40);
	deny(2, MT_DENIED_RLIMIT_AS, 100, 50);
	deny(2, MT_DENIED_RLIMIT_AS, 100, 60);
	assert_int_equal(denied_counts__sorted(counts, rows), 3);
	assert_int_equal(rows[0]->count, 3);
	assert_int_equal(rows[0]->bytes, 4000);
	assert_int_equal(rows[0]->limit, 1000);
	assert_int_equal(rows[0]->last_ns, 30);
	assert_string_equal(rows[0]->cgroup, "/shop");
	assert_string_equal(denied_row__what(rows[0]), "mmap");
	assert_string_equal(denied_row__error(rows[0]), "ENOMEM");
	assert_string_equal(denied_row__reason(rows[0]), "rlimit_as");
	assert_int_equal(rows[1]->who.pid, 2);
	assert_string_equal(denied_row__reason(rows[2]), "map_count");
}

static void test_others(void **state)
{
	struct mt_alloc_failed alloc = { .hdr = { .id = MT_REC_alloc_failed, .time_ns = 1 }, .order = 3 };
	struct mt_stack_overflow overflow = { .hdr = { .id = MT_REC_stack_overflow, .time_ns = 2 },
					      .who = { .pid = 3 },
					      .limit = 8 << 20 };
	struct mt_sigkill kill = { .hdr = { .id = MT_REC_sigkill } };
	const struct denied_row *rows[DENIED_ROWS];

	(void)state;
	assert_false(denied_counts__wants(&kill.hdr));
	denied_counts__take(counts, &alloc.hdr, &names);
	alloc.order = 4;
	denied_counts__take(counts, &alloc.hdr, &names);
	denied_counts__take(counts, &overflow.hdr, &names);
	assert_int_equal(denied_counts__sorted(counts, rows), 3);
	assert_string_equal(denied_row__what(rows[0]), "stack overflow");
	assert_int_equal(rows[0]->limit, 8 << 20);
	assert_true(rows[0]->bytes == MT_UNKNOWN_U64);
	assert_string_equal(denied_row__what(rows[1]), "page allocation");
	assert_null(denied_row__reason(rows[1]));
	assert_string_equal(rows[1]->cgroup, "");
}

/* A code of a later kernel side is no name. */
static void test_unknown(void **state)
{
	const struct denied_row *rows[DENIED_ROWS];

	(void)state;
	deny(1, 1000, 1, 1);
	denied_counts__sorted(counts, rows);
	assert_null(denied_row__reason(rows[0]));
}

static void test_bound(void **state)
{
	const struct denied_row *rows[DENIED_ROWS];
	uint32_t pid;
	size_t nr, i;

	(void)state;
	deny(1, MT_DENIED_RLIMIT_AS, 1, 1);
	deny(1, MT_DENIED_RLIMIT_AS, 1, 2);
	for (pid = 2; pid <= DENIED_ROWS; pid++)
		deny(pid, MT_DENIED_RLIMIT_AS, 1, pid + 1);
	assert_int_equal(counts->dropped, 0);
	deny(10000, MT_DENIED_RLIMIT_AS, 1, 1000);
	assert_int_equal(counts->dropped, 2);
	nr = denied_counts__sorted(counts, rows);
	assert_int_equal(nr, DENIED_ROWS);
	for (i = 0; i < nr; i++)
		assert_int_not_equal(rows[i]->who.pid, 1);
	assert_int_equal(rows[0]->who.pid, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, begin, end),
		cmocka_unit_test_setup_teardown(test_others, begin, end),
		cmocka_unit_test_setup_teardown(test_unknown, begin, end),
		cmocka_unit_test_setup_teardown(test_bound, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
