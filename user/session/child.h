/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The command that is traced: started, signalled, waited for. */
#ifndef MEMTRACE_SESSION_CHILD_H
#define MEMTRACE_SESSION_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct child {
	pid_t pid;	      /* 0: none was started */
	bool running;	      /* not yet waited for */
	int status;	      /* as wait4() gives it */
	struct rusage rusage; /* its own, and that of descendants that were waited for */
};

/*
 * Forks and execs argv, searched in PATH, with the signal mask given and out as its standard output.  0; or
 * -errno of the exec (-ENOENT, -EACCES, ...) or the fork; nothing runs then.
 */
int child__start(struct child *child, char **argv, int out, const sigset_t *mask);
void child__signal(struct child *child, int signo);
/* Takes its status if it has ended; waits for it if block is set. */
void child__reap(struct child *child, bool block);
/* As a shell's $?: its code, or 128 + the signal that ended it. */
int child__exit_code(const struct child *child);

#endif
