// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "segments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"

#define PAGE 4096

/* Digits where the form has a d, else its character. */
static bool has_form(const char *name)
{
	static const char form[] = "ddddddddTddddddZ-dddddddd.rec";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
			return false;
	return !name[i];
}

bool segment__parse(struct segment *segment, const char *name)
{
	struct segment same;
	struct tm tm = { 0 };
	unsigned int number;

	if (!has_form(name) || sscanf(name, "%4d%2d%2dT%2d%2d%2dZ-%8u", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
				      &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &number) != 7)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	/* a time that is none, as of February 30, is spelled differently again */
	if (!segment__name(&same, (uint64_t)timegm(&tm), number) || strcmp(same.name, name))
		return false;
	*segment = same;
	return true;
}

bool segment__name(struct segment *segment, uint64_t wall_s, uint32_t number)
{
	time_t seconds = (time_t)wall_s;
	struct tm tm;

	*segment = (struct segment){ .wall_s = wall_s, .number = number };
	/* nanoseconds since the Unix epoch have 64 bits, up to the year 2262 */
	if (number > SEGMENT_NUMBER_MAX || wall_s >= INT64_MAX / NSEC_PER_SEC || !gmtime_r(&seconds, &tm))
		return false;
	strftime(segment->name, sizeof(segment->name), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(segment->name + strlen(segment->name), sizeof(segment->name) - strlen(segment->name), "-%08u.rec",
		 number);
	return true;
}

uint64_t segment__takes(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

int segments__add(struct segments *segments, const struct segment *segment)
{
	size_t room = segments->room ? 2 * segments->room : 64;
	struct segment *list;

	if (segments->nr == segments->room) {
		list = reallocarray(segments->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		segments->list = list;
		segments->room = room;
	}
	segments->list[segments->nr++] = *segment;
	segments->bytes += segment->bytes;
	return 0;
}

void segments__drop(struct segments *segments, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		segments->bytes -= segments->list[i].bytes;
	segments->nr -= nr;
	memmove(segments->list, segments->list + nr, segments->nr * sizeof(*segments->list));
}

static int by_number(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : strcmp(x->name, y->name);
}

static int take(struct segments *segments, int dir, const char *name, bool own)
{
	struct segment segment;
	struct stat st;

	if (!segment__parse(&segment, name) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ||
	    st.st_nlink != 1 || (own && st.st_uid != geteuid()))
		return 0;
	segment.bytes = segment__takes((uint64_t)st.st_size);
	return segments__add(segments, &segment);
}

int segments__read(struct segments *segments, DIR *dir, bool own)
{
	const struct dirent *entry;
	int err = 0;

	*segments = (struct segments){ 0 };
	rewinddir(dir);
	while (!err && (entry = readdir(dir)))
		err = take(segments, dirfd(dir), entry->d_name, own);
	if (segments->nr)
		qsort(segments->list, segments->nr, sizeof(*segments->list), by_number);
	return err;
}

void segments__free(struct segments *segments)
{
	free(segments->list);
	*segments = (struct segments){ 0 };
}
