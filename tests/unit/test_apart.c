// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers apart.h: mappings and names are read in another process; one that waits for a file system that does
 * not answer is killed, and the next question is answered; who asks never waits; nothing outlives it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/symbols/symtab.h"
#include "../../user/kernel/apart_questions.h"
#include "../../user/kernel/proc.h"

#define SECOND 1000000000ULL

static bool never(void)
{
	return false;
}

static uint64_t soon(void)
{
	return clock__boot_ns() + 60 * SECOND;
}

struct got {
	int calls, empty;
	uint64_t nr;
	char name[64];
	bool has_own;
};

static void on_maps(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct got *got = ctx;
	char path[MESSAGE_PATH_SIZE];
	struct mapping mapping;

	got->calls++;
	got->empty += !answer;
	if (!answer)
		return;
	assert_int_equal(message__get_u64(answer), 0);
	assert_int_equal(message__get_u64(answer), key.of);
	assert_int_equal(message__get_u64(answer), 0);
	got->nr = message__get_u64(answer);
	for (uint64_t i = 0; i < got->nr; i++) {
		message__get_mapping(answer, &mapping, path);
		got->has_own |= mapping.start <= (uintptr_t)on_maps && (uintptr_t)on_maps < mapping.end &&
				mapping.build_id.len && mapping.elf;
	}
	assert_false(answer->failed);
	assert_ptr_equal(answer->at, answer->end);
}

static void on_names(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct got *got = ctx;
	const char *name;
	size_t size;

	(void)key;
	got->calls++;
	got->empty += !answer;
	if (!answer || !message__get_u64(answer))
		return;
	message__get_u64(answer);
	name = message__get_string(answer, &size, SYMBOL_NAME_MAX);
	snprintf(got->name, sizeof(got->name), "%.*s", (int)size, name);
}

static void ask_maps(struct apart *apart, struct got *got)
{
	uint32_t pid = (uint32_t)getpid();
	struct message question = { 0 };

	message__put_u64(&question, APART_MAPS);
	message__put_u64(&question, 1);
	message__put_u64(&question, 0);
	message__put_u64(&question, 1);
	message__put_u64(&question, pid);
	message__put_u64(&question, 0);
	apart__ask(apart, &question, 30 * SECOND, on_maps, got, (struct apart_key){ 1, pid });
}

static void ask_name(struct apart *apart, const char *path, uint64_t limit_ns, struct got *got)
{
	const struct mapping mapping = {
		.start = 0x1000, .end = 0x2000, .elf = true, .build_id = { .len = 20 }, .path = path
	};
	struct message question = { 0 };

	message__put_u64(&question, APART_NAMES);
	message__put_u64(&question, 0);
	message__put_u64(&question, 1);
	message__put_mapping(&question, &mapping);
	message__put_u64(&question, 1);
	message__put_u64(&question, 0x1800);
	for (int i = 0; i < 4; i++)
		message__put_u64(&question, 0);
	apart__ask(apart, &question, limit_ns, on_names, got, (struct apart_key){ 0, 0 });
}

static void mappings_of_a_process(void **state)
{
	struct apart *apart = apart__new(NULL);
	struct got got = { 0 };

	(void)state;
	ask_maps(apart, &got);
	ask_maps(apart, &got);
	assert_false(apart__is_idle(apart));
	assert_true(apart__wait(apart, soon(), never));
	assert_int_equal(got.calls, 2);
	assert_true(got.nr > 2 && got.has_own);
	apart__free(apart);
	apart__free(NULL);
}

static void on_nobody(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct got *got = ctx;

	(void)key;
	got->calls++;
	assert_non_null(answer);
	assert_int_equal(message__get_u64(answer), ESRCH);
	assert_int_equal(message__get_u64(answer), 0);
	message__get_u64(answer);
	assert_int_equal(message__get_u64(answer), 0);
}

/* This process has the pid of one that began, and ended, long before. */
static void a_pid_that_another_process_has_now(void **state)
{
	struct apart *apart = apart__new(NULL);
	struct message question = { 0 };
	struct got got = { 0 };

	(void)state;
	message__put_u64(&question, APART_MAPS);
	message__put_u64(&question, 1);
	message__put_u64(&question, 1); /* a nanosecond after boot */
	message__put_u64(&question, 1);
	message__put_u64(&question, (uint64_t)getpid());
	message__put_u64(&question, 0);
	apart__ask(apart, &question, 30 * SECOND, on_nobody, &got, (struct apart_key){ 1, 1 });
	assert_true(apart__wait(apart, soon(), never));
	assert_int_equal(got.calls, 1);
	apart__free(apart);
}

static void on_order(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	char *order = ctx;

	assert_non_null(answer);
	order[strlen(order)] = (char)key.id;
}

/* For the names of no address. */
static void ask_nothing(struct apart *apart, char id, bool is_soon, char *order)
{
	struct message question = { 0 };

	message__put_u64(&question, APART_NAMES);
	for (int i = 0; i < 7; i++)
		message__put_u64(&question, 0);
	(is_soon ? apart__ask_soon : apart__ask)(apart, &question, 30 * SECOND, on_order, order,
						 (struct apart_key){ (uint64_t)id, 0 });
}

/* But the one that is under way. */
static void what_is_gone_soon_is_asked_first(void **state)
{
	struct apart *apart = apart__new(NULL);
	char order[8] = "";

	(void)state;
	ask_nothing(apart, 'a', false, order);
	ask_nothing(apart, 'b', false, order);
	ask_nothing(apart, 'c', true, order);
	ask_nothing(apart, 'd', false, order);
	ask_nothing(apart, 'e', true, order);
	assert_true(apart__wait(apart, soon(), never));
	assert_string_equal(order, "acebd");
	apart__free(apart);
}

/* A FUSE file system whose requests nobody ever reads; -1 if that cannot be had here. */
static int mount_silent(const char *dir)
{
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd >= 0 && !mount("silent", dir, "fuse", 0, options))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void a_file_system_that_does_not_answer(void **state)
{
	char dir[] = "/tmp/memtrace-apart.XXXXXX", path[64];
	struct apart *apart = apart__new(NULL);
	struct got hung = { 0 }, next = { 0 };
	uint64_t begin_ns;
	int fuse;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fuse = mount_silent(dir);
	if (fuse < 0) {
		rmdir(dir);
		apart__free(apart);
		print_message("no FUSE here\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/file", dir);
	begin_ns = clock__boot_ns();
	ask_name(apart, path, 2 * SECOND, &hung);
	ask_maps(apart, &next);
	apart__attend(apart);
	assert_true(clock__boot_ns() - begin_ns < 2 * SECOND); /* and nobody waited */
	assert_int_equal(hung.calls, 0);
	assert_true(apart__wait(apart, soon(), never));
	assert_int_equal(hung.calls, 1);
	assert_int_equal(hung.empty, 1);
	assert_int_equal(apart__killed(apart), 1);
	assert_int_equal(next.empty, 0);
	assert_true(next.has_own);
	apart__free(apart);
	close(fuse);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

static void without_a_reader_there_are_no_answers(void **state)
{
	struct apart *apart = apart__new(NULL);
	struct got got = { 0 };
	char path[64];
	FILE *children;
	pid_t forker;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	children = fopen(path, "re");
	if (!children || fscanf(children, "%d", &forker) != 1)
		skip();
	fclose(children);
	assert_int_equal(kill(forker, SIGKILL), 0);
	usleep(200000);
	ask_maps(apart, &got);
	apart__wait(apart, soon(), never);
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.empty, 1);
	apart__free(apart);
}

static bool at_once(void)
{
	return true;
}

/* Who is waited for no longer is not called. */
static void waiting_ends_when_it_is_over(void **state)
{
	struct apart *apart = apart__new(NULL);
	struct got got = { 0 };

	(void)state;
	ask_maps(apart, &got);
	if (!got.calls)
		apart__wait(apart, soon(), at_once);
	assert_true(got.calls <= 1);
	apart__free(apart);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_of_a_process),
		cmocka_unit_test(what_is_gone_soon_is_asked_first),
		cmocka_unit_test(a_pid_that_another_process_has_now),
		cmocka_unit_test(a_file_system_that_does_not_answer),
		cmocka_unit_test(without_a_reader_there_are_no_answers),
		cmocka_unit_test(waiting_ends_when_it_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
