// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "compared.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/log.h"
#include "../session/against.h"
#include "../session/tracing.h"
#include "../views/compared.h"
#include "../views/stalls.h"

struct compared_run {
	struct tracing tracing;
	struct compared compared;
	struct compared_view view;
	bool damaged; /* the other one */
};

static int init(struct tracing *tracing, const struct probe_column *columns)
{
	const struct options *options = tracing->session.options;

	return compared__init(&((struct compared_run *)tracing)->compared, &tracing->session.view, columns,
			      options__by(options, BY_PROCESS), options->sort);
}

static int ready(struct tracing *tracing)
{
	return init(tracing, NULL);
}

static int ready_of_stalls(struct tracing *tracing)
{
	return init(tracing, stalls__columns);
}

static int take_other(void *ctx, struct session *other)
{
	struct compared_run *run = ctx;

	run->view.runs.recordings[COMPARED_BEFORE] = other->options->replay;
	return compared__take(&run->compared, COMPARED_BEFORE, &other->view);
}

static int read_other(struct tracing *tracing)
{
	struct compared_run *run = (struct compared_run *)tracing;
	struct session_config config = tracing->session.config;

	config.ctx = NULL;
	config.goes_on = false;
	run->view.runs.recordings[COMPARED_NOW] = tracing->session.options->replay;
	return against__read(&tracing->session, &config, take_other, run, &run->damaged);
}

static int show(struct compared_run *run)
{
	struct report *report = report__new("memtrace.compared/1");
	int err = report ? 0 : -ENOMEM;

	if (!err) {
		run->view.compared = &run->compared;
		run->view.shown = run->tracing.session.options->rows;
		compared_view__add(&run->view, report);
		err = render__report(&run->tracing.render, report);
	}
	report__free(report);
	return err;
}

static int finish(struct tracing *tracing)
{
	struct compared_run *run = (struct compared_run *)tracing;
	int err = compared__take(&run->compared, COMPARED_NOW, &tracing->session.view);

	if (!err)
		err = compared__order(&run->compared);
	return err ? err : show(run);
}

static int verdict(struct tracing *tracing)
{
	return ((const struct compared_run *)tracing)->damaged ? EXIT_FAILED : EXIT_OK;
}

static void done(struct tracing *tracing)
{
	compared__done(&((struct compared_run *)tracing)->compared);
}

int compared__run(const struct options *options, const struct session_config *config, bool stalls)
{
	const struct tracing_ops ops = {
		.ready = stalls ? ready_of_stalls : ready,
		.read_on = read_other,
		.finish = finish,
		.verdict = verdict,
		.done = done,
	};
	struct session_config own = *config;
	int code = against__check(options);

	if (code == EXIT_OK && options->interval_ns) {
		log_error("-i: two recordings are compared as a whole; expected no -i beside --against");
		code = EXIT_USAGE;
	}
	if (code == EXIT_OK && (options->by == BY_THREAD || options->by == BY_PARENT)) {
		log_error("--by: a thread is in one recording alone; expected process, comm, cgroup or role beside "
			  "--against");
		code = EXIT_USAGE;
	}
	own.samples = true;
	own.gather = false;
	own.goes_on = true;
	return code == EXIT_OK ? tracing__run(sizeof(struct compared_run), options, &own, &ops) : code;
}
