// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace state: the machine's memory on one screen. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "../base/units.h"
#include "../cli/command.h"
#include "../kernel/cgroup_find.h"
#include "../kernel/cgroup_processes.h"
#include "../kernel/machine_files.h"
#include "../report/render.h"
#include "../session/tracing.h"
#include "../views/state.h"
#include "../views/state_recorded.h"

extern const struct command state_command;

/* Between the two looks, unless -d says otherwise. */
#define LOOKS_APART_NS NSEC_PER_SEC

/* Cgroups are read for so long at a time, with a pause in between. */
#define TURN_NS	 3000000ULL
#define PAUSE_MS 5
/* With very many, the second look waits for them, but not longer than that. */
#define LATE_NS (2 * NSEC_PER_SEC)
/* How much of the second pass is done before the second look: those that stand higher are read again. */
#define LAST_TURNS 5
/* Of so many cgroups, the worst ones, memory.stat is read. */
#define DETAILED 20

struct state_run {
	const struct options *options;
	struct cgroups *cgroups;     /* NULL: there is no hierarchy */
	struct cgroup_census census; /* of them */
	struct cgroup_filling filling;
	bool pass_complete;
	struct render render;
	int64_t wall_offset_ns;
	struct machine_files files;
	struct machine looks[2]; /* the newest and the one before */
	struct state view;
};

/* Any signal ends the run; a second one says that the report is not wanted. */
static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
	(void)ctx;
	if (info->ssi_signo != SIGCHLD)
		stop__by_signal();
}

/* Titles stand above the first line, and again when those have left the screen. */
#define LINES_A_SCREEN 20

/* Whether reports are single lines. */
static bool has_lines(const struct options *options)
{
	return options->interval_ns && options->by < 0 && !options->cgroups.nr &&
	       !output__is_for_programs(&options->out);
}

static struct state_looks looks_at(struct state_run *run, const struct machine *before, const struct machine *now)
{
	const struct options *options = run->options;

	return (struct state_looks){
		.before = before,
		.now = now,
		.wall_offset_ns = run->wall_offset_ns,
		.interval = options->interval_ns,
		.cgroups = run->cgroups && !has_lines(options) ? &run->census.states : NULL,
		.filling = options->cgroups.nr ? &run->filling : NULL,
		.by_cgroup = options->by >= 0,
		.rows = options->rows,
	};
}

/* What the looks say, as a whole or as the line of that number. */
static int show(struct state *view, struct render *render, const struct options *options,
		const struct state_looks *looks, size_t nr)
{
	struct report *rep = report__new("memtrace.state/1");
	int err = 0;

	if (!rep)
		return -ENOMEM;
	rep->width = render->output.style.width;
	if (has_lines(options))
		state__add_line(looks, rep, nr % LINES_A_SCREEN == 0);
	else
		err = state__add(view, looks, rep);
	if (!err)
		err = render__report(render, rep);
	state__done(view);
	report__free(rep);
	return err;
}

static int report(struct state_run *run, const struct state_looks *looks, size_t nr)
{
	return show(&run->view, &run->render, run->options, looks, nr);
}

static void pause_until(uint64_t due_ns, uint64_t now_ns, uint64_t most_ms)
{
	uint64_t ms = (due_ns - now_ns + 999999) / 1000000;

	stop__pause((int)(ms < most_ms ? ms : most_ms));
}

/* Reads cgroups in turns, until a time of the boot clock at most. */
static void wait_for_pass(struct state_run *run, uint64_t due_ns)
{
	uint64_t now_ns;

	while (!run->pass_complete && !stop__asked() && (now_ns = clock__boot_ns()) < due_ns) {
		run->pass_complete = cgroup_census__turn(&run->census, TURN_NS);
		pause_until(due_ns, now_ns, PAUSE_MS);
	}
}

/* Until a time of the boot clock, or a signal; cgroups are read meanwhile. */
static void wait_until(struct state_run *run, uint64_t due_ns)
{
	uint64_t now_ns;

	if (run->cgroups && !has_lines(run->options))
		wait_for_pass(run, due_ns);
	while (!stop__asked() && (now_ns = clock__boot_ns()) < due_ns)
		pause_until(due_ns, now_ns, 1000);
}

/* memory.stat of the worst ones, in turns as well. */
static int read_details(struct state_run *run)
{
	const struct cgroup_states *states = &run->census.states;
	struct cgroup_state **ranked = calloc(states->nr + 1, sizeof(struct cgroup_state *));
	size_t nr = ranked ? cgroup_states__rank(states, ranked) : 0, i;
	uint64_t began_ns = clock__boot_ns();

	for (i = 0; i < nr && i < DETAILED && !stop__hurried(); i++) {
		if (clock__boot_ns() - began_ns >= TURN_NS) {
			stop__pause(1);
			began_ns = clock__boot_ns();
		}
		cgroup_census__read(&run->census, ranked[i]);
	}
	free(ranked);
	return ranked ? 0 : -ENOMEM;
}

/* What the cgroups grew by, and what fills them. */
static int read_cgroups(struct state_run *run)
{
	size_t i;

	if (!run->cgroups || has_lines(run->options))
		return 0;
	if (run->pass_complete) {
		cgroup_census__count_dying(&run->census);
		cgroup_census__begin(&run->census);
		run->pass_complete = false;
		for (i = 0; i < LAST_TURNS && !run->pass_complete && !stop__hurried(); i++)
			run->pass_complete = cgroup_census__turn(&run->census, TURN_NS);
	}
	if (run->options->cgroups.nr) {
		cgroup_census__read(&run->census, run->filling.own);
		cgroup_levels__read(run->cgroups, run->filling.own->path, &run->filling);
		free(run->filling.processes);
		run->filling.nr_processes = run->filling.processes_left_out = 0;
		if (cgroup_processes__read(&run->census, &run->filling))
			return -ENOMEM;
	}
	return read_details(run);
}

static int look_twice(struct state_run *run)
{
	uint64_t apart_ns = run->options->duration_ns ? run->options->duration_ns : LOOKS_APART_NS;
	struct machine *before = &run->looks[0], *now = &run->looks[1];
	struct state_looks looks;
	int err;

	machine_files__read(&run->files, before, true);
	machine_files__read_callers(&run->files);
	wait_until(run, before->time_ns + apart_ns);
	if (run->cgroups && !run->pass_complete)
		wait_for_pass(run, before->time_ns + apart_ns + LATE_NS);
	err = read_cgroups(run);
	machine_files__read(&run->files, now, true);
	looks = looks_at(run, before, now);
	return err ? err : report(run, &looks, 0);
}

/* Until the time is over, or a signal. */
static int look_again_and_again(struct state_run *run)
{
	const struct options *options = run->options;
	uint64_t due_ns, end_ns;
	struct state_looks looks;
	size_t nr;
	int err = 0;

	machine_files__read(&run->files, &run->looks[0], !has_lines(options));
	if (!has_lines(options))
		machine_files__read_callers(&run->files);
	due_ns = run->looks[0].time_ns;
	end_ns = options->duration_ns ? due_ns + options->duration_ns : UINT64_MAX;
	for (nr = 0; !err && due_ns + options->interval_ns <= end_ns; nr++) {
		due_ns += options->interval_ns;
		wait_until(run, due_ns);
		if (stop__asked())
			break;
		err = read_cgroups(run);
		machine_files__read(&run->files, &run->looks[(nr + 1) % 2], !has_lines(options));
		looks = looks_at(run, &run->looks[nr % 2], &run->looks[(nr + 1) % 2]);
		if (!err)
			err = report(run, &looks, nr);
	}
	return err;
}

/* The path of a cgroup's directory below the mount; NULL, after one line on stderr, if it cannot be found. */
static const char *path_of(const struct cgroups *cgroups, const char *text, int dir, char path[PATH_MAX])
{
	const char *below = NULL;
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, path, PATH_MAX - 1);
	if (len > 0) {
		path[len] = '\0';
		below = cgroups__below_mount(cgroups, path);
	}
	if (!below)
		log_error("-c '%s': its path below %s cannot be found", text, cgroups__mount(cgroups));
	return below;
}

/* The cgroup of -c, or "/"; NULL: it was refused. */
static const char *find_start(const struct state_run *run, char path[PATH_MAX])
{
	const struct string_list *given = &run->options->cgroups;
	struct cgroup_dir dir = { .fd = -1 };
	const char *start;

	if (!given->nr)
		return "/";
	if (given->nr > 1) {
		log_error("-c: expected one cgroup, not %zu", given->nr);
		return NULL;
	}
	if (cgroups__resolve(run->cgroups, given->list[0], &dir))
		return NULL;
	start = path_of(run->cgroups, given->list[0], dir.fd, path);
	close(dir.fd);
	return start;
}

/* An exit code.  Without a hierarchy there is nothing to say about cgroups. */
static int open_cgroups(struct state_run *run)
{
	bool asked = run->options->cgroups.nr || run->options->by >= 0;
	char path[PATH_MAX];
	const char *start;
	int version, root;

	run->census.root = -1;
	run->cgroups = cgroups__new();
	if (!run->cgroups)
		return EXIT_FAILED;
	start = find_start(run, path);
	if (!start)
		return EXIT_USAGE;
	version = cgroups__version(run->cgroups);
	root = version < 0 ? -1 : open(cgroups__mount(run->cgroups), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 && !cgroup_census__open(&run->census, root, version, start)) {
		run->filling.own = run->census.states.list[0];
		return EXIT_OK;
	}
	if (asked)
		log_error("cgroups cannot be read: no hierarchy of the memory controller is mounted here");
	cgroups__free(run->cgroups);
	run->cgroups = NULL;
	return asked ? EXIT_USAGE : EXIT_OK;
}

/* What it waits for, where that is not over in a moment. */
static void say_waits(const struct options *options)
{
	char text[32];

	if (options->interval_ns && !options->duration_ns)
		log_note("looking until Ctrl-C");
	else if (!options->interval_ns && options->duration_ns > 2 * LOOKS_APART_NS)
		log_note("looking again in %s, or at Ctrl-C",
			 format_duration(text, sizeof(text), options->duration_ns));
}

static int look(struct state_run *run)
{
	int err;

	say_waits(run->options);
	run->wall_offset_ns = clock__wall_offset_ns();
	run->render.output.wall_offset_ns = &run->wall_offset_ns;
	stop__on_signal(on_signal, run);
	machine_files__open(&run->files);
	err = run->options->interval_ns ? look_again_and_again(run) : look_twice(run);
	machine_files__close(&run->files);
	stop__on_signal(NULL, NULL);
	return err;
}

/* Of a recording. */
struct state_replay {
	struct tracing tracing;
	struct state_recorded recorded;
	struct state view;
	size_t nr; /* reports so far */
};

static int show_recorded(struct state_replay *replay, enum scope scope)
{
	struct session *session = &replay->tracing.session;
	struct state_recorded *recorded = &replay->recorded;
	const struct options *options = session->options;
	struct state_looks looks = {
		.before = &recorded->before,
		.now = &recorded->now,
		.wall_offset_ns = session->checkpoint.wall_offset_ns,
		.recorded = true,
		.interval = options->interval_ns,
		.cgroups = &recorded->cgroups,
		.by_cgroup = options->by >= 0,
		.rows = options->rows,
	};
	int err = state_recorded__fill(recorded, &session->view, scope);

	if (err > 0)
		err = show(&replay->view, &replay->tracing.render, options, &looks, replay->nr++);
	state_recorded__done(recorded);
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	(void)session;
	return show_recorded(ctx, SCOPE_INTERVAL);
}

static int finish(struct tracing *tracing)
{
	return tracing->session.options->interval_ns ? 0 : show_recorded((struct state_replay *)tracing, SCOPE_TOTAL);
}

/* An older recording has nothing to show. */
static int verdict(struct tracing *tracing)
{
	if (((struct state_replay *)tracing)->nr)
		return EXIT_OK;
	log_error("state: this recording, or the part of it, has no samples");
	return EXIT_FAILED;
}

static int replay_state(struct options *options)
{
	static const struct tracing_ops ops = { .finish = finish, .verdict = verdict };
	const struct session_config config = {
		.no_rows = true,
		.samples = true,
		.aggregate = { .by = BY_ALL, .hist_by = BY_ALL, .intervals = options->interval_ns, .max_groups = 1 },
		.interval = options->interval_ns ? on_interval : NULL,
	};

	return tracing__run(sizeof(struct state_replay), options, &config, &ops);
}

static int run_state(struct options *options)
{
	struct state_run *run = calloc(1, sizeof(*run));
	int code, err = 0;

	if (options->replay) {
		free(run);
		return replay_state(options);
	}
	if (!run) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	run->options = options;
	code = open_cgroups(run);
	if (code == EXIT_OK)
		code = render__open(&run->render, &options->out);
	if (code == EXIT_OK)
		err = look(run);
	code = render__close(&run->render, err, code);
	cgroup_census__close(&run->census);
	cgroups__free(run->cgroups);
	free(run->filling.processes);
	free(run);
	return code;
}

static const struct option_row *const option_groups[] = { look_options,	  window_options, state_options,
							  output_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "where all memory is, and what is abnormal", .line = "memtrace state" },
	{ .text = "what grows within ten seconds", .line = "memtrace state -d 10" },
	{ .text = "which cgroups are near their limits, or had kills", .line = "memtrace state --by cgroup" },
	{ .text = "what fills a container", .line = "memtrace state -c nginx.service" },
	{ .text = "one line a second, for a minute", .line = "memtrace state -i 1 -d 60" },
	{},
};

const struct command state_command = {
	.name = "state",
	.question = "where is all memory, and what is abnormal?",
	.summary = "the machine's memory on one screen",
	.usage = "[OPTIONS]",
	.details =
		"Looks twice at what the kernel tells of memory, a second apart (or as -d says), and shows the second "
		"look.\n"
		"What counts or grows is what it did between the two. Says what is abnormal, and what to run next.\n"
		"\n"
		"With -c, what fills a cgroup: its charge by kind, its limit and those above it, its processes. With "
		"-i, one line\n"
		"an interval.\n"
		"\n"
		"Of a recording (memtrace replay FILE state), what its samples say, from its begin to its end.\n"
		"\n"
		"Needs no BPF; what needs root is '-' without it, and the last line says what could not be read.",
	.options = option_groups,
	.replays = true,
	.examples = examples,
	.run = run_state,
};
