// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "bars.h"

#include <stdio.h>
#include <string.h>

struct levels {
	size_t nr;
	const char *text[9]; /* the first: nothing */
};

static const struct levels utf8_levels = { 9, { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" } };
static const struct levels ascii_levels = { 6, { " ", ".", ":", "-", "=", "#" } };

static float greatest(const float *values, size_t nr)
{
	float max = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		max = values[i] > max ? values[i] : max;
	return max;
}

/* What is not 0 is seen, however small. */
static size_t level_of(const struct levels *levels, float value, float max)
{
	size_t level;

	if (!(value > 0) || !(max > 0))
		return 0;
	if (value >= max)
		return levels->nr - 1;
	level = (size_t)(value / max * (float)(levels->nr - 1) + 0.5F);
	return level ? level : 1;
}

char *bars__spark(char *buf, const float *values, size_t nr, float max, bool utf8)
{
	const struct levels *levels = utf8 ? &utf8_levels : &ascii_levels;
	char *at = buf;
	size_t i;

	if (!(max > 0))
		max = greatest(values, nr);
	for (i = 0; i < nr; i++)
		at = stpcpy(at, levels->text[level_of(levels, values[i], max)]);
	*at = '\0';
	return buf;
}

static bool is_marked(size_t i, size_t width, const double *marks, size_t nr_marks)
{
	size_t m;

	for (m = 0; m < nr_marks; m++)
		if (marks[m] >= 0 && marks[m] <= 1 && i == (size_t)(marks[m] * (double)(width - 1) + 0.5))
			return true;
	return false;
}

static size_t columns_of(double share, size_t width)
{
	return share > 0 ? (size_t)((share < 1 ? share : 1) * (double)width + 0.5) : 0;
}

char *bars__bar(char *buf, size_t width, double share, double lighter, const double *marks, size_t nr_marks, bool utf8)
{
	size_t i, full = columns_of(share, width), half = columns_of(lighter, width);
	char *at = buf;

	for (i = 0; i < width; i++) {
		if (is_marked(i, width, marks, nr_marks))
			at = stpcpy(at, utf8 ? "│" : "|");
		else if (i < full)
			at = stpcpy(at, utf8 ? "█" : "#");
		else if (i < half)
			at = stpcpy(at, utf8 ? "▒" : "=");
		else
			at = stpcpy(at, utf8 ? "░" : ".");
	}
	*at = '\0';
	return buf;
}
