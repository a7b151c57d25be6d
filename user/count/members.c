// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "members.h"

#include <stdlib.h>
#include <string.h>

/* No real chain is longer; one of a made-up recording may have no end. */
#define MAX_ANCESTORS 256

static struct member_key key_of(const struct mt_who *who)
{
	return (struct member_key){ .pid = who->pid, .start_ns = who->start_ns };
}

void members__free(struct members *members)
{
	struct member *member, *next;

	for (member = members->table; member; member = next) {
		next = member->hh.next;
		HASH_DEL(members->table, member);
		free(member);
	}
}

struct member *members__find(const struct members *members, const struct mt_who *who)
{
	struct member_key key = key_of(who);
	struct member *member;

	HASH_FIND(hh, members->table, &key, sizeof(key), member);
	return member;
}

static struct member *add(struct members *members, const struct mt_who *who)
{
	struct member *member = calloc(1, sizeof(*member));

	if (!member)
		return NULL;
	member->key = key_of(who);
	HASH_ADD(hh, members->table, key, sizeof(member->key), member);
	if (member->hh.tbl)
		return member;
	free(member);
	return NULL;
}

struct member *members__get(struct members *members, const struct mt_task *task)
{
	struct member *member = members__find(members, &task->who);

	if (!member) {
		member = add(members, &task->who);
		if (member)
			member->parent = task->parent;
	}
	if (!member || task->hdr.time_ns < member->newest_ns)
		return member;
	member->newest_ns = task->hdr.time_ns;
	member->who = task->who;
	return member;
}

void members__retire(struct members *members, uint64_t now_ns, uint64_t linger_ns)
{
	struct member *member, *next;

	/* before the links of a chain go */
	for (member = members->table; member; member = member->hh.next)
		member->parent = *members__ancestor(members, &member->parent);
	for (member = members->table; member; member = next) {
		next = member->hh.next;
		if (!member__ended(member) || now_ns < member->newest_ns + linger_ns)
			continue;
		HASH_DEL(members->table, member);
		free(member);
	}
}

bool member__ended(const struct member *member)
{
	return member->leader_gone && !member->lives;
}

static bool is_family(const struct mt_who *who)
{
	return who->flags & MT_WHO_FAMILY;
}

const struct mt_who *members__ancestor(const struct members *members, const struct mt_who *who)
{
	int i;

	for (i = 0; i < MAX_ANCESTORS; i++) {
		const struct member *member = members__find(members, who), *above;

		if (!member || !member__ended(member))
			break;
		above = members__find(members, &member->parent);
		if (!member->parent.pid || (is_family(&member->who) && (!above || !is_family(&above->who))))
			break;
		who = &member->parent;
	}
	return who;
}

static struct member_row *remember(struct member *member, uint64_t row_id)
{
	if (member->nr_rows == MEMBER_ROWS)
		memmove(member->rows, member->rows + 1, --member->nr_rows * sizeof(*member->rows));
	member->rows[member->nr_rows] = (struct member_row){ .id = row_id };
	return &member->rows[member->nr_rows++];
}

static struct member_row *find_row(struct member *member, uint64_t row_id)
{
	uint32_t i;

	for (i = 0; i < member->nr_rows; i++)
		if (member->rows[i].id == row_id)
			return &member->rows[i];
	return NULL;
}

enum member_news member__count(struct member *member, uint64_t row_id, uint64_t interval)
{
	struct member_row *row = find_row(member, row_id);
	enum member_news news = MEMBER_NO_NEWS;

	if (!row) {
		row = remember(member, row_id);
		news = MEMBER_NEW_IN_ROW;
	} else if (row->interval != interval) {
		news = MEMBER_NEW_IN_INTERVAL;
	}
	row->interval = interval;
	return news;
}
