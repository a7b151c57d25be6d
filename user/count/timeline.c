// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_impl.h"

#define GAP_NS	 100000000ULL  /* what is shorter is no gap */
#define STATE_NS 1500000000ULL /* a state that is seen again after that has lasted */

const char *const timeline_kind_names[NR_TIMELINE_KINDS] = {
#define MT_TIMELINE_KIND(id, fold, help) [TIMELINE_##id] = #id,
#include "timeline_rules.def"
};

const char *const timeline_kind_helps[NR_TIMELINE_KINDS] = {
#define MT_TIMELINE_KIND(id, fold, help) [TIMELINE_##id] = help,
#include "timeline_rules.def"
};

const enum timeline_fold timeline_folds[NR_TIMELINE_KINDS] = {
#define MT_TIMELINE_KIND(id, fold, help) [TIMELINE_##id] = FOLD_##fold,
#include "timeline_rules.def"
};

static int sign(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* What began first; of what began together causes come first, as the kinds are in that order. */
static int by_start(const struct timeline_entry *a, const struct timeline_entry *b)
{
	int order = sign(a->start_ns, b->start_ns);

	return order ? order : sign(a->kind, b->kind);
}

/* Ids are given in order. */
static int by_place(const struct timeline_entry *a, const struct timeline_entry *b)
{
	int order = sign(a->place, b->place);

	return order ? order : sign(a->id, b->id);
}

struct timeline *timeline__new(const struct timeline_config *config)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return NULL;
	timeline->config = *config;
	timeline->window.compare = by_start;
	timeline->lines.compare = by_place;
	timeline->runs = calloc(TIMELINE_RUNS, sizeof(*timeline->runs));
	if (timeline->runs && !timeline_causes__init(&timeline->causes, config->names))
		return timeline;
	timeline__free(timeline);
	errno = ENOMEM;
	return NULL;
}

void timeline__free(struct timeline *timeline)
{
	if (!timeline)
		return;
	timeline_queue__free(&timeline->window);
	timeline_queue__free(&timeline->lines);
	timeline_causes__free(&timeline->causes);
	free(timeline->runs);
	free(timeline);
}

const struct timeline_count *timeline__count(const struct timeline *timeline, enum timeline_kind kind)
{
	return &timeline->counts[kind];
}

void timeline__add(struct timeline *timeline, const struct timeline_entry *entry)
{
	struct timeline_count *count = &timeline->counts[entry->kind];
	struct timeline_entry *copy = malloc(sizeof(*copy));

	count->events += entry->events;
	if (copy)
		*copy = *entry;
	if (copy && !timeline_queue__add(&timeline->window, copy))
		return;
	count->left_out += entry->events;
	free(copy);
}

/* What began before this entry has come, so all that it may have been caused by is known. */
static void place(struct timeline *timeline, struct timeline_entry *entry)
{
	bool is_line;
	uint64_t id = timeline__line(timeline, entry, &is_line);

	if (id)
		timeline_causes__remember(&timeline->causes, entry, id);
	if (!is_line)
		free(entry);
}

static void place_copy(struct timeline *timeline, const struct timeline_entry *entry)
{
	struct timeline_entry *copy = malloc(sizeof(*copy));

	timeline->counts[entry->kind].events += entry->events;
	if (!copy) {
		timeline->counts[entry->kind].left_out += entry->events;
		return;
	}
	*copy = *entry;
	place(timeline, copy);
}

/* Not of a kill that somebody asked for (order -1, drivers/tty/sysrq.c), nor where the kernel does not tell. */
static bool may_infer(const struct timeline_rule_row *rule, const struct timeline_entry *effect)
{
	if (rule->near == NEAR_CGROUP && !effect->cgroup_id && !effect->who.cgroup_id)
		return false;
	return effect->kind != TIMELINE_kill || (effect->order != MT_UNKNOWN_S32 && effect->order >= 0);
}

/* A cause that was not seen, as a line above its effect. */
static void infer(struct timeline *timeline, const struct timeline_rule_row *rule, const struct timeline_entry *effect)
{
	struct timeline_entry cause;

	timeline_entry__init(&cause, rule->rule.cause, effect->start_ns, effect->end_ns);
	cause.seen = false;
	cause.place = effect->place;
	/* a watermark is also missed where there is no free block of that order (mm/page_alloc.c,
	 * __zone_watermark_ok()) */
	if (rule->near == NEAR_MACHINE && effect->order != MT_UNKNOWN_S32 && effect->order > 0)
		cause.order = effect->order;
	if (rule->near == NEAR_CGROUP) {
		cause.cgroup_id = effect->cgroup_id ? effect->cgroup_id : effect->who.cgroup_id;
		cause.above = !effect->cgroup_id;
	}
	place_copy(timeline, &cause);
}

static struct timeline_memory *find_cause(struct timeline *timeline, const struct timeline_entry *effect,
					  const struct timeline_rule_row **rule)
{
	const struct timeline_rule_row *unseen;
	struct timeline_memory *cause = timeline_causes__find(&timeline->causes, effect, rule, &unseen);

	if (cause || !unseen || !may_infer(unseen, effect))
		return cause;
	infer(timeline, unseen, effect);
	return timeline_causes__find(&timeline->causes, effect, rule, &unseen);
}

/* Time in which nothing was seen of a task. */
static void add_gap(struct timeline *timeline, const struct timeline_entry *effect)
{
	const struct timeline_memory *last = timeline_causes__last(&timeline->causes, &effect->who);
	struct timeline_entry gap;

	if (!last || last->end_ns > effect->start_ns || effect->start_ns - last->end_ns < GAP_NS)
		return;
	timeline_entry__init(&gap, TIMELINE_gap, last->end_ns, effect->start_ns);
	gap.who = effect->who;
	gap.cause = last->id;
	gap.depth = effect->depth;
	place_copy(timeline, &gap);
}

static void link_cause(struct timeline *timeline, struct timeline_entry *effect)
{
	const struct timeline_rule_row *rule;
	struct timeline_memory *cause = find_cause(timeline, effect, &rule);

	if (!cause)
		return;
	effect->cause = cause->id;
	effect->rule = &rule->rule;
	effect->depth = cause->depth + !(rule->flags & RULE_BESIDE);
	/* a state lasts as long as it has effects */
	if (timeline_folds[rule->rule.cause] == FOLD_STATE && cause->end_ns < effect->end_ns)
		cause->end_ns = effect->end_ns;
	if (rule->flags & RULE_GAP)
		add_gap(timeline, effect);
}

/* A state that is seen again has no second line. */
static bool lasts(struct timeline *timeline, const struct timeline_entry *entry)
{
	struct timeline_memory *before = timeline_causes__state(&timeline->causes, entry);

	if (timeline_folds[entry->kind] != FOLD_STATE || !before)
		return false;
	if (entry->start_ns > before->end_ns && entry->start_ns - before->end_ns > STATE_NS)
		return false;
	if (before->end_ns < entry->end_ns)
		before->end_ns = entry->end_ns;
	return true;
}

static void leave_window(struct timeline *timeline, struct timeline_entry *entry)
{
	if (lasts(timeline, entry)) {
		free(entry);
		return;
	}
	link_cause(timeline, entry);
	place(timeline, entry);
}

static bool is_due(const struct timeline *timeline, const struct timeline_entry *entry)
{
	return timeline->window.nr > timeline->config.max ||
	       (timeline->now_ns > entry->start_ns && timeline->now_ns - entry->start_ns >= timeline->config.hold_ns);
}

int timeline__advance(struct timeline *timeline, uint64_t now_ns, bool all)
{
	struct timeline_entry *entry;
	int err = 0;

	if (timeline->now_ns < now_ns)
		timeline->now_ns = now_ns;
	while (!err && (entry = timeline_queue__first(&timeline->window)) && (all || is_due(timeline, entry))) {
		timeline_queue__take(&timeline->window);
		leave_window(timeline, entry);
		if (timeline->lines.nr > timeline->config.max)
			err = timeline__emit(timeline, false);
	}
	return err ? err : timeline__emit(timeline, all);
}

/* A session of kswapd began as a task woke it: two lines. */
static void add_wake(struct timeline *timeline, const struct mt_kswapd *record)
{
	struct timeline_entry wake;

	if (record->partial)
		return;
	timeline_entry__init(&wake, TIMELINE_wake, record->start_ns, record->start_ns);
	wake.seen = record->waker_order != MT_UNKNOWN_S32;
	wake.who = record->waker;
	wake.node = record->node;
	wake.order = record->waker_order;
	wake.gfp_flags = wake.seen ? record->waker_gfp : MT_UNKNOWN_U64;
	timeline__add(timeline, &wake);
}

/* When in its episode it slept is not known: all of it stands at the begin.  MT_UNKNOWN_U64 is more than it took. */
static void add_throttled(struct timeline *timeline, const struct mt_reclaim *record,
			  const struct timeline_entry *entry)
{
	struct timeline_entry throttled;
	uint64_t ns = record->throttled_ns;

	if (!ns || ns > entry->duration_ns)
		return;
	timeline_entry__init(&throttled, TIMELINE_throttled, entry->start_ns, entry->start_ns + ns);
	throttled.who = entry->who;
	throttled.cgroup_id = entry->cgroup_id;
	timeline__add(timeline, &throttled);
}

int timeline__event(struct timeline *timeline, const struct event_row *row, const void *record)
{
	struct timeline_entry entry;

	if (timeline_entry__of(&timeline->config, row, record, &entry)) {
		if (entry.kind == TIMELINE_kswapd)
			add_wake(timeline, record);
		timeline__add(timeline, &entry);
		if (row->id == MT_REC_reclaim)
			add_throttled(timeline, record, &entry);
	}
	return timeline__advance(timeline, ((const struct mt_hdr *)record)->time_ns, false);
}

int timeline__finish(struct timeline *timeline)
{
	return timeline__advance(timeline, timeline->now_ns, true);
}
