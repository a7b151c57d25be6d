/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * overflow [main|thread|null]: ends by a segmentation fault: calls itself until the stack has no more room, in the
 * first thread or in another one; or reads what is nowhere, near no stack.
 */
#include "workload.h"

#include <pthread.h>

static volatile int sink, endless = 1;
static volatile int *volatile nowhere = (volatile int *)8;

static int down(int depth) /* NOLINT(misc-no-recursion) */
{
	volatile char frame[512];

	if (!endless)
		return 0;
	frame[depth % 512] = (char)depth;
	sink += frame[0];
	return down(depth + 1) + frame[1];
}

static void *run(void *unused)
{
	(void)unused;
	sink = down(1);
	return NULL;
}

int main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	pthread_t thread;

	if (argc != 2)
		return 2;
	setrlimit(RLIMIT_CORE, &none);
	if (!strcmp(argv[1], "thread")) {
		pthread_create(&thread, NULL, run, NULL);
		pthread_join(thread, NULL);
	} else if (!strcmp(argv[1], "null")) {
		sink = *nowhere;
	}
	return down(1);
}
