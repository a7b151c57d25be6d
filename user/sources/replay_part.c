// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which part of a recording's time is wanted. */
#include <time.h>

#include "../base/log.h"
#include "replay_impl.h"

static const struct replay *replay_of(const struct source *src)
{
	return (const struct replay *)((const char *)src - offsetof(struct replay, source));
}

/* Boot time clock; what is before the recording is its start. */
static int resolve(const struct replay *replay, const char *option, const struct time_point *point, uint64_t *ns)
{
	const struct checkpoint *start = &replay->head.start;
	int64_t since;

	if (point->kind == TIME_POINT_YESTERDAY || point->kind == TIME_POINT_BACK) {
		log_error("%s: yesterday and -TIME are for a history; expected an offset from the start of %s, or a "
			  "time with its day",
			  option, replay->path);
		return EXIT_USAGE;
	}
	if (point->kind != TIME_POINT_OFFSET && !start->wall_offset_ns) {
		log_error("%s: %s does not say what time it was; expected an offset from its start, such as 90s",
			  option, replay->path);
		return EXIT_USAGE;
	}
	if (time_point__since(point, (int64_t)start->now_ns + start->wall_offset_ns, &since)) {
		log_error("%s: there is no such time in the local time zone", option);
		return EXIT_USAGE;
	}
	*ns = start->now_ns + (since > 0 ? (uint64_t)since : 0);
	return EXIT_OK;
}

static int refuse_end(const struct replay *replay, const struct replay_part *part, bool has_begin)
{
	const struct checkpoint *start = &replay->head.start;
	time_t seconds = (time_t)((start->now_ns + (uint64_t)start->wall_offset_ns) / 1000000000);
	char text[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	log_error("%s: must be after %s; the recording begins at %s", replay_part__to_name(part),
		  has_begin ? "--from" : "the recording's start", text);
	return EXIT_USAGE;
}

static void part_of_history(const struct replay *replay, uint64_t *from_ns, uint64_t *to_ns)
{
	const struct replay_segments *segments = &replay->segments;
	int64_t offset_ns = replay->head.start.wall_offset_ns;

	*from_ns = 0;
	if (segments->from_ns > (int64_t)replay->head.start.now_ns + offset_ns)
		*from_ns = (uint64_t)(segments->from_ns - offset_ns);
	*to_ns = segments->to_ns == INT64_MAX ? UINT64_MAX : (uint64_t)(segments->to_ns - offset_ns);
}

int replay__part(const struct source *src, const struct replay_part *part, uint64_t *from_ns, uint64_t *to_ns)
{
	const struct replay *replay = replay_of(src);
	uint64_t start_ns = replay->head.start.now_ns;
	int code = EXIT_OK;

	*from_ns = 0;
	*to_ns = UINT64_MAX;
	if (replay->segments.dir) {
		part_of_history(replay, from_ns, to_ns);
		return EXIT_OK;
	}
	if (part->from && part->from->kind)
		code = resolve(replay, replay_part__from_name(part), part->from, from_ns);
	if (code == EXIT_OK && part->to && part->to->kind == TIME_POINT_AFTER)
		*to_ns = (*from_ns > start_ns ? *from_ns : start_ns) + part->to->ns;
	else if (code == EXIT_OK && part->to && part->to->kind)
		code = resolve(replay, replay_part__to_name(part), part->to, to_ns);
	if (*from_ns <= start_ns)
		*from_ns = 0;
	if (code == EXIT_OK && *to_ns <= (*from_ns ? *from_ns : start_ns))
		code = refuse_end(replay, part, *from_ns);
	return code;
}

void replay__follow_clock(const struct source *src, uint64_t *from_ns, uint64_t *to_ns)
{
	const struct replay *replay = replay_of(src);
	const struct replay_segments *segments = &replay->segments;
	int64_t offset_ns = replay->checkpoint.wall_offset_ns;

	if (!segments->dir)
		return;
	if (*from_ns)
		*from_ns = segments->from_ns > offset_ns ? (uint64_t)(segments->from_ns - offset_ns) : 1;
	if (*to_ns != UINT64_MAX)
		*to_ns = segments->to_ns > offset_ns ? (uint64_t)(segments->to_ns - offset_ns) : 1;
}

bool replay__is_history(const struct source *src)
{
	return replay_of(src)->segments.dir;
}
