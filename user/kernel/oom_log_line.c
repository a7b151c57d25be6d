// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_log_line.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/units.h"

#define PRIORITIES 8 /* a facility; the kernel's own is 0 */

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char days[] = "MonTueWedThuFriSatSun";

/* The number of a name of three letters, from 0 on; -1: none. */
static int name_of(const char *text, const char *names)
{
	const char *at;

	for (at = names; *at; at += 3)
		if (!strncmp(text, at, 3))
			return (int)(at - names) / 3;
	return -1;
}

static char *skip_blanks(char *text)
{
	return text + strspn(text, " \t");
}

static void set_clock(struct oom_moment *when, enum oom_clock clock, uint64_t ns, bool fine)
{
	/* what is good for differences: a fine clock before a coarse one */
	if (when->clock != OOM_CLOCK_NONE && when->fine && !fine)
		return;
	when->clock = clock;
	when->clock_ns = ns;
	when->fine = fine;
}

static void set_text(struct oom_moment *when, const char *begin, const char *end)
{
	while (end > begin && end[-1] == ' ')
		end--;
	/* the first one that the line has, which is that of whoever wrote it down */
	if (!when->text[0])
		snprintf(when->text, sizeof(when->text), "%.*s", (int)(end - begin), begin);
}

/* A number of seconds, whose digits behind the point are *fraction ns; NULL: it is none. */
static char *read_seconds(char *text, uint64_t *seconds, uint64_t *fraction)
{
	uint64_t digit = NSEC_PER_SEC / 10;
	char *at = text;

	*seconds = *fraction = 0;
	for (; isdigit((unsigned char)*at) && at - text < 12; at++)
		*seconds = *seconds * 10 + (uint64_t)(*at - '0');
	if (at == text || (*at != '.' && *at != ','))
		return NULL;
	if (!isdigit((unsigned char)*++at))
		return NULL;
	for (; isdigit((unsigned char)*at); at++, digit /= 10)
		*fraction += digit * (uint64_t)(*at - '0');
	return at;
}

/* "03:12:44", with a fraction or without; NULL: no time. */
static char *read_time(char *text, struct tm *tm, uint64_t *fraction, bool *fine)
{
	uint64_t seconds;
	int len = 0;
	char *end;

	if (sscanf(text, "%2d:%2d:%n", &tm->tm_hour, &tm->tm_min, &len) != 2 || !len)
		return NULL;
	text += len;
	if (sscanf(text, "%2d%n", &tm->tm_sec, &len) != 1)
		return NULL;
	end = read_seconds(text, &seconds, fraction);
	*fine = end;
	return end ? end : text + len;
}

static bool is_sane(const struct tm *tm)
{
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 && tm->tm_hour >= 0 &&
	       tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 && tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* Seconds since the epoch, in UTC or in local time; < 0: none that memtrace shows. */
static int64_t since_epoch(struct tm *tm, bool local)
{
	tm->tm_isdst = -1;
	return local ? mktime(tm) : timegm(tm);
}

static void set_wall(struct oom_moment *when, struct tm *tm, bool local, int64_t behind_utc, uint64_t fraction,
		     bool fine)
{
	int64_t seconds = since_epoch(tm, local) - behind_utc;

	if (seconds < 0)
		return;
	if (when->wall_ns == MT_UNKNOWN_U64)
		when->wall_ns = (uint64_t)seconds * NSEC_PER_SEC + fraction;
	set_clock(when, OOM_CLOCK_WALL, (uint64_t)seconds * NSEC_PER_SEC + fraction, fine);
}

/* "Z", "+01:00", "+0100" behind a time; *behind_utc in seconds.  NULL: none of them. */
static char *read_zone(char *text, int64_t *behind_utc)
{
	int hours, minutes, len = 0;

	*behind_utc = 0;
	if (*text == 'Z')
		return text + 1;
	if (*text != '+' && *text != '-')
		return NULL;
	if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &len) != 2 &&
	    sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &len) != 2)
		return NULL;
	*behind_utc = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return text + 1 + len;
}

/* "2026-11-28T03:12:44+0000", "2026-11-28 03:12:44 UTC" */
static char *read_iso(char *text, struct oom_moment *when)
{
	struct tm tm = { 0 };
	int64_t behind_utc = 0;
	uint64_t fraction;
	char *end, *zone;
	bool fine;
	int len = 0;

	if (sscanf(text, "%4d-%2d-%2d%*1[ T]%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &len) != 3 || len != 11)
		return NULL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	end = read_time(text + len, &tm, &fraction, &fine);
	if (!end || !is_sane(&tm))
		return NULL;
	zone = read_zone(end, &behind_utc);
	if (!zone && !strncmp(end, " UTC", 4))
		zone = end + 4;
	set_wall(when, &tm, !zone, behind_utc, fraction, fine);
	set_text(when, text, zone ? zone : end);
	return zone ? zone : end;
}

/* "Nov 28 03:12:44", whose year is not known */
static char *read_syslog(char *text, struct oom_moment *when)
{
	struct tm tm = { .tm_year = 70, .tm_mon = name_of(text, months) }, day;
	uint64_t fraction;
	char *end;
	bool fine;
	int len = 0;

	if (tm.tm_mon < 0 || sscanf(text + 3, " %2d %n", &tm.tm_mday, &len) != 1 || !len)
		return NULL;
	end = read_time(text + 3 + len, &tm, &fraction, &fine);
	if (!end || !is_sane(&tm))
		return NULL;
	day = tm;
	set_clock(when, OOM_CLOCK_YEAR, (uint64_t)since_epoch(&day, false) * NSEC_PER_SEC + fraction, fine);
	set_text(when, text, end);
	return end;
}

/* "1796000000.123456", as journalctl -o short-unix has it */
static char *read_unix(char *text, struct oom_moment *when)
{
	uint64_t seconds, fraction;
	char *end = read_seconds(text, &seconds, &fraction);

	if (!end || *end != ' ' || end - text < 16)
		return NULL;
	if (when->wall_ns == MT_UNKNOWN_U64)
		when->wall_ns = seconds * NSEC_PER_SEC + fraction;
	set_clock(when, OOM_CLOCK_WALL, seconds * NSEC_PER_SEC + fraction, true);
	set_text(when, text, end);
	return end;
}

/* "[Sat Nov 28 03:12:44 2026]", local time by dmesg's reckoning; text is behind the bracket. */
static bool read_ctime(char *text, struct oom_moment *when)
{
	struct tm tm = { 0 };
	uint64_t fraction;
	char *end;
	bool fine;
	int len = 0, year;

	if (name_of(text, days) < 0 || text[3] != ' ')
		return false;
	tm.tm_mon = name_of(text + 4, months);
	if (tm.tm_mon < 0 || sscanf(text + 7, " %2d %n", &tm.tm_mday, &len) != 1 || !len)
		return false;
	end = read_time(text + 7 + len, &tm, &fraction, &fine);
	if (!end || !is_sane(&tm) || sscanf(end, " %4d]", &year) != 1)
		return false;
	tm.tm_year = year - 1900;
	set_wall(when, &tm, true, 0, fraction, fine);
	return true;
}

/* "[Nov28 03:12]", "[  +0.000012]": not a moment, but no text either. */
static bool is_relative(const char *text)
{
	text += strspn(text, " ");
	return *text == '+' || (name_of(text, months) >= 0 && isdigit((unsigned char)text[3]));
}

/* "[T1234]", "[    C0]", "[ T12] ": who printed it */
static bool is_caller(const char *text)
{
	text += strspn(text, " ");
	return (*text == 'T' || *text == 'C') && isdigit((unsigned char)text[1]) &&
	       text[1 + strspn(text + 1, "0123456789")] == ']';
}

/* A bracket that holds a time or who printed it; NULL: it belongs to the message. */
static char *read_bracket(char *text, struct oom_moment *when)
{
	char *inside = text + 1, *end = strchr(inside, ']'), *number = skip_blanks(inside);
	uint64_t seconds, fraction;

	if (!end)
		return NULL;
	if (read_seconds(number, &seconds, &fraction) == end) {
		when->boot_ns = seconds * NSEC_PER_SEC + fraction;
		set_clock(when, OOM_CLOCK_BOOT, when->boot_ns, true);
		set_text(when, number, end);
	} else if (read_ctime(inside, when) || is_relative(inside)) {
		set_text(when, skip_blanks(inside), end);
	} else if (!is_caller(inside)) {
		return NULL;
	}
	return end + 1;
}

/* "<6>", with the facility in it */
static char *read_priority(char *text, bool *is_kernel)
{
	char *end;
	unsigned long priority = strtoul(text + 1, &end, 10);

	if (end == text + 1 || *end != '>')
		return NULL;
	*is_kernel = priority < PRIORITIES;
	return end + 1;
}

/* "kern  :info  : ", as dmesg -x has it */
static char *read_facility(char *text, bool *is_kernel)
{
	static const char *const facilities[] = { "kern", "user", "mail", "daemon",   "auth", "syslog", "lpr",
						  "news", "uucp", "cron", "authpriv", "ftp",  "local0", "loca" };
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz01234567"), i;
	char *level = text + len + strspn(text + len, " "), *end;

	for (i = 0; i < sizeof(facilities) / sizeof(*facilities); i++)
		if (!strncmp(text, facilities[i], strlen(facilities[i])))
			break;
	if (!len || i == sizeof(facilities) / sizeof(*facilities) || *level != ':')
		return NULL;
	level++;
	end = level + strspn(level, "abcdefghijklmnopqrstuvwxyz");
	end = skip_blanks(end);
	if (end == level || end - level > 8 || *end != ':')
		return NULL;
	*is_kernel = !strncmp(text, "kern", 4) && len == 4;
	return end + 1;
}

/* "HOST kernel:", behind a time; text as it is where there is no such tag. */
static char *read_tag(char *text, bool *is_kernel)
{
	char *host = skip_blanks(text), *tag = host + strcspn(host, " ");
	size_t len;

	if (!strncmp(host, "kernel: ", 8))
		return host + 7;
	tag = skip_blanks(tag);
	if (!strncmp(tag, "kernel: ", 8))
		return tag + 7;
	/* "HOST program[12]: " */
	len = strcspn(tag, " ");
	if (len && tag[len - 1] == ':')
		*is_kernel = false;
	return text;
}

/* "6,1234,5678901,-;text": the kernel's own form */
static char *read_record(char *text, struct oom_moment *when, bool *is_kernel)
{
	unsigned long priority;
	char *end = strchr(text, ';'), microseconds[24];
	unsigned long long us, sequence;
	int len = 0;

	if (!end || sscanf(text, "%5lu,%19llu,%17llu,%n", &priority, &sequence, &us, &len) != 3 || !len ||
	    text + len > end)
		return NULL;
	*is_kernel = priority < PRIORITIES;
	when->boot_ns = us * 1000;
	snprintf(microseconds, sizeof(microseconds), "%llu.%06llu", us / 1000000, us % 1000000);
	set_text(when, microseconds, microseconds + strlen(microseconds));
	set_clock(when, OOM_CLOCK_BOOT, when->boot_ns, true);
	return end + 1;
}

/* \xHH; a zero would end the text */
static void unescape(char *text)
{
	char *to = text;
	unsigned int byte;

	for (; *text; to++) {
		if (!strncmp(text, "\\x", 2) && isxdigit((unsigned char)text[2]) && isxdigit((unsigned char)text[3]) &&
		    sscanf(text + 2, "%2x", &byte) == 1 && byte) {
			*to = (char)byte;
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

/* One of the things that may stand before a message; NULL: none. */
static char *read_prefix(char *text, struct oom_moment *when, bool *is_kernel)
{
	char *end = NULL;

	if (*text == '<')
		return read_priority(text, is_kernel);
	if (*text == '[') {
		end = read_bracket(text, when);
		return end ? read_tag(end, &(bool){ true }) : NULL;
	}
	if (name_of(text, days) >= 0 && text[3] == ' ')
		end = read_iso(text + 4, when);
	if (!end)
		end = read_iso(text, when);
	/* a comma before the fraction is dmesg's, which has no tag */
	if (end && memchr(text, ',', (size_t)(end - text)))
		return end;
	if (!end)
		end = read_syslog(text, when);
	if (!end)
		end = read_unix(text, when);
	if (end)
		return read_tag(end, is_kernel);
	return read_facility(text, is_kernel);
}

bool oom_log_line__split(char *line, struct oom_moment *when, char **text)
{
	bool is_kernel = true;
	char *end;

	memset(when, 0, sizeof(*when));
	when->wall_ns = when->boot_ns = MT_UNKNOWN_U64;
	end = read_record(line, when, &is_kernel);
	if (end) {
		unescape(end);
		*text = end;
		return is_kernel;
	}
	for (*text = line; is_kernel && (end = read_prefix(skip_blanks(*text), when, &is_kernel));)
		*text = end;
	*text = skip_blanks(*text);
	return is_kernel;
}
