/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The questions to the process apart, and its answers.  Numbers and strings are as in user/symbols/message.h. */
#ifndef MEMTRACE_KERNEL_APART_QUESTIONS_H
#define MEMTRACE_KERNEL_APART_QUESTIONS_H

#include "../symbols/stack.h"
#include "apart.h"

enum apart_kind {
	/*
	 * The mappings of a process.  How many of the pids that follow have them in /proc now (the first one that can
	 * be read counts); when the process of the first pid began (struct mt_who; 0: unknown), as another one may have
	 * its pid by now; how many pids, through whom files are reached, and those; how many mappings the kernel
	 * told, and those.  Answer: errno of /proc, 0; whose /proc it was, 0: nobody's; how many mappings there was
	 * no time for; how many follow, and those.
	 */
	APART_MAPS = 1,
	/*
	 * The functions at the addresses of a call chain, the leaf first: pids as above; how many mappings and
	 * those; how many addresses, and those.  Answer: how many; for each its offset in the function, the
	 * function's name ("": unknown).
	 */
	APART_NAMES = 2,
};

/* How long the reader has before it is killed: enough for the biggest programs. */
#define APART_MAPS_LIMIT_NS  2000000000ULL
#define APART_NAMES_LIMIT_NS 5000000000ULL

#endif
