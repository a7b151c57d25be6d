/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers what is used, what is given up for good, by what the kernel says of it; in children, as it cannot be undone.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/base/capabilities.h"

#define SET (CAPABILITY(DAC_READ_SEARCH) | CAPABILITY(BPF))

/* A line of /proc/self/status, or of that of a program that is executed; -1: not there. */
static long long status(const char *name, int executed)
{
	FILE *stream = executed ? popen("cat /proc/self/status", "r") : fopen("/proc/self/status", "r");
	char line[256];
	long long value = -1;

	while (stream && fgets(line, sizeof(line), stream))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoll(line + strlen(name) + 1, NULL, name[0] == 'C' ? 16 : 10);
	if (stream && executed)
		pclose(stream);
	else if (stream)
		fclose(stream);
	return value;
}

/* In a child, whose exit status says what was wrong: 0 is nothing. */
static void in_child(int (*what)(void))
{
	pid_t pid = fork();
	int result = 0;

	if (!pid)
		_exit(what());
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_int_equal(result, 0);
}

static int use_some(void)
{
	uint64_t all = capabilities__effective();

	if (capabilities__use(SET) || status("CapEff", 0) != (long long)(all & SET) ||
	    capabilities__effective() != (all & SET))
		return 1;
	if (capabilities__has(CAP_SYS_ADMIN) || capabilities__has(CAP_BPF) != !!(all & CAPABILITY(BPF)))
		return 2;
	/* what may be used has not changed */
	return capabilities__use(~0ULL) || (uint64_t)status("CapEff", 0) != all ? 3 : 0;
}

static void they_can_be_used_again(void **state)
{
	(void)state;
	in_child(use_some);
}

static int keep_some(void)
{
	long long kept = capabilities__effective() & SET, bounding = status("CapBnd", 0);

	if (capabilities__keep(SET))
		return 1;
	if (status("CapEff", 0) != kept || status("CapPrm", 0) != kept || status("NoNewPrivs", 0) != 1)
		return 2;
	if (status("CapInh", 0) & ~SET || status("CapAmb", 0) & ~SET)
		return 3;
	if ((status("CapBnd", 0) & SET) != (bounding & SET))
		return 4;
	if (capabilities__use(~0ULL) || status("CapEff", 0) != kept)
		return 5;
	/* root would get all back with a program */
	return status("CapEff", 1) & ~kept ? 6 : 0;
}

static void what_is_given_up_does_not_come_back(void **state)
{
	(void)state;
	in_child(keep_some);
}

/* Without the right to change the bounding set, which is not necessary. */
static int keep_without_setpcap(void)
{
	long long kept;

	if (capabilities__use(SET))
		return 1;
	kept = capabilities__effective() & CAPABILITY(BPF);
	if (capabilities__keep(CAPABILITY(BPF)) || status("CapPrm", 0) != kept)
		return 2;
	return status("CapEff", 1) & ~kept ? 3 : 0;
}

static void the_bounding_set_may_stay(void **state)
{
	(void)state;
	in_child(keep_without_setpcap);
}

static void they_have_names(void **state)
{
	char buf[CAPABILITIES_TEXT], small[10];

	(void)state;
	assert_string_equal(capabilities__names(SET, buf, sizeof(buf)), "CAP_BPF, CAP_DAC_READ_SEARCH");
	assert_string_equal(capabilities__names(0, buf, sizeof(buf)), "");
	assert_string_equal(capabilities__names(1ULL << 63, buf, sizeof(buf)), "capability 63");
	assert_string_equal(capabilities__names(SET, small, sizeof(small)), "CAP_BPF, ");
	assert_null(capabilities__name(64));
	assert_null(capabilities__name(-1));
	assert_string_equal(capabilities__name(CAP_SYSLOG), "CAP_SYSLOG");
	assert_true(capabilities__known(CAP_SYS_ADMIN));
	assert_false(capabilities__known(63));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_can_be_used_again),
		cmocka_unit_test(what_is_given_up_does_not_come_back),
		cmocka_unit_test(the_bounding_set_may_stay),
		cmocka_unit_test(they_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
