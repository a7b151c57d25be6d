/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the command line says of the table of tasks. */
#ifndef MEMTRACE_COMMANDS_TASKS_REQUEST_H
#define MEMTRACE_COMMANDS_TASKS_REQUEST_H

#include "../cli/options.h"
#include "../report/render.h"
#include "../views/tasks_table.h"

static inline struct tasks_request tasks_request__of(const struct options *options, const struct render *render)
{
	return (struct tasks_request){
		.by = options__by(options, BY_PROCESS),
		.rows = options->rows,
		.sort = options->sort,
		.wide = render__is_wide(render),
		.command = options->command,
		.counts = options->counts,
	};
}

#endif
