// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bpf/wire.h"
#include "../../user/kernel/oomd_mark.h"

static char path[] = "/var/tmp/memtrace-mark.XXXXXX";
static int dir = -1;

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(path))
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	close(dir);
	return rmdir(path);
}

static void set(const char *name, const char *value)
{
	if (fsetxattr(dir, name, value, strlen(value), 0) && errno == EOPNOTSUPP)
		skip();
}

static void test_mark(void **state)
{
	(void)state;
	assert_int_equal(oomd_mark__read_at(dir), 0);
	set("user.oomd_ooms", "1");
	assert_int_equal(oomd_mark__read_at(dir), 1);
	set("user.oomd_kill", "12");
	assert_int_equal(oomd_mark__read_at(dir), 13);
	/* whoever may write there may write anything */
	set("user.oomd_kill", "a text that is much longer than any number could be, with no digit in it");
	assert_int_equal(oomd_mark__read_at(dir), 1);
	set("user.oomd_kill", "");
	assert_int_equal(oomd_mark__read_at(dir), 1);
}

static void test_gone(void **state)
{
	(void)state;
	assert_true(oomd_mark__read_at(-1) == MT_UNKNOWN_U64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
