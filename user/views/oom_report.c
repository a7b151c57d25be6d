// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"
#include "../model/samples.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

const char *oom__bytes(char buf[OOM_WORD], uint64_t bytes)
{
	return bytes == MT_UNKNOWN_U64 ? "-" : format_bytes(buf, OOM_WORD, (double)bytes);
}

const char *oom__count(char buf[OOM_WORD], uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? "-" : format_count(buf, OOM_WORD, n);
}

uint64_t oom__in_bytes(uint64_t page_size, uint64_t pages)
{
	return page_size == MT_UNKNOWN_U64 || pages == MT_UNKNOWN_U64 || pages > UINT64_MAX / page_size ?
		       MT_UNKNOWN_U64 :
		       pages * page_size;
}

const char *oom__pages(char buf[OOM_WORD], const struct oom_kill *kill, uint64_t pages)
{
	return oom__bytes(buf, oom__in_bytes(kill->page_size, pages));
}

const char *oom__signed(char buf[OOM_WORD], int64_t n)
{
	char number[OOM_WORD];

	snprintf(buf, OOM_WORD, "%s%s", n < 0 ? "-" : "",
		 format_count(number, sizeof(number), n < 0 ? 0 - (uint64_t)n : (uint64_t)n));
	return buf;
}

const char *oom__adj(char buf[OOM_WORD], int32_t adj)
{
	if (adj == OOM_ADJ_UNKNOWN)
		return "-";
	snprintf(buf, OOM_WORD, "%d", adj);
	return buf;
}

const char *oom__percent(char buf[OOM_WORD], uint64_t part, uint64_t whole)
{
	if (part == MT_UNKNOWN_U64 || whole == MT_UNKNOWN_U64 || !whole)
		return "-";
	return part ? format_share(buf, OOM_WORD, (double)part / (double)whole) : "0%";
}

const char *oom__or_dash(const char *text)
{
	return *text ? text : "-";
}

struct cell oom__number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

struct cell oom__text(const char *text)
{
	return *text ? cell_string(text) : cell_none();
}

static struct cell adj_cell(int32_t adj)
{
	return adj == OOM_ADJ_UNKNOWN ? cell_none() : cell_int(adj);
}

static struct cell pid_cell(uint32_t pid)
{
	return pid ? cell_uint(pid) : cell_none();
}

struct cell *oom__add_table(struct oom_view_table *table, struct report *report, const char *path,
			    const struct column *columns, size_t nr_columns, size_t nr)
{
	struct table own = { .path = path, .not_in_text = true, .columns = columns, .nr_columns = nr_columns };

	table->cells = calloc(nr ? nr : 1, nr_columns * sizeof(struct cell));
	table->rows = (struct cell_rows){ .cells = table->cells, .nr = nr, .nr_columns = nr_columns };
	if (!table->cells) {
		report->failed = true;
		return NULL;
	}
	own.rows = cell_rows__source(&table->rows);
	report__add_table(report, &own);
	return nr ? table->cells : NULL;
}

static void add_kill(struct oom_view *view)
{
	const struct oom_kill *kill = view->kill;
	struct fields *f = &view->fields;

	fields__add(f, "version", UNIT_NONE, cell_string(MEMTRACE_VERSION));
	fields__number(f, "kill.time_ns", UNIT_NONE, kill->when.wall_ns);
	fields__number(f, "kill.since_boot_ns", UNIT_NS, kill->when.boot_ns);
	fields__add(f, "kill.stamp", UNIT_NONE, oom__text(kill->when.text));
	fields__add(f, "kill.kind", UNIT_NONE, cell_string(oom_kind__name(kill->kind)));
	fields__add(f, "kill.outcome", UNIT_NONE, cell_string(oom_outcome__name(kill->outcome)));
	fields__add(f, "kill.kernel", UNIT_NONE, oom__text(kill->release));
	fields__number(f, "kill.page_size_bytes", UNIT_BYTES, kill->page_size);
	fields__add(f, "kill.allocating_task", UNIT_NONE, cell_bool(kill->allocating));
	fields__add(f, "kill.group_cgroup", UNIT_NONE, oom__text(kill->group));
	fields__number(f, "kill.others_killed", UNIT_COUNT, kill->nr_others);
}

/* As limits are elsewhere: one that is not set is "max". */
static struct cell limit_cell(uint64_t bytes)
{
	return bytes != MT_UNKNOWN_U64 && bytes >= OOM_NO_LIMIT ? cell_string("max") : oom__number(bytes);
}

/* A program that killed. */
static void add_sent(struct oom_view *view)
{
	const struct oom_kill *kill = view->kill;
	bool user = kill->kind == OOM_KIND_USER;
	struct fields *f = &view->fields;

	fields__add(f, "kill.sent.why", UNIT_NONE, cell_string(oom_sent__name(kill->sent)));
	fields__add(f, "kill.sent.confirmed", UNIT_NONE,
		    user ? cell_bool(kill->sent != OOM_SENT_PRESSURE) : cell_none());
	fields__add(f, "kill.sent.psi_some_avg10", UNIT_SHARE,
		    kill->some_avg10 == MT_UNKNOWN_U64 ? cell_none() :
							 cell_real((double)kill->some_avg10 / SAMPLE_WHOLE));
	fields__add(f, "kill.sent.psi_threshold", UNIT_SHARE, user ? cell_real(OOM_SENT_PSI / 100.0) : cell_none());
}

static void add_limit(struct oom_view *view)
{
	const struct oom_limit *limit = &view->kill->limit;
	struct fields *f = &view->fields;

	fields__add(f, "kill.limit.cgroup", UNIT_NONE, oom__text(limit->cgroup));
	fields__add(f, "kill.limit.limit_bytes", UNIT_BYTES, limit_cell(limit->bytes));
	fields__number(f, "kill.limit.usage_bytes", UNIT_BYTES, limit->usage);
	fields__number(f, "kill.limit.failcnt", UNIT_COUNT, limit->failcnt);
	fields__add(f, "kill.limit.swap_limit_bytes", UNIT_BYTES, limit_cell(limit->swap_bytes));
	fields__number(f, "kill.limit.swap_usage_bytes", UNIT_BYTES, limit->swap_usage);
	fields__add(f, "kill.limit.memsw_limit_bytes", UNIT_BYTES, limit_cell(limit->memsw_bytes));
	fields__number(f, "kill.limit.memsw_usage_bytes", UNIT_BYTES, limit->memsw_usage);
	fields__number(f, "kill.limit.kmem_usage_bytes", UNIT_BYTES, limit->kmem_usage);
}

static void add_charge(struct oom_view *view)
{
	const struct oom_charge *charge = &view->kill->charge;
	struct fields *f = &view->fields;

	fields__number(f, "kill.charge.anon_bytes", UNIT_BYTES, charge->anon);
	fields__number(f, "kill.charge.file_bytes", UNIT_BYTES, charge->file);
	fields__number(f, "kill.charge.shmem_bytes", UNIT_BYTES, charge->shmem);
	fields__number(f, "kill.charge.slab_reclaimable_bytes", UNIT_BYTES, charge->slab_reclaimable);
	fields__number(f, "kill.charge.slab_unreclaimable_bytes", UNIT_BYTES, charge->slab_unreclaimable);
	fields__number(f, "kill.charge.page_tables_bytes", UNIT_BYTES, charge->page_tables);
	fields__number(f, "kill.charge.sockets_bytes", UNIT_BYTES, charge->sockets);
	fields__number(f, "kill.charge.kernel_bytes", UNIT_BYTES, charge->kernel);
	fields__number(f, "kill.charge.kernel_stack_bytes", UNIT_BYTES, charge->kernel_stack);
	fields__number(f, "kill.charge.unevictable_bytes", UNIT_BYTES, charge->unevictable);
	fields__number(f, "kill.charge.dirty_bytes", UNIT_BYTES, charge->dirty);
	fields__number(f, "kill.charge.writeback_bytes", UNIT_BYTES, charge->writeback);
}

static void add_machine(struct oom_view *view)
{
	const struct oom_machine *machine = &view->kill->machine;
	struct fields *f = &view->fields;

	fields__number(f, "kill.machine.ram_bytes", UNIT_BYTES, machine->ram);
	fields__number(f, "kill.machine.reserved_bytes", UNIT_BYTES, machine->reserved);
	fields__number(f, "kill.machine.free_bytes", UNIT_BYTES, machine->free);
	fields__number(f, "kill.machine.swap_total_bytes", UNIT_BYTES, machine->swap_total);
	fields__number(f, "kill.machine.swap_free_bytes", UNIT_BYTES, machine->swap_free);
}

static uint64_t rss(const struct oom_victim *victim)
{
	if (victim->anon == MT_UNKNOWN_U64 || victim->file == MT_UNKNOWN_U64)
		return MT_UNKNOWN_U64;
	return victim->anon + victim->file + (victim->shmem == MT_UNKNOWN_U64 ? 0 : victim->shmem);
}

static void add_victim(struct oom_view *view)
{
	const struct oom_victim *victim = &view->kill->victim;
	struct fields *f = &view->fields;

	cgroup_path__read(&view->path, victim->cgroup);
	fields__add(f, "victim.pid", UNIT_NONE, pid_cell(victim->pid));
	fields__add(f, "victim.comm", UNIT_NONE, oom__text(victim->comm));
	fields__add(f, "victim.command_line", UNIT_NONE, oom__text(victim->command_line));
	fields__number(f, "victim.uid", UNIT_NONE, victim->uid);
	fields__add(f, "victim.cgroup", UNIT_NONE, oom__text(victim->cgroup));
	fields__add(f, "victim.container", UNIT_NONE, oom__text(view->path.container));
	fields__add(f, "victim.unit", UNIT_NONE, oom__text(view->path.unit));
	fields__add(f, "victim.adj", UNIT_NONE, adj_cell(victim->adj));
	fields__number(f, "victim.age_ns", UNIT_NS, victim->age_ns);
	fields__number(f, "victim.score", UNIT_NONE, victim->score);
	fields__number(f, "victim.total_vm_bytes", UNIT_BYTES, victim->total_vm);
	fields__number(f, "victim.rss_bytes", UNIT_BYTES, rss(victim));
	fields__number(f, "victim.anon_bytes", UNIT_BYTES, victim->anon);
	fields__number(f, "victim.file_bytes", UNIT_BYTES, victim->file);
	fields__number(f, "victim.shmem_bytes", UNIT_BYTES, victim->shmem);
	fields__number(f, "victim.swap_bytes", UNIT_BYTES, victim->swap);
	fields__number(f, "victim.page_tables_bytes", UNIT_BYTES, victim->page_tables);
}

/* As call chains are elsewhere: the root first, with ";" between. */
static void join_chain(struct oom_view *view)
{
	const struct oom_trigger *trigger = &view->kill->trigger;
	size_t i, len = 0;

	for (i = trigger->nr_chain; i-- > 0;)
		len += (size_t)snprintf(view->chain + len, sizeof(view->chain) - len, "%s%s", len ? ";" : "",
					trigger->chain[i]);
}

static void add_trigger(struct oom_view *view)
{
	const struct oom_trigger *trigger = &view->kill->trigger;
	struct fields *f = &view->fields;

	join_chain(view);
	snprintf(view->gfp, sizeof(view->gfp), "0x%llx", (unsigned long long)trigger->gfp);
	fields__add(f, "trigger.pid", UNIT_NONE, pid_cell(trigger->pid));
	fields__add(f, "trigger.tid", UNIT_NONE, pid_cell(trigger->tid));
	fields__add(f, "trigger.comm", UNIT_NONE, oom__text(trigger->comm));
	fields__add(f, "trigger.cgroup", UNIT_NONE, oom__text(trigger->cgroup));
	fields__add(f, "trigger.adj", UNIT_NONE, adj_cell(trigger->adj));
	fields__add(f, "trigger.order", UNIT_NONE, trigger->order_known ? cell_int(trigger->order) : cell_none());
	fields__add(f, "trigger.gfp", UNIT_NONE, trigger->gfp == MT_UNKNOWN_U64 ? cell_none() : cell_string(view->gfp));
	fields__add(f, "trigger.gfp_flags", UNIT_NONE, oom__text(trigger->gfp_names));
	fields__add(f, "trigger.doing", UNIT_NONE, oom__text(oom_view__doing(view)));
	fields__add(f, "trigger.kernel_stack", UNIT_NONE, oom__text(view->chain));
}

static void add_ranking(struct oom_view *view)
{
	const struct oom_ranking *ranking = &view->ranking;
	const struct oom_kill *kill = view->kill;
	size_t place = oom_ranking__find(ranking, kill->victim.pid);
	struct fields *f = &view->fields;

	fields__add(f, "ranking.source", UNIT_NONE, kill->has_tasks ? cell_string(view->origin.ranking) : cell_none());
	fields__add(f, "ranking.formula", UNIT_NONE,
		    kill->has_tasks ? cell_string(oom_view__formula(view)) : cell_none());
	fields__number(f, "ranking.total_pages", UNIT_PAGES, ranking->total_pages);
	fields__number(f, "ranking.evaluated", UNIT_COUNT, kill->evaluated);
	fields__add(f, "ranking.without_swap", UNIT_NONE, cell_bool(ranking->without_swap));
	fields__add(f, "ranking.victim_rank", UNIT_NONE, place == SIZE_MAX ? cell_none() : cell_uint(place + 1));
	fields__add(f, "ranking.why_not_first", UNIT_NONE, oom__text(oom_view__why(view)));
}

static void add_after(struct oom_view *view)
{
	const struct oom_kill *kill = view->kill;
	struct fields *f = &view->fields;

	fields__number(f, "after.exit_ns", UNIT_NS, kill->exit_ns);
	fields__number(f, "after.reaped_ns", UNIT_NS, kill->reaped_ns);
	fields__number(f, "after.freed_ns", UNIT_NS, kill->freed_ns);
	fields__add(f, "after.reap_skipped", UNIT_NONE, cell_bool(kill->reap_skipped));
	fields__number(f, "after.left_bytes", UNIT_BYTES, kill->left_bytes);
	fields__number(f, "after.further_kills", UNIT_COUNT, kill->further_kills);
	fields__number(f, "after.further_kills_within_ns", UNIT_NS, kill->further_ns);
	fields__number(f, "lost.records", UNIT_COUNT, view->origin.lost_records);
	fields__number(f, "lost.tasks", UNIT_COUNT, kill->tasks_left_out);
}

static void add_others(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = { { .path = "pid" }, { .path = "comm" } };
	const struct oom_kill *kill = view->kill;
	size_t nr = kill->nr_others < OOM_OTHERS_MAX ? kill->nr_others : OOM_OTHERS_MAX, i;
	struct cell *c = oom__add_table(&view->others, report, "kill.others", columns, NR(columns), nr);

	for (i = 0; c && i < nr; i++, c += NR(columns)) {
		c[0] = pid_cell(kill->others[i].pid);
		c[1] = oom__text(kill->others[i].comm);
	}
}

static void add_zones(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "node" },	 { .path = "name" },	   { .path = "free_bytes" },	{ .path = "min_bytes" },
		{ .path = "low_bytes" }, { .path = "high_bytes" }, { .path = "managed_bytes" },
	};
	const struct oom_machine *machine = &view->kill->machine;
	struct cell *c = oom__add_table(&view->zones, report, "kill.zones", columns, NR(columns), machine->nr_zones);
	const struct oom_zone *zone;

	for (zone = machine->zones; c && zone < machine->zones + machine->nr_zones; zone++, c += NR(columns)) {
		c[0] = cell_uint(zone->node);
		c[1] = cell_string(zone->name);
		c[2] = oom__number(zone->free);
		c[3] = oom__number(zone->min);
		c[4] = oom__number(zone->low);
		c[5] = oom__number(zone->high);
		c[6] = oom__number(zone->managed);
	}
}

static void add_slabs(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = { { .path = "name" }, { .path = "bytes" } };
	const struct oom_kill *kill = view->kill;
	struct cell *c = oom__add_table(&view->slabs, report, "kill.slabs", columns, NR(columns), kill->nr_slabs);
	size_t i;

	for (i = 0; c && i < kill->nr_slabs; i++, c += NR(columns)) {
		c[0] = cell_string(kill->slabs[i].name);
		c[1] = cell_uint(kill->slabs[i].bytes);
	}
}

static void add_candidates(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "rank" },	 { .path = "pid" },	   { .path = "comm" },
		{ .path = "uid" },	 { .path = "adj" },	   { .path = "points" },
		{ .path = "rss_bytes" }, { .path = "swap_bytes" }, { .path = "page_tables_bytes" },
	};
	const struct oom_ranking *ranking = &view->ranking;
	uint64_t size = view->kill->page_size;
	struct cell *c =
		oom__add_table(&view->candidates, report, "ranking.candidates", columns, NR(columns), ranking->nr);
	size_t i;

	for (i = 0; c && i < ranking->nr; i++, c += NR(columns)) {
		const struct oom_candidate *candidate = &ranking->list[i];
		const struct oom_task *task = candidate->task;

		c[0] = candidate->known ? cell_uint(i + 1) : cell_none();
		c[1] = cell_uint(task->tgid);
		c[2] = oom__text(task->comm);
		c[3] = oom__number(task->uid);
		c[4] = adj_cell(task->adj);
		c[5] = candidate->known ? cell_int(candidate->points) : cell_none();
		c[6] = oom__number(oom__in_bytes(size, task->rss));
		c[7] = oom__number(oom__in_bytes(size, task->swap));
		c[8] = oom__number(task->table_bytes == MT_UNKNOWN_U64 ? oom__in_bytes(size, task->table_pages) :
									 task->table_bytes);
	}
}

static void add_exempt(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "pid" }, { .path = "comm" }, { .path = "adj" }, { .path = "rss_bytes" }, { .path = "why" }
	};
	const struct oom_ranking *ranking = &view->ranking;
	struct cell *c =
		oom__add_table(&view->exempt, report, "ranking.exempt", columns, NR(columns), ranking->nr_exempt);
	size_t i;

	for (i = 0; c && i < ranking->nr_exempt; i++, c += NR(columns)) {
		c[0] = cell_uint(ranking->exempt[i]->tgid);
		c[1] = oom__text(ranking->exempt[i]->comm);
		c[2] = adj_cell(ranking->exempt[i]->adj);
		c[3] = oom__number(oom__in_bytes(view->kill->page_size, ranking->exempt[i]->rss));
		c[4] = cell_string(oom_exempt__why(ranking->exempt[i]));
	}
}

static void add_causes(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = { { .path = "rule" }, { .path = "text" } };
	struct cell *c = oom__add_table(&view->found, report, "decides", columns, NR(columns), view->nr_causes);
	size_t i;

	for (i = 0; c && i < view->nr_causes; i++, c += NR(columns)) {
		c[0] = cell_string(view->causes[i].rule);
		c[1] = cell_string(view->causes[i].text);
	}
}

static void add_sources(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = { { .path = "source" } };
	static const struct column gaps[] = { { .path = "what" }, { .path = "why" } };
	struct cell *c = oom__add_table(&view->sources, report, "sources", columns, NR(columns), 1);
	size_t i;

	if (c)
		c[0] = cell_string(view->origin.source);
	c = oom__add_table(&view->gaps, report, "missing", gaps, NR(gaps), view->nr_missing);
	for (i = 0; c && i < view->nr_missing; i++, c += NR(gaps)) {
		c[0] = cell_string(view->missing[i].what);
		c[1] = cell_string(view->missing[i].why);
	}
}

static void add_fields(struct oom_view *view, struct report *report)
{
	add_kill(view);
	add_sent(view);
	add_limit(view);
	add_charge(view);
	add_machine(view);
	add_victim(view);
	add_trigger(view);
	add_ranking(view);
	add_after(view);
	fields__report(&view->fields, report);
}

int oom_view__add(struct oom_view *view, const struct oom_kill *kill, const struct oom_origin *origin,
		  struct report *report)
{
	int err;

	view->kill = kill;
	view->origin = *origin;
	view->causes = calloc(OOM_CAUSES_MAX, sizeof(*view->causes));
	err = oom_ranking__compute(&view->ranking, kill);
	if (err || !view->causes)
		return -ENOMEM;
	oom_view__find_causes(view);
	oom_view__find_missing(view);
	add_fields(view, report);
	add_others(view, report);
	add_zones(view, report);
	add_slabs(view, report);
	add_candidates(view, report);
	add_exempt(view, report);
	add_causes(view, report);
	oom_view__add_before(view, report);
	add_sources(view, report);
	oom_view__add_text(view, report);
	return 0;
}

void oom_view__done(struct oom_view *view)
{
	struct oom_view_table *const tables[] = { &view->others,  &view->zones, &view->slabs,	&view->candidates,
						  &view->exempt,  &view->found, &view->samples, &view->grew,
						  &view->sources, &view->gaps };
	size_t i;

	for (i = 0; i < NR(tables); i++)
		free(tables[i]->cells);
	free(view->causes);
	oom_ranking__done(&view->ranking);
	memset(view, 0, sizeof(*view));
}
