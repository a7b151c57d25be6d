/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The event loop of one thread: it waits for descriptors to become readable and for times.  Each is registered by the
 * code that handles it.  A callback may register and unregister others, and itself.
 */
#ifndef MEMTRACE_BASE_LOOP_H
#define MEMTRACE_BASE_LOOP_H

#include <stdint.h>

#define LOOP_NEVER UINT64_MAX

struct loop;
struct loop_timer;

struct loop *loop__new(void);	    /* NULL: no memory */
void loop__free(struct loop *loop); /* and its timers; NULL is fine */

/*
 * ready is called in each turn in which the descriptor polls readable, in the order of registration.  fd stays the
 * caller's, and must be unwatched before it is closed.  0, -EBADF for a negative one, -ENOMEM.
 */
int loop__watch(struct loop *loop, int fd, void (*ready)(void *ctx), void *ctx);
void loop__unwatch(struct loop *loop, int fd);

/*
 * due is called once for each time that is set, with the current time.  If several are due in one turn, the one that
 * was made last comes first.  NULL: no memory.
 */
struct loop_timer *loop__timer(struct loop *loop, void (*due)(void *ctx, uint64_t now_ns), void *ctx);
/* Sets the time, CLOCK_BOOTTIME in ns; it replaces the last one.  LOOP_NEVER: not at all. */
void loop_timer__set(struct loop_timer *timer, uint64_t due_ns);

/* Waits for the first descriptor or time, or for a signal, then calls for each that is ready or due: descriptors first.
 */
void loop__turn(struct loop *loop);

#endif
