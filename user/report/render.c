// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/stream.h"

#define WIDE_COLUMNS 120

bool render__is_terminal(const struct render *render)
{
	return isatty(render->file.fd);
}

static struct output_style style_of(const struct render *render)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct output_style style = { 0 };
	struct winsize size;

	if (!render__is_terminal(render))
		return style;
	style.colour = !(no_colour && no_colour[0]) && term && strcmp(term, "dumb");
	if (!ioctl(render->file.fd, TIOCGWINSZ, &size))
		style.width = size.ws_col;
	return style;
}

bool render__is_wide(const struct render *render)
{
	return render->output.style.width >= WIDE_COLUMNS;
}

int render__open(struct render *render, const struct output_request *request)
{
	const struct output_ops *ops = output__chosen(request);
	int err;

	if (!ops)
		return EXIT_USAGE;
	err = outfile__open(&render->file, request->path, OUTFILE_REPORT);
	if (err) {
		outfile__report(&render->file, err);
		return outfile__exit_code(&render->file);
	}
	if (ops->binary && render__is_terminal(render)) {
		log_error(
			"--format %s: is not for a terminal; expected -o FILE, or standard output that is a file or a "
			"pipe",
			ops->name);
		outfile__close(&render->file);
		return EXIT_USAGE;
	}
	render->output = (struct output){
		.ops = ops,
		.stream = render->file.stream,
		.style = style_of(render),
		.part = output__part(request),
		.events = request->events,
	};
	return EXIT_OK;
}

int render__report(struct render *render, const struct report *report)
{
	int err;

	/* a terminal's width may change between reports */
	render->output.style.width = style_of(render).width;
	err = render->output.ops->report(&render->output, report);
	return err ? err : stream__flush(render->file.stream);
}

int render__copy(struct render *render, const char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		putc(data[i] == '\n' || ((unsigned char)data[i] >= ' ' && data[i] != 0x7f) ? data[i] : '?',
		     render->file.stream);
	return stream__flush(render->file.stream);
}

int render__close(struct render *render, int err, int code)
{
	output__done(&render->output);
	if (!render->file.stream)
		return code;
	if (!err && code != EXIT_OK) {
		outfile__close(&render->file);
		return code;
	}
	err = outfile__finish(&render->file, err);
	if (!err || err == -EPIPE)
		return code;
	outfile__report(&render->file, err);
	return EXIT_FAILED;
}
