// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "restore.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STUCK_MS 40 /* a terminal that takes nothing is given up */

/* What ends a process where it is.  SIGINT, SIGTERM and SIGHUP end a run in order (base/stop.h). */
static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP, SIGXCPU };

#define NR_SIGNALS (sizeof(signals) / sizeof(*signals))

static struct {
	volatile sig_atomic_t armed;
	int fd;
	char sequence[256];
	size_t length;
	struct termios modes;
	struct sigaction old[NR_SIGNALS];
	bool at_exit;
} restore;

/* Only with what a signal handler may call. */
static void give_back(void)
{
	struct pollfd out = { .fd = restore.fd, .events = POLLOUT };
	ssize_t ignored;

	if (!restore.armed)
		return;
	restore.armed = 0;
	if (poll(&out, 1, STUCK_MS) == 1 && out.revents & POLLOUT)
		ignored = write(restore.fd, restore.sequence, restore.length);
	(void)ignored;
	tcsetattr(restore.fd, TCSANOW, &restore.modes);
}

/* Whoever handled the signal before does so now: the instruction that failed fails again, or the signal comes again. */
static void on_signal(int signo, siginfo_t *info, void *context)
{
	size_t i;

	(void)context;
	give_back();
	for (i = 0; i < NR_SIGNALS; i++)
		if (signals[i] == signo)
			sigaction(signo, &restore.old[i], NULL);
	if (info->si_code <= 0 || signo == SIGQUIT || signo == SIGABRT)
		raise(signo);
}

int restore__arm(int fd, const char *sequence, const struct termios *modes)
{
	const struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	bool was_armed = restore.armed;
	size_t i;

	restore.armed = 0;
	restore.fd = fd;
	restore.modes = *modes;
	restore.length = (size_t)snprintf(restore.sequence, sizeof(restore.sequence), "%s", sequence);
	if (restore.length >= sizeof(restore.sequence))
		restore.length = sizeof(restore.sequence) - 1;
	if (!restore.at_exit && atexit(give_back))
		return -ENOMEM;
	restore.at_exit = true;
	for (i = 0; !was_armed && i < NR_SIGNALS; i++)
		if (sigaction(signals[i], &action, &restore.old[i]))
			return -errno;
	restore.armed = 1;
	return 0;
}

void restore__disarm(void)
{
	size_t i;

	if (!restore.armed)
		return;
	restore.armed = 0;
	for (i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i], &restore.old[i], NULL);
}
