// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_box.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../base/survive.h"
#include "../report/event_path.h"
#include "../session/recording.h"
#include "../views/losses.h"
#include "../views/oom_at.h"
#include "../views/oom_denied.h"
#include "../views/oom_files.h"

#define HISTORY_NS   60000000000ULL
#define HEAP_BYTES   (8U << 20)
#define MAX_REPORTS  100
#define REPORT_BYTES (64ULL << 20) /* of all files in the directory */
#define RECORD_BYTES (4U << 20)	   /* of a recording beside a report */

#define STACK_BYTES (8U << 20) /* of call paths; while a report is made they are there twice */
#define STACK_ROWS  20

#define DENIED_EVENTS (1U << MT_PROBE_denied | 1U << MT_PROBE_signal)

struct oom_box_denied {
	struct denied_counts counts;
	struct oom_denied_view view;
};

struct oom_box_stacks {
	struct cgroup_paths *paths;
	struct event_path path;
	struct call_paths_view view;
	struct call_paths *shown; /* of the report that is made */
};

static uint64_t history_ns(const struct options *options)
{
	return options->history_ns ? options->history_ns : HISTORY_NS;
}

void oom_box__configure(struct session_config *config, const struct options *options)
{
	config->samples = true;
	config->all_cgroups = options->at_percent != 0;
	if (options->stacks)
		config->every |= 1U << MT_PROBE_fault;
	if (!options->oom_dir)
		return;
	config->keep_ns = history_ns(options);
	config->keep_bytes = RECORD_BYTES;
}

static void say_failures(struct oom_box *box)
{
	char name[KEEPER_NAME_MAX];
	uint64_t nr;
	int err;

	if (!box->keeper)
		return;
	nr = keeper__failures(box->keeper, &err, name);
	if (nr)
		log_error("%llu files of reports could not be written to %s, the last one %s: %s",
			  (unsigned long long)nr, box->session->options->oom_dir, name, strerror(-err));
	box->unwritten += nr;
}

/* One that is kept is for any terminal. */
static struct report *new_report(const struct oom_box *box, const char *schema)
{
	struct report *report = report__new(schema);

	if (report && !box->keeper)
		report->width = box->width;
	return report;
}

static void add_denied(struct oom_box *box, struct report *report)
{
	oom_denied__add(&box->denied->view, &box->denied->counts, &box->session->names,
			box->session->checkpoint.wall_offset_ns, report);
}

/* A recording has the name of what came first since the last one. */
static void name_recording(struct oom_box *box, uint64_t wall_ns, const char *what, uint32_t pid)
{
	if (box->has_first)
		return;
	snprintf(box->first_what, sizeof(box->first_what), "%s", what);
	box->first = (struct oom_files_name){ .wall_ns = wall_ns, .what = box->first_what, .pid = pid };
	box->has_first = true;
}

/* All that comes until it is written is in one recording: it takes as much memory as what is remembered. */
static void name_recording_of(struct oom_box *box, const struct mt_oom *kill)
{
	uint32_t pid = kill->victim.pid ? kill->victim.pid : kill->victim.tid;
	size_t place = box->nr_kills++ % OOM_BOX_KILLS;

	name_recording(box, kill->hdr.time_ns + (uint64_t)box->session->checkpoint.wall_offset_ns, kill->victim.comm,
		       pid);
	box->kills[place].time_ns = kill->hdr.time_ns;
	box->kills[place].pid = pid;
	oom_files__stem(box->kills[place].recording, &box->first);
}

static void add_recording(struct oom_box *box, const char *stem, struct report *report)
{
	if (*stem)
		snprintf(box->recording, sizeof(box->recording), "%.*s.rec", KEEPER_NAME_MAX - 8, stem);
	else
		box->recording[0] = '\0';
	oom_files__add_recording(report, box->recording, &box->recording_cell);
}

/* A kill of a program has none. */
static void add_recording_of(struct oom_box *box, const struct oom_kill *kill, struct report *report)
{
	const char *stem = "";
	size_t i;

	for (i = 0; i < OOM_BOX_KILLS; i++)
		if (box->kills[i].pid == kill->victim.pid && box->kills[i].time_ns == kill->when.boot_ns)
			stem = box->kills[i].recording;
	add_recording(box, stem, report);
}

static int found(void *ctx, const struct oom_found *found)
{
	struct oom_box *box = ctx;
	bool replay = box->session->options->replay != NULL;
	const struct oom_origin origin = {
		.kind = replay ? OOM_FROM_RECORDING : OOM_FROM_RUN,
		.logged = found->logged,
		.source = replay	? "the kernel's events, as recorded" :
			  found->logged ? "the kernel's events and its log" :
					  "the kernel's events",
		.ranking = found->kernel_points ? "the kernel's points" : "computed from the log's table",
		.lost_records = found->lost_records,
		.first = !box->reports++,
	};
	struct report *report = new_report(box, "memtrace.oom/1");
	int err;

	if (!report)
		return -ENOMEM;
	err = oom_view__add(&box->view, found->kill, &origin, report);
	if (!err && box->denied)
		add_denied(box, report);
	if (!err && box->keeper)
		add_recording_of(box, found->kill, report);
	if (!err && box->keeper)
		box->unwritten +=
			oom_files__keep(box->keeper, found->kill, report, &box->session->checkpoint.wall_offset_ns);
	if (!err)
		err = box->show(box->ctx, found->kill, report);
	oom_view__done(&box->view);
	report__free(report);
	return err;
}

/* By the last part of its path. */
static void keep_crossing(struct oom_box *box, const struct oom_kill *at, struct report *report)
{
	const char *slash = strrchr(at->limit.cgroup, '/');
	const struct oom_files_name name = { .wall_ns = at->when.wall_ns,
					     .what = slash && slash[1] ? slash + 1 : "cgroup" };

	char stem[KEEPER_NAME_MAX];

	name_recording(box, name.wall_ns, name.what, 0);
	recording__ask(box->session);
	oom_files__stem(stem, &box->first);
	add_recording(box, stem, report);
	box->unwritten += oom_files__keep_report(box->keeper, &name, report, &box->session->checkpoint.wall_offset_ns);
}

/* The paths of a cgroup since the run began, or since its last report.  NULL: they were not asked for, or no memory. */
static struct call_paths_view *paths_of(struct oom_box *box, const char *cgroup)
{
	struct oom_box_stacks *stacks = box->stacks;

	if (!stacks)
		return NULL;
	stacks->shown = cgroup_paths__sum(stacks->paths, cgroup);
	cgroup_paths__forget(stacks->paths, cgroup);
	if (!stacks->shown)
		return NULL;
	stacks->view = (struct call_paths_view){
		.paths = stacks->shown,
		.probe = "fault",
		.weight_name = "faults",
		.weight = CALL_EVENTS,
		.title = "FAULTS",
		.unit = UNIT_COUNT,
		.has = { true },
		.page_size = box->session->facts.page_size,
		.rows = STACK_ROWS,
	};
	return &stacks->view;
}

static void forget_shown(struct oom_box *box)
{
	if (!box->stacks)
		return;
	call_paths_view__done(&box->stacks->view);
	call_paths__free(box->stacks->shown);
	memset(&box->stacks->view, 0, sizeof(box->stacks->view));
	box->stacks->shown = NULL;
}

static int crossed(void *ctx, const struct oom_kill *at)
{
	struct oom_box *box = ctx;
	unsigned int percent = (unsigned int)box->session->options->at_percent;
	struct report *report = new_report(box, "memtrace.oom_at/1");
	struct call_paths_view *paths = paths_of(box, at->limit.cgroup);
	int err = report ? oom_at__add(&box->view, at, percent, !box->reports++, paths, report) : -ENOMEM;

	if (!err && box->keeper)
		keep_crossing(box, at, report);
	if (!err)
		err = box->show(box->ctx, NULL, report);
	oom_view__done(&box->view);
	forget_shown(box);
	report__free(report);
	return err;
}

/* One page fault. */
static int take_fault(struct oom_box *box, struct session *session, const struct event_row *row, const void *record)
{
	static const uint64_t one[NR_CALL_WEIGHTS] = { [CALL_EVENTS] = 1 };
	struct cell cells[EVENT_MAX_COLUMNS];
	struct oom_box_stacks *stacks = box->stacks;

	if (!stacks)
		stacks = box->stacks = calloc(1, sizeof(*stacks));
	if (stacks && !stacks->paths)
		stacks->paths = cgroup_paths__new(STACK_BYTES);
	if (!stacks || !stacks->paths)
		return -ENOMEM;
	event__cells(row, record, &session->names, cells);
	event_path__read(&stacks->path, row, cells);
	if (stacks->path.in)
		cgroup_paths__add(stacks->paths, stacks->path.in, stacks->path.parts, EVENT_PATH_PARTS, one);
	return 0;
}

static struct oom_watch *watch_of(struct oom_box *box, struct session *session)
{
	const struct oom_watch_request request = { .history_ns = history_ns(session->options),
						   .found = found,
						   .at_percent = (unsigned int)session->options->at_percent,
						   .crossed = crossed,
						   .ctx = box };

	box->session = session;
	if (!box->watch)
		box->watch = oom_watch__new(session, &request);
	if (session->options->denied && !box->denied)
		box->denied = calloc(1, sizeof(*box->denied));
	return box->denied || !session->options->denied ? box->watch : NULL;
}

int oom_box__event(struct oom_box *box, struct session *session, const struct event_row *row, const void *record)
{
	struct oom_watch *watch;
	int err = 0;

	if (session->options->stacks && row->id == MT_REC_fault)
		return take_fault(box, session, row, record);
	if (row->probe != MT_PROBE_oom && row->probe != MT_PROBE_memory && !(DENIED_EVENTS & 1U << row->probe))
		return 0;
	watch = watch_of(box, session);
	if (watch && box->denied && denied_counts__wants(record))
		denied_counts__take(&box->denied->counts, record, &session->names);
	if (watch && (row->probe == MT_PROBE_oom || row->probe == MT_PROBE_memory || row->id == MT_REC_sigkill))
		err = oom_watch__take(watch, record);
	if (row->id == MT_REC_oom)
		name_recording_of(box, (const struct mt_oom *)record);
	return watch ? err : -ENOMEM;
}

void oom_box__recording(struct oom_box *box, char *data, size_t size)
{
	box->unwritten += oom_files__keep_recording(box->keeper, &box->first, data, size);
	box->has_first = false;
}

bool oom_box__may_keep(const struct oom_box *box)
{
	return keeper__waiting(box->keeper) < RECORD_BYTES / 4;
}

/* A session may tick more often than what was before has room for. */
int oom_box__tick(struct oom_box *box)
{
	uint64_t now_ns = box->session->checkpoint.now_ns;
	int err;

	if (now_ns < box->ticked_ns + OOM_WATCH_TICK_NS / 10 * 9)
		return 0;
	box->ticked_ns = now_ns;
	err = oom_watch__tick(box->watch);
	say_failures(box);
	return err;
}

static int open_keeper(struct oom_box *box, const struct options *options, const char *option)
{
	const struct keeper_request request = {
		.dir = options->oom_dir,
		.prefix = OOM_FILES_PREFIX,
		.max_reports = options->max_reports ? options->max_reports : MAX_REPORTS,
		.max_bytes = REPORT_BYTES,
	};
	int err = options->oom_dir ? keeper__open(&box->keeper, &request) : 0;

	if (!err)
		return EXIT_OK;
	log_error("%s: '%s' cannot be written to: %s", option, options->oom_dir, strerror(-err));
	return EXIT_USAGE;
}

/* CMD would inherit what makes memtrace the last to be killed. */
static void survive(const struct options *options)
{
	/* a recording is there twice: as it is remembered, and as it is written */
	int err = survive__lock(HEAP_BYTES + (options->oom_dir ? 2 * RECORD_BYTES : 0) +
					(options->stacks ? 2 * STACK_BYTES : 0),
				!options->cmd);

	if (err > 0)
		log_note("only the memory that memtrace has now is locked, as the limit of locked memory (ulimit -l) "
			 "cannot be raised; while memory is short it may wait for more of its own");
	else if (err)
		log_note("memory is not locked: %s; while memory is short memtrace may wait for its own",
			 strerror(-err));
	err = options->cmd ? 0 : survive__last();
	if (options->cmd)
		log_note("memtrace itself can be killed: its oom_score_adj is left as it is, as CMD inherits it");
	else if (err)
		log_note("memtrace itself can be killed: its oom_score_adj cannot be lowered: %s", strerror(-err));
}

int oom_box__ready(struct oom_box *box, struct session *session, const char *option)
{
	int code = open_keeper(box, session->options, option);

	if (code != EXIT_OK)
		return code;
	if (!watch_of(box, session) || oom_watch__begin(box->watch)) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	if (!session->options->replay)
		survive(session->options);
	return EXIT_OK;
}

/* What was refused in the whole run, also where no kill came. */
static int report_denied(struct oom_box *box)
{
	static const struct column columns[] = { { .path = "version" } };
	const struct cell cells[] = { cell_string(MEMTRACE_VERSION) };
	const int64_t *offset_ns = &box->session->checkpoint.wall_offset_ns;
	const struct oom_files_name name = { .wall_ns = box->session->checkpoint.now_ns + (uint64_t)*offset_ns,
					     .what = "denied" };
	struct report *report = new_report(box, "memtrace.oom_denied/1");
	int err;

	if (!report)
		return -ENOMEM;
	report__add_values(report, &(struct values){ .path = "", .columns = columns, .cells = cells, .nr_columns = 1 });
	if (box->reports)
		report__add_note(report, "%s", "");
	add_denied(box, report);
	if (box->keeper && box->denied->counts.nr)
		box->unwritten += oom_files__keep_report(box->keeper, &name, report, offset_ns);
	err = box->show(box->ctx, NULL, report);
	report__free(report);
	return err;
}

int oom_box__finish(struct oom_box *box)
{
	int err = oom_watch__finish(box->watch);
	struct oom_watch_totals totals = oom_watch__totals(box->watch);
	char lost[LOSSES_TEXT_MAX];

	if (!err && box->denied)
		err = report_denied(box);
	if (box->keeper)
		keeper__finish(box->keeper);
	say_failures(box);
	losses__text(&box->session->totals.losses, lost, sizeof(lost));
	if (totals.left_out)
		log_warn("%llu kills came faster than reports can be made: they have none",
			 (unsigned long long)totals.left_out);
	if (totals.sent_left_out)
		log_warn("%llu SIGKILLs of programs came faster than it can be told what they were for",
			 (unsigned long long)totals.sent_left_out);
	log_note("OOM kills: %llu, reports: %llu; %s", (unsigned long long)totals.kills,
		 (unsigned long long)totals.reports, lost);
	log_debug("the heap grew by %zu bytes since it was taken", survive__grown());
	return err;
}

void oom_box__done(struct oom_box *box)
{
	keeper__close(box->keeper);
	oom_watch__free(box->watch);
	free(box->denied);
	if (box->stacks)
		cgroup_paths__free(box->stacks->paths);
	free(box->stacks);
}
