/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The build id of an ELF file: it identifies the content, wherever a copy of it lies. */
#ifndef MEMTRACE_SYMBOLS_BUILD_ID_H
#define MEMTRACE_SYMBOLS_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-1, what linkers make by default, has 20 bytes; SHA-256 has 32.  A longer one counts as none. */
#define BUILD_ID_MAX	  32
#define BUILD_ID_HEX_SIZE (2 * BUILD_ID_MAX + 1)

struct build_id {
	uint8_t len; /* bytes; 0: none */
	uint8_t bytes[BUILD_ID_MAX];
};

/* false if it has more than BUILD_ID_MAX bytes, which no valid one has. */
bool build_id__equal(const struct build_id *a, const struct build_id *b);

/* Lower-case hexadecimal digits, "" for none; buf has BUILD_ID_HEX_SIZE bytes.  Returns buf. */
char *build_id__hex(char *buf, const struct build_id *id);

#endif
