/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Ends the run, and makes sure that nothing takes longer.  Signals are blocked, and checked at suitable points.
 * Calls that may block (a reader that does not read, a writer that does not write, a FIFO that no other process
 * opens) go through here, and long computations ask whether to go on.
 *
 * A run that is over by itself waits for its reader without a limit.  A run that is ended, by a signal or a
 * deadline, waits as long as its reader reads: a reader that takes nothing for 40 ms is given up.  A signal after
 * the end of the run means that the rest is not wanted: it gets 40 ms in all.
 *
 * A process has one of these, as it has one set of signals.  Without stop__open() signals do what they did before,
 * and nothing ends.
 */
#ifndef MEMTRACE_BASE_STOP_H
#define MEMTRACE_BASE_STOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/types.h>

/* From now on SIGINT, SIGTERM, SIGHUP and SIGCHLD are handled here.  0 or -errno. */
int stop__open(void);
/* The same for signo.  0 or -errno. */
int stop__also_take(int signo);
/* The mask of signals from before, for programs that are run. */
const sigset_t *stop__old_mask(void);
/* Polls readable when a signal waits: call stop__look() then; -1 without stop__open(). */
int stop__fd(void);

/*
 * Sets the function that decides what signals mean, in the thread that calls this; NULL removes it.  Without it, the
 * first signal that asks for the end ends the run, and leaves undone what was going on.
 */
void stop__on_signal(void (*handle)(void *ctx, const struct signalfd_siginfo *info), void *ctx);
/* Handles pending signals, and checks whether the deadline has come. */
void stop__look(void);
/* The run is ended at this time of the boot clock, in ns; 0: not by the clock. */
void stop__at(uint64_t deadline_ns);
/* The run is over by itself; the deadline no longer applies. */
void stop__run_is_over(void);
/* Ends the run, if it is not over. */
void stop__end(void);
/* The same because of a signal; if the run is already over, its remaining output is not wanted. */
void stop__by_signal(void);
/* The same, and none of the output is wanted: signo leaves it undone. */
void stop__abandon(int signo);

/* Whether the run was ended by a signal or a deadline: then the rest must come soon. */
bool stop__is_ended(void);

/* Whether the run is over.  Checks at most each 10 ms: cheap enough for each turn of a loop. */
bool stop__asked(void);
/*
 * The same check: is the remaining output not wanted, or did a signal come before the run?  Then do not wait any
 * more.
 */
bool stop__hurried(void);
/* The same check: is even the time for unwanted output over?  Then leave it undone. */
bool stop__overdue(void);
/* Waits for ms, or until a signal was taken. */
void stop__pause(int ms);

/*
 * Writes all of it: 0, or -errno; -ETIMEDOUT: the run was ended, and the reader does not read; -ECANCELED: it is not
 * wanted any more.
 */
int stop__write(int fd, const void *data, size_t size);
/* As read(2), or -errno; -ECANCELED: the run was over first. */
ssize_t stop__read(int fd, void *buf, size_t size);
/* As open(2), or -errno; -ECANCELED: the run was over first. */
int stop__open_file(const char *path, int flags, mode_t mode);

/*
 * The last call of main().  Returns its exit code, unless a signal left something undone: then that signal ends the
 * process.
 */
int stop__exit(int code);

#endif
