/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers map_jvm.h and java_options.h: the mappings of real runs of OpenJDK 17, cut down to what matters, and what each
 * is for; command lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/map_class.h"
#include "../../user/kernel/java_options.h"
#include "../../user/kernel/map_reader.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define MIB	  (1024 * 1024ULL)
#define LIB	  " 00000000 fe:00 7 /usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so"
#define JSA	  " 00000000 fe:00 8 /usr/lib/jvm/java-17-openjdk-amd64/lib/server/classes.jsa"
#define NONE	  " 00000000 00:00 0"

struct line {
	const char *line;
	enum map_class class;
};

static void check(const struct line *lines, size_t nr, uint64_t heap)
{
	struct process_map map = { 0 };
	char copy[512];
	size_t i;

	for (i = 0; i < nr; i++) {
		snprintf(copy, sizeof(copy), "%s\n", lines[i].line);
		assert_int_equal(map_reader__take_line(&map, copy), 0);
	}
	map.java_heap = heap;
	map_class__tell(&map);
	for (i = 0; i < nr; i++)
		if (map.areas[i].class != lines[i].class)
			fail_msg("%s: %s, not %s", lines[i].line, map_class__name(map.areas[i].class),
				 map_class__name(lines[i].class));
	map_reader__done(&map);
}

/* -XX:+UseG1GC -Xms256m -Xmx256m */
static const struct line g1[] = {
	{ "f0000000-ffe00000 rw-p" NONE, MAPPED_JAVA_HEAP },
	{ "ffe00000-ffe75000 rw-p" JSA, MAPPED_JAVA_HEAP },
	{ "ffe75000-100000000 rw-p" NONE, MAPPED_JAVA_HEAP },
	{ "555bf97a0000-555bf97a1000 r--p 00000000 fe:00 9 /usr/lib/jvm/java-17-openjdk-amd64/bin/java", MAPPED_FILE },
	{ "555c2308c000-555c230d3000 rw-p 00000000 00:00 0 [heap]", MAPPED_HEAP },
	{ "7f0790000000-7f0790021000 rw-p" NONE, MAPPED_ARENAS },
	{ "7f0790021000-7f0794000000 ---p" NONE, MAPPED_ARENAS },
	{ "7f0797000000-7f0797020000 rw-p" NONE, MAPPED_METASPACE },
	{ "7f0797020000-7f0797400000 ---p" NONE, MAPPED_METASPACE },
	{ "7f0797400000-7f0797410000 rw-p" NONE, MAPPED_METASPACE },
	{ "7f0797410000-7f079b000000 ---p" NONE, MAPPED_METASPACE },
	{ "7f079b000000-7f079bbc7000 rw-p" JSA, MAPPED_FILE },
	{ "7f079bbc7000-7f079c000000 ---p" NONE, MAPPED_ANON },
	{ "7f079c000000-7f079c010000 rw-p" NONE, MAPPED_METASPACE },
	{ "7f079c010000-7f07dc000000 ---p" NONE, MAPPED_METASPACE },
	{ "7f07dc000000-7f07dc021000 rw-p" NONE, MAPPED_ARENAS },
	{ "7f07dc021000-7f07e0000000 ---p" NONE, MAPPED_ARENAS },
	{ "7f07ea000000-7f07ec000000 rw-p" NONE, MAPPED_GC },
	{ "7f07ec000000-7f07ec021000 rw-p" NONE, MAPPED_ARENAS },
	{ "7f07ec021000-7f07f0000000 ---p" NONE, MAPPED_ARENAS },
	{ "7f07f9400000-7f07f9670000 rwxp" NONE, MAPPED_CODE_CACHE },
	{ "7f07f9670000-7f0800938000 ---p" NONE, MAPPED_CODE_CACHE },
	{ "7f0800938000-7f0800ba8000 rwxp" NONE, MAPPED_CODE_CACHE },
	{ "7f0800ba8000-7f0808400000 ---p" NONE, MAPPED_CODE_CACHE },
	{ "7f0808400000-7f080feb2000 r--s 00000000 fe:00 9 /usr/lib/jvm/java-17-openjdk-amd64/lib/modules",
	  MAPPED_FILE },
	{ "7f081437c000-7f0814380000 ---p" NONE, MAPPED_STACKS },
	{ "7f0814380000-7f081447c000 rw-p" NONE, MAPPED_STACKS },
	{ "7f08150a6000-7f08151c3000 rw-p" NONE, MAPPED_ANON },
	{ "7f0815800000-7f0816000000 rw-p" NONE, MAPPED_GC },
	{ "7f0817000000-7f0817010000 r-xp" LIB, MAPPED_FILE },
	/* of malloc(): a page more than a round number */
	{ "7f0818000000-7f0818801000 rw-p" NONE, MAPPED_ANON },
};

/* -XX:+UseG1GC -Xms64m -Xmx300m -XX:-UseCompressedOops: behind the heap is the code cache, below it what was not used.
 */
static const struct line high[] = {
	{ "7f17e224f000-7f17e24a0000 rw-p" NONE, MAPPED_ANON },
	{ "7f17e24a0000-7f17e2800000 ---p" NONE, MAPPED_ANON },
	{ "7f17e2800000-7f17e7c00000 rw-p" NONE, MAPPED_JAVA_HEAP },
	{ "7f17e7c00000-7f17f5400000 ---p" NONE, MAPPED_JAVA_HEAP },
	{ "7f17f5400000-7f17f5670000 rwxp" NONE, MAPPED_CODE_CACHE },
	{ "7f17f5670000-7f17fc938000 ---p" NONE, MAPPED_CODE_CACHE },
	{ "7f1817000000-7f1817010000 r-xp" LIB, MAPPED_FILE },
};

/* -Xshare:off -Xmx300m: the class space is behind the heap. */
static const struct line no_archive[] = {
	{ "ed400000-100000000 rw-p" NONE, MAPPED_JAVA_HEAP },
	{ "100000000-100010000 ---p" NONE, MAPPED_METASPACE },
	{ "100010000-140000000 ---p" NONE, MAPPED_METASPACE },
	{ "7f4800000000-7f4800010000 r-xp" LIB, MAPPED_FILE },
};

/* Space for classes that looks like an arena of malloc(), as it begins at a multiple of 64 MiB: but for its granules.
 */
static const struct line like_arena[] = {
	{ "7f0794000000-7f0794021000 rw-p" NONE, MAPPED_ARENAS },
	{ "7f0794021000-7f0798000000 ---p" NONE, MAPPED_ARENAS },
	{ "7f0798000000-7f0798020000 rw-p" NONE, MAPPED_METASPACE },
	{ "7f0798020000-7f079c000000 ---p" NONE, MAPPED_METASPACE },
	{ "7f079c000000-7f079cbc7000 rw-p" JSA, MAPPED_FILE },
	{ "7f0817000000-7f0817010000 r-xp" LIB, MAPPED_FILE },
};

static void each_is_told(void **state)
{
	(void)state;
	check(g1, NR(g1), 256 * MIB);
	check(g1, NR(g1), 0);
	check(high, NR(high), 300 * MIB);
	check(no_archive, NR(no_archive), 300 * MIB);
	check(like_arena, NR(like_arena), 0);
}

/* Nothing of it without libjvm.so, nor a heap above 32 GiB that nobody says the size of. */
static void others_are_left_alone(void **state)
{
	static const struct line other[] = {
		{ "f0000000-100000000 rw-p" NONE, MAPPED_ANON },
		{ "7f07ea000000-7f07ec000000 rw-p" NONE, MAPPED_ANON },
		{ "7f07f9400000-7f07f9670000 rwxp" NONE, MAPPED_JIT },
		{ "7f07f9670000-7f0800938000 ---p" NONE, MAPPED_ANON },
	};
	struct line unsaid[NR(high)];
	size_t i;

	(void)state;
	check(other, NR(other), 256 * MIB);
	memcpy(unsaid, high, sizeof(high));
	for (i = 0; i < NR(high); i++)
		if (unsaid[i].class == MAPPED_JAVA_HEAP)
			unsaid[i].class = MAPPED_ANON;
	check(unsaid, NR(unsaid), 0);
	check(unsaid, NR(unsaid), MT_UNKNOWN_U64);
	check(unsaid, NR(unsaid), 299 * MIB);
}

/* As many areas as a recording may have, each behind the other: it does not take for ever. */
static void many_areas(void **state)
{
	struct process_map map = { .java_heap = 3 * MIB / 2 };
	struct map_area *area;
	size_t i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		area = process_map__add(&map);
		assert_non_null(area);
		area->start = (1ULL << 40) + i * MIB;
		area->end = area->start + MIB;
		area->name = i ? "" : "/libjvm.so";
		area->permissions = MAPPED_READ | MAPPED_WRITE;
	}
	map_class__tell(&map);
	assert_int_equal(map.areas[1].class, MAPPED_ANON);
	map.java_heap = 3 * MIB;
	map_class__tell(&map);
	assert_int_equal(map.areas[3].class, MAPPED_JAVA_HEAP);
	assert_int_equal(map.areas[4].class, MAPPED_ANON);
	process_map__done(&map);
}

#define HEAP(text) java_options__max_heap(text, sizeof(text))

static void the_last_size_counts(void **state)
{
	(void)state;
	assert_true(HEAP("java\0-Xmx256m\0Main") == 256 * MIB);
	assert_true(HEAP("java\0-Xmx256m\0-XX:MaxHeapSize=1G\0Main") == 1024 * MIB);
	assert_true(HEAP("java\0-Xmx4096\0-Xmxm\0-Xmx-5m\0-Xmx5x\0-Xmx5mm") == 4096);
	assert_true(HEAP("java\0-Xmx140737488355329") == 0);
	assert_true(HEAP("java\0-Xmx99999999999999999999999999t") == 0);
	assert_true(HEAP("java\0-Xms1g\0Xmx1g") == 0);
	/* an argument that is cut off */
	assert_true(java_options__max_heap("java\0-Xmx10", 11) == 0);
	assert_true(java_options__max_heap("", 0) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(many_areas),
		cmocka_unit_test(the_last_size_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
