// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "machine_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/small_file.h"
#include "item_files.h"
#include "line_file.h"
#include "list_files.h"
#include "zone_files.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* Kernel threads are the first processes: kswapd is among those. */
#define KTHREADS_MAX 20000

static const char *const setting_paths[NR_SETTINGS] = {
#define MT_SETTING(id, path, ...) [SETTING_##id] = path,
	MACHINE_SETTINGS(MT_SETTING)
#undef MT_SETTING
};

static const uint64_t setting_scales[NR_SETTINGS] = {
#define MT_SETTING(id, path, json, unit, scale) [SETTING_##id] = scale,
	MACHINE_SETTINGS(MT_SETTING)
#undef MT_SETTING
};

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The node of a kernel thread of that directory of /proc if it is a kswapd, or -1.  Its parent is kthreadd: anybody
 * may have the name. */
static int node_of_kswapd(int proc, const char *pid)
{
	char path[64], text[256], *paren;
	unsigned int node, parent = 0;

	snprintf(path, sizeof(path), "%.16s/stat", pid);
	if (small_file__read_at(proc, path, text, sizeof(text)) <= 0 || sscanf(text, "%*u (kswapd%3u)", &node) != 1)
		return -1;
	paren = strrchr(text, ')');
	if (!paren || sscanf(paren, ") %*c %u", &parent) != 1 || parent != 2 || node >= MACHINE_NODES_MAX)
		return -1;
	return node;
}

static void find_kswapds(struct machine_files *files)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[64];
	size_t seen = 0;
	int node;

	while (dir && seen < KTHREADS_MAX && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		seen++;
		node = node_of_kswapd(dirfd(dir), entry->d_name);
		if (node < 0 || files->kswapd[node] >= 0)
			continue;
		snprintf(path, sizeof(path), "%.16s/schedstat", entry->d_name);
		files->kswapd[node] = openat(dirfd(dir), path, O_RDONLY | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

void machine_files__open(struct machine_files *files)
{
	static const struct perf_wish wish = { .type = PERF_TYPE_TRACEPOINT,
					       .tracepoint = "kmem:mm_page_alloc_extfrag" };
	size_t i;

	sample_files__open(&files->samples);
	files->zoneinfo = open_file("/proc/zoneinfo");
	files->buddyinfo = open_file("/proc/buddyinfo");
	files->slabinfo = open_file("/proc/slabinfo");
	files->vmallocinfo = open_file("/proc/vmallocinfo");
	files->swaps = open_file("/proc/swaps");
	files->sockstat = open_file("/proc/net/sockstat");
	files->sockstat6 = open_file("/proc/net/sockstat6");
	for (i = 0; i < NR_SETTINGS; i++)
		files->settings[i] = open_file(setting_paths[i]);
	memset(files->kswapd, 0xff, sizeof(files->kswapd));
	find_kswapds(files);
	files->extfrag_err = perf_counts__open(&files->extfrag, &wish, 1);
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

void machine_files__close(struct machine_files *files)
{
	size_t i;

	sample_files__close(&files->samples);
	close_file(files->zoneinfo);
	close_file(files->buddyinfo);
	close_file(files->slabinfo);
	close_file(files->vmallocinfo);
	close_file(files->swaps);
	close_file(files->sockstat);
	close_file(files->sockstat6);
	for (i = 0; i < NR_SETTINGS; i++)
		close_file(files->settings[i]);
	for (i = 0; i < NR(files->kswapd); i++)
		close_file(files->kswapd[i]);
	if (!files->extfrag_err)
		perf_counts__close(&files->extfrag);
}

static void note_gap(struct machine *machine, const char *path, int err)
{
	if (err && machine->nr_gaps < NR(machine->gaps))
		machine->gaps[machine->nr_gaps++] = (struct machine_gap){ path, err };
}

/* Whether the whole file was read. */
static bool read_lines(struct machine *machine, int fd, const char *path, void (*take)(void *ctx, char *line),
		       void *ctx)
{
	int err = fd < 0 ? fd : line_file__each(fd, take, ctx);

	note_gap(machine, path, err);
	return !err;
}

static uint64_t read_number(int fd)
{
	char text[64];
	uint64_t number;
	ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return MT_UNKNOWN_U64;
	text[len] = '\0';
	return sscanf(text, "%19" SCNu64, &number) == 1 ? number : MT_UNKNOWN_U64;
}

static void read_settings(const struct machine_files *files, struct machine *machine)
{
	uint64_t *value;
	size_t i;

	for (i = 0; i < NR_SETTINGS; i++) {
		value = &machine->settings[i];
		*value = read_number(files->settings[i]);
		if (*value != MT_UNKNOWN_U64 && __builtin_mul_overflow(*value, setting_scales[i], value))
			*value = MT_UNKNOWN_U64;
	}
}

static void read_nodes(const struct machine_files *files, struct machine *machine)
{
	struct machine_node *node;

	for (node = machine->nodes; node < machine->nodes + machine->nr_nodes; node++) {
		if (node->id < NR(files->kswapd))
			node->kswapd_ns = read_number(files->kswapd[node->id]);
		/* the kernel does not count them, and says 0 */
		if (!machine->settings[SETTING_numa_stat])
			node->local = node->other = node->missed = MT_UNKNOWN_U64;
	}
}

static void read_zones(const struct machine_files *files, struct machine *machine)
{
	struct zone_reading reading = { .machine = machine };

	read_lines(machine, files->zoneinfo, "/proc/zoneinfo", zone_files__zoneinfo, &reading);
	read_lines(machine, files->buddyinfo, "/proc/buddyinfo", zone_files__buddyinfo, &reading);
	read_nodes(files, machine);
}

static void read_zrams(struct machine *machine)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *entry;
	char path[300], text[256];

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "zram", 4) || !isdigit((unsigned char)entry->d_name[4]))
			continue;
		snprintf(path, sizeof(path), "%s/mm_stat", entry->d_name);
		if (small_file__read_at(dirfd(dir), path, text, sizeof(text)) > 0)
			list_files__zram(machine, entry->d_name, text);
	}
	if (dir)
		closedir(dir);
}

static int take_within(void *ctx, const struct kernel_item *item)
{
	static const char *const names[NR_WITHIN] = {
#define MT_WITHIN(id, name, path) name,
		MACHINE_WITHIN(MT_WITHIN)
#undef MT_WITHIN
	};
	struct machine *machine = ctx;
	size_t i;

	for (i = 0; i < NR_WITHIN; i++)
		if (!strcmp(names[i], item->name))
			machine->within[i] =
				(machine->within[i] == MT_UNKNOWN_U64 ? 0 : machine->within[i]) + item->bytes;
	return 0;
}

/* A kernel without IPv6 or networks lacks files of sockets, which is no gap. */
static void read_within(const struct machine_files *files, struct machine *machine, bool lists)
{
	struct kernel_items items = { take_within, machine, machine->page_size, 0 };

	memset(machine->within, 0xff, sizeof(machine->within));
	if (files->sockstat >= 0)
		read_lines(machine, files->sockstat, "/proc/net/sockstat", item_files__sockstat, &items);
	if (files->sockstat6 >= 0)
		read_lines(machine, files->sockstat6, "/proc/net/sockstat6", item_files__sockstat, &items);
	if (lists)
		item_files__read_dma_buf(&items);
}

void machine_files__read_callers(struct machine_files *files)
{
	memset(&files->callers, 0, sizeof(files->callers));
	files->callers_err = files->vmallocinfo < 0 ?
				     files->vmallocinfo :
				     line_file__each(files->vmallocinfo, list_files__vmallocinfo, &files->callers);
	files->callers.known = !files->callers_err;
}

void machine_files__read(struct machine_files *files, struct machine *machine, bool lists)
{
	uint64_t began_ns = clock__ns(CLOCK_THREAD_CPUTIME_ID);

	memset(machine, 0, sizeof(*machine));
	machine->time_ns = clock__boot_ns();
	machine->page_size = sysconf(_SC_PAGESIZE);
	sample_files__read(&files->samples, machine->values);
	read_settings(files, machine);
	read_zones(files, machine);
	machine->swaps_known = read_lines(machine, files->swaps, "/proc/swaps", list_files__swaps, machine);
	read_zrams(machine);
	read_within(files, machine, lists);
	if (files->extfrag_err || perf_counts__read(&files->extfrag, &machine->extfrag))
		machine->extfrag = MT_UNKNOWN_U64;
	if (lists)
		machine->slabs_known =
			read_lines(machine, files->slabinfo, "/proc/slabinfo", list_files__slabinfo, machine);
	machine->callers = files->callers;
	note_gap(machine, "/proc/vmallocinfo", files->callers_err);
	machine->took_ns = clock__ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
}
