// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded.h"

#include <errno.h>
#include <string.h>

#include "../base/log.h"
#include "../sources/replay.h"

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
	struct sink sink = { .record = recording_summary__take, .ctx = summary };
	int code;

	memset(recorded, 0, sizeof(*recorded));
	code = replay__open(&recorded->source, path, sink, &summary->facts);
	if (code != EXIT_OK)
		return code;
	summary->head = replay__head(recorded->source);
	return read_through(recorded);
}

void recorded__close(struct recorded *recorded)
{
	if (recorded->source)
		recorded->source->ops->free(recorded->source);
	recording_summary__free(&recorded->summary);
}
