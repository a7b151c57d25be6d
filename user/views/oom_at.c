// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_at.h"

#include <errno.h>

#include "oom_impl.h"

static void add_fields(struct oom_view *view, unsigned int percent)
{
	const struct oom_kill *kill = view->kill;
	struct fields *f = &view->fields;

	cgroup_path__read(&view->path, kill->limit.cgroup);
	fields__add(f, "version", UNIT_NONE, cell_string(MEMTRACE_VERSION));
	fields__number(f, "time_ns", UNIT_NONE, kill->when.wall_ns);
	fields__add(f, "share", UNIT_SHARE, cell_real(percent / 100.0));
	fields__add(f, "cgroup", UNIT_NONE, oom__text(kill->limit.cgroup));
	fields__add(f, "container", UNIT_NONE, oom__text(view->path.container));
	fields__add(f, "unit", UNIT_NONE, oom__text(view->path.unit));
	fields__number(f, "limit_bytes", UNIT_BYTES, kill->limit.bytes);
	fields__number(f, "usage_bytes", UNIT_BYTES, kill->limit.usage);
}

int oom_at__add(struct oom_view *view, const struct oom_kill *kill, unsigned int percent, bool first,
		struct call_paths_view *paths, struct report *report)
{
	char when[64], usage[OOM_WORD], limit[OOM_WORD];

	view->kill = kill;
	add_fields(view, percent);
	fields__report(&view->fields, report);
	oom_view__add_before(view, report);
	if (!first)
		report__add_note(report, "%s", "");
	oom__time(when, sizeof(when), &kill->when);
	report__add_note(report, "%s%s has passed %u%% of its limit (%s of %s)", when, oom__or_dash(kill->limit.cgroup),
			 percent, oom__bytes(usage, kill->limit.usage), oom__bytes(limit, kill->limit.bytes));
	oom_view__say_before(view, report);
	if (paths) {
		report__add_note(report, "page faults there before, by call path");
		return call_paths_view__add(paths, report);
	}
	return report->failed ? -ENOMEM : 0;
}
