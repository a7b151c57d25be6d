// SPDX-License-Identifier: GPL-2.0
/*
 * The core object, always loaded: it follows tasks from fork to their end, keeps their identity, and passes their
 * counters to user space.
 */
#include "prelude.h"
#define PERCPU_FINDER core_percpu_finder
#include "emit.h"
#include "filter.h"
#include "maps.h"
#include "process_memory.h"
#include "span.h"
#include "state.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * One record under construction, too large for the stack.  The iterator has two, the exit hook and the free hook have
 * one each: the free hook runs in softirqs and interrupts the others.
 */
enum scratch_user { SCRATCH_ITER, SCRATCH_MEMORY, SCRATCH_EXIT, SCRATCH_FREE, NR_SCRATCH };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SCRATCH);
	__type(key, u32);
	__type(value, struct mt_task);
} scratch SEC(".maps");

/* A state of zeroes to copy from; also too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_state);
} blank_state SEC(".maps");

static __always_inline struct mt_task *scratch_of(enum scratch_user user)
{
	u32 key = user;

	return bpf_map_lookup_elem(&scratch, &key);
}

static __always_inline struct mt_state *state__make(struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *blank, *s;
	u32 tid;

	if (cfg.has_task_storage) {
		s = bpf_task_storage_get(&task_state, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (s)
			return s;
	}
	blank = map_only(&blank_state);
	if (!blank || !ctl)
		return NULL;
	tid = BPF_CORE_READ(task, pid);
	if (!bpf_map_update_elem(&tid_state, &tid, blank, BPF_ANY) && cfg.has_task_storage)
		__sync_fetch_and_add(&ctl->spares, 1);
	return bpf_map_lookup_elem(&tid_state, &tid);
}

/* The task will not be seen again. */
static __always_inline void spare__drop(struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	u32 tid = BPF_CORE_READ(task, pid);

	if (cfg.has_task_storage && ctl && ctl->spares && !bpf_map_delete_elem(&tid_state, &tid))
		__sync_fetch_and_add(&ctl->spares, -1);
}

/* Gives a task counters that start from 0; what was accounted to it before is its base. */
static __always_inline struct mt_state *state__begin(struct task_struct *task, u32 flags)
{
	struct mt_state *s = state__make(task);

	if (s)
		state__fill(s, task, flags);
	else
		lost__task();
	return s;
}

/* Flags that a new task inherits from the current one, whose counters are s. */
static __always_inline u32 inherited_flags(const struct mt_state *s, struct task_struct *child)
{
	struct mt_control *ctl = map_only(&control);
	u32 flags = s ? s->flags & (MT_STATE_FAMILY | MT_STATE_FOLLOWED) : 0;
	pid_t tgid = bpf_get_current_pid_tgid() >> 32;

	if (s && cfg.filter & MT_FILTER_FOLLOW && s->match)
		flags |= MT_STATE_FOLLOWED;
	if (ctl && ctl->cmd_parent && ctl->cmd_parent == (u32)tgid && BPF_CORE_READ(child, tgid) != tgid)
		flags |= MT_STATE_FAMILY;
	return flags;
}

/*
 * The end of copy_process() (kernel/fork.c), in the creator, before the child runs, with its accounted faults at 0.
 * sched_process_fork does not fire for the workers of io_uring and vhost (create_io_thread(), vhost_task_create()).
 * This hook also fires for the idle tasks of CPUs.
 */
static __always_inline int on_birth(struct task_struct *child)
{
	struct mt_state *creator = state__current();
	u32 flags;

	if (!BPF_CORE_READ(child, pid) || state__phase() >= MT_PHASE_ENDING)
		return 0;
	flags = inherited_flags(creator, child);
	if (filter__family_only() && !(flags & MT_STATE_FAMILY))
		return 0;
	state__begin(child, flags);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(core_newtask, struct task_struct *child)
{
	return on_birth(child);
}

/*
 * For the case that core_newtask was skipped because another task was preempted in it (7.x).  Still before the child
 * runs.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(core_fork, struct task_struct *parent, struct task_struct *child)
{
	return state__of(child) ? 0 : on_birth(child);
}

/*
 * A thread other than the leader that calls exec takes over the leader's tid, by which counters are found on old
 * kernels; the leader's own counters ended with the leader.
 */
static __always_inline void follow_tid(struct task_struct *task, u32 old_tid)
{
	u32 tid = BPF_CORE_READ(task, pid);
	struct mt_state *s;

	if (tid == old_tid || (cfg.has_task_storage && !spare__is_used()))
		return;
	s = cfg.has_task_storage ? spare__at(task, old_tid) : bpf_map_lookup_elem(&tid_state, &old_tid);
	if (!s)
		return;
	if (bpf_map_update_elem(&tid_state, &tid, s, BPF_ANY))
		lost__task();
	bpf_map_delete_elem(&tid_state, &old_tid);
}

/* Fires after comm has changed.  What was counted before belongs to the old name, which s->who still has. */
static __always_inline int on_exec(struct task_struct *task, u32 old_tid)
{
	struct mt_state *s;

	follow_tid(task, old_tid);
	s = state__of(task);
	if (s)
		state__moved(s, task);
	else
		state__recover_current();
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(core_exec, struct task_struct *task, pid_t old_tid)
{
	return on_exec(task, old_tid);
}

SEC("tp/sched/sched_process_exec")
int core_exec_tp(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	on_exec(task, BPF_CORE_READ(task, pid));
	return TP_PASS_ON;
}

/* Fires before comm changes; also in a thread that renames another one (fs/proc/base.c, comm_write()). */
SEC("tp_btf/task_rename")
int BPF_PROG(core_rename, struct task_struct *task, const char *comm)
{
	struct mt_state *s = state__of(task);

	if (!s || s->exited)
		return 0;
	if (BPF_CORE_READ(task, pid) != (u32)bpf_get_current_pid_tgid()) {
		s->renamed = 1;
		s->css_set = 0;
		return 0;
	}
	if (!state__change(s))
		return 0;
	state__settle(s, task);
	state__identify(s, task);
	bpf_probe_read_kernel_str(s->who.tcomm, sizeof(s->who.tcomm), comm);
	if (s->who.pid == s->who.tid)
		__builtin_memcpy(s->who.comm, s->who.tcomm, sizeof(s->who.comm));
	state__renew_ref(s);
	state__rematch(s, task);
	state__changed(s);
	return 0;
}

/* Tells held records of one task apart: it has at most two, its final one and its rest. */
struct final_key {
	u64 life;
	u64 flags;
};

/*
 * Last counts that found their hot ring full.  Memory is allocated as they come, so there may be many; the map itself
 * is only a table of list heads.  The loader makes its values as large as records are.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__uint(key_size, sizeof(struct final_key));
	__uint(value_size, sizeof(struct mt_task));
} finals SEC(".maps");

static __always_inline bool output(const struct mt_task *rec)
{
	void *ring = hot_ring();
	bool much = ring && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > cfg.hot_wakeup_bytes;

	return ring &&
	       !bpf_ringbuf_output(ring, (void *)rec, record_size(), much ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline bool hold(const struct mt_task *rec)
{
	struct final_key key = { rec->life, rec->flags };
	struct mt_control *ctl = map_only(&control);

	if (bpf_map_update_elem(&finals, &key, rec, BPF_ANY) || !ctl)
		return false;
	__sync_fetch_and_add(&ctl->held, 1);
	return true;
}

/* sent: what user space already has of these counts, as low halves; NULL: nothing. */
static __always_inline void leave_unattributed(const struct mt_task *rec, const u32 *sent)
{
	struct mt_lost *l = lost_here();
	u64 nr = cfg.nr_slots, i;

	lost__record(MT_RING_HOT);
	if (!l)
		return;
	for (i = 0; i < nr; i++)
		__sync_fetch_and_add(&l->unattributed[i], sent ? (u32)rec->c[i] - sent[i] : rec->c[i]);
}

static __always_inline u32 sum_of_counts(const struct mt_task *rec)
{
	u64 nr = cfg.nr_slots, i;
	u32 sum = 0;

	for (i = 0; i < nr; i++)
		sum += (u32)rec->c[i];
	return sum;
}

/*
 * Puts a task's last counts where user space finds them: in its ring; if that is full and user space knows the task,
 * in the map of held records; else in the unattributed sums, which have room for any number.
 */
static __always_inline void emit_final(struct mt_state *s, struct task_struct *task, enum scratch_user user)
{
	struct mt_refs all = accounted__read(task);
	struct mt_task *rec = scratch_of(user);
	struct view view = state__view(s);

	if (!rec)
		return;
	hdr__fill(&rec->hdr, MT_REC_TASK, record_size());
	state__record(rec, s, task, &view, &all, MT_TASK_FINAL);
	if (!output(rec) && !(s->heard && hold(rec)))
		leave_unattributed(rec, s->heard ? state__sent_counts(s) : NULL);
	state__sent(s, rec);
	s->sent_sum = sum_of_counts(rec);
}

static __always_inline bool worth_a_record(struct mt_state *s, struct task_struct *task)
{
	struct mt_refs all = accounted__read(task);
	struct view view = state__view(s);

	return s->heard || state__has_news(s, &view, &all);
}

static __always_inline u32 sum_of_sent(struct mt_state *s)
{
	const u32 *sent = state__sent_counts(s);
	u64 nr = cfg.nr_slots, i;
	u32 sum = 0;

	for (i = 0; i < nr; i++)
		sum += sent[i];
	return sum;
}

/*
 * Writes what an exited task counted beyond its final record into the scratch record; NULL if that is nothing.  An
 * iterator that was at this task when it exited may have written to sent after the final record did: then the rest is
 * not known.
 */
static __always_inline struct mt_task *rest_of(struct mt_state *s, struct task_struct *task, enum scratch_user user)
{
	struct mt_refs all = accounted__read(task);
	struct mt_task *rec = scratch_of(user);
	const u32 *sent = state__sent_counts(s);
	struct view view = state__view(s);
	u64 nr = cfg.nr_slots, i;

	if (!rec || !state__has_news(s, &view, &all))
		return NULL;
	if (sum_of_sent(s) != s->sent_sum) {
		lost__task();
		s->ended = 1;
		return NULL;
	}
	hdr__fill(&rec->hdr, MT_REC_TASK, record_size());
	state__record(rec, s, task, &view, &all, MT_TASK_FINAL | MT_TASK_REST);
	for (i = 0; i < nr; i++)
		rec->c[i] = (u32)rec->c[i] - sent[i];
	return rec;
}

/* The counts that have just been sent; later ones are added to them. */
static __always_inline void rest__sent(struct mt_state *s, const struct mt_task *rec)
{
	u32 *sent = state__sent_counts(s);
	u64 nr = cfg.nr_slots, i;

	for (i = 0; i < nr; i++)
		sent[i] += (u32)rec->c[i];
	s->sent_sum = sum_of_sent(s);
}

static __always_inline void emit_rest(struct mt_state *s, struct task_struct *task)
{
	struct mt_task *rec = rest_of(s, task, SCRATCH_FREE);

	if (rec && !output(rec) && !hold(rec))
		leave_unattributed(rec, NULL);
}

/*
 * Whether an exiting task may still take a fault, where its exit hook comes first (kernel/fork.c, mm_release()).  It
 * may if clear_child_tid is stored to, which happens if others use the memory; or if its list of robust futexes is
 * not mapped or not empty.  The rest of an exit does not touch the task's own memory.
 */
static __always_inline bool may_fault_yet(struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct {
		u64 next, offset, pending;
	} list;
	u64 head;

	if (!mm)
		return false;
	if (BPF_CORE_READ(task, clear_child_tid) && BPF_CORE_READ(mm, mm_users.counter) > 1)
		return true;
	if (bpf_core_field_exists(task->robust_list))
		head = (u64)BPF_CORE_READ(task, robust_list);
	else if (bpf_core_field_exists(task->futex.robust_list))
		head = (u64)BPF_CORE_READ(task, futex.robust_list);
	else
		return true; /* this kernel keeps the list in another member */
	if (!head)
		return false;
	return bpf_probe_read_user(&list, sizeof(list), (void *)head) || list.next != head || list.pending;
}

/*
 * From 6.16 on, faults after the exit hook also belong to the task: the end of the run waits for it.  Its last CPU
 * time, which the kernel accounts when it stops running, is worth no wait.
 */
static __always_inline void await_rest(struct mt_state *s, struct mt_control *ctl, struct task_struct *task)
{
	if (s->exited & MT_EXITED_OUTSIDE)
		return;
	__sync_fetch_and_add(&ctl->exited, 1);
	if (!cfg.faults_after_exit || !may_fault_yet(task))
		return;
	s->exited |= MT_EXITED_FAULTY;
	__sync_fetch_and_add(&ctl->faulty_exited, 1);
}

/*
 * The last moment when the task still knows its group, name and cgroup, so its final record goes out here.  Up
 * to 6.15 it has had its last fault.  From 6.16 on, or where CPU time counts, core_free sends the rest, if there is
 * one.
 */
static __always_inline int on_exit(struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s = state__of(task);
	u32 tid = BPF_CORE_READ(task, pid);
	bool sends;

	span__drop_all();
	if (!ctl)
		return 0;
	if (!s)
		s = state__recover(task);
	if (!s)
		return 0;
	s->gen |= 1; /* set, not toggled: nothing else of this task is under way here */
	barrier();
	if (state__is_stale(s, BPF_CORE_READ(task, cgroups), BPF_CORE_READ(task, real_cred), task,
			    BPF_CORE_READ(task, group_leader)))
		state__settle(s, task);
	state__identify(s, task);
	s->exited = ctl->phase == MT_PHASE_RUN ? MT_EXITED : MT_EXITED | MT_EXITED_OUTSIDE;
	state__changed(s);
	sends = ctl->phase == MT_PHASE_RUN || ctl->phase == MT_PHASE_ENDING;
	s->sent_sum = sum_of_sent(s);
	if (sends && worth_a_record(s, task))
		emit_final(s, task, SCRATCH_EXIT);
	/* without a match, and without an earlier record, no hook will count, and no fault */
	if (sends && cfg.rests && (s->match || s->heard))
		await_rest(s, ctl, task);
	else
		s->ended = 1;
	if (!cfg.has_task_storage)
		bpf_map_delete_elem(&tid_state, &tid);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(core_exit, struct task_struct *task)
{
	return on_exit(task);
}

SEC("tp/sched/sched_process_exit")
int core_exit_tp(void *ctx)
{
	on_exit(bpf_get_current_task_btf());
	return TP_PASS_ON;
}

static __always_inline void on_free(struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s;

	if (!cfg.rests)
		return;
	s = state__of(task);
	if (!s || !ctl || s->ended || s->exited & MT_EXITED_OUTSIDE)
		return;
	if (!s->exited) {
		/* its exit was not seen */
		if (worth_a_record(s, task) && ctl->phase == MT_PHASE_RUN)
			emit_final(s, task, SCRATCH_FREE);
		return;
	}
	emit_rest(s, task);
	__sync_fetch_and_add(&ctl->freed, 1);
	if (s->exited & MT_EXITED_FAULTY)
		__sync_fetch_and_add(&ctl->faulty_freed, 1);
}

/* The task is about to be freed, after a grace period (kernel/exit.c, delayed_put_task_struct()). */
SEC("tp_btf/sched_process_free")
int BPF_PROG(core_free, struct task_struct *task)
{
	on_free(task);
	spare__drop(task);
	return 0;
}

/*
 * A task that has exited: what it has counted since is final when it waits for its parent.  It cannot be freed
 * meanwhile, because this runs as an RCU reader.
 */
static __always_inline void iter_exited(struct seq_file *seq, struct mt_control *ctl, struct mt_state *s,
					struct task_struct *task)
{
	struct mt_task *rec;

	if (s->exited & MT_EXITED_OUTSIDE)
		return;
	ctl->seen_exited++;
	if (s->exited & MT_EXITED_FAULTY)
		ctl->seen_faulty++;
	if (BPF_CORE_READ(task, exit_state) != EXIT_ZOMBIE)
		return;
	rec = rest_of(s, task, SCRATCH_ITER);
	if (!rec)
		return;
	if (ctl->iter_mode == MT_ITER_BASE || !bpf_seq_write(seq, rec, record_size()))
		rest__sent(s, rec);
}

/*
 * The task's identity has changed without an event of its own.  What it counted before was sent.  From now on it
 * counts under the identity that it takes over at its next event.
 */
static __always_inline void iter_found(struct mt_state *s, struct task_struct *task, u32 gen, const struct mt_who *who,
				       struct view *view, const struct mt_refs *all)
{
	if (filter__match(who, task, s->flags) != !!view->match)
		view__turn(view, all);
	s->found.gen = 0;
	barrier();
	s->found.refs = view->refs;
	s->found.match = view->match;
	barrier();
	s->found.gen = gen;
	s->css_set = 0;
}

static __always_inline bool is_stale(const struct mt_state *s, struct task_struct *task)
{
	return state__is_stale(s, task->cgroups, task->real_cred, task, task->group_leader);
}

/* Odd while the task changes what it counts of stalls. */
static __always_inline u32 stall_changes(const struct mt_state *s)
{
	return counts_stalls() ? state__stalled(s)->changes : 0;
}

#define SWITCHES_UNKNOWN (~0U)

/*
 * How often a task that is on no CPU has left one (kernel/sched/core.c, __schedule(); on_cpu is cleared behind that, by
 * finish_task()).  SWITCHES_UNKNOWN: it runs, or this kernel does not tell.
 */
static __always_inline u32 switches_of(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->on_cpu))
		return SWITCHES_UNKNOWN;
	barrier();
	if (task->on_cpu)
		return SWITCHES_UNKNOWN;
	barrier();
	return task->nvcsw + task->nivcsw;
}

/*
 * Whether a task has the counters that it had when all of them were seen last.  It alone changes them; most tasks of a
 * machine sleep most of the time, and their counters are in no cache.
 */
static __always_inline bool has_slept(const struct mt_control *ctl, const struct mt_state *s, u32 switches)
{
	return ctl->iter_mode == MT_ITER_TICK && ctl->phase == MT_PHASE_RUN && switches != SWITCHES_UNKNOWN &&
	       s->seen_switches == switches;
}

/* An open stall becomes longer while the task sleeps. */
static __always_inline bool is_in_stall(const struct mt_state *s)
{
	return counts_stalls() && state__stalled(s)->key;
}

static __always_inline void iter_living(struct seq_file *seq, struct mt_control *ctl, struct mt_state *s,
					struct task_struct *task, u32 switches)
{
	struct mt_task *rec = scratch_of(SCRATCH_ITER);
	u32 gen = s->gen, changes = stall_changes(s); /* read before what they protect */
	bool stale, found;
	struct mt_refs all;
	struct view view;

	barrier();
	all.minor = task->min_flt;
	all.major = task->maj_flt;
	all.cpu_ns = counts_cpu() ? task->se.sum_exec_runtime : 0;
	delays__read(&all, task);
	view = state__view(s);
	stale = is_stale(s, task);
	found = gen && s->found.gen == gen;
	if (found) {
		view.refs = s->found.refs;
		view.match = s->found.match;
	}
	if (!rec)
		return;
	if (!gen || gen & 1 || changes & 1) {
		ctl->seen_changing++;
		return;
	}
	if (state__has_news(s, &view, &all)) {
		hdr__fill(&rec->hdr, MT_REC_TASK, record_size());
		state__record(rec, s, task, &view, &all, ctl->iter_mode == MT_ITER_BASE ? MT_TASK_BASE : 0);
		if (found)
			state__who(s, task, &rec->who);
		barrier();
		if (s->gen != gen || stall_changes(s) != changes) {
			ctl->seen_changing++;
			return;
		}
		/* no room in its buffer: the kernel drops the partial record and visits the task again */
		if (bpf_seq_write(seq, rec, record_size()))
			return;
		state__sent(s, rec);
	}
	s->seen_switches = stale || is_in_stall(s) ? SWITCHES_UNKNOWN : switches;
	if (!stale)
		return;
	state__who(s, task, &rec->who);
	if (s->gen == gen)
		iter_found(s, task, gen, &rec->who, &view, &all);
}

static __always_inline void iter_known(struct seq_file *seq, struct mt_control *ctl, struct mt_state *s,
				       struct task_struct *task, u32 switches)
{
	if (s->ended)
		return;
	if (s->exited)
		iter_exited(seq, ctl, s, task);
	else if (ctl->iter_mode != MT_ITER_REST && (!has_slept(ctl, s, switches) || is_stale(s, task)))
		iter_living(seq, ctl, s, task, switches);
}

/* The hook of so young a task may not have run yet; it knows better what the task inherits. */
#define BORN_JUST_NOW_NS 50000000ULL

static __always_inline void iter_unknown(struct mt_control *ctl, struct task_struct *task)
{
	u32 flags = cfg.has_task_storage ? family_flags(task) : 0;
	struct mt_state *s;

	if (ctl->phase >= MT_PHASE_ENDING || (filter__family_only() && !(flags & MT_STATE_FAMILY)))
		return;
	if (ctl->iter_mode == MT_ITER_TICK) {
		/* counters that are found by tid end at the task's exit, so a zombie has none */
		if (!cfg.has_task_storage && task->flags & PF_EXITING)
			return;
		if (task->start_boottime + BORN_JUST_NOW_NS > bpf_ktime_get_boot_ns())
			return;
		/* its creator was preempted before the hook, which comes before the task runs */
		if (!task->se.sum_exec_runtime)
			return;
	}
	/* its hook has created it meanwhile */
	if (state__of(task))
		return;
	s = state__begin(task, flags);
	if (s && s->match && ctl->iter_mode == MT_ITER_TICK)
		__sync_fetch_and_add(&ctl->late, 1);
}

/* Where the kernel has task storage a pass is for both: visiting a task takes longer than what is read of it. */
static __always_inline bool tells_memory(const struct mt_control *ctl)
{
	return cfg.has_task_storage && cfg.probes & (1U << MT_PROBE_memory) && ctl->memory_mode != MT_MEMORY_NONE;
}

static __always_inline void iter_memory(struct seq_file *seq, const struct mt_control *ctl, struct mt_state *s,
					struct task_struct *task, u32 switches)
{
	struct mt_memory_made *made = (struct mt_memory_made *)scratch_of(SCRATCH_MEMORY);
	struct task_struct *leader = task->group_leader;
	struct mm_struct *mm = memory_of(task, leader);
	struct mt_memory_same *same = (struct mt_memory_same *)made;

	if (!mm || !made || !memory__is_wanted(s))
		return;
	if (s && ctl->memory_mode == MT_MEMORY_AWAKE && switches != SWITCHES_UNKNOWN &&
	    s->memory_switches == switches && !is_shared(mm)) {
		hdr__fill(&same->hdr, MT_REC_memory, sizeof(*same));
		same->pid = task->tgid;
		same->pad = 0;
		bpf_seq_write(seq, same, sizeof(*same));
		return;
	}
	memory__make(made, task, leader, mm);
	bpf_seq_write(seq, &made->rec, sizeof(made->rec));
	if (s)
		s->memory_switches = switches;
}

_Static_assert(sizeof(struct mt_memory_made) <= sizeof(struct mt_task), "a scratch record has room for it");

/*
 * Whether both records of a task find room: if the second did not, the kernel would drop both and visit the task again,
 * and the first would count as sent.  If there is none, this sees to it that it does so now.
 */
static __always_inline bool has_room(struct seq_file *seq)
{
	u64 count = seq->count, need = record_size() + sizeof(struct mt_memory);
	struct mt_task *rec;

	if (count + need < seq->size)
		return true;
	rec = scratch_of(SCRATCH_ITER);
	if (!rec)
		return true;
	bpf_seq_write(seq, rec, record_size());
	bpf_seq_write(seq, rec, record_size());
	return false;
}

static __always_inline int iterate(struct bpf_iter__task *ctx, bool with_memory)
{
	struct mt_control *ctl = map_only(&control);
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct mt_state *s;
	u32 switches;

	if (!ctl)
		return 0;
	ctl->self = bpf_get_current_pid_tgid() >> 32; /* the reader of the iterator: memtrace */
	if (with_memory)
		ctl->memory_in_pass = 1;
	if (!task || (with_memory && tells_memory(ctl) && !has_room(seq)))
		return 0;
	s = state__of(task);
	switches = switches_of(task); /* read before what it vouches for */
	barrier();
	if (s)
		iter_known(seq, ctl, s, task, switches);
	else
		iter_unknown(ctl, task);
	if (with_memory && tells_memory(ctl))
		iter_memory(seq, ctl, s, task, switches);
	return 0;
}

SEC("iter/task")
int core_iter_mem(struct bpf_iter__task *ctx)
{
	return iterate(ctx, true);
}

/* Where the types of what the other one reads of memory are not those that it knows: the probe memory then says so. */
SEC("iter/task")
int core_iter(struct bpf_iter__task *ctx)
{
	return iterate(ctx, false);
}

static __always_inline struct file *own_file(u32 fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file **files = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

/*
 * Never attached: user space runs it, with the descriptor of a cgroup's directory as argument, to learn how deep that
 * cgroup is.  A path does not say that, because a mount may begin anywhere in the hierarchy.
 */
SEC("raw_tp/cgroup_mkdir")
int BPF_PROG(core_cgroup_level, u32 fd)
{
	struct file *file = own_file(fd);
	struct kernfs_node *node = BPF_CORE_READ(file, f_inode, i_private);
	struct cgroup *cgroup = BPF_CORE_READ(node, priv);

	return BPF_CORE_READ(cgroup, level);
}

/* User space looks up names of cgroups by id later; this one's name would be lost. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(core_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	struct mt_cgroup_gone *rec;

	if (!in_memory_hierarchy(cgroup))
		return 0;
	rec = rare__reserve(&ring_rare, MT_RING_RARE, MT_REC_CGROUP_GONE, struct mt_cgroup_gone);
	if (!rec)
		return 0;
	rec->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	if (bpf_probe_read_kernel_str(rec->path, sizeof(rec->path), path) < 0)
		rec->path[0] = '\0';
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
