/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * uthash, set up so that running out of memory is an error, not an exit, and with a keyed hash: an attacker who
 * chooses the keys (cgroup ids of a recording, inode numbers) cannot make them collide.  After HASH_ADD the element's
 * hh.tbl is NULL if it could not be added.
 */
#ifndef MEMTRACE_BASE_HASH_H
#define MEMTRACE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 (Aumasson, Bernstein) of size bytes under a key that each process draws at its start. */
uint64_t hash__keyed(const void *bytes, size_t size);

#define HASH_FUNCTION(key, size, value) ((value) = (unsigned int)hash__keyed(key, size))
#define HASH_NONFATAL_OOM		1
#include <uthash.h>

#endif
