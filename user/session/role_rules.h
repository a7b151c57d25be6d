/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rules of a run about roles: memtrace's own, and those of a file. */
#ifndef MEMTRACE_SESSION_ROLE_RULES_H
#define MEMTRACE_SESSION_ROLE_RULES_H

#include "../model/roles.h"

#define ROLE_RULES_FILE "/etc/memtrace/roles"

/*
 * Adds the rules of a file, which must belong to root or the user and be writable for no one else; path NULL: those of
 * ROLE_RULES_FILE, if it is there.  0, or -errno with a line in why; roles__free() in any case.
 */
int role_rules__read(struct roles *roles, const char *path, char why[ROLES_WHY]);

#endif
