// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Cgroups: which are the worst, and what fills one of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"
#include "state_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define SHOWN_CGROUPS	3
#define SHOWN_KINDS	3
#define SHOWN_PROCESSES 10

/* In the order of cells_of(). */
enum {
	COLUMN_PATH,
	COLUMN_CURRENT,
	COLUMN_LIMIT,
	COLUMN_FULL,
	COLUMN_SWAP,
	COLUMN_KILLS,
	COLUMN_KILLS_SINCE,
	COLUMN_AT_LIMIT,
	COLUMN_GROWN,
	COLUMN_SECONDS,
	COLUMN_RECLAIMABLE,
	COLUMN_REST,
	COLUMN_KINDS,
	COLUMN_ZSWAPPED = COLUMN_KINDS + NR_CGROUP_KINDS,
	COLUMN_ZSWPIN,
	COLUMN_ZSWPOUT,
	COLUMN_ZSWPWB,
	NR_COLUMNS,
};

#define FIRST_OF_ZSWAP COLUMN_ZSWAPPED

static const struct column cgroup_columns[NR_COLUMNS] = {
	[COLUMN_PATH] = { .title = "CGROUP", .path = "path", .left = true, .key = true },
	[COLUMN_CURRENT] = { .title = "MEMORY", .path = "current_bytes", .unit = UNIT_BYTES, .key = true },
	[COLUMN_LIMIT] = { .title = "LIMIT", .path = "limit_bytes", .unit = UNIT_BYTES },
	[COLUMN_FULL] = { .title = "FULL", .path = "full", .unit = UNIT_SHARE },
	[COLUMN_SWAP] = { .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES },
	[COLUMN_KILLS] = { .title = "KILLS", .path = "kills", .unit = UNIT_COUNT },
	[COLUMN_KILLS_SINCE] = { .path = "kills_since", .unit = UNIT_COUNT },
	[COLUMN_AT_LIMIT] = { .path = "at_limit", .unit = UNIT_COUNT },
	[COLUMN_GROWN] = { .title = "GREW", .path = "grown_bytes", .unit = UNIT_BYTES },
	[COLUMN_SECONDS] = { .path = "grown_in_seconds" },
	[COLUMN_RECLAIMABLE] = { .path = "reclaimable_bytes", .unit = UNIT_BYTES },
	[COLUMN_REST] = { .path = "not_accounted_bytes", .unit = UNIT_BYTES },
#define KIND(kind, title_, path_)                                                                                      \
	[COLUMN_KINDS + CGROUP_KIND_##kind] = { .title = title_, .path = path_, .unit = UNIT_BYTES }
	KIND(ANON, "ANON", "anon_bytes"),
	KIND(CACHE, "CACHE", "cache_bytes"),
	KIND(SHARED, "TMPFS", "shared_bytes"),
	KIND(SLAB_RECLAIMABLE, "SLAB", "slab_reclaimable_bytes"),
	KIND(SLAB_UNRECLAIMABLE, NULL, "slab_unreclaimable_bytes"),
	KIND(KERNEL_STACKS, NULL, "kernel_stacks_bytes"),
	KIND(PAGE_TABLES, NULL, "page_tables_bytes"),
	KIND(PERCPU, NULL, "percpu_bytes"),
	KIND(VMALLOC, NULL, "vmalloc_bytes"),
	KIND(ZSWAP, NULL, "zswap_bytes"),
	KIND(KERNEL, "KERNEL", "kernel_bytes"),
	KIND(SOCKETS, NULL, "sockets_bytes"),
	KIND(HUGETLB, NULL, "hugetlb_bytes"),
#undef KIND
	[COLUMN_ZSWAPPED] = { .title = "ZSWAPPED", .path = "zswapped_bytes", .unit = UNIT_BYTES },
	[COLUMN_ZSWPIN] = { .title = "ZSWAPIN", .path = "zswap_in_pages", .unit = UNIT_PAGES },
	[COLUMN_ZSWPOUT] = { .title = "ZSWAPOUT", .path = "zswap_out_pages", .unit = UNIT_PAGES },
	[COLUMN_ZSWPWB] = { .title = "ZSWAPWB", .path = "zswap_written_back_pages", .unit = UNIT_PAGES },
};

static const enum cgroup_stat stat_of_column[NR_COLUMNS] = {
	[COLUMN_ZSWAPPED] = CGROUP_STAT_ZSWAPPED,
	[COLUMN_ZSWPIN] = CGROUP_STAT_ZSWPIN,
	[COLUMN_ZSWPOUT] = CGROUP_STAT_ZSWPOUT,
	[COLUMN_ZSWPWB] = CGROUP_STAT_ZSWPWB,
};

static struct cell number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

static struct cell limit_cell(uint64_t limit)
{
	return limit == SAMPLE_UNLIMITED ? cell_string("max") : number(limit);
}

static struct cell growth_cell(const struct cgroup_state *cgroup, enum cgroup_sample_id id)
{
	int64_t growth;

	return cgroup_state__grew(cgroup, id, &growth) ? cell_int(growth) : cell_none();
}

static void fill_row(const struct cgroup_state *cgroup, struct cell *c)
{
	const struct cgroup_reading *now = &cgroup->now;
	double full = cgroup_reading__fullness(now), seconds = cgroup_state__seconds(cgroup);
	enum cgroup_kind kind;
	int64_t rest;
	size_t i;

	c[COLUMN_PATH] = cell_string(cgroup->path);
	c[COLUMN_CURRENT] = number(now->values[CGROUP_SAMPLE_memory_current]);
	c[COLUMN_LIMIT] = limit_cell(cgroup_reading__limit(now));
	c[COLUMN_FULL] = full < 0 ? cell_none() : cell_real(full);
	c[COLUMN_SWAP] = number(cgroup_reading__swap(now));
	c[COLUMN_KILLS] = number(now->values[CGROUP_SAMPLE_memory_events_oom_kill]);
	c[COLUMN_KILLS_SINCE] = growth_cell(cgroup, CGROUP_SAMPLE_memory_events_oom_kill);
	c[COLUMN_AT_LIMIT] = number(now->values[CGROUP_SAMPLE_memory_events_max]);
	c[COLUMN_GROWN] = growth_cell(cgroup, CGROUP_SAMPLE_memory_current);
	c[COLUMN_SECONDS] = seconds > 0 ? cell_real(seconds) : cell_none();
	c[COLUMN_RECLAIMABLE] = number(cgroup_reading__reclaimable(now));
	c[COLUMN_REST] = cgroup_reading__not_accounted(now, &rest) ? cell_int(rest) : cell_none();
	for (kind = 0; kind < NR_CGROUP_KINDS; kind++)
		c[COLUMN_KINDS + kind] = number(cgroup_reading__kind(now, kind));
	for (i = FIRST_OF_ZSWAP; i < NR_COLUMNS; i++)
		c[i] = number(now->stats[stat_of_column[i]]);
}

/* Whether zswap has taken anything of it. */
static bool uses_zswap(const struct cgroup_reading *reading)
{
	uint64_t out = reading->stats[CGROUP_STAT_ZSWPOUT];

	return out && out != MT_UNKNOWN_U64;
}

/* Text has columns about zswap where it takes something of some cgroup. */
static void choose_columns(struct state *state)
{
	bool used = false;
	size_t i;

	memcpy(state->cgroup_columns, cgroup_columns, sizeof(cgroup_columns));
	for (i = 0; i < state->nr_ranked; i++)
		used |= uses_zswap(&state->ranked[i]->now);
	for (i = FIRST_OF_ZSWAP; !used && i < NR_COLUMNS; i++)
		state->cgroup_columns[i].title = NULL;
}

/* "12 more (-k 0)" */
static int rest_row(void *ctx, size_t nr, struct cell *cells)
{
	struct state *state = (struct state *)((char *)ctx - offsetof(struct state, cgroups.rows));
	size_t i;

	if (nr || !state->looks.rows || state->nr_ranked <= state->looks.rows)
		return 0;
	snprintf(state->rest, sizeof(state->rest), "%zu more (-k 0)", state->nr_ranked - state->looks.rows);
	cells[0] = cell_string(state->rest);
	for (i = 1; i < NR_COLUMNS; i++)
		cells[i] = cell_string("");
	return 1;
}

static void add_census(struct state *state, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "census.seen" },  { .path = "census.read" },	  { .path = "census.left_out" },
		{ .path = "census.dying" }, { .path = "census.turn_ns" }, { .path = "census.spent_ns" },
	};
	const struct cgroup_states *cgroups = state->looks.cgroups;
	struct cell *c = state->census;

	c[0] = cell_uint(cgroups->nr);
	c[1] = cell_uint(cgroups->nr_read);
	c[2] = cell_uint(cgroups->left_out);
	c[3] = number(cgroups->dying);
	c[4] = cell_uint(cgroups->turn_ns);
	c[5] = cell_uint(cgroups->spent_ns);
	report__add_values(report,
			   &(struct values){ .path = "", .columns = columns, .cells = c, .nr_columns = NR(columns) });
}

static void add_swappiness(struct state *state, struct report *report)
{
	static const struct column column = { .path = "swappiness" };

	state->swappiness = number(state->looks.filling->swappiness);
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = &column, .cells = &state->swappiness, .nr_columns = 1 });
}

static void add_levels(struct state *state, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "path" }, { .path = "current_bytes" }, { .path = "max_bytes" }, { .path = "high_bytes" }
	};
	const struct cgroup_filling *filling = state->looks.filling;
	const struct table about = {
		.path = "levels", .not_in_text = true, .columns = columns, .nr_columns = NR(columns)
	};
	struct cell *c = state__add_table(&state->levels, report, &about, filling->nr_levels);
	size_t i;

	for (i = 0; c && i < filling->nr_levels; i++, c += NR(columns)) {
		c[0] = cell_string(filling->levels[i].path);
		c[1] = number(filling->levels[i].current);
		c[2] = limit_cell(filling->levels[i].max);
		c[3] = limit_cell(filling->levels[i].high);
	}
}

static void add_processes(struct state *state, struct report *report)
{
	static const struct column columns[] = { { .path = "pid" },	    { .path = "comm" },
						 { .path = "anon_bytes" },  { .path = "file_bytes" },
						 { .path = "shmem_bytes" }, { .path = "swap_bytes" } };
	const struct cgroup_filling *filling = state->looks.filling;
	const struct table about = {
		.path = "processes", .not_in_text = true, .columns = columns, .nr_columns = NR(columns)
	};
	struct cell *c = state__add_table(&state->processes, report, &about, filling->nr_processes);
	const struct cgroup_process *process = filling->processes;
	size_t i;

	for (i = 0; c && i < filling->nr_processes; i++, process++, c += NR(columns)) {
		c[0] = cell_uint(process->pid);
		c[1] = cell_string(process->comm);
		c[2] = number(process->anon);
		c[3] = number(process->file);
		c[4] = number(process->shmem);
		c[5] = number(process->swap);
	}
}

int state__rank_cgroups(struct state *state)
{
	const struct cgroup_states *cgroups = state->looks.cgroups;

	if (!cgroups)
		return 0;
	state->ranked = calloc(cgroups->nr + 1, sizeof(struct cgroup_state *));
	if (!state->ranked)
		return -ENOMEM;
	state->nr_ranked = cgroup_states__rank(cgroups, state->ranked);
	return 0;
}

void state__add_cgroups(struct state *state, struct report *report)
{
	struct table about = { .path = "cgroups",
			       .not_in_text = !state->looks.by_cgroup,
			       .columns = state->cgroup_columns,
			       .nr_columns = NR_COLUMNS,
			       .text_rows = state->looks.rows,
			       .rest = rest_row };
	struct cell *c;
	size_t i;

	if (!state->looks.cgroups)
		return;
	choose_columns(state);
	add_census(state, report);
	if (state->looks.filling) {
		add_swappiness(state, report);
		add_levels(state, report);
		add_processes(state, report);
	}
	c = state__add_table(&state->cgroups, report, &about, state->nr_ranked);
	for (i = 0; c && i < state->nr_ranked; i++, c += NR_COLUMNS)
		fill_row(state->ranked[i], c);
}

struct ranked_kind {
	enum cgroup_kind kind;
	uint64_t bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct ranked_kind *first = a, *second = b;

	return (first->bytes < second->bytes) - (first->bytes > second->bytes);
}

/* The known kinds, the largest first; how many. */
static size_t rank_kinds(const struct cgroup_reading *reading, struct ranked_kind ranked[NR_CGROUP_KINDS])
{
	enum cgroup_kind kind;
	uint64_t bytes;
	size_t nr = 0;

	for (kind = 0; kind < NR_CGROUP_KINDS; kind++) {
		bytes = cgroup_reading__kind(reading, kind);
		if (bytes != MT_UNKNOWN_U64)
			ranked[nr++] = (struct ranked_kind){ kind, bytes };
	}
	qsort(ranked, nr, sizeof(*ranked), by_bytes);
	return nr;
}

/* "anon 96.0MiB, tmpfs and shared 402MiB"; "" if no kind is known. */
static void largest_kinds(char *buf, size_t size, const struct cgroup_reading *reading)
{
	struct ranked_kind ranked[NR_CGROUP_KINDS];
	size_t nr = rank_kinds(reading, ranked), i, len = 0;
	char text[TEXT_LEN];

	buf[0] = '\0';
	for (i = 0; i < nr && i < SHOWN_KINDS && ranked[i].bytes && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s %s", i ? ", " : "", cgroup_kind_rows[ranked[i].kind].name,
				state__bytes(text, ranked[i].bytes));
}

static const char *limit_text(char buf[TEXT_LEN], uint64_t limit)
{
	return limit == SAMPLE_UNLIMITED ? "none" : state__bytes(buf, limit);
}

static void say_cgroup(const struct cgroup_state *cgroup, struct wrapped *line)
{
	uint64_t limit = cgroup_reading__limit(&cgroup->now);
	uint64_t kills = cgroup->now.values[CGROUP_SAMPLE_memory_events_oom_kill];
	char a[TEXT_LEN], b[TEXT_LEN], of[2 * TEXT_LEN] = "", kinds[160], killed[TEXT_LEN] = "";

	if (limit < SAMPLE_UNLIMITED)
		snprintf(of, sizeof(of), " of %s", state__bytes(b, limit));
	if (kills && kills != MT_UNKNOWN_U64)
		snprintf(killed, sizeof(killed), ", %llu kill%s", (unsigned long long)kills, kills == 1 ? "" : "s");
	largest_kinds(kinds, sizeof(kinds), &cgroup->now);
	wrapped__add(line, "   ", "%.4000s %s%s%s%s%s%s", cgroup->path,
		     state__bytes(a, cgroup->now.values[CGROUP_SAMPLE_memory_current]), of, *kinds ? " (" : "", kinds,
		     *kinds ? ")" : "", killed);
}

void state__say_cgroups(struct state *state, struct report *report)
{
	const struct cgroup_states *cgroups = state->looks.cgroups;
	struct wrapped line;
	char text[TEXT_LEN];
	size_t i;

	if (!cgroups)
		return;
	wrapped__begin(&line, report, "cgroups");
	for (i = 0; i < state->nr_ranked && i < SHOWN_CGROUPS; i++)
		say_cgroup(state->ranked[i], &line);
	wrapped__add(&line, "   ", "%s in all", format_count(text, sizeof(text), cgroups->nr + cgroups->left_out));
	if (cgroups->nr_read < cgroups->nr || cgroups->left_out)
		wrapped__add(&line, ", ", "%s not read",
			     format_count(text, sizeof(text), cgroups->nr - cgroups->nr_read + cgroups->left_out));
	if (cgroups->dying != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "%s dying", format_count(text, sizeof(text), cgroups->dying));
	wrapped__end(&line);
}

static void say_head(const struct cgroup_filling *filling, struct report *report)
{
	const struct cgroup_state *own = filling->own;
	const struct cgroup_reading *now = &own->now;
	double seconds = cgroup_state__seconds(own);
	char a[TEXT_LEN], b[TEXT_LEN];
	struct wrapped line;
	int64_t growth;

	report__add_note(report, "%.4000s", own->path);
	wrapped__begin(&line, report, "memory");
	wrapped__add(&line, "", "%s, limit %s", state__bytes(a, now->values[CGROUP_SAMPLE_memory_current]),
		     limit_text(b, cgroup_reading__limit(now)));
	if (cgroup_reading__fullness(now) >= 0)
		wrapped__add(&line, " ", "(%s)", state__percent(a, cgroup_reading__fullness(now)));
	wrapped__add(&line, "   ", "swap %s", state__bytes(a, cgroup_reading__swap(now)));
	if (seconds > 0 && cgroup_state__grew(own, CGROUP_SAMPLE_memory_current, &growth))
		wrapped__add(&line, "   ", "%s by %s", growth < 0 ? "shrank" : "grew",
			     format_bytes_rate(a, sizeof(a), (growth < 0 ? -growth : growth) / seconds));
	wrapped__add(&line, "   ", "kills %s", state__count(a, now->values[CGROUP_SAMPLE_memory_events_oom_kill]));
	wrapped__add(&line, "   ", "at its limit %s times",
		     state__count(a, now->values[CGROUP_SAMPLE_memory_events_max]));
	if (filling->swappiness != MT_UNKNOWN_U64)
		wrapped__add(&line, "   ", "swappiness %llu", (unsigned long long)filling->swappiness);
	wrapped__end(&line);
}

static void say_charge(const struct cgroup_reading *now, struct report *report)
{
	struct ranked_kind ranked[NR_CGROUP_KINDS];
	size_t nr = rank_kinds(now, ranked), i;
	struct wrapped line;
	char text[TEXT_LEN];
	int64_t rest;

	wrapped__begin(&line, report, "charge");
	for (i = 0; i < nr && (ranked[i].bytes || !i); i++)
		wrapped__add(&line, ", ", "%s %s", cgroup_kind_rows[ranked[i].kind].name,
			     state__bytes(text, ranked[i].bytes));
	if (!nr)
		wrapped__add(&line, "", "-");
	if (cgroup_reading__not_accounted(now, &rest) && rest > 0)
		wrapped__add(&line, ", ", "not accounted %s", state__bytes(text, rest));
	wrapped__add(&line, "   ", "can be reclaimed without swap: %s",
		     state__bytes(text, cgroup_reading__reclaimable(now)));
	wrapped__end(&line);
}

/* What zswap has of it, where it has had something. */
static void say_zswap(const struct cgroup_reading *now, struct report *report)
{
	char a[TEXT_LEN], b[TEXT_LEN];
	struct wrapped line;

	if (!uses_zswap(now))
		return;
	wrapped__begin(&line, report, "zswap");
	wrapped__add(&line, "", "%s in %s", state__bytes(a, now->stats[CGROUP_STAT_ZSWAPPED]),
		     state__bytes(b, now->stats[CGROUP_STAT_ZSWAP]));
	wrapped__add(&line, "   ", "pages: %s in", state__count(a, now->stats[CGROUP_STAT_ZSWPIN]));
	wrapped__add(&line, ", ", "%s out", state__count(a, now->stats[CGROUP_STAT_ZSWPOUT]));
	wrapped__add(&line, ", ", "%s written to swap space", state__count(a, now->stats[CGROUP_STAT_ZSWPWB]));
	wrapped__end(&line);
}

/* One line a level but for the root, which has no limit. */
static void say_limits(const struct cgroup_filling *filling, struct report *report)
{
	const struct cgroup_level *level;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN];
	const char *label = "limits";

	for (level = filling->levels; level < filling->levels + filling->nr_levels; level++) {
		if (!level->path[1])
			continue;
		report__add_note(report, "%-*s%s: %s, max %s, high %s", WRAPPED_LABEL, label, level->path,
				 state__bytes(a, level->current), limit_text(b, level->max),
				 limit_text(c, level->high));
		label = "";
	}
}

static uint64_t known(uint64_t bytes)
{
	return bytes == MT_UNKNOWN_U64 ? 0 : bytes;
}

static void say_processes(const struct cgroup_filling *filling, struct report *report)
{
	const struct cgroup_process *process = filling->processes;
	uint64_t anon = 0, file = 0, shmem = 0, swap = 0;
	char a[TEXT_LEN], b[TEXT_LEN], c[TEXT_LEN], d[TEXT_LEN];
	size_t i;

	for (i = 0; i < filling->nr_processes; i++) {
		anon += known(process[i].anon);
		file += known(process[i].file);
		shmem += known(process[i].shmem);
		swap += known(process[i].swap);
	}
	report__add_note(report, "%-*s%zu hold anon %s, file %s, shared %s, swap %s (shared pages count in each)",
			 WRAPPED_LABEL, "processes", filling->nr_processes + filling->processes_left_out,
			 state__bytes(a, anon), state__bytes(b, file), state__bytes(c, shmem), state__bytes(d, swap));
	for (i = 0; i < filling->nr_processes && i < SHOWN_PROCESSES; i++, process++)
		report__add_note(report, "%*s%s[%u] anon %s, file %s, shared %s, swap %s", WRAPPED_LABEL, "",
				 process->comm, process->pid, state__bytes(a, process->anon),
				 state__bytes(b, process->file), state__bytes(c, process->shmem),
				 state__bytes(d, process->swap));
	if (filling->nr_processes > SHOWN_PROCESSES)
		report__add_note(report, "%*s%zu more", WRAPPED_LABEL, "", filling->nr_processes - SHOWN_PROCESSES);
}

void state__say_filling(struct state *state, struct report *report)
{
	const struct cgroup_filling *filling = state->looks.filling;

	say_head(filling, report);
	say_charge(&filling->own->now, report);
	say_zswap(&filling->own->now, report);
	say_limits(filling, report);
	say_processes(filling, report);
}
