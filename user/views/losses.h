/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a run lost, in words. */
#ifndef MEMTRACE_VIEWS_LOSSES_H
#define MEMTRACE_VIEWS_LOSSES_H

#include <stddef.h>

#include "../model/source.h"

/* More than losses__text() writes. */
#define LOSSES_TEXT_MAX 320

/* "nothing lost", or "lost:", how much of what, and what that means.  Returns buf. */
const char *losses__text(const struct losses *losses, char *buf, size_t size);
/* A line about each thing that was too small, with the remedy. */
void losses__each_remedy(const struct totals *totals, void (*say)(void *ctx, const char *line), void *ctx);

#endif
