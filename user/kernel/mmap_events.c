// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mmap_events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "proc.h"

/* A mapping is some 150 bytes: a ring holds a thousand programs that start. */
#define RING_BYTES     (512 * 1024)
#define MAX_RING_BYTES (64 * 1024 * 1024) /* of all CPUs */
#define MIN_RING_BYTES (32 * 1024)

struct cpu_ring {
	int fd; /* -1: the CPU is offline */
	struct perf_event_mmap_page *page;
};

/* A record that was read, in mmap_events.bytes. */
struct entry {
	uint64_t time_ns;
	size_t at, size;
};

struct mmap_events {
	int epoll_fd;
	size_t page_size, ring_bytes;
	struct cpu_ring *rings;
	size_t nr_rings;
	char *bytes;
	size_t size, room;
	struct entry *list;
	size_t nr, list_room;
	uint64_t lost;
};

struct mmap2_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t prot, flags;
	char path[];
};

struct task_record {
	struct perf_event_header header;
	uint32_t pid, parent_pid; /* of PERF_RECORD_COMM the second is a tid */
	uint32_t tid, parent_tid;
};

struct lost_record {
	struct perf_event_header header;
	uint64_t id, lost;
};

static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.mmap = 1,
		.mmap2 = 1,
		.task = 1,
		.comm = 1,
		.comm_exec = 1,
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
		.watermark = 1,
		.exclude_kernel = 1,
	};

	attr.wakeup_watermark = RING_BYTES / 8;
	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* 1, 0 if the CPU is offline, or -errno. */
static int open_ring(struct mmap_events *events, int cpu)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = open_event(cpu), err;
	void *page;

	if (fd < 0)
		return errno == ENODEV ? 0 : -errno;
	page = mmap(NULL, events->page_size + events->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || epoll_ctl(events->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		err = -errno;
		if (page != MAP_FAILED)
			munmap(page, events->page_size + events->ring_bytes);
		close(fd);
		return err;
	}
	events->rings[events->nr_rings++] = (struct cpu_ring){ fd, page };
	return 1;
}

static void close_rings(struct mmap_events *events)
{
	while (events->nr_rings) {
		struct cpu_ring *ring = &events->rings[--events->nr_rings];

		munmap(ring->page, events->page_size + events->ring_bytes);
		close(ring->fd);
	}
}

static int open_rings(struct mmap_events *events, long cpus)
{
	int err = 0;

	for (int cpu = 0; err >= 0 && cpu < cpus; cpu++)
		err = open_ring(events, cpu);
	if (err < 0)
		close_rings(events);
	return err < 0 ? err : 0;
}

/* Where memory or the limit of locked memory leaves little, smaller rings. */
static int open_all(struct mmap_events *events)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int err;

	events->page_size = (size_t)sysconf(_SC_PAGESIZE);
	events->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	events->rings = calloc((size_t)cpus, sizeof(*events->rings));
	if (events->epoll_fd < 0 || !events->rings)
		return -ENOMEM;
	events->ring_bytes = RING_BYTES;
	while (events->ring_bytes > MIN_RING_BYTES && events->ring_bytes * (size_t)cpus > MAX_RING_BYTES)
		events->ring_bytes /= 2;
	do {
		if (events->ring_bytes < events->page_size)
			events->ring_bytes = events->page_size;
		err = open_rings(events, cpus);
	} while ((err == -ENOMEM || err == -EPERM) && (events->ring_bytes /= 2) >= MIN_RING_BYTES);
	return err;
}

int mmap_events__open(struct mmap_events **out)
{
	struct mmap_events *events = calloc(1, sizeof(*events));
	int err = events ? open_all(events) : -ENOMEM;

	*out = events;
	if (!err)
		return 0;
	mmap_events__close(events);
	*out = NULL;
	return err;
}

void mmap_events__close(struct mmap_events *events)
{
	if (!events)
		return;
	close_rings(events);
	if (events->epoll_fd >= 0)
		close(events->epoll_fd);
	free(events->rings);
	free(events->bytes);
	free(events->list);
	free(events);
}

int mmap_events__fd(const struct mmap_events *events)
{
	return events->epoll_fd;
}

uint64_t mmap_events__lost(const struct mmap_events *events)
{
	return events->lost;
}

static bool reserve(struct mmap_events *events, size_t size)
{
	size_t room = events->room ? events->room : 65536, nr = events->list_room ? events->list_room : 1024;
	void *grown;

	while (events->size + size > room)
		room *= 2;
	if (room > events->room) {
		grown = realloc(events->bytes, room);
		if (!grown)
			return false;
		events->bytes = grown;
		events->room = room;
	}
	if (events->nr < events->list_room)
		return true;
	nr = events->list_room ? 2 * nr : nr;
	grown = reallocarray(events->list, nr, sizeof(*events->list));
	if (!grown)
		return false;
	events->list = grown;
	events->list_room = nr;
	return true;
}

/* Copies from a ring, whose end its start may follow in the middle of a record. */
static void copy_out(const struct mmap_events *events, const struct cpu_ring *ring, uint64_t from, void *to,
		     size_t size)
{
	const char *data = (const char *)ring->page + events->page_size;
	size_t at = from & (events->ring_bytes - 1);
	size_t first = size < events->ring_bytes - at ? size : events->ring_bytes - at;

	memcpy(to, data + at, first);
	memcpy((char *)to + first, data, size - first);
}

static void take(struct mmap_events *events, const struct cpu_ring *ring, uint64_t from, size_t size)
{
	struct entry entry = { .at = events->size, .size = size };
	char *to;

	if (size < sizeof(struct perf_event_header) + sizeof(entry.time_ns))
		return;
	if (!reserve(events, size)) {
		events->lost++;
		return;
	}
	to = events->bytes + events->size;
	copy_out(events, ring, from, to, size);
	memcpy(&entry.time_ns, to + size - sizeof(entry.time_ns), sizeof(entry.time_ns));
	events->size += size;
	events->list[events->nr++] = entry;
}

static void read_ring(struct mmap_events *events, const struct cpu_ring *ring)
{
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE), tail = ring->page->data_tail;
	struct perf_event_header header;

	while (tail < head) {
		copy_out(events, ring, tail, &header, sizeof(header));
		if (!header.size)
			break;
		take(events, ring, tail, header.size);
		tail += header.size;
	}
	__atomic_store_n(&ring->page->data_tail, head, __ATOMIC_RELEASE);
}

static int by_time(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

static void apply_mapping(struct images *images, const struct mmap2_record *record, size_t size)
{
	struct mapping mapping = {
		.start = record->addr,
		.end = record->addr + record->len,
		.file_offset = record->pgoff,
		.dev = makedev(record->major, record->minor),
		.inode = record->inode,
	};
	char path[4096];

	if (!(record->prot & PROT_EXEC) ||
	    (record->header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL)
		return;
	size -= sizeof(*record) + sizeof(uint64_t);
	size = strnlen(record->path, size < sizeof(path) ? size : sizeof(path) - 1);
	memcpy(path, record->path, size);
	path[size] = '\0';
	mapping.path = mapping__clean_path(path);
	images__map(images, record->pid, &mapping);
}

void mmap_events__apply(struct images *images, const void *bytes, size_t size)
{
	const struct task_record *task = bytes;
	uint64_t time_ns;

	if (size < sizeof(*task) + sizeof(time_ns))
		return;
	memcpy(&time_ns, (const char *)bytes + size - sizeof(time_ns), sizeof(time_ns));
	switch (task->header.type) {
	case PERF_RECORD_FORK:
		if (task->pid != task->parent_pid)
			images__fork(images, task->pid, task->parent_pid, time_ns);
		break;
	case PERF_RECORD_EXIT:
		if (task->pid == task->tid)
			images__exit(images, task->pid, time_ns);
		break;
	case PERF_RECORD_COMM:
		if (task->header.misc & PERF_RECORD_MISC_COMM_EXEC)
			images__exec(images, task->pid, time_ns, true);
		break;
	case PERF_RECORD_MMAP2:
		if (size >= sizeof(struct mmap2_record) + sizeof(time_ns))
			apply_mapping(images, bytes, size);
	}
}

static void apply(struct mmap_events *events, struct images *images, const struct entry *entry)
{
	const char *bytes = events->bytes + entry->at;
	const struct lost_record *lost = (const void *)bytes;

	if (lost->header.type == PERF_RECORD_LOST && entry->size >= sizeof(*lost))
		events->lost += lost->lost;
	else
		mmap_events__apply(images, bytes, entry->size);
}

/* Moves what is not yet applied to the front. */
static void keep_rest(struct mmap_events *events, size_t done)
{
	size_t kept = 0, from = events->size, i;

	for (i = done; i < events->nr; i++)
		from = events->list[i].at < from ? events->list[i].at : from;
	for (i = done; i < events->nr; i++) {
		events->list[kept] = events->list[i];
		events->list[kept++].at -= from;
	}
	memmove(events->bytes, events->bytes + from, events->size - from);
	events->size -= from;
	events->nr = kept;
}

/*
 * What one CPU entry may follow what another one entry that was read before.  But all that happened before the clock
 * was read is there when the rings are read.
 */
uint64_t mmap_events__read(struct mmap_events *events, struct images *images)
{
	uint64_t now_ns = clock__boot_ns();
	size_t i;

	for (i = 0; i < events->nr_rings; i++)
		read_ring(events, &events->rings[i]);
	qsort(events->list, events->nr, sizeof(*events->list), by_time);
	for (i = 0; i < events->nr && events->list[i].time_ns <= now_ns; i++)
		apply(events, images, &events->list[i]);
	keep_rest(events, i);
	return now_ns;
}
