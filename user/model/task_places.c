// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "task_places.h"

#include <string.h>

static bool is_on(const struct mt_cfg *cfg, enum mt_slot slot)
{
	return cfg->probes & 1U << slot_rows[slot].probe;
}

/* The kernel's own counts of a task stand in a place too; of refaults only where delay accounting tells them. */
static bool is_counted(enum mt_slot slot)
{
	return slot != MT_SLOT_process_cpu_ns && slot != MT_SLOT_stall_refault_count &&
	       slot != MT_SLOT_stall_refault_ns;
}

/* A probe's slots follow each other, so one number says how far all of them are moved. */
void task_places__plan(struct mt_cfg *cfg, uint32_t probes)
{
	enum mt_slot slot;

	cfg->probes = probes;
	cfg->nr_slots = 0;
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (is_on(cfg, slot)) {
			cfg->counted[cfg->nr_slots] = is_counted(slot) ? ~0U : 0;
			cfg->shift[slot_rows[slot].probe] = slot - cfg->nr_slots++;
		}
}

size_t task_places__record_size(const struct mt_cfg *cfg)
{
	return offsetof(struct mt_task, c) + cfg->nr_slots * sizeof(uint64_t) +
	       (cfg->parents ? sizeof(struct mt_who) : 0);
}

/* A counter, and the low half of what was sent of it; whole words in all; its stall and its reclaim. */
size_t task_places__state_size(const struct mt_cfg *cfg)
{
	size_t size = offsetof(struct mt_state, c) + cfg->nr_slots * (sizeof(uint64_t) + sizeof(uint32_t));

	size = (size + 7) / 8 * 8;
	if (cfg->probes & 1U << MT_PROBE_stall)
		size += sizeof(struct mt_stalled);
	if (cfg->probes & 1U << MT_PROBE_reclaim)
		size += sizeof(struct mt_reclaiming);
	return size;
}

void task_places__spread(const struct mt_cfg *cfg, const uint64_t *counters, uint64_t *slots)
{
	enum mt_slot slot;

	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		slots[slot] = is_on(cfg, slot) ? counters[slot - cfg->shift[slot_rows[slot].probe]] : 0;
}

bool task_places__read(const struct mt_cfg *cfg, const void *record, size_t size, struct mt_task *task)
{
	uint64_t counters[MT_NR_SLOTS];

	if (size != task_places__record_size(cfg))
		return false;
	memcpy(task, record, offsetof(struct mt_task, c));
	memcpy(counters, (const char *)record + offsetof(struct mt_task, c), cfg->nr_slots * sizeof(*counters));
	task_places__spread(cfg, counters, (uint64_t *)task->c);
	memset(&task->parent, 0, sizeof(task->parent));
	if (cfg->parents)
		memcpy(&task->parent, (const char *)record + size - sizeof(task->parent), sizeof(task->parent));
	task->hdr.size = sizeof(*task);
	return true;
}
