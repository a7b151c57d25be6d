/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers how schema.h spells a slot's metric. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/model/schema.h"

static const struct slot_row with_label = { .metric = "m_total", .label = "kind", .value = "node" };
static const struct slot_row without_label = { .metric = "m_total" };
static const struct slot_row not_exported = { .label = "kind", .value = "node" };

static void labels(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(slot_row__labels(&with_label, buf, sizeof(buf)), "kind=\"node\"");
	assert_string_equal(slot_row__labels(&not_exported, buf, sizeof(buf)), "kind=\"node\"");
	assert_null(slot_row__labels(&without_label, buf, sizeof(buf)));
}

static void metrics(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(slot_row__metric(&with_label, buf, sizeof(buf)), "m_total{kind=\"node\"}");
	assert_string_equal(slot_row__metric(&without_label, buf, sizeof(buf)), "m_total");
	assert_null(slot_row__metric(&not_exported, buf, sizeof(buf)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),
		cmocka_unit_test(metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
