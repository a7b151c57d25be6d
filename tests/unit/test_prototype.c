/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers prototype.h: how a tracepoint's prototype is spelled, when it matches
 * what a program expects, on BTF that is made here (a reordered prototype must
 * not match, as a program that is attached to it counts wrong), and on the
 * running kernel's where it has any.
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

#include <bpf/btf.h>

#include "../../user/kernel/btf_excerpt.h"
#include "../../user/kernel/prototype.h"

/* Ids of the types that prototypes are made of. */
struct types {
	int u32, gfp, task, mode, data_ptr, task_ptr, const_task_ptr, char_ptr, const_ulong;
};

static struct types add_types(struct btf *btf)
{
	struct types t;
	int ulong = btf__add_int(btf, "unsigned long", 8, 0), c = btf__add_int(btf, "char", 1, BTF_INT_CHAR);

	t.u32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	t.gfp = btf__add_typedef(btf, "gfp_t", t.u32);
	t.task = btf__add_struct(btf, "task_struct", 0);
	t.mode = btf__add_enum(btf, "mode", 4);
	btf__add_enum_value(btf, "M", 0);
	t.data_ptr = btf__add_ptr(btf, 0);
	t.task_ptr = btf__add_ptr(btf, t.task);
	t.const_task_ptr = btf__add_ptr(btf, btf__add_const(btf, t.task));
	t.char_ptr = btf__add_ptr(btf, btf__add_const(btf, c));
	t.const_ulong = btf__add_const(btf, ulong);
	assert_true(t.const_ulong > 0);
	return t;
}

/* A tracepoint whose arguments have the types args[], 0 at the end. */
static void add_tracepoint(struct btf *btf, const struct types *t, const char *name, const int *args)
{
	char type[64];
	int proto = btf__add_func_proto(btf, 0);

	assert_true(proto > 0);
	assert_int_equal(btf__add_func_param(btf, "__data", t->data_ptr), 0);
	for (; *args; args++)
		assert_int_equal(btf__add_func_param(btf, "a", *args), 0);
	snprintf(type, sizeof(type), "btf_trace_%s", name);
	assert_true(btf__add_typedef(btf, type, btf__add_ptr(btf, proto)) > 0);
}

/* result: 0 for void */
static void add_function(struct btf *btf, const char *name, int result, const int *args)
{
	int proto = btf__add_func_proto(btf, result);
	const int *begin = args;

	assert_true(proto > 0);
	for (; *args; args++)
		assert_int_equal(btf__add_func_param(btf, (char[]){ 'a' + (args - begin), 0 }, *args), 0);
	assert_true(btf__add_func(btf, name, BTF_FUNC_STATIC, proto) > 0);
}

static void add_functions(struct btf *btf, const struct types *t)
{
	int proto;

	add_function(btf, "kill", 0, (const int[]){ t->task_ptr, t->char_ptr, 0 });
	add_function(btf, "kill_swapped", 0, (const int[]){ t->char_ptr, t->task_ptr, 0 });
	add_function(btf, "kill_more", 0, (const int[]){ t->task_ptr, t->char_ptr, t->u32, 0 });
	add_function(btf, "fault", t->gfp, (const int[]){ t->task_ptr, t->u32, 0 });
	add_function(btf, "by_value", t->u32, (const int[]){ t->task, 0 });
	add_function(btf, "none", t->u32, (const int[]){ 0 });
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "format", t->char_ptr);
	btf__add_func_param(btf, "", 0);
	assert_true(btf__add_func(btf, "print", BTF_FUNC_GLOBAL, proto) > 0);
}

static int make_btf(void **state)
{
	struct btf *btf = btf__new_empty();
	struct types t;

	if (!btf)
		return -1;
	t = add_types(btf);
	add_tracepoint(btf, &t, "nothing", (const int[]){ 0 });
	add_tracepoint(btf, &t, "begin", (const int[]){ t.u32, t.gfp, 0 });
	add_tracepoint(btf, &t, "begin_memcg", (const int[]){ t.u32, t.gfp, t.task_ptr, 0 });
	add_tracepoint(btf, &t, "begin_swapped", (const int[]){ t.gfp, t.u32, 0 });
	add_tracepoint(btf, &t, "all",
		       (const int[]){ t.const_task_ptr, t.char_ptr, t.data_ptr, t.const_ulong, t.mode, 0 });
	add_functions(btf, &t);
	/* a typedef of that name that is no tracepoint */
	btf__add_typedef(btf, "btf_trace_number", t.u32);
	*state = btf;
	return 0;
}

static int free_btf(void **state)
{
	btf__free(*state);
	return 0;
}

/* Only what is asked for by what the tests below look for; btf is freed. */
static struct btf *make_excerpt(struct btf *btf)
{
	static const char *const looked_for[] = { "g:nothing", "g:begin",  "g:begin_memcg", "g:begin_swapped",
						  "g:all",     "g:number", "g:absent",	    "begin",
						  "g:shrink",  "g:shrunk", "kill",	    "kill_more",
						  "fault",     "none",	   "kill_swapped",  "print",
						  "by_value" };
	struct btf_names names = { 0 };
	struct btf_excerpt excerpt;
	size_t i;

	for (i = 0; i < sizeof(looked_for) / sizeof(*looked_for); i++)
		prototype__add_names(&names, looked_for[i]);
	assert_int_equal(btf_excerpt__make(&excerpt, btf, &names), 0);
	btf_names__free(&names);
	btf__free(btf);
	free(excerpt.ids);
	return excerpt.btf;
}

static int make_btf_excerpt(void **state)
{
	make_btf(state);
	*state = make_excerpt(*state);
	return 0;
}

static void prototypes_are_spelled_as_in_c(void **state)
{
	char text[128];

	assert_int_equal(prototype__read(*state, "g:begin", text, sizeof(text)), 0);
	assert_string_equal(text, "int,gfp_t");
	assert_int_equal(prototype__read(*state, "g:all", text, sizeof(text)), 0);
	assert_string_equal(text, "struct task_struct *,char *,void *,unsigned long,enum mode");
	assert_int_equal(prototype__read(*state, "g:nothing", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	/* the group may be left out */
	assert_int_equal(prototype__read(*state, "begin", text, sizeof(text)), 0);
}

static void what_is_no_tracepoint_is_not_found(void **state)
{
	char text[128];

	assert_int_equal(prototype__read(*state, "g:absent", text, sizeof(text)), -ENOENT);
	assert_int_equal(prototype__read(*state, "g:number", text, sizeof(text)), -ENOENT);
	assert_false(prototype__matches(*state, "g:absent", NULL));
	assert_false(prototype__matches(*state, "g:absent", "int"));
}

static void a_prototype_that_is_too_long_is_said_to_be(void **state)
{
	char text[sizeof("int,gfp_t") + 1];
	int size;

	for (size = 1; size < (int)sizeof("int,gfp_t"); size++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(prototype__read(*state, "g:begin", text, size), -ENAMETOOLONG);
		assert_int_equal(text[size], 'x');
	}
	assert_int_equal(prototype__read(*state, "g:begin", text, sizeof("int,gfp_t")), 0);
}

static void it_matches_by_its_first_arguments(void **state)
{
	assert_true(prototype__matches(*state, "g:begin", "int,gfp_t"));
	assert_true(prototype__matches(*state, "g:begin", NULL));
	/* one that was added behind does no harm */
	assert_true(prototype__matches(*state, "g:begin_memcg", "int,gfp_t"));
	assert_true(prototype__matches(*state, "g:begin_memcg", "int"));
	/* one that is not there, or another, does */
	assert_false(prototype__matches(*state, "g:begin", "int,gfp_t,struct task_struct *"));
	assert_false(prototype__matches(*state, "g:begin_swapped", "int,gfp_t"));
	/* a type's name is compared as a whole */
	assert_false(prototype__matches(*state, "g:begin", "int,gfp"));
	assert_false(prototype__matches(*state, "g:all", "struct task"));
}

/* A tracepoint with the function that calls its programs, which has the names. */
static void add_named(struct btf *btf, const char *name, int type, const char *first, const char *second)
{
	char func[64], typedef_name[64];
	int data = btf__add_ptr(btf, 0), proto;

	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "", data);
	btf__add_func_param(btf, "", type);
	btf__add_func_param(btf, "", type);
	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	assert_true(btf__add_typedef(btf, typedef_name, btf__add_ptr(btf, proto)) > 0);
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "__data", data);
	btf__add_func_param(btf, first, type);
	btf__add_func_param(btf, second, type);
	snprintf(func, sizeof(func), "__traceiter_%s", name);
	assert_true(btf__add_func(btf, func, BTF_FUNC_GLOBAL, proto) > 0);
}

static void check_names(const struct btf *btf)
{
	char text[128];

	assert_int_equal(prototype__read(btf, "g:shrunk", text, sizeof(text)), 0);
	assert_string_equal(text, "long unsigned int nr_reclaimed,long unsigned int nr_scanned");
	assert_true(prototype__matches(btf, "g:shrink", "long unsigned int nr_scanned,long unsigned int nr_reclaimed"));
	assert_true(prototype__matches(btf, "g:shrink", "long unsigned int nr_scanned"));
	assert_true(prototype__matches(btf, "g:shrink", "long unsigned int,long unsigned int"));
	assert_false(
		prototype__matches(btf, "g:shrunk", "long unsigned int nr_scanned,long unsigned int nr_reclaimed"));
	assert_false(prototype__matches(btf, "g:shrink", "long unsigned int nr_scan"));
	assert_false(prototype__matches(btf, "g:shrink", "long unsigned int nr_scanned_pages"));
	assert_false(prototype__matches(btf, "g:shrink", "long unsigned"));
	assert_true(prototype__has_arguments(btf, "g:shrink", 2));
	assert_false(prototype__has_arguments(btf, "g:shrink", 1));
	assert_false(prototype__has_arguments(btf, "g:absent", 0));
}

/* Two numbers that changed places have the same types. */
static void names_tell_arguments_apart(void **state)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "long unsigned int", 8, 0);

	(void)state;
	add_named(btf, "shrink", number, "nr_scanned", "nr_reclaimed");
	add_named(btf, "shrunk", number, "nr_reclaimed", "nr_scanned");
	check_names(btf);
	btf = make_excerpt(btf);
	check_names(btf);
	btf__free(btf);
}

/* Where no function has them, types must do. */
static void without_names_types_decide(void **state)
{
	assert_true(prototype__matches(*state, "g:begin", "int order,gfp_t gfp_flags"));
	assert_true(prototype__matches(*state, "g:all", "struct task_struct *task,char *comm"));
	assert_false(prototype__matches(*state, "g:begin_swapped", "int order,gfp_t gfp_flags"));
	assert_false(prototype__matches(*state, "g:begin", "int order,gfp_t gfp_flags,int more"));
}

static void functions_are_spelled_with_their_result(void **state)
{
	char text[128];

	assert_int_equal(prototype__read_function(*state, "kill", text, sizeof(text)), 0);
	assert_string_equal(text, "struct task_struct *a,char *b -> void");
	assert_int_equal(prototype__read_function(*state, "fault", text, sizeof(text)), 0);
	assert_string_equal(text, "struct task_struct *a,int b -> gfp_t");
	assert_int_equal(prototype__read_function(*state, "none", text, sizeof(text)), 0);
	assert_string_equal(text, " -> int");
	assert_int_equal(prototype__read_function(*state, "print", text, sizeof(text)), 0);
	assert_string_equal(text, "char *format,... -> void");
	assert_int_equal(prototype__read_function(*state, "absent", text, sizeof(text)), -ENOENT);
	/* a tracepoint is no function */
	assert_int_equal(prototype__read_function(*state, "begin", text, sizeof(text)), -ENOENT);
	assert_int_equal(prototype__read_function(*state, "kill", text, 20), -ENAMETOOLONG);
}

static void functions_match_by_their_first_arguments(void **state)
{
	assert_true(prototype__matches_function(*state, "kill", "struct task_struct *a,char *b"));
	assert_false(prototype__matches_function(*state, "kill", "struct task_struct *b"));
	assert_true(prototype__matches_function(*state, "kill", "struct task_struct *"));
	assert_true(prototype__matches_function(*state, "kill", "struct task_struct *,char *"));
	assert_true(prototype__matches_function(*state, "kill_more", "struct task_struct *,char *"));
	assert_false(prototype__matches_function(*state, "kill_swapped", "struct task_struct *"));
	assert_false(prototype__matches_function(*state, "absent", ""));
	/* a struct by value takes another place than a pointer to it */
	assert_false(prototype__matches_function(*state, "by_value", "struct task_struct *"));
	assert_false(prototype__matches_function(*state, "kill", "struct task_struct"));
}

/* Where a program finds the result depends on the number of arguments: one more must not match. */
static void with_a_result_all_arguments_match(void **state)
{
	assert_true(prototype__matches_function(*state, "kill", "struct task_struct *,char * -> void"));
	assert_false(prototype__matches_function(*state, "kill_more", "struct task_struct *,char * -> void"));
	assert_false(prototype__matches_function(*state, "kill", "struct task_struct * -> void"));
	assert_true(prototype__matches_function(*state, "fault", "struct task_struct *,int -> gfp_t"));
	assert_false(prototype__matches_function(*state, "fault", "struct task_struct *,int -> gfp"));
	assert_false(prototype__matches_function(*state, "fault", "struct task_struct *,int -> void"));
}

/* Two that have not changed since they came. */
static void the_running_kernel_has_them(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();

	(void)state;
	if (!btf) {
		print_message("the running kernel has no BTF, or it cannot be read\n");
		skip();
	}
	assert_true(prototype__matches(btf, "sched:sched_process_exit", "struct task_struct *"));
	assert_true(prototype__matches(btf, "sched:sched_process_fork", "struct task_struct *,struct task_struct *"));
	assert_false(prototype__matches(btf, "sched:sched_process_fork", "struct task_struct *,int"));
	assert_false(prototype__matches(btf, "sched:no_such_tracepoint", NULL));
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prototypes_are_spelled_as_in_c),
		cmocka_unit_test(what_is_no_tracepoint_is_not_found),
		cmocka_unit_test(a_prototype_that_is_too_long_is_said_to_be),
		cmocka_unit_test(it_matches_by_its_first_arguments),
		cmocka_unit_test(names_tell_arguments_apart),
		cmocka_unit_test(without_names_types_decide),
		cmocka_unit_test(functions_are_spelled_with_their_result),
		cmocka_unit_test(functions_match_by_their_first_arguments),
		cmocka_unit_test(with_a_result_all_arguments_match),
		cmocka_unit_test(the_running_kernel_has_them),
	};

	return cmocka_run_group_tests_name("all types", tests, make_btf, free_btf) +
	       cmocka_run_group_tests_name("those asked for", tests, make_btf_excerpt, free_btf);
}
