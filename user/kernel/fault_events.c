// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fault_events.h"

#include <linux/perf_event.h>

static const struct perf_wish wishes[] = {
	{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS },
	{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS_MIN },
	{ .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS_MAJ },
};

int fault_events__open(struct perf_counts *events)
{
	return perf_counts__open(events, wishes, sizeof(wishes) / sizeof(*wishes));
}

int fault_events__read(const struct perf_counts *events, struct fault_count *count)
{
	uint64_t sums[PERF_COUNTS_MAX] = { 0 };
	int err = perf_counts__read(events, sums);

	*count = (struct fault_count){ .exceptions = sums[0], .accounted = sums[1] + sums[2] };
	return err;
}
