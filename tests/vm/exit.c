/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * exit CODE: ends the VM at once, with a line about it.  On x86 by qemu's
 * isa-debug-exit device, whose status is then 2 * CODE + 1; elsewhere by
 * switching it off, and the host reads the line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <sys/io.h>

#define PORT 0xf4

static void end(unsigned char code)
{
	if (!ioperm(PORT, 4, 1))
		outb(code, PORT);
}
#else
#include <sys/reboot.h>

static void end(unsigned char code)
{
	(void)code;
	reboot(RB_POWER_OFF);
}
#endif

int main(int argc, char **argv)
{
	int code = argc > 1 ? atoi(argv[1]) : 0;

	printf("vm: ended with %d\n", code);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	end((unsigned char)code);
	return 1;
}
