/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Rules that say what threads and processes of a program do, by their names: those of roles.def, and others before
 * them.  docs/roles.md has the format of a file of rules.
 */
#ifndef MEMTRACE_MODEL_ROLES_H
#define MEMTRACE_MODEL_ROLES_H

#include <stdbool.h>
#include <stddef.h>

#include "../../bpf/wire.h"

#define ROLE_LEN	48 /* with NUL; a longer one is cut */
#define ROLES_MAX	1024
#define ROLES_MAX_BYTES (64 * 1024) /* of a file */
#define ROLES_WHY	160

enum role_kind { ROLE_COMM, ROLE_THREAD, ROLE_TITLE, ROLE_MAIN, ROLE_REST, NR_ROLE_KINDS };

struct role_rule {
	const char *program; /* at most MT_COMM_LEN - 1 bytes */
	enum role_kind kind;
	const char *pattern, *role; /* NULL: the kind has none */
};

/* All 0: the rules of roles.def alone. */
struct roles {
	struct role_rule *added; /* they come first; texts are owned */
	size_t nr;
};

/* What a task is for. */
struct role_name {
	char program[MT_COMM_LEN + 1]; /* without a rule the process's name */
	char role[ROLE_LEN];	       /* "": not known */
};

/*
 * Adds the rules of a file's text, len bytes.  0, -ENOMEM, or -EBADMSG with what is wrong in why, which names the line.
 * roles__free() in any case.
 */
int roles__add(struct roles *roles, const char *text, size_t len, char why[ROLES_WHY]);
void roles__free(struct roles *roles);

/* Whether roles of a process depend on its title. */
bool roles__ask_title(const struct roles *roles, const struct mt_who *who);
/* title: the process's command line, blanks between arguments; NULL: not known, so nor is a role that depends on it. */
void roles__name(const struct roles *roles, const struct mt_who *who, const char *title, struct role_name *name);

#endif
