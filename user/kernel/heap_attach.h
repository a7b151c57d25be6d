/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Attaches the programs of the probe heap to the functions of allocators, in the files that processes have mapped. */
#ifndef MEMTRACE_KERNEL_HEAP_ATTACH_H
#define MEMTRACE_KERNEL_HEAP_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "heap_links.h"

struct bpf_object;

/* Files that were looked at, each for all processes or one. */
struct heap_file {
	uint64_t dev, inode;
	pid_t pid;
};

struct heap_files {
	struct heap_file *list; /* owned */
	size_t nr;
};

struct heap_attach {
	struct bpf_object *bpf;	  /* that has the programs */
	pid_t pid;		  /* whose calls are traced; -1: everybody's, and programs choose */
	struct heap_links links;  /* owned */
	struct heap_files files;  /* as fstat(2) names them */
	struct heap_files mapped; /* as /proc/PID/maps does, which may differ (btrfs, overlayfs) */
	uint32_t with_functions;  /* how many of these files have functions of an allocator */
	uint32_t functions;	  /* that programs are attached to */
	uint32_t nr_probes;	  /* places of probes that files bring themselves */
	bool probes;		  /* that files bring themselves are looked for, not functions */
	bool tells;		  /* about files in which nothing can be found */
	bool failed;		  /* a program could not be attached, which was said */
};

/* As if no file had been looked at. */
void heap_attach__forget(struct heap_attach *attach);

/* bpf must outlive it.  heap_attach__close() in any case. */
void heap_attach__init(struct heap_attach *attach, struct bpf_object *bpf);
void heap_attach__close(struct heap_attach *attach);

/*
 * A file, unless it was looked at before; takes fd.  name: for messages.  prefix: as for allocator__find().  How many
 * functions there are, or -errno, which was said; -ENOEXEC, which was not: it is no ELF file of this machine's kind.
 */
int heap_attach__file(struct heap_attach *attach, int fd, const char *name, const char *prefix);
/* All that a process has mapped to be executed and that was not looked at before.  0 or -errno: -ESRCH if it is gone.
 */
int heap_attach__process(struct heap_attach *attach, uint32_t pid);
/* All processes of /proc or, if names is not NULL, those of which a thread has one of the names.  0 or -errno. */
int heap_attach__machine(struct heap_attach *attach, const char *const *names, size_t nr_names);
/* Attaches one program of that name.  0 or -errno. */
int heap_attach__program(struct heap_attach *attach, const char *program, const struct heap_place *place);
/* Before bpf is loaded: programs are attached to many functions at once, where the kernel can do that. */
void heap_attach__prepare(struct bpf_object *bpf);

#endif
