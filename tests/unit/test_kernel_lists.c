// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers item_files.h, kmemleak_file.h, growing.h and kpages_sums.h: what takes the kernel's memory, as its files say
 * it, and how it grows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/count/growing.h"
#include "../../user/count/memory_kinds.h"
#include "../../user/kernel/item_files.h"
#include "../../user/kernel/kmemleak_file.h"
#include "../../user/kernel/line_file.h"
#include "../../user/model/kpages_sums.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

struct taken {
	struct kernel_item list[8];
	size_t nr;
};

static int take_item(void *ctx, const struct kernel_item *item)
{
	struct taken *taken = ctx;

	assert_true(taken->nr < NR(taken->list));
	taken->list[taken->nr++] = *item;
	return 0;
}

/* In memory that ends where the text does, so that reading on is noticed. */
static void each_of(const char *text, void (*take)(void *ctx, char *line), void *ctx)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	line_file__each_of(copy, len, take, ctx);
	free(copy);
}

static void is(const struct kernel_item *item, const char *name, uint64_t bytes, uint64_t nr)
{
	assert_string_equal(item->name, name);
	assert_int_equal(item->bytes, bytes);
	assert_int_equal(item->nr, nr);
}

static void allocinfo_of_a_kernel(void **state)
{
	struct taken taken = { .nr = 0 };
	struct kernel_items items = { take_item, &taken, 4096, 0 };

	(void)state;
	each_of("allocinfo - version: 1.0\n"
		"#     <size>  <calls> <tag info>\n"
		"           0        0 init/main.c:1314 func:do_initcalls \n"
		"    14594048     3563 mm/slub.c:2426 func:alloc_slab_page \n"
		"         -64        1 drivers/net/x.c:12 [virtio_net] func:add_recvbuf_small \n"
		"        4096        1 mm/page_ext.c:271 func:alloc_page_ext accurate:no\n"
		"x 1 y\n"
		"12 \n",
		item_files__allocinfo, &items);
	assert_int_equal(taken.nr, 4);
	is(&taken.list[0], "init/main.c:1314 do_initcalls", 0, 0);
	is(&taken.list[1], "mm/slub.c:2426 alloc_slab_page", 14594048, 3563);
	is(&taken.list[2], "drivers/net/x.c:12 [virtio_net] add_recvbuf_small", 0, 1);
	is(&taken.list[3], "mm/page_ext.c:271 alloc_page_ext", 4096, 1);
}

static void names_are_cut(void **state)
{
	struct taken taken = { .nr = 0 };
	struct kernel_items items = { take_item, &taken, 4096, 0 };
	char line[1000] = "1 2 ";

	(void)state;
	memset(line + 4, 'a', 900);
	item_files__allocinfo(&items, line);
	assert_int_equal(taken.nr, 1);
	assert_int_equal(strlen(taken.list[0].name), KERNEL_ITEM_NAME - 1);
}

static void sockets(void **state)
{
	struct taken taken = { .nr = 0 };
	struct kernel_items items = { take_item, &taken, 4096, 0 };

	(void)state;
	each_of("sockets: used 289\n"
		"TCP: inuse 5 orphan 0 tw 3 alloc 9 mem 3\n"
		"UDP: inuse 4 mem 2\n"
		"UDPLITE: inuse 0\n"
		"RAW: inuse 0\n"
		"FRAG: inuse 1 memory 1500\n"
		"TCP: inuse 5 mem 9999999999999999999\n",
		item_files__sockstat, &items);
	assert_int_equal(taken.nr, 3);
	is(&taken.list[0], "sockets: TCP", 3 * 4096, 0);
	is(&taken.list[1], "sockets: UDP", 2 * 4096, 0);
	is(&taken.list[2], "sockets: fragments", 1500, 0);
	taken.nr = 0;
	each_of("TCP6: inuse 2\nFRAG6: inuse 0 memory 0\n", item_files__sockstat, &items);
	assert_int_equal(taken.nr, 1);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void dma_buf(void **state)
{
	char dir[] = "/tmp/memtrace-test-XXXXXX", path[64];
	struct taken taken = { .nr = 0 };
	struct kernel_items items = { take_item, &taken, 4096, 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	item_files__read_dma_buf_at(&items, "/nonexistent", "/nonexistent");
	assert_int_equal(taken.nr, 0);
	snprintf(path, sizeof(path), "%s/bufinfo", dir);
	write_text(path, "\nDma-buf Objects:\nsize    \tflags   \tmode    \tcount   \texp_name\n"
			 "00004096\t00000002\t00080007\t00000001\tudmabuf\n\nTotal 1 objects, 4096 bytes\n");
	item_files__read_dma_buf_at(&items, "/nonexistent", path);
	assert_int_equal(taken.nr, 1);
	is(&taken.list[0], "dma-buf", 4096, 1);
	unlink(path);
	snprintf(path, sizeof(path), "%s/17", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/17/size", dir);
	write_text(path, "1048576\n");
	item_files__read_dma_buf_at(&items, dir, "/nonexistent");
	is(&taken.list[1], "dma-buf", 1048576, 1);
	unlink(path);
	snprintf(path, sizeof(path), "%s/17", dir);
	rmdir(path);
	rmdir(dir);
}

struct findings {
	struct kmemleak_object list[4];
	size_t nr;
};

static int take_object(void *ctx, const struct kmemleak_object *object)
{
	struct findings *findings = ctx;

	assert_true(findings->nr < NR(findings->list));
	findings->list[findings->nr++] = *object;
	return 0;
}

static void read_findings(const char *text, struct findings *findings)
{
	struct kmemleak_reading reading = { .found = take_object, .ctx = findings };

	findings->nr = 0;
	each_of(text, kmemleak_file__line, &reading);
	kmemleak_file__end(&reading);
	assert_int_equal(reading.err, 0);
}

static void kmemleak_of_kernels(void **state)
{
	struct findings *found = calloc(1, sizeof(*found));

	(void)state;
	assert_non_null(found);
	/* 5.10 */
	read_findings("unreferenced object 0xffff89862ca702e8 (size 32):\n"
		      "  comm \"modprobe\", pid 2088, jiffies 4294680594 (age 375.486s)\n"
		      "  hex dump (first 32 bytes):\n"
		      "    6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b  kkkkkkkkkkkkkkkk\n"
		      "  backtrace:\n"
		      "    [<00000000e0a73ec7>] 0xffffffffc01d2036\n"
		      "    [<000000000c5d2a46>] do_one_initcall+0x41/0x1df\n"
		      "unreferenced object 0xffff888100c2a000 (size 64):\n",
		      found);
	assert_int_equal(found->nr, 2);
	assert_int_equal(found->list[0].bytes, 32);
	assert_string_equal(found->list[0].comm, "modprobe");
	assert_int_equal(found->list[0].nr_functions, 2);
	assert_string_equal(found->list[0].functions[0], "0xffffffffc01d2036");
	assert_string_equal(found->list[0].functions[1], "do_one_initcall");
	assert_int_equal(found->list[1].nr_functions, 0);
	/* 6.14; a name that looks like the end of one */
	read_findings("unreferenced object (percpu) 0x607ee9e5c3e0 (size 8):\n"
		      "  comm \"a\", pid 1\", pid 90, jiffies 4294750130\n"
		      "  hex dump (first 8 bytes on cpu 2):\n"
		      "    00 00 00 00 00 00 00 00                          ........\n"
		      "  backtrace (crc 0):\n"
		      "    pcpu_alloc_noprof+0x730/0xeb0\n"
		      "    leak [leaky]+0x1/0x2\n",
		      found);
	assert_int_equal(found->nr, 1);
	assert_int_equal(found->list[0].bytes, 8);
	assert_string_equal(found->list[0].comm, "a\", pid 1");
	assert_string_equal(found->list[0].functions[0], "pcpu_alloc_noprof");
	assert_string_equal(found->list[0].functions[1], "leak");
	read_findings("kmemleak: nothing\n  backtrace:\n    f+0x1/0x2\n", found);
	assert_int_equal(found->nr, 0);
	free(found);
}

static void many_frames_are_cut(void **state)
{
	struct findings *found = calloc(1, sizeof(*found));
	struct kmemleak_reading reading = { .found = take_object, .ctx = found };
	char line[LINE_FILE_LINE];
	int i;

	(void)state;
	assert_non_null(found);
	kmemleak_file__line(&reading, strcpy(line, "unreferenced object 0x1 (size 7):"));
	kmemleak_file__line(&reading, strcpy(line, "  backtrace:"));
	for (i = 0; i < 100; i++) {
		memset(line, 'f', sizeof(line) - 1);
		line[sizeof(line) - 1] = '\0';
		kmemleak_file__line(&reading, line);
	}
	kmemleak_file__end(&reading);
	assert_int_equal(found->list[0].nr_functions, KMEMLEAK_FRAMES);
	assert_int_equal(strlen(found->list[0].functions[0]), KMEMLEAK_FUNCTION - 1);
	free(found);
}

static void reading_of(struct growing_table *table, uint64_t at, uint64_t a, uint64_t b)
{
	struct kernel_item item = { .name = "a", .bytes = a, .nr = 1 };

	growing__begin(table);
	assert_int_equal(growing__take(table, &item), 0);
	if (b != UINT64_MAX) {
		item = (struct kernel_item){ .name = "b", .bytes = b };
		assert_int_equal(growing__take(table, &item), 0);
		item.bytes = 1;
		assert_int_equal(growing__take(table, &item), 0);
	}
	assert_int_equal(growing__end(table, at, 10), 0);
}

static void what_grows(void **state)
{
	struct growing_table table = { .max = 2 };
	const struct kernel_item third = { .name = "c", .bytes = 5 };
	struct growing **list;
	size_t nr;

	(void)state;
	reading_of(&table, 100, 50, UINT64_MAX);
	reading_of(&table, 110, 60, 30);
	assert_int_equal(growing__rank(&table, &list, &nr), 0);
	assert_int_equal(nr, 2);
	/* it came later, so all of it is growth; two lines of one name are one */
	assert_string_equal(list[0]->last.name, "b");
	assert_int_equal(list[0]->last.bytes - list[0]->first.bytes, 31);
	assert_int_equal(list[1]->last.bytes - list[1]->first.bytes, 10);
	free(list);
	/* it has gone, and there is no room for another */
	reading_of(&table, 120, 60, UINT64_MAX);
	assert_int_equal(growing__take(&table, &third), 0);
	assert_int_equal(table.left_out, 5);
	assert_int_equal(growing__rank(&table, &list, &nr), 0);
	assert_int_equal(nr, 2);
	assert_int_equal(list[1]->last.bytes, 0);
	free(list);
	growing__done(&table);
}

static void pages_by_chain(void **state)
{
	const struct mt_kpages_key page = { .page = 64 }, eight = { .page = 512, .order = 3 };
	const struct mt_kpages_held one = { .born_ns = 7, .stack = 3, .first = 1 };
	const struct mt_kpages_held parts = { .born_ns = 5, .stack = 3, .freed = 0x81 };
	struct kpages_sums sums = { .born_until_ns = 0 };

	(void)state;
	assert_int_equal(kpages_sums__add(&sums, &page, &one), 0);
	assert_int_equal(kpages_sums__add(&sums, &eight, &parts), 0);
	assert_int_equal(HASH_COUNT(sums.table), 1);
	assert_int_equal(sums.table->pages, 1 + 8 - 2);
	assert_int_equal(sums.table->allocations, 1);
	assert_int_equal(sums.table->oldest_ns, 5);
	kpages_sums__free(&sums);
	sums.born_until_ns = 5;
	assert_int_equal(kpages_sums__add(&sums, &page, &one), 0);
	assert_null(sums.table);
	kpages_sums__free(&sums);
}

static void without_the_allocator(void **state)
{
	static const char path[] = "do_syscall_64;pipe_write;alloc_pages_noprof;__alloc_frozen_pages_noprof";

	(void)state;
	assert_int_equal(memory_kind__wanting(path), strlen("do_syscall_64;pipe_write"));
	assert_int_equal(memory_kind__wanting("pipe_write_[k];alloc_pages_mpol_[k]"), strlen("pipe_write_[k]"));
	assert_int_equal(memory_kind__wanting("alloc_pages"), 0);
	assert_int_equal(memory_kind__wanting(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocinfo_of_a_kernel),
		cmocka_unit_test(names_are_cut),
		cmocka_unit_test(sockets),
		cmocka_unit_test(dma_buf),
		cmocka_unit_test(kmemleak_of_kernels),
		cmocka_unit_test(many_frames_are_cut),
		cmocka_unit_test(what_grows),
		cmocka_unit_test(pages_by_chain),
		cmocka_unit_test(without_the_allocator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
