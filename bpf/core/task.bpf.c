// SPDX-License-Identifier: GPL-2.0
/*
 * The core object, always loaded: it follows tasks from fork to their end,
 * keeps who they are, and hands their counters to user space.
 */
#include "prelude.h"
#include "emit.h"
#include "filter.h"
#include "maps.h"
#include "span.h"
#include "state.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * One record under construction, too large for the stack.  The iterator and
 * the free hook have one each: the latter runs in softirqs and interrupts the former.
 */
enum { SCRATCH_ITER, SCRATCH_FREE, NR_SCRATCH };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SCRATCH);
	__type(key, u32);
	__type(value, struct mt_task);
} scratch SEC(".maps");

/* A state of zeroes to copy from; likewise too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_state);
} blank_state SEC(".maps");

static __always_inline struct mt_state *state__make(struct task_struct *task)
{
	struct mt_state *blank;
	u32 tid;

	if (cfg.has_task_storage)
		return bpf_task_storage_get(&task_state, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	blank = map_only(&blank_state);
	if (!blank)
		return NULL;
	tid = BPF_CORE_READ(task, pid);
	bpf_map_update_elem(&tid_state, &tid, blank, BPF_ANY);
	return bpf_map_lookup_elem(&tid_state, &tid);
}

/*
 * A number that no other task has had or will have: its tid and its start, in
 * units of 1024 ns, which together are unique while it lives, for 52 days.  Not a counter: an atomic
 * addition that returns the sum came only with 5.12, and older verifiers refuse any program that has one.
 */
static __always_inline u64 new_life(struct task_struct *task)
{
	return BPF_CORE_READ(task, start_boottime) >> 10 << 22 | BPF_CORE_READ(task, pid);
}

/* Gives a task counters that start from 0; what was accounted to it before is its base. */
static __always_inline struct mt_state *state__begin(struct task_struct *task, u32 flags)
{
	struct mt_state *s = state__make(task);

	if (!s) {
		lost__task();
		return NULL;
	}
	s->flags = flags;
	s->life = new_life(task);
	state__identify(s, task);
	return s;
}

/* Flags that a new task inherits. */
static __always_inline u32 inherited_flags(struct task_struct *parent, struct task_struct *child)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s = state__of(parent);
	u32 flags = s ? s->flags & (MT_STATE_FAMILY | MT_STATE_FOLLOWED) : 0;
	pid_t tgid = BPF_CORE_READ(parent, tgid);

	if (s && cfg.filter & MT_FILTER_FOLLOW && s->match)
		flags |= MT_STATE_FOLLOWED;
	if (ctl && ctl->cmd_parent && ctl->cmd_parent == (u32)tgid && BPF_CORE_READ(child, tgid) != tgid)
		flags |= MT_STATE_FAMILY;
	return flags;
}

/* Fires before the child runs, with its accounted faults at 0 (kernel/fork.c, kernel_clone()). */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(core_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 flags = inherited_flags(parent, child);

	if (filter__family_only() && !(flags & MT_STATE_FAMILY))
		return 0;
	state__begin(child, flags);
	return 0;
}

/*
 * An exec by another thread than the leader takes over the leader's tid, by
 * which old kernels' counters are found; the leader's own ended with it.
 */
static __always_inline void follow_tid(struct task_struct *task, u32 old_tid)
{
	u32 tid = BPF_CORE_READ(task, pid);
	struct mt_state *s;

	if (cfg.has_task_storage || tid == old_tid)
		return;
	s = bpf_map_lookup_elem(&tid_state, &old_tid);
	if (!s)
		return;
	bpf_map_update_elem(&tid_state, &tid, s, BPF_ANY);
	bpf_map_delete_elem(&tid_state, &old_tid);
}

/* Fires after comm has changed; what was counted before belongs to the old name, which s->who still has. */
static __always_inline int on_exec(struct task_struct *task, u32 old_tid)
{
	struct mt_state *s;

	follow_tid(task, old_tid);
	s = state__of(task);
	if (!s)
		return 0;
	state__flush(s, task);
	state__identify(s, task);
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

/* Fires before comm changes. */
SEC("tp_btf/task_rename")
int BPF_PROG(core_rename, struct task_struct *task, const char *comm)
{
	struct mt_state *s = state__of(task);

	if (!s || s->exited)
		return 0;
	state__flush(s, task);
	bpf_probe_read_kernel_str(s->who.tcomm, sizeof(s->who.tcomm), comm);
	if (s->who.pid == s->who.tid)
		__builtin_memcpy(s->who.comm, s->who.tcomm, sizeof(s->who.comm));
	state__renew_ref(s);
	state__rematch(s, task);
	return 0;
}

/*
 * Puts a task's last counts where user space finds them: its ring; else, if
 * user space never heard of it, the sums of the unattributed, which have room for any number;
 * else the backlog, as of a task that it knows only the whole absolute counts will do.
 */
static __always_inline void emit_final(struct mt_state *s, struct task_struct *task, struct mt_task *rec)
{
	void *ring = hot_ring();
	struct mt_lost *l;
	bool heard = s->heard;
	int i;

	hdr__fill(&rec->hdr, MT_REC_TASK, sizeof(*rec));
	state__record(rec, s, accounted__read(task), MT_TASK_FINAL);
	if (ring && !bpf_ringbuf_output(ring, rec, sizeof(*rec),
					bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > cfg.hot_wakeup_bytes ?
						BPF_RB_FORCE_WAKEUP :
						BPF_RB_NO_WAKEUP))
		return;
	if (heard && !bpf_map_push_elem(&backlog, rec, 0))
		return;
	lost__record(MT_RING_HOT);
	l = lost_here();
	if (!l)
		return;
	if (heard) {
		__sync_fetch_and_add(&l->finals, 1);
		return;
	}
	for (i = 0; i < MT_NR_SLOTS; i++)
		__sync_fetch_and_add(&l->unattributed[i], rec->c[i]);
}

static __always_inline bool worth_a_record(const struct mt_state *s, struct task_struct *task)
{
	return s->heard || state__has_news(s, accounted__read(task));
}

static __always_inline void end_state(struct mt_state *s, struct task_struct *task)
{
	u32 key = SCRATCH_FREE;
	struct mt_task *rec = bpf_map_lookup_elem(&scratch, &key);

	if (rec && worth_a_record(s, task))
		emit_final(s, task, rec);
}

/* What a task would have inherited at its fork, asked for at its end. */
static __always_inline u32 family_flags(struct task_struct *task)
{
	struct mt_state *leader = state__of(task->group_leader);
	struct mt_state *parent = state__of(task->real_parent);

	return ((leader ? leader->flags : 0) | (parent ? parent->flags : 0)) & (MT_STATE_FAMILY | MT_STATE_FOLLOWED);
}

/*
 * A task whose fork was not seen, as a program that is preempted while it
 * runs misses what comes meanwhile (7.x).  If it was born after memtrace had attached, all
 * that the kernel accounted to it is what it would have counted.
 */
static __always_inline struct mt_state *state__recover(struct task_struct *task, const struct mt_control *ctl)
{
	struct mt_state *s;
	u32 flags;

	if (!cfg.has_task_storage || !ctl->attached_ns || BPF_CORE_READ(task, start_boottime) < ctl->attached_ns)
		return NULL;
	flags = family_flags(task);
	if (filter__family_only() && !(flags & MT_STATE_FAMILY))
		return NULL;
	s = state__begin(task, flags);
	if (s)
		s->base_minor = s->base_major = 0;
	return s;
}

/*
 * The last moment when the task still knows its group, name and cgroup.  Up
 * to 6.15 it has had its last fault, and all is done here.  From 6.16 on
 * core_free has the final counts; they go out here as well, in case that it is
 * not run: it comes in a softirq, in whatever task that hits.
 */
static __always_inline int on_exit(struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s = state__of(task);
	u32 tid = BPF_CORE_READ(task, pid);

	span__drop_all();
	if (!ctl)
		return 0;
	if (!s)
		s = state__recover(task, ctl);
	if (!s)
		return 0;
	state__identify(s, task);
	s->exited = 1;
	if (!cfg.faults_after_exit) {
		end_state(s, task);
		s->ended = 1;
		if (!cfg.has_task_storage)
			bpf_map_delete_elem(&tid_state, &tid);
		return 0;
	}
	if (!s->match && !worth_a_record(s, task)) {
		s->ended = 1;
		return 0;
	}
	__sync_fetch_and_add(&ctl->exited, 1);
	state__flush(s, task);
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

/* The task is about to be freed, after a grace period (kernel/exit.c, delayed_put_task_struct()). */
SEC("tp_btf/sched_process_free")
int BPF_PROG(core_free, struct task_struct *task)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s;

	if (!cfg.faults_after_exit)
		return 0;
	s = state__of(task);
	if (!s || !ctl || s->ended)
		return 0;
	end_state(s, task);
	/* a task that never ran (its fork failed late) was never seen exiting */
	if (s->exited)
		__sync_fetch_and_add(&ctl->freed, 1);
	return 0;
}

static __always_inline void iter_known(struct seq_file *seq, struct mt_control *ctl, struct mt_state *s,
				       struct task_struct *task)
{
	struct accounted all = { task->min_flt, task->maj_flt };
	u32 key = SCRATCH_ITER, dirty = s->dirty;
	u64 minor = s->emitted_minor, major = s->emitted_major;
	struct mt_task *rec = bpf_map_lookup_elem(&scratch, &key);

	if (s->ended)
		return;
	if (s->exited)
		ctl->seen_exited++;
	if (rec && state__has_news(s, all)) {
		hdr__fill(&rec->hdr, MT_REC_TASK, sizeof(*rec));
		s->dirty = 0; /* before the counters are read: what comes in between marks it again */
		state__record(rec, s, all, ctl->iter_mode == MT_ITER_BASE ? MT_TASK_BASE : 0);
		if (bpf_seq_write(seq, rec, sizeof(*rec))) {
			/* the buffer is full: the kernel drops this record and shows the task again */
			s->dirty = dirty;
			s->emitted_minor = minor;
			s->emitted_major = major;
			return;
		}
	}
	if (!s->exited && state__is_stale(s, task->cgroups, task->real_cred, task, task->group_leader))
		state__identify(s, task);
}

SEC("iter/task")
int core_iter(struct bpf_iter__task *ctx)
{
	struct mt_control *ctl = map_only(&control);
	struct task_struct *task = ctx->task;
	struct mt_state *s;

	if (!ctl)
		return 0;
	ctl->self = bpf_get_current_pid_tgid() >> 32; /* who reads the iterator: memtrace */
	if (!task)
		return 0;
	s = state__of(task);
	if (s) {
		iter_known(ctx->meta->seq, ctl, s, task);
		return 0;
	}
	if (filter__family_only())
		return 0;
	/* found by tid, the counters of a task end at its exit, which a zombie has behind it */
	if (!cfg.has_task_storage && ctl->iter_mode == MT_ITER_TICK && task->flags & PF_EXITING)
		return 0;
	s = state__begin(task, 0);
	if (s && s->match && ctl->iter_mode == MT_ITER_TICK)
		__sync_fetch_and_add(&ctl->late, 1);
	return 0;
}

static __always_inline struct file *own_file(u32 fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file **files = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

/*
 * Never attached: user space runs it, with the descriptor of a cgroup's
 * directory as argument, to learn how deep that is.  Paths do not say: where a mount begins is another matter.
 */
SEC("raw_tp/cgroup_mkdir")
int BPF_PROG(core_cgroup_level, u32 fd)
{
	struct file *file = own_file(fd);
	struct kernfs_node *node = BPF_CORE_READ(file, f_inode, i_private);
	struct cgroup *cgroup = BPF_CORE_READ(node, priv);

	return BPF_CORE_READ(cgroup, level);
}

/* Names of cgroups are asked for by id later; this one's is lost otherwise. */
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
