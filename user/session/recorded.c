// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded.h"

#include <errno.h>
#include <string.h>

#include "../base/log.h"
#include "../sources/replay.h"

static const char *name_cgroup(void *ctx, uint64_t id)
{
	struct source *source = ctx;

	return id ? source->ops->cgroup(source, id) : NULL;
}

static void take(void *ctx, const void *record, size_t size)
{
	struct recorded *recorded = ctx;
	int err = 0;

	recording_summary__take(&recorded->summary, record, size);
	if (recorded->summary.history) {
		recorded->history.nr_clocks = replay__clocks(recorded->source, &recorded->history.clocks);
		err = history_summary__take(&recorded->history, record, name_cgroup, recorded->source);
	}
	if (err && !recorded->summary.error)
		recorded->summary.error = err;
}

static int read_through(struct recorded *recorded)
{
	struct recording_summary *summary = &recorded->summary;
	const struct source_ops *ops = recorded->source->ops;
	uint64_t due_ns;
	int more;

	do
		more = ops->next(recorded->source, &due_ns);
	while (more > 0 && !summary->error);
	if (summary->error)
		more = summary->error;
	history_summary__end(&recorded->history);
	recorded->history.nr_gaps = replay__gaps(recorded->source, &recorded->history.gaps);
	recorded->history.nr_clocks = replay__clocks(recorded->source, &recorded->history.clocks);
	ops->checkpoint(recorded->source, &summary->end);
	ops->totals(recorded->source, &summary->totals);
	recorded->damaged = recorded->source->damaged;
	if (!more)
		return EXIT_OK;
	if (more != -ECANCELED)
		log_error("cannot read further: %s", strerror(-more));
	return EXIT_FAILED;
}

int recorded__read(struct recorded *recorded, const char *path)
{
	struct recording_summary *summary = &recorded->summary;
	struct sink sink = { .record = take, .ctx = recorded };
	int code, err;

	memset(recorded, 0, sizeof(*recorded));
	code = replay__open(&recorded->source, path, NULL, sink, &summary->facts);
	if (code != EXIT_OK)
		return code;
	err = replay__be_brief(recorded->source);
	if (err) {
		log_error("%s cannot be read: %s", path, strerror(-err));
		return EXIT_FAILED;
	}
	summary->head = replay__head(recorded->source);
	if (replay__is_history(recorded->source))
		summary->history = &recorded->history;
	return read_through(recorded);
}

void recorded__close(struct recorded *recorded)
{
	if (recorded->source)
		recorded->source->ops->free(recorded->source);
	recording_summary__free(&recorded->summary);
	history_summary__free(&recorded->history);
}
