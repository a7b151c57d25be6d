/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A task's counters.  Only the task itself counts in them, and they only grow.  The fork hook and the iterator create
 * them, never a hook on the hot path.
 */
#ifndef MEMTRACE_CORE_STATE_H
#define MEMTRACE_CORE_STATE_H

#include "compat/delays.h"
#include "emit.h"
#include "filter.h"

/*
 * A number that no other task has had or will have: its tid and its start, in units of 1024 ns.  Together they are
 * unique while the task lives, for 52 days.  Not a counter: an atomic addition that returns the sum came only with
 * 5.12, and older verifiers refuse any program that has one.
 */
#define LIFE_TID_BITS 22

static __always_inline u64 new_life(struct task_struct *task)
{
	return BPF_CORE_READ(task, start_boottime) >> 10 << LIFE_TID_BITS | BPF_CORE_READ(task, pid);
}

/* The counters of a task that the storage has refused; its tid changes when it calls exec in place of its leader. */
static __noinline struct mt_state *spare__at(struct task_struct *task, u32 tid)
{
	struct mt_state *s = bpf_map_lookup_elem(&tid_state, &tid);

	return s && (s->life ^ new_life(task)) >> LIFE_TID_BITS == 0 ? s : NULL;
}

static __always_inline bool spare__is_used(void)
{
	struct mt_control *ctl = map_only(&control);

	return ctl && ctl->spares;
}

/* task must be a pointer that the verifier trusts. */
static __always_inline struct mt_state *state__of(struct task_struct *task)
{
	if (cfg.has_task_storage) {
		struct mt_state *s = bpf_task_storage_get(&task_state, task, NULL, 0);

		return s || !spare__is_used() ? s : spare__at(task, BPF_CORE_READ(task, pid));
	}
	u32 tid = BPF_CORE_READ(task, pid);

	return bpf_map_lookup_elem(&tid_state, &tid);
}

static __always_inline struct mt_state *state__current(void)
{
	if (cfg.has_task_storage)
		return state__of(bpf_get_current_task_btf());
	u32 tid = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&tid_state, &tid);
}

/*
 * Counters of probes that are off have no place in a task's: those of the others lie one behind the other.  What is
 * in cfg is a constant to the verifier, so it knows each place, and how large a record is.
 */

/*
 * The counters of a probe that is on, by enum mt_slot; the slot must be a constant.  Where clang takes what the probe's
 * are moved by off the address before it adds the slot, the verifier of 7.3 refuses the program: state__add() never is.
 */
static __always_inline u64 *state__counters(struct mt_state *s, enum mt_probe probe)
{
	return s->c - cfg.shift[probe];
}

/* Adds to one of these whose slot is not a constant. */
static __always_inline void state__add(struct mt_state *s, enum mt_probe probe, u64 slot, u64 n)
{
	u64 place = slot - cfg.shift[probe];

	opaque(place);
	if (place < cfg.nr_slots)
		s->c[place] += n;
}

/* Of each counter the low half that the last record had. */
static __always_inline u32 *state__sent_counts(struct mt_state *s)
{
	return (u32 *)(s->c + cfg.nr_slots);
}

static __always_inline bool counts_stalls(void)
{
	return cfg.probes & (1U << MT_PROBE_stall);
}

/* The stall that the task is in; only if counts_stalls(). */
static __always_inline struct mt_stalled *state__stalled(const struct mt_state *s)
{
	return (struct mt_stalled *)(s->c + cfg.nr_slots + (cfg.nr_slots + 1) / 2);
}

/* What the task's reclaim does; only if the probe reclaim is on. */
static __always_inline struct mt_reclaiming *state__reclaiming(const struct mt_state *s)
{
	return (struct mt_reclaiming *)(s->c + cfg.nr_slots + (cfg.nr_slots + 1) / 2 +
					(counts_stalls() ? sizeof(struct mt_stalled) / sizeof(u64) : 0));
}

/* Bytes of a task's record. */
static __always_inline u64 record_size(void)
{
	return offsetof(struct mt_task, c) + sizeof(u64) * cfg.nr_slots + (cfg.parents ? sizeof(struct mt_who) : 0);
}

/* How many counters, the first ones, are the kernel's own accounts. */
static __always_inline u32 nr_accounted(void)
{
	return cfg.probes & (1U << MT_PROBE_fault) ? MT_SLOT_fault_major + 1 : 0;
}

static __always_inline bool counts_cpu(void)
{
	return cfg.probes & (1U << MT_PROBE_process);
}

/* The cause of an open stall; MT_NR_STALL_CAUSES: it is not told yet. */
static __always_inline u32 stall__cause(const struct mt_stalled *stall)
{
	if (stall->class == MT_CLASS_PENALTY)
		return MT_STALL_HIGH;
	if (stall->class == MT_CLASS_ALLOC)
		return MT_NR_STALL_CAUSES;
	return stall->class < MT_NR_STALL_CAUSES ? stall->class : MT_STALL_OTHER;
}

/* What an open stall has taken that is not in the counters yet. */
static __always_inline u64 stall__open_ns(const struct mt_stalled *stall)
{
	struct mt_control *ctl = map_only(&control);
	u64 now_ns = bpf_ktime_get_boot_ns();

	if (!stall->key || !ctl)
		return 0;
	if (ctl->ended_ns && ctl->ended_ns < now_ns)
		now_ns = ctl->ended_ns;
	return now_ns > stall->since_ns ? now_ns - stall->since_ns : 0;
}

/*
 * Puts the time of an open stall so far into the counters: what comes belongs to another identity, or counts no longer.
 * Only for the task itself.
 */
static __always_inline void stall__settle(struct mt_state *s)
{
	struct mt_stalled *stall = state__stalled(s);
	u64 open_ns;
	u32 cause;

	if (!counts_stalls())
		return;
	open_ns = stall__open_ns(stall);
	cause = stall__cause(stall);
	if (!open_ns || cause == MT_NR_STALL_CAUSES)
		return;
	stall->changes++;
	barrier();
	if (s->match) {
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_memcg_ns + 2 * cause, open_ns);
		if (stall->class == MT_CLASS_PENALTY)
			state__add(s, MT_PROBE_stall, MT_SLOT_stall_high_penalty_ns, open_ns);
	}
	stall->since_ns += open_ns;
	barrier();
	stall->changes++;
}

/* A record also has what an open stall has taken so far. */
static __always_inline void record__open_stall(struct mt_task *rec, const struct mt_state *s)
{
	const struct mt_stalled *stall = state__stalled(s);
	u64 open_ns = s->match ? stall__open_ns(stall) : 0, place;
	u32 cause = stall__cause(stall);

	if (!open_ns || cause == MT_NR_STALL_CAUSES)
		return;
	place = MT_SLOT_stall_memcg_ns + 2 * cause - cfg.shift[MT_PROBE_stall];
	opaque(place);
	if (place < cfg.nr_slots)
		rec->c[place] += open_ns;
	place = MT_SLOT_stall_high_penalty_ns - cfg.shift[MT_PROBE_stall];
	if (stall->class == MT_CLASS_PENALTY && place < cfg.nr_slots)
		rec->c[place] += open_ns;
}

/* Whether what delay accounting has is read; it counts only if takes_delays(). */
static __always_inline bool reads_delays(void)
{
	return cfg.accounts_delays && counts_stalls();
}

static __always_inline void delays__read(struct mt_refs *all, struct task_struct *task)
{
	struct task_delay_info *delays = reads_delays() ? thrashing_of(task) : NULL;

	all->thrashes = all->thrash_ns = 0;
	if (!delays)
		return;
	all->thrashes = BPF_CORE_READ(delays, thrashing_count);
	all->thrash_ns = BPF_CORE_READ(delays, thrashing_delay);
}

/* All that the kernel has accounted to a task. */
static __always_inline struct mt_refs accounted__read(struct task_struct *task)
{
	struct mt_refs all = { BPF_CORE_READ(task, min_flt), BPF_CORE_READ(task, maj_flt) };

	if (counts_cpu())
		all.cpu_ns = BPF_CORE_READ(task, se.sum_exec_runtime);
	delays__read(&all, task);
	return all;
}

/* Whether a task matches the filters, and from where the faults accounted to it count. */
struct view {
	struct mt_refs refs;
	u32 match; /* 0 or 1 */
};

static __always_inline struct view state__view(const struct mt_state *s)
{
	struct view view = { s->refs, s->match };

	return view;
}

/*
 * ... and of that while it matched the filters: all - ref, or ref.  Without a branch: the verifier would go on in two
 * ways for each.
 */
static __always_inline u64 view__count(const struct view *view, u64 all, u64 ref)
{
	u64 mask = -(u64)view->match;

	return (all & mask) + ((ref ^ mask) - mask);
}

static __always_inline u64 view__minor(const struct view *view, const struct mt_refs *all)
{
	return view__count(view, all->minor, view->refs.minor);
}

static __always_inline u64 view__major(const struct view *view, const struct mt_refs *all)
{
	return view__count(view, all->major, view->refs.major);
}

static __always_inline u64 view__cpu_ns(const struct view *view, const struct mt_refs *all)
{
	return view__count(view, all->cpu_ns, view->refs.cpu_ns);
}

/* Where a record has it. */
static __always_inline u32 cpu_place(void)
{
	return MT_SLOT_process_cpu_ns - cfg.shift[MT_PROBE_process];
}

/* No program counts refaults: delay accounting's waits stand for them. */
static __always_inline bool takes_delays(void)
{
	struct mt_control *ctl = reads_delays() ? map_only(&control) : NULL;

	return ctl && ctl->takes_delays;
}

static __always_inline u64 view__thrashes(const struct view *view, const struct mt_refs *all)
{
	return view__count(view, all->thrashes, view->refs.thrashes);
}

static __always_inline u64 view__thrash_ns(const struct view *view, const struct mt_refs *all)
{
	return view__count(view, all->thrash_ns, view->refs.thrash_ns);
}

/* Where a record has how many; the time comes next. */
static __always_inline u32 thrash_place(void)
{
	return MT_SLOT_stall_refault_count - cfg.shift[MT_PROBE_stall];
}

/* Turns a base into the count, and the count into a base. */
static __always_inline void view__turn(struct view *view, const struct mt_refs *all)
{
	view->refs.minor = all->minor - view->refs.minor;
	view->refs.major = all->major - view->refs.major;
	view->refs.cpu_ns = all->cpu_ns - view->refs.cpu_ns;
	view->refs.thrashes = all->thrashes - view->refs.thrashes;
	view->refs.thrash_ns = all->thrash_ns - view->refs.thrash_ns;
	view->match = !view->match;
}

/* Is there a count that the last record did not have? */
static __always_inline bool state__has_news(struct mt_state *s, const struct view *view, const struct mt_refs *all)
{
	const u32 *sent = state__sent_counts(s);
	u64 nr = cfg.nr_slots, i;
	u32 differ = 0;
	bool delays;

	/* First, and few instructions: the verifier goes through it for each way that leads here. */
	for (i = nr_accounted(); i < nr; i++)
		differ |= ((u32)s->c[i] ^ sent[i]) & cfg.counted[i];
	if (nr_accounted()) {
		differ |= (u32)view__minor(view, all) ^ sent[MT_SLOT_fault_minor];
		differ |= (u32)view__major(view, all) ^ sent[MT_SLOT_fault_major];
	}
	if (counts_cpu())
		differ |= (u32)view__cpu_ns(view, all) ^ sent[cpu_place()];
	if (counts_stalls()) {
		delays = takes_delays();
		i = thrash_place();
		differ |= (delays ? (u32)view__thrashes(view, all) : (u32)s->c[i]) ^ sent[i];
		differ |= (delays ? (u32)view__thrash_ns(view, all) : (u32)s->c[i + 1]) ^ sent[i + 1];
		differ |= state__stalled(s)->key && s->match;
	}
	return differ;
}

/* What started the task's process; behind the counters.  A reader of RCU may look at it, even where it is ending. */
static __always_inline void record__parent(struct mt_task *rec, struct task_struct *task)
{
	struct mt_who *parent = (struct mt_who *)(rec->c + cfg.nr_slots);

	who__read(parent, BPF_CORE_READ(task, real_parent, group_leader));
}

static __always_inline void state__record(struct mt_task *rec, const struct mt_state *s, struct task_struct *task,
					  const struct view *view, const struct mt_refs *all, u32 flags)
{
	u64 nr = cfg.nr_slots, i;

	for (i = nr_accounted(); i < nr; i++)
		rec->c[i] = s->c[i];
	rec->who = s->who;
	rec->life = s->life;
	rec->flags = flags;
	rec->pad = 0;
	if (counts_cpu())
		rec->c[cpu_place()] = view__cpu_ns(view, all);
	if (takes_delays()) {
		rec->c[thrash_place()] = view__thrashes(view, all);
		rec->c[thrash_place() + 1] = view__thrash_ns(view, all);
	}
	/* who exits is in no stall: the end of one that is open was missed */
	if (counts_stalls() && !(flags & MT_TASK_FINAL))
		record__open_stall(rec, s);
	if (cfg.parents)
		record__parent(rec, task);
	if (!nr_accounted())
		return;
	rec->c[MT_SLOT_fault_minor] = view__minor(view, all);
	rec->c[MT_SLOT_fault_major] = view__major(view, all);
}

/* The record will reach user space, or its counts are kept elsewhere. */
static __always_inline void state__sent(struct mt_state *s, const struct mt_task *rec)
{
	u32 *sent = state__sent_counts(s);
	u64 nr = cfg.nr_slots, i;

	for (i = 0; i < nr; i++)
		sent[i] = rec->c[i];
	s->heard = 1;
}

static __always_inline u32 state__phase(void)
{
	struct mt_control *ctl = map_only(&control);

	return ctl ? ctl->phase : MT_PHASE_OVER;
}

/*
 * Sends what the task counted under the identity in s->who, which is about
 * to change.  If the ring is full nothing is lost: the next record has it,
 * under the new identity.
 */
static __noinline int state__flush(struct mt_state *s, struct task_struct *task)
{
	struct mt_refs all;
	struct mt_task *rec;
	struct view view;
	void *ring;

	if (!s || !task)
		return 0;
	all = accounted__read(task);
	view = state__view(s);
	if (!state__has_news(s, &view, &all) || state__phase() == MT_PHASE_OVER)
		return 0;
	ring = hot_ring();
	if (!ring)
		return 0;
	rec = bpf_ringbuf_reserve(ring, record_size(), 0);
	if (!rec)
		return 0;
	hdr__fill(&rec->hdr, MT_REC_TASK, record_size());
	state__record(rec, s, task, &view, &all, 0);
	state__sent(s, rec);
	hot__submit(ring, rec);
	return 0;
}

/* Checks the filters again.  What the kernel accounts counts from where the task begins to match to where it ceases to.
 */
static __always_inline void state__rematch(struct mt_state *s, struct task_struct *task)
{
	bool match = filter__match(&s->who, task, s->flags);
	struct mt_refs all;
	struct view view;

	if (match == !!s->match)
		return;
	all = accounted__read(task);
	view = state__view(s);
	view__turn(&view, &all);
	s->refs = view.refs;
	s->match = view.match;
}

/*
 * A new id for the task's current identity: its tid and the time, in units of 1024 ns, as in new_life().  What refers
 * to the old id keeps its meaning.
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

/* The task's current identity. */
static __always_inline void state__who(const struct mt_state *s, struct task_struct *task, struct mt_who *who)
{
	who__read(who, task);
	if (s->flags & MT_STATE_FAMILY)
		who->flags |= MT_WHO_FAMILY;
}

/* Reads the task's current identity, and whether it matches the filters. */
static __always_inline void state__identify(struct mt_state *s, struct task_struct *task)
{
	struct mt_who who = {};

	s->css_set = (u64)BPF_CORE_READ(task, cgroups);
	s->cred = (u64)BPF_CORE_READ(task, real_cred);
	barrier();
	state__who(s, task, &who);
	if (!who__equal(&who, &s->who)) {
		s->who = who;
		state__renew_ref(s);
	}
	state__rematch(s, task);
}

/* Compares the whole field.  Old kernels leave bytes behind the name's end; a difference there is harmless. */
static __always_inline bool has_comm(struct task_struct *task, const char *name)
{
	u64 now[MT_COMM_LEN / sizeof(u64)], known[MT_COMM_LEN / sizeof(u64)];

	__builtin_memcpy(known, name, sizeof(known));
	return !bpf_core_read(now, sizeof(now), &task->comm) && now[0] == known[0] && now[1] == known[1];
}

/*
 * Whether the task's identity may have changed since it was read.  This looks only at members of the task itself;
 * state__identify() follows pointers to memory that is in no cache.  The task's own name is not compared if only the
 * task changes it: its hook runs just before the change, and knows.
 */
static __always_inline bool state__is_stale(const struct mt_state *s, const void *css_set, const void *cred,
					    struct task_struct *task, struct task_struct *leader)
{
	if (s->css_set != (u64)css_set || s->cred != (u64)cred)
		return true;
	if (s->renamed && !has_comm(task, s->who.tcomm))
		return true;
	return s->who.pid != s->who.tid && !has_comm(leader, s->who.comm);
}

/*
 * The task's identity, and whether it matches, changes between these two calls; the iterator leaves the task out
 * meanwhile.  False: it is already changing (this is an interrupt in the middle of it), or is just being created.
 */
static __always_inline bool state__change(struct mt_state *s)
{
	if (!s->gen || s->gen & 1)
		return false;
	s->gen++;
	barrier();
	return true;
}

static __always_inline void state__changed(struct mt_state *s)
{
	barrier();
	s->gen++;
}

/*
 * Before a change: sends what was counted so far under the old identity.  If the iterator saw that this is out of
 * date, it has sent that already, and what came after belongs to the new identity.
 */
static __always_inline void state__settle(struct mt_state *s, struct task_struct *task)
{
	if (s->found.gen != s->gen - 1) {
		state__flush(s, task);
		return;
	}
	s->refs = s->found.refs;
	s->match = s->found.match;
}

static __noinline int state__moved(struct mt_state *s, struct task_struct *task)
{
	if (!s || !task || !state__change(s))
		return 0;
	stall__settle(s);
	state__settle(s, task);
	state__identify(s, task);
	state__changed(s);
	return 0;
}

static __always_inline void lost__task(void)
{
	struct mt_lost *l = lost_here();

	if (l)
		__sync_fetch_and_add(&l->tasks, 1);
}

/* What a task would have inherited at its birth, looked up later. */
static __always_inline u32 family_flags(struct task_struct *task)
{
	struct mt_state *leader = state__of(task->group_leader);
	struct mt_state *parent = state__of(task->real_parent);

	return ((leader ? leader->flags : 0) | (parent ? parent->flags : 0)) & (MT_STATE_FAMILY | MT_STATE_FOLLOWED);
}

static __always_inline u32 family_flags_of_current(void)
{
	if (cfg.has_task_storage)
		return family_flags(bpf_get_current_task_btf());
	return 0;
}

/* Initialises counters that are zero, or that belonged to the last task with that tid. */
static __always_inline void state__fill(struct mt_state *s, struct task_struct *task, u32 flags)
{
	s->gen = 0;
	barrier();
	s->flags = flags;
	s->life = new_life(task);
	s->seen_switches = s->memory_switches = ~0U;
	state__identify(s, task);
	barrier();
	s->gen = 2;
}

/*
 * Creates the counters of a task whose birth was not seen: a program that is preempted while it runs misses what
 * comes meanwhile (7.x).  If the task was born after memtrace had attached, all that the kernel accounted to it is
 * what it would have counted.  This allocates memory, so it must not run inside an allocation.
 */
static __always_inline struct mt_state *state__recover(struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s;
	u32 flags;

	if (!cfg.has_task_storage || !ctl || !ctl->attached_ns ||
	    BPF_CORE_READ(task, start_boottime) < ctl->attached_ns)
		return NULL;
	flags = family_flags(task);
	if (filter__family_only() && !(flags & MT_STATE_FAMILY)) {
		/* that the family's counters were not found says nothing where they cannot be looked up now */
		if (cfg.refuses_lookups &&
		    !bpf_task_storage_get(&task_state, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE))
			lost__task();
		return NULL;
	}
	s = bpf_task_storage_get(&task_state, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s) {
		lost__task();
		return NULL;
	}
	state__fill(s, task, flags);
	if (s->match)
		s->refs = (struct mt_refs){};
	return s;
}

/*
 * The current task has no counters.  That is a loss if it should have some: all tasks that are born during the run,
 * or those of the family.  Where counters are found by tid, so is the process's first thread.
 */
static __noinline int state__missing(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (state__phase() >= MT_PHASE_ENDING)
		return 0;
	if (!filter__family_only() || family_flags_of_current() & MT_STATE_FAMILY)
		lost__task();
	else if (!cfg.has_task_storage && bpf_map_lookup_elem(&tid_state, &tgid))
		lost__task();
	return 0;
}

/* Only to be called where no lock is held and no memory is being allocated. */
static __noinline struct mt_state *state__recover_current(void)
{
	if (!cfg.has_task_storage || state__phase() >= MT_PHASE_ENDING)
		return NULL;
	return state__recover(bpf_get_current_task_btf());
}

/*
 * The same state if the current task, whose it is, counts; NULL if the filters leave it out.  A move to another cgroup
 * is noticed here, because the address of its css_set changes; with a filter by uid, so is a change of its credentials.
 */
static __always_inline struct mt_state *state__if_counting(struct mt_state *s)
{
	struct task_struct *task;
	u64 css_set;
	bool moved;

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
	return s->match ? s : NULL;
}

/*
 * The current task's counters; NULL if the filters leave it out.  from_user: it was just interrupted in user mode, so
 * missing counters may be created.
 */
static __always_inline struct mt_state *state__counting(bool from_user)
{
	struct mt_state *s = state__current();

	if (!s && from_user)
		s = state__recover_current();
	if (!s) {
		state__missing();
		return NULL;
	}
	return state__if_counting(s);
}

#endif
