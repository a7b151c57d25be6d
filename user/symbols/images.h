/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What each process had mapped, and when: the history that the kernel tells (fork, exec, mapping, exit), for
 * events that are looked at later than they happened, of processes that may be gone by then.
 *
 * An image is what one program mapped, from its exec on.  Processes share one as long as they only forked.
 * It is complete if its exec was seen; of others the rest is in /proc, as long as somebody has that image.
 */
#ifndef MEMTRACE_SYMBOLS_IMAGES_H
#define MEMTRACE_SYMBOLS_IMAGES_H

#include "maps.h"

struct image {
	unsigned int refs; /* private */
	uint64_t serial;   /* no other has the same, also when this one is gone */
	uint32_t pid;	   /* who mapped it first */
	bool complete;
	struct proc_maps *announced; /* as they were mapped, by the kernel's events; NULL: none */
	uint64_t version;	     /* of announced: grows with each change */
	/* What the one who reads files makes of it. */
	struct proc_maps *maps; /* with build ids; NULL: not yet */
	uint64_t maps_version;	/* of announced, when it was asked for */
	bool asked;		/* and the answer is awaited */
	unsigned int tries;
	uint64_t tried_ns;
};

struct images;

/* Keeps at most about max_bytes; the least recently used process is evicted first.  NULL: no memory. */
struct images *images__new(size_t max_bytes);
void images__free(struct images *images);

/*
 * What the kernel told, in the order of time (ns of any one clock); 0 or -ENOMEM.  Of whom something could not be
 * kept all is forgotten: an image that lacks it would show what another program had there.
 */
int images__fork(struct images *images, uint32_t pid, uint32_t parent, uint64_t time_ns);
/* complete: each mapping will be told. */
int images__exec(struct images *images, uint32_t pid, uint64_t time_ns, bool complete);
int images__map(struct images *images, uint32_t pid, const struct mapping *mapping);
void images__exit(struct images *images, uint32_t pid, uint64_t time_ns);
/* Drops processes that ended before then: no more events of them come. */
void images__retire(struct images *images, uint64_t before_ns);
void images__forget(struct images *images, uint32_t pid);

/* What the process had mapped then; one that was not heard of gets an image that is not complete.  NULL: no memory. */
struct image *images__find(struct images *images, uint32_t pid, uint64_t time_ns);
/* NULL: it is gone, or the process has another one since. */
struct image *images__by_serial(struct images *images, uint32_t pid, uint64_t serial);
/* Whether the process has it still, and did not end: /proc/PID shows it. */
bool images__is_current(const struct images *images, const struct image *image, uint32_t pid);
/* 0: unknown */
uint32_t images__parent(const struct images *images, uint32_t pid);
/* Takes maps over (NULL: none could be had) as the answer to what was asked for. */
void images__describe(struct images *images, struct image *image, struct proc_maps *maps);
size_t images__bytes(const struct images *images);

#endif
