/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers proc.h: that a process is looked up only if it began when it is said
 * to have begun, so that one that has its pid later is never taken for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../user/kernel/proc.h"

static uint64_t tick_ns(void)
{
	return 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* When this process began, by the kernel's word, rounded down to a tick. */
static uint64_t own_start_ns(void)
{
	unsigned long long ticks = 0;
	char line[1024], *at;
	FILE *f = fopen("/proc/self/stat", "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	at = strrchr(line, ')');
	assert_int_equal(sscanf(at + 1,
				" %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
				&ticks),
			 1);
	return ticks * tick_ns();
}

static void a_process_is_known_by_its_start(void **state)
{
	uint64_t start = own_start_ns();
	int dir;

	(void)state;
	if (!proc__shows_initial_pids())
		skip();
	dir = proc__open((uint32_t)getpid(), start + tick_ns() - 1);
	assert_true(dir >= 0);
	close(dir);
	assert_int_equal(proc__open((uint32_t)getpid(), start + tick_ns()), -ESRCH);
	assert_int_equal(proc__open((uint32_t)getpid(), start - 1), -ESRCH);
	assert_int_equal(proc__open(0x7fffffff, start), -ESRCH);
}

static void command_lines(void **state)
{
	uint64_t start = own_start_ns();
	char line[256], own[256];

	(void)state;
	proc__own_cmdline(own, sizeof(own));
	assert_non_null(strstr(own, "test_proc"));
	proc__cmdline((uint32_t)getpid(), start + tick_ns(), line, sizeof(line));
	assert_string_equal(line, "");
	proc__cmdline((uint32_t)getpid(), start, line, sizeof(line));
	assert_string_equal(line, proc__shows_initial_pids() ? own : "");
	assert_true(proc__own_command(line, sizeof(line)));
	assert_string_equal(line, own);
	assert_false(proc__own_command(line, strlen(own)));
	assert_string_equal(line, "");
}

/* Who began after the event is another one with the same number. */
static void who_lived_then(void **state)
{
	uint64_t start = own_start_ns();
	struct mt_who who = { 0 };

	(void)state;
	if (!proc__shows_initial_pids())
		skip();
	assert_int_equal(proc__who((uint32_t)getpid(), start - 1, &who), -ESRCH);
	assert_int_equal(who.pid, 0);
	assert_int_equal(proc__who((uint32_t)getpid(), start + 5 * tick_ns(), &who), 0);
	assert_int_equal(who.pid, getpid());
	assert_int_equal(who.tid, getpid());
	assert_int_equal(who.uid, getuid());
	assert_string_equal(who.comm, "test_proc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_known_by_its_start),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(who_lived_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
