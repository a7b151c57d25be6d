/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Cells as people read them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cell_text.h"
#include "../base/sanitise.h"
#include "../base/units.h"

#define NS_PER_S 1000000000ULL
/* More than any number takes. */
#define NUMBER_LEN 64

/* Makes room for size bytes; on failure the buffer's content is lost. */
static bool reserve(struct cell_text *text, size_t size)
{
	char *buf;

	if (size <= text->size)
		return true;
	buf = realloc(text->buf, size);
	if (!buf) {
		text->error = -ENOMEM;
		return false;
	}
	text->buf = buf;
	text->size = size;
	return true;
}

const char *cell_text__safe(struct cell_text *text, const char *string)
{
	size_t size = 4 * strlen(string) + 1;

	return reserve(text, size) ? sanitise_terminal(text->buf, size, string) : "";
}

/* A moment: the time of day, or with the day, where the clocks are known, else seconds since boot. */
static void format_time(const struct cell_text *text, char *buf, size_t size, enum unit unit, uint64_t boot_ns)
{
	uint64_t ns = boot_ns + (text->wall_offset_ns ? (uint64_t)*text->wall_offset_ns : 0);
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm tm;
	bool known = text->wall_offset_ns && localtime_r(&seconds, &tm);

	if (known && unit == UNIT_DATE)
		strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	else if (known)
		snprintf(buf, size, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
			 (unsigned int)(ns % NS_PER_S / 1000000));
	else
		snprintf(buf, size, "%llu.%06u", (unsigned long long)(ns / NS_PER_S),
			 (unsigned int)(ns % NS_PER_S / 1000));
}

static void format_uint(const struct cell_text *text, char *buf, size_t size, enum unit unit, uint64_t value)
{
	switch (unit) {
	case UNIT_COUNT:
	case UNIT_PAGES:
		format_count(buf, size, value);
		break;
	case UNIT_BYTES:
		format_bytes(buf, size, (double)value);
		break;
	case UNIT_NS:
		format_duration(buf, size, value);
		break;
	case UNIT_TIME:
	case UNIT_DATE:
		format_time(text, buf, size, unit, value);
		break;
	case UNIT_COUNT_PER_SECOND:
		format_rate(buf, size, (double)value);
		break;
	case UNIT_BYTES_PER_SECOND:
		format_bytes_rate(buf, size, (double)value);
		break;
	case UNIT_SHARE:
		format_share(buf, size, (double)value);
		break;
	case UNIT_NONE:
	case UNIT_ORDER:
		snprintf(buf, size, "%llu", (unsigned long long)value);
		break;
	}
}

static void format_int(const struct cell_text *text, char *buf, size_t size, enum unit unit, int64_t value)
{
	if (value < 0) {
		*buf++ = '-';
		size--;
	}
	format_uint(text, buf, size, unit, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* The nearest number that a u64 holds. */
static uint64_t whole(double value)
{
	if (!(value > 0))
		return 0;
	return value < 18446744073709549568.0 ? (uint64_t)(value + 0.5) : UINT64_MAX;
}

static void format_real(const struct cell_text *text, char *buf, size_t size, enum unit unit, double value)
{
	if (!isfinite(value)) {
		snprintf(buf, size, isnan(value) ? "-" : value < 0 ? "-inf" : "inf");
		return;
	}
	switch (unit) {
	case UNIT_BYTES:
		format_bytes(buf, size, value);
		break;
	case UNIT_COUNT_PER_SECOND:
		format_rate(buf, size, value);
		break;
	case UNIT_BYTES_PER_SECOND:
		format_bytes_rate(buf, size, value);
		break;
	case UNIT_SHARE:
		format_share(buf, size, value);
		break;
	case UNIT_NS:
	case UNIT_TIME:
	case UNIT_DATE:
		if (value < 0) {
			*buf++ = '-';
			size--;
		}
		format_uint(text, buf, size, unit, whole(fabs(value)));
		break;
	case UNIT_NONE:
	case UNIT_ORDER:
	case UNIT_COUNT:
	case UNIT_PAGES:
		snprintf(buf, size, "%.4g", value);
		break;
	}
}

const char *cell_text__format(struct cell_text *text, const struct column *column, const struct cell *cell)
{
	if (cell->kind == CELL_STRING)
		return cell_text__safe(text, cell->s);
	if (!reserve(text, NUMBER_LEN))
		return "";
	switch (cell->kind) {
	case CELL_STRING:
	case CELL_NONE:
	case CELL_HISTOGRAM:
	case CELL_TABLE:
	case CELL_NUMBERS:
		return "-";
	case CELL_UINT:
		format_uint(text, text->buf, text->size, column->unit, cell->u);
		break;
	case CELL_INT:
		format_int(text, text->buf, text->size, column->unit, cell->i);
		break;
	case CELL_REAL:
		format_real(text, text->buf, text->size, column->unit, cell->r);
		break;
	case CELL_BOOL:
		return cell->b ? "yes" : "no";
	case CELL_ADDRESS:
		snprintf(text->buf, text->size, "0x%llx", (unsigned long long)cell->u);
		break;
	}
	return text->buf;
}

const char *cell_text__word(struct cell_text *text, const struct column *column, const struct cell *cell)
{
	const char *word = cell_text__format(text, column, cell);

	if (column->unit == UNIT_PAGES && word == text->buf && cell->kind != CELL_STRING)
		strncat(text->buf, cell->kind == CELL_UINT && cell->u == 1 ? " page" : " pages",
			text->size - strlen(text->buf) - 1);
	return word;
}

bool cell__is_zero(const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NONE:
		return true;
	case CELL_UINT:
		return cell->u == 0;
	case CELL_INT:
		return cell->i == 0;
	case CELL_REAL:
		return cell->r == 0 || isnan(cell->r);
	default:
		return false;
	}
}
