/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the workloads share: messages, numbers, touching pages, getrusage. */
#ifndef MEMTRACE_WORKLOAD_H
#define MEMTRACE_WORKLOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* 4 KiB on x86; on arm64 as the kernel was built. */
static size_t page_bytes;
#define PAGE page_bytes

__attribute__((constructor)) static void ask_page_bytes(void)
{
	page_bytes = sysconf(_SC_PAGESIZE);
}

__attribute__((format(printf, 1, 2), noreturn)) static inline void die(const char *format, ...)
{
	int saved = errno;
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (saved)
		fprintf(stderr, ": %s", strerror(saved));
	fputc('\n', stderr);
	exit(1);
}

static inline long number(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 0);
	if (errno || end == text || *end || value < 0) {
		errno = 0;
		die("not a number: %s", text);
	}
	return value;
}

/* Memory that no page stands behind yet, in base pages whatever THP says. */
static inline char *fresh_pages(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap of %zu pages", pages);
	if (madvise(p, pages * PAGE, MADV_NOHUGEPAGE) && errno != EINVAL)
		die("madvise");
	return p;
}

static inline void touch_pages(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i * PAGE] = 1;
}

static inline void touch_fresh(size_t pages)
{
	char *p;

	if (!pages)
		return;
	p = fresh_pages(pages);
	touch_pages(p, pages);
	if (munmap(p, pages * PAGE))
		die("munmap");
}

static inline void sleep_us(long us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Blocks until a byte or the end of standard input arrives. */
static inline void wait_for_stdin(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) < 0 && errno == EINTR)
		;
}

/* Of this process and its children that were waited for.  Printing may fault, so the numbers are a lower bound. */
static inline void print_rusage(void)
{
	struct rusage own, children;

	if (getrusage(RUSAGE_SELF, &own) || getrusage(RUSAGE_CHILDREN, &children))
		die("getrusage");
	printf("minor=%ld major=%ld\n", own.ru_minflt + children.ru_minflt, own.ru_majflt + children.ru_majflt);
	fflush(stdout);
}

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("write to %s", path);
	close(fd);
}

/* Moves the calling process into the cgroup of that directory. */
static inline void join_cgroup(const char *dir)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/cgroup.procs", dir) >= sizeof(path))
		die("path too long: %s", dir);
	write_file(path, "0");
}

static inline void set_comm(const char *name)
{
	if (prctl(PR_SET_NAME, name, 0, 0, 0))
		die("prctl");
}

#endif
