// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "clock.h"

uint64_t clock__ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

uint64_t clock__boot_ns(void)
{
	return clock__ns(CLOCK_BOOTTIME);
}

int64_t clock__wall_offset_ns(void)
{
	return (int64_t)(clock__ns(CLOCK_REALTIME) - clock__ns(CLOCK_BOOTTIME));
}
