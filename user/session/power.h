/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The capabilities that a long run still needs once it has attached.  The others it can give up. */
#ifndef MEMTRACE_SESSION_POWER_H
#define MEMTRACE_SESSION_POWER_H

#include <stddef.h>
#include <stdint.h>

struct live;
struct outfile;
struct session;

/*
 * A set as in capabilities.h, found by trying: what the kernel lets pass without a capability does not need it.  files:
 * that will be written again under their names, nr of them.  Of capabilities that the process does not have in the
 * first place none is needed.
 */
uint64_t power__needs(struct live *live, const struct outfile *const *files, size_t nr);

/*
 * Gives up all that a run which writes this file does not need, but nothing where more is wanted than to go on
 * counting: with a command, which inherits, with call chains, in a replay.  also: a set that is kept beside, where
 * there.  If it cannot give up it says so and goes on.
 */
void power__give_up(struct session *session, const struct outfile *file, uint64_t also);

#endif
