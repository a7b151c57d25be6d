// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What people call the cgroups of a report: one metric, whose value is 1, has the container, pod and unit of each, to
 * be joined with the others.  As labels of all metrics they would be in the file as often as there are metrics.
 */
#include "metrics_impl.h"

#include <errno.h>
#include <string.h>

#include "../model/cgroup_path.h"

#define NR_LABELS 5

/* A name that the report has; in the arena, as what it borrows lives as long. */
struct shown_name {
	UT_hash_handle hh;
	const char *name;
};

int metrics__show_cgroup(struct metrics *m, const char *name)
{
	struct shown_name *shown;

	if (name[0] != '/')
		return 0; /* "other", "-", an id */
	HASH_FIND_STR(m->shown_cgroups, name, shown);
	if (shown)
		return 0;
	shown = arena__zeroed(&m->arena, sizeof(*shown));
	if (!shown)
		return -ENOMEM;
	shown->name = name;
	HASH_ADD_KEYPTR(hh, m->shown_cgroups, shown->name, strlen(shown->name), shown);
	return shown->hh.tbl ? 0 : -ENOMEM;
}

void metrics__forget_shown(struct metrics *m)
{
	HASH_CLEAR(hh, m->shown_cgroups);
}

static void add_label(struct sample *sample, struct label *labels, const char *name, const char *value)
{
	if (value[0])
		labels[sample->nr_labels++] = (struct label){ name, value };
}

/* false: the path says nothing, or memory ran out, which the arena remembers. */
static bool name_cgroup(struct metrics *m, const char *name, struct sample *sample)
{
	struct cgroup_path *path = arena__zeroed(&m->arena, sizeof(*path));
	struct label *labels = arena__zeroed(&m->arena, NR_LABELS * sizeof(*labels));

	if (!path || !labels)
		return false;
	cgroup_path__read(path, name);
	*sample = (struct sample){ .labels = labels, .value = 1 };
	add_label(sample, labels, "cgroup", name);
	add_label(sample, labels, "container_id", path->container);
	add_label(sample, labels, "pod_uid", path->pod);
	add_label(sample, labels, "runtime", path->runtime);
	add_label(sample, labels, "unit", path->unit);
	return sample->nr_labels > 1;
}

int metrics__add_cgroup_names(struct metrics *m, struct report *report)
{
	const struct metric_row *row = &self_metrics[SELF_CGROUP_INFO];
	struct sample *samples = arena__zeroed(&m->arena, (HASH_COUNT(m->shown_cgroups) + 1) * sizeof(*samples));
	struct metric metric = { .name = row->name, .help = row->help, .type = row->type, .samples = samples };
	struct shown_name *shown, *next;

	if (!samples)
		return -ENOMEM;
	HASH_ITER (hh, m->shown_cgroups, shown, next)
		metric.nr_samples += name_cgroup(m, shown->name, &samples[metric.nr_samples]);
	report__add_metric(report, &metric);
	return 0;
}
