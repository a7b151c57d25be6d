// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "rows.h"

static bool is_grouped(enum group_by by)
{
	return by == BY_COMM || by == BY_CGROUP || by == BY_ROLE || by == BY_PARENT;
}

/* Bytes behind the name's end may be anything; a key must not differ by them. */
static struct row_key comm_key(const char *comm)
{
	char name[MT_COMM_LEN];
	struct row_key key;

	_Static_assert(sizeof(name) == sizeof(key), "a name fills a key");
	memset(name, 0, sizeof(name));
	memcpy(name, comm, strnlen(comm, sizeof(name)));
	memcpy(&key, name, sizeof(key));
	return key;
}

struct row_key row_key__of(enum group_by by, const struct mt_who *who, uint64_t life)
{
	switch (by) {
	case BY_PROCESS:
	case BY_PARENT:
		return (struct row_key){ who->pid, who->start_ns };
	case BY_THREAD:
		return (struct row_key){ life, 0 };
	case BY_COMM:
		return comm_key(who->comm);
	case BY_CGROUP:
		return (struct row_key){ who->cgroup_id, 0 };
	default:
		return (struct row_key){ 0, 0 };
	}
}

struct row_key row_key__of_entity(enum group_by by, const struct entity *entity)
{
	if (by == BY_THREAD)
		return (struct row_key){ entity->id, 0 };
	return (struct row_key){ entity->pid, entity->start_ns };
}

void rows__init(struct rows *rows, enum group_by by, size_t max_groups)
{
	*rows = (struct rows){ .by = by, .max_groups = max_groups, .next_id = 1 };
	rows->other.other = true;
	strncpy(rows->other.comm, "other", sizeof(rows->other.comm));
}

static void row__clear(struct row *row)
{
	enum scope scope;

	for (scope = 0; scope < NR_SCOPES; scope++)
		packed__clear(&row->counts[scope]);
}

static void row__free(struct row *row)
{
	row__clear(row);
	free(row);
}

void rows__free(struct rows *rows)
{
	struct row *row, *next;

	for (row = rows->table; row; row = next) {
		next = row->hh.next;
		HASH_DEL(rows->table, row);
		row__free(row);
	}
	row__clear(&rows->other);
}

struct row *rows__find(const struct rows *rows, const struct row_key *key)
{
	struct row *row;

	HASH_FIND(hh, rows->table, key, sizeof(*key), row);
	return row;
}

/* By thread a row's id is its life, which distinguishes a retired row from all others. */
static struct row *rows__add(struct rows *rows, const struct row_key *key)
{
	struct row *row;

	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = *key;
	HASH_ADD(hh, rows->table, key, sizeof(row->key), row);
	if (!row->hh.tbl) {
		free(row);
		return NULL;
	}
	row->id = rows->by == BY_THREAD ? key->a : rows->next_id++;
	return row;
}

/* There were too many roles. */
static bool is_no_role(enum group_by by, const struct row_key *key)
{
	return by == BY_ROLE && !key->a;
}

struct row *rows__get(struct rows *rows, const struct row_key *key)
{
	struct row *row = rows__find(rows, key);

	if (!row && is_grouped(rows->by) && (HASH_COUNT(rows->table) >= rows->max_groups || is_no_role(rows->by, key)))
		return &rows->other;
	if (!row)
		row = rows__add(rows, key);
	return row;
}

void rows__remove(struct rows *rows, struct row *row)
{
	HASH_DEL(rows->table, row);
	row__free(row);
}

struct row *rows__next(struct rows *rows, const struct row *after)
{
	if (after == &rows->other)
		return NULL;
	if (!after && rows->table)
		return rows->table;
	if (after && after->hh.next)
		return after->hh.next;
	return &rows->other;
}

/* A group keeps only what all of its tasks share, which of a role is its number; by parent, who is the parent. */
static void row__name(struct row *row, enum group_by by, const struct mt_who *who)
{
	if (by == BY_ROLE)
		return;
	if (by == BY_CGROUP)
		row->cgroup_id = who->cgroup_id;
	else
		memcpy(row->comm, by == BY_THREAD ? who->tcomm : who->comm, sizeof(row->comm));
	if (by == BY_COMM || by == BY_CGROUP)
		return;
	row->pid = who->pid;
	row->tid = by == BY_THREAD ? who->tid : who->pid;
	row->start_ns = who->start_ns;
	row->cgroup_id = who->cgroup_id;
	row->uid = who->uid;
	row->who_flags = who->flags;
}

void row__refresh(struct row *row, enum group_by by, const struct mt_who *who, uint64_t time_ns)
{
	if (row->other || time_ns < row->newest_ns)
		return;
	row->newest_ns = time_ns;
	row__name(row, by, who);
}

bool row__exited(const struct row *row)
{
	return row->leader_gone && !row->lives;
}

void row__describe(const struct row *row, struct entity *entity)
{
	*entity = (struct entity){
		.pid = row->pid,
		.tid = row->tid,
		.start_ns = row->start_ns,
		.cgroup_id = row->cgroup_id,
		.uid = row->uid,
		.who_flags = row->who_flags,
		.other = row->other,
		.ended = row->ended,
		.exited = row__exited(row),
		.id = row->id,
		.role = row->key.a,
	};
	memcpy(entity->comm, row->comm, strnlen(row->comm, sizeof(row->comm)));
}
