/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Programs on many functions of a file by one link, where the kernel can do that (kernel/trace/bpf_trace.c,
 * bpf_uprobe_multi_link_attach()).  It is taken off in one step, where perf waits for each function by itself.
 */
#ifndef MEMTRACE_KERNEL_UPROBE_MULTI_H
#define MEMTRACE_KERNEL_UPROBE_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_program;

/* Whether it can, and knows all threads of a process: at first it compared threads.  It is tried once. */
bool uprobe_multi__works(void);
/* Before the program is loaded; from then on it can be attached in this way, and perhaps in no other. */
void uprobe_multi__prepare(struct bpf_program *program);
bool uprobe_multi__is_prepared(const struct bpf_program *program);
/*
 * Attaches it to the begins or (ends) the ends of the functions whose code is at these offsets, in bytes, of the file
 * path.  pid: -1: of everybody.  The link's fd, which the caller closes, or -errno.
 */
int uprobe_multi__attach(const struct bpf_program *program, const char *path, const uint64_t *offsets, size_t nr,
			 bool ends, pid_t pid);

#endif
