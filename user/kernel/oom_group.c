// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_group.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "counters.h"

static bool is_off(const char *dir)
{
	char path[PATH_MAX];
	uint64_t value;

	return snprintf(path, sizeof(path), "%s/memory.oom.group", dir) < (int)sizeof(path) &&
	       !counters__read_one(path, &value) && !value;
}

bool oom_group__may_be_set(const char *mount, const char *path)
{
	char dir[PATH_MAX];
	size_t root = strlen(mount);

	if (path[0] != '/' || snprintf(dir, sizeof(dir), "%s%s", mount, path) >= (int)sizeof(dir))
		return true;
	/* the root has no such file */
	while (strlen(dir) > root + 1) {
		if (!is_off(dir))
			return true;
		*strrchr(dir, '/') = '\0';
	}
	return false;
}
