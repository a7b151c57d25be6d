// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "replayed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "../base/log.h"
#include "../base/stop.h"
#include "../base/units.h"
#include "../kernel/filters.h"
#include "../sources/replay.h"
#include "facts.h"

#define MOUNT "/sys/fs/cgroup"

static const struct checkpoint *start_of(const struct session *session)
{
	return &replay__head(session->source)->start;
}

static struct replay_part part_of(const struct session *session)
{
	return (struct replay_part){ .from = &session->options->from, .to = &session->options->to };
}

static int add_numbers(struct filter_values *values, const struct uint_list *list)
{
	char text[24];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < list->nr; i++) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)list->list[i]);
		err = filter_values__add(values, text, list->list[i]);
	}
	return err;
}

/* A recording has numbers; which one a name is on the machine where it was made is not known. */
static int add_users(struct filter_values *values, const struct string_list *users)
{
	uint64_t uid;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < users->nr; i++) {
		if (parse_uint(users->list[i], 0, UINT32_MAX - 1, &uid)) {
			log_error("-u '%s': a recording has numbers of users, no names; expected a whole number from 0 "
				  "to %u",
				  users->list[i], UINT32_MAX - 1);
			return -EINVAL;
		}
		err = filter_values__add(values, users->list[i], uid);
	}
	return err;
}

static int add_comms(struct filter_values *values, const struct string_list *comms)
{
	size_t i;
	int err = filters__check_comms(comms);

	for (i = 0; !err && i < comms->nr; i++)
		err = filter_values__add(values, comms->list[i], 0);
	return err;
}

/* A path as the recording has it: below the mount, with a slash in front and none behind. */
static int add_path(struct filter_values *values, const char *text)
{
	size_t len = strlen(text);
	char *path;
	int err;

	while (len > 1 && text[len - 1] == '/')
		len--;
	if (asprintf(&path, "%s%.*s", text[0] == '/' ? "" : "/", (int)len, text) < 0)
		return -ENOMEM;
	err = filter_values__add(values, path, 0);
	free(path);
	return err;
}

static int add_cgroup(struct filter_values *values, const char *text)
{
	size_t len = strlen(MOUNT);

	if (!strncmp(text, MOUNT, len) && (text[len] == '/' || !text[len])) {
		log_error("-c '%s': a path of this machine; expected one below the mount, as the recording has it, "
			  "such as /system.slice/nginx.service, or a unit, or 6 or more characters of a container id",
			  text);
		return -EINVAL;
	}
	return strchr(text, '/') ? add_path(values, text) : filter_values__add(values, text, 0);
}

static int add_cgroups(struct filter_values *values, const struct string_list *cgroups)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < cgroups->nr; i++)
		err = add_cgroup(values, cgroups->list[i]);
	return err;
}

static int fill_filter(struct record_filter *filter, const struct options *o)
{
	int err = add_numbers(&filter->pids, &o->pids);

	if (!err)
		err = add_numbers(&filter->tids, &o->tids);
	if (!err)
		err = add_users(&filter->uids, &o->users);
	if (!err)
		err = add_comms(&filter->comms, &o->comms);
	return err ? err : add_cgroups(&filter->cgroups, &o->cgroups);
}

int replayed__open(struct session *session)
{
	const struct replay_part part = part_of(session);
	int err, code;

	session->filter.cgroup = session->names.cgroup;
	session->filter.ctx = session;
	session->pipeline.filter = &session->filter;
	err = fill_filter(&session->filter, session->options);
	if (err == -EINVAL)
		return EXIT_USAGE;
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return EXIT_FAILED;
	}
	code = replay__part(session->source, &part, &session->from_ns, &session->to_ns);
	if (record_filter__has_tasks(&session->filter))
		facts__add_filters(&session->facts, session->options);
	session->facts.command_alone &= !session->from_ns && !session->options->to.kind;
	return code;
}

static double since_start(const struct session *session, uint64_t ns)
{
	return (double)(ns - start_of(session)->now_ns) / 1e9;
}

/* From here on records count. */
static void begin_part(struct session *session)
{
	session->filter.before = false;
	replay__restart(session->source);
	keyed_counts__restart(session->pipeline.keyed);
	cgroup_counts__restart(&session->cgroups, session->checkpoint.now_ns);
	sample_counts__restart(&session->samples);
	session->view.start_ns = session->view.interval_end_ns = session->checkpoint.now_ns;
}

/* Of a history by the clock of then. */
static int64_t wall_offset(const struct session *session, uint64_t ns)
{
	const struct recorded_clock *clocks;
	size_t nr = replay__clocks(session->source, &clocks);

	return nr ? recorded_clock__offset(clocks, nr, ns) : session->checkpoint.wall_offset_ns;
}

static char *spell_time(const struct session *session, char *text, size_t size, uint64_t ns)
{
	time_t seconds = (time_t)((int64_t)ns + wall_offset(session, ns)) / 1000000000;
	struct tm tm;

	snprintf(text, size, "?");
	if (localtime_r(&seconds, &tm))
		strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

static int refuse_begin(const struct session *session, uint64_t last_ns)
{
	const struct replay_part part = part_of(session);
	const char *path = session->options->replay, *from = replay_part__from_name(&part);

	if (replay__is_history(session->source))
		log_error("%s: %s has no counts of that time", replay_part__name(&part), path);
	else if (session->from_ns > session->checkpoint.now_ns)
		log_error("%s: %s ends %.3f s after its start, before that time", from, path,
			  since_start(session, session->checkpoint.now_ns));
	else
		log_error("%s: after the last time at which %s has all counts; expected at most %.3f s after its start",
			  from, path, since_start(session, last_ns));
	return EXIT_USAGE;
}

/* A clock that is set forward may leave out all of the part; it may come later. */
static bool is_outside(const struct session *session, uint64_t due_ns)
{
	return due_ns < session->from_ns || (replay__is_history(session->source) && due_ns >= session->to_ns);
}

int replayed__skip(struct session *session, uint64_t *due_ns)
{
	struct source *src = session->source;
	uint64_t last_ns = start_of(session)->now_ns;
	int more = 1;

	*due_ns = session->view.start_ns;
	if (!session->from_ns)
		return EXIT_OK;
	session->filter.before = true;
	replay__stop_at_runs(src, true);
	while (is_outside(session, *due_ns) && !session->error && !stop__asked()) {
		last_ns = *due_ns;
		more = src->ops->next(src, due_ns);
		if (more <= 0)
			break;
		replay__follow_clock(src, &session->from_ns, &session->to_ns);
		session__fail(session, session->pipeline.error);
		task_refs__age(&session->pipeline.task_refs);
	}
	replay__stop_at_runs(src, false);
	src->ops->checkpoint(src, &session->checkpoint);
	session__fail(session, more == -ECANCELED ? 0 : more);
	if (!more && !(session->config.own_times && session->from_ns <= session->checkpoint.now_ns))
		return refuse_begin(session, last_ns);
	begin_part(session);
	if (!more)
		*due_ns = UINT64_MAX;
	return EXIT_OK;
}

static void say_unseen(const struct session *session, const char *option, const struct filter_values *values,
		       const char *what)
{
	size_t i;

	for (i = 0; i < values->nr; i++)
		if (!values->list[i].seen)
			log_warn("%s '%s': no task of that %s in what was read of %s", option, values->list[i].text,
				 what, session->options->replay);
}

/* Whether counters by a key would have been shown. */
static bool shows_keyed(const struct session *session)
{
	size_t i;

	for (i = 0; i < MT_NR_KEYED && !session->config.own_times; i++)
		if (run_view__asked(&session->view, keyed_rows[i].probe))
			return true;
	return false;
}

static void say_left_out(const struct session *session)
{
	if (session->filter.left_out_keyed && shows_keyed(session))
		log_note("left out, as the recording does not say by which tasks: counts by target cgroup");
	if (record_filter__has_tasks(&session->filter) && session->totals.losses.folded)
		log_note("%llu episodes without a record of their own, of any tasks, are in no histogram: a recording "
			 "does not say whose they are",
			 (unsigned long long)session->totals.losses.folded);
	if (session->filter.cgroups.nr && replay__lacks_cgroups(session->source))
		log_warn("-c: %s has more names of cgroups than memtrace keeps; those without a name do not match",
			 session->options->replay);
}

/* Those in the part that is shown. */
static void say_gaps(const struct session *session)
{
	const struct recorded_gap *gaps;
	size_t nr = replay__gaps(session->source, &gaps), i;
	char from[32], to[32];

	for (i = 0; i < nr; i++) {
		if (gaps[i].to_ns <= session->view.start_ns)
			continue;
		log_note("nothing was recorded from %s to %s: %s%s",
			 spell_time(session, from, sizeof(from), gaps[i].from_ns),
			 spell_time(session, to, sizeof(to), gaps[i].to_ns), gaps[i].why,
			 gaps[i].other_kernel ? "; from then on it is another kernel" : "");
	}
}

static const char *of_against(const struct session *session)
{
	return session->options->to.kind == TIME_POINT_AFTER ? "--against: " : "";
}

int replayed__end(const struct session *session)
{
	const struct record_filter *filter = &session->filter;
	char from[32], to[32];

	if (filter->ambiguous) {
		log_error("-c '%s': matches several cgroups of %s; give the path of one of them",
			  filter->ambiguous_name, session->options->replay);
		return EXIT_USAGE;
	}
	say_unseen(session, "-p", &filter->pids, "process");
	say_unseen(session, "-t", &filter->tids, "thread");
	say_unseen(session, "-u", &filter->uids, "user");
	say_unseen(session, "-n", &filter->comms, "name");
	say_unseen(session, "-c", &filter->cgroups, "cgroup");
	say_left_out(session);
	say_gaps(session);
	if ((!session->from_ns && !session->options->to.kind) || session->config.own_times)
		return EXIT_OK;
	if (replay__is_history(session->source))
		log_note("%sfrom %s to %s: counts are known at such moments only", of_against(session),
			 spell_time(session, from, sizeof(from), session->view.start_ns),
			 spell_time(session, to, sizeof(to), session->checkpoint.now_ns));
	else
		log_note("%sfrom %.3f s to %.3f s after the recording's start: counts are known at such moments only",
			 of_against(session), since_start(session, session->view.start_ns),
			 since_start(session, session->checkpoint.now_ns));
	return EXIT_OK;
}

const char *replayed__machine(const struct session *session)
{
	static struct utsname here;

	if (session->options->replay)
		return replay__head(session->source)->host.machine;
	return uname(&here) ? "" : here.machine;
}

const struct recording_head *replayed__head(const struct session *session)
{
	return session->options->replay ? replay__head(session->source) : NULL;
}
