/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the memory of a process is: its mappings, what is resident and swapped of each, and what the kernel sums up. */
#ifndef MEMTRACE_MODEL_PROCESS_MAP_H
#define MEMTRACE_MODEL_PROCESS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../../bpf/wire.h"

/* What mappings are for, told by their names, permissions and neighbours: map_class.h. */
enum map_class {
	MAPPED_HEAP,	   /* [heap]: what brk(2) gave */
	MAPPED_ARENAS,	   /* further heaps of malloc() in glibc */
	MAPPED_STACK,	   /* [stack]: of the main thread */
	MAPPED_STACKS,	   /* of other threads */
	MAPPED_ANON,	   /* other private memory without a file */
	MAPPED_JIT,	   /* such memory that may be executed, and memory files that may */
	MAPPED_FILE,	   /* all mappings of one file */
	MAPPED_SHM,	   /* shared memory without a file on a disk: memfd, SysV, /dev/shm, shared anonymous memory */
	MAPPED_HUGETLB,	   /* pages of hugetlbfs: the kernel's rss is without them */
	MAPPED_DEVICE,	   /* of a device */
	MAPPED_KERNEL,	   /* [vdso], [vvar] and the like */
	MAPPED_JAVA_HEAP,  /* of a Java virtual machine: map_jvm.h */
	MAPPED_METASPACE,  /* its classes */
	MAPPED_CODE_CACHE, /* what it compiled, and its own code that it made */
	MAPPED_GC,	   /* what its collector keeps beside the heap */
	MAPPED_GONE,	   /* of what was there within an interval, and is no more */
	NR_MAP_CLASSES,
};

enum map_permission {
	MAPPED_READ = 1 << 0,
	MAPPED_WRITE = 1 << 1,
	MAPPED_EXEC = 1 << 2,
	MAPPED_SHARED = 1 << 3, /* MAP_SHARED */
};

/* One mapping; sizes in bytes. */
struct map_area {
	uint64_t start, end; /* addresses, end excluded */
	uint64_t dev, inode; /* of its file; 0: none */
	const char *name;    /* as /proc/PID/maps has it, any bytes; "" if it has none */
	bool deleted;	     /* no directory has its file any more */
	unsigned int permissions;
	enum map_class class;
	bool known; /* its pages were read: else what follows is unknown */
	uint64_t rss, swap;
	uint64_t huge;	     /* part of rss that is mapped by huge pages */
	uint64_t referenced; /* used since the marks were cleared, if the map knows it */
};

/* NUMA nodes that are told apart; the last stands for it and all above. */
#define MAP_NODES 8

/* Sizes in bytes, MT_UNKNOWN_U64 where they are not known. */
struct process_map {
	uint32_t pid;
	char comm[64];		/* of any bytes */
	int error;		/* errno: why there are no areas; 0: there are */
	struct map_area *areas; /* by address; owned */
	size_t nr_areas, room;
	struct arena names;
	bool scanned;	/* pages came from the PAGEMAP_SCAN ioctl; else from pagemap */
	size_t unknown; /* areas whose pages were not read, as time was over */
	struct {
		uint64_t size, rss, swap;   /* VmSize, VmRSS, VmSwap */
		uint64_t anon, file, shmem; /* parts of rss */
		uint64_t page_tables;	    /* VmPTE */
		uint64_t hugetlb;	    /* HugetlbPages, which rss is without */
	} kernel;			    /* its own sums (/proc/PID/status) */
	uint64_t pss, uss;		    /* smaps_rollup, if it was asked for */
	uint64_t java_heap;		    /* what the command line of a JVM lets its heap have; 0, unknown: nothing */
	bool knows_referenced;
	bool knows_deleted;
	uint64_t (*nodes)[MAP_NODES]; /* bytes of each area on each node; owned; NULL: not read */
	uint64_t nodes_online;	      /* of the machine, as bits, where they were read; else 0, or unknown */
	struct {
		uint64_t maps, pages, pss, wss, nodes;
	} cost_ns; /* time spent to read them; 0: not read */
};

/* What happened to memory of some mappings within an interval; MT_UNKNOWN_U64 where it was not seen. */
struct map_activity {
	uint64_t minor, major;	    /* faults */
	uint64_t swapped_in;	    /* those of them whose page was in swap, or still in its cache */
	uint64_t write_present;	    /* writes to pages that were present, and that the processor refused */
	uint64_t first_touch_bytes; /* of pages that were not there before */
	uint64_t copied;	    /* pages that a write copied */
	uint64_t asked_bytes;	    /* of address space that system calls asked for, */
	uint64_t returned_bytes;    /* and gave back, or the pages of it */
};

/* One more area behind the others, zeroed; NULL: no memory. */
struct map_area *process_map__add(struct process_map *map);
/* The number of the first area that does not begin below the address; nr_areas: all do. */
size_t process_map__place(const struct process_map *map, uint64_t start);
/* Frees what it owns; it is empty then. */
void process_map__done(struct process_map *map);

#endif
