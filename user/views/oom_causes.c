// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What decides: facts of a kill, by rules whose thresholds docs/oom.md lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define MANY	  5 /* processes of one name */

#define SAY(text, ...) snprintf(text, OOM_TEXT, __VA_ARGS__)

struct cause {
	const char *rule;
	bool (*applies)(const struct oom_view *view, char *text);
};

static bool known(uint64_t value)
{
	return value != MT_UNKNOWN_U64;
}

static bool is_share(uint64_t part, uint64_t whole, unsigned int percent)
{
	return known(part) && known(whole) && whole && (double)part * 100 >= (double)whole * percent;
}

/* What was used of what ran out. */
static uint64_t used(const struct oom_kill *kill)
{
	const struct oom_machine *machine = &kill->machine;

	if (kill->kind == OOM_KIND_MEMCG)
		return kill->limit.usage;
	if (!known(machine->ram) || !known(machine->free) || !known(machine->reserved) ||
	    machine->free + machine->reserved > machine->ram)
		return MT_UNKNOWN_U64;
	return machine->ram - machine->reserved - machine->free;
}

static bool at_limit(const struct oom_view *view, char *text)
{
	const struct oom_limit *limit = &view->kill->limit;
	char a[OOM_WORD], b[OOM_WORD];

	if (view->kill->kind != OOM_KIND_MEMCG || !is_share(limit->usage, limit->bytes, 99))
		return false;
	SAY(text, "The cgroup's limit was used up, %s of %s; the machine's memory had not run out.",
	    oom__bytes(a, limit->usage), oom__bytes(b, limit->bytes));
	return true;
}

static bool below_limit(const struct oom_view *view, char *text)
{
	const struct oom_limit *limit = &view->kill->limit;
	char a[OOM_WORD];

	if (view->kill->kind != OOM_KIND_MEMCG || !known(limit->usage) || !known(limit->bytes) ||
	    is_share(limit->usage, limit->bytes, 99))
		return false;
	SAY(text,
	    "Only %s of the limit was in use when the log was written: memory came back since, or the charge was "
	    "large.",
	    oom__percent(a, limit->usage, limit->bytes));
	return true;
}

static bool on_nodes(const struct oom_view *view, char *text)
{
	enum oom_kind kind = view->kill->kind;

	if (kind != OOM_KIND_CPUSET && kind != OOM_KIND_MEMORY_POLICY)
		return false;
	SAY(text, "Memory ran out on the nodes that %s allows; other nodes may have had some.",
	    kind == OOM_KIND_CPUSET ? "the cpuset" : "the memory policy");
	return true;
}

static bool zone_below_min(const struct oom_view *view, char *text)
{
	const struct oom_machine *machine = &view->kill->machine;
	const struct oom_zone *zone;
	char a[OOM_WORD], b[OOM_WORD];

	for (zone = machine->zones; zone < machine->zones + machine->nr_zones; zone++) {
		if (!known(zone->free) || !known(zone->min) || zone->free >= zone->min)
			continue;
		SAY(text, "Zone %s of node %u was below its min watermark: free %s, min %s.", zone->name, zone->node,
		    oom__bytes(a, zone->free), oom__bytes(b, zone->min));
		return true;
	}
	return false;
}

/* Whether it has a free block of that order. */
static bool has_block(const struct oom_zone *zone, int32_t order)
{
	size_t i;

	for (i = (size_t)order; i < zone->nr_orders; i++)
		if (zone->blocks[i])
			return true;
	return false;
}

static bool fragmented(const struct oom_view *view, char *text)
{
	const struct oom_trigger *trigger = &view->kill->trigger;
	const struct oom_machine *machine = &view->kill->machine;
	const struct oom_zone *zone, *above = NULL;
	char a[OOM_WORD];

	if (!trigger->order_known || trigger->order < 1)
		return false;
	for (zone = machine->zones; zone < machine->zones + machine->nr_zones; zone++) {
		if (!zone->nr_orders || !known(zone->free) || !known(zone->min))
			continue;
		if (has_block(zone, trigger->order) && zone->free > zone->min)
			return false;
		if (zone->free > zone->min)
			above = zone;
	}
	if (!above)
		return false;
	SAY(text, "Memory was in pieces: zone %s had %s free, but no block of order %d.", above->name,
	    oom__bytes(a, above->free), trigger->order);
	return true;
}

static bool no_swap(const struct oom_view *view, char *text)
{
	const struct oom_kill *kill = view->kill;
	const struct oom_limit *limit = &kill->limit;
	bool none = kill->kind == OOM_KIND_MEMCG ?
			    limit->swap_bytes == 0 || (known(limit->memsw_bytes) && known(limit->bytes) &&
						       limit->memsw_bytes <= limit->bytes) :
			    kill->machine.swap_total == 0;

	if (none)
		SAY(text, "No swap could be used, so anonymous memory and tmpfs could not be reclaimed.");
	return none;
}

static bool swap_full(const struct oom_view *view, char *text)
{
	const struct oom_kill *kill = view->kill;
	uint64_t total = kill->machine.swap_total, use = MT_UNKNOWN_U64;
	char a[OOM_WORD], b[OOM_WORD];

	if (kill->kind == OOM_KIND_MEMCG) {
		total = kill->limit.swap_bytes;
		use = kill->limit.swap_usage;
	} else if (known(total) && known(kill->machine.swap_free) && kill->machine.swap_free <= total) {
		use = total - kill->machine.swap_free;
	}
	if (!is_share(use, total, 95))
		return false;
	SAY(text, "Swap was used up, %s of %s.", oom__bytes(a, use), oom__bytes(b, total));
	return true;
}

/* File memory that can be read again: without tmpfs and shared memory. */
static uint64_t cache(const struct oom_charge *charge)
{
	if (!known(charge->file) || !known(charge->shmem) || charge->shmem > charge->file)
		return MT_UNKNOWN_U64;
	return charge->file - charge->shmem;
}

static const char *const part_words[] = {
	"anonymous memory of processes",
	"shared memory and tmpfs, which need not go when a process ends",
	"page cache",
	"slabs that cannot be reclaimed",
	"slabs such as dentries and inodes",
	"page tables",
	"buffers of sockets",
};

static bool largest_part(const struct oom_view *view, char *text)
{
	const struct oom_charge *charge = &view->kill->charge;
	const uint64_t parts[NR(part_words)] = {
		charge->anon,
		charge->shmem,
		cache(charge),
		charge->slab_unreclaimable,
		charge->slab_reclaimable,
		charge->page_tables,
		charge->sockets,
	};
	uint64_t whole = used(view->kill);
	size_t i, largest = SIZE_MAX;
	char a[OOM_WORD], b[OOM_WORD];

	for (i = 0; i < NR(parts); i++)
		if (known(parts[i]) && (largest == SIZE_MAX || parts[i] > parts[largest]))
			largest = i;
	if (largest == SIZE_MAX || !is_share(parts[largest], whole, 25))
		return false;
	SAY(text, "The largest part was %s: %s (%s).", part_words[largest], oom__bytes(a, parts[largest]),
	    oom__percent(b, parts[largest], whole));
	return true;
}

/* What is in no part, of a machine. */
static bool not_accounted(const struct oom_view *view, char *text)
{
	const struct oom_charge *charge = &view->kill->charge;
	const uint64_t parts[] = { charge->anon, charge->file, charge->slab_reclaimable, charge->slab_unreclaimable,
				   charge->page_tables };
	uint64_t whole = used(view->kill), sum = 0;
	char a[OOM_WORD], b[OOM_WORD];
	size_t i;

	if (view->kill->kind == OOM_KIND_MEMCG || !known(whole))
		return false;
	for (i = 0; i < NR(parts); i++) {
		if (!known(parts[i]))
			return false;
		sum += parts[i];
	}
	if (sum > whole || !is_share(whole - sum, whole, 25))
		return false;
	SAY(text, "%s (%s) were in none of these parts, but with huge pages, drivers or a hypervisor.",
	    oom__bytes(a, whole - sum), oom__percent(b, whole - sum, whole));
	return true;
}

static bool page_tables(const struct oom_view *view, char *text)
{
	uint64_t bytes = view->kill->charge.page_tables;
	char a[OOM_WORD], b[OOM_WORD];

	if (!is_share(bytes, used(view->kill), 10))
		return false;
	SAY(text, "Page tables took %s (%s).", oom__bytes(a, bytes), oom__percent(b, bytes, used(view->kill)));
	return true;
}

static bool slabs(const struct oom_view *view, char *text)
{
	const struct oom_kill *kill = view->kill;
	char a[OOM_WORD], b[OOM_WORD];

	if (!is_share(kill->charge.slab_unreclaimable, used(kill), 10) || !kill->nr_slabs)
		return false;
	SAY(text, "Slabs that cannot be reclaimed took %s; the largest: %s %s.",
	    oom__bytes(a, kill->charge.slab_unreclaimable), kill->slabs[0].name, oom__bytes(b, kill->slabs[0].bytes));
	return true;
}

static bool writeback(const struct oom_view *view, char *text)
{
	const struct oom_charge *charge = &view->kill->charge;
	uint64_t bytes =
		known(charge->dirty) && known(charge->writeback) ? charge->dirty + charge->writeback : MT_UNKNOWN_U64;
	char a[OOM_WORD], b[OOM_WORD];

	if (!is_share(bytes, used(view->kill), 25))
		return false;
	SAY(text, "%s (%s) waited to be written to disk, and could not be reclaimed before.", oom__bytes(a, bytes),
	    oom__percent(b, bytes, used(view->kill)));
	return true;
}

static uint64_t pages_of(const struct oom_task *task)
{
	return known(task->rss) && known(task->swap) ? task->rss + task->swap : 0;
}

/* The one with the most pages, whatever its adj. */
static const struct oom_task *largest_task(const struct oom_kill *kill)
{
	const struct oom_task *largest = NULL;
	size_t i;

	for (i = 0; i < kill->nr_tasks; i++)
		if (!largest || pages_of(&kill->tasks[i]) > pages_of(largest))
			largest = &kill->tasks[i];
	return largest;
}

static bool by_adj(const struct oom_view *view, char *text)
{
	const struct oom_kill *kill = view->kill;
	const struct oom_task *largest = largest_task(kill);
	size_t place = oom_ranking__find(&view->ranking, kill->victim.pid);
	const struct oom_task *victim;
	char a[OOM_WORD], b[OOM_WORD], c[OOM_WORD], d[OOM_WORD];

	if (!largest || place == SIZE_MAX || !view->ranking.list[place].known)
		return false;
	victim = view->ranking.list[place].task;
	if (largest->tgid == victim->tgid || pages_of(largest) <= pages_of(victim) || largest->adj == victim->adj ||
	    largest->adj == OOM_ADJ_UNKNOWN)
		return false;
	SAY(text, "adj decided: %s[%u] held more (%s, adj %s) than the victim (%s, adj %s).", largest->comm,
	    largest->tgid, oom__pages(a, kill, pages_of(largest)), oom__adj(b, largest->adj),
	    oom__pages(c, kill, pages_of(victim)), oom__adj(d, victim->adj));
	return true;
}

static bool small_victim(const struct oom_view *view, char *text)
{
	const struct oom_kill *kill = view->kill;
	const struct oom_victim *victim = &kill->victim;
	uint64_t bytes = known(victim->anon) && known(victim->file) ?
				 victim->anon + victim->file + (known(victim->shmem) ? victim->shmem : 0) :
				 MT_UNKNOWN_U64;
	char a[OOM_WORD], b[OOM_WORD];

	if (kill->kind == OOM_KIND_SYSRQ || !known(bytes) || !known(used(kill)) || is_share(bytes, used(kill), 10))
		return false;
	SAY(text, "The victim held only %s, %s of what was used.", oom__bytes(a, bytes),
	    oom__percent(b, bytes, used(kill)));
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct oom_task *const *)a)->comm, (*(const struct oom_task *const *)b)->comm);
}

struct crowd {
	const char *comm;
	size_t nr;
	uint64_t pages;
};

/* Of the processes of one name those that hold most together. */
static bool find_crowd(const struct oom_kill *kill, struct crowd *most)
{
	const struct oom_task **sorted = calloc(kill->nr_tasks + 1, sizeof(struct oom_task *));
	struct crowd now = { .comm = "" };
	size_t i;

	memset(most, 0, sizeof(*most));
	if (!sorted)
		return false;
	for (i = 0; i < kill->nr_tasks; i++)
		sorted[i] = &kill->tasks[i];
	qsort(sorted, kill->nr_tasks, sizeof(struct oom_task *), by_name);
	for (i = 0; i < kill->nr_tasks; i++) {
		if (!now.nr || strcmp(now.comm, sorted[i]->comm))
			now = (struct crowd){ .comm = sorted[i]->comm };
		now.nr++;
		now.pages += pages_of(sorted[i]);
		if (now.nr >= MANY && now.pages >= most->pages)
			*most = now;
	}
	free(sorted);
	return most->nr;
}

static bool crowded(const struct oom_view *view, char *text)
{
	const struct oom_kill *kill = view->kill;
	struct crowd crowd;
	char a[OOM_WORD];

	if (!find_crowd(kill, &crowd) || !is_share(oom__in_bytes(kill->page_size, crowd.pages), used(kill), 50))
		return false;
	SAY(text, "%zu processes named %s held %s together (what they share counts for each).", crowd.nr, crowd.comm,
	    oom__pages(a, kill, crowd.pages));
	return true;
}

static bool asked_for(const struct oom_view *view, char *text)
{
	if (view->kill->kind == OOM_KIND_SYSRQ)
		SAY(text, "Somebody asked for the kill (sysrq, or a program such as earlyoom); who is not known.");
	return view->kill->kind == OOM_KIND_SYSRQ;
}

static bool nobody_compared(const struct oom_view *view, char *text)
{
	if (view->kill->allocating)
		SAY(text,
		    "vm.oom_kill_allocating_task is set: who asked for memory was killed, and nobody was compared.");
	return view->kill->allocating;
}

static const struct cause causes[] = {
	{ "at_limit", at_limit },
	{ "below_limit", below_limit },
	{ "on_nodes", on_nodes },
	{ "asked_for", asked_for },
	{ "nobody_compared", nobody_compared },
	{ "zone_below_min", zone_below_min },
	{ "fragmented", fragmented },
	{ "largest_part", largest_part },
	{ "not_accounted", not_accounted },
	{ "page_tables", page_tables },
	{ "slabs", slabs },
	{ "writeback", writeback },
	{ "no_swap", no_swap },
	{ "swap_full", swap_full },
	{ "crowded", crowded },
	{ "by_adj", by_adj },
	{ "small_victim", small_victim },
};

void oom_view__find_causes(struct oom_view *view)
{
	size_t i;

	for (i = 0; i < NR(causes) && view->nr_causes < OOM_CAUSES_MAX; i++) {
		struct oom_cause_found *found = &view->causes[view->nr_causes];

		found->rule = causes[i].rule;
		view->nr_causes += causes[i].applies(view, found->text);
	}
}
