/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the command line of a Java program says of its memory. */
#ifndef MEMTRACE_KERNEL_JAVA_OPTIONS_H
#define MEMTRACE_KERNEL_JAVA_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The most that the heap may have, in bytes: of -Xmx and -XX:MaxHeapSize the last one, as the JVM takes it.  text: of
 * /proc/PID/cmdline, arguments with a NUL behind each, of any bytes.  0: it says nothing, or no number.
 */
uint64_t java_options__max_heap(const char *text, size_t len);

#endif
