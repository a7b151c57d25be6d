/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers encoder.h and decoder.h with layout.h, previous_values.h and varint.h: what is
 * written comes back, for every kind of record and every value that a field
 * takes; what was never written that way is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/base/varint.h"
#include "recordings.h"

struct codec {
	struct layouts layouts;
	struct encoder enc;
	struct decoder dec;
	struct records got;
};

static int open_codec(void **state)
{
	struct codec *codec = calloc(1, sizeof(*codec));

	assert_non_null(codec);
	assert_int_equal(layouts__own(&codec->layouts), 0);
	encoder__init(&codec->enc, &codec->layouts);
	codec->enc.who = task_of_ref;
	assert_int_equal(decoder__init(&codec->dec, &codec->layouts), 0);
	*state = codec;
	return 0;
}

static int close_codec(void **state)
{
	struct codec *codec = *state;

	records__free(&codec->got);
	encoder__free(&codec->enc);
	decoder__free(&codec->dec);
	layouts__free(&codec->layouts);
	free(codec);
	return 0;
}

static void add(struct codec *codec, const void *record)
{
	assert_int_equal(encoder__add(&codec->enc, record), 0);
}

/* Decodes the block so far, from memory that has not a byte more, and begins another. */
static void decode(struct codec *codec)
{
	void *copy = malloc(codec->enc.size ? codec->enc.size : 1);
	const void *record;
	int got;

	memcpy(copy, codec->enc.buf ? codec->enc.buf : copy, codec->enc.size);
	decoder__start(&codec->dec, copy, codec->enc.size);
	while ((got = decoder__next(&codec->dec, &record)) > 0)
		records__take(&codec->got, record);
	assert_int_equal(got, 0);
	free(copy);
	encoder__reset(&codec->enc);
}

static void same(struct codec *codec, const union any_record *expected, size_t nr)
{
	assert_same_records(&codec->got, nr, expected);
	records__free(&codec->got);
}

static const struct layout *layout_of(struct codec *codec, uint16_t id)
{
	const struct layout *layout = layouts__find(&codec->layouts, id);

	assert_non_null(layout);
	return layout;
}

static uint64_t by_chance(void *ctx)
{
	uint64_t number = next_number(ctx);

	/* of all sizes: most are small, as in life */
	return number >> (number & 63);
}

static void every_kind_comes_back(void **state)
{
	enum { NR = 3000 };
	struct codec *codec = *state;
	union any_record *made = calloc(NR, sizeof(*made));
	uint64_t seed = 1, time_ns = 1000;
	size_t i;

	/* task, moment, samples of the machine and of cgroups, titles, looks at maps, counters by a key, events: more
	 * of them need an any_record */
	assert_int_equal(codec->layouts.nr, 5 + 6 + MT_NR_KEYED + 24);
	for (i = 0; i < NR; i++) {
		time_ns += (int64_t)by_chance(&seed) >> 40; /* also backwards: rings are read one after the other */
		make_record(&made[i], &codec->layouts.list[by_chance(&seed) % codec->layouts.nr], time_ns, by_chance,
			    &seed);
		made[i].hdr.cpu = by_chance(&seed) % 3 ? 0 : (uint32_t)by_chance(&seed);
		add(codec, &made[i]);
		if (i % 700 == 699)
			decode(codec);
	}
	decode(codec);
	same(codec, made, NR);
	free(made);
}

struct sequence {
	const uint64_t *values;
	size_t nr, at;
};

/* Nothing of the block before matters: CPU, task, time, values. */
static void a_block_begins_anew(void **state)
{
	struct codec *codec = *state;
	union any_record made[2] = { 0 };

	made[0].oom =
		(struct mt_oom){ .hdr = { .id = MT_REC_oom, .size = sizeof(struct mt_oom), .cpu = 9, .time_ns = 1000 },
				 .victim = *known_task(1),
				 .anon_rss_bytes = 7,
				 .oom_score_adj = 3 };
	made[1].oom = (struct mt_oom){ .hdr = { .id = MT_REC_oom, .size = sizeof(struct mt_oom) } };
	add(codec, &made[0]);
	decode(codec);
	add(codec, &made[1]);
	decode(codec);
	same(codec, made, 2);
}

static size_t size_of_adj(struct codec *codec, int32_t adj)
{
	struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom) }, .oom_score_adj = adj };
	size_t size;

	add(codec, &oom);
	size = codec->enc.size;
	encoder__reset(&codec->enc);
	return size;
}

static void small_numbers_are_small_whatever_their_sign(void **state)
{
	assert_int_equal(size_of_adj(*state, -1), size_of_adj(*state, 1));
	assert_int_equal(size_of_adj(*state, -64), size_of_adj(*state, 1));
	assert_int_equal(size_of_adj(*state, 64), size_of_adj(*state, 1) + 1);
}

static uint64_t in_turn(void *ctx)
{
	struct sequence *seq = ctx;

	return seq->values[seq->at % seq->nr];
}

static void extreme_values_come_back(void **state)
{
	static const uint64_t values[] = {
		0,
		UINT64_MAX,
		0,
		1,
		0x7f,
		0x80,
		0x3fff,
		0x4000,
		INT32_MAX,
		1ULL << 31,
		UINT32_MAX,
		1ULL << 32,
		INT64_MAX,
		1ULL << 63,
		(1ULL << 63) + 1,
		(uint64_t)INT32_MIN,
		UINT64_MAX,
		UINT64_MAX,
		5,
		4,
		0,
	};
	enum { NR = sizeof(values) / sizeof(*values) };
	struct codec *codec = *state;
	union any_record made[NR];
	struct sequence seq = { values, NR, 0 };
	size_t i;

	for (i = 0; i < codec->layouts.nr; i++) {
		for (seq.at = 0; seq.at < NR; seq.at++) {
			/* the time is as extreme; fields of times are relative to it */
			make_record(&made[seq.at], &codec->layouts.list[i], values[(seq.at * 5 + i) % NR], in_turn,
				    &seq);
			made[seq.at].hdr.cpu = (uint32_t)in_turn(&seq);
			add(codec, &made[seq.at]);
		}
		decode(codec);
		same(codec, made, NR);
	}
}

static void unknown_tasks_stay_unknown(void **state)
{
	struct codec *codec = *state;
	union any_record made[3];
	uint64_t zero[] = { 0 };
	struct sequence seq = { zero, 1, 0 };

	make_record(&made[0], layout_of(codec, MT_REC_oom), 1, in_turn, &seq);
	make_record(&made[1], layout_of(codec, MT_REC_fault), 2, in_turn, &seq);
	make_record(&made[2], layout_of(codec, MT_REC_fault), 3, in_turn, &seq);
	made[1].fault.who.id = 77; /* nobody ever said who that is */
	made[1].fault.address = 5;
	add(codec, &made[0]);
	add(codec, &made[1]);
	add(codec, &made[2]);
	decode(codec);
	assert_int_equal(codec->got.nr, 3);
	made[1].fault.who.id = 0;
	same(codec, made, 3);
}

static void two_tasks_with_one_name_stay_two(void **state)
{
	struct codec *codec = *state;
	union any_record made[40] = { 0 };
	size_t i;

	for (i = 0; i < 40; i++) {
		made[i].task =
			(struct mt_task){ .hdr = { .id = MT_REC_TASK, .size = sizeof(struct mt_task), .time_ns = i },
					  .who = *known_task(1 + i % 2),
					  .life = 1 + i % 2 };
		made[i].task.c[0] = i % 2 ? 1000000 + i : i;
		add(codec, &made[i]);
	}
	/* each against the one before of the same task: small numbers, and a bit for each counter that there may be */
	assert_true(codec->enc.size < 40 * 13 + 220);
	decode(codec);
	same(codec, made, 40);
}

static void both_tasks_of_a_record_come_back(void **state)
{
	struct codec *codec = *state;
	union any_record made[NR_TASKS * NR_TASKS] = { 0 };
	size_t i;

	for (i = 0; i < NR_TASKS * NR_TASKS; i++) {
		made[i].oom = (struct mt_oom){ .hdr = { .id = MT_REC_oom, .size = sizeof(struct mt_oom), .time_ns = i },
					       .victim = *known_task(i % NR_TASKS),
					       .trigger = *known_task(i / NR_TASKS),
					       .oom_score_adj = -1000 };
		add(codec, &made[i]);
	}
	decode(codec);
	same(codec, made, NR_TASKS * NR_TASKS);
}

static struct mt_fault fault_of(uint64_t ref, uint64_t time_ns)
{
	return (struct mt_fault){ .hdr = { .id = MT_REC_fault, .size = sizeof(struct mt_fault), .time_ns = time_ns },
				  .who = { ref } };
}

static void add_checkpoint(struct codec *codec, uint64_t time_ns)
{
	struct checkpoint_record checkpoint = {
		.hdr = { .id = REC_CHECKPOINT, .size = sizeof(checkpoint), .time_ns = time_ns }
	};

	add(codec, &checkpoint);
}

/* The kinds of what came: w an announcement, f a fault, m a moment. */
static void assert_kinds(const struct records *got, const char *kinds)
{
	size_t i;

	assert_int_equal(got->nr, strlen(kinds));
	for (i = 0; i < got->nr; i++) {
		uint16_t id = got->list[i].hdr.id;

		assert_int_equal(id == MT_REC_WHO ? 'w' : id == MT_REC_fault ? 'f' : 'm', kinds[i]);
	}
}

static void references_are_announced_after_each_checkpoint(void **state)
{
	struct codec *codec = *state;
	const uint64_t refs[] = { 1, 1, 2, 1 };
	const struct mt_who_is *is;
	size_t round, i;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 4; i++) {
			struct mt_fault fault = fault_of(refs[i], i);

			add(codec, &fault);
		}
		add_checkpoint(codec, 10);
	}
	decode(codec);
	assert_kinds(&codec->got, "wffwffmwffwffm");
	is = (const struct mt_who_is *)&codec->got.list[3];
	assert_int_equal(is->ref.id, 2);
	assert_int_equal(is->hdr.size, sizeof(*is));
	assert_memory_equal(&is->who, known_task(2), sizeof(is->who));
	assert_int_equal(codec->got.list[4].fault.who.id, 2);
	records__free(&codec->got);

	/* and in each block, which can be read by itself */
	for (round = 0; round < 2; round++) {
		struct mt_fault fault = fault_of(2, round);

		add(codec, &fault);
		decode(codec);
	}
	assert_kinds(&codec->got, "wfwf");
}

struct names {
	const char *name[10]; /* by the cgroup's id; NULL: not known now */
	unsigned int asked;
	struct {
		uint64_t id;
		size_t len;
		char name[MAX_CGROUP_NAME];
	} got[10];
	size_t nr_got;
};

static const char *give_name(void *ctx, uint64_t id)
{
	struct names *names = ctx;

	names->asked++;
	return id < 10 ? names->name[id] : NULL;
}

static int take_name(void *ctx, uint64_t id, const char *name, size_t len)
{
	struct names *names = ctx;

	assert_true(names->nr_got < 10 && len <= MAX_CGROUP_NAME);
	names->got[names->nr_got].id = id;
	names->got[names->nr_got].len = len;
	memcpy(names->got[names->nr_got++].name, name, len);
	return 0;
}

static void names_of_cgroups_come_back_once_a_block(void **state)
{
	static struct names names;
	struct codec *codec = *state;
	char long_name[MAX_CGROUP_NAME + 10];
	struct mt_task task = { .hdr = { .id = MT_REC_TASK, .size = sizeof(task) } };
	uint64_t id;
	int round;

	memset(&names, 0, sizeof(names));
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	names.name[1] = "/a";
	names.name[2] = "";
	names.name[3] = "/\xff\xfe\n\x1b[31m";
	names.name[4] = long_name;
	codec->enc.cgroup = give_name;
	codec->enc.ctx = codec->dec.definitions.ctx = &names;
	codec->dec.definitions.cgroup = take_name;
	for (round = 0; round < 2; round++) {
		for (id = 0; id < 6; id++) {
			task.who.pid = task.who.tid = 1 + id;
			task.who.cgroup_id = id;
			add(codec, &task);
			task.who.tid += 100; /* another task in the same one */
			add(codec, &task);
		}
		names.nr_got = 0;
		decode(codec);
		assert_int_equal(names.nr_got, 4);
		for (id = 1; id < 5; id++) {
			size_t len = strnlen(names.name[id], MAX_CGROUP_NAME);

			assert_int_equal(names.got[id - 1].id, id);
			assert_int_equal(names.got[id - 1].len, len);
			assert_memory_equal(names.got[id - 1].name, names.name[id], len);
		}
	}
	/* 0 is no cgroup */
	assert_int_equal(codec->got.nr, 24);
}

/* Those of a record's own fields, too, whether or not a task is in them. */
static void cgroups_that_are_fields_have_names(void **state)
{
	static struct names names;
	struct codec *codec = *state;
	struct mt_reclaim reclaim = { .hdr = { .id = MT_REC_reclaim, .size = sizeof(reclaim) },
				      .who = { .pid = 1, .tid = 1, .cgroup_id = 1 } };
	struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom) } };

	memset(&names, 0, sizeof(names));
	names.name[1] = "/task";
	names.name[2] = "/target";
	names.name[3] = "/limit";
	codec->enc.cgroup = give_name;
	codec->enc.ctx = codec->dec.definitions.ctx = &names;
	codec->dec.definitions.cgroup = take_name;
	add(codec, &reclaim);
	reclaim.target_cgroup_id = 2;
	add(codec, &reclaim);
	reclaim.target_cgroup_id = 1;
	add(codec, &reclaim);
	oom.limit_cgroup_id = 3;
	add(codec, &oom);
	decode(codec);
	assert_int_equal(names.nr_got, 3);
	assert_int_equal(names.got[1].id, 2);
	assert_memory_equal(names.got[1].name, "/target", 7);
	assert_int_equal(names.got[2].id, 3);
	assert_memory_equal(names.got[2].name, "/limit", 6);
	assert_int_equal(codec->got.nr, 4);
	assert_int_equal(codec->got.list[1].reclaim.target_cgroup_id, 2);
	assert_int_equal(codec->got.list[2].reclaim.target_cgroup_id, 1);
	assert_int_equal(codec->got.list[3].oom.limit_cgroup_id, 3);
}

static void a_block_is_full_by_its_size(void **state)
{
	struct codec *codec = *state;
	uint64_t seed = 5, nr = 0;

	while (!encoder__is_full(&codec->enc)) {
		union any_record record;

		make_record(&record, layout_of(codec, MT_REC_TASK), nr, by_chance, &seed);
		add(codec, &record);
		nr++;
	}
	assert_true(codec->enc.size >= BLOCK_TARGET);
	assert_true(codec->enc.size < BLOCK_TARGET + 2048);
	assert_int_equal(codec->enc.nr, nr);
	decode(codec);
	assert_int_equal(codec->got.nr, nr);
	assert_false(encoder__is_full(&codec->enc));
}

/* What a writer remembers beside a block; each grows to twice its size when it is too small. */
static void expect_bounded(const struct encoder *enc)
{
	assert_in_range(enc->previous.room_values, 1, BLOCK_VALUES);
	assert_in_range(enc->previous.room_places, 1, 2 * BLOCK_TASKS * enc->layouts->nr);
}

/* A flood of tasks that live for a moment: each record is of another one, and is short. */
static void a_block_is_full_by_its_values(void **state)
{
	struct codec *codec = *state;
	struct mt_task task = { .hdr = { .id = MT_REC_TASK, .size = sizeof(task) } };
	uint32_t nr;

	for (nr = 0; !encoder__is_full(&codec->enc); nr++) {
		assert_in_range(codec->enc.size, 0, BLOCK_TARGET / 2);
		task.life = task.who.pid = task.who.tid = 1 + nr;
		task.c[0] = nr;
		add(codec, &task);
	}
	assert_in_range(nr, 500, BLOCK_TASKS - 1);
	expect_bounded(&codec->enc);
	decode(codec);
	assert_int_equal(codec->got.nr, nr);
	assert_in_range(codec->dec.previous.room_values, 1, BLOCK_VALUES);
}

static void a_block_is_full_by_its_tasks(void **state)
{
	struct codec *codec = *state;
	struct encoder enc;
	struct mt_major major = { .hdr = { .id = MT_REC_major, .size = sizeof(major) } };
	const void *record;
	uint32_t nr;

	encoder__init(&enc, &codec->layouts);
	for (nr = 0; !encoder__is_full(&enc); nr++) {
		major.who.pid = major.who.tid = 1 + nr % 100;
		major.who.uid = nr / 100;
		assert_int_equal(encoder__add(&enc, &major), 0);
		enc.size = 0; /* what matters is the number of tasks */
	}
	assert_int_equal(enc.nr_task_refs, BLOCK_TASKS);
	expect_bounded(&enc);
	encoder__free(&enc);

	/* a reader takes MAX_BLOCK_TASKS and no more */
	nr = 0;
	for (size_t size = MAX_BLOCK_TASKS;; size++) {
		static const uint8_t who[] = { ITEM_WHO, 0, 1, 1, 0, 0, 0, 0, 0, 0 };
		uint8_t *bytes = malloc(size * sizeof(who));
		size_t i;
		int got;

		assert_non_null(bytes);
		for (i = 0; i < size; i++)
			memcpy(bytes + i * sizeof(who), who, sizeof(who));
		decoder__start(&codec->dec, bytes, size * sizeof(who));
		got = decoder__next(&codec->dec, &record);
		free(bytes);
		assert_int_equal(got, size > MAX_BLOCK_TASKS ? -EBADMSG : 0);
		if (size > MAX_BLOCK_TASKS)
			break;
	}
}

static void values_referred_back_to_are_bounded(void **state)
{
	struct codec *codec = *state;
	struct previous_values previous;
	uint64_t *last;
	size_t i;

	(void)codec;
	previous_values__init(&previous, 2);
	for (i = 0; i < MAX_PREVIOUS_VALUES / MAX_FIELDS; i++)
		assert_int_equal(previous_values__get(&previous, i, 1, MAX_FIELDS, &last), 0);
	assert_int_equal(previous_values__get(&previous, i, 1, 1, &last), -E2BIG);
	assert_int_equal(previous_values__get(&previous, 5, 1, MAX_FIELDS, &last), 0);
	previous_values__reset(&previous);
	/* a kind of records without fields has a place, too */
	assert_int_equal(previous_values__get(&previous, 0, 0, 0, &last), 0);
	assert_int_equal(previous_values__get(&previous, 7, 1, 3, &last), 0);
	assert_int_equal(last[2], 0);
	previous_values__free(&previous);
	previous_values__init(&previous, 1);
	assert_int_equal(previous_values__get(&previous, 0, 0, 0, &last), 0);
	previous_values__free(&previous);
}

static void numbers_come_back(void **state)
{
	uint8_t bytes[VARINT_MAX + 1];
	uint64_t value, got;
	unsigned int bit;

	(void)state;
	for (bit = 0; bit < 64; bit++) {
		for (value = (1ULL << bit) - 1; value != (1ULL << bit) + 2; value++) {
			const uint8_t *at = bytes, *end = varint__put(bytes, value);

			assert_true(end - bytes <= VARINT_MAX);
			assert_int_equal(varint__get(&at, end, &got), 0);
			assert_int_equal(got, value);
			assert_ptr_equal(at, end);
			at = bytes;
			assert_int_equal(varint__get(&at, end - 1, &got), -EBADMSG);
			assert_int_equal(unzigzag(zigzag(value)), value);
			assert_int_equal(unzigzag(zigzag(-value)), -value);
		}
	}
	assert_int_equal(zigzag(1), 2);
	assert_int_equal(zigzag((uint64_t)-1), 1);
}

static void numbers_of_more_than_64_bits_are_refused(void **state)
{
	static const uint8_t eleven[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 };
	static const uint8_t two_bits[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02 };
	const uint8_t *at = eleven;
	uint64_t got;

	(void)state;
	assert_int_equal(varint__get(&at, eleven + sizeof(eleven), &got), -EBADMSG);
	at = two_bits;
	assert_int_equal(varint__get(&at, two_bits + sizeof(two_bits), &got), -EBADMSG);
}

static void refuses(struct codec *codec, const char *why, size_t size, const uint8_t *bytes)
{
	uint8_t *copy = malloc(size);
	const void *record;
	int got;

	memcpy(copy, bytes, size);
	decoder__start(&codec->dec, copy, size);
	do
		got = decoder__next(&codec->dec, &record);
	while (got > 0);
	free(copy);
	assert_int_equal(got, -EBADMSG);
	assert_string_equal(codec->dec.why, why);
}

#define REFUSES(codec, why, ...)                                                                                       \
	refuses(codec, why, sizeof((uint8_t[]){ __VA_ARGS__ }), (const uint8_t[]){ __VA_ARGS__ })

static void nonsense_is_refused(void **state)
{
	struct codec *codec = *state;
	uint8_t task = FIRST_LAYOUT; /* the first layout */

	REFUSES(codec, "an item of an unknown kind", 5);
	REFUSES(codec, "an item of an unknown kind", 7);
	REFUSES(codec, "a call chain is too long", ITEM_STACK, 1, 0x81, 0x08);
	REFUSES(codec, "a call chain is too long", ITEM_STACK, 0x80, 0x80, 0x80, 0x80, 0x08, 0);
	REFUSES(codec, "a number is cut off or too long", ITEM_STACK, 1, 2, 0);
	REFUSES(codec, "a process has too many mappings", ITEM_MAPS, 1, 1, 0x81, 0x80, 0x04);
	REFUSES(codec, "a number is cut off or too long", ITEM_MAPS, 1, 1, 1, 0, 1, 0, 1);
	REFUSES(codec, "a name is cut off or too long", ITEM_MAPS, 1, 1, 1, 0, 1, 0, 1, 0, 33);
	REFUSES(codec, "a name is cut off or too long", ITEM_MAPS, 1, 1, 1, 0, 1, 0, 1, 0, 0, 2, 'x');
	REFUSES(codec, "a name is cut off or too long", ITEM_SYMBOL, 1, 1, 0x80, 0x08, 'x');
	REFUSES(codec, "a kind of records that the head does not describe", 0x3f, 0, 0, 0);
	REFUSES(codec, "a number is cut off or too long", task);
	REFUSES(codec, "a number is cut off or too long", task, 0x80);
	REFUSES(codec, "a number is too large", task, 0xff, 0xff, 0xff, 0xff, 0x1f);
	REFUSES(codec, "a task that was not named", task, 0, 1, 0);
	REFUSES(codec, "a record is cut off", task, 0, 0, 0);
	REFUSES(codec, "a name is cut off or too long", ITEM_CGROUP, 1, 2, 'x');
	REFUSES(codec, "a name is cut off or too long", ITEM_CGROUP, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 1);
	REFUSES(codec, "a name is cut off or too long", ITEM_WHO, 0, 1, 1, 0, 0, 0, 0, MT_COMM_LEN + 1, 'a', 'b', 'c',
		'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 0);
}

static void no_bytes_make_it_read_beyond_its_end(void **state)
{
	struct codec *codec = *state;
	uint64_t seed = 3;
	int round;

	for (round = 0; round < 20000; round++) {
		size_t size = next_number(&seed) % 64 + 1, i;
		uint8_t *bytes = malloc(size);
		const void *record;

		/* a task first, so that records refer to one */
		for (i = 0; i < size; i++)
			bytes[i] = (uint8_t)by_chance(&seed);
		decoder__start(&codec->dec, bytes, size);
		while (decoder__next(&codec->dec, &record) > 0)
			assert_true(((const struct mt_hdr *)record)->size <= sizeof(union any_record));
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_comes_back, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(a_block_begins_anew, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(small_numbers_are_small_whatever_their_sign, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(extreme_values_come_back, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(unknown_tasks_stay_unknown, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(two_tasks_with_one_name_stay_two, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(both_tasks_of_a_record_come_back, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(references_are_announced_after_each_checkpoint, open_codec,
						close_codec),
		cmocka_unit_test_setup_teardown(names_of_cgroups_come_back_once_a_block, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(cgroups_that_are_fields_have_names, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(a_block_is_full_by_its_size, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(a_block_is_full_by_its_values, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(a_block_is_full_by_its_tasks, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(values_referred_back_to_are_bounded, open_codec, close_codec),
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(numbers_of_more_than_64_bits_are_refused),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, open_codec, close_codec),
		cmocka_unit_test_setup_teardown(no_bytes_make_it_read_beyond_its_end, open_codec, close_codec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
