/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From the text of a kernel's log to reports of OOM kills.  It reads what kernels from 3.10 on print (mm/oom_kill.c:
 * dump_header(), dump_tasks(), oom_kill_process(); mm/memcontrol.c: mem_cgroup_print_oom_meminfo(); lib/show_mem.c),
 * with other messages in between, and also a log that begins or ends in the middle of a report.
 */
#ifndef MEMTRACE_KERNEL_OOM_PARSER_H
#define MEMTRACE_KERNEL_OOM_PARSER_H

#include "../model/oom_kill.h"

#define OOM_TASKS_MAX	65536  /* of one kill; what is more is counted */
#define OOM_PENDING_MAX 256    /* kills that wait for what the log says of their end */
#define OOM_HELD_MAX	200000 /* tasks of all of them */

struct oom_parser;

/*
 * take is called for each kill, in the order of the log, when nothing more about it is to be expected; the kill is the
 * parser's, and gone after the call.  It returns 0, or -errno, which ends the parsing.  NULL: no memory.
 */
struct oom_parser *oom_parser__new(int (*take)(void *ctx, const struct oom_kill *kill), void *ctx);
void oom_parser__free(struct oom_parser *parser);

/* Some bytes of the log, which need not end with a line.  0, -ENOMEM, or what take returned. */
int oom_parser__feed(struct oom_parser *parser, const char *data, size_t len);
/* The log ends here: the last kills are taken.  As above. */
int oom_parser__end(struct oom_parser *parser);

#endif
