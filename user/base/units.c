/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "units.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_S      1000000000ULL

/* A number with its fraction as a separate integer, in units of 10^-18, so that no double is involved. */
struct decimal {
	uint64_t whole;
	uint64_t atto;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns what follows the digits, or NULL if they do not fit. */
static const char *read_digits(const char *text, uint64_t *value)
{
	*value = 0;
	for (; is_digit(*text); text++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*text - '0'), value))
			return NULL;
	}
	return text;
}

static const char *read_fraction(const char *text, uint64_t *atto)
{
	uint64_t place = 100000000000000000ULL;

	*atto = 0;
	for (; is_digit(*text); text++, place /= 10)
		*atto += place * (uint64_t)(*text - '0');
	return text;
}

/* Returns what follows the number; NULL with *err set if there is none or it does not fit. */
static const char *read_decimal(const char *text, struct decimal *number, int *err)
{
	const char *end = read_digits(text, &number->whole);

	number->atto = 0;
	*err = end ? -EINVAL : -ERANGE;
	if (!end)
		return NULL;
	if (*end == '.' && is_digit(end[1]))
		return read_fraction(end + 1, &number->atto);
	return end == text ? NULL : end;
}

static const struct {
	const char *name;
	uint64_t ns;
} duration_units[] = {
	{ .name = "d", .ns = 86400 * NS_PER_S },
	{ .name = "h", .ns = 3600 * NS_PER_S },
	{ .name = "m", .ns = 60 * NS_PER_S },
	{ .name = "s", .ns = NS_PER_S },
	{ .name = "ms", .ns = 1000000 },
	{ .name = "us", .ns = 1000 },
	{ .name = "ns", .ns = 1 },
};

/* Of the unit that text begins with, which is len bytes long; 0: there is no such unit. */
static uint64_t unit_ns(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
		if (strlen(duration_units[i].name) == len && !memcmp(text, duration_units[i].name, len))
			return duration_units[i].ns;
	}
	return 0;
}

/* Adds a number with its unit, which must be smaller than *unit; returns what follows it, or NULL with *err set. */
static const char *add_duration(const char *text, uint64_t *unit, unsigned __int128 *total, int *err)
{
	const unsigned __int128 atto = 1000000000000000000ULL;
	struct decimal number;
	const char *name = read_decimal(text, &number, err), *end;
	uint64_t scale;

	if (!name)
		return NULL;
	end = name + strspn(name, "dhmnsu");
	scale = unit_ns(name, end - name);
	/* a number alone is seconds */
	if (!*name && *unit == UINT64_MAX)
		scale = NS_PER_S;
	*err = -EINVAL;
	if (!scale || scale >= *unit || (number.atto && *end))
		return NULL;
	*unit = scale;
	*total += (unsigned __int128)number.whole * scale + (unsigned __int128)number.atto * scale / atto;
	return end;
}

int parse_duration(const char *text, uint64_t *ns)
{
	unsigned __int128 total = 0;
	uint64_t unit = UINT64_MAX;
	int err;

	do {
		text = add_duration(text, &unit, &total, &err);
		if (!text)
			return err;
	} while (*text);
	if (total == 0 || total > UINT64_MAX)
		return -ERANGE;
	*ns = (uint64_t)total;
	return 0;
}

char *spell_duration(char *buf, size_t size, uint64_t ns)
{
	size_t i = 1; /* in hours at most: they are what people type */

	while (ns % duration_units[i].ns)
		i++;
	snprintf(buf, size, "%llu%s", (unsigned long long)(ns / duration_units[i].ns), duration_units[i].name);
	return buf;
}

static const struct {
	const char *name, *long_name;
	uint64_t bytes;
} size_units[] = {
	{ .name = "G", .long_name = "GiB", .bytes = 1ULL << 30 },
	{ .name = "M", .long_name = "MiB", .bytes = 1ULL << 20 },
	{ .name = "K", .long_name = "KiB", .bytes = 1ULL << 10 },
	{ .name = "", .long_name = "B", .bytes = 1 },
};

int parse_size(const char *text, uint64_t *bytes)
{
	uint64_t number, total;
	const char *unit;

	if (!is_digit(*text))
		return -EINVAL;
	unit = text + strspn(text, "0123456789");
	for (size_t i = 0; i < ARRAY_SIZE(size_units); i++) {
		if (strcasecmp(unit, size_units[i].name) && strcasecmp(unit, size_units[i].long_name))
			continue;
		if (!read_digits(text, &number) || __builtin_mul_overflow(number, size_units[i].bytes, &total))
			return -ERANGE;
		*bytes = total;
		return 0;
	}
	return -EINVAL;
}

char *format_size(char *buf, size_t size, uint64_t bytes)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(size_units) && (!bytes || bytes % size_units[i].bytes))
		i++;
	snprintf(buf, size, "%llu%s", (unsigned long long)(bytes / size_units[i].bytes), size_units[i].name);
	return buf;
}

int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t parsed;
	const char *end;

	/* Checks the syntax first: what is not a number is invalid, not out of range. */
	if (!*text || text[strspn(text, "0123456789")])
		return -EINVAL;
	end = read_digits(text, &parsed);
	if (!end || parsed < min || parsed > max)
		return -ERANGE;
	*value = parsed;
	return 0;
}

char *format_count(char *buf, size_t size, uint64_t n)
{
	char digits[32];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	for (int i = 0; i == 0 || n; i++, n /= 10) {
		if (i && i % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
	}
	snprintf(buf, size, "%s", p);
	return buf;
}

/* Formats infinities and NaN; false if value is an ordinary number. */
static bool format_odd(char *buf, size_t size, double value)
{
	if (isnan(value))
		snprintf(buf, size, "-");
	else if (isinf(value))
		snprintf(buf, size, value < 0 ? "-inf" : "inf");
	else
		return false;
	return true;
}

/* The number of decimals with which value has three digits, after rounding. */
static int decimals(double value)
{
	if (value < 9.995)
		return 2;
	return value < 99.95 ? 1 : 0;
}

char *format_rate(char *buf, size_t size, double per_second)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	const char *sign = per_second < 0 ? "-" : "";
	double value = fabs(per_second);
	size_t i = 0;

	if (format_odd(buf, size, per_second))
		return buf;
	for (; value >= 999.5 && i + 1 < ARRAY_SIZE(prefixes); i++)
		value /= 1000;
	if (value > 0 && value < 0.05)
		snprintf(buf, size, "<0.1");
	else
		snprintf(buf, size, "%s%.*f%s", sign, value < 99.95 ? 1 : 0, value, prefixes[i]);
	return buf;
}

static char *format_binary(char *buf, size_t size, double bytes, const char *per)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	const char *sign = bytes < 0 ? "-" : "";
	double value = fabs(bytes);
	size_t i = 0;

	if (format_odd(buf, size, bytes))
		return buf;
	for (; value >= 1023.5 && i + 1 < ARRAY_SIZE(units); i++)
		value /= 1024;
	if (value > 0 && i == 0 && value < 0.5)
		snprintf(buf, size, "<1B%s", per);
	else
		snprintf(buf, size, "%s%.*f%s%s", sign, i ? decimals(value) : 0, value, units[i], per);
	return buf;
}

char *format_bytes(char *buf, size_t size, double bytes)
{
	return format_binary(buf, size, bytes, "");
}

char *format_bytes_rate(char *buf, size_t size, double per_second)
{
	return format_binary(buf, size, per_second, "/s");
}

static void format_long_duration(char *buf, size_t size, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		const char *name, *part;
		uint64_t part_seconds;
	} steps[] = {
		{ .seconds = 86400, .name = "d", .part = "h", .part_seconds = 3600 },
		{ .seconds = 3600, .name = "h", .part = "m", .part_seconds = 60 },
		{ .seconds = 60, .name = "m", .part = "s", .part_seconds = 1 },
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(steps) && seconds < steps[i].seconds)
		i++;
	snprintf(buf, size, "%llu%s%02llu%s", (unsigned long long)(seconds / steps[i].seconds), steps[i].name,
		 (unsigned long long)(seconds % steps[i].seconds / steps[i].part_seconds), steps[i].part);
}

char *format_duration(char *buf, size_t size, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	size_t i = 0;

	if (ns == 0) {
		snprintf(buf, size, "0s");
		return buf;
	}
	for (; value >= 999.5 && i + 1 < ARRAY_SIZE(units); i++)
		value /= 1000;
	if (i + 1 == ARRAY_SIZE(units) && value >= 59.95)
		format_long_duration(buf, size, ns / NS_PER_S + (ns % NS_PER_S >= NS_PER_S / 2));
	else
		snprintf(buf, size, "%.*f%s", i ? decimals(value) : 0, value, units[i]);
	return buf;
}

char *format_share(char *buf, size_t size, double share)
{
	double percent = 100 * share;

	if (format_odd(buf, size, share))
		return buf;
	if (percent > 0 && percent < 0.05)
		snprintf(buf, size, "<0.1%%");
	else
		snprintf(buf, size, "%.*f%%", fabs(percent) < 99.95 ? 1 : 0, percent);
	return buf;
}
