/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers jit_file: the file of a process that runs, of one that has ended, one that is older, one of another user. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/kernel/jit_file.h"

struct process {
	pid_t pid;
	uint64_t start_ns;
	char path[64];
};

static void begin(struct process *process)
{
	int fd;

	process->start_ns = clock__boot_ns();
	process->pid = fork();
	if (!process->pid)
		for (;;)
			pause();
	assert_true(process->pid > 0);
	snprintf(process->path, sizeof(process->path), "/tmp/perf-%d.map", (int)process->pid);
	unlink(process->path);
	fd = open(process->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1000 10 f\n", 10), 10);
	close(fd);
}

static void end(const struct process *process)
{
	kill(process->pid, SIGKILL);
	assert_int_equal(waitpid(process->pid, NULL, 0), process->pid);
}

/* What opening says; 0: it is the file of that process. */
static int opened(const struct process *process, const uint32_t *through, size_t nr)
{
	const struct jit_process of = { (uint32_t)process->pid, getuid(), process->start_ns };
	struct stat found, file;
	int fd = jit_file__open(&of, through, nr, &found);

	if (fd < 0)
		return fd;
	close(fd);
	assert_int_equal(stat(process->path, &file), 0);
	assert_int_equal(found.st_ino, file.st_ino);
	return 0;
}

static void make_older(const struct process *process)
{
	struct timeval times[2];

	gettimeofday(&times[0], NULL);
	times[0].tv_sec -= 60;
	times[1] = times[0];
	assert_int_equal(utimes(process->path, times), 0);
}

static void of_a_process_that_runs(void **state)
{
	struct process process;
	uint32_t pid;

	(void)state;
	begin(&process);
	pid = (uint32_t)process.pid;
	assert_int_equal(opened(&process, &pid, 1), 0);
	/* the clock may have been set since it began */
	make_older(&process);
	assert_int_equal(opened(&process, &pid, 1), 0);
	/* the caller knows it as one that has ended, so this is another one of its pid */
	assert_int_equal(opened(&process, NULL, 0), -ESRCH);
	unlink(process.path);
	assert_int_equal(opened(&process, &pid, 1), -ENOENT);
	end(&process);
}

static void of_one_that_has_ended(void **state)
{
	struct process process;
	uint32_t pid, self = (uint32_t)getpid();

	(void)state;
	begin(&process);
	pid = (uint32_t)process.pid;
	/* its parent has not waited for it yet */
	kill(process.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT), 0);
	assert_int_equal(opened(&process, &pid, 1), 0);
	end(&process);
	assert_int_equal(opened(&process, &pid, 1), 0);
	assert_int_equal(opened(&process, &self, 1), 0);
	assert_int_equal(opened(&process, NULL, 0), 0);
	make_older(&process);
	assert_int_equal(opened(&process, &self, 1), -ESRCH);
	unlink(process.path);
	assert_int_equal(opened(&process, NULL, 0), -ENOENT);
}

static void of_one_whose_begin_is_not_known(void **state)
{
	struct process process;

	(void)state;
	begin(&process);
	end(&process);
	process.start_ns = 0;
	assert_int_equal(opened(&process, NULL, 0), -ESRCH);
	unlink(process.path);
}

static void of_another_user(void **state)
{
	struct process process;
	uint32_t pid;

	(void)state;
	begin(&process);
	pid = (uint32_t)process.pid;
	if (chown(process.path, getuid() + 1, (gid_t)-1)) {
		end(&process);
		unlink(process.path);
		skip();
	}
	assert_int_equal(opened(&process, &pid, 1), -EACCES);
	end(&process);
	assert_int_equal(opened(&process, NULL, 0), -EACCES);
	unlink(process.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_process_that_runs),
		cmocka_unit_test(of_one_that_has_ended),
		cmocka_unit_test(of_one_whose_begin_is_not_known),
		cmocka_unit_test(of_another_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
