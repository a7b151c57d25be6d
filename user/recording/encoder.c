// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "encoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../core/hash.h"
#include "varint.h"

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

struct encoder_cgroup {
	UT_hash_handle hh;
	uint64_t id;
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
	lasts__init(&enc->lasts, layouts->nr);
}

static void forget_whos(struct encoder_who **whos)
{
	struct encoder_who *who, *next;

	for (who = *whos; who; who = next) {
		next = who->hh.next;
		HASH_DEL(*whos, who);
		free(who);
	}
}

void encoder__reset(struct encoder *enc)
{
	struct encoder_cgroup *cgroup, *next;

	forget_whos(&enc->whos);
	forget_whos(&enc->refs);
	for (cgroup = enc->cgroups; cgroup; cgroup = next) {
		next = cgroup->hh.next;
		HASH_DEL(enc->cgroups, cgroup);
		free(cgroup);
	}
	memset(enc->ref_cache, 0, sizeof(enc->ref_cache));
	enc->size = enc->nr = enc->nr_whos = enc->last_who = enc->cpu = 0;
	enc->time_ns = 0;
	lasts__reset(&enc->lasts);
}

void encoder__free(struct encoder *enc)
{
	encoder__reset(enc);
	lasts__free(&enc->lasts);
	free(enc->buf);
	enc->buf = NULL;
}

bool encoder__is_full(const struct encoder *enc)
{
	return enc->size >= BLOCK_TARGET || enc->nr_whos > MAX_WHOS / 2 || enc->lasts.nr_values > MAX_LASTS / 2;
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

static int name_cgroup(struct encoder *enc, uint64_t id)
{
	struct encoder_cgroup *cgroup;
	const char *name;
	size_t len;
	uint8_t *to;

	HASH_FIND(hh, enc->cgroups, &id, sizeof(id), cgroup);
	if (cgroup || !id || !enc->cgroup)
		return 0;
	name = enc->cgroup(enc->ctx, id);
	if (!name)
		return 0;
	len = strnlen(name, MAX_CGROUP_NAME);
	to = space(enc, 1 + 2 * VARINT_MAX + len);
	cgroup = calloc(1, sizeof(*cgroup));
	if (!to || !cgroup) {
		free(cgroup);
		return -ENOMEM;
	}
	cgroup->id = id;
	HASH_ADD(hh, enc->cgroups, id, sizeof(cgroup->id), cgroup);
	if (!cgroup->hh.tbl) {
		free(cgroup);
		return -ENOMEM;
	}
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
	*number = entry->number = ++enc->nr_whos;
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
	HASH_FIND(hh, enc->whos, &key, sizeof(key), entry);
	if (!entry)
		return add_who(enc, &enc->whos, sizeof(key), &key, number);
	*number = entry->number;
	return 0;
}

static int number_of_ref(struct encoder *enc, uint64_t id, uint32_t *number)
{
	size_t at = (id ^ id >> 22) % NR(enc->ref_cache);
	const struct mt_who *who;
	struct encoder_who *entry;
	struct who_key key = { .ref = id };
	int err = 0;

	*number = enc->ref_cache[at].number;
	if (enc->ref_cache[at].id == id)
		return 0;
	HASH_FIND(hh, enc->refs, &id, sizeof(id), entry);
	if (entry) {
		*number = entry->number;
	} else {
		who = id && enc->who ? enc->who(enc->ctx, id) : NULL;
		*number = 0;
		if (!who)
			return 0;
		key.who = *who;
		err = add_who(enc, &enc->refs, sizeof(key.ref), &key, number);
	}
	if (!err) {
		enc->ref_cache[at].id = id;
		enc->ref_cache[at].number = *number;
	}
	return err;
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

/* A field's value as it is kept and compared: of a task its number in the block. */
static int value_of(struct encoder *enc, const struct layout_field *field, const char *record, uint64_t *value)
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
		*value = extend_sign(read_value(at, field->size), field->size);
		return 0;
	default:
		*value = read_value(at, field->size);
		return 0;
	}
	*value = number;
	return err;
}

static uint64_t coded(enum field_code code, uint64_t value, uint64_t last, uint64_t time_ns)
{
	switch (code) {
	case CODE_INT:
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

/* Tasks that a record names and this block does not yet; their items come before the record's. */
static int name_tasks(struct encoder *enc, const struct layout *layout, const char *record)
{
	uint64_t number;
	size_t i;
	int err = 0;

	for (i = layout->who + 1; !err && i < layout->nr_fields; i++)
		if (layout->fields[i].code == CODE_WHO || layout->fields[i].code == CODE_REF)
			err = value_of(enc, &layout->fields[i], record, &number);
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
	if (id == REC_MOMENT)
		return layouts__find(enc->layouts, id);
	return id < MT_NR_RECS ? enc->by_id[id] : NULL;
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
	at = layout - enc->layouts->list;
	if (layout->who >= 0)
		err = value_of(enc, &layout->fields[layout->who], record, &who);
	if (!err)
		err = name_tasks(enc, layout, record);
	if (err)
		return err;
	last = lasts__get(&enc->lasts, who, at, layout->nr_fields);
	to = space(enc, RECORD_MAX);
	if (!last || !to)
		return -ENOMEM;
	to = put_start(enc, to, at, hdr, who);
	to = put_fields(enc, to, layout, record, last, hdr->time_ns);
	enc->size = to - enc->buf;
	enc->nr++;
	return 0;
}
