// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record_filter.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/cgroup_name.h"

int filter_values__add(struct filter_values *values, const char *text, uint64_t number)
{
	struct filter_value *list = reallocarray(values->list, values->nr + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	values->list = list;
	list[values->nr] = (struct filter_value){ .text = strdup(text), .number = number };
	if (!list[values->nr].text)
		return -ENOMEM;
	values->nr++;
	return 0;
}

static void free_values(struct filter_values *values)
{
	while (values->nr) {
		values->nr--;
		free(values->list[values->nr].text);
		free(values->list[values->nr].found);
	}
	free(values->list);
	values->list = NULL;
}

void record_filter__free(struct record_filter *filter)
{
	free_values(&filter->pids);
	free_values(&filter->tids);
	free_values(&filter->uids);
	free_values(&filter->comms);
	free_values(&filter->cgroups);
	free(filter->ambiguous);
}

bool record_filter__has_tasks(const struct record_filter *filter)
{
	return filter->pids.nr || filter->tids.nr || filter->uids.nr || filter->comms.nr || filter->cgroups.nr;
}

/* All of them are looked at, so that each knows whether it was seen. */
static bool has_number(struct filter_values *values, uint64_t number)
{
	bool any = !values->nr;
	size_t i;

	for (i = 0; i < values->nr; i++) {
		if (values->list[i].number != number)
			continue;
		values->list[i].seen = true;
		any = true;
	}
	return any;
}

static bool is_comm(const char *text, const char *comm)
{
	return !strncmp(text, comm, MT_COMM_LEN - 1);
}

static bool has_comm(struct filter_values *values, const struct mt_who *who)
{
	bool any = !values->nr;
	size_t i;

	for (i = 0; i < values->nr; i++) {
		if (!is_comm(values->list[i].text, who->comm) && !is_comm(values->list[i].text, who->tcomm))
			continue;
		values->list[i].seen = true;
		any = true;
	}
	return any;
}

/* Is that path the cgroup's own, or one above it? */
static bool is_at_or_above(const char *path, const char *cgroup)
{
	size_t len = strcmp(path, "/") ? strlen(path) : 0;

	return !strncmp(cgroup, path, len) && (cgroup[len] == '/' || !cgroup[len]);
}

/* How long the path is up to the first directory that a short name means; 0: there is none. */
static size_t find_short(const char *text, const char *cgroup)
{
	char name[NAME_MAX + 1];
	size_t at = 0, len;

	for (; cgroup[at]; at += len) {
		at += cgroup[at] == '/';
		len = strcspn(cgroup + at, "/");
		if (len >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, cgroup + at);
		if (len && cgroup_name__means(text, name))
			return at + len;
	}
	return 0;
}

/* The first cgroup that a short name means is what it stands for; a second one would make it say nothing certain. */
static bool is_short_for(struct record_filter *filter, struct filter_value *value, const char *cgroup)
{
	size_t len = find_short(value->text, cgroup);

	if (!len)
		return false;
	if (!value->found)
		value->found = strndup(cgroup, len);
	if (value->found && strlen(value->found) == len && !strncmp(value->found, cgroup, len))
		return true;
	if (!filter->ambiguous) {
		filter->ambiguous = strndup(cgroup, len);
		filter->ambiguous_name = value->text;
	}
	return false;
}

static bool is_in(struct record_filter *filter, struct filter_value *value, const char *cgroup)
{
	return value->text[0] == '/' ? is_at_or_above(value->text, cgroup) : is_short_for(filter, value, cgroup);
}

bool record_filter__cgroup(struct record_filter *filter, uint64_t id)
{
	const char *cgroup = filter->cgroups.nr && id ? filter->cgroup(filter->ctx, id) : "";
	bool any = !filter->cgroups.nr || !id;
	size_t i;

	for (i = 0; id && i < filter->cgroups.nr; i++) {
		if (!is_in(filter, &filter->cgroups.list[i], cgroup))
			continue;
		filter->cgroups.list[i].seen = true;
		any = true;
	}
	return any;
}

static bool match(struct record_filter *filter, const struct mt_who *who)
{
	bool pid = has_number(&filter->pids, who->pid), tid = has_number(&filter->tids, who->tid);
	bool uid = has_number(&filter->uids, who->uid), comm = has_comm(&filter->comms, who);
	bool cgroup = !filter->cgroups.nr || (who->cgroup_id && record_filter__cgroup(filter, who->cgroup_id));

	return pid && tid && uid && comm && cgroup;
}

bool record_filter__who(struct record_filter *filter, const struct mt_who *who)
{
	return !record_filter__has_tasks(filter) || match(filter, who);
}

bool record_filter__task(struct record_filter *filter, const struct mt_who *who)
{
	/* also before what is wanted, so that it is known what was seen */
	return record_filter__who(filter, who) && !filter->before;
}

/* The task in a field; NULL: there is none, or it is not known. */
static const struct mt_who *who_in(const struct field_row *field, const void *record, const struct task_refs *task_refs)
{
	const char *at = (const char *)record + field->offset;
	const struct mt_who *who = field->type == FIELD_WHO ? (const struct mt_who *)at : NULL;

	if (field->type == FIELD_REF)
		who = task_refs__find(task_refs, ((const struct mt_ref *)at)->id);
	return who && (who->pid || who->tid) ? who : NULL;
}

bool record_filter__event(struct record_filter *filter, const struct event_row *row, const void *record,
			  const struct task_refs *task_refs)
{
	/* kswapd works for the machine, whoever woke it */
	bool any = !record_filter__has_tasks(filter) || row->id == MT_REC_kswapd;
	const struct mt_who *who;
	size_t i;

	for (i = 0; record_filter__has_tasks(filter) && i < row->nr_fields; i++) {
		who = who_in(&row->fields[i], record, task_refs);
		any |= who && match(filter, who);
	}
	return any;
}
