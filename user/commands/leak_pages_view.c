// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak by page, as sections of the report: a tree of call paths by what they hold, and what adds up to the
 * growth. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leak_pages.h"

#define NR(array)   (sizeof(array) / sizeof(*(array)))
#define INDENT	    2
#define MAX_INDENT  60
#define LINE_LEN    (MAX_INDENT + 512)
#define LEAST_SHARE 200 /* branches that hold less than one in so many are not shown */

static const struct column tree_columns[] = {
	{ .title = "HELD", .path = "held", .unit = UNIT_BYTES, .key = true },
	{ .title = "TOUCHED", .path = "touched", .unit = UNIT_BYTES, .key = true },
	{ .title = "BY", .path = "by", .left = true, .key = true },
};

static int rewind_tree(void *ctx)
{
	((struct leak_pages *)ctx)->node = 0;
	return 0;
}

/* The next node that holds enough: branches are sorted. */
static uint32_t next_node(const struct leak_pages *pages)
{
	const struct call_node *nodes = pages->tree.nodes;
	uint32_t at = call_tree__next(&pages->tree, pages->node);

	while (at && (!nodes[at].sum || nodes[at].sum < nodes[0].sum / LEAST_SHARE)) {
		at = nodes[at].up;
		while (at && !nodes[at].next)
			at = nodes[at].up;
		at = at ? nodes[at].next : 0;
	}
	return at;
}

/* Of a function that is the only one its caller leads to, nothing is said again. */
static bool is_only_branch(const struct leak_pages *pages, uint32_t at)
{
	const struct call_node *nodes = pages->tree.nodes;

	return nodes[at].up && nodes[at].depth == nodes[nodes[at].up].depth;
}

/* What each fault of a program ends in. */
static bool is_entry_of_faults(const struct leak_pages *pages, uint32_t at)
{
	static const char *const names[] = { "asm_exc_page_fault_[k]", "exc_page_fault_[k]" };
	const struct call_node *node = &pages->tree.nodes[at];
	size_t i;

	for (i = 0; i < NR(names); i++)
		if (node->name_len == strlen(names[i]) && !memcmp(node->name, names[i], node->name_len))
			return is_only_branch(pages, at);
	return false;
}

static int next_of_tree(void *ctx, struct cell *cells)
{
	struct leak_pages *pages = ctx;
	uint64_t page = pages->origins.page_size;
	const struct call_node *node;
	size_t indent, len;

	if (!pages->tree.nr)
		return 0;
	do
		pages->node = next_node(pages);
	while (pages->node && is_entry_of_faults(pages, pages->node));
	if (!pages->node)
		return 0;
	node = &pages->tree.nodes[pages->node];
	indent = (node->depth - 1) * INDENT;
	indent = indent < MAX_INDENT ? indent : MAX_INDENT;
	len = node->name_len < LINE_LEN - indent - 1 ? node->name_len : LINE_LEN - indent - 1;
	memset(pages->line, ' ', indent);
	memcpy(pages->line + indent, node->name, len);
	pages->line[indent + len] = '\0';
	cells[0] = cell_uint(node->sum * page);
	cells[1] = cell_uint(node->beside * page);
	cells[2] = cell_string(pages->line);
	if (is_only_branch(pages, pages->node))
		cells[0] = cells[1] = cell_string("");
	return 1;
}

/* What else the growth is made of, below the tree. */
static int rest(void *ctx, size_t nr, struct cell *cells)
{
	const struct leak_pages *pages = ctx;
	const struct page_sums *sums = &pages->sums;
	const struct {
		int64_t bytes;
		const char *name;
	} rows[] = {
		{ sums->not_seen[PAGES_ANON], "not seen by faults" },
		{ sums->not_seen[PAGES_OF_FILES], "not seen by faults, of files and shared memory" },
		{ -(int64_t)(sums->again[PAGES_ANON] + sums->again[PAGES_OF_FILES]), "touched again: was held before" },
		{ -(int64_t)(sums->gone[PAGES_ANON] + sums->gone[PAGES_OF_FILES]), "given back: was held before" },
		{ sums->grown[PAGES_ANON] + sums->grown[PAGES_OF_FILES], "growth of rss and swap" },
	};

	if (nr >= NR(rows))
		return 0;
	cells[0] = cell_int(rows[nr].bytes);
	cells[1] = cell_string("");
	cells[2] = cell_string(rows[nr].name);
	return 1;
}

static int by_held(const void *a, const void *b)
{
	const struct call_path *one = *(const struct call_path *const *)a;
	const struct call_path *two = *(const struct call_path *const *)b;
	enum call_weight weight = CALL_PAGES;

	if (one->sums[weight] == two->sums[weight])
		weight = CALL_EVENTS;
	return (one->sums[weight] < two->sums[weight]) - (one->sums[weight] > two->sums[weight]);
}

static int rewind_paths(void *ctx)
{
	((struct leak_pages *)ctx)->at = 0;
	return 0;
}

static int next_path(void *ctx, struct cell *cells)
{
	struct leak_pages *pages = ctx;
	const struct call_path *path;

	if (pages->at == pages->nr)
		return 0;
	path = pages->sorted[pages->at++];
	cells[0] = cell_string(path->text);
	cells[1] = cell_uint(path->sums[CALL_PAGES] * pages->origins.page_size);
	cells[2] = cell_uint(path->sums[CALL_EVENTS] * pages->origins.page_size);
	return 1;
}

static void add_paths(struct leak_pages *pages, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "path", .path_of_calls = true },
		{ .path = "held_bytes", .unit = UNIT_BYTES, .main = true },
		{ .path = "touched_bytes", .unit = UNIT_BYTES },
	};

	report__add_table(report, &(struct table){ .path = "by_page",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_paths, next_path, pages } });
}

static void add_sums(struct leak_pages *pages, struct report *report)
{
	static const struct column columns[LEAK_PAGE_SUMS] = {
		{ .path = "grown_bytes", .unit = UNIT_BYTES },
		{ .path = "held_bytes", .unit = UNIT_BYTES },
		{ .path = "touched_bytes", .unit = UNIT_BYTES },
		{ .path = "not_seen_bytes", .unit = UNIT_BYTES },
		{ .path = "not_seen.anon_bytes", .unit = UNIT_BYTES },
		{ .path = "not_seen.file_bytes", .unit = UNIT_BYTES },
		{ .path = "again_bytes", .unit = UNIT_BYTES },
		{ .path = "gone_bytes", .unit = UNIT_BYTES },
		{ .path = "sample", .unit = UNIT_COUNT },
		{ .path = "processes", .unit = UNIT_COUNT },
		{ .path = "lacking.processes", .unit = UNIT_COUNT },
		{ .path = "lacking.refused", .unit = UNIT_COUNT },
		{ .path = "lacking.touches", .unit = UNIT_COUNT },
		{ .path = "lacking.runs", .unit = UNIT_COUNT },
	};
	const struct page_sums *sums = &pages->sums;
	struct cell *c = pages->cells;

	*c++ = cell_int(sums->grown[PAGES_ANON] + sums->grown[PAGES_OF_FILES]);
	*c++ = cell_uint(sums->held);
	*c++ = cell_uint(sums->touched);
	*c++ = cell_int(sums->not_seen[PAGES_ANON] + sums->not_seen[PAGES_OF_FILES]);
	*c++ = cell_int(sums->not_seen[PAGES_ANON]);
	*c++ = cell_int(sums->not_seen[PAGES_OF_FILES]);
	*c++ = cell_uint(sums->again[PAGES_ANON] + sums->again[PAGES_OF_FILES]);
	*c++ = cell_uint(sums->gone[PAGES_ANON] + sums->gone[PAGES_OF_FILES]);
	*c++ = cell_uint(pages->origins.sample > 1 ? pages->origins.sample : 1);
	*c++ = cell_uint(sums->processes);
	*c++ = cell_uint(pages->beyond + pages->origins.left_out);
	*c++ = cell_uint(pages->refused);
	*c++ = cell_uint(pages->origins.no_room);
	*c++ = cell_uint(sums->cut);
	report__add_values(report, &(struct values){ .path = "pages",
						     .columns = columns,
						     .cells = pages->cells,
						     .nr_columns = LEAK_PAGE_SUMS });
}

static void add_tree(struct leak_pages *pages, uint64_t rows, struct report *report)
{
	report__add_table(report,
			  &(struct table){ .heading = "held pages by who touched them first: who grew the memory",
					   .columns = tree_columns,
					   .nr_columns = NR(tree_columns),
					   .rows = { rewind_tree, next_of_tree, pages },
					   .text_rows = rows,
					   .rest = rest });
}

static void say(struct leak_run *run, struct report *report)
{
	struct leak_pages *pages = run->pages;
	const struct page_sums *sums = &pages->sums;

	if (!sums->processes)
		report__add_note(report, "no process was looked at while it lived: what is held is not known");
	if (pages->origins.sample > 1)
		report__add_note(report, "estimated from one page in %llu", (unsigned long long)pages->origins.sample);
	if (pages->origins.no_room)
		report__add_note(report, "%llu touches found no room: their pages are not seen (--sample 1/N)",
				 (unsigned long long)pages->origins.no_room);
	if (pages->beyond + pages->origins.left_out)
		report__add_note(report, "pages of %zu processes are left out: there were too many",
				 pages->beyond + pages->origins.left_out);
	if (pages->refused)
		report__add_note(report, "pages of %zu processes may not be read: it takes CAP_SYS_PTRACE",
				 pages->refused);
	pages->chains = (struct call_paths_view){
		.ends = pages->ends,
		.outside = run->tracing.session.stacks ? stacks__outside(run->tracing.session.stacks) : 0,
	};
	call_paths_view__say_chains(&pages->chains, report);
}

static struct cell grown(uint64_t last, uint64_t first)
{
	return cell_int((int64_t)(last - first));
}

static const struct column memory_columns[LEAK_MEMORY_SUMS] = {
	{ .path = "allocator.size_bytes", .unit = UNIT_BYTES },
	{ .path = "allocator.held_bytes", .unit = UNIT_BYTES },
	{ .path = "allocator.heap.size_bytes", .unit = UNIT_BYTES },
	{ .path = "allocator.heap.held_bytes", .unit = UNIT_BYTES },
	{ .path = "resident_bytes", .unit = UNIT_BYTES },
	{ .path = "grown.requested_bytes", .unit = UNIT_BYTES },
	{ .path = "grown.allocator_size_bytes", .unit = UNIT_BYTES },
	{ .path = "grown.allocator_held_bytes", .unit = UNIT_BYTES },
	{ .path = "grown.not_returned_bytes", .unit = UNIT_BYTES },
};

/* What the program wants, what its allocator has, what is there: side by side. */
static void fill_memory(struct leak_run *run)
{
	struct leak_pages *pages = run->pages;
	const struct page_sums *sums = &pages->sums;
	const struct page_areas *first = &sums->first, *last = &sums->last;
	uint64_t size = last->heap_size + last->anon_size, held = last->heap_held + last->anon_held;
	struct cell size_grown = grown(size, first->heap_size + first->anon_size);
	struct cell held_grown = grown(held, first->heap_held + first->anon_held);
	struct cell requested = cell_none(), rest = cell_none();

	if (run->requested_bytes != MT_UNKNOWN_U64) {
		/* of a sample of objects an estimate */
		uint64_t bytes = run->requested_bytes * (run->held.sum.sample > 1 ? run->held.sum.sample : 1);

		requested = cell_uint(bytes);
		rest = cell_int(held_grown.i - (int64_t)bytes);
	}
	const struct cell cells[] = { cell_uint(size),
				      cell_uint(held),
				      cell_uint(last->heap_size),
				      cell_uint(last->heap_held),
				      cell_uint(sums->resident),
				      requested,
				      size_grown,
				      held_grown,
				      rest };
	/* what was asked for and never used has no pages */
	bool untouched = run->requested_bytes != MT_UNKNOWN_U64 && rest.i < 0;
	const struct cell rows[][3] = {
		{ cell_none(), requested, cell_string("requested and not freed (--malloc)") },
		{ cell_uint(size), size_grown, cell_string("mapped by allocators: heap, arenas, anonymous mappings") },
		{ cell_uint(held), held_grown, cell_string("held by allocators, of that") },
		{ cell_uint(sums->resident), cell_int(sums->grown[PAGES_ANON] + sums->grown[PAGES_OF_FILES]),
		  cell_string("resident or swapped, all") },
		{ cell_none(), untouched ? cell_int(-rest.i) : rest,
		  cell_string(untouched ? "requested, not held: no page of it was touched yet" :
					  "held by allocators, not requested: freed and kept, or not from malloc()") },
	};

	_Static_assert(sizeof(cells) == sizeof(pages->memory) && sizeof(rows) == sizeof(pages->memory_rows), "all");
	memcpy(pages->memory, cells, sizeof(cells));
	memcpy(pages->memory_rows, rows, sizeof(rows));
}

int leak_memory__add(struct leak_run *run, struct report *report)
{
	static const struct column columns[] = {
		{ .title = "NOW", .path = "now", .unit = UNIT_BYTES, .key = true },
		{ .title = "GREW", .path = "grew", .unit = UNIT_BYTES, .key = true },
		{ .title = "MEMORY", .path = "what", .left = true, .key = true },
	};
	static const struct column nothing[] = { { .path = "memory" } };
	struct leak_pages *pages = run->pages;

	/* a recording without looks, or nothing lived long enough */
	if (!pages->sums.processes) {
		pages->memory[0] = cell_none();
		report__add_values(
			report,
			&(struct values){ .path = "", .columns = nothing, .cells = pages->memory, .nr_columns = 1 });
		return 0;
	}
	fill_memory(run);
	report__add_values(report, &(struct values){ .path = "memory",
						     .columns = memory_columns,
						     .cells = pages->memory,
						     .nr_columns = LEAK_MEMORY_SUMS });
	pages->memory_source = (struct cell_rows){ .cells = pages->memory_rows[0],
						   .nr = NR(pages->memory_rows),
						   .nr_columns = NR(columns) };
	report__add_table(report, &(struct table){ .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = cell_rows__source(&pages->memory_source) });
	return 0;
}

/* A recording of another command, whose looks were not at single pages. */
static int add_unknown(struct leak_pages *pages, struct report *report)
{
	static const struct column columns[] = { { .path = "by_page" }, { .path = "pages" } };

	pages->cells[0] = pages->cells[1] = cell_none();
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = columns, .cells = pages->cells, .nr_columns = NR(columns) });
	report__add_note(report, "the recording does not say which pages are held: it takes one of memtrace leak");
	return 0;
}

int leak_pages__add(struct leak_run *run, struct report *report)
{
	const struct options *options = run->tracing.session.options;
	struct leak_pages *pages = run->pages;
	size_t i;
	int err;

	if (!pages->knows_runs)
		return add_unknown(pages, report);
	pages->line = malloc(LINE_LEN);
	if (!pages->line)
		return -ENOMEM;
	pages->sorted = call_paths__sorted(pages->paths, &pages->nr);
	if (!pages->sorted && errno)
		return -errno;
	for (i = 0; i < pages->nr; i++)
		pages->sums.touched += pages->sorted[i]->sums[CALL_EVENTS] * pages->origins.page_size;
	pages->sums.touched += call_paths__rest(pages->paths)->sums[CALL_EVENTS] * pages->origins.page_size;
	err = call_tree__make_both(&pages->tree, pages->sorted, pages->nr, CALL_PAGES, CALL_EVENTS);
	if (err)
		return err;
	if (pages->nr)
		qsort(pages->sorted, pages->nr, sizeof(*pages->sorted), by_held);
	add_paths(pages, report);
	add_sums(pages, report);
	add_tree(pages, options->rows ? options->path_rows : 0, report);
	say(run, report);
	return 0;
}

void leak_pages__done_view(struct leak_pages *pages)
{
	call_tree__done(&pages->tree);
	free(pages->sorted);
	free(pages->line);
	pages->sorted = NULL;
	pages->line = NULL;
}
