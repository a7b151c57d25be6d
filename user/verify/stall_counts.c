// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stall_counts.h"

#include <unistd.h>

/* As docs/verify.md says. */
#define CLOCKS_NS     20000000ULL /* reading one of the clocks may be interrupted for so long */
#define CLOCKS_EACH   5000ULL	  /* a stall */
#define PSI_PERIOD_NS 2000000000ULL
#define READ_EACH_NS  1000000000ULL /* memtrace reads PSI */

/* Also those that are off now: they may have been on. */
static bool has_many_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_CONF) > 1;
}

static uint64_t growth(const struct session *session, enum sample_id id)
{
	const struct sample_counts *samples = &session->samples;

	return samples->any ? sample_extent__growth(&samples->extents[SCOPE_TOTAL][id]) : MT_UNKNOWN_U64;
}

bool stall_counts__sees_all(const struct session *session)
{
	return run_view__knows(&session->view, MT_SLOT_stall_other_ns);
}

void stall_counts__kernel(const struct session *session, const struct counter_row *row, struct kernel_figure *figure)
{
	uint64_t psi = growth(session, SAMPLE_pressure_memory_some_total);
	uint64_t ns = row->file == COUNTERS_PSI ? psi : growth(session, SAMPLE_stalls_some);

	*figure = (struct kernel_figure){ .known = ns != MT_UNKNOWN_U64, .low = ns, .high = ns };
	if (figure->known)
		return;
	if (psi == MT_UNKNOWN_U64)
		figure->why = "this kernel has no PSI, or it is off";
	else
		figure->why = "this kernel lets no program read its times (system_group_pcpu)";
}

bool stall_counts__own(const struct session *session, enum figure figure, uint64_t *ns)
{
	*ns = growth(session, figure == FIGURE_STALLED ? SAMPLE_stalls_union : SAMPLE_stalls_explained);
	return *ns != MT_UNKNOWN_U64;
}

uint64_t stall_counts__clocks(uint64_t ns, uint64_t stalls)
{
	return ns / 100 * (has_many_cpus() ? 2 : 1) + stalls * CLOCKS_EACH + CLOCKS_NS;
}

void stall_counts__bounds(const struct session *session, uint64_t stalls, uint64_t bounds[NR_BOUNDS])
{
	uint64_t duration_ns, ns;

	if (!stall_counts__own(session, FIGURE_STALLED_BY_CPU, &ns))
		return;
	duration_ns = run_view__duration_ns(&session->view, SCOPE_TOTAL);
	bounds[BOUND_STALL_CLOCKS] = stall_counts__clocks(ns, stalls);
	bounds[BOUND_STALLED_ON_CPUS] = has_many_cpus() ? ns : 0;
	bounds[BOUND_STALL_PERIODS] = duration_ns / PSI_PERIOD_NS + duration_ns / READ_EACH_NS + 2;
}
