/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Rules of the user's own about what the path of a cgroup says, as text.  docs/prometheus.md, "Rules of your own", has
 * the format: a line is a pattern and then labels with values.
 */
#ifndef MEMTRACE_MODEL_CGROUP_RULES_H
#define MEMTRACE_MODEL_CGROUP_RULES_H

#include <stddef.h>

#include "cgroup_path.h"

#define CGROUP_RULES_MAX       256
#define CGROUP_RULES_TEXT_MAX  65536 /* bytes */
#define CGROUP_RULES_STEPS_MAX 100000

struct cgroup_rules;

/* What is wrong with a text, in words for people, with what is expected. */
struct cgroup_rules_error {
	unsigned int line; /* the first is 1; 0: it is not about a line */
	char why[256];
};

/*
 * Reads a text of so many bytes, which may be any.  0, and the rules are the caller's; -EINVAL with error filled; or
 * -ENOMEM.  A text without a rule has none, which is no error.
 */
int cgroup_rules__parse(struct cgroup_rules **rules, const char *text, size_t size, struct cgroup_rules_error *error);
void cgroup_rules__free(struct cgroup_rules *rules);
size_t cgroup_rules__nr(const struct cgroup_rules *rules);

/*
 * The labels that the first rule which fits the whole path gives; others stay.  What takes more than
 * CGROUP_RULES_STEPS_MAX steps fits no rule: paths are chosen by others.
 */
void cgroup_rules__apply(const struct cgroup_rules *rules, struct cgroup_path *to, const char *path);

#endif
