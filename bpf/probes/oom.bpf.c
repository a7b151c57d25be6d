// SPDX-License-Identifier: GPL-2.0
/*
 * Victims of the OOM killer.  The event fires in the task that triggered the kill (or in the victim, if that is
 * already dying): the victim is the event's argument and never the current task.
 */
#include "core/prelude.h"
#include "core/compat/mm.h"
#include "core/compat/oom.h"
#include "core/emit.h"
#include "core/either.h"
#include "core/identity.h"
#include "core/state.h"
#include "oom_after.h"
#include "oom_choice.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * The kill in progress, from the start of oom_kill_process() to its end.  There is one at a time, because the kernel
 * holds oom_lock around it.
 */
struct kill {
	u32 tid; /* of the task in it; 0: none in progress */
	s32 order;
	u64 gfp_flags;
	u64 limit_cgroup_id;
	u64 total_pages;
	s64 points;
	s32 constraint;
	u32 chosen; /* the process that the points belong to: others in its cgroup may die with it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct kill);
} oom_kill SEC(".maps");

SEC("fentry/oom_kill_process")
int BPF_PROG(kill_begin, struct oom_control *oc)
{
	struct kill *kill = map_only(&oom_kill);

	if (!kill)
		return 0;
	kill->order = BPF_CORE_READ(oc, order);
	kill->gfp_flags = BPF_CORE_READ(oc, gfp_mask);
	kill->limit_cgroup_id = memcg_cgroup_id(BPF_CORE_READ(oc, memcg));
	kill->total_pages = BPF_CORE_READ(oc, totalpages);
	kill->points = BPF_CORE_READ(oc, chosen_points);
	kill->chosen = BPF_CORE_READ(oc, chosen, tgid);
	kill->constraint = BPF_CORE_READ(oc, constraint);
	kill->tid = bpf_get_current_pid_tgid();
	choice__send();
	return 0;
}

SEC("fentry/out_of_memory")
int BPF_PROG(choice_begin)
{
	return choice__begin();
}

SEC("fexit/out_of_memory")
int BPF_PROG(choice_end)
{
	return choice__end();
}

SEC("fexit/oom_badness")
int BPF_PROG(choice_add, struct task_struct *task, unsigned long totalpages, long points)
{
	return choice__add(task, points);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(victim_exit, struct task_struct *task)
{
	return victims__exit(task);
}

SEC("tp_btf/finish_task_reaping")
int BPF_PROG(victim_reaped, int pid)
{
	return victims__reaped(pid, MT_OOM_REAPED);
}

SEC("tp_btf/skip_task_reaping")
int BPF_PROG(victim_reap_skipped, int pid)
{
	return victims__reaped(pid, MT_OOM_REAP_SKIPPED);
}

SEC("fexit/exit_mmap")
int BPF_PROG(victim_freed, struct mm_struct *mm)
{
	return victims__freed((u64)mm);
}

SEC("fexit/oom_kill_process")
int BPF_PROG(kill_end)
{
	struct kill *kill = map_only(&oom_kill);

	if (kill)
		kill->tid = 0;
	return 0;
}

static __always_inline void forget_kill(struct mt_oom *rec)
{
	rec->order = MT_UNKNOWN_S32;
	rec->gfp_flags = MT_UNKNOWN_U64;
	rec->limit_cgroup_id = 0;
	rec->total_pages = MT_UNKNOWN_U64;
	rec->points = MT_UNKNOWN_S32;
	rec->constraint = MT_UNKNOWN_S32;
}

/* What is known of the kill that this victim belongs to.  Tasks that are already dying are marked without a kill. */
static __always_inline void tell_kill(struct mt_oom *rec, u32 victim)
{
	struct kill *kill = map_only(&oom_kill);

	forget_kill(rec);
	if (!kill || kill->tid != (u32)bpf_get_current_pid_tgid())
		return;
	rec->order = kill->order;
	rec->gfp_flags = kill->gfp_flags;
	rec->limit_cgroup_id = kill->limit_cgroup_id;
	rec->total_pages = kill->total_pages;
	rec->constraint = kill->constraint;
	if (kill->points && victim == kill->chosen)
		rec->points = kill->points;
}

static __always_inline void victim_figures(struct mt_oom *rec, struct task_struct *victim)
{
	struct mm_struct *mm = BPF_CORE_READ(victim, mm);

	rec->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	if (!mm)
		return;
	rec->total_vm_bytes = BPF_CORE_READ(mm, total_vm) * cfg.page_size;
	mm__read_rss(rec, mm);
}

static __always_inline struct mt_oom *oom__reserve(void)
{
	struct mt_oom *rec = rare__reserve(&ring_oom, MT_RING_OOM, MT_REC_oom, struct mt_oom);

	if (!rec)
		return NULL;
	__builtin_memset(&rec->victim, 0, sizeof(rec->victim));
	rec->total_vm_bytes = MT_UNKNOWN_U64;
	rec->anon_rss_bytes = MT_UNKNOWN_U64;
	rec->file_rss_bytes = MT_UNKNOWN_U64;
	rec->shmem_rss_bytes = MT_UNKNOWN_U64;
	rec->pgtables_bytes = MT_UNKNOWN_U64;
	rec->oom_score_adj = MT_UNKNOWN_S32;
	rec->pad = 0;
	who__read_current(&rec->trigger);
	return rec;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(victim_btf, struct task_struct *victim, uid_t uid)
{
	struct mt_oom *rec;

	if (!either_matches(victim))
		return 0;
	rec = oom__reserve();
	if (!rec)
		return 0;
	who__read(&rec->victim, victim);
	victim_figures(rec, victim);
	tell_kill(rec, rec->victim.pid);
	victims__add(rec->victim.pid, rec->victim.tid, (u64)BPF_CORE_READ(victim, mm));
	bpf_ringbuf_submit(rec, 0);
	return 0;
}

/*
 * The old form has only a thread id; user space looks the rest up.  With filters the record is kept, because it is
 * not known here whether the victim matches.
 */
SEC("tp_btf/mark_victim")
int BPF_PROG(victim_pid_btf, int pid)
{
	struct mt_oom *rec = oom__reserve();

	if (!rec)
		return 0;
	rec->victim.tid = pid;
	tell_kill(rec, pid);
	victims__add(0, pid, 0);
	bpf_ringbuf_submit(rec, 0);
	return 0;
}

SEC("tp/oom/mark_victim")
int victim_tp(struct trace_event_raw_mark_victim *ctx)
{
	struct trace_event_raw_mark_victim___figures *figures = (void *)ctx;
	struct mt_oom *rec = oom__reserve();

	if (!rec)
		return TP_PASS_ON;
	rec->victim.tid = ctx->pid;
	tell_kill(rec, ctx->pid);
	victims__add(0, ctx->pid, 0);
	if (bpf_core_field_exists(figures->uid)) {
		rec->victim.uid = figures->uid;
		bpf_probe_read_kernel_str(rec->victim.comm, sizeof(rec->victim.comm),
					  (void *)ctx + (figures->__data_loc_comm & 0xffff));
		/* the event gives kB (include/trace/events/oom.h) */
		rec->total_vm_bytes = figures->total_vm * 1024;
		rec->anon_rss_bytes = figures->anon_rss * 1024;
		rec->file_rss_bytes = figures->file_rss * 1024;
		rec->shmem_rss_bytes = figures->shmem_rss * 1024;
		rec->pgtables_bytes = figures->pgtables * 1024;
		rec->oom_score_adj = figures->oom_score_adj;
	}
	bpf_ringbuf_submit(rec, 0);
	return TP_PASS_ON;
}
