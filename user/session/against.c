// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "against.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/log.h"

static bool is_stdin(const char *path)
{
	return !strcmp(path, "-");
}

bool against__is_time(const struct options *options)
{
	struct time_point point;

	return !time_point__parse(options->against, &point);
}

int against__check(const struct options *options)
{
	if (!options->against)
		return EXIT_OK;
	if (is_stdin(options->replay) && (against__is_time(options) || is_stdin(options->against))) {
		log_error("--against: standard input can be read once; expected the name of a recording");
		return EXIT_USAGE;
	}
	if (!against__is_time(options) && !is_stdin(options->against) && access(options->against, F_OK)) {
		log_error("--against '%s': %s; expected a recording, or a TIME as for --from, such as -26h or 03:00",
			  options->against, strerror(errno));
		return EXIT_FAILED;
	}
	if (against__is_time(options) || (!options->pids.nr && !options->tids.nr))
		return EXIT_OK;
	log_error("--against: a number of a process in one recording is another process in the other; expected -n or "
		  "-c in place of -%c",
		  options->pids.nr ? 'p' : 't');
	return EXIT_USAGE;
}

/* It borrows what options owns. */
static struct options options_of_other(const struct options *options, uint64_t duration_ns)
{
	struct options other = *options;

	other.from = other.to = (struct time_point){ 0 };
	other.duration_ns = 0;
	other.interval_ns = 0;
	if (time_point__parse(options->against, &other.from))
		other.replay = options->against;
	else
		other.to = (struct time_point){ .kind = TIME_POINT_AFTER, .ns = duration_ns };
	return other;
}

static int read_all(struct session *other, const struct options *options, const struct session_config *config,
		    int (*take)(void *ctx, struct session *other), void *ctx)
{
	int code = session__open(other, options, config), err;

	if (code == EXIT_OK)
		code = session__run(other);
	if (code != EXIT_OK)
		return code;
	err = other->error ? other->error : take(ctx, other);
	if (!err)
		return EXIT_OK;
	log_error("--against: %s cannot be read: %s", options->replay, strerror(-err));
	return EXIT_FAILED;
}

int against__read(const struct session *now, const struct session_config *config,
		  int (*take)(void *ctx, struct session *other), void *ctx, bool *damaged)
{
	struct options options = options_of_other(now->options, run_view__duration_ns(&now->view, SCOPE_TOTAL));
	struct session *other = calloc(1, sizeof(*other));
	int code;

	if (!other) {
		log_error("--against: out of memory");
		return EXIT_FAILED;
	}
	code = read_all(other, &options, config, take, ctx);
	if (code == EXIT_OK)
		*damaged = other->source->damaged;
	else if (against__is_time(now->options))
		log_error("--against '%s': there is nothing to compare with", now->options->against);
	session__close(other);
	free(other);
	return code;
}
