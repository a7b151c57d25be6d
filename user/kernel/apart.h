/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A separate process that opens other users' files: mappings in /proc, the files behind them, their symbols.  A
 * FUSE file system that does not answer blocks its reader already in open(2) and stat(2); a file may take minutes
 * or gigabytes to go through.  So the caller does not wait, and the reader is killed when it takes too long: then
 * its question has no answer.
 *
 * Two processes, in fact: the first one is forked when memtrace has nothing open yet and does nothing but fork the
 * reader, again after each one that was killed.  Both end with memtrace.
 */
#ifndef MEMTRACE_KERNEL_APART_H
#define MEMTRACE_KERNEL_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../symbols/message.h"

struct apart;

/* dir: as symbols__new() takes it.  NULL if memory or processes ran out. */
struct apart *apart__new(const char *dir);
void apart__free(struct apart *apart); /* NULL is fine; pending callbacks are not called */

/* A question, with its callback. */
struct apart_key {
	uint64_t id, of;
};

/* answer: NULL if there is none: the reader was too slow, ended, or was given up. */
typedef void (*apart_done)(void *ctx, struct apart_key key, struct message_cursor *answer);

/* Takes over the question's bytes.  limit_ns: how long the answer may take.  One of the functions below calls done. */
void apart__ask(struct apart *apart, struct message *question, uint64_t limit_ns, apart_done done, void *ctx,
		struct apart_key key);
/* The same, before those that apart__ask() has put there: of a process that may be gone soon. */
void apart__ask_soon(struct apart *apart, struct message *question, uint64_t limit_ns, apart_done done, void *ctx,
		     struct apart_key key);
/* Polls readable when apart__attend() has something to do; limits that expire do not make it readable. */
int apart__fd(const struct apart *apart);
/* Takes answers, sends questions; does not wait. */
void apart__attend(struct apart *apart);
bool apart__is_idle(const struct apart *apart);
/*
 * Waits until all questions are answered, at most until then (CLOCK_BOOTTIME), or until over() says so, which is
 * called after each signal.  true: all are answered.
 */
bool apart__wait(struct apart *apart, uint64_t until_ns, bool (*over)(void));
/* How many questions have been answered. */
uint64_t apart__answered(const struct apart *apart);
/* How many readers were too slow. */
unsigned int apart__killed(const struct apart *apart);

#endif
