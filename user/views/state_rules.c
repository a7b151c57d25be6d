// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "state_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/shell_words.h"
#include "../base/units.h"
#include "state_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* A zone that has less than this share of all managed pages is no reason for a word. */
#define SMALL_ZONE 20
/* So much in one kind is a word worth, in bytes. */
#define SMALL_CGROUP (16 * 1024 * 1024)
/* So much a second is: of pages that are needed again, in bytes, and of charges at a limit. */
#define MANY_REFAULTS (16 * 1024 * 1024)
#define MANY_CHARGES  10

#define SAY(found, ...) snprintf((found)->text, sizeof((found)->text), __VA_ARGS__)

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

static bool below_min(const struct state *state, struct state_finding *found)
{
	const struct machine_zone *zone = low_zone(state, true);
	char name[48];

	if (zone)
		SAY(found, "%s is below min: allocations reclaim by themselves, and stall",
		    zone_name(state, zone, name, sizeof(name)));
	return zone;
}

static bool below_low(const struct state *state, struct state_finding *found)
{
	const struct machine_zone *zone = low_zone(state, false);
	char name[48];

	if (zone)
		SAY(found, "%s stays below low: kswapd does not keep up", zone_name(state, zone, name, sizeof(name)));
	return zone;
}

static bool pressure(const struct state *state, struct state_finding *found)
{
	uint64_t some = value_of(state, SAMPLE_pressure_memory_some_avg10);
	char share[TEXT_LEN];

	if (!is_share(some, SAMPLE_WHOLE, 10))
		return false;
	SAY(found, "tasks waited for memory in %s of the last 10 s", state__share(share, some));
	return true;
}

static bool commit(const struct state *state, struct state_finding *found)
{
	uint64_t committed = value_of(state, SAMPLE_memory_committed);
	uint64_t limit = value_of(state, SAMPLE_memory_commit_limit);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (state->looks.now->settings[SETTING_overcommit] != 2 || !is_share(committed, limit, 95))
		return false;
	SAY(found, "%s of %s are committed, and overcommit is off: allocations will fail", state__bytes(a, committed),
	    state__bytes(b, limit));
	return true;
}

static uint64_t swap_used(const struct state *state)
{
	return machine__grown(value_of(state, SAMPLE_swap_free), value_of(state, SAMPLE_swap_total));
}

static bool out_of_memory(const struct state *state, struct state_finding *found)
{
	uint64_t available = value_of(state, SAMPLE_memory_available), total = value_of(state, SAMPLE_memory_total);
	uint64_t swap = value_of(state, SAMPLE_swap_total);
	char a[TEXT_LEN];

	if (!known(available) || !known(total) || is_share(available, total, 10))
		return false;
	if (swap && !is_share(swap_used(state), swap, 90))
		return false;
	SAY(found, "only %s are available, and %s", state__bytes(a, available),
	    swap ? "swap is nearly full" : "there is no swap");
	return true;
}

static bool swap_full(const struct state *state, struct state_finding *found)
{
	uint64_t used = swap_used(state), total = value_of(state, SAMPLE_swap_total);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (!is_share(used, total, 90))
		return false;
	SAY(found, "swap is nearly full: %s of %s", state__bytes(a, used), state__bytes(b, total));
	return true;
}

static bool dirty(const struct state *state, struct state_finding *found)
{
	const struct machine *now = state->looks.now;
	uint64_t limit = machine__bytes(now, value_of(state, SAMPLE_vm_dirty_threshold));
	uint64_t background = machine__bytes(now, value_of(state, SAMPLE_vm_dirty_background_threshold));
	uint64_t bytes = value_of(state, SAMPLE_memory_dirty);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (!known(limit) || !known(background) || !known(bytes) || !limit || bytes < (limit + background) / 2)
		return false;
	SAY(found, "%s wait to be written (limit %s): who writes is slowed down", state__bytes(a, bytes),
	    state__bytes(b, limit));
	return true;
}

static bool kswapd(const struct state *state, struct state_finding *found)
{
	const struct machine *now = state->looks.now;
	const struct machine_node *node;
	char share[TEXT_LEN];

	for (node = now->nodes; node < now->nodes + now->nr_nodes; node++) {
		if (state__kswapd(state, node) < 0.5)
			continue;
		SAY(found, "kswapd%u ran for %s of the time", node->id,
		    state__percent(share, state__kswapd(state, node)));
		return true;
	}
	return false;
}

static bool kswapd_given_up(const struct state *state, struct state_finding *found)
{
	const struct machine *now = state->looks.now;
	const struct machine_node *node;

	for (node = now->nodes; node < now->nodes + now->nr_nodes; node++) {
		if (node->given_up == MT_UNKNOWN_U64 || !node->given_up)
			continue;
		SAY(found,
		    "kswapd%u has given up: it found nothing to reclaim, and is not woken; tasks reclaim by themselves",
		    node->id);
		return true;
	}
	return false;
}

/* Pages that come back are read from disk or swap each time. */
static bool refaults(const struct state *state, struct state_finding *found)
{
	const struct machine *before = state->looks.before, *now = state->looks.now;
	uint64_t pages = machine__sum(growth(state, SAMPLE_vm_workingset_refault_anon),
				      growth(state, SAMPLE_vm_workingset_refault_file));
	uint64_t bytes = machine__bytes(now, pages);
	char text[TEXT_LEN];
	double rate;

	if (!known(bytes) || !before || now->time_ns <= before->time_ns)
		return false;
	rate = (double)bytes * 1e9 / (double)(now->time_ns - before->time_ns);
	if (rate < MANY_REFAULTS)
		return false;
	SAY(found, "%s of files and swapped memory are needed again after reclaim took them",
	    format_bytes_rate(text, sizeof(text), rate));
	return true;
}

static bool compaction(const struct state *state, struct state_finding *found)
{
	uint64_t stalls = growth(state, SAMPLE_vm_compact_stall), failed = growth(state, SAMPLE_vm_compact_fail);
	char a[TEXT_LEN], b[TEXT_LEN];

	if (!known(stalls) || stalls < 10 || !is_share(failed, stalls, 50))
		return false;
	SAY(found, "memory is in pieces: %s of %s attempts to compact it failed", format_count(a, sizeof(a), failed),
	    format_count(b, sizeof(b), stalls));
	return true;
}

static bool slab(const struct state *state, struct state_finding *found)
{
	uint64_t bytes = value_of(state, SAMPLE_memory_slab_unreclaimable);
	char a[TEXT_LEN];

	if (!is_share(bytes, value_of(state, SAMPLE_memory_total), 25))
		return false;
	SAY(found, "slabs that cannot be reclaimed take %s", state__bytes(a, bytes));
	return true;
}

static bool not_accounted(const struct state *state, struct state_finding *found)
{
	char a[TEXT_LEN];
	int64_t rest;

	if (!machine__not_accounted(state->looks.now, &rest) || rest <= 0 ||
	    !is_share(rest, value_of(state, SAMPLE_memory_total), 25))
		return false;
	SAY(found, "%s are in no counter of the kernel: pages that drivers or the hypervisor took",
	    state__bytes(a, rest));
	return true;
}

/* "memtrace state -c '/a b'": a command about a cgroup, as a shell reads it; "" if it is too long. */
static void say_next(struct state_finding *found, const char *command, const char *path)
{
	char word[PATH_MAX];

	if (shell_words(word, sizeof(word), path, strlen(path) + 1))
		snprintf(found->next, sizeof(found->next), "%s -c %s", command, word);
}

/* How many processes of it were killed between its readings. */
static int64_t kills_in(const struct cgroup_state *cgroup)
{
	int64_t kills;

	return cgroup_state__grew(cgroup, CGROUP_SAMPLE_memory_events_oom_kill, &kills) ? kills : 0;
}

static void say_kills(struct state_finding *found, const struct cgroup_state *cgroup)
{
	int64_t nr = kills_in(cgroup);
	char count[TEXT_LEN] = "a process";

	if (nr > 1)
		snprintf(count, sizeof(count), "%lld processes", (long long)nr);
	SAY(found, "the OOM killer killed %s in %.400s since the first look", count, cgroup->path);
}

/* Kernels that fill it up to its limit with page cache do so in each healthy cgroup. */
static bool is_full(const struct cgroup_state *cgroup)
{
	uint64_t limit = cgroup_reading__limit(&cgroup->now), reclaimable = cgroup_reading__reclaimable(&cgroup->now);

	return cgroup_reading__fullness(&cgroup->now) >= 0.95 && known(reclaimable) &&
	       !is_share(reclaimable, limit, 10);
}

static void say_full(struct state_finding *found, const struct cgroup_state *cgroup)
{
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN];

	SAY(found, "%.400s is at its limit (%s of %s), and only %s can be reclaimed without swap", cgroup->path,
	    state__bytes(a, cgroup->now.values[CGROUP_SAMPLE_memory_current]),
	    state__bytes(b, cgroup_reading__limit(&cgroup->now)),
	    state__bytes(c, cgroup_reading__reclaimable(&cgroup->now)));
}

static bool kills(const struct state *state, struct state_finding *found)
{
	uint64_t nr = growth(state, SAMPLE_vm_oom_kill);
	char count[TEXT_LEN];

	/* those of a cgroup are named with it */
	if (!known(nr) || !nr || (state->nr_ranked && kills_in(state->ranked[0]) > 0))
		return false;
	SAY(found, "the OOM killer killed %s since the first look",
	    nr == 1 ? "a process" : format_count(count, sizeof(count), nr));
	return true;
}

static bool cgroup_kills(const struct state *state, struct state_finding *found)
{
	if (!state->nr_ranked || kills_in(state->ranked[0]) < 1)
		return false;
	say_kills(found, state->ranked[0]);
	return true;
}

static bool cgroup_full(const struct state *state, struct state_finding *found)
{
	size_t i;

	for (i = 0; i < state->nr_ranked; i++) {
		if (!is_full(state->ranked[i]))
			continue;
		say_full(found, state->ranked[i]);
		say_next(found, "memtrace state", state->ranked[i]->path);
		return true;
	}
	return false;
}

static bool own_kills(const struct state *state, struct state_finding *found)
{
	const struct cgroup_state *own = state->looks.filling->own;

	if (kills_in(own) < 1)
		return false;
	say_kills(found, own);
	return true;
}

static bool own_full(const struct state *state, struct state_finding *found)
{
	const struct cgroup_state *own = state->looks.filling->own;

	if (!is_full(own))
		return false;
	say_full(found, own);
	say_next(found, "memtrace stalls", own->path);
	return true;
}

/* One above it has less room than it. */
static bool ancestor_full(const struct state *state, struct state_finding *found)
{
	const struct cgroup_filling *filling = state->looks.filling;
	const struct cgroup_level *level;
	char a[TEXT_LEN], b[TEXT_LEN];
	size_t i;

	for (i = 1; i < filling->nr_levels; i++) {
		level = &filling->levels[i];
		if (level->max >= SAMPLE_UNLIMITED || !is_share(level->current, level->max, 95))
			continue;
		SAY(found, "%s above it is at its limit (%s of %s)", level->path, state__bytes(a, level->current),
		    state__bytes(b, level->max));
		say_next(found, "memtrace state", level->path);
		return true;
	}
	return false;
}

/* It goes on, as something can be reclaimed; each time somebody has to do that first. */
static bool own_limit(const struct state *state, struct state_finding *found)
{
	const struct cgroup_state *own = state->looks.filling->own;
	char text[TEXT_LEN];
	int64_t nr;

	/* the rule about those says the same */
	if (is_full(own) || !cgroup_state__grew(own, CGROUP_SAMPLE_memory_events_max, &nr) ||
	    (double)nr < MANY_CHARGES * cgroup_state__seconds(own) || nr <= 0)
		return false;
	SAY(found, "%.400s reached its limit %s times since the first look: who allocates there reclaims first",
	    own->path, format_count(text, sizeof(text), (uint64_t)nr));
	say_next(found, "memtrace stalls -d 10", own->path);
	return true;
}

static bool is_most(const struct cgroup_state *own, enum cgroup_kind kind, uint64_t *bytes)
{
	*bytes = cgroup_reading__kind(&own->now, kind);
	return *bytes >= SMALL_CGROUP && is_share(*bytes, own->now.values[CGROUP_SAMPLE_memory_current], 50);
}

static bool own_tmpfs(const struct state *state, struct state_finding *found)
{
	const struct cgroup_state *own = state->looks.filling->own;
	char a[TEXT_LEN];
	uint64_t bytes;

	if (!is_most(own, CGROUP_KIND_SHARED, &bytes))
		return false;
	SAY(found, "%s are files in tmpfs and shared memory, which need not go when a process ends",
	    state__bytes(a, bytes));
	say_next(found, "memtrace state -d 10", own->path);
	return true;
}

static bool own_slab(const struct state *state, struct state_finding *found)
{
	const struct cgroup_state *own = state->looks.filling->own;
	char a[TEXT_LEN];
	uint64_t bytes;

	if (!is_most(own, CGROUP_KIND_SLAB_RECLAIMABLE, &bytes))
		return false;
	SAY(found, "%s are slabs such as dentries and inodes, which are reclaimed at the limit alone",
	    state__bytes(a, bytes));
	return true;
}

const struct state_rule state_rules[] = {
	{ .id = "cgroup_kills",
	  .threshold = "oom_kill of a cgroup's memory.events (v1: memory.oom_control) grew between two readings",
	  .source = "any kill is one too many",
	  .next = "memtrace oom --last",
	  .applies = cgroup_kills },
	{ .id = "oom_kills",
	  .threshold = "oom_kill of /proc/vmstat grew between the looks",
	  .source = "any kill is one too many",
	  .next = "memtrace oom --last",
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
	{ .id = "cgroup_full",
	  .threshold = "a cgroup at 95% of its limit or more, of which less than 10% can be reclaimed without swap",
	  .source = "a choice: then the next burst of memory ends in the OOM killer",
	  .applies = cgroup_full },
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
	{ .id = "kswapd_given_up",
	  .threshold = "the kernel calls a node unreclaimable",
	  .source =
		  "kernel, mm/vmscan.c: after 16 times without a page kswapd is not woken until reclaim succeeds again",
	  .next = "memtrace stalls",
	  .applies = kswapd_given_up },
	{ .id = "kswapd",
	  .threshold = "a kswapd ran for half of the time or more",
	  .source = "a choice: an idle one does not run at all",
	  .next = "memtrace stat reclaim kswapd",
	  .applies = kswapd },
	{ .id = "refaults",
	  .threshold = "16 MiB a second of pages that were needed again after reclaim (workingset_refault)",
	  .source = "a choice: so much is read again that a disk is busy with it",
	  .next = "memtrace cache --by cgroup -d 10",
	  .applies = refaults },
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

const struct state_rule cgroup_rules[] = {
	{ .id = "kills",
	  .threshold = "oom_kill of its memory.events (v1: memory.oom_control) grew between two readings",
	  .source = "any kill is one too many",
	  .next = "memtrace oom --last",
	  .applies = own_kills },
	{ .id = "full",
	  .threshold = "at 95% of its limit or more, and less than 10% of that can be reclaimed without swap",
	  .source = "a choice: then the next burst of memory ends in the OOM killer",
	  .applies = own_full },
	{ .id = "ancestor_full",
	  .threshold = "a cgroup above it at 95% of memory.max or more",
	  .source = "kernel, mm/memcontrol.c: a charge must find room at each level",
	  .applies = ancestor_full },
	{ .id = "limit",
	  .threshold = "its limit was reached 10 times a second (memory.events max, v1: failcnt)",
	  .source = "kernel, mm/memcontrol.c: a charge that finds no room reclaims, and waits for it",
	  .applies = own_limit },
	{ .id = "tmpfs",
	  .threshold = "half of its charge, and 16 MiB or more, in tmpfs and shared memory",
	  .source = "a choice: no process shows it",
	  .applies = own_tmpfs },
	{ .id = "slab",
	  .threshold = "half of its charge, and 16 MiB or more, in slabs that can be reclaimed",
	  .source = "a choice: no process shows it",
	  .next = "memtrace state -d 10",
	  .applies = own_slab },
	{},
};

static const struct column columns[] = {
	{ .path = "rule" }, { .path = "text" }, { .path = "threshold" }, { .path = "source" }, { .path = "next" },
};

/* The worst ones that apply; how many. */
static size_t apply(struct state *state, struct cell *cells)
{
	const struct state_rule *rule = state->looks.filling ? cgroup_rules : state_rules;
	struct state_finding *found = state->found;
	size_t nr = 0;

	for (; rule->id && nr < STATE_NOW_MAX; rule++) {
		memset(found, 0, sizeof(*found));
		if (!rule->applies(state, found))
			continue;
		if (!found->next[0] && rule->next)
			snprintf(found->next, sizeof(found->next), "%s", rule->next);
		cells[0] = cell_string(rule->id);
		cells[1] = cell_string(found->text);
		cells[2] = cell_string(rule->threshold);
		cells[3] = cell_string(rule->source);
		cells[4] = found->next[0] ? cell_string(found->next) : cell_none();
		cells += NR(columns);
		found++;
		nr++;
	}
	return nr;
}

int state__add_rules(struct state *state, struct report *report)
{
	struct cell *cells = calloc(STATE_NOW_MAX * NR(columns), sizeof(*cells));
	size_t nr, i;

	state->found = calloc(STATE_NOW_MAX + 1, sizeof(*state->found));
	if (!cells || !state->found) {
		free(cells);
		return -ENOMEM;
	}
	nr = apply(state, cells);
	state->now = (struct state_table){ cells, { .cells = cells, .nr = nr, .nr_columns = NR(columns) } };
	report__add_table(report, &(struct table){ .path = "now",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = cell_rows__source(&state->now.rows) });
	for (i = 0; i < nr; i++)
		report__add_note(report, "%-*s%s%s%s", WRAPPED_LABEL, i ? "" : "now", state->found[i].text,
				 state->found[i].next[0] ? ". Next: " : "", state->found[i].next);
	if (!nr)
		report__add_note(report, "%-*snothing is abnormal", WRAPPED_LABEL, "now");
	return 0;
}
