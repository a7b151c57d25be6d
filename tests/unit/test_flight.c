// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/flight.h"

#define TICKS  10
#define PAGE   4096
#define SECOND 1000000000ULL

static struct flight *flight;
static uint64_t samples[NR_SAMPLES];

static int begin(void **state)
{
	(void)state;
	memset(samples, 0xff, sizeof(samples));
	flight = flight__new(TICKS, 64 << 10, PAGE);
	return flight ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	flight__free(flight);
	return 0;
}

static void has(uint32_t pid, uint64_t pages)
{
	struct mt_memory rec = { .who = { .pid = pid, .start_ns = 7 + pid } };

	snprintf(rec.who.comm, sizeof(rec.who.comm), "p%u", pid);
	rec.anon_rss_bytes = pages * PAGE;
	flight__memory(flight, &rec);
}

static void ends(uint32_t pid)
{
	struct mt_memory rec = { .who = { .pid = pid, .start_ns = 7 + pid }, .ended = 1 };

	flight__memory(flight, &rec);
}

static void tick(void)
{
	flight__tick(flight, (flight->nr + 1) * SECOND, samples, MT_UNKNOWN_U64);
}

static uint64_t held(uint32_t pid, uint32_t at)
{
	const struct flight_process *process = flight__find(flight, pid, 0);

	assert_non_null(process);
	return flight__held(flight, process, at);
}

static void ticks_are_found_by_their_time(void **state)
{
	int i;

	(void)state;
	assert_int_equal(flight__at(flight, 100 * SECOND), 0);
	assert_int_equal(flight__oldest(flight), 0);
	for (i = 0; i < 4; i++)
		tick();
	assert_int_equal(flight__oldest(flight), 1);
	assert_int_equal(flight__at(flight, SECOND - 1), 0);
	assert_int_equal(flight__at(flight, 2 * SECOND + 5), 2);
	assert_int_equal(flight__at(flight, 100 * SECOND), 4);
	for (i = 0; i < 10; i++)
		tick();
	/* what is older than the room is gone */
	assert_int_equal(flight__oldest(flight), 5);
	assert_int_equal(flight__at(flight, 4 * SECOND), 0);
	assert_int_equal(flight__moment(flight, 5)->time_ns, 5 * SECOND);
}

static void what_a_tick_keeps_of_the_machine(void **state)
{
	(void)state;
	samples[SAMPLE_memory_free] = 11;
	samples[SAMPLE_vm_pgscan_anon] = 100;
	samples[SAMPLE_vm_pgscan_file] = 20;
	samples[SAMPLE_vm_pgsteal_anon] = 1;
	flight__tick(flight, SECOND, samples, 33);
	assert_int_equal(flight__moment(flight, 1)->values[FLIGHT_FREE], 11);
	assert_int_equal(flight__moment(flight, 1)->values[FLIGHT_SCANNED], 120);
	assert_int_equal(flight__moment(flight, 1)->values[FLIGHT_STALLED], 33);
	/* a sum of which a part is not known */
	assert_true(flight__moment(flight, 1)->values[FLIGHT_RECLAIMED] == MT_UNKNOWN_U64);
	assert_true(flight__moment(flight, 1)->values[FLIGHT_SOME] == MT_UNKNOWN_U64);
}

static void a_process_is_there_from_its_birth_to_its_end(void **state)
{
	(void)state;
	tick();
	has(5, 3);
	tick();
	tick();
	has(5, 9);
	tick();
	ends(5);
	tick();
	assert_true(held(5, 1) == MT_UNKNOWN_U64);
	assert_int_equal(held(5, 2), 3 * PAGE);
	assert_int_equal(held(5, 3), 3 * PAGE); /* no news: as before */
	assert_int_equal(held(5, 4), 9 * PAGE);
	assert_true(held(5, 5) == MT_UNKNOWN_U64);
	assert_null(flight__find(flight, 5, 1));
	assert_non_null(flight__find(flight, 5, 12));
}

/* What ended stays as long as a tick at which it was there. */
static void what_ended_is_forgotten_with_its_ticks(void **state)
{
	int i;

	(void)state;
	has(5, 3);
	tick();
	ends(5);
	for (i = 0; i < TICKS - 1; i++)
		tick();
	assert_int_equal(held(5, 1), 3 * PAGE);
	tick();
	assert_null(flight__find(flight, 5, 0));
	assert_int_equal(flight->nr_processes, 0);
}

static void a_pid_that_is_used_again_is_another_process(void **state)
{
	struct mt_memory rec = { .who = { .pid = 5, .start_ns = 1000 }, .anon_rss_bytes = 77 * PAGE };

	(void)state;
	has(5, 3);
	tick();
	ends(5);
	flight__memory(flight, &rec);
	tick();
	assert_int_equal(flight->nr_processes, 2);
	assert_int_equal(held(5, 2), 77 * PAGE);
	assert_int_equal(flight__held(flight, flight__find(flight, 5, 12), 1), 3 * PAGE);
}

static void who_grew_most(void **state)
{
	struct flight_growth grew[3];

	(void)state;
	has(1, 100); /* shrinks */
	has(2, 10);
	has(3, 10);
	has(4, 10); /* stays */
	has(8, 10); /* grows most, and ends */
	tick();
	has(8, 900);
	ends(8);
	has(1, 50);
	has(2, 15);
	has(3, 40);
	has(6, 12); /* is born */
	tick();
	has(2, 1000); /* after the moment that is asked for */
	has(7, 4000);
	tick();
	assert_int_equal(flight__grew(flight, 2, NULL, NULL, grew, 3), 3);
	assert_int_equal(grew[0].process->last.who.pid, 3);
	assert_int_equal(grew[0].to_bytes - grew[0].from_bytes, 30 * PAGE);
	assert_int_equal(grew[1].process->last.who.pid, 6);
	assert_int_equal(grew[1].from_bytes, 0);
	assert_int_equal(grew[1].to_bytes, 12 * PAGE);
	assert_int_equal(grew[2].process->last.who.pid, 2);
	assert_int_equal(grew[2].to, 2);
	assert_int_equal(flight__grew(flight, 3, NULL, NULL, grew, 3), 3);
	assert_int_equal(grew[0].process->last.who.pid, 7);
	assert_int_equal(flight__grew(flight, 0, NULL, NULL, grew, 3), 0);
}

/* It never takes more memory: the smallest give way. */
static void more_processes_than_there_is_room_for(void **state)
{
	uint32_t nr = flight->max_processes, i;
	struct flight_growth grew[1];

	(void)state;
	for (i = 1; i <= nr; i++)
		has(i, 10 + i);
	has(nr + 1, 5); /* smaller than all */
	assert_null(flight__find(flight, nr + 1, 0));
	assert_int_equal(flight->left_out, 1);
	has(nr + 2, 5000);
	assert_null(flight__find(flight, 1, 0));
	assert_int_equal(flight->left_out, 2);
	assert_int_equal(flight->nr_processes, nr);
	tick();
	has(nr + 2, 9000);
	tick();
	assert_int_equal(flight__grew(flight, 2, NULL, NULL, grew, 1), 1);
	assert_int_equal(grew[0].process->last.who.pid, nr + 2);
	for (i = 2; i <= nr; i++)
		assert_int_equal(held(i, 1), (10 + i) * PAGE);
}

static void numbers_that_are_not_known(void **state)
{
	struct mt_memory rec = { .who = { .pid = 9, .start_ns = 1 }, .anon_rss_bytes = MT_UNKNOWN_U64 };
	struct flight_growth grew[1];

	(void)state;
	flight__memory(flight, &rec);
	tick();
	assert_true(held(9, 1) == MT_UNKNOWN_U64);
	assert_int_equal(flight__grew(flight, 1, NULL, NULL, grew, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ticks_are_found_by_their_time, begin, end),
		cmocka_unit_test_setup_teardown(what_a_tick_keeps_of_the_machine, begin, end),
		cmocka_unit_test_setup_teardown(a_process_is_there_from_its_birth_to_its_end, begin, end),
		cmocka_unit_test_setup_teardown(what_ended_is_forgotten_with_its_ticks, begin, end),
		cmocka_unit_test_setup_teardown(a_pid_that_is_used_again_is_another_process, begin, end),
		cmocka_unit_test_setup_teardown(who_grew_most, begin, end),
		cmocka_unit_test_setup_teardown(more_processes_than_there_is_room_for, begin, end),
		cmocka_unit_test_setup_teardown(numbers_that_are_not_known, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
