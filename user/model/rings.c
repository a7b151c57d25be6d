// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "rings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/log.h"
#include "../base/units.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)

#define CPUS_PER_RING	 16
#define HOT_BYTES	 (1 * MIB) /* for counters only: these use it only at identity changes */
#define EVERY_CPU_BYTES	 (2 * MIB) /* of single events: some 20,000, or 20 ms of a CPU that does nothing but fault */
#define COPIES_CPU_BYTES (8 * MIB) /* with copies of stacks: at least 500 of those */
#define EVERY_MIN_BYTES	 (4 * MIB)
#define EVERY_MAX_BYTES	 (64 * MIB)
#define EVERY_SHARE	 64 /* of the machine's memory, for all hot rings together */
#define ASKED_SHARE	 4
#define RARE_BYTES	 (256 * KIB)
#define OOM_BYTES	 MT_OOM_RING_BYTES
/*
 * Small enough that records are read while they are in the processor's cache, and large enough to give a sleeping
 * reader time.
 */
#define MAX_WAKEUP_BYTES (1 * MIB)
#define NAMED_RINGS	 8

/* The kernel requires a power of two, of whole pages. */
static uint64_t ring_bytes(uint64_t bytes, uint64_t page_bytes)
{
	uint64_t size = page_bytes;

	while (size < bytes)
		size *= 2;
	return size;
}

static uint64_t default_hot_bytes(const struct rings *rings, const struct machine_size *machine, enum ring_load load)
{
	uint64_t cpus = machine->cpus < rings->cpus_per_ring ? machine->cpus : rings->cpus_per_ring;
	uint64_t cpu_bytes = load == RING_LOAD_COPIES ? COPIES_CPU_BYTES : EVERY_CPU_BYTES;
	uint64_t bytes = ring_bytes(cpus * cpu_bytes, machine->page_bytes);

	if (load == RING_LOAD_COUNTS)
		return ring_bytes(HOT_BYTES, machine->page_bytes);
	if (bytes < EVERY_MIN_BYTES)
		bytes = EVERY_MIN_BYTES;
	if (bytes > EVERY_MAX_BYTES)
		bytes = EVERY_MAX_BYTES;
	while (bytes > HOT_BYTES && bytes * rings->nr_hot > machine->memory_bytes / EVERY_SHARE)
		bytes /= 2;
	return bytes;
}

/* A size above a large share of the memory is surely a mistake, and the kernel would really allocate it. */
static int check_asked(const char *option, uint64_t bytes, uint32_t nr, const struct machine_size *machine)
{
	uint64_t most = machine->page_bytes;
	char asked[32], memory[32], limit[32];

	if (bytes * nr <= machine->memory_bytes / ASKED_SHARE)
		return 0;
	while (most * 2 * nr <= machine->memory_bytes / ASKED_SHARE)
		most *= 2;
	log_error("%s: %u of %s would be more than a quarter of this machine's %s; expected at most %s", option, nr,
		  format_bytes(asked, sizeof(asked), bytes),
		  format_bytes(memory, sizeof(memory), machine->memory_bytes), format_size(limit, sizeof(limit), most));
	return -EINVAL;
}

int rings__plan(struct rings *rings, const struct rings_request *request, const struct machine_size *machine,
		enum ring_load load)
{
	uint32_t least = (machine->cpus + MT_MAX_HOT_RINGS - 1) / MT_MAX_HOT_RINGS;
	int err = 0;

	*rings = (struct rings){
		.cpus_per_ring = request->cpus_per_ring ? request->cpus_per_ring : CPUS_PER_RING,
		.hot_asked = request->hot_bytes,
		.rare_asked = request->rare_bytes,
	};
	if (rings->cpus_per_ring < least)
		rings->cpus_per_ring = least;
	rings->nr_hot = (machine->cpus + rings->cpus_per_ring - 1) / rings->cpus_per_ring;
	rings->hot_bytes = rings->hot_asked ? ring_bytes(request->hot_bytes, machine->page_bytes) :
					      default_hot_bytes(rings, machine, load);
	rings->rare_bytes = ring_bytes(rings->rare_asked ? request->rare_bytes : RARE_BYTES, machine->page_bytes);
	if (rings->hot_asked)
		err = check_asked("--ring-size", rings->hot_bytes, rings->nr_hot, machine);
	if (!err && rings->rare_asked)
		err = check_asked("--rare-ring-size", rings->rare_bytes, 1, machine);
	return err;
}

size_t rings__nr(const struct rings *rings)
{
	return MT_RING_HOT + rings->nr_hot;
}

uint32_t rings__of_cpu(const struct rings *rings, uint32_t cpu)
{
	return MT_RING_HOT + cpu / rings->cpus_per_ring;
}

uint64_t rings__bytes(const struct rings *rings, size_t ring)
{
	if (ring >= MT_RING_HOT)
		return rings->hot_bytes;
	return ring == MT_RING_OOM ? OOM_BYTES : rings->rare_bytes;
}

char *rings__name(size_t ring, char *buf, size_t size)
{
	if (ring >= MT_RING_HOT)
		snprintf(buf, size, "hot%zu", ring - MT_RING_HOT);
	else
		snprintf(buf, size, "%s", ring == MT_RING_OOM ? "oom" : "rare");
	return buf;
}

uint32_t rings__hot_wakeup_bytes(const struct rings *rings)
{
	uint64_t quarter = rings->hot_bytes / 4;

	return quarter < MAX_WAKEUP_BYTES ? quarter : MAX_WAKEUP_BYTES;
}

uint32_t rings__rare_fold_bytes(const struct rings *rings)
{
	return rings->rare_bytes / 4 * 3;
}

/* "0, 3, 5 and 12 more", of the hot rings that were full. */
static void name_full(const struct rings *rings, const uint64_t *records, char *buf, size_t size)
{
	uint32_t i, named = 0, more = 0;
	size_t at = 0;

	buf[0] = '\0';
	for (i = 0; i < rings->nr_hot; i++) {
		if (!records[MT_RING_HOT + i])
			continue;
		if (named == NAMED_RINGS) {
			more++;
			continue;
		}
		at += snprintf(buf + at, size - at, "%s%u", named++ ? ", " : "", i);
	}
	if (more)
		snprintf(buf + at, size - at, " and %u more", more);
}

/* Four times as much, if the option allows that. */
static uint64_t larger(uint64_t bytes)
{
	return bytes < MAX_RING_BYTES / 4 ? bytes * 4 : MAX_RING_BYTES;
}

static const char *say_hot(const struct rings *rings, const uint64_t *records, char *buf, size_t size)
{
	char which[NAMED_RINGS * 5 + 24], count[32], more[32];
	uint64_t sum = 0;
	uint32_t i, nr = 0;

	for (i = 0; i < rings->nr_hot; i++) {
		sum += records[MT_RING_HOT + i];
		nr += records[MT_RING_HOT + i] > 0;
	}
	if (!nr)
		return NULL;
	name_full(rings, records, which, sizeof(which));
	snprintf(buf, size, "hot %s %s %s full for %s records: --ring-size %s, fewer probes, or a filter",
		 nr == 1 ? "ring" : "rings", which, nr == 1 ? "was" : "were", format_count(count, sizeof(count), sum),
		 format_size(more, sizeof(more), larger(rings->hot_bytes)));
	return buf;
}

const char *rings__say_folded(const struct rings *rings, uint64_t folded, char *buf, size_t size)
{
	char count[32], more[32];

	if (!folded)
		return NULL;
	snprintf(buf, size,
		 "%s episodes have no record of their own, as the rare ring was nearly full: --rare-ring-size %s, or a "
		 "filter",
		 format_count(count, sizeof(count), folded),
		 format_size(more, sizeof(more), larger(rings->rare_bytes)));
	return buf;
}

const char *rings__say_full(const struct rings *rings, const uint64_t *records, enum mt_ring kind, char *buf,
			    size_t size)
{
	char count[32], more[32];

	if (kind == MT_RING_HOT)
		return say_hot(rings, records, buf, size);
	if (!records[kind])
		return NULL;
	format_count(count, sizeof(count), records[kind]);
	if (kind == MT_RING_OOM)
		snprintf(buf, size, "the ring of OOM kills was full for %s records: memtrace got no CPU time", count);
	else
		snprintf(buf, size, "the rare ring was full for %s records: --rare-ring-size %s, or a filter", count,
			 format_size(more, sizeof(more), larger(rings->rare_bytes)));
	return buf;
}
