/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "command.h"
#include "../model/probe.h"
#include "../model/rings.h"

#define AT(member) offsetof(struct options, member)
#define MS_NS	   1000000ULL
#define HOUR_NS	   (3600 * 1000 * MS_NS)

/* The kernel's PID_MAX_LIMIT on 64 bits: no pid is ever higher. */
#define PID_LIMIT (4 * 1024 * 1024)

/* The order of enum group_by, from BY_PROCESS and from BY_COMM on. */
static const char *const table_groups[] = { "process", "thread", "comm", "cgroup", "role", "parent", NULL };
/* The same from BY_ALL on, then HIST_BY_KIND. */
static const char *const hist_groups[] = { "cause", "process", "thread", "comm", "cgroup", "role", "kind", NULL };
/* The order of enum attach_kind, from ATTACH_TP_BTF on. */
static const char *const attach_kinds[] = { "tp_btf", "raw_tp", "tp", "fentry", "perf_event", NULL };
static const char *const cgroup_alone[] = { "cgroup", NULL };
static const char *const label_groups[] = { "comm", "cgroup", "role", NULL };

#define ROLES                                                                                                          \
	{                                                                                                              \
		.name = "roles", .type = OPT_STRING, .offset = AT(roles), .arg = "FILE",                               \
		.help = "with --by role: rules from FILE, not from /etc/memtrace/roles"                                \
	}

#define CGROUP_SYNTAX "a path, a systemd unit, or the start of a container's id"
#define CGROUP(...)                                                                                                    \
	{                                                                                                              \
		.name = "cgroup", .short_name = 'c', .type = OPT_STRINGS, .offset = AT(cgroups), .arg = "CGROUP",      \
		__VA_ARGS__                                                                                            \
	}

const struct option_row filter_options[] = {
	{ .name = "pid",
	  .short_name = 'p',
	  .type = OPT_UINTS,
	  .offset = AT(pids),
	  .min = 1,
	  .max = PID_LIMIT,
	  .arg = "PID",
	  .help = "only this process, all its threads; repeatable, or with commas: -p 1,2. The run ends with it, "
		  "unless there is CMD or --follow" },
	{ .name = "tid",
	  .short_name = 't',
	  .type = OPT_UINTS,
	  .offset = AT(tids),
	  .min = 1,
	  .max = PID_LIMIT,
	  .arg = "TID",
	  .help = "only this thread; repeatable, or with commas" },
	{ .name = "uid",
	  .short_name = 'u',
	  .type = OPT_STRINGS,
	  .offset = AT(users),
	  .arg = "UID",
	  .help = "only tasks of this user, a number or, except in a replay, a name; repeatable" },
	{ .name = "comm",
	  .short_name = 'n',
	  .type = OPT_STRINGS,
	  .offset = AT(comms),
	  .arg = "COMM",
	  .help = "only threads and processes of this name, as in /proc/PID/comm; repeatable. A process has the name "
		  "of "
		  "who started it until it calls exec" },
	CGROUP(.help = "only tasks in this cgroup or below it: " CGROUP_SYNTAX
		       "; in a replay the path as the recording has it; repeatable"),
	{ .name = "follow",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = AT(follow),
	  .help = "with -p, -t or -n: also children that are born later, whatever their names" },
	{ .name = NULL },
};

#define DURATION(otherwise)                                                                                            \
	{                                                                                                              \
		.name = "duration", .short_name = 'd', .type = OPT_DURATION, .offset = AT(duration_ns), .min = 1,      \
		.max = 8760 * HOUR_NS, .arg = "TIME",                                                                  \
		.help = "stop after TIME, a number of seconds or with a unit: ns, us, ms, s, m, h, d; without "        \
			"-d " otherwise                                                                                \
	}

const struct option_row duration_options[] = {
	DURATION("run until Ctrl-C or until CMD ends"),
	{ .name = NULL },
};

const struct option_row time_options[] = {
	DURATION("run until Ctrl-C or until CMD ends"),
	OPTION_INTERVAL(10 * MS_NS, .help = "report, refresh or write again every TIME"),
	{ .name = NULL },
};

const struct option_row look_options[] = {
	{ .name = "duration",
	  .short_name = 'd',
	  .type = OPT_DURATION,
	  .offset = AT(duration_ns),
	  .min = 100 * MS_NS,
	  .max = 8760 * HOUR_NS,
	  .arg = "TIME",
	  .help = "the time between the two looks, 1s by default; with -i: stop after TIME" },
	OPTION_INTERVAL(
		100 * MS_NS,
		.help = "look again every TIME, and print one line about what happened since; in JSON the whole state"),
	{ .name = NULL },
};

const struct option_row state_options[] = {
	CGROUP(.live_only = true, .help = "what fills this cgroup, in place of the machine: " CGROUP_SYNTAX),
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = AT(by),
	  .min = BY_CGROUP,
	  .choices = cgroup_alone,
	  .arg = "GROUP",
	  .help = "a table of cgroups, the worst first" },
	OPTION_ROWS(.help = "show N rows of it, or all with 0; JSON always has all rows"),
	{ .name = NULL },
};

const struct option_row stall_options[] = {
	{ .name = "longer-than",
	  .type = OPT_DURATION,
	  .live_only = true,
	  .offset = AT(long_stall_ns),
	  .min = 1,
	  .max = HOUR_NS,
	  .arg = "TIME",
	  .help = "of stalls, those that take at least TIME are events of their own (default 10ms); all are counted" },
	{ .name = NULL },
};

#define REPLAY_TIME(long_name, member, what)                                                                           \
	{                                                                                                              \
		.name = long_name, .type = OPT_TIME, .replay_only = true, .offset = AT(member), .arg = "TIME",         \
		.help = what                                                                                           \
	}

const struct option_row window_options[] = {
	REPLAY_TIME(
		"from", from,
		"in a replay: only what came from TIME on. TIME is an offset from the recording's start (90s, "
		"1h30m), a local time of the day on which it began (HH:MM, HH:MM:SS), or 'YYYY-MM-DD HH:MM:SS'; of a "
		"history the last such time of the day, 'yesterday HH:MM', or -2h: so long before its end"),
	REPLAY_TIME("to", to, "in a replay: only what came before TIME, as for --from"),
	{ .name = NULL },
};

const struct option_row against_options[] = {
	{ .name = "against",
	  .type = OPT_STRING,
	  .replay_only = true,
	  .offset = AT(against),
	  .arg = "FILE|TIME",
	  .help = "in a replay: compare with another recording or history, all of it; or with the same one, from TIME "
		  "on, "
		  "for as long" },
	{ .name = NULL },
};

const struct option_row verify_options[] = {
	DURATION("stop after 10 s, or when CMD ends"),
	CGROUP(.help = "only this cgroup and what is below it, with the counters of its own files: " CGROUP_SYNTAX),
	{ .name = NULL },
};

/* clang-format off */
#define FILE_OPTIONS                                                                                                   \
	{ .name = "output",                                                                                            \
	  .short_name = 'o',                                                                                           \
	  .type = OPT_STRING,                                                                                          \
	  .offset = AT(out.path),                                                                                      \
	  .arg = "FILE",                                                                                               \
	  .help = "write to FILE instead of standard output (-); FILE appears when it is complete" },                  \
	{ .name = "json", .type = OPT_FLAG, .offset = AT(out.json), .help = "print JSON, one object per line" }
/* clang-format on */

const struct option_row file_options[] = {
	FILE_OPTIONS,
	{ .name = NULL },
};

#define FORMAT_OPTION(...)                                                                                             \
	{                                                                                                              \
		.name = "format", .type = OPT_STRING, .offset = AT(out.format), .arg = "FORMAT", .expert = true,       \
		__VA_ARGS__                                                                                            \
	}

const struct option_row event_output_options[] = {
	FILE_OPTIONS,
	FORMAT_OPTION(.help = "how to print: text, json, or perfetto, a file for Perfetto with samples of the machine "
			      "beside the events"),
	{ .name = NULL },
};

const struct option_row output_options[] = {
	FILE_OPTIONS,
	FORMAT_OPTION(.help = "how to print: text, json, or csv, one table with a line of names; csv:NAME: another "
			      "table, "
			      "by its name in JSON, or histograms or values"),
	{ .name = NULL },
};

const struct option_row table_options[] = {
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = AT(by),
	  .min = BY_PROCESS,
	  .choices = table_groups,
	  .arg = "GROUP",
	  .help = "what a row stands for; role: what threads are for, parent: who started its processes" },
	ROLES,
	OPTION_ROWS(.help = "show N rows, or all with 0; the rest is summed up in one line; JSON always has all rows"),
	{ .name = "sort",
	  .type = OPT_STRING,
	  .offset = AT(sort),
	  .arg = "FIELD",
	  .help = "sort by this column, named as in the table's header or in the JSON; by default first who waits, if "
		  "anybody was stalled for more than 1 % of the time, then who is most active" },
	{ .name = "command",
	  .type = OPT_FLAG,
	  .offset = AT(command),
	  .help = "show also who is the parent (PPID) and the command line of each process that lives, also in JSON; "
		  "of a "
		  "history (record --keep) the command line, also of those that have ended" },
	{ .name = "counts",
	  .type = OPT_FLAG,
	  .offset = AT(counts),
	  .help = "show counts and sums, not rates per second: of a process that lived shortly they say more" },
	{ .name = NULL },
};

const struct option_row batch_options[] = {
	{ .name = "batch",
	  .short_name = 'b',
	  .type = OPT_FLAG,
	  .offset = AT(batch),
	  .help = "print a table each interval, also where it could fill the screen of a terminal" },
	{ .name = NULL },
};

const struct option_row group_options[] = {
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = AT(by),
	  .min = BY_ALL,
	  .choices = hist_groups,
	  .arg = "GROUP",
	  .help = "one histogram for each; cause: its own label (default); kind: of minor faults" },
	ROLES,
	{ .name = NULL },
};

const struct option_row label_options[] = {
	{ .name = "by",
	  .type = OPT_CHOICE_LIST,
	  .offset = AT(labels),
	  .min = BY_COMM,
	  .choices = label_groups,
	  .arg = "GROUP",
	  .help = "the label of the metrics of tasks, comm by default; repeatable: the second is in names of metrics, "
		  "too" },
	ROLES,
	{ .name = NULL },
};

const struct option_row cmd_options[] = {
	{ .name = "all",
	  .short_name = 'a',
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = AT(all),
	  .help = "with CMD: the whole machine while CMD runs, not only CMD and its descendants" },
	{ .name = NULL },
};

const struct option_row gather_options[] = {
	{ .name = "light",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = AT(light),
	  .help = "no hooks on page faults, nor on allocations unless alloc is named: of faults only minor and "
		  "major ones are counted, at almost no cost" },
	{ .name = "latency",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = AT(latency),
	  .help = "also measure how long major faults and reads of swap take; costs one clock read per fault" },
	{ .name = NULL },
};

const struct option_row attach_options[] = {
	{ .name = "avoid",
	  .type = OPT_CHOICES,
	  .live_only = true,
	  .offset = AT(avoid),
	  .min = ATTACH_TP_BTF,
	  .choices = attach_kinds,
	  .arg = "KIND",
	  .expert = true,
	  .help = "do not use hooks of this kind, to compare kinds; also with commas" },
	{ .name = NULL },
};

const struct option_row record_options[] = {
	{ .name = "record",
	  .type = OPT_STRING,
	  .live_only = true,
	  .offset = AT(record),
	  .arg = "FILE",
	  .help = "also write a recording of the run to FILE, for memtrace replay" },
	{ .name = NULL },
};

const struct option_row history_options[] = {
	{ .name = "history-dir",
	  .type = OPT_STRING,
	  .live_only = true,
	  .offset = AT(history_dir),
	  .arg = "DIR",
	  .help = "also keep a history in DIR, as `memtrace record --keep 7d -o DIR` does" },
	{ .name = "history-keep",
	  .type = OPT_DURATION,
	  .live_only = true,
	  .offset = AT(history_keep_ns),
	  .min = HOUR_NS,
	  .max = 8760 * HOUR_NS,
	  .arg = "TIME",
	  .help = "with --history-dir: of so long, by default 7d" },
	{ .name = "history-bytes",
	  .type = OPT_SIZE,
	  .live_only = true,
	  .offset = AT(history_bytes),
	  .min = 8 << 20,
	  .max = 1ULL << 44,
	  .arg = "SIZE",
	  .help = "with --history-dir: of at most SIZE, by default 1G" },
	{ .name = NULL },
};

const struct option_row symbols_options[] = {
	{ .name = "symbols",
	  .type = OPT_STRING,
	  .offset = AT(symbols),
	  .arg = "DIR",
	  .help = "with --stacks: also look in DIR for programs and debug files of other machines; $MEMTRACE_SYMBOLS "
		  "by default" },
	{ .name = "no-demangle",
	  .type = OPT_FLAG,
	  .offset = AT(mangled),
	  .expert = true,
	  .help = "names of C++ and Rust functions in call chains as they are in the file" },
	{ .name = "no-inlined",
	  .type = OPT_FLAG,
	  .offset = AT(no_inlined),
	  .expert = true,
	  .help = "call chains without functions that the compiler put into others; else those of files with "
		  "debugging information show them, marked with _[i]" },
	{ .name = NULL },
};

const char *const stack_methods[] = { "fp", "dwarf", NULL };

const struct option_row chain_options[] = {
	{ .name = "stacks",
	  .type = OPT_FLAG_CHOICE,
	  .offset = AT(stacks),
	  .min = STACKS_FP,
	  .choices = stack_methods,
	  .arg = "fp|dwarf",
	  .help = "with each single event the call chain that led to it, in the program and in the kernel: by frame "
		  "pointers (fp, the default), or for programs without them by call frame information (dwarf)" },
	{ .name = "stack-bytes",
	  .type = OPT_SIZE,
	  .live_only = true,
	  .expert = true,
	  .offset = AT(stack_bytes),
	  .min = MIN_STACK_BYTES,
	  .max = MAX_STACK_BYTES,
	  .arg = "SIZE",
	  .help = "with --stacks=dwarf: how much of each stack is copied (16K)" },
	{ .name = NULL },
};

const struct option_row sample_options[] = {
	{ .name = "sample",
	  .type = OPT_SHARE,
	  .live_only = true,
	  .offset = AT(sample),
	  .min = 1,
	  .max = 1000000,
	  .arg = "1/N",
	  .help = "single events of only one page in N; the counters still count all" },
	{ .name = NULL },
};

const struct option_row heap_options[] = {
	{ .name = "allocator",
	  .type = OPT_STRINGS,
	  .live_only = true,
	  .offset = AT(allocators),
	  .arg = "FILE:PREFIX",
	  .help = "also trace the functions of FILE that are named as malloc, free and so on with PREFIX before; "
		  "without "
		  ":PREFIX those with plain names; repeatable" },
	{ .name = "longer-than",
	  .type = OPT_DURATION,
	  .live_only = true,
	  .offset = AT(heap_age_ns),
	  .min = 1,
	  .max = 8760 * HOUR_NS,
	  .arg = "AGE",
	  .help = "only objects that were held for at least so long when the run or their process ends, as 10s" },
	{ .name = "objects",
	  .type = OPT_UINT,
	  .live_only = true,
	  .offset = AT(heap_objects),
	  .min = 1024,
	  .max = 1 << 26,
	  .arg = "N",
	  .expert = true,
	  .help = "follow N objects at a time (1048576); what finds no room is counted" },
	{ .name = NULL },
};

const struct option_row ring_options[] = {
	{ .name = "ring-size",
	  .type = OPT_SIZE,
	  .live_only = true,
	  .offset = AT(rings.hot_bytes),
	  .min = MIN_RING_BYTES,
	  .max = MAX_RING_BYTES,
	  .arg = "SIZE",
	  .expert = true,
	  .help = "size of each ring buffer for counters and single events, in bytes or with K, M or G; rounded up to "
		  "a power of two" },
	{ .name = "rare-ring-size",
	  .type = OPT_SIZE,
	  .live_only = true,
	  .offset = AT(rings.rare_bytes),
	  .min = MIN_RING_BYTES,
	  .max = MAX_RING_BYTES,
	  .arg = "SIZE",
	  .expert = true,
	  .help = "size of the ring buffer for reclaim and kswapd, 256K by default" },
	{ .name = "cpus-per-ring",
	  .type = OPT_UINT,
	  .live_only = true,
	  .offset = AT(rings.cpus_per_ring),
	  .min = 1,
	  .max = 65536,
	  .arg = "N",
	  .expert = true,
	  .help = "how many CPUs share a ring buffer for counters and single events, 16 by default; at most 64 rings" },
	{ .name = NULL },
};

const struct option_row kernel_options[] = {
	{ .name = "btf",
	  .type = OPT_STRING,
	  .live_only = true,
	  .offset = AT(btf),
	  .arg = "FILE",
	  .expert = true,
	  .help = "read the kernel's types from FILE, BTF or an ELF file with BTF, instead of /sys/kernel/btf/vmlinux, "
		  "which must exist all the same" },
	{ .name = NULL },
};

const struct option_row export_options[] = {
	{ .name = "textfile",
	  .type = OPT_STRING,
	  .offset = AT(textfile),
	  .arg = "FILE",
	  .help = "the file to write for node_exporter's textfile collector, named *.prom; - is standard output" },
	{ .name = "keep",
	  .type = OPT_FLAG,
	  .offset = AT(keep),
	  .help = "leave FILE when memtrace stops, instead of removing it" },
	{ .name = "once",
	  .type = OPT_FLAG,
	  .offset = AT(once),
	  .help = "write FILE once, at the end of the run (-d, CMD, Ctrl-C), and keep it" },
	{ .name = "max-series",
	  .type = OPT_UINT,
	  .offset = AT(max_series),
	  .min = 1,
	  .max = 100000,
	  .arg = "N",
	  .expert = true,
	  .help = "write at most N label sets per metric, 200 by default; the rest is summed up in \"other\"" },
	{ .name = "series-idle",
	  .type = OPT_DURATION,
	  .live_only = true,
	  .offset = AT(idle_ns),
	  .min = 1000 * MS_NS,
	  .max = 30 * 24 * HOUR_NS,
	  .arg = "TIME",
	  .expert = true,
	  .help = "end the series of a name that is gone (no task, no cgroup) when it has counted nothing for TIME, 1h "
		  "by "
		  "default; if it comes back it starts at 0" },
	{ .name = "oom-dir",
	  .type = OPT_STRING,
	  .live_only = true,
	  .offset = AT(oom_dir),
	  .arg = "DIR",
	  .help = "also write a report of each OOM kill to DIR, as `memtrace oom --dir DIR` does: as text, as JSON, "
		  "and "
		  "a recording of what came before" },
	{ .name = "no-bpf-stats",
	  .type = OPT_FLAG,
	  .offset = AT(no_bpf_stats),
	  .expert = true,
	  .help = "do not have the kernel time BPF programs; leaves out the metrics of memtrace's own run time" },
	{ .name = NULL },
};

const struct option_row oom_report_options[] = {
	{ .name = "max-reports",
	  .type = OPT_UINT,
	  .live_only = true,
	  .offset = AT(max_reports),
	  .min = 1,
	  .max = 100000,
	  .arg = "N",
	  .help = "of reports in DIR keep the newest N, and 64 MiB; by default 100" },
	{ .name = "history",
	  .type = OPT_DURATION,
	  .live_only = true,
	  .offset = AT(history_ns),
	  .min = 2000 * MS_NS,
	  .max = HOUR_NS,
	  .arg = "TIME",
	  .help = "how much of what was before a kill is in its report and its recording, by default 60s" },
	{ .name = NULL },
};

const struct option_row naming_options[] = {
	{ .name = "cgroup-rules",
	  .type = OPT_STRING,
	  .offset = AT(cgroup_rules),
	  .arg = "FILE",
	  .expert = true,
	  .help = "a file with rules of your own about which container, pod and unit a cgroup's path names; "
		  "/etc/memtrace/cgroups by default, if it is there" },
	{ .name = NULL },
};

const struct option_row common_options[] = {
	{ .name = "verbose",
	  .short_name = 'v',
	  .type = OPT_FLAG,
	  .offset = AT(verbose),
	  .help = "print on standard error what is tried and chosen" },
	{ .name = "help", .short_name = 'h', .type = OPT_FLAG, .offset = AT(help), .help = "show this help" },
	{ .name = "help-all",
	  .type = OPT_FLAG,
	  .offset = AT(help_all),
	  .help = "show this help with all options, also those that are rarely needed" },
	{ .name = NULL },
};

const struct option_row *const stat_options[] = {
	time_options,	window_options, against_options, filter_options, cmd_options,
	record_options, table_options,	gather_options,	 stall_options,	 output_options,
	ring_options,	attach_options, kernel_options,	 common_options, NULL,
};

const struct option_row *const table_command_options[] = {
	time_options,	window_options, batch_options,	filter_options, cmd_options,
	record_options, table_options,	gather_options, stall_options,	output_options,
	ring_options,	attach_options, kernel_options, common_options, NULL,
};
