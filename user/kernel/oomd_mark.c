// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oomd_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../../bpf/wire.h"

static const char *const names[] = { "user.oomd_ooms", "user.oomd_kill" };

uint64_t oomd_mark__read_at(int dir)
{
	uint64_t sum = 0;
	char text[32];
	ssize_t len;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		len = fgetxattr(dir, names[i], text, sizeof(text) - 1);
		if (len < 0 && errno != ENODATA && errno != EOPNOTSUPP && errno != ERANGE)
			return MT_UNKNOWN_U64;
		text[len < 0 ? 0 : len] = '\0';
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

uint64_t oomd_mark__read(const struct cgroups *cgroups, uint64_t cgroup_id)
{
	int dir = cgroup_id ? cgroups__open(cgroups, cgroup_id) : -ENOENT;
	uint64_t mark = dir < 0 ? MT_UNKNOWN_U64 : oomd_mark__read_at(dir);

	if (dir >= 0)
		close(dir);
	return mark;
}
