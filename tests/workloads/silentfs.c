/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * silentfs DIR: mounts a FUSE file system on DIR whose requests are read and never answered, says its pid, and waits to
 * be ended, 200 seconds at most: from then on each look at a file in DIR waits, and cannot be interrupted.
 */
#include "workload.h"

#include <sys/mount.h>

int main(int argc, char **argv)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128], request[1 << 18];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (argc != 2 || fd < 0 || mount("silent", argv[1], "fuse", 0, options))
		return 2;
	printf("pid=%d\n", getpid());
	fflush(stdout);
	alarm(200); /* nobody hangs for ever who was let down by this */
	while (read(fd, request, sizeof(request)) > 0)
		;
	return 0;
}
