// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "service.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "units.h"

/* A path, or with "@" a name that is in no file system. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval second = { .tv_sec = 1 };
	size_t len = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || !name[1] || len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	if (!connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		return fd;
	close(fd);
	return -1;
}

/* Only if it is meant for this process. */
static uint64_t read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, who;

	if (!usec || parse_uint(usec, 1, UINT64_MAX / 1000, &us))
		return 0;
	if (pid && (parse_uint(pid, 1, INT32_MAX, &who) || who != (uint64_t)getpid()))
		return 0;
	return us * 1000;
}

void service__open(struct service *service)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*service = (struct service){ .socket = name ? connect_to(name) : -1 };
	if (service->socket >= 0)
		service->watchdog_ns = read_watchdog();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void service__tell(const struct service *service, const char *lines)
{
	if (service->socket >= 0)
		(void)!send(service->socket, lines, strlen(lines), MSG_NOSIGNAL);
}

void service__close(struct service *service)
{
	if (service->socket >= 0)
		close(service->socket);
	service->socket = -1;
}
