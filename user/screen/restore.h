/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Gives the terminal back when the process ends by a signal, a crash among them, or by exit(3). */
#ifndef MEMTRACE_SCREEN_RESTORE_H
#define MEMTRACE_SCREEN_RESTORE_H

#include <termios.h>

/*
 * From now on: sequence is what the terminal is sent (copied, cut at 256 bytes), modes are the modes that it gets.  0
 * or -errno.
 */
int restore__arm(int fd, const char *sequence, const struct termios *modes);
/* No more: signals do what they did before. */
void restore__disarm(void);

#endif
