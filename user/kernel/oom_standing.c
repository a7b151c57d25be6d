// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_standing.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/small_file.h"
#include "../base/stop.h"
#include "../model/samples.h"
#include "cgroup.h"
#include "counters.h"
#include "key_file.h"
#include "line_file.h"
#include "proc.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define KIB	  1024

/* Sizes of /proc/PID/status (fs/proc/task_mmu.c:task_mem()), in pages; page tables in bytes. */
static const struct {
	const char *key;
	size_t offset;
	bool in_bytes;
} sizes[] = {
	{ "VmSize", offsetof(struct oom_task, total_vm), false },
	{ "VmRSS", offsetof(struct oom_task, rss), false },
	{ "RssAnon", offsetof(struct oom_task, anon), false },
	{ "RssFile", offsetof(struct oom_task, file), false },
	{ "RssShmem", offsetof(struct oom_task, shmem), false },
	{ "VmSwap", offsetof(struct oom_task, swap), false },
	{ "VmPTE", offsetof(struct oom_task, table_bytes), true },
};

struct parsing {
	struct oom_task *task;
	uint64_t page_size;
};

static void take_size(const struct parsing *parsing, const char *key, uint64_t kib)
{
	uint64_t bytes = kib * KIB, value;
	size_t i;

	for (i = 0; i < NR(sizes); i++) {
		if (strcmp(key, sizes[i].key))
			continue;
		value = sizes[i].in_bytes ? bytes : bytes / parsing->page_size;
		memcpy((char *)parsing->task + sizes[i].offset, &value, sizeof(value));
	}
}

/* "Name:\tbash", in which the kernel escapes newlines and backslashes; "VmRSS:\t     112 kB" */
static void take_line(void *ctx, char *line)
{
	struct parsing *parsing = ctx;
	char *value = strchr(line, ':');
	uint64_t number;

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "Name"))
		snprintf(parsing->task->comm, sizeof(parsing->task->comm), "%s", value + (*value == '\t'));
	else if (sscanf(value, "%15" SCNu64, &number) != 1)
		return;
	else if (!strcmp(line, "Tgid"))
		parsing->task->tgid = parsing->task->pid = (uint32_t)number;
	else if (!strcmp(line, "Uid"))
		parsing->task->uid = number;
	else
		take_size(parsing, line, number);
}

bool oom_standing__parse(const char *text, uint64_t page_size, struct oom_task *task)
{
	struct parsing parsing = { .task = task, .page_size = page_size };

	oom_task__init(task);
	line_file__each_of(text, strlen(text), take_line, &parsing);
	return task->tgid && task->rss != MT_UNKNOWN_U64;
}

bool oom_standing__cgroup(const char *text, char *path, size_t size)
{
	const char *v2 = NULL, *found = NULL, *line, *end;
	char names[256], *name, *rest;

	path[0] = '\0';
	for (line = text; *line && !found; line = end + (*end == '\n')) {
		const char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;

		end = line + strcspn(line, "\n");
		if (!second || second > end)
			continue;
		if (second == first + 1)
			v2 = second + 1;
		snprintf(names, sizeof(names), "%.*s", (int)(second - first - 1), first + 1);
		for (rest = names; (name = strsep(&rest, ","));)
			if (!strcmp(name, "memory"))
				found = second + 1;
	}
	found = found ? found : v2;
	if (!found)
		return false;
	end = found + strcspn(found, "\n");
	snprintf(path, size, "%.*s", (int)(end - found), found);
	return path[0] == '/';
}

static uint64_t read_number(int proc, uint32_t pid, const char *file)
{
	char path[64], text[32];
	uint64_t value;

	snprintf(path, sizeof(path), "%u/%s", pid, file);
	if (small_file__read_at(proc, path, text, sizeof(text)) <= 0 || sscanf(text, "%15" SCNu64, &value) != 1)
		return MT_UNKNOWN_U64;
	return value;
}

static int32_t read_adj(int proc, uint32_t pid)
{
	char path[64], text[32];
	int32_t value;

	snprintf(path, sizeof(path), "%u/oom_score_adj", pid);
	if (small_file__read_at(proc, path, text, sizeof(text)) <= 0 || sscanf(text, "%5" SCNd32, &value) != 1)
		return OOM_ADJ_UNKNOWN;
	return value;
}

static bool read_cgroup(int proc, uint32_t pid, char *path, size_t size)
{
	char file[64], text[8192];

	snprintf(file, sizeof(file), "%u/cgroup", pid);
	return small_file__read_at(proc, file, text, sizeof(text)) > 0 && oom_standing__cgroup(text, path, size);
}

/* Whether a path is that of the limit's cgroup, or of one below it. */
static bool is_inside(const char *path, const char *cgroup)
{
	size_t len = strlen(cgroup);

	if (!strcmp(cgroup, "/"))
		return true;
	return len && !strncmp(path, cgroup, len) && (!path[len] || path[len] == '/');
}

static int make_room(struct oom_standing *standing, size_t *cap)
{
	size_t more = *cap ? *cap * 2 : 256;
	struct oom_task *tasks;
	bool *inside;

	if (standing->nr_tasks < *cap)
		return 0;
	tasks = reallocarray(standing->tasks, more, sizeof(*tasks));
	if (tasks)
		standing->tasks = tasks;
	inside = reallocarray(standing->inside, more, sizeof(*inside));
	if (inside)
		standing->inside = inside;
	if (!tasks || !inside)
		return -ENOMEM;
	*cap = more;
	return 0;
}

static int read_process(struct oom_standing *standing, int proc, uint32_t pid, size_t *cap)
{
	char path[64], text[4096], cgroup[OOM_PATH];
	struct oom_task task;
	int err;

	snprintf(path, sizeof(path), "%u/status", pid);
	if (small_file__read_at(proc, path, text, sizeof(text)) <= 0)
		return 0;
	if (!oom_standing__parse(text, standing->page_size, &task)) {
		standing->nr_kernel++;
		return 0;
	}
	if (standing->nr_tasks == OOM_STANDING_MAX) {
		standing->left_out++;
		return 0;
	}
	err = make_room(standing, cap);
	if (err)
		return err;
	task.adj = read_adj(proc, pid);
	task.score = read_number(proc, pid, "oom_score");
	standing->inside[standing->nr_tasks] = standing->limit.cgroup[0] &&
					       read_cgroup(proc, pid, cgroup, sizeof(cgroup)) &&
					       is_inside(cgroup, standing->limit.cgroup);
	standing->nr_inside += standing->inside[standing->nr_tasks];
	standing->tasks[standing->nr_tasks++] = task;
	return 0;
}

static int read_processes(struct oom_standing *standing, int proc)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t cap = 0;
	int err = dir ? 0 : -errno;

	while (!err && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		err = stop__asked() ? -ECANCELED :
				      read_process(standing, proc, (uint32_t)strtoul(entry->d_name, NULL, 10), &cap);
	}
	if (dir)
		closedir(dir);
	return err;
}

static void take_meminfo(void *ctx, const struct key_value *entry)
{
	struct oom_standing *standing = ctx;
	const struct {
		const char *key;
		uint64_t *pages, *bytes;
	} rows[] = {
		{ "MemTotal", &standing->total_pages, NULL },
		{ "SwapTotal", &standing->total_pages, &standing->swap_total },
		{ "Committed_AS", NULL, &standing->committed },
		{ "CommitLimit", NULL, &standing->commit_limit },
	};
	uint64_t kib;
	size_t i;

	for (i = 0; i < NR(rows); i++) {
		if (strlen(rows[i].key) != entry->key_len || strncmp(rows[i].key, entry->key, entry->key_len) ||
		    !key_file__number(entry, 0, &kib))
			continue;
		if (rows[i].pages)
			*rows[i].pages += kib * KIB / standing->page_size;
		if (rows[i].bytes)
			*rows[i].bytes = kib * KIB;
	}
}

static uint64_t setting(const char *path)
{
	uint64_t value;

	return counters__read_one(path, &value) ? MT_UNKNOWN_U64 : value;
}

static void read_machine(struct oom_standing *standing)
{
	char text[KEY_FILE_MAX];
	struct utsname names;
	int len = small_file__read_at(AT_FDCWD, "/proc/meminfo", text, sizeof(text));

	standing->wall_ns = clock__ns(CLOCK_REALTIME);
	standing->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (!uname(&names))
		snprintf(standing->release, sizeof(standing->release), "%s", names.release);
	if (len > 0)
		key_file__each(text, (size_t)len, take_meminfo, standing);
	else
		standing->total_pages = MT_UNKNOWN_U64;
	standing->overcommit = setting("/proc/sys/vm/overcommit_memory");
	standing->panic_on_oom = setting("/proc/sys/vm/panic_on_oom");
	standing->allocating = setting("/proc/sys/vm/oom_kill_allocating_task");
	standing->dump_tasks = setting("/proc/sys/vm/oom_dump_tasks");
}

/* A file of a cgroup; "max" is SAMPLE_UNLIMITED. */
static uint64_t cgroup_file(const struct cgroups *cgroups, const char *path, const char *file)
{
	char name[PATH_MAX], text[32];
	uint64_t value;

	if (snprintf(name, sizeof(name), "%s%s/%s", cgroups__mount(cgroups), path, file) >= (int)sizeof(name) ||
	    small_file__read_line(name, text, sizeof(text)))
		return MT_UNKNOWN_U64;
	if (!strcmp(text, "max"))
		return SAMPLE_UNLIMITED;
	return sscanf(text, "%20" SCNu64, &value) == 1 ? value : MT_UNKNOWN_U64;
}

/* The limit of one cgroup; false: it has none. */
static bool read_limit(const struct cgroups *cgroups, const char *path, struct oom_limit *limit)
{
	bool v2 = cgroups__version(cgroups) == CGROUP_V2;

	memset(&limit->bytes, 0xff, sizeof(*limit) - offsetof(struct oom_limit, bytes));
	snprintf(limit->cgroup, sizeof(limit->cgroup), "%s", path);
	limit->bytes = cgroup_file(cgroups, path, v2 ? "memory.max" : "memory.limit_in_bytes");
	limit->usage = cgroup_file(cgroups, path, v2 ? "memory.current" : "memory.usage_in_bytes");
	if (v2)
		limit->swap_bytes = cgroup_file(cgroups, path, "memory.swap.max");
	else
		limit->memsw_bytes = cgroup_file(cgroups, path, "memory.memsw.limit_in_bytes");
	return limit->bytes < SAMPLE_UNLIMITED && limit->bytes < 1ULL << 62 && limit->usage != MT_UNKNOWN_U64;
}

static uint64_t room_in(const struct oom_limit *limit)
{
	return limit->bytes > limit->usage ? limit->bytes - limit->usage : 0;
}

/* Of the cgroup and those above it, the one whose limit is reached first. */
static void find_limit(struct oom_standing *standing, const struct cgroups *cgroups)
{
	char path[OOM_PATH], *slash;
	struct oom_limit limit;

	snprintf(path, sizeof(path), "%s", standing->cgroup);
	for (; path[0] == '/' && path[1]; *slash = '\0') {
		if (read_limit(cgroups, path, &limit) &&
		    (!standing->limit.cgroup[0] || room_in(&limit) < room_in(&standing->limit)))
			standing->limit = limit;
		slash = strrchr(path, '/');
	}
}

/* mm/memcontrol.c:mem_cgroup_get_max(): the swap that a cgroup may use counts, unless its swappiness is 0. */
static void count_pages(struct oom_standing *standing, const struct cgroups *cgroups)
{
	const struct oom_limit *limit = &standing->limit;
	uint64_t swappiness = cgroup_file(cgroups, limit->cgroup, "memory.swappiness"), swap = 0;

	if (swappiness == MT_UNKNOWN_U64)
		swappiness = setting("/proc/sys/vm/swappiness");
	if (limit->swap_bytes != MT_UNKNOWN_U64)
		swap = limit->swap_bytes;
	else if (limit->memsw_bytes != MT_UNKNOWN_U64 && limit->memsw_bytes > limit->bytes)
		swap = limit->memsw_bytes - limit->bytes;
	swap = swap < standing->swap_total ? swap : standing->swap_total;
	standing->cgroup_pages = (limit->bytes + (swappiness ? swap : 0)) / standing->page_size;
}

static int read_limits(struct oom_standing *standing, int proc)
{
	struct cgroups *cgroups;

	if (!read_cgroup(proc, standing->pid, standing->cgroup, sizeof(standing->cgroup)))
		return -ESRCH;
	cgroups = cgroups__new();
	if (!cgroups)
		return -ENOMEM;
	if (cgroups__version(cgroups) >= 0)
		find_limit(standing, cgroups);
	if (standing->limit.cgroup[0])
		count_pages(standing, cgroups);
	cgroups__free(cgroups);
	return 0;
}

int oom_standing__read(struct oom_standing *standing, uint32_t pid)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = proc < 0 ? -errno : 0;

	memset(standing, 0, sizeof(*standing));
	memset(&standing->limit.bytes, 0xff, sizeof(standing->limit) - offsetof(struct oom_limit, bytes));
	standing->committed = standing->commit_limit = standing->cgroup_pages = MT_UNKNOWN_U64;
	standing->pid = pid;
	standing->all_seen = proc__shows_initial_pids();
	read_machine(standing);
	if (!err && pid)
		err = read_limits(standing, proc);
	if (!err)
		err = read_processes(standing, proc);
	if (proc >= 0)
		close(proc);
	return err;
}

void oom_standing__done(struct oom_standing *standing)
{
	free(standing->tasks);
	free(standing->inside);
	standing->tasks = NULL;
	standing->inside = NULL;
	standing->nr_tasks = 0;
}
