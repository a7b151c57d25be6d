// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The output for flame graphs: a line for each call path, its functions from the root on with ";" between, and its
 * weight.  flamegraph.pl, speedscope and others read it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/sanitise.h"
#include "../base/stream.h"
#include "../report/output.h"

#define COLUMNS_MAX 16

static int find(const struct table *table, const char *path)
{
	size_t i;

	for (i = 0; i < table->nr_columns; i++)
		if (table->columns[i].path && !strcmp(table->columns[i].path, path))
			return (int)i;
	return -1;
}

static int print_paths(struct output *out, const struct table *table)
{
	int stack = find(table, "stack"), weight = find(table, "weight"), got;
	struct cell cells[COLUMNS_MAX];
	char *text;

	got = stack < 0 || weight < 0 || table->nr_columns > COLUMNS_MAX ? -EINVAL :
									   table->rows.rewind(table->rows.ctx);
	while (!got && (got = table->rows.next(table->rows.ctx, cells)) == 1) {
		got = 0;
		if (cells[stack].kind != CELL_STRING || cells[weight].kind != CELL_UINT || !cells[weight].u)
			continue;
		text = sanitise_visible_dup(cells[stack].s);
		if (!text)
			return -ENOMEM;
		fprintf(out->stream, "%s %" PRIu64 "\n", text, cells[weight].u);
		free(text);
	}
	return got < 0 ? got : 0;
}

static int render(struct output *out, const struct report *report)
{
	size_t i;
	int err = report->failed ? -ENOMEM : 0;

	for (i = 0; !err && i < report->nr_sections; i++) {
		const struct section *section = &report->sections[i];

		if (section->kind == SECTION_TABLE && section->table.path && !strcmp(section->table.path, "paths"))
			err = print_paths(out, &section->table);
	}
	return err ? err : stream__flush(out->stream);
}

const struct output_ops folded_output = {
	.name = "folded",
	.paths_only = true,
	.for_programs = true,
	.report = render,
};
