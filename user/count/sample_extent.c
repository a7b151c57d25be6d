// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sample_extent.h"

static bool is_known(uint64_t value)
{
	return value != MT_UNKNOWN_U64;
}

void sample_extent__begin(struct sample_extent *extent, uint64_t value)
{
	*extent = (struct sample_extent){ .begin = value, .end = value, .min = value, .max = value };
}

void sample_extent__widen(struct sample_extent *extent, uint64_t value)
{
	extent->end = value;
	if (!is_known(value))
		return;
	if (!is_known(extent->min) || value < extent->min)
		extent->min = value;
	if (!is_known(extent->max) || value > extent->max)
		extent->max = value;
}

uint64_t sample_extent__growth(const struct sample_extent *extent)
{
	return is_known(extent->begin) && is_known(extent->end) ? extent->end - extent->begin : MT_UNKNOWN_U64;
}

uint64_t sample_extent__never_less(const struct sample_extent *extent, enum sample_kind kind, uint64_t value)
{
	if (kind != SAMPLE_COUNTER || !is_known(value) || !is_known(extent->max) || value > extent->max)
		return value;
	return extent->max;
}
