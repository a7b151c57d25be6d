// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tracing.h"

#include <stdlib.h>

#include "../base/log.h"

static int run_attached(struct tracing *tracing, const struct tracing_ops *ops)
{
	struct session *session = &tracing->session;
	int code = ops->ready ? ops->ready(tracing) : EXIT_OK, err = 0;

	if (code == EXIT_OK)
		code = session__run(session);
	if (code == EXIT_OK)
		err = session->error;
	if (code == EXIT_OK && !err && ops->read_on)
		code = ops->read_on(tracing);
	if (code == EXIT_OK && !err && ops->finish)
		err = ops->finish(tracing);
	code = render__close(&tracing->render, err, code);
	return code == EXIT_OK && !err && ops->verdict ? ops->verdict(tracing) : code;
}

int tracing__run(size_t size, const struct options *options, const struct session_config *config,
		 const struct tracing_ops *ops)
{
	struct tracing *tracing = calloc(1, size);
	struct session_config with_ctx = *config;
	int code;

	if (!tracing) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	with_ctx.ctx = tracing;
	code = render__open(&tracing->render, &options->out);
	with_ctx.reports_to_stdout = outfile__is_stdout(&tracing->render.file);
	if (code == EXIT_OK && ops->before) {
		code = ops->before(tracing, options);
		if (code != EXIT_OK) {
			code = render__close(&tracing->render, 0, code);
			ops->done(tracing);
		}
	}
	if (code == EXIT_OK) {
		code = session__open(&tracing->session, options, &with_ctx);
		tracing->render.output.wall_offset_ns = &tracing->session.checkpoint.wall_offset_ns;
		if (code == EXIT_OK)
			code = session__exit_code(&tracing->session, run_attached(tracing, ops));
		else
			code = render__close(&tracing->render, 0, code);
		if (ops->done)
			ops->done(tracing);
		session__close(&tracing->session);
	}
	free(tracing);
	return code;
}
