/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The rings of a run: how many there are, how large, and messages about full ones.
 *
 * A ring is named by a number: enum mt_ring, and from MT_RING_HOT on a hot ring for each group of CPUs.
 */
#ifndef MEMTRACE_MODEL_RINGS_H
#define MEMTRACE_MODEL_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/wire.h"

#define RINGS_MAX     (MT_RING_HOT + MT_MAX_HOT_RINGS)
#define RING_NAME_LEN 16

/*
 * Sizes that may be asked for: at least some records of each kind fit; the largest power of two that the kernel
 * accepts in 32 bits.
 */
#define MIN_RING_BYTES (16ULL << 10)
#define MAX_RING_BYTES (2ULL << 30)

struct rings {
	uint32_t nr_hot;
	uint32_t cpus_per_ring; /* CPU / this is the number of its hot ring */
	uint64_t hot_bytes;	/* of each hot ring */
	uint64_t rare_bytes;
	bool hot_asked, rare_asked; /* by an option: a smaller one is an error */
};

/* What options ask for; 0: memtrace chooses. */
struct rings_request {
	uint64_t hot_bytes; /* of each hot ring */
	uint64_t rare_bytes;
	uint64_t cpus_per_ring;
};

/* What the machine has. */
struct machine_size {
	uint32_t cpus; /* possible ones */
	uint64_t page_bytes;
	uint64_t memory_bytes;
};

/* What the hot rings carry. */
enum ring_load {
	RING_LOAD_COUNTS,
	RING_LOAD_EVENTS, /* also single events */
	RING_LOAD_COPIES, /* also copies of stacks */
};

/*
 * Sizes by the request, else by the machine and by what is asked for.  0; or -EINVAL after one line that says which
 * option asks for too much.
 */
int rings__plan(struct rings *rings, const struct rings_request *request, const struct machine_size *machine,
		enum ring_load load);

size_t rings__nr(const struct rings *rings);
uint32_t rings__of_cpu(const struct rings *rings, uint32_t cpu);
uint64_t rings__bytes(const struct rings *rings, size_t ring);
/* "rare", "oom", "hot0"; returns buf. */
char *rings__name(size_t ring, char *buf, size_t size);
/* A ring with more than this waiting wakes its reader; one with more than that folds. */
uint32_t rings__hot_wakeup_bytes(const struct rings *rings);
uint32_t rings__rare_fold_bytes(const struct rings *rings);

/* One line about episodes that the rare ring had no room for, and what helps; NULL: none were. */
const char *rings__say_folded(const struct rings *rings, uint64_t folded, char *buf, size_t size);

/*
 * One line about the rings of a kind that were full for some records, with what helps; records has a
 * count for each ring.  NULL: none was.
 */
const char *rings__say_full(const struct rings *rings, const uint64_t *records, enum mt_ring kind, char *buf,
			    size_t size);

#endif
