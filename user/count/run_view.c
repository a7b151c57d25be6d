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

uint64_t run_view__begin_ns(const struct run_view *view, enum scope scope)
{
	return scope == SCOPE_TOTAL ? view->start_ns : view->interval_start_ns;
}

double run_view__seconds(const struct run_view *view, enum scope scope)
{
	return (view->checkpoint->now_ns - run_view__begin_ns(view, scope)) / 1e9;
}
