// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "targets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/stop.h"
#include "../kernel/proc.h"

/* A pidfd polls readable when no thread of the process is left (kernel/signal.c, do_notify_pidfd()). */
static void on_end(void *ctx)
{
	struct target *target = ctx;
	struct targets *targets = target->targets;

	loop__unwatch(targets->loop, target->fd);
	close(target->fd);
	target->fd = -1;
	if (--targets->living)
		return;
	log_note(targets->nr > 1 ? "the processes that -p names have ended" : "the process that -p names has ended");
	stop__end();
}

static int watch(struct targets *targets, uint64_t pid)
{
	struct target *target = &targets->list[targets->nr];

	*target = (struct target){ .fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0), .targets = targets };
	if (target->fd < 0)
		return -errno;
	targets->nr++;
	targets->living++;
	return loop__watch(targets->loop, target->fd, on_end, target);
}

int targets__watch(struct targets *targets, struct loop *loop, const struct options *options)
{
	size_t i;
	int err = 0;

	*targets = (struct targets){ .loop = loop };
	if (!options->pids.nr || options->follow || options->cmd || !proc__initial_pid_namespace())
		return 0;
	targets->list = calloc(options->pids.nr, sizeof(*targets->list));
	if (!targets->list)
		return -ENOMEM;
	for (i = 0; !err && i < options->pids.nr; i++)
		err = watch(targets, options->pids.list[i]);
	if (!err || err == -ENOMEM)
		return err;
	log_debug("the processes that -p names are not watched: one cannot be");
	targets__free(targets);
	return 0;
}

void targets__free(struct targets *targets)
{
	size_t i;

	for (i = 0; i < targets->nr; i++) {
		if (targets->list[i].fd < 0)
			continue;
		loop__unwatch(targets->loop, targets->list[i].fd);
		close(targets->list[i].fd);
	}
	free(targets->list);
	*targets = (struct targets){ 0 };
}
