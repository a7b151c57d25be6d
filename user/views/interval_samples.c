// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "interval_samples.h"

#include <errno.h>

int interval_samples__render(struct interval_samples *storage, const struct run_view *view, struct render *render)
{
	struct report *report;
	int err;

	if (!render->output.ops->intervals)
		return 0;
	report = report__new("memtrace.samples/1");
	if (!report)
		return -ENOMEM;
	summary__init(&storage->summary, view);
	summary__add_run(&storage->summary, report, SCOPE_INTERVAL);
	samples__add(&storage->samples, view, report, SCOPE_INTERVAL);
	err = render__report(render, report);
	report__free(report);
	return err;
}
