/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers schema.h: that the tables agree with the structs and with each
 * other, so that a row of probes.def which is wrong is found here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/model/schema.h"
#include "../../user/views/keyed.h"

static void rows_of_probes(void **state)
{
	(void)state;
	for (int i = 0; i < MT_NR_PROBES; i++) {
		assert_int_equal(probe_rows[i].id, i);
		assert_int_equal(schema__probe(probe_rows[i].name), i);
		assert_true(strlen(probe_rows[i].help) > 0);
	}
	assert_int_equal(schema__probe("fault"), MT_PROBE_fault);
	assert_int_equal(schema__probe("faul"), -1);
	assert_int_equal(schema__probe(""), -1);
	assert_true(probe_rows[MT_PROBE_free].opt_in);
	assert_false(probe_rows[MT_PROBE_fault].opt_in);
}

static void check_slot(const struct slot_row *row)
{
	assert_non_null(row->path);
	assert_non_null(row->help);
	assert_memory_equal(row->path, probe_rows[row->probe].name, strlen(probe_rows[row->probe].name));
	assert_int_equal(!row->label, !row->value);
	if (row->metric) {
		const char *end = row->metric + strlen(row->metric) - strlen("_total");

		assert_memory_equal(row->metric, "memtrace_", strlen("memtrace_"));
		assert_string_equal(end, "_total");
	}
}

static void slots(void **state)
{
	(void)state;
	for (int i = 0; i < MT_NR_SLOTS; i++) {
		check_slot(&slot_rows[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(slot_rows[i].path, slot_rows[j].path);
	}
	for (int i = 0; i < MT_NR_MACHINE_SLOTS; i++)
		check_slot(&machine_rows[i]);
	assert_string_equal(slot_rows[MT_SLOT_reclaim_memcg_ns].path, "reclaim.memcg.ns");
	assert_int_equal(slot_rows[MT_SLOT_reclaim_memcg_ns].unit, UNIT_NS);
	assert_int_equal(slot_rows[MT_SLOT_alloc_order3].role, ROLE_BUCKET);
}

static void check_field(const struct event_row *event, const struct field_row *field)
{
	assert_int_equal(field->event, event->id);
	assert_in_range(field->offset, sizeof(struct mt_hdr), event->size - field->size);
	assert_non_null(field->help);
	assert_int_equal(field->names != NULL, field->type == FIELD_CODE || field->type == FIELD_FLAGS);
	if (field->type == FIELD_FLAGS)
		assert_true(field > event->fields && field[-1].offset == field->offset);
	if (field->type == FIELD_WHO)
		assert_int_equal(field->size, sizeof(struct mt_who));
	else if (field->type == FIELD_REF)
		assert_int_equal(field->size, sizeof(struct mt_ref));
	else if (field->type == FIELD_TEXT)
		assert_true(field->size >= 8 && field->size % 8 == 0 && field->offset % 8 == 0);
	else if (field->type == FIELD_CODE || field->type == FIELD_BOOL || field->unit == UNIT_ORDER)
		assert_true(field->size == 1 || field->size == 4);
	else
		assert_true(field->size == 4 || field->size == 8);
	if (field->type == FIELD_INT)
		assert_true(field->size == 4 || field->size == 8);
	if (field->type == FIELD_CGROUP)
		assert_int_equal(field->size, 8);
}

static void events(void **state)
{
	int nr = 0;

	(void)state;
	assert_int_equal(event_rows[MT_REC_TASK].size, 0);
	for (int id = 0; id < MT_NR_RECS; id++) {
		const struct event_row *event = &event_rows[id];

		if (!event->size)
			continue;
		nr++;
		assert_int_equal(event->id, id);
		assert_true(event->nr_fields > 0);
		for (size_t i = 0; i < event->nr_fields; i++)
			check_field(event, &event->fields[i]);
	}
	assert_int_equal(nr, MT_NR_RECS - MT_REC_WHO - 1);
	assert_int_equal(event_rows[MT_REC_oom].ring, MT_RING_OOM);
	assert_int_equal(event_rows[MT_REC_oom].size, sizeof(struct mt_oom));
	assert_int_equal(event_rows[MT_REC_fault].use, EVENT_EVERY);
}

static const struct field_row *field_at(const struct event_row *event, size_t offset)
{
	for (size_t i = 0; i < event->nr_fields; i++) {
		if (event->fields[i].offset == offset)
			return &event->fields[i];
	}
	return NULL;
}

/* A histogram's value and label are fields of its event, with the same unit and names. */
static void check_event_hist(const struct hist_row *hist)
{
	const struct event_row *event = &event_rows[hist->event];
	const struct field_row *value = field_at(event, hist->value_offset);
	const struct field_row *label = hist->label ? field_at(event, hist->label_offset) : NULL;

	assert_non_null(value);
	assert_int_equal(value->size, 8);
	assert_int_equal(value->unit, hist->unit);
	assert_int_equal(hist->label != NULL, label != NULL);
	assert_ptr_equal(hist->label_names, label ? label->names : NULL);
	if (label)
		assert_int_equal(label->size, 4);
}

static void hists(void **state)
{
	(void)state;
	assert_true(nr_hist_rows > 0);
	for (size_t i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *hist = &hist_rows[i];

		assert_non_null(schema__unit_name(hist->unit)); /* JSON has it */
		if (hist->event != MT_REC_NONE) {
			check_event_hist(hist);
			continue;
		}
		assert_true(hist->first <= hist->last);
		for (int slot = hist->first; slot <= hist->last; slot++)
			assert_int_equal(slot_rows[slot].role, ROLE_BUCKET);
	}
}

static void reclaim_names(void **state)
{
	const struct event_row *event = &event_rows[MT_REC_reclaim];
	const struct field_row *kind = field_at(event, offsetof(struct mt_reclaim, kind));

	(void)state;
	assert_string_equal(kind->names[MT_RECLAIM_MEMCG], "memcg");
	assert_string_equal(kind->names[MT_RECLAIM_NODE], "node");
	assert_null(kind->names[MT_NR_RECLAIM_KINDS]);
}

/* Views have room for the columns of each counter by a key. */
static void keyed_columns(void **state)
{
	(void)state;
	for (int i = 0; i < MT_NR_KEYED; i++) {
		const struct keyed_row *row = &keyed_rows[i];

		assert_int_equal(row->id, i);
		assert_true(row->nr_keys + row->nr_values + (row->hist->path != NULL) <= KEYED_MAX_COLUMNS);
	}
}

static void probes_with_metrics(void **state)
{
	(void)state;
	assert_true(schema__has_metrics(MT_PROBE_fault)); /* of tasks */
	assert_true(schema__has_metrics(MT_PROBE_minor)); /* a histogram */
	assert_true(schema__has_metrics(MT_PROBE_oom));	  /* events that are counted */
	assert_false(schema__has_metrics(MT_PROBE_heap));
	assert_false(schema__has_metrics(MT_PROBE_space));
}

static void unit_names(void **state)
{
	(void)state;
	assert_string_equal(schema__unit_name(UNIT_NS), "ns");
	assert_string_equal(schema__unit_name(UNIT_SHARE), "share");
	assert_null(schema__unit_name(UNIT_NONE));
	assert_string_equal(schema__unit_name((enum unit)99), "?");
	assert_string_equal(schema__field_type_name(FIELD_CODE), "code");
	assert_string_equal(schema__field_type_name((enum field_type)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_probes), cmocka_unit_test(slots),
		cmocka_unit_test(events),	  cmocka_unit_test(hists),
		cmocka_unit_test(reclaim_names),  cmocka_unit_test(unit_names),
		cmocka_unit_test(keyed_columns),  cmocka_unit_test(probes_with_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
