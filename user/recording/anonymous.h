/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Names of a recording that are replaced by others: "name1", "name2" and so on, as they come.  The same text has the
 * same name everywhere: a program in paths, in command lines and as a process's name, a unit in paths of cgroups.  What
 * the kernel calls its own threads, functions, modules and devices stays, and so do all numbers.
 */
#ifndef MEMTRACE_RECORDING_ANONYMOUS_H
#define MEMTRACE_RECORDING_ANONYMOUS_H

#include "../model/recording_head.h"
#include "../model/stack_lookup.h"

#define ANONYMOUS_PATH_MAX 4096 /* bytes of a path that was replaced, with its end */

struct anonymous;

/* NULL: no memory. */
struct anonymous *anonymous__new(void);
void anonymous__free(struct anonymous *anonymous); /* NULL is fine */

/*
 * Takes a record that was checked for id and size, and calls emit with one, several or none in its place: a name that
 * is in several records is replaced when all of it is there.  0, -ENOMEM, or what emit returned.
 */
int anonymous__take(struct anonymous *anonymous, const void *record, int (*emit)(void *ctx, const void *record),
		    void *ctx);
/* Valid until the next call. */
const struct mt_who *anonymous__who(struct anonymous *anonymous, const struct mt_who *who);
/* Of a file or a cgroup; valid until the next call. */
const char *anonymous__path(struct anonymous *anonymous, const char *path);
/* All texts but those about kernel and hardware. */
void anonymous__head(struct recording_head *head);
/* The same call chains, without the names of files and of what programs made; as long as that one, and anonymous. */
struct stack_lookup anonymous__stacks(struct anonymous *anonymous, struct stack_lookup stacks);

#endif
