/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How many rings of which size, on small and large machines, and what is said of full ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/model/rings.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static const struct machine_size two_cpus = { 2, 4096, 24 * GIB };
static const struct machine_size large = { 512, 4096, 2048 * GIB };

static struct rings plan(const struct machine_size *machine, enum ring_load load, uint64_t size, uint64_t rare,
			 uint64_t cpus)
{
	struct rings_request request = { .hot_bytes = size, .rare_bytes = rare, .cpus_per_ring = cpus };
	struct rings rings;

	assert_int_equal(rings__plan(&rings, &request, machine, load), 0);
	return rings;
}

static void defaults(void **state)
{
	static const struct {
		struct machine_size machine;
		enum ring_load load;
		uint32_t nr_hot;
		uint64_t hot_bytes;
	} rows[] = {
		{ { 1, 4096, GIB }, RING_LOAD_COUNTS, 1, MIB },
		{ { 16, 4096, GIB }, RING_LOAD_COUNTS, 1, MIB },
		{ { 17, 4096, GIB }, RING_LOAD_COUNTS, 2, MIB },
		{ { 512, 4096, GIB }, RING_LOAD_COUNTS, 32, MIB },
		{ { 1, 4096, 24 * GIB }, RING_LOAD_EVENTS, 1, 4 * MIB },
		{ { 2, 4096, 24 * GIB }, RING_LOAD_EVENTS, 1, 4 * MIB },
		{ { 12, 4096, 24 * GIB }, RING_LOAD_EVENTS, 1, 32 * MIB },
		{ { 16, 4096, 24 * GIB }, RING_LOAD_EVENTS, 1, 32 * MIB },
		{ { 512, 4096, 2048 * GIB }, RING_LOAD_EVENTS, 32, 32 * MIB },
		/* a 64th of the memory for all of them, but no less than for counters alone */
		{ { 16, 4096, 1 * GIB }, RING_LOAD_EVENTS, 1, 16 * MIB },
		{ { 512, 4096, 32 * GIB }, RING_LOAD_EVENTS, 32, 16 * MIB },
		{ { 512, 4096, 1 * GIB }, RING_LOAD_EVENTS, 32, 1 * MIB },
		/* copies of stacks */
		{ { 2, 4096, 24 * GIB }, RING_LOAD_COPIES, 1, 16 * MIB },
		{ { 16, 4096, 24 * GIB }, RING_LOAD_COPIES, 1, 64 * MIB },
		{ { 2, 4096, 256 * MIB }, RING_LOAD_COPIES, 1, 4 * MIB },
		/* whole pages */
		{ { 2, 64 * KIB, GIB }, RING_LOAD_COUNTS, 1, MIB },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rings rings = plan(&rows[i].machine, rows[i].load, 0, 0, 0);

		assert_int_equal(rings.nr_hot, rows[i].nr_hot);
		assert_int_equal(rings.hot_bytes, rows[i].hot_bytes);
		assert_int_equal(rings.rare_bytes, 256 * KIB);
		assert_false(rings.hot_asked || rings.rare_asked);
	}
}

static void asked(void **state)
{
	struct rings rings = plan(&two_cpus, RING_LOAD_EVENTS, 65537, 100000, 1);

	(void)state;
	assert_int_equal(rings.hot_bytes, 128 * KIB);
	assert_int_equal(rings.rare_bytes, 128 * KIB);
	assert_int_equal(rings.nr_hot, 2);
	assert_true(rings.hot_asked && rings.rare_asked);
	assert_int_equal(rings__nr(&rings), 4);
	assert_int_equal(rings__bytes(&rings, MT_RING_OOM), 64 * KIB);
	assert_int_equal(rings__bytes(&rings, MT_RING_RARE), 128 * KIB);
	assert_int_equal(rings__bytes(&rings, 3), 128 * KIB);
	/* a page is the least that the kernel has */
	assert_int_equal(plan(&(struct machine_size){ 2, 64 * KIB, GIB }, false, 16 * KIB, 0, 0).hot_bytes, 64 * KIB);
}

/* There is room for 64 rings: of more CPUs more share one, none is without, and no ring is. */
static void each_cpu_has_a_ring(void **state)
{
	static const uint32_t counts[] = { 1, 2, 3, 4, 7, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 4096, 8192 };
	uint32_t per_ring, cpu, used, i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct machine_size machine = { counts[i], 4096, 2048 * GIB };

		for (per_ring = 1; per_ring < 20; per_ring++) {
			struct rings rings = plan(&machine, false, 0, 0, per_ring);

			assert_in_range(rings.nr_hot, 1, MT_MAX_HOT_RINGS);
			assert_true(rings.cpus_per_ring >= per_ring);
			for (cpu = 0, used = MT_RING_HOT; cpu < machine.cpus; cpu++) {
				assert_in_range(rings__of_cpu(&rings, cpu), used, used + (cpu > 0));
				used = rings__of_cpu(&rings, cpu);
			}
			assert_int_equal(used, rings__nr(&rings) - 1);
		}
	}
	assert_int_equal(plan(&two_cpus, RING_LOAD_COUNTS, 0, 0, 1).nr_hot, 2);
	assert_int_equal(plan(&large, RING_LOAD_COUNTS, 0, 0, 65536).nr_hot, 1);
}

static void thresholds(void **state)
{
	struct rings rings = plan(&two_cpus, RING_LOAD_COUNTS, 0, 0, 0);

	(void)state;
	assert_int_equal(rings__hot_wakeup_bytes(&rings), 256 * KIB);
	assert_int_equal(rings__rare_fold_bytes(&rings), 192 * KIB);
	rings = plan(&two_cpus, RING_LOAD_COUNTS, 64 * KIB, 64 * KIB, 0);
	assert_int_equal(rings__hot_wakeup_bytes(&rings), 16 * KIB);
	assert_int_equal(rings__rare_fold_bytes(&rings), 48 * KIB);
	rings = plan(&two_cpus, RING_LOAD_COUNTS, GIB, GIB, 0);
	assert_int_equal(rings__hot_wakeup_bytes(&rings), MIB);
	assert_int_equal(rings__rare_fold_bytes(&rings), 768 * MIB);
}

/* What is said on standard error while the plan is refused. */
static void refused(const struct rings_request *request, const struct machine_size *machine, const char *said)
{
	char text[512] = "";
	struct rings rings;
	int saved, err;
	FILE *file = tmpfile();

	assert_non_null(file);
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	err = rings__plan(&rings, request, machine, RING_LOAD_EVENTS);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_int_equal(err, -22);
	if (!strstr(text, said))
		fail_msg("expected '%s' in: %s", said, text);
}

static void absurd_sizes(void **state)
{
	const struct machine_size small = { 4, 4096, 4 * GIB };

	(void)state;
	refused(&(struct rings_request){ .hot_bytes = 2 * GIB }, &small,
		"--ring-size: 1 of 2.00GiB would be more than a quarter of this machine's 4.00GiB; expected at most "
		"1G");
	refused(&(struct rings_request){ .hot_bytes = GIB, .cpus_per_ring = 1 }, &small, "--ring-size: 4 of 1.00GiB");
	refused(&(struct rings_request){ .hot_bytes = GIB, .cpus_per_ring = 1 }, &small, "expected at most 256M");
	refused(&(struct rings_request){ .rare_bytes = GIB + 1 }, &small, "--rare-ring-size: 1 of 2.00GiB");
}

static void full_rings(void **state)
{
	struct rings rings = plan(&large, RING_LOAD_COUNTS, 4 * MIB, 0, 16);
	uint64_t records[RINGS_MAX] = { 0 };
	char buf[256];
	size_t i;

	(void)state;
	for (i = 0; i < MT_NR_RINGS; i++)
		assert_null(rings__say_full(&rings, records, i, buf, sizeof(buf)));
	records[MT_RING_HOT + 7] = 12345;
	assert_string_equal(rings__say_full(&rings, records, MT_RING_HOT, buf, sizeof(buf)),
			    "hot ring 7 was full for 12,345 records: --ring-size 16M, fewer probes, or a filter");
	records[MT_RING_HOT + 31] = 1;
	assert_string_equal(rings__say_full(&rings, records, MT_RING_HOT, buf, sizeof(buf)),
			    "hot rings 7, 31 were full for 12,346 records: --ring-size 16M, fewer probes, or a filter");
	for (i = 0; i < rings.nr_hot; i++)
		records[MT_RING_HOT + i] = 1;
	assert_string_equal(rings__say_full(&rings, records, MT_RING_HOT, buf, sizeof(buf)),
			    "hot rings 0, 1, 2, 3, 4, 5, 6, 7 and 24 more were full for 32 records: --ring-size 16M, "
			    "fewer probes, or a filter");
	records[MT_RING_RARE] = 3;
	assert_string_equal(rings__say_full(&rings, records, MT_RING_RARE, buf, sizeof(buf)),
			    "the rare ring was full for 3 records: --rare-ring-size 1M, or a filter");
	records[MT_RING_OOM] = 1;
	assert_string_equal(rings__say_full(&rings, records, MT_RING_OOM, buf, sizeof(buf)),
			    "the ring of OOM kills was full for 1 records: memtrace got no CPU time");
	assert_null(rings__say_folded(&rings, 0, buf, sizeof(buf)));
	assert_string_equal(rings__say_folded(&rings, 1234, buf, sizeof(buf)),
			    "1,234 episodes have no record of their own, as the rare ring was nearly full: "
			    "--rare-ring-size 1M, or a filter");
	/* never more than the option takes */
	rings.hot_bytes = GIB;
	assert_non_null(strstr(rings__say_full(&rings, records, MT_RING_HOT, buf, sizeof(buf)), "--ring-size 2G,"));
}

static void names(void **state)
{
	char buf[RING_NAME_LEN];

	(void)state;
	assert_string_equal(rings__name(MT_RING_RARE, buf, sizeof(buf)), "rare");
	assert_string_equal(rings__name(MT_RING_OOM, buf, sizeof(buf)), "oom");
	assert_string_equal(rings__name(MT_RING_HOT, buf, sizeof(buf)), "hot0");
	assert_string_equal(rings__name(RINGS_MAX - 1, buf, sizeof(buf)), "hot63");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),   cmocka_unit_test(asked),	      cmocka_unit_test(each_cpu_has_a_ring),
		cmocka_unit_test(thresholds), cmocka_unit_test(absurd_sizes), cmocka_unit_test(full_rings),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
