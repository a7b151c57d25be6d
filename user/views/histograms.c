// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "histograms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *label_value(const struct hist_entry *entry, struct histogram_text *text)
{
	const char *const *names = entry->row->label_names;
	int64_t i;

	for (i = 0; names && names[i]; i++)
		if (i == entry->label)
			return names[i];
	if (entry->label == MT_UNKNOWN_S32)
		return "unknown";
	snprintf(text->value, sizeof(text->value), "%lld", (long long)entry->label);
	return text->value;
}

static struct label number_label(const char *name, char *buf, size_t size, uint32_t number)
{
	snprintf(buf, size, "%u", number);
	return (struct label){ name, buf };
}

/* What names the group, as labels; how many, at most three.  None if one histogram is for all, or the task is unknown.
 */
static size_t group_labels(const struct run_view *view, const struct hist_entry *entry, struct histogram_text *text,
			   struct label *labels)
{
	static const char *const names[] = { [BY_PROCESS] = "pid",
					     [BY_THREAD] = "tid",
					     [BY_COMM] = "comm",
					     [BY_CGROUP] = "cgroup",
					     [BY_ROLE] = "role" };
	const char *group = entry->comm;
	size_t nr = 0;

	if (view->hist_by == BY_ALL)
		return 0;
	if (entry->other) {
		labels[0] = (struct label){ names[view->hist_by], "other" };
		return 1;
	}
	if (entry->pid)
		labels[nr++] = number_label("pid", text->pid, sizeof(text->pid), entry->pid);
	if (entry->tid)
		labels[nr++] = number_label("tid", text->tid, sizeof(text->tid), entry->tid);
	if (view->hist_by == BY_CGROUP)
		group = entry->cgroup_id ? view->names->cgroup(view->names->ctx, entry->cgroup_id) : "";
	snprintf(text->group, sizeof(text->group), "%s", group);
	if (group[0])
		labels[nr++] = (struct label){ view->hist_by == BY_CGROUP ? "cgroup" : "comm", text->group };
	return nr;
}

/* A role is of a program. */
static size_t role_labels(const struct run_view *view, const struct hist_entry *entry, struct histogram_text *text,
			  struct label *labels)
{
	const struct role_name *name = entry->role ? task_roles__name(view->roles, entry->role) : NULL;
	size_t nr = 0;

	if (!name)
		return 0;
	text->role = *name;
	labels[nr++] = (struct label){ "program", text->role.program };
	if (text->role.role[0])
		labels[nr++] = (struct label){ "role", text->role.role };
	return nr;
}

static void fill(const struct run_view *view, const struct hist_entry *entry, struct histogram *hist,
		 struct histogram_text *text)
{
	const struct hist_row *row = entry->row;
	size_t nr = 0;

	text->row = row;
	if (row->label && entry->count)
		text->labels[nr++] = (struct label){ row->label, label_value(entry, text) };
	if (entry->count && view->hist_by == BY_ROLE && !entry->other)
		nr += role_labels(view, entry, text, text->labels + nr);
	else if (entry->count)
		nr += group_labels(view, entry, text, text->labels + nr);
	*hist = (struct histogram){
		.name = row->name,
		.help = row->help,
		.unit = row->unit,
		.labels = text->labels,
		.nr_labels = nr,
		.counts = entry->counts,
		.nr_counts = MT_HIST_SLOTS,
		.sum = entry->sum,
		.count = entry->count,
		.exact = row->event == MT_REC_NONE,
	};
}

static bool has_kinds(enum mt_rec_id event)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++)
		if (hist_rows[i].by_kind && hist_rows[i].event == event)
			return true;
	return false;
}

/* A latency that is not measured has no histogram, not an empty one. */
static bool is_measured(const struct run_view *view, const struct hist_row *row)
{
	const struct probe_status *status = &view->probes[row->probe];

	if (!run_view__asked(view, row->probe) || !status->hooked)
		return false;
	if (row->by_kind != (view->by_kind && has_kinds(row->event)))
		return false;
	if (row->event == MT_REC_NONE || event_rows[row->event].use != EVENT_LATENCY)
		return true;
	return view->facts->latency && !status->lacks_latency;
}

static bool has_entry(const struct histograms *h, size_t nr, const struct hist_row *row)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (h->entries[i].row == row)
			return true;
	return false;
}

/* Appends an entry without counts for each histogram that is measured and saw nothing. */
static int add_empty(struct histograms *h, const struct run_view *view)
{
	struct hist_entry *entries = realloc(h->entries, (h->nr + nr_hist_rows) * sizeof(*entries));
	size_t i, seen = h->nr;

	if (!entries)
		return -ENOMEM;
	h->entries = entries;
	for (i = 0; i < nr_hist_rows; i++) {
		if (!is_measured(view, &hist_rows[i]) || has_entry(h, seen, &hist_rows[i]))
			continue;
		memset(&entries[h->nr], 0, sizeof(*entries));
		entries[h->nr++].row = &hist_rows[i];
	}
	return 0;
}

int histograms__make(struct histograms *h, const struct run_view *view, enum scope scope)
{
	size_t i, nr_entries;
	int err;

	memset(h, 0, sizeof(*h));
	err = aggregate__histograms(view->aggregate, scope, &h->entries, &h->nr);
	if (!err)
		err = add_empty(h, view);
	if (err)
		return err;
	h->list = calloc(h->nr + 1, sizeof(*h->list));
	h->texts = calloc(h->nr + 1, sizeof(*h->texts));
	if (!h->list || !h->texts)
		return -ENOMEM;
	nr_entries = h->nr;
	for (h->nr = i = 0; i < nr_entries; i++)
		if (is_measured(view, h->entries[i].row)) {
			fill(view, &h->entries[i], &h->list[h->nr], &h->texts[h->nr]);
			h->nr++;
		}
	return 0;
}

int histograms__add(struct histograms *h, const struct run_view *view, struct report *report, enum scope scope,
		    bool not_in_text)
{
	int err = histograms__make(h, view, scope);

	if (!err)
		report__add_histograms(report, h->list, h->nr, not_in_text);
	return err;
}

void histograms__done(struct histograms *h)
{
	free(h->entries);
	free(h->list);
	free(h->texts);
	memset(h, 0, sizeof(*h));
}
