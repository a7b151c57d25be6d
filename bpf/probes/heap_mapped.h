/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A part of heap.bpf.c: what programs map by themselves.  What an allocator maps for its objects is left out, as these
 * are counted; what it gives back in free() is a mapping that nobody knows.
 */
#ifndef MEMTRACE_PROBES_HEAP_MAPPED_H
#define MEMTRACE_PROBES_HEAP_MAPPED_H

#include "core/compat/syscall.h"
#include "core/every.h"
#include "heap_objects.h"

/* include/uapi/asm-generic/mman-common.h, linux/mman.h: alike on all architectures here */
enum { MAP_IS_ANONYMOUS = 0x20, MREMAP_KEEPS = 4 };

struct heap_change {
	u64 address, bytes;
	u64 old_address, old_bytes;
	u32 change; /* enum mt_heap_change */
};

/* The process, which is entered if it is not known; NULL: there is no room. */
static __always_inline struct mt_heap_process *heap__process(void)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (!heap__life(pid) && !heap__new_life(pid))
		return NULL;
	return bpf_map_lookup_elem(&heap_processes, &pid);
}

/*
 * It returns the break as it is then.  The first one that is seen tells by how much it moved only if it did not, as
 * that of the C library's begin.  own: no allocator has called it.
 */
static __always_inline bool heap__read_brk(const struct pt_regs *regs, u64 now, bool own, struct heap_change *change)
{
	struct mt_heap_process *process = heap__process();
	u64 before;

	if (!process)
		return false;
	before = process->break_at;
	process->break_at = now;
	if (own && !before && syscall__first(regs) == now)
		heap__count(missed);
	if (!before || before == now)
		return false;
	change->change = now > before ? MT_HEAP_BRK : MT_HEAP_MUNMAP;
	change->address = whole_pages(now > before ? before : now);
	change->bytes = whole_pages(now > before ? now : before) - change->address;
	return change->bytes;
}

static __always_inline void heap__read_mremap(const struct pt_regs *regs, u64 result, struct heap_change *change)
{
	change->change = MT_HEAP_MREMAP;
	change->address = result;
	change->bytes = whole_pages(syscall__third(regs));
	change->old_address = syscall__first(regs);
	change->old_bytes = syscall__fourth(regs) & MREMAP_KEEPS ? 0 : whole_pages(syscall__second(regs));
}

static __always_inline bool heap__read_change(const struct pt_regs *regs, s64 number, u64 result, bool own,
					      struct heap_change *change)
{
	change->bytes = whole_pages(syscall__second(regs));
	switch (number) {
	case NR_MMAP:
		change->change = syscall__fourth(regs) & MAP_IS_ANONYMOUS ? MT_HEAP_MMAP : MT_HEAP_MMAP_FILE;
		change->address = result;
		return true;
	case NR_MUNMAP:
		change->change = MT_HEAP_MUNMAP;
		change->address = syscall__first(regs);
		return true;
	case NR_BRK:
		return heap__read_brk(regs, result, own, change);
	default:
		heap__read_mremap(regs, result, change);
		return true;
	}
}

/* ctx: NULL where nothing was mapped, so that nobody wants to know who did. */
static __always_inline void heap__tell_change(void *ctx, struct mt_state *s, const struct heap_change *change)
{
	struct mt_heap_map *rec = every__reserve_chained(s, MT_REC_heap_map, struct mt_heap_map);

	if (!rec)
		return;
	rec->address = change->address;
	rec->bytes = change->bytes;
	rec->old_address = change->old_address;
	rec->old_bytes = change->old_bytes;
	rec->change = change->change;
	rec->user_stack = every__user_stack(ctx, s, ctx && change->change != MT_HEAP_MUNMAP, rec + 1);
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns, rec->user_stack));
}

/* All mappings of the process are gone. */
static __always_inline void heap__tell_end(enum mt_heap_change end)
{
	const struct heap_change change = { .change = end };
	struct mt_state *s = probe_wants_every(MT_PROBE_heap) ? state__current() : NULL;

	if (s && s->match)
		heap__tell_change(NULL, s, &change);
}

#endif
