// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Whether a live source can do its work with the capabilities that the process has now. */
#include <unistd.h>

#include <bpf/bpf.h>

#include "../base/capabilities.h"
#include "../base/small_file.h"
#include "live_impl.h"

/*
 * Where bpf(2) is open to all now, the setting may still change while memtrace runs.  A kernel from 5.19 on would not
 * mind, but only a closed one shows which kind it is.
 */
static bool is_open_to_all(void)
{
	char line[16];

	return small_file__read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line)) ||
	       line[0] == '0';
}

bool live__may_go_on(struct live *live)
{
	int fd;

	if (is_open_to_all() && !capabilities__has(CAP_BPF) && !capabilities__has(CAP_SYS_ADMIN))
		return false;
	fd = bpf_iter_create(live->iter_link_fd);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
