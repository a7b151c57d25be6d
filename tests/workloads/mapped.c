/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * mapped FILE [N [huge]]: has memory of each kind, of known sizes, says its pid and waits to be ended.  FILE is mapped
 * and its first 8 pages are read.  N further anonymous mappings of one page each, of which every second one is touched.
 * huge: 8 MiB for which it asks for huge pages.  With each SIGUSR1 it touches 256 further pages of [anon:grows], and
 * says so; with each SIGUSR2 it asks for address space and gives some back, and says how much.
 */
#include "workload.h"
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#define PR_NAME 0x53564d41 /* PR_SET_VMA */
#define KIB	1024UL
#define MIB	(1024 * KIB)

static char *map(size_t size, int protection, int flags, int fd)
{
	char *at = mmap(NULL, size, protection, flags, fd, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return at;
}

static char *anon(size_t size, int more)
{
	char *at = map(size, PROT_READ | PROT_WRITE | more, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(at, size, MADV_NOHUGEPAGE);
	return at;
}

static void touch(char *at, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		((volatile char *)at)[i] = 1;
}

static void read_pages(const char *at, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		(void)((const volatile char *)at)[i];
}

/* Its stack has 2 MiB, of which half is touched; its malloc() comes from an arena of its own. */
static void *thread(void *said)
{
	volatile char local[MIB];
	char *piece = malloc(100 * KIB);

	for (size_t i = 0; i < sizeof(local); i += PAGE)
		local[i] = 1;
	touch(piece, 100 * KIB);
	*(volatile int *)said = 1;
	for (;;)
		pause();
	return NULL;
}

static void start_thread(void)
{
	static volatile int said;
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 2 * MIB);
	pthread_create(&id, &attr, thread, (void *)&said);
	while (!said)
		usleep(1000);
}

static void share(void)
{
	int fd = memfd_create("shared one", 0), id = shmget(IPC_PRIVATE, MIB, 0600);
	char *at;

	if (fd < 0 || id < 0 || ftruncate(fd, 2 * MIB))
		exit(2);
	at = map(2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	touch(at, MIB);
	at = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	touch(at, 256 * KIB);
	at = map(MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	touch(at, 512 * KIB);
}

/* Every second page is of other permissions: they are mappings of their own. */
static void map_many(size_t nr)
{
	char *at = nr ? anon(nr * PAGE, 0) : NULL;

	for (size_t i = 0; i < nr; i += 2) {
		at[i * PAGE] = 1;
		mprotect(at + i * PAGE, PAGE, PROT_READ);
	}
}

/* As huge pages, if the kernel has them; a part of it that is not aligned has others. */
static void map_huge(void)
{
	char *at = map(8 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(at, 8 * MIB, MADV_HUGEPAGE);
	touch(at, 8 * MIB);
}

/* 10 MiB are asked for by mmap(2), 3 MiB by mremap(2), 2 by brk(2); 16 MiB are given back, 2 of them by madvise(2). */
static void ask_and_return(char *grows)
{
	char *at = map(10 * MIB - 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	at = mremap(at, 10 * MIB, 13 * MIB, MREMAP_MAYMOVE);
	if (at == MAP_FAILED || sbrk(2 * MIB) == (void *)-1)
		exit(2);
	at = mremap(at, 13 * MIB, 12 * MIB, 0); /* gives 1 MiB back */
	if (at == MAP_FAILED || munmap(at, 12 * MIB) || sbrk(-(long)MIB) == (void *)-1)
		exit(2);
	if (madvise(grows, MIB, MADV_DONTNEED) || madvise(grows + MIB, MIB, MADV_FREE))
		exit(2);
	printf("asked=%lu returned=%lu\n", 15 * MIB, 16 * MIB);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1, signo;
	char *grows = anon(64 * MIB, 0), *at;
	size_t touched = 0;
	sigset_t set;

	if (fd < 0)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_NAME, 0, grows, 64 * MIB, "grows");
	touch(sbrk(3 * MIB), 3 * MIB);
	touch(anon(MIB, PROT_EXEC), 128 * KIB);
	at = anon(16 * MIB, 0);
	touch(at, 4 * MIB);
	read_pages(at + 8 * MIB, MIB); /* the zero page */
	read_pages(map(16 * PAGE, PROT_READ, MAP_PRIVATE, fd), 8 * PAGE);
	share();
	start_thread();
	map_many(argc > 2 ? strtoul(argv[2], NULL, 10) : 0);
	if (argc > 3)
		map_huge();
	printf("pid=%d\n", getpid());
	fflush(stdout);
	while (!sigwait(&set, &signo)) {
		if (signo == SIGUSR2) {
			ask_and_return(grows);
			continue;
		}
		touch(grows + touched * PAGE, 256 * PAGE);
		touched += 256;
		printf("touched=%zu\n", touched);
		fflush(stdout);
	}
	return 0;
}
