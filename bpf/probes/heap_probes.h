/* SPDX-License-Identifier: GPL-2.0 */
/* A part of heap.bpf.c: the arguments of probes that programs bring themselves. */
#ifndef MEMTRACE_PROBES_HEAP_PROBES_H
#define MEMTRACE_PROBES_HEAP_PROBES_H

#include "core/maps.h"

/* By what the loader gives each place of a probe as its cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MT_HEAP_PROBES);
	__type(key, u32);
	__type(value, struct mt_heap_probe);
} heap_probes SEC(".maps");

/* 0: it cannot be read. */
static __always_inline u64 heap__argument(struct pt_regs *ctx, u32 nr)
{
	u32 key = bpf_get_attach_cookie(ctx);
	const struct mt_heap_probe *probe = bpf_map_lookup_elem(&heap_probes, &key);
	const struct mt_heap_argument *argument;
	u64 value = 0;

	if (!probe)
		return 0;
	argument = &probe->arguments[nr];
	if (argument->kind == MT_HEAP_CONSTANT)
		return argument->value;
	if (bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + argument->reg))
		return 0;
	if (argument->kind == MT_HEAP_IN_MEMORY &&
	    bpf_probe_read_user(&value, sizeof(value), (void *)(value + argument->value)))
		return 0;
	return value << argument->unused_bits >> argument->unused_bits;
}

#endif
