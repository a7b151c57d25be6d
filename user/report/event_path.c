// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "event_path.h"

#include <string.h>

size_t event_path__column(const struct event_row *row, const char *path)
{
	struct column columns[EVENT_MAX_COLUMNS];
	size_t nr = event__columns(row, true, columns, EVENT_MAX_COLUMNS), i;

	for (i = 0; i < nr && path; i++)
		if (columns[i].path && !strcmp(columns[i].path, path))
			return i;
	return EVENT_MAX_COLUMNS;
}

static const char *text_of(const struct cell *cells, size_t at)
{
	return at < EVENT_MAX_COLUMNS && cells[at].kind == CELL_STRING ? cells[at].s : NULL;
}

/* Between functions stands ";", so a name has none. */
static void copy_name(char *name, size_t size, const char *comm)
{
	size_t i;

	for (i = 0; i + 1 < size && comm && comm[i]; i++)
		name[i] = comm[i] == ';' ? ':' : comm[i];
	name[i] = '\0';
}

bool event_path__read(struct event_path *path, const struct event_row *row, const struct cell *cells)
{
	if (path->row != row) {
		path->comm = event_path__column(row, "comm");
		path->cgroup = event_path__column(row, "cgroup");
		path->user_stack = event_path__column(row, "user_stack");
		path->kernel_stack = event_path__column(row, "kernel_stack");
		path->row = row;
	}
	copy_name(path->name, sizeof(path->name), text_of(cells, path->comm));
	path->in = text_of(cells, path->cgroup);
	path->parts[0] = path->name;
	path->parts[1] = text_of(cells, path->user_stack);
	path->parts[2] = text_of(cells, path->kernel_stack);
	return path->parts[1] || path->parts[2];
}
