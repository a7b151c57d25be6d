// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers images.h and what mmap_events.h makes of the kernel's records: who had mapped what at which time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/symbols/images.h"
#include "../../user/kernel/mmap_events.h"
#include "../../user/kernel/proc.h"

static int map(struct images *images, uint32_t pid, uint64_t start, const char *path)
{
	const struct mapping mapping = { .start = start, .end = start + 0x1000, .path = path };

	return images__map(images, pid, &mapping);
}

static const char *path_at(struct images *images, uint32_t pid, uint64_t time_ns, uint64_t address)
{
	const struct image *image = images__find(images, pid, time_ns);
	const struct mapping *mapping = image && image->announced ? proc_maps__find(image->announced, address) : NULL;

	return mapping ? mapping->path : "";
}

static void each_exec_begins_an_image(void **state)
{
	struct images *images = images__new(1 << 20);

	(void)state;
	images__exec(images, 7, 100, true);
	map(images, 7, 0x1000, "/bin/first");
	images__exec(images, 7, 200, true);
	map(images, 7, 0x1000, "/bin/second");
	assert_string_equal(path_at(images, 7, 150, 0x1234), "/bin/first");
	assert_string_equal(path_at(images, 7, 200, 0x1234), "/bin/second");
	assert_string_equal(path_at(images, 7, 900, 0x1fff), "/bin/second");
	assert_false(images__find(images, 7, 50)->complete);
	assert_true(images__find(images, 7, 100)->complete);
	assert_true(images__is_current(images, images__find(images, 7, 300), 7));
	assert_false(images__is_current(images, images__find(images, 7, 150), 7));
	images__free(images);
}

static void children_share_until_they_differ(void **state)
{
	struct images *images = images__new(1 << 20);
	const struct image *image;

	(void)state;
	images__exec(images, 7, 100, true);
	map(images, 7, 0x1000, "/bin/program");
	images__fork(images, 8, 7, 150);
	image = images__find(images, 7, 160);
	assert_ptr_equal(images__find(images, 8, 160), image);
	assert_int_equal(images__parent(images, 8), 7);
	map(images, 8, 0x5000, "/lib/plugin");
	assert_string_equal(path_at(images, 8, 170, 0x1000), "/bin/program");
	assert_string_equal(path_at(images, 8, 170, 0x5000), "/lib/plugin");
	assert_string_equal(path_at(images, 7, 170, 0x5000), "");
	/* who was there before has an image that only /proc knows, and so has its child */
	images__fork(images, 20, 19, 200);
	assert_ptr_equal(images__find(images, 20, 210), images__find(images, 19, 210));
	assert_false(images__find(images, 20, 210)->complete);
	images__free(images);
}

static void pids_are_used_again(void **state)
{
	struct images *images = images__new(1 << 20);
	struct image *image;
	uint64_t serial;

	(void)state;
	images__exec(images, 7, 100, true);
	map(images, 7, 0x1000, "/bin/first");
	image = images__find(images, 7, 110);
	serial = image->serial;
	assert_ptr_equal(images__by_serial(images, 7, serial), image);
	images__exit(images, 7, 200);
	assert_false(images__is_current(images, image, 7));
	images__retire(images, 150);
	assert_string_equal(path_at(images, 7, 190, 0x1000), "/bin/first");
	images__fork(images, 7, 1, 300);
	assert_string_equal(path_at(images, 7, 310, 0x1000), "");
	assert_null(images__by_serial(images, 7, serial));
	images__exit(images, 7, 400);
	images__retire(images, 401);
	assert_int_equal(images__parent(images, 7), 0);
	images__free(images);
	images__free(NULL);
}

static void what_is_mapped_over_is_gone(void **state)
{
	struct images *images = images__new(1 << 20);
	const struct mapping whole = { .start = 0x1000, .end = 0x9000, .file_offset = 0x100, .path = "/whole" };
	const struct proc_maps *announced;

	(void)state;
	images__exec(images, 7, 1, true);
	images__map(images, 7, &whole);
	map(images, 7, 0x4000, "/over");
	announced = images__find(images, 7, 2)->announced;
	assert_int_equal(proc_maps__count(announced), 3);
	assert_int_equal(proc_maps__find(announced, 0x3fff)->end, 0x4000);
	assert_string_equal(proc_maps__find(announced, 0x4000)->path, "/over");
	assert_int_equal(proc_maps__find(announced, 0x5000)->file_offset, 0x4100);
	images__free(images);
}

static void memory_is_bounded(void **state)
{
	struct images *images = images__new(100000);

	(void)state;
	for (uint32_t pid = 1; pid < 5000; pid++) {
		assert_int_equal(images__fork(images, pid, pid / 2, pid), 0);
		images__exec(images, pid, pid, true);
		for (uint64_t i = 0; i < 10; i++)
			map(images, pid, i << 12, "/bin/program");
		assert_true(images__bytes(images) < 110000);
	}
	images__free(images);
}

/* Records as no kernel writes them. */
static void records_cut_anywhere(void **state)
{
	struct images *images = images__new(1 << 20);
	union {
		struct perf_event_header header;
		uint64_t words[40];
		unsigned char bytes[320];
	} record;

	(void)state;
	for (uint32_t type = 0; type < 20; type++) {
		for (size_t size = 0; size <= sizeof(record); size += 8) {
			memset(&record, 0xff, sizeof(record));
			record.header = (struct perf_event_header){ .type = type,
								    .misc = PERF_RECORD_MISC_COMM_EXEC,
								    .size = (uint16_t)size };
			mmap_events__apply(images, &record, size);
		}
	}
	images__free(images);
}

/* A process that is gone before anybody looks. */
static void the_kernel_tells_of_who_is_gone(void **state)
{
	struct images *images = images__new(1 << 20);
	struct mmap_events *events;
	const struct image *image;
	bool found = false;
	pid_t pid;
	size_t i;

	(void)state;
	if (mmap_events__open(&events)) {
		print_message("perf_event_open is not permitted\n");
		skip();
	}
	pid = fork();
	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	mmap_events__read(events, images);
	image = images__find(images, (uint32_t)pid, clock__boot_ns());
	assert_true(image && image->complete && image->announced);
	for (i = 0; i < proc_maps__count(image->announced); i++)
		found |= strstr(proc_maps__at(image->announced, i)->path, "/libc") != NULL;
	assert_true(found);
	assert_int_equal(images__parent(images, (uint32_t)pid), getpid());
	assert_false(images__is_current(images, image, (uint32_t)pid));
	assert_int_equal(mmap_events__lost(events), 0);
	mmap_events__close(events);
	images__free(images);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_exec_begins_an_image),
		cmocka_unit_test(children_share_until_they_differ),
		cmocka_unit_test(pids_are_used_again),
		cmocka_unit_test(what_is_mapped_over_is_gone),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(records_cut_anywhere),
		cmocka_unit_test(the_kernel_tells_of_who_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
