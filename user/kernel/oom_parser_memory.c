// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Lines about memory: limits, memory.stat, Mem-Info, zones, slabs. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_parser_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define KIB	  1024
#define TOO_LARGE (UINT64_MAX / KIB / 2)

#define AT_CHARGE(member) offsetof(struct oom_charge, member)
#define AT_INFO(member)	  offsetof(struct oom_info, member)

struct place {
	const char *key;
	size_t offset;
};

static uint64_t *at(void *base, size_t offset)
{
	return (uint64_t *)((char *)base + offset);
}

/* What is unknown counts as nothing. */
static void add_to(uint64_t *sum, uint64_t value)
{
	*sum = *sum == MT_UNKNOWN_U64 ? value : *sum + value;
}

/* "usage 65536kB, limit 65536kB, failcnt 59" */
static void read_counter(const char *text, uint64_t *usage, uint64_t *limit, uint64_t *failcnt)
{
	uint64_t value = oom_text__number(text, "usage ");

	*usage = value > TOO_LARGE ? MT_UNKNOWN_U64 : value * KIB;
	value = oom_text__number(text, "limit ");
	if (limit)
		*limit = value > TOO_LARGE ? MT_UNKNOWN_U64 : value * KIB;
	if (failcnt)
		*failcnt = oom_text__number(text, "failcnt ");
}

static void read_memory(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__open(parser, when);

	parser->in_trace = false;
	if (!pending)
		return;
	read_counter(rest, &pending->kill.limit.usage, &pending->kill.limit.bytes, &pending->kill.limit.failcnt);
	if (pending->kill.kind == OOM_KIND_UNKNOWN)
		pending->kill.kind = OOM_KIND_MEMCG;
}

static void read_swap(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);

	(void)when;
	if (pending)
		read_counter(rest, &pending->kill.limit.swap_usage, &pending->kill.limit.swap_bytes, NULL);
}

static void read_memsw(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);

	(void)when;
	if (pending)
		read_counter(rest, &pending->kill.limit.memsw_usage, &pending->kill.limit.memsw_bytes, NULL);
}

static void read_kmem(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);

	(void)when;
	if (pending)
		read_counter(rest, &pending->kill.limit.kmem_usage, NULL, NULL);
}

/*
 * Of memory.stat.  v2 has the names of the first rows, v1 those of the others, of which total_* are with the cgroups
 * below.
 */
static const struct place stats[] = {
	{ "anon", AT_CHARGE(anon) },
	{ "file", AT_CHARGE(file) },
	{ "shmem", AT_CHARGE(shmem) },
	{ "slab_reclaimable", AT_CHARGE(slab_reclaimable) },
	{ "slab_unreclaimable", AT_CHARGE(slab_unreclaimable) },
	{ "pagetables", AT_CHARGE(page_tables) },
	{ "sock", AT_CHARGE(sockets) },
	{ "kernel", AT_CHARGE(kernel) },
	{ "kernel_stack", AT_CHARGE(kernel_stack) },
	{ "unevictable", AT_CHARGE(unevictable) },
	{ "file_dirty", AT_CHARGE(dirty) },
	{ "file_writeback", AT_CHARGE(writeback) },
	{ "rss", AT_CHARGE(anon) },
	{ "cache", AT_CHARGE(file) },
	{ "dirty", AT_CHARGE(dirty) },
	{ "writeback", AT_CHARGE(writeback) },
	{ "total_rss", AT_CHARGE(anon) },
	{ "total_cache", AT_CHARGE(file) },
	{ "total_shmem", AT_CHARGE(shmem) },
	{ "total_dirty", AT_CHARGE(dirty) },
	{ "total_writeback", AT_CHARGE(writeback) },
	{ "total_unevictable", AT_CHARGE(unevictable) },
};

/* Of Mem-Info (lib/show_mem.c: show_free_areas()), in pages. */
static const struct place infos[] = {
	{ "active_anon", AT_INFO(active_anon) },
	{ "inactive_anon", AT_INFO(inactive_anon) },
	{ "active_file", AT_INFO(active_file) },
	{ "inactive_file", AT_INFO(inactive_file) },
	{ "unevictable", AT_INFO(unevictable) },
	{ "dirty", AT_INFO(dirty) },
	{ "writeback", AT_INFO(writeback) },
	{ "slab_reclaimable", AT_INFO(slab_reclaimable) },
	{ "slab_unreclaimable", AT_INFO(slab_unreclaimable) },
	{ "shmem", AT_INFO(shmem) },
	{ "pagetables", AT_INFO(page_tables) },
	{ "free", AT_INFO(free) },
};

static const struct place *find_place(const struct place *places, size_t nr, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strlen(places[i].key) == len && !strncmp(places[i].key, key, len))
			return &places[i];
	return NULL;
}

/* "key:1234KB key:0KB" or "key:1234 key:0": calls for each.  False: it is another text. */
static bool each_pair(const char *text, void (*take)(void *ctx, const char *key, size_t len, uint64_t value), void *ctx)
{
	unsigned long long value;
	size_t len;
	char *end;

	for (; *text; text += strspn(text, " ")) {
		len = strcspn(text, ": ");
		if (!len || text[len] != ':' || !isdigit((unsigned char)text[len + 1]))
			return false;
		value = strtoull(text + len + 1, &end, 10);
		if (!strncmp(end, "KB", 2) || !strncmp(end, "kB", 2))
			end += 2;
		take(ctx, text, len, value);
		text = end + strcspn(end, " ");
	}
	return true;
}

static void add_stat(void *ctx, const char *key, size_t len, uint64_t value)
{
	const struct place *place = find_place(stats, NR(stats), key, len);
	struct oom_kill *kill = ctx;

	if (!place || value > TOO_LARGE)
		return;
	add_to(at(&kill->charge, place->offset), value * KIB);
	kill->has_charge = true;
}

/* Before 5.3 one line for each cgroup below the limit, each with what it is charged for alone. */
static void begin_stats(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__open(parser, when);
	char *end = oom_text__last(rest, ": ");

	if (!pending)
		return;
	if (end)
		each_pair(end + 2, add_stat, &pending->kill);
	else
		end = rest + strlen(rest) - (*rest && rest[strlen(rest) - 1] == ':');
	if (!pending->kill.limit.cgroup[0])
		oom_text__copy(pending->kill.limit.cgroup, OOM_PATH, rest, end);
	parser->in_stats = true;
}

static void begin_info(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);

	(void)when;
	(void)rest;
	parser->in_trace = false;
	/* others have it as well: a failed allocation, a user who asked */
	parser->in_info = pending && !pending->kill.has_machine;
}

static void begin_slabs(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	(void)when;
	(void)rest;
	parser->in_info = false;
	parser->in_slabs = oom_parser__current(parser);
}

static void set_info(void *ctx, const char *key, size_t len, uint64_t value)
{
	const struct place *place = find_place(infos, NR(infos), key, len);
	struct oom_pending *pending = ctx;

	if (place)
		*at(&pending->info, place->offset) = value;
	pending->kill.has_machine = true;
}

/* "anon 1234" */
static void read_stat(struct oom_kill *kill, const char *text)
{
	size_t len = strcspn(text, " ");
	const struct place *place = find_place(stats, NR(stats), text, len);

	if (!place || text[len] != ' ' || !isdigit((unsigned char)text[len + 1]))
		return;
	*at(&kill->charge, place->offset) = strtoull(text + len + 1, NULL, 10);
	kill->has_charge = true;
}

/* "kmalloc-8k       1234KB       1240KB": what is used, what is taken */
static void read_slab(struct oom_kill *kill, const char *text)
{
	unsigned long long used, total;
	struct oom_slab slab;
	size_t i, last;

	if (sscanf(text, "%63s %15lluKB %15lluKB", slab.name, &used, &total) != 3)
		return;
	slab.bytes = total * KIB;
	for (i = 0; i < kill->nr_slabs && kill->slabs[i].bytes >= slab.bytes;)
		i++;
	if (i == OOM_SLABS_MAX)
		return;
	kill->nr_slabs += kill->nr_slabs < OOM_SLABS_MAX;
	for (last = kill->nr_slabs - 1; last > i; last--)
		kill->slabs[last] = kill->slabs[last - 1];
	kill->slabs[i] = slab;
}

void oom_parser__stats(struct oom_parser *parser, const char *text)
{
	struct oom_pending *pending = oom_parser__current(parser);

	if (!pending)
		return;
	if (parser->in_stats)
		read_stat(&pending->kill, text);
	else if (parser->in_info)
		each_pair(text, set_info, pending);
	else if (parser->in_slabs)
		read_slab(&pending->kill, text);
}

static struct oom_zone *add_zone(struct oom_machine *machine, uint32_t node, const char *name, size_t len)
{
	struct oom_zone *zone;

	for (zone = machine->zones; zone < machine->zones + machine->nr_zones; zone++)
		if (zone->node == node && strlen(zone->name) == len && !strncmp(zone->name, name, len))
			return zone;
	if (machine->nr_zones == OOM_ZONES_MAX || len >= sizeof(zone->name))
		return NULL;
	machine->nr_zones++;
	zone->node = node;
	oom_text__copy(zone->name, sizeof(zone->name), name, name + len);
	zone->free = zone->min = zone->low = zone->high = zone->managed = MT_UNKNOWN_U64;
	return zone;
}

static uint64_t in_bytes(const char *text, const char *key)
{
	uint64_t value = oom_text__number(text, key);

	return value > TOO_LARGE ? MT_UNKNOWN_U64 : value * KIB;
}

/* " free:12kB boost:0kB min:34kB low:56kB ... managed:78kB" */
static void read_watermarks(struct oom_zone *zone, const char *text)
{
	zone->free = in_bytes(text, " free:");
	zone->min = in_bytes(text, " min:");
	zone->low = in_bytes(text, " low:");
	zone->high = in_bytes(text, " high:");
	zone->managed = in_bytes(text, " managed:");
}

/* ": 45*4kB (U) 40*8kB (UE) 0*16kB = 500kB": free blocks by order, the first of which have one page */
static void read_blocks(struct oom_kill *kill, struct oom_zone *zone, const char *text)
{
	unsigned long long nr, size, page = 0;
	int len;

	zone->nr_orders = 0;
	for (; zone->nr_orders < OOM_ORDERS; text += len) {
		text += strcspn(text, "0123456789=");
		len = 0;
		if (sscanf(text, "%15llu*%15llukB%n", &nr, &size, &len) != 2 || !len)
			break;
		page = page ? page : size;
		if (size != page << zone->nr_orders)
			break;
		zone->blocks[zone->nr_orders++] = nr;
	}
	if (page && page <= KIB && !(page & (page - 1)) && page >= 4)
		kill->page_size = page * KIB;
}

/* "0 DMA32 free:...", "0 DMA32: 1*4kB ..."; "0 active_anon:..." is of the node */
static void read_node(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);
	struct oom_zone *zone;
	unsigned int node;
	int len = 0;
	size_t name;

	(void)when;
	if (!parser->in_info || !pending || sscanf(rest, "%4u %n", &node, &len) != 1 || !len)
		return;
	rest += len;
	name = strspn(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
	if (!name || (strncmp(rest + name, " free:", 6) && strncmp(rest + name, ": ", 2)))
		return;
	zone = add_zone(&pending->kill.machine, node, rest, name);
	if (!zone)
		return;
	if (rest[name] == ' ')
		read_watermarks(zone, rest + name);
	else
		read_blocks(&pending->kill, zone, rest + name + 1);
	pending->kill.has_machine = true;
}

static void read_swap_free(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	(void)when;
	if (parser->in_info && oom_parser__current(parser))
		parser->last->kill.machine.swap_free = in_bytes(rest, "= ");
}

static void read_swap_total(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	(void)when;
	if (parser->in_info && oom_parser__current(parser))
		parser->last->kill.machine.swap_total = in_bytes(rest, "= ");
}

const struct oom_message oom_memory_messages[] = {
	{ "memory: ", read_memory },
	{ "memory+swap: ", read_memsw },
	{ "swap: ", read_swap },
	{ "kmem: ", read_kmem },
	{ "Memory cgroup stats for ", begin_stats },
	{ "Mem-Info:", begin_info },
	{ "Node ", read_node },
	{ "Free swap ", read_swap_free },
	{ "Total swap ", read_swap_total },
	{ "Unreclaimable slab info:", begin_slabs },
	{ NULL, NULL },
};
