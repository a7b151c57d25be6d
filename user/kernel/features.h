/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What this machine allows, and what to do where it does not. */
#ifndef MEMTRACE_KERNEL_FEATURES_H
#define MEMTRACE_KERNEL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

enum feature_state {
	FEATURE_OK,
	FEATURE_MISSING, /* something does not work without it */
	FEATURE_UNKNOWN,
};

struct feature {
	const char *name;
	bool required;	  /* nothing can be traced without it */
	const char *gain; /* what it is for */
	/* Checks it; note gets what was found ("" if there is nothing to say). */
	enum feature_state (*look)(char *note, size_t size);
	const char *remedy; /* what to do if it is missing */
};

extern const struct feature features[]; /* name NULL at the end */

/*
 * One line: the first required feature that is missing, and its remedy, or a limit that is too low; else, with false,
 * the error's own text.
 */
bool features__explain(int err, char *buf, size_t size);

/* Whether a limit of memtrace's own explains that error of loading programs: the limit, in one line. */
bool features__shortage(int err, char *buf, size_t size);

/* What a line of /sys/kernel/security/lockdown, "none [integrity] confidentiality", means for tracing. */
enum feature_state features__lockdown(const char *line, char *note, size_t size);

#endif
