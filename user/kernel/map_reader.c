// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_reader.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/small_file.h"
#include "../symbols/maps.h"
#include "java_options.h"
#include "line_file.h"
#include "mapped_name.h"
#include "proc.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define KIB	  1024

static const char *keep_name(struct process_map *map, const char *name)
{
	char *copy;

	if (!name[0])
		return "";
	/* segments of a file follow each other */
	if (map->nr_areas && !strcmp(map->areas[map->nr_areas - 1].name, name))
		return map->areas[map->nr_areas - 1].name;
	copy = arena__zeroed(&map->names, strlen(name) + 1);
	return copy ? strcpy(copy, name) : NULL;
}

static unsigned int permissions_of(const char *text)
{
	return (text[0] == 'r' ? MAPPED_READ : 0) | (text[1] == 'w' ? MAPPED_WRITE : 0) |
	       (text[2] == 'x' ? MAPPED_EXEC : 0) | (text[3] == 's' ? MAPPED_SHARED : 0);
}

int map_reader__take_line(struct process_map *map, char *line)
{
	const char *space = strchr(line, ' ');
	struct map_area *area;
	struct mapping mapping;
	char permissions[4];
	const char *name;

	if (!space || strlen(space) < 1 + sizeof(permissions))
		return -EINVAL;
	memcpy(permissions, space + 1, sizeof(permissions));
	if (mapping__parse(line, &mapping) < 0)
		return -EINVAL;
	/* mappings changed while they were read, and one came twice */
	if (map->nr_areas && mapping.start < map->areas[map->nr_areas - 1].end)
		return -EINVAL;
	name = keep_name(map, mapping.path);
	area = name ? process_map__add(map) : NULL;
	if (!area)
		return -ENOMEM;
	*area = (struct map_area){ .start = mapping.start,
				   .end = mapping.end,
				   .dev = mapping.dev,
				   .inode = mapping.inode,
				   .name = name,
				   .deleted = mapping.deleted,
				   .permissions = permissions_of(permissions) };
	return 0;
}

static const struct {
	const char *key;
	size_t offset;
} sizes[] = {
	{ "VmSize", offsetof(struct process_map, kernel.size) },
	{ "VmRSS", offsetof(struct process_map, kernel.rss) },
	{ "RssAnon", offsetof(struct process_map, kernel.anon) },
	{ "RssFile", offsetof(struct process_map, kernel.file) },
	{ "RssShmem", offsetof(struct process_map, kernel.shmem) },
	{ "VmSwap", offsetof(struct process_map, kernel.swap) },
	{ "VmPTE", offsetof(struct process_map, kernel.page_tables) },
	{ "HugetlbPages", offsetof(struct process_map, kernel.hugetlb) },
}, rollup_sizes[] = {
	{ "Pss", offsetof(struct process_map, pss) },
	{ "Private_Clean", offsetof(struct process_map, uss) },
	{ "Private_Dirty", offsetof(struct process_map, uss) },
	{ "Private_Hugetlb", offsetof(struct process_map, uss) },
};

/* "VmRSS:\t     112 kB"; false: no number */
static bool take_kib(char *line, uint64_t *bytes)
{
	char *value = strchr(line, ':');

	if (!value)
		return false;
	*value++ = '\0';
	if (sscanf(value, "%15" SCNu64, bytes) != 1)
		return false;
	*bytes *= KIB;
	return true;
}

static uint64_t *field(struct process_map *map, size_t offset)
{
	return (uint64_t *)((char *)map + offset);
}

static void take_status_line(void *ctx, char *line)
{
	uint64_t bytes;

	if (!take_kib(line, &bytes))
		return;
	for (size_t i = 0; i < NR(sizes); i++)
		if (!strcmp(line, sizes[i].key))
			*field(ctx, sizes[i].offset) = bytes;
}

bool map_reader__take_status(struct process_map *map, const char *text)
{
	for (size_t i = 0; i < NR(sizes); i++)
		*field(map, sizes[i].offset) = MT_UNKNOWN_U64;
	line_file__each_of(text, strlen(text), take_status_line, map);
	return map->kernel.size != MT_UNKNOWN_U64;
}

static void take_rollup_line(void *ctx, char *line)
{
	uint64_t bytes, *sum;

	if (!take_kib(line, &bytes))
		return;
	for (size_t i = 0; i < NR(rollup_sizes); i++) {
		sum = field(ctx, rollup_sizes[i].offset);
		if (!strcmp(line, rollup_sizes[i].key))
			*sum = (*sum == MT_UNKNOWN_U64 ? 0 : *sum) + bytes;
	}
}

void map_reader__take_rollup(struct process_map *map, const char *text)
{
	map->pss = map->uss = MT_UNKNOWN_U64;
	line_file__each_of(text, strlen(text), take_rollup_line, map);
}

static int read_lines(struct process_map *map, FILE *file)
{
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	errno = 0;
	while (err != -ENOMEM && getline(&line, &cap, file) > 0)
		err = map_reader__take_line(map, line);
	if (err != -ENOMEM)
		err = ferror(file) && errno ? -errno : map->nr_areas ? 0 : -ESRCH;
	free(line);
	return err;
}

static int read_maps(struct process_map *map, int dir)
{
	uint64_t began_ns = clock__boot_ns();
	int fd = openat(dir, "maps", O_RDONLY | O_CLOEXEC), err;
	FILE *file;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	err = read_lines(map, file);
	fclose(file);
	map->knows_deleted = true;
	if (!err)
		err = mapped_name__tell(map, dir);
	map->cost_ns.maps = clock__boot_ns() - began_ns;
	return err;
}

/* The last part of a path. */
static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void read_rollup(struct process_map *map, int dir)
{
	uint64_t began_ns = clock__boot_ns();
	char text[4096];

	if (small_file__read_at(dir, "smaps_rollup", text, sizeof(text)) > 0)
		map_reader__take_rollup(map, text);
	map->cost_ns.pss = clock__boot_ns() - began_ns;
}

/* The command line of a JVM says how large its heap may be. */
static void read_java_options(struct process_map *map, int dir)
{
	char text[64 * KIB];
	size_t i;
	int len;

	for (i = 0; i < map->nr_areas; i++)
		if (!strcmp(base_of(map->areas[i].name), "libjvm.so"))
			break;
	if (i == map->nr_areas)
		return;
	len = small_file__read_at(dir, "cmdline", text, sizeof(text));
	if (len > 0)
		map->java_heap = java_options__max_heap(text, (size_t)len);
}

/* In status the control characters of a name are escaped. */
static void read_comm(struct process_map *map, int dir)
{
	int len = small_file__read_at(dir, "comm", map->comm, sizeof(map->comm));

	if (len > 0 && map->comm[len - 1] == '\n')
		map->comm[len - 1] = '\0';
}

static int read_status(struct process_map *map, int dir)
{
	char text[8192];
	int len = small_file__read_at(dir, "status", text, sizeof(text));

	if (len < 0)
		return len == -ENOENT ? -ESRCH : len;
	return map_reader__take_status(map, text) ? 0 : -ESRCH;
}

static int read_areas(struct page_scan *scan, struct process_map *map, int dir)
{
	uint64_t began_ns;
	int err = read_maps(map, dir);

	if (err)
		return err;
	read_java_options(map, dir);
	began_ns = clock__boot_ns();
	err = page_scan__read(scan, dir, map, began_ns + MAP_READER_NS);
	map->cost_ns.pages = clock__boot_ns() - began_ns;
	/* where only the pages may not be read, their numbers are unknown */
	return err == -EACCES || err == -EPERM ? 0 : err;
}

/* Its directory still refers to that process if the pid is used again. */
int map_reader__open(uint32_t pid, uint64_t start_ns)
{
	char path[64];
	int dir;

	if (start_ns)
		return proc__open(pid, start_ns);
	snprintf(path, sizeof(path), "/proc/%u", pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return dir;
}

int map_reader__read(struct page_scan *scan, uint32_t pid, uint64_t start_ns, bool pss, struct process_map *map)
{
	int dir, err;

	map_reader__done(map);
	map->pid = pid;
	map->pss = map->uss = MT_UNKNOWN_U64;
	dir = map_reader__open(pid, start_ns);
	if (dir < 0)
		return dir;
	read_comm(map, dir);
	err = read_areas(scan, map, dir);
	if (err == -EACCES || err == -EPERM) {
		map->error = -err;
		err = 0;
	}
	if (!err)
		err = read_status(map, dir);
	if (!err && pss)
		read_rollup(map, dir);
	close(dir);
	return err;
}

void map_reader__done(struct process_map *map)
{
	process_map__done(map);
}

void map_reader__read_pss(struct process_map *map, uint64_t start_ns)
{
	int dir = map_reader__open(map->pid, start_ns);

	if (dir < 0)
		return;
	read_rollup(map, dir);
	close(dir);
}

static bool has_name(uint32_t pid, const char *const *comms, size_t nr)
{
	char path[64], comm[64];
	int len;

	if (!nr)
		return true;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	len = small_file__read_at(AT_FDCWD, path, comm, sizeof(comm));
	if (len <= 0)
		return false;
	comm[len - 1] = '\0';
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(comm, comms[i]))
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

static int add_pid(uint32_t **list, size_t *nr, size_t *room, uint32_t pid)
{
	uint32_t *more;

	if (*nr == *room) {
		*room = *room ? 2 * *room : 64;
		more = reallocarray(*list, *room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		*list = more;
	}
	(*list)[(*nr)++] = pid;
	return 0;
}

int map_reader__find(const char *const *comms, size_t nr_comms, uint32_t **list, size_t *nr)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t room = 0;
	uint32_t pid;
	int err = 0;

	*list = NULL;
	*nr = 0;
	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		pid = isdigit((unsigned char)entry->d_name[0]) ? (uint32_t)strtoul(entry->d_name, NULL, 10) : 0;
		if (pid && has_name(pid, comms, nr_comms))
			err = add_pid(list, nr, &room, pid);
	}
	closedir(proc);
	if (*nr)
		qsort(*list, *nr, sizeof(**list), by_number);
	return err;
}
