// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "compared_runs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../base/units.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static const char *spell_time(char *text, size_t size, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;

	snprintf(text, size, "?");
	if (localtime_r(&seconds, &tm))
		strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

static void add_run(struct compared_runs_view *view, const struct compared_runs *runs, struct report *report,
		    enum compared_side_id id)
{
	static const char *const paths[] = { [COMPARED_BEFORE] = "before", [COMPARED_NOW] = "now" };
	static const char *const titles[] = { [COMPARED_BEFORE] = "before:", [COMPARED_NOW] = "now:   " };
	static const struct column columns[] = { { .path = "recording" },
						 { .path = "start_ns", .unit = UNIT_NS },
						 { .path = "duration_ns", .unit = UNIT_NS },
						 { .path = "lost" } };
	const struct compared_when *run = &runs->run[id];
	char date[32], length[32], lost[LOSSES_TEXT_MAX];

	losses__text(&run->losses, lost, sizeof(lost));
	report__add_note(report, "%s %s from %s of %s  %s", titles[id],
			 format_duration(length, sizeof(length), run->duration_ns),
			 spell_time(date, sizeof(date), run->start_ns), view->recordings[id], lost);
	view->cells[id][0] = cell_string(view->recordings[id]);
	view->cells[id][1] = cell_uint(run->start_ns);
	view->cells[id][2] = cell_uint(run->duration_ns);
	view->cells[id][3] = cell_bool(strncmp(lost, "nothing", 7) != 0);
	report__add_values(report, &(struct values){ .path = paths[id],
						     .columns = columns,
						     .cells = view->cells[id],
						     .nr_columns = NR(columns) });
}

void compared_runs_view__add(struct compared_runs_view *view, const struct compared_runs *runs, struct report *report)
{
	double scale = compared_runs__scale(runs);

	add_run(view, runs, report, COMPARED_BEFORE);
	add_run(view, runs, report, COMPARED_NOW);
	if (scale != 1)
		report__add_note(report,
				 "one is longer than the other: BEFORE is what it would be in the time of NOW (x%.3g)",
				 scale);
}
