/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * hits: asks the kernel itself, by perf counters on the tracepoints
 * exceptions:page_fault_user and page_fault_kernel, how often a child and its
 * threads take each from the child's fork to the end of its exit, and prints
 *
 *	child=PID user=N kernel=N present=N minor=N major=N
 *
 * present: those in user mode that wrote to a page that was there (x86).
 *
 * A counter that children inherit counts parent and child, one that they do
 * not counts the parent; both are switched on and off by one system call, so
 * the difference is the child, whole and alone.
 *
 *	-n N  fresh pages that the child touches itself (default 5000)
 *	-k N  fresh pages that read(2) touches for it (default 3000)
 *	-j N  threads that do both (default 1)
 *	-w N  pages that the child has from its parent and writes to, without -e (default 500)
 *	-e    the child executes hits anew before that
 */
#include "workload.h"

#include <linux/perf_event.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define WRITE_PRESENT "error_code & 1 && error_code & 2"

static long by_user = 5000, by_kernel = 3000, threads = 1, from_parent = 500;
static char *parents_pages;

static int open_counter(const char *event, const char *filter, bool inherit)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.disabled = 1,
		.inherit = inherit,
	};
	char path[128], text[24] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/exceptions/%s/id", event);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("%s", path);
	close(fd);
	attr.config = strtoull(text, NULL, 10);
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		die("perf_event_open of %s", event);
	if (filter && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter))
		die("filter %s", filter);
	return fd;
}

static int64_t read_counter(int fd)
{
	int64_t value;

	if (read(fd, &value, sizeof(value)) != (ssize_t)sizeof(value))
		die("read of a counter");
	return value;
}

static void *work(void *arg)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	char *p;

	touch_fresh((size_t)by_user);
	if (by_kernel) {
		p = fresh_pages((size_t)by_kernel);
		if (zero < 0 || read(zero, p, (size_t)by_kernel * PAGE) != (ssize_t)by_kernel * (ssize_t)PAGE)
			die("read from /dev/zero");
		munmap(p, (size_t)by_kernel * PAGE);
	}
	close(zero);
	return arg;
}

static void run_child(void)
{
	pthread_t *all = calloc((size_t)threads, sizeof(*all));

	if (!all)
		die("calloc");
	if (parents_pages)
		touch_pages(parents_pages, (size_t)from_parent);
	for (long i = 1; i < threads; i++) {
		errno = pthread_create(&all[i], NULL, work, NULL);
		if (errno)
			die("pthread_create");
	}
	work(NULL);
	for (long i = 1; i < threads; i++)
		pthread_join(all[i], NULL);
	_exit(0);
}

static void exec_child(void)
{
	char user_text[24], kernel_text[24], threads_text[24];
	char *argv[] = { "hits", "-C", "-n", user_text, "-k", kernel_text, "-j", threads_text, NULL };

	snprintf(user_text, sizeof(user_text), "%ld", by_user);
	snprintf(kernel_text, sizeof(kernel_text), "%ld", by_kernel);
	snprintf(threads_text, sizeof(threads_text), "%ld", threads);
	execv("/proc/self/exe", argv);
	die("exec");
}

int main(int argc, char **argv)
{
	bool child = false, by_exec = false;
	int user[2], kernel[2], present[2], status, opt;
	struct rusage usage;
	pid_t pid;

	while ((opt = getopt(argc, argv, "n:k:j:w:eC")) != -1) {
		switch (opt) {
		case 'n':
			by_user = number(optarg);
			break;
		case 'k':
			by_kernel = number(optarg);
			break;
		case 'j':
			threads = number(optarg);
			break;
		case 'w':
			from_parent = number(optarg);
			break;
		case 'e':
			by_exec = true;
			break;
		case 'C':
			child = true;
			break;
		default:
			return 2;
		}
	}
	if (child)
		run_child();
	parents_pages = fresh_pages((size_t)from_parent + 1);
	touch_pages(parents_pages, (size_t)from_parent);
	for (int inherit = 0; inherit < 2; inherit++) {
		user[inherit] = open_counter("page_fault_user", NULL, inherit);
		kernel[inherit] = open_counter("page_fault_kernel", NULL, inherit);
		present[inherit] = open_counter("page_fault_user", WRITE_PRESENT, inherit);
	}
	if (prctl(PR_TASK_PERF_EVENTS_ENABLE, 0, 0, 0, 0))
		die("prctl");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (by_exec)
			exec_child();
		run_child();
	}
	if (wait4(pid, &status, 0, &usage) != pid || status)
		die("the child failed (status %d)", status);
	if (prctl(PR_TASK_PERF_EVENTS_DISABLE, 0, 0, 0, 0))
		die("prctl");
	printf("child=%d user=%lld kernel=%lld present=%lld minor=%ld major=%ld\n", pid,
	       (long long)(read_counter(user[1]) - read_counter(user[0])),
	       (long long)(read_counter(kernel[1]) - read_counter(kernel[0])),
	       (long long)(read_counter(present[1]) - read_counter(present[0])), usage.ru_minflt, usage.ru_majflt);
	return 0;
}
