/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers call_paths.h, call_tree.h and memory_kinds.h: sums of paths, bounded memory, order, the tree, what memory was
 * for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/call_tree.h"
#include "../../user/count/cgroup_paths.h"
#include "../../user/count/memory_kinds.h"

static void add(struct call_paths *paths, const char *one, const char *two, uint64_t events, uint64_t ns)
{
	const char *parts[] = { one, NULL, two };
	const uint64_t sums[NR_CALL_WEIGHTS] = { [CALL_EVENTS] = events, [CALL_PAGES] = 2 * events, [CALL_NS] = ns };

	call_paths__add(paths, parts, 3, sums);
}

/* "path events;..." of the sorted list; the caller frees it. */
static char *listed(const struct call_paths *paths)
{
	char *text = NULL;
	size_t size, nr, i;
	FILE *out = open_memstream(&text, &size);
	const struct call_path **list = call_paths__sorted(paths, &nr);

	assert_non_null(out);
	for (i = 0; i < nr; i++)
		fprintf(out, "%s %d\n", list[i]->text, (int)list[i]->sums[CALL_EVENTS]);
	fclose(out);
	free(list);
	return text;
}

static void paths_are_summed_and_sorted(void **state)
{
	struct call_paths *paths = call_paths__new(1 << 20);
	char *text;

	(void)state;
	assert_non_null(paths);
	add(paths, "a;b", "k", 3, 10);
	add(paths, "a.b", "c", 1, 1);
	add(paths, "a", "", 5, 1);
	add(paths, "a", "b;k", 4, 10);
	add(paths, NULL, "z", 7, 0);
	text = listed(paths);
	/* "a" and what it calls are together, though "." is less than ";" */
	assert_string_equal(text, "a 5\na;b;k 7\na.b;c 1\nz 7\n");
	assert_int_equal(call_paths__rest(paths)->sums[CALL_EVENTS], 0);
	free(text);
	call_paths__free(paths);
}

static void nothing_is_no_path(void **state)
{
	struct call_paths *paths = call_paths__new(1 << 20);
	struct call_tree tree;
	size_t nr;

	(void)state;
	add(paths, NULL, "", 2, 1);
	assert_null(call_paths__sorted(paths, &nr));
	assert_int_equal(nr, 0);
	assert_int_equal(call_paths__rest(paths)->sums[CALL_PAGES], 4);
	assert_int_equal(call_tree__make(&tree, NULL, 0, CALL_EVENTS), 0);
	assert_int_equal(tree.nr, 1);
	assert_int_equal(call_tree__next(&tree, 0), 0);
	call_tree__done(&tree);
	call_paths__free(paths);
}

/* What has no room is counted all the same; paths that are there go on. */
static void memory_is_bounded(void **state)
{
	struct call_paths *paths = call_paths__new(4096);
	const struct call_path **list;
	uint64_t sum = 0;
	char name[16];
	size_t nr, i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "f%zu", i % 1000);
		add(paths, name, NULL, 1, 0);
	}
	list = call_paths__sorted(paths, &nr);
	assert_true(nr > 10 && nr < 100);
	for (i = 0; i < nr; i++) {
		assert_int_equal(list[i]->sums[CALL_EVENTS], 2);
		sum += list[i]->sums[CALL_EVENTS];
	}
	assert_int_equal(sum + call_paths__rest(paths)->sums[CALL_EVENTS], 2000);
	free(list);
	call_paths__free(paths);
}

/* Lines of depth, name, sum and what ends there; the caller frees them. */
static char *drawn(const struct call_tree *tree)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t at;

	assert_non_null(out);
	for (at = call_tree__next(tree, 0); at; at = call_tree__next(tree, at))
		fprintf(out, "%d %.*s %d %d\n", (int)tree->nodes[at].depth, (int)tree->nodes[at].name_len,
			tree->nodes[at].name, (int)tree->nodes[at].sum, (int)tree->nodes[at].self);
	fclose(out);
	return text;
}

static void a_tree(void **state)
{
	struct call_paths *paths = call_paths__new(1 << 20);
	const struct call_path **list;
	struct call_tree tree;
	char *text;
	size_t nr;

	(void)state;
	add(paths, "p;main;work", "touch", 10, 0);
	add(paths, "p;main;work", "read", 30, 0);
	add(paths, "p;main", NULL, 5, 0);
	add(paths, "q;start;main;loop", "touch", 100, 1);
	add(paths, "p;main;idle", NULL, 0, 7);
	list = call_paths__sorted(paths, &nr);
	assert_int_equal(call_tree__make(&tree, list, nr, CALL_EVENTS), 0);
	text = drawn(&tree);
	assert_string_equal(text, "1 q 100 0\n1 start 100 0\n1 main 100 0\n1 loop 100 0\n1 touch 100 100\n"
				  "1 p 45 0\n1 main 45 5\n2 work 40 0\n3 read 30 30\n3 touch 10 10\n");
	assert_int_equal(tree.nodes[0].sum, 145);
	free(text);
	call_tree__done(&tree);
	assert_int_equal(call_tree__make(&tree, list, nr, CALL_NS), 0);
	text = drawn(&tree);
	assert_string_equal(text, "1 p 7 0\n1 main 7 0\n1 idle 7 7\n1 q 1 0\n1 start 1 0\n1 main 1 0\n1 loop 1 0\n"
				  "1 touch 1 1\n");
	free(text);
	call_tree__done(&tree);
	free(list);
	call_paths__free(paths);
}

/* Many branches of one node, by weight; many levels. */
static void a_wide_and_a_deep_tree(void **state)
{
	struct call_paths *paths = call_paths__new(1 << 24);
	const struct call_path **list;
	struct call_tree tree;
	char *deep = malloc(200001), name[16];
	uint64_t last = UINT64_MAX;
	uint32_t at;
	size_t nr, i;

	(void)state;
	assert_non_null(deep);
	for (i = 0; i < 100000; i++)
		memcpy(deep + 2 * i, "d;", 3);
	deep[199999] = '\0';
	add(paths, deep, "leaf", 1, 0);
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "w;f%zu", i);
		add(paths, name, NULL, i * 7919 % 3001 + 2, 0);
	}
	list = call_paths__sorted(paths, &nr);
	assert_int_equal(call_tree__make(&tree, list, nr, CALL_EVENTS), 0);
	at = tree.nodes[0].down;
	for (at = tree.nodes[at].down; at; at = tree.nodes[at].next, nr--) {
		assert_true(tree.nodes[at].sum <= last);
		last = tree.nodes[at].sum;
	}
	assert_int_equal(nr, 1);
	for (at = 0, i = 0; (at = call_tree__next(&tree, at)); i++)
		assert_int_equal(tree.nodes[at].depth,
				 tree.nodes[at].name_len > 1 && *tree.nodes[at].name == 'f' ? 2 : 1);
	assert_int_equal(i, 100001 + 3001);
	call_tree__done(&tree);
	free(list);
	free(deep);
	call_paths__free(paths);
}

static void add_in(struct cgroup_paths *paths, const char *cgroup, const char *path, uint64_t events)
{
	const uint64_t sums[NR_CALL_WEIGHTS] = { [CALL_EVENTS] = events };

	cgroup_paths__add(paths, cgroup, &path, 1, sums);
}

static void expect_sum(const struct cgroup_paths *paths, const char *cgroup, const char *expected)
{
	struct call_paths *sum = cgroup_paths__sum(paths, cgroup);
	char *text;

	assert_non_null(sum);
	text = listed(sum);
	assert_string_equal(text, expected);
	free(text);
	call_paths__free(sum);
}

/* Of a cgroup and of those below it, but not of one whose name begins with its name. */
static void paths_of_cgroups(void **state)
{
	struct cgroup_paths *paths = cgroup_paths__new(1 << 20);

	(void)state;
	add_in(paths, "/a", "p;main", 1);
	add_in(paths, "/a/b", "p;main", 2);
	add_in(paths, "/a/b/c", "q", 4);
	add_in(paths, "/ab", "p;main", 8);
	add_in(paths, "/", "r", 16);
	expect_sum(paths, "/a", "p;main 3\nq 4\n");
	expect_sum(paths, "/a/b", "p;main 2\nq 4\n");
	expect_sum(paths, "/", "p;main 11\nq 4\nr 16\n");
	expect_sum(paths, "/none", "");
	cgroup_paths__forget(paths, "/a/b");
	expect_sum(paths, "/a", "p;main 1\n");
	add_in(paths, "/a/b", "p;main", 32);
	expect_sum(paths, "/a", "p;main 33\n");
	cgroup_paths__free(paths);
}

/* Each new one has a quarter of what is left; later there is no room for any. */
static void cgroups_are_bounded(void **state)
{
	struct cgroup_paths *paths = cgroup_paths__new(1 << 16);
	struct call_paths *sum;
	uint64_t shown = 0, i;
	char cgroup[32], path[32];
	const struct call_path **list;
	size_t nr;

	(void)state;
	for (i = 0; i < 20000; i++) {
		snprintf(cgroup, sizeof(cgroup), "/c%d", (int)(i % 200));
		snprintf(path, sizeof(path), "f%d", (int)i);
		add_in(paths, cgroup, path, 1);
	}
	sum = cgroup_paths__sum(paths, "/");
	list = call_paths__sorted(sum, &nr);
	for (i = 0; i < nr; i++)
		shown += list[i]->sums[CALL_EVENTS];
	assert_true(call_paths__bytes(sum) <= 1 << 16);
	assert_int_equal(shown + call_paths__rest(sum)->sums[CALL_EVENTS] + cgroup_paths__dropped(paths), 20000);
	assert_true(shown > 100);
	free(list);
	call_paths__free(sum);
	cgroup_paths__free(paths);
}

static void kinds(void **state)
{
	static const struct {
		const char *path, *kind;
	} rows[] = {
		{ "p;main;exc_page_fault_[k];handle_mm_fault_[k];do_anonymous_page_[k];vma_alloc_folio_noprof_[k]",
		  "first touch" },
		{ "p;main;do_anonymous_page_[k];__pte_alloc_[k];pte_alloc_one_[k];__alloc_pages_noprof_[k]",
		  "page table" },
		{ "p;do_fault_[k];__do_fault_[k];filemap_fault_[k];page_cache_ra_order_[k];folio_alloc_[k]",
		  "page cache read-ahead" },
		{ "p;do_wp_page.isra.0_[k];alloc_pages_mpol_[k]", "write to a shared page (copy-on-write)" },
		{ "p;vfs_read_[k];some_driver_read_[k];__kmalloc_noprof_[k];___slab_alloc_[k];allocate_slab_[k]",
		  "other: some_driver_read" },
		{ "p;alloc_pages_[k]", "other: alloc_pages" },
		{ "p;main;asm_exc_page_fault_[k];exc_page_fault_[k]", "touched by the program itself" },
		{ "p;read;_copy_to_iter_[k];asm_exc_page_fault_[k];exc_page_fault_[k]", "other: copy_to_iter" },
		{ "p;main;do_anonymous_page", "unknown" },
		{ "p", "unknown" },
		{ "", "unknown" },
		{ "_[k]", "unknown" },
		{ ";;do_swap_page_[k]", "swap-in" },
		{ "do_swap_page_[k];main", "unknown" },
	};
	char buf[MEMORY_KIND_MAX], path[400], want[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(memory_kind__of(rows[i].path, buf), rows[i].kind);
	memset(path, 'x', 300);
	strcpy(path + 300, "_[k]");
	snprintf(want, MEMORY_KIND_MAX, "other: %.300s", path);
	assert_string_equal(memory_kind__of(path, buf), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_summed_and_sorted), cmocka_unit_test(nothing_is_no_path),
		cmocka_unit_test(memory_is_bounded),	       cmocka_unit_test(a_tree),
		cmocka_unit_test(a_wide_and_a_deep_tree),      cmocka_unit_test(paths_of_cgroups),
		cmocka_unit_test(cgroups_are_bounded),	       cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
