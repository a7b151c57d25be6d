/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "help.h"

#include <string.h>

#include "../base/log.h"
#include "../model/schema.h"

/* Fixed, not the terminal's: help is also read through pipes, and compared in tests. */
#define HELP_WIDTH     88
#define OPTION_COLUMN  28
#define QUESTION_WIDTH 64

const struct command *command__find(const char *name)
{
	for (const struct command *const *command = commands; *command; command++) {
		if (!strcmp((*command)->name, name))
			return *command;
	}
	return NULL;
}

static void put_spaces(FILE *out, size_t n)
{
	fprintf(out, "%*s", (int)n, "");
}

/*
 * Prints text[0..len) in words, from column at on, later lines from column
 * indent, none beyond width where words allow.  Returns the column behind it.
 */
static size_t put_words(FILE *out, const char *text, size_t len, size_t at, size_t indent, size_t width)
{
	const char *end = text + len;
	bool first = true;

	while (text < end) {
		size_t word = strcspn(text, " \n");

		if (word > (size_t)(end - text))
			word = (size_t)(end - text);
		if (!first && at + 1 + word > width) {
			fputc('\n', out);
			put_spaces(out, indent);
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, word, out);
		at += word;
		first = false;
		text += word;
		text += strspn(text, " \n");
	}
	return at;
}

/* Paragraphs are separated by empty lines; one that starts with a space is printed as it is. */
static void put_paragraphs(FILE *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);

		if (*text == ' ')
			fwrite(text, 1, len, out);
		else
			put_words(out, text, len, 0, 0, HELP_WIDTH);
		fputs("\n\n", out);
		text += len;
		text += strspn(text, "\n");
	}
}

/* What it says about an option, with what the option may be. */
static void put_option_help(FILE *out, const struct option_row *row, size_t at)
{
	char text[1024];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", row->help), i;

	for (i = 0; row->choices && row->choices[i] && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : ": ", row->choices[i]);
	put_words(out, text, strlen(text), at, OPTION_COLUMN, HELP_WIDTH);
}

static void put_option(FILE *out, const struct option_row *row)
{
	int at;

	if (row->short_name)
		at = fprintf(out, "  -%c, --%s", row->short_name, row->name);
	else
		at = fprintf(out, "      --%s", row->name);
	if (row->arg)
		at += fprintf(out, row->type == OPT_FLAG_CHOICE ? "[=%s]" : " %s", row->arg);
	if (at + 2 > OPTION_COLUMN) {
		fputc('\n', out);
		at = 0;
	}
	put_spaces(out, OPTION_COLUMN - (size_t)at);
	put_option_help(out, row, OPTION_COLUMN);
	fputc('\n', out);
}

static void put_probes(FILE *out)
{
	fputs("\nProbes:\n", out);
	for (size_t i = 0; i < MT_NR_PROBES; i++) {
		const struct probe_row *probe = &probe_rows[i];
		int at = fprintf(out, "  %s", probe->name);

		put_spaces(out, at < 12 ? 12 - (size_t)at : 1);
		put_words(out, probe->help, strlen(probe->help), 12, 12, HELP_WIDTH);
		fputs(probe->opt_in ? " (off by default)\n" : "\n", out);
	}
}

/* The expert rows, or the others, under a heading; nothing if there are none. */
static void put_options(FILE *out, const struct command *command, const char *heading, bool expert)
{
	for (const struct option_row *const *group = command->options; *group; group++) {
		for (const struct option_row *row = *group; row->name; row++) {
			if (row->expert != expert)
				continue;
			fputs(heading, out);
			heading = "";
			put_option(out, row);
		}
	}
}

void help__command(FILE *out, const struct command *command, bool all)
{
	fprintf(out, "Usage: memtrace %s%s%s\n\n", command->name, *command->usage ? " " : "", command->usage);
	put_paragraphs(out, command->summary);
	if (command->details)
		put_paragraphs(out, command->details);
	put_options(out, command, "Options:\n", false);
	if (all)
		put_options(out, command, "\nRarely needed options:\n", true);
	if (command->takes_probes)
		put_probes(out);
	fputs("\nExamples:\n", out);
	for (const struct example *example = command->examples; example->text; example++)
		fprintf(out, "  # %s\n  %s\n", example->text, example->line);
}

static size_t question_width(void)
{
	size_t width = 0;

	for (const struct command *const *command = commands; *command; command++) {
		size_t len = strlen((*command)->question);

		if (len > width)
			width = len;
	}
	return width < QUESTION_WIDTH ? width : QUESTION_WIDTH;
}

void help__questions(FILE *out)
{
	size_t width = question_width();

	fputs("Usage: memtrace COMMAND [PROBE...] [OPTIONS] [-- CMD...]\n\n", out);
	for (const struct command *const *command = commands; *command; command++) {
		const char *question = (*command)->question;
		size_t at = put_words(out, question, strlen(question), 0, 2, width);

		put_spaces(out, at < width ? width - at : 0);
		fprintf(out, "  memtrace %s\n", (*command)->name);
	}
	fputs("\n'memtrace COMMAND --help' explains a command; with '--help-all' it has rarely needed options, too.\n"
	      "'memtrace --version' prints the version.\n",
	      out);
}

void help__version(FILE *out)
{
	fputs("memtrace " MEMTRACE_VERSION "\n", out);
}

static const struct command *nearest_command(const char *name)
{
	const struct command *best = NULL;
	size_t best_distance = 3;

	for (const struct command *const *command = commands; *command; command++) {
		size_t distance = word_distance(name, (*command)->name);

		if (distance < best_distance && 2 * distance < strlen(name)) {
			best = *command;
			best_distance = distance;
		}
	}
	return best;
}

void help__refuse_replay(const char *name)
{
	char list[512] = "";
	size_t at = 0;

	for (const struct command *const *command = commands; *command && at < sizeof(list); command++)
		if ((*command)->replays)
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", at ? ", " : "", (*command)->name);
	log_error("replay: '%s' does not work on a recording; expected one of %s", name, list);
}

void help__refuse_command(const char *name)
{
	const struct command *near = nearest_command(name);
	char list[512] = "";
	size_t at = 0;

	if (near) {
		log_error("unknown command '%s'; did you mean %s? 'memtrace --help' lists all", name, near->name);
		return;
	}
	for (const struct command *const *command = commands; *command && at < sizeof(list); command++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s, ", (*command)->name);
	log_error("unknown command '%s'; expected %shelp, --help or --version", name, list);
}
