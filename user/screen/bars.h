/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Numbers as text that is looked at: a line of columns, a bar. */
#ifndef MEMTRACE_SCREEN_BARS_H
#define MEMTRACE_SCREEN_BARS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of text for nr columns. */
#define BARS_SIZE(nr) (3 * (nr) + 1)

/*
 * Values from left to right, a column each, as high as they are beside max (0: the largest of them); what is below 0 is
 * not known and a space, and so is a 0.  In UTF-8 eight heights, else five of ASCII.  Returns buf, of BARS_SIZE(nr)
 * bytes or more.
 */
char *bars__spark(char *buf, const float *values, size_t nr, float max, bool utf8);
/*
 * A bar of that many columns, filled up to a share, 0 to 1, of it, and lighter up to another; marks are shares at which
 * a line stands (others are left out).  Returns buf, of BARS_SIZE(width) bytes or more.
 */
char *bars__bar(char *buf, size_t width, double share, double lighter, const double *marks, size_t nr_marks, bool utf8);

#endif
