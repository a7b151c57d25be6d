/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../user/recording/head.h"
#include "recordings.h"

static const struct mt_who tasks[NR_TASKS] = {
	[1] = { .pid = 10, .tid = 11, .start_ns = 5, .cgroup_id = 7, .uid = 1000, .comm = "same", .tcomm = "same" },
	[2] = { .pid = 20, .tid = 21, .start_ns = 6, .cgroup_id = 8, .uid = 1000, .comm = "same", .tcomm = "same" },
	[3] = { .pid = UINT32_MAX,
		.tid = UINT32_MAX,
		.start_ns = UINT64_MAX,
		.cgroup_id = UINT64_MAX,
		.uid = UINT32_MAX,
		.flags = UINT32_MAX,
		.comm = { '\xff', '\n', '\x1b', '[', '0', 'm', '\x80', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o' },
		.tcomm = { 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p' } },
	[4] = { .pid = 2, .tid = 2, .flags = MT_WHO_KTHREAD },
};

const struct mt_who *known_task(size_t number)
{
	return &tasks[number];
}

const struct mt_who *task_of_ref(void *ctx, uint64_t id)
{
	return id && id < NR_TASKS ? &tasks[id] : NULL;
}

uint64_t next_number(uint64_t *seed)
{
	uint64_t x = *seed;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*seed = x;
	return x * 0x2545f4914f6cdd1dULL;
}

void make_record(union any_record *record, const struct layout *layout, uint64_t time_ns, uint64_t (*value)(void *ctx),
		 void *ctx)
{
	size_t i;

	assert_true(layout->size <= sizeof(*record));
	memset(record, 0, sizeof(*record));
	record->hdr = (struct mt_hdr){ .id = layout->id, .size = layout->size, .cpu = 1, .time_ns = time_ns };
	for (i = 0; i < layout->nr_fields; i++) {
		const struct layout_field *field = &layout->fields[i];
		char *to = record->bytes + field->offset;
		uint64_t number = value(ctx);

		if (field->code == CODE_REF)
			number %= NR_TASKS;
		if (field->code == CODE_WHO)
			memcpy(to, &tasks[number % NR_TASKS], sizeof(struct mt_who));
		else
			memcpy(to, &number, field->size);
	}
}

void records__take(struct records *records, const void *record)
{
	const struct mt_hdr *hdr = record;

	if (records->nr == records->room) {
		records->room = records->room ? 2 * records->room : 64;
		records->list = reallocarray(records->list, records->room, sizeof(*records->list));
		assert_non_null(records->list);
	}
	assert_true(hdr->size <= sizeof(*records->list));
	memset(&records->list[records->nr], 0, sizeof(*records->list));
	memcpy(&records->list[records->nr++], record, hdr->size);
}

void records__free(struct records *records)
{
	free(records->list);
	*records = (struct records){ 0 };
}

void assert_same_records(const struct records *got, size_t nr, const union any_record *expected)
{
	size_t i, at = 0;

	for (i = 0; i < got->nr; i++) {
		if (got->list[i].hdr.id == MT_REC_WHO)
			continue;
		assert_true(at < nr);
		assert_int_equal(got->list[i].hdr.id, expected[at].hdr.id);
		assert_memory_equal(&got->list[i], &expected[at], sizeof(*expected));
		at++;
	}
	assert_int_equal(at, nr);
}

void bytes__add(struct bytes *bytes, const void *data, size_t size)
{
	bytes->data = realloc(bytes->data, bytes->size + size + 1);
	assert_non_null(bytes->data);
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

void bytes__free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){ 0 };
}

void add_file_head(struct bytes *file)
{
	const struct file_head head = { .magic = FORMAT_MAGIC, .major = FORMAT_MAJOR, .minor = FORMAT_MINOR };

	bytes__add(file, &head, sizeof(head));
}

void add_block(struct bytes *file, enum block_kind kind, const void *raw, size_t size, uint32_t nr, uint64_t end_ns)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	struct block *block = block__pack(zstd, kind, raw, size, nr, end_ns);

	assert_non_null(block);
	bytes__add(file, block->bytes, block->size);
	free(block);
	ZSTD_freeCCtx(zstd);
}

void add_block_as(struct bytes *file, struct block_head head, const void *payload, size_t size)
{
	head.check = 0;
	head.crc = 0;
	head.check = (uint16_t)crc32(crc32(0, NULL, 0), (const Bytef *)&head, sizeof(head));
	head.crc = crc32(crc32(crc32(0, NULL, 0), (const Bytef *)&head, sizeof(head)), payload, size);
	bytes__add(file, &head, sizeof(head));
	bytes__add(file, payload, size);
}

void add_json(struct bytes *file, enum block_kind kind, const char *text)
{
	add_block(file, kind, text, strlen(text), 0, 0);
}

void add_head(struct bytes *file)
{
	struct recording_head head = { .facts = { .page_size = 4096 }, .version = "test" };
	struct layouts own;
	json_t *json;
	char *text;

	assert_int_equal(layouts__own(&own), 0);
	json = recording_head__to_json(&head, &own);
	text = json_dumps(json, JSON_COMPACT);
	assert_non_null(text);
	add_file_head(file);
	add_json(file, BLOCK_HEAD, text);
	free(text);
	json_decref(json);
	layouts__free(&own);
}

void read_recording(struct reading *reading, const void *data, size_t size)
{
	/* no byte more, so that reading behind the end is noticed; fmemopen() takes no empty buffer */
	uint8_t *copy = malloc(size ? size : 1);
	FILE *stream = size ? NULL : fopen("/dev/null", "r");
	struct reader reader;
	const void *record;
	int got = 0;

	memset(reading, 0, sizeof(*reading));
	memcpy(copy, data, size);
	if (size)
		stream = fmemopen(copy, size, "r");
	assert_non_null(stream);
	reading->open_error = reader__open(&reader, stream);
	while (!reading->open_error && (got = reader__next(&reader, &record)) > 0)
		records__take(&reading->records, record);
	reading->error = got;
	reading->state = reader.state;
	reading->nr_blocks = reader.nr_blocks;
	reading->offset = reader.offset;
	memcpy(reading->why, reader.why, sizeof(reading->why));
	reader__close(&reader);
	fclose(stream);
	free(copy);
}

void reading__free(struct reading *reading)
{
	records__free(&reading->records);
}

void assert_refused(const struct bytes *file, const char *why)
{
	struct reading reading;

	read_recording(&reading, file->data, file->size);
	assert_int_equal(reading.open_error, -EBADMSG);
	if (!strstr(reading.why, why))
		fail_msg("'%s' has no '%s'", reading.why, why);
	reading__free(&reading);
}

void assert_damaged(const struct bytes *file, size_t nr_records, const char *why)
{
	struct reading reading;

	read_recording(&reading, file->data, file->size);
	assert_int_equal(reading.open_error, 0);
	assert_int_equal(reading.error, 0);
	assert_int_equal(reading.state, READER_DAMAGED);
	assert_int_equal(reading.records.nr, nr_records);
	if (!strstr(reading.why, why))
		fail_msg("'%s' has no '%s'", reading.why, why);
	reading__free(&reading);
}
