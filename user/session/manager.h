/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the service manager that started memtrace hears of a run: when it has begun, signs of life, the end. */
#ifndef MEMTRACE_SESSION_MANAGER_H
#define MEMTRACE_SESSION_MANAGER_H

#include <stdbool.h>

#include "../base/service.h"

struct loop;
struct loop_timer;

struct manager {
	struct service service;
	struct loop_timer *alive; /* when it wants the next sign of life; owned by the loop */
};

/* If there is one.  Before CMD is started: what names the manager is for memtrace alone. */
void manager__open(struct manager *manager);
/* Tells nobody: CMD is the service, and may speak for itself. */
void manager__none(struct manager *manager);
/*
 * All is attached; status: lines such as "STATUS=...\n", NULL: that it is tracing.  From then on the manager gets signs
 * of life from the loop in which everything is counted: if that stands still, it starts memtrace again.  0 or -ENOMEM.
 */
int manager__ready(struct manager *manager, struct loop *loop, const char *status);
/* Whether there is one. */
bool manager__listens(const struct manager *manager);
/* Lines such as "STATUS=...". */
void manager__tell(const struct manager *manager, const char *lines);
/* The run is over. */
void manager__stopping(const struct manager *manager);
void manager__close(struct manager *manager);

#endif
