/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of the parser share. */
#ifndef MEMTRACE_KERNEL_OOM_PARSER_IMPL_H
#define MEMTRACE_KERNEL_OOM_PARSER_IMPL_H

#include "oom_parser.h"

#define OOM_LINE_MAX	8192 /* bytes of a line; what is longer is cut: CONSOLE_EXT_LOG_MAX */
#define OOM_COLUMNS_MAX 16

/* Of the table of tasks. */
enum oom_column {
	OOM_COLUMN_OTHER,
	OOM_COLUMN_UID,
	OOM_COLUMN_TGID,
	OOM_COLUMN_TOTAL_VM,
	OOM_COLUMN_RSS,
	OOM_COLUMN_ANON,
	OOM_COLUMN_FILE,
	OOM_COLUMN_SHMEM,
	OOM_COLUMN_TABLE_PAGES, /* several of them are summed */
	OOM_COLUMN_TABLE_BYTES,
	OOM_COLUMN_SWAP,
	OOM_COLUMN_ADJ,
	OOM_COLUMN_NAME,
};

/* Counters of Mem-Info, in pages. */
struct oom_info {
	uint64_t active_anon, inactive_anon, active_file, inactive_file, shmem, unevictable, free;
	uint64_t slab_reclaimable, slab_unreclaimable, page_tables, dirty, writeback;
};

/* A kill and what is only known in the end. */
struct oom_pending {
	struct oom_kill kill;
	struct oom_info info;
	uint64_t ram_pages, reserved_pages;
	size_t tasks_cap; /* of kill.tasks */
};

struct oom_parser {
	int (*take)(void *ctx, const struct oom_kill *kill);
	void *ctx;
	int err;
	char line[OOM_LINE_MAX];
	size_t len;
	struct oom_pending *pending[OOM_PENDING_MAX]; /* the oldest first */
	size_t nr_pending, nr_held;
	struct oom_pending *last; /* begun last; NULL: none, or it was taken */
	struct {
		struct oom_moment when;
		uint32_t pid;
	} killed[OOM_EARLIER_MAX]; /* the newest at (nr_killed - 1) % OOM_EARLIER_MAX */
	size_t nr_killed;
	/* what the lines to come are part of */
	bool sysrq, in_stats, in_info, in_trace, in_group, in_slabs;
	enum oom_column columns[OOM_COLUMNS_MAX];
	size_t nr_columns;
};

/* A row of the table of messages: what a message begins with, and who reads what follows. */
struct oom_message {
	const char *begin;
	void (*read)(struct oom_parser *parser, const struct oom_moment *when, char *rest);
};

/* A report begins; NULL: no memory, which parser->err says. */
struct oom_pending *oom_parser__begin(struct oom_parser *parser, const struct oom_moment *when);
/* The report that is not complete, or a new one; NULL: no memory. */
struct oom_pending *oom_parser__open(struct oom_parser *parser, const struct oom_moment *when);
/* The report that is not complete; NULL: there is none. */
struct oom_pending *oom_parser__current(struct oom_parser *parser);

/* Lines that begin with a text: of kills, and of memory; begin NULL ends each. */
extern const struct oom_message oom_kill_messages[];
extern const struct oom_message oom_memory_messages[];

/* "NAME invoked oom-killer: ..."; false: it is another line. */
bool oom_parser__trigger(struct oom_parser *parser, const struct oom_moment *when, char *text);
/* A line inside of a call trace. */
bool oom_parser__frame(struct oom_parser *parser, const char *text);
/* The table of tasks: its head, its rows. */
bool oom_parser__table(struct oom_parser *parser, const struct oom_moment *when, char *text);
/* Lines of memory.stat, of Mem-Info, of slabs. */
void oom_parser__stats(struct oom_parser *parser, const char *text);

/* "1234 pages RAM" */
void oom_parser__pages(struct oom_parser *parser, const char *text);

/* Puts together what several lines say, when nothing more is to come. */
void oom_pending__finish(struct oom_pending *pending);

/* The number behind the last place of a key in a text, "order=" or "anon-rss:"; MT_UNKNOWN_U64: it has none. */
uint64_t oom_text__number(const char *text, const char *key);
bool oom_text__int(const char *text, const char *key, int32_t *value);
/* From begin to end (not in it), cut at the room that there is. */
void oom_text__copy(char *buf, size_t size, const char *begin, const char *end);
/* Where what is for the last time; NULL: nowhere. */
char *oom_text__last(char *text, const char *what);

#endif
