// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "small_file.h"

#define TIME_NAMESPACE "/proc/self/ns/time"

uint64_t clock__ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/* The file tells of the namespace that children will be in: until an exec or a fork that may be another one. */
static bool tells_of_this(void)
{
	struct stat own, of_children;

	return !stat(TIME_NAMESPACE, &own) && !stat(TIME_NAMESPACE "_for_children", &of_children) &&
	       own.st_ino == of_children.st_ino;
}

static int64_t shift_of(const char *text, const char *name)
{
	const char *line = strstr(text, name);
	int64_t seconds, ns;

	return line && sscanf(line + strlen(name), "%" SCNd64 "%" SCNd64, &seconds, &ns) == 2 ?
		       seconds * (int64_t)NSEC_PER_SEC + ns :
		       0;
}

int64_t clock__shift_ns(clockid_t id)
{
	static int64_t boot, monotonic;
	static bool known;
	char text[256];

	if (!known) {
		known = true;
		if (tells_of_this() &&
		    small_file__read_at(AT_FDCWD, "/proc/self/timens_offsets", text, sizeof(text)) > 0) {
			boot = shift_of(text, "boottime");
			monotonic = shift_of(text, "monotonic");
		}
	}
	return id == CLOCK_BOOTTIME ? boot : id == CLOCK_MONOTONIC ? monotonic : 0;
}

uint64_t clock__boot_ns(void)
{
	return clock__ns(CLOCK_BOOTTIME) - (uint64_t)clock__shift_ns(CLOCK_BOOTTIME);
}

int64_t clock__wall_offset_ns(void)
{
	return (int64_t)(clock__ns(CLOCK_REALTIME) - clock__boot_ns());
}
