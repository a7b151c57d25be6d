/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Text that grows, for what is written often and in many small parts: adding to it costs a copy, where stdio's streams
 * take a lock, and parse a format, for each part.
 */
#ifndef MEMTRACE_BASE_TEXT_BUFFER_H
#define MEMTRACE_BASE_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All zero is an empty one. */
struct text_buffer {
	char *data; /* owned; not NUL-terminated, and moved as it grows */
	size_t size, room;
	bool failed; /* memory ran out: what was added then is missing, and from then on all is */
};

void text_buffer__free(struct text_buffer *text);
/* The memory stays for the next text, failed does not. */
void text_buffer__reset(struct text_buffer *text);

void text_buffer__add(struct text_buffer *text, const char *data, size_t size);
void text_buffer__string(struct text_buffer *text, const char *string);
/* In decimal; with at least so many digits, 20 at most. */
void text_buffer__digits(struct text_buffer *text, uint64_t number, unsigned int least);
/*
 * Integers in full below 1e15; else the fewest digits that read back as the same number.  Always with a point, in any
 * locale.  "NaN", "+Inf", "-Inf".
 */
void text_buffer__double(struct text_buffer *text, double value);

/* Writes it to the stream, whose errors are the stream's, and resets it.  0, or -ENOMEM where it has failed. */
int text_buffer__write(struct text_buffer *text, FILE *stream);

#endif
