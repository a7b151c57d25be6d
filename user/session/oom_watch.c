// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../count/limit_watch.h"
#include "../count/oom_cases.h"
#include "../kernel/kmsg.h"
#include "../kernel/oom_parser.h"
#include "../kernel/oomd_mark.h"
#include "../kernel/proc.h"
#include "../model/samples.h"

#define DUE_STEP_NS   50000000ULL
#define WAIT_NS	      (2 * NSEC_PER_SEC) /* for what becomes of a victim */
#define HISTORY_BYTES (8U << 20)
#define COMMANDS      64 /* command lines of the largest processes */
#define READ_AT_ONCE  4
#define CROSSINGS     8				   /* reported at a tick: the others are at the next one */
#define SAME_KILL_NS  (10 * (int64_t)NSEC_PER_SEC) /* the clock of the log and that of records run apart */

struct known_command {
	uint32_t pid;
	uint64_t start_ns, bytes;
	char line[OOM_PATH];
};

struct oom_watch {
	struct oom_watch_request request;
	struct session *session;
	struct oom_cases cases;
	struct flight *flight;
	struct loop_timer *timer;  /* the loop's */
	struct oom_kill kill;	   /* of the report that is made */
	const struct oom_case *of; /* that it is about, while the log is read */
	struct known_command commands[COMMANDS];
	struct cgroups *cgroups;
	struct limit_watch limits;
	uint64_t page_size, reports;
	uint64_t replayed_ns; /* how far a recording was read, boot time clock; live 0 */
	bool log_failed, ticked;
};

static bool is_replay(const struct oom_watch *watch)
{
	return watch->session->options->replay != NULL;
}

/* Boot time clock of the machine that the kills are of. */
static uint64_t now_ns_of(const struct oom_watch *watch)
{
	return is_replay(watch) ? watch->replayed_ns : clock__boot_ns();
}

struct oom_watch *oom_watch__new(struct session *session, const struct oom_watch_request *request)
{
	struct oom_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->request = *request;
	watch->session = session;
	watch->page_size = session->facts.page_size;
	watch->flight =
		flight__new((uint32_t)(request->history_ns / OOM_WATCH_TICK_NS) + 4, HISTORY_BYTES, watch->page_size);
	watch->cgroups = cgroups__new();
	if (watch->flight && watch->cgroups)
		return watch;
	oom_watch__free(watch);
	return NULL;
}

void oom_watch__free(struct oom_watch *watch)
{
	if (!watch)
		return;
	flight__free(watch->flight);
	cgroups__free(watch->cgroups);
	free(watch);
}

/* PSI's causes: time that all tasks spent in them. */
static uint64_t stalled_ns(const struct session *session)
{
	static const enum mt_slot slots[] = {
		MT_SLOT_stall_memcg_ns,	 MT_SLOT_stall_high_ns,	   MT_SLOT_stall_direct_ns, MT_SLOT_stall_compact_ns,
		MT_SLOT_stall_swapin_ns, MT_SLOT_stall_refault_ns, MT_SLOT_stall_other_ns,
	};
	const uint64_t *sums = aggregate__sums(session->view.aggregate, SCOPE_TOTAL);
	uint64_t sum = MT_UNKNOWN_U64;
	size_t i;

	for (i = 0; i < sizeof(slots) / sizeof(*slots); i++)
		if (run_view__knows(&session->view, slots[i]))
			sum = (sum == MT_UNKNOWN_U64 ? 0 : sum) + sums[slots[i]];
	return sum;
}

static struct known_command *find_command(struct oom_watch *watch, const struct mt_who *who)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (watch->commands[i].pid == who->pid && watch->commands[i].start_ns == who->start_ns)
			return &watch->commands[i];
	return NULL;
}

static uint64_t rss_of(const struct flight_process *process)
{
	return process->last.anon_rss_bytes + process->last.file_rss_bytes + process->last.shmem_rss_bytes;
}

/* One that has just come may be what takes all memory, and be killed while it is read. */
static bool is_settled(const struct oom_watch *watch, const struct flight_process *p)
{
	return p->used && !p->last.ended && p->first < watch->flight->nr;
}

static const struct flight_process *largest_without_command(struct oom_watch *watch)
{
	const struct flight_process *largest = NULL, *p;

	for (p = watch->flight->processes + 1; p <= watch->flight->processes + watch->flight->max_processes; p++)
		if (is_settled(watch, p) && (!largest || rss_of(p) > rss_of(largest)) &&
		    !find_command(watch, &p->last.who))
			largest = p;
	return largest;
}

/* A victim's is not read: those of the largest are known beforehand, a few more after each tick. */
static void read_commands(struct oom_watch *watch)
{
	const struct flight_process *process;
	struct known_command *place, *c;
	size_t i;

	for (i = 0; i < READ_AT_ONCE; i++) {
		process = largest_without_command(watch);
		if (!process)
			return;
		for (place = c = watch->commands; c < watch->commands + COMMANDS; c++)
			if (c->bytes < place->bytes)
				place = c;
		if (rss_of(process) <= place->bytes)
			return;
		place->pid = process->last.who.pid;
		place->start_ns = process->last.who.start_ns;
		place->bytes = rss_of(process);
		proc__cmdline(place->pid, place->start_ns, place->line, sizeof(place->line));
	}
}

/* Of ten seconds the share in which some task waited for memory, as the last tick has it. */
static uint64_t some_avg10(const struct oom_watch *watch)
{
	return watch->ticked ? watch->session->samples.extents[SCOPE_TOTAL][SAMPLE_pressure_memory_some_avg10].end :
			       MT_UNKNOWN_U64;
}

/* Said once: without PSI only names and marks tell. */
static void check_pressure(struct oom_watch *watch)
{
	if (watch->ticked || !watch->session->source->probes[MT_PROBE_signal].attached)
		return;
	watch->ticked = true;
	if (some_avg10(watch) == MT_UNKNOWN_U64)
		log_note("this kernel does not tell PSI: of SIGKILLs that programs send, only those are reported whose "
			 "sender is known to kill for memory");
}

static struct oom_scene scene_of(const struct oom_watch *watch)
{
	const struct session *session = watch->session;

	return (struct oom_scene){
		.names = &session->names,
		.flight = watch->flight,
		.wall_offset_ns = session->checkpoint.wall_offset_ns,
		.page_size = watch->page_size,
		.now_ns = now_ns_of(watch),
	};
}

/* It is as a kill of nobody, at the limit of that cgroup. */
static int tell_crossing(struct oom_watch *watch, const struct limit_crossing *crossing)
{
	const struct oom_scene scene = scene_of(watch);
	const struct session *session = watch->session;
	const char *name = session->names.cgroup(session->names.ctx, crossing->cgroup_id);
	struct oom_case nobody = { .kill.hdr.time_ns = session->checkpoint.now_ns };
	struct oom_kill *at = &watch->kill;
	int err;

	oom_kill__init(at);
	at->kind = OOM_KIND_MEMCG;
	at->page_size = watch->page_size;
	at->when.wall_ns = nobody.kill.hdr.time_ns + (uint64_t)scene.wall_offset_ns;
	snprintf(at->limit.cgroup, sizeof(at->limit.cgroup), "%s", name ? name : "");
	at->limit.bytes = crossing->limit;
	at->limit.usage = crossing->usage;
	err = oom_case__fill_before(&watch->cases, &nobody, &scene, at);
	if (!err)
		err = watch->request.crossed(watch->request.ctx, at);
	oom_kill__done(at);
	return err;
}

static int look_at_limits(struct oom_watch *watch)
{
	struct limit_crossing crossings[CROSSINGS];
	size_t nr = 0, i;
	int err = 0;

	if (watch->request.at_percent)
		nr = limit_watch__look(&watch->limits, &watch->session->cgroups, watch->request.at_percent, crossings,
				       CROSSINGS);
	for (i = 0; i < nr && !err; i++)
		err = tell_crossing(watch, &crossings[i]);
	return err;
}

/* Of a victim nothing is read from /proc: who reads there holds its address space, and with it the memory that others
 * need. */
static void know_command(struct oom_watch *watch, struct oom_case *c)
{
	const struct known_command *known = find_command(watch, &c->kill.victim);

	if (known)
		snprintf(c->command_line, sizeof(c->command_line), "%s", known->line);
}

/* No recording has it. */
static uint64_t mark_of(const struct oom_watch *watch, uint64_t cgroup_id)
{
	return is_replay(watch) ? MT_UNKNOWN_U64 : oomd_mark__read(watch->cgroups, cgroup_id);
}

/* What the cgroup's mark and PSI are now, is compared when the report is due. */
static struct oom_case *take_sent(struct oom_watch *watch, const struct mt_sigkill *sent)
{
	struct oom_case *opened = oom_cases__take_sent(&watch->cases, sent);

	if (!opened)
		return NULL;
	opened->some_avg10 = some_avg10(watch);
	opened->mark = mark_of(watch, sent->receiver.cgroup_id);
	return opened;
}

/* Programs that kill for want of memory, and nothing else. */
static bool is_killer(const char *comm)
{
	static const char *const names[] = { "systemd-oomd", "earlyoom", "oomd", "nohang" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(comm, names[i]))
			return true;
	return false;
}

static enum oom_sent why_sent(const struct oom_watch *watch, const struct oom_case *c)
{
	uint64_t mark = mark_of(watch, c->kill.victim.cgroup_id);

	if (is_killer(c->kill.trigger.comm))
		return OOM_SENT_NAME;
	if (c->mark != MT_UNKNOWN_U64 && mark != MT_UNKNOWN_U64 && mark > c->mark)
		return OOM_SENT_MARK;
	if (c->some_avg10 != MT_UNKNOWN_U64 && c->some_avg10 >= OOM_SENT_PSI * SAMPLE_WHOLE / 100)
		return OOM_SENT_PRESSURE;
	return OOM_SENT_NONE;
}

static int64_t apart(uint64_t a, uint64_t b)
{
	int64_t difference = (int64_t)(a - b);

	return difference < 0 ? -difference : difference;
}

/* What the log says of the case's kill. */
static int take_logged(void *ctx, const struct oom_kill *logged)
{
	struct oom_watch *watch = ctx;
	const struct mt_oom *kill = &watch->of->kill;
	/* both by the clocks as they are now: whatever they are set to, it is the same for the two */
	uint64_t wall_ns = kill->hdr.time_ns + (uint64_t)clock__wall_offset_ns();
	uint64_t logged_ns = logged->when.boot_ns + (uint64_t)kmsg__wall_offset_ns();
	struct oom_task *tasks = NULL;

	if (logged->victim.pid != (kill->victim.pid ? kill->victim.pid : kill->victim.tid) ||
	    logged->when.boot_ns == MT_UNKNOWN_U64 || apart(logged_ns, wall_ns) > SAME_KILL_NS)
		return 0;
	if (logged->nr_tasks) {
		tasks = malloc(logged->nr_tasks * sizeof(*tasks));
		if (!tasks)
			return -ENOMEM;
		memcpy(tasks, logged->tasks, logged->nr_tasks * sizeof(*tasks));
	}
	oom_kill__done(&watch->kill);
	watch->kill = *logged;
	watch->kill.tasks = tasks;
	return 0;
}

static int feed(void *ctx, const char *record, size_t len)
{
	return oom_parser__feed(ctx, record, len);
}

static void read_log(struct oom_watch *watch, const struct oom_case *c, uint64_t *lost)
{
	struct oom_parser *parser = oom_parser__new(take_logged, watch);
	int err;

	watch->of = c;
	err = parser ? kmsg__each(feed, parser, lost) : -ENOMEM;
	if (!err)
		err = oom_parser__end(parser);
	oom_parser__free(parser);
	if (err && !watch->log_failed)
		log_warn("the kernel's log cannot be read: %s; reports have what programs see alone", strerror(-err));
	watch->log_failed |= err != 0;
}

static int report(struct oom_watch *watch, const struct oom_case *c)
{
	const struct oom_scene scene = scene_of(watch);
	struct oom_found found = { .kill = &watch->kill, .kernel_points = c->nr_candidates };
	int err;

	oom_kill__init(&watch->kill);
	if (c->sent || is_replay(watch))
		found.lost_records = MT_UNKNOWN_U64;
	else
		read_log(watch, c, &found.lost_records);
	found.logged = watch->kill.victim.pid != 0;
	err = oom_case__fill(&watch->cases, c, &scene, &watch->kill);
	if (!err)
		err = watch->request.found(watch->request.ctx, &found);
	oom_kill__done(&watch->kill);
	watch->reports++;
	return err;
}

static int report_due(struct oom_watch *watch, uint64_t wait_ns)
{
	struct oom_case *c;
	int err = 0;

	while (!err && (c = oom_cases__due(&watch->cases, now_ns_of(watch), wait_ns))) {
		if (c->sent)
			c->why = why_sent(watch, c);
		if (!c->sent || c->why != OOM_SENT_NONE)
			err = report(watch, c);
		oom_cases__close(c);
	}
	return err;
}

/* A recording was read up to a record or a moment: before it come the reports that were due by then. */
static int read_on(struct oom_watch *watch, uint64_t until_ns)
{
	if (until_ns <= watch->replayed_ns)
		return 0;
	watch->replayed_ns = until_ns;
	return report_due(watch, WAIT_NS);
}

int oom_watch__tick(struct oom_watch *watch)
{
	const struct session *session = watch->session;
	uint64_t samples[NR_SAMPLES];
	size_t i;

	int err = is_replay(watch) ? read_on(watch, session->checkpoint.now_ns) : 0;

	if (err)
		return err;
	for (i = 0; i < NR_SAMPLES; i++)
		samples[i] = session->samples.extents[SCOPE_TOTAL][i].end;
	check_pressure(watch);
	flight__tick(watch->flight, session->checkpoint.now_ns, samples, stalled_ns(session));
	if (!is_replay(watch) && !samples__memory_is_short(samples))
		read_commands(watch);
	return look_at_limits(watch);
}

int oom_watch__take(struct oom_watch *watch, const struct mt_hdr *record)
{
	int err = is_replay(watch) ? read_on(watch, record->time_ns) : 0;
	struct oom_case *opened;

	if (err)
		return err;
	if (record->id == MT_REC_memory) {
		flight__memory(watch->flight, (const struct mt_memory *)record);
		return 0;
	}
	opened = record->id == MT_REC_sigkill ? take_sent(watch, (const struct mt_sigkill *)record) :
						oom_cases__take(&watch->cases, record);
	if (opened)
		know_command(watch, opened);
	if (watch->timer)
		loop_timer__set(watch->timer, clock__boot_ns() + DUE_STEP_NS);
	return 0;
}

static bool any_waits(const struct oom_cases *cases)
{
	size_t i;

	for (i = 0; i < OOM_CASES_MAX; i++)
		if (cases->list[i].used)
			return true;
	return false;
}

static void on_due(void *ctx, uint64_t now_ns)
{
	struct oom_watch *watch = ctx;

	session__fail_callback(watch->session, report_due(watch, WAIT_NS));
	loop_timer__set(watch->timer, any_waits(&watch->cases) ? now_ns + DUE_STEP_NS : LOOP_NEVER);
}

int oom_watch__begin(struct oom_watch *watch)
{
	if (is_replay(watch))
		return 0;
	watch->timer = loop__timer(watch->session->loop, on_due, watch);
	if (!watch->timer)
		return -ENOMEM;
	/* kills while programs were being attached */
	if (any_waits(&watch->cases))
		loop_timer__set(watch->timer, clock__boot_ns() + DUE_STEP_NS);
	return 0;
}

int oom_watch__finish(struct oom_watch *watch)
{
	return report_due(watch, 0);
}

struct oom_watch_totals oom_watch__totals(const struct oom_watch *watch)
{
	return (struct oom_watch_totals){ .kills = watch->cases.nr,
					  .reports = watch->reports,
					  .left_out = watch->cases.left_out,
					  .sent_left_out = watch->cases.sent_left_out };
}
