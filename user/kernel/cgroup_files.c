// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "key_file.h"

#define FILE_MAX 1024 /* bytes: memory.events has some 90 */

/* One pass over a cgroup's files; the samples of the file that is being read are rows first to end - 1. */
struct reading {
	struct cgroup_files *files;
	struct cgroup_hierarchy *hierarchy;
	enum cgroup_version version;
	uint64_t id;
	int dir; /* < 0: not open */
	enum cgroup_sample_id first, end;
	uint64_t *values;
};

/* cgroup v1 counts in pages, as many as fit into a long; 9223372036854771712 where a page has 4 KiB. */
static uint64_t unlimited_v1(void)
{
	static uint64_t most;

	if (!most)
		most = INT64_MAX / sysconf(_SC_PAGESIZE) * sysconf(_SC_PAGESIZE);
	return most;
}

static bool says_max(const struct key_value *entry)
{
	return entry->value_len >= 3 && !memcmp(entry->value, "max", 3) &&
	       (entry->value_len == 3 || entry->value[3] == '\n');
}

static uint64_t number_of(const struct key_value *entry, const struct cgroup_sample_row *row,
			  enum cgroup_version version)
{
	uint64_t number;

	if (row->is_limit && version == CGROUP_V2 && says_max(entry))
		return SAMPLE_UNLIMITED;
	if (!key_file__number(entry, 0, &number) || number >= SAMPLE_UNLIMITED)
		return MT_UNKNOWN_U64;
	if (row->scale && (__builtin_mul_overflow(number, row->scale, &number) || number >= SAMPLE_UNLIMITED))
		return MT_UNKNOWN_U64;
	return row->is_limit && version == CGROUP_V1 && number >= unlimited_v1() ? SAMPLE_UNLIMITED : number;
}

static bool is_key(const struct key_value *entry, const char *key)
{
	return key && entry->key_len == strlen(key) && !memcmp(entry->key, key, entry->key_len);
}

static void take(void *ctx, const struct key_value *entry)
{
	const struct reading *reading = ctx;
	enum cgroup_sample_id id;

	for (id = reading->first; id < reading->end; id++)
		if (is_key(entry, sample__source(id, reading->version)->key))
			reading->values[id] = number_of(entry, &cgroup_sample_rows[id], reading->version);
}

static void parse(struct reading *reading, const char *text, size_t len)
{
	const struct key_value whole = { .value = text, .value_len = len };
	enum cgroup_sample_id first = reading->first;

	if (sample__source(first, reading->version)->key)
		key_file__each(text, len, take, reading);
	else
		reading->values[first] = number_of(&whole, &cgroup_sample_rows[first], reading->version);
}

/* A descriptor, or -errno. */
static int open_file(struct reading *reading, const char *name)
{
	int fd;

	if (reading->dir < 0)
		reading->dir = reading->hierarchy->open(reading->hierarchy->ctx, reading->id);
	if (reading->dir < 0)
		return reading->dir;
	fd = openat(reading->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* By a file's first sample, of either hierarchy. */
static bool is_brief(enum cgroup_sample_id id)
{
	static const bool brief[NR_CGROUP_SAMPLES] = {
		[CGROUP_SAMPLE_memory_current] = true,	  [CGROUP_SAMPLE_memory_max] = true,
		[CGROUP_SAMPLE_memory_high] = true,	  [CGROUP_SAMPLE_memory_events_low] = true,
		[CGROUP_SAMPLE_memory_events_max] = true, [CGROUP_SAMPLE_memory_events_oom_kill] = true,
		[CGROUP_SAMPLE_swap_current] = true,	  [CGROUP_SAMPLE_memsw_current] = true,
	};

	return brief[id];
}

static bool is_part(enum cgroup_sample_id id, enum cgroup_part part)
{
	if (part == CGROUP_BRIEF)
		return is_brief(id);
	if (part == CGROUP_CURRENT)
		return id == CGROUP_SAMPLE_memory_current;
	return part == CGROUP_ALL || !cgroup_sample_rows[id].is_limit;
}

/* Limits are seldom read. */
static void keep_or_close(struct reading *reading, int fd)
{
	size_t reserved = is_part(reading->first, CGROUP_CURRENT) ? 0 : reading->hierarchy->reserved;

	if (!is_part(reading->first, CGROUP_NO_LIMITS) || reading->hierarchy->room <= reserved) {
		close(fd);
		return;
	}
	reading->hierarchy->room--;
	reading->files->nr_kept++;
	reading->files->kept[reading->first] = fd + 1;
}

/* 0, or -ESTALE: a file that is open says that its cgroup is gone. */
static int read_open(struct reading *reading, int fd)
{
	char text[FILE_MAX];
	ssize_t len = pread(fd, text, sizeof(text), 0);

	if (len < 0 && errno == ENODEV)
		return -ESTALE;
	if (len > 0 && len < FILE_MAX)
		parse(reading, text, len);
	return 0;
}

static int read_file(struct reading *reading, const char *name)
{
	int *kept = &reading->files->kept[reading->first], fd, err;

	if (*kept > 0)
		return read_open(reading, *kept - 1);
	if (*kept < 0)
		return 0;
	fd = open_file(reading, name);
	if (fd == -ENOENT)
		*kept = -1;
	if (fd < 0)
		return fd == -ESTALE ? fd : 0;
	err = read_open(reading, fd);
	keep_or_close(reading, fd);
	return err;
}

static bool is_of_file(enum cgroup_sample_id id, enum cgroup_version version, const char *file)
{
	const char *own = id < NR_CGROUP_SAMPLES ? sample__source(id, version)->file : NULL;

	return own && !strcmp(own, file);
}

/* The next file's samples, unknown so far; its name, or NULL if this hierarchy has none for them. */
static const char *next_file(struct reading *reading)
{
	const char *file = sample__source(reading->first, reading->version)->file;

	reading->end = reading->first + 1;
	while (file && is_of_file(reading->end, reading->version, file))
		reading->end++;
	return file;
}

static int read_part(struct reading *reading, enum cgroup_part part)
{
	const char *file;
	size_t i;
	int err = 0;

	for (; !err && reading->first < NR_CGROUP_SAMPLES; reading->first = reading->end) {
		file = next_file(reading);
		if (!is_part(reading->first, part))
			continue;
		for (i = reading->first; i < reading->end; i++)
			reading->values[i] = MT_UNKNOWN_U64;
		err = file ? read_file(reading, file) : 0;
	}
	return err;
}

int cgroup_files__read(struct cgroup_files *files, struct cgroup_hierarchy *hierarchy, uint64_t id,
		       enum cgroup_part part, uint64_t values[NR_CGROUP_SAMPLES])
{
	struct reading reading = {
		.files = files,
		.hierarchy = hierarchy,
		.version = hierarchy->version,
		.id = id,
		.dir = -1,
		.values = values,
	};
	int err = 0;

	/* whether it is still there the directory says, or a file that is open */
	if (!files->nr_kept)
		reading.dir = hierarchy->open(hierarchy->ctx, id);
	if (reading.dir == -ESTALE)
		return -ESTALE;
	err = read_part(&reading, part);
	if (reading.dir >= 0)
		close(reading.dir);
	return err;
}

void cgroup_files__close(struct cgroup_files *files, struct cgroup_hierarchy *hierarchy)
{
	size_t i;

	for (i = 0; i < NR_CGROUP_SAMPLES; i++) {
		if (files->kept[i] <= 0)
			continue;
		close(files->kept[i] - 1);
		hierarchy->room++;
	}
	*files = (struct cgroup_files){ 0 };
}
