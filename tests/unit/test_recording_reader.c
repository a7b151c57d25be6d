/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers reader.h with block.h, layout.h and head.h: recordings that are whole,
 * cut off anywhere, changed anywhere, made up, or of a later version.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/recording/head.h"
#include "recordings.h"

#define RUN "\"run\":{\"page_size\":4096}"

/* Two kinds of records with few fields, so that a recording of them is small. */
#define SMALL_HEAD                                                                                                     \
	"{\"memtrace\":\"test\"," RUN ",\"records\":[{\"name\":\"task\",\"fields\":[[\"who\",\"who\"],[\"life\","      \
	"\"uint\"],[\"fault.minor\",\"count\"]]},{\"name\":\"moment\",\"fields\":[[\"due_ns\",\"time\"],[\"flags\","   \
	"\"uint\"]]}]}"

#define TASK   FIRST_LAYOUT
#define MOMENT (FIRST_LAYOUT + 1)
#define A_WHO  ITEM_WHO, 0, 1, 2, 0, 0, 0, 0, 1, 'c', 1, 't'

static const uint8_t small_data[] = {
	A_WHO,
	TASK,
	0,
	1,
	2,
	0x6,
	9,
	5, /* life 9 has 5 */
	TASK | ITEM_SAME_CPU | ITEM_SAME_WHO,
	2,
	0x4,
	1, /* and then 6 */
	MOMENT | ITEM_SAME_CPU,
	0,
	2,
	0x2,
	0,
};

struct file {
	struct bytes bytes;
	size_t block_at[64], nr_blocks;
	size_t nr_records[64]; /* up to each block's end */
};

static void end_block(struct file *file, size_t records)
{
	size_t nr = file->nr_blocks++;

	assert_true(nr < 64);
	file->nr_records[nr] = records + (nr ? file->nr_records[nr - 1] : 0);
	file->block_at[nr + 1] = file->bytes.size;
}

static void make_small(struct file *file)
{
	int i;

	memset(file, 0, sizeof(*file));
	add_file_head(&file->bytes);
	file->block_at[0] = file->bytes.size;
	add_json(&file->bytes, BLOCK_HEAD, SMALL_HEAD);
	end_block(file, 0);
	for (i = 0; i < 2; i++) {
		add_block(&file->bytes, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
		end_block(file, 3);
	}
	/* worth packing: what it says of its size cannot be checked against that when unpacked */
	add_json(&file->bytes, BLOCK_END, "{                                                                        }");
	end_block(file, 0);
}

static uint64_t by_chance(void *ctx)
{
	uint64_t number = next_number(ctx);

	return number >> (number & 63);
}

/* Blocks of all kinds of records, and what they are. */
static void make_large(struct file *file, union any_record **made, size_t *nr)
{
	enum { BLOCKS = 20, RECORDS = 60 };
	struct layouts own;
	struct encoder enc;
	uint64_t seed = 9;
	size_t block, i, at = 0;

	memset(file, 0, sizeof(*file));
	*made = calloc(BLOCKS * RECORDS, sizeof(**made));
	assert_int_equal(layouts__own(&own), 0);
	encoder__init(&enc, &own);
	enc.who = task_of_ref;
	add_head(&file->bytes);
	file->block_at[0] = sizeof(struct file_head);
	end_block(file, 0);
	for (block = 0; block < BLOCKS; block++) {
		for (i = 0; i < RECORDS; i++, at++) {
			make_record(&(*made)[at], &own.list[by_chance(&seed) % own.nr], at * 1000, by_chance, &seed);
			assert_int_equal(encoder__add(&enc, &(*made)[at]), 0);
		}
		add_block(&file->bytes, BLOCK_DATA, enc.buf, enc.size, enc.nr, at * 1000);
		encoder__reset(&enc);
		end_block(file, RECORDS);
	}
	add_json(&file->bytes, BLOCK_END, "{}");
	end_block(file, 0);
	encoder__free(&enc);
	layouts__free(&own);
	*nr = at;
}

/* Reads the first size bytes: what is there is all records of all blocks that are whole. */
static void check_cut(const struct file *file, size_t size, const union any_record *expected)
{
	struct reading reading;
	size_t whole = 0, nr;

	while (whole < file->nr_blocks && file->block_at[whole + 1] <= size)
		whole++;
	read_recording(&reading, file->bytes.data, size);
	if (!whole) {
		assert_int_equal(reading.open_error, -EBADMSG);
		assert_non_null(strstr(reading.why, size < sizeof(struct file_head) ? "does not begin like" :
										      "ends before its first block"));
		return;
	}
	assert_int_equal(reading.open_error, 0);
	assert_int_equal(reading.error, 0);
	assert_int_equal(reading.state, whole == file->nr_blocks ? READER_COMPLETE : READER_CUT_OFF);
	assert_int_equal(reading.nr_blocks, whole);
	if (reading.state == READER_CUT_OFF)
		assert_int_equal(reading.offset, file->block_at[whole]);
	nr = file->nr_records[whole - 1];
	if (expected)
		assert_same_records(&reading.records, nr, expected);
	else
		assert_int_equal(reading.records.nr, nr);
	reading__free(&reading);
}

static void cut_off_at_every_byte(void **state)
{
	struct file file;
	size_t size;

	(void)state;
	make_small(&file);
	for (size = 0; size <= file.bytes.size; size++)
		check_cut(&file, size, NULL);
	bytes__free(&file.bytes);
}

static void cut_off_at_offsets_all_over(void **state)
{
	union any_record *made;
	struct file file;
	size_t nr, i;

	(void)state;
	make_large(&file, &made, &nr);
	for (i = 0; i <= 150; i++)
		check_cut(&file, file.bytes.size * i / 150, made);
	for (i = 0; i < file.nr_blocks; i++) {
		check_cut(&file, file.block_at[i], made);
		check_cut(&file, file.block_at[i] + 1, made);
		check_cut(&file, file.block_at[i + 1] - 1, made);
	}
	free(made);
	bytes__free(&file.bytes);
}

static void each_changed_byte_is_noticed(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff };
	struct reading reading;
	struct file file;
	size_t at, i;

	(void)state;
	make_small(&file);
	for (at = 0; at < file.bytes.size; at++) {
		for (i = 0; i < 3; i++) {
			/* a higher minor version, and what is reserved, may be anything */
			bool harmless = at >= offsetof(struct file_head, minor) && at < sizeof(struct file_head);

			file.bytes.data[at] ^= changes[i];
			read_recording(&reading, file.bytes.data, file.bytes.size);
			file.bytes.data[at] ^= changes[i];
			if (harmless) {
				assert_int_equal(reading.open_error, 0);
				assert_int_equal(reading.state, READER_COMPLETE);
			} else {
				assert_int_equal(reading.state, READER_DAMAGED);
				assert_true(reading.why[0]);
				/* where the block begins that it is in */
				assert_true(reading.offset <= at && reading.offset <= file.block_at[file.nr_blocks]);
			}
			reading__free(&reading);
		}
	}
	bytes__free(&file.bytes);
}

static struct block_head a_head(uint8_t kind, uint32_t size)
{
	return (struct block_head){ .magic = BLOCK_MAGIC, .kind = kind, .raw_size = size, .size = size };
}

static void absurd_lengths_are_refused(void **state)
{
	struct bytes file = { 0 };
	size_t start;
	struct block_head head;
	struct {
		uint8_t codec;
		uint32_t raw_size, size;
		const char *why;
	} cases[] = {
		{ CODEC_NONE, UINT32_MAX, UINT32_MAX, "larger than blocks can be" },
		{ CODEC_NONE, BLOCK_MAX + 1, BLOCK_MAX + 1, "larger than blocks can be" },
		{ CODEC_ZSTD, UINT32_MAX, 4, "larger than blocks can be" },
		{ CODEC_ZSTD, 4, UINT32_MAX, "larger than blocks can be" },
		{ CODEC_NONE, 5, 4, "contradict each other" },
		{ CODEC_NONE, 3, 4, "contradict each other" },
		{ CODEC_ZSTD, 4, 4, "cannot be unpacked" },
		{ CODEC_ZSTD, BLOCK_MAX, 4, "cannot be unpacked" },
		{ 2, 4, 4, "packed in a way that is not known" },
	};
	size_t i;

	(void)state;
	add_head(&file);
	start = file.size;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		head = a_head(BLOCK_DATA, 4);
		head.codec = cases[i].codec;
		head.raw_size = cases[i].raw_size;
		head.size = cases[i].size;
		add_block_as(&file, head, "abcd", 4);
		assert_damaged(&file, 0, cases[i].why);
		file.size = start;
	}
	/* the largest that a block may be, but not there: cut off */
	add_block_as(&file, a_head(BLOCK_DATA, BLOCK_MAX), "abcd", 4);
	{
		struct reading reading;

		read_recording(&reading, file.data, file.size);
		assert_int_equal(reading.state, READER_CUT_OFF);
		reading__free(&reading);
	}
	bytes__free(&file);
}

static void what_unpacks_to_another_size_is_refused(void **state)
{
	struct bytes file = { 0 };
	struct block_head head;
	char zeroes[1000] = { 0 }, packed[200];
	size_t size = ZSTD_compress(packed, sizeof(packed), zeroes, sizeof(zeroes), 1), start;

	(void)state;
	add_head(&file);
	start = file.size;
	for (int more = -1; more <= 1; more += 2) {
		head = a_head(BLOCK_DATA, size);
		head.codec = CODEC_ZSTD;
		head.raw_size = sizeof(zeroes) + more;
		add_block_as(&file, head, packed, size);
		assert_damaged(&file, 0, "cannot be unpacked");
		file.size = start;
	}
	bytes__free(&file);
}

static void another_version_is_named(void **state)
{
	struct bytes file = { 0 };
	struct file_head head = { .magic = FORMAT_MAGIC, .major = 2, .minor = 7 };

	(void)state;
	bytes__add(&file, &head, sizeof(head));
	assert_refused(&file, "it has version 2.7 of the format; this memtrace reads version 1 only");
	bytes__free(&file);
	head.major = 0;
	bytes__add(&file, &head, sizeof(head));
	assert_refused(&file, "version 0.7");
	bytes__free(&file);
	bytes__add(&file, "memtracE and more bytes than a head has", 30);
	assert_refused(&file, "does not begin like a recording");
	bytes__free(&file);
}

static void blocks_out_of_order(void **state)
{
	struct bytes file = { 0 };

	(void)state;
	add_file_head(&file);
	add_block(&file, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
	assert_refused(&file, "its first block does not describe it");
	bytes__free(&file);

	add_file_head(&file);
	add_json(&file, BLOCK_END, "{}");
	assert_refused(&file, "its first block does not describe it");
	bytes__free(&file);

	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, SMALL_HEAD);
	add_block(&file, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
	add_json(&file, BLOCK_HEAD, SMALL_HEAD);
	assert_damaged(&file, 3, "another recording begins");
	bytes__free(&file);

	/* a file in a file: no block begins where one should */
	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, SMALL_HEAD);
	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, SMALL_HEAD);
	assert_damaged(&file, 0, "no block begins");
	bytes__free(&file);
}

static void what_follows_the_end_is_not_read(void **state)
{
	struct reading reading;
	struct file file;

	(void)state;
	make_small(&file);
	add_block(&file.bytes, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
	bytes__add(&file.bytes, "anything", 8);
	read_recording(&reading, file.bytes.data, file.bytes.size);
	assert_int_equal(reading.state, READER_COMPLETE);
	assert_int_equal(reading.records.nr, 6);
	reading__free(&reading);
	bytes__free(&file.bytes);
}

static void blocks_of_an_unknown_kind_are_skipped(void **state)
{
	struct bytes file = { 0 };
	struct reading reading;

	(void)state;
	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, SMALL_HEAD);
	add_block(&file, 9, "of a later version", 18, 4, 1);
	add_block(&file, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
	add_block(&file, 200, "", 0, 0, 1);
	add_json(&file, BLOCK_END, "{\"later\":[1]}");
	read_recording(&reading, file.data, file.size);
	assert_int_equal(reading.state, READER_COMPLETE);
	assert_int_equal(reading.records.nr, 3);
	assert_int_equal(reading.nr_blocks, 5);
	reading__free(&reading);
	bytes__free(&file);
}

/* A recording with that head and data; reading__free() in any case. */
static void read_made(struct reading *reading, const char *head, const void *data, size_t size)
{
	struct bytes file = { 0 };

	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, head);
	add_block(&file, BLOCK_DATA, data, size, 1, 1);
	add_json(&file, BLOCK_END, "{}");
	read_recording(reading, file.data, file.size);
	bytes__free(&file);
}

static void unknown_records_and_fields_are_skipped(void **state)
{
	/* of a later version: a kind of its own, with tasks; fields that are not known, before and after those that are
	 */
	static const char head[] =
		"{" RUN ",\"new\":1,\"records\":[{\"name\":\"later\",\"fields\":[[\"x\",\"uint\"],[\"by\",\"who\"]]},"
		"{\"name\":\"empty\",\"fields\":[]},"
		"{\"name\":\"fault\",\"new\":2,\"fields\":[[\"colour\",\"int\"],[\"address\",\"uint\"],[\"who\","
		"\"ref\"],"
		"[\"other\",\"ref\"],[\"ip\",\"count\",\"more\"]]}]}";
	static const uint8_t data[] = {
		ITEM_WHO,
		3,
		1,
		2,
		0,
		0,
		0,
		0,
		0,
		0,
		FIRST_LAYOUT,
		0,
		1,
		2,
		0x1,
		77, /* later */
		FIRST_LAYOUT + 1 + ITEM_SAME_CPU + ITEM_SAME_WHO,
		0, /* empty */
		FIRST_LAYOUT + 2,
		5,
		1,
		2,
		0x1b,
		3,
		100,
		1,
		50,
		FIRST_LAYOUT + 2 + ITEM_SAME_CPU + ITEM_SAME_WHO,
		2,
		0x12,
		101,
		1,
	};
	struct reading reading;
	const struct mt_fault *fault;

	(void)state;
	read_made(&reading, head, data, sizeof(data));
	assert_int_equal(reading.state, READER_COMPLETE);
	assert_int_equal(reading.records.nr, 3);
	assert_int_equal(reading.records.list[0].hdr.id, MT_REC_WHO);
	fault = &reading.records.list[1].fault;
	assert_int_equal(fault->hdr.id, MT_REC_fault);
	assert_int_equal(fault->hdr.cpu, 5);
	assert_int_equal(fault->hdr.time_ns, 2);
	assert_int_equal(fault->who.id, 3);
	assert_int_equal(fault->address, 100);
	assert_int_equal(fault->ip, 50);
	/* what the recording lacks is not known */
	assert_int_equal(fault->error_code, UINT32_MAX);
	assert_int_equal((int)fault->kernel, MT_UNKNOWN_S32);
	assert_int_equal(fault->user_stack, MT_UNKNOWN_S32);
	fault = &reading.records.list[2].fault;
	/* by the recording's codes: an address as it is, an ip as a difference */
	assert_int_equal(fault->address, 101);
	assert_int_equal(fault->ip, 51);
	reading__free(&reading);
}

/* What a probe learned to tell after a recording was made is unknown in it, not 0. */
static void fields_of_later_versions_are_unknown(void **state)
{
	static const char head[] =
		"{" RUN ",\"records\":["
		"{\"name\":\"oom\",\"fields\":[[\"victim\",\"who\"],[\"anon_rss_bytes\",\"uint\"]]},"
		"{\"name\":\"major\",\"fields\":[[\"file_name.1\",\"uint\"],[\"file_name.0\",\"uint\"]]},"
		"{\"name\":\"reclaim\",\"fields\":[[\"who\",\"who\"],[\"kind\",\"int\"]]}]}";
	static const uint8_t data[] = { ITEM_WHO,
					0,
					1,
					2,
					0,
					0,
					0,
					0,
					0,
					0,
					FIRST_LAYOUT,
					0,
					1,
					2,
					0x2,
					77,
					FIRST_LAYOUT + 2,
					0,
					1,
					2,
					0x2,
					2,
					FIRST_LAYOUT + 1,
					0,
					0,
					2,
					0x3,
					'c',
					0xe1,
					0xc4,
					1 };
	struct reading reading;
	const struct mt_major *major;
	const struct mt_oom *oom;

	(void)state;
	read_made(&reading, head, data, sizeof(data));
	assert_int_equal(reading.state, READER_COMPLETE);
	assert_int_equal(reading.records.nr, 3);
	oom = &reading.records.list[0].oom;
	assert_int_equal(oom->victim.pid, 1);
	assert_int_equal(oom->anon_rss_bytes, 77);
	assert_int_equal(oom->trigger.pid, 0);
	assert_int_equal(oom->order, MT_UNKNOWN_S32);
	assert_int_equal(oom->constraint, MT_UNKNOWN_S32);
	assert_int_equal(oom->points, MT_UNKNOWN_S32);
	assert_true(oom->gfp_flags == MT_UNKNOWN_U64 && oom->total_pages == MT_UNKNOWN_U64);
	assert_int_equal(oom->limit_cgroup_id, 0);
	assert_int_equal(reading.records.list[1].reclaim.kind, 1);
	assert_int_equal(reading.records.list[1].reclaim.parent, MT_UNKNOWN_S32);
	assert_int_equal(reading.records.list[1].reclaim.target_cgroup_id, 0);
	major = &reading.records.list[2].major;
	assert_string_equal(major->file_name, "ab");
	assert_int_equal(major->file_name[8], 'c');
	assert_int_equal(major->file_name[9] | major->file_name[31], 0);
	assert_int_equal(major->backing, MT_UNKNOWN_S32);
	assert_int_equal(major->device_minor, UINT32_MAX);
	assert_true(major->inode == MT_UNKNOWN_U64);
	reading__free(&reading);
}

/* What a recording of another version does not have of the samples is unknown, and what it has more is skipped. */
static void samples_that_are_missing_are_unknown(void **state)
{
	static const char head[] =
		"{" RUN ",\"records\":[{\"name\":\"sample\",\"fields\":[[\"of.another\",\"address\"],"
		"[\"memory.free_bytes\",\"address\"]]}]}";
	static const uint8_t data[] = { FIRST_LAYOUT | ITEM_SAME_CPU | ITEM_SAME_WHO, 0, 0x3, 8, 14 };
	struct reading reading;
	const struct sample_record *record;
	int i;

	(void)state;
	read_made(&reading, head, data, sizeof(data));
	assert_int_equal(reading.state, READER_COMPLETE);
	assert_int_equal(reading.records.nr, 1);
	record = (const void *)&reading.records.list[0];
	assert_int_equal(record->hdr.id, REC_SAMPLES);
	for (i = 0; i < NR_SAMPLES; i++)
		assert_true(record->values[i] == (i == SAMPLE_memory_free ? 7 : MT_UNKNOWN_U64));
	reading__free(&reading);
}

static void a_task_takes_only_a_task_of_its_form(void **state)
{
	static const struct {
		const char *field;
		uint8_t value;
	} cases[] = { { "[\"address\",\"who\"]", 1 }, { "[\"who\",\"who\"]", 1 }, { "[\"who\",\"uint\"]", 9 } };
	struct mt_fault nothing = { .hdr = { .id = MT_REC_fault, .size = sizeof(nothing) },
				    .error_code = UINT32_MAX,
				    .kernel = (__u32)MT_UNKNOWN_S32,
				    .kernel_stack = MT_UNKNOWN_S32,
				    .user_stack = MT_UNKNOWN_S32 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		/* not the first task of the record, which has a place of its own */
		const uint8_t data[] = { A_WHO, FIRST_LAYOUT | ITEM_SAME_CPU, 0, 0, 0x2, cases[i].value };
		struct reading reading;
		char head[200];

		snprintf(head, sizeof(head),
			 "{" RUN ",\"records\":[{\"name\":\"fault\",\"fields\":[[\"x\",\"who\"],%s]}]}",
			 cases[i].field);
		read_made(&reading, head, data, sizeof(data));
		assert_int_equal(reading.state, READER_COMPLETE);
		assert_int_equal(reading.records.nr, 1);
		assert_memory_equal(&reading.records.list[0], &nothing, sizeof(nothing));
		reading__free(&reading);
	}
}

static char *nested(size_t depth)
{
	char *text = malloc(2 * depth + 100);
	size_t at = (size_t)sprintf(text, "{" RUN ",\"x\":");

	memset(text + at, '[', depth);
	memset(text + at + depth, ']', depth);
	strcpy(text + at + 2 * depth, "}");
	return text;
}

static void hostile_heads_are_refused(void **state)
{
	static const struct {
		const char *head, *why;
	} cases[] = {
		{ "", "no JSON object" },
		{ "x", "no JSON object" },
		{ "[]", "no JSON object" },
		{ "\"run\"", "no JSON object" },
		{ "{\"run\":{}", "no JSON object" },
		{ "{} {}", "no JSON object" },
		{ "{\"a\":1,\"a\":1}", "no JSON object" },
		{ "{\"a\":\"\\u0000\"}", "no JSON object" },
		{ "{\"a\":\"\xff\"}", "no JSON object" },
		{ "{\"a\":99999999999999999999999}", "no JSON object" },
		{ "{\"a\":1e999}", "no JSON object" },
		{ "{}", "missing or too many" },
		{ "{\"records\":{}}", "missing or too many" },
		{ "{\"records\":7}", "missing or too many" },
		{ "{\"records\":[7]}", "no name or no fields" },
		{ "{\"records\":[{}]}", "no name or no fields" },
		{ "{\"records\":[{\"name\":5,\"fields\":[]}]}", "no name or no fields" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":{}}]}", "no name or no fields" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":[5]}]}", "not a name and a code" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":[[]]}]}", "not a name and a code" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":[[\"a\"]]}]}", "not a name and a code" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":[[\"a\",1]]}]}", "not a name and a code" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":[[\"a\",\"float\"]]}]}", "a code that is not known" },
		{ "{\"records\":[{\"name\":\"x\",\"fields\":[]},{\"name\":\"x\",\"fields\":[]}]}", "comes twice" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes file = { 0 };

		add_file_head(&file);
		add_json(&file, BLOCK_HEAD, cases[i].head);
		assert_refused(&file, cases[i].why);
		bytes__free(&file);
	}
}

static void a_head_that_is_too_deep_is_refused(void **state)
{
	struct bytes file = { 0 };
	char *text = nested(100000);

	(void)state;
	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, text);
	assert_refused(&file, "no JSON object");
	bytes__free(&file);
	free(text);
}

/* The text with that many kinds, or with one kind of that many fields. */
static char *many(size_t kinds, size_t fields)
{
	char *text = malloc(100 + 60 * kinds + 30 * kinds * fields), *at = text;
	size_t kind, field;

	at += sprintf(at, "{" RUN ",\"records\":[");
	for (kind = 0; kind < kinds; kind++) {
		at += sprintf(at, "%s{\"name\":\"k%zu\",\"fields\":[", kind ? "," : "", kind);
		for (field = 0; field < fields; field++)
			at += sprintf(at, "%s[\"f%zu\",\"uint\"]", field ? "," : "", field);
		at += sprintf(at, "]}");
	}
	strcpy(at, "]}");
	return text;
}

static void kinds_and_fields_are_bounded(void **state)
{
	static const struct {
		size_t kinds, fields;
		const char *why;
	} cases[] = {
		{ MAX_LAYOUTS, 1, NULL },
		{ MAX_LAYOUTS + 1, 1, "missing or too many" },
		{ 1, MAX_FIELDS, NULL },
		{ 1, MAX_FIELDS + 1, "too many fields" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = many(cases[i].kinds, cases[i].fields);
		struct bytes file = { 0 };
		struct reading reading;

		add_file_head(&file);
		add_json(&file, BLOCK_HEAD, text);
		if (cases[i].why) {
			assert_refused(&file, cases[i].why);
		} else {
			read_recording(&reading, file.data, file.size);
			assert_int_equal(reading.state, READER_CUT_OFF);
			reading__free(&reading);
		}
		bytes__free(&file);
		free(text);
	}
}

static void names_that_are_too_long_are_refused(void **state)
{
	char name[300], head[500];
	struct bytes file = { 0 };
	int field;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (field = 0; field < 2; field++) {
		snprintf(head, sizeof(head), "{" RUN ",\"records\":[{\"name\":\"%s\",\"fields\":[[\"%s\",\"uint\"]]}]}",
			 field ? "x" : name, field ? name : "x");
		add_file_head(&file);
		add_json(&file, BLOCK_HEAD, head);
		assert_refused(&file, field ? "not a name and a code" : "no name or no fields");
		bytes__free(&file);
	}
}

static void an_end_that_is_no_json_is_damage(void **state)
{
	static const char *const ends[] = { "", "[]", "{\"command\":{}", "{\"a\":1,\"a\":2}" };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct bytes file = { 0 };

		add_file_head(&file);
		add_json(&file, BLOCK_HEAD, SMALL_HEAD);
		add_block(&file, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
		add_json(&file, BLOCK_END, ends[i]);
		assert_damaged(&file, 3, "no JSON object");
		bytes__free(&file);
	}
}

static void records_before_the_damage_are_there(void **state)
{
	uint8_t data[sizeof(small_data) + 1];
	struct bytes file = { 0 };

	(void)state;
	memcpy(data, small_data, sizeof(small_data));
	data[sizeof(small_data)] = 5; /* no item */
	add_file_head(&file);
	add_json(&file, BLOCK_HEAD, SMALL_HEAD);
	add_block(&file, BLOCK_DATA, data, sizeof(data), 3, 3);
	add_block(&file, BLOCK_DATA, small_data, sizeof(small_data), 3, 3);
	assert_damaged(&file, 3, "an item of an unknown kind");
	bytes__free(&file);
}

static int read_head(struct recording_head *head, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	char why[200];
	int err;

	assert_non_null(json);
	err = recording_head__read(head, json, why, sizeof(why));
	json_decref(json);
	return err;
}

static void heads_with_wrong_types_read_as_nothing(void **state)
{
	static const char *const useless[] = {
		"{}",
		"{\"run\":[]}",
		"{\"run\":{}}",
		"{\"run\":{\"page_size\":\"4096\"}}",
		"{\"run\":{\"page_size\":4096.0}}",
		"{\"run\":{\"page_size\":4097}}",
		"{\"run\":{\"page_size\":0}}",
	};
	struct recording_head head;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(useless) / sizeof(*useless); i++)
		assert_int_equal(read_head(&head, useless[i]), -EBADMSG);
	assert_int_equal(
		read_head(&head,
			  "{\"memtrace\":7,\"run\":{\"page_size\":4096,\"subject\":\"x\",\"probes\":[1,\"fault\","
			  "\"later\",null],\"every\":\"fault\",\"latency\":1,\"start_ns\":\"1\",\"window\":null,"
			  "\"command_line\":{\"text\":5}},\"host\":[],\"probes\":{\"fault\":1}}"),
		0);
	assert_string_equal(head.version, "unknown");
	assert_string_equal(head.facts.subject, "");
	assert_string_equal(head.command_line, "");
	assert_int_equal(head.facts.probes, 1U << MT_PROBE_fault);
	assert_int_equal(head.facts.every, 0);
	assert_false(head.facts.latency);
	assert_int_equal(head.start.now_ns, 0);
	for (i = 0; i < MT_NR_PROBES; i++)
		assert_false(head.probes[i].wanted);
	assert_int_equal(
		read_head(&head,
			  "{\"run\":{\"page_size\":4096},\"probes\":[7,{},{\"name\":\"later\"},{\"name\":\"oom\","
			  "\"attached\":true,\"error\":-99999999999}]}"),
		0);
	assert_true(head.probes[MT_PROBE_oom].attached);
	assert_false(head.probes[MT_PROBE_fault].wanted);
}

/* A counter that a memtrace of that time did not have is unknown in its recordings, not 0. */
static void counters_of_later_versions_are_unknown(void **state)
{
	struct recording_head head = { 0 };
	const bool *lacks = head.probes[MT_PROBE_fault].lacks;

	(void)state;
	assert_int_equal(read_head(&head,
				   "{\"run\":{\"page_size\":4096},\"records\":[7,{\"name\":\"task\",\"fields\":["
				   "[\"who\",\"who\"],[],[\"fault.minor\",\"count\"],[\"fault.write\",\"count\"]]}]}"),
			 0);
	assert_false(lacks[MT_SLOT_fault_minor] || lacks[MT_SLOT_fault_write]);
	assert_true(lacks[MT_SLOT_fault_write_present] && lacks[MT_SLOT_fault_exec]);
	/* it has no counters at all */
	assert_int_equal(read_head(&head, "{\"run\":{\"page_size\":4096},\"records\":[{\"name\":\"oom\"}]}"), 0);
	assert_false(lacks[MT_SLOT_fault_write_present]);
}

static void heads_come_back(void **state)
{
	struct recording_head head = {
		.facts = { .subject = "\xff\xfe \x1b[31m\"\\\n", .probes = 5, .every = 1, .sample = 8, .latency = true,
			   .command_alone = true, .page_size = 65536 },
		.start = { .now_ns = INT64_MAX, .wall_offset_ns = INT64_MIN },
		.window = true,
		.version = "1.2",
		.host = { .name = "h\xc3\xa4", .kernel = "k", .kernel_version = "v", .machine = "m", .cpus = 512, .memory_bytes = 1ULL << 50 },
	}, got;
	struct layouts own;
	char why[200];
	json_t *json;
	size_t i;

	(void)state;
	/* longer than JSON's text needs to be, and not UTF-8 from end to end */
	memset(head.command_line, 0xc3, sizeof(head.command_line) - 1);
	for (i = 0; i < MT_NR_PROBES; i++) {
		head.probes[i] = (struct probe_status){ .wanted = i != 2,
							.attached = i != 2 && i & 1,
							.error = i == 2 ? 0 : -(int)i };
		if (i != 2)
			snprintf(head.probes[i].why, WHY_MAX, "because %zu\xff", i);
	}
	assert_int_equal(layouts__own(&own), 0);
	json = recording_head__to_json(&head, &own);
	assert_non_null(json);
	assert_int_equal(recording_head__read(&got, json, why, sizeof(why)), 0);
	assert_string_equal(got.facts.subject, head.facts.subject);
	assert_int_equal(got.facts.probes, head.facts.probes);
	assert_int_equal(got.facts.every, head.facts.every);
	assert_int_equal(got.facts.sample, head.facts.sample);
	assert_int_equal(got.facts.page_size, head.facts.page_size);
	assert_true(got.facts.latency && got.facts.command_alone && !got.facts.stacks);
	assert_memory_equal(&got.start, &head.start, sizeof(head.start));
	assert_memory_equal(&got.host, &head.host, sizeof(head.host));
	assert_string_equal(got.command_line, head.command_line);
	assert_string_equal(got.version, head.version);
	assert_true(got.window);
	for (i = 0; i < MT_NR_PROBES; i++) {
		assert_int_equal(got.probes[i].wanted, head.probes[i].wanted);
		assert_int_equal(got.probes[i].attached, head.probes[i].attached);
		assert_int_equal(got.probes[i].error, head.probes[i].error);
		assert_string_equal(got.probes[i].why, head.probes[i].why);
	}
	json_decref(json);
	layouts__free(&own);
}

static void ends_come_back(void **state)
{
	const struct command_outcome ran = {
		.pid = UINT32_MAX, .running = true, .status = 137, .minor = 1ULL << 60, .major = 3
	};
	const struct command_outcome none = { 0 };
	struct command_outcome got = ran;
	json_t *json = recording_end__to_json(&ran);

	(void)state;
	recording_end__read(&got, json);
	assert_int_equal(got.pid, ran.pid);
	assert_true(got.running);
	assert_int_equal(got.status, ran.status);
	assert_int_equal(got.minor, ran.minor);
	assert_int_equal(got.major, ran.major);
	json_decref(json);
	json = recording_end__to_json(&none);
	recording_end__read(&got, json);
	assert_int_equal(got.pid, 0);
	json_decref(json);
	recording_end__read(&got, NULL);
	assert_int_equal(got.pid, 0);
	json = json_loads("{\"command\":[5]}", 0, NULL);
	recording_end__read(&got, json);
	assert_int_equal(got.pid, 0);
	json_decref(json);
}

static void a_stream_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
	struct reader reader;
	FILE *stream = fopen("/", "r");

	(void)state;
	assert_non_null(stream);
	assert_int_equal(reader__open(&reader, stream), -EISDIR);
	reader__close(&reader);
	fclose(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_off_at_every_byte),
		cmocka_unit_test(cut_off_at_offsets_all_over),
		cmocka_unit_test(each_changed_byte_is_noticed),
		cmocka_unit_test(absurd_lengths_are_refused),
		cmocka_unit_test(what_unpacks_to_another_size_is_refused),
		cmocka_unit_test(another_version_is_named),
		cmocka_unit_test(blocks_out_of_order),
		cmocka_unit_test(what_follows_the_end_is_not_read),
		cmocka_unit_test(blocks_of_an_unknown_kind_are_skipped),
		cmocka_unit_test(unknown_records_and_fields_are_skipped),
		cmocka_unit_test(fields_of_later_versions_are_unknown),
		cmocka_unit_test(samples_that_are_missing_are_unknown),
		cmocka_unit_test(a_task_takes_only_a_task_of_its_form),
		cmocka_unit_test(hostile_heads_are_refused),
		cmocka_unit_test(a_head_that_is_too_deep_is_refused),
		cmocka_unit_test(kinds_and_fields_are_bounded),
		cmocka_unit_test(names_that_are_too_long_are_refused),
		cmocka_unit_test(an_end_that_is_no_json_is_damage),
		cmocka_unit_test(records_before_the_damage_are_there),
		cmocka_unit_test(heads_with_wrong_types_read_as_nothing),
		cmocka_unit_test(heads_come_back),
		cmocka_unit_test(counters_of_later_versions_are_unknown),
		cmocka_unit_test(ends_come_back),
		cmocka_unit_test(a_stream_that_cannot_be_read_is_an_error_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
