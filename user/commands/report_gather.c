// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "report_gather.h"

#include <errno.h>

#define MAX_GROUPS  16	     /* nothing is grouped here */
#define INTERVAL_NS 10000000 /* no recording has moments that are closer */

struct session_config report_gather__config(void)
{
	return (struct session_config){
		.samples = true,
		.stacks_if_any = true,
		.default_interval_ns = INTERVAL_NS,
		.aggregate = {
			.by = BY_PROCESS,
			.hist_by = BY_ALL,
			.intervals = true,
			.max_groups = MAX_GROUPS,
		},
	};
}

int report_gather__begin(struct report_gather *gather)
{
	if (gather->over_time)
		return 0;
	gather->over_time = run_over_time__new();
	return gather->over_time ? paths_view__init(&gather->paths) : -ENOMEM;
}

void report_gather__done(struct report_gather *gather)
{
	run_over_time__free(gather->over_time);
	gather->over_time = NULL;
	paths_view__done(&gather->paths);
}

uint32_t report_gather__at(const struct report_gather *gather, const void *record)
{
	return stretches__of_event(&gather->over_time->stretches, ((const struct mt_hdr *)record)->time_ns);
}

int report_gather__event(struct report_gather *gather, const struct session *session, const struct event_row *row,
			 const void *record)
{
	return paths_view__event(&gather->paths, row, record, &session->names, session->facts.page_size,
				 report_gather__at(gather, record));
}

int report_gather__interval(struct report_gather *gather, const struct session *session)
{
	struct stretches *stretches = &gather->over_time->stretches;

	if (!stretches->nr)
		stretches->begin_ns = session->view.start_ns;
	if (session->view.interval_end_ns <= session->view.interval_start_ns)
		return 0;
	if (stretches__is_full(stretches))
		paths_over_time__halve(&gather->paths.paths);
	return run_over_time__interval(gather->over_time, &session->view);
}
