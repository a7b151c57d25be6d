/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Passes a command's reports to an output, a stream and a style. */
#ifndef MEMTRACE_REPORT_RENDER_H
#define MEMTRACE_REPORT_RENDER_H

#include "../base/outfile.h"
#include "output.h"

struct render {
	struct outfile file;
	struct output output;
};

/* By --json and -o.  EXIT_OK, or the exit code after one line on stderr. */
int render__open(struct render *render, const struct output_request *request);
/* Renders and flushes; 0 or -errno. */
int render__report(struct render *render, const struct report *report);
/* Passes on what the same kind of output once wrote to a file; 0 or -errno. */
int render__copy(struct render *render, const char *data, size_t size);
/*
 * Closes: with EXIT_OK the file gets its name, else it is left out.  Returns code, or
 * EXIT_FAILED after one line on stderr.  A reader that left (-EPIPE) is no failure.
 */
int render__close(struct render *render, int err, int code);
/* Whether it goes to a terminal that has room for more than the usual columns. */
bool render__is_terminal(const struct render *render);
bool render__is_wide(const struct render *render);

#endif
