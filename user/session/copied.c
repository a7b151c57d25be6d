// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "copied.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/log.h"
#include "../base/stop.h"
#include "../count/pipeline.h"
#include "../recording/anonymous.h"
#include "../sources/replay.h"

struct copying {
	const struct copy_request *request;
	struct source *source;
	struct pipeline pipeline; /* learns whom references stand for */
	struct recorder *recorder;
	struct anonymous *anonymous; /* NULL: names stay */
	struct run_facts facts;
	uint64_t from_ns, to_ns;
	bool before; /* the part has not begun */
	int error;
};

static const char *name_cgroup(void *ctx, uint64_t id)
{
	struct copying *copying = ctx;
	const char *name = copying->source->ops->cgroup(copying->source, id);

	if (name[0] == '[') /* it stands for one that the recording does not have */
		return NULL;
	return copying->anonymous ? anonymous__path(copying->anonymous, name) : name;
}

static const struct mt_who *name_who(void *ctx, uint64_t id)
{
	struct copying *copying = ctx;
	const struct mt_who *who = task_refs__find(&copying->pipeline.task_refs, id);

	return who && copying->anonymous ? anonymous__who(copying->anonymous, who) : who;
}

static int pass_on(void *ctx, const void *record)
{
	struct copying *copying = ctx;

	if (copying->before)
		return recorder__start_from(copying->recorder, record);
	recorder__take(copying->recorder, record);
	return 0;
}

static void take(void *ctx, const void *record)
{
	struct copying *copying = ctx;
	int err;

	if (((const struct mt_hdr *)record)->id == MT_REC_WHO)
		return; /* the encoder asks for them */
	err = copying->anonymous ? anonymous__take(copying->anonymous, record, pass_on, copying) :
				   pass_on(copying, record);
	if (err && !copying->error)
		copying->error = err;
}

static int open_all(struct copying *copying)
{
	const struct recorder_request request = {
		.file = copying->request->file,
		.has = replay__head(copying->source)->has,
		.whole_blocks = true,
		.cgroup = name_cgroup,
		.who = name_who,
		.ctx = copying,
	};
	struct stack_lookup stacks = copying->source->ops->stacks(copying->source);
	int err;

	if (copying->request->anonymise) {
		copying->anonymous = anonymous__new();
		if (!copying->anonymous)
			return -ENOMEM;
		stacks = anonymous__stacks(copying->anonymous, stacks);
	}
	err = recorder__new(&copying->recorder, &request);
	if (err)
		return err;
	recorder__set_stacks(copying->recorder, stacks);
	return 0;
}

static int next(struct copying *copying, uint64_t *due_ns)
{
	int more = copying->source->ops->next(copying->source, due_ns);

	if (copying->error || copying->pipeline.error)
		return copying->error ? copying->error : copying->pipeline.error;
	task_refs__age(&copying->pipeline.task_refs);
	return more;
}

static int refuse_begin(const struct copying *copying)
{
	log_error("%s: %s has no counts of that time", replay_part__name(&copying->request->part),
		  copying->request->from);
	return EXIT_USAGE;
}

/* Up to the moment at which the part begins.  1: there is one; 0; -errno. */
static int skip(struct copying *copying)
{
	struct checkpoint_record start = { .hdr = { .id = REC_CHECKPOINT, .size = sizeof(start) } };
	uint64_t due_ns = 0;
	int more = 1;

	copying->before = true;
	replay__stop_at_runs(copying->source, true);
	while (more > 0 &&
	       (due_ns < copying->from_ns || (replay__is_history(copying->source) && due_ns >= copying->to_ns))) {
		more = next(copying, &due_ns);
		replay__follow_clock(copying->source, &copying->from_ns, &copying->to_ns);
	}
	replay__stop_at_runs(copying->source, false);
	copying->before = false;
	if (more <= 0)
		return more;
	copying->source->ops->checkpoint(copying->source, &start.checkpoint);
	replay__restart(copying->source);
	start.hdr.time_ns = start.due_ns = start.checkpoint.now_ns;
	start.checkpoint.own_cpu_ns = 0;
	more = recorder__start_from(copying->recorder, &start);
	return more ? more : 1;
}

static int begin(struct copying *copying, struct copied *copied)
{
	struct recording_head head = *replay__head(copying->source);

	copying->source->ops->checkpoint(copying->source, &head.start);
	head.start.own_cpu_ns = 0;
	head.facts = copying->facts;
	head.facts.command_alone &= !copying->from_ns && copying->to_ns == UINT64_MAX;
	head.window |= copying->from_ns > 0;
	memset(&head.segment, 0, sizeof(head.segment));
	if (copying->anonymous)
		anonymous__head(&head);
	copied->from_ns = head.start.now_ns;
	copied->from_wall_ns = (int64_t)head.start.now_ns + head.start.wall_offset_ns;
	return recorder__begin(copying->recorder, &head);
}

/* One moment: 1: there may be more; 0: it was the last; -errno. */
static int copy_moment(struct copying *copying, struct copied *copied)
{
	struct source *src = copying->source;
	struct checkpoint checkpoint;
	struct totals totals;
	uint64_t due_ns = 0;
	int more = next(copying, &due_ns), err;
	bool final;

	if (more < 0)
		return more;
	replay__follow_clock(copying->source, &copying->from_ns, &copying->to_ns);
	final = !more || due_ns >= copying->to_ns;
	src->ops->checkpoint(src, &checkpoint);
	src->ops->totals(src, &totals);
	copied->to_wall_ns = (int64_t)checkpoint.now_ns + checkpoint.wall_offset_ns;
	err = recorder__checkpoint(copying->recorder, &checkpoint, &totals, more ? due_ns : checkpoint.now_ns, final);
	return err ? err : !final;
}

/* Those before the part are no concern of it. */
static size_t gaps_within(const struct copying *copying, uint64_t from_ns)
{
	const struct recorded_gap *gaps;
	size_t i, nr = replay__gaps(copying->source, &gaps), within = 0;

	for (i = 0; i < nr; i++)
		within += gaps[i].to_ns > from_ns;
	return within;
}

static int copy(struct copying *copying, struct copied *copied)
{
	struct command_outcome outcome = { 0 };
	int more = 1;

	while (more > 0)
		more = copy_moment(copying, copied);
	if (more)
		return more;
	copied->nr_gaps = gaps_within(copying, copied->from_ns);
	copied->damaged = copying->source->damaged;
	if (copying->to_ns == UINT64_MAX)
		outcome = *copying->source->ops->outcome(copying->source);
	return recorder__finish(copying->recorder, &outcome);
}

static int say_failed(const struct copying *copying, int err)
{
	if (err == -ECANCELED)
		log_error("stopped: nothing was written");
	else if (copying->request->file->error)
		outfile__report(copying->request->file, err);
	else
		log_error("%s cannot be copied: %s", copying->request->from, strerror(-err));
	return EXIT_FAILED;
}

static int run(struct copying *copying, struct copied *copied)
{
	int err, more = 1;

	err = open_all(copying);
	if (!err && copying->from_ns)
		more = skip(copying);
	if (!err && !more)
		return refuse_begin(copying);
	if (!err)
		err = more < 0 ? more : begin(copying, copied);
	if (!err)
		err = copy(copying, copied);
	copied->stats = copying->recorder ? recorder__stats(copying->recorder) : copied->stats;
	copied->stats.path = NULL;
	return err ? say_failed(copying, err) : EXIT_OK;
}

int copied__make(struct copied *copied, const struct copy_request *request)
{
	struct copying copying = { .request = request };
	int code;

	*copied = (struct copied){ 0 };
	copying.pipeline.every_record = take;
	copying.pipeline.every_record_ctx = &copying;
	code = replay__open(&copying.source, request->from, &request->part, pipeline__sink(&copying.pipeline),
			    &copying.facts);
	if (code == EXIT_OK)
		code = replay__part(copying.source, &request->part, &copying.from_ns, &copying.to_ns);
	if (code == EXIT_OK)
		code = run(&copying, copied);
	recorder__free(copying.recorder);
	anonymous__free(copying.anonymous);
	pipeline__done(&copying.pipeline);
	if (copying.source)
		copying.source->ops->free(copying.source);
	return code;
}
