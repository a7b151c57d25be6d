/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Options as rows: parsing, --help, the man pages and the completion come from them. */
#ifndef MEMTRACE_CLI_OPTIONS_H
#define MEMTRACE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/time_point.h"
#include "../model/group_by.h"
#include "../report/output.h"
#include "../model/rings.h"

enum option_type {
	OPT_FLAG,	 /* bool: no argument, sets true */
	OPT_DURATION,	 /* uint64_t ns, min to max */
	OPT_UINT,	 /* uint64_t, min to max */
	OPT_SIZE,	 /* uint64_t bytes, min to max */
	OPT_STRING,	 /* const char * */
	OPT_CHOICE,	 /* int: min plus an index into choices, so that min is the first choice's value */
	OPT_CHOICES,	 /* uint32_t: a bit for each choice that was given, bit min for the first; also with commas */
	OPT_CHOICE_LIST, /* struct uint_list: min plus an index into choices, in the order given, each once; also with
			    commas */
	OPT_UINTS,	 /* struct uint_list: repeatable, also with commas; each from min to max */
	OPT_STRINGS,	 /* struct string_list: repeatable */
	OPT_SHARE,	 /* uint64_t: N of "1/N", min to max */
	OPT_PERCENT,	 /* uint64_t: N of "N%", min to max */
	OPT_TIME,	 /* struct time_point */
	OPT_FLAG_CHOICE, /* as OPT_CHOICE, by --name=CHOICE alone; --name is the first choice */
};

/* How call chains are found. */
enum stacks_by {
	STACKS_NONE,
	STACKS_FP,    /* the kernel follows frame pointers */
	STACKS_DWARF, /* copies of stacks are unwound by call frame information */
};

#define DEFAULT_STACK_BYTES (16 * 1024)
#define MIN_STACK_BYTES	    512
#define MAX_STACK_BYTES	    (16 * 1024)

struct uint_list {
	uint64_t *list; /* owned */
	size_t nr;
};

struct string_list {
	const char **list; /* owned; the strings are in options.texts */
	size_t nr;
};

struct option_row {
	const char *name; /* long, without dashes */
	char short_name;  /* 0: none */
	enum option_type type;
	size_t offset; /* in struct options */
	uint64_t min, max;
	const char *const *choices; /* NULL at the end */
	const char *arg;	    /* "PID" */
	const char *help;
	bool live_only;	  /* about tracing: not for the replay of a recording */
	bool replay_only; /* about a recording: not for tracing */
	bool expert;	  /* rarely needed: --help leaves it out, --help-all shows it */
};

/* Everything that any option sets; defaults are in options__init(). */
struct options {
	/* which tasks */
	struct uint_list pids, tids;
	struct string_list users, comms, cgroups;
	bool follow;
	bool all; /* -a: the whole machine beside CMD */
	/* how long, how often */
	uint64_t duration_ns;	/* 0: until stopped */
	uint64_t interval_ns;	/* 0: none */
	uint64_t long_stall_ns; /* a stall that takes at least that has a record */
	/* what is shown */
	struct output_request out;
	int by;			 /* enum group_by; -1: the command's default */
	struct uint_list labels; /* of metrics: enum group_by */
	const char *roles;	 /* --roles FILE, or NULL */
	uint64_t rows;		 /* -k: 0: all */
	const char *sort;	 /* a column's title or path, or NULL */
	bool command;		 /* of a table: PPID and COMMAND */
	bool counts;		 /* of a table's text: counts, no rates */
	bool batch;		 /* of top: no screen of its own */
	/* how it is gathered */
	bool light;
	uint32_t avoid; /* bit per enum attach_kind */
	bool latency;
	uint32_t every;	      /* bit per enum mt_probe: those whose single events are recorded */
	int stacks;	      /* enum stacks_by */
	uint64_t stack_bytes; /* of a stack, that are copied */
	const char *symbols;  /* --symbols DIR, or NULL */
	bool mangled;	      /* --no-demangle */
	bool no_inlined;
	uint64_t sample;	 /* one in so many; 0: all */
	const char *record;	 /* --record FILE, or NULL */
	const char *report;	 /* --report FILE: also as a page; or NULL */
	uint64_t last_ns;	 /* of it only the last part; 0: all */
	uint64_t keep_ns;	 /* it is a directory with the history of so long; 0: a file */
	uint64_t max_bytes;	 /* of that directory */
	const char *history_dir; /* a history beside what else the run does, or NULL; of it: */
	uint64_t history_keep_ns, history_bytes;
	struct rings_request rings;
	const char *btf; /* --btf FILE, or NULL: the kernel's own types */
	/* where from */
	const char *replay;	    /* a recording's name; NULL: the live kernel */
	struct time_point from, to; /* which part of it */
	const char *against;	    /* --against: a recording to compare with, or a time of the same one; or NULL */
	bool anonymise;
	const char *cgroup_rules; /* --cgroup-rules FILE; NULL: that of /etc if it is there */
	/* export */
	bool once;
	const char *textfile;
	bool keep;
	uint64_t max_series;
	uint64_t idle_ns; /* after which series end */
	bool no_bpf_stats;
	/* oom */
	const char *kernel_log; /* --log FILE, or NULL */
	bool newest;		/* --last */
	const char *oom_dir;	/* --dir */
	uint64_t history_ns, max_reports;
	bool explain, denied;
	uint64_t at_percent; /* --at; 0: not asked for */
	/* map */
	bool pss;
	bool wss;
	bool nodes;
	/* cache */
	bool unread; /* what was read ahead and never used */
	/* leak */
	bool kernel_side;
	/* stacks */
	int weight;	    /* enum weight_name of commands/stacks.c; 0: that of the probe */
	int path_groups;    /* enum grouping of commands/stacks.c */
	int fault_kind;	    /* an index into its kind_names, plus 1; 0: all */
	uint64_t path_rows; /* of text; 0: all */
	/* the probe heap */
	bool malloc;		       /* what programs get from it, by object */
	struct string_list allocators; /* --allocator FILE:PREFIX */
	bool kmemleak_scan;	       /* leak --kernel: a scan of kmemleak is asked for */
	uint64_t heap_objects;	       /* how many can be followed at a time; 0: as many as by default */
	uint64_t heap_age_ns;	       /* only older ones are shown; 0: all */
	/* everywhere */
	bool verbose;
	bool help, help_all;
	/* what is left */
	const char **probes; /* named on the command line, each once; owned array of argv's */
	size_t nr_probes;
	char **cmd;   /* NULL-terminated, argv's; NULL: none */
	char **texts; /* arguments of options; owned, as are the strings */
	size_t nr_texts;
};

struct command;

void options__init(struct options *options);
void options__free(struct options *options);

/*
 * Parses argv[first..argc) by the command's rows; argv must outlive options.  With options->replay set, options that
 * only tracing can have are refused.  0; or -EINVAL (-ENOMEM) after one line on stderr that names what was wrong and
 * what is accepted.  Where help is asked for, words are not checked.
 */
int options__parse(struct options *options, const struct command *command, int argc, char **argv, int first);

/* What --by says, or the command's default. */
static inline enum group_by options__by(const struct options *options, enum group_by otherwise)
{
	return options->by < 0 ? otherwise : (enum group_by)options->by;
}

/* How many bytes of a stack are copied; 0: none. */
static inline uint32_t options__stack_bytes(const struct options *options)
{
	return options->stacks == STACKS_DWARF ? (uint32_t)options->stack_bytes : 0;
}

static inline bool options__want_help(const struct options *options)
{
	return options->help || options->help_all;
}

/* How a row is spelled in messages: its short name if it has one.  Returns buf. */
char *option_row__spell(const struct option_row *row, char *buf, size_t size);

/* The distance of two words, in letters changed, left out, added or swapped. */
size_t word_distance(const char *a, const char *b);

#endif
