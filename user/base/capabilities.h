/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The capabilities of this process (capabilities(7)), by the system calls themselves: what is needed of them is less
 * than a library of its own.  A set has a bit for each.  All of it is about the calling thread and those that it starts
 * later.
 */
#ifndef MEMTRACE_BASE_CAPABILITIES_H
#define MEMTRACE_BASE_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/capability.h>

/* kernels before 5.8 have neither, and their headers may not either */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF	    39
#endif

#define CAPABILITY(name)  (1ULL << CAP_##name)
#define CAPABILITIES_TEXT 160 /* room for the names of any set of those that memtrace may need */

/* Those in effect; 0 if the kernel does not say. */
uint64_t capabilities__effective(void);
bool capabilities__has(int number);

/* Of those that the process may have these are in effect from now on, until the next call.  0 or -errno. */
int capabilities__use(uint64_t set);

/*
 * Gives up all others for good, also for what it executes: they leave each of the kernel's sets, as far as it lets them
 * (the bounding set takes CAP_SETPCAP), and no program that is executed brings any back (PR_SET_NO_NEW_PRIVS; for root
 * each would).  0 or -errno, and then it has what it had.
 */
int capabilities__keep(uint64_t set);

/* Whether files can be made in an open directory with what is in effect now. */
bool capabilities__may_write(int dir);

/* Whether the kernel knows that number. */
bool capabilities__known(int number);

/* "CAP_BPF"; NULL: none that memtrace may need. */
const char *capabilities__name(int number);

/* "CAP_BPF, CAP_PERFMON", the newest first; "" for none.  Returns buf. */
char *capabilities__names(uint64_t set, char *buf, size_t size);

#endif
