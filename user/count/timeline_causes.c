// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What caused an entry of a timeline.  Of each kind the newest entry is remembered by task, by cgroup, by node and of
 * the machine, so a cause is found by a few look-ups, however many entries there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_impl.h"
#include "../base/hash.h"

#define WAYS	   4  /* places that a key may have */
#define MAX_LEVELS 64 /* cgroups above one that are looked at */

/* What a key is made of; a kind of NR_TIMELINE_KINDS stands for any. */
struct key {
	uint64_t start_ns, number;
	uint32_t tid, pid;
	uint16_t kind, near;
	uint32_t pad;
};

const struct timeline_rule_row timeline_rules[] = {
#define MT_TIMELINE_RULE(name_, cause_, effect_, near_, within_ns_, flags_, where_)                                    \
	{ .rule = { name_, TIMELINE_##cause_, TIMELINE_##effect_, where_ },                                            \
	  .near = NEAR_##near_,                                                                                        \
	  .within_ns = within_ns_,                                                                                     \
	  .flags = flags_ },
#define INFER	     RULE_INFER
#define FRUITLESS    RULE_FRUITLESS
#define SAME_REQUEST RULE_SAME_REQUEST
#define SAME_CGROUP  RULE_SAME_CGROUP
#define BESIDE	     RULE_BESIDE
#define GAP	     RULE_GAP
#define UNTOLD	     RULE_UNTOLD
#include "timeline_rules.def"
	{ .rule = { NULL } },
};

int timeline_causes__init(struct timeline_causes *causes, const struct event_names *names)
{
	const struct timeline_rule_row *row;

	for (row = timeline_rules; row->rule.name; row++)
		causes->looked_for[row->rule.cause][row->near == NEAR_INSIDE ? NEAR_TASK : row->near] = true;
	causes->names = names;
	causes->list = calloc(TIMELINE_MEMORIES, sizeof(*causes->list));
	return causes->list ? 0 : -ENOMEM;
}

void timeline_causes__free(struct timeline_causes *causes)
{
	free(causes->list);
	causes->list = NULL;
}

/* 0 stands for an empty place. */
static uint64_t hash_of(const void *bytes, size_t size)
{
	uint64_t hash = hash__keyed(bytes, size);

	return hash ? hash : 1;
}

/* 0: the task is not known. */
static uint64_t task_key(unsigned int kind, const struct mt_who *who)
{
	const struct key key = {
		.kind = (uint16_t)kind,
		.near = NEAR_TASK,
		.tid = who->tid,
		.pid = who->pid,
		.start_ns = who->start_ns,
	};

	return who->tid ? hash_of(&key, sizeof(key)) : 0;
}

static uint64_t number_key(unsigned int kind, enum timeline_near near, uint64_t number)
{
	const struct key key = { .kind = (uint16_t)kind, .near = (uint16_t)near, .number = number };

	return hash_of(&key, sizeof(key));
}

static uint64_t path_key(unsigned int kind, const char *path, size_t len)
{
	return number_key(kind, NEAR_CGROUP, hash__keyed(path, len));
}

/* The cgroup that an effect is about: where the kernel does not tell whose limit it was, one below that. */
static uint64_t about(const struct timeline_entry *entry)
{
	return entry->cgroup_id ? entry->cgroup_id : entry->who.cgroup_id;
}

static const char *path_of(const struct timeline_causes *causes, uint64_t cgroup_id)
{
	return cgroup_id && causes->names->cgroup ? causes->names->cgroup(causes->names->ctx, cgroup_id) : NULL;
}

/* 0: there is none.  Of a cgroup, the key of what is known of it: its name, or its number alone. */
static uint64_t key_of(const struct timeline_causes *causes, unsigned int kind, enum timeline_near near,
		       const struct timeline_entry *entry)
{
	const char *path;

	switch (near) {
	case NEAR_INSIDE:
	case NEAR_TASK:
		return task_key(kind, &entry->who);
	case NEAR_CGROUP:
		if (!entry->cgroup_id)
			return 0;
		path = path_of(causes, entry->cgroup_id);
		return path ? path_key(kind, path, strlen(path)) : number_key(kind, near, entry->cgroup_id);
	case NEAR_NODE:
		return entry->node == MT_UNKNOWN_S32 ? 0 : number_key(kind, near, (uint32_t)entry->node);
	case NEAR_MACHINE:
	case NR_TIMELINE_NEARS:
		break;
	}
	return number_key(kind, near, 0);
}

static struct timeline_memory *places_of(const struct timeline_causes *causes, uint64_t key)
{
	return &causes->list[key % (TIMELINE_MEMORIES / WAYS) * WAYS];
}

static struct timeline_memory *recall(const struct timeline_causes *causes, uint64_t key)
{
	struct timeline_memory *places = places_of(causes, key);
	size_t i;

	for (i = 0; key && i < WAYS; i++)
		if (places[i].key == key)
			return &places[i];
	return NULL;
}

/* Its own place, or an empty one, or that of the one that ended first. */
static struct timeline_memory *place_for(const struct timeline_causes *causes, uint64_t key)
{
	struct timeline_memory *places = places_of(causes, key), *found = recall(causes, key);
	size_t i;

	if (found)
		return found;
	found = places;
	for (i = 1; i < WAYS; i++)
		if (places[i].end_ns < found->end_ns)
			found = &places[i];
	return found;
}

static uint64_t request_of(const struct timeline_entry *entry)
{
	const struct key key = { .number = entry->gfp_flags, .start_ns = (uint32_t)entry->order };

	return hash_of(&key, sizeof(key));
}

static bool fits(const struct timeline_rule_row *row, const struct timeline_memory *cause,
		 const struct timeline_entry *effect)
{
	if (cause->start_ns > effect->start_ns)
		return false;
	if (row->near == NEAR_INSIDE ?
		    cause->end_ns < effect->start_ns :
		    effect->start_ns > cause->end_ns && effect->start_ns - cause->end_ns > row->within_ns)
		return false;
	if (row->flags & RULE_UNTOLD && effect->order != MT_UNKNOWN_S32)
		return false;
	if (row->flags & RULE_FRUITLESS && !cause->fruitless)
		return false;
	if (row->flags & RULE_SAME_REQUEST && cause->request != request_of(effect))
		return false;
	return !(row->flags & (RULE_SAME_REQUEST | RULE_SAME_CGROUP)) || cause->cgroup_id == effect->cgroup_id ||
	       !cause->cgroup_id || !effect->cgroup_id;
}

/* The length of the path of the cgroup above; 0 at the root. */
static size_t above(const char *path, size_t len)
{
	while (len > 1 && path[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : 0;
}

static struct timeline_memory *find_cgroup(struct timeline_causes *causes, const struct timeline_rule_row *row,
					   const struct timeline_entry *effect)
{
	const char *path = path_of(causes, about(effect));
	size_t len = path ? strlen(path) : 0, level;
	struct timeline_memory *found;

	if (!path) {
		found = about(effect) ? recall(causes, number_key(row->rule.cause, NEAR_CGROUP, about(effect))) : NULL;
		return found && fits(row, found, effect) ? found : NULL;
	}
	for (level = 0; len && level < MAX_LEVELS; level++, len = above(path, len)) {
		found = recall(causes, path_key(row->rule.cause, path, len));
		if (found && fits(row, found, effect))
			return found;
	}
	return NULL;
}

static struct timeline_memory *find(struct timeline_causes *causes, const struct timeline_rule_row *row,
				    const struct timeline_entry *effect)
{
	struct timeline_memory *found;

	if (row->near == NEAR_CGROUP)
		return find_cgroup(causes, row, effect);
	found = recall(causes, key_of(causes, row->rule.cause, row->near, effect));
	return found && fits(row, found, effect) ? found : NULL;
}

struct timeline_memory *timeline_causes__find(struct timeline_causes *causes, const struct timeline_entry *effect,
					      const struct timeline_rule_row **rule,
					      const struct timeline_rule_row **infer)
{
	const struct timeline_rule_row *row;
	struct timeline_memory *found;

	*rule = *infer = NULL;
	for (row = timeline_rules; row->rule.name; row++) {
		if (row->rule.effect != effect->kind)
			continue;
		found = find(causes, row, effect);
		if (row->flags & RULE_INFER && !*infer)
			*infer = row;
		if (found) {
			*rule = row;
			return found;
		}
	}
	return NULL;
}

/* Of a task the newest one, else the one that ended last: it may be of another task. */
static void put(struct timeline_causes *causes, uint64_t key, const struct timeline_entry *entry, uint64_t id,
		bool newest)
{
	struct timeline_memory *memory;

	if (!key)
		return;
	memory = place_for(causes, key);
	if (memory->key == key && !newest && memory->end_ns > entry->end_ns)
		return;
	*memory = (struct timeline_memory){
		.key = key,
		.id = id,
		.start_ns = entry->start_ns,
		.end_ns = entry->end_ns,
		.request = request_of(entry),
		.cgroup_id = entry->cgroup_id,
		.depth = entry->depth,
		.fruitless = entry->reclaimed_pages == 0,
	};
}

void timeline_causes__remember(struct timeline_causes *causes, const struct timeline_entry *entry, uint64_t id)
{
	enum timeline_near near;

	for (near = NEAR_TASK; near < NR_TIMELINE_NEARS; near++)
		if (causes->looked_for[entry->kind][near])
			put(causes, key_of(causes, entry->kind, near, entry), entry, id, near == NEAR_TASK);
	if (timeline_folds[entry->kind] == FOLD_TASK)
		put(causes, task_key(NR_TIMELINE_KINDS, &entry->who), entry, id, false);
}

struct timeline_memory *timeline_causes__state(struct timeline_causes *causes, const struct timeline_entry *entry)
{
	enum timeline_near near = entry->cgroup_id ? NEAR_CGROUP : NEAR_MACHINE;

	return recall(causes, key_of(causes, entry->kind, near, entry));
}

struct timeline_memory *timeline_causes__last(struct timeline_causes *causes, const struct mt_who *who)
{
	return recall(causes, task_key(NR_TIMELINE_KINDS, who));
}
