// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The lines for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"
#include "state_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define SHOWN_ZONES   8
#define SHOWN_SLABS   4
#define SHOWN_CALLERS 4
/* Parts below this share of all memory are summed up, but for anonymous memory, page cache and what is free. */
#define SMALL_PART 200 /* one in so many */
/* Growth of a slab cache between two looks that is worth a word, in bytes. */
#define SLAB_GROWTH (256 * 1024)

static void say_parts(const struct machine *now, struct wrapped *line)
{
	uint64_t total = now->values[SAMPLE_memory_total], bytes, small = 0;
	const char *separator = " = ";
	enum machine_part part;
	char text[TEXT_LEN];
	int64_t rest;

	wrapped__add(line, "", "%s", state__bytes(text, total));
	for (part = 0; part < NR_PARTS; part++) {
		bytes = machine__part(now, part);
		if (bytes == MT_UNKNOWN_U64)
			continue;
		if (bytes < total / SMALL_PART && part > PART_CACHE && part != PART_FREE) {
			small += bytes;
			continue;
		}
		wrapped__add(line, separator, "%s %s", machine_part_rows[part].name, state__bytes(text, bytes));
		separator = ", ";
	}
	wrapped__add(line, separator, "other %s", state__bytes(text, small));
	if (machine__not_accounted(now, &rest) && rest > 0)
		wrapped__add(line, ", ", "not accounted %s", state__bytes(text, rest));
}

static void say_memory(const struct state *state, struct report *report)
{
	struct wrapped line;

	wrapped__begin(&line, report, "memory");
	if (state->looks.now->values[SAMPLE_memory_total] == MT_UNKNOWN_U64)
		wrapped__add(&line, "", "-");
	else
		say_parts(state->looks.now, &line);
	wrapped__end(&line);
}

static void say_kswapd(const struct state *state, struct wrapped *line)
{
	const struct machine *now = state->looks.now;
	const struct machine_node *node;
	char text[TEXT_LEN];
	double share;
	size_t said = 0;

	for (node = now->nodes; node < now->nodes + now->nr_nodes; node++) {
		share = state__kswapd(state, node);
		/* of several nodes those whose kswapd does something */
		if (now->nr_nodes > 1 && share < 0.01)
			continue;
		wrapped__add(line, "   ", "kswapd%u running %s", node->id, state__percent(text, share));
		said++;
	}
	if (!said && now->nr_nodes)
		wrapped__add(line, "   ", "kswapd idle");
}

static const char *duration(char buf[TEXT_LEN], uint64_t ns)
{
	return ns == MT_UNKNOWN_U64 ? "-" : format_duration(buf, TEXT_LEN, ns);
}

static void say_available(const struct state *state, struct report *report)
{
	const struct machine *now = state->looks.now;
	const uint64_t *values = now->values;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN], d[TEXT_LEN];
	struct wrapped line;

	wrapped__begin(&line, report, "available");
	wrapped__add(&line, "", "%s", state__bytes(a, values[SAMPLE_memory_available]));
	wrapped__add(&line, "   ", "dirty %s of %s (background %s), writeback %s",
		     state__bytes(a, values[SAMPLE_memory_dirty]),
		     state__pages(b, now, values[SAMPLE_vm_dirty_threshold]),
		     state__pages(c, now, values[SAMPLE_vm_dirty_background_threshold]),
		     state__bytes(d, values[SAMPLE_memory_writeback]));
	say_kswapd(state, &line);
	wrapped__end(&line);
}

static const char *position(const struct machine_zone *zone)
{
	if (zone->free == MT_UNKNOWN_U64 || zone->high == MT_UNKNOWN_U64)
		return "";
	if (zone->free < zone->min)
		return ": below min";
	return zone->free < zone->low ? ": below low" : "";
}

static void say_zone(const struct machine *now, const struct machine_zone *zone, struct report *report,
		     const char *label)
{
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN], d[TEXT_LEN], node[24] = "";

	if (now->nr_nodes > 1)
		snprintf(node, sizeof(node), "node %u ", zone->node);
	report__add_note(report, "%-*s%s%s free %s (min %s, low %s, high %s)%s", WRAPPED_LABEL, label, node, zone->name,
			 state__pages(a, now, zone->free), state__pages(b, now, zone->min),
			 state__pages(c, now, zone->low), state__pages(d, now, zone->high), position(zone));
}

static void say_zones(const struct state *state, struct report *report)
{
	const struct machine *now = state->looks.now;
	const struct machine_zone *zone;
	const char *label = "zones";
	size_t nr = 0;

	for (zone = now->zones; zone < now->zones + now->nr_zones; zone++) {
		if (!zone->managed || (nr++ >= SHOWN_ZONES && !*position(zone)))
			continue;
		say_zone(now, zone, report, label);
		label = "";
	}
	if (!nr)
		report__add_note(report, "%-*s-", WRAPPED_LABEL, label);
}

static uint64_t grown(const struct state *state, uint64_t before, uint64_t now)
{
	return state->looks.before ? machine__grown(before, now) : MT_UNKNOWN_U64;
}

static void say_node(const struct state *state, const struct machine_node *node, struct wrapped *line)
{
	const struct machine_node *then = machine__node(state->looks.before, node->id);
	const struct machine *now = state->looks.now;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN];

	if (!then)
		return;
	wrapped__add(line, "   ", "%u: local %s, remote %s, migrated in %s", node->id,
		     state__pages(a, now, grown(state, then->local, node->local)),
		     state__pages(b, now, grown(state, then->other, node->other)),
		     state__pages(c, now, grown(state, then->promoted, node->promoted)));
}

/* Of a machine with several. */
static void say_nodes(const struct state *state, struct report *report)
{
	const struct machine *now = state->looks.now;
	const struct machine_node *node;
	struct wrapped line;

	if (now->nr_nodes < 2 || !state->looks.before)
		return;
	wrapped__begin(&line, report, "nodes");
	for (node = now->nodes; node < now->nodes + now->nr_nodes; node++)
		say_node(state, node, &line);
	wrapped__end(&line);
}

static void say_zrams(const struct machine *now, struct wrapped *line)
{
	const uint64_t *values = now->values;
	uint64_t stored = 0, used = 0;
	char a[TEXT_LEN], b[TEXT_LEN];
	size_t i;

	for (i = 0; i < now->nr_zrams; i++) {
		stored += now->zrams[i].stored;
		used += now->zrams[i].used;
	}
	if (stored && used)
		wrapped__add(line, "   ", "zram %s in %s (%.1f:1)", state__bytes(a, stored), state__bytes(b, used),
			     (double)stored / used);
	stored = values[SAMPLE_zswap_stored];
	used = values[SAMPLE_zswap_pool];
	if (stored && used && stored != MT_UNKNOWN_U64 && used != MT_UNKNOWN_U64)
		wrapped__add(line, "   ", "zswap %s in %s (%.1f:1)", state__bytes(a, stored), state__bytes(b, used),
			     (double)stored / used);
}

static void say_swap(const struct state *state, struct report *report)
{
	static const char *const modes[] = { "heuristic", "always", "strict" };
	const struct machine *now = state->looks.now;
	const uint64_t *values = now->values;
	uint64_t total = values[SAMPLE_swap_total], free = values[SAMPLE_swap_free];
	uint64_t mode = now->settings[SETTING_overcommit];
	char a[TEXT_LEN], b[TEXT_LEN];
	struct wrapped line;

	wrapped__begin(&line, report, "swap");
	if (!total)
		wrapped__add(&line, "", "none");
	else
		wrapped__add(&line, "", "%s of %s",
			     state__bytes(a, free == MT_UNKNOWN_U64 ? free : machine__grown(free, total)),
			     state__bytes(b, total));
	say_zrams(now, &line);
	wrapped__add(&line, "   ", "commit %s of %s (%s)", state__bytes(a, values[SAMPLE_memory_committed]),
		     state__bytes(b, values[SAMPLE_memory_commit_limit]), mode < NR(modes) ? modes[mode] : "-");
	wrapped__end(&line);
}

/* "818", "31k" */
static const char *short_count(char buf[TEXT_LEN], uint64_t n)
{
	if (n < 10000)
		snprintf(buf, TEXT_LEN, "%u", (unsigned int)n);
	else if (n < 10000000)
		snprintf(buf, TEXT_LEN, "%uk", (unsigned int)(n / 1000));
	else
		snprintf(buf, TEXT_LEN, "%lluM", (unsigned long long)(n / 1000000));
	return buf;
}

/* The order that the kernel calls costly, and that of a huge page where a page has 4 KiB. */
static void say_unusable(const uint64_t *blocks, size_t nr, struct wrapped *line)
{
	static const size_t orders[] = { 4, 9 };
	char text[TEXT_LEN];
	size_t i;

	for (i = 0; i < NR(orders) && orders[i] < nr; i++)
		wrapped__add(line, i ? ", " : "   ", "%sorder %zu: %s", i ? "" : "unusable for ", orders[i],
			     state__percent(text, machine__unusable(blocks, nr, orders[i])));
}

static void say_orders(const struct state *state, struct report *report)
{
	uint64_t blocks[MACHINE_ORDERS];
	size_t nr = machine__blocks(state->looks.now, blocks), order, end;
	struct wrapped line;
	char text[TEXT_LEN];

	wrapped__begin(&line, report, "orders");
	for (order = 0; order < nr; order = end + 1) {
		/* runs of orders without any block are one word */
		for (end = order; !blocks[order] && end + 1 < nr && !blocks[end + 1];)
			end++;
		if (end > order)
			wrapped__add(&line, "  ", "%zu..%zu: 0", order, end);
		else
			wrapped__add(&line, "  ", "%zu: %s", order, short_count(text, blocks[order]));
	}
	if (nr)
		say_unusable(blocks, nr, &line);
	else
		wrapped__add(&line, "", "-");
	wrapped__end(&line);
}

/* What of it happened between the looks; nothing where nothing did. */
static void say_compaction(const struct state *state, struct report *report)
{
	const struct state_looks *looks = &state->looks;
	uint64_t stalls = machine__growth(looks->before, looks->now, SAMPLE_vm_compact_stall);
	uint64_t failed = machine__growth(looks->before, looks->now, SAMPLE_vm_compact_fail);
	uint64_t extfrag = looks->before ? machine__grown(looks->before->extfrag, looks->now->extfrag) : MT_UNKNOWN_U64;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN];

	if (!machine__sum(machine__sum(stalls, failed), extfrag) || !looks->before)
		return;
	report__add_note(report, "%-*stasks compacted %s times, %s failed; %s blocks of other mobility broken up",
			 WRAPPED_LABEL, "compact", state__count(a, stalls), state__count(b, failed),
			 state__count(c, extfrag));
}

static void say_pressure(const struct state *state, struct report *report)
{
	const struct state_looks *looks = &state->looks;
	const uint64_t *values = looks->now->values;
	uint64_t some = values[SAMPLE_pressure_memory_some_avg10], full = values[SAMPLE_pressure_memory_full_avg10];
	char a[TEXT_LEN], b[TEXT_LEN];
	struct wrapped line;

	wrapped__begin(&line, report, "pressure");
	if (some == MT_UNKNOWN_U64) {
		wrapped__add(&line, "", "-: this kernel has no PSI, or it is off");
	} else {
		wrapped__add(&line, "", "some %s, full %s (10s)", state__share(a, some), state__share(b, full));
		wrapped__add(&line, "   ", "some %s, full %s (5m)",
			     state__share(a, values[SAMPLE_pressure_memory_some_avg300]),
			     state__share(b, values[SAMPLE_pressure_memory_full_avg300]));
	}
	if (values[SAMPLE_vm_oom_kill] != MT_UNKNOWN_U64)
		wrapped__add(&line, "   ", "OOM kills since boot %s", state__count(a, values[SAMPLE_vm_oom_kill]));
	wrapped__end(&line);
}

struct ranked_slab {
	const struct machine_slab *slab;
	int64_t grown; /* INT64_MIN: not known */
};

static int by_size(const void *a, const void *b)
{
	const struct ranked_slab *first = a, *second = b;

	return (first->slab->bytes < second->slab->bytes) - (first->slab->bytes > second->slab->bytes);
}

static int by_growth(const void *a, const void *b)
{
	const struct ranked_slab *first = a, *second = b;

	return (first->grown < second->grown) - (first->grown > second->grown);
}

static size_t rank_slabs(const struct state *state, struct ranked_slab *ranked)
{
	const struct machine *now = state->looks.now, *before = state->looks.before;
	const struct machine_slab *then;
	size_t i;

	for (i = 0; i < now->nr_slabs; i++) {
		then = before ? machine__slab(before, now->slabs[i].name) : NULL;
		ranked[i] = (struct ranked_slab){ &now->slabs[i],
						  then ? (int64_t)(now->slabs[i].bytes - then->bytes) : INT64_MIN };
	}
	qsort(ranked, now->nr_slabs, sizeof(*ranked), by_size);
	return now->nr_slabs;
}

static void say_slab(const struct state *state, const struct ranked_slab *ranked, struct wrapped *line)
{
	char a[TEXT_LEN], b[TEXT_LEN];

	if (ranked->grown >= SLAB_GROWTH && state->seconds > 0)
		wrapped__add(line, "  ", "%s %s (+%s)", ranked->slab->name, state__bytes(a, ranked->slab->bytes),
			     format_bytes_rate(b, sizeof(b), ranked->grown / state->seconds));
	else
		wrapped__add(line, "  ", "%s %s", ranked->slab->name, state__bytes(a, ranked->slab->bytes));
}

/* The largest, and behind them those that grew most. */
static void say_slabs(const struct state *state, struct report *report)
{
	struct ranked_slab ranked[MACHINE_SLABS_MAX] = { { 0 } };
	size_t nr = rank_slabs(state, ranked), i, largest;
	struct wrapped line;

	wrapped__begin(&line, report, "slab");
	largest = nr < SHOWN_SLABS ? nr : SHOWN_SLABS;
	for (i = 0; i < largest; i++)
		say_slab(state, &ranked[i], &line);
	qsort(ranked + largest, nr - largest, sizeof(*ranked), by_growth);
	for (i = largest; i < nr && i < 2 * SHOWN_SLABS && ranked[i].grown >= SLAB_GROWTH; i++)
		say_slab(state, &ranked[i], &line);
	if (!nr)
		wrapped__add(&line, "", "-");
	wrapped__end(&line);
}

static int by_pages(const void *a, const void *b)
{
	const struct machine_caller *first = a, *second = b;

	return (first->pages < second->pages) - (first->pages > second->pages);
}

static void say_callers(const struct state *state, struct report *report)
{
	const struct machine *now = state->looks.now;
	struct machine_caller callers[MACHINE_CALLERS_MAX];
	struct wrapped line;
	char text[TEXT_LEN];
	size_t i;

	memcpy(callers, now->callers.list, now->callers.nr * sizeof(*callers));
	qsort(callers, now->callers.nr, sizeof(*callers), by_pages);
	wrapped__begin(&line, report, "vmalloc");
	for (i = 0; i < now->callers.nr && i < SHOWN_CALLERS; i++)
		wrapped__add(&line, "  ", "%s %s", callers[i].name, state__pages(text, now, callers[i].pages));
	if (!now->callers.known)
		wrapped__add(&line, "", "-");
	wrapped__end(&line);
}

/* Nothing where none of them takes memory. */
static void say_within(const struct state *state, struct report *report)
{
	const uint64_t *within = state->looks.now->within;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN], d[TEXT_LEN];
	uint64_t all = MT_UNKNOWN_U64;
	size_t i;

	for (i = 0; i < NR_WITHIN; i++)
		all = machine__sum(all, within[i]);
	if (!all || all == MT_UNKNOWN_U64)
		return;
	report__add_note(report, "%-*sTCP %s, UDP %s, fragments %s   dma-buf %s   (in slab and not accounted, too)",
			 WRAPPED_LABEL, "sockets", state__bytes(a, within[WITHIN_tcp]),
			 state__bytes(b, within[WITHIN_udp]), state__bytes(c, within[WITHIN_fragments]),
			 state__bytes(d, within[WITHIN_dma_buf]));
}

static void say_settings(const struct state *state, struct report *report)
{
	static const struct {
		const char *name;
		enum machine_setting id;
	} shown[] = {
		{ "swappiness", SETTING_swappiness },
		{ "panic_on_oom", SETTING_panic_on_oom },
		{ "oom_dump_tasks", SETTING_oom_dump_tasks },
		{ "oom_kill_allocating_task", SETTING_oom_kill_allocating },
	};
	const struct machine *now = state->looks.now;
	struct wrapped line;
	char a[TEXT_LEN], b[TEXT_LEN];
	size_t i;

	wrapped__begin(&line, report, "settings");
	for (i = 0; i < NR(shown); i++)
		wrapped__add(&line, ", ", "%s %s", shown[i].name, state__count(a, now->settings[shown[i].id]));
	wrapped__add(&line, ", ", "dirty pages expire after %s, written every %s",
		     duration(a, now->settings[SETTING_dirty_expire]),
		     duration(b, now->settings[SETTING_dirty_writeback]));
	wrapped__end(&line);
}

void state__add_end(struct state *state, struct report *report)
{
	const struct machine *now = state->looks.now;
	char a[TEXT_LEN], b[TEXT_LEN];
	struct wrapped line;
	size_t i;

	wrapped__begin(&line, report, "looked");
	if (state->looks.recorded)
		wrapped__add(&line, "", "at samples of a recording, the first and the last of %s",
			     duration(a, now->time_ns - state->looks.before->time_ns));
	else if (state->looks.before)
		wrapped__add(&line, "", "twice, %s apart; the second look took %s",
			     duration(a, now->time_ns - state->looks.before->time_ns), duration(b, now->took_ns));
	else
		wrapped__add(&line, "", "once, for %s", duration(a, now->took_ns));
	if (now->left_out)
		wrapped__add(&line, "; ", "%zu zones, caches or devices left out", now->left_out);
	for (i = 0; i < now->nr_gaps; i++)
		wrapped__add(&line, i ? ", " : "   ", "%s%s (%s)", i ? "" : "unavailable: ", now->gaps[i].path,
			     strerror(-now->gaps[i].err));
	if (!now->nr_gaps)
		wrapped__add(&line, "   ", "unavailable: %s",
			     state->looks.recorded ? "zones, orders, slabs, settings" : "none");
	wrapped__end(&line);
}

/* What a recording has of them. */
static void say_watermarks(const struct state *state, struct report *report)
{
	const struct machine *now = state->looks.now;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN], d[TEXT_LEN];

	report__add_note(report, "%-*sall: free %s (min %s, low %s, high %s)", WRAPPED_LABEL, "zones",
			 state__bytes(a, now->values[SAMPLE_memory_free]),
			 state__pages(b, now, now->values[SAMPLE_zones_min]),
			 state__pages(c, now, now->values[SAMPLE_zones_low]),
			 state__pages(d, now, now->values[SAMPLE_zones_high]));
}

/* What is in no samples has no line. */
static void say_recorded(struct state *state, struct report *report)
{
	say_memory(state, report);
	say_available(state, report);
	say_watermarks(state, report);
	say_swap(state, report);
	say_compaction(state, report);
	say_pressure(state, report);
	state__say_cgroups(state, report);
}

static void say_machine(struct state *state, struct report *report)
{
	say_memory(state, report);
	say_available(state, report);
	say_zones(state, report);
	say_nodes(state, report);
	say_swap(state, report);
	say_orders(state, report);
	say_compaction(state, report);
	say_pressure(state, report);
	say_slabs(state, report);
	say_callers(state, report);
	say_within(state, report);
	say_settings(state, report);
	state__say_cgroups(state, report);
}

void state__add_text(struct state *state, struct report *report)
{
	if (state->looks.filling) {
		state__say_filling(state, report);
	} else if (state->looks.by_cgroup) {
		say_memory(state, report);
		say_available(state, report);
	} else if (state->looks.recorded) {
		say_recorded(state, report);
	} else {
		say_machine(state, report);
	}
}
