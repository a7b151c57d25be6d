// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sample_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "line_file.h"

static int compare_rows(const void *a, const void *b)
{
	const struct sample_row *first = &sample_rows[*(const enum sample_id *)a];
	const struct sample_row *second = &sample_rows[*(const enum sample_id *)b];

	return first->file != second->file ? (first->file > second->file) - (first->file < second->file) :
					     strcmp(first->key, second->key);
}

void sample_files__open(struct sample_files *files)
{
	size_t i;

	files->psi_ns = files->zones_due_ns = 0;
	for (i = 0; i < NR_SAMPLE_FILES; i++)
		files->fds[i] = sample_paths[i][0] ? open(sample_paths[i], O_RDONLY | O_CLOEXEC) : -1;
	for (i = 0; i < NR_SAMPLES; i++)
		files->by_key[i] = i;
	qsort(files->by_key, NR_SAMPLES, sizeof(*files->by_key), compare_rows);
}

void sample_files__close(struct sample_files *files)
{
	size_t i;

	for (i = 0; i < NR_SAMPLE_FILES; i++)
		if (files->fds[i] >= 0)
			close(files->fds[i]);
}

struct wanted {
	enum sample_file file;
	const struct key_value *entry;
};

/* "allocstall_*" stands for each key with that start. */
static int compare_key(const struct key_value *entry, const char *key)
{
	size_t len = strlen(key), both;
	bool prefix = len && key[len - 1] == '*';
	int order;

	len -= prefix;
	both = entry->key_len < len ? entry->key_len : len;
	order = memcmp(entry->key, key, both);
	if (order || (prefix && both == len))
		return order;
	return (entry->key_len > len) - (entry->key_len < len);
}

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *wanted = a;
	const struct sample_row *row = &sample_rows[*(const enum sample_id *)b];

	return wanted->file != row->file ? (wanted->file > row->file) - (wanted->file < row->file) :
					   compare_key(wanted->entry, row->key);
}

struct parsing {
	const struct sample_files *files;
	enum sample_file file;
	uint64_t *values;
};

static void take(void *ctx, const struct key_value *entry)
{
	const struct parsing *parsing = ctx;
	const struct wanted wanted = { parsing->file, entry };
	const enum sample_id *id = bsearch(&wanted, parsing->files->by_key, NR_SAMPLES, sizeof(*id), compare_wanted);
	const struct sample_row *row = id ? &sample_rows[*id] : NULL;
	uint64_t number, *value;

	if (!row || !key_file__number(entry, row->unit == UNIT_SHARE ? 2 : 0, &number) ||
	    __builtin_mul_overflow(number, row->scale, &number))
		return;
	value = &parsing->values[*id];
	if (*value != MT_UNKNOWN_U64 && __builtin_add_overflow(number, *value, &number))
		number = MT_UNKNOWN_U64;
	*value = number;
}

/* "        high     140"; a CPU's own list has a line "              high:  1". */
static void take_indented(void *ctx, char *line)
{
	line += strspn(line, " ");
	if (line[strcspn(line, " :")] == ' ')
		key_file__each(line, strlen(line), take, ctx);
}

void sample_files__parse(const struct sample_files *files, enum sample_file file, const char *text, size_t len,
			 uint64_t values[NR_SAMPLES])
{
	struct parsing parsing = { files, file, values };

	if (file == SAMPLE_FILE_zoneinfo)
		line_file__each_of(text, len, take_indented, &parsing);
	else
		key_file__each(text, len, take, &parsing);
}

/*
 * Each read of PSI ends a period of it, and what a short one has is dropped (kernel/sched/psi.c,
 * collect_percpu_times()): who reads often makes the total wrong.
 */
#define PSI_PERIOD_NS 100000000ULL

static bool is_too_early(struct sample_files *files, enum sample_file file)
{
	uint64_t now_ns = clock__boot_ns();

	if (file == SAMPLE_FILE_zoneinfo && now_ns < files->zones_due_ns)
		return true;
	if (file != SAMPLE_FILE_pressure_memory)
		return false;
	if (files->psi_ns && now_ns - files->psi_ns < PSI_PERIOD_NS)
		return true;
	files->psi_ns = now_ns;
	return false;
}

static void keep_last(struct sample_files *files, enum sample_file file, uint64_t values[NR_SAMPLES])
{
	size_t i;

	for (i = 0; i < NR_SAMPLES; i++)
		if (sample_rows[i].file == file)
			values[i] = files->last[i];
}

/*
 * With hundreds of CPUs the kernel writes hundreds of KiB of /proc/zoneinfo.  Watermarks seldom change, so reading them
 * takes a thousandth of the time at most.
 */
#define ZONES_SHARE 1000

static void read_zones(struct sample_files *files, int fd, uint64_t values[NR_SAMPLES])
{
	struct parsing parsing = { files, SAMPLE_FILE_zoneinfo, values };
	uint64_t began_ns = clock__boot_ns(), now_ns;

	line_file__each(fd, take_indented, &parsing);
	now_ns = clock__boot_ns();
	files->zones_due_ns = now_ns + ZONES_SHARE * (now_ns - began_ns);
}

static void read_file(struct sample_files *files, enum sample_file file, uint64_t values[NR_SAMPLES])
{
	int fd = files->fds[file];
	ssize_t len;

	if (fd < 0)
		return;
	if (file == SAMPLE_FILE_zoneinfo) {
		read_zones(files, fd, values);
		return;
	}
	len = key_file__read(fd, files->buf, sizeof(files->buf));
	if (len > 0)
		sample_files__parse(files, file, files->buf, len, values);
}

void sample_files__read(struct sample_files *files, uint64_t values[NR_SAMPLES])
{
	enum sample_file file;
	size_t i;

	for (i = 0; i < NR_SAMPLES; i++)
		values[i] = MT_UNKNOWN_U64;
	for (file = 0; file < NR_SAMPLE_FILES; file++) {
		if (is_too_early(files, file))
			keep_last(files, file, values);
		else
			read_file(files, file, values);
	}
	memcpy(files->last, values, sizeof(files->last));
}
