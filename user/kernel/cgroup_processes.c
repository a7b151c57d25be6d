// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_processes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/small_file.h"
#include "../base/stop.h"
#include "cgroup_files.h"
#include "counters.h"
#include "line_file.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

struct parsing {
	struct cgroup_process *process;
	bool has_memory;
};

static const struct {
	const char *key;
	size_t offset;
} sizes[] = {
	{ "RssAnon", offsetof(struct cgroup_process, anon) },
	{ "RssFile", offsetof(struct cgroup_process, file) },
	{ "RssShmem", offsetof(struct cgroup_process, shmem) },
	{ "VmSwap", offsetof(struct cgroup_process, swap) },
};

/* "Name:\tbash", in which the kernel escapes newlines and backslashes; "RssAnon:\t     112 kB" */
static void take_line(void *ctx, char *line)
{
	struct parsing *parsing = ctx;
	char *value = strchr(line, ':');
	uint64_t number;
	size_t i;

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "Name"))
		snprintf(parsing->process->comm, sizeof(parsing->process->comm), "%s", value + (*value == '\t'));
	if (sscanf(value, "%15" SCNu64, &number) != 1)
		return;
	for (i = 0; i < NR(sizes); i++) {
		if (strcmp(line, sizes[i].key))
			continue;
		memcpy((char *)parsing->process + sizes[i].offset, &(uint64_t){ number * 1024 }, sizeof(number));
		parsing->has_memory = true;
	}
}

bool cgroup_processes__parse(const char *text, struct cgroup_process *process)
{
	struct parsing parsing = { .process = process };

	process->comm[0] = '\0';
	process->anon = process->file = process->shmem = process->swap = MT_UNKNOWN_U64;
	line_file__each_of(text, strlen(text), take_line, &parsing);
	return process->comm[0] && parsing.has_memory;
}

struct listing {
	struct cgroup_filling *filling;
	int proc;
	uint64_t turn_ns; /* CPU time when the turn began */
};

/* In turns, as cgroups are read. */
#define TURN_NS	 3000000ULL
#define PAUSE_MS 5

static void pause_after_turn(struct listing *listing)
{
	if (clock__ns(CLOCK_THREAD_CPUTIME_ID) - listing->turn_ns < TURN_NS)
		return;
	stop__pause(PAUSE_MS);
	listing->turn_ns = clock__ns(CLOCK_THREAD_CPUTIME_ID);
}

static void take_pid(void *ctx, char *line)
{
	struct listing *listing = ctx;
	struct cgroup_filling *filling = listing->filling;
	struct cgroup_process *process = &filling->processes[filling->nr_processes];
	char path[64], text[4096];
	uint32_t pid;

	/* 0: of another pid namespace */
	if (sscanf(line, "%9" SCNu32, &pid) != 1 || !pid)
		return;
	if (filling->nr_processes == CGROUP_PROCESSES_MAX) {
		filling->processes_left_out++;
		return;
	}
	pause_after_turn(listing);
	snprintf(path, sizeof(path), "%u/status", pid);
	if (small_file__read_at(listing->proc, path, text, sizeof(text)) <= 0 ||
	    !cgroup_processes__parse(text, process))
		return;
	process->pid = pid;
	filling->nr_processes++;
}

static uint64_t held(const struct cgroup_process *process)
{
	const uint64_t sizes_of[] = { process->anon, process->file, process->shmem, process->swap };
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < NR(sizes_of); i++)
		sum += sizes_of[i] == MT_UNKNOWN_U64 ? 0 : sizes_of[i];
	return sum;
}

static int by_size(const void *a, const void *b)
{
	uint64_t first = held(a), second = held(b);

	return (first < second) - (first > second);
}

static void list_pids(const struct cgroup_census *census, const struct cgroup_state *state, struct listing *listing)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/cgroup.procs", state->path[1] ? state->path + 1 : ".") >=
	    (int)sizeof(path))
		return;
	fd = openat(census->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	line_file__each(fd, take_pid, listing);
	close(fd);
}

int cgroup_processes__read(const struct cgroup_census *census, struct cgroup_filling *filling)
{
	struct listing listing = { .filling = filling, .turn_ns = clock__ns(CLOCK_THREAD_CPUTIME_ID) };
	size_t i;

	filling->processes = calloc(CGROUP_PROCESSES_MAX + 1, sizeof(*filling->processes));
	if (!filling->processes)
		return -ENOMEM;
	listing.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < census->states.nr; i++)
		if (!census->states.list[i]->gone)
			list_pids(census, census->states.list[i], &listing);
	if (listing.proc >= 0)
		close(listing.proc);
	qsort(filling->processes, filling->nr_processes, sizeof(*filling->processes), by_size);
	return 0;
}

static int open_path(const void *ctx, uint64_t id)
{
	int fd = open(ctx, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	(void)id;
	return fd < 0 ? -errno : fd;
}

static void read_level(const struct cgroups *cgroups, const char *path, struct cgroup_level *level)
{
	struct cgroup_hierarchy hierarchy = { .version = cgroups__version(cgroups), .open = open_path };
	size_t len = strlen(path), room = sizeof(level->path) - 1;
	struct cgroup_files files = { 0 };
	uint64_t values[NR_CGROUP_SAMPLES];
	char dir[PATH_MAX];

	memset(values, 0xff, sizeof(values));
	snprintf(level->path, sizeof(level->path), "%s", len > room ? path + len - room : path);
	if (snprintf(dir, sizeof(dir), "%s%s", cgroups__mount(cgroups), path) < (int)sizeof(dir)) {
		hierarchy.ctx = dir;
		cgroup_files__read(&files, &hierarchy, 0, CGROUP_BRIEF, values);
		cgroup_files__close(&files, &hierarchy);
	}
	level->current = values[CGROUP_SAMPLE_memory_current];
	level->max = values[CGROUP_SAMPLE_memory_max];
	level->high = values[CGROUP_SAMPLE_memory_high];
}

static uint64_t read_swappiness(const struct cgroups *cgroups, const char *path)
{
	char file[PATH_MAX];
	uint64_t number;

	if (snprintf(file, sizeof(file), "%s%s/memory.swappiness", cgroups__mount(cgroups), path) >= (int)sizeof(file))
		return MT_UNKNOWN_U64;
	return counters__read_one(file, &number) ? MT_UNKNOWN_U64 : number;
}

void cgroup_levels__read(const struct cgroups *cgroups, const char *path, struct cgroup_filling *filling)
{
	char level[PATH_MAX], *slash;

	filling->nr_levels = 0;
	filling->swappiness = read_swappiness(cgroups, path);
	if (path[0] != '/')
		return;
	snprintf(level, sizeof(level), "%s", path);
	while (filling->nr_levels < NR(filling->levels)) {
		read_level(cgroups, level, &filling->levels[filling->nr_levels++]);
		slash = strrchr(level, '/');
		if (!level[1])
			return;
		/* the last one is the root */
		slash[slash == level] = '\0';
	}
}
