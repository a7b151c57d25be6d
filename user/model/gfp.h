/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Names of gfp flags. */
#ifndef MEMTRACE_MODEL_GFP_H
#define MEMTRACE_MODEL_GFP_H

#include <stddef.h>
#include <stdint.h>

/* Large enough for the names of any flags. */
#define GFP_NAME_LEN 512

/*
 * "GFP_KERNEL|__GFP_ZERO", as tracepoints print it: compound names first, then
 * single bits, and what has no name in hexadecimal; "none" for 0.  Writes at
 * most size bytes, NUL included (a name that does not fit is left out whole,
 * with all after it), and returns buf.
 */
const char *gfp__name(char *buf, size_t size, uint64_t flags);

#endif
