// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/varint.h"

int decoder__init(struct decoder *dec, const struct layouts *layouts)
{
	memset(dec, 0, sizeof(*dec));
	dec->layouts = layouts;
	previous_values__init(&dec->previous, layouts->nr);
	dec->record = calloc(1, layouts->size + 1);
	return dec->record ? 0 : -ENOMEM;
}

void decoder__free(struct decoder *dec)
{
	previous_values__free(&dec->previous);
	free(dec->task_refs);
	free(dec->record);
	dec->task_refs = NULL;
	dec->record = NULL;
}

void decoder__start(struct decoder *dec, const void *bytes, size_t size)
{
	dec->at = bytes;
	dec->end = dec->at + size;
	dec->time_ns = dec->moved.time_ns;
	dec->cpu = dec->last_who = 0;
	dec->checkpoints = 1;
	dec->nr_task_refs = 0;
	dec->pending = false;
	previous_values__reset(&dec->previous);
}

static int bad(struct decoder *dec, const char *why)
{
	dec->why = why;
	return -EBADMSG;
}

static int get(struct decoder *dec, uint64_t *value)
{
	return varint__get(&dec->at, dec->end, value) ? bad(dec, "a number is cut off or too long") : 0;
}

static int get_u32(struct decoder *dec, __u32 *value)
{
	uint64_t u64 = 0;
	int err = get(dec, &u64);

	*value = (__u32)u64;
	return err ? err : u64 > UINT32_MAX ? bad(dec, "a number is too large") : 0;
}

/* The bytes of a string, where they lie. */
static int get_string(struct decoder *dec, const char **text, size_t *len, size_t max)
{
	uint64_t size;
	int err = get(dec, &size);

	if (err)
		return err;
	if (size > max || size > (size_t)(dec->end - dec->at))
		return bad(dec, "a name is cut off or too long");
	*text = (const char *)dec->at;
	*len = size;
	dec->at += size;
	return 0;
}

static int get_comm(struct decoder *dec, char *comm)
{
	const char *text;
	size_t len;
	int err = get_string(dec, &text, &len, MT_COMM_LEN);

	if (!err)
		memcpy(comm, text, len);
	return err;
}

static uint64_t moved_cgroup(const struct decoder *dec, uint64_t id)
{
	return id ? id ^ dec->moved.cgroup : 0;
}

static int32_t moved_stack(const struct decoder *dec, int32_t id)
{
	if (id < 0)
		return id;
	return (uint32_t)id + (uint64_t)dec->moved.stack > INT32_MAX ? -ENOENT : id + (int32_t)dec->moved.stack;
}

static int take_who(struct decoder *dec)
{
	struct decoder_who *task_refs, *entry;
	struct mt_who *who;
	int err;

	if (dec->nr_task_refs >= MAX_BLOCK_TASKS)
		return bad(dec, "too many tasks in a block");
	if (dec->nr_task_refs == dec->room_task_refs) {
		task_refs = reallocarray(dec->task_refs, dec->room_task_refs ? 2 * dec->room_task_refs : 64,
					 sizeof(*task_refs));
		if (!task_refs)
			return -ENOMEM;
		dec->task_refs = task_refs;
		dec->room_task_refs = dec->room_task_refs ? 2 * dec->room_task_refs : 64;
	}
	entry = &dec->task_refs[dec->nr_task_refs++];
	memset(entry, 0, sizeof(*entry));
	who = &entry->who;
	err = get(dec, &entry->ref);
	if (!err)
		err = get_u32(dec, &who->pid);
	if (!err)
		err = get_u32(dec, &who->tid);
	if (!err)
		err = get(dec, (uint64_t *)&who->start_ns);
	if (!err)
		err = get(dec, (uint64_t *)&who->cgroup_id);
	if (!err)
		err = get_u32(dec, &who->uid);
	if (!err)
		err = get_u32(dec, &who->flags);
	if (!err)
		err = get_comm(dec, who->comm);
	if (!err)
		err = get_comm(dec, who->tcomm);
	who->start_ns += dec->moved.time_ns;
	who->cgroup_id = moved_cgroup(dec, who->cgroup_id);
	entry->ref = entry->ref ? entry->ref ^ dec->moved.life : 0;
	return err;
}

static int take_cgroup(struct decoder *dec)
{
	const char *name;
	uint64_t id;
	size_t len;
	int err = get(dec, &id);

	if (!err)
		err = get_string(dec, &name, &len, MAX_CGROUP_NAME);
	if (!err && dec->definitions.cgroup)
		err = dec->definitions.cgroup(dec->definitions.ctx, moved_cgroup(dec, id), name, len);
	return err;
}

static int take_stack(struct decoder *dec)
{
	uint64_t addresses[MAX_STACK], id = 0, nr = 0, value, last = 0, i;
	int err = get(dec, &id);

	if (!err)
		err = get(dec, &nr);
	if (!err && (id > INT32_MAX || nr > MAX_STACK))
		err = bad(dec, "a call chain is too long");
	for (i = 0; !err && i < nr; i++) {
		err = get(dec, &value);
		last = addresses[i] = last + (err ? 0 : unzigzag(value));
	}
	if (!err && dec->definitions.stack && moved_stack(dec, (int32_t)id) >= 0)
		err = dec->definitions.stack(dec->definitions.ctx, moved_stack(dec, (int32_t)id), addresses, nr);
	return err;
}

static int take_mapping(struct decoder *dec, struct proc_maps *maps, uint64_t *after)
{
	char path[MAX_PATH_NAME + 1];
	struct mapping mapping = { .path = path };
	uint64_t gap, size, elf;
	const char *text;
	size_t len;
	int err = get(dec, &gap);

	if (!err)
		err = get(dec, &size);
	if (!err)
		err = get(dec, &mapping.file_offset);
	if (!err)
		err = get(dec, &elf);
	if (!err)
		err = get(dec, &mapping.vaddr);
	if (!err)
		err = get_string(dec, &text, &len, BUILD_ID_MAX);
	if (err)
		return err;
	memcpy(mapping.build_id.bytes, text, len);
	mapping.build_id.len = len;
	err = get_string(dec, &text, &len, MAX_PATH_NAME);
	if (err)
		return err;
	memcpy(path, text, len);
	path[len] = '\0';
	mapping.elf = elf;
	mapping.start = *after + gap;
	mapping.end = *after = mapping.start + size;
	err = maps ? proc_maps__add(maps, &mapping) : 0;
	/* excess or invalid mappings are left out, as when mappings are read */
	return err == -ENOMEM ? err : 0;
}

static int take_maps(struct decoder *dec)
{
	struct proc_maps *maps = NULL;
	uint64_t start_ns = 0, nr = 0, after = 0, i;
	uint32_t pid;
	int err = get_u32(dec, &pid);

	if (!err)
		err = get(dec, &start_ns);
	if (!err)
		err = get(dec, &nr);
	if (!err && nr > MAX_MAPPINGS)
		err = bad(dec, "a process has too many mappings");
	if (!err && dec->definitions.maps) {
		maps = proc_maps__new(0);
		err = maps ? 0 : -ENOMEM;
	}
	for (i = 0; !err && i < nr; i++)
		err = take_mapping(dec, maps, &after);
	if (!err && maps)
		return dec->definitions.maps(dec->definitions.ctx, pid, start_ns + dec->moved.time_ns, maps);
	proc_maps__free(maps);
	return err;
}

static int get_name(struct decoder *dec, char *name)
{
	const char *text;
	size_t len;
	int err = get_string(dec, &text, &len, SYMBOL_NAME_MAX);

	if (err)
		return err;
	memcpy(name, text, len);
	name[len] = '\0';
	return 0;
}

static int take_symbol(struct decoder *dec)
{
	char name[SYMBOL_NAME_MAX + 1], module[SYMBOL_NAME_MAX + 1];
	struct symbol symbol = { .name = name, .module = module };
	uint64_t size;
	int err = get(dec, &symbol.start);

	if (!err)
		err = get(dec, &size);
	if (!err)
		err = get_name(dec, name);
	if (!err)
		err = get_name(dec, module);
	if (err)
		return err;
	symbol.end = symbol.start + size;
	return dec->definitions.symbol ? dec->definitions.symbol(dec->definitions.ctx, &symbol) : 0;
}

/* The task of a number, which is checked: 0 is none. */
static int check_who(struct decoder *dec, uint64_t number)
{
	return number > dec->nr_task_refs ? bad(dec, "a task that was not named") : 0;
}

static int get_start(struct decoder *dec, uint8_t item)
{
	uint64_t value;
	int err = 0;

	if (!(item & ITEM_SAME_CPU))
		err = get_u32(dec, &dec->cpu);
	if (!err && !(item & ITEM_SAME_WHO))
		err = get_u32(dec, &dec->last_who);
	if (!err)
		err = check_who(dec, dec->last_who);
	if (!err)
		err = get(dec, &value);
	if (!err)
		dec->time_ns += unzigzag(value);
	return err;
}

static uint64_t decoded(enum field_code code, uint64_t value, uint64_t last, uint64_t time_ns)
{
	switch (code) {
	case CODE_INT:
	case CODE_KERNEL_STACK:
	case CODE_USER_STACK:
		return unzigzag(value);
	case CODE_COUNT:
		return last + value;
	case CODE_ADDRESS:
		return last + unzigzag(value);
	case CODE_TIME:
		return time_ns + unzigzag(value);
	default:
		return value;
	}
}

static int get_field(struct decoder *dec, enum field_code code, uint64_t *last)
{
	uint64_t value;
	int err = get(dec, &value);

	if (err)
		return err;
	*last = decoded(code, value, *last, dec->time_ns);
	return code == CODE_WHO || code == CODE_REF ? check_who(dec, *last) : 0;
}

/* Most of a task's fields are as they were: only those that a bit of the mask names are in the bytes. */
static int get_fields(struct decoder *dec, const struct layout *layout, uint64_t *last)
{
	size_t mask_size = (layout->nr_fields + 7) / 8, byte, i;
	const uint8_t *mask = dec->at;
	unsigned int bits;
	int err;

	if (mask_size > (size_t)(dec->end - dec->at))
		return bad(dec, "a record is cut off");
	dec->at += mask_size;
	for (byte = 0; byte < mask_size; byte++)
		for (bits = mask[byte]; bits; bits &= bits - 1) {
			i = byte * 8 + (size_t)__builtin_ctz(bits);
			if (i >= layout->nr_fields || (int)i == layout->who)
				continue;
			err = get_field(dec, layout->fields[i].code, &last[i]);
			if (err)
				return err;
		}
	return 0;
}

/* The low bytes of a number; a size that is known where it is compiled takes no call. */
static void put_number(char *to, uint64_t value, size_t size)
{
	switch (size) {
	case 8:
		memcpy(to, &value, 8);
		break;
	case 4:
		memcpy(to, &value, 4);
		break;
	default:
		memcpy(to, &value, size);
		break;
	}
}

static void put_field(struct decoder *dec, const struct layout_field *field, uint64_t value)
{
	char *to = (char *)dec->record + field->offset;

	if (!field->size)
		return;
	if (field->code == CODE_WHO) {
		if (value)
			memcpy(to, &dec->task_refs[value - 1].who, sizeof(struct mt_who));
		return;
	}
	if (field->code == CODE_REF)
		value = value ? dec->task_refs[value - 1].ref : 0;
	if (field->code == CODE_CGROUP)
		value = moved_cgroup(dec, value);
	if (field->code == CODE_KERNEL_STACK || field->code == CODE_USER_STACK)
		value = (uint64_t)(int64_t)moved_stack(dec, (int32_t)value);
	put_number(to, value, field->size);
}

static void fill_record(struct decoder *dec, const struct layout *layout, const uint64_t *last)
{
	struct mt_hdr *hdr = dec->record;
	size_t i;

	if (layout->blank)
		memcpy(dec->record, layout->blank, layout->size);
	else
		memset(dec->record, 0, layout->size);
	*hdr = (struct mt_hdr){ .id = layout->id, .size = layout->size, .cpu = dec->cpu, .time_ns = dec->time_ns };
	if (layout->id == MT_REC_TASK && dec->brief_tasks)
		return;
	for (i = 0; i < layout->nr_fields; i++)
		put_field(dec, &layout->fields[i], (int)i == layout->who ? dec->last_who : last[i]);
}

/* What the codes of fields do not say. */
static void move_record(struct decoder *dec, const struct layout *layout)
{
	if (layout->id == MT_REC_TASK)
		((struct mt_task *)dec->record)->life ^= dec->moved.life;
	if (layout->id == REC_CHECKPOINT)
		((struct checkpoint_record *)dec->record)->checkpoint.wall_offset_ns -= (int64_t)dec->moved.time_ns;
}

/* Announces the record's task first, if its reference was not announced since the last moment. */
static bool announces(struct decoder *dec, const struct layout *layout)
{
	struct decoder_who *who = dec->last_who ? &dec->task_refs[dec->last_who - 1] : NULL;

	if (layout->who < 0 || layout->fields[layout->who].code != CODE_REF || !who ||
	    who->announced_at == dec->checkpoints)
		return false;
	who->announced_at = dec->checkpoints;
	dec->announcement = (struct mt_who_is){
		.hdr = { .id = MT_REC_WHO,
			 .size = sizeof(dec->announcement),
			 .cpu = dec->cpu,
			 .time_ns = dec->time_ns },
		.ref = { who->ref },
		.who = who->who,
	};
	return true;
}

/* 1: there is a record, in memtrace's own form; 0: memtrace knows no such records. */
static int take_record(struct decoder *dec, uint8_t item)
{
	size_t at = (item & ITEM_KIND_MASK) - FIRST_LAYOUT;
	const struct layout *layout;
	uint64_t *last;
	int err;

	if (at >= dec->layouts->nr)
		return bad(dec, "a kind of records that the head does not describe");
	layout = &dec->layouts->list[at];
	err = get_start(dec, item);
	if (err)
		return err;
	err = previous_values__get(&dec->previous, dec->last_who, at, layout->nr_fields, &last);
	if (err)
		return err == -E2BIG ? bad(dec, "more records of different tasks than a block can have") : err;
	err = get_fields(dec, layout, last);
	if (err)
		return err;
	if (!layout->size)
		return 0;
	fill_record(dec, layout, last);
	move_record(dec, layout);
	if (layout->id == REC_CHECKPOINT)
		dec->checkpoints++;
	dec->pending = announces(dec, layout);
	return 1;
}

static int take_item(struct decoder *dec)
{
	static int (*const takers[FIRST_LAYOUT])(struct decoder * dec) = {
		[ITEM_WHO] = take_who,	 [ITEM_CGROUP] = take_cgroup, [ITEM_STACK] = take_stack,
		[ITEM_MAPS] = take_maps, [ITEM_SYMBOL] = take_symbol,
	};
	uint8_t item = *dec->at++, kind = item & ITEM_KIND_MASK;

	if (kind >= FIRST_LAYOUT)
		return take_record(dec, item);
	return takers[kind] ? takers[kind](dec) : bad(dec, "an item of an unknown kind");
}

int decoder__next(struct decoder *dec, const void **record)
{
	int got = 0;

	*record = dec->record;
	if (dec->pending) {
		dec->pending = false;
		return 1;
	}
	while (!got && dec->at < dec->end)
		got = take_item(dec);
	if (got == 1 && dec->pending)
		*record = &dec->announcement;
	return got;
}
