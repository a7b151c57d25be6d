/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Parses and formats numbers and times. */
#ifndef MEMTRACE_BASE_UNITS_H
#define MEMTRACE_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Parses a duration: a decimal number, a fraction allowed, with ns, us, ms, s, m or h; without a unit it is seconds.
 * Zero and durations that do not fit 64 bits of nanoseconds are refused.  0, -EINVAL or -ERANGE.
 */
int parse_duration(const char *text, uint64_t *ns);
/* Exactly, as parse_duration() reads it, in the largest unit that needs no fraction.  Returns buf. */
char *spell_duration(char *buf, size_t size, uint64_t ns);

/*
 * Parses a size in bytes: a whole number, with K, M or G (or KiB, MiB, GiB) that
 * many times 1024, 1024^2, 1024^3.  0, -EINVAL or -ERANGE.
 */
int parse_size(const char *text, uint64_t *bytes);

/* Parses a whole decimal number from min to max, nothing around it.  0, -EINVAL or -ERANGE. */
int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/*
 * Formatting for people; each writes at most size bytes, NUL included, and
 * returns buf.  4 significant digits at most: "61.2k", "239MiB", "1.84s",
 * "4.5%", "3,104,882" (format_count).
 */
char *format_count(char *buf, size_t size, uint64_t n);
char *format_rate(char *buf, size_t size, double per_second);
char *format_bytes(char *buf, size_t size, double bytes);
char *format_size(char *buf, size_t size, uint64_t bytes); /* exactly, as parse_size() reads it: "16M" */
char *format_bytes_rate(char *buf, size_t size, double per_second);
char *format_duration(char *buf, size_t size, uint64_t ns);
char *format_share(char *buf, size_t size, double share);

#endif
