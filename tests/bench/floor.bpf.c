/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Empty programs on the hooks that memtrace uses, or could use, attached in each way that there is: what they
 * cost is the floor of anything there.  floor.c chooses among them by name.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define EMPTY(section, name)                                                                                           \
	SEC(section) int name(void *ctx)                                                                               \
	{                                                                                                              \
		return 0;                                                                                              \
	}

/* Returns 1: 0 would hide the event from others (trace_call_bpf()). */
#define EMPTY_TP(section, name)                                                                                        \
	SEC(section) int name(void *ctx)                                                                               \
	{                                                                                                              \
		return 1;                                                                                              \
	}

EMPTY("tp_btf/page_fault_user", user_btf)
EMPTY("tp_btf/page_fault_user", user_btf_too)
EMPTY("tp_btf/page_fault_kernel", kernel_btf)
EMPTY("tp_btf/mm_page_alloc", alloc_btf)
EMPTY("tp_btf/mm_page_free", free_btf)

EMPTY("raw_tp/page_fault_user", user_raw)
EMPTY("raw_tp/page_fault_kernel", kernel_raw)
EMPTY("raw_tp/mm_page_alloc", alloc_raw)

EMPTY_TP("tp/exceptions/page_fault_user", user_tp)
EMPTY_TP("tp/exceptions/page_fault_kernel", kernel_tp)
EMPTY_TP("tp/kmem/mm_page_alloc", alloc_tp)

EMPTY("fentry/handle_mm_fault", fault_fentry)
EMPTY("perf_event", fault_event)

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} storage SEC(".maps");

/* Not empty: one look-up, as memtrace does it, and one count. */
SEC("tp_btf/page_fault_user")
int user_storage(void *ctx)
{
	u64 *count = bpf_task_storage_get(&storage, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (count)
		++*count;
	return 0;
}
