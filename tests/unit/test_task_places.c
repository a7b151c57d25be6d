/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers task_places.h: what programs write of a task comes back at its slots, whichever probes are on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../user/model/task_places.h"

#define ALL ((1U << MT_NR_PROBES) - 1)

static bool has(uint32_t probes, enum mt_slot slot)
{
	return probes & 1U << slot_rows[slot].probe;
}

/* One number says for all slots of a probe where they are. */
static void slots_of_a_probe_follow_each_other(void **state)
{
	uint32_t ended = 0;

	(void)state;
	for (enum mt_slot slot = 1; slot < MT_NR_SLOTS; slot++) {
		if (slot_rows[slot].probe == slot_rows[slot - 1].probe)
			continue;
		ended |= 1U << slot_rows[slot - 1].probe;
		assert_false(has(ended, slot));
	}
}

/* ... and a program looks at all of those that programs count, and at no other, to find out whether any has changed. */
static void the_kernels_own_counts_are_not_compared(void **state)
{
	struct mt_cfg cfg = { 0 };
	enum mt_slot slot;
	size_t nr = 0, kernels = 0;

	(void)state;
	task_places__plan(&cfg, ALL);
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		kernels += !cfg.counted[slot - cfg.shift[slot_rows[slot].probe]];
	assert_int_equal(kernels, 3);
	assert_int_equal(cfg.counted[MT_SLOT_process_cpu_ns - cfg.shift[MT_PROBE_process]], 0);
	assert_int_equal(cfg.counted[MT_SLOT_stall_refault_count - cfg.shift[MT_PROBE_stall]], 0);
	assert_int_equal(cfg.counted[MT_SLOT_stall_refault_ns - cfg.shift[MT_PROBE_stall]], 0);
	task_places__plan(&cfg, 1U << MT_PROBE_alloc);
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (has(cfg.probes, slot))
			assert_int_equal(cfg.counted[nr++], ~0U);
	assert_int_equal(nr, cfg.nr_slots);
}

/* As a program does it that counts in each slot of the probes that are on. */
static size_t write_record(const struct mt_cfg *cfg, struct mt_task *task)
{
	size_t nr = 0;

	memset(task, 0xff, sizeof(*task));
	task->hdr = (struct mt_hdr){ .id = MT_REC_TASK, .size = (uint16_t)task_places__record_size(cfg), .cpu = 1 };
	task->life = 7;
	for (enum mt_slot slot = 0; slot < MT_NR_SLOTS; slot++) {
		if (!has(cfg->probes, slot))
			continue;
		assert_int_equal(slot - cfg->shift[slot_rows[slot].probe], nr);
		task->c[nr++] = slot + 1;
	}
	if (cfg->parents)
		*(struct mt_who *)(task->c + nr) = (struct mt_who){ .pid = 5, .start_ns = 6, .comm = "parent" };
	return nr;
}

static void records_come_back(void **state)
{
	(void)state;
	for (uint32_t probes = 0; probes <= ALL; probes++) {
		struct mt_task written, read;
		struct mt_cfg cfg = { .parents = probes & 1 };
		size_t nr;

		task_places__plan(&cfg, probes);
		nr = write_record(&cfg, &written);
		assert_int_equal(cfg.probes, probes);
		assert_int_equal(cfg.nr_slots, nr);
		assert_int_equal(task_places__record_size(&cfg),
				 sizeof(written) - 8 * (MT_NR_SLOTS - nr) - (cfg.parents ? 0 : sizeof(struct mt_who)));
		assert_true(task_places__read(&cfg, &written, written.hdr.size, &read));
		assert_int_equal(read.hdr.size, sizeof(read));
		assert_int_equal(read.life, 7);
		assert_int_equal(read.parent.pid, cfg.parents ? 5 : 0);
		assert_string_equal(read.parent.comm, cfg.parents ? "parent" : "");
		for (enum mt_slot slot = 0; slot < MT_NR_SLOTS; slot++)
			assert_int_equal(read.c[slot], has(probes, slot) ? slot + 1 : 0);
	}
}

static void a_record_of_another_size_is_refused(void **state)
{
	struct mt_task written, read;
	struct mt_cfg cfg = { 0 };

	(void)state;
	task_places__plan(&cfg, 1U << MT_PROBE_fault);
	write_record(&cfg, &written);
	assert_false(task_places__read(&cfg, &written, written.hdr.size - 8, &read));
	assert_false(task_places__read(&cfg, &written, sizeof(written), &read));
}

static uint32_t default_probes(void)
{
	uint32_t probes = 0;

	for (enum mt_probe probe = 0; probe < MT_NR_PROBES; probe++)
		probes |= probe_rows[probe].opt_in ? 0 : 1U << probe;
	return probes;
}

/* With what the kernel puts before them, the counters of a task take 2 KiB (kmalloc's size) by default, less of fault.
 */
static void counters_take_what_those_of_the_probes_need(void **state)
{
	struct mt_cfg cfg = { 0 };

	(void)state;
	task_places__plan(&cfg, 0);
	assert_int_equal(task_places__state_size(&cfg), offsetof(struct mt_state, c));
	task_places__plan(&cfg, 1U << MT_PROBE_fault);
	assert_true(task_places__state_size(&cfg) <= 512 - 136);
	task_places__plan(&cfg, default_probes());
	assert_true(task_places__state_size(&cfg) <= 2048 - 136);
	task_places__plan(&cfg, ALL);
	assert_true(task_places__state_size(&cfg) <= sizeof(struct mt_state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_of_a_probe_follow_each_other),
		cmocka_unit_test(the_kernels_own_counts_are_not_compared),
		cmocka_unit_test(records_come_back),
		cmocka_unit_test(a_record_of_another_size_is_refused),
		cmocka_unit_test(counters_take_what_those_of_the_probes_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
