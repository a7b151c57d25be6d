/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers loop.h: who is ready or due is called, in order and once for each time; what registers or unregisters others
 * while it is called; a turn without anybody to wait for ends by its timer alone.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/base/loop.h"

static struct loop *loop;
static char calls[64]; /* a letter each */
static int pipes[3][2];

static void note(char who)
{
	size_t len = strlen(calls);

	assert_true(len < sizeof(calls) - 1);
	calls[len] = who;
}

static void read_one(int pipe_nr)
{
	char byte;

	assert_int_equal(read(pipes[pipe_nr][0], &byte, 1), 1);
}

static void ready_a(void *ctx)
{
	(void)ctx;
	note('a');
	read_one(0);
}

static void ready_b(void *ctx)
{
	(void)ctx;
	note('b');
	read_one(1);
}

static void ready_c(void *ctx)
{
	(void)ctx;
	note('c');
	read_one(2);
}

/* Takes b away and adds c while it is called. */
static void ready_changing(void *ctx)
{
	ready_a(ctx);
	loop__unwatch(loop, pipes[1][0]);
	assert_int_equal(loop__watch(loop, pipes[2][0], ready_c, NULL), 0);
}

static void due(void *ctx, uint64_t now_ns)
{
	assert_true(now_ns <= clock__boot_ns());
	note(*(const char *)ctx);
}

static void turn(const char *expected)
{
	memset(calls, 0, sizeof(calls));
	loop__turn(loop);
	assert_string_equal(calls, expected);
}

static void poke(int pipe_nr)
{
	assert_int_equal(write(pipes[pipe_nr][1], "x", 1), 1);
}

static int set_up(void **state)
{
	int i;

	(void)state;
	loop = loop__new();
	for (i = 0; i < 3; i++)
		if (pipe(pipes[i]))
			return -1;
	return loop ? 0 : -1;
}

static int tear_down(void **state)
{
	int i;

	(void)state;
	loop__free(loop);
	for (i = 0; i < 3; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	return 0;
}

static void who_is_ready_is_called_in_order(void **state)
{
	(void)state;
	assert_int_equal(loop__watch(loop, -1, ready_a, NULL), -EBADF);
	assert_int_equal(loop__watch(loop, pipes[1][0], ready_b, NULL), 0);
	assert_int_equal(loop__watch(loop, pipes[0][0], ready_a, NULL), 0);
	poke(0);
	turn("a");
	poke(0);
	poke(1);
	turn("ba");
	/* what is left is ready again */
	poke(1);
	poke(1);
	turn("b");
	turn("b");
}

static void others_come_and_go_while_one_is_called(void **state)
{
	(void)state;
	assert_int_equal(loop__watch(loop, pipes[0][0], ready_changing, NULL), 0);
	assert_int_equal(loop__watch(loop, pipes[1][0], ready_b, NULL), 0);
	poke(0);
	poke(1);
	poke(2);
	turn("a");
	turn("c");
	poke(2);
	turn("c");
}

static void a_time_is_due_once(void **state)
{
	struct loop_timer *early = loop__timer(loop, due, "e"), *late = loop__timer(loop, due, "l");
	uint64_t now_ns = clock__boot_ns();

	(void)state;
	assert_true(early && late);
	loop_timer__set(early, now_ns + 2000000);
	loop_timer__set(late, now_ns + 20000000);
	turn("e");
	turn("l");
	assert_true(clock__boot_ns() >= now_ns + 20000000);
	/* both: the one that was made last comes first */
	loop_timer__set(early, 0);
	loop_timer__set(late, 0);
	turn("le");
	loop_timer__set(late, 0);
	loop_timer__set(late, LOOP_NEVER);
	loop_timer__set(early, 0);
	turn("e");
}

static void descriptors_come_before_times(void **state)
{
	struct loop_timer *timer = loop__timer(loop, due, "t");

	(void)state;
	assert_non_null(timer);
	assert_int_equal(loop__watch(loop, pipes[0][0], ready_a, NULL), 0);
	loop_timer__set(timer, 0);
	poke(0);
	turn("at");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_ready_is_called_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_come_and_go_while_one_is_called, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_time_is_due_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(descriptors_come_before_times, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
