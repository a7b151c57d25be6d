// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stats.h"

#include <linux/bpf.h>

#include <bpf/bpf.h>

int stats__enable(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}
