// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace oom without a log: a run that waits for kills, remembers the last minute, and reports each. */
#include "oom_live.h"

#include "../base/log.h"
#include "../cli/own_rules.h"
#include "../session/tracing.h"
#include "oom_box.h"

struct oom_live {
	struct tracing tracing;
	struct oom_box box;
};

static int show(void *ctx, const struct oom_kill *kill, const struct report *report)
{
	struct oom_live *run = ctx;

	(void)kill;
	return render__report(&run->tracing.render, report);
}

/* The first records come while the session opens, before ready(). */
static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct oom_live *run = ctx;

	run->box.show = show;
	run->box.ctx = run;
	return oom_box__event(&run->box, session, row, record);
}

static void on_recording(struct session *session, void *ctx, char *data, size_t size)
{
	struct oom_live *run = ctx;

	(void)session;
	oom_box__recording(&run->box, data, size);
}

static bool may_keep(struct session *session, void *ctx)
{
	(void)session;
	return oom_box__may_keep(&((struct oom_live *)ctx)->box);
}

static void on_tick(struct session *session, void *ctx)
{
	struct oom_live *run = ctx;

	session__fail_callback(session, oom_box__tick(&run->box));
}

static int ready(struct tracing *tracing)
{
	struct oom_live *run = (struct oom_live *)tracing;

	run->box.show = show;
	run->box.ctx = run;
	run->box.width = tracing->render.output.style.width;
	return oom_box__ready(&run->box, &tracing->session, "--dir");
}

static int finish(struct tracing *tracing)
{
	return oom_box__finish(&((struct oom_live *)tracing)->box);
}

static int verdict(struct tracing *tracing)
{
	return ((struct oom_live *)tracing)->box.unwritten ? EXIT_FAILED : EXIT_OK;
}

static void done(struct tracing *tracing)
{
	oom_box__done(&((struct oom_live *)tracing)->box);
}

int oom_live__run(const struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .verdict = verdict, .done = done };
	struct session_config config = {
		.probes = 1U << MT_PROBE_oom,
		.probes_too = 1U << MT_PROBE_stall | 1U << MT_PROBE_signal,
		.no_rows = true,
		.default_interval_ns = OOM_WATCH_TICK_NS,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 16 },
		.event = on_event,
		.tick = on_tick,
		.reload = own_rules__read,
	};

	/* what was before a kill; a recording may lack it */
	*(options->replay ? &config.probes_too : &config.probes) |= 1U << MT_PROBE_memory;
	if (options->denied)
		config.probes |= 1U << MT_PROBE_denied;
	oom_box__configure(&config, options);
	if (options->oom_dir) {
		config.keep = on_recording;
		config.may_keep = may_keep;
		config.probes_too |= 1U << MT_PROBE_reclaim | 1U << MT_PROBE_kswapd;
	}
	return tracing__run(sizeof(struct oom_live), options, &config, &ops);
}
