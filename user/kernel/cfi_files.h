/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Call frame information of mapped files, kept for those that were used last.  Files are opened as those with symbols
 * are (user/kernel/proc_maps.h); of a recording, where the process is gone, by the path, if the build id is the same.
 */
#ifndef MEMTRACE_KERNEL_CFI_FILES_H
#define MEMTRACE_KERNEL_CFI_FILES_H

#include "../symbols/cfi.h"
#include "proc_maps.h"

struct cfi_files;

struct cfi_files *cfi_files__new(void); /* NULL if memory ran out */
void cfi_files__free(struct cfi_files *files);
/* The processes through which files are opened in the next calls. */
void cfi_files__through(struct cfi_files *files, const struct maps_access *access);
/* NULL: there is none.  Valid until the next call.  As struct unwind_files has it. */
struct cfi *cfi_files__find(void *files, const struct mapping *mapping);

#endif
