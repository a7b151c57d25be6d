/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths, each once, with the sums of what happened there. */
#ifndef MEMTRACE_COUNT_CALL_PATHS_H
#define MEMTRACE_COUNT_CALL_PATHS_H

#include <stddef.h>
#include <stdint.h>

enum call_weight {
	CALL_EVENTS,
	CALL_PAGES,
	CALL_NS,
	NR_CALL_WEIGHTS,
};

struct call_paths;

/* A path: functions, the root first, with ";" between. */
struct call_path {
	const char *text; /* NULL: what found no room */
	uint64_t sums[NR_CALL_WEIGHTS];
};

/* max_bytes: of texts and what belongs to them, about.  NULL if memory ran out. */
struct call_paths *call_paths__new(size_t max_bytes);
void call_paths__free(struct call_paths *paths); /* NULL is fine */
/*
 * Adds to the path that the parts make, with ";" between; NULL and empty parts are left out.  Without room or memory
 * for a new path it is added to what found no room.
 */
void call_paths__add(struct call_paths *paths, const char *const *parts, size_t nr_parts, const uint64_t *sums);
/* The path that the parts make, whose sums the caller adds to, or what found no room: it stays until
 * call_paths__free(). */
struct call_path *call_paths__at(struct call_paths *paths, const char *const *parts, size_t nr_parts);
size_t call_paths__nr(const struct call_paths *paths);	  /* how many there are */
size_t call_paths__bytes(const struct call_paths *paths); /* what they take, about */
/* What found no room; its text is NULL. */
const struct call_path *call_paths__rest(const struct call_paths *paths);
/*
 * All but that one, sorted function by function, so that paths that begin with the same ones are behind each other. The
 * list is the caller's to free, what it points to is not.  NULL, and *nr is 0: there is none, or (errno is ENOMEM) no
 * memory.
 */
const struct call_path **call_paths__sorted(const struct call_paths *paths, size_t *nr);

#endif
