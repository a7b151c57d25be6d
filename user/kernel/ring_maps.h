/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The ring buffers whose size is decided at run time: made before the core object is loaded, and handed to it. */
#ifndef MEMTRACE_KERNEL_RING_MAPS_H
#define MEMTRACE_KERNEL_RING_MAPS_H

#include "../model/rings.h"
#include "object.h"

struct ring_maps {
	int rare_fd;
	int hot_fds[MT_MAX_HOT_RINGS];
	uint32_t nr_hot; /* made */
};

/*
 * Makes them as planned.  Where the kernel refuses a default size, a smaller one is used: rings is changed, and a
 * note says so.  0; -EINVAL after one line if a size that was asked for was refused; or another -errno.
 * ring_maps__close() in any case.
 */
int ring_maps__make(struct ring_maps *maps, struct rings *rings);
/* Before the object is loaded: makes it use these maps. */
int ring_maps__give(const struct ring_maps *maps, struct bpf_object *bpf);
/* After it is loaded: puts the hot rings into their array, which is not possible before. */
int ring_maps__fill(const struct ring_maps *maps, const struct object *core);
/* Closes the descriptors: the reader has the rings mapped, and the maps keep them. */
void ring_maps__close(struct ring_maps *maps);

/* The resources of the running machine. */
struct machine_size ring_maps__machine(void);

#endif
