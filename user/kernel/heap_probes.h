/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Probes that allocators, or what stands before them, bring themselves, for objects that they sample: otel_memory:alloc
 * (address, size, bytes that it stands for) and otel_memory:free (address, of an object that was sampled).  That is a
 * public contract: opentelemetry-ebpf-profiler, design-docs/00003-memory-profiling.
 */
#ifndef MEMTRACE_KERNEL_HEAP_PROBES_H
#define MEMTRACE_KERNEL_HEAP_PROBES_H

#include "../symbols/elf_file.h"
#include "heap_attach.h"

/* Those of a file; name: for messages.  How many places there are, 0 if they cannot be used, which was said; or -errno.
 */
int heap_probes__attach(struct heap_attach *attach, const struct elf_file *file, const char *name);

#endif
