/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * ready: prints "ready" and waits for the end of its standard input.  As the command of a tracer it tells
 * when the tracer has attached, and how to end it.
 */
#include "workload.h"

int main(void)
{
	char c;
	ssize_t got;

	puts("ready");
	fflush(stdout);
	do
		got = read(STDIN_FILENO, &c, 1);
	while (got > 0 || (got < 0 && errno == EINTR));
	return 0;
}
