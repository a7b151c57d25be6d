/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers btf_excerpt.h: what is asked for by name is taken over with all that lies within it, what is only pointed
 * to by its name, all else is left out.  And who asks by name asks for all that it looks at: what memtrace finds
 * out about the running kernel from its excerpt is what it finds out from the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "../../user/kernel/btf_excerpt.h"
#include "../../user/kernel/core_object.h"
#include "../../user/kernel/core_reads.h"
#include "../../user/kernel/object.h"
#include "../../user/kernel/prototype.h"
#include "../../user/model/probe.h"

static void a_name_is_there_once_it_was_added(void **state)
{
	struct btf_names names = { 0 };
	char name[16];
	int i;

	(void)state;
	assert_false(btf_names__has(&names, "task_struct"));
	btf_names__add(&names, "btf_trace_", "mark_victim");
	assert_true(btf_names__has(&names, "btf_trace_mark_victim"));
	assert_false(btf_names__has(&names, "mark_victim"));
	assert_false(btf_names__has(&names, ""));
	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%d", i % 10000);
		btf_names__add(&names, "n", name);
	}
	assert_int_equal(names.nr, 10001);
	for (i = 0; i < 10001; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(btf_names__has(&names, name), i < 10000);
	}
	assert_true(btf_names__has(&names, "btf_trace_mark_victim"));
	assert_false(names.failed);
	btf_names__free(&names);
	assert_false(btf_names__has(&names, "n1"));
}

static void types_give_their_names_without_flavours(void **state)
{
	struct btf_names names = { 0 };
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);

	(void)state;
	btf__add_struct(btf, "page___old", 8);
	btf__add_union(btf, NULL, 8);
	btf__add_typedef(btf, "gfp_t", number);
	btf__add_enum(btf, "mode", 4);
	btf__add_func(btf, "function", BTF_FUNC_STATIC, btf__add_func_proto(btf, 0));
	btf_names__add_types(&names, btf);
	assert_true(btf_names__has(&names, "page"));
	assert_true(btf_names__has(&names, "gfp_t"));
	assert_true(btf_names__has(&names, "mode"));
	assert_int_equal(names.nr, 3);
	btf_names__free(&names);
	btf__free(btf);
}

/* A kernel, small: the numbers of some of its types. */
struct kernel {
	struct btf *btf;
	int list, inner, task;
};

/* struct inner { int n; }; struct list { struct inner in; struct task *t; }; struct task { struct list l; } */
static struct kernel make_kernel(void)
{
	struct kernel k = { .btf = btf__new_empty() };
	int number, pointer, proto;

	number = btf__add_int(k.btf, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(k.btf, "unused", 4);
	btf__add_field(k.btf, "number", number, 0, 0);
	/* a pointer to what comes later */
	pointer = btf__add_ptr(k.btf, number + 5);
	k.list = btf__add_struct(k.btf, "list", 16);
	btf__add_field(k.btf, "in", number + 4, 0, 0);
	btf__add_field(k.btf, "t", pointer, 64, 0);
	k.inner = btf__add_struct(k.btf, "inner", 4);
	assert_int_equal(k.inner, number + 4);
	btf__add_field(k.btf, "n", number, 0, 0);
	k.task = btf__add_struct(k.btf, "task", 24);
	assert_int_equal(k.task, number + 5);
	btf__add_field(k.btf, "l", k.list, 0, 0);
	btf__add_enum(k.btf, "zones", 4);
	btf__add_enum_value(k.btf, "ZONE_DMA", 0);
	btf__add_enum_value(k.btf, "ZONE_MOVABLE", 3);
	btf__add_enum(k.btf, "others", 4);
	btf__add_enum_value(k.btf, "OTHER", 0);
	proto = btf__add_func_proto(k.btf, number);
	btf__add_func_param(k.btf, "task", pointer);
	btf__add_typedef(k.btf, "btf_trace_event", btf__add_ptr(k.btf, proto));
	btf__add_func(k.btf, "function", BTF_FUNC_STATIC, proto);
	btf__add_decl_tag(k.btf, "list", k.task, -1);
	return k;
}

static struct btf_excerpt excerpt_of(const struct btf *whole, const char *const *wanted)
{
	struct btf_names names = { 0 };
	struct btf_excerpt excerpt;

	for (; *wanted; wanted++)
		btf_names__add(&names, "", *wanted);
	assert_int_equal(btf_excerpt__make(&excerpt, whole, &names), 0);
	btf_names__free(&names);
	return excerpt;
}

static const struct btf_type *find(const struct btf *btf, const char *name, __u32 kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	return id > 0 ? btf__type_by_id(btf, id) : NULL;
}

static void what_lies_within_comes_along(void **state)
{
	struct kernel k = make_kernel();
	struct btf_excerpt e = excerpt_of(k.btf, (const char *const[]){ "list", "absent", NULL });
	const struct btf_type *list = find(e.btf, "list", BTF_KIND_STRUCT);
	const struct btf_type *inner = find(e.btf, "inner", BTF_KIND_STRUCT);
	const struct btf_type *task = find(e.btf, "task", BTF_KIND_STRUCT), *pointer;

	(void)state;
	assert_int_equal(btf_vlen(list), 2);
	assert_ptr_equal(btf__type_by_id(e.btf, btf_members(list)[0].type), inner);
	assert_int_equal(btf_vlen(inner), 1);
	assert_string_equal(btf__name_by_offset(e.btf, btf_members(inner)[0].name_off), "n");
	assert_true(btf_is_int(btf__type_by_id(e.btf, btf_members(inner)[0].type)));
	/* of what is only pointed to there is the name, and the size */
	pointer = btf__type_by_id(e.btf, btf_members(list)[1].type);
	assert_true(btf_is_ptr(pointer));
	assert_ptr_equal(btf__type_by_id(e.btf, pointer->type), task);
	assert_int_equal(btf_vlen(task), 0);
	assert_int_equal(task->size, 24);
	/* int, pointer, list, inner, task, and void */
	assert_int_equal(btf__type_cnt(e.btf), 6);
	btf_excerpt__free(&e);
	btf__free(k.btf);
}

static void what_is_pointed_to_and_asked_for_is_whole(void **state)
{
	struct kernel k = make_kernel();
	struct btf_excerpt e = excerpt_of(k.btf, (const char *const[]){ "list", "task", NULL });
	const struct btf_type *task = find(e.btf, "task", BTF_KIND_STRUCT);

	(void)state;
	assert_int_equal(btf_vlen(task), 1);
	assert_ptr_equal(btf__type_by_id(e.btf, btf_members(task)[0].type), find(e.btf, "list", BTF_KIND_STRUCT));
	btf_excerpt__free(&e);
	btf__free(k.btf);
}

static void types_keep_their_order_and_know_their_numbers(void **state)
{
	struct kernel k = make_kernel();
	struct btf_excerpt e = excerpt_of(k.btf, (const char *const[]){ "task", NULL });
	__u32 id;

	(void)state;
	for (id = 2; id < btf__type_cnt(e.btf); id++)
		assert_true(e.ids[id] > e.ids[id - 1]);
	assert_int_equal(e.ids[btf__find_by_name_kind(e.btf, "list", BTF_KIND_STRUCT)], k.list);
	assert_int_equal(e.ids[btf__find_by_name_kind(e.btf, "task", BTF_KIND_STRUCT)], k.task);
	btf_excerpt__free(&e);
	btf__free(k.btf);
}

static void enumerations_functions_and_events_are_found(void **state)
{
	struct kernel k = make_kernel();
	struct btf_excerpt e =
		excerpt_of(k.btf, (const char *const[]){ "ZONE_MOVABLE", "btf_trace_event", "function", NULL });
	char text[64];
	int value;

	(void)state;
	assert_int_equal(enumerator__read(e.btf, "ZONE_MOVABLE", &value), 0);
	assert_int_equal(value, 3);
	assert_null(find(e.btf, "others", BTF_KIND_ENUM));
	assert_int_equal(prototype__read_function(e.btf, "function", text, sizeof(text)), 0);
	assert_string_equal(text, "struct task *task -> int");
	assert_true(prototype__has_arguments(e.btf, "g:event", 0));
	btf_excerpt__free(&e);
	btf__free(k.btf);
}

static void a_name_that_memory_ran_out_for_is_an_error(void **state)
{
	struct btf_names names = { .failed = true };
	struct kernel k = make_kernel();
	struct btf_excerpt e;

	(void)state;
	assert_int_equal(btf_excerpt__make(&e, k.btf, &names), -ENOMEM);
	btf_excerpt__free(&e);
	btf__free(k.btf);
}

/* All that the core looks at beside its programs' own types, on a kernel that has it. */
static void the_core_asks_for_what_it_looks_at(void **state)
{
	struct btf_names names = { 0 };
	struct btf *btf = btf__new_empty();
	struct btf_excerpt e;
	struct mt_cfg cfg = { 0 };

	(void)state;
	btf__add_enum(btf, "bpf_map_type", 4);
	btf__add_enum_value(btf, "BPF_MAP_TYPE_SOME", BPF_MAP_TYPE_TASK_STORAGE);
	btf__add_struct(btf, "trace_event_raw_sched_process_template", 8);
	btf__add_func(btf, "do_swap_page", BTF_FUNC_STATIC, btf__add_func_proto(btf, 0));
	btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "data", 0);
	btf__add_func_param(btf, "task", 0);
	btf__add_typedef(btf, "btf_trace_sched_process_exit", btf__add_ptr(btf, (int)btf__type_cnt(btf) - 1));
	btf__add_var(btf, "tracepoint_srcu_srcu_data", BTF_VAR_STATIC, 1);
	btf__add_func(btf, "init_srcu_struct_fast", BTF_FUNC_STATIC, 3);
	assert_int_equal(core_object__add_names(&names), 0);
	assert_int_equal(btf_excerpt__make(&e, btf, &names), 0);
	core_object__probe_kernel(&cfg, e.btf);
	assert_true(cfg.has_task_storage);
	assert_true(cfg.tells_swap);
	assert_false(cfg.tells_writes);
	assert_false(cfg.faults_after_exit);
	assert_true(cfg.refuses_lookups);
	assert_true(prototype__preemptible(e.btf));
	btf_excerpt__free(&e);
	btf__add_struct(btf, "trace_event_raw_sched_process_exit", 8);
	btf__add_func(btf, "bpf_task_storage_get_recur", BTF_FUNC_STATIC, 3);
	btf__add_func(btf, "do_wp_page", BTF_FUNC_STATIC, 3);
	assert_int_equal(btf_excerpt__make(&e, btf, &names), 0);
	core_object__probe_kernel(&cfg, e.btf);
	assert_true(cfg.faults_after_exit);
	assert_false(cfg.refuses_lookups);
	assert_true(cfg.tells_writes);
	btf_excerpt__free(&e);
	btf_names__free(&names);
	btf__free(btf);
}

/* Records and constants that no program has a type of. */
static void hooks_ask_for_what_they_are_judged_by(void **state)
{
	static const struct attach_alt alts[] = {
		{ .program = "program",
		  .kind = ATTACH_TP,
		  .event = "g:own",
		  .proto = "int",
		  .context = "trace_event_raw_shared" },
		{},
	};
	static const struct attach_hook hooks[] = {
		{ .name = "hook", .need = HOOK_REQUIRED, .alts = alts, .loss = "nothing" },
		{},
	};
	static const struct kernel_constant constants[] = { { .name = "CONSTANT", .value = 1 }, {} };
	struct object_request req = { .hooks = hooks, .constants = constants };
	struct btf_names names = { 0 };

	(void)state;
	req.image = probes[MT_PROBE_free]->object(&req.image_size);
	assert_int_equal(object__add_names(&names, &req), 0);
	assert_true(btf_names__has(&names, "btf_trace_own"));
	assert_true(btf_names__has(&names, "trace_event_raw_own"));
	assert_true(btf_names__has(&names, "trace_event_raw_shared"));
	assert_true(btf_names__has(&names, "CONSTANT"));
	btf_names__free(&names);
}

/* What is found out about an alternative by whole and excerpt, which must be the same. */
static void same_hook(const struct btf *whole, const struct btf *part, const struct attach_alt *alt)
{
	char a[512] = "", b[512] = "";
	int (*read)(const struct btf *btf, const char *event, char *buf, int size) =
		alt->kind == ATTACH_FENTRY ? prototype__read_function : prototype__read;

	if (!alt->event)
		return;
	assert_int_equal(read(whole, alt->event, a, sizeof(a)), read(part, alt->event, b, sizeof(b)));
	assert_string_equal(a, b);
	if (alt->context)
		assert_int_equal(find(whole, alt->context, BTF_KIND_STRUCT) != NULL,
				 find(part, alt->context, BTF_KIND_STRUCT) != NULL);
}

static void same_reads(const struct core_reads *whole, const struct core_reads *part, const char *program)
{
	char a[512] = "", b[512] = "";

	assert_int_equal(core_reads__fit(whole, program, a, sizeof(a)), core_reads__fit(part, program, b, sizeof(b)));
	assert_string_equal(a, b);
}

static void same_probe(const struct btf *whole, const struct probe *probe)
{
	struct object_request req = { .hooks = probe->hooks, .constants = probe->constants };
	struct btf_names names = { 0 };
	struct core_reads reads, part_reads;
	const struct kernel_constant *c;
	const struct attach_hook *hook;
	const struct attach_alt *alt;
	struct btf_excerpt e;
	int a = 0, b = 0;

	req.image = probe->object(&req.image_size);
	assert_int_equal(object__add_names(&names, &req), 0);
	assert_int_equal(btf_excerpt__make(&e, whole, &names), 0);
	assert_true(btf__type_cnt(e.btf) * 10 < btf__type_cnt(whole));
	assert_int_equal(core_reads__open(&reads, req.image, req.image_size, whole), 0);
	assert_int_equal(core_reads__open(&part_reads, req.image, req.image_size, e.btf), 0);
	for (hook = probe->hooks; hook->name; hook++) {
		for (alt = hook->alts; alt->program; alt++) {
			same_hook(whole, e.btf, alt);
			same_reads(&reads, &part_reads, alt->program);
		}
	}
	for (c = probe->constants; c && c->name; c++) {
		assert_int_equal(enumerator__read(whole, c->name, &a), enumerator__read(e.btf, c->name, &b));
		assert_int_equal(a, b);
	}
	core_reads__close(&reads);
	core_reads__close(&part_reads);
	btf_excerpt__free(&e);
	btf_names__free(&names);
}

static void the_running_kernels_excerpt_tells_the_same(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	(void)state;
	if (!btf) {
		print_message("the running kernel has no BTF, or it cannot be read\n");
		skip();
	}
	for (id = 0; id < MT_NR_PROBES; id++)
		same_probe(btf, probes[id]);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_there_once_it_was_added),
		cmocka_unit_test(types_give_their_names_without_flavours),
		cmocka_unit_test(what_lies_within_comes_along),
		cmocka_unit_test(what_is_pointed_to_and_asked_for_is_whole),
		cmocka_unit_test(types_keep_their_order_and_know_their_numbers),
		cmocka_unit_test(enumerations_functions_and_events_are_found),
		cmocka_unit_test(a_name_that_memory_ran_out_for_is_an_error),
		cmocka_unit_test(the_core_asks_for_what_it_looks_at),
		cmocka_unit_test(hooks_ask_for_what_they_are_judged_by),
		cmocka_unit_test(the_running_kernels_excerpt_tells_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
