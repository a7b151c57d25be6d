// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run_view.h"

bool run_view__asked(const struct run_view *view, enum mt_probe probe)
{
	return view->asked & (1U << probe);
}

bool run_view__knows(const struct run_view *view, enum mt_slot slot)
{
	const struct slot_row *row = &slot_rows[slot];
	const struct probe_status *status = &view->probes[row->probe];

	if (!status->attached || status->lacks[slot])
		return false;
	return row->role == ROLE_ACCOUNTED || status->hooked;
}

bool run_view__sum(const struct run_view *view, const struct probe_column *column, const uint64_t *counts,
		   uint64_t *sum)
{
	bool known = false;
	size_t i;

	*sum = 0;
	for (i = 0; i < column->nr_slots; i++) {
		*sum += counts[column->slots[i]];
		known |= run_view__knows(view, column->slots[i]);
	}
	return known;
}

uint64_t run_view__begin_ns(const struct run_view *view, enum scope scope)
{
	return scope == SCOPE_TOTAL ? view->start_ns : view->interval_start_ns;
}

uint64_t run_view__duration_ns(const struct run_view *view, enum scope scope)
{
	uint64_t end_ns = scope == SCOPE_TOTAL ? view->checkpoint->now_ns : view->interval_end_ns;

	return end_ns - run_view__begin_ns(view, scope);
}

double run_view__seconds(const struct run_view *view, enum scope scope)
{
	return run_view__duration_ns(view, scope) / 1e9;
}

bool run_view__shows(const struct run_view *view, const struct probe_column *column)
{
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (column->without >> id & 1 && run_view__asked(view, id) && view->probes[id].attached)
			return false;
	return true;
}
