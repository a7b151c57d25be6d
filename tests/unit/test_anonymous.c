// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers anonymous.h: of every kind of record no text stays but the kernel's own, and nothing else changes; the same
 * text has the same name wherever it stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/recording/anonymous.h"
#include "recordings.h"
#include "records.h"

#define SECRET "/home/Secret"

static struct records taken;

static int emit(void *ctx, const void *record)
{
	(void)ctx;
	records__take(&taken, record);
	return 0;
}

static uint64_t zero(void *ctx)
{
	(void)ctx;
	return 0;
}

static void fill_secret(char *text, size_t size)
{
	memset(text, 0, size);
	memcpy(text, SECRET, strlen(SECRET) < size ? strlen(SECRET) : size);
}

static bool has_secret(const void *bytes, size_t size)
{
	return memmem(bytes, size, "Secret", 6) || memmem(bytes, size, "home", 4);
}

/* Each text that a layout has, by the names of its parts: "file_name.0" begins one, "file_name.1" goes on. */
static size_t fill_texts(union any_record *record, const struct layout *layout)
{
	size_t i, nr = 0;

	for (i = 0; i < layout->nr_fields; i++) {
		const struct layout_field *field = &layout->fields[i];
		struct mt_who *who = (struct mt_who *)(record->bytes + field->offset);
		char *dot = strstr(field->name, ".0"), next[160];
		size_t size = 0;

		if (field->code == CODE_WHO) {
			*who = (struct mt_who){ .pid = 7, .tid = 8 };
			fill_secret(who->comm, MT_COMM_LEN);
			fill_secret(who->tcomm, MT_COMM_LEN);
			nr++;
		}
		if (!dot || dot[2] || field->code != CODE_UINT || !strncmp(field->name, "nodes", 5) ||
		    !strncmp(field->name, "hist.", 5))
			continue;
		do {
			size += 8;
			snprintf(next, sizeof(next), "%.*s.%zu", (int)(dot - field->name), field->name, size / 8);
		} while (i + size / 8 < layout->nr_fields && !strcmp(layout->fields[i + size / 8].name, next));
		if (!strncmp(field->name, "function.", 9) || !strncmp(field->name, "device.", 7))
			continue;
		fill_secret(record->bytes + field->offset, size);
		nr++;
	}
	return nr;
}

static void no_record_keeps_a_text(void **state)
{
	struct anonymous *anonymous = anonymous__new();
	struct layouts layouts;
	union any_record record;
	size_t i, nr = 0;

	(void)state;
	assert_non_null(anonymous);
	assert_int_equal(layouts__own(&layouts), 0);
	for (i = 0; i < layouts.nr; i++) {
		const struct layout *layout = &layouts.list[i];
		size_t texts;

		make_record(&record, layout, 100, zero, NULL);
		texts = fill_texts(&record, layout);
		nr += texts;
		assert_int_equal(has_secret(&record, layout->size), texts > 0);
		assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
		assert_int_equal(taken.nr, i + 1);
		if (has_secret(&taken.list[i], layout->size))
			fail_msg("%s has it still", layout->name);
		/* what has no text is the same */
		if (!texts)
			assert_memory_equal(&taken.list[i], &record, layout->size);
	}
	assert_true(nr > 25);
	records__free(&taken);
	layouts__free(&layouts);
	anonymous__free(anonymous);
}

static const char *task_name(struct anonymous *anonymous, const char *name, uint32_t flags)
{
	struct mt_who who = { .pid = 1, .tid = 1, .flags = flags };

	memcpy(who.comm, name, strnlen(name, MT_COMM_LEN));
	return anonymous__who(anonymous, &who)->comm;
}

static void the_same_text_has_the_same_name(void **state)
{
	struct anonymous *anonymous = anonymous__new();

	(void)state;
	assert_string_equal(task_name(anonymous, "nginx", 0), "name1");
	assert_string_equal(anonymous__path(anonymous, "/system.slice/nginx.service"), "/name2.slice/name1.service");
	assert_string_equal(anonymous__path(anonymous, "/usr//sbin/nginx"), "/name3//name4/name1");
	assert_string_equal(anonymous__path(anonymous, "/usr/lib/libc.so.6"), "/name3/name5/name6.so");
	assert_string_equal(anonymous__path(anonymous, "/"), "/");
	assert_string_equal(anonymous__path(anonymous, ""), "");
	assert_string_equal(anonymous__path(anonymous, ".slice"), "name7");
	/* the kernel's threads are called as they are, also where they are only named */
	assert_string_equal(task_name(anonymous, "kswapd0", MT_WHO_KTHREAD), "kswapd0");
	assert_string_equal(task_name(anonymous, "kswapd0", 0), "kswapd0");
	assert_string_equal(task_name(anonymous, "sixteen letters.", 0), "name9");
	assert_string_equal(task_name(anonymous, "nginx", 0), "name1");
	anonymous__free(anonymous);
}

static void words_of_command_lines_are_replaced(void **state)
{
	struct anonymous *anonymous = anonymous__new();
	struct title_record record = { .hdr = { .id = REC_TITLE, .size = sizeof(record) },
				       .title = "/usr/bin/db --user=me  writer" };

	(void)state;
	assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
	assert_string_equal(((struct title_record *)&taken.list[0])->title, "/name1/name2/name3 name4  name5");
	/* one that fills its room */
	memset(record.title, 'x', TITLE_LEN);
	assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
	assert_string_equal(((struct title_record *)&taken.list[1])->title, "name6");
	records__free(&taken);
	anonymous__free(anonymous);
}

/* Sends a mapping's name as a look does. */
static void send_mapping(struct anonymous *anonymous, const char *name)
{
	struct map_name_record record = { .hdr = { .id = REC_MAP_NAME, .size = sizeof(record) }, .number = 1 };
	size_t len = strlen(name);

	for (record.at = 0; record.at <= len; record.at += MAP_NAME_PART) {
		memset(record.text, 0, sizeof(record.text));
		memcpy(record.text, name + record.at,
		       len - record.at < MAP_NAME_PART ? len - record.at : MAP_NAME_PART);
		assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
	}
}

static const char *got_mapping(size_t at)
{
	return ((struct map_name_record *)&taken.list[at])->text;
}

static void names_of_mappings_are_replaced_as_a_whole(void **state)
{
	struct anonymous *anonymous = anonymous__new();
	char longer[400] = "/";

	(void)state;
	send_mapping(anonymous, "[heap]");
	send_mapping(anonymous, "[anon:my heap]");
	send_mapping(anonymous, "/tmp/data (deleted)");
	send_mapping(anonymous, "[anon:]");
	assert_string_equal(got_mapping(0), "[heap]");
	assert_string_equal(got_mapping(1), "[anon:name1]");
	assert_string_equal(got_mapping(2), "/name2/name3 (deleted)");
	/* three records become one */
	memset(longer + 1, 'y', 2 * MAP_NAME_PART + 10);
	send_mapping(anonymous, longer);
	assert_int_equal(taken.nr, 5);
	assert_string_equal(got_mapping(4), "/name5");
	/* and one may become several */
	memset(longer, 0, sizeof(longer));
	while (strlen(longer) < MAP_NAME_PART - 1)
		strcat(longer, "/");
	strcat(longer, "z");
	send_mapping(anonymous, longer);
	assert_int_equal(taken.nr, 7);
	assert_memory_equal(got_mapping(5), longer, MAP_NAME_PART - 1);
	assert_int_equal(((struct map_name_record *)&taken.list[6])->at, MAP_NAME_PART);
	assert_string_equal(got_mapping(6), "ame6");
	records__free(&taken);
	anonymous__free(anonymous);
}

static void a_part_that_does_not_follow_is_left_out(void **state)
{
	struct anonymous *anonymous = anonymous__new();
	struct map_name_record record = { .hdr = { .id = REC_MAP_NAME, .size = sizeof(record) },
					  .at = 2 * MAP_NAME_PART,
					  .text = "Secret" };

	(void)state;
	assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
	record.at = UINT64_MAX;
	assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
	assert_int_equal(taken.nr, 0);
	/* a name without an end: as long as there is room */
	memset(record.text, 'x', MAP_NAME_PART);
	for (record.at = 0; record.at < 100 * MAP_NAME_PART; record.at += MAP_NAME_PART)
		assert_int_equal(anonymous__take(anonymous, &record, emit, NULL), 0);
	assert_int_equal(taken.nr, 0);
	records__free(&taken);
	anonymous__free(anonymous);
}

static struct proc_maps *maps;

static const struct proc_maps *find_maps(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	return maps;
}

static bool find_made(void *ctx, const struct mt_who *who, int32_t id, size_t at, uint64_t time_ns,
		      struct symbol *symbol)
{
	*symbol = (struct symbol){ 1, 2, "Secret::run", "Secret" };
	return true;
}

static void mappings_of_programs_have_other_names(void **state)
{
	struct anonymous *anonymous = anonymous__new();
	struct stack_lookup stacks =
		anonymous__stacks(anonymous, (struct stack_lookup){ .maps = find_maps, .made_symbol = find_made });
	const struct mapping mapping = { .start = 4096,
					 .end = 8192,
					 .elf = true,
					 .path = "/home/Secret",
					 .build_id = { .len = 3, .bytes = "abc" } };
	const struct mt_who who = { .pid = 1 };
	const struct proc_maps *got;
	struct symbol symbol;

	(void)state;
	maps = proc_maps__new(0);
	assert_int_equal(proc_maps__add(maps, &mapping), 0);
	got = stacks.maps(stacks.ctx, &who, 0, 0);
	assert_int_equal(proc_maps__count(got), 1);
	assert_string_equal(proc_maps__at(got, 0)->path, "/name1/name2");
	assert_int_equal(proc_maps__at(got, 0)->build_id.len, 0);
	assert_int_equal(proc_maps__at(got, 0)->end, 8192);
	/* as long as they are the same, those are the same */
	assert_ptr_equal(stacks.maps(stacks.ctx, &who, 0, 0), got);
	proc_maps__free(maps);
	maps = proc_maps__new(0);
	assert_int_equal(proc_maps__count(stacks.maps(stacks.ctx, &who, 0, 0)), 0);
	assert_true(stacks.made_symbol(stacks.ctx, &who, 1, 0, 0, &symbol));
	assert_string_equal(symbol.name, "name3");
	assert_string_equal(symbol.module, "");
	assert_null(stacks.addresses);
	assert_null(stacks.kernel_symbol);
	proc_maps__free(maps);
	anonymous__free(anonymous);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_record_keeps_a_text),
		cmocka_unit_test(the_same_text_has_the_same_name),
		cmocka_unit_test(words_of_command_lines_are_replaced),
		cmocka_unit_test(names_of_mappings_are_replaced_as_a_whole),
		cmocka_unit_test(a_part_that_does_not_follow_is_left_out),
		cmocka_unit_test(mappings_of_programs_have_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
