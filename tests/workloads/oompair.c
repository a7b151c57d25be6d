/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * oompair VICTIM_DIR TRIGGER_DIR: two processes in two cgroups under one
 * limited parent.  "mt-victim" takes -v MiB (default 40) and waits, with an
 * oom_score_adj of 1000; then "mt-trigger" takes -t MiB (default 40), more
 * than the limit leaves, so its allocation has the victim killed.
 *
 * Prints "victim=PID trigger=PID killed=0|1".  The parent of both stays
 * where it is, outside of the limit.
 */
#include "workload.h"

#include <signal.h>

static pid_t start(const char *name, const char *dir, const char *adj, long mib, int ready, bool stay)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	set_comm(name);
	write_file("/proc/self/oom_score_adj", adj);
	join_cgroup(dir);
	touch_pages(fresh_pages((size_t)mib << 8), (size_t)mib << 8);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	while (stay)
		pause();
	_exit(0);
}

int main(int argc, char **argv)
{
	long victim_mib = 40, trigger_mib = 40;
	int opt, ready[2], status = 0;
	pid_t victim, trigger;
	bool killed;
	char c;

	while ((opt = getopt(argc, argv, "v:t:")) != -1) {
		switch (opt) {
		case 'v':
			victim_mib = number(optarg);
			break;
		case 't':
			trigger_mib = number(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 2)
		die("name the victim's and the trigger's cgroup");
	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	victim = start("mt-victim", argv[optind], "1000", victim_mib, ready[1], true);
	if (read(ready[0], &c, 1) != 1)
		die("the victim did not start");
	trigger = start("mt-trigger", argv[optind + 1], "0", trigger_mib, ready[1], false);
	if (waitpid(trigger, &status, 0) != trigger || status)
		fprintf(stderr, "oompair: the trigger ended with status %d\n", status);
	/* who was killed may take its time to die, as the trigger need not wait for it */
	killed = waitpid(victim, &status, WNOHANG) == victim;
	for (int tries = 0; !killed && tries < 100; tries++) {
		sleep_us(10000);
		killed = waitpid(victim, &status, WNOHANG) == victim;
	}
	if (!killed) {
		kill(victim, SIGKILL);
		waitpid(victim, &status, 0);
	}
	printf("victim=%d trigger=%d killed=%d\n", victim, trigger, killed);
	return killed ? 0 : 1;
}
