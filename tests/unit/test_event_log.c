/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers event_log.h: the newest EVENT_LOG_MAX events are kept, oldest first,
 * and the others counted; a table can be read twice; when memory runs out
 * what there is room for goes on as a ring.  Needs the linker's --wrap for
 * realloc (see Makefile).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/wire.h"
#include "../../user/count/event_log.h"

static bool no_memory;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_realloc(void *p, size_t size)
{
	return no_memory ? NULL : __real_realloc(p, size);
}

static const struct event_names no_names;

/* Events are told apart by their time, which is their number. */
static void add(struct event_log *log, uint64_t nr)
{
	while (nr--) {
		struct mt_reclaim record = { .hdr = { .id = MT_REC_reclaim, .size = sizeof(record) } };

		record.hdr.time_ns = log->total + 1;
		event_log__add(log, &record);
	}
}

static void check_rows(struct table *table, uint64_t first, uint64_t last)
{
	struct cell cells[EVENT_MAX_COLUMNS];
	uint64_t number;

	assert_int_equal(table->rows.rewind(table->rows.ctx), 0);
	for (number = first; number <= last; number++) {
		assert_int_equal(table->rows.next(table->rows.ctx, cells), 1);
		assert_int_equal(cells[0].kind, CELL_UINT);
		assert_int_equal(cells[0].u, number);
	}
	assert_int_equal(table->rows.next(table->rows.ctx, cells), 0);
}

/* The log has all events from first to last, and no other. */
static void check(struct event_log *log, uint64_t first, uint64_t last)
{
	struct table table = event_log__table(log, &no_names, "reclaim");

	assert_int_equal(event_log__kept(log), last + 1 - first);
	assert_int_equal(log->total, last);
	assert_int_equal(log->dropped, first - 1);
	check_rows(&table, first, last);
	check_rows(&table, first, last);
}

static void an_empty_log_has_no_rows(void **state)
{
	struct event_log log;

	(void)state;
	event_log__init(&log, &event_rows[MT_REC_reclaim]);
	check(&log, 1, 0);
	event_log__free(&log);
}

static void all_are_kept_up_to_the_maximum(void **state)
{
	struct event_log log;

	(void)state;
	event_log__init(&log, &event_rows[MT_REC_reclaim]);
	add(&log, 1);
	check(&log, 1, 1);
	/* around the sizes that the log grows through */
	add(&log, 15);
	check(&log, 1, 16);
	add(&log, 1);
	check(&log, 1, 17);
	add(&log, EVENT_LOG_MAX - 18);
	check(&log, 1, EVENT_LOG_MAX - 1);
	add(&log, 1);
	check(&log, 1, EVENT_LOG_MAX);
	event_log__free(&log);
}

static void beyond_it_the_newest_are(void **state)
{
	struct event_log log;

	(void)state;
	event_log__init(&log, &event_rows[MT_REC_reclaim]);
	add(&log, EVENT_LOG_MAX + 1);
	check(&log, 2, EVENT_LOG_MAX + 1);
	add(&log, EVENT_LOG_MAX - 2);
	check(&log, EVENT_LOG_MAX, 2 * EVENT_LOG_MAX - 1);
	add(&log, 1);
	check(&log, EVENT_LOG_MAX + 1, 2 * EVENT_LOG_MAX);
	add(&log, 5 * EVENT_LOG_MAX / 2);
	check(&log, 7 * EVENT_LOG_MAX / 2 + 1, 9 * EVENT_LOG_MAX / 2);
	event_log__free(&log);
}

static void without_memory_they_are_counted(void **state)
{
	struct event_log log;

	(void)state;
	event_log__init(&log, &event_rows[MT_REC_reclaim]);
	no_memory = true;
	add(&log, 3);
	no_memory = false;
	check(&log, 4, 3);
	add(&log, 2);
	check(&log, 6, 5);
	event_log__free(&log);
}

static void what_could_not_grow_keeps_its_size(void **state)
{
	struct event_log log;

	(void)state;
	event_log__init(&log, &event_rows[MT_REC_reclaim]);
	add(&log, 16);
	no_memory = true;
	add(&log, 1);
	no_memory = false;
	check(&log, 2, 17);
	add(&log, 40);
	check(&log, 42, 57);
	event_log__free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_log_has_no_rows),	      cmocka_unit_test(all_are_kept_up_to_the_maximum),
		cmocka_unit_test(beyond_it_the_newest_are),	      cmocka_unit_test(without_memory_they_are_counted),
		cmocka_unit_test(what_could_not_grow_keeps_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
