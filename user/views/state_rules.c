// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "state_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../base/units.h"
#include "state_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* A zone that has less than this share of all managed pages is no reason for a word. */
#define SMALL_ZONE 20

static bool known(uint64_t value)
{
	return value != MT_UNKNOWN_U64;
}

/* Whether value is at least percent of whole; false if either is not known. */
static bool is_share(uint64_t value, uint64_t whole, unsigned int percent)
{
	return known(value) && known(whole) && whole && (double)value * 100 >= (double)whole * percent;
}

static uint64_t value_of(const struct state *state, enum sample_id id)
{
	return state->looks.now->values[id];
}

static uint64_t growth(const struct state *state, enum sample_id id)
{
	return machine__growth(state->looks.before, state->looks.now, id);
}

static bool kills(const struct state *state, char *text, size_t size)
{
	uint64_t nr = growth(state, SAMPLE_vm_oom_kill);
	char count[TEXT_LEN];

	if (!known(nr) || !nr)
		return false;
	snprintf(text, size, "the OOM killer killed %s since the first look",
		 nr == 1 ? "a process" : format_count(count, sizeof(count), nr));
	return true;
}

static uint64_t managed_pages(const struct machine *machine)
{
	const struct machine_zone *zone;
	uint64_t sum = 0;

	for (zone = machine->zones; zone < machine->zones + machine->nr_zones; zone++)
		sum += known(zone->managed) ? zone->managed : 0;
	return sum;
}

static bool is_low(const struct machine *machine, size_t i, bool min)
{
	const struct machine_zone *zone = &machine->zones[i];
	uint64_t mark = min ? zone->min : zone->low;

	if (i >= machine->nr_zones || !known(zone->free) || !known(mark) || !known(zone->managed))
		return false;
	return zone->free < mark && zone->managed * SMALL_ZONE >= managed_pages(machine);
}

/* At both looks, as zones of a busy machine touch the low watermark now and then; NULL: none. */
static const struct machine_zone *low_zone(const struct state *state, bool min)
{
	const struct machine *now = state->looks.now, *before = state->looks.before;
	size_t i;

	for (i = 0; i < now->nr_zones; i++)
		if (is_low(now, i, min) && (min || !before || is_low(before, i, false)))
			return &now->zones[i];
	return NULL;
}

static const char *zone_name(const struct state *state, const struct machine_zone *zone, char *buf, size_t size)
{
	if (state->looks.now->nr_nodes > 1)
		snprintf(buf, size, "zone %s of node %u", zone->name, zone->node);
	else
		snprintf(buf, size, "zone %s", zone->name);
	return buf;
}

static bool below_min(const struct state *state, char *text, size_t size)
{
	const struct machine_zone *zone = low_zone(state, true);
	char name[48];

	if (zone)
		snprintf(text, size, "%s is below min: allocations reclaim by themselves, and stall",
			 zone_name(state, zone, name, sizeof(name)));
	return zone;
}

static bool below_low(const struct state *state, char *text, size_t size)
{
	const struct machine_zone *zone = low_zone(state, false);
	char name[48];

	if (zone)
		snprintf(text, size, "%s stays below low: kswapd does not keep up",
			 zone_name(state, zone, name, sizeof(name)));
	return zone;
}

static bool pressure(const struct state *state, char *text, size_t size)
{
	uint64_t some = value_of(state, SAMPLE_pressure_memory_some_avg10);
	char share[TEXT_LEN];

	if (!is_share(some, SAMPLE_WHOLE, 10))
		return false;
	snprintf(text, size, "tasks waited for memory in %s of the last 10 s", state__share(share, some));
	return true;
}

static bool commit(const struct state *state, char *text, size_t size)
{
	uint64_t committed = value_of(state, SAMPLE_memory_committed);
	uint64_t limit = value_of(state, SAMPLE_memory_commit_limit);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (state->looks.now->settings[SETTING_overcommit] != 2 || !is_share(committed, limit, 95))
		return false;
	snprintf(text, size, "%s of %s are committed, and overcommit is off: allocations will fail",
		 state__bytes(a, committed), state__bytes(b, limit));
	return true;
}

static uint64_t swap_used(const struct state *state)
{
	return machine__grown(value_of(state, SAMPLE_swap_free), value_of(state, SAMPLE_swap_total));
}

static bool out_of_memory(const struct state *state, char *text, size_t size)
{
	uint64_t available = value_of(state, SAMPLE_memory_available), total = value_of(state, SAMPLE_memory_total);
	uint64_t swap = value_of(state, SAMPLE_swap_total);
	char a[TEXT_LEN];

	if (!known(available) || !known(total) || is_share(available, total, 10))
		return false;
	if (swap && !is_share(swap_used(state), swap, 90))
		return false;
	snprintf(text, size, "only %s are available, and %s", state__bytes(a, available),
		 swap ? "swap is nearly full" : "there is no swap");
	return true;
}

static bool swap_full(const struct state *state, char *text, size_t size)
{
	uint64_t used = swap_used(state), total = value_of(state, SAMPLE_swap_total);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (!is_share(used, total, 90))
		return false;
	snprintf(text, size, "swap is nearly full: %s of %s", state__bytes(a, used), state__bytes(b, total));
	return true;
}

static bool dirty(const struct state *state, char *text, size_t size)
{
	const struct machine *now = state->looks.now;
	uint64_t limit = machine__bytes(now, value_of(state, SAMPLE_vm_dirty_threshold));
	uint64_t background = machine__bytes(now, value_of(state, SAMPLE_vm_dirty_background_threshold));
	uint64_t bytes = value_of(state, SAMPLE_memory_dirty);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (!known(limit) || !known(background) || !known(bytes) || !limit || bytes < (limit + background) / 2)
		return false;
	snprintf(text, size, "%s wait to be written (limit %s): who writes is slowed down", state__bytes(a, bytes),
		 state__bytes(b, limit));
	return true;
}

static bool kswapd(const struct state *state, char *text, size_t size)
{
	const struct machine *now = state->looks.now;
	const struct machine_node *node;
	char share[TEXT_LEN];

	for (node = now->nodes; node < now->nodes + now->nr_nodes; node++) {
		if (state__kswapd(state, node) < 0.5)
			continue;
		snprintf(text, size, "kswapd%u ran for %s of the time", node->id,
			 state__percent(share, state__kswapd(state, node)));
		return true;
	}
	return false;
}

static bool compaction(const struct state *state, char *text, size_t size)
{
	uint64_t stalls = growth(state, SAMPLE_vm_compact_stall), failed = growth(state, SAMPLE_vm_compact_fail);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (!known(stalls) || stalls < 10 || !is_share(failed, stalls, 50))
		return false;
	snprintf(text, size, "memory is in pieces: %s of %s attempts to compact it failed",
		 format_count(a, sizeof(a), failed), format_count(b, sizeof(b), stalls));
	return true;
}

static bool slab(const struct state *state, char *text, size_t size)
{
	uint64_t bytes = value_of(state, SAMPLE_memory_slab_unreclaimable);
	char a[TEXT_LEN];

	if (!is_share(bytes, value_of(state, SAMPLE_memory_total), 25))
		return false;
	snprintf(text, size, "slabs that cannot be reclaimed take %s", state__bytes(a, bytes));
	return true;
}

static bool not_accounted(const struct state *state, char *text, size_t size)
{
	char a[TEXT_LEN];
	int64_t rest;

	if (!machine__not_accounted(state->looks.now, &rest) || rest <= 0 ||
	    !is_share(rest, value_of(state, SAMPLE_memory_total), 25))
		return false;
	snprintf(text, size, "%s are in no counter of the kernel: pages that drivers or the hypervisor took",
		 state__bytes(a, rest));
	return true;
}

const struct state_rule state_rules[] = {
	{ .id = "oom_kills",
	  .threshold = "oom_kill of /proc/vmstat grew between the looks",
	  .source = "any kill is one too many",
	  .next = "memtrace trace oom",
	  .applies = kills },
	{ .id = "below_min",
	  .threshold = "free pages of a zone below its min watermark",
	  .source = "kernel, mm/page_alloc.c: below min an allocation enters its slow path and reclaims directly",
	  .next = "memtrace stalls",
	  .applies = below_min },
	{ .id = "pressure",
	  .threshold = "some avg10 of /proc/pressure/memory at 10% or more",
	  .source = "a choice: well below the 60% at which systemd-oomd kills by default",
	  .next = "memtrace stalls",
	  .applies = pressure },
	{ .id = "commit",
	  .threshold = "95% of the commit limit with overcommit_memory 2",
	  .source = "a choice: the kernel refuses at 100% (Documentation/mm/overcommit-accounting.rst)",
	  .next = "memtrace top",
	  .applies = commit },
	{ .id = "out_of_memory",
	  .threshold = "less than 10% of memory available, and swap used by 90% or more or absent",
	  .source = "where earlyoom begins to kill by default",
	  .next = "memtrace stalls",
	  .applies = out_of_memory },
	{ .id = "swap_full",
	  .threshold = "swap used by 90% or more",
	  .source = "SwapUsedLimit of systemd-oomd by default",
	  .next = "memtrace stalls",
	  .applies = swap_full },
	{ .id = "dirty",
	  .threshold = "dirty pages at or above the middle of the background threshold and the limit",
	  .source = "kernel, mm/page-writeback.c: above it balance_dirty_pages() slows writers down",
	  .next = "memtrace stalls",
	  .applies = dirty },
	{ .id = "below_low",
	  .threshold = "free pages of a zone below its low watermark at both looks",
	  .source = "kernel, mm/page_alloc.c: below low kswapd is woken, and works up to high",
	  .next = "memtrace stat reclaim kswapd",
	  .applies = below_low },
	{ .id = "kswapd",
	  .threshold = "a kswapd ran for half of the time or more",
	  .source = "a choice: an idle one does not run at all",
	  .next = "memtrace stat reclaim kswapd",
	  .applies = kswapd },
	{ .id = "compaction",
	  .threshold = "10 direct compactions or more between the looks, half of them or more failed",
	  .source = "a choice: each one stalls its task for nothing",
	  .next = "memtrace stalls",
	  .applies = compaction },
	{ .id = "slab",
	  .threshold = "slabs that cannot be reclaimed at 25% of memory or more",
	  .source = "a choice: such a share is a leak more often than a load",
	  .next = "memtrace state -d 60",
	  .applies = slab },
	{ .id = "not_accounted",
	  .threshold = "25% of memory or more in no counter",
	  .source = "a choice",
	  .next = "memtrace state -d 60",
	  .applies = not_accounted },
	{},
};

static const struct column columns[] = {
	{ .path = "rule" }, { .path = "text" }, { .path = "threshold" }, { .path = "source" }, { .path = "next" },
};

/* The worst ones that apply. */
static size_t apply(struct state *state, struct cell *cells)
{
	const struct state_rule *rule;
	size_t nr = 0;

	for (rule = state_rules; rule->id && nr < STATE_NOW_MAX; rule++) {
		char *text = state->now_texts[nr];

		if (!rule->applies(state, text, sizeof(state->now_texts[nr])))
			continue;
		cells[0] = cell_string(rule->id);
		cells[1] = cell_string(text);
		cells[2] = cell_string(rule->threshold);
		cells[3] = cell_string(rule->source);
		cells[4] = cell_string(rule->next);
		cells += NR(columns);
		nr++;
	}
	return nr;
}

int state__add_rules(struct state *state, struct report *report)
{
	struct cell *cells = calloc(STATE_NOW_MAX * NR(columns), sizeof(*cells));
	size_t nr = cells ? apply(state, cells) : 0, i;

	if (!cells)
		return -ENOMEM;
	state->now = (struct state_table){ cells, { .cells = cells, .nr = nr, .nr_columns = NR(columns) } };
	report__add_table(report, &(struct table){ .path = "now",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = cell_rows__source(&state->now.rows) });
	for (i = 0; i < nr; i++)
		report__add_note(report, "%-*s%s. Next: %s", WRAPPED_LABEL, i ? "" : "now", state->now_texts[i],
				 cells[i * NR(columns) + 4].s);
	if (!nr)
		report__add_note(report, "%-*snothing is abnormal", WRAPPED_LABEL, "now");
	return 0;
}
