/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What each process had mapped, and when: the history as the kernel reports it (fork, exec, mapping, exit).  It is
 * for events that are looked at later than they happened, when their process may be gone.
 *
 * An image is what one program mapped, from its exec on.  Processes share one as long as they only forked.  It is
 * complete if its exec was seen; the rest of others is in /proc, as long as a process has that image.
 */
#ifndef MEMTRACE_SYMBOLS_IMAGES_H
#define MEMTRACE_SYMBOLS_IMAGES_H

#include "maps.h"

struct image {
	unsigned int refs; /* private */
	uint64_t serial;   /* no other has the same, also when this one is gone */
	uint32_t pid;	   /* the process that mapped it first */
	bool complete;
	struct proc_maps *announced; /* as they were mapped, by the kernel's events; NULL: none */
	uint64_t version;	     /* of announced: grows with each change */
	/* The same, completed by the process that reads files. */
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
 * Adds an event of the kernel, in the order of time (ns, all of one clock); 0 or -ENOMEM.  If an event cannot be
 * kept, all of that process is forgotten: an incomplete image would show what another program had there.
 */
int images__fork(struct images *images, uint32_t pid, uint32_t parent, uint64_t time_ns);
/* complete: each mapping will be reported. */
int images__exec(struct images *images, uint32_t pid, uint64_t time_ns, bool complete);
int images__map(struct images *images, uint32_t pid, const struct mapping *mapping);
void images__exit(struct images *images, uint32_t pid, uint64_t time_ns);
/* Drops processes that ended before then: no more events of them come. */
void images__retire(struct images *images, uint64_t before_ns);
void images__forget(struct images *images, uint32_t pid);

/* What the process had mapped then; an unknown process gets an image that is not complete.  NULL: no memory. */
struct image *images__find(struct images *images, uint32_t pid, uint64_t time_ns);
/* NULL: it is gone, or the process has had another one since. */
struct image *images__by_serial(struct images *images, uint32_t pid, uint64_t serial);
/* Whether the process still has it and has not ended: then /proc/PID shows it. */
bool images__is_current(const struct images *images, const struct image *image, uint32_t pid);
/* 0: unknown */
uint32_t images__parent(const struct images *images, uint32_t pid);
/* Takes over maps (NULL: they could not be read) as the answer to the request. */
void images__describe(struct images *images, struct image *image, struct proc_maps *maps);
size_t images__bytes(const struct images *images);
/* Grows whenever another answer than before may be right. */
uint64_t images__changes(const struct images *images);

#endif
