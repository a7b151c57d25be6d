/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers the end of a run: which of signals, deadline and the run itself ends what; that writing, reading and
 * opening go on until then and no longer; and what is left in a pipe that nobody reads.
 * Each case is a process of its own, as there is one set of signals for each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../user/base/stop.h"
#include "../../user/session/session.h"

#define MUCH	    (4 * 1024 * 1024) /* more than a pipe takes, however wide */
#define LIMIT_S	    20		      /* what hangs fails */
#define PATIENCE_NS 40000000ULL	      /* with a reader that takes nothing, after the end of the run */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Runs one case in a process of its own; its wait status. */
static int in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		setpgid(0, 0);
		alarm(0);
		_exit(stop__open() ? 99 : stop__exit(run()));
	}
	for (int i = 0; i < LIMIT_S * 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fail_msg("it hangs");
	return -1;
}

static void expect_exit(int (*run)(void), int code)
{
	int status = in_child(run);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static void expect_signal(int (*run)(void), int signo)
{
	int status = in_child(run);

	if (!WIFSIGNALED(status))
		fail_msg("ended with %d, not by signal %d", WEXITSTATUS(status), signo);
	assert_int_equal(WTERMSIG(status), signo);
}

/* Sends this process a signal after so long, times times, a fifth of a second apart. */
static void be_sent(int signo, int ms, int times)
{
	pid_t parent = getpid();

	if (fork())
		return;
	usleep(ms * 1000);
	for (; times; times--) {
		kill(parent, signo);
		usleep(200000);
	}
	_exit(0);
}

static int write_to(int fd)
{
	static char data[MUCH];

	return -stop__write(fd, data, sizeof(data));
}

static int write_to_pipe(void)
{
	int fds[2];

	return pipe(fds) ? 98 : write_to(fds[1]);
}

static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
	(void)ctx;
	if (info->ssi_signo != SIGCHLD)
		stop__by_signal();
}

static int blocked_until_signal(void)
{
	stop__on_signal(on_signal, NULL);
	be_sent(SIGTERM, 100, 1);
	return write_to_pipe();
}

static int blocked_until_deadline(void)
{
	stop__at(now_ns() + 100000000);
	return write_to_pipe();
}

static int blocked_before_the_run(void)
{
	be_sent(SIGINT, 100, 1);
	return write_to_pipe();
}

static int blocked_after_the_run(void)
{
	stop__run_is_over();
	be_sent(SIGTERM, 300, 1);
	return write_to_pipe();
}

static int blocked_does_not_block(void)
{
	int fds[2];

	stop__at(now_ns() + 100000000);
	if (pipe(fds) || fcntl(fds[1], F_SETFL, O_NONBLOCK))
		return 98;
	return write_to(fds[1]);
}

static void test_who_does_not_read(void **state)
{
	expect_exit(blocked_until_signal, ETIMEDOUT);
	expect_exit(blocked_until_deadline, ETIMEDOUT);
	expect_exit(blocked_does_not_block, ETIMEDOUT);
	expect_signal(blocked_before_the_run, SIGINT);
	expect_signal(blocked_after_the_run, SIGTERM);
}

static uint64_t *longest_ns; /* shared: the longest that the slow reader read nothing */

/* Reads all, with pauses that are shorter than what ends it; in a process of its own. */
static int slow_reader(void)
{
	static char data[256 * 1024];
	uint64_t last = now_ns(), now;
	int fds[2];

	if (pipe(fds))
		return -1;
	if (fork()) {
		close(fds[0]);
		return fds[1];
	}
	close(fds[1]);
	while (read(fds[0], data, sizeof(data)) > 0) {
		now = now_ns();
		*longest_ns = now - last > *longest_ns ? now - last : *longest_ns;
		last = now;
		usleep(2000);
	}
	_exit(0);
}

static int slow_reader_has_all(void)
{
	stop__end();
	return write_to(slow_reader());
}

static int reader_late_after_the_run(void)
{
	static char data[MUCH];
	int fds[2];
	size_t got = 0;
	ssize_t len;

	if (pipe(fds))
		return 98;
	stop__run_is_over();
	if (!fork())
		_exit(write_to(fds[1]));
	close(fds[1]);
	usleep(400000);
	while ((len = read(fds[0], data, sizeof(data))) > 0)
		got += len;
	return got == MUCH ? 0 : 1;
}

/* What a pager has not read yet is in the pipe. */
static int pager_has_the_rest(void)
{
	static char data[512 * 1024];
	int fds[2], err;

	stop__end();
	if (pipe(fds))
		return 98;
	err = stop__write(fds[1], data, sizeof(data));
	return -err;
}

static void test_who_reads_later(void **state)
{
	expect_exit(reader_late_after_the_run, 0);
	expect_exit(pager_has_the_rest, 0);
}

static void test_who_reads_slowly(void **state)
{
	int status;

	longest_ns = mmap(NULL, sizeof(*longest_ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(longest_ns != MAP_FAILED);
	status = in_child(slow_reader_has_all);
	/* on a machine that keeps the reader from the CPU it is given up, rightly */
	if (*longest_ns > PATIENCE_NS / 2)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int read_nothing(void)
{
	int fds[2];
	char c;

	be_sent(SIGTERM, 100, 1);
	return pipe(fds) ? 98 : (int)-stop__read(fds[0], &c, 1);
}

static int read_what_comes(void)
{
	int fds[2];
	char c = 0;

	if (pipe(fds))
		return 98;
	if (!fork()) {
		usleep(100000);
		_exit(write(fds[1], "x", 1) != 1);
	}
	return stop__read(fds[0], &c, 1) == 1 && c == 'x' ? 0 : 1;
}

static int open_fifo(void)
{
	char dir[] = "/tmp/memtrace-test-XXXXXX", path[64];
	int fd;

	if (!mkdtemp(dir))
		return 98;
	snprintf(path, sizeof(path), "%s/fifo", dir);
	if (mkfifo(path, 0600))
		return 98;
	be_sent(SIGHUP, 100, 1);
	fd = stop__open_file(path, O_RDONLY | O_CLOEXEC, 0);
	unlink(path);
	rmdir(dir);
	return -fd;
}

static void test_who_does_not_write(void **state)
{
	expect_signal(read_nothing, SIGTERM);
	expect_signal(open_fifo, SIGHUP);
	expect_exit(read_what_comes, 0);
}

static int wait_for(bool (*what)(void), int ms)
{
	for (; ms > 0 && !what(); ms -= 10)
		stop__pause(10);
	return what();
}

/* timeout(1) sends its signal to its child and to its group. */
static int twice_at_once(void)
{
	stop__on_signal(on_signal, NULL);
	kill(getpid(), SIGTERM);
	stop__look();
	kill(getpid(), SIGTERM);
	stop__look();
	return stop__asked() && !stop__hurried() ? 0 : 1;
}

static int twice(void)
{
	stop__on_signal(on_signal, NULL);
	be_sent(SIGTERM, 0, 2);
	if (!wait_for(stop__asked, 5000) || stop__overdue())
		return 1;
	if (!wait_for(stop__hurried, 5000))
		return 2;
	return wait_for(stop__overdue, 5000) ? 0 : 3;
}

static int deadline_is_no_hurry(void)
{
	stop__at(now_ns() + 50000000);
	if (stop__asked() || !wait_for(stop__asked, 5000))
		return 1;
	return stop__hurried() || stop__overdue();
}

static void test_signals(void **state)
{
	expect_exit(twice_at_once, 0);
	expect_signal(twice, SIGTERM);
	expect_exit(deadline_is_no_hurry, 0);
}

static void test_without(void **state)
{
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stop__write(fds[1], "x", 1), 0);
	assert_int_equal(stop__read(fds[0], &c, 1), 1);
	assert_int_equal(stop__write(-1, "x", 1), -EBADF);
	assert_false(stop__asked() || stop__hurried() || stop__overdue());
	assert_int_equal(stop__exit(7), 7);
}

static void test_first_error_stays(void **state)
{
	struct session session = { 0 };

	session__fail(&session, 0);
	assert_int_equal(session.error, 0);
	session__fail_callback(&session, 1);
	assert_int_equal(session.error, 0);
	session__fail(&session, -EIO);
	session__fail_callback(&session, -ENOMEM);
	session__fail(&session, 0);
	assert_int_equal(session.error, -EIO);
	assert_false(session.callback_failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_does_not_read), cmocka_unit_test(test_who_reads_later),
		cmocka_unit_test(test_who_reads_slowly),  cmocka_unit_test(test_who_does_not_write),
		cmocka_unit_test(test_signals),		  cmocka_unit_test(test_without),
		cmocka_unit_test(test_first_error_stays),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
