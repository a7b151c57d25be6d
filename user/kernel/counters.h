/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel's own counters: files of "name value" lines, such as /proc/vmstat or a cgroup's memory.stat. */
#ifndef MEMTRACE_KERNEL_COUNTERS_H
#define MEMTRACE_KERNEL_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines to be summed. */
struct counter_sum {
	const char *names; /* between spaces; "pgalloc_*" is all that begin so */
	bool found;	   /* at least one of them is there */
	uint64_t sum;
};

/* Sums of a text, which need not end with a newline; other lines are skipped. */
void counters__parse(const char *text, struct counter_sum *sums, size_t nr);
/* Of a file, as of one moment between call and return.  0 or -errno. */
int counters__read(const char *path, struct counter_sum *sums, size_t nr);

/* Of a file that has one number and no name, such as memory.oom.group.  0; -errno, -EINVAL if it begins with none. */
int counters__read_one(const char *path, uint64_t *value);

#endif
