/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The end of the run, and that nothing outlasts it.  Signals are blocked, and
 * looked at where it suits.  What may block (a reader that does not read, a
 * writer that does not write, a FIFO that nobody else opens) goes through here,
 * and what takes long asks whether to go on.
 *
 * A run that is over by itself has all the time that its reader wants.  One that is ended, by a signal or
 * a deadline, has it as long as its reader reads: who takes nothing for 40 ms is given
 * up.  A signal when the run is over says that the rest is not wanted: it gets 40 ms in all.
 *
 * A process has one of these, as it has one set of signals.  Without
 * stop__open() signals do what they did before, and nothing ends.
 */
#ifndef MEMTRACE_BASE_STOP_H
#define MEMTRACE_BASE_STOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/types.h>

/* From now on SIGINT, SIGTERM, SIGHUP and SIGCHLD are taken here.  0 or -errno. */
int stop__open(void);
/* So is signo.  0 or -errno. */
int stop__also_take(int signo);
/* The mask of signals from before, for programs that are run. */
const sigset_t *stop__old_mask(void);
/* Polls readable when a signal waits: call stop__look() then; -1 without stop__open(). */
int stop__fd(void);

/*
 * Who decides what signals mean, in the thread that calls this, until it is called
 * with NULL.  Else the first that asks for the end gets it, and leaves undone what was going on.
 */
void stop__on_signal(void (*handle)(void *ctx, const struct signalfd_siginfo *info), void *ctx);
/* Takes the signals that wait, and looks whether the deadline has come. */
void stop__look(void);
/* The run is ended at this time of the boot clock, in ns; 0: not by the clock. */
void stop__at(uint64_t deadline_ns);
/* It is over by itself; no deadline comes any more. */
void stop__run_is_over(void);
/* It is ended, if it was not. */
void stop__end(void);
/* The same at the wish of who sent a signal; what is left of a run that is over is not wanted. */
void stop__by_signal(void);
/* The same, and nothing of it is wanted: signo leaves it undone. */
void stop__abandon(int signo);

/* Whether it was ended, by a signal or a deadline: then what comes still is wanted soon. */
bool stop__is_ended(void);

/* Whether the run is over.  Looks, but not more often than each 10 ms: cheap enough for each turn of a loop. */
bool stop__asked(void);
/* Likewise, whether what is left is not wanted, or a signal came before the run: no more waiting. */
bool stop__hurried(void);
/* Likewise, whether even the time for what is not wanted is over: leave it undone. */
bool stop__overdue(void);
/* Waits for ms, or until a signal was taken. */
void stop__pause(int ms);

/* Writes all of it: 0, or -errno; -ETIMEDOUT: ended, and nobody reads; -ECANCELED: it is not wanted any more. */
int stop__write(int fd, const void *data, size_t size);
/* As read(2), or -errno; -ECANCELED: the run was over first. */
ssize_t stop__read(int fd, void *buf, size_t size);
/* As open(2), or -errno; -ECANCELED: the run was over first. */
int stop__open_file(const char *path, int flags, mode_t mode);

/* The last call of main(): its exit code, unless a signal left something undone: then that ends the process. */
int stop__exit(int code);

#endif
