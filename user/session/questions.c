// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "questions.h"

#define MAX_READERS 4

void questions__begin(struct message *question, enum apart_kind kind, const struct stack_lookup *source,
		      const struct mt_who *who, uint64_t time_ns)
{
	uint32_t pids[MAX_READERS];
	size_t nr = source->readers ? source->readers(source->ctx, who, time_ns, pids, MAX_READERS) : 0, i;

	message__put_u64(question, kind);
	message__put_u64(question, nr);
	for (i = 0; i < nr; i++)
		message__put_u64(question, pids[i]);
}
