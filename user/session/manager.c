// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "manager.h"

#include <errno.h>
#include <stddef.h>

#include "../base/clock.h"
#include "../base/loop.h"

void manager__open(struct manager *manager)
{
	manager->alive = NULL;
	service__open(&manager->service);
}

void manager__none(struct manager *manager)
{
	*manager = (struct manager){ .service.socket = -1 };
}

static void on_alive(void *ctx, uint64_t now_ns)
{
	struct manager *manager = ctx;

	service__tell(&manager->service, "WATCHDOG=1\n");
	loop_timer__set(manager->alive, now_ns + manager->service.watchdog_ns / 2);
}

int manager__ready(struct manager *manager, struct loop *loop, const char *status)
{
	service__tell(&manager->service, "READY=1\n");
	service__tell(&manager->service, status ? status : "STATUS=tracing\n");
	if (!manager->service.watchdog_ns)
		return 0;
	manager->alive = loop__timer(loop, on_alive, manager);
	if (!manager->alive)
		return -ENOMEM;
	on_alive(manager, clock__boot_ns());
	return 0;
}

bool manager__listens(const struct manager *manager)
{
	return manager->service.socket >= 0;
}

void manager__tell(const struct manager *manager, const char *lines)
{
	service__tell(&manager->service, lines);
}

void manager__stopping(const struct manager *manager)
{
	service__tell(&manager->service, "STOPPING=1\n");
}

void manager__close(struct manager *manager)
{
	service__close(&manager->service);
}
