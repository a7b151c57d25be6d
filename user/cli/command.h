/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a command is: one const descriptor per file in commands/. */
#ifndef MEMTRACE_CLI_COMMAND_H
#define MEMTRACE_CLI_COMMAND_H

#include <stddef.h>

#include "options.h"

struct example {
	const char *text; /* what it answers */
	const char *line; /* the command line, "memtrace stat -- make" */
};

struct command {
	const char *name;
	const char *question;			 /* that it answers: a row of the table that bare memtrace prints */
	const char *summary;			 /* one line, for the man page and the completion */
	const char *usage;			 /* "[PROBE...] [OPTIONS] [-- CMD...]" */
	const char *details;			 /* paragraphs for --help and the man page, or NULL */
	const struct option_row *const *options; /* groups of rows, each ended by name NULL; NULL at the end */
	bool takes_probes;
	bool takes_cmd;
	bool replays;			/* its sessions can be of a recording */
	bool takes_recording;		/* its first argument is a recording */
	bool takes_command;		/* and its second one a command that replays */
	const struct example *examples; /* text NULL at the end */
	/* Runs it; the exit code. */
	int (*run)(struct options *options);
};

extern const struct command *const commands[];	       /* registry.c; NULL at the end */
const struct command *command__find(const char *name); /* NULL: there is none */

/* Rows that several commands have, each with a help of its own: --rows N, and --interval TIME, which is at least so
 * long. */
#define OPTION_ROWS(...)                                                                                               \
	{                                                                                                              \
		.name = "rows", .short_name = 'k', .type = OPT_UINT, .offset = offsetof(struct options, rows),         \
		.max = 1000000, .arg = "N", __VA_ARGS__                                                                \
	}
#define OPTION_INTERVAL(least_ns, ...)                                                                                 \
	{                                                                                                              \
		.name = "interval", .short_name = 'i', .type = OPT_DURATION,                                           \
		.offset = offsetof(struct options, interval_ns), .min = (least_ns),                                    \
		.max = 8760 * 3600 * 1000000000ULL, .arg = "TIME", __VA_ARGS__                                         \
	}

/* Groups of rows that several commands share; name NULL ends each. */
extern const struct option_row filter_options[];       /* -p -t -u -n -c --follow */
extern const struct option_row duration_options[];     /* -d */
extern const struct option_row time_options[];	       /* -d -i */
extern const struct option_row look_options[];	       /* -d -i of looks at files */
extern const struct option_row state_options[];	       /* -c --by cgroup -k */
extern const struct option_row stall_options[];	       /* --longer-than */
extern const struct option_row window_options[];       /* --from --to: replays */
extern const struct option_row against_options[];      /* --against: replays */
extern const struct option_row verify_options[];       /* -d -c */
extern const struct option_row output_options[];       /* -o --json --format */
extern const struct option_row event_output_options[]; /* the same, of single events */
extern const struct option_row file_options[];	       /* -o --json: with a --format of its own */
extern const struct option_row table_options[];	       /* --by process|thread|comm|cgroup, -k --sort */
extern const struct option_row batch_options[];	       /* --batch */
extern const struct option_row group_options[];	       /* --by process|thread|comm|cgroup|kind: histograms */
#define HIST_BY_KIND (BY_ROLE + 1)
extern const struct option_row label_options[];	     /* --by comm|cgroup: metrics */
extern const struct option_row cmd_options[];	     /* -a */
extern const struct option_row gather_options[];     /* --light --latency */
extern const struct option_row attach_options[];     /* --avoid */
extern const struct option_row record_options[];     /* --record FILE */
extern const struct option_row history_options[];    /* --history-dir --history-keep --history-bytes */
extern const struct option_row chain_options[];	     /* --stacks: of single events */
extern const char *const stack_methods[];	     /* what --stacks may say, in the order of enum stacks_by */
extern const struct option_row sample_options[];     /* --sample: of single hot events */
extern const struct option_row heap_options[];	     /* --allocator --longer-than --objects */
extern const struct option_row symbols_options[];    /* --symbols DIR */
extern const struct option_row ring_options[];	     /* --ring-size --rare-ring-size --cpus-per-ring */
extern const struct option_row kernel_options[];     /* --btf FILE */
extern const struct option_row naming_options[];     /* --cgroup-rules */
extern const struct option_row export_options[];     /* --textfile --keep --once --max-series --no-bpf-stats */
extern const struct option_row oom_report_options[]; /* --max-reports --history: of OOM kills */
extern const struct option_row common_options[];     /* -v --help --help-all */

/* The groups of top, and with those of a replay of stat, whose reports are a table of tasks; NULL at the end. */
extern const struct option_row *const table_command_options[];
extern const struct option_row *const stat_options[];

#endif
