/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * stuck FILE: a thread writes to FILE, which lies on a frozen filesystem, so
 * that nothing ends its wait; then the main thread goes into the cgroup of
 * directory -g and touches -a MiB (default 40), more than its limit.
 */
#include "workload.h"

#include <pthread.h>
#include <sys/syscall.h>

static volatile pid_t writer_tid;

static void *write_frozen(void *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s", (char *)file);
	touch_fresh(1);
	writer_tid = (pid_t)syscall(SYS_gettid);
	if (write(fd, "x", 1) == 1)
		fprintf(stderr, "stuck: %s is not frozen\n", (char *)file);
	close(fd);
	return NULL;
}

static bool is_stuck(void)
{
	char path[64], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", writer_tid);
	stat = writer_tid ? fopen(path, "re") : NULL;
	if (stat && fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
		die("%s", path);
	if (stat)
		fclose(stat);
	return state == 'D';
}

int main(int argc, char **argv)
{
	const char *cgroup = NULL;
	pthread_t writer;
	long mib = 40;
	int opt;

	while ((opt = getopt(argc, argv, "g:a:")) != -1) {
		switch (opt) {
		case 'g':
			cgroup = optarg;
			break;
		case 'a':
			mib = number(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1)
		die("name one file");
	if (cgroup)
		join_cgroup(cgroup);
	if (pthread_create(&writer, NULL, write_frozen, argv[optind]))
		die("pthread_create");
	while (!is_stuck())
		sleep_us(1000);
	touch_pages(fresh_pages((size_t)mib << 8), (size_t)mib << 8);
	pthread_join(writer, NULL);
	return 0;
}
