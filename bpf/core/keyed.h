/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters by a key that a probe chooses.  The row NAME of probes.def has a struct mt_NAME of a header, a key and a
 * value that begins with a struct mt_keyed_head; the probe's object has the maps, and one call where it
 * counts.  What finds no room is counted by the part of its key that can have few values.
 */
#ifndef MEMTRACE_CORE_KEYED_H
#define MEMTRACE_CORE_KEYED_H

#include "maps.h"

/*
 * Elements are in an array that user space has mapped, so that it reads them without system calls.  Those of keys are
 * taken from a queue of free ones, which user space fills; the first nr_other are for what found none.
 */
#define KEYED_MAPS(name, entries, nr_other)                                                                            \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, nr_other + entries);                                                               \
		__type(key, u32);                                                                                      \
		__type(value, struct mt_##name);                                                                       \
	} name SEC(".maps");                                                                                           \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_HASH);                                                                       \
		__uint(max_entries, entries);                                                                          \
		__type(key, struct mt_##name##_key);                                                                   \
		__type(value, u32);                                                                                    \
	} name##_index SEC(".maps");                                                                                   \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_QUEUE);                                                                      \
		__uint(max_entries, entries);                                                                          \
		__uint(value_size, sizeof(u32));                                                                       \
	} name##_free SEC(".maps")

/* The element of *of_key; NULL: it has none. */
#define keyed__find(name, of_key)                                                                                      \
	({                                                                                                             \
		u32 *index_ = bpf_map_lookup_elem(&name##_index, of_key);                                              \
                                                                                                                       \
		index_ ? (struct mt_##name *)bpf_map_lookup_elem(&name, index_) : NULL;                                \
	})

/* Makes *of_key an element; another CPU may do so at the same time, and whoever comes later gives its own back. */
#define keyed__make(name, of_key)                                                                                      \
	do {                                                                                                           \
		struct mt_##name *made_;                                                                               \
		u32 free_;                                                                                             \
                                                                                                                       \
		if (bpf_map_pop_elem(&name##_free, &free_))                                                            \
			break;                                                                                         \
		made_ = bpf_map_lookup_elem(&name, &free_);                                                            \
		if (!made_)                                                                                            \
			break;                                                                                         \
		made_->key = *(of_key);                                                                                \
		made_->value.head.since_ns = bpf_ktime_get_boot_ns();                                                  \
		if (bpf_map_update_elem(&name##_index, of_key, &free_, BPF_NOEXIST))                                   \
			bpf_map_push_elem(&name##_free, &free_, BPF_ANY);                                              \
	} while (0)

/* The barrier keeps clang from computing the address before it is known that there is an element. */
#define keyed__value(element)                                                                                          \
	({                                                                                                             \
		barrier_var(element);                                                                                  \
		element ? &element->value : NULL;                                                                      \
	})

/* The value of *of_key, made if there is none; NULL: no room. */
#define keyed__get(name, of_key)                                                                                       \
	({                                                                                                             \
		struct mt_##name *element_ = keyed__find(name, of_key);                                                \
                                                                                                                       \
		if (!element_) {                                                                                       \
			keyed__make(name, of_key);                                                                     \
			element_ = keyed__find(name, of_key);                                                          \
		}                                                                                                      \
		keyed__value(element_);                                                                                \
	})

/* Both are structs of whole words. */
#define keyed__equal(a, b)                                                                                             \
	({                                                                                                             \
		const u64 *a_ = (const void *)(a), *b_ = (const void *)(b);                                            \
		u64 differ_ = 0;                                                                                       \
		u32 i_;                                                                                                \
                                                                                                                       \
		_Pragma("unroll") for (i_ = 0; i_ < sizeof(*(b)) / sizeof(u64); i_++) differ_ |= a_[i_] ^ b_[i_];      \
		!differ_;                                                                                              \
	})

/*
 * As keyed__get(), and faster for a key that had element number *hint the last time: *hint, a u32 that begins as 0, is
 * kept up to date.  An element that is being given back, or was, is not taken by its number.
 */
#define keyed__get_near(name, of_key, hint)                                                                            \
	({                                                                                                             \
		u32 near_ = *(hint), *index_;                                                                          \
		struct mt_##name *element_ = bpf_map_lookup_elem(&name, &near_);                                       \
                                                                                                                       \
		if (!element_ || !element_->value.head.since_ns || element_->value.head.gone ||                        \
		    !keyed__equal(&element_->key, of_key)) {                                                           \
			index_ = bpf_map_lookup_elem(&name##_index, of_key);                                           \
			if (!index_) {                                                                                 \
				keyed__make(name, of_key);                                                             \
				index_ = bpf_map_lookup_elem(&name##_index, of_key);                                   \
			}                                                                                              \
			if (index_)                                                                                    \
				*(hint) = *index_;                                                                     \
			element_ = index_ ? bpf_map_lookup_elem(&name, index_) : NULL;                                 \
		}                                                                                                      \
		keyed__value(element_);                                                                                \
	})

/* The value for what found none.  In *of_key only what can have few values is set, which has the number nr. */
#define keyed__other(name, of_key, nr)                                                                                 \
	({                                                                                                             \
		u32 nr_ = nr;                                                                                          \
		struct mt_##name *other_ = bpf_map_lookup_elem(&name, &nr_);                                           \
                                                                                                                       \
		if (other_)                                                                                            \
			other_->key = *(of_key);                                                                       \
		keyed__value(other_);                                                                                  \
	})

static __always_inline void keyed__changed(void)
{
	struct mt_cpu *cpu = cpu_here();

	if (cpu)
		__sync_fetch_and_add(&cpu->keyed_changes, 1);
}

/* Once all else has been added to the value: see struct mt_keyed_head. */
static __always_inline void keyed__count(struct mt_keyed_head *head)
{
	__sync_fetch_and_add(&head->count, 1);
	keyed__changed();
}

/* What *of_key names is being removed: so is its element, when user space has read it. */
#define keyed__retire(name, of_key)                                                                                    \
	do {                                                                                                           \
		struct mt_##name *gone_ = keyed__find(name, of_key);                                                   \
                                                                                                                       \
		if (gone_ && !gone_->value.head.gone) {                                                                \
			gone_->value.head.gone = MT_KEYED_GONE;                                                        \
			keyed__changed();                                                                              \
		}                                                                                                      \
	} while (0)

#endif
