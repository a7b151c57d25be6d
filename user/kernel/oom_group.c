// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_group.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* '0', '1', or 0: there is none to be read. */
static char read_switch(const char *dir)
{
	char path[PATH_MAX], value = 0;
	FILE *file = NULL;

	if (snprintf(path, sizeof(path), "%s/memory.oom.group", dir) < (int)sizeof(path))
		file = fopen(path, "re");
	if (file) {
		if (fread(&value, 1, 1, file) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

bool oom_group__may_be_set(const char *mount, const char *path)
{
	char dir[PATH_MAX];
	size_t root = strlen(mount);

	if (path[0] != '/' || snprintf(dir, sizeof(dir), "%s%s", mount, path) >= (int)sizeof(dir))
		return true;
	/* the root has no such file */
	while (strlen(dir) > root + 1) {
		if (read_switch(dir) != '0')
			return true;
		*strrchr(dir, '/') = '\0';
	}
	return false;
}
