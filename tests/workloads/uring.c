/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * uring: has io_uring's worker threads read -n times (default 200) 64 KiB into
 * fresh pages, or, with a file, into the same pages, and so take the faults and allocations.
 *
 *	-f FILE  reads it, from its begin to its end and again (default /dev/zero)
 *	-u	 print getrusage
 *
 * Ends with status 77 where the kernel has no io_uring or refuses it.
 */
#include "workload.h"

#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define NO_URING 77
#define ENTRIES	 8
#define CHUNK	 65536

struct ring {
	int fd;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params params;
};

static void *map_ring(const struct ring *ring, size_t size, off_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, offset);

	if (p == MAP_FAILED)
		die("mmap of the ring");
	return p;
}

static void open_ring(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, p);
	if (ring->fd < 0)
		exit(NO_URING);
	ring->sq = map_ring(ring, p->sq_off.array + p->sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	ring->cq = map_ring(ring, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring->sqes = map_ring(ring, p->sq_entries * sizeof(*ring->sqes), IORING_OFF_SQES);
}

static unsigned int *word(char *ring, unsigned int offset)
{
	return (unsigned int *)(ring + offset);
}

/* IOSQE_ASYNC: by a worker, always. */
static void submit_read(struct ring *ring, int fd, char *to, off_t offset)
{
	const struct io_sqring_offsets *off = &ring->params.sq_off;
	unsigned int tail = *word(ring->sq, off->tail), at = tail & *word(ring->sq, off->ring_mask);

	ring->sqes[at] = (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						.flags = IOSQE_ASYNC,
						.fd = fd,
						.off = (uint64_t)offset,
						.addr = (uintptr_t)to,
						.len = CHUNK };
	word(ring->sq, off->array)[at] = at;
	__atomic_store_n(word(ring->sq, off->tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("io_uring_enter");
}

/* What the read returned. */
static int take_result(struct ring *ring)
{
	const struct io_cqring_offsets *off = &ring->params.cq_off;
	unsigned int head = *word(ring->cq, off->head), at = head & *word(ring->cq, off->ring_mask);
	const struct io_uring_cqe *cqe = (void *)(ring->cq + off->cqes);
	int result = cqe[at].res;

	__atomic_store_n(word(ring->cq, off->head), head + 1, __ATOMIC_RELEASE);
	return result;
}

int main(int argc, char **argv)
{
	const char *path = "/dev/zero";
	struct ring ring = { 0 };
	bool usage = false, fresh;
	off_t offset = 0;
	long reads = 200;
	char *to;
	int opt, fd;

	while ((opt = getopt(argc, argv, "n:f:u")) != -1) {
		switch (opt) {
		case 'n':
			reads = number(optarg);
			break;
		case 'f':
			path = optarg;
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("open %s", path);
	open_ring(&ring);
	fresh = !strcmp(path, "/dev/zero");
	to = fresh_pages((size_t)(fresh ? reads : 1) * (CHUNK / PAGE));
	for (long i = 0; i < reads; i++) {
		int got;

		submit_read(&ring, fd, to + (fresh ? i * CHUNK : 0), offset);
		got = take_result(&ring);
		if (got < 0) {
			errno = -got;
			die("read %ld", i);
		}
		offset = got == CHUNK && !fresh ? offset + CHUNK : 0;
	}
	if (usage)
		print_rusage();
	return 0;
}
