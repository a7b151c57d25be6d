/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The interface of an output: it renders reports and single events to a stream. */
#ifndef MEMTRACE_REPORT_OUTPUT_H
#define MEMTRACE_REPORT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

/* What options ask for. */
struct output_request {
	const char *path;   /* -o FILE; NULL: standard output */
	bool json;	    /* --json */
	const char *format; /* --format NAME or NAME:PART; NULL: text, or JSON */
	bool paths;	    /* the command's report has call paths */
	bool events;	    /* the command hands over single events */
	bool page;	    /* the command's report is what a page shows: that is its format by default */
};

struct output_style {
	bool colour;	    /* the stream is a terminal and NO_COLOR is not set */
	unsigned int width; /* of the terminal in columns; 0: do not cut to a width */
	bool refresh;	    /* clear the terminal before each report */
};

struct output;

/* One kind of output; a const descriptor per file in outputs/. */
struct output_ops {
	const char *name;  /* for --format */
	bool metrics_only; /* it renders only metrics: not for --format */
	bool paths_only;   /* it renders only call paths */
	bool events_only;  /* it renders only single events */
	bool intervals;	   /* beside events it renders the samples of each interval */
	bool binary;	   /* not for a terminal */
	bool parts;	   /* it renders one part of a report: --format NAME:PART says which */
	bool for_programs; /* it shows what has a path, not what has a title */
	bool page_only;	   /* it renders only what a page shows */
	/* Renders a report; 0 or -errno (a stream's error: -EIO or its errno). */
	int (*report)(struct output *out, const struct report *report);
	/* Renders one event as one line: columns as in a table, text its template; 0 or -errno. NULL: it has none. */
	int (*event)(struct output *out, const char *name, const char *text, const struct column *columns,
		     const struct cell *cells, size_t nr);
	/* Frees state.  NULL: it has none. */
	void (*done)(struct output *out);
};

struct output {
	const struct output_ops *ops;
	FILE *stream; /* borrowed */
	struct output_style style;
	/* Adds how far CLOCK_REALTIME is ahead of CLOCK_BOOTTIME; NULL: moments are shown as they are. */
	const int64_t *wall_offset_ns;
	const char *event_schema; /* of single events, for outputs that name it; NULL: "memtrace.event/1" */
	const char *part;	  /* which part of a report, or which events; NULL: the output chooses */
	bool events;		  /* single events come, and then a report on them */
	void *state;		  /* the output's own, of all that it has written; NULL at first */
};

extern const struct output_ops *const outputs[]; /* registry.c; NULL at the end */

/* NULL: there is none. */
const struct output_ops *output__find(const char *name);
/* NULL after one line on stderr that names what is accepted. */
const struct output_ops *output__chosen(const struct output_request *request);
/* Whether that one renders the samples of intervals beside events.  false: it does not, or there is none. */
bool output__has_intervals(const struct output_request *request);
/* What stands behind the name in --format NAME:PART, or NULL. */
const char *output__part(const struct output_request *request);
/* No more is written by it. */
void output__done(struct output *out);
/* Whether that one shows what is for programs alone.  false: it does not, or there is none. */
bool output__is_for_programs(const struct output_request *request);

#endif
