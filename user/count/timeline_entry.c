// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From records to entries of a timeline. */
#include <string.h>

#include "timeline_impl.h"

#define CONSTRAINT_MEMCG 3 /* include/linux/oom.h, enum oom_constraint */

void timeline_entry__init(struct timeline_entry *entry, enum timeline_kind kind, uint64_t start_ns, uint64_t end_ns)
{
	*entry = (struct timeline_entry){
		.kind = kind,
		.place = start_ns,
		.start_ns = start_ns,
		.duration_ns = end_ns - start_ns,
		.end_ns = end_ns,
		.events = 1,
		.seen = true,
		.node = MT_UNKNOWN_S32,
		.order = MT_UNKNOWN_S32,
		.gfp_flags = MT_UNKNOWN_U64,
		.scanned_pages = MT_UNKNOWN_U64,
		.reclaimed_pages = MT_UNKNOWN_U64,
		.rss_bytes = MT_UNKNOWN_U64,
		.value_bytes = MT_UNKNOWN_U64,
		.bound_bytes = MT_UNKNOWN_U64,
	};
}

/* A recording may have any numbers: an end is never before its start. */
static void begin_end(struct timeline_entry *entry, enum timeline_kind kind, uint64_t start_ns, uint64_t duration_ns)
{
	uint64_t end_ns = start_ns + duration_ns;

	timeline_entry__init(entry, kind, start_ns, end_ns >= start_ns ? end_ns : UINT64_MAX);
}

static bool of_reclaim(const struct mt_reclaim *record, struct timeline_entry *entry)
{
	static const enum timeline_kind kinds[MT_NR_RECLAIM_KINDS] = {
		[MT_RECLAIM_DIRECT] = TIMELINE_direct,
		[MT_RECLAIM_MEMCG] = TIMELINE_memcg,
		[MT_RECLAIM_SOFTLIMIT] = TIMELINE_softlimit,
		[MT_RECLAIM_NODE] = TIMELINE_node,
	};

	if (record->kind >= MT_NR_RECLAIM_KINDS)
		return false;
	begin_end(entry, kinds[record->kind], record->start_ns, record->duration_ns);
	entry->who = record->who;
	entry->order = record->order;
	entry->gfp_flags = record->gfp_flags;
	entry->reclaimed_pages = record->reclaimed_pages;
	entry->cgroup_id = record->target_cgroup_id;
	return true;
}

static bool of_kswapd(const struct mt_kswapd *record, struct timeline_entry *entry)
{
	begin_end(entry, TIMELINE_kswapd, record->start_ns, record->duration_ns);
	entry->node = record->node;
	entry->order = record->order;
	entry->scanned_pages = record->scanned_pages;
	entry->reclaimed_pages = record->reclaimed_pages;
	entry->partial = record->partial;
	return true;
}

/* The sleep of memory.high and its reclaim have one cause, but two functions. */
static enum timeline_kind kind_of_stall(const struct mt_stall *record)
{
	static const char sleeps[] = "mem_cgroup_handle_over_high";
	static const enum timeline_kind kinds[MT_NR_STALL_CAUSES] = {
		[MT_STALL_MEMCG] = TIMELINE_memcg,   [MT_STALL_HIGH] = TIMELINE_high,
		[MT_STALL_DIRECT] = TIMELINE_direct, [MT_STALL_COMPACT] = TIMELINE_compact,
		[MT_STALL_SWAPIN] = TIMELINE_swapin, [MT_STALL_REFAULT] = TIMELINE_refault,
		[MT_STALL_OTHER] = TIMELINE_stall,
	};
	const char *function = record->function + 2 * (memcmp(record->function, "__", 2) == 0);

	if (record->cause == MT_STALL_HIGH && memcmp(function, sleeps, sizeof(sleeps) - 1) == 0)
		return TIMELINE_penalty;
	return kinds[record->cause];
}

static bool is_reclaim(uint32_t cause)
{
	return cause == MT_STALL_MEMCG || cause == MT_STALL_DIRECT;
}

static bool of_stall(const struct timeline_config *config, const struct mt_stall *record, struct timeline_entry *entry)
{
	if (record->cause >= MT_NR_STALL_CAUSES || (config->has_reclaim && is_reclaim(record->cause)))
		return false;
	begin_end(entry, kind_of_stall(record), record->start_ns, record->duration_ns);
	entry->who = record->who;
	entry->cgroup_id = record->target_cgroup_id;
	if (!entry->cgroup_id && record->cause == MT_STALL_HIGH)
		entry->cgroup_id = record->who.cgroup_id;
	entry->partial = record->partial;
	memcpy(entry->function, record->function, sizeof(record->function));
	return true;
}

static bool of_oom(const struct mt_oom *record, struct timeline_entry *entry)
{
	bool memcg = record->constraint == CONSTRAINT_MEMCG || record->limit_cgroup_id;

	begin_end(entry, memcg ? TIMELINE_memcg_kill : TIMELINE_kill, record->hdr.time_ns, 0);
	entry->who = record->trigger;
	entry->victim = record->victim;
	entry->order = record->order;
	entry->gfp_flags = record->gfp_flags;
	entry->cgroup_id = record->limit_cgroup_id;
	entry->rss_bytes = record->anon_rss_bytes;
	return true;
}

bool timeline_entry__of(const struct timeline_config *config, const struct event_row *row, const void *record,
			struct timeline_entry *entry)
{
	switch (row->id) {
	case MT_REC_reclaim:
		return of_reclaim(record, entry);
	case MT_REC_kswapd:
		return of_kswapd(record, entry);
	case MT_REC_stall:
		return of_stall(config, record, entry);
	case MT_REC_oom:
		return of_oom(record, entry);
	default:
		return false;
	}
}
