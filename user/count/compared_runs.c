// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "compared_runs.h"

#define SAME 0.01 /* lengths that differ by less are the same */

void compared_runs__take(struct compared_runs *runs, enum compared_side_id side, const struct run_view *view)
{
	runs->run[side] = (struct compared_when){
		.start_ns = view->start_ns + (uint64_t)view->checkpoint->wall_offset_ns,
		.duration_ns = run_view__duration_ns(view, SCOPE_TOTAL),
		.losses = view->totals->losses,
	};
}

double compared_runs__scale(const struct compared_runs *runs)
{
	double before = (double)runs->run[COMPARED_BEFORE].duration_ns;
	double now = (double)runs->run[COMPARED_NOW].duration_ns;

	if (before <= 0 || now <= 0 || (now / before < 1 + SAME && now / before > 1 - SAME))
		return 1;
	return now / before;
}
