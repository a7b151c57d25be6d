// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "layout.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 128

static const char *const code_names[NR_FIELD_CODES] = {
	[CODE_UINT] = "uint",
	[CODE_INT] = "int",
	[CODE_COUNT] = "count",
	[CODE_ADDRESS] = "address",
	[CODE_TIME] = "time",
	[CODE_WHO] = "who",
	[CODE_REF] = "ref",
	[CODE_KERNEL_STACK] = "kernel_stack",
	[CODE_USER_STACK] = "user_stack",
	[CODE_CGROUP] = "cgroup",
};

/* Layouts under construction: the first error stays. */
struct builder {
	struct layouts *layouts;
	struct layout *layout;
	size_t room;
	int error;
};

static void add_layout(struct builder *b, const char *name, uint16_t id, size_t size)
{
	struct layouts *layouts = b->layouts;

	if (b->error)
		return;
	b->layout = &layouts->list[layouts->nr++];
	*b->layout = (struct layout){ .name = strdup(name), .id = id, .size = size, .who = -1 };
	b->room = 0;
	if (size > layouts->size)
		layouts->size = size;
	if (!b->layout->name)
		b->error = -ENOMEM;
}

static enum field_load load_of(enum field_code code, size_t size)
{
	if (code == CODE_WHO || code == CODE_REF)
		return LOAD_OTHER;
	if (size == sizeof(uint64_t))
		return LOAD_U64;
	if (size != sizeof(uint32_t))
		return LOAD_OTHER;
	return code == CODE_INT || code == CODE_KERNEL_STACK || code == CODE_USER_STACK ? LOAD_S32 : LOAD_U32;
}

static void add_field(struct builder *b, enum field_code code, size_t offset, size_t size, const char *name)
{
	struct layout *layout = b->layout;
	struct layout_field *fields;
	bool is_first_task;

	if (b->error)
		return;
	if (layout->nr_fields == b->room) {
		b->room = b->room ? 2 * b->room : 16;
		fields = reallocarray(layout->fields, b->room, sizeof(*fields));
		if (!fields) {
			b->error = -ENOMEM;
			return;
		}
		layout->fields = fields;
	}
	is_first_task = layout->who < 0 && (code == CODE_WHO || code == CODE_REF);
	if (is_first_task)
		layout->who = (int)layout->nr_fields;
	if (layout->first_part == layout->nr_fields && (is_first_task || code < CODE_WHO))
		layout->first_part++;
	layout->fields[layout->nr_fields] = (struct layout_field){
		.name = strdup(name), .code = code, .load = load_of(code, size), .offset = offset, .size = size
	};
	if (!layout->fields[layout->nr_fields++].name)
		b->error = -ENOMEM;
}

static void __attribute__((format(printf, 5, 6)))
add_named(struct builder *b, enum field_code code, size_t offset, size_t size, const char *fmt, ...)
{
	char name[MAX_NAME];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	add_field(b, code, offset, size, name);
}

#define FIELD(b, code, type, member, name) add_field(b, code, offsetof(type, member), sizeof(((type *)0)->member), name)

static void add_task(struct builder *b)
{
	int i;

	add_layout(b, "task", MT_REC_TASK, sizeof(struct mt_task));
	FIELD(b, CODE_WHO, struct mt_task, who, "who");
	FIELD(b, CODE_WHO, struct mt_task, parent, "parent");
	FIELD(b, CODE_UINT, struct mt_task, life, "life");
	FIELD(b, CODE_UINT, struct mt_task, flags, "flags");
	for (i = 0; i < MT_NR_SLOTS; i++)
		add_field(b, CODE_COUNT, offsetof(struct mt_task, c[i]), sizeof(__u64), slot_rows[i].path);
}

static enum field_code code_of(const struct field_row *row)
{
	switch (row->type) {
	case FIELD_WHO:
		return CODE_WHO;
	case FIELD_REF:
		return CODE_REF;
	case FIELD_ADDRESS:
		return CODE_ADDRESS;
	case FIELD_INT:
		return CODE_INT;
	case FIELD_KERNEL_STACK:
		return CODE_KERNEL_STACK;
	case FIELD_USER_STACK:
		return CODE_USER_STACK;
	case FIELD_CGROUP:
		return CODE_CGROUP;
	case FIELD_CODE: /* may be MT_UNKNOWN_S32 */
		return row->size == sizeof(__s32) ? CODE_INT : CODE_UINT;
	default:
		return row->unit == UNIT_TIME ? CODE_TIME : CODE_UINT;
	}
}

static uint64_t unknown_of(const struct field_row *row)
{
	switch (row->type) {
	case FIELD_UINT:
	case FIELD_GFP:
		return UINT64_MAX;
	case FIELD_INT:
	case FIELD_CODE:
	case FIELD_KERNEL_STACK:
	case FIELD_USER_STACK:
		return (uint64_t)(int64_t)MT_UNKNOWN_S32;
	default:
		return 0;
	}
}

/* A text is as many numbers as it has eight bytes: texts repeat, so most records have none of them. */
static void add_text(struct builder *b, size_t offset, size_t size, const char *name)
{
	size_t part;

	for (part = 0; part * sizeof(uint64_t) < size; part++)
		add_named(b, CODE_UINT, offset + part * sizeof(uint64_t), sizeof(uint64_t), "%s.%zu", name, part);
}

static void add_row(struct builder *b, const struct field_row *row)
{
	if (row->type == FIELD_FLAGS)
		return; /* the member has another row */
	if (row->type == FIELD_TEXT) {
		add_text(b, row->offset, row->size, row->member);
		return;
	}
	add_field(b, code_of(row), row->offset, row->size, row->member);
	if (!b->error)
		b->layout->fields[b->layout->nr_fields - 1].unknown = unknown_of(row);
}

static void add_event(struct builder *b, const struct event_row *row)
{
	size_t i;

	add_layout(b, row->name, row->id, row->size);
	for (i = 0; i < row->nr_fields; i++)
		add_row(b, &row->fields[i]);
}

#define COUNT(b, member, ...)                                                                                          \
	add_named(b, CODE_COUNT, offsetof(struct checkpoint_record, member),                                           \
		  sizeof(((struct checkpoint_record *)0)->member), __VA_ARGS__)

static void add_losses(struct builder *b)
{
	char ring[RING_NAME_LEN];
	int i;

	COUNT(b, totals.losses.rare, "lost.rare");
	COUNT(b, totals.losses.hot, "lost.hot");
	COUNT(b, totals.losses.events, "lost.events");
	COUNT(b, totals.losses.tasks, "lost.tasks");
	COUNT(b, totals.losses.folded, "lost.folded");
	COUNT(b, totals.losses.unfinished, "lost.unfinished");
	COUNT(b, totals.losses.recursion, "lost.recursion");
	COUNT(b, totals.losses.stacks, "lost.stacks");
	COUNT(b, totals.losses.unmapped, "lost.unmapped");
	for (i = 0; i < RINGS_MAX; i++)
		COUNT(b, totals.losses.ring_records[i], "lost.ring_records.%s", rings__name(i, ring, sizeof(ring)));
	for (i = 0; i < MT_NR_SLOTS; i++)
		COUNT(b, totals.losses.unattributed[i], "lost.unattributed.%s", slot_rows[i].path);
}

static void add_rings(struct builder *b)
{
	FIELD(b, CODE_UINT, struct checkpoint_record, totals.rings.nr_hot, "rings.nr_hot");
	FIELD(b, CODE_UINT, struct checkpoint_record, totals.rings.cpus_per_ring, "rings.cpus_per_ring");
	FIELD(b, CODE_UINT, struct checkpoint_record, totals.rings.hot_bytes, "rings.hot_bytes");
	FIELD(b, CODE_UINT, struct checkpoint_record, totals.rings.rare_bytes, "rings.rare_bytes");
}

/* Moments of older recordings have the episodes without records, which are keyed counters since. */
static void add_folds(struct builder *b)
{
	static const char *const kinds[MT_NR_RECLAIM_KINDS] = {
		[MT_RECLAIM_DIRECT] = "direct",
		[MT_RECLAIM_MEMCG] = "memcg",
		[MT_RECLAIM_SOFTLIMIT] = "softlimit",
		[MT_RECLAIM_NODE] = "node",
	};
	int kind, i;

	for (kind = 0; kind < MT_NR_RECLAIM_KINDS; kind++) {
		COUNT(b, folds[kind].sum_ns, "folded.reclaim.%s.sum_ns", kinds[kind]);
		for (i = 0; i < MT_HIST_SLOTS; i++)
			COUNT(b, folds[kind].count[i], "folded.reclaim.%s.%d", kinds[kind], i);
	}
}

static void add_checkpoint(struct builder *b)
{
	int i;

	add_layout(b, "moment", REC_CHECKPOINT, sizeof(struct checkpoint_record));
	FIELD(b, CODE_TIME, struct checkpoint_record, due_ns, "due_ns");
	FIELD(b, CODE_UINT, struct checkpoint_record, flags, "flags");
	FIELD(b, CODE_TIME, struct checkpoint_record, checkpoint.now_ns, "now_ns");
	FIELD(b, CODE_COUNT, struct checkpoint_record, checkpoint.own_cpu_ns, "own_cpu_ns");
	FIELD(b, CODE_ADDRESS, struct checkpoint_record, checkpoint.wall_offset_ns, "wall_offset_ns");
	add_losses(b);
	add_rings(b);
	for (i = 0; i < MT_NR_MACHINE_SLOTS; i++)
		COUNT(b, totals.machine[i], "machine.%s", machine_rows[i].path);
}

/* As differences, because most values change little; an unknown value at the start of a block takes one byte. */
static void add_value(struct builder *b, size_t offset, const char *path)
{
	add_field(b, CODE_ADDRESS, offset, sizeof(uint64_t), path);
	if (!b->error)
		b->layout->fields[b->layout->nr_fields - 1].unknown = MT_UNKNOWN_U64;
}

static void add_samples(struct builder *b)
{
	int i;

	add_layout(b, "sample", REC_SAMPLES, sizeof(struct sample_record));
	for (i = 0; i < NR_SAMPLES; i++)
		add_value(b, offsetof(struct sample_record, values[i]), sample_rows[i].path);
}

static void add_cgroup_samples(struct builder *b)
{
	int i;

	add_layout(b, "cgroup_sample", REC_CGROUP_SAMPLES, sizeof(struct cgroup_sample_record));
	FIELD(b, CODE_CGROUP, struct cgroup_sample_record, cgroup_id, "cgroup");
	FIELD(b, CODE_UINT, struct cgroup_sample_record, removed, "removed");
	FIELD(b, CODE_UINT, struct cgroup_sample_record, left_out, "left_out");
	for (i = 0; i < NR_CGROUP_SAMPLES; i++)
		add_value(b, offsetof(struct cgroup_sample_record, values[i]), cgroup_sample_rows[i].path);
}

static void add_titles(struct builder *b)
{
	add_layout(b, "title", REC_TITLE, sizeof(struct title_record));
	FIELD(b, CODE_WHO, struct title_record, who, "who");
	add_text(b, offsetof(struct title_record, title), TITLE_LEN, "title");
}

static void add_map_values(struct builder *b, size_t offset, const struct map_value_row *rows, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		add_value(b, offset + i * sizeof(uint64_t), rows[i].path);
}

static void add_map_process(struct builder *b)
{
	add_layout(b, "map_process", REC_MAP_PROCESS, sizeof(struct map_process_record));
	FIELD(b, CODE_WHO, struct map_process_record, who, "who");
	FIELD(b, CODE_UINT, struct map_process_record, flags, "flags");
	FIELD(b, CODE_UINT, struct map_process_record, error, "error");
	FIELD(b, CODE_UINT, struct map_process_record, areas, "areas");
	add_map_values(b, offsetof(struct map_process_record, values), map_process_rows, NR_MAP_PROCESS_VALUES);
}

static void add_maps(struct builder *b)
{
	char name[16];
	int node;

	add_layout(b, "map_look", REC_MAP_LOOK, sizeof(struct map_look_record));
	FIELD(b, CODE_UINT, struct map_look_record, flags, "flags");
	add_map_process(b);
	add_layout(b, "map_name", REC_MAP_NAME, sizeof(struct map_name_record));
	FIELD(b, CODE_WHO, struct map_name_record, who, "who");
	FIELD(b, CODE_UINT, struct map_name_record, number, "number");
	FIELD(b, CODE_UINT, struct map_name_record, at, "at");
	add_text(b, offsetof(struct map_name_record, text), MAP_NAME_PART, "name");
	add_layout(b, "map_area", REC_MAP_AREA, sizeof(struct map_area_record));
	FIELD(b, CODE_WHO, struct map_area_record, who, "who");
	FIELD(b, CODE_ADDRESS, struct map_area_record, start, "start");
	FIELD(b, CODE_UINT, struct map_area_record, size, "size_bytes");
	FIELD(b, CODE_UINT, struct map_area_record, name, "name");
	FIELD(b, CODE_UINT, struct map_area_record, flags, "flags");
	add_map_values(b, offsetof(struct map_area_record, values), map_area_rows, NR_MAP_AREA_VALUES);
	for (node = 0; node < MAP_NODES; node++) {
		snprintf(name, sizeof(name), "nodes.%d", node);
		add_value(b, offsetof(struct map_area_record, nodes[node]), name);
	}
	add_layout(b, "map_run", REC_MAP_RUN, sizeof(struct map_run_record));
	FIELD(b, CODE_WHO, struct map_run_record, who, "who");
	FIELD(b, CODE_ADDRESS, struct map_run_record, start, "start");
	FIELD(b, CODE_UINT, struct map_run_record, pages, "pages");
	FIELD(b, CODE_UINT, struct map_run_record, flags, "flags");
	add_layout(b, "map_cgroup", REC_MAP_CGROUP, sizeof(struct map_cgroup_record));
	FIELD(b, CODE_CGROUP, struct map_cgroup_record, cgroup_id, "cgroup");
	add_value(b, offsetof(struct map_cgroup_record, mapped), "charged_bytes");
}

static void add_keyed_column(struct builder *b, const struct keyed_column *column, const char *name)
{
	if (column->type == FIELD_TEXT)
		add_text(b, column->offset, column->size, name);
	else
		add_field(b, column->type == FIELD_CGROUP ? CODE_CGROUP : CODE_UINT, column->offset, column->size,
			  name);
	if (column->type == FIELD_INT && !b->error)
		b->layout->fields[b->layout->nr_fields - 1].unknown = (uint64_t)(int64_t)MT_UNKNOWN_S32;
}

static void add_keyed_columns(struct builder *b, const struct keyed_column *columns, size_t nr)
{
	const struct keyed_column *column;

	for (column = columns; column < columns + nr; column++)
		add_keyed_column(b, column, column->path ? column->path : column->member);
}

/* Values as they are: a record's last one may be of another element. */
static void add_keyed(struct builder *b, const struct keyed_row *row)
{
	size_t head = row->head_offset;
	int i;

	add_layout(b, row->name, REC_KEYED + row->id, row->size);
	add_keyed_columns(b, row->keys, row->nr_keys);
	add_field(b, CODE_UINT, head + offsetof(struct mt_keyed_head, since_ns), sizeof(__u64), "since_ns");
	add_field(b, CODE_UINT, head + offsetof(struct mt_keyed_head, flags), sizeof(__u32), "flags");
	if (row->values[0].offset != head + offsetof(struct mt_keyed_head, count))
		add_field(b, CODE_UINT, head + offsetof(struct mt_keyed_head, count), sizeof(__u64), "changes");
	add_keyed_columns(b, row->values, row->nr_values);
	if (!row->hist->path)
		return;
	add_field(b, CODE_UINT, row->hist->sum_offset, sizeof(__u64), "hist.sum");
	for (i = 0; i < MT_HIST_SLOTS; i++)
		add_named(b, CODE_UINT, row->hist->offset + i * sizeof(__u64), sizeof(__u64), "hist.%d", i);
}

int layouts__add_older(struct layouts *layouts)
{
	struct builder b = { .layouts = layouts };

	for (b.layout = layouts->list; b.layout->id != REC_CHECKPOINT;)
		b.layout++;
	b.room = b.layout->nr_fields;
	add_folds(&b);
	return b.error;
}

int layouts__add_digest(struct layouts *layouts)
{
	struct builder b = { .layouts = layouts };
	int id;

	add_layout(&b, "digest", REC_DIGEST, sizeof(struct digest_record));
	for (id = 0; id < MT_NR_RECS; id++)
		if (event_rows[id].size)
			add_field(&b, CODE_UINT, offsetof(struct digest_record, events[id]), sizeof(uint64_t),
				  event_rows[id].name);
	FIELD(&b, CODE_UINT, struct digest_record, samples, "samples");
	return b.error;
}

int layouts__own(struct layouts *layouts)
{
	struct builder b = { .layouts = layouts };
	int id;

	memset(layouts, 0, sizeof(*layouts));
	add_task(&b);
	for (id = 0; id < MT_NR_RECS; id++)
		if (event_rows[id].size)
			add_event(&b, &event_rows[id]);
	add_checkpoint(&b);
	add_samples(&b);
	for (id = 0; id < MT_NR_KEYED; id++)
		add_keyed(&b, &keyed_rows[id]);
	add_cgroup_samples(&b);
	add_titles(&b);
	add_maps(&b);
	return b.error;
}

static void free_layout(struct layout *layout)
{
	size_t f;

	for (f = 0; f < layout->nr_fields; f++)
		free(layout->fields[f].name);
	free(layout->fields);
	free(layout->blank);
	free(layout->name);
}

void layouts__free(struct layouts *layouts)
{
	size_t i;

	for (i = 0; i < layouts->nr; i++)
		free_layout(&layouts->list[i]);
	layouts->nr = 0;
}

void layouts__keep_events(struct layouts *layouts, const bool has[MT_NR_RECS])
{
	size_t i, kept = 0;

	for (i = 0; i < layouts->nr; i++) {
		struct layout *layout = &layouts->list[i];

		if (layout->id < MT_NR_RECS && event_rows[layout->id].size && !has[layout->id])
			free_layout(layout);
		else
			layouts->list[kept++] = *layout;
	}
	layouts->nr = kept;
}

const struct layout *layouts__find(const struct layouts *layouts, uint16_t id)
{
	size_t i;

	for (i = 0; i < layouts->nr; i++)
		if (layouts->list[i].id == id)
			return &layouts->list[i];
	return NULL;
}

json_t *layouts__to_json(const struct layouts *layouts)
{
	json_t *records = json_array(), *fields;
	bool failed = !records;
	size_t i, f;

	for (i = 0; !failed && i < layouts->nr; i++) {
		const struct layout *layout = &layouts->list[i];

		fields = json_array();
		for (f = 0; !failed && f < layout->nr_fields; f++)
			failed = json_array_append_new(
				fields, json_pack("[ss]", layout->fields[f].name, code_names[layout->fields[f].code]));
		failed |= json_array_append_new(records, json_pack("{ss so}", "name", layout->name, "fields", fields));
	}
	if (!failed)
		return records;
	json_decref(records);
	return NULL;
}

static int bad(char *buf, size_t size, const char *what)
{
	snprintf(buf, size, "%s", what);
	return -EBADMSG;
}

static const struct layout *find_named(const struct layouts *layouts, const char *name)
{
	size_t i;

	for (i = 0; i < layouts->nr; i++)
		if (!strcmp(layouts->list[i].name, name))
			return &layouts->list[i];
	return NULL;
}

static bool is_task(enum field_code code)
{
	return code == CODE_WHO || code == CODE_REF;
}

/* A field of the recording goes to memtrace's field of that name; a task only goes to a task of the same form. */
static const struct layout_field *match(const struct layout *own, const char *name, enum field_code code)
{
	size_t i;

	for (i = 0; own && i < own->nr_fields; i++) {
		const struct layout_field *field = &own->fields[i];

		if (strcmp(field->name, name))
			continue;
		return is_task(code) || is_task(field->code) ? (field->code == code ? field : NULL) : field;
	}
	return NULL;
}

static int read_field(struct builder *b, const json_t *json, const struct layout *own, char *buf, size_t size)
{
	const char *name = json_string_value(json_array_get(json, 0));
	const char *code_name = json_string_value(json_array_get(json, 1));
	const struct layout_field *field;
	int code = 0;

	if (!name || !code_name || strlen(name) >= MAX_NAME)
		return bad(buf, size, "a record's field is not a name and a code");
	while (code < NR_FIELD_CODES && strcmp(code_names[code], code_name))
		code++;
	if (code == NR_FIELD_CODES)
		return bad(buf, size, "a record's field has a code that is not known");
	field = match(own, name, code);
	add_field(b, code, field ? field->offset : 0, field ? field->size : 0, name);
	return b->error;
}

/* Fields of memtrace's own record that an older or another version's recording lacks stay unknown. */
static int make_blank(struct layout *layout, const struct layout *own)
{
	size_t i;

	layout->blank = calloc(1, layout->size + 1);
	if (!layout->blank)
		return -ENOMEM;
	for (i = 0; own && i < own->nr_fields; i++) {
		const struct layout_field *field = &own->fields[i];

		if (field->unknown)
			memcpy((char *)layout->blank + field->offset, &field->unknown, field->size);
	}
	return 0;
}

static int read_layout(struct builder *b, const json_t *json, const struct layouts *own, char *buf, size_t size)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	const json_t *fields = json_object_get(json, "fields");
	const struct layout *mine;
	size_t i;
	int err;

	if (!name || strlen(name) >= MAX_NAME || !json_is_array(fields))
		return bad(buf, size, "a kind of records has no name or no fields");
	if (json_array_size(fields) > MAX_FIELDS)
		return bad(buf, size, "a kind of records has too many fields");
	if (find_named(b->layouts, name))
		return bad(buf, size, "a kind of records comes twice");
	mine = find_named(own, name);
	add_layout(b, name, mine ? mine->id : MT_REC_NONE, mine ? mine->size : 0);
	if (!b->error)
		b->error = make_blank(b->layout, mine);
	for (i = 0; !b->error && i < json_array_size(fields); i++) {
		err = read_field(b, json_array_get(fields, i), mine, buf, size);
		if (err)
			return err;
	}
	return b->error;
}

int layouts__read(struct layouts *layouts, const json_t *records, const struct layouts *own, char *buf, size_t size)
{
	struct builder b = { .layouts = layouts };
	size_t i;
	int err = 0;

	memset(layouts, 0, sizeof(*layouts));
	if (!json_is_array(records) || json_array_size(records) > MAX_LAYOUTS)
		return bad(buf, size, "the kinds of records are missing or too many");
	for (i = 0; !err && i < json_array_size(records); i++)
		err = read_layout(&b, json_array_get(records, i), own, buf, size);
	return err;
}
