// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_activity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map_calls.h"

/* Bits of x86's page-fault error code (arch/x86/include/asm/trap_pf.h). */
#define CODE_PRESENT (1 << 0)
#define CODE_WRITE   (1 << 1)

#define HUGE_BYTES (2 * 1024 * 1024)

/* The exception that a thread took last: its fault, if it is a minor one, has a record behind it. */
struct map_traced_thread {
	uint32_t tid;
	uint32_t code;
	uint64_t address;
	UT_hash_handle hh;
};

static struct map_traced *find(const struct map_activities *all, uint32_t pid)
{
	struct map_traced *traced;

	HASH_FIND(hh, all->processes, &pid, sizeof(pid), traced);
	return traced;
}

static struct map_traced *add(struct map_activities *all, const struct mt_memory *record)
{
	struct map_traced *traced = calloc(1, sizeof(*traced));

	if (!traced)
		return NULL;
	traced->first = *record;
	/* what began within the interval had nothing before */
	if (record->who.start_ns >= all->begun_ns)
		traced->first.anon_rss_bytes = traced->first.file_rss_bytes = traced->first.shmem_rss_bytes =
			traced->first.swap_bytes = 0;
	HASH_ADD(hh, all->processes, first.who.pid, sizeof(traced->first.who.pid), traced);
	if (traced->hh.tbl)
		return traced;
	free(traced);
	return NULL;
}

static void forget_threads(struct map_traced *traced)
{
	struct map_traced_thread *thread, *next;

	HASH_ITER (hh, traced->threads, thread, next) {
		HASH_DEL(traced->threads, thread);
		free(thread);
	}
}

static void forget(struct map_activities *all, struct map_traced *traced)
{
	HASH_DEL(all->processes, traced);
	forget_threads(traced);
	free(traced->faults);
	free(traced->calls);
	free(traced);
}

int map_activities__memory(struct map_activities *all, const struct mt_memory *record)
{
	struct map_traced *traced = find(all, record->who.pid);

	/* the pid is used again */
	if (traced && traced->first.who.start_ns != record->who.start_ns) {
		forget(all, traced);
		traced = NULL;
	}
	if (!traced)
		traced = add(all, record);
	if (!traced)
		return -ENOMEM;
	traced->last = *record;
	return 0;
}

static int keep(struct map_traced *traced, uint64_t address, uint32_t what)
{
	size_t room = traced->room ? 2 * traced->room : 1024;
	struct map_fault *faults;

	if (traced->nr_faults == MAP_FAULTS_MAX) {
		traced->dropped++;
		return 0;
	}
	if (traced->nr_faults == traced->room) {
		faults = reallocarray(traced->faults, room, sizeof(*faults));
		if (!faults)
			return -ENOMEM;
		traced->faults = faults;
		traced->room = room;
	}
	traced->faults[traced->nr_faults++] = (struct map_fault){ .address = address, .what = what };
	return 0;
}

/* The process of a record, which may come before that of its memory; NULL: it is not known, and the fault is dropped.
 */
static struct map_traced *process_of(struct map_activities *all, const struct mt_who *who)
{
	struct map_traced *traced = who ? find(all, who->pid) : NULL;
	struct mt_memory unread = { 0 };

	if (who && !traced) {
		unread.who = *who;
		traced = add(all, &unread);
	}
	if (!traced)
		all->dropped++;
	else if (!traced->last.hdr.id)
		traced->last.who = *who; /* by its newest name */
	return traced;
}

static struct map_traced_thread *thread_of(struct map_traced *traced, uint32_t tid, bool make)
{
	struct map_traced_thread *thread;

	HASH_FIND(hh, traced->threads, &tid, sizeof(tid), thread);
	if (thread || !make)
		return thread;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		return NULL;
	thread->tid = tid;
	HASH_ADD(hh, traced->threads, tid, sizeof(tid), thread);
	if (thread->hh.tbl)
		return thread;
	free(thread);
	return NULL;
}

int map_activities__fault(struct map_activities *all, const struct mt_who *who, const struct mt_fault *record)
{
	const uint32_t refused = CODE_PRESENT | CODE_WRITE;
	struct map_traced *traced = process_of(all, who);
	struct map_traced_thread *thread = traced ? thread_of(traced, who->tid, true) : NULL;

	if (!traced)
		return 0;
	if (!thread)
		return -ENOMEM;
	thread->address = record->address;
	thread->code = record->error_code;
	return (record->error_code & refused) == refused ? keep(traced, record->address, FAULT_WRITE_PRESENT) : 0;
}

static uint32_t swap_of(int32_t backing)
{
	if (backing == MT_BACKING_SWAP)
		return FAULT_SWAPPED;
	return backing == MT_UNKNOWN_S32 ? FAULT_UNSURE : 0;
}

int map_activities__minor(struct map_activities *all, const struct mt_who *who, const struct mt_minor *record)
{
	struct map_traced *traced = process_of(all, who);
	struct map_traced_thread *thread = traced ? thread_of(traced, who->tid, false) : NULL;
	uint32_t what = FAULT_MINOR;

	if (!traced)
		return 0;
	if (thread && thread->address / all->page_size == record->address / all->page_size &&
	    !(thread->code & CODE_PRESENT))
		what |= FAULT_ABSENT;
	what |= swap_of(record->backing);
	if (record->kind == MT_MINOR_COPIED)
		what |= FAULT_COPIED;
	else if (record->kind == MT_MINOR_FIRST_TOUCH || record->kind == MT_MINOR_ZERO_PAGE)
		what |= FAULT_FIRST;
	else if (record->kind == MT_UNKNOWN_S32)
		what |= FAULT_UNTOLD;
	return keep(traced, record->address, what);
}

int map_activities__major(struct map_activities *all, const struct mt_major *record)
{
	struct map_traced *traced = process_of(all, &record->who);

	return traced ? keep(traced, record->address, FAULT_MAJOR | swap_of(record->backing)) : 0;
}

int map_activities__space(struct map_activities *all, const struct mt_who *who, const struct mt_space *record)
{
	struct map_traced *traced = who ? find(all, who->pid) : NULL;
	uint64_t dropped = all->dropped;

	if (!traced) {
		traced = process_of(all, who);
		all->dropped = dropped; /* it is no fault */
	}
	return traced ? map_calls__keep(traced, record) : 0;
}

void map_activities__heap(struct map_activities *all, uint32_t pid, uint64_t end)
{
	struct map_traced *traced = find(all, pid);

	if (traced && !traced->heap_end && !traced->nr_calls)
		traced->heap_end = end;
}

static void next_interval(struct map_activities *all)
{
	struct map_traced *traced, *next;

	HASH_ITER (hh, all->processes, traced, next) {
		if (traced->last.ended) {
			forget(all, traced);
			continue;
		}
		traced->first = traced->last;
		traced->nr_faults = 0;
		traced->dropped = 0;
		map_calls__forget(traced, all->page_size);
		forget_threads(traced);
	}
	all->dropped = 0;
}

void map_activities__begin(struct map_activities *all, uint64_t now_ns)
{
	next_interval(all);
	all->begun_ns = now_ns;
}

void map_activities__done(struct map_activities *all)
{
	struct map_traced *traced, *next;

	HASH_ITER (hh, all->processes, traced, next)
		forget(all, traced);
}

uint64_t map_activity__held(const struct mt_memory *record)
{
	return record->anon_rss_bytes + record->file_rss_bytes + record->shmem_rss_bytes + record->swap_bytes;
}

/* The area that has the address, or NULL. */
static const struct map_area *area_at(const struct process_map *map, uint64_t address)
{
	size_t low = 0, high = map->nr_areas, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (map->areas[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->nr_areas && map->areas[low].start <= address ? &map->areas[low] : NULL;
}

static bool is_private(enum map_class class)
{
	return class == MAPPED_HEAP || class == MAPPED_ARENAS || class == MAPPED_STACK || class == MAPPED_STACKS ||
	       class == MAPPED_ANON || class == MAPPED_JIT || class == MAPPED_JAVA_HEAP || class == MAPPED_METASPACE ||
	       class == MAPPED_CODE_CACHE || class == MAPPED_GC;
}

/* A fault that gives a huge page is no page of the usual size. */
static bool may_be_huge(const struct process_map *map, const struct map_group *group)
{
	return map->scanned && group->known ? group->huge != 0 : group->size >= HUGE_BYTES;
}

static bool tells_first_touch(const struct process_map *map, const struct map_group *group)
{
	return is_private(group->class) && !may_be_huge(map, group);
}

/* By the code of the exception and what the page was; without codes by the kind of the fault, if that is known. */
static void count_first_touch(uint64_t *bytes, uint32_t what, const struct map_activities *all, bool swap)
{
	bool first = what & (all->has_codes ? FAULT_ABSENT : FAULT_FIRST) && !(what & FAULT_SWAPPED);
	bool untold = all->has_codes ? first && what & FAULT_UNSURE && swap : (what & FAULT_UNTOLD) != 0;

	if (*bytes == MT_UNKNOWN_U64)
		return;
	if (untold)
		*bytes = MT_UNKNOWN_U64;
	else if (first)
		*bytes += all->page_size;
}

static void count(struct map_activity *activity, uint32_t what, const struct map_activities *all, bool swap)
{
	activity->minor += (what & FAULT_MINOR) != 0;
	activity->major += (what & FAULT_MAJOR) != 0;
	if (activity->write_present != MT_UNKNOWN_U64)
		activity->write_present += (what & FAULT_WRITE_PRESENT) != 0;
	if (what & FAULT_UNTOLD)
		activity->copied = MT_UNKNOWN_U64;
	else if (activity->copied != MT_UNKNOWN_U64)
		activity->copied += (what & FAULT_COPIED) != 0;
	if (what & FAULT_UNSURE && swap)
		activity->swapped_in = MT_UNKNOWN_U64;
	else if (activity->swapped_in != MT_UNKNOWN_U64)
		activity->swapped_in += (what & FAULT_SWAPPED) != 0;
	count_first_touch(&activity->first_touch_bytes, what, all, swap);
}

/* The list has room for it: map_groups__make(). */
static void add_unmapped(struct map_groups *groups, bool any)
{
	if (any)
		groups->list[groups->nr++] = (struct map_group){
			.name = "[unmapped]", .class = MAPPED_GONE, .known = true, .referenced = MT_UNKNOWN_U64
		};
}

/* Before anything is counted. */
static struct map_activity nothing(bool has_codes, bool first_touch)
{
	return (struct map_activity){ .write_present = has_codes ? 0 : MT_UNKNOWN_U64,
				      .first_touch_bytes = first_touch ? 0 : MT_UNKNOWN_U64 };
}

/* Whether any of it is mapped no more. */
static bool add_calls(const struct map_activities *all, struct map_traced *traced, const struct process_map *map,
		      const struct map_groups *groups, struct map_activity *sums)
{
	size_t i;

	if (all->has_calls && !traced->calls_dropped)
		return map_calls__sum(traced, map, groups, all->page_size, sums);
	for (i = 0; i <= groups->nr; i++)
		sums[i].asked_bytes = sums[i].returned_bytes = MT_UNKNOWN_U64;
	return false;
}

int map_activity__sum(const struct map_activities *all, struct map_traced *traced, const struct process_map *map,
		      struct map_groups *groups, struct map_activity **list)
{
	struct map_activity *sums = calloc(groups->nr + 1, sizeof(*sums));
	bool swap = traced->first.swap_bytes || traced->last.swap_bytes, unmapped = false;
	size_t i;

	*list = sums;
	if (!sums)
		return -ENOMEM;
	for (i = 0; i < groups->nr; i++)
		sums[i] = nothing(all->has_codes, tells_first_touch(map, &groups->list[i]));
	sums[i] = nothing(all->has_codes, false);
	for (i = 0; i < traced->nr_faults; i++) {
		const struct map_fault *fault = &traced->faults[i];
		const struct map_area *area = area_at(map, fault->address);
		size_t place = area ? groups->of_area[area - map->areas] : groups->nr;

		unmapped |= !area;
		count(&sums[place], fault->what, all, swap);
	}
	unmapped |= add_calls(all, traced, map, groups, sums);
	add_unmapped(groups, unmapped);
	return 0;
}
