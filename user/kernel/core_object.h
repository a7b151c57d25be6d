/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The core object: its hooks, and its set-up before it is loaded. */
#ifndef MEMTRACE_KERNEL_CORE_OBJECT_H
#define MEMTRACE_KERNEL_CORE_OBJECT_H

#include "object.h"
#include "ring_maps.h"

struct btf;
struct btf_names;
struct kernel_btf;

/* The kernel's types that the functions below look at.  0 or -errno. */
int core_object__add_names(struct btf_names *names);
/* The rings must exist; ring_maps__fill() follows. */
int core_object__open(struct object *core, const struct mt_cfg *cfg, const struct ring_maps *rings,
		      const struct kernel_btf *types);
/* What the running kernel offers, in cfg: task storage, CPUs, page size, which LRU. */
void core_object__probe_kernel(struct mt_cfg *cfg, const struct btf *btf);

#endif
