// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "encoder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../base/varint.h"
#include "digest.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* A task that this block names: by its reference or, without one, by all that is known of it. */
struct encoder_who {
	UT_hash_handle hh;
	uint32_t number;
	struct who_key {
		uint64_t ref;
		struct mt_who who;
	} key;
};

/* A cgroup's name, a call chain, a process's mappings or a function that this block has. */
struct encoder_seen {
	UT_hash_handle hh;
	struct seen_key {
		uint64_t kind; /* enum item_kind */
		uint64_t id;
	} key;
	uint64_t version; /* of what may change: mappings */
};

/* The most that one record takes: a mask, and a number a field. */
#define RECORD_MAX (1 + 3 * VARINT_MAX + MAX_FIELDS / 8 + MAX_FIELDS * VARINT_MAX)

void encoder__init(struct encoder *enc, const struct layouts *layouts)
{
	int id;

	memset(enc, 0, sizeof(*enc));
	enc->layouts = layouts;
	for (id = 0; id < MT_NR_RECS; id++)
		enc->by_id[id] = layouts__find(layouts, id);
	enc->by_id[MT_REC_NONE] = NULL;
	previous_values__init(&enc->previous, layouts->nr);
}

static void forget_task_refs(struct encoder_who **task_refs)
{
	struct encoder_who *who, *next;

	for (who = *task_refs; who; who = next) {
		next = who->hh.next;
		HASH_DEL(*task_refs, who);
		free(who);
	}
}

void encoder__reset(struct encoder *enc)
{
	struct encoder_seen *seen, *next;

	forget_task_refs(&enc->task_refs);
	forget_task_refs(&enc->refs);
	for (seen = enc->seen; seen; seen = next) {
		next = seen->hh.next;
		HASH_DEL(enc->seen, seen);
		free(seen);
	}
	memset(enc->ref_cache, 0, sizeof(enc->ref_cache));
	memset(enc->stack_cache, 0, sizeof(enc->stack_cache));
	enc->size = enc->nr = enc->nr_task_refs = enc->last_who = enc->cpu = 0;
	enc->time_ns = 0;
	previous_values__reset(&enc->previous);
}

void encoder__free(struct encoder *enc)
{
	encoder__reset(enc);
	previous_values__free(&enc->previous);
	free(enc->buf);
	enc->buf = NULL;
}

bool encoder__is_full(const struct encoder *enc)
{
	return enc->size >= BLOCK_TARGET || enc->nr_task_refs >= BLOCK_TASKS ||
	       enc->previous.nr_values > BLOCK_VALUES - MAX_FIELDS;
}

/* Where more bytes may be written; NULL: no memory. */
static uint8_t *space(struct encoder *enc, size_t more)
{
	size_t room = enc->room ? enc->room : BLOCK_TARGET + RECORD_MAX;
	uint8_t *buf;

	while (enc->size + more > room)
		room *= 2;
	if (room > enc->room) {
		buf = realloc(enc->buf, room);
		if (!buf)
			return NULL;
		enc->buf = buf;
		enc->room = room;
	}
	return enc->buf + enc->size;
}

static uint8_t *put_string(uint8_t *to, const char *text, size_t len)
{
	to = varint__put(to, len);
	memcpy(to, text, len);
	return to + len;
}

/* 1: this block has it, in that version; 0: it did not, but is now marked so; -ENOMEM. */
static int see(struct encoder *enc, enum item_kind kind, uint64_t id, uint64_t version)
{
	struct seen_key key = { kind, id };
	struct encoder_seen *seen;
	bool same;

	HASH_FIND(hh, enc->seen, &key, sizeof(key), seen);
	if (!seen) {
		seen = calloc(1, sizeof(*seen));
		if (!seen)
			return -ENOMEM;
		seen->key = key;
		seen->version = ~version;
		HASH_ADD(hh, enc->seen, key, sizeof(seen->key), seen);
		if (!seen->hh.tbl) {
			free(seen);
			return -ENOMEM;
		}
	}
	same = seen->version == version;
	seen->version = version;
	return same;
}

static int name_cgroup(struct encoder *enc, uint64_t id)
{
	const char *name = id && enc->cgroup ? enc->cgroup(enc->ctx, id) : NULL;
	size_t len;
	uint8_t *to;
	int seen;

	if (!name)
		return 0;
	len = strnlen(name, MAX_CGROUP_NAME);
	to = space(enc, 1 + 2 * VARINT_MAX + len);
	if (!to)
		return -ENOMEM;
	seen = see(enc, ITEM_CGROUP, id, 0);
	if (seen)
		return seen < 0 ? seen : 0;
	*to++ = ITEM_CGROUP;
	to = varint__put(to, id);
	to = put_string(to, name, len);
	enc->size = to - enc->buf;
	return 0;
}

static int put_who(struct encoder *enc, const struct who_key *key)
{
	const struct mt_who *who = &key->who;
	uint8_t *to = space(enc, 1 + 9 * VARINT_MAX + 2 * MT_COMM_LEN);

	if (!to)
		return -ENOMEM;
	*to++ = ITEM_WHO;
	to = varint__put(to, key->ref);
	to = varint__put(to, who->pid);
	to = varint__put(to, who->tid);
	to = varint__put(to, who->start_ns);
	to = varint__put(to, who->cgroup_id);
	to = varint__put(to, who->uid);
	to = varint__put(to, who->flags);
	to = put_string(to, who->comm, strnlen(who->comm, MT_COMM_LEN));
	to = put_string(to, who->tcomm, strnlen(who->tcomm, MT_COMM_LEN));
	enc->size = to - enc->buf;
	return 0;
}

static int add_who(struct encoder *enc, struct encoder_who **table, size_t key_size, const struct who_key *key,
		   uint32_t *number)
{
	struct encoder_who *entry;
	int err = name_cgroup(enc, key->who.cgroup_id);

	if (err)
		return err;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = *key;
	HASH_ADD(hh, *table, key, key_size, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return -ENOMEM;
	}
	/* a number without a definition would shift those of all that follow */
	err = put_who(enc, key);
	if (err) {
		HASH_DEL(*table, entry);
		free(entry);
		return err;
	}
	*number = entry->number = ++enc->nr_task_refs;
	return 0;
}

static int number_of_who(struct encoder *enc, const struct mt_who *who, uint32_t *number)
{
	struct encoder_who *entry;
	struct who_key key;

	*number = 0;
	if (!who->pid && !who->tid)
		return 0;
	memset(&key, 0, sizeof(key));
	key.who = *who;
	HASH_FIND(hh, enc->task_refs, &key, sizeof(key), entry);
	if (!entry)
		return add_who(enc, &enc->task_refs, sizeof(key), &key, number);
	*number = entry->number;
	return 0;
}

/*
 * For a reference that is not in the cache; a function of its own, so that most references cost only the look-up
 * there.
 */
static __attribute__((noinline)) int look_up_ref(struct encoder *enc, uint64_t id, uint32_t *number)
{
	size_t at = (id ^ id >> 22) % NR(enc->ref_cache);
	const struct mt_who *who;
	struct encoder_who *entry;
	struct who_key key;
	int err = 0;

	*number = 0;
	HASH_FIND(hh, enc->refs, &id, sizeof(id), entry);
	if (entry) {
		*number = entry->number;
	} else {
		who = id && enc->who ? enc->who(enc->ctx, id) : NULL;
		if (!who)
			return 0;
		memset(&key, 0, sizeof(key));
		key.ref = id;
		key.who = *who;
		err = add_who(enc, &enc->refs, sizeof(key.ref), &key, number);
	}
	if (!err) {
		enc->ref_cache[at].id = id;
		enc->ref_cache[at].number = *number;
	}
	return err;
}

static int number_of_ref(struct encoder *enc, uint64_t id, uint32_t *number)
{
	size_t at = (id ^ id >> 22) % NR(enc->ref_cache);

	*number = enc->ref_cache[at].number;
	return enc->ref_cache[at].id == id ? 0 : look_up_ref(enc, id, number);
}

static uint64_t read_value(const char *at, size_t size)
{
	uint64_t u64 = 0;

	memcpy(&u64, at, size);
	return u64;
}

static uint64_t extend_sign(uint64_t value, size_t size)
{
	unsigned int shift = 64 - 8 * (unsigned int)size;

	return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* Of a field of an uncommon kind. */
static __attribute__((noinline)) int other_value(struct encoder *enc, const struct layout_field *field,
						 const char *record, uint64_t *value)
{
	const char *at = record + field->offset;
	uint32_t number;
	int err;

	switch (field->code) {
	case CODE_WHO:
		err = number_of_who(enc, (const struct mt_who *)at, &number);
		break;
	case CODE_REF:
		err = number_of_ref(enc, read_value(at, sizeof(uint64_t)), &number);
		break;
	case CODE_INT:
	case CODE_KERNEL_STACK:
	case CODE_USER_STACK:
		*value = extend_sign(read_value(at, field->size), field->size);
		return 0;
	default:
		*value = read_value(at, field->size);
		return 0;
	}
	*value = number;
	return err;
}

/* A field's value as it is kept and compared: of a task its number in the block. */
static inline int value_of(struct encoder *enc, const struct layout_field *field, const char *record, uint64_t *value)
{
	const char *at = record + field->offset;
	uint32_t u32;

	/* sizes that the compiler knows cost a load, others a call */
	switch (field->load) {
	case LOAD_U64:
		memcpy(value, at, sizeof(*value));
		return 0;
	case LOAD_U32:
		memcpy(&u32, at, sizeof(u32));
		*value = u32;
		return 0;
	case LOAD_S32:
		memcpy(&u32, at, sizeof(u32));
		*value = (uint64_t)(int32_t)u32;
		return 0;
	default:
		return other_value(enc, field, record, value);
	}
}

static uint64_t coded(enum field_code code, uint64_t value, uint64_t last, uint64_t time_ns)
{
	switch (code) {
	case CODE_INT:
	case CODE_KERNEL_STACK:
	case CODE_USER_STACK:
		return zigzag(value);
	case CODE_COUNT:
		return value - last;
	case CODE_ADDRESS:
		return zigzag(value - last);
	case CODE_TIME:
		return zigzag(value - time_ns);
	default:
		return value;
	}
}

static int put_symbol(struct encoder *enc, const struct symbol *symbol)
{
	size_t name_len = strnlen(symbol->name, SYMBOL_NAME_MAX);
	size_t module_len = strnlen(symbol->module, SYMBOL_NAME_MAX);
	uint8_t *to = space(enc, 1 + 4 * VARINT_MAX + name_len + module_len);

	if (!to)
		return -ENOMEM;
	*to++ = ITEM_SYMBOL;
	to = varint__put(to, symbol->start);
	to = varint__put(to, symbol->end - symbol->start);
	to = put_string(to, symbol->name, name_len);
	to = put_string(to, symbol->module, module_len);
	enc->size = to - enc->buf;
	return 0;
}

static int define_symbol(struct encoder *enc, uint64_t address)
{
	struct symbol symbol;
	int seen;

	if (!enc->stacks.kernel_symbol || !enc->stacks.kernel_symbol(enc->stacks.ctx, address, &symbol))
		return 0;
	seen = see(enc, ITEM_SYMBOL, symbol.start, 0);
	return seen ? (seen < 0 ? seen : 0) : put_symbol(enc, &symbol);
}

/* Those of a chain of a process that are code which it made at run time; the module says whose they are. */
static int define_made(struct encoder *enc, int32_t id, const struct mt_who *who, size_t nr, uint64_t time_ns)
{
	const uint64_t of[] = { who->pid, who->start_ns, (uint64_t)(uint32_t)id };
	struct symbol symbol;
	char module[48];
	size_t i;
	int err;

	if (!enc->stacks.made_symbol)
		return 0;
	err = see(enc, ITEM_SYMBOL, hash__keyed(of, sizeof(of)), 0);
	if (err)
		return err < 0 ? err : 0;
	snprintf(module, sizeof(module), MADE_MODULE, who->pid, (unsigned long long)who->start_ns);
	for (i = 0; !err && i < nr; i++) {
		if (!enc->stacks.made_symbol(enc->stacks.ctx, who, id, i, time_ns, &symbol))
			continue;
		symbol.module = module;
		err = symbol.start < FIRST_KERNEL_ADDRESS ? put_symbol(enc, &symbol) : 0;
	}
	return err;
}

static uint8_t *put_mapping(uint8_t *to, const struct mapping *mapping, uint64_t after)
{
	to = varint__put(to, mapping->start - after);
	to = varint__put(to, mapping->end - mapping->start);
	to = varint__put(to, mapping->file_offset);
	to = varint__put(to, mapping->elf);
	to = varint__put(to, mapping->vaddr);
	to = put_string(to, (const char *)mapping->build_id.bytes, mapping->build_id.len);
	return put_string(to, mapping->path, strnlen(mapping->path, MAX_PATH_NAME));
}

/* The mappings of a process, again when they have changed. */
static int define_maps(struct encoder *enc, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	const struct proc_maps *maps = enc->stacks.maps ? enc->stacks.maps(enc->stacks.ctx, who, ip, time_ns) : NULL;
	size_t nr = maps ? proc_maps__count(maps) : 0, i;
	uint64_t after = 0;
	uint8_t *to;
	int seen;

	if (!maps || nr > MAX_MAPPINGS)
		return 0;
	seen = see(enc, ITEM_MAPS, (uint64_t)who->pid << 32 ^ who->start_ns, proc_maps__serial(maps));
	if (seen)
		return seen < 0 ? seen : 0;
	to = space(enc, 1 + 3 * VARINT_MAX);
	if (!to)
		return -ENOMEM;
	*to++ = ITEM_MAPS;
	to = varint__put(to, who->pid);
	to = varint__put(to, who->start_ns);
	to = varint__put(to, nr);
	enc->size = to - enc->buf;
	for (i = 0; i < nr; i++) {
		const struct mapping *mapping = proc_maps__at(maps, i);

		to = space(enc, 7 * VARINT_MAX + BUILD_ID_MAX + MAX_PATH_NAME);
		if (!to)
			return -ENOMEM;
		enc->size = put_mapping(to, mapping, after) - enc->buf;
		after = mapping->end;
	}
	return 0;
}

static int define_stack(struct encoder *enc, enum field_code code, int32_t id, const struct mt_who *who,
			uint64_t time_ns)
{
	const uint64_t *addresses;
	uint64_t last = 0, copy[MAX_STACK];
	size_t nr, i;
	uint8_t *to;
	int seen, err = 0;

	if (!enc->stacks.addresses)
		return 0;
	addresses = enc->stacks.addresses(enc->stacks.ctx, id, &nr);
	if (!addresses || !nr || nr > MAX_STACK)
		return 0;
	memcpy(copy, addresses, nr * sizeof(*copy));
	if (code == CODE_USER_STACK && who)
		err = define_maps(enc, who, copy[0], time_ns);
	if (!err && code == CODE_USER_STACK && who)
		err = define_made(enc, id, who, nr, time_ns);
	seen = err ? err : see(enc, ITEM_STACK, id, 0);
	if (seen)
		return seen < 0 ? seen : 0;
	for (i = 0; !err && code == CODE_KERNEL_STACK && i < nr; i++)
		err = define_symbol(enc, copy[i] - (i > 0));
	to = err ? NULL : space(enc, 1 + (2 + nr) * VARINT_MAX);
	if (!to)
		return err ? err : -ENOMEM;
	*to++ = ITEM_STACK;
	to = varint__put(to, id);
	to = varint__put(to, nr);
	for (i = 0; i < nr; i++) {
		to = varint__put(to, zigzag(copy[i] - last));
		last = copy[i];
	}
	enc->size = to - enc->buf;
	return 0;
}

/* The task that the record is about; 0: it has no reference. */
static uint64_t subject_of(const struct layout *layout, const char *record)
{
	const struct layout_field *field = layout->who < 0 ? NULL : &layout->fields[layout->who];

	return field && field->code == CODE_REF ? read_value(record + field->offset, sizeof(uint64_t)) : 0;
}

/* define_stack(), unless it has just been done for the same. */
static int define_stack_of(struct encoder *enc, enum field_code code, int32_t id, uint64_t ref, uint64_t time_ns)
{
	uint64_t of = code == CODE_KERNEL_STACK ? 0 : ref, at = (of ^ (uint32_t)id * 8ULL ^ code) * 0x9e3779b97f4a7c15;
	__typeof__(enc->stack_cache[0]) *cached = &enc->stack_cache[at >> 56];
	uint64_t version = enc->stacks.version ? enc->stacks.version(enc->stacks.ctx, time_ns) : 0;
	int err;

	if (cached->code == code && cached->id == id && cached->ref == of && cached->version == version)
		return 0;
	err = define_stack(enc, code, id, ref && enc->who ? enc->who(enc->ctx, ref) : NULL, time_ns);
	if (err || !enc->stacks.version)
		return err;
	cached->code = code;
	cached->id = id;
	cached->ref = of;
	cached->version = version;
	return 0;
}

/* Items that a record refers to and this block has not defined yet: they come before the record. */
static int define_parts(struct encoder *enc, const struct layout *layout, const char *record)
{
	uint64_t value;
	size_t i;
	int err = 0;

	for (i = layout->first_part; !err && i < layout->nr_fields; i++) {
		const struct layout_field *field = &layout->fields[i];

		if (field->code < CODE_WHO)
			continue;
		err = value_of(enc, field, record, &value);
		if (!err && field->code == CODE_CGROUP)
			err = name_cgroup(enc, value);
		else if (!err && field->code >= CODE_KERNEL_STACK && (int32_t)value >= 0)
			err = define_stack_of(enc, field->code, (int32_t)value, subject_of(layout, record),
					      ((const struct mt_hdr *)record)->time_ns);
	}
	return err;
}

static uint8_t *put_start(struct encoder *enc, uint8_t *to, size_t layout, const struct mt_hdr *hdr, uint32_t who)
{
	uint8_t *item = to++;

	*item = (uint8_t)(FIRST_LAYOUT + layout);
	if (hdr->cpu == enc->cpu)
		*item |= ITEM_SAME_CPU;
	else
		to = varint__put(to, hdr->cpu);
	if (who == enc->last_who)
		*item |= ITEM_SAME_WHO;
	else
		to = varint__put(to, who);
	to = varint__put(to, zigzag(hdr->time_ns - enc->time_ns));
	enc->cpu = hdr->cpu;
	enc->last_who = who;
	enc->time_ns = hdr->time_ns;
	return to;
}

/* The fields that differ from the task's last record of this kind, behind a mask of them. */
static uint8_t *put_fields(struct encoder *enc, uint8_t *to, const struct layout *layout, const char *record,
			   uint64_t *last, uint64_t time_ns)
{
	uint8_t *mask = to;
	uint64_t value;
	size_t i;

	to += (layout->nr_fields + 7) / 8;
	memset(mask, 0, to - mask);
	for (i = 0; i < layout->nr_fields; i++) {
		const struct layout_field *field = &layout->fields[i];

		if ((int)i == layout->who || value_of(enc, field, record, &value) || value == last[i])
			continue;
		mask[i / 8] |= 1 << i % 8;
		to = varint__put(to, coded(field->code, value, last[i], time_ns));
		last[i] = value;
	}
	return to;
}

static const struct layout *layout_of(const struct encoder *enc, uint16_t id)
{
	return id < MT_NR_RECS ? enc->by_id[id] : layouts__find(enc->layouts, id);
}

int encoder__add(struct encoder *enc, const void *record)
{
	const struct mt_hdr *hdr = record;
	const struct layout *layout = layout_of(enc, hdr->id);
	uint64_t who = 0, *last;
	uint8_t *to;
	size_t at;
	int err = 0;

	if (!layout)
		return 0;
	if (enc->digest)
		digest__take(enc->digest, record);
	at = layout - enc->layouts->list;
	if (layout->who >= 0)
		err = value_of(enc, &layout->fields[layout->who], record, &who);
	if (!err)
		err = define_parts(enc, layout, record);
	if (err)
		return err;
	err = previous_values__get(&enc->previous, who, at, layout->nr_fields, &last);
	to = space(enc, RECORD_MAX);
	if (err || !to)
		return -ENOMEM;
	to = put_start(enc, to, at, hdr, who);
	to = put_fields(enc, to, layout, record, last, hdr->time_ns);
	enc->size = to - enc->buf;
	enc->nr++;
	return 0;
}
