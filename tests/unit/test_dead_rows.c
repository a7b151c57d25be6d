/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers the file of dead rows (dead_rows.h), the bytes under it (tmpstore.h) and
 * the packing of counts (packed.h): all values, many rows in order and at
 * random, rows that were superseded, a file that cannot be had or is full,
 * and a file that ends too early.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../user/count/packed.h"
#include "../../user/count/dead_rows.h"

#define NR_ROWS 5000

static void fill(struct entity *e, uint64_t *v, uint32_t i)
{
	memset(v, 0, MT_NR_SLOTS * sizeof(*v));
	v[i % MT_NR_SLOTS] = (uint64_t)i << i % 60;
	v[(i * 7) % MT_NR_SLOTS] = UINT64_MAX;
	*e = (struct entity){ .pid = i, .tid = i + 1, .start_ns = (uint64_t)i << 40, .id = i, .exited = i % 2, .v = v };
	snprintf(e->comm, sizeof(e->comm), "c%u", i * 12345u);
}

static void expect(const struct entity *e, uint32_t i)
{
	uint64_t v[MT_NR_SLOTS];
	struct entity expected;

	fill(&expected, v, i);
	assert_int_equal(e->pid, i);
	assert_int_equal(e->tid, i + 1);
	assert_int_equal(e->start_ns, expected.start_ns);
	assert_int_equal(e->id, i);
	assert_int_equal(e->exited, i % 2);
	assert_string_equal(e->comm, expected.comm);
	assert_memory_equal(e->v, v, sizeof(v));
}

static void append_rows(struct dead_rows *dead, uint64_t *at)
{
	uint64_t v[MT_NR_SLOTS];
	struct entity e;
	uint32_t i;

	for (i = 0; i < NR_ROWS; i++) {
		fill(&e, v, i);
		assert_int_equal(dead_rows__append(dead, &e, &at[i]), 0);
	}
}

/* Every third row is superseded, in the file and in what is not written yet. */
static void check_rows(struct dead_rows *dead, const uint64_t *at)
{
	struct dead_rows_cursor cursor = { 0 };
	uint64_t v[MT_NR_SLOTS];
	struct entity e;
	uint32_t i;

	for (i = 0; i < NR_ROWS; i++) {
		assert_int_equal(dead_rows__at(dead, at[i * 7 % NR_ROWS], &e, v), 0);
		expect(&e, i * 7 % NR_ROWS);
	}
	for (i = 0; i < NR_ROWS; i += 3)
		assert_int_equal(dead_rows__supersede(dead, at[i]), 0);
	for (i = 0; i < NR_ROWS; i++) {
		if (i % 3 == 0)
			continue;
		assert_int_equal(dead_rows__next(dead, &cursor, &e, v), 1);
		assert_int_equal(cursor.at, at[i]);
		expect(&e, i);
	}
	assert_int_equal(dead_rows__next(dead, &cursor, &e, v), 0);
}

static void rows_come_back(void **state)
{
	uint64_t at[NR_ROWS];
	struct dead_rows dead;

	(void)state;
	dead_rows__init(&dead);
	append_rows(&dead, at);
	assert_true(dead.bytes.flushed > 0);
	assert_true(dead.bytes.tail_cap <= 32768);
	check_rows(&dead, at);
	dead_rows__reset(&dead);
	assert_int_equal(tmpstore__size(&dead.bytes), 0);
	append_rows(&dead, at);
	check_rows(&dead, at);
	dead_rows__free(&dead);
}

static void what_is_superseded_while_reading_is_left_out(void **state)
{
	struct dead_rows_cursor cursor = { 0 };
	uint64_t v[MT_NR_SLOTS], at[NR_ROWS];
	struct dead_rows dead;
	struct entity e;

	(void)state;
	dead_rows__init(&dead);
	append_rows(&dead, at);
	assert_int_equal(dead_rows__next(&dead, &cursor, &e, v), 1);
	assert_int_equal(dead_rows__supersede(&dead, at[1]), 0);
	assert_int_equal(dead_rows__next(&dead, &cursor, &e, v), 1);
	expect(&e, 2);
	dead_rows__free(&dead);
}

static void without_a_file_rows_stay_in_memory(void **state)
{
	uint64_t at[NR_ROWS];
	struct dead_rows dead;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	dead_rows__init(&dead);
	append_rows(&dead, at);
	assert_int_equal(dead.bytes.fd, -1);
	check_rows(&dead, at);
	dead_rows__reset(&dead);
	assert_true(dead.bytes.tail_cap <= 32768);
	dead_rows__free(&dead);
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

static void a_full_file_is_continued_in_memory(void **state)
{
	struct rlimit limit, full;
	uint64_t at[NR_ROWS];
	struct dead_rows dead;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	full = limit;
	full.rlim_cur = 100000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	dead_rows__init(&dead);
	append_rows(&dead, at);
	assert_true(dead.bytes.in_memory && dead.bytes.flushed > 0);
	check_rows(&dead, at);
	dead_rows__free(&dead);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_file_that_lost_its_end_is_an_error(void **state)
{
	struct dead_rows_cursor cursor = { 0 };
	uint64_t v[MT_NR_SLOTS], at[NR_ROWS];
	struct dead_rows dead;
	struct entity e;
	int ret;

	(void)state;
	dead_rows__init(&dead);
	append_rows(&dead, at);
	assert_int_equal(ftruncate(dead.bytes.fd, (off_t)at[100] + 3), 0);
	while ((ret = dead_rows__next(&dead, &cursor, &e, v)) > 0)
		;
	assert_int_equal(ret, -EIO);
	assert_int_equal(cursor.at, at[99]);
	assert_int_equal(dead_rows__at(&dead, at[NR_ROWS - 1] + 10000, &e, v), -EINVAL);
	dead_rows__free(&dead);
}

static void counts_survive_packing(void **state)
{
	uint64_t v[MT_NR_SLOTS], w[MT_NR_SLOTS];
	uint8_t bytes[PACKED_MAX];
	size_t i, bits, len;

	(void)state;
	for (bits = 0; bits <= 64; bits++) {
		for (i = 0; i < MT_NR_SLOTS; i++)
			v[i] = bits ? UINT64_MAX >> (64 - bits) : 0;
		len = packed__encode(v, bytes);
		assert_true(len <= PACKED_MAX);
		assert_ptr_equal(packed__decode(bytes, bytes + len, w), bytes + len);
		assert_memory_equal(v, w, sizeof(v));
		for (i = 0; i < len; i++)
			assert_null(packed__decode(bytes, bytes + i, w));
	}
}

static void packed_counts_add_up(void **state)
{
	uint64_t add[MT_NR_SLOTS] = { 0 }, sum[MT_NR_SLOTS] = { 0 }, v[MT_NR_SLOTS];
	struct packed packed = { 0 };
	struct packed_change change;
	size_t i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		memset(add, 0, sizeof(add));
		add[i * 31 % MT_NR_SLOTS] = i * i * i;
		sum[i * 31 % MT_NR_SLOTS] += i * i * i;
		assert_int_equal(packed__prepare(&packed, add, &change), 0);
		packed__get(&packed, v);
		assert_true(i == 0 || memcmp(v, sum, sizeof(v)));
		packed__commit(&change);
		packed__get(&packed, v);
		assert_memory_equal(v, sum, sizeof(v));
	}
	packed__clear(&packed);
	packed__get(&packed, v);
	assert_int_equal(v[0], 0);
}

/* What a process has that a shell starts: faults, and allocations of user memory and for the kernel. */
static void a_usual_row_is_small(void **state)
{
	uint64_t v[MT_NR_SLOTS] = {
		[MT_SLOT_fault_minor] = 100,
		[MT_SLOT_fault_user] = 80,
		[MT_SLOT_fault_kernel] = 20,
		[MT_SLOT_fault_write] = 60,
		[MT_SLOT_alloc_count] = 90,
		[MT_SLOT_alloc_pages] = 99,
		[MT_SLOT_alloc_gfp_movable_count] = 60,
		[MT_SLOT_alloc_gfp_movable_pages] = 60,
		[MT_SLOT_alloc_order0] = 80,
	};
	uint8_t bytes[PACKED_MAX];

	(void)state;
	/* a byte each, and four more that say which they are */
	assert_true(packed__encode(v, bytes) <= 9 + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back),
		cmocka_unit_test(what_is_superseded_while_reading_is_left_out),
		cmocka_unit_test(without_a_file_rows_stay_in_memory),
		cmocka_unit_test(a_full_file_is_continued_in_memory),
		cmocka_unit_test(a_file_that_lost_its_end_is_an_error),
		cmocka_unit_test(counts_survive_packing),
		cmocka_unit_test(packed_counts_add_up),
		cmocka_unit_test(a_usual_row_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
