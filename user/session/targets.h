/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The processes that -p names: when all of them have ended, there is nothing more to see. */
#ifndef MEMTRACE_SESSION_TARGETS_H
#define MEMTRACE_SESSION_TARGETS_H

#include <stddef.h>

#include "../base/loop.h"
#include "../cli/options.h"

struct targets {
	struct loop *loop;
	struct target {
		int fd; /* a pidfd; -1: it has ended */
		struct targets *targets;
	} * list; /* owned; NULL: none is watched */
	size_t nr, living;
};

/*
 * From now on the loop ends the run (stop__end()) when all have ended.  With CMD or --follow others decide that; and
 * where one of them cannot be watched (it is of another pid namespace, or pidfd_open(2) is refused), nothing is.  0 or
 * -ENOMEM.
 */
int targets__watch(struct targets *targets, struct loop *loop, const struct options *options);
void targets__free(struct targets *targets); /* all zero is fine */

#endif
