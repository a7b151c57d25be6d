// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "task_roles.h"

#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

#define MAX_NAMES 16384

struct known_role {
	UT_hash_handle by_name, by_id;
	struct role_name name; /* zeroes behind the ends of texts */
	uint64_t id;
};

struct task_roles {
	const struct roles *rules;
	struct titles titles;
	struct known_role *names, *ids;
	uint64_t next_id;
	/* Of the last task that was asked for: its records are looked at some times. */
	struct mt_who last;
	uint64_t last_id;
};

struct task_roles *task_roles__new(const struct roles *rules)
{
	struct task_roles *roles = calloc(1, sizeof(*roles));

	if (!roles)
		return NULL;
	roles->rules = rules;
	roles->next_id = 1;
	return roles;
}

static void drop(struct task_roles *roles, struct known_role *known)
{
	HASH_DELETE(by_name, roles->names, known);
	HASH_DELETE(by_id, roles->ids, known);
	free(known);
}

static bool is_used_by_none(const void *ctx, uint64_t id)
{
	(void)ctx;
	(void)id;
	return false;
}

void task_roles__free(struct task_roles *roles)
{
	if (!roles)
		return;
	task_roles__keep(roles, is_used_by_none, NULL);
	titles__free(&roles->titles);
	free(roles);
}

void task_roles__keep(struct task_roles *roles, bool (*is_used)(const void *ctx, uint64_t id), const void *ctx)
{
	struct known_role *known, *next;

	roles->last_id = 0;
	HASH_ITER (by_name, roles->names, known, next)
		if (!is_used(ctx, known->id))
			drop(roles, known);
}

void task_roles__title(struct task_roles *roles, const struct title_record *record)
{
	roles->last_id = 0;
	titles__take(&roles->titles, record);
}

void task_roles__end(struct task_roles *roles, const struct mt_who *who, uint64_t time_ns)
{
	if (who->tid == who->pid)
		titles__end(&roles->titles, who, time_ns);
}

void task_roles__retire(struct task_roles *roles, uint64_t now_ns, uint64_t linger_ns)
{
	titles__retire(&roles->titles, now_ns, linger_ns);
	roles->last_id = 0;
}

static struct known_role *add(struct task_roles *roles, const struct role_name *name)
{
	struct known_role *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->name = *name;
	known->id = roles->next_id++;
	HASH_ADD(by_name, roles->names, name, sizeof(known->name), known);
	if (known->by_name.tbl) {
		HASH_ADD(by_id, roles->ids, id, sizeof(known->id), known);
		if (known->by_id.tbl)
			return known;
		HASH_DELETE(by_name, roles->names, known);
	}
	free(known);
	return NULL;
}

static uint64_t look_up(struct task_roles *roles, const struct mt_who *who)
{
	const struct title *title = titles__find(&roles->titles, who);
	struct known_role *known;
	struct role_name name, key;

	roles__name(roles->rules, who, title && title->record.hdr.id ? title->record.title : NULL, &name);
	memset(&key, 0, sizeof(key));
	strcpy(key.program, name.program);
	strcpy(key.role, name.role);
	HASH_FIND(by_name, roles->names, &key, sizeof(key), known);
	if (!known && HASH_CNT(by_name, roles->names) < MAX_NAMES)
		known = add(roles, &key);
	return known ? known->id : 0;
}

uint64_t task_roles__id(struct task_roles *roles, const struct mt_who *who)
{
	if (roles->last_id && !memcmp(&roles->last, who, sizeof(*who)))
		return roles->last_id;
	roles->last_id = look_up(roles, who);
	roles->last = *who;
	return roles->last_id;
}

const struct role_name *task_roles__name(const struct task_roles *roles, uint64_t id)
{
	struct known_role *known;

	HASH_FIND(by_id, roles->ids, &id, sizeof(id), known);
	return known ? &known->name : NULL;
}
