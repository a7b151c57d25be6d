/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* --cgroup-rules: the user's rules about what paths of cgroups say. */
#ifndef MEMTRACE_CLI_OWN_RULES_H
#define MEMTRACE_CLI_OWN_RULES_H

struct options;

/*
 * Reads the file that was named, or /etc/memtrace/cgroups if there is one; its rules hold from then on, in place
 * of those of an earlier call.  EXIT_OK; or EXIT_USAGE after one line on stderr, and nothing has changed: it is not
 * there, not root's or the user's alone, or something in it is wrong.
 */
int own_rules__read(const struct options *options);

#endif
