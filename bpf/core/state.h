/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A task's counters.  The task alone counts in them and they only grow.  They
 * are made by the fork hook and the iterator, never by a hook on the hot path.
 */
#ifndef MEMTRACE_CORE_STATE_H
#define MEMTRACE_CORE_STATE_H

#include "emit.h"
#include "filter.h"

/* task must be a pointer that the verifier trusts. */
static __always_inline struct mt_state *state__of(struct task_struct *task)
{
	if (cfg.has_task_storage)
		return bpf_task_storage_get(&task_state, task, NULL, 0);
	u32 tid = BPF_CORE_READ(task, pid);

	return bpf_map_lookup_elem(&tid_state, &tid);
}

static __always_inline struct mt_state *state__current(void)
{
	if (cfg.has_task_storage)
		return bpf_task_storage_get(&task_state, bpf_get_current_task_btf(), NULL, 0);
	u32 tid = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&tid_state, &tid);
}

/* Adds to a counter whose slot is not a constant. */
static __always_inline void state__add(struct mt_state *s, u32 slot, u64 n)
{
	opaque(slot);
	if (slot < MT_NR_SLOTS)
		s->c[slot] += n;
}

/* What the kernel has accounted to a task in all. */
struct accounted {
	u64 minor, major;
};

static __always_inline struct accounted accounted__read(struct task_struct *task)
{
	struct accounted all = { BPF_CORE_READ(task, min_flt), BPF_CORE_READ(task, maj_flt) };

	return all;
}

/* ... and of that while it matched the filters. */
static __always_inline u64 state__minor(const struct mt_state *s, struct accounted all)
{
	return s->held_minor + (s->match ? all.minor - s->base_minor : 0);
}

static __always_inline u64 state__major(const struct mt_state *s, struct accounted all)
{
	return s->held_major + (s->match ? all.major - s->base_major : 0);
}

static __always_inline void state__record(struct mt_task *rec, struct mt_state *s, struct accounted all, u32 flags)
{
	rec->who = s->who;
	rec->life = s->life;
	rec->flags = flags;
	rec->pad = 0;
	__builtin_memcpy(rec->c, s->c, sizeof(rec->c));
	rec->c[MT_SLOT_fault_minor] = s->emitted_minor = state__minor(s, all);
	rec->c[MT_SLOT_fault_major] = s->emitted_major = state__major(s, all);
	s->heard = 1;
}

/* Anything that user space has not heard of? */
static __always_inline bool state__has_news(const struct mt_state *s, struct accounted all)
{
	return s->dirty || state__minor(s, all) != s->emitted_minor || state__major(s, all) != s->emitted_major;
}

/*
 * Emits what the task counted under the identity in s->who, which is about
 * to change.  If the ring is full nothing is lost: the next record has it,
 * under the new identity.
 */
static __noinline int state__flush(struct mt_state *s, struct task_struct *task)
{
	struct accounted all;
	struct mt_task *rec;
	void *ring;

	if (!s || !task)
		return 0;
	all = accounted__read(task);
	if (!state__has_news(s, all))
		return 0;
	ring = hot_ring();
	if (!ring)
		return 0;
	rec = bpf_ringbuf_reserve(ring, sizeof(*rec), 0);
	if (!rec)
		return 0;
	hdr__fill(&rec->hdr, MT_REC_TASK, sizeof(*rec));
	s->dirty = 0;
	state__record(rec, s, all, 0);
	hot__submit(ring, rec);
	return 0;
}

/* Asks the filters again; accounted faults count from where they begin to match to where they cease to. */
static __always_inline void state__rematch(struct mt_state *s, struct task_struct *task)
{
	bool match = filter__match(&s->who, task, s->flags);
	struct accounted all;

	if (match == !!s->match)
		return;
	all = accounted__read(task);
	if (match) {
		s->base_minor = all.minor;
		s->base_major = all.major;
		s->match = 1;
	} else {
		s->held_minor = state__minor(s, all);
		s->held_major = state__major(s, all);
		s->match = 0;
	}
}

/*
 * A new id for who the task is now: its tid and the time, in units of 1024 ns, as in new_life().
 * What refers to the old id goes on to mean whom it meant.
 */
static __always_inline void state__renew_ref(struct mt_state *s)
{
	if (cfg.every)
		s->ref.id = bpf_ktime_get_boot_ns() >> 10 << 22 | s->who.tid;
}

static __always_inline bool who__equal(const struct mt_who *a, const struct mt_who *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;
	u64 differ = 0;
	int i;

	for (i = 0; i < (int)(sizeof(*a) / sizeof(*x)); i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

/* Reads who the task is now, and whether that is asked for. */
static __always_inline void state__identify(struct mt_state *s, struct task_struct *task)
{
	struct mt_who who = {};

	s->css_set = (u64)BPF_CORE_READ(task, cgroups);
	s->cred = (u64)BPF_CORE_READ(task, real_cred);
	who__read(&who, task);
	if (s->flags & MT_STATE_FAMILY)
		who.flags |= MT_WHO_FAMILY;
	if (!who__equal(&who, &s->who)) {
		s->who = who;
		state__renew_ref(s);
	}
	state__rematch(s, task);
}

/* All of the field: what old kernels leave behind the name's end is a difference, too, and harmless. */
static __always_inline bool has_comm(struct task_struct *task, const char *name)
{
	u64 now[MT_COMM_LEN / sizeof(u64)], known[MT_COMM_LEN / sizeof(u64)];

	__builtin_memcpy(known, name, sizeof(known));
	return !bpf_core_read(now, sizeof(now), &task->comm) && now[0] == known[0] && now[1] == known[1];
}

/*
 * Whether what names the task may have changed since it was read: a look at what lies in the
 * task itself, where state__identify() follows pointers to memory that is in no cache.
 */
static __always_inline bool state__is_stale(const struct mt_state *s, const void *css_set, const void *cred,
					    struct task_struct *task, struct task_struct *leader)
{
	if (s->css_set != (u64)css_set || s->cred != (u64)cred || !has_comm(task, s->who.tcomm))
		return true;
	return s->who.pid != s->who.tid && !has_comm(leader, s->who.comm);
}

static __noinline int state__moved(struct mt_state *s, struct task_struct *task)
{
	if (!s || !task)
		return 0;
	state__flush(s, task);
	state__identify(s, task);
	return 0;
}

static __always_inline void lost__task(void)
{
	struct mt_lost *l = lost_here();

	if (l)
		__sync_fetch_and_add(&l->tasks, 1);
}

/*
 * The current task's counters, marked as changed; NULL if it is not asked for.
 * Its move to another cgroup is noticed here, as the address of its css_set changes; so is, if
 * anybody asks for a user, a change of its credentials.
 */
static __always_inline struct mt_state *state__counting(void)
{
	struct mt_state *s = state__current();
	struct task_struct *task;
	u64 css_set;
	bool moved;

	if (!s) {
		if (!filter__family_only())
			lost__task();
		return NULL;
	}
	if (cfg.has_task_storage) {
		task = bpf_get_current_task_btf();
		css_set = (u64)task->cgroups;
	} else {
		task = (struct task_struct *)bpf_get_current_task();
		css_set = (u64)BPF_CORE_READ(task, cgroups);
	}
	moved = css_set != s->css_set;
	if (cfg.filter & MT_FILTER_UID)
		moved |= (u64)BPF_CORE_READ(task, real_cred) != s->cred;
	if (moved && !s->exited)
		state__moved(s, (struct task_struct *)bpf_get_current_task());
	if (!s->match)
		return NULL;
	s->dirty = 1;
	return s;
}

#endif
