/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The moments before the one that is shown, cut down to what lines of the last minute need: of each task one number a
 * set of columns.  The newest TOP_PAST are kept; memory is bounded by TOP_PAST_TASKS of each.
 */
#ifndef MEMTRACE_TOP_PAST_H
#define MEMTRACE_TOP_PAST_H

#include "columns.h"

#define TOP_PAST       60
#define TOP_PAST_TASKS 32768 /* tasks and processes a moment; those beyond have no line */

struct top_past;

struct top_past *top_past__new(struct top_nodes *nodes); /* NULL: no memory; nodes must outlive it */
void top_past__free(struct top_past *past);		 /* NULL is fine */
/* Takes the moment that comes next.  0 or -ENOMEM. */
int top_past__push(struct top_past *past, const struct top_moment *moment);
/* Forgets all, as before a jump in time. */
void top_past__clear(struct top_past *past);
size_t top_past__nr(const struct top_past *past);

/*
 * Of nr rows of a group the values of a set's line, oldest first, TOP_PAST a row, those that are not there -1; per
 * second or, of memory, as it was.  0 or -ENOMEM.
 */
int top_past__lines(struct top_past *past, enum top_group group, enum top_set set, const struct top_row *const *rows,
		    size_t nr, float (*lines)[TOP_PAST]);
/* Of the machine: the part of the time in which some task, or all, waited (PSI). */
void top_past__pressure(const struct top_past *past, float some[TOP_PAST], float full[TOP_PAST]);

#endif
