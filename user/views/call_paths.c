// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "call_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR(array)   (sizeof(array) / sizeof(*(array)))
#define INDENT	    2
#define MAX_INDENT  60
#define LINE_MAX_   (MAX_INDENT + 512)
#define LEAST_SHARE 200 /* branches of less than one in so many are not shown */

/* In pages it is counted, in bytes it is shown. */
static struct cell weighed(const struct call_paths_view *view, uint64_t sum)
{
	bool bytes = view->weight == CALL_PAGES && view->unit == UNIT_BYTES;

	return cell_uint(bytes ? sum * view->page_size : sum);
}

/* What the memory of a path was for, or what the kernel did in a fault. */
static const char *kind_of(const struct call_paths_view *view, const char *path)
{
	const char *last = strrchr(path, ';');
	size_t i, len;

	if (!view->told)
		return memory_kind__of(path, view->line);
	for (i = 0; last && view->told[i]; i++) {
		len = strlen(view->told[i]);
		if (last[1] == '[' && !strncmp(last + 2, view->told[i], len) && !strcmp(last + 2 + len, "]"))
			return view->told[i];
	}
	return "unknown";
}

/* Leaves out what is not asked for. */
static void choose(struct call_paths_view *view)
{
	size_t i, nr = 0;

	for (i = 0; i < view->nr; i++)
		if (!view->only || !strncmp(kind_of(view, view->sorted[i]->text), view->only, strlen(view->only)))
			view->sorted[nr++] = view->sorted[i];
	view->nr = nr;
}

static void add_up(struct call_paths_view *view)
{
	size_t i, w;

	for (w = 0; w < NR_CALL_WEIGHTS; w++) {
		view->totals[w] = call_paths__rest(view->paths)->sums[w];
		for (i = 0; i < view->nr; i++)
			view->totals[w] += view->sorted[i]->sums[w];
	}
}

static void fill(const struct call_paths_view *view, uint64_t sum, const char *name, struct cell *cells)
{
	uint64_t all = view->totals[view->weight];

	cells[0] = all ? cell_real((double)sum / (double)all) : cell_none();
	cells[1] = weighed(view, sum);
	cells[2] = cell_string(name);
}

static int rewind_tree(void *ctx)
{
	struct call_paths_view *view = ctx;

	view->at = 0;
	return 0;
}

/* The next node that weighs enough: branches are sorted, so what is behind a light one is light, too. */
static uint32_t next_node(const struct call_paths_view *view)
{
	const struct call_node *nodes = view->tree.nodes;
	uint32_t at = call_tree__next(&view->tree, view->at);

	while (at && nodes[at].sum < nodes[0].sum / LEAST_SHARE) {
		at = nodes[at].up;
		while (at && !nodes[at].next)
			at = nodes[at].up;
		at = at ? nodes[at].next : 0;
	}
	return at;
}

/* Of a function that is the only one its caller leads to, nothing is said again. */
static bool is_only_branch(const struct call_paths_view *view, uint32_t at)
{
	const struct call_node *nodes = view->tree.nodes;

	return nodes[at].up && nodes[at].depth == nodes[nodes[at].up].depth;
}

/* What each page fault ends in, where nothing else ends: it says nothing. */
static bool is_entry_of_faults(const struct call_paths_view *view, uint32_t at)
{
	static const char *const names[] = { "asm_exc_page_fault_[k]", "exc_page_fault_[k]" };
	const struct call_node *node = &view->tree.nodes[at];
	size_t i;

	for (i = 0; i < NR(names); i++)
		if (node->name_len == strlen(names[i]) && !memcmp(node->name, names[i], node->name_len))
			return is_only_branch(view, at);
	return false;
}

static int next_of_tree(void *ctx, struct cell *cells)
{
	struct call_paths_view *view = ctx;
	const struct call_node *node;
	size_t indent, len;

	if (!view->tree.nr)
		return 0;
	do
		view->at = next_node(view);
	while (view->at && is_entry_of_faults(view, view->at));
	if (!view->at)
		return 0;
	node = &view->tree.nodes[view->at];
	indent = (node->depth - 1) * INDENT;
	indent = indent < MAX_INDENT ? indent : MAX_INDENT;
	len = node->name_len < LINE_MAX_ - indent - 1 ? node->name_len : LINE_MAX_ - indent - 1;
	memset(view->line, ' ', indent);
	memcpy(view->line + indent, node->name, len);
	view->line[indent + len] = '\0';
	fill(view, node->sum, view->line, cells);
	if (is_only_branch(view, view->at))
		cells[0] = cells[1] = cell_string("");
	return 1;
}

/* What found no room, and all. */
static int rest(void *ctx, size_t nr, struct cell *cells)
{
	const struct call_paths_view *view = ctx;
	uint64_t left = call_paths__rest(view->paths)->sums[view->weight];

	if (nr > (left ? 1 : 0))
		return 0;
	if (nr == 0 && left)
		fill(view, left, "paths that found no room", cells);
	else
		fill(view, view->totals[view->weight], "total", cells);
	return 1;
}

/* What the events of a path add up to. */
static const struct number {
	const char *path;
	enum call_weight weight;
	enum unit unit;
} numbers[CALL_PATH_NUMBERS] = {
	{ "events", CALL_EVENTS, UNIT_COUNT },
	{ "pages", CALL_PAGES, UNIT_PAGES },
	{ "bytes", CALL_PAGES, UNIT_BYTES },
	{ "duration_ns", CALL_NS, UNIT_NS },
};

static struct cell number_of(const struct call_paths_view *view, const struct call_path *path, size_t i)
{
	uint64_t sum = path->sums[numbers[i].weight];

	if (!view->has[numbers[i].weight])
		return cell_none();
	return cell_uint(numbers[i].unit == UNIT_BYTES ? sum * view->page_size : sum);
}

static int rewind_paths(void *ctx)
{
	((struct call_paths_view *)ctx)->pos = 0;
	return 0;
}

static int next_path(void *ctx, struct cell *cells)
{
	struct call_paths_view *view = ctx;
	struct cell *c = cells;
	const struct call_path *path;
	size_t i;

	if (view->pos == view->nr)
		return 0;
	path = view->sorted[view->pos++];
	*c++ = cell_string(path->text);
	*c++ = weighed(view, path->sums[view->weight]);
	for (i = 0; i < NR(numbers); i++)
		*c++ = number_of(view, path, i);
	*c = cell_string(kind_of(view, path->text));
	return 1;
}

static int rewind_kinds(void *ctx)
{
	((struct call_paths_view *)ctx)->shown = 0;
	return 0;
}

static int next_kind(void *ctx, struct cell *cells)
{
	struct call_paths_view *view = ctx;
	const struct call_kind *kind = &view->list[view->shown];

	if (view->shown == view->nr_kinds)
		return 0;
	view->shown++;
	fill(view, kind->sum, kind->name, cells);
	return 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct call_kind *)a)->name, ((const struct call_kind *)b)->name);
}

static int by_sum(const void *a, const void *b)
{
	const struct call_kind *one = a, *two = b;

	return one->sum < two->sum ? 1 : one->sum > two->sum ? -1 : by_name(a, b);
}

static int list_kinds(struct call_paths_view *view)
{
	size_t i, nr = 0;

	view->list = calloc(view->nr + 1, sizeof(*view->list));
	if (!view->list)
		return -ENOMEM;
	for (i = 0; i < view->nr; i++) {
		const char *name = kind_of(view, view->sorted[i]->text);

		memcpy(view->list[i].name, name, strnlen(name, MEMORY_KIND_MAX - 1));
		view->list[i].sum = view->sorted[i]->sums[view->weight];
	}
	qsort(view->list, view->nr, sizeof(*view->list), by_name);
	for (i = 0; i < view->nr; i++) {
		if (nr && !by_name(&view->list[nr - 1], &view->list[i]))
			view->list[nr - 1].sum += view->list[i].sum;
		else
			view->list[nr++] = view->list[i];
	}
	qsort(view->list, nr, sizeof(*view->list), by_sum);
	view->nr_kinds = nr;
	return 0;
}

static void add_kinds(struct call_paths_view *view, struct report *report)
{
	report__add_table(report, &(struct table){ .path = "kinds",
						   .not_in_text = !view->kinds,
						   .empty = "no events with call chains",
						   .columns = view->columns,
						   .nr_columns = NR(view->columns),
						   .rows = { rewind_kinds, next_kind, view },
						   .text_rows = view->rows,
						   .rest = rest });
}

static void add_tree(struct call_paths_view *view, struct report *report)
{
	struct column *c = view->path_columns;
	size_t i;

	if (!view->kinds)
		report__add_table(report, &(struct table){ .empty = "no events with call chains",
							   .columns = view->columns,
							   .nr_columns = NR(view->columns),
							   .rows = { rewind_tree, next_of_tree, view },
							   .text_rows = view->rows,
							   .rest = rest });
	*c++ = (struct column){ .path = "stack" };
	*c++ = (struct column){ .path = "weight", .unit = view->unit };
	for (i = 0; i < NR(numbers); i++)
		*c++ = (struct column){ .path = numbers[i].path,
					.unit = numbers[i].unit,
					.main = numbers[i].weight == view->weight &&
						(view->weight != CALL_PAGES ||
						 (numbers[i].unit == UNIT_BYTES) == (view->unit == UNIT_BYTES)) };
	*c++ = (struct column){ .path = "kind" };
	report__add_table(report, &(struct table){ .path = "paths",
						   .not_in_text = true,
						   .columns = view->path_columns,
						   .nr_columns = CALL_PATH_COLUMNS,
						   .rows = { rewind_paths, next_path, view } });
}

/* Of all paths, and of those that found no room. */
static void add_sums(struct call_paths_view *view, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "probe" },
		{ .path = "weight" },
		{ .path = "no_room.events", .unit = UNIT_COUNT },
		{ .path = "total.events", .unit = UNIT_COUNT },
		{ .path = "total.pages", .unit = UNIT_PAGES },
		{ .path = "total.duration_ns", .unit = UNIT_NS },
	};
	struct cell *c = view->sums;
	size_t i;

	*c++ = cell_string(view->probe);
	*c++ = cell_string(view->weight_name);
	*c++ = cell_uint(call_paths__rest(view->paths)->sums[CALL_EVENTS]);
	for (i = 0; i < NR_CALL_WEIGHTS; i++)
		*c++ = view->has[i] ? cell_uint(view->totals[i]) : cell_none();
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = columns, .cells = view->sums, .nr_columns = NR(columns) });
}

static void add_chains(struct call_paths_view *view, struct report *report)
{
	static const struct column columns[] = {
		[CHAIN_NONE] = { .path = "none", .unit = UNIT_COUNT },
		[CHAIN_FP_WHOLE] = { .path = "fp.whole", .unit = UNIT_COUNT },
		[CHAIN_FP_PART] = { .path = "fp.part", .unit = UNIT_COUNT },
		[CHAIN_DWARF_WHOLE] = { .path = "dwarf.whole", .unit = UNIT_COUNT },
		[CHAIN_DWARF_CUT] = { .path = "dwarf.cut", .unit = UNIT_COUNT },
		[CHAIN_DWARF_PART] = { .path = "dwarf.part", .unit = UNIT_COUNT },
		[NR_CHAIN_ENDS] = { .path = "frames_left_out", .unit = UNIT_COUNT },
	};
	size_t i;

	for (i = 0; i < NR_CHAIN_ENDS; i++)
		view->chains[i] = view->ends ? cell_uint(view->ends[i]) : cell_none();
	view->chains[NR_CHAIN_ENDS] = view->ends ? cell_uint(view->outside) : cell_none();
	report__add_values(report, &(struct values){ .path = "chains",
						     .columns = columns,
						     .cells = view->chains,
						     .nr_columns = NR(columns) });
}

/* What is behind the paths, in words. */
void call_paths_view__say_chains(const struct call_paths_view *view, struct report *report)
{
	const uint64_t *ends = view->ends;
	uint64_t fp = ends ? ends[CHAIN_FP_WHOLE] + ends[CHAIN_FP_PART] : 0;
	uint64_t dwarf = ends ? ends[CHAIN_DWARF_WHOLE] + ends[CHAIN_DWARF_CUT] + ends[CHAIN_DWARF_PART] : 0;

	if (fp)
		report__add_note(report,
				 "call chains by frame pointers: %llu, of which %llu begin at the start of a program "
				 "or thread; others may lack callers (--stacks=dwarf)",
				 (unsigned long long)fp, (unsigned long long)ends[CHAIN_FP_WHOLE]);
	if (dwarf)
		report__add_note(report,
				 "call chains by call frame information: %llu, of which %llu are whole, %llu end with "
				 "the copied bytes, %llu break off before",
				 (unsigned long long)dwarf, (unsigned long long)ends[CHAIN_DWARF_WHOLE],
				 (unsigned long long)ends[CHAIN_DWARF_CUT], (unsigned long long)ends[CHAIN_DWARF_PART]);
	if (view->outside)
		report__add_note(report, "%llu frames were outside of code, and are left out",
				 (unsigned long long)view->outside);
}

int call_paths_view__add(struct call_paths_view *view, struct report *report)
{
	int err;

	view->line = malloc(LINE_MAX_);
	if (!view->line)
		return -ENOMEM;
	view->sorted = call_paths__sorted(view->paths, &view->nr);
	if (!view->sorted && errno)
		return -errno;
	choose(view);
	add_up(view);
	err = call_tree__make(&view->tree, view->sorted, view->nr, view->weight);
	if (!err)
		err = list_kinds(view);
	if (err)
		return err;
	view->columns[0] = (struct column){ .title = "SHARE", .path = "share", .unit = UNIT_SHARE };
	view->columns[1] = (struct column){ .title = view->title, .path = "weight", .unit = view->unit };
	view->columns[2] = (struct column){ .title = view->kinds ? "FOR" : "FUNCTION", .path = "kind", .left = true };
	add_sums(view, report);
	add_chains(view, report);
	add_kinds(view, report);
	add_tree(view, report);
	return 0;
}

void call_paths_view__done(struct call_paths_view *view)
{
	call_tree__done(&view->tree);
	free(view->sorted);
	free(view->list);
	free(view->line);
}
