// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "top_screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../base/stop.h"
#include "../kernel/sample_files.h"
#include "../screen/screen.h"
#include "../session/tracing.h"
#include "../top/app.h"
#include "../top/feed.h"
#include "../top/story.h"
#include "../top/travel.h"

#define DEFAULT_INTERVAL_NS 2000000000ULL
#define FIRST_INTERVAL_NS   100000000ULL /* so that there is something to see at once */
#define MAX_KEPT	    32

struct screen_run {
	struct tracing tracing;
	struct screen *screen;
	struct top_app app;
	struct top_ops ops;
	struct top_feed feed;
	struct top_story story;
	struct top_travel travel; /* of a recording */
	struct loop *loop;	  /* that waits for keys; NULL: none does yet */
	bool begun;		  /* app is there */
	char *kept[MAX_KEPT];	  /* warnings and errors, for when the screen is gone */
	size_t nr_kept;
};

bool top_screen__wanted(const struct options *options, const char **unknown)
{
	const struct output_request *out = &options->out;
	bool plain = options->batch || out->path || out->json || out->format || options->cmd || options->counts ||
		     options->command || options->by == BY_ROLE || options->by == BY_PARENT;

	*unknown = NULL;
	return !plain && screen__possible(unknown);
}

static const char *name_cgroup(void *ctx, uint64_t id)
{
	const struct event_names *names = &((struct screen_run *)ctx)->tracing.session.names;

	return names->cgroup(names->ctx, id);
}

static void set_interval(void *ctx, uint64_t interval_ns)
{
	session__set_interval(&((struct screen_run *)ctx)->tracing.session, interval_ns);
}

/* The screen is given back at once: what is still to be done takes a moment. */
static void close_screen(struct screen_run *run)
{
	size_t i;

	if (!run->screen)
		return;
	if (run->loop) {
		loop__unwatch(run->loop, screen__input_fd(run->screen));
		loop__unwatch(run->loop, screen__signal_fd(run->screen));
	}
	screen__close(run->screen);
	run->screen = NULL;
	log__divert(NULL, NULL);
	for (i = 0; i < run->nr_kept; i++) {
		log_note("%s", run->kept[i]);
		free(run->kept[i]);
	}
	run->nr_kept = 0;
}

static void quit(void *ctx)
{
	close_screen(ctx);
	stop__end();
}

static void describe(void *ctx, const struct top_app *app, const struct top_row *row, struct top_lines *lines)
{
	struct screen_run *run = ctx;
	const struct event_names *names = &run->tracing.session.names;
	const char *line =
		row->pid && names->command_line ? names->command_line(names->ctx, row->pid, row->start_ns) : NULL;

	if (line)
		top_lines__add(lines, STYLE_PLAIN, "  %s", line);
	top_story__describe(&run->story, &app->model, row, names, lines);
}

/* Notes say what the screen shows anyway. */
static void on_message(void *ctx, bool note, const char *text)
{
	struct screen_run *run = ctx;

	if (note)
		return;
	top_app__say(&run->app, true, "%s", text);
	if (run->nr_kept < MAX_KEPT) {
		run->kept[run->nr_kept] = strdup(text);
		run->nr_kept += run->kept[run->nr_kept] != NULL;
	}
}

static void check_app(struct screen_run *run)
{
	if (run->app.error)
		session__fail(&run->tracing.session, run->app.error);
}

static void on_typed(void *ctx)
{
	struct screen_run *run = ctx;

	if (run->screen)
		top_app__typed(&run->app);
	check_app(run);
}

static void on_terminal(void *ctx)
{
	struct screen_run *run = ctx;

	if (!run->screen)
		return;
	screen__attend(run->screen);
	top_app__draw(&run->app);
}

static bool is_replay(const struct screen_run *run)
{
	return run->tracing.session.options->replay;
}

/* A recording is read as a whole before any of it is shown. */
static int archive_moment(struct screen_run *run)
{
	struct top_moment moment = { 0 };
	int err = top_feed__moment(&run->feed, &run->tracing.session.view, &moment);

	if (!err)
		err = top_travel__add(&run->travel, &moment);
	top_moment__free(&moment);
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	struct screen_run *run = ctx;
	int err;

	if (is_replay(run))
		return archive_moment(run);
	if (!run->screen)
		return 0;
	err = top_feed__moment(&run->feed, &session->view, top_app__next(&run->app));
	if (err)
		return err;
	top_app__take(&run->app);
	if (run->screen)
		top_app__draw(&run->app);
	return run->app.error;
}

/* Of kills, and of tasks that waited long: n and N go there. */
static int mark(struct screen_run *run, const struct event_row *row, const void *record)
{
	const struct event_names *names = &run->tracing.session.names;
	char text[TOP_TRAVEL_TEXT];

	if (row->id != MT_REC_oom && row->id != MT_REC_stall)
		return 0;
	top_story__line(&run->story, row, record, names, text, sizeof(text));
	return top_travel__mark(&run->travel, ((const struct mt_hdr *)record)->time_ns, text);
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct screen_run *run = ctx;
	int err = 0;

	(void)session;
	if (row->id == MT_REC_memory)
		return top_feed__memory(&run->feed, record);
	if (is_replay(run))
		err = mark(run, row, record);
	top_story__add(&run->story, row, record);
	return err;
}

/* What the command line asks for, as far as keys could. */
static int choose(struct screen_run *run, const struct options *options)
{
	static const struct {
		enum mt_probe probe;
		enum top_set set;
	} sets[] = {
		{ MT_PROBE_fault, TOP_FAULTS },	  { MT_PROBE_alloc, TOP_ALLOCATION }, { MT_PROBE_stall, TOP_STALLS },
		{ MT_PROBE_reclaim, TOP_STALLS }, { MT_PROBE_memory, TOP_MEMORY },
	};
	struct top_model *model = &run->app.model;
	const struct top_column *column;
	enum top_set set;
	size_t i;

	model->group = options->by == BY_THREAD ? TOP_BY_THREAD :
		       options->by == BY_COMM	? TOP_BY_NAME :
		       options->by == BY_CGROUP ? TOP_BY_CGROUP :
						  TOP_BY_PROCESS;
	for (i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (options->nr_probes == 1 && schema__probe(options->probes[0]) == (int)sets[i].probe)
			model->set = sets[i].set;
	if (!options->sort)
		return EXIT_OK;
	set = model->set;
	column = top_columns__find(model->group, options->sort, &set);
	if (!column) {
		log_error("--sort '%s': no such column; expected one that the help page (h) of top or --batch has",
			  options->sort);
		return EXIT_USAGE;
	}
	model->set = set;
	model->sort[set] = column;
	return EXIT_OK;
}

static int open_screen(struct screen_run *run)
{
	run->screen = screen__open();
	if (!run->screen)
		return -errno;
	run->app.screen = run->screen;
	log__divert(on_message, run);
	return 0;
}

static int wait_for_keys(struct screen_run *run, struct loop *loop)
{
	int err = run->screen ? 0 : open_screen(run);

	if (err)
		return err;
	run->loop = loop;
	err = loop__watch(run->loop, screen__input_fd(run->screen), on_typed, run);
	if (!err)
		err = loop__watch(run->loop, screen__signal_fd(run->screen), on_terminal, run);
	if (err)
		return err;
	screen__attend(run->screen); /* as curses forgets a Ctrl-Z that waits while it draws */
	top_app__draw(&run->app);
	return 0;
}

/* What is shown, as far as nothing has to be attached for it. */
static int begin_app(struct screen_run *run, const struct options *options)
{
	int err;

	run->ops = (struct top_ops){
		.set_interval = set_interval,
		.describe = describe,
		.quit = quit,
		.cgroup = name_cgroup,
		.keys = options->replay ? top_travel_keys : NULL,
		.ctx = run,
	};
	err = top_app__init(&run->app, NULL, &run->ops);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return EXIT_FAILED;
	}
	run->begun = true;
	return choose(run, options);
}

/* The machine as it is, for the header. */
static void show_machine(struct screen_run *run)
{
	struct sample_files *files = malloc(sizeof(*files));
	struct top_moment *moment = top_app__next(&run->app);
	size_t i;

	if (!files)
		return;
	*moment = (struct top_moment){
		.time_ns = clock__boot_ns(),
		.wall_offset_ns = clock__wall_offset_ns(),
		.page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.own_cpu = -1,
	};
	for (i = 0; i < NR_SAMPLES; i++)
		moment->growth[i] = MT_UNKNOWN_U64;
	sample_files__open(files);
	sample_files__read(files, moment->samples);
	sample_files__close(files);
	free(files);
	top_app__preview(&run->app);
}

/*
 * Attaching takes most of a second, so a screen with the machine comes first.  Who may not attach, or wants to read how
 * that goes, sees the messages instead.
 */
static int before(struct tracing *tracing, const struct options *options)
{
	struct screen_run *run = (struct screen_run *)tracing;
	int code = begin_app(run, options);

	if (code != EXIT_OK || options->replay || options->verbose || geteuid())
		return code;
	if (open_screen(run))
		return EXIT_OK; /* said later, if it still cannot */
	show_machine(run);
	top_app__draw(&run->app);
	return EXIT_OK;
}

static int ready(struct tracing *tracing)
{
	struct screen_run *run = (struct screen_run *)tracing;
	int err = 0;

	run->ops.where = tracing->session.facts.subject;
	run->app.interval_ns = tracing->session.interval_ns;
	run->story.wall_offset_ns = &tracing->session.checkpoint.wall_offset_ns;
	if (is_replay(run))
		run->story.max = TOP_STORY_RECORDED;
	if (is_replay(run))
		err = top_travel__init(&run->travel);
	else
		err = wait_for_keys(run, tracing->session.loop);
	if (!err)
		return EXIT_OK;
	close_screen(run);
	log_error("cannot draw on the terminal: %s; expected --batch", strerror(-err));
	return EXIT_FAILED;
}

static void on_end_signal(void *ctx, const struct signalfd_siginfo *info)
{
	((struct screen_run *)ctx)->app.ended |= info->ssi_signo != SIGCHLD;
}

static void on_stop(void *ctx)
{
	(void)ctx;
	stop__look();
}

/* The whole recording was read: keys go from one of its moments to another. */
static int travel(struct screen_run *run)
{
	int err = wait_for_keys(run, run->loop);

	if (!err)
		err = loop__watch(run->loop, stop__fd(), on_stop, run);
	stop__on_signal(on_end_signal, run);
	top_travel__go(&run->travel, &run->app, 0);
	top_app__draw(&run->app);
	while (!err && !run->app.ended && !run->app.error)
		loop__turn(run->loop);
	stop__on_signal(NULL, NULL);
	close_screen(run);
	return err ? err : run->app.error;
}

static int finish_replay(struct screen_run *run)
{
	const struct session *session = &run->tracing.session;
	int err;

	if (run->travel.left_out)
		log_warn("there is room for the first %zu intervals alone; expected --from and --to, or a longer -i",
			 top_archive__nr(run->travel.archive));
	if (!top_archive__nr(run->travel.archive)) {
		log_note("%s has no whole interval; expected a shorter -i", session->options->replay);
		return 0;
	}
	run->travel.start_ns = session->view.start_ns;
	run->travel.wall_offset_ns = session->checkpoint.wall_offset_ns;
	run->app.travel = &run->travel;
	run->loop = loop__new();
	err = run->loop ? travel(run) : -ENOMEM;
	loop__free(run->loop);
	return err;
}

static int finish(struct tracing *tracing)
{
	struct screen_run *run = (struct screen_run *)tracing;

	if (is_replay(run) && !stop__is_ended())
		return finish_replay(run);
	close_screen(run);
	return 0;
}

static void done(struct tracing *tracing)
{
	struct screen_run *run = (struct screen_run *)tracing;

	close_screen(run);
	if (run->begun)
		top_app__free(&run->app);
	top_feed__free(&run->feed);
	top_story__free(&run->story);
	top_travel__free(&run->travel);
}

int top_screen__run(struct options *options)
{
	static const struct tracing_ops ops = { .before = before, .ready = ready, .finish = finish, .done = done };
	const struct session_config config = {
		.latency = options->latency,
		.default_interval_ns = DEFAULT_INTERVAL_NS,
		.first_interval_ns = FIRST_INTERVAL_NS,
		.tick_ns = DEFAULT_INTERVAL_NS,
		.probes_too = 1U << MT_PROBE_memory,
		.samples = true,
		.all_cgroups = true,
		.lazy_memory = true,
		.aggregate = {
			.by = BY_THREAD,
			.hist_by = BY_ALL,
			.intervals = true,
		},
		.event = on_event,
		.interval = on_interval,
	};

	return tracing__run(sizeof(struct screen_run), options, &config, &ops);
}
