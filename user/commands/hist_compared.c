// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "hist_compared.h"

#include <errno.h>

#include "../base/log.h"
#include "../cli/command.h"
#include "../session/against.h"
#include "../session/tracing.h"
#include "../views/compared_hists.h"

struct compared_run {
	struct tracing tracing;
	struct compared_hists_view view;
	bool damaged; /* the other one */
};

static int take(struct compared_run *run, enum compared_side_id side, struct session *session)
{
	session->view.by_kind = session->options->by == HIST_BY_KIND;
	run->view.runs_view.recordings[side] = session->options->replay;
	compared_runs__take(&run->view.runs, side, &session->view);
	return histograms__make(&run->view.sides[side], &session->view, SCOPE_TOTAL);
}

static int take_other(void *ctx, struct session *other)
{
	return take(ctx, COMPARED_BEFORE, other);
}

static int read_other(struct tracing *tracing)
{
	struct compared_run *run = (struct compared_run *)tracing;
	struct session_config config = tracing->session.config;

	config.ctx = NULL;
	config.goes_on = false;
	return against__read(&tracing->session, &config, take_other, run, &run->damaged);
}

static int finish(struct tracing *tracing)
{
	struct compared_run *run = (struct compared_run *)tracing;
	struct report *report = report__new("memtrace.compared_hist/1");
	int err = report ? take(run, COMPARED_NOW, &tracing->session) : -ENOMEM;

	if (!err)
		err = compared_hists_view__add(&run->view, report);
	if (!err)
		err = render__report(&tracing->render, report);
	report__free(report);
	return err;
}

static int verdict(struct tracing *tracing)
{
	return ((const struct compared_run *)tracing)->damaged ? EXIT_FAILED : EXIT_OK;
}

static void done(struct tracing *tracing)
{
	compared_hists_view__done(&((struct compared_run *)tracing)->view);
}

static int check(const struct options *options)
{
	int code = against__check(options);

	if (code != EXIT_OK)
		return code;
	if (options->interval_ns) {
		log_error("-i: two recordings are compared as a whole; expected no -i beside --against");
		return EXIT_USAGE;
	}
	if (options->by == BY_PROCESS || options->by == BY_THREAD) {
		log_error("--by: a number of a process in one recording is another process in the other; expected "
			  "cause, comm, cgroup, role or kind beside --against");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int hist_compared__run(const struct options *options, const struct session_config *config)
{
	static const struct tracing_ops ops = {
		.read_on = read_other, .finish = finish, .verdict = verdict, .done = done
	};
	struct session_config own = *config;
	int code = check(options);

	own.goes_on = true;
	return code == EXIT_OK ? tracing__run(sizeof(struct compared_run), options, &own, &ops) : code;
}
