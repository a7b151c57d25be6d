// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The completion of bash. */
#include <string.h>

#include "../cli/command.h"
#include "docgen.h"
#include "../model/probe.h"

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

void docgen__completion(FILE *out, const struct command *unused)
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
