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
/* Parts of questions: pids, of which at most MAPS_ACCESS_PIDS are taken; mappings, NULL if memory ran out. */
void apart_reader__get_pids(struct message_cursor *question, uint32_t *pids, size_t *nr);
struct proc_maps *apart_reader__get_maps(struct message_cursor *question, uint32_t pid);
void apart_reader__rule(struct symbols *symbols, struct message_cursor *question, struct message *answer);
void apart_reader__unwind(struct symbols *symbols, struct message_cursor *question, struct message *answer);

#endif
