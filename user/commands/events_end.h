/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What commands that print events say at the end about what they lost. */
#ifndef MEMTRACE_COMMANDS_EVENTS_END_H
#define MEMTRACE_COMMANDS_EVENTS_END_H

#include "../base/log.h"
#include "../views/losses.h"

static inline void events_end__warn(void *ctx, const char *line)
{
	(void)ctx;
	log_warn("%s", line);
}

/* On standard error. */
static inline void events_end__say(const struct totals *totals)
{
	const struct losses *losses = &totals->losses;
	bool any = losses->rare || losses->hot || losses->tasks;
	char text[LOSSES_TEXT_MAX];

	losses__each_remedy(totals, events_end__warn, NULL);
	losses__text(losses, text, sizeof(text));
	if (losses->folded)
		log_warn("%s; folded into counts, without a line: %llu", text, (unsigned long long)losses->folded);
	else if (any)
		log_warn("%s", text);
	else
		log_note("%s", text);
}

#endif
