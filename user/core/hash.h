/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * uthash, set up so that running out of memory is an error, not an exit.
 * After HASH_ADD the element's hh.tbl is NULL if it could not be added.
 */
#ifndef MEMTRACE_CORE_HASH_H
#define MEMTRACE_CORE_HASH_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#endif
