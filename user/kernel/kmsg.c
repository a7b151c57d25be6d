// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/stop.h"

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX, what a read gives at most */

/* "6,1234,5678901,-;text": the kernel numbers its records from 0 on. */
static void count_lost(const char *record, uint64_t *next, uint64_t *lost)
{
	unsigned long long number;

	if (sscanf(record, "%*u,%19llu,", &number) != 1)
		return;
	if (number > *next)
		*lost += number - *next;
	*next = number + 1;
}

int kmsg__each(int (*take)(void *ctx, const char *record, size_t len), void *ctx, uint64_t *lost)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = fd < 0 ? -errno : 0;
	char record[RECORD_MAX + 1];
	uint64_t next = 0;
	ssize_t len;

	*lost = 0;
	while (!err && !stop__asked()) {
		len = read(fd, record, RECORD_MAX);
		/* EPIPE: some were overwritten before they were read */
		if (len < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (len <= 0) {
			err = len < 0 && errno != EAGAIN ? -errno : 0;
			break;
		}
		record[len] = '\0';
		count_lost(record, &next, lost);
		err = take(ctx, record, (size_t)len);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* The log's clock is local_clock(), which follows CLOCK_MONOTONIC but for what NTP corrects. */
int64_t kmsg__wall_offset_ns(void)
{
	return (int64_t)clock__ns(CLOCK_REALTIME) - (int64_t)clock__ns(CLOCK_MONOTONIC) +
	       clock__shift_ns(CLOCK_MONOTONIC);
}
