/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What tasks are for: their roles as numbers, by which rows and histograms are told apart. */
#ifndef MEMTRACE_COUNT_TASK_ROLES_H
#define MEMTRACE_COUNT_TASK_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "../model/roles.h"
#include "../model/titles.h"

struct task_roles;

/* rules must outlive it.  NULL: no memory. */
struct task_roles *task_roles__new(const struct roles *rules);
void task_roles__free(struct task_roles *roles); /* NULL is fine */

void task_roles__title(struct task_roles *roles, const struct title_record *record);
/* The task had its final record. */
void task_roles__end(struct task_roles *roles, const struct mt_who *who, uint64_t time_ns);
/* Forgets titles of processes that ended linger_ns ago. */
void task_roles__retire(struct task_roles *roles, uint64_t now_ns, uint64_t linger_ns);

/* The role that the task has now: the same number for the same name.  0: there is no room for another one. */
uint64_t task_roles__id(struct task_roles *roles, const struct mt_who *who);
/* NULL: there is none with that number. */
const struct role_name *task_roles__name(const struct task_roles *roles, uint64_t id);
/* Forgets the numbers that are not in use; a role that comes back has another one. */
void task_roles__keep(struct task_roles *roles, bool (*is_used)(const void *ctx, uint64_t id), const void *ctx);

#endif
