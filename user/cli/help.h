/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Help texts, rendered from commands and their rows. */
#ifndef MEMTRACE_CLI_HELP_H
#define MEMTRACE_CLI_HELP_H

#include <stdbool.h>
#include <stdio.h>

#include "command.h"

/* The table question -> command. */
void help__questions(FILE *out);
/* memtrace COMMAND --help; with all (--help-all), also the rows that are rarely needed. */
void help__command(FILE *out, const struct command *command, bool all);
void help__version(FILE *out);
/* One line on stderr: which commands work on a recording. */
void help__refuse_replay(const char *name);
/* One line on stderr: there is no such command, with the list of commands. */
void help__refuse_command(const char *name);

#endif
