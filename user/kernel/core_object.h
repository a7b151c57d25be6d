/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the core object attaches, and how it is set up before it is loaded. */
#ifndef MEMTRACE_KERNEL_CORE_OBJECT_H
#define MEMTRACE_KERNEL_CORE_OBJECT_H

#include "object.h"

int core_object__open(struct object *core, const struct mt_cfg *cfg, const struct btf *btf);
/*
 * Makes a hot ring, which must be done after loading, as the array of them cannot
 * hold any before.  Its descriptor, the caller's to close, or -errno.
 */
int core_object__make_hot_ring(const struct object *core, unsigned int nr);
/* What the running kernel offers, in cfg: task storage, CPUs, page size, rings. */
void core_object__probe_kernel(struct mt_cfg *cfg, const struct btf *btf);

#endif
