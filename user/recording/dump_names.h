/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The names of the files of `record --last`: FILE, FILE.2, FILE.3, ... up to a limit. */
#ifndef MEMTRACE_RECORDING_DUMP_NAMES_H
#define MEMTRACE_RECORDING_DUMP_NAMES_H

#include <limits.h>

/* With FILE itself; of this run and of earlier ones. */
#define DUMP_FILES_MAX 10

/*
 * name: the first of base's names that is free in dir, else that of the oldest recording, to be replaced; NAME_MAX +
 * 1 bytes.  0; -EEXIST: none is free, and none is a recording of the caller's; or another -errno.
 */
int dump_names__next(int dir, const char *base, char *name);

#endif
