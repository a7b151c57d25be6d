/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Small files of the kernel with a name and a value a line, of the forms
 *	pgfault 1234			/proc/vmstat, memory.stat
 *	MemFree:     1234 kB		/proc/meminfo
 *	some avg10=0.12 total=1234	/proc/pressure/memory: "some avg10" is the key
 */
#ifndef MEMTRACE_KERNEL_KEY_FILE_H
#define MEMTRACE_KERNEL_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KEY_FILE_MAX (64 * 1024) /* bytes of a file; /proc/vmstat has 5 K */

struct key_value {
	const char *key; /* no 0 at its end; valid during the call only */
	size_t key_len;
	const char *value; /* the rest of the line, or of the field */
	size_t value_len;
};

/*
 * All that fd has, from its begin, into size bytes of buf, with a 0 behind it; of a longer file as many whole lines as
 * fit.  The length, or -errno.
 */
ssize_t key_file__read(int fd, char *buf, size_t size);
/* Calls take for each value of a text, which need not end with a newline; what has none of the forms is passed over. */
void key_file__each(const char *text, size_t len, void (*take)(void *ctx, const struct key_value *entry), void *ctx);
/*
 * The number that a value begins with, times 10^decimals: further decimals are cut.  False: it begins with none, or
 * it does not fit.
 */
bool key_file__number(const struct key_value *entry, unsigned int decimals, uint64_t *number);

#endif
