/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is abnormal: a table of rules, the worst first, each with its threshold, where that comes from, and what to run
 * next. */
#ifndef MEMTRACE_VIEWS_STATE_RULES_H
#define MEMTRACE_VIEWS_STATE_RULES_H

#include <limits.h>
#include <stdbool.h>

#include "state.h"

/* What a rule found. */
struct state_finding {
	char text[1024];	  /* a sentence, without the full stop */
	char next[PATH_MAX + 64]; /* a command line; "": that of the rule */
};

struct state_rule {
	const char *id;
	const char *threshold; /* in words */
	const char *source;    /* where the threshold comes from */
	const char *next;      /* a command line; NULL: it depends on what was found */
	/* Whether it applies; then it fills in the finding, which is all zero before. */
	bool (*applies)(const struct state *state, struct state_finding *found);
};

/* Of the machine, and of the cgroup that a report is about; id NULL at the end. */
extern const struct state_rule state_rules[], cgroup_rules[];

#endif
