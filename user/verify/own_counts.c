// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "own_counts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/stop.h"
#include "../kernel/oom_group.h"
#include "stall_counts.h"

#define STALE_PER_CPU 128 /* twice MEMCG_CHARGE_BATCH: not yet folded, and below the threshold of a flush */
#define ROOT_CGROUP   1	  /* its id in every hierarchy (fs/kernfs/dir.c, kernfs_create_root()) */
/* kswapd naps for 100 ms before it sleeps; on a slow machine an episode takes seconds. */
#define SETTLE_MAX_MS  5000
#define SETTLE_STEP_MS 10

static bool is_in_cgroup(const struct own_counts *own, uint64_t id)
{
	const char *path = own->session->names.cgroup(own->session, id);
	size_t len = strlen(own->cgroup);

	if (!strcmp(path, own->cgroup))
		return true;
	if (!own->below)
		return false;
	return !strcmp(own->cgroup, "/") || (!strncmp(path, own->cgroup, len) && path[len] == '/');
}

static void add_pages(struct session_pages *pages, uint64_t nr)
{
	if (nr == MT_UNKNOWN_U64) {
		pages->silent++;
		return;
	}
	pages->known = true;
	pages->sum += nr;
}

static void count_session(struct event_counts *events, const struct mt_kswapd *session)
{
	events->rounds += session->rounds;
	if (session->node < 0 || session->node >= MT_MAX_NODES)
		return;
	add_pages(&events->scanned[session->node], session->scanned_pages);
	add_pages(&events->reclaimed[session->node], session->reclaimed_pages);
}

static void count_kill(struct own_counts *own, const struct mt_oom *oom)
{
	struct event_counts *events = &own->events;
	uint64_t cgroup = oom->victim.cgroup_id;

	events->kills++;
	events->placeless_kills += !cgroup;
	events->cgroup_kills += is_in_cgroup(own, cgroup);
	if (own->unified)
		events->group_kills +=
			oom_group__may_be_set(own->unified, own->session->names.cgroup(own->session, cgroup));
}

static void count_episode(struct event_counts *events, const struct mt_reclaim *episode)
{
	if (episode->kind == MT_RECLAIM_MEMCG && episode->target_cgroup_id && episode->target_cgroup_id != ROOT_CGROUP)
		events->limit_pages += episode->reclaimed_pages;
}

void own_counts__event(struct own_counts *own, const struct event_row *row, const void *record)
{
	if (row->id == MT_REC_kswapd)
		count_session(&own->events, record);
	else if (row->id == MT_REC_oom)
		count_kill(own, record);
	else if (row->id == MT_REC_reclaim)
		count_episode(&own->events, record);
}

int own_counts__settle(struct own_counts *own)
{
	struct session *session = own->session;
	struct under_way now;
	int i, err = 0;

	for (i = 0; !err && i < SETTLE_MAX_MS / SETTLE_STEP_MS && !stop__hurried(); i++) {
		now = live__under_way(session->live);
		if (!now.episodes && !now.sessions)
			break;
		stop__pause(SETTLE_STEP_MS);
		err = session->source->ops->consume(session->source);
	}
	return err;
}

int own_counts__take(struct own_counts *own, struct own_checkpoint *checkpoint)
{
	struct session *session = own->session;
	struct under_way before = live__under_way(session->live), after;
	int err = session__drain(session);

	if (err)
		return err;
	after = live__under_way(session->live);
	memcpy(checkpoint->slots, aggregate__sums(session->view.aggregate, SCOPE_TOTAL), sizeof(checkpoint->slots));
	checkpoint->totals = session->totals;
	checkpoint->events = own->events;
	checkpoint->under_way.episodes = before.episodes > after.episodes ? before.episodes : after.episodes;
	checkpoint->under_way.sessions = before.sessions > after.sessions ? before.sessions : after.sessions;
	return 0;
}

int own_counts__take_cmd(struct own_counts *own)
{
	struct selection *sel = aggregate__select(own->session->view.aggregate, SCOPE_TOTAL, &(struct order){ 0 });
	struct entity entity;
	size_t i, slot;
	int err = sel ? 0 : -errno;

	for (i = 0; !err && i < selection__nr(sel); i++) {
		err = selection__at(sel, i, &entity);
		if (err || !(entity.who_flags & MT_WHO_FAMILY))
			continue;
		for (slot = 0; slot < MT_NR_SLOTS; slot++) {
			own->family[slot] += entity.v[slot];
			if (entity.pid == (uint32_t)own->session->child.pid)
				own->cmd[slot] += entity.v[slot];
		}
	}
	selection__free(sel);
	return err;
}

static uint64_t slot(const struct own_counts *own, enum mt_slot id)
{
	return own->end.slots[id] - own->begin.slots[id];
}

static uint64_t machine(const struct own_counts *own, enum mt_machine_slot id)
{
	return own->end.totals.machine[id] - own->begin.totals.machine[id];
}

static uint64_t task_pages(const struct own_counts *own)
{
	/* soft limit episodes are nested in others, which also count their pages */
	return slot(own, MT_SLOT_reclaim_direct_pages) + slot(own, MT_SLOT_reclaim_memcg_pages) +
	       slot(own, MT_SLOT_reclaim_node_pages);
}

/* Of all nodes, between the two moments. */
static uint64_t session_pages(const struct session_pages *begin, const struct session_pages *end)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < MT_MAX_NODES; i++)
		sum += end[i].sum - begin[i].sum;
	return sum;
}

/* Whether there was a session in between whose pages are unknown. */
static bool is_silent(const struct session_pages *begin, const struct session_pages *end)
{
	int i;

	for (i = 0; i < MT_MAX_NODES; i++)
		if (!end[i].known && end[i].silent > begin[i].silent)
			return true;
	return false;
}

static uint64_t kswapd_pages(const struct own_counts *own)
{
	return session_pages(own->begin.events.reclaimed, own->end.events.reclaimed);
}

/* What /proc/vmstat counts as reclaim by tasks; where its counters are node counters, also reclaim for cgroups. */
static uint64_t direct_pages(const struct own_counts *own)
{
	return slot(own, MT_SLOT_reclaim_direct_pages) + slot(own, MT_SLOT_reclaim_node_pages) +
	       (own->rules.node_reclaim_counters ? slot(own, MT_SLOT_reclaim_memcg_pages) : 0);
}

static uint64_t allocs(const struct own_counts *own)
{
	return slot(own, MT_SLOT_alloc_count) + slot(own, MT_SLOT_alloc_failed) +
	       machine(own, MT_MACHINE_alloc_atomic_count) + machine(own, MT_MACHINE_alloc_atomic_failed);
}

static uint64_t stalls(const uint64_t *slots)
{
	return slots[MT_SLOT_reclaim_direct_count] + slots[MT_SLOT_reclaim_memcg_count];
}

static uint64_t stall_ns(const uint64_t *slots)
{
	return slots[MT_SLOT_reclaim_direct_ns] + slots[MT_SLOT_reclaim_memcg_ns] + slots[MT_SLOT_reclaim_softlimit_ns];
}

/* Stalls, or time in them, for some causes. */
static uint64_t of_causes(const uint64_t *slots, uint32_t causes, bool ns)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < MT_NR_STALL_CAUSES; i++)
		if (causes >> i & 1)
			sum += slots[MT_SLOT_stall_memcg_count + 2 * i + ns];
	return sum;
}

#define CAUSE(name) (1U << MT_STALL_##name)
#define ALL_CAUSES  ((1U << MT_NR_STALL_CAUSES) - 1)
#define RECLAIMS    (CAUSE(MEMCG) | CAUSE(HIGH) | CAUSE(DIRECT))

static uint64_t stalls_of_tasks(const struct own_counts *own)
{
	return of_causes(own->end.slots, ALL_CAUSES, false) - of_causes(own->begin.slots, ALL_CAUSES, false);
}

/* Those that delay accounting calls thrashing. */
static uint32_t thrashes(const struct own_counts *own)
{
	return CAUSE(REFAULT) | (own->rules.swapins_thrash ? CAUSE(SWAPIN) : 0);
}

/* The penalty sleeps of memory.high reclaim nothing. */
static uint64_t reclaim_wait_ns(const struct own_counts *own)
{
	return of_causes(own->cmd, RECLAIMS, true) - own->cmd[MT_SLOT_stall_high_penalty_ns];
}

static uint64_t of_machine(const struct own_counts *own, enum figure figure)
{
	uint64_t ns;

	return stall_counts__own(own->session, figure, &ns) ? ns : 0;
}

static uint64_t stall_value_of(const struct own_counts *own, enum figure figure)
{
	switch (figure) {
	case FIGURE_CMD_RECLAIM_WAIT_NS:
		return reclaim_wait_ns(own);
	case FIGURE_CMD_THRASHES:
		return of_causes(own->cmd, thrashes(own), false);
	case FIGURE_CMD_THRASH_NS:
		return of_causes(own->cmd, thrashes(own), true);
	case FIGURE_CMD_COMPACTIONS:
		return of_causes(own->cmd, CAUSE(COMPACT), false);
	case FIGURE_CMD_COMPACTION_NS:
		return of_causes(own->cmd, CAUSE(COMPACT), true);
	case FIGURE_STALLED_BY_CPU:
	case FIGURE_STALLED:
		return of_machine(own, figure);
	default:
		return 0;
	}
}

static uint64_t value_of(const struct own_counts *own, enum figure figure)
{
	const struct event_counts *begin = &own->begin.events, *end = &own->end.events;

	switch (figure) {
	case FIGURE_CMD_MINOR:
		return own->family[MT_SLOT_fault_minor];
	case FIGURE_CMD_MAJOR:
		return own->family[MT_SLOT_fault_major];
	case FIGURE_FAULTS:
		return slot(own, MT_SLOT_fault_minor) + slot(own, MT_SLOT_fault_major);
	case FIGURE_MAJOR:
		return slot(own, MT_SLOT_fault_major);
	case FIGURE_ALLOCS:
		return allocs(own);
	case FIGURE_ALLOC_PAGES:
		return slot(own, MT_SLOT_alloc_pages) + machine(own, MT_MACHINE_alloc_atomic_pages);
	case FIGURE_DIRECT_EPISODES:
		return slot(own, MT_SLOT_reclaim_direct_count);
	case FIGURE_MEMCG_EPISODES:
		return slot(own, MT_SLOT_reclaim_memcg_count);
	case FIGURE_DIRECT_PAGES:
		return direct_pages(own);
	case FIGURE_TASK_PAGES:
		return task_pages(own);
	case FIGURE_RECLAIMED_PAGES:
		return task_pages(own) + kswapd_pages(own);
	case FIGURE_KSWAPD_ROUNDS:
		return end->rounds - begin->rounds;
	case FIGURE_KSWAPD_SCANNED:
		return session_pages(begin->scanned, end->scanned);
	case FIGURE_KSWAPD_RECLAIMED:
		return kswapd_pages(own);
	case FIGURE_SWAPPED_IN:
		return slot(own, MT_SLOT_swap_in_pages);
	case FIGURE_SWAPPED_OUT:
		return slot(own, MT_SLOT_swap_out_pages);
	case FIGURE_KILLS:
		return end->kills - begin->kills;
	case FIGURE_CGROUP_KILLS:
		return end->cgroup_kills - begin->cgroup_kills;
	case FIGURE_CMD_STALLS:
		return stalls(own->cmd);
	case FIGURE_CMD_STALL_NS:
		return stall_ns(own->cmd);
	default:
		return stall_value_of(own, figure);
	}
}

/* Bits of the probes whose hooks a figure needs; accounted faults need none. */
static const uint32_t figure_probes[NR_FIGURES] = {
	[FIGURE_CMD_MINOR] = 1U << MT_PROBE_fault,
	[FIGURE_CMD_MAJOR] = 1U << MT_PROBE_fault,
	[FIGURE_FAULTS] = 1U << MT_PROBE_fault,
	[FIGURE_MAJOR] = 1U << MT_PROBE_fault,
	[FIGURE_ALLOCS] = 1U << MT_PROBE_alloc,
	[FIGURE_ALLOC_PAGES] = 1U << MT_PROBE_alloc,
	[FIGURE_DIRECT_EPISODES] = 1U << MT_PROBE_reclaim,
	[FIGURE_MEMCG_EPISODES] = 1U << MT_PROBE_reclaim,
	[FIGURE_DIRECT_PAGES] = 1U << MT_PROBE_reclaim,
	[FIGURE_TASK_PAGES] = 1U << MT_PROBE_reclaim,
	[FIGURE_RECLAIMED_PAGES] = 1U << MT_PROBE_reclaim | 1U << MT_PROBE_kswapd,
	[FIGURE_KSWAPD_ROUNDS] = 1U << MT_PROBE_kswapd,
	[FIGURE_KSWAPD_SCANNED] = 1U << MT_PROBE_kswapd,
	[FIGURE_KSWAPD_RECLAIMED] = 1U << MT_PROBE_kswapd,
	[FIGURE_SWAPPED_IN] = 1U << MT_PROBE_swap,
	[FIGURE_SWAPPED_OUT] = 1U << MT_PROBE_swap,
	[FIGURE_KILLS] = 1U << MT_PROBE_oom,
	[FIGURE_CGROUP_KILLS] = 1U << MT_PROBE_oom,
	[FIGURE_CMD_STALLS] = 1U << MT_PROBE_reclaim,
	[FIGURE_CMD_STALL_NS] = 1U << MT_PROBE_reclaim,
	[FIGURE_CMD_RECLAIM_WAIT_NS] = 1U << MT_PROBE_stall,
	[FIGURE_CMD_THRASHES] = 1U << MT_PROBE_stall,
	[FIGURE_CMD_THRASH_NS] = 1U << MT_PROBE_stall,
	[FIGURE_CMD_COMPACTIONS] = 1U << MT_PROBE_stall,
	[FIGURE_CMD_COMPACTION_NS] = 1U << MT_PROBE_stall,
	[FIGURE_STALLED_BY_CPU] = 1U << MT_PROBE_stall,
	[FIGURE_STALLED] = 1U << MT_PROBE_stall,
};

/* Figures that include kswapd's pages, which the kernel may not report. */
static const uint32_t reclaimed_figures = 1U << FIGURE_KSWAPD_RECLAIMED | 1U << FIGURE_RECLAIMED_PAGES;
/* Figures that include reclaim of memory cgroups, whose hooks the probe may lack. */
static const uint32_t memcg_figures = 1U << FIGURE_MEMCG_EPISODES | 1U << FIGURE_TASK_PAGES |
				      1U << FIGURE_RECLAIMED_PAGES | 1U << FIGURE_CMD_STALLS |
				      1U << FIGURE_CMD_STALL_NS;

static bool lacks_pages(const struct own_counts *own, enum figure figure)
{
	const struct event_counts *begin = &own->begin.events, *end = &own->end.events;

	if (figure == FIGURE_KSWAPD_SCANNED)
		return is_silent(begin->scanned, end->scanned);
	return reclaimed_figures >> figure & 1 && is_silent(begin->reclaimed, end->reclaimed);
}

/* Of stalls: figures of probes that are there may be of a part of them alone. */
static const char *why_part(const struct own_counts *own, enum figure figure)
{
	uint64_t ns;

	if (!stall_counts__sees_all(own->session))
		return "only reclaim and compaction are seen: programs on functions are refused, or avoided";
	if ((figure == FIGURE_STALLED || figure == FIGURE_STALLED_BY_CPU) &&
	    !stall_counts__own(own->session, figure, &ns))
		return "this kernel has no atomic operations for programs, or they have failed";
	return NULL;
}

static const char *why_unknown(const struct own_counts *own, const struct counter_row *row)
{
	const struct session *session = own->session;
	const struct options *options = session->options;
	enum mt_probe id;

	if (row->figure == FIGURE_NONE)
		return row->none_why;
	if (options->cgroups.nr && (row->about == ABOUT_MACHINE || row->about == ABOUT_CMD))
		return "-c: only that cgroup's tasks are counted";
	if (row->figure == FIGURE_CGROUP_KILLS && own->end.events.placeless_kills > own->begin.events.placeless_kills)
		return "this kernel does not say in which cgroup a victim was";
	if (lacks_pages(own, row->figure))
		return "the kernel did not say what kswapd scanned or reclaimed";
	for (id = 0; id < MT_NR_PROBES; id++) {
		if (!(figure_probes[row->figure] & (1U << id)))
			continue;
		if (!run_view__asked(&session->view, id))
			return "its probe was not selected";
		if (!session->source->probes[id].attached)
			return "its probe could not be attached";
	}
	if ((row->figure == FIGURE_SWAPPED_IN || row->figure == FIGURE_SWAPPED_OUT) &&
	    !run_view__knows(&session->view, MT_SLOT_swap_in_pages))
		return "swap in memory is not seen: programs on functions are refused, or avoided";
	if (memcg_figures & 1U << row->figure && !run_view__knows(&session->view, MT_SLOT_reclaim_memcg_count))
		return "only part of its probe could be attached";
	if (figure_probes[row->figure] == 1U << MT_PROBE_stall)
		return why_part(own, row->figure);
	return NULL;
}

void own_counts__figure(const struct own_counts *own, const struct counter_row *row, struct own_figure *figure)
{
	*figure = (struct own_figure){ .why = why_unknown(own, row) };
	figure->known = !figure->why;
	if (figure->known)
		figure->value = value_of(own, row->figure);
}

static uint64_t beyond(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

bool own_counts__has(const struct own_counts *own, enum figure figure, const struct kernel_figure *kernel)
{
	/* each CPU may be between the event and memtrace's count */
	return !kernel->known || value_of(own, figure) + sysconf(_SC_NPROCESSORS_ONLN) >= kernel->low;
}

static void loss_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	const struct losses *begin = &own->begin.totals.losses, *end = &own->end.totals.losses;

	bounds[BOUND_UNNAMED_MINOR] = end->unattributed[MT_SLOT_fault_minor] - begin->unattributed[MT_SLOT_fault_minor];
	bounds[BOUND_UNNAMED_MAJOR] = end->unattributed[MT_SLOT_fault_major] - begin->unattributed[MT_SLOT_fault_major];
	/* those that had ended before counting began and whose records had not come: they may have come since */
	bounds[BOUND_LOST_TASKS] = beyond(end->tasks, begin->tasks);
	bounds[BOUND_LOST_RARE] = end->rare - begin->rare;
	bounds[BOUND_UNFINISHED] = end->unfinished - begin->unfinished;
	bounds[BOUND_SKIPPED] = end->recursion - begin->recursion;
}

/*
 * The hooks see exceptions, the counters accounted faults.  Both differ both ways, so their difference is less than
 * each of the two that is wanted; the kernel's own numbers, where they are known, have them apart.
 */
static void exception_bounds(const struct own_counts *own, const struct fault_exceptions *exceptions,
			     uint64_t bounds[NR_BOUNDS])
{
	uint64_t hits = slot(own, MT_SLOT_fault_user) + slot(own, MT_SLOT_fault_kernel);
	uint64_t faults = value_of(own, FIGURE_FAULTS);
	/* the kernel does not say that for a cgroup's tasks */
	bool of_machine = exceptions->known && !own->session->options->cgroups.nr;

	bounds[BOUND_FAILED_FAULTS] =
		(exceptions->known ? exceptions->unaccounted : beyond(hits, faults)) + value_of(own, FIGURE_KILLS);
	bounds[BOUND_SILENT_FAULTS] = beyond(faults, of_machine ? exceptions->accounted : hits);
}

/* The memory's owner is known only for exceptions: it is the task itself. */
static void foreign_bounds(const struct own_counts *own, const struct fault_exceptions *exceptions,
			   uint64_t bounds[NR_BOUNDS])
{
	uint64_t exceptional = exceptions->known ? exceptions->accounted : value_of(own, FIGURE_FAULTS);

	/* at this point it is all faults of the machine */
	bounds[BOUND_FOREIGN_FAULTS] = beyond(bounds[BOUND_FOREIGN_FAULTS], exceptional);
	bounds[BOUND_OUTWARD_FAULTS] = bounds[BOUND_SILENT_FAULTS];
	if (!own->session->options->cgroups.nr)
		bounds[BOUND_FOREIGN_FAULTS] = bounds[BOUND_OUTWARD_FAULTS] = 0;
}

static void fault_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	uint64_t reclaimed = value_of(own, FIGURE_RECLAIMED_PAGES);

	bounds[BOUND_DESCENDANT_MINOR] = own->family[MT_SLOT_fault_minor] - own->cmd[MT_SLOT_fault_minor];
	bounds[BOUND_DESCENDANT_MAJOR] = own->family[MT_SLOT_fault_major] - own->cmd[MT_SLOT_fault_major];
	bounds[BOUND_MAJOR] = value_of(own, FIGURE_MAJOR);
	bounds[BOUND_EVICTED] = bounds[BOUND_MAJOR] < reclaimed ? bounds[BOUND_MAJOR] : reclaimed;
	/* an attempt is given up to read a page, also for pages that mlock() reads */
	bounds[BOUND_RETRIED_FAULTS] =
		own->rules.attempts_count ? bounds[BOUND_MAJOR] + bounds[BOUND_SILENT_FAULTS] : 0;
}

/*
 * Pages that may have come from slabs: only reclaim for a known limit of a cgroup is surely not for the whole
 * machine.
 */
static uint64_t slab_episode_pages(const struct own_counts *own)
{
	uint64_t all = task_pages(own);

	if (own->rules.cgroup_slab_pages)
		return all;
	return beyond(all, own->unified ? own->end.events.limit_pages - own->begin.events.limit_pages :
					  slot(own, MT_SLOT_reclaim_memcg_pages));
}

static void alloc_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	uint64_t atomic_failed = machine(own, MT_MACHINE_alloc_atomic_failed);

	bounds[BOUND_FAILED_ALLOCS] = slot(own, MT_SLOT_alloc_failed) + atomic_failed;
	bounds[BOUND_ATOMIC_ALLOCS] = machine(own, MT_MACHINE_alloc_atomic_count) + atomic_failed;
}

static void kill_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	bounds[BOUND_GROUP_KILLS] = own->end.events.group_kills - own->begin.events.group_kills;
	/* at this point it is all kills of the machine */
	bounds[BOUND_KILLS_ELSEWHERE] = beyond(bounds[BOUND_KILLS_ELSEWHERE], value_of(own, FIGURE_CGROUP_KILLS));
}

static void under_way_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	bounds[BOUND_OPEN_AT_BEGIN] = own->begin.under_way.episodes;
	bounds[BOUND_OPEN_AT_END] = own->end.under_way.episodes;
	bounds[BOUND_SESSIONS_AT_BEGIN] = own->begin.under_way.sessions;
	bounds[BOUND_SESSIONS_AT_END] = own->end.under_way.sessions;
}

static void reclaim_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	const struct count_rules *rules = &own->rules;

	bounds[BOUND_RESTARTS] = value_of(own, FIGURE_DIRECT_EPISODES) * rules->restarts;
	bounds[BOUND_MEMCG_EPISODES] = value_of(own, FIGURE_MEMCG_EPISODES);
	bounds[BOUND_SLAB_EPISODE_PAGES] = slab_episode_pages(own);
	if (bounds[BOUND_THROTTLED] == BOUND_UNKNOWN)
		bounds[BOUND_THROTTLED] = value_of(own, FIGURE_KILLS);
	if (rules->node_reclaim_counters)
		return;
	bounds[BOUND_SOFTLIMIT_PAGES] = slot(own, MT_SLOT_reclaim_softlimit_pages);
	bounds[BOUND_SOFTLIMIT_EPISODES] = slot(own, MT_SLOT_reclaim_softlimit_count);
}

static void cmd_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	bounds[BOUND_CMD_STALLS] = value_of(own, FIGURE_CMD_STALLS);
	bounds[BOUND_CMD_STALL_NS] = value_of(own, FIGURE_CMD_STALL_NS);
	bounds[BOUND_CMD_RESTARTS] = bounds[BOUND_CMD_STALLS] * own->rules.restarts;
	bounds[BOUND_CMD_NODE_EPISODES] = own->cmd[MT_SLOT_reclaim_node_count];
	bounds[BOUND_CMD_NODE_NS] = own->cmd[MT_SLOT_reclaim_node_ns];
}

static void cmd_stall_bounds(const struct own_counts *own, uint64_t bounds[NR_BOUNDS])
{
	uint32_t beside = ALL_CAUSES & ~thrashes(own);
	const uint64_t *cmd = own->cmd;

	bounds[BOUND_CMD_STALL_CLOCKS] =
		stall_counts__clocks(of_causes(cmd, ALL_CAUSES, true), of_causes(cmd, ALL_CAUSES, false));
	bounds[BOUND_CMD_RECLAIMS] = of_causes(cmd, RECLAIMS, false);
	bounds[BOUND_CMD_UNSTALLED_NS] = beyond(value_of(own, FIGURE_CMD_STALL_NS), reclaim_wait_ns(own));
	bounds[BOUND_CMD_REFAULTS] = of_causes(cmd, CAUSE(REFAULT), false);
	bounds[BOUND_CMD_REFAULT_NS] = of_causes(cmd, CAUSE(REFAULT), true);
	bounds[BOUND_CMD_NO_RECLAIM_NS] = of_causes(cmd, ALL_CAUSES & ~RECLAIMS, true);
	bounds[BOUND_CMD_NO_THRASHES] = of_causes(cmd, beside, false);
	bounds[BOUND_CMD_NO_THRASH_NS] = of_causes(cmd, beside, true);
	bounds[BOUND_CMD_NO_COMPACTIONS] = of_causes(cmd, ALL_CAUSES & ~CAUSE(COMPACT), false);
	bounds[BOUND_CMD_NO_COMPACTION_NS] = of_causes(cmd, ALL_CAUSES & ~CAUSE(COMPACT), true);
}

void own_counts__bounds(const struct own_counts *own, const struct fault_exceptions *exceptions,
			uint64_t bounds[NR_BOUNDS])
{
	bounds[BOUND_ALWAYS] = 1;
	bounds[BOUND_CPUS] = sysconf(_SC_NPROCESSORS_ONLN);
	bounds[BOUND_STALE] += bounds[BOUND_CPUS] * STALE_PER_CPU;
	loss_bounds(own, bounds);
	exception_bounds(own, exceptions, bounds);
	foreign_bounds(own, exceptions, bounds);
	fault_bounds(own, bounds);
	under_way_bounds(own, bounds);
	alloc_bounds(own, bounds);
	reclaim_bounds(own, bounds);
	kill_bounds(own, bounds);
	cmd_bounds(own, bounds);
	cmd_stall_bounds(own, bounds);
	bounds[BOUND_STALLS_PREEMPTED] = own->rules.preempts ? stalls_of_tasks(own) : 0;
	stall_counts__bounds(own->session, stalls_of_tasks(own), bounds);
}
