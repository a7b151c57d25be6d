// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One line an interval, in the habit of vmstat and sar. */
#include <stdio.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/units.h"
#include "state_impl.h"

#define LINE_FORMAT "%-8s %7s %7s %7s %9s %9s %9s %6s %9s %6s %6s %5s"

static double seconds(const struct state_looks *looks)
{
	return (looks->now->time_ns - looks->before->time_ns) / 1e9;
}

/* Pages that two counters counted, as bytes a second. */
static const char *rate(char buf[TEXT_LEN], const struct state_looks *looks, enum sample_id a, enum sample_id b)
{
	uint64_t pages = machine__growth(looks->before, looks->now, a);
	uint64_t bytes;

	if (a != b)
		pages = machine__sum(pages, machine__growth(looks->before, looks->now, b));
	bytes = machine__bytes(looks->now, pages);
	if (bytes == MT_UNKNOWN_U64 || seconds(looks) <= 0)
		return "-";
	return bytes ? format_bytes_rate(buf, TEXT_LEN, bytes / seconds(looks)) : "0";
}

/* Of what reclaim tried, the share that it got; "-" if it tried nothing. */
static const char *yield(char buf[TEXT_LEN], const struct state_looks *looks)
{
	uint64_t scanned = machine__sum(machine__growth(looks->before, looks->now, SAMPLE_vm_pgscan_anon),
					machine__growth(looks->before, looks->now, SAMPLE_vm_pgscan_file));
	uint64_t got = machine__sum(machine__growth(looks->before, looks->now, SAMPLE_vm_pgsteal_anon),
				    machine__growth(looks->before, looks->now, SAMPLE_vm_pgsteal_file));

	if (scanned == MT_UNKNOWN_U64 || got == MT_UNKNOWN_U64 || !scanned)
		return "-";
	return state__percent(buf, (double)got / scanned);
}

static const char *stalled(char buf[TEXT_LEN], const struct state_looks *looks, enum sample_id id)
{
	uint64_t ns = machine__growth(looks->before, looks->now, id);

	return state__percent(buf, ns == MT_UNKNOWN_U64 || seconds(looks) <= 0 ? -1 : ns / 1e9 / seconds(looks));
}

static const char *kills(char buf[TEXT_LEN], const struct state_looks *looks)
{
	uint64_t nr = machine__growth(looks->before, looks->now, SAMPLE_vm_oom_kill);

	return nr == MT_UNKNOWN_U64 ? "-" : format_count(buf, TEXT_LEN, nr);
}

static const char *swapped(char buf[TEXT_LEN], const struct machine *now)
{
	return state__bytes(buf, machine__grown(now->values[SAMPLE_swap_free], now->values[SAMPLE_swap_total]));
}

static const char *time_of_day(char buf[TEXT_LEN], uint64_t wall_ns)
{
	time_t at = wall_ns / NSEC_PER_SEC;
	struct tm tm;

	if (!localtime_r(&at, &tm))
		return "-";
	snprintf(buf, TEXT_LEN, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buf;
}

void state__add_line(const struct state_looks *looks, struct report *report, bool titles)
{
	const struct machine *now = looks->now;
	char text[12][TEXT_LEN];

	if (titles)
		report__add_note(report, LINE_FORMAT, "TIME", "FREE", "CACHE", "SWAPPED", "SWAPIN/s", "SWAPOUT/s",
				 "SCANNED/s", "YIELD", "REFAULT/s", "SOME", "FULL", "KILLS");
	report__add_note(report, LINE_FORMAT, time_of_day(text[0], now->time_ns + looks->wall_offset_ns),
			 state__bytes(text[1], now->values[SAMPLE_memory_free]),
			 state__bytes(text[2], machine__part(now, PART_CACHE)), swapped(text[3], now),
			 rate(text[4], looks, SAMPLE_vm_pswpin, SAMPLE_vm_pswpin),
			 rate(text[5], looks, SAMPLE_vm_pswpout, SAMPLE_vm_pswpout),
			 rate(text[6], looks, SAMPLE_vm_pgscan_anon, SAMPLE_vm_pgscan_file), yield(text[7], looks),
			 rate(text[8], looks, SAMPLE_vm_workingset_refault_anon, SAMPLE_vm_workingset_refault_file),
			 stalled(text[9], looks, SAMPLE_pressure_memory_some_total),
			 stalled(text[10], looks, SAMPLE_pressure_memory_full_total), kills(text[11], looks));
}
