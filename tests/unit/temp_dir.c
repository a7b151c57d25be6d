// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "temp_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char temp_dir[] = "/tmp/memtrace-test-XXXXXX";

int temp_dir__make(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(temp_dir) ? 0 : -1;
}

int temp_dir__clean(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s/*", temp_dir);
	return system(command);
}

int temp_dir__remove(void **state)
{
	(void)state;
	return rmdir(temp_dir);
}
