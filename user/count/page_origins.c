// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_origins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 256
#define RETRY	   4096

/* Of a larger sample a huge page that was made of small ones, each with a touch, cannot be told from one with a single
 * touch. */
#define SAMPLE_OF_HUGE 32

/* Keys are twice as large. */
#define ADDRESSES_END (1ULL << 62)

static uint64_t weight(const struct page_origins *origins)
{
	return origins->sample > 1 ? origins->sample : 1;
}

static struct page_process *find(const struct page_origins *origins, const struct mt_who *who)
{
	struct page_process one = { .key = { .pid = who->pid, .start_ns = who->start_ns } }, *found;

	HASH_FIND(hh, origins->processes, &one.key, sizeof(one.key), found);
	return found;
}

static struct page_process *find_or_add(struct page_origins *origins, const struct mt_who *who)
{
	struct page_process *process = find(origins, who);

	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->key.pid = who->pid;
	process->key.start_ns = who->start_ns;
	HASH_ADD(hh, origins->processes, key, sizeof(process->key), process);
	if (process->hh.tbl)
		return process;
	free(process);
	return NULL;
}

static void forget_table(struct page_origins *origins, struct page_process *process)
{
	origins->kept -= process->nr;
	free(process->table);
	process->table = NULL;
	process->nr = process->room = 0;
}

static void forget_waiting(struct page_origins *origins, struct page_process *process)
{
	origins->kept -= process->nr_waiting;
	free(process->waiting);
	process->waiting = NULL;
	process->nr_waiting = process->waiting_room = 0;
}

static void forget(struct page_origins *origins, struct page_process *process)
{
	HASH_DEL(origins->processes, process);
	forget_table(origins, process);
	forget_waiting(origins, process);
	page_runs__done(&process->first.runs);
	page_runs__done(&process->last.runs);
	free(process);
}

/* Another place, for which processes that have ended make room. */
static bool has_room(struct page_origins *origins, const struct page_process *but)
{
	struct page_process *process, *next;

	if (origins->kept < PAGE_ORIGINS_MAX)
		return true;
	/* to look for one takes a while: not for each touch */
	if (origins->no_room % RETRY) {
		origins->no_room++;
		return false;
	}
	HASH_ITER (hh, origins->processes, process, next) {
		if (!process->ended || !process->nr || process == but)
			continue;
		forget(origins, process);
		origins->left_out++;
		return true;
	}
	origins->no_room++;
	return false;
}

/* Where a page is, or would be. */
static struct page_origin *place(const struct page_process *process, uint64_t key)
{
	uint64_t page = key >> 1;
	size_t at = hash__keyed(&page, sizeof(page)) & (process->room - 1);

	while (process->table[at].key && process->table[at].key >> 1 != page)
		at = (at + 1) & (process->room - 1);
	return &process->table[at];
}

static int make_room(struct page_process *process)
{
	size_t before = process->room, i;
	struct page_origin *old = process->table, *table;

	if (process->nr < before - before / 4)
		return 0;
	table = calloc(before ? 2 * before : LEAST_ROOM, sizeof(*table));
	if (!table)
		return -ENOMEM;
	process->table = table;
	process->room = before ? 2 * before : LEAST_ROOM;
	for (i = 0; i < before; i++)
		if (old[i].key)
			*place(process, old[i].key) = old[i];
	free(old);
	return 0;
}

static uint64_t key_of(uint64_t page, enum touch touch)
{
	return (page + 1) << 1 | (touch == TOUCH_READ);
}

static uint64_t page_of(const struct page_origin *origin)
{
	return (origin->key >> 1) - 1;
}

/* A write to a page that was there copies it: whose it is does not change, unless it was the zero page so far. */
static int put(struct page_origins *origins, struct page_process *process, const struct page_origin *touched,
	       bool present)
{
	struct page_origin *origin;
	int err = make_room(process);

	if (err)
		return err;
	origin = place(process, touched->key);
	if (origin->key && present && !(origin->key & 1))
		return 0;
	process->nr += !origin->key;
	origins->kept += !origin->key;
	*origin = *touched;
	if (present && origins->begun_ns)
		touched->path->sums[CALL_EVENTS] += weight(origins);
	return 0;
}

/* What waits says in its path's place whether the page was there: paths are aligned. */
#define PRESENT ((uintptr_t)1)

static int wait(struct page_origins *origins, struct page_process *process, struct page_origin touched, bool present)
{
	size_t room = process->waiting_room ? 2 * process->waiting_room : LEAST_ROOM;
	struct page_origin *more;

	if (process->nr_waiting == process->waiting_room) {
		more = reallocarray(process->waiting, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		process->waiting = more;
		process->waiting_room = room;
	}
	touched.path = (struct call_path *)((uintptr_t)touched.path | (present ? PRESENT : 0));
	process->waiting[process->nr_waiting++] = touched;
	origins->kept++;
	return 0;
}

int page_origins__touch(struct page_origins *origins, const struct mt_who *who, uint64_t time_ns, uint64_t address,
			enum touch touch, struct call_path *path)
{
	struct page_process *process = find_or_add(origins, who);
	struct page_origin touched = { .path = path };

	if (!process)
		return -ENOMEM;
	if (address >= ADDRESSES_END || time_ns <= process->first.time_ns)
		return 0;
	if (origins->begun_ns)
		path->sums[CALL_EVENTS] += touch == TOUCH_PRESENT ? 0 : weight(origins);
	if (!has_room(origins, process))
		return 0;
	touched.key = key_of(address / origins->page_size, touch);
	if (time_ns <= process->last.time_ns)
		return put(origins, process, &touched, touch == TOUCH_PRESENT);
	return wait(origins, process, touched, touch == TOUCH_PRESENT);
}

static struct call_path *waiting_path(const struct page_origin *waiting)
{
	return (struct call_path *)((uintptr_t)waiting->path & ~PRESENT);
}

static int take_waiting(struct page_origins *origins, struct page_process *process)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < process->nr_waiting; i++) {
		const struct page_origin *waiting = &process->waiting[i];
		const struct page_origin touched = { .key = waiting->key, .path = waiting_path(waiting) };

		err = put(origins, process, &touched, (uintptr_t)waiting->path & PRESENT);
	}
	forget_waiting(origins, process);
	return err;
}

/* From here on what it holds counts. */
static void begin_process(struct page_origins *origins, struct page_process *process)
{
	size_t i;

	forget_table(origins, process);
	page_runs__done(&process->first.runs);
	process->first = process->last;
	process->last = (struct page_look){ 0 };
	for (i = 0; i < process->nr_waiting; i++)
		if (!((uintptr_t)process->waiting[i].path & PRESENT))
			waiting_path(&process->waiting[i])->sums[CALL_EVENTS] += weight(origins);
}

int page_origins__look(struct page_origins *origins, const struct mt_who *who, struct page_look *look)
{
	struct page_process *process = find_or_add(origins, who);
	int err;

	if (!process) {
		page_runs__done(&look->runs);
		return -ENOMEM;
	}
	err = take_waiting(origins, process);
	page_runs__done(&process->last.runs);
	process->last = *look;
	*look = (struct page_look){ 0 };
	/* it was there before the run, and was not looked at then */
	if (origins->begun_ns && !process->first.time_ns && who->start_ns < origins->begun_ns)
		begin_process(origins, process);
	return err;
}

void page_origins__end(struct page_origins *origins, const struct mt_who *who)
{
	struct page_process *process = find(origins, who);

	if (!process)
		return;
	process->ended = true;
	if (!process->last.time_ns)
		forget(origins, process);
}

void page_origins__begin(struct page_origins *origins, uint64_t now_ns)
{
	struct page_process *process, *next;

	origins->begun_ns = now_ns;
	origins->no_room = origins->left_out = 0;
	HASH_ITER (hh, origins->processes, process, next) {
		if (process->ended)
			forget(origins, process);
		else
			begin_process(origins, process);
	}
}

/* A page that is held, or all of a huge one. */
static void hold(const struct page_origins *origins, const struct page_process *process,
		 const struct page_origin *origin, uint64_t start, uint64_t end, struct page_sums *sums)
{
	const struct page_run *run = page_runs__find(&process->last.runs, page_of(origin));
	enum page_kind kind = run->flags & PAGE_RUN_FILE ? PAGES_OF_FILES : PAGES_ANON;
	uint64_t bytes = weight(origins) * origins->page_size;

	start = start > run->start ? start : run->start;
	end = end < run->end ? end : run->end;
	origin->path->sums[CALL_PAGES] += (end - start) * weight(origins);
	sums->held += (end - start) * bytes;
	sums->held_of[kind] += (end - start) * bytes;
	sums->again[kind] += page_runs__within(&process->first.runs, start, end) * bytes;
}

static int by_key(const void *a, const void *b)
{
	uint64_t one = (*(const struct page_origin *const *)a)->key, two = (*(const struct page_origin *const *)b)->key;

	return (one > two) - (one < two);
}

/* A single touch of a huge page brought all of it; more are those of the pages that it was made of. */
static void hold_huge(const struct page_origins *origins, const struct page_process *process,
		      const struct page_origin **list, size_t nr, struct page_sums *sums)
{
	uint64_t pages = origins->pages_of_huge ? origins->pages_of_huge : 1, block, page;
	size_t i, j;

	qsort(list, nr, sizeof(*list), by_key);
	for (i = 0; i < nr; i = j) {
		block = page_of(list[i]) / pages;
		for (j = i + 1; j < nr && page_of(list[j]) / pages == block; j++)
			;
		if (j == i + 1 && weight(origins) <= SAMPLE_OF_HUGE) {
			hold(origins, process, list[i], block * pages, (block + 1) * pages, sums);
			continue;
		}
		for (; i < j; i++) {
			page = page_of(list[i]);
			hold(origins, process, list[i], page, page + 1, sums);
		}
	}
}

static void sum_table(const struct page_origins *origins, const struct page_process *process, struct page_sums *sums)
{
	const struct page_origin **huge = calloc(process->nr + 1, sizeof(*huge));
	const struct page_run *run;
	size_t i, nr = 0;

	for (i = 0; i < process->room; i++) {
		const struct page_origin *origin = &process->table[i];

		run = origin->key ? page_runs__find(&process->last.runs, page_of(origin)) : NULL;
		if (!run)
			continue;
		if (huge && run->flags & PAGE_RUN_HUGE)
			huge[nr++] = origin;
		else
			hold(origins, process, origin, page_of(origin), page_of(origin) + 1, sums);
	}
	if (huge)
		hold_huge(origins, process, huge, nr, sums);
	free(huge);
}

static void add_areas(struct page_areas *sum, const struct page_areas *areas)
{
	sum->heap_size += areas->heap_size;
	sum->heap_held += areas->heap_held;
	sum->anon_size += areas->anon_size;
	sum->anon_held += areas->anon_held;
}

static void sum_process(const struct page_origins *origins, struct page_process *process, struct page_sums *sums)
{
	enum page_kind kind;

	sums->processes++;
	sums->cut += process->first.runs.cut || process->last.runs.cut;
	add_areas(&sums->first, &process->first.areas);
	add_areas(&sums->last, &process->last.areas);
	for (kind = 0; kind < NR_PAGE_KINDS; kind++) {
		sums->resident += process->last.bytes[kind];
		sums->grown[kind] += (int64_t)(process->last.bytes[kind] - process->first.bytes[kind]);
		sums->gone[kind] +=
			page_runs__without(&process->first.runs, &process->last.runs, kind == PAGES_OF_FILES) *
			origins->page_size;
	}
	sum_table(origins, process, sums);
}

void page_origins__sum(struct page_origins *origins, struct page_sums *sums)
{
	struct page_process *process, *next;
	enum page_kind kind;

	*sums = (struct page_sums){ 0 };
	HASH_ITER (hh, origins->processes, process, next)
		if (process->last.time_ns)
			sum_process(origins, process, sums);
	for (kind = 0; kind < NR_PAGE_KINDS; kind++)
		sums->not_seen[kind] = sums->grown[kind] + (int64_t)sums->gone[kind] + (int64_t)sums->again[kind] -
				       (int64_t)sums->held_of[kind];
}

void page_origins__done(struct page_origins *origins)
{
	struct page_process *process, *next;

	HASH_ITER (hh, origins->processes, process, next)
		forget(origins, process);
}
