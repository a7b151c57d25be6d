/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the kernel's log says of OOM kills: the line "oom-kill:constraint=..." that the kernel (5.0 and later) prints
 * before a process is killed, unless it has printed too many.  It tells where memory ran out also where no program can
 * be put on the functions that know.
 */
#ifndef MEMTRACE_KERNEL_OOM_LOG_H
#define MEMTRACE_KERNEL_OOM_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define OOM_LOG_PATH  1024
#define OOM_LOG_KILLS 16 /* that are remembered */

struct oom_line {
	uint32_t pid;		  /* a thread of the victim, in the initial pid namespace */
	int32_t constraint;	  /* enum oom_constraint */
	char limit[OOM_LOG_PATH]; /* path of the cgroup whose limit was hit, below its hierarchy; "": none, or too long
				   */
};

struct oom_log {
	int fd;
	struct oom_line kills[OOM_LOG_KILLS];
	unsigned int nr; /* so far */
};

/* What is printed from now on.  Where the log may not be read, it tells nothing. */
void oom_log__open(struct oom_log *log);
void oom_log__close(struct oom_log *log);
/* The newest line about the kill of a process one of whose threads has that id; NULL: there is none. */
const struct oom_line *oom_log__find(struct oom_log *log, uint32_t pid, uint32_t tid);

/* Reads a record of /dev/kmsg; false: it is about something else.  Names in it may be anything. */
bool oom_line__parse(struct oom_line *line, const char *record);

#endif
