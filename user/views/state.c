// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "state_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

const char *state__bytes(char buf[TEXT_LEN], uint64_t bytes)
{
	return bytes == MT_UNKNOWN_U64 ? "-" : format_bytes(buf, TEXT_LEN, (double)bytes);
}

const char *state__count(char buf[TEXT_LEN], uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? "-" : format_count(buf, TEXT_LEN, n);
}

const char *state__pages(char buf[TEXT_LEN], const struct machine *machine, uint64_t pages)
{
	return state__bytes(buf, machine__bytes(machine, pages));
}

const char *state__percent(char buf[TEXT_LEN], double share)
{
	if (share < 0)
		return "-";
	return share > 0 ? format_share(buf, TEXT_LEN, share) : "0%";
}

const char *state__share(char buf[TEXT_LEN], uint64_t share)
{
	return state__percent(buf, share == MT_UNKNOWN_U64 ? -1 : (double)share / SAMPLE_WHOLE);
}

double state__kswapd(const struct state *state, const struct machine_node *node)
{
	const struct machine *before = state->looks.before;
	const struct machine_node *then = before ? machine__node(before, node->id) : NULL;
	uint64_t ns = then ? machine__grown(then->kswapd_ns, node->kswapd_ns) : MT_UNKNOWN_U64;

	return ns == MT_UNKNOWN_U64 || state->seconds <= 0 ? -1 : ns / 1e9 / state->seconds;
}

static struct cell number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

static struct cell share(double value)
{
	return value < 0 ? cell_none() : cell_real(value);
}

static void add_parts(struct state *state)
{
	const struct machine *now = state->looks.now;
	struct fields *fields = &state->fields;
	enum machine_part part;
	int64_t rest;

	fields__number(fields, "memory.total_bytes", UNIT_BYTES, now->values[SAMPLE_memory_total]);
	for (part = 0; part < NR_PARTS; part++)
		fields__number(fields, machine_part_rows[part].path, UNIT_BYTES, machine__part(now, part));
	fields__add(fields, "memory.not_accounted_bytes", UNIT_BYTES,
		    machine__not_accounted(now, &rest) ? cell_int(rest) : cell_none());
	fields__number(fields, "memory.available_bytes", UNIT_BYTES, now->values[SAMPLE_memory_available]);
}

/* Values that are samples as they are. */
static void add_samples(struct state *state)
{
	static const struct {
		const char *path;
		enum sample_id id;
		bool is_pages; /* in bytes here */
	} rows[] = {
		{ "dirty.bytes", SAMPLE_memory_dirty, false },
		{ "dirty.writeback_bytes", SAMPLE_memory_writeback, false },
		{ "dirty.background_bytes", SAMPLE_vm_dirty_background_threshold, true },
		{ "dirty.limit_bytes", SAMPLE_vm_dirty_threshold, true },
		{ "commit.bytes", SAMPLE_memory_committed, false },
		{ "commit.limit_bytes", SAMPLE_memory_commit_limit, false },
		{ "swap.total_bytes", SAMPLE_swap_total, false },
		{ "swap.free_bytes", SAMPLE_swap_free, false },
		{ "swap.cached_bytes", SAMPLE_swap_cached, false },
		{ "zswap.pool_bytes", SAMPLE_zswap_pool, false },
		{ "zswap.stored_bytes", SAMPLE_zswap_stored, false },
	};
	const struct machine *now = state->looks.now;
	uint64_t value;
	size_t i;

	for (i = 0; i < NR(rows); i++) {
		value = now->values[rows[i].id];
		fields__number(&state->fields, rows[i].path, UNIT_BYTES,
			       rows[i].is_pages ? machine__bytes(now, value) : value);
	}
}

static void add_pressure(struct state *state)
{
	static const struct {
		const char *path;
		enum sample_id id;
	} rows[] = {
		{ "pressure.some_avg10", SAMPLE_pressure_memory_some_avg10 },
		{ "pressure.full_avg10", SAMPLE_pressure_memory_full_avg10 },
		{ "pressure.some_avg60", SAMPLE_pressure_memory_some_avg60 },
		{ "pressure.full_avg60", SAMPLE_pressure_memory_full_avg60 },
		{ "pressure.some_avg300", SAMPLE_pressure_memory_some_avg300 },
		{ "pressure.full_avg300", SAMPLE_pressure_memory_full_avg300 },
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < NR(rows); i++) {
		value = state->looks.now->values[rows[i].id];
		fields__add(&state->fields, rows[i].path, UNIT_SHARE,
			    value == MT_UNKNOWN_U64 ? cell_none() : cell_real((double)value / SAMPLE_WHOLE));
	}
}

static void add_settings(struct state *state)
{
	static const struct {
		const char *path;
		enum unit unit;
	} rows[NR_SETTINGS] = {
#define MT_SETTING(id, file, path, unit, scale) [SETTING_##id] = { path, unit },
		MACHINE_SETTINGS(MT_SETTING)
#undef MT_SETTING
	};
	size_t i;

	for (i = 0; i < NR_SETTINGS; i++)
		fields__number(&state->fields, rows[i].path, rows[i].unit, state->looks.now->settings[i]);
}

static void add_within(struct state *state)
{
	static const char *const paths[NR_WITHIN] = {
#define MT_WITHIN(id, name, path) path,
		MACHINE_WITHIN(MT_WITHIN)
#undef MT_WITHIN
	};
	size_t i;

	for (i = 0; i < NR_WITHIN; i++)
		fields__number(&state->fields, paths[i], UNIT_BYTES, state->looks.now->within[i]);
}

/* What counters counted between the looks. */
static void add_growth(struct state *state)
{
	static const struct {
		const char *path;
		enum unit unit;
		enum sample_id id;
	} rows[] = {
		{ "since.swapped_in_pages", UNIT_PAGES, SAMPLE_vm_pswpin },
		{ "since.swapped_out_pages", UNIT_PAGES, SAMPLE_vm_pswpout },
		{ "since.scanned_anon_pages", UNIT_PAGES, SAMPLE_vm_pgscan_anon },
		{ "since.scanned_file_pages", UNIT_PAGES, SAMPLE_vm_pgscan_file },
		{ "since.reclaimed_anon_pages", UNIT_PAGES, SAMPLE_vm_pgsteal_anon },
		{ "since.reclaimed_file_pages", UNIT_PAGES, SAMPLE_vm_pgsteal_file },
		{ "since.refaulted_anon_pages", UNIT_PAGES, SAMPLE_vm_workingset_refault_anon },
		{ "since.refaulted_file_pages", UNIT_PAGES, SAMPLE_vm_workingset_refault_file },
		{ "since.direct_reclaims", UNIT_COUNT, SAMPLE_vm_allocstall },
		{ "since.kills", UNIT_COUNT, SAMPLE_vm_oom_kill },
		{ "since.compactions", UNIT_COUNT, SAMPLE_vm_compact_stall },
		{ "since.compactions_failed", UNIT_COUNT, SAMPLE_vm_compact_fail },
		{ "since.migrated_pages", UNIT_PAGES, SAMPLE_vm_pgmigrate_success },
		{ "since.pressure_some_ns", UNIT_NS, SAMPLE_pressure_memory_some_total },
		{ "since.pressure_full_ns", UNIT_NS, SAMPLE_pressure_memory_full_total },
	};
	const struct state_looks *looks = &state->looks;
	size_t i;

	for (i = 0; i < NR(rows); i++)
		fields__number(&state->fields, rows[i].path, rows[i].unit,
			       machine__growth(looks->before, looks->now, rows[i].id));
	fields__number(&state->fields, "since.extfrag", UNIT_COUNT,
		       looks->before ? machine__grown(looks->before->extfrag, looks->now->extfrag) : MT_UNKNOWN_U64);
}

static void add_fields(struct state *state, struct report *report)
{
	const struct state_looks *looks = &state->looks;
	struct fields *fields = &state->fields;

	fields->nr = 0;
	fields__add(fields, "version", UNIT_NONE, cell_string(MEMTRACE_VERSION));
	fields__number(fields, "time_ns", UNIT_TIME, looks->now->time_ns);
	fields__number(fields, "duration_ns", UNIT_NS,
		       looks->before ? looks->now->time_ns - looks->before->time_ns : MT_UNKNOWN_U64);
	fields__add(fields, "interval", UNIT_NONE, cell_bool(looks->interval));
	add_parts(state);
	add_within(state);
	add_samples(state);
	add_pressure(state);
	add_settings(state);
	add_growth(state);
	fields__number(fields, "own.look_ns", UNIT_NS, looks->now->took_ns);
	fields__number(fields, "left_out", UNIT_COUNT, looks->now->left_out);
	fields__report(fields, report);
}

struct cell *state__add_table(struct state_table *table, struct report *report, const struct table *about, size_t nr)
{
	struct table own = *about;

	table->cells = calloc(nr ? nr : 1, own.nr_columns * sizeof(struct cell));
	table->rows = (struct cell_rows){ .cells = table->cells, .nr = nr, .nr_columns = own.nr_columns };
	if (!table->cells) {
		report->failed = true;
		return NULL;
	}
	own.rows = cell_rows__source(&table->rows);
	report__add_table(report, &own);
	return nr ? table->cells : NULL;
}

static struct cell *add_table(struct state_table *table, struct report *report, const char *path,
			      const struct column *columns, size_t nr_columns, size_t nr)
{
	const struct table about = { .path = path, .not_in_text = true, .columns = columns, .nr_columns = nr_columns };

	return state__add_table(table, report, &about, nr);
}

static void add_zones(struct state *state, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "node" },	 { .path = "name" },	   { .path = "free_bytes" },	{ .path = "min_bytes" },
		{ .path = "low_bytes" }, { .path = "high_bytes" }, { .path = "managed_bytes" },
	};
	const struct machine *now = state->looks.now;
	struct cell *c = add_table(&state->zones, report, "zones", columns, NR(columns), now->nr_zones);
	const struct machine_zone *zone;

	for (zone = now->zones; c && zone < now->zones + now->nr_zones; zone++, c += NR(columns)) {
		c[0] = cell_uint(zone->node);
		c[1] = cell_string(zone->name);
		c[2] = number(machine__bytes(now, zone->free));
		c[3] = number(machine__bytes(now, zone->min));
		c[4] = number(machine__bytes(now, zone->low));
		c[5] = number(machine__bytes(now, zone->high));
		c[6] = number(machine__bytes(now, zone->managed));
	}
}

static void add_nodes(struct state *state, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "node" },	      { .path = "local_pages" },     { .path = "other_pages" },
		{ .path = "missed_pages" },   { .path = "promoted_pages" },  { .path = "demoted_pages" },
		{ .path = "kswapd.running" }, { .path = "kswapd.given_up" },
	};
	const struct machine *now = state->looks.now, *before = state->looks.before;
	struct cell *c = add_table(&state->nodes, report, "nodes", columns, NR(columns), now->nr_nodes);
	const struct machine_node *node, *then;

	for (node = now->nodes; c && node < now->nodes + now->nr_nodes; node++, c += NR(columns)) {
		c[0] = cell_uint(node->id);
		c[6] = share(state__kswapd(state, node));
		c[7] = node->given_up == MT_UNKNOWN_U64 ? c[7] : cell_bool(node->given_up);
		then = before ? machine__node(before, node->id) : NULL;
		if (!then)
			continue;
		c[1] = number(machine__grown(then->local, node->local));
		c[2] = number(machine__grown(then->other, node->other));
		c[3] = number(machine__grown(then->missed, node->missed));
		c[4] = number(machine__grown(then->promoted, node->promoted));
		c[5] = number(machine__grown(then->demoted, node->demoted));
	}
}

static void add_blocks_of(const struct machine_zone *zone, struct cell *c, size_t nr_columns)
{
	size_t order;

	for (order = 0; order < zone->nr_orders; order++, c += nr_columns) {
		c[0] = cell_uint(zone->node);
		c[1] = cell_string(zone->name);
		c[2] = cell_uint(order);
		c[3] = cell_uint(zone->blocks[order]);
		c[4] = cell_real(machine__unusable(zone->blocks, zone->nr_orders, order));
	}
}

static void add_blocks(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "node" },
						 { .path = "zone" },
						 { .path = "order" },
						 { .path = "blocks" },
						 { .path = "unusable" } };
	const struct machine *now = state->looks.now;
	const struct machine_zone *zone, *end = now->zones + now->nr_zones;
	struct cell *c;
	size_t nr = 0;

	for (zone = now->zones; zone < end; zone++)
		nr += zone->nr_orders;
	c = add_table(&state->blocks, report, "blocks", columns, NR(columns), nr);
	for (zone = now->zones; c && zone < end; zone++) {
		add_blocks_of(zone, c, NR(columns));
		c += zone->nr_orders * NR(columns);
	}
}

static void add_orders(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "order" }, { .path = "blocks" }, { .path = "unusable" } };
	uint64_t blocks[MACHINE_ORDERS];
	size_t nr = machine__blocks(state->looks.now, blocks), order;
	struct cell *c = add_table(&state->orders, report, "orders", columns, NR(columns), nr);

	for (order = 0; c && order < nr; order++, c += NR(columns)) {
		c[0] = cell_uint(order);
		c[1] = cell_uint(blocks[order]);
		c[2] = cell_real(machine__unusable(blocks, nr, order));
	}
}

static void add_slabs(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "name" },
						 { .path = "bytes" },
						 { .path = "objects" },
						 { .path = "active_objects" },
						 { .path = "grown_bytes" } };
	const struct machine *now = state->looks.now, *before = state->looks.before;
	struct cell *c = add_table(&state->slabs, report, "slabs", columns, NR(columns), now->nr_slabs);
	const struct machine_slab *slab, *then;

	for (slab = now->slabs; c && slab < now->slabs + now->nr_slabs; slab++, c += NR(columns)) {
		then = before ? machine__slab(before, slab->name) : NULL;
		c[0] = cell_string(slab->name);
		c[1] = cell_uint(slab->bytes);
		c[2] = cell_uint(slab->objects);
		c[3] = cell_uint(slab->active);
		c[4] = then ? cell_int((int64_t)(slab->bytes - then->bytes)) : cell_none();
	}
}

static void add_callers(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "caller" }, { .path = "bytes" } };
	const struct machine *now = state->looks.now;
	struct cell *c = add_table(&state->callers, report, "vmalloc", columns, NR(columns), now->callers.nr);
	const struct machine_caller *caller;

	for (caller = now->callers.list; c && caller < now->callers.list + now->callers.nr;
	     caller++, c += NR(columns)) {
		c[0] = cell_string(caller->name);
		c[1] = number(machine__bytes(now, caller->pages));
	}
}

static void add_swaps(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "name" },
						 { .path = "type" },
						 { .path = "size_bytes" },
						 { .path = "used_bytes" },
						 { .path = "priority" } };
	static const struct column zram_columns[] = {
		{ .path = "name" }, { .path = "stored_bytes" }, { .path = "compressed_bytes" }, { .path = "used_bytes" }
	};
	const struct machine *now = state->looks.now;
	struct cell *c = add_table(&state->swaps, report, "swaps", columns, NR(columns), now->nr_swaps);
	size_t i;

	for (i = 0; c && i < now->nr_swaps; i++, c += NR(columns)) {
		c[0] = cell_string(now->swaps[i].name);
		c[1] = cell_string(now->swaps[i].type);
		c[2] = cell_uint(now->swaps[i].size);
		c[3] = cell_uint(now->swaps[i].used);
		c[4] = cell_int(now->swaps[i].priority);
	}
	c = add_table(&state->zrams, report, "zram", zram_columns, NR(zram_columns), now->nr_zrams);
	for (i = 0; c && i < now->nr_zrams; i++, c += NR(zram_columns)) {
		c[0] = cell_string(now->zrams[i].name);
		c[1] = cell_uint(now->zrams[i].stored);
		c[2] = cell_uint(now->zrams[i].compressed);
		c[3] = cell_uint(now->zrams[i].used);
	}
}

static void add_gaps(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "file" }, { .path = "why" } };
	const struct machine *now = state->looks.now;
	struct cell *c = add_table(&state->gaps, report, "unavailable", columns, NR(columns), now->nr_gaps);
	size_t i;

	for (i = 0; c && i < now->nr_gaps; i++, c += NR(columns)) {
		c[0] = cell_string(now->gaps[i].path);
		c[1] = cell_string(strerror(-now->gaps[i].err));
	}
}

int state__add(struct state *state, const struct state_looks *looks, struct report *report)
{
	int err;

	state->looks = *looks;
	state->seconds = looks->before ? (looks->now->time_ns - looks->before->time_ns) / 1e9 : 0;
	err = state__rank_cgroups(state);
	add_fields(state, report);
	add_zones(state, report);
	add_nodes(state, report);
	add_blocks(state, report);
	add_orders(state, report);
	add_slabs(state, report);
	add_callers(state, report);
	add_swaps(state, report);
	add_gaps(state, report);
	state__add_text(state, report);
	state__add_cgroups(state, report);
	if (!err)
		err = state__add_rules(state, report);
	state__add_end(state, report);
	return report->failed ? -ENOMEM : err;
}

void state__done(struct state *state)
{
	struct state_table *tables[] = { &state->zones,	   &state->nodes,   &state->blocks,  &state->orders,
					 &state->slabs,	   &state->callers, &state->swaps,   &state->zrams,
					 &state->now,	   &state->gaps,    &state->cgroups, &state->levels,
					 &state->processes };
	size_t i;

	for (i = 0; i < NR(tables); i++) {
		free(tables[i]->cells);
		*tables[i] = (struct state_table){ 0 };
	}
	free(state->ranked);
	free(state->found);
	state->found = NULL;
	state->ranked = NULL;
	state->nr_ranked = 0;
}
