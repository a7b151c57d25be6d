/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * targets: makes -n cgroups NAME-0, NAME-1, ... under -d.  In each this process reads some pages of -f FILE and
 * asks for their reclaim, once or twice; nobody else reclaims for them.
 *
 *	-d DIR	a child of the root of cgroup v2, with the memory controller on for its children
 *	-f FILE	 of at least 8 * N pages, of which none has been read	-c NAME (default "target")
 *	-n N  cgroups (default 1000)
 *	-a    all are there at once, and are removed at the end; else each is removed before the next one comes
 *	-m FILE	 the kernel's trace_marker: "target=PATH" is written to it before the reclaim of each
 */
#include "workload.h"

#include <limits.h>
#include <sys/stat.h>

enum { MOST_ROUNDS = 2, MOST_PAGES = 4 };

struct targets {
	const char *dir, *name, *marker;
	int file;
	long nr;
	bool at_once;
};

static void path_in(char *path, size_t size, const char *dir, const char *file)
{
	if ((size_t)snprintf(path, size, "%s/%s", dir, file) >= size)
		die("path too long: %s", dir);
}

static void read_page(int file, long page)
{
	char bytes[PAGE];

	if (pread(file, bytes, PAGE, page * (long)PAGE) != (ssize_t)PAGE)
		die("page %ld of the file", page);
}

static int open_in(const char *dir, const char *file, int flags)
{
	char path[4096];
	int fd;

	path_in(path, sizeof(path), dir, file);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	return fd;
}

/* What was read waits for more of its kind before it can be reclaimed; to drop a page that is not there ends that. */
static void to_lists(int file, long page)
{
	posix_fadvise(file, page * (long)PAGE, (long)PAGE, POSIX_FADV_DONTNEED);
}

static void set_high(int fd, long bytes)
{
	char text[32] = "max";

	if (bytes != LONG_MAX)
		snprintf(text, sizeof(text), "%ld", bytes < 0 ? 0 : bytes);
	if (write(fd, text, strlen(text)) < 0)
		die("memory.high %s", text);
}

static long in_use(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		die("memory.current");
	return atol(text);
}

/*
 * Before 5.19.  What the kernel holds in reserve for the cgroup is given back first, without reclaim.  Whoever takes
 * memory while there is too much has to wait, so the files are open before.
 */
static void reclaim_above_high(const char *dir, long bytes)
{
	int current = open_in(dir, "memory.current", O_RDONLY), high = open_in(dir, "memory.high", O_WRONLY);

	set_high(high, in_use(current) - (long)PAGE);
	set_high(high, in_use(current) - bytes);
	set_high(high, LONG_MAX);
	close(current);
	close(high);
}

static void reclaim(const char *dir, long bytes)
{
	char path[4096], text[32];

	path_in(path, sizeof(path), dir, "memory.reclaim");
	if (access(path, F_OK)) {
		reclaim_above_high(dir, bytes);
		return;
	}
	snprintf(text, sizeof(text), "%ld", bytes);
	write_file(path, text);
}

static void mark(const char *marker, const char *dir)
{
	char text[4096 + 16];

	snprintf(text, sizeof(text), "target=%s", dir);
	write_file(marker, text);
}

/* How often, and how many pages at a time, differs from one cgroup to the next. */
static void use(const struct targets *targets, const char *dir, long nr)
{
	long page = nr * MOST_ROUNDS * MOST_PAGES, rounds = 1 + (nr % 5 == 0), pages = 1 + nr % MOST_PAGES;

	join_cgroup(dir);
	if (targets->marker)
		mark(targets->marker, dir);
	for (; rounds; rounds--) {
		for (long i = 0; i < pages; i++)
			read_page(targets->file, page++);
		to_lists(targets->file, page);
		reclaim(dir, pages * (long)PAGE);
	}
}

static void remove_target(const char *dir)
{
	if (rmdir(dir))
		die("rmdir %s", dir);
}

static void name_target(char *dir, size_t size, const struct targets *targets, long nr)
{
	char name[256];

	snprintf(name, sizeof(name), "%s-%ld", targets->name, nr);
	path_in(dir, size, targets->dir, name);
}

static void run(const struct targets *targets)
{
	char outside[4096], dir[4096];

	path_in(outside, sizeof(outside), targets->dir, "..");
	for (long i = 0; i < targets->nr; i++) {
		name_target(dir, sizeof(dir), targets, i);
		if (mkdir(dir, 0755))
			die("mkdir %s", dir);
		use(targets, dir, i);
		if (targets->at_once)
			continue;
		join_cgroup(outside);
		remove_target(dir);
	}
	join_cgroup(outside);
	for (long i = 0; targets->at_once && i < targets->nr; i++) {
		name_target(dir, sizeof(dir), targets, i);
		remove_target(dir);
	}
}

int main(int argc, char **argv)
{
	struct targets targets = { .name = "target", .nr = 1000, .file = -1 };
	int opt;

	while ((opt = getopt(argc, argv, "d:f:c:n:m:a")) != -1) {
		switch (opt) {
		case 'd':
			targets.dir = optarg;
			break;
		case 'f':
			targets.file = open(optarg, O_RDONLY | O_CLOEXEC);
			break;
		case 'c':
			targets.name = optarg;
			break;
		case 'n':
			targets.nr = number(optarg);
			break;
		case 'm':
			targets.marker = optarg;
			break;
		case 'a':
			targets.at_once = true;
			break;
		default:
			die("see the top of targets.c");
		}
	}
	if (!targets.dir || targets.file < 0)
		die("-d DIR and -f FILE");
	posix_fadvise(targets.file, 0, 0, POSIX_FADV_RANDOM);
	run(&targets);
	return 0;
}
