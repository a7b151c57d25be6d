// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stalls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"
#include "../count/waiter.h"
#include "yields.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define EACH_CAUSE(X) X(memcg) X(high) X(direct) X(compact) X(swapin) X(refault) X(other)

#define SLOTS(id)                                                                                                      \
	static const enum mt_slot id##_ns[] = { MT_SLOT_stall_##id##_ns };                                             \
	static const enum mt_slot id##_count[] = { MT_SLOT_stall_##id##_count };
EACH_CAUSE(SLOTS)

#define NS_OF(id) MT_SLOT_stall_##id##_ns,
static const enum mt_slot stalled[] = { EACH_CAUSE(NS_OF) };
static const enum mt_slot throttle[] = { MT_SLOT_stall_throttle_ns };
static const enum mt_slot high_penalty[] = { MT_SLOT_stall_high_penalty_ns };
static const enum mt_slot file_fault[] = { MT_SLOT_stall_file_fault_ns };
static const enum mt_slot dirty[] = { MT_SLOT_stall_dirty_ns };
static const enum mt_slot mmap_lock[] = { MT_SLOT_stall_mmap_lock_ns };
static const enum mt_slot oom_wait[] = { MT_SLOT_stall_oom_wait_ns };

#define SUM(title_, path_, unit_, slots_)                                                                              \
	{                                                                                                              \
		.title = title_, .path = path_, .measure = MEASURE_SUM, .unit = unit_, .slots = slots_,                \
		.nr_slots = NR(slots_)                                                                                 \
	}
#define CAUSE(title, id)                                                                                               \
	SUM(title, "causes." #id ".ns", UNIT_NS, id##_ns), SUM(NULL, "causes." #id ".count", UNIT_COUNT, id##_count)

/* PSI counts those before FILE, and no others. */
const struct probe_column stalls__columns[] = {
	SUM("STALLED", "stalled_ns", UNIT_NS, stalled),
	CAUSE("MEMCG", memcg),
	CAUSE("HIGH", high),
	CAUSE("DIRECT", direct),
	CAUSE("COMPACT", compact),
	CAUSE("SWAPIN", swapin),
	CAUSE("REFAULT", refault),
	CAUSE("OTHER", other),
	SUM(NULL, "of_which.throttle_ns", UNIT_NS, throttle),
	SUM(NULL, "of_which.high_penalty_ns", UNIT_NS, high_penalty),
	SUM("FILE", "file_fault_ns", UNIT_NS, file_fault),
	SUM("DIRTY", "dirty_ns", UNIT_NS, dirty),
	SUM("MMAPLOCK", "mmap_lock_ns", UNIT_NS, mmap_lock),
	SUM("OOM", "oom_wait_ns", UNIT_NS, oom_wait),
	{},
};

/* How far a sample grew; MT_UNKNOWN_U64: unknown. */
static uint64_t growth(const struct stalls *stalls, enum sample_id id)
{
	const struct sample_counts *samples = stalls->view->samples;

	return samples && samples->any ? sample_extent__growth(&samples->extents[stalls->scope][id]) : MT_UNKNOWN_U64;
}

static uint64_t newest(const struct stalls *stalls, enum sample_id id)
{
	const struct sample_counts *samples = stalls->view->samples;

	return samples && samples->any ? samples->extents[stalls->scope][id].end : MT_UNKNOWN_U64;
}

static struct cell number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

/* PSI of a cgroup; where one thread alone waited, it is the sum of its waits; of several the union is not known. */
static uint64_t some_ns(void *ctx, const struct entity *entity)
{
	const struct stalls *stalls = ctx;
	const struct cgroup_counts *cgroups = stalls->view->cgroups;
	uint64_t sum;
	size_t i;

	if (stalls->table.by != BY_CGROUP && entity->waiter != WAITER_SEVERAL)
		return run_view__sum(stalls->view, stalls__columns, entity->v, &sum) ? sum : MT_UNKNOWN_U64;
	if (stalls->table.by != BY_CGROUP || entity->other || !cgroups)
		return MT_UNKNOWN_U64;
	for (i = 0; i < cgroups->nr; i++)
		if (cgroups->list[i].id == entity->cgroup_id)
			return sample_extent__growth(
				&cgroups->list[i].extents[stalls->scope][CGROUP_SAMPLE_pressure_memory_some]);
	return MT_UNKNOWN_U64;
}

/* Kernel threads, and last the sum of all. */
static int foot(void *ctx, size_t nr, struct cell *cells)
{
	struct stalls *stalls = ctx;
	const uint64_t *sums = aggregate__sums(stalls->view->aggregate, stalls->scope);
	bool is_total = nr == stalls->nr_kthreads;
	const struct stalls_kthread *kthread;
	size_t i;

	if (nr > stalls->nr_kthreads || (is_total && !nr && !stalls->table.pos))
		return 0;
	kthread = is_total ? NULL : &stalls->kthreads[nr];
	tasks_table__foot(&stalls->table, is_total ? "total" : kthread->name, sums,
			  is_total ? growth(stalls, SAMPLE_stalls_union) : kthread->ns, cells);
	for (i = 0; i < stalls->table.nr_columns; i++) {
		const char *title = stalls->table.columns[i].title;

		if (stalls->table.sources[i].measure == stalls__columns)
			cells[i] = cell_uint(is_total ? stalls->task_ns : kthread->ns);
		else if (!is_total && (stalls->table.sources[i].measure || (title && !strcmp(title, "|"))))
			cells[i] = cell_string("");
	}
	return 1;
}

static const struct tasks_view table_view = {
	.columns = stalls__columns, .bar_before = "FILE", .some_ns = some_ns, .foot = foot
};

int stalls__init(struct stalls *stalls, const struct run_view *view, const struct tasks_request *request)
{
	struct tasks_request own = *request;

	memset(stalls, 0, sizeof(*stalls));
	stalls->view = view;
	own.view = &table_view;
	own.ctx = stalls;
	return tasks_table__init(&stalls->table, view, &own);
}

static const struct keyed_row *row_of(enum mt_keyed id)
{
	return &keyed_rows[id];
}

/* The records of a keyed counter in the scope; none where it was not counted. */
static int list_keyed(const struct stalls *stalls, enum mt_keyed id, const void ***records, size_t *nr)
{
	const struct run_view *view = stalls->view;

	*records = NULL;
	*nr = 0;
	if (!view->keyed || !keyed_counts__knows(view->keyed, row_of(id)))
		return 0;
	return keyed_counts__list(view->keyed, row_of(id), stalls->scope, records, nr);
}

/* Filters leave kernel threads out of the sums. */
static bool counts_all(const struct stalls *stalls)
{
	return stalls->view->facts->whole_machine;
}

static void name_kthread(struct stalls_kthread *kthread, const struct mt_stall_by_kthread_key *key)
{
	static const char *const names[] = { [MT_STALL_KSWAPD] = "kswapd", [MT_STALL_KCOMPACTD] = "kcompactd" };

	kthread->node = key->node;
	if (key->kind >= NR(names))
		snprintf(kthread->name, sizeof(kthread->name), "other kernel threads");
	else if (key->node == MT_UNKNOWN_S32)
		snprintf(kthread->name, sizeof(kthread->name), "%s", names[key->kind]);
	else
		snprintf(kthread->name, sizeof(kthread->name), "%s%d", names[key->kind], key->node);
}

static int add_kthreads(struct stalls *stalls, struct report *report)
{
	static const struct column titles[] = { { .path = "comm" }, { .path = "node" }, { .path = "ns" } };
	struct cell *cells = stalls->kthread_cells;
	const void **records;
	size_t nr, i;
	int err = list_keyed(stalls, MT_KEYED_stall_by_kthread, &records, &nr);

	if (err)
		return err;
	stalls->nr_kthreads = 0;
	for (i = 0; i < nr && i < STALLS_MAX_KTHREADS; i++, cells += NR(titles)) {
		const struct mt_stall_by_kthread *record = records[i];
		struct stalls_kthread *kthread = &stalls->kthreads[stalls->nr_kthreads++];

		name_kthread(kthread, &record->key);
		kthread->ns = record->value.ns;
		if (counts_all(stalls))
			stalls->task_ns += kthread->ns;
		cells[0] = cell_string(kthread->name);
		cells[1] = kthread->node == MT_UNKNOWN_S32 ? cell_none() : cell_int(kthread->node);
		cells[2] = cell_uint(kthread->ns);
	}
	free(records);
	stalls->kthread_rows = (struct cell_rows){ .cells = stalls->kthread_cells,
						   .nr = stalls->nr_kthreads,
						   .nr_columns = NR(titles) };
	report__add_table(report, &(struct table){ .path = "kthreads",
						   .not_in_text = true,
						   .columns = titles,
						   .nr_columns = NR(titles),
						   .rows = cell_rows__source(&stalls->kthread_rows) });
	return 0;
}

/* Whether all stalls are seen, and not only reclaim and compaction. */
static bool sees_all(const struct run_view *view)
{
	return run_view__knows(view, MT_SLOT_stall_other_ns);
}

/* Whether refaults are what delay accounting has. */
static bool takes_delays(const struct run_view *view)
{
	return !sees_all(view) && run_view__knows(view, MT_SLOT_stall_refault_ns);
}

static void add_sources(struct stalls *stalls, struct report *report)
{
	static const struct column titles[] = { { .path = "name" } };
	size_t nr = 0;

	stalls->sources[nr++] = cell_string(sees_all(stalls->view) ? "psi_memstall_enter" : "reclaim and compaction");
	if (takes_delays(stalls->view))
		stalls->sources[nr++] = cell_string("task->delays");
	if (growth(stalls, SAMPLE_stalls_some) != MT_UNKNOWN_U64)
		stalls->sources[nr++] = cell_string("psi_group_cpu");
	if (growth(stalls, SAMPLE_pressure_memory_some_total) != MT_UNKNOWN_U64)
		stalls->sources[nr++] = cell_string("/proc/pressure/memory");
	stalls->source_rows = (struct cell_rows){ .cells = stalls->sources, .nr = nr, .nr_columns = 1 };
	report__add_table(report, &(struct table){ .path = "sources",
						   .not_in_text = true,
						   .columns = titles,
						   .nr_columns = 1,
						   .rows = cell_rows__source(&stalls->source_rows) });
}

/*
 * What PSI has and no row: of all tasks, or nothing can be said.  Of refaults by delay accounting the sum over tasks is
 * known, so where several wait at a time it is at least this.
 */
static uint64_t unseen(const struct stalls *stalls)
{
	uint64_t psi = growth(stalls, SAMPLE_pressure_memory_some_total), own = growth(stalls, SAMPLE_stalls_union);
	const uint64_t *sums = aggregate__sums(stalls->view->aggregate, stalls->scope);

	if (!counts_all(stalls) || psi == MT_UNKNOWN_U64)
		return MT_UNKNOWN_U64;
	if (sees_all(stalls->view))
		return 0;
	if (own == MT_UNKNOWN_U64)
		return MT_UNKNOWN_U64;
	if (takes_delays(stalls->view))
		own += sums[MT_SLOT_stall_refault_ns];
	return psi > own ? psi - own : 0;
}

static void add_facts(struct stalls *stalls, struct report *report)
{
	static const struct column titles[] = {
		{ .path = "psi.some_ns" },     { .path = "psi.full_ns" },  { .path = "buckets.some_ns" },
		{ .path = "buckets.full_ns" }, { .path = "explained_ns" }, { .path = "union_ns" },
		{ .path = "task_ns" },	       { .path = "unseen_ns" },
	};
	struct cell *c = stalls->facts;

	c[0] = number(growth(stalls, SAMPLE_pressure_memory_some_total));
	c[1] = number(growth(stalls, SAMPLE_pressure_memory_full_total));
	c[2] = number(growth(stalls, SAMPLE_stalls_some));
	c[3] = number(growth(stalls, SAMPLE_stalls_full));
	c[4] = number(growth(stalls, SAMPLE_stalls_explained));
	c[5] = number(growth(stalls, SAMPLE_stalls_union));
	c[6] = cell_uint(stalls->task_ns);
	c[7] = number(unseen(stalls));
	report__add_values(report,
			   &(struct values){ .path = "", .columns = titles, .cells = c, .nr_columns = NR(titles) });
}

/* "8.30s (83%)" */
static const char *part(char *buf, size_t size, uint64_t ns, double seconds)
{
	char time[32], share[32] = "";

	if (seconds > 0)
		format_share(share, sizeof(share), ns / 1e9 / seconds);
	snprintf(buf, size, "%s%s%s%s", format_duration(time, sizeof(time), ns), *share ? " (" : "", share,
		 *share ? ")" : "");
	return buf;
}

static void say_waited(const struct stalls *stalls, struct report *report)
{
	uint64_t some = growth(stalls, SAMPLE_pressure_memory_some_total);
	uint64_t full = growth(stalls, SAMPLE_pressure_memory_full_total);
	double seconds = run_view__seconds(stalls->view, stalls->scope);
	char waited[32], some_text[64], full_text[64];

	format_duration(waited, sizeof(waited), stalls->task_ns);
	if (some == MT_UNKNOWN_U64 || full == MT_UNKNOWN_U64)
		report__add_note(report, "tasks waited %s for memory; this kernel has no PSI, or it is off", waited);
	else
		report__add_note(
			report, "tasks waited %s for memory; PSI %ssome %s, full %s", waited,
			counts_all(stalls) ? "" : "of the machine: ", part(some_text, sizeof(some_text), some, seconds),
			part(full_text, sizeof(full_text), full, seconds));
}

static uint64_t newest_bytes(const struct stalls *stalls, enum sample_id id)
{
	uint64_t pages = newest(stalls, id);

	return pages == MT_UNKNOWN_U64 ? pages : pages * stalls->view->facts->page_size;
}

static const char *bytes(char *buf, size_t size, uint64_t number)
{
	return number == MT_UNKNOWN_U64 ? "-" : format_bytes(buf, size, (double)number);
}

/* How much memory there was at the end. */
static void add_state(struct stalls *stalls, struct report *report)
{
	static const struct column titles[] = {
		{ .path = "state.free_bytes" },	     { .path = "state.min_bytes" },
		{ .path = "state.low_bytes" },	     { .path = "state.high_bytes" },
		{ .path = "state.swap_used_bytes" }, { .path = "state.swap_total_bytes" },
		{ .path = "state.dirty_bytes" },     { .path = "state.dirty_limit_bytes" },
	};
	uint64_t total = newest(stalls, SAMPLE_swap_total), left = newest(stalls, SAMPLE_swap_free);
	bool knows_swap = total != MT_UNKNOWN_U64 && left != MT_UNKNOWN_U64;
	const uint64_t values[NR(titles)] = {
		newest(stalls, SAMPLE_memory_free),	    newest_bytes(stalls, SAMPLE_zones_min),
		newest_bytes(stalls, SAMPLE_zones_low),	    newest_bytes(stalls, SAMPLE_zones_high),
		knows_swap ? total - left : MT_UNKNOWN_U64, total,
		newest(stalls, SAMPLE_memory_dirty),	    newest_bytes(stalls, SAMPLE_vm_dirty_threshold),
	};
	char text[NR(titles)][32];
	const char *words[NR(titles)];
	size_t i;

	for (i = 0; i < NR(titles); i++) {
		stalls->state[i] = number(values[i]);
		words[i] = bytes(text[i], sizeof(text[i]), values[i]);
	}
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = titles, .cells = stalls->state, .nr_columns = NR(titles) });
	if (values[0] != MT_UNKNOWN_U64)
		report__add_note(report, "free %s (min %s, low %s, high %s)  swap %s of %s  dirty %s of %s", words[0],
				 words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
}

/* "dirty throttling: 0.80s, most on 254:0" */
static int say_most(struct stalls *stalls, struct report *report, enum mt_keyed id, const char *what,
		    const char *relation)
{
	const struct keyed_row *row = row_of(id);
	const void **records;
	size_t nr, i;
	uint64_t sum = 0;
	char time[32];
	int err = list_keyed(stalls, id, &records, &nr);

	for (i = 0; i < nr; i++)
		sum += keyed_column__get(&row->values[1], records[i]);
	if (!err && sum)
		report__add_note(report, "%s: %s, most %s %.*s", what, format_duration(time, sizeof(time), sum),
				 relation, (int)row->keys[0].size, (const char *)records[0] + row->keys[0].offset);
	free(records);
	return err;
}

/* Pages that reclaim took and that were needed again, by any task. */
static void say_refaults(const struct stalls *stalls, struct report *report)
{
	uint64_t anon = growth(stalls, SAMPLE_vm_workingset_refault_anon);
	uint64_t file = growth(stalls, SAMPLE_vm_workingset_refault_file);
	double page_size = stalls->view->facts->page_size;
	char anon_text[32], file_text[32];

	if (!counts_all(stalls) || anon == MT_UNKNOWN_U64 || file == MT_UNKNOWN_U64 || !(anon + file))
		return;
	report__add_note(report, "needed again after it was reclaimed: %s of files, %s anonymous",
			 format_bytes(file_text, sizeof(file_text), file * page_size),
			 format_bytes(anon_text, sizeof(anon_text), anon * page_size));
}

/* Functions, devices, who had locks, what reclaim got back. */
static int add_details(struct stalls *stalls, struct report *report)
{
	static const struct {
		enum mt_keyed id;
		const char *path;
	} details[] = {
		{ MT_KEYED_stall_by_caller, "callers" },
		{ MT_KEYED_dirty_by_device, "devices" },
		{ MT_KEYED_mmap_lock_by_holder, "mmap_lock_holders" },
		{ MT_KEYED_reclaim_yield, "yields" },
		{ MT_KEYED_slab_shrinker, "shrinkers" },
	};
	int err = 0;
	size_t i;

	memset(&stalls->keyed, 0, sizeof(stalls->keyed));
	for (i = 0; !err && i < NR(details); i++)
		err = keyed_tables__add_one(&stalls->keyed, stalls->view, report, stalls->scope, details[i].id,
					    details[i].path);
	return err;
}

/* What the columns mean, and how much of the kernel's own time the rows are. */
static void say_meaning(const struct stalls *stalls, struct report *report)
{
	uint64_t some = growth(stalls, SAMPLE_stalls_some), own = growth(stalls, SAMPLE_stalls_explained);
	uint64_t missing = unseen(stalls);
	bool delays = takes_delays(stalls->view);
	char share[32], time[32];

	report__add_note(report, "SOME: at least one task waited, comparable with PSI. Right of the bar: not in PSI.");
	if (!sees_all(stalls->view) && missing != MT_UNKNOWN_U64)
		report__add_note(report, "not seen by this kernel's hooks: %s of PSI (all but reclaim%s compaction%s)",
				 format_duration(time, sizeof(time), missing), delays ? "," : " and",
				 delays ? " and refaults" : "");
	if (delays)
		report__add_note(report, "REFAULT is what delay accounting calls thrashing: from Linux 6.1 on SWAPIN "
					 "is in it");
	if (stalls->nr_kthreads && !counts_all(stalls))
		report__add_note(report, "kernel threads are machine-wide, and not in the total");
	if (counts_all(stalls) && some != MT_UNKNOWN_U64 && own != MT_UNKNOWN_U64 && some)
		report__add_note(report, "explained %s of the kernel's own time in stalls",
				 format_share(share, sizeof(share), (double)own / some));
}

int stalls__add(struct stalls *stalls, struct report *report, enum scope scope)
{
	const uint64_t *sums = aggregate__sums(stalls->view->aggregate, scope);
	uint64_t sum = 0;
	int err;

	stalls->scope = scope;
	run_view__sum(stalls->view, stalls__columns, sums, &sum);
	stalls->task_ns = sum;
	err = add_kthreads(stalls, report);
	if (err)
		return err;
	say_waited(stalls, report);
	add_state(stalls, report);
	add_facts(stalls, report);
	add_sources(stalls, report);
	err = tasks_table__add(&stalls->table, report, scope, "rows");
	if (!err)
		err = say_most(stalls, report, MT_KEYED_dirty_by_device, "pauses of writers (DIRTY)", "on device");
	if (!err)
		err = say_most(stalls, report, MT_KEYED_mmap_lock_by_holder, "waits for mmap_lock", "behind");
	if (!err)
		err = yields__say(stalls->view, report, scope);
	if (!err)
		err = say_most(stalls, report, MT_KEYED_slab_shrinker, "shrinkers of slabs", "in");
	if (!err)
		say_refaults(stalls, report);
	if (!err)
		err = add_details(stalls, report);
	if (!err)
		say_meaning(stalls, report);
	return err;
}

void stalls__done(struct stalls *stalls)
{
	tasks_table__done(&stalls->table);
	keyed_tables__done(&stalls->keyed);
}
