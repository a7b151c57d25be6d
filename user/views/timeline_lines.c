// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "timeline_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"
#include "../report/cell_text.h"

#define NR(a)	   (sizeof(a) / sizeof((a)[0]))
#define MAX_INDENT 6 /* deeper lines stand there, too */
#define DAY_LEN	   8 /* HH:MM:SS */

/* A template of each kind's line: of one that was seen, of one that was not, and of several. */
struct words {
	const char *one, *unseen, *several;
};

#define LINE(words)   "{at} {indent}" words "< ({late})>"
#define TASK	      "{comm}[{tid}] "
#define TOOK	      "{duration_ns}< {at least}>"
#define BACK	      "<, got back {reclaimed}>"
#define SCANNED	      "<: scanned {scanned}, got back {reclaimed}>< ({yield})>"
#define SEVERAL(what) LINE("{count} more " what " of {comm}[{pid}] in {span}, {duration_ns} in all")
#define RECLAIM(name) LINE(TASK name " " TOOK "<, order {order}>" BACK "<, for {target_cgroup}>")
#define RECLAIMS(name)                                                                                                 \
	LINE("{count} more " name " of {comm}[{pid}] in {span}, {duration_ns} in all" BACK "<, for {target_cgroup}>")
#define KILL(after)                                                                                                    \
	LINE("OOM kill: {victim.comm}[{victim.pid}]<, {victim.anon_rss_bytes} of anonymous memory>, asked "            \
	     "by " TASK_ALONE after)
#define TASK_ALONE "{comm}[{tid}]"

/* clang-format off */
static const struct words words[NR_TIMELINE_KINDS] = {
	[TIMELINE_low] = {
		.one = LINE("free memory {value_bytes} below the low watermark {bound_bytes}, of all zones"),
		.unseen = LINE("not seen: a zone below its low watermark<, or without a block of order {order}>"),
	},
	[TIMELINE_min] = {
		.one = LINE("free memory {value_bytes} below the min watermark {bound_bytes}, of all zones"),
		.unseen = LINE("not seen: no zone above its min watermark<, or with a block of order {order}>"),
	},
	[TIMELINE_limit] = {
		.one = LINE("{target_cgroup} at its limit< of {bound_bytes}>"),
		.unseen = LINE("not seen: {target_cgroup}< {or above}> at its limit"),
	},
	[TIMELINE_above_high] = {
		.one = LINE("{target_cgroup} above memory.high< of {bound_bytes}>"),
		.unseen = LINE("not seen: {target_cgroup}< {or above}> above memory.high"),
	},
	[TIMELINE_dirty_limit] = {
		.one = LINE("{value_bytes} dirty or being written; above {bound_bytes} writers wait"),
		.unseen = LINE("not seen: too much dirty, of the machine, of a device or of a cgroup"),
	},
	[TIMELINE_wake] = {
		.one = LINE("kswapd{node} woken by " TASK_ALONE "<, order {order}>"),
		.unseen = LINE("kswapd{node} woken; not seen: by whom"),
		.several = LINE("kswapd{node} woken {count} more times in {span}"),
	},
	[TIMELINE_kswapd] = {
		.one = LINE("kswapd{node} " TOOK SCANNED),
		.several = LINE("{count} more sessions of kswapd{node} in {span}, {duration_ns} in all" SCANNED),
	},
	[TIMELINE_swapin] = {
		.one = LINE(TASK "waited " TOOK " for memory that was swapped out"),
		.several = SEVERAL("waits for memory that was swapped out"),
	},
	[TIMELINE_refault] = {
		.one = LINE(TASK "waited " TOOK " for page cache that was evicted"),
		.several = SEVERAL("waits for page cache that was evicted"),
	},
	[TIMELINE_stall] = {
		.one = LINE(TASK "stalled " TOOK "< in {function}>"),
		.several = SEVERAL("stalls"),
	},
	[TIMELINE_high] = {
		.one = LINE(TASK "reclaim for memory.high " TOOK "<, of {target_cgroup}>"),
		.several = SEVERAL("reclaims for memory.high"),
	},
	[TIMELINE_compact] = {
		.one = LINE(TASK "direct compaction " TOOK),
		.several = SEVERAL("direct compactions"),
	},
	[TIMELINE_direct] = { .one = RECLAIM("direct reclaim"), .several = RECLAIMS("direct reclaims") },
	[TIMELINE_node] = { .one = RECLAIM("node reclaim"), .several = RECLAIMS("node reclaims") },
	[TIMELINE_memcg] = { .one = RECLAIM("memcg reclaim"), .several = RECLAIMS("memcg reclaims") },
	[TIMELINE_softlimit] = { .one = RECLAIM("soft limit reclaim"), .several = RECLAIMS("soft limit reclaims") },
	[TIMELINE_throttled] = {
		.one = LINE(TASK "throttled {duration_ns} of that"),
		.several = SEVERAL("sleeps in reclaim"),
	},
	[TIMELINE_penalty] = {
		.one = LINE(TASK "slept " TOOK ", above memory.high<, of {target_cgroup}>"),
		.several = SEVERAL("sleeps above memory.high"),
	},
	[TIMELINE_dirty] = {
		.one = LINE("{comm}[{pid}] paused {pauses} times, {duration_ns} in all, as too much is dirty"),
		.several = LINE("{comm}[{pid}] paused {pauses} more times in {span}, {duration_ns} in all"),
	},
	[TIMELINE_gap] = { .one = LINE(TASK "{duration_ns} without a memory event") },
	[TIMELINE_memcg_kill] = { .one = KILL("<, limit of {target_cgroup}>") },
	[TIMELINE_kill] = { .one = KILL("<, order {order}>") },
};
/* clang-format on */

/* Those without a path are for people. */
static const struct column columns[] = {
	{ .title = "at" },
	{ .title = "indent" },
	{ .title = "late" },
	{ .title = "at least" },
	{ .title = "or above" },
	{ .title = "span", .unit = UNIT_NS },
	{ .title = "scanned" },
	{ .title = "reclaimed" },
	{ .title = "yield", .unit = UNIT_SHARE },
	{ .path = "id" },
	{ .path = "cause" },
	{ .path = "rule" },
	{ .path = "time_ns", .unit = UNIT_TIME },
	{ .path = "end_ns", .unit = UNIT_TIME },
	{ .path = "duration_ns", .unit = UNIT_NS },
	{ .path = "count", .unit = UNIT_COUNT },
	{ .path = "depth" },
	{ .path = "seen" },
	{ .path = "late" },
	{ .path = "partial" },
	{ .path = "pid" },
	{ .path = "tid" },
	{ .path = "start_time_ns" },
	{ .path = "comm" },
	{ .path = "thread_comm" },
	{ .path = "cgroup" },
	{ .path = "uid" },
	{ .path = "victim.pid" },
	{ .path = "victim.start_time_ns" },
	{ .path = "victim.comm" },
	{ .path = "victim.cgroup" },
	{ .path = "victim.anon_rss_bytes", .unit = UNIT_BYTES },
	{ .path = "target_cgroup" },
	{ .path = "node" },
	{ .path = "order", .unit = UNIT_ORDER },
	{ .path = "gfp_flags" },
	{ .path = "scanned_pages", .unit = UNIT_PAGES },
	{ .path = "reclaimed_pages", .unit = UNIT_PAGES },
	{ .path = "function" },
	{ .path = "pauses", .unit = UNIT_COUNT },
	{ .path = "value_bytes", .unit = UNIT_BYTES },
	{ .path = "bound_bytes", .unit = UNIT_BYTES },
};

_Static_assert(NR(columns) == TIMELINE_COLUMNS, "columns");

static struct cell known(uint64_t value)
{
	return value == MT_UNKNOWN_U64 ? cell_none() : cell_uint(value);
}

static struct cell known_int(int32_t value)
{
	return value == MT_UNKNOWN_S32 ? cell_none() : cell_int(value);
}

static struct cell text_of(bool is_known, const char *text)
{
	return is_known ? cell_string(text) : cell_none();
}

static struct cell comm_cell(char *buf, const char *comm)
{
	snprintf(buf, MT_COMM_LEN + 1, "%.*s", MT_COMM_LEN, comm);
	return text_of(buf[0], buf);
}

static struct cell cgroup_cell(const struct timeline_lines *lines, char *buf, uint64_t id)
{
	const struct event_names *names = lines->view->names;
	const char *path = id && names->cgroup ? names->cgroup(names->ctx, id) : NULL;

	if (path)
		snprintf(buf, TIMELINE_PATH, "%s", path);
	return text_of(path, buf);
}

static struct cell gfp_cell(struct timeline_lines *lines, uint64_t flags)
{
	const struct event_names *names = lines->view->names;
	const char *name;

	if (flags == MT_UNKNOWN_U64)
		return cell_none();
	name = names->gfp ? names->gfp(names->ctx, flags) : NULL;
	if (!name)
		return cell_address(flags);
	snprintf(lines->gfp, sizeof(lines->gfp), "%s", name);
	return cell_string(lines->gfp);
}

/* What is the same as in the line before is left out: only the milliseconds are printed within a second. */
static struct cell moment_cell(struct timeline_lines *lines, const struct output *out, uint64_t time_ns)
{
	static const struct column column = { .unit = UNIT_TIME };
	const struct cell cell = cell_uint(time_ns);
	struct cell_text text = { .wall_offset_ns = out->wall_offset_ns };
	const char *now = cell_text__format(&text, &column, &cell);
	size_t same = out->wall_offset_ns && strncmp(now, lines->at, DAY_LEN) == 0 ? DAY_LEN : 0;

	snprintf(lines->at, sizeof(lines->at), "%s", now);
	snprintf(lines->moment, sizeof(lines->moment), "%*s%s", (int)same, "", lines->at + same);
	free(text.buf);
	return cell_string(lines->moment);
}

static bool is_kill(enum timeline_kind kind)
{
	return kind == TIMELINE_kill || kind == TIMELINE_memcg_kill;
}

/* A kill ends what led to it. */
static struct cell indent_cell(struct timeline_lines *lines, const struct timeline_entry *entry)
{
	unsigned int depth = entry->depth < MAX_INDENT ? entry->depth : MAX_INDENT, i;

	lines->indent[0] = '\0';
	for (i = 1; i < depth; i++)
		strcat(lines->indent, "│ ");
	if (depth)
		strcat(lines->indent, is_kill(entry->kind) ? "└ " : "├ ");
	return cell_string(lines->indent);
}

static struct cell size_cell(const struct timeline_lines *lines, char *buf, size_t size, uint64_t pages)
{
	if (pages)
		format_bytes(buf, size, (double)pages * lines->view->facts->page_size);
	else
		snprintf(buf, size, "nothing");
	return text_of(pages != MT_UNKNOWN_U64, buf);
}

static struct cell *put_text(struct timeline_lines *lines, const struct output *out, struct cell *c,
			     const struct timeline_entry *entry)
{
	bool yields = entry->scanned_pages && entry->scanned_pages != MT_UNKNOWN_U64 &&
		      entry->reclaimed_pages != MT_UNKNOWN_U64;

	*c++ = moment_cell(lines, out, entry->place);
	*c++ = indent_cell(lines, entry);
	*c++ = text_of(entry->late, "told late");
	*c++ = text_of(entry->partial, "or more");
	*c++ = text_of(entry->above, "or a cgroup above it");
	*c++ = cell_uint(entry->end_ns - entry->start_ns);
	*c++ = size_cell(lines, lines->scanned, sizeof(lines->scanned), entry->scanned_pages);
	*c++ = size_cell(lines, lines->reclaimed, sizeof(lines->reclaimed), entry->reclaimed_pages);
	*c++ = yields ? cell_real((double)entry->reclaimed_pages / (double)entry->scanned_pages) : cell_none();
	return c;
}

static struct cell *put_who(struct timeline_lines *lines, struct cell *c, const struct mt_who *who)
{
	*c++ = who->pid ? cell_uint(who->pid) : cell_none();
	*c++ = who->tid ? cell_uint(who->tid) : cell_none();
	*c++ = who->pid ? cell_uint(who->start_ns) : cell_none();
	*c++ = comm_cell(lines->comm, who->comm);
	*c++ = comm_cell(lines->tcomm, who->tcomm);
	*c++ = cgroup_cell(lines, lines->cgroup, who->cgroup_id);
	*c++ = who->pid && who->uid != UINT32_MAX ? cell_uint(who->uid) : cell_none();
	return c;
}

static struct cell *put_victim(struct timeline_lines *lines, struct cell *c, const struct timeline_entry *entry)
{
	const struct mt_who *who = &entry->victim;

	*c++ = who->pid ? cell_uint(who->pid) : cell_none();
	*c++ = who->pid ? cell_uint(who->start_ns) : cell_none();
	*c++ = comm_cell(lines->victim_comm, who->comm);
	*c++ = cgroup_cell(lines, lines->victim_cgroup, who->cgroup_id);
	*c++ = known(entry->rss_bytes);
	return c;
}

static struct cell *put_figures(struct timeline_lines *lines, struct cell *c, const struct timeline_entry *entry)
{
	*c++ = cgroup_cell(lines, lines->target, entry->cgroup_id);
	*c++ = known_int(entry->node);
	*c++ = known_int(entry->order);
	*c++ = gfp_cell(lines, entry->gfp_flags);
	*c++ = known(entry->scanned_pages);
	*c++ = known(entry->reclaimed_pages);
	*c++ = text_of(entry->function[0], entry->function);
	*c++ = entry->number ? cell_uint(entry->number) : cell_none();
	*c++ = known(entry->value_bytes);
	*c++ = known(entry->bound_bytes);
	return c;
}

static void fill(struct timeline_lines *lines, const struct output *out, const struct timeline_entry *entry)
{
	struct cell *c = put_text(lines, out, lines->cells, entry);

	*c++ = cell_uint(entry->id);
	*c++ = entry->cause ? cell_uint(entry->cause) : cell_none();
	*c++ = entry->rule ? cell_string(entry->rule->name) : cell_none();
	*c++ = cell_uint(entry->place);
	*c++ = cell_uint(entry->end_ns);
	*c++ = cell_uint(entry->duration_ns);
	*c++ = cell_uint(entry->events);
	*c++ = cell_uint(entry->depth);
	*c++ = cell_bool(entry->seen);
	*c++ = cell_bool(entry->late);
	*c++ = cell_bool(entry->partial);
	c = put_who(lines, c, &entry->who);
	c = put_victim(lines, c, entry);
	put_figures(lines, c, entry);
}

static const char *template_of(const struct timeline_entry *entry)
{
	const struct words *w = &words[entry->kind];

	if (entry->events > 1 && w->several)
		return w->several;
	return !entry->seen && w->unseen ? w->unseen : w->one;
}

int timeline_lines__write(struct timeline_lines *lines, struct output *out, const struct timeline_entry *entry)
{
	fill(lines, out, entry);
	return out->ops->event(out, timeline_kind_names[entry->kind], template_of(entry), columns, lines->cells,
			       NR(columns));
}

struct timeline_count timeline_lines__sum(const struct timeline *timeline)
{
	struct timeline_count sum = { 0 };
	enum timeline_kind kind;

	for (kind = 0; kind < NR_TIMELINE_KINDS; kind++) {
		const struct timeline_count *count = timeline__count(timeline, kind);

		sum.events += count->events;
		sum.lines += count->lines;
		sum.late += count->late;
		sum.left_out += count->left_out;
	}
	return sum;
}

struct table timeline_lines__counts(struct timeline_lines *lines, const struct timeline *timeline)
{
	static const struct column count_columns[TIMELINE_COUNTS] = {
		{ .path = "name" },
		{ .path = "count", .unit = UNIT_COUNT },
		{ .path = "estimate", .unit = UNIT_COUNT },
		{ .path = "lines", .unit = UNIT_COUNT },
		{ .path = "late", .unit = UNIT_COUNT },
		{ .path = "left_out", .unit = UNIT_COUNT },
	};
	struct cell *c = lines->counts;
	enum timeline_kind kind;

	lines->count_rows = (struct cell_rows){ .cells = c, .nr_columns = TIMELINE_COUNTS };
	for (kind = 0; kind < NR_TIMELINE_KINDS; kind++) {
		const struct timeline_count *count = timeline__count(timeline, kind);

		if (!count->events)
			continue;
		*c++ = cell_string(timeline_kind_names[kind]);
		*c++ = cell_uint(count->events);
		*c++ = cell_none();
		*c++ = cell_uint(count->lines);
		*c++ = cell_uint(count->late);
		*c++ = cell_uint(count->left_out);
		lines->count_rows.nr++;
	}
	return (struct table){ .path = "events",
			       .columns = count_columns,
			       .nr_columns = TIMELINE_COUNTS,
			       .rows = cell_rows__source(&lines->count_rows) };
}
