// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A row is: one byte of flags (overwritten when it is superseded), its numbers
 * as varints, its name behind its length, its counts packed.  Only this
 * process reads the file, so the format may change at any time.
 */
#include <errno.h>
#include <string.h>

#include "packed.h"
#include "dead_rows.h"

#define NR_NUMBERS 8
#define ROW_MAX	   (1 + NR_NUMBERS * VARINT_MAX + 1 + MT_COMM_LEN + PACKED_MAX)

enum {
	ROW_SUPERSEDED = 1 << 0,
	ROW_EXITED = 1 << 1,
};

void dead_rows__init(struct dead_rows *dead)
{
	tmpstore__init(&dead->bytes, ROW_MAX);
}

void dead_rows__free(struct dead_rows *dead)
{
	tmpstore__free(&dead->bytes);
}

void dead_rows__reset(struct dead_rows *dead)
{
	tmpstore__reset(&dead->bytes);
}

static size_t encode(const struct entity *e, uint8_t *out)
{
	const uint64_t numbers[NR_NUMBERS] = { e->pid, e->tid,	     e->start_ns, e->cgroup_id,
					       e->uid, e->who_flags, e->id,	  e->waiter };
	uint8_t len = (uint8_t)strnlen(e->comm, MT_COMM_LEN);
	uint8_t *p = out;
	size_t i;

	*p++ = e->exited ? ROW_EXITED : 0;
	for (i = 0; i < NR_NUMBERS; i++)
		p = varint__put(p, numbers[i]);
	*p++ = len;
	memcpy(p, e->comm, len);
	p += len;
	return (size_t)(p - out) + packed__encode(e->v, p);
}

static const uint8_t *decode_name(const uint8_t *p, const uint8_t *end, char *comm)
{
	uint8_t len;

	if (!p || p >= end)
		return NULL;
	len = *p++;
	if (len > MT_COMM_LEN || end - p < len)
		return NULL;
	memcpy(comm, p, len);
	return p + len;
}

static const uint8_t *decode(const uint8_t *p, const uint8_t *end, struct entity *e, uint64_t *v)
{
	uint64_t numbers[NR_NUMBERS];
	size_t i;

	*e = (struct entity){ .v = v };
	if (p >= end)
		return NULL;
	e->exited = *p++ & ROW_EXITED;
	for (i = 0; i < NR_NUMBERS; i++)
		if (varint__get(&p, end, &numbers[i]))
			return NULL;
	e->pid = (uint32_t)numbers[0];
	e->tid = (uint32_t)numbers[1];
	e->start_ns = numbers[2];
	e->cgroup_id = numbers[3];
	e->uid = (uint32_t)numbers[4];
	e->who_flags = (uint32_t)numbers[5];
	e->id = numbers[6];
	e->waiter = (uint32_t)numbers[7];
	p = decode_name(p, end, e->comm);
	return packed__decode(p, end, v);
}

int dead_rows__append(struct dead_rows *dead, const struct entity *entity, uint64_t *at)
{
	uint8_t row[ROW_MAX];
	size_t size = encode(entity, row);

	*at = tmpstore__size(&dead->bytes);
	return tmpstore__append(&dead->bytes, row, size);
}

/* Returns the row's size, or -errno; *flags is its first byte. */
static int read_row(struct dead_rows *dead, uint64_t at, struct entity *entity, uint64_t *v, uint8_t *flags)
{
	const uint8_t *data, *end;
	size_t size;
	int err;

	err = tmpstore__read(&dead->bytes, at, &data, &size);
	if (err)
		return err;
	end = decode(data, data + size, entity, v);
	if (!end)
		return -EIO;
	*flags = data[0];
	return (int)(end - data);
}

int dead_rows__at(struct dead_rows *dead, uint64_t at, struct entity *entity, uint64_t *v)
{
	uint8_t flags;
	int size;

	size = read_row(dead, at, entity, v, &flags);
	return size < 0 ? size : 0;
}

int dead_rows__next(struct dead_rows *dead, struct dead_rows_cursor *cursor, struct entity *entity, uint64_t *v)
{
	uint8_t flags = ROW_SUPERSEDED;
	int size;

	while (flags & ROW_SUPERSEDED) {
		if (cursor->next >= tmpstore__size(&dead->bytes))
			return 0;
		size = read_row(dead, cursor->next, entity, v, &flags);
		if (size < 0)
			return size;
		cursor->at = cursor->next;
		cursor->next += (uint64_t)size;
	}
	return 1;
}

/* Only the flag of such a row matters, so the other bytes may be dropped. */
int dead_rows__supersede(struct dead_rows *dead, uint64_t at)
{
	return tmpstore__poke(&dead->bytes, at, ROW_SUPERSEDED);
}
