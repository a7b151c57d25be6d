/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The frame of every command that traces: output, session, run, final report, exit code. */
#ifndef MEMTRACE_SESSION_TRACING_H
#define MEMTRACE_SESSION_TRACING_H

#include "../report/render.h"
#include "session.h"

/* First member of a command's own struct, so that callbacks get at the rest. */
struct tracing {
	struct session session;
	struct render render;
};

struct tracing_ops {
	/* Nothing is attached yet, nor is tracing->session open: an exit code.  NULL: nothing to do. */
	int (*before)(struct tracing *tracing, const struct options *options);
	/*
	 * All probes are attached, nothing has run: the last chance to refuse the request.  An exit code.  NULL:
	 * nothing to do.
	 */
	int (*ready)(struct tracing *tracing);
	/* The run is over, and its report needs more than that.  An exit code.  NULL: nothing to do. */
	int (*read_on)(struct tracing *tracing);
	/* The run is over and counts are complete: 0 or -errno of rendering.  NULL: nothing to do. */
	int (*finish)(struct tracing *tracing);
	/* The exit code of a run without failure; NULL: 0, and so CMD's. */
	int (*verdict)(struct tracing *tracing);
	/* Called in any case: frees what before(), ready() or finish() made.  NULL: nothing to do. */
	void (*done)(struct tracing *tracing);
};

/*
 * Runs a command: tracing is the start of size zeroed bytes that it allocates
 * and that callbacks get (config->ctx too).  The exit code.
 */
int tracing__run(size_t size, const struct options *options, const struct session_config *config,
		 const struct tracing_ops *ops);

#endif
