/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What derives from rows of tables, written as a document: the same rows give the same bytes.  Each function writes one
 * page to out, whose owner sees whether that failed; only the man page of a command is about one, to all others command
 * is NULL.
 */
#ifndef MEMTRACE_DOCGEN_DOCGEN_H
#define MEMTRACE_DOCGEN_DOCGEN_H

#include <stdbool.h>
#include <stdio.h>

struct command;

void docgen__memtrace_page(FILE *out, const struct command *command);
void docgen__command_page(FILE *out, const struct command *command);
void docgen__completion(FILE *out, const struct command *command);
void docgen__events(FILE *out, const struct command *command);
void docgen__timeline_rules(FILE *out, const struct command *command);
void docgen__samples_schema(FILE *out, const struct command *command);
void docgen__cgroups_schema(FILE *out, const struct command *command);
void docgen__keyed_schema(FILE *out, const struct command *command);

/* Text in Markdown, in which no character of it means anything. */
void docgen__text(FILE *out, const char *text);

/* The same at the start of a sentence. */
void docgen__sentence(FILE *out, const char *text);

/* A cell of a table: code or text; "" and NULL are empty. */
void docgen__cell(FILE *out, const char *text, bool code);

#endif
