// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Man pages: the macros of man(7). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../cli/command.h"
#include "docgen.h"
#include "../model/probe.h"

/* Text for groff: a hyphen as a plain minus, and no request at the start of a line. */
static void roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		switch (*text) {
		case '\\':
			fputs("\\e", out);
			break;
		case '-':
			fputs("\\-", out);
			break;
		case '\'':
			fputs("\\(aq", out);
			break;
		case '^':
			fputs("\\(ha", out);
			break;
		case '~':
			fputs("\\(ti", out);
			break;
		case '`':
			fputs("\\(ga", out);
			break;
		case '"':
			fputs("\\(dq", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

/* A summary for the NAME section: not a sentence, because it follows a dash. */
static void roff_name(FILE *out, const char *summary)
{
	char text[256];
	size_t len = strcspn(summary, ".");

	snprintf(text, sizeof(text), "%.*s", (int)len, summary);
	/* An acronym stays as it is. */
	if (len > 1 && islower((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	roff(out, text);
	fputc('\n', out);
}

/* A summary or a question as a sentence; in --help it need not be one. */
static void roff_sentence(FILE *out, const char *summary)
{
	char text[256];
	size_t len = strlen(summary);

	snprintf(text, sizeof(text), "%s%s", summary, len && strchr(".?", summary[len - 1]) ? "" : ".");
	text[0] = (char)toupper((unsigned char)text[0]);
	roff(out, text);
	fputc('\n', out);
}

static void roff_line(FILE *out, const char *macro, const char *text)
{
	fprintf(out, "%s%s", macro, *macro ? " " : "");
	roff(out, text);
	fputc('\n', out);
}

/* As in --help: paragraphs between empty lines, those that start with a space stay as they are. */
static void roff_paragraphs(FILE *out, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;
	bool verbatim = false;

	if (!copy)
		exit(EXIT_FAILURE); /* half a page is none */
	while (rest && (line = strsep(&rest, "\n"))) {
		if (verbatim != (*line == ' ')) {
			fputs(verbatim ? ".EE\n" : ".PP\n.EX\n", out);
			verbatim = !verbatim;
		}
		if (*line)
			roff_line(out, "", line);
		else if (rest && *rest && *rest != ' ')
			fputs(".PP\n", out);
	}
	if (verbatim)
		fputs(".EE\n", out);
	free(copy);
}

static void man_title(FILE *out, const char *name)
{
	fputs(".\\\" SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause\n", out);
	fputs(".\\\" Generated from the program's rows by \"make docs\".\n.TH ", out);
	for (; *name; name++)
		fputc(toupper((unsigned char)*name), out);
	fputs(" 8 \"\" \"memtrace " MEMTRACE_VERSION "\" \"System Administration\"\n", out);
}

static void man_option(FILE *out, const struct option_row *row)
{
	fputs(".TP\n", out);
	if (row->short_name)
		fprintf(out, "\\fB\\-%c\\fR, ", row->short_name);
	fputs("\\fB\\-\\-", out);
	roff(out, row->name);
	fputs("\\fR", out);
	if (row->arg)
		fprintf(out, row->type == OPT_FLAG_CHOICE ? "[=\\fI%s\\fR]" : " \\fI%s\\fR", row->arg);
	fputc('\n', out);
	roff(out, row->help);
	for (size_t i = 0; row->type != OPT_FLAG_CHOICE && row->choices && row->choices[i]; i++)
		fprintf(out, "%s\\fB%s\\fR", i ? ", " : ": ", row->choices[i]);
	fputs(".\n", out);
}

static void man_probes(FILE *out)
{
	fputs(".SH PROBES\n", out);
	for (size_t i = 0; i < MT_NR_PROBES; i++) {
		roff_line(out, ".TP\n.B", probe_rows[i].name);
		roff(out, probe_rows[i].help);
		fputs(probe_rows[i].opt_in ? " (off by default).\n" : ".\n", out);
	}
}

static void man_exit_status(FILE *out)
{
	fputs(".SH EXIT STATUS\n"
	      ".TP\n.B 0\nAll went well.\n"
	      ".TP\n.B 1\nSomething failed while running.\n"
	      ".TP\n.B 2\nThe request was wrong.\n"
	      ".TP\n.B 3\nNothing could be attached.\n"
	      ".TP\n.B 128 + N\nSignal N left something undone: it came before the run, while a recording was read, or "
	      "a "
	      "second\ntime.\n",
	      out);
}

static void man_command_status(FILE *out, const struct command *command)
{
	man_exit_status(out);
	if (command->takes_cmd)
		fputs(".PP\nWith CMD, the exit status is CMD's, 128 and the signal's number if a signal ended it, "
		      "126 if it\ncannot be executed, and 127 if there is no such command.\n",
		      out);
}

void docgen__command_page(FILE *out, const struct command *command)
{
	char title[64];

	snprintf(title, sizeof(title), "memtrace-%s", command->name);
	man_title(out, title);
	fprintf(out, ".SH NAME\nmemtrace\\-%s \\- ", command->name);
	roff_name(out, command->summary);
	fprintf(out, ".SH SYNOPSIS\n.B memtrace %s\n", command->name);
	roff_line(out, "", command->usage);
	fputs(".SH DESCRIPTION\n", out);
	roff_sentence(out, command->summary);
	if (command->details) {
		fputs(".PP\n", out);
		roff_paragraphs(out, command->details);
	}
	fputs(".SH OPTIONS\n", out);
	for (const struct option_row *const *group = command->options; *group; group++) {
		for (const struct option_row *row = *group; row->name; row++)
			man_option(out, row);
	}
	if (command->takes_probes)
		man_probes(out);
	fputs(".SH EXAMPLES\n", out);
	for (const struct example *example = command->examples; example->text; example++) {
		fputs(example == command->examples ? "" : ".PP\n", out);
		roff_line(out, "", example->text);
		fputs(".RS 4\n.PP\n.EX\n", out);
		roff_line(out, "", example->line);
		fputs(".EE\n.RE\n", out);
	}
	man_command_status(out, command);
	fputs(".SH SEE ALSO\n.BR memtrace (8)\n", out);
}

void docgen__memtrace_page(FILE *out, const struct command *unused)
{
	(void)unused;
	man_title(out, "memtrace");
	fputs(".SH NAME\nmemtrace \\- see what memory makes slow, and why: page faults, allocation, reclaim, OOM "
	      "kills\n"
	      ".SH SYNOPSIS\n.B memtrace\nCOMMAND [PROBE...] [OPTIONS] [\\-\\- CMD...]\n"
	      ".SH DESCRIPTION\n"
	      "memtrace watches the memory management of the running kernel with BPF programs on tracepoints.\n"
	      "It needs root, or the capabilities that\n.B memtrace doctor\nnames.\n"
	      ".PP\nA time without a unit is in seconds. Amounts of memory that are not in bytes are pages of the "
	      "machine's\n"
	      "base page size.\n"
	      ".SH COMMANDS\n",
	      out);
	for (const struct command *const *command = commands; *command; command++) {
		fprintf(out, ".TP\n.BR memtrace\\-%s (8)\n", (*command)->name);
		roff_sentence(out, (*command)->question);
		roff_sentence(out, (*command)->summary);
	}
	man_probes(out);
	man_exit_status(out);
	fputs(".SH SEE ALSO\n", out);
	for (const struct command *const *command = commands; *command; command++)
		fprintf(out, ".BR memtrace\\-%s (8)%s\n", (*command)->name, command[1] ? "," : "");
}
