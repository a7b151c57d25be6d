/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers kernel_btf.h: types that refer to what is not there, or that go in
 * circles, are found before anything follows them; those that C can express are
 * not.  And, on types that were damaged at random, that whoever reads what was let through comes to an end.
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
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../../user/kernel/core_reads.h"
#include "../../user/kernel/kernel_btf.h"
#include "../../user/kernel/prototype.h"
#include "../../user/model/probe.h"

/* A list, a tracepoint with a name for its argument, an enumeration: all that C has in circles is through pointers. */
static struct btf *make_types(void)
{
	struct btf *btf = btf__new_empty();
	int list, ptr, number, proto;

	assert_non_null(btf);
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	list = btf__add_struct(btf, "task_struct", 24);
	ptr = list + 1;
	assert_int_equal(btf__add_field(btf, "next", ptr, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "number", number, 64, 0), 0);
	assert_int_equal(btf__add_field(btf, "", list + 2, 96, 0), 0);
	assert_int_equal(btf__add_ptr(btf, list), ptr);
	assert_int_equal(btf__add_union(btf, NULL, 8), list + 2);
	assert_int_equal(btf__add_field(btf, "inner", number, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "list", list + 3, 0, 0), 0);
	assert_int_equal(btf__add_const(btf, ptr), list + 3);
	proto = btf__add_func_proto(btf, 0);
	assert_int_equal(btf__add_func_param(btf, "__data", ptr), 0);
	assert_int_equal(btf__add_func_param(btf, "list", ptr), 0);
	assert_true(btf__add_typedef(btf, "btf_trace_event", btf__add_ptr(btf, proto)) > 0);
	assert_true(btf__add_func(btf, "__traceiter_event", BTF_FUNC_GLOBAL, proto) > 0);
	assert_true(btf__add_enum(btf, "kinds", 4) > 0);
	assert_int_equal(btf__add_enum_value(btf, "KIND", 7), 0);
	assert_true(btf__add_array(btf, number, ptr, 4) > 0);
	return btf;
}

static void what_c_can_express_is_whole(void **state)
{
	struct btf *btf = make_types();
	int value = 0;

	(void)state;
	assert_null(btf__flaw(btf));
	assert_true(prototype__matches(btf, "g:event", "struct task_struct *list"));
	assert_false(prototype__matches(btf, "g:event", "struct task_struct *head"));
	assert_int_equal(enumerator__read(btf, "KIND", &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(enumerator__read(btf, "KINDS", &value), -ENOENT);
	btf__free(btf);
}

/* Adds a type that refers to itself; returns what is wrong with all of them. */
static const char *with_circle(int (*add)(struct btf *btf, int id))
{
	struct btf *btf = make_types();
	const char *flaw;

	assert_true(add(btf, (int)btf__type_cnt(btf)) > 0);
	flaw = btf__flaw(btf);
	btf__free(btf);
	return flaw;
}

static int pointer_to_itself(struct btf *btf, int id)
{
	return btf__add_ptr(btf, id);
}

static int typedef_of_typedef(struct btf *btf, int id)
{
	btf__add_typedef(btf, "a", id + 1);
	return btf__add_typedef(btf, "b", id);
}

static int struct_in_itself(struct btf *btf, int id)
{
	btf__add_struct(btf, "s", 8);
	assert_int_equal(btf__add_field(btf, "", id, 0, 0), 0);
	return id;
}

static int struct_in_array_in_itself(struct btf *btf, int id)
{
	btf__add_struct(btf, "s", 8);
	assert_int_equal(btf__add_field(btf, "a", id + 1, 0, 0), 0);
	return btf__add_array(btf, 1, id, 4);
}

static int too_deep(struct btf *btf, int id)
{
	int i;

	for (i = 0; i < 70; i++)
		id = btf__add_ptr(btf, i ? id : 1);
	return id;
}

static int deep_enough(struct btf *btf, int id)
{
	int i;

	for (i = 0; i < 60; i++)
		id = btf__add_ptr(btf, i ? id : 1);
	return id;
}

static void circles_are_found(void **state)
{
	(void)state;
	assert_string_equal(with_circle(pointer_to_itself), "its types go in circles");
	assert_string_equal(with_circle(typedef_of_typedef), "its types go in circles");
	assert_string_equal(with_circle(struct_in_itself), "its types go in circles");
	assert_string_equal(with_circle(struct_in_array_in_itself), "its types go in circles");
	assert_string_equal(with_circle(too_deep), "its types go in circles");
	assert_null(with_circle(deep_enough));
}

static int to_nowhere(struct btf *btf, int id)
{
	return btf__add_ptr(btf, id + 5);
}

static int member_of_nothing(struct btf *btf, int id)
{
	btf__add_struct(btf, "s", 8);
	assert_int_equal(btf__add_field(btf, "a", id + 5, 0, 0), 0);
	return id;
}

static int param_of_nothing(struct btf *btf, int id)
{
	btf__add_func_proto(btf, 0);
	assert_int_equal(btf__add_func_param(btf, "a", id + 5), 0);
	return id;
}

static void what_is_not_there_is_found(void **state)
{
	const char *expected = "its types refer to types or names that it does not have";

	(void)state;
	assert_string_equal(with_circle(to_nowhere), expected);
	assert_string_equal(with_circle(member_of_nothing), expected);
	assert_string_equal(with_circle(param_of_nothing), expected);
}

/* Reads all that memtrace reads. */
static void read_all(const struct btf *btf)
{
	char text[512], why[160];
	struct core_reads reads;
	struct btf_names names = { 0 };
	struct btf_excerpt excerpt;
	const void *image;
	size_t size;
	int value;

	prototype__read(btf, "g:event", text, sizeof(text));
	prototype__matches(btf, "g:event", "struct task_struct *list,int number");
	prototype__preemptible(btf);
	enumerator__read(btf, "KIND", &value);
	image = probes[MT_PROBE_reclaim]->object(&size);
	assert_int_equal(core_reads__open(&reads, image, size, btf), 0);
	core_reads__fit(&reads, "direct_end_btf", why, sizeof(why));
	core_reads__close(&reads);
	assert_int_equal(core_reads__add_names(&names, image, size), 0);
	assert_int_equal(btf_excerpt__make(&excerpt, btf, &names), 0);
	btf_excerpt__free(&excerpt);
	btf_names__free(&names);
}

static void damaged_at_random(void **state)
{
	struct btf *whole = make_types(), *btf;
	unsigned int seed, read = 0, refused = 0, i;
	const void *raw;
	char *data;
	__u32 size;

	(void)state;
	libbpf_set_print(NULL);
	raw = btf__raw_data(whole, &size);
	data = malloc(size);
	assert_non_null(data);
	for (seed = 1; seed <= 20000; seed++) {
		unsigned int random = seed;

		memcpy(data, raw, size);
		for (i = 0; i <= seed % 4; i++)
			data[24 + (unsigned int)rand_r(&random) % (size - 24)] = (char)(rand_r(&random) % 24);
		btf = btf__new(data, size);
		/* from 1.3 on libbpf finds much of it itself */
		if (!btf) {
			refused++;
			continue;
		}
		if (btf__flaw(btf)) {
			refused++;
		} else {
			read++;
			/* the image of a program takes long */
			if (read % 64 == 0)
				read_all(btf);
		}
		btf__free(btf);
	}
	assert_true(read > 1000);
	assert_true(refused > 1000);
	free(data);
	btf__free(whole);
}

/* The running kernel's number for it; 0: its types cannot be read. */
static uint32_t running_task_struct(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT) : 0;

	btf__free(btf);
	return id > 0 ? id : 0;
}

/* Opens a file with that content. */
static int open_with(const char *text, size_t size, char *why)
{
	char path[] = "/tmp/memtrace-btf.XXXXXX";
	struct btf_names names = { 0 };
	struct kernel_btf types;
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	btf_names__add(&names, "", "task_struct");
	err = kernel_btf__open(&types, path, &names, why, 96);
	btf_names__free(&names);
	if (!err) {
		/* what libbpf opens is the same */
		struct btf *again = btf__parse(types.path, NULL);

		assert_non_null(again);
		assert_int_equal(btf__type_cnt(again), btf__type_cnt(types.btf));
		assert_ptr_equal(types.btf, types.file.btf);
		/* of the running kernel's the numbers, which the file knows nothing of */
		assert_int_equal(kernel_btf__running_id(&types, "task_struct", BTF_KIND_STRUCT), running_task_struct());
		assert_int_equal(kernel_btf__running_id(&types, "no_such_struct", BTF_KIND_STRUCT), 0);
		btf__free(again);
	}
	kernel_btf__close(&types);
	close(fd);
	unlink(path);
	return err;
}

static void files(void **state)
{
	struct btf *btf = make_types();
	char why[96];
	const void *raw;
	__u32 size;

	(void)state;
	raw = btf__raw_data(btf, &size);
	if (running_task_struct())
		assert_int_equal(open_with(raw, size, why), 0);
	assert_int_equal(open_with(raw, size - 1, why), -EINVAL);
	assert_string_equal(why, "it is neither BTF nor an ELF file with BTF");
	assert_int_equal(open_with("", 0, why), -EINVAL);
	btf__free(btf);
	btf = btf__new_empty();
	assert_true(btf__add_int(btf, "int", 4, 0) > 0);
	raw = btf__raw_data(btf, &size);
	assert_int_equal(open_with(raw, size, why), -EINVAL);
	assert_string_equal(why, "it has no task_struct, so it is no kernel's");
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_c_can_express_is_whole), cmocka_unit_test(circles_are_found),
		cmocka_unit_test(what_is_not_there_is_found),  cmocka_unit_test(files),
		cmocka_unit_test(damaged_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
