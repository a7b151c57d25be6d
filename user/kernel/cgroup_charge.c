// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_charge.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "../base/small_file.h"
#include "../model/samples.h"
#include "counters.h"

#define BELOW_MAX 1024

/* anon and file_mapped of memory.stat, as v2 and v1 call them. */
static const struct counter_sum sums_of[] = {
	[CGROUP_V2] = { .names = "anon file_mapped" },
	[CGROUP_V1] = { .names = "rss mapped_file" },
};

static uint64_t read_stat(int dir, int version)
{
	struct counter_sum sum = sums_of[version];
	char text[16 * 1024];

	if (small_file__read_at(dir, "memory.stat", text, sizeof(text)) <= 0)
		return MT_UNKNOWN_U64;
	counters__parse(text, &sum, 1);
	return sum.found ? sum.sum : MT_UNKNOWN_U64;
}

/* One below it; 0: the memory controller is not on there, so that its memory is that of the cgroup above. */
static uint64_t read_below(int parent, const char *name, int version)
{
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t bytes;

	if (dir < 0)
		return 0;
	bytes = faccessat(dir, "memory.stat", F_OK, 0) ? 0 : read_stat(dir, version);
	close(dir);
	return bytes;
}

static bool is_below(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

/* What those below it have.  Takes the directory. */
static uint64_t sum_below(int dir, int version)
{
	DIR *list = fdopendir(dir);
	const struct dirent *entry;
	uint64_t sum = 0, bytes;
	size_t nr = 0;

	if (!list) {
		close(dir);
		return MT_UNKNOWN_U64;
	}
	while (sum != MT_UNKNOWN_U64 && (entry = readdir(list))) {
		if (!is_below(entry))
			continue;
		bytes = nr++ < BELOW_MAX ? read_below(dir, entry->d_name, version) : MT_UNKNOWN_U64;
		sum = bytes == MT_UNKNOWN_U64 ? bytes : sum + bytes;
	}
	closedir(list);
	return sum;
}

uint64_t cgroup_charge__mapped(const struct cgroups *cgroups, uint64_t id)
{
	int version = cgroups__version(cgroups), listed, dir;
	uint64_t own, below = 0;

	if (version < 0)
		return MT_UNKNOWN_U64;
	dir = cgroups__open(cgroups, id);
	if (dir < 0)
		return MT_UNKNOWN_U64;
	own = read_stat(dir, version);
	if (own != MT_UNKNOWN_U64 && version == CGROUP_V2) {
		listed = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		below = listed < 0 ? MT_UNKNOWN_U64 : sum_below(listed, version);
	}
	close(dir);
	if (own == MT_UNKNOWN_U64 || below == MT_UNKNOWN_U64)
		return MT_UNKNOWN_U64;
	return own > below ? own - below : 0;
}
