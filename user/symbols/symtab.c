/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "symtab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "starts.h"

/* How many symbols that began later, and ended, may lie between an address and the one that holds it. */
#define MAX_NESTED 8

#define MAX_SIZE (UINT32_MAX >> 2)

struct entry {
	uint64_t start; /* first: starts.h */
	uint32_t size : 30;
	uint32_t unnamed : 1;
	uint32_t unsized : 1; /* size is the most that it can be */
	uint32_t name;	      /* where in strings; the module's name is behind it */
};

struct symtab {
	struct entry *v;
	size_t nr, cap;
	char *strings;
	size_t used, string_cap;
	size_t max_bytes;
	bool sorted;
};

struct symtab *symtab__new(size_t max_bytes)
{
	struct symtab *tab = calloc(1, sizeof(*tab));

	if (tab)
		tab->max_bytes = max_bytes < UINT32_MAX ? max_bytes : UINT32_MAX;
	return tab;
}

void symtab__free(struct symtab *tab)
{
	if (!tab)
		return;
	free(tab->v);
	free(tab->strings);
	free(tab);
}

size_t symtab__bytes(const struct symtab *tab)
{
	return sizeof(*tab) + tab->cap * sizeof(*tab->v) + tab->string_cap;
}

/* Room for need bytes in *array of *cap bytes, which may grow by at most budget. */
static int grow(void **array, size_t *cap, size_t need, size_t budget)
{
	size_t more = *cap ? *cap : 4096;
	void *grown;

	if (need <= *cap)
		return 0;
	if (more < need - *cap)
		more = need - *cap;
	if (more > budget)
		more = budget;
	if (more < need - *cap)
		return -E2BIG;
	grown = realloc(*array, *cap + more);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*cap += more;
	return 0;
}

static size_t budget(const struct symtab *tab)
{
	size_t bytes = symtab__bytes(tab);

	return bytes < tab->max_bytes ? tab->max_bytes - bytes : 0;
}

static int reserve(struct symtab *tab, size_t string_size)
{
	size_t bytes = tab->cap * sizeof(*tab->v);
	void *v = tab->v, *strings = tab->strings;
	int err;

	err = grow(&v, &bytes, (tab->nr + 1) * sizeof(*tab->v), budget(tab));
	tab->v = v;
	tab->cap = bytes / sizeof(*tab->v);
	if (err)
		return err;
	err = grow(&strings, &tab->string_cap, tab->used + string_size, budget(tab));
	tab->strings = strings;
	return err;
}

static uint32_t put_string(struct symtab *tab, const char *text, size_t len)
{
	uint32_t at = (uint32_t)tab->used;

	memcpy(tab->strings + at, text, len);
	tab->strings[at + len] = '\0';
	tab->used += len + 1;
	return at;
}

static int add(struct symtab *tab, struct entry entry, const char *name, const char *module)
{
	size_t name_len = strnlen(name, SYMBOL_NAME_MAX), module_len = strnlen(module, SYMBOL_NAME_MAX);
	int err;

	err = reserve(tab, name_len + module_len + 2);
	if (err)
		return err;
	entry.name = put_string(tab, name, name_len);
	put_string(tab, module, module_len);
	tab->v[tab->nr++] = entry;
	tab->sorted = false;
	return 0;
}

int symtab__add(struct symtab *tab, uint64_t start, uint64_t size, const char *name, const char *module)
{
	struct entry entry = { .start = start, .size = size < MAX_SIZE ? size : MAX_SIZE };

	return add(tab, entry, name, module);
}

int symtab__add_unsized(struct symtab *tab, uint64_t start, uint64_t max_size, const char *name, const char *module)
{
	struct entry entry = { .start = start, .size = max_size < MAX_SIZE ? max_size : MAX_SIZE, .unsized = true };

	return add(tab, entry, name, module);
}

int symtab__add_unnamed(struct symtab *tab, uint64_t start, uint64_t max_size, const char *name)
{
	struct entry entry = {
		.start = start, .size = max_size < MAX_SIZE ? max_size : MAX_SIZE, .unsized = true, .unnamed = true
	};

	return add(tab, entry, name, "");
}

/* The plainest name first: the fewest underscores before it, then the shortest, then by alphabet. */
static int compare_names(const char *a, const char *b)
{
	size_t a_bars = strspn(a, "_"), b_bars = strspn(b, "_"), a_len = strlen(a), b_len = strlen(b);

	if (a_bars != b_bars)
		return a_bars < b_bars ? -1 : 1;
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return strcmp(a, b);
}

static int compare_entries(const void *left, const void *right, void *strings)
{
	const struct entry *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->unnamed != b->unnamed)
		return a->unnamed ? 1 : -1;
	return compare_names((char *)strings + a->name, (char *)strings + b->name);
}

static bool size_is_better(const struct entry *a, const struct entry *b)
{
	return a->unsized == b->unsized ? a->size > b->size : b->unsized;
}

/* Leaves one entry for each address: the plainest name, and the best size that any of its names had. */
static void merge_names(struct symtab *tab)
{
	uint64_t known_to = 0; /* where the last one ends whose name and size are known */
	size_t kept = 0;

	for (size_t i = 0; i < tab->nr; i++) {
		struct entry *last = kept ? &tab->v[kept - 1] : NULL, *entry = &tab->v[i];

		if (entry->unnamed && entry->start < known_to)
			continue;
		if (!entry->unnamed && !entry->unsized && entry->start + entry->size > known_to)
			known_to = entry->start + entry->size;
		if (!last || entry->start != last->start) {
			tab->v[kept++] = *entry;
		} else if (size_is_better(entry, last)) {
			last->size = entry->size;
			last->unsized = entry->unsized;
		}
	}
	tab->nr = kept;
}

static void sort(struct symtab *tab)
{
	if (tab->sorted || !tab->nr)
		return;
	qsort_r(tab->v, tab->nr, sizeof(*tab->v), compare_entries, tab->strings);
	merge_names(tab);
	for (size_t i = 0; i + 1 < tab->nr; i++) {
		uint64_t to_next = tab->v[i + 1].start - tab->v[i].start;

		if (tab->v[i].unsized && to_next < tab->v[i].size)
			tab->v[i].size = to_next;
	}
	tab->sorted = true;
}

bool symtab__find(struct symtab *tab, uint64_t address, struct symbol *symbol)
{
	size_t at, last;

	sort(tab);
	at = starts__count(tab->v, tab->nr, sizeof(*tab->v), address);
	last = at > MAX_NESTED ? at - MAX_NESTED : 0;
	while (at-- > last) {
		const struct entry *entry = &tab->v[at];
		const char *name = tab->strings + entry->name;

		if (address - entry->start >= entry->size)
			continue;
		*symbol = (struct symbol){ .start = entry->start,
					   .end = entry->start + entry->size,
					   .name = name,
					   .module = name + strlen(name) + 1 };
		return true;
	}
	return false;
}

size_t symtab__count(struct symtab *tab)
{
	sort(tab);
	return tab->nr;
}
