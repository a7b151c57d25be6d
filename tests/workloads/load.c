/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * load: what tests/bench measures.  One process does all blocks of a run, those with a watcher and those without.
 * Each line on standard input is a number of operations to do; each answer is a line of JSON: what each part of
 * them took, and the faults that the kernel accounts to this process and its children.  "0" only asks for those.
 *
 *	load touch	one thread touches fresh pages, then unmaps them; an operation is a page
 *	load touch2	the same by two threads, half of the pages each
 *	load forkexec	starts a program and waits for it; an operation is a process
 *	load read FILE	reads FILE through the page cache, again and again; an operation is a page
 *
 *	-c CPU	stay on CPU; of two threads the second goes to the one before it, if there is one
 *	-g DIR	go into this cgroup first
 */
#include "workload.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>

extern char **environ;

#define MAX_PARTS 2

static const char *file;
static int first_cpu = -1;

struct cost {
	int64_t cpu_ns, wall_ns;
};

struct workload {
	const char *name;
	const char *parts[MAX_PARTS];
	bool pinned_whole;
	void (*run)(size_t ops, struct cost *costs);
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		die("clock_gettime");
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t children_cpu_ns(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_CHILDREN, &u))
		die("getrusage");
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000000) +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * INT64_C(1000);
}

/* Of this thread alone: the clock of a process lags behind for threads that run on other CPUs. */
static struct cost now(void)
{
	return (struct cost){ clock_ns(CLOCK_THREAD_CPUTIME_ID) + children_cpu_ns(), clock_ns(CLOCK_MONOTONIC) };
}

static struct cost since(struct cost begin)
{
	struct cost end = now();

	return (struct cost){ end.cpu_ns - begin.cpu_ns, end.wall_ns - begin.wall_ns };
}

static void pin(int nth)
{
	int cpu = first_cpu - nth;
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("cannot run on CPU %d", cpu);
}

static void unmap(char *p, size_t pages)
{
	if (munmap(p, pages * PAGE))
		die("munmap");
}

static void touch(size_t pages, struct cost *costs)
{
	char *p = fresh_pages(pages);
	struct cost begin = now();

	touch_pages(p, pages);
	costs[0] = since(begin);
	begin = now();
	unmap(p, pages);
	costs[1] = since(begin);
}

struct toucher {
	pthread_t thread;
	pthread_barrier_t *barrier;
	size_t pages;
	int nth;
	struct cost costs[MAX_PARTS];
};

/* Both touch, then both unmap. */
static void *toucher_run(void *arg)
{
	struct toucher *t = arg;
	char *p = fresh_pages(t->pages);
	struct cost begin;

	pin(t->nth);
	pthread_barrier_wait(t->barrier);
	begin = now();
	touch_pages(p, t->pages);
	t->costs[0] = since(begin);
	pthread_barrier_wait(t->barrier);
	begin = now();
	unmap(p, t->pages);
	t->costs[1] = since(begin);
	return NULL;
}

static void touch2(size_t pages, struct cost *costs)
{
	struct toucher t[2];
	pthread_barrier_t barrier;

	if (pthread_barrier_init(&barrier, NULL, 2))
		die("pthread_barrier_init");
	for (int i = 0; i < 2; i++) {
		t[i] = (struct toucher){ .barrier = &barrier, .pages = pages / 2, .nth = i };
		if (pthread_create(&t[i].thread, NULL, toucher_run, &t[i]))
			die("pthread_create");
	}
	for (int i = 0; i < 2; i++)
		pthread_join(t[i].thread, NULL);
	for (int part = 0; part < MAX_PARTS; part++) {
		costs[part].cpu_ns = t[0].costs[part].cpu_ns + t[1].costs[part].cpu_ns;
		costs[part].wall_ns = (t[0].costs[part].wall_ns + t[1].costs[part].wall_ns) / 2;
	}
	pthread_barrier_destroy(&barrier);
}

static void forkexec(size_t processes, struct cost *costs)
{
	char *argv[] = { "load", "exit", NULL };
	struct cost begin = now();
	int status;
	pid_t pid;

	for (size_t i = 0; i < processes; i++) {
		errno = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ);
		if (errno)
			die("posix_spawn");
		if (waitpid(pid, &status, 0) != pid || status)
			die("a child failed");
	}
	costs[0] = since(begin);
}

static void read_file(size_t pages, struct cost *costs)
{
	static char buffer[64 << 10]; /* a page of any size, or some */
	static int fd = -1;
	struct cost begin;
	ssize_t got;

	if (fd < 0 && (fd = open(file, O_RDONLY | O_CLOEXEC)) < 0)
		die("%s", file);
	begin = now();
	for (size_t left = pages; left;) {
		got = read(fd, buffer, left * PAGE < sizeof(buffer) ? left * PAGE : sizeof(buffer));
		if (got < 0 || (!got && lseek(fd, 0, SEEK_SET)))
			die("read of %s", file);
		left -= (size_t)got / PAGE;
	}
	costs[0] = since(begin);
}

static const struct workload workloads[] = {
	{ "touch", { "fault", "unmap" }, true, touch },
	{ "touch2", { "fault", "unmap" }, false, touch2 },
	{ "forkexec", { "process" }, true, forkexec },
	{ "read", { "page" }, true, read_file },
};

static const struct workload *find_workload(const char *name)
{
	for (size_t i = 0; i < sizeof(workloads) / sizeof(*workloads); i++) {
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	}
	die("no such workload: %s", name);
}

static void answer(const struct workload *w, size_t ops, const struct cost *costs)
{
	struct rusage own, children;

	if (getrusage(RUSAGE_SELF, &own) || getrusage(RUSAGE_CHILDREN, &children))
		die("getrusage");
	printf("{\"workload\":\"%s\",\"ops\":%zu,\"parts\":{", w->name, ops);
	for (int i = 0; ops && i < MAX_PARTS && w->parts[i]; i++)
		printf("%s\"%s\":{\"cpu_ns\":%" PRId64 ",\"wall_ns\":%" PRId64 "}", i ? "," : "", w->parts[i],
		       costs[i].cpu_ns, costs[i].wall_ns);
	printf("},\"minor\":%ld,\"major\":%ld}\n", own.ru_minflt + children.ru_minflt,
	       own.ru_majflt + children.ru_majflt);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct workload *w;
	struct cost costs[MAX_PARTS];
	char line[32], comm[16];
	size_t ops;
	int opt;

	while ((opt = getopt(argc, argv, "c:g:")) != -1) {
		if (opt == 'c')
			first_cpu = (int)number(optarg);
		else if (opt == 'g')
			join_cgroup(optarg);
		else
			return 2;
	}
	if (optind == argc)
		die("usage: load [-c CPU] [-g CGROUP] WORKLOAD [FILE]");
	if (!strcmp(argv[optind], "exit"))
		return 0;
	w = find_workload(argv[optind]);
	snprintf(comm, sizeof(comm), "load-%s", w->name);
	file = argv[optind + 1];
	if (w->run == read_file && !file)
		die("read what?");
	if (w->pinned_whole)
		pin(0);
	set_comm(comm);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		ops = (size_t)number(line);
		if (ops)
			w->run(ops, costs);
		answer(w, ops, costs);
	}
	return 0;
}
