// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/stop.h"

static void become(char **argv, int out, const sigset_t *mask, int report)
{
	int err;

	sigprocmask(SIG_SETMASK, mask, NULL);
	if (out != STDOUT_FILENO)
		dup2(out, STDOUT_FILENO);
	execvp(argv[0], argv);
	err = errno;
	/* the parent waits for it or for the pipe's end; if this fails too, the exit code is left */
	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(126);
	_exit(127);
}

int child__start(struct child *child, char **argv, int out, const sigset_t *mask)
{
	int pipe_fds[2], err = 0;
	ssize_t len;

	memset(child, 0, sizeof(*child));
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	child->pid = fork();
	if (!child->pid) {
		close(pipe_fds[0]);
		become(argv, out, mask, pipe_fds[1]);
	}
	if (child->pid < 0) {
		err = errno;
		child->pid = 0;
	}
	close(pipe_fds[1]);
	if (child->pid) {
		child->running = true;
		/* if the run is ended first, the child is ended too, wherever it is */
		len = stop__read(pipe_fds[0], &err, sizeof(err));
		if (len == sizeof(err)) {
			child__reap(child, true);
			child->pid = 0;
		}
	}
	close(pipe_fds[0]);
	return -err;
}

void child__signal(struct child *child, int signo)
{
	if (child->running)
		kill(child->pid, signo);
}

void child__reap(struct child *child, bool block)
{
	pid_t pid;

	if (!child->running)
		return;
	do
		pid = wait4(child->pid, &child->status, block ? 0 : WNOHANG, &child->rusage);
	while (pid < 0 && errno == EINTR);
	if (pid == child->pid)
		child->running = false;
}

int child__exit_code(const struct child *child)
{
	if (WIFSIGNALED(child->status))
		return 128 + WTERMSIG(child->status);
	return WEXITSTATUS(child->status);
}
