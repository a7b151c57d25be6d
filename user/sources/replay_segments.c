// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "replay_segments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/log.h"
#include "../base/stream.h"
#include "../recording/head.h"
#include "../recording/reader.h"

#define SEC 1000000000LL

bool replay_segments__is_dir(const char *path)
{
	struct stat st;

	return strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* When the last whole block of a segment that is read up to its head ends, without reading the blocks. */
static uint64_t last_block_ns(FILE *stream)
{
	struct block_head head;
	uint64_t end_ns = 0;

	while (fread(&head, sizeof(head), 1, stream) == 1 && !block_head__check(&head) &&
	       !fseeko(stream, head.size, SEEK_CUR))
		end_ns = head.end_ns > end_ns ? head.end_ns : end_ns;
	return end_ns;
}

/* On the wall; 0: it cannot be read. */
static int64_t end_of(const char *path)
{
	struct recording_head head;
	struct reader reader;
	char why[200];
	FILE *stream;
	uint64_t ns;
	int64_t end_ns = 0;

	stream = fopen(path, "re"); /* one that can be sought in */
	if (!stream)
		return 0;
	if (!reader__open(&reader, stream) && !recording_head__read(&head, reader.head, why, sizeof(why))) {
		ns = last_block_ns(stream);
		end_ns = head.start.wall_offset_ns + (int64_t)(ns > head.start.now_ns ? ns : head.start.now_ns);
	}
	reader__close(&reader);
	fclose(stream);
	return end_ns;
}

static int set_path(struct replay_segments *segments, size_t i)
{
	free(segments->path);
	if (asprintf(&segments->path, "%s/%s", segments->dir, segments->all.list[i].name) < 0)
		segments->path = NULL;
	return segments->path ? 0 : -ENOMEM;
}

static int list(struct replay_segments *segments)
{
	DIR *dir = opendir(segments->dir);
	int err = dir ? segments__read(&segments->all, dir, false) : -errno;
	size_t i = segments->all.nr;

	if (dir)
		closedir(dir);
	while (!err && i-- && !segments->end_ns) {
		err = set_path(segments, i);
		segments->end_ns = err ? 0 : end_of(segments->path);
	}
	if (!err && !segments->end_ns)
		return -ENODATA;
	if (!err)
		segments->start_ns = (int64_t)segments->all.list[0].wall_s * SEC;
	return err;
}

static bool is_given(const struct time_point *point)
{
	return point && point->kind != TIME_POINT_NONE;
}

/* Its end is so long after its beginning as another part is long. */
static bool is_against(const struct replay_part *part)
{
	return part->to && part->to->kind == TIME_POINT_AFTER;
}

const char *replay_part__from_name(const struct replay_part *part)
{
	return is_against(part) ? "--against" : "--from";
}

const char *replay_part__to_name(const struct replay_part *part)
{
	return is_against(part) ? "--against" : "--to";
}

const char *replay_part__name(const struct replay_part *part)
{
	if (!is_against(part) && is_given(part->from) && is_given(part->to))
		return "--from, --to";
	return is_given(part->from) ? replay_part__from_name(part) : replay_part__to_name(part);
}

/* A time of day without a day is the last one that there was; of --to the first one behind --from. */
static int resolve(struct replay_segments *segments, const struct replay_part *part)
{
	struct time_point_range range = { .start_ns = segments->start_ns,
					  .end_ns = segments->end_ns,
					  .after_ns = INT64_MIN };
	const char *option = NULL;
	int err = 0;

	segments->from_ns = INT64_MIN;
	segments->to_ns = INT64_MAX;
	if (part && is_given(part->from)) {
		option = replay_part__from_name(part);
		err = time_point__in(part->from, &range, &segments->from_ns);
	}
	if (!err && part && is_given(part->to)) {
		option = replay_part__to_name(part);
		range.after_ns = segments->from_ns;
		range.later = true;
		err = time_point__in(part->to, &range, &segments->to_ns);
	}
	if (!err)
		return EXIT_OK;
	log_error("%s: there is no such time in the local time zone", option);
	return EXIT_USAGE;
}

static char *spell(char *text, size_t size, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / SEC);
	struct tm tm;

	snprintf(text, size, "?");
	if (localtime_r(&seconds, &tm))
		strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

/*
 * Of those that begin before that time, within the second that a name has, the one that begins last by the clock on the
 * wall: where that was wrong for a while, names do not rise.  One that begins in that second is not left out for it.
 */
static size_t last_before(const struct segments *all, int64_t wall_ns)
{
	uint64_t latest = 0;
	size_t found = 0, beside = all->nr, i;

	for (i = 0; i < all->nr; i++) {
		int64_t begin_ns = (int64_t)all->list[i].wall_s * SEC;

		if (begin_ns + SEC >= wall_ns)
			beside = begin_ns <= wall_ns && i < beside ? i : beside;
		else if (all->list[i].wall_s >= latest) {
			latest = all->list[i].wall_s;
			found = i;
		}
	}
	return beside < found ? beside : found;
}

static int choose(struct replay_segments *segments, const struct replay_part *part)
{
	const struct segments *all = &segments->all;
	char from[32], to[32];
	size_t first = last_before(all, segments->from_ns), end = all->nr;

	while (end > first && (int64_t)all->list[end - 1].wall_s * SEC >= segments->to_ns)
		end--;
	segments->next = first;
	segments->end = end;
	if (end > first && (first + 1 < all->nr || segments->from_ns < segments->end_ns) &&
	    segments->from_ns < segments->to_ns)
		return EXIT_OK;
	log_error("%s: nothing of '%s' is in that time; it goes from %s to %s", replay_part__name(part), segments->dir,
		  spell(from, sizeof(from), segments->start_ns), spell(to, sizeof(to), segments->end_ns));
	return EXIT_USAGE;
}

int replay_segments__open(struct replay_segments *segments, const char *dir, const struct replay_part *part)
{
	int err, code;

	*segments = (struct replay_segments){ .dir = dir };
	err = list(segments);
	if (err == -ENODATA)
		log_error("'%s': there is no recording in it that begins like a history's", dir);
	else if (err)
		log_error("%s cannot be read: %s", dir, strerror(-err));
	if (err)
		return EXIT_FAILED;
	code = resolve(segments, part);
	return code == EXIT_OK ? choose(segments, part) : code;
}

int replay_segments__next(struct replay_segments *segments, FILE **stream)
{
	int err;

	while (segments->next < segments->end) {
		err = set_path(segments, segments->next++);
		if (!err)
			err = stream__open_input(stream, segments->path);
		/* a recorder removes old ones meanwhile */
		if (err != -ENOENT)
			return err ? err : 1;
	}
	return 0;
}

void replay_segments__free(struct replay_segments *segments)
{
	free(segments->path);
	segments__free(&segments->all);
	*segments = (struct replay_segments){ 0 };
}
