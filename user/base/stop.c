// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define NSEC_PER_MSEC 1000000ULL
#define LOOK_NS	      (10 * NSEC_PER_MSEC)
#define KICK_NS	      (10 * NSEC_PER_MSEC)
#define STALL_NS      (40 * NSEC_PER_MSEC) /* after the end: the longest time without progress; in a hurry: in all */
#define SAME_NS	      (50 * NSEC_PER_MSEC) /* timeout(1) sends its signal twice: to its child, and to its group */
#define WIDE_PIPE     (1024 * 1024)	   /* the most that any user may ask for (/proc/sys/fs/pipe-max-size) */

static struct {
	int fd;
	sigset_t mask, old_mask;
	void (*handle)(void *ctx, const struct signalfd_siginfo *info);
	void *ctx;
	pthread_t owner; /* of handle */
	/* objects are loaded, and symbols read, by several threads; 0: has not happened */
	atomic_bool over;
	atomic_uint_fast64_t deadline_ns, urgent_ns, hurried_ns, moved_ns, looked_ns, signal_ns;
	atomic_int signo;  /* of the last signal that asked for the end */
	atomic_int undone; /* the signal that left something undone */
} stop = { .fd = -1 };

static void be_kicked(int signo)
{
	(void)signo;
}

/* Without SA_RESTART, which is the point. */
static int allow_kicks(void)
{
	const struct sigaction action = { .sa_handler = be_kicked };
	sigset_t kick;

	sigemptyset(&kick);
	sigaddset(&kick, SIGALRM);
	if (sigaction(SIGALRM, &action, NULL) || sigprocmask(SIG_UNBLOCK, &kick, NULL))
		return -errno;
	return 0;
}

int stop__open(void)
{
	sigemptyset(&stop.mask);
	sigaddset(&stop.mask, SIGINT);
	sigaddset(&stop.mask, SIGTERM);
	sigaddset(&stop.mask, SIGHUP);
	sigaddset(&stop.mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &stop.mask, &stop.old_mask))
		return -errno;
	stop.fd = signalfd(-1, &stop.mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return stop.fd < 0 ? -errno : allow_kicks();
}

int stop__also_take(int signo)
{
	sigaddset(&stop.mask, signo);
	if (sigprocmask(SIG_BLOCK, &stop.mask, NULL) || signalfd(stop.fd, &stop.mask, 0) < 0)
		return -errno;
	return 0;
}

const sigset_t *stop__old_mask(void)
{
	return &stop.old_mask;
}

int stop__fd(void)
{
	return stop.fd;
}

void stop__on_signal(void (*handle)(void *ctx, const struct signalfd_siginfo *info), void *ctx)
{
	stop.owner = pthread_self();
	stop.ctx = ctx;
	stop.handle = handle;
}

void stop__at(uint64_t deadline_ns)
{
	stop.deadline_ns = deadline_ns;
}

void stop__run_is_over(void)
{
	stop.over = true;
	stop.deadline_ns = 0;
}

void stop__end(void)
{
	if (!stop.urgent_ns)
		stop.urgent_ns = clock__boot_ns();
	stop.over = true;
}

void stop__abandon(int signo)
{
	stop__end();
	stop.undone = signo;
	stop.hurried_ns = stop.urgent_ns;
}

void stop__by_signal(void)
{
	if (stop.over && !stop.hurried_ns)
		stop.hurried_ns = clock__boot_ns();
	stop__end();
}

static bool asks_for_end(const struct signalfd_siginfo *info)
{
	return info->ssi_signo == SIGINT || info->ssi_signo == SIGTERM || info->ssi_signo == SIGHUP;
}

/* Whether it only repeats the one before. */
static bool is_same(const struct signalfd_siginfo *info)
{
	uint64_t now = clock__boot_ns();

	if (!asks_for_end(info))
		return false;
	if ((int)info->ssi_signo == stop.signo && now < stop.signal_ns + SAME_NS)
		return true;
	stop.signal_ns = now;
	stop.signo = (int)info->ssi_signo;
	return false;
}

static void take(const struct signalfd_siginfo *info)
{
	if (is_same(info))
		return;
	if (stop.handle) {
		stop.handle(stop.ctx, info);
	} else if (asks_for_end(info)) {
		if (!stop.over)
			stop.undone = (int)info->ssi_signo;
		stop__by_signal();
	}
}

void stop__look(void)
{
	struct signalfd_siginfo info;

	if (stop.fd < 0 || (stop.handle && !pthread_equal(stop.owner, pthread_self())))
		return;
	while (read(stop.fd, &info, sizeof(info)) == sizeof(info))
		take(&info);
	if (stop.deadline_ns && clock__boot_ns() >= stop.deadline_ns)
		stop__end();
}

/* The coarse clock costs no more than a read of memory. */
static void look_sometimes(void)
{
	uint64_t now = stop.fd < 0 ? 0 : clock__ns(CLOCK_MONOTONIC_COARSE);

	if (now < stop.looked_ns + LOOK_NS)
		return;
	stop.looked_ns = now;
	stop__look();
}

bool stop__is_ended(void)
{
	look_sometimes();
	return stop.urgent_ns;
}

bool stop__asked(void)
{
	look_sometimes();
	return stop.over;
}

bool stop__hurried(void)
{
	look_sometimes();
	return stop.hurried_ns || stop.undone;
}

bool stop__overdue(void)
{
	look_sometimes();
	if (!stop.hurried_ns || clock__boot_ns() < stop.hurried_ns + STALL_NS)
		return false;
	stop.undone = stop.signo;
	return true;
}

void stop__pause(int ms)
{
	struct pollfd signals = { .fd = stop.fd, .events = POLLIN };

	if (poll(&signals, 1, ms) > 0)
		stop__look();
}

/* After the end of the run: when a reader without progress is given up. */
static uint64_t stalled_ns(void)
{
	return (stop.moved_ns > stop.urgent_ns ? stop.moved_ns : stop.urgent_ns) + STALL_NS;
}

/* How long a call may block until the next check; at least one try. */
static uint64_t patience_ns(void)
{
	uint64_t now = clock__boot_ns(), until = now + KICK_NS;

	if (stop.urgent_ns && stalled_ns() < until)
		until = stalled_ns();
	if (!stop.urgent_ns && stop.deadline_ns && stop.deadline_ns < until)
		until = stop.deadline_ns;
	return until > now + NSEC_PER_MSEC ? until - now : NSEC_PER_MSEC;
}

/*
 * Blocking calls of this thread are interrupted again and again: a call that began just after one interrupt gets the
 * next.
 */
static bool start_kicks(timer_t *timer)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };
	const struct itimerspec times = { .it_value.tv_nsec = (long)patience_ns(), .it_interval.tv_nsec = KICK_NS };

	event.sigev_notify_thread_id = gettid();
	if (stop.fd < 0 || timer_create(CLOCK_MONOTONIC, &event, timer))
		return false;
	timer_settime(*timer, 0, &times, NULL);
	return true;
}

static void stop_kicks(timer_t timer, bool started)
{
	int saved = errno;

	if (started)
		timer_delete(timer);
	errno = saved;
}

static ssize_t write_once(int fd, const void *data, size_t size)
{
	timer_t timer;
	bool kicks = start_kicks(&timer);
	ssize_t len = write(fd, data, size);

	stop_kicks(timer, kicks);
	return len < 0 ? -errno : len;
}

/* A slow reader, such as a pager, finds the rest in the pipe. */
static bool widen(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	return size > 0 && size < WIDE_PIPE && fcntl(fd, F_SETPIPE_SZ, WIDE_PIPE) > size;
}

/* A call blocked, and returned with this error.  0: try again. */
static int after_block(int fd, short events, int err)
{
	struct pollfd other = { .fd = fd, .events = events };

	if (err == -EAGAIN)
		poll(&other, 1, (int)(patience_ns() / NSEC_PER_MSEC));
	else if (err != -EINTR)
		return err;
	stop__look();
	return 0;
}

static int give_up(int fd)
{
	if (stop__overdue())
		return -ECANCELED;
	if (!stop.urgent_ns || widen(fd))
		return 0;
	return clock__boot_ns() < stalled_ns() ? 0 : -ETIMEDOUT;
}

int stop__write(int fd, const void *data, size_t size)
{
	const char *at = data;
	int err = 0;

	while (!err && size) {
		ssize_t len = stop__overdue() ? -ECANCELED : write_once(fd, at, size);

		if (len < 0) {
			err = after_block(fd, POLLOUT, (int)len);
			err = err ? err : give_up(fd);
			continue;
		}
		at += len;
		size -= (size_t)len;
		if (stop.urgent_ns)
			stop.moved_ns = clock__boot_ns();
	}
	return err;
}

static ssize_t read_once(int fd, void *buf, size_t size)
{
	timer_t timer;
	bool kicks = start_kicks(&timer);
	ssize_t len = read(fd, buf, size);

	stop_kicks(timer, kicks);
	return len < 0 ? -errno : len;
}

ssize_t stop__read(int fd, void *buf, size_t size)
{
	ssize_t len;
	int err = 0;

	while (!err && !stop__asked()) {
		len = read_once(fd, buf, size);
		if (len >= 0)
			return len;
		err = after_block(fd, POLLIN, (int)len);
	}
	return err ? err : -ECANCELED;
}

static int open_once(const char *path, int flags, mode_t mode)
{
	timer_t timer;
	bool kicks = start_kicks(&timer);
	int fd = open(path, flags, mode);

	stop_kicks(timer, kicks);
	return fd < 0 ? -errno : fd;
}

int stop__open_file(const char *path, int flags, mode_t mode)
{
	int fd = -EINTR;

	while (fd == -EINTR && !stop__asked()) {
		fd = open_once(path, flags, mode);
		if (fd == -EINTR)
			stop__look();
	}
	return fd == -EINTR ? -ECANCELED : fd;
}

int stop__exit(int code)
{
	sigset_t own;

	if (!stop.undone)
		return code;
	/* ends as by the signal, so that a shell's loop also ends */
	sigemptyset(&own);
	sigaddset(&own, stop.undone);
	signal(stop.undone, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &own, NULL);
	raise(stop.undone);
	return 128 + stop.undone;
}
