/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the two sides of user/kernel/apart.h share. */
#ifndef MEMTRACE_KERNEL_APART_IMPL_H
#define MEMTRACE_KERNEL_APART_IMPL_H

#include "../symbols/message.h"

/* Questions and answers begin with their size in bytes. */
struct apart_head {
	uint64_t size;
};

/* Runs in a process of its own: answers questions from fd until that ends. dir: as symbols__new() takes it. */
void apart_reader__serve(int fd, const char *dir);
/* The answer to one question; for tests too.  symbols: of struct symbols. */
struct symbols;
void apart_reader__answer(struct symbols *symbols, struct message_cursor *question, struct message *answer);

#endif
