/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a service manager is told: systemd's protocol, a datagram of lines to the socket that NOTIFY_SOCKET names
 * (sd_notify(3)).  Without a manager all of it does nothing.
 */
#ifndef MEMTRACE_BASE_SERVICE_H
#define MEMTRACE_BASE_SERVICE_H

#include <stdint.h>

struct service {
	int socket;	      /* connected; -1: there is no manager */
	uint64_t watchdog_ns; /* it wants a sign of life as often as that; 0: it does not */
};

/* Takes the variables out of the environment: they are not for programs that memtrace starts. */
void service__open(struct service *service);
/* Lines such as "READY=1" or "WATCHDOG=1".  Waits up to a second if the manager does not read; what it then did not
 * take is lost. */
void service__tell(const struct service *service, const char *lines);
void service__close(struct service *service);

#endif
