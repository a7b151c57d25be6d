/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the programs of the bench share: they say when they have attached, and end with their standard input. */
#ifndef MEMTRACE_BENCH_COMMON_H
#define MEMTRACE_BENCH_COMMON_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

/* status: 0 or -errno */
__attribute__((format(printf, 2, 3), noreturn)) static inline void fail(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (status)
		fprintf(stderr, ": %s", strerror(-status));
	fputc('\n', stderr);
	exit(1);
}

static inline int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static inline void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

#endif
