/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* `top` on the whole screen of a terminal. */
#ifndef MEMTRACE_COMMANDS_TOP_SCREEN_H
#define MEMTRACE_COMMANDS_TOP_SCREEN_H

#include "../cli/options.h"

/*
 * Whether it can be had, and nothing in the options asks for the plain table.  *unknown: TERM, if it cannot be had
 * because this machine has no description of such a terminal; else NULL.
 */
bool top_screen__wanted(const struct options *options, const char **unknown);
/* An exit code. */
int top_screen__run(struct options *options);

#endif
