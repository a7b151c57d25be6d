// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "clock.h"

struct watched {
	struct watched *next;
	int fd; /* -1: freed after the turn */
	void (*ready)(void *ctx);
	void *ctx;
};

struct loop_timer {
	struct loop_timer *next;
	uint64_t due_ns;
	void (*due)(void *ctx, uint64_t now_ns);
	void *ctx;
};

struct loop {
	struct watched *watched; /* in the order of registration */
	size_t nr;
	struct loop_timer *timers;
	struct pollfd *polled; /* room for nr */
};

struct loop *loop__new(void)
{
	return calloc(1, sizeof(struct loop));
}

void loop__free(struct loop *loop)
{
	struct watched *watched, *next;
	struct loop_timer *timer, *other;

	if (!loop)
		return;
	for (watched = loop->watched; watched; watched = next) {
		next = watched->next;
		free(watched);
	}
	for (timer = loop->timers; timer; timer = other) {
		other = timer->next;
		free(timer);
	}
	free(loop->polled);
	free(loop);
}

int loop__watch(struct loop *loop, int fd, void (*ready)(void *ctx), void *ctx)
{
	struct watched *watched, **end;
	struct pollfd *polled;

	if (fd < 0)
		return -EBADF;
	polled = reallocarray(loop->polled, loop->nr + 1, sizeof(*polled));
	if (!polled)
		return -ENOMEM;
	loop->polled = polled;
	watched = malloc(sizeof(*watched));
	if (!watched)
		return -ENOMEM;
	*watched = (struct watched){ .fd = fd, .ready = ready, .ctx = ctx };
	for (end = &loop->watched; *end;)
		end = &(*end)->next;
	*end = watched;
	loop->nr++;
	return 0;
}

void loop__unwatch(struct loop *loop, int fd)
{
	struct watched *watched;

	for (watched = loop->watched; watched; watched = watched->next)
		if (watched->fd == fd)
			watched->fd = -1;
}

struct loop_timer *loop__timer(struct loop *loop, void (*due)(void *ctx, uint64_t now_ns), void *ctx)
{
	struct loop_timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct loop_timer){ .next = loop->timers, .due_ns = LOOP_NEVER, .due = due, .ctx = ctx };
	loop->timers = timer;
	return timer;
}

void loop_timer__set(struct loop_timer *timer, uint64_t due_ns)
{
	timer->due_ns = due_ns;
}

/* Forgets descriptors that are no longer watched, and lists the others for poll(2). */
static void prepare(struct loop *loop)
{
	struct watched **at = &loop->watched, *gone;

	loop->nr = 0;
	while (*at) {
		if ((*at)->fd >= 0) {
			loop->polled[loop->nr++] = (struct pollfd){ .fd = (*at)->fd, .events = POLLIN };
			at = &(*at)->next;
			continue;
		}
		gone = *at;
		*at = gone->next;
		free(gone);
	}
}

static uint64_t first_due(const struct loop *loop)
{
	const struct loop_timer *timer;
	uint64_t due_ns = LOOP_NEVER;

	for (timer = loop->timers; timer; timer = timer->next)
		due_ns = timer->due_ns < due_ns ? timer->due_ns : due_ns;
	return due_ns;
}

/* Whether descriptors are ready. */
static int wait_for_first(struct loop *loop)
{
	uint64_t due_ns = first_due(loop), now_ns = clock__boot_ns(), left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
	struct timespec timeout = { left_ns / NSEC_PER_SEC, left_ns % NSEC_PER_SEC };

	return ppoll(loop->polled, loop->nr, due_ns == LOOP_NEVER ? NULL : &timeout, NULL) > 0;
}

/* Descriptors that are added meanwhile come after the ones that were polled. */
static void call_ready(struct loop *loop)
{
	struct watched *watched = loop->watched;
	size_t i, nr = loop->nr;

	for (i = 0; i < nr; i++, watched = watched->next)
		if (watched->fd >= 0 && loop->polled[i].revents)
			watched->ready(watched->ctx);
}

static void call_due(struct loop *loop)
{
	uint64_t now_ns = clock__boot_ns();
	struct loop_timer *timer;

	for (timer = loop->timers; timer; timer = timer->next) {
		if (timer->due_ns > now_ns)
			continue;
		timer->due_ns = LOOP_NEVER;
		timer->due(timer->ctx, now_ns);
	}
}

void loop__turn(struct loop *loop)
{
	prepare(loop);
	if (wait_for_first(loop))
		call_ready(loop);
	call_due(loop);
}
