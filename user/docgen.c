/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * docgen DIR: writes what derives from rows into DIR: the man pages, the
 * completion, the reference of events and metrics, and the JSON schema of samples.  The same rows give the
 * same bytes, so that a check can compare them with what is committed.
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "base/log.h"
#include "base/outfile.h"
#include "base/units.h"
#include "model/keyed.h"
#include "model/probe.h"
#include "model/samples.h"
#include "metrics/metrics.h"

typedef void (*write_fn)(FILE *out, const struct command *command);

/* Man pages: the macros of man(7). */

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

static void man_command(FILE *out, const struct command *command)
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

static void man_memtrace(FILE *out, const struct command *unused)
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

/* The completion of bash. */

static const char completion_head[] =
	"# shellcheck shell=bash\n"
	"# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause\n"
	"# Completion of memtrace for bash.  Generated from the program's rows by \"make docs\".\n"
	"\n"
	"_memtrace_reply() { # how the words come, the start of the word\n"
	"\tmapfile -t COMPREPLY < <(compgen \"${@:1:$#-1}\" -- \"${*: -1}\")\n"
	"}\n"
	"\n"
	"_memtrace_memory_mount() { # the mounts: where the memory controller's hierarchy is\n"
	"\tlocal mount kind options found=\n"
	"\twhile read -r _ mount kind options _; do\n"
	"\t\tif [[ $kind == cgroup && ,$options, == *,memory,* ]]; then\n"
	"\t\t\tfound=$mount\n"
	"\t\t\tbreak\n"
	"\t\telif [[ $kind == cgroup2 && ! $found ]]; then\n"
	"\t\t\tfound=$mount\n"
	"\t\tfi\n"
	"\tdone <\"$1\"\n"
	"\techo \"$found\"\n"
	"}\n"
	"\n"
	"_memtrace_cgroup() { # the start of a path; other hierarchies have no cgroups of memory\n"
	"\tlocal mount=$(_memtrace_memory_mount /proc/mounts) path=$1\n"
	"\tcase $path in\n"
	"\t\"$mount\"/* | [!/]*) ;;\n"
	"\t*)\n"
	"\t\t[[ $mount/ == \"$path\"* ]] || return\n"
	"\t\tpath=$mount/\n"
	"\t\t;;\n"
	"\tesac\n"
	"\t_memtrace_reply -d \"$path\"\n"
	"}\n"
	"\n"
	"_memtrace_argument() { # the kind of argument, the start of the word\n"
	"\tlocal pids\n"
	"\t# what this machine has says nothing of a recording\n"
	"\t[[ ${_memtrace_replays-} && $1 == @(PID|TID|UID|COMM|CGROUP) ]] && return\n"
	"\tcase $1 in\n"
	"\tFILE)\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\t_memtrace_reply -f \"$2\"\n"
	"\t\t;;\n"
	"\tPID | TID)\n"
	"\t\tpids=(/proc/[0-9]*)\n"
	"\t\t_memtrace_reply -W \"${pids[*]#/proc/}\" \"$2\"\n"
	"\t\t;;\n"
	"\tUID) _memtrace_reply -u \"$2\" ;;\n"
	"\tCOMM)\n"
	"\t\t_memtrace_reply -W \"$(cat /proc/[0-9]*/comm 2>/dev/null | LC_ALL=C tr -cd '[:alnum:]_.\\n-')\" \"$2\"\n"
	"\t\t;;\n"
	"\tCGROUP)\n"
	"\t\tcompopt -o filenames -o nospace 2>/dev/null\n"
	"\t\t_memtrace_cgroup \"$2\"\n"
	"\t\t;;\n"
	"\tFIELD) _memtrace_reply -W \"$(_memtrace_fields)\" \"$2\" ;;\n"
	"\tesac\n"
	"}\n"
	"\n";

static const char completion_body[] =
	"_memtrace() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} i\n"
	"\tlocal _memtrace_replays=\n"
	"\tCOMPREPLY=()\n"
	"\tif ((COMP_CWORD == 1)); then\n"
	"\t\t_memtrace_reply -W \"$(_memtrace_commands) help --help --version\" \"$cur\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == -- ]] || continue\n"
	"\t\tif declare -F _command_offset >/dev/null; then\n"
	"\t\t\t_command_offset $((i + 1))\n"
	"\t\telif ((COMP_CWORD == i + 1)); then\n"
	"\t\t\t_memtrace_reply -c \"$cur\"\n"
	"\t\telse\n"
	"\t\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\t\t_memtrace_reply -f \"$cur\"\n"
	"\t\tfi\n"
	"\t\treturn\n"
	"\tdone\n"
	"\t# --option=word comes as three words\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"\tfi\n"
	"\tif [[ $command == @(replay|copy) && $cur != -* ]] && ((COMP_CWORD == 2)); then\n"
	"\t\t_memtrace_argument FILE \"$cur\"\n"
	"\t\treturn\n"
	"\telif [[ $command == replay && $cur != -* && $prev != -o && $prev != --* ]] && ((COMP_CWORD == 3)); then\n"
	"\t\t_memtrace_reply -W \"$(_memtrace_replayed)\" \"$cur\"\n"
	"\t\treturn\n"
	"\telif [[ $command == replay && ${COMP_WORDS[3]-} == [!-]* ]] && ((COMP_CWORD > 3)); then\n"
	"\t\tcommand=${COMP_WORDS[3]}\n"
	"\t\t_memtrace_replays=1\n"
	"\tfi\n"
	"\t_memtrace_value \"$command\" \"$prev\" \"$cur\" && return\n"
	"\tif [[ $cur == -* ]]; then\n"
	"\t\t_memtrace_reply -W \"$(_memtrace_options \"$command\")\" \"$cur\"\n"
	"\telse\n"
	"\t\t_memtrace_reply -W \"$(_memtrace_words \"$command\")\" \"$cur\"\n"
	"\tfi\n"
	"}\n"
	"complete -F _memtrace memtrace\n";

static void bash_commands(FILE *out)
{
	fputs("_memtrace_commands() {\n\techo", out);
	for (const struct command *const *command = commands; *command; command++)
		fprintf(out, " %s", (*command)->name);
	fputs("\n}\n\n", out);
}

static void bash_replayed(FILE *out)
{
	fputs("_memtrace_replayed() { # commands that work on a recording\n\techo", out);
	for (const struct command *const *command = commands; *command; command++)
		if ((*command)->replays)
			fprintf(out, " %s", (*command)->name);
	fputs("\n}\n\n", out);
}

/* What a table of tasks can be sorted by: its columns, and counters by their paths. */
static void bash_fields(FILE *out)
{
	const struct probe_column *column;

	fputs("_memtrace_fields() {\n\techo", out);
	for (size_t i = 0; i < MT_NR_PROBES; i++)
		for (column = probes[i]->columns; column && column->title; column++)
			fprintf(out, " %s", column->title);
	for (size_t i = 0; i < MT_NR_SLOTS; i++)
		fprintf(out, " %s", slot_rows[i].path);
	fputs("\n}\n\n", out);
}

static void bash_options(FILE *out)
{
	fputs("_memtrace_options() { # command\n\tcase $1 in\n", out);
	for (const struct command *const *command = commands; *command; command++) {
		fprintf(out, "\t%s) echo \"", (*command)->name);
		for (const struct option_row *const *group = (*command)->options; *group; group++) {
			for (const struct option_row *row = *group; row->name; row++)
				fprintf(out, "%s--%s", group == (*command)->options && row == *group ? "" : " ",
					row->name);
		}
		fputs("\" ;;\n", out);
	}
	fputs("\tesac\n}\n\n", out);
}

static void bash_words(FILE *out)
{
	fputs("_memtrace_words() { # command\n\tcase $1 in\n", out);
	for (const struct command *const *command = commands; *command; command++) {
		if (!(*command)->takes_probes)
			continue;
		fprintf(out, "\t%s) echo \"", (*command)->name);
		for (size_t i = 0; i < MT_NR_PROBES; i++)
			fprintf(out, "%s%s", i ? " " : "", probe_rows[i].name);
		fputs("\" ;;\n", out);
	}
	fputs("\thelp) _memtrace_commands ;;\n\tesac\n}\n\n", out);
}

static void bash_value(FILE *out, const struct command *command, const struct option_row *row)
{
	if (row->type == OPT_FLAG || row->type == OPT_FLAG_CHOICE)
		return;
	fprintf(out, "\t%s:--%s", command->name, row->name);
	if (row->short_name)
		fprintf(out, " | %s:-%c", command->name, row->short_name);
	fputs(") ", out);
	if (!row->choices) {
		fprintf(out, "_memtrace_argument %s \"$3\" ;;\n", row->arg);
		return;
	}
	fputs("_memtrace_reply -W \"", out);
	for (size_t i = 0; row->choices[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", row->choices[i]);
	fputs("\" \"$3\" ;;\n", out);
}

static void bash_values(FILE *out)
{
	fputs("_memtrace_value() { # command, option, the start of its argument; fails if it has none\n"
	      "\tcase $1:$2 in\n",
	      out);
	for (const struct command *const *command = commands; *command; command++) {
		for (const struct option_row *const *group = (*command)->options; *group; group++) {
			for (const struct option_row *row = *group; row->name; row++)
				bash_value(out, *command, row);
		}
	}
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n", out);
}

static void bash_completion(FILE *out, const struct command *unused)
{
	(void)unused;
	fputs(completion_head, out);
	bash_commands(out);
	bash_replayed(out);
	bash_fields(out);
	bash_options(out);
	bash_words(out);
	bash_values(out);
	fputs(completion_body, out);
}

/* The reference of events and metrics: Markdown. */

static void markdown(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|<>*\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* The start of a sentence. */
static void md_sentence(FILE *out, const char *text)
{
	char first[] = { (char)toupper((unsigned char)*text), '\0' };

	markdown(out, first);
	markdown(out, text + 1);
}

/* A cell of a table: code or text; "" and NULL are empty. */
static void md_cell(FILE *out, const char *text, bool code)
{
	fputs(" ", out);
	if (text && *text && code)
		fprintf(out, "`%s` ", text);
	else if (text && *text)
		markdown(out, text), fputc(' ', out);
	fputc('|', out);
}

static void md_counter(FILE *out, const struct slot_row *row)
{
	char metric[256];

	fputc('|', out);
	md_cell(out, row->path, true);
	md_cell(out, schema__role_name(row->role), false);
	md_cell(out, schema__unit_name(row->unit), false);
	md_cell(out, slot_row__metric(row, metric, sizeof(metric)), true);
	md_cell(out, row->help, false);
	fputc('\n', out);
}

static void md_counters(FILE *out, enum mt_probe probe, const struct slot_row *rows, size_t nr, const char *heading)
{
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		if (rows[i].probe != probe)
			continue;
		if (!any)
			fprintf(out,
				"\n### %s\n\n| JSON path | role | unit | metric | meaning |\n"
				"|---|---|---|---|---|\n",
				heading);
		any = true;
		md_counter(out, &rows[i]);
	}
}

/* " (`direct`, `memcg`)"; a bit's name may be empty. */
static void md_names(FILE *out, const char *const *names)
{
	bool any = false;

	for (size_t i = 0; names && names[i]; i++) {
		if (*names[i])
			fprintf(out, "%s`%s`", any ? ", " : " (", names[i]);
		any |= *names[i];
	}
	if (any)
		fputc(')', out);
}

static void md_field(FILE *out, const struct field_row *field)
{
	char path[128];

	bool is_task = schema__is_task(field->type);

	snprintf(path, sizeof(path), "%s%s%s", field->path, is_task && *field->path ? "." : "", is_task ? "*" : "");
	fputc('|', out);
	md_cell(out, path, true);
	md_cell(out, schema__field_type_name(field->type), false);
	md_cell(out, schema__unit_name(field->unit), false);
	fputc(' ', out);
	markdown(out, field->help);
	md_names(out, field->names);
	fputs(" |\n", out);
}

static void md_event(FILE *out, const struct event_row *event)
{
	static const char *const uses[] = {
		[EVENT_RARE] = "It comes whenever the probe is on.",
		[EVENT_EVERY] = "It comes only when each single event is asked for.",
		[EVENT_LATENCY] = "It comes only when a latency is asked for.",
	};

	fprintf(out, "\n### Event %s\n\n", event->name);
	md_sentence(out, event->help);
	fprintf(out, ". %s\nAs text:\n\n    %s\n\n| JSON path | type | unit | meaning |\n|---|---|---|---|\n",
		uses[event->use], event->text);
	for (size_t i = 0; i < event->nr_fields; i++)
		md_field(out, &event->fields[i]);
}

static void md_histograms(FILE *out, enum mt_probe probe)
{
	bool any = false;

	for (size_t i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *hist = &hist_rows[i];

		if (hist->probe != probe)
			continue;
		if (!any)
			fputs("\n### Histograms\n\n| name | unit | by | metric | meaning |\n|---|---|---|---|---|\n",
			      out);
		any = true;
		fputc('|', out);
		md_cell(out, hist->name, true);
		md_cell(out, schema__unit_name(hist->unit), false);
		md_cell(out, hist->label, true);
		md_cell(out, hist->metric, true);
		md_cell(out, hist->help, false);
		fputc('\n', out);
	}
}

/* Metrics that count events, rather than add up slots. */
static void md_counts(FILE *out, enum mt_probe probe)
{
	bool any = false;

	for (size_t i = 0; i < nr_count_rows; i++) {
		const struct count_row *count = &count_rows[i];

		if (count->probe != probe)
			continue;
		if (!any)
			fputs("\n### Metrics that count events\n\n| event | metric | labels | meaning "
			      "|\n|---|---|---|---|\n",
			      out);
		any = true;
		fputc('|', out);
		md_cell(out, event_rows[count->event].name, true);
		md_cell(out, count->metric, true);
		fprintf(out, " `%s`, `cgroup` |", count->label);
		md_cell(out, count->help, false);
		fputs("\n|", out);
		md_cell(out, event_rows[count->event].name, true);
		md_cell(out, count->last_metric, true);
		fputs(" |", out);
		md_cell(out, count->last_help, false);
		fputc('\n', out);
	}
}

static void md_keyed_column(FILE *out, const struct keyed_column *column, const char *role)
{
	if (!column->path)
		return;
	fputc('|', out);
	md_cell(out, column->path, true);
	md_cell(out, role, false);
	md_cell(out, schema__unit_name(column->unit), false);
	md_cell(out, column->metric, true);
	fputc(' ', out);
	markdown(out, column->help);
	md_names(out, column->names);
	fputs(" |\n", out);
}

static void md_keyed_row(FILE *out, const struct keyed_row *row)
{
	fprintf(out, "\n### Counters by a key: %s\n\n", row->path);
	md_sentence(out, row->help);
	fputs(". An array in JSON, one object a key:\n\n| JSON path | role | unit | metric | meaning |\n"
	      "|---|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < row->nr_keys; i++)
		md_keyed_column(out, &row->keys[i], "key");
	for (size_t i = 0; i < row->nr_values; i++)
		md_keyed_column(out, &row->values[i], "counter");
	if (row->hist->path)
		fprintf(out, "| `%s` | histogram | %s | | %s |\n", row->hist->path, schema__unit_name(row->hist->unit),
			row->hist->help);
}

static void md_keyed(FILE *out, enum mt_probe probe)
{
	for (size_t i = 0; i < MT_NR_KEYED; i++)
		if (keyed_rows[i].probe == probe)
			md_keyed_row(out, &keyed_rows[i]);
}

static const char samples_head[] =
	"\n## Samples\n\n"
	"Values that memtrace reads from files of the kernel when it starts, at each tick and at the end, whatever\n"
	"probes are on. `stat --json` has them below `samples`: of a gauge `last`, `min` and `max`, of a counter how\n"
	"far it grew. Each can be unknown: a kernel may not have that key, or not let the file be read.\n"
	"`pressure.*` are there with CONFIG_PSI. A metric that counts starts from 0 with memtrace.\n";

static void md_sample(FILE *out, const struct sample_row *row)
{
	fputc('|', out);
	md_cell(out, row->path, true);
	md_cell(out, row->key, true);
	md_cell(out, sample__kind_name(row->kind), false);
	md_cell(out, schema__unit_name(row->unit), false);
	md_cell(out, row->metric, true);
	md_cell(out, row->help, false);
	fputc('\n', out);
}

static void md_samples(FILE *out)
{
	fputs(samples_head, out);
	for (size_t file = 0; file < NR_SAMPLE_FILES; file++) {
		fprintf(out,
			"\n### Samples of %s\n\n| JSON path | key | kind | unit | metric | meaning |\n"
			"|---|---|---|---|---|---|\n",
			sample_paths[file]);
		for (size_t i = 0; i < NR_SAMPLES; i++)
			if (sample_rows[i].file == file)
				md_sample(out, &sample_rows[i]);
	}
}

static const char cgroup_samples_head[] =
	"\n### Samples of cgroups\n\n"
	"Of each memory cgroup that has samples ([json.md](json.md#cgroups) says which those are), read at the same\n"
	"moments. `stat --json` has them in `cgroups[]`: of a gauge `last`, `min` and `max`, of a counter `last`, as "
	"the\n"
	"kernel has it, and `grown`, how far it grew. A limit that is not set is `\"max\"`, and `+Inf` as a metric. "
	"What\n"
	"one of the hierarchies does not have is unknown there. Metrics have the label `cgroup`, and those that count "
	"are\n"
	"as the kernel has them: they begin with the cgroup, not with memtrace.\n\n"
	"| JSON path | cgroup v2 | cgroup v1 | kind | unit | metric | meaning |\n|---|---|---|---|---|---|---|\n";

/* "`memory.events` `oom`" */
static void md_source(FILE *out, const struct cgroup_sample_source *source)
{
	if (!source->file)
		fputs(" |", out);
	else if (source->key)
		fprintf(out, " `%s` `%s` |", source->file, source->key);
	else
		md_cell(out, source->file, true);
}

static void md_cgroup_samples(FILE *out)
{
	fputs(cgroup_samples_head, out);
	for (size_t i = 0; i < NR_CGROUP_SAMPLES; i++) {
		const struct cgroup_sample_row *row = &cgroup_sample_rows[i];

		fputc('|', out);
		md_cell(out, row->path, true);
		md_source(out, &row->v2);
		md_source(out, &row->v1);
		md_cell(out, sample__kind_name(row->kind), false);
		md_cell(out, schema__unit_name(row->unit), false);
		md_cell(out, row->metric, true);
		md_cell(out, row->help, false);
		fputc('\n', out);
	}
}

static void md_self_metrics(FILE *out)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};

	fputs("\n## Metrics of memtrace itself\n\n| metric | type | label | meaning |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < NR_SELF_METRICS; i++) {
		fputc('|', out);
		md_cell(out, self_metrics[i].name, true);
		md_cell(out, types[self_metrics[i].type], false);
		md_cell(out, self_metrics[i].label, true);
		md_cell(out, self_metrics[i].help, false);
		fputc('\n', out);
	}
}

static const char events_head[] =
	"<!-- Generated from bpf/probes.def and user/model/samples.def by \"make docs\": do not edit. -->\n"
	"# Events and metrics\n\n"
	"What each probe gives. A path is the key in JSON, dots between levels; a path that ends in `*` stands\n"
	"for a task: its pid, tid, comm, cgroup and what else is known of it. A counter only grows; a bucket is a\n"
	"counter of a histogram's bucket; what is \"accounted\" the kernel itself counts, so it is known without "
	"hooks.\n"
	"\n"
	"A metric is what `memtrace export` writes: of a counter a counter, of a histogram a histogram. Its unit is\n"
	"the base unit: pages become bytes, ns becomes seconds. Beside the labels that are shown here, metrics of\n"
	"tasks have the label `comm`, or with `--by` the label `cgroup` or `role`; what belongs to the machine has "
	"none.\n"
	"What has no metric is in JSON alone.\n";

static void md_events(FILE *out, const struct command *unused)
{
	(void)unused;
	fputs(events_head, out);
	for (size_t i = 0; i < MT_NR_PROBES; i++) {
		const struct probe_row *probe = &probe_rows[i];

		fprintf(out, "\n## Probe %s\n\n", probe->name);
		md_sentence(out, probe->help);
		fputs(probe->opt_in ? ". Off by default.\n" : ".\n", out);
		md_counters(out, probe->id, slot_rows, MT_NR_SLOTS, "Counters of each task");
		md_counters(out, probe->id, machine_rows, MT_NR_MACHINE_SLOTS, "Counters of the machine");
		for (size_t e = 0; e < MT_NR_RECS; e++) {
			if (event_rows[e].size && event_rows[e].probe == probe->id)
				md_event(out, &event_rows[e]);
		}
		md_counts(out, probe->id);
		md_histograms(out, probe->id);
		md_keyed(out, probe->id);
	}
	md_samples(out);
	md_cgroup_samples(out);
	md_self_metrics(out);
}

static const char timeline_head[] =
	"<!-- Generated from user/count/timeline_rules.def by \"make docs\": do not edit. -->\n"
	"# Kinds of lines in a timeline, and rules of causes\n\n"
	"[timeline.md](timeline.md) says how to read a timeline. `event` in JSON is one of these kinds:\n\n"
	"| kind | what it is |\n|---|---|\n";

static const char rules_head[] =
	"\nThe first rule of an effect that finds a cause tells it (`rule` in JSON). The cause began before the "
	"effect,\n"
	"and ended no longer before it than *within* says; 0: it was under way.\n\n"
	"| effect | cause | rule | where it is looked for | within | and | the kernel's source |\n"
	"|---|---|---|---|---|---|---|\n";

/* Words for enum timeline_near and enum timeline_flag. */
#define NEAR_INSIDE  "around it, the same task"
#define NEAR_TASK    "the same task"
#define NEAR_CGROUP  "the same cgroup, or one above"
#define NEAR_NODE    "the same node"
#define NEAR_MACHINE "any task"
#define INFER	     1
#define FRUITLESS    2
#define SAME_REQUEST 4
#define SAME_CGROUP  8
#define BESIDE	     16
#define GAP	     32
#define UNTOLD	     64

static const char *const timeline_flags[] = {
	"if nothing was seen of it, a line says so",
	"it got nothing back",
	"order, gfp flags and cgroup are the same",
	"both are about the same cgroup",
	"both stand at the same depth",
	"a gap is named",
	"the kernel does not tell what the kill was for",
};

static void md_rule(FILE *out, const char *name, const char *cause, const char *effect, const char *near,
		    uint64_t within_ns, uint32_t flags, const char *where)
{
	const char *separator = "";
	char within[32];

	fprintf(out, "| `%s` | `%s` | `%s` | %s | %s |", effect, cause, name, near,
		within_ns ? spell_duration(within, sizeof(within), within_ns) : "0");
	for (size_t i = 0; i < sizeof(timeline_flags) / sizeof(*timeline_flags); i++) {
		if (!(flags & 1U << i))
			continue;
		fprintf(out, "%s %s", separator, timeline_flags[i]);
		separator = ";";
	}
	fputs(" |", out);
	md_cell(out, where, false);
	fputc('\n', out);
}

static void md_timeline(FILE *out, const struct command *unused)
{
	(void)unused;
	fputs(timeline_head, out);
#define MT_TIMELINE_KIND(id, fold, help) fprintf(out, "| `%s` | %s |\n", #id, help);
#include "count/timeline_rules.def"
	fputs(rules_head, out);
#define MT_TIMELINE_RULE(name, cause, effect, near, within_ns, flags, where)                                           \
	md_rule(out, name, #cause, #effect, NEAR_##near, within_ns, flags, where);
#include "count/timeline_rules.def"
}

/* The JSON schemas of samples and keyed counters. */

/* An object of known keys, all of which must be there. */
static json_t *schema_object(void)
{
	return json_pack("{ss s{} s[] sb}", "type", "object", "properties", "required", "additionalProperties", 0);
}

/* Takes over schema.  Returns the schema of the key: the new one, or the one that was there. */
static json_t *schema_add(json_t *object, const char *key, size_t len, json_t *schema)
{
	json_t *properties = json_object_get(object, "properties");
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)len, key);
	if (json_object_get(properties, name)) {
		json_decref(schema);
	} else {
		json_object_set_new(properties, name, schema);
		json_array_append_new(json_object_get(object, "required"), json_string(name));
	}
	return json_object_get(properties, name);
}

/* At a path, dots between levels. */
static void schema_ref(json_t *object, const char *path, const char *of)
{
	size_t len;

	for (; path[len = strcspn(path, ".")]; path += len + 1)
		object = schema_add(object, path, len, schema_object());
	schema_add(object, path, len, json_pack("{ss}", "$ref", of));
}

static const char *schema_of(const struct sample_row *row)
{
	if (row->kind == SAMPLE_COUNTER)
		return "common.json#/$defs/count";
	return row->unit == UNIT_SHARE ? "common.json#/$defs/share_gauge" : "common.json#/$defs/gauge";
}

static json_t *schema_page(const char *id, const char *title)
{
	json_t *schema = schema_object();

	json_object_set_new(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(schema, "$id", json_string(id));
	json_object_set_new(schema, "title", json_string(title));
	return schema;
}

static void schema_write(FILE *out, json_t *schema)
{
	json_dumpf(schema, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(schema);
}

/* Members of a key are names or numbers, null where they are unknown. */
static json_t *schema_key(const struct keyed_column *column)
{
	if (column->type == FIELD_CGROUP || column->type == FIELD_CODE)
		return json_pack("{ss}", "$ref", "common.json#/$defs/string_or_null");
	if (column->type == FIELD_INT || column->type == FIELD_TEXT)
		return json_pack("{s[ss]}", "type", column->type == FIELD_INT ? "integer" : "string", "null");
	return json_pack("{ss}", "type", column->type == FIELD_BOOL ? "boolean" : "integer");
}

static json_t *schema_keyed_row(const struct keyed_row *row)
{
	json_t *object = schema_object();

	for (size_t i = 0; i < row->nr_keys; i++)
		if (row->keys[i].path)
			schema_add(object, row->keys[i].path, strlen(row->keys[i].path), schema_key(&row->keys[i]));
	for (size_t i = 0; i < row->nr_values; i++)
		schema_add(object, row->values[i].path, strlen(row->values[i].path),
			   json_pack("{ss}", "$ref",
				     row->values[i].needs ? "common.json#/$defs/count_or_null" :
							    "common.json#/$defs/uint"));
	if (row->hist->path)
		schema_add(object, row->hist->path, strlen(row->hist->path),
			   json_pack("{ss}", "$ref", "common.json#/$defs/distribution"));
	return json_pack("{ss so}", "type", "array", "items", object);
}

static void keyed_schema(FILE *out, const struct command *unused)
{
	json_t *rows = json_object(), *schema;

	(void)unused;
	for (size_t i = 0; i < MT_NR_KEYED; i++)
		json_object_set_new(rows, keyed_rows[i].path, schema_keyed_row(&keyed_rows[i]));
	schema = json_pack("{ss ss ss so}", "$schema", "https://json-schema.org/draft/2020-12/schema", "$id",
			   "keyed.json", "title", "Counters by a key; generated from bpf/probes.def by make docs",
			   "$defs", rows);
	json_dumpf(schema, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(schema);
}

static void samples_schema(FILE *out, const struct command *unused)
{
	json_t *schema = schema_page("samples.json", "Samples; generated from user/model/samples.def by make docs");

	(void)unused;
	for (size_t i = 0; i < NR_SAMPLES; i++)
		schema_ref(schema, sample_rows[i].path, schema_of(&sample_rows[i]));
	schema_write(out, schema);
}

static const char *schema_of_cgroup(const struct cgroup_sample_row *row)
{
	if (row->kind == SAMPLE_COUNTER)
		return "common.json#/$defs/cgroup_counter";
	return row->is_limit ? "common.json#/$defs/limit_gauge" : "common.json#/$defs/gauge";
}

static void cgroups_schema(FILE *out, const struct command *unused)
{
	json_t *schema =
		schema_page("cgroup.json", "Samples of a cgroup; generated from user/model/samples.def by make docs");

	(void)unused;
	schema_ref(schema, "cgroup", "common.json#/$defs/who/properties/cgroup");
	schema_ref(schema, "id", "common.json#/$defs/uint");
	schema_ref(schema, "since_ns", "common.json#/$defs/uint");
	schema_add(schema, "removed", strlen("removed"), json_pack("{ss}", "type", "boolean"));
	for (size_t i = 0; i < NR_CGROUP_SAMPLES; i++)
		schema_ref(schema, cgroup_sample_rows[i].path, schema_of_cgroup(&cgroup_sample_rows[i]));
	schema_write(out, schema);
}

static int write_page(const char *dir, write_fn write, const struct command *command, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int write_page(const char *dir, write_fn write, const struct command *command, const char *fmt, ...)
{
	struct outfile file;
	char name[128], path[4096];
	va_list args;
	int err;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = outfile__open(&file, path, OUTFILE_REPORT);
	if (!err) {
		write(file.stream, command);
		err = outfile__finish(&file, 0);
	}
	if (err)
		outfile__report(&file, err);
	return err;
}

static int make_dir(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!mkdir(path, 0755) || errno == EEXIST)
		return 0;
	log_error("cannot create directory '%s': %s", path, strerror(errno));
	return -errno;
}

static int write_all(const char *dir)
{
	int err;

	err = make_dir(dir, ".");
	if (!err)
		err = make_dir(dir, "man");
	if (!err)
		err = make_dir(dir, "completion");
	if (!err)
		err = make_dir(dir, "schema");
	if (!err)
		err = write_page(dir, md_events, NULL, "events.md");
	if (!err)
		err = write_page(dir, md_timeline, NULL, "timeline-rules.md");
	if (!err)
		err = write_page(dir, samples_schema, NULL, "schema/samples.json");
	if (!err)
		err = write_page(dir, cgroups_schema, NULL, "schema/cgroup.json");
	if (!err)
		err = write_page(dir, keyed_schema, NULL, "schema/keyed.json");
	if (!err)
		err = write_page(dir, bash_completion, NULL, "completion/memtrace");
	if (!err)
		err = write_page(dir, man_memtrace, NULL, "man/memtrace.8");
	for (const struct command *const *command = commands; !err && *command; command++)
		err = write_page(dir, man_command, *command, "man/memtrace-%s.8", (*command)->name);
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		log_error("docgen: expected one argument, the directory to write into");
		return EXIT_USAGE;
	}
	return write_all(argv[1]) ? EXIT_FAILED : EXIT_OK;
}
