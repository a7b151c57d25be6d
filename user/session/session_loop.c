// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A session's run: until it is time to stop, by the clock or by what a recording has. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../base/stop.h"
#include "../sources/replay.h"
#include "facts.h"
#include "recording.h"
#include "replayed.h"
#include "session.h"

#define TICK_NS                                                                                                        \
	NSEC_PER_SEC /* how often counts are fetched if the command does not say, and they are not needed sooner */

/* How long CMD may take to end after SIGTERM. */
#define COMMAND_END_STEP_MS 10
#define COMMAND_END_TRIES   200

/* What is for programs and goes to standard output is not mixed with what CMD prints: that goes to standard error. */
static bool out_is_taken(const struct session *session)
{
	const struct session_config *config = &session->config;

	return outfile__is_stdout(&session->record_file) ||
	       (config->reports_to_stdout && (config->metrics || output__is_for_programs(&session->options->out)));
}

/* 126 and 127 as a shell has them. */
static int start_command(struct session *session)
{
	char **cmd = session->options->cmd;
	int err;

	live__expect_command(session->live, true);
	err = child__start(&session->child, cmd, out_is_taken(session) ? STDERR_FILENO : STDOUT_FILENO,
			   stop__old_mask());
	live__expect_command(session->live, false);
	if (!err)
		return EXIT_OK;
	log_error("cannot run '%s': %s", cmd[0], strerror(-err));
	return err == -ENOENT ? 127 : 126;
}

/*
 * A terminal also sends Ctrl-C to CMD, so only a SIGINT that was sent to memtrace alone is passed on.  The second one
 * ends at once.
 */
static void on_interrupt(struct session *session, const struct signalfd_siginfo *info)
{
	if (!session->child.running || stop__asked())
		stop__by_signal();
	else if (++session->interrupts > 1)
		stop__abandon(SIGINT);
	if (info->ssi_code != SI_KERNEL)
		child__signal(&session->child, SIGINT);
}

/* CMD's end is the run's end; it also decides how memtrace ends if it was interrupted meanwhile. */
static void on_child(struct session *session)
{
	child__reap(&session->child, false);
	if (!session->child.pid || session->child.running)
		return;
	if (session->interrupts)
		stop__end();
	else
		stop__run_is_over();
}

/* As systemd's "systemctl reload" wants it (systemd.service(5), Type=notify).  Whether the signal meant that. */
static bool reload(struct session *session)
{
	const struct manager *manager = &session->manager;

	if (!session->config.reload || !manager__listens(manager) || stop__asked())
		return false;
	manager__tell(manager, "RELOADING=1\n");
	session->config.reload(session->options);
	manager__tell(manager, "READY=1\n");
	return true;
}

/* May be called while an event is being printed: only notes what is to be done. */
static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
	struct session *session = ctx;

	switch (info->ssi_signo) {
	case SIGCHLD:
		on_child(session);
		break;
	case SIGINT:
		on_interrupt(session, info);
		break;
	case SIGUSR1:
		if (session->tick)
			loop_timer__set(session->tick, 0);
		recording__ask(session);
		break;
	case SIGHUP:
		if (reload(session))
			break;
		/* fall through */
	default:
		child__signal(&session->child, info->ssi_signo);
		stop__by_signal();
	}
}

/* Counts that no one is known for are not those of the tasks that a replay is about: they are lost. */
static void leave_out_unattributed(struct session *session)
{
	struct losses *losses = &session->totals.losses;

	if (!record_filter__has_tasks(&session->filter))
		return;
	if (!session->config.no_rows)
		losses->hot += schema__nr_events(losses->unattributed);
	memset(losses->unattributed, 0, sizeof(losses->unattributed));
}

/* Takes over the source's state as of when it brought its counts up to date. */
static int take_checkpoint(struct session *session)
{
	struct source *src = session->source;
	int err = src->ops->totals(src, &session->totals);

	leave_out_unattributed(session);
	if (!err)
		aggregate__unattributed(session->view.aggregate, session->totals.losses.unattributed);
	if (!err)
		err = session->pipeline.error;
	src->ops->checkpoint(src, &session->checkpoint);
	if (!src->behind)
		task_refs__age(&session->pipeline.task_refs);
	return err;
}

/* Losses of this process itself: no recording has them. */
static void add_own_losses(struct session *session)
{
	session->totals.losses.hot += session->pipeline.malformed;
	if (!session->config.no_rows)
		session->totals.losses.hot += aggregate__lost(session->view.aggregate) +
					      schema__nr_events(session->totals.losses.unattributed);
}

void session__end_interval(struct session *session)
{
	struct run_view *view = &session->view;

	aggregate__next_interval(view->aggregate);
	sample_counts__next_interval(&session->samples);
	keyed_counts__next_interval(session->pipeline.keyed);
	cgroup_counts__next_interval(&session->cgroups);
	view->interval_start_ns = view->interval_end_ns;
	view->interval_end_ns = session->checkpoint.now_ns;
	if (session->config.interval)
		session__fail_callback(session, session->config.interval(session, session->config.ctx));
}

bool session__interval_ends(const struct session *session, uint64_t due_ns)
{
	return session->options->interval_ns && due_ns >= session->interval_due_ns;
}

/* Counts are up to date at a moment that was due then: an interval may end there. */
static int at_checkpoint(struct session *session, uint64_t due_ns)
{
	add_own_losses(session);
	if (session->config.tick)
		session->config.tick(session, session->config.ctx);
	if (session->interval_ns && due_ns >= session->interval_due_ns) {
		session__end_interval(session);
		/* if an interval took too long, the next one is not shortened */
		session->interval_due_ns += session->interval_ns;
		if (session->interval_due_ns <= due_ns)
			session->interval_due_ns = due_ns + session->interval_ns;
	}
	return session->error ? session->error : aggregate__retire(session->view.aggregate, session->checkpoint.now_ns);
}

/* Brings counts, losses and costs up to date. */
static int fetch(struct session *session, int (*how)(struct source *src), uint64_t due_ns, bool final)
{
	int err = how(session->source);

	if (!err && session->config.look)
		err = session->config.look(session, session->config.ctx, due_ns, final);
	if (!err)
		err = take_checkpoint(session);
	if (!err)
		recording__checkpoint(session, due_ns, final);
	return err;
}

int session__drain(struct session *session)
{
	int err = fetch(session, session->source->ops->drain, session->checkpoint.now_ns, true);

	add_own_losses(session);
	return err;
}

static int tick(struct session *session, uint64_t due_ns)
{
	int err = fetch(session, session->source->ops->tick, due_ns, false);

	if (!err)
		err = at_checkpoint(session, due_ns);
	log_debug("tick: %.2f ms", (session->source->ops->now_ns(session->source) - due_ns) / 1e6);
	return err;
}

/*
 * On a machine with a million tasks a tick takes a second: ticks that no report needs take at most a twentieth of the
 * time.
 */
static uint64_t pause_after(const struct session *session, uint64_t begin_ns)
{
	uint64_t took_ns = clock__boot_ns() - begin_ns, tick_ns = session->config.tick_ns;

	if (!tick_ns)
		tick_ns = TICK_NS;
	return tick_ns > 20 * took_ns ? tick_ns : 20 * took_ns;
}

static void set_tick(struct session *session, uint64_t due_ns)
{
	loop_timer__set(session->tick, due_ns < session->interval_due_ns ? due_ns : session->interval_due_ns);
}

void session__set_interval(struct session *session, uint64_t interval_ns)
{
	session->interval_ns = interval_ns;
	session->interval_due_ns = session->view.interval_end_ns + interval_ns;
	if (session->tick)
		set_tick(session, session->checkpoint.now_ns + TICK_NS);
}

static void on_tick(void *ctx, uint64_t now_ns)
{
	struct session *session = ctx;

	if (session->error || stop__asked())
		return;
	session__fail(session, tick(session, now_ns));
	set_tick(session, now_ns + pause_after(session, now_ns));
}

static void on_records(void *ctx)
{
	struct session *session = ctx;

	if (!stop__asked())
		session__fail(session, session->source->ops->consume(session->source));
}

static void on_stop(void *ctx)
{
	(void)ctx;
	stop__look();
}

static void on_end(void *ctx, uint64_t now_ns)
{
	(void)ctx;
	(void)now_ns;
	stop__end();
}

/* An interval that ends with the run is one like the others. */
static void end_with_interval(struct session *session)
{
	uint64_t now_ns = clock__boot_ns();

	if (!session->error && !stop__hurried() && now_ns >= session->interval_due_ns)
		session__fail(session, tick(session, now_ns));
}

/* What the loop waits for: signals, records, the end by the clock, the tick. */
static int watch(struct session *session, uint64_t end_ns)
{
	struct loop_timer *end;
	int err;

	session->tick = loop__timer(session->loop, on_tick, session);
	end = loop__timer(session->loop, on_end, NULL);
	if (!end || !session->tick)
		return -ENOMEM;
	loop_timer__set(end, end_ns);
	set_tick(session, session->view.start_ns + TICK_NS);
	err = loop__watch(session->loop, stop__fd(), on_stop, NULL);
	if (!err)
		err = targets__watch(&session->targets, session->loop, session->options);
	return err ? err : loop__watch(session->loop, session->source->ops->fd(session->source), on_records, session);
}

static void loop(struct session *session)
{
	uint64_t duration_ns = session->options->duration_ns;

	session__fail(session, watch(session, duration_ns ? session->view.start_ns + duration_ns : LOOP_NEVER));
	while (!session->error && !stop__asked())
		loop__turn(session->loop);
	session->tick = NULL;
	end_with_interval(session);
}

/* What ends the run before CMD (-d, a signal) also ends CMD; a CMD that then still runs is left alone. */
static void end_command(struct session *session)
{
	struct child *child = &session->child;
	int tries;

	child__signal(child, SIGTERM);
	for (tries = 0; child->running && tries < COMMAND_END_TRIES && !stop__hurried(); tries++)
		stop__pause(COMMAND_END_STEP_MS);
	if (child->running)
		log_warn("%s[%d] continues without being traced", session->options->cmd[0], child->pid);
}

/* When the part of a recording ends that begins at a moment that was due then. */
static uint64_t replay_end(const struct session *session, uint64_t begin_ns)
{
	uint64_t duration_ns = session->options->duration_ns;

	return duration_ns && begin_ns + duration_ns < session->to_ns ? begin_ns + duration_ns : session->to_ns;
}

/* One moment of a recording; whether there may be more. */
static bool replay_checkpoint(struct session *session, uint64_t begin_ns)
{
	uint64_t due_ns;
	int more = session->source->ops->next(session->source, &due_ns);

	if (more == -ECANCELED)
		return false;
	session__fail(session, more);
	if (!session->error)
		session__fail(session, take_checkpoint(session));
	replay__follow_clock(session->source, &session->from_ns, &session->to_ns);
	if (session->error || !more || due_ns >= replay_end(session, begin_ns) || session->filter.ambiguous)
		return false;
	session__fail(session, at_checkpoint(session, due_ns));
	return true;
}

static void say_stopped(const struct session *session)
{
	log_note("stopped before the end of %s: the report covers the first %.1f s", session->options->replay,
		 run_view__seconds(&session->view, SCOPE_TOTAL));
}

/* Replays a recording as fast as it can be read; an exit code. */
static int replay(struct session *session)
{
	uint64_t begin_ns;
	int code = replayed__skip(session, &begin_ns);

	if (code != EXIT_OK)
		return code;
	session->interval_due_ns = session->interval_ns ? begin_ns + session->interval_ns : UINT64_MAX;
	while (begin_ns != UINT64_MAX && !session->error && !stop__asked() && replay_checkpoint(session, begin_ns))
		;
	if (stop__asked())
		say_stopped(session);
	if (!session->config.goes_on)
		stop__run_is_over();
	add_own_losses(session);
	session->outcome = *session->source->ops->outcome(session->source);
	return session->error ? EXIT_OK : replayed__end(session);
}

/* Runs on the live kernel; an exit code. */
static int run_live(struct session *session)
{
	const struct options *options = session->options;
	int code;

	if (stop__asked())
		return EXIT_FAILED;
	stop__on_signal(on_signal, session);
	stop__at(options->duration_ns ? session->view.start_ns + options->duration_ns : 0);
	recording__begin(session);
	if (manager__ready(&session->manager, session->loop, session->config.status))
		session__fail(session, -ENOMEM);
	if (options->cmd) {
		code = start_command(session);
		if (code)
			return code;
	} else if (!options->duration_ns) {
		log_note(options->pids.nr && !options->follow ?
				 "tracing until Ctrl-C, or until the end of what -p names" :
				 "tracing until Ctrl-C");
	}
	loop(session);
	manager__stopping(&session->manager);
	stop__run_is_over();
	if (session->child.running && session->interrupts > 1)
		return 128 + SIGINT;
	end_command(session);
	if (!session->config.reads_on)
		live__end(session->live);
	if (!session->error)
		session__fail(session, session__drain(session));
	facts__of_outcome(&session->outcome, &session->child);
	recording__finish(session);
	return EXIT_OK;
}

static void say_failed(const struct session *session)
{
	const char *what = session->options->replay ? "replaying failed" : "tracing failed";

	if (session->error == -E2BIG)
		log_error("%s: more than %zu tasks at once", what, session->config.aggregate.max_tasks);
	else
		log_error("%s: %s", what, strerror(-session->error));
}

static uint64_t first_interval(const struct session *session)
{
	uint64_t first_ns = session->config.first_interval_ns;

	return first_ns && first_ns < session->interval_ns ? first_ns : session->interval_ns;
}

int session__run(struct session *session)
{
	int code = EXIT_OK;

	session->source->ops->checkpoint(session->source, &session->checkpoint);
	session->view.start_ns = session->view.interval_end_ns = session->checkpoint.now_ns;
	session->interval_due_ns = session->interval_ns ? session->view.start_ns + first_interval(session) : UINT64_MAX;
	if (session->options->replay)
		code = replay(session);
	else
		code = run_live(session);
	/* the command reports the error of its callback */
	if (code != EXIT_OK || !session->error || session->callback_failed)
		return code;
	say_failed(session);
	return EXIT_FAILED;
}
