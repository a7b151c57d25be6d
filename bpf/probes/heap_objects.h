/* SPDX-License-Identifier: GPL-2.0 */
/* A part of heap.bpf.c: the objects that are held, by process and address. */
#ifndef MEMTRACE_PROBES_HEAP_OBJECTS_H
#define MEMTRACE_PROBES_HEAP_OBJECTS_H

#include "core/every.h"
#include "core/state.h"
#include "heap_contexts.h"
#include "heap_tops.h"

#define HEAP_GRAIN 4 /* addresses are multiples of 16 or, of small objects, of 8 */

/* The loader sets how many.  Their memory is taken as they come. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct mt_heap_key);
	__type(value, struct mt_heap_object);
} heap_objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct mt_heap_process);
} heap_processes SEC(".maps");

/* By bpf_get_current_pid_tgid(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct mt_heap_call);
} heap_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_heap_counts);
} heap_counts SEC(".maps");

/* The pid of memtrace, while it measures what a call costs; else 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} heap_trial SEC(".maps");

#define heap__count(member)                                                                                            \
	do {                                                                                                           \
		struct mt_heap_counts *counts_ = map_only(&heap_counts);                                               \
                                                                                                                       \
		if (counts_)                                                                                           \
			__sync_fetch_and_add(&counts_->member, 1);                                                     \
	} while (0)

static __always_inline bool heap__is_trial(void)
{
	u32 *trial = map_only(&heap_trial), pid = bpf_get_current_pid_tgid() >> 32;

	return trial && *trial == pid;
}

static __always_inline bool heap__is_traced(void)
{
	return state__counting(true) || heap__is_trial();
}

/* The process's life, if it lives; 0: it has none. */
static __always_inline u32 heap__life(u32 pid)
{
	const struct mt_heap_process *process = bpf_map_lookup_elem(&heap_processes, &pid);

	return process && process->state == MT_HEAP_LIVES ? process->life : 0;
}

/* Another process of that pid, which user space has not swept away yet, had a smaller number. */
static __noinline u32 heap__new_life(u32 pid)
{
	struct mt_heap_process new = {}, *process = bpf_map_lookup_elem(&heap_processes, &pid);

	new.life = (u32)(bpf_ktime_get_boot_ns() >> 20) + 1;
	if (process && process->life >= new.life)
		new.life = process->life + 1;
	who__read_current(&new.who);
	/* two threads of a process may come here at once; the first one's counts */
	if (!process || process->state != MT_HEAP_LIVES)
		bpf_map_update_elem(&heap_processes, &pid, &new, process ? BPF_EXIST : BPF_NOEXIST);
	return heap__life(pid);
}

/* Of the process's life bytes more, or fewer. */
static __always_inline void heap__request(const struct mt_heap_key *key, s64 bytes)
{
	struct mt_heap_process *process = bpf_map_lookup_elem(&heap_processes, &key->pid);

	if (process && process->life == key->life)
		__sync_fetch_and_add(&process->requested, bytes);
}

/* Takes an object out of the map into *object, if it is one that is followed and known. */
static __always_inline bool heap__take(u64 address, struct mt_heap_object *object)
{
	struct mt_heap_key key = { .address = address, .pid = bpf_get_current_pid_tgid() >> 32 };
	const struct mt_heap_object *known;

	if (!every__is_sampled(address >> HEAP_GRAIN))
		return false;
	key.life = heap__life(key.pid);
	known = bpf_map_lookup_elem(&heap_objects, &key);
	if (!known) {
		heap__count(foreign);
		return false;
	}
	*object = *known;
	if (bpf_map_delete_elem(&heap_objects, &key))
		return false;
	heap__request(&key, -(s64)object->bytes);
	return true;
}

/* What is there already has been given back without being seen. */
static __always_inline long heap__replace(const struct mt_heap_key *key, const struct mt_heap_object *object)
{
	const struct mt_heap_object *known = bpf_map_lookup_elem(&heap_objects, key);

	heap__count(missed);
	if (known)
		heap__request(key, -(s64)known->bytes);
	return bpf_map_update_elem(&heap_objects, key, object, BPF_ANY);
}

static __always_inline void heap__put_object(u64 address, const struct mt_heap_object *object)
{
	struct mt_heap_key key = { .address = address, .pid = bpf_get_current_pid_tgid() >> 32 };
	long err;

	key.life = heap__life(key.pid);
	if (!key.life)
		key.life = heap__new_life(key.pid);
	if (!key.life) {
		heap__count(without_room);
		return;
	}
	err = bpf_map_update_elem(&heap_objects, &key, object, BPF_NOEXIST);
	if (err == -EEXIST)
		err = heap__replace(&key, object);
	if (err)
		heap__count(without_room);
	else
		heap__request(&key, object->bytes);
}

static __always_inline void heap__put(struct pt_regs *ctx, u64 address, u64 bytes)
{
	struct mt_state *s = state__current();
	struct mt_heap_object object = { .bytes = bytes, .born_ns = bpf_ktime_get_boot_ns(), .stack = MT_UNKNOWN_S32 };

	if (s && cfg.stacks) {
		s->walking = 1;
		if (cfg.stack_bytes)
			object.top = heap__context(ctx, s, heap__is_trial());
		if (!object.top)
			object.stack = chain__id(ctx, BPF_F_USER_STACK);
		if (cfg.stack_tops && object.stack >= 0)
			object.top = heap__top(ctx);
		s->walking = 0;
	}
	heap__put_object(address, &object);
}

#endif
