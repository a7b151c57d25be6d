// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "allocators.h"

#include <stdbool.h>
#include <string.h>

enum row_kind {
	PLAIN, /* the C library's names, under which most allocators stand in for it */
	CPLUSPLUS,
	OWN, /* of one allocator, whatever else the file has */
};

static const struct row {
	const char *name;
	enum allocator_form form;
	enum row_kind kind;
} rows[] = {
	{ "malloc", ALLOCATOR_FIRST, PLAIN },
	{ "calloc", ALLOCATOR_PRODUCT, PLAIN },
	{ "realloc", ALLOCATOR_MOVE, PLAIN },
	{ "reallocarray", ALLOCATOR_MOVE_PRODUCT, PLAIN },
	{ "free", ALLOCATOR_FREE, PLAIN },
	{ "cfree", ALLOCATOR_FREE, PLAIN },
	{ "memalign", ALLOCATOR_SECOND, PLAIN },
	{ "aligned_alloc", ALLOCATOR_SECOND, PLAIN },
	{ "posix_memalign", ALLOCATOR_STORE, PLAIN },
	{ "valloc", ALLOCATOR_FIRST, PLAIN },
	{ "pvalloc", ALLOCATOR_FIRST, PLAIN },
	/* C23, and what C++ compilers call */
	{ "free_sized", ALLOCATOR_FREE, PLAIN },
	{ "free_aligned_sized", ALLOCATOR_FREE, PLAIN },
	/* jemalloc */
	{ "mallocx", ALLOCATOR_FIRST, PLAIN },
	{ "rallocx", ALLOCATOR_MOVE, PLAIN },
	{ "dallocx", ALLOCATOR_FREE, PLAIN },
	{ "sdallocx", ALLOCATOR_FREE, PLAIN },
	/* operator new and new[], also with nothrow, with an alignment, and both */
	{ "_Znwm", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_Znam", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_ZnwmRKSt9nothrow_t", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_ZnamRKSt9nothrow_t", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_ZnwmSt11align_val_t", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_ZnamSt11align_val_t", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_ZnwmSt11align_val_tRKSt9nothrow_t", ALLOCATOR_FIRST, CPLUSPLUS },
	{ "_ZnamSt11align_val_tRKSt9nothrow_t", ALLOCATOR_FIRST, CPLUSPLUS },
	/* operator delete and delete[], also with a size, nothrow, an alignment */
	{ "_ZdlPv", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdaPv", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdlPvm", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdaPvm", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdlPvRKSt9nothrow_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdaPvRKSt9nothrow_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdlPvSt11align_val_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdaPvSt11align_val_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdlPvmSt11align_val_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdaPvmSt11align_val_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdlPvSt11align_val_tRKSt9nothrow_t", ALLOCATOR_FREE, CPLUSPLUS },
	{ "_ZdaPvSt11align_val_tRKSt9nothrow_t", ALLOCATOR_FREE, CPLUSPLUS },
	/* mimalloc under its own names */
	{ "mi_malloc", ALLOCATOR_FIRST, OWN },
	{ "mi_malloc_small", ALLOCATOR_FIRST, OWN },
	{ "mi_zalloc", ALLOCATOR_FIRST, OWN },
	{ "mi_zalloc_small", ALLOCATOR_FIRST, OWN },
	{ "mi_malloc_aligned", ALLOCATOR_FIRST, OWN },
	{ "mi_zalloc_aligned", ALLOCATOR_FIRST, OWN },
	{ "mi_new", ALLOCATOR_FIRST, OWN },
	{ "mi_new_nothrow", ALLOCATOR_FIRST, OWN },
	{ "mi_new_aligned", ALLOCATOR_FIRST, OWN },
	{ "mi_calloc", ALLOCATOR_PRODUCT, OWN },
	{ "mi_mallocn", ALLOCATOR_PRODUCT, OWN },
	{ "mi_new_n", ALLOCATOR_PRODUCT, OWN },
	{ "mi_realloc", ALLOCATOR_MOVE, OWN },
	{ "mi_rezalloc", ALLOCATOR_MOVE, OWN },
	{ "mi_new_realloc", ALLOCATOR_MOVE, OWN },
	{ "mi_reallocn", ALLOCATOR_MOVE_PRODUCT, OWN },
	{ "mi_reallocarray", ALLOCATOR_MOVE_PRODUCT, OWN },
	{ "mi_recalloc", ALLOCATOR_MOVE_PRODUCT, OWN },
	{ "mi_heap_malloc", ALLOCATOR_SECOND, OWN },
	{ "mi_heap_zalloc", ALLOCATOR_SECOND, OWN },
	{ "mi_memalign", ALLOCATOR_SECOND, OWN },
	{ "mi_aligned_alloc", ALLOCATOR_SECOND, OWN },
	{ "mi_posix_memalign", ALLOCATOR_STORE, OWN },
	{ "mi_free", ALLOCATOR_FREE, OWN },
	{ "mi_free_size", ALLOCATOR_FREE, OWN },
	{ "mi_free_aligned", ALLOCATOR_FREE, OWN },
	{ "mi_free_size_aligned", ALLOCATOR_FREE, OWN },
	{ "mi_cfree", ALLOCATOR_FREE, OWN },
	/* tcmalloc under its own names */
	{ "tc_malloc", ALLOCATOR_FIRST, OWN },
	{ "tc_calloc", ALLOCATOR_PRODUCT, OWN },
	{ "tc_realloc", ALLOCATOR_MOVE, OWN },
	{ "tc_memalign", ALLOCATOR_SECOND, OWN },
	{ "tc_posix_memalign", ALLOCATOR_STORE, OWN },
	{ "tc_valloc", ALLOCATOR_FIRST, OWN },
	{ "tc_pvalloc", ALLOCATOR_FIRST, OWN },
	{ "tc_new", ALLOCATOR_FIRST, OWN },
	{ "tc_newarray", ALLOCATOR_FIRST, OWN },
	{ "tc_free", ALLOCATOR_FREE, OWN },
	{ "tc_cfree", ALLOCATOR_FREE, OWN },
	{ "tc_delete", ALLOCATOR_FREE, OWN },
	{ "tc_deletearray", ALLOCATOR_FREE, OWN },
};

#define NR_ROWS (sizeof(rows) / sizeof(*rows))

/* Where the functions of each row are; a name may come twice, from both tables. */
struct found {
	uint64_t offsets[NR_ROWS];
	bool has[NR_ROWS];
	bool is_glibc; /* whose operators of C++ are another file's, or call malloc and free */
	const char *prefix;
};

static void visit(void *ctx, const char *name, uint64_t offset)
{
	struct found *found = ctx;
	size_t len = found->prefix ? strlen(found->prefix) : 0, i;

	found->is_glibc |= !strcmp(name, "__libc_malloc");
	if (len && strncmp(name, found->prefix, len))
		return;
	for (i = 0; i < NR_ROWS; i++) {
		if (strcmp(name + len, rows[i].name) || found->has[i] || (found->prefix && rows[i].kind != PLAIN))
			continue;
		found->has[i] = true;
		found->offsets[i] = offset;
	}
}

/* Of two functions with the same code the first counts: its program is that of both. */
static void add(struct allocator *allocator, const struct row *row, uint64_t offset)
{
	size_t i;

	for (i = 0; i < allocator->nr; i++)
		if (allocator->functions[i].offset == offset)
			return;
	if (allocator->nr < MAX_ALLOCATOR_FUNCTIONS)
		allocator->functions[allocator->nr++] =
			(struct allocator_function){ .form = row->form, .offset = offset, .name = row->name };
}

/*
 * Operators of C++ in a file without an allocator of its own, such as libstdc++, call that of another one: then the
 * latter's functions see it all.
 */
void allocator__find(struct allocator *allocator, const struct elf_file *file, const char *prefix)
{
	struct found found = { .prefix = prefix };
	size_t i;

	memset(allocator, 0, sizeof(*allocator));
	allocator->symbols = elf_file__visit_functions(file, visit, &found);
	for (i = 0; i < NR_ROWS; i++)
		if (found.has[i] && (rows[i].kind != CPLUSPLUS || (found.has[0] && !found.is_glibc)))
			add(allocator, &rows[i], found.offsets[i]);
}
