/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the program says about itself, rendered from commands and their rows. */
#ifndef MEMTRACE_CLI_HELP_H
#define MEMTRACE_CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* The table question -> command. */
void help__questions(FILE *out);
/* memtrace COMMAND --help */
void help__command(FILE *out, const struct command *command);
void help__version(FILE *out);
/* One line on stderr: there is no such command, and which there are. */
/* One line on stderr: which commands work on a recording. */
void help__refuse_replay(const char *name);
void help__refuse_command(const char *name);

#endif
