// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers hash.h: no two processes hash alike, so nobody can choose keys that collide; each byte counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../user/base/hash.h"

static unsigned int hash_of(const void *key, size_t size)
{
	unsigned int value;

	HASH_FUNCTION(key, size, value);
	return value;
}

static unsigned int hash_of_another_process(void)
{
	unsigned int value = 0;
	FILE *other = popen("/proc/$PPID/exe hash", "r");

	assert_non_null(other);
	assert_int_equal(fscanf(other, "%u", &value), 1);
	pclose(other);
	return value;
}

static void each_process_hashes_otherwise(void **state)
{
	unsigned int own = hash_of("key", 3);
	int same = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		same += hash_of_another_process() == own;
	assert_true(same <= 1);
	assert_int_equal(hash_of("key", 3), own);
}

static void each_byte_counts(void **state)
{
	char key[40] = { 0 };
	uint64_t none = hash__keyed(key, sizeof(key));

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++) {
		assert_int_not_equal(hash__keyed(key, i), none);
		key[i] = 1;
		assert_int_not_equal(hash__keyed(key, sizeof(key)), none);
		key[i] = 0;
	}
}

/* The low digits choose a bucket: of as many keys as buckets none gets many. */
static void keys_are_spread(void **state)
{
	unsigned char buckets[4096] = { 0 };

	(void)state;
	for (uint64_t key = 0; key < 4096; key++)
		assert_true(++buckets[hash_of(&key, sizeof(key)) % 4096] < 16);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_process_hashes_otherwise),
		cmocka_unit_test(each_byte_counts),
		cmocka_unit_test(keys_are_spread),
	};

	if (argc > 1 && !strcmp(argv[1], "hash"))
		return printf("%u\n", hash_of("key", 3)) < 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
