// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_class.h"

#include "map_jvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define MIB (1024 * 1024ULL)
/* HEAP_MAX_SIZE of glibc's malloc/arena.c on 64 bits: twice DEFAULT_MMAP_THRESHOLD_MAX. */
#define ARENA_SIZE (64 * MIB)
/* A guard below a stack is a page by default; programs may ask for more. */
#define GUARD_MAX (64 * 1024)
/* A stack that is larger is none that anybody has asked for. */
#define STACK_MAX (1024 * MIB)

static const char *const class_names[NR_MAP_CLASSES] = {
	[MAPPED_HEAP] = "heap",
	[MAPPED_ARENAS] = "arenas",
	[MAPPED_STACK] = "stack",
	[MAPPED_STACKS] = "stacks",
	[MAPPED_ANON] = "anon",
	[MAPPED_JIT] = "jit",
	[MAPPED_FILE] = "file",
	[MAPPED_SHM] = "shm",
	[MAPPED_HUGETLB] = "hugetlb",
	[MAPPED_DEVICE] = "device",
	[MAPPED_KERNEL] = "kernel",
	[MAPPED_GONE] = "gone",
	[MAPPED_JAVA_HEAP] = "java-heap",
	[MAPPED_METASPACE] = "metaspace",
	[MAPPED_CODE_CACHE] = "code-cache",
	[MAPPED_GC] = "gc",
};

const char *map_class__name(enum map_class class)
{
	return class_names[class];
}

/* The first row that fits says the class; what fits none is a file. */
static const struct {
	const char *name;	  /* with a * at its end: what it begins with */
	unsigned int permissions; /* that it must have */
	enum map_class class;
} names[] = {
	{ "[heap]", 0, MAPPED_HEAP },
	{ "[stack]", 0, MAPPED_STACK },
	{ "[stack:*", 0, MAPPED_STACKS },
	{ "[anon_shmem:*", 0, MAPPED_SHM },
	{ "[anon:glibc: malloc arena]", 0, MAPPED_ARENAS },
	{ "[anon:*", MAPPED_EXEC, MAPPED_JIT },
	{ "[anon:*", 0, MAPPED_ANON },
	{ "[*", 0, MAPPED_KERNEL },
	{ "anon_inode:*", 0, MAPPED_DEVICE },
	{ "/anon_hugepage*", 0, MAPPED_HUGETLB },
	{ "/dev/hugepages/*", 0, MAPPED_HUGETLB },
	{ "/memfd:java_heap", 0, MAPPED_JAVA_HEAP }, /* of its collector Z */
	{ "/memfd:*", MAPPED_EXEC, MAPPED_JIT },
	{ "/memfd:*", 0, MAPPED_SHM },
	{ "/SYSV*", 0, MAPPED_SHM },
	{ "/dev/shm/*", 0, MAPPED_SHM },
	{ "/dev/zero*", MAPPED_SHARED, MAPPED_SHM },
	{ "/dev/*", 0, MAPPED_DEVICE },
	{ "", MAPPED_EXEC, MAPPED_JIT },
	{ "", 0, MAPPED_ANON },
};

static bool fits(const char *name, const char *wanted)
{
	size_t len = strlen(wanted);

	return len && wanted[len - 1] == '*' ? !strncmp(name, wanted, len - 1) : !strcmp(name, wanted);
}

static enum map_class class_by_name(const struct map_area *area)
{
	size_t i;

	for (i = 0; i < NR(names); i++)
		if ((area->permissions & names[i].permissions) == names[i].permissions &&
		    fits(area->name, names[i].name))
			return names[i].class;
	return MAPPED_FILE;
}

/* Files that the kernel makes for itself: no directory ever had them, and to it they are deleted from the start. */
static bool is_file_of_kernel(const struct map_area *area)
{
	static const char *const made[] = { "/memfd:*", "/SYSV*", "/dev/zero", "/anon_hugepage", "/[aio]" };
	size_t i;

	for (i = 0; i < NR(made); i++)
		if (fits(area->name, made[i]))
			return true;
	return false;
}

static bool is_plain(const struct map_area *area)
{
	return !area->name[0] && !(area->permissions & MAPPED_SHARED);
}

static bool is_writable(const struct map_area *area)
{
	return (area->permissions & (MAPPED_READ | MAPPED_WRITE)) == (MAPPED_READ | MAPPED_WRITE);
}

static bool is_closed(const struct map_area *area)
{
	return is_plain(area) && !(area->permissions & (MAPPED_READ | MAPPED_WRITE | MAPPED_EXEC));
}

/* What follows it up to the next multiple is not accessible; a heap that is full has no such rest. */
static void tell_arena(struct process_map *map, size_t i)
{
	struct map_area *area = &map->areas[i], *next = i + 1 < map->nr_areas ? area + 1 : NULL;

	if (area->start % ARENA_SIZE || !is_plain(area) || !is_writable(area) || area->class != MAPPED_ANON || !next)
		return;
	if (next->start != area->end || next->end % ARENA_SIZE || next->end - area->start > ARENA_SIZE ||
	    !is_closed(next))
		return;
	area->class = next->class = MAPPED_ARENAS;
}

static void tell_stack(struct process_map *map, size_t i)
{
	struct map_area *area = &map->areas[i], *guard = i ? area - 1 : NULL;

	if (!guard || !is_plain(area) || !is_writable(area) || area->class != MAPPED_ANON ||
	    area->end - area->start > STACK_MAX)
		return;
	if (guard->end != area->start || guard->end - guard->start > GUARD_MAX || !is_closed(guard) ||
	    guard->class != MAPPED_ANON)
		return;
	area->class = guard->class = MAPPED_STACKS;
}

void map_class__tell(struct process_map *map)
{
	size_t i;

	for (i = 0; i < map->nr_areas; i++)
		map->areas[i].class = class_by_name(&map->areas[i]);
	for (i = 0; i < map->nr_areas; i++)
		tell_arena(map, i);
	for (i = 0; i < map->nr_areas; i++)
		tell_stack(map, i);
	map_jvm__tell(map);
}

/* Names of groups whose areas have none. */
static const char *const group_names[NR_MAP_CLASSES] = {
	[MAPPED_ARENAS] = "[malloc arenas]",
	[MAPPED_STACKS] = "[thread stacks]",
	[MAPPED_ANON] = "[anon]",
	[MAPPED_JIT] = "[jit]",
	[MAPPED_JAVA_HEAP] = "[java heap]",
	[MAPPED_METASPACE] = "[java metaspace]",
	[MAPPED_CODE_CACHE] = "[java code cache]",
	[MAPPED_GC] = "[java gc]",
};

/* Whether areas of a class are a group of one name, wherever they are. */
static bool is_one(enum map_class class)
{
	return class == MAPPED_ARENAS || class == MAPPED_STACKS || class == MAPPED_JAVA_HEAP ||
	       class == MAPPED_METASPACE || class == MAPPED_CODE_CACHE || class == MAPPED_GC;
}

static const char *name_of(const struct map_area *area)
{
	const char *name = group_names[area->class];

	return name && (!area->name[0] || is_one(area->class)) ? name : area->name;
}

/* Whether areas of that kind are a group wherever they are. */
static bool is_spread(const struct map_area *area)
{
	return area->name[0] || is_one(area->class);
}

/* Areas in the order of their groups: what is spread by class, name and file, the rest by address. */
static int by_group(const struct map_area *a, const struct map_area *b)
{
	int order = (int)is_spread(a) - (int)is_spread(b);

	if (order || !is_spread(a))
		return order;
	order = (int)a->class - (int)b->class;
	/* areas of a file share its name */
	if (!order && name_of(a) != name_of(b))
		order = strcmp(name_of(a), name_of(b));
	if (order || is_one(a->class))
		return order;
	order = (a->inode > b->inode) - (a->inode < b->inode);
	if (!order)
		order = (a->dev > b->dev) - (a->dev < b->dev);
	return order ? order : (int)a->deleted - (int)b->deleted;
}

static int in_order(const void *a, const void *b)
{
	const struct map_area *first = *(const struct map_area *const *)a;
	const struct map_area *second = *(const struct map_area *const *)b;
	int order = by_group(first, second);

	return order ? order : (first->start > second->start) - (first->start < second->start);
}

static bool is_same_group(const struct map_area *a, const struct map_area *b)
{
	if (by_group(a, b))
		return false;
	return is_spread(a) || (a->end == b->start && a->class == b->class);
}

static void add_area(struct map_group *group, const struct map_area *area)
{
	group->size += area->end - area->start;
	group->nr++;
	group->known &= area->known;
	group->rss += area->rss;
	group->swap += area->swap;
	group->huge += area->huge;
}

/* mm->total_vm is without [vsyscall], which no process has mapped by itself; mm's rss is without hugetlb. */
static void add_to_sum(struct map_group *sum, const struct map_area *area)
{
	struct map_area counted = *area;

	if (!strcmp(area->name, "[vsyscall]"))
		return;
	if (area->class == MAPPED_HUGETLB)
		counted.rss = counted.huge = 0;
	add_area(sum, &counted);
}

static int larger_first(const void *a, const void *b)
{
	const struct map_group *first = *(const struct map_group *const *)a;
	const struct map_group *second = *(const struct map_group *const *)b;

	if (first->rss + first->swap != second->rss + second->swap)
		return first->rss + first->swap < second->rss + second->swap ? 1 : -1;
	if (first->size != second->size)
		return first->size < second->size ? 1 : -1;
	return (first->start > second->start) - (first->start < second->start);
}

/* Sorts the groups; what is said of areas follows. */
static int rank(struct map_groups *groups, size_t nr_areas)
{
	struct map_group **order = calloc(groups->nr + 1, sizeof(struct map_group *));
	struct map_group *sorted = calloc(groups->nr + 1, sizeof(*sorted));
	uint32_t *places = calloc(groups->nr + 1, sizeof(*places));
	size_t i;
	int err = order && sorted && places ? 0 : -ENOMEM;

	for (i = 0; !err && i < groups->nr; i++)
		order[i] = &groups->list[i];
	if (!err)
		qsort(order, groups->nr, sizeof(struct map_group *), larger_first);
	for (i = 0; !err && i < groups->nr; i++) {
		sorted[i] = *order[i];
		places[order[i] - groups->list] = (uint32_t)i;
	}
	for (i = 0; !err && i < nr_areas; i++)
		groups->of_area[i] = places[groups->of_area[i]];
	if (!err) {
		free(groups->list);
		groups->list = sorted;
		sorted = NULL;
	}
	free(order);
	free(sorted);
	free(places);
	return err;
}

static void gather(struct map_groups *groups, const struct process_map *map, const struct map_area *const *order)
{
	struct map_group *group = NULL;
	size_t i;

	for (i = 0; i < map->nr_areas; i++) {
		if (!i || !is_same_group(order[i - 1], order[i])) {
			group = &groups->list[groups->nr++];
			*group = (struct map_group){ .name = name_of(order[i]),
						     .class = order[i]->class,
						     .deleted = order[i]->deleted && !is_file_of_kernel(order[i]),
						     .start = order[i]->start,
						     .known = true };
		}
		add_area(group, order[i]);
		groups->of_area[order[i] - map->areas] = (uint32_t)(groups->nr - 1);
	}
}

int map_groups__make(struct map_groups *groups, const struct process_map *map)
{
	const struct map_area **order = calloc(map->nr_areas + 1, sizeof(const struct map_area *));
	size_t i;
	int err;

	*groups = (struct map_groups){ .sum = { .known = true } };
	groups->list = calloc(map->nr_areas + 1, sizeof(*groups->list));
	groups->of_area = calloc(map->nr_areas + 1, sizeof(*groups->of_area));
	err = order && groups->list && groups->of_area ? 0 : -ENOMEM;
	for (i = 0; !err && i < map->nr_areas; i++) {
		order[i] = &map->areas[i];
		add_to_sum(&groups->sum, order[i]);
	}
	if (!err) {
		qsort(order, map->nr_areas, sizeof(const struct map_area *), in_order);
		gather(groups, map, order);
		err = rank(groups, map->nr_areas);
	}
	free(order);
	return err;
}

void map_groups__take_referenced(struct map_groups *groups, const struct process_map *map)
{
	size_t i;

	for (i = 0; i < groups->nr; i++)
		groups->list[i].referenced = map->knows_referenced ? 0 : MT_UNKNOWN_U64;
	groups->sum.referenced = map->knows_referenced ? 0 : MT_UNKNOWN_U64;
	for (i = 0; map->knows_referenced && i < map->nr_areas; i++) {
		groups->list[groups->of_area[i]].referenced += map->areas[i].referenced;
		groups->sum.referenced += map->areas[i].referenced;
	}
}

static void begin_nodes(struct map_group *group, bool known)
{
	for (size_t i = 0; i < MAP_NODES; i++)
		group->nodes[i] = known ? 0 : MT_UNKNOWN_U64;
}

void map_groups__take_nodes(struct map_groups *groups, const struct process_map *map)
{
	size_t i, node;

	for (i = 0; i < groups->nr; i++)
		begin_nodes(&groups->list[i], map->nodes);
	begin_nodes(&groups->sum, map->nodes);
	for (i = 0; map->nodes && i < map->nr_areas; i++) {
		for (node = 0; node < MAP_NODES; node++) {
			groups->list[groups->of_area[i]].nodes[node] += map->nodes[i][node];
			if (map->areas[i].class != MAPPED_HUGETLB)
				groups->sum.nodes[node] += map->nodes[i][node];
		}
	}
}

void map_groups__done(struct map_groups *groups)
{
	free(groups->list);
	free(groups->of_area);
	*groups = (struct map_groups){ 0 };
}
