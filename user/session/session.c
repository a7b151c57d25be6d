// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "session.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../model/gfp.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../base/stop.h"
#include "../kernel/apart_questions.h"
#include "../kernel/proc.h"
#include "../kernel/stats.h"
#include "../sources/replay.h"
#include "facts.h"
#include "recording.h"
#include "replayed.h"
#include "role_rules.h"

#define MAX_KEYED_GROUPS 8192 /* as many as the kernel tells apart at a time */
#define LINGER_NS	 500000000ULL
#define MAX_REPLAYED_TASKS                                                                                             \
	(1U << 20) /* at once, of some 0.5 KB each; a kernel bounds them by its memory, a file does not */

static const char *name_cgroup(void *ctx, uint64_t id)
{
	struct session *session = ctx;

	struct source *source = session->live ? live__source(session->live) : session->source;

	return source ? source->ops->cgroup(source, id) : NULL;
}

static bool cgroup_lives(void *ctx, uint64_t id)
{
	struct source *source = live__source(((struct session *)ctx)->live);

	return source->ops->cgroup_lives(source, id);
}

static const struct mt_who *name_who(void *ctx, uint64_t id)
{
	struct session *session = ctx;

	return task_refs__find(&session->pipeline.task_refs, id);
}

static const char *name_stack(void *ctx, bool kernel, int32_t id, const struct mt_who *who)
{
	struct session *session = ctx;

	return stacks__text(session->stacks, kernel, id, who, session->event_ns);
}

static const char *name_gfp(void *ctx, uint64_t flags)
{
	struct session *session = ctx;

	return gfp__name(session->gfp, sizeof(session->gfp), flags);
}

static const char *name_command_line(void *ctx, uint32_t pid, uint64_t start_ns)
{
	struct session *session = ctx;

	proc__cmdline(pid, start_ns, session->command_line, sizeof(session->command_line));
	return session->command_line[0] ? session->command_line : NULL;
}

/* As it was recorded. */
static const char *name_recorded_title(void *ctx, uint32_t pid, uint64_t start_ns)
{
	const struct mt_who who = { .pid = pid, .start_ns = start_ns };
	const struct title *title = titles__find(&((struct session *)ctx)->titles, &who);

	return title && title->record.title[0] ? title->record.title : NULL;
}

static uint64_t find_parent(void *ctx, uint32_t pid, uint64_t start_ns)
{
	uint32_t parent;

	(void)ctx;
	return proc__parent(pid, start_ns, &parent) ? MT_UNKNOWN_U64 : parent;
}

/* A part of a recording begins and ends where all counts are known, so that they and the events belong together. */
static bool is_wanted(const struct session *session, const void *record)
{
	uint64_t time_ns = ((const struct mt_hdr *)record)->time_ns;

	if (!session->config.own_times)
		return !session->filter.before || session->config.events_before;
	return time_ns >= session->from_ns && time_ns < session->to_ns;
}

static void on_event(void *ctx, const struct event_row *row, const void *record)
{
	struct session *session = ctx;
	const struct probe_gather *gather = probes[row->probe]->gather;

	if (!run_view__asked(&session->view, row->probe) || !is_wanted(session, record))
		return; /* a recording may have more */
	if (gather && session->gather_state[row->probe])
		gather->event(session->gather_state[row->probe], record);
	if (!session->config.event || session->error)
		return;
	session->event_ns = ((const struct mt_hdr *)record)->time_ns;
	session__fail_callback(session, session->config.event(session, session->config.ctx, row, record));
}

static int on_map(void *ctx, const void *record)
{
	struct session *session = ctx;

	return session->config.map && session->options->replay ?
		       session->config.map(session, session->config.ctx, record) :
		       0;
}

void session__fail(struct session *session, int err)
{
	if (err < 0 && !session->error)
		session->error = err;
}

void session__fail_callback(struct session *session, int err)
{
	session->callback_failed |= err < 0 && !session->error;
	session__fail(session, err);
}

uint32_t session__named_probes(const struct options *options)
{
	uint32_t probes = 0;
	size_t i;

	for (i = 0; i < options->nr_probes; i++)
		probes |= 1U << schema__probe(options->probes[i]);
	return probes;
}

/* None of its counts is left without a hook on a hot path. */
static bool is_on_hot_path(enum mt_probe probe)
{
	return probes[probe]->selftest_slot != MT_NR_SLOTS && !probes[probe]->without_hooks;
}

/* Whether there is something to print of it, where each line is an event. */
static bool has_lines(const struct options *options, enum mt_probe probe)
{
	return schema__has_rare_event(probe) || (options->latency && schema__has_latency_event(probe));
}

static uint32_t default_probes(const struct session *session)
{
	const struct options *options = session->options;
	bool rare_only = session->config.rare_only;
	uint32_t chosen = 0;
	enum mt_probe id;

	if (session->config.defaults)
		return session->config.defaults;
	for (id = 0; id < MT_NR_PROBES; id++)
		if (!probe_rows[id].opt_in && (!rare_only || has_lines(options, id)) &&
		    !(options->light && is_on_hot_path(id)))
			chosen |= 1U << id;
	return chosen;
}

/* A probe that the user named must attach; for the others it is enough if some do. */
static int check_attached(const struct session *session)
{
	bool any = false;
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++) {
		const struct probe_status *status = &session->source->probes[id];

		if (!status->wanted)
			continue;
		any |= status->attached;
		if (!(session->named & (1U << id)) || status->error == 0)
			continue;
		/* a kernel without such a tracepoint still has what needs none; the report says what is missing */
		if (status->attached && status->error == -ENOENT && !(session->config.every & (1U << id)) &&
		    !session->config.only_hooks)
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

/* The iterator only shows tasks of its reader's pid namespace (kernel/bpf/task_iter.c, task_seq_get_next()). */
static void say_namespace(const struct session *session)
{
	if ((!session->options->cmd || session->options->all) && !proc__initial_pid_namespace())
		log_warn("in a pid namespace: tasks outside it are not counted, only reported as lost; `--pid=host` "
			 "shows "
			 "them");
}

/* Of those that were not named: without their hooks on hot paths. */
static uint32_t light_probes(const struct session *session)
{
	return session->config.light | (session->options->history_dir ? HISTORY_LIGHT : 0);
}

static int open_live(struct session *session)
{
	struct live_request request = {
		.options = session->options,
		.probes = session->view.asked,
		.every = session->facts.every,
		.light = session->options->light ? UINT32_MAX : light_probes(session) & ~session->named,
		.latency = session->facts.latency,
		.stacks = session->facts.stacks,
		.stack_bytes = options__stack_bytes(session->options),
		.sample = session->facts.sample,
		.parents = session->facts.parents,
		.family = session->options->cmd && !session->options->all,
		.samples = session->config.samples || session->options->record || session->options->history_dir,
		.roles = role_rules__needed(session) ? &session->roles : NULL,
		.titles = session->options->keep_ns || session->options->history_dir,
		.all_cgroups = session->config.all_cgroups,
		.lazy_memory = session->config.lazy_memory,
		.sink = session->apart ? held__sink(&session->held) : pipeline__sink(&session->pipeline),
		.apart = session->apart,
	};
	int err = live__open(&session->live, &request);

	if (err == -EINVAL)
		return EXIT_USAGE;
	if (err == -ENOTCONN)
		return EXIT_NOT_ATTACHED;
	if (err == -ECANCELED)
		return EXIT_FAILED;
	if (err) {
		log_error("cannot start tracing: %s", strerror(-err));
		return EXIT_FAILED;
	}
	session->source = live__source(session->live);
	session->view.probes = session->source->probes;
	say_namespace(session);
	return check_attached(session);
}

static int open_gatherers(struct session *session)
{
	enum mt_probe id;

	for (id = 0; session->config.gather && id < MT_NR_PROBES; id++) {
		if (!(session->view.asked & (1U << id)) || !probes[id]->gather)
			continue;
		session->gather_state[id] = probes[id]->gather->new_state();
		if (!session->gather_state[id])
			return -ENOMEM;
	}
	return 0;
}

static int open_memory(struct session *session)
{
	int err = session->options->last_ns ? stop__also_take(SIGUSR1) : 0;

	session->config.aggregate.linger_ns = LINGER_NS;
	session->config.aggregate.max_tasks = session->options->replay ? MAX_REPLAYED_TASKS : 0;
	session->config.aggregate.unwanted = ~session->view.asked;
	if (role_rules__shown(session)) {
		session->pipeline.roles = task_roles__new(&session->roles);
		session->view.roles = session->config.aggregate.roles = session->pipeline.roles;
		if (!session->view.roles)
			return -ENOMEM;
	}
	session->view.aggregate = aggregate__new(&session->config.aggregate);
	if (!session->view.aggregate)
		return -ENOMEM;
	session->pipeline.aggregate = session->config.record_only ? NULL : session->view.aggregate;
	session->pipeline.samples = &session->samples;
	if (session->options->replay && session->options->command)
		session->pipeline.titles = &session->titles;
	session->pipeline.keyed = keyed_counts__new(session->config.aggregate.intervals, MAX_KEYED_GROUPS);
	session->view.keyed = session->pipeline.keyed;
	if (!session->pipeline.keyed)
		return -ENOMEM;
	session->pipeline.cgroups = &session->cgroups;
	session->pipeline.event = on_event;
	session->pipeline.map = on_map;
	session->pipeline.event_ctx = session;
	return err ? err : open_gatherers(session);
}

/* Before anything else is opened, and before there are threads. */
static int open_apart(struct session *session)
{
	session->held.sink = pipeline__sink(&session->pipeline);
	session->apart = apart__new(session->options->symbols);
	if (session->apart)
		return EXIT_OK;
	log_error("cannot start: no helper process to read symbols: %s", strerror(errno));
	return EXIT_FAILED;
}

/* Records wait for names from now on. */
static void hold_back(struct session *session)
{
	session->held.apart = session->apart;
	session->held.source = session->source;
	session->held.names = !session->config.record_only;
	session->held.stacks = session->stacks;
	session->source->attend = held__attend;
	session->source->attend_ctx = &session->held;
}

/* Before anything runs, as the kernel's symbols take a tenth of a second to read. */
static int open_stacks(struct session *session)
{
	session->stacks = stacks__new(session->source, session->apart,
				      (session->options->mangled ? APART_MANGLED : 0) |
					      (session->options->no_inlined ? APART_NO_INLINED : 0));
	if (!session->stacks) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	session->names.stack = name_stack;
	if (session->live)
		hold_back(session);
	if (session->options->replay && !session->facts.stacks && !session->config.stacks_if_any)
		log_note("%s has no call chains: it was recorded without --stacks", session->options->replay);
	if (session->recorder)
		recorder__set_stacks(session->recorder, stacks__lookup(session->stacks));
	if (session->beside)
		recorder__set_stacks(session->beside, stacks__lookup(session->stacks));
	return EXIT_OK;
}

/* Named probes must be in the recording; without names, all of its probes are shown. */
static int choose_recorded(struct session *session)
{
	uint32_t missing = session->named & ~session->facts.probes;
	enum mt_probe id;

	session->view.asked = session->named ? session->named | (session->config.probes_too & session->facts.probes) :
					       session->facts.probes;
	if (session->config.aggregate.by == BY_PARENT && !session->facts.parents) {
		log_error("%s: does not say who started a process: an older memtrace has written it; expected another "
			  "--by",
			  session->options->replay);
		return EXIT_USAGE;
	}
	for (id = 0; id < MT_NR_PROBES; id++) {
		if (!(missing & (1U << id)))
			continue;
		log_error("%s: the probe %s was not recorded; expected a recording of `memtrace record %s`; `memtrace "
			  "replay FILE` says what this one has",
			  session->options->replay, probe_rows[id].name, probe_rows[id].name);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int refuse_same_file(const char *output, const char *recording)
{
	if (!outfile__same(output, recording))
		return EXIT_OK;
	log_error("-o '%s': is the recording itself; expected another file", output);
	return EXIT_USAGE;
}

static int open_recording(struct session *session)
{
	const struct replay_part part = { .from = &session->options->from, .to = &session->options->to };
	int code = refuse_same_file(session->options->out.path, session->options->replay);
	int err;

	if (code == EXIT_OK && session->options->stacks)
		code = open_apart(session);
	if (code == EXIT_OK)
		code = replay__open(&session->source, session->options->replay, &part,
				    pipeline__sink(&session->pipeline), &session->facts);
	if (code == EXIT_OK) {
		session->view.probes = session->source->probes;
		code = choose_recorded(session);
	}
	if (code == EXIT_OK)
		code = replayed__open(session);
	if (code != EXIT_OK)
		return code;
	err = open_memory(session);
	if (!err)
		return session->options->stacks ? open_stacks(session) : EXIT_OK;
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

static void begin(struct session *session, const struct options *options, const struct session_config *config)
{
	*session = (struct session){
		.options = options,
		.config = *config,
		.view = {
			.facts = &session->facts,
			.totals = &session->totals,
			.checkpoint = &session->checkpoint,
			.command = &session->outcome,
			.samples = &session->samples,
			.cgroups = &session->cgroups,
			.names = &session->names,
			.hist_by = config->aggregate.hist_by,
		},
		.names = {
			.cgroup = name_cgroup,
			.cgroup_lives = options->replay ? NULL : cgroup_lives,
			.gfp = name_gfp,
			.who = name_who,
			/* processes of a recording may be gone, or another machine's */
			.command_line = options->replay ? name_recorded_title : name_command_line,
			.parent = options->replay ? NULL : find_parent,
			.ctx = session,
		},
		.named = session__named_probes(options) | config->probes,
		.interval_ns = options->interval_ns ? options->interval_ns : config->default_interval_ns,
		.stats_fd = -1,
		.to_ns = UINT64_MAX,
	};
}

/*
 * The kernel gives up to verify a program when its loader gets a signal (kernel/bpf/verifier.c, do_check()): SIGUSR1
 * waits meanwhile.  With --last it stays held, as it is taken from the queue of signals.
 */
static void hold_signal(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &held, before);
}

static int attach(struct session *session)
{
	uint64_t begin_ns;
	sigset_t before;
	int code;

	hold_signal(&before);
	if (session->config.bpf_stats)
		session->stats_fd = stats__enable();
	/* programs are loaded by several threads, and malloc_trim() leaves the tops of other arenas as they are */
	mallopt(M_ARENA_MAX, 1);
	begin_ns = clock__boot_ns();
	code = open_live(session);
	if (code == EXIT_OK && session->facts.stacks)
		code = open_stacks(session);
	log_debug("attached in %.1f ms", (clock__boot_ns() - begin_ns) / 1e6);
	malloc_trim(0); /* loading used much memory that is not needed again */
	if (!session->options->last_ns)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

/* The running kernel. */
static int open_kernel(struct session *session)
{
	const struct options *options = session->options;
	int err, code;

	session->view.asked = session->named ? session->named : default_probes(session);
	/* it tells of each process that and when it ended */
	if (session->config.aggregate.by == BY_PARENT)
		session->view.asked |= 1U << MT_PROBE_process;
	session->view.asked |= session->config.every | session->config.probes_too | recording__probes(session);
	session->named |= session->config.every;
	facts__of_request(&session->facts, session);
	if (options->light && session->facts.every) {
		log_error("--light: leaves out the hooks for single events; use one of the two");
		return EXIT_USAGE;
	}
	code = session->facts.stacks ? open_apart(session) : EXIT_OK;
	if (code == EXIT_OK)
		code = recording__open(session);
	if (code == EXIT_OK)
		code = refuse_same_file(options->out.path, options->record);
	if (code != EXIT_OK)
		return code;
	session->loop = loop__new();
	err = session->loop ? open_memory(session) : -ENOMEM;
	if (!err)
		return attach(session);
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

int session__open(struct session *session, const struct options *options, const struct session_config *config)
{
	int code;

	begin(session, options, config);
	if (options->replay || (options->cmd && !config->status))
		manager__none(&session->manager);
	else
		manager__open(&session->manager);
	if (options->light && options->latency) {
		log_error("--latency: needs the hooks that --light leaves out; use one of the two");
		return EXIT_USAGE;
	}
	code = role_rules__open(session);
	if (code != EXIT_OK)
		return code;
	return options->replay ? open_recording(session) : open_kernel(session);
}

void session__close(struct session *session)
{
	enum mt_probe id;

	stop__on_signal(NULL, NULL);
	manager__close(&session->manager);
	targets__free(&session->targets);
	loop__free(session->loop);
	if (session->source)
		session->source->ops->free(session->source);
	recorder__free(session->recorder);
	recorder__free(session->beside);
	outfile__close(&session->record_file);
	outfile__close(&session->beside_file);
	pipeline__done(&session->pipeline);
	record_filter__free(&session->filter);
	if (session->stats_fd >= 0)
		close(session->stats_fd);
	for (id = 0; id < MT_NR_PROBES; id++)
		if (session->gather_state[id])
			probes[id]->gather->free_state(session->gather_state[id]);
	stacks__free(session->stacks);
	apart__free(session->apart);
	held__free(&session->held);
	keyed_counts__free(session->pipeline.keyed);
	cgroup_counts__free(&session->cgroups);
	aggregate__free(session->view.aggregate);
	task_roles__free(session->pipeline.roles);
	titles__free(&session->titles);
	roles__free(&session->roles);
}

int session__exit_code(const struct session *session, int code)
{
	if (code == EXIT_OK && (session->recording_failed || session->source->damaged))
		return EXIT_FAILED;
	if (code != EXIT_OK || !session->child.pid)
		return code;
	return session->child.running ? 128 + SIGTERM : child__exit_code(&session->child);
}
