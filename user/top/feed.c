// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../views/losses.h"

#define MAX_PROCESSES (1U << 20) /* a kernel bounds them by its memory, a file does not */

struct top_feed_process {
	UT_hash_handle hh;
	uint32_t pid;
	struct top_process last;
};

static void describe(struct top_process *process, const struct mt_memory *rec)
{
	uint64_t *v = process->v;

	*process = (struct top_process){
		.pid = rec->who.pid,
		.uid = rec->who.uid,
		.start_ns = rec->who.start_ns,
		.cgroup_id = rec->who.cgroup_id,
		.oom_score_adj = rec->oom_score_adj,
		.exited = rec->ended,
	};
	memcpy(process->comm, rec->who.comm, strnlen(rec->who.comm, MT_COMM_LEN));
	v[TOP_RSS - TOP_FIRST_MEMORY] = rec->anon_rss_bytes + rec->file_rss_bytes + rec->shmem_rss_bytes;
	v[TOP_ANON - TOP_FIRST_MEMORY] = rec->anon_rss_bytes;
	v[TOP_FILE_RSS - TOP_FIRST_MEMORY] = rec->file_rss_bytes;
	v[TOP_SHMEM - TOP_FIRST_MEMORY] = rec->shmem_rss_bytes;
	v[TOP_SWAP - TOP_FIRST_MEMORY] = rec->swap_bytes;
	v[TOP_PAGE_TABLES - TOP_FIRST_MEMORY] = rec->pgtables_bytes;
}

int top_feed__memory(struct top_feed *feed, const struct mt_memory *record)
{
	struct top_feed_process *process;

	HASH_FIND(hh, feed->processes, &record->who.pid, sizeof(record->who.pid), process);
	if (!process && HASH_COUNT(feed->processes) >= MAX_PROCESSES)
		return 0;
	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return -ENOMEM;
		process->pid = record->who.pid;
		HASH_ADD(hh, feed->processes, pid, sizeof(process->pid), process);
		if (!process->hh.tbl) {
			free(process);
			return -ENOMEM;
		}
	}
	describe(&process->last, record);
	return 0;
}

/* Those that have ended are in one moment more. */
static int add_processes(struct top_feed *feed, struct top_moment *moment)
{
	struct top_feed_process *process, *next;

	moment->processes = calloc(HASH_COUNT(feed->processes) + 1, sizeof(*moment->processes));
	if (!moment->processes)
		return -ENOMEM;
	HASH_ITER (hh, feed->processes, process, next) {
		moment->processes[moment->nr_processes++] = process->last;
		if (!process->last.exited)
			continue;
		HASH_DEL(feed->processes, process);
		free(process);
	}
	return 0;
}

static uint64_t value_of(const struct top_value_row *row, const uint64_t *counts, uint64_t page_size)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < row->nr_slots; i++)
		sum += counts[row->slots[i]];
	return row->unit == UNIT_PAGES ? sum * page_size : sum;
}

static void add_task(struct top_moment *moment, const struct entity *entity)
{
	struct top_task *task = &moment->tasks[moment->nr_tasks++];
	enum top_value value;

	*task = (struct top_task){
		.pid = entity->pid,
		.tid = entity->tid,
		.uid = entity->uid,
		.start_ns = entity->start_ns,
		.cgroup_id = entity->cgroup_id,
		.kthread = entity->who_flags & MT_WHO_KTHREAD,
		.exited = entity->exited,
	};
	memcpy(task->comm, entity->comm, sizeof(task->comm));
	for (value = 0; value < TOP_FIRST_MEMORY; value++)
		task->v[value] = value_of(&top_value_rows[value], entity->v, moment->page_size);
}

static int add_tasks(const struct run_view *view, struct top_moment *moment)
{
	const struct order order = { .levels = 0 };
	struct selection *selection = aggregate__select(view->aggregate, SCOPE_INTERVAL, &order);
	struct entity entity;
	size_t i, nr;
	int err = 0;

	if (!selection)
		return -errno;
	nr = selection__nr(selection);
	moment->tasks = calloc(nr + 1, sizeof(*moment->tasks));
	if (!moment->tasks)
		err = -ENOMEM;
	for (i = 0; !err && i < nr; i++) {
		err = selection__at(selection, i, &entity);
		if (!err && !entity.other)
			add_task(moment, &entity);
	}
	selection__free(selection);
	return err;
}

static int add_cgroups(const struct run_view *view, struct top_moment *moment)
{
	const struct cgroup_counts *counts = view->cgroups;
	size_t i, value;

	moment->cgroups = calloc(counts->nr + 1, sizeof(*moment->cgroups));
	if (!moment->cgroups)
		return -ENOMEM;
	for (i = 0; i < counts->nr; i++) {
		struct top_cgroup *cgroup = &moment->cgroups[moment->nr_cgroups];

		if (counts->list[i].removed_ns)
			continue;
		moment->nr_cgroups++;
		cgroup->id = counts->list[i].id;
		for (value = 0; value < NR_CGROUP_SAMPLES; value++)
			cgroup->values[value] = counts->list[i].extents[SCOPE_INTERVAL][value].end;
	}
	return 0;
}

static void add_samples(const struct run_view *view, struct top_moment *moment)
{
	size_t i;

	for (i = 0; i < NR_SAMPLES; i++) {
		const struct sample_extent *extent = &view->samples->extents[SCOPE_INTERVAL][i];

		moment->samples[i] = view->samples->any ? extent->end : MT_UNKNOWN_U64;
		moment->growth[i] = view->samples->any ? sample_extent__growth(extent) : MT_UNKNOWN_U64;
	}
}

static void add_known(const struct run_view *view, struct top_moment *moment)
{
	enum top_value value;
	enum mt_probe id;
	size_t i, len = 0;

	for (value = 0; value < NR_TOP_VALUES; value++) {
		const struct top_value_row *row = &top_value_rows[value];
		bool known = !row->slots && view->probes[MT_PROBE_memory].attached;

		for (i = 0; i < row->nr_slots; i++)
			known |= run_view__knows(view, row->slots[i]);
		moment->known |= (uint64_t)known << value;
	}
	for (id = 0; id < MT_NR_PROBES; id++)
		if (view->probes[id].wanted && !view->probes[id].attached && len < sizeof(moment->unavailable))
			len += (size_t)snprintf(moment->unavailable + len, sizeof(moment->unavailable) - len, "%s%s",
						len ? ", " : "", probe_rows[id].name);
}

/* Of memtrace itself, since the moment before. */
static void add_cost(struct top_feed *feed, const struct run_view *view, struct top_moment *moment)
{
	const struct losses *losses = &view->totals->losses;
	uint64_t now_ns = view->checkpoint->now_ns, cpu_ns = view->checkpoint->own_cpu_ns;

	moment->own_cpu = -1;
	if (feed->begun && now_ns > feed->own_time_ns && cpu_ns >= feed->own_cpu_ns)
		moment->own_cpu = (double)(cpu_ns - feed->own_cpu_ns) / (double)(now_ns - feed->own_time_ns);
	feed->begun = true;
	feed->own_time_ns = now_ns;
	feed->own_cpu_ns = cpu_ns;
	moment->events_lost = losses->rare + losses->hot + losses->tasks;
	losses__text(losses, moment->lost, sizeof(moment->lost));
}

int top_feed__moment(struct top_feed *feed, const struct run_view *view, struct top_moment *moment)
{
	int err;

	top_moment__free(moment);
	moment->time_ns = view->interval_end_ns;
	moment->duration_ns = run_view__duration_ns(view, SCOPE_INTERVAL);
	moment->wall_offset_ns = view->checkpoint->wall_offset_ns;
	moment->page_size = view->facts->page_size;
	add_known(view, moment);
	add_samples(view, moment);
	add_cost(feed, view, moment);
	err = add_tasks(view, moment);
	if (!err)
		err = add_processes(feed, moment);
	if (!err)
		err = add_cgroups(view, moment);
	if (err)
		top_moment__free(moment);
	return err;
}

void top_feed__free(struct top_feed *feed)
{
	struct top_feed_process *process, *next;

	HASH_ITER (hh, feed->processes, process, next) {
		HASH_DEL(feed->processes, process);
		free(process);
	}
	*feed = (struct top_feed){ 0 };
}
