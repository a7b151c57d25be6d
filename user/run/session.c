// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "session.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../core/gfp.h"
#include "../core/log.h"
#include "../kernel/proc.h"
#include "../kernel/stats.h"

#define NSEC_PER_SEC 1000000000ULL
#define TICK_NS	     NSEC_PER_SEC /* how often counts are fetched if nobody wants them sooner */
#define LINGER_NS    (NSEC_PER_SEC / 2)

/* How long CMD may take to end after SIGTERM. */
#define COMMAND_END_STEP_MS 10
#define COMMAND_END_TRIES   200

static const char *name_cgroup(void *ctx, uint64_t id)
{
	struct session *session = ctx;

	return session->source->ops->cgroup(session->source, id);
}

static const char *name_gfp(void *ctx, uint64_t flags)
{
	struct session *session = ctx;

	return gfp__name(session->gfp, sizeof(session->gfp), flags);
}

static void on_event(void *ctx, const struct event_row *row, const void *record)
{
	struct session *session = ctx;
	const struct probe_gather *gather = probes[row->probe]->gather;
	int err;

	if (gather && session->gather_state[row->probe])
		gather->event(session->gather_state[row->probe], record);
	if (!session->config.event || session->error)
		return;
	err = session->config.event(session, session->config.ctx, row, record);
	if (err < 0) {
		session->error = err;
		session->callback_failed = true;
	}
}

static uint32_t named_probes(const struct options *options)
{
	uint32_t probes = 0;
	size_t i;

	for (i = 0; i < options->nr_probes; i++)
		probes |= 1U << schema__probe(options->probes[i]);
	return probes;
}

/* Of its counts none is left without a hook on a hot path. */
static bool is_on_hot_path(enum mt_probe probe)
{
	return probes[probe]->selftest_slot != MT_NR_SLOTS && !probes[probe]->without_hooks;
}

static uint32_t chosen_probes(const struct options *options, bool rare_only)
{
	uint32_t chosen = named_probes(options);
	enum mt_probe id;

	if (chosen)
		return chosen;
	for (id = 0; id < MT_NR_PROBES; id++)
		if (!probe_rows[id].opt_in && (!rare_only || schema__has_rare_event(id)) &&
		    !(options->light && is_on_hot_path(id)))
			chosen |= 1U << id;
	return chosen;
}

/* A probe that the user named must attach; of the others it is enough that some do. */
static int check_attached(const struct session *session)
{
	uint32_t named = named_probes(session->options);
	bool any = false;
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++) {
		const struct probe_status *status = live__status(session->live, id);

		if (!status->wanted)
			continue;
		any |= status->attached;
		if (!(named & (1U << id)) || status->error == 0)
			continue;
		/* a kernel that has no such tracepoint still gives what needs none; the report says what is missing */
		if (status->attached && status->error == -ENOENT && !session->config.every)
			continue;
		log_error("the probe %s cannot be attached: %s; `memtrace doctor` says more", probe_rows[id].name,
			  status->why);
		return EXIT_NOT_ATTACHED;
	}
	if (any)
		return EXIT_OK;
	log_error("no probe could be attached; `memtrace doctor` says why");
	return EXIT_NOT_ATTACHED;
}

static int open_live(struct session *session)
{
	const struct session_config *config = &session->config;
	struct live_request request = {
		.options = session->options,
		.probes = session->probes,
		.every = config->every ? named_probes(session->options) : 0,
		.latency = config->latency,
		.family = session->options->cmd && !session->options->all,
		.sink = pipeline__sink(&session->pipeline),
	};
	int err = live__open(&session->live, &request);

	if (err == -EINVAL)
		return EXIT_USAGE;
	if (err == -ENOTCONN)
		return EXIT_NOT_ATTACHED;
	if (err) {
		log_error("cannot start tracing: %s", strerror(-err));
		return EXIT_FAILED;
	}
	session->source = live__source(session->live);
	return check_attached(session);
}

static int open_gatherers(struct session *session)
{
	enum mt_probe id;

	for (id = 0; session->config.gather && id < MT_NR_PROBES; id++) {
		if (!(session->probes & (1U << id)) || !probes[id]->gather)
			continue;
		session->gather_state[id] = probes[id]->gather->new_state();
		if (!session->gather_state[id])
			return -ENOMEM;
	}
	return 0;
}

/* SIGCHLD is how CMD's end is noticed; the others are how people end a run. */
static int open_signals(struct session *session)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, &session->old_mask))
		return -errno;
	session->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return session->signal_fd < 0 ? -errno : 0;
}

static uint64_t asked_slots(uint32_t asked)
{
	enum mt_slot slot;
	uint64_t slots = 0;

	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (asked & (1U << slot_rows[slot].probe))
			slots |= 1ULL << slot;
	/* of none: a bit that no slot has, as 0 would mean all */
	return slots ? slots : 1ULL << 63;
}

static int open_memory(struct session *session)
{
	int err = open_signals(session);

	session->config.aggregate.linger_ns = LINGER_NS;
	session->config.aggregate.slots = asked_slots(session->probes);
	session->aggregate = aggregate__new(&session->config.aggregate);
	if (!session->aggregate)
		return -ENOMEM;
	session->pipeline.aggregate = session->aggregate;
	session->pipeline.event = on_event;
	session->pipeline.event_ctx = session;
	return err ? err : open_gatherers(session);
}

int session__open(struct session *session, const struct options *options, const struct session_config *config)
{
	uint64_t begin_ns;
	int err, code;

	memset(session, 0, sizeof(*session));
	session->signal_fd = session->stats_fd = -1;
	if (options->light && options->latency) {
		log_error("--latency: needs the hooks that --light leaves out; expected one of the two");
		return EXIT_USAGE;
	}
	session->options = options;
	session->config = *config;
	session->signal_fd = session->stats_fd = -1;
	session->names = (struct event_names){ name_cgroup, name_gfp, session };
	session->probes = chosen_probes(options, config->rare_only);
	session->interval_ns = options->interval_ns ? options->interval_ns : config->default_interval_ns;
	err = open_memory(session);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (config->bpf_stats)
		session->stats_fd = stats__enable();
	/* programs are loaded by several threads, and malloc_trim() leaves the tops of other arenas as they are */
	mallopt(M_ARENA_MAX, 1);
	begin_ns = clock__boot_ns();
	code = open_live(session);
	log_debug("attached in %.1f ms", (clock__boot_ns() - begin_ns) / 1e6);
	malloc_trim(0); /* loading took much that is not needed again */
	return code;
}

void session__close(struct session *session)
{
	enum mt_probe id;

	if (session->source)
		session->source->ops->free(session->source);
	if (session->stats_fd >= 0)
		close(session->stats_fd);
	for (id = 0; id < MT_NR_PROBES; id++)
		if (session->gather_state[id])
			probes[id]->gather->free_state(session->gather_state[id]);
	aggregate__free(session->aggregate);
	if (session->signal_fd >= 0) {
		close(session->signal_fd);
		sigprocmask(SIG_SETMASK, &session->old_mask, NULL);
	}
}

/* 126 and 127 as a shell has them. */
static int start_command(struct session *session)
{
	char **cmd = session->options->cmd;
	int err;

	live__expect_command(session->live, true);
	err = child__start(&session->child, cmd, &session->old_mask);
	live__expect_command(session->live, false);
	if (!err)
		return EXIT_OK;
	log_error("cannot run '%s': %s", cmd[0], strerror(-err));
	return err == -ENOENT ? 127 : 126;
}

/*
 * A terminal sends Ctrl-C to CMD as well, so only one that was sent to
 * memtrace alone is handed on.  The second one ends at once.
 */
static void on_interrupt(struct session *session, const struct signalfd_siginfo *info)
{
	if (!session->child.running || ++session->interrupts > 1)
		session->stopping = true;
	if (info->ssi_code != SI_KERNEL)
		child__signal(&session->child, SIGINT);
}

static void on_signals(struct session *session)
{
	struct signalfd_siginfo info;

	while (read(session->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			break;
		case SIGINT:
			on_interrupt(session, &info);
			break;
		default:
			child__signal(&session->child, info.ssi_signo);
			session->stopping = true;
		}
	}
	child__reap(&session->child, false);
	if (session->child.pid && !session->child.running)
		session->stopping = true;
}

/* Brings counts, losses and costs up to date. */
static int fetch(struct session *session, int (*how)(struct source *src))
{
	struct source *src = session->source;
	int err = how(src);

	if (!err)
		err = src->ops->totals(src, &session->totals);
	if (!err)
		err = aggregate__folds(session->aggregate, &session->totals.folds);
	if (!err)
		aggregate__unattributed(session->aggregate, session->totals.losses.unattributed);
	if (!err)
		err = session->pipeline.error;
	session->now_ns = src->ops->now_ns(src);
	session->cpu_ns = proc__own_cpu_ns() - session->start_cpu_ns;
	session->totals.losses.hot += aggregate__lost(session->aggregate) + session->pipeline.malformed;
	return err;
}

int session__drain(struct session *session)
{
	return fetch(session, session->source->ops->drain);
}

static int tick(struct session *session)
{
	int err = session->source->ops->tick(session->source);

	return err ? err : aggregate__bury(session->aggregate, session->source->ops->now_ns(session->source));
}

static int end_interval(struct session *session)
{
	int err = fetch(session, session->source->ops->tick);

	if (!err && session->config.interval) {
		err = session->config.interval(session, session->config.ctx);
		session->callback_failed = err < 0;
	}
	if (!err)
		err = aggregate__next_interval(session->aggregate);
	session->interval_start_ns = session->now_ns;
	return err ? err : aggregate__bury(session->aggregate, session->now_ns);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void wait_until(struct session *session, uint64_t until_ns)
{
	struct pollfd fds[] = {
		{ .fd = session->source->ops->fd(session->source), .events = POLLIN },
		{ .fd = session->signal_fd, .events = POLLIN },
	};
	uint64_t now = session->source->ops->now_ns(session->source);
	uint64_t left = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = { left / NSEC_PER_SEC, left % NSEC_PER_SEC };

	ppoll(fds, 2, &timeout, NULL);
	if (fds[1].revents)
		on_signals(session);
}

static void loop(struct session *session)
{
	const struct options *options = session->options;
	uint64_t end = options->duration_ns ? session->start_ns + options->duration_ns : UINT64_MAX;
	uint64_t interval = session->interval_ns ? session->start_ns + session->interval_ns : UINT64_MAX;
	uint64_t next_tick = session->start_ns + TICK_NS, now;

	while (!session->stopping && !session->error) {
		wait_until(session, earlier(end, earlier(interval, next_tick)));
		if (session->stopping)
			break;
		now = session->source->ops->now_ns(session->source);
		if (now >= end) {
			break;
		} else if (now >= interval) {
			session->error = end_interval(session);
			/* an interval that took too long is not made up for */
			interval = interval + session->interval_ns > now ? interval + session->interval_ns :
									   now + session->interval_ns;
			next_tick = now + TICK_NS;
		} else if (now >= next_tick) {
			session->error = tick(session);
			next_tick = now + TICK_NS;
		} else {
			int err = session->source->ops->consume(session->source);

			session->error = session->error ? session->error : err;
		}
	}
}

/* What ends the run before CMD (-d, a signal) ends CMD too; one that goes on is left alone. */
static void end_command(struct session *session)
{
	struct child *child = &session->child;
	int tries;

	child__signal(child, SIGTERM);
	for (tries = 0; child->running && tries < COMMAND_END_TRIES; tries++) {
		poll(NULL, 0, COMMAND_END_STEP_MS);
		child__reap(child, false);
	}
	if (child->running)
		log_warn("%s[%d] goes on without being traced", session->options->cmd[0], child->pid);
}

int session__run(struct session *session)
{
	const struct options *options = session->options;
	int code;

	session->start_cpu_ns = proc__own_cpu_ns();
	session->start_ns = session->interval_start_ns = session->source->ops->now_ns(session->source);
	if (options->cmd) {
		code = start_command(session);
		if (code)
			return code;
	} else if (!options->duration_ns) {
		log_note("tracing until Ctrl-C");
	}
	loop(session);
	if (session->child.running && session->interrupts > 1)
		return 128 + SIGINT;
	end_command(session);
	if (!session->error)
		session->error = session__drain(session);
	/* what a callback stopped for is the command's to report */
	if (!session->error || session->callback_failed)
		return EXIT_OK;
	log_error("tracing failed: %s", strerror(-session->error));
	return EXIT_FAILED;
}

int session__exit_code(const struct session *session, int code)
{
	if (code != EXIT_OK || !session->child.pid)
		return code;
	return session->child.running ? 128 + SIGTERM : child__exit_code(&session->child);
}

double session__seconds(const struct session *session, enum scope scope)
{
	uint64_t from = scope == SCOPE_TOTAL ? session->start_ns : session->interval_start_ns;

	return (session->now_ns - from) / 1e9;
}

bool session__asked(const struct session *session, enum mt_probe probe)
{
	return session->probes & (1U << probe);
}

bool session__knows(const struct session *session, enum mt_slot slot)
{
	const struct slot_row *row = &slot_rows[slot];

	if (!live__status(session->live, row->probe)->attached)
		return false;
	return row->role == ROLE_ACCOUNTED || live__hooked(session->live, row->probe);
}
