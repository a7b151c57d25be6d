/* SPDX-License-Identifier: GPL-2.0 */
/* Filters on events that are about two tasks. */
#ifndef MEMTRACE_CORE_EITHER_H
#define MEMTRACE_CORE_EITHER_H

#include "prelude.h"
#include "state.h"

/* Without filters, or if the current task or the other one (NULL: there is none) matches. */
static __always_inline bool either_matches(struct task_struct *other)
{
	struct mt_state *s;

	if (!cfg.filter)
		return true;
	s = state__current();
	if (s && s->match)
		return true;
	s = other ? state__of(other) : NULL;
	return s && s->match;
}

#endif
