// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "flight.h"

#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

#define PAGES_UNKNOWN UINT32_MAX

static const enum sample_id sources[NR_FLIGHT_VALUES] = {
	[FLIGHT_FREE] = SAMPLE_memory_free,
	[FLIGHT_AVAILABLE] = SAMPLE_memory_available,
	[FLIGHT_SWAP_FREE] = SAMPLE_swap_free,
	[FLIGHT_SOME] = SAMPLE_pressure_memory_some_total,
	[FLIGHT_FULL] = SAMPLE_pressure_memory_full_total,
	[FLIGHT_FAULTS] = SAMPLE_vm_pgfault,
	[FLIGHT_MAJOR] = SAMPLE_vm_pgmajfault,
	[FLIGHT_ALLOCATED] = SAMPLE_vm_pgalloc,
};

/* Of the whole machine, limits of cgroups included. */
static const enum sample_id scanned[] = { SAMPLE_vm_pgscan_anon, SAMPLE_vm_pgscan_file };
static const enum sample_id reclaimed[] = { SAMPLE_vm_pgsteal_anon, SAMPLE_vm_pgsteal_file };

static size_t bytes_of_process(uint32_t ticks)
{
	/* two buckets each */
	return sizeof(struct flight_process) + ticks * sizeof(uint32_t) + 2 * sizeof(uint32_t);
}

static uint32_t nr_of_buckets(uint32_t nr)
{
	uint32_t buckets = 16;

	while (buckets < nr && buckets < 1U << 24)
		buckets *= 2;
	return buckets;
}

static void free_all(struct flight *flight)
{
	uint32_t i;

	flight->free = 1;
	for (i = 1; i <= flight->max_processes; i++)
		flight->processes[i].next = i < flight->max_processes ? i + 1 : 0;
}

/* Memory that nobody has written to is not there yet: all of it is written to now. */
static void *taken(size_t nr, size_t size)
{
	void *memory = malloc(nr * size);

	if (memory)
		memset(memory, 0xff, nr * size);
	if (memory)
		memset(memory, 0, nr * size);
	return memory;
}

struct flight *flight__new(uint32_t ticks, size_t max_bytes, uint64_t page_size)
{
	struct flight *flight = calloc(1, sizeof(*flight));
	size_t moments = ticks * sizeof(struct flight_moment), left = max_bytes > moments ? max_bytes - moments : 0;

	if (!flight)
		return NULL;
	flight->page_size = page_size;
	flight->room = ticks;
	flight->max_processes = (uint32_t)(left / bytes_of_process(ticks));
	flight->max_processes = flight->max_processes < 16 ? 16 : flight->max_processes;
	flight->nr_buckets = nr_of_buckets(flight->max_processes);
	flight->moments = taken(ticks, sizeof(*flight->moments));
	flight->processes = taken(flight->max_processes + 1, sizeof(*flight->processes));
	flight->buckets = taken(flight->nr_buckets, sizeof(*flight->buckets));
	flight->held = taken((size_t)(flight->max_processes + 1) * ticks, sizeof(*flight->held));
	if (!flight->moments || !flight->processes || !flight->buckets || !flight->held) {
		flight__free(flight);
		return NULL;
	}
	free_all(flight);
	return flight;
}

void flight__free(struct flight *flight)
{
	if (!flight)
		return;
	free(flight->moments);
	free(flight->processes);
	free(flight->buckets);
	free(flight->held);
	free(flight);
}

static uint32_t *bucket_of(const struct flight *flight, uint32_t pid)
{
	return &flight->buckets[hash__keyed(&pid, sizeof(pid)) & (flight->nr_buckets - 1)];
}

static uint32_t number_of(const struct flight *flight, const struct flight_process *process)
{
	return (uint32_t)(process - flight->processes);
}

static uint64_t resident(const struct mt_memory *rec)
{
	const uint64_t kinds[] = { rec->anon_rss_bytes, rec->file_rss_bytes, rec->shmem_rss_bytes };
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (kinds[i] == MT_UNKNOWN_U64)
			return MT_UNKNOWN_U64;
		sum += kinds[i];
	}
	return sum;
}

/* A process that has ended takes no new numbers: another one may have its pid. */
static struct flight_process *find_living(const struct flight *flight, uint32_t pid, uint64_t start_ns)
{
	uint32_t at;

	for (at = *bucket_of(flight, pid); at; at = flight->processes[at].next) {
		struct flight_process *process = &flight->processes[at];

		if (process->last.who.pid == pid && process->last.who.start_ns == start_ns && !process->last.ended)
			return process;
	}
	return NULL;
}

const struct flight_process *flight__find(const struct flight *flight, uint32_t pid, uint64_t start_ns)
{
	const struct flight_process *process, *found = NULL;
	uint32_t at;

	for (at = *bucket_of(flight, pid); at; at = process->next) {
		process = &flight->processes[at];
		if (process->last.who.pid != pid || (start_ns && process->last.who.start_ns != start_ns))
			continue;
		if (!found || process->last.who.start_ns > found->last.who.start_ns)
			found = process;
	}
	return found;
}

static void drop(struct flight *flight, struct flight_process *process)
{
	uint32_t number = number_of(flight, process), *at = bucket_of(flight, process->last.who.pid);

	while (*at != number)
		at = &flight->processes[*at].next;
	*at = process->next;
	memset(process, 0, sizeof(*process));
	process->next = flight->free;
	flight->free = number;
	flight->nr_processes--;
}

/* What nobody can ask for any more. */
static bool is_forgotten(const struct flight *flight, const struct flight_process *process)
{
	return process->last.ended && process->end <= flight__oldest(flight);
}

static void drop_forgotten(struct flight *flight)
{
	uint32_t i;

	for (i = 1; i <= flight->max_processes; i++)
		if (flight->processes[i].used && is_forgotten(flight, &flight->processes[i]))
			drop(flight, &flight->processes[i]);
}

/* The least, if it has less than that. */
static struct flight_process *find_smaller(const struct flight *flight, uint64_t bytes)
{
	struct flight_process *least = NULL;
	uint64_t least_bytes = bytes, has;
	uint32_t i;

	for (i = 1; i <= flight->max_processes; i++) {
		has = resident(&flight->processes[i].last);
		if (flight->processes[i].used && has != MT_UNKNOWN_U64 && has < least_bytes) {
			least = &flight->processes[i];
			least_bytes = has;
		}
	}
	return least;
}

static struct flight_process *add(struct flight *flight, const struct mt_memory *rec)
{
	struct flight_process *process;
	uint32_t *bucket, number;

	if (!flight->free) {
		flight->left_out++;
		process = find_smaller(flight, resident(rec));
		if (!process)
			return NULL;
		drop(flight, process);
	}
	number = flight->free;
	process = &flight->processes[number];
	flight->free = process->next;
	bucket = bucket_of(flight, rec->who.pid);
	process->next = *bucket;
	*bucket = number;
	process->used = true;
	process->first = process->end = flight->nr + 1;
	flight->nr_processes++;
	return process;
}

void flight__memory(struct flight *flight, const struct mt_memory *rec)
{
	struct flight_process *process = find_living(flight, rec->who.pid, rec->who.start_ns);

	if (!process && !rec->ended)
		process = add(flight, rec);
	if (!process)
		return;
	process->last = *rec;
}

static uint64_t sum_of(const uint64_t *samples, const enum sample_id *ids, size_t nr)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (samples[ids[i]] == MT_UNKNOWN_U64)
			return MT_UNKNOWN_U64;
		sum += samples[ids[i]];
	}
	return sum;
}

static uint32_t *place_of(const struct flight *flight, const struct flight_process *process, uint32_t tick)
{
	return &flight->held[(size_t)number_of(flight, process) * flight->room + tick % flight->room];
}

static uint32_t in_pages(const struct flight *flight, uint64_t bytes)
{
	bytes /= flight->page_size;
	return bytes < PAGES_UNKNOWN ? (uint32_t)bytes : PAGES_UNKNOWN;
}

static void keep_processes(struct flight *flight)
{
	struct flight_process *process;

	for (process = flight->processes + 1; process <= flight->processes + flight->max_processes; process++) {
		if (!process->used || process->last.ended)
			continue;
		*place_of(flight, process, flight->nr) = in_pages(flight, resident(&process->last));
		process->end = flight->nr + 1;
	}
}

void flight__tick(struct flight *flight, uint64_t time_ns, const uint64_t samples[NR_SAMPLES], uint64_t stalled_ns)
{
	struct flight_moment *moment = &flight->moments[++flight->nr % flight->room];
	enum flight_value i;

	moment->time_ns = time_ns;
	for (i = 0; i < NR_FLIGHT_VALUES; i++)
		moment->values[i] = samples[sources[i]];
	moment->values[FLIGHT_SCANNED] = sum_of(samples, scanned, 2);
	moment->values[FLIGHT_RECLAIMED] = sum_of(samples, reclaimed, 2);
	moment->values[FLIGHT_STALLED] = stalled_ns;
	keep_processes(flight);
	drop_forgotten(flight);
}

uint32_t flight__oldest(const struct flight *flight)
{
	return flight->nr < flight->room ? flight->nr > 0 : flight->nr - flight->room + 1;
}

uint32_t flight__at(const struct flight *flight, uint64_t time_ns)
{
	uint32_t tick;

	for (tick = flight->nr; tick && tick >= flight__oldest(flight); tick--)
		if (flight__moment(flight, tick)->time_ns <= time_ns)
			return tick;
	return 0;
}

const struct flight_moment *flight__moment(const struct flight *flight, uint32_t tick)
{
	return &flight->moments[tick % flight->room];
}

uint64_t flight__held(const struct flight *flight, const struct flight_process *process, uint32_t tick)
{
	uint32_t pages;

	if (tick < process->first || tick >= process->end || tick < flight__oldest(flight))
		return MT_UNKNOWN_U64;
	pages = *place_of(flight, process, tick);
	return pages == PAGES_UNKNOWN ? MT_UNKNOWN_U64 : pages * flight->page_size;
}

static bool has_grown(const struct flight *flight, const struct flight_process *process, uint32_t until,
		      struct flight_growth *growth)
{
	uint32_t oldest = flight__oldest(flight);

	*growth = (struct flight_growth){
		.process = process,
		.from = process->first > oldest ? process->first : oldest,
		.to = until,
	};
	if (!process->used || growth->from > until)
		return false;
	growth->from_bytes = flight__held(flight, process, growth->from);
	/* unknown of what has ended: it gave its memory back */
	growth->to_bytes = flight__held(flight, process, growth->to);
	/* one that was born in these ticks grew by all that it has */
	if (process->first > oldest)
		growth->from_bytes = 0;
	return growth->from_bytes != MT_UNKNOWN_U64 && growth->to_bytes != MT_UNKNOWN_U64 &&
	       growth->to_bytes > growth->from_bytes;
}

static uint64_t by(const struct flight_growth *growth)
{
	return growth->to_bytes - growth->from_bytes;
}

size_t flight__grew(const struct flight *flight, uint32_t until,
		    bool (*wanted)(void *ctx, const struct flight_process *process), void *ctx,
		    struct flight_growth *grew, size_t max)
{
	struct flight_growth growth;
	size_t nr = 0, at;
	uint32_t i;

	for (i = 1; i <= flight->max_processes; i++) {
		if (!has_grown(flight, &flight->processes[i], until, &growth) ||
		    (wanted && !wanted(ctx, &flight->processes[i])))
			continue;
		for (at = nr < max ? nr : max; at && by(&grew[at - 1]) < by(&growth); at--)
			if (at < max)
				grew[at] = grew[at - 1];
		if (at < max) {
			grew[at] = growth;
			nr += nr < max;
		}
	}
	return nr;
}
