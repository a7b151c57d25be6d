/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of the view state share. */
#ifndef MEMTRACE_VIEWS_STATE_IMPL_H
#define MEMTRACE_VIEWS_STATE_IMPL_H

#include "state.h"
#include "wrapped.h"

#define TEXT_LEN 32

/* A share of 1 as "12%"; a negative one is unknown, "-". */
const char *state__percent(char buf[TEXT_LEN], double share);
/* "-" if it is unknown. */
const char *state__bytes(char buf[TEXT_LEN], uint64_t bytes);
const char *state__pages(char buf[TEXT_LEN], const struct machine *machine, uint64_t pages);
const char *state__count(char buf[TEXT_LEN], uint64_t n);
/* A sample that is a share of 1 as "12%". */
const char *state__share(char buf[TEXT_LEN], uint64_t share);
/* The share of the time that a node's kswapd ran; < 0: unknown. */
double state__kswapd(const struct state *state, const struct machine_node *node);

/* A table for programs; its cells, all unknown, for the caller to fill in; NULL: no memory, or there are no rows. */
struct cell *state__add_table(struct state_table *table, struct report *report, const struct table *about, size_t nr);

/* Cgroups (state_cgroups.c): which are the worst, first; 0 or -ENOMEM. */
int state__rank_cgroups(struct state *state);
/* Tables for programs, and for people if asked for. */
void state__add_cgroups(struct state *state, struct report *report);
/* The lines about the worst ones, or about the one that the report is about. */
void state__say_cgroups(struct state *state, struct report *report);
void state__say_filling(struct state *state, struct report *report);

/* The lines for people (state_text.c). */
void state__add_text(struct state *state, struct report *report);
/* The last one: what to distrust. */
void state__add_end(struct state *state, struct report *report);
/* What is abnormal, for people and programs (state_rules.c); 0 or -ENOMEM. */
int state__add_rules(struct state *state, struct report *report);

#endif
