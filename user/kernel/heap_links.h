/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What keeps the programs of the probe heap on functions of programs. */
#ifndef MEMTRACE_KERNEL_HEAP_LINKS_H
#define MEMTRACE_KERNEL_HEAP_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_link;
struct bpf_program;

/* By perf, or by an fd of many functions. */
struct heap_link {
	struct bpf_link *perf; /* owned; NULL: the other */
	int fd;
};

struct heap_links {
	struct heap_link *list; /* owned */
	size_t nr;
};

/* Where a program is to be: on functions of a file, by the offsets of their code. */
struct heap_place {
	const char *path;
	const uint64_t *offsets;
	size_t nr;
	bool ends; /* of the functions, not their begins */
	pid_t pid; /* whose calls; -1: everybody's */
};

/* 0 or -errno, where a part of the functions may have it. */
int heap_links__attach(struct heap_links *links, const struct bpf_program *program, const struct heap_place *place);
/* On the only place there: of a probe that is counted up at semaphore (0: none), and that has this cookie.  The same.
 */
int heap_links__attach_probe(struct heap_links *links, const struct bpf_program *program,
			     const struct heap_place *place, uint64_t semaphore, uint64_t cookie);
/* Takes all programs off.  The kernel waits for a grace period each time, so it is done by several threads. */
void heap_links__close(struct heap_links *links);

#endif
