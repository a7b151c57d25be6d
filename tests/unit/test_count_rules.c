/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How kernels count, told by their types: those of 5.10, 6.1, 6.12 and 7.3 as far as they matter, made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include "../../user/kernel/btf_excerpt.h"
#include "../../user/kernel/count_rules.h"

/* What differs; NULL: it is not there. */
struct kernel {
	const char *node_item, *vm_item, *reclaim_member, *scan_member, *memcg_member;
	const char *isolate_member; /* of the event lru_isolate */
	const char *task_member;
	const char *lock_argument; /* of __folio_lock_or_retry(), the second: a pointer to that struct */
	struct count_rules expected;
};

static void add_enum(struct btf *btf, const char *name, const char *item)
{
	btf__add_enum(btf, name, 4);
	btf__add_enum_value(btf, "NR_OTHER", 0);
	if (item)
		btf__add_enum_value(btf, item, 1);
}

static void add_struct(struct btf *btf, const char *name, const char *member, int type)
{
	btf__add_struct(btf, name, 16);
	btf__add_field(btf, "other", type, 0, 0);
	if (member)
		btf__add_field(btf, member, type, 64, 0);
}

static void add_lock(struct btf *btf, const char *argument, int number)
{
	int folio = btf__add_ptr(btf, btf__add_struct(btf, "folio", 0));
	int second = btf__add_ptr(btf, btf__add_struct(btf, argument, 0));
	int proto = btf__add_func_proto(btf, number);

	btf__add_func_param(btf, "folio", folio);
	btf__add_func_param(btf, argument[0] == 'v' ? "vmf" : "mm", second);
	btf__add_func(btf, "__folio_lock_or_retry", BTF_FUNC_STATIC, proto);
}

static void check_rules(const struct kernel *kernel, const struct btf *btf)
{
	struct count_rules rules;

	count_rules__read(&rules, btf);
	assert_int_equal(rules.node_reclaim_counters, kernel->expected.node_reclaim_counters);
	assert_int_equal(rules.cgroups_hold_back, kernel->expected.cgroups_hold_back);
	assert_int_equal(rules.cgroup_slab_pages, kernel->expected.cgroup_slab_pages);
	assert_int_equal(rules.attempts_count, kernel->expected.attempts_count);
	assert_int_equal(rules.generations_tell, kernel->expected.generations_tell);
	assert_int_equal(rules.swapins_thrash, kernel->expected.swapins_thrash);
	assert_int_equal(rules.preempts, kernel->expected.preempts);
	assert_int_equal(rules.restarts, kernel->expected.restarts);
}

/* By all of the kernel's types, and by those alone that are asked for. */
static void check(const struct kernel *kernel)
{
	struct btf *btf = btf__new_empty();
	struct btf_names names = { 0 };
	struct btf_excerpt excerpt;
	int number;

	assert_non_null(btf);
	number = btf__add_int(btf, "unsigned long", 8, 0);
	add_enum(btf, "vm_event_item", kernel->vm_item);
	add_enum(btf, "node_stat_item", kernel->node_item);
	add_struct(btf, "reclaim_state", kernel->reclaim_member, number);
	add_struct(btf, "scan_control", kernel->scan_member, number);
	add_struct(btf, "mem_cgroup", kernel->memcg_member, number);
	add_struct(btf, "task_struct", kernel->task_member, number);
	if (kernel->expected.preempts) {
		btf__add_var(btf, "tracepoint_srcu_srcu_data", BTF_VAR_STATIC, number);
		btf__add_func(btf, "init_srcu_struct_fast", BTF_FUNC_STATIC, btf__add_func_proto(btf, 0));
	}
	if (kernel->isolate_member)
		add_struct(btf, "trace_event_raw_mm_vmscan_lru_isolate", kernel->isolate_member, number);
	if (kernel->lock_argument)
		add_lock(btf, kernel->lock_argument, number);
	check_rules(kernel, btf);
	count_rules__add_names(&names);
	assert_int_equal(btf_excerpt__make(&excerpt, btf, &names), 0);
	check_rules(kernel, excerpt.btf);
	btf_excerpt__free(&excerpt);
	btf_names__free(&names);
	btf__free(btf);
}

static void kernels_are_told_by_their_types(void **state)
{
	static const struct kernel kernels[] = {
		/* 5.10 */
		{ .vm_item = "PGSTEAL_DIRECT",
		  .reclaim_member = "reclaimed_slab",
		  .memcg_member = "vmstats_local",
		  .isolate_member = "isolate_mode",
		  .expected = { .cgroups_hold_back = true,
				.cgroup_slab_pages = true,
				.attempts_count = true,
				.restarts = 2 } },
		/* 6.1 */
		{ .vm_item = "PGSTEAL_DIRECT",
		  .reclaim_member = "reclaimed_slab",
		  .isolate_member = "isolate_mode",
		  .task_member = "in_thrashing",
		  .lock_argument = "mm_struct",
		  .expected = { .cgroup_slab_pages = true,
				.attempts_count = true,
				.swapins_thrash = true,
				.restarts = 2 } },
		/* 6.12 and 6.18 */
		{ .vm_item = "PGSTEAL_DIRECT",
		  .reclaim_member = "reclaimed",
		  .scan_member = "memcg_full_walk",
		  .isolate_member = "lru",
		  .task_member = "in_thrashing",
		  .lock_argument = "vm_fault",
		  .expected = { .generations_tell = true, .swapins_thrash = true, .restarts = 3 } },
		/* 7.1 and 7.3 */
		{ .node_item = "PGSTEAL_DIRECT",
		  .reclaim_member = "reclaimed",
		  .scan_member = "memcg_full_walk",
		  .isolate_member = "lru",
		  .task_member = "in_thrashing",
		  .lock_argument = "vm_fault",
		  .expected = { .node_reclaim_counters = true,
				.generations_tell = true,
				.swapins_thrash = true,
				.preempts = true,
				.restarts = 3 } },
		/* nothing of it: no reclaim, no files */
		{ .expected = { .attempts_count = true, .restarts = 2 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		check(&kernels[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kernels_are_told_by_their_types) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
