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
/* A sample that is a share of 1 as "12%". */
const char *state__share(char buf[TEXT_LEN], uint64_t share);
/* The share of the time that a node's kswapd ran; < 0: unknown. */
double state__kswapd(const struct state *state, const struct machine_node *node);

/* The lines for people (state_text.c). */
void state__add_text(struct state *state, struct report *report);
/* The last one: what to distrust. */
void state__add_end(struct state *state, struct report *report);
/* What is abnormal, for people and programs (state_rules.c); 0 or -ENOMEM. */
int state__add_rules(struct state *state, struct report *report);

#endif
