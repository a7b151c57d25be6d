/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Names of C++ and Rust functions as they stand in the program's text. */
#ifndef MEMTRACE_SYMBOLS_DEMANGLE_H
#define MEMTRACE_SYMBOLS_DEMANGLE_H

#include <stddef.h>

/*
 * The name without its parameters: "JavaCalls::call_helper" of "_ZN9JavaCalls11call_helperE...".  What does not fit
 * into size bytes is cut.  Returns buf, or name itself if it is not mangled.  A hostile name may take long: the caller
 * has a limit of time.
 */
const char *demangle(const char *name, char *buf, size_t size);

#endif
