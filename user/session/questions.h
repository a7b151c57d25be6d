/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How questions about a task's call chains begin, for the process apart (kernel/apart_questions.h). */
#ifndef MEMTRACE_SESSION_QUESTIONS_H
#define MEMTRACE_SESSION_QUESTIONS_H

#include "../kernel/apart_questions.h"
#include "../model/stack_lookup.h"
#include "../symbols/message.h"

/* The kind, and the processes through which the task's files can be read, as they were at that time. */
void questions__begin(struct message *question, enum apart_kind kind, const struct stack_lookup *source,
		      const struct mt_who *who, uint64_t time_ns);

#endif
