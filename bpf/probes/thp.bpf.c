// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages: faults that get one, or small pages in its place, and what khugepaged does for each process
 * (mm/huge_memory.c, mm/khugepaged.c).
 */
#include "core/prelude.h"
#include "core/compat/thp.h"
#include "core/keyed.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* include/linux/mm_types.h; user/probes/thp.c compares it with the kernel's BTF, and FAULT_FLAG_WRITE */
#define RESULT_FALLBACK 0x800

/* By whose memory: with the index 160 KiB. */
#define OWNERS_MAX 1024

KEYED_MAPS(khugepaged, OWNERS_MAX, MT_NR_COLLAPSERS);

/* The CPU time that khugepaged had at its last event; it is one thread. */
static __u64 khugepaged_ns;

static __always_inline bool is_suitable(struct vm_fault *vmf)
{
	u64 huge = cfg.huge_page_size, start, address = BPF_CORE_READ((struct vm_fault___asked *)vmf, address);
	struct vm_area_struct *vma = BPF_CORE_READ(vmf, vma);

	if (!huge)
		return false;
	start = address & ~(huge - 1);
	return start >= BPF_CORE_READ(vma, vm_start) && start + huge <= BPF_CORE_READ(vma, vm_end);
}

/*
 * The end of a fault on anonymous memory that may get a huge page.  A read gets the huge zero page.  Where the mapping
 * has no room for one, the kernel counts nothing (thp_vma_suitable_order()).
 */
SEC("fexit/do_huge_pmd_anonymous_page")
int BPF_PROG(thp_fault_end, struct vm_fault *vmf, unsigned int result)
{
	struct mt_state *s;

	if (result ? !(result & RESULT_FALLBACK) || !is_suitable(vmf) : !is_write(vmf))
		return 0;
	s = state__counting(false);
	if (s)
		state__add(s, MT_PROBE_thp, result ? MT_SLOT_thp_fallback : MT_SLOT_thp_huge, 1);
	return 0;
}

static __always_inline u32 collapser(struct task_struct *task)
{
	return BPF_CORE_READ(task, flags) & PF_KTHREAD ? MT_COLLAPSER_KHUGEPAGED : MT_COLLAPSER_TASK;
}

/* The CPU time since khugepaged's last event; a task that does it itself has its own. */
static __always_inline u64 take_cpu_ns(struct task_struct *task)
{
	u64 now_ns = BPF_CORE_READ(task, se.sum_exec_runtime), before_ns = khugepaged_ns;

	if (collapser(task) != MT_COLLAPSER_KHUGEPAGED)
		return 0;
	khugepaged_ns = now_ns;
	return before_ns && now_ns > before_ns ? now_ns - before_ns : 0;
}

/* A range that was looked at for mm, or made a huge page of. */
static __noinline int count(struct mm_struct *mm, u32 scanned, u32 collapsed)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task(), *owner;
	struct mt_khugepaged_key key = { .by = collapser(task) };
	struct mt_khugepaged_value *counts;
	u64 cpu_ns = take_cpu_ns(task);

	if (!mm || state__phase() != MT_PHASE_RUN)
		return 0;
	owner = mm_owner(mm);
	if (owner) {
		key.cgroup_id = css_cgroup_id(memory_css(BPF_CORE_READ(owner, cgroups)));
		bpf_probe_read_kernel_str(key.comm, sizeof(key.comm), &BPF_CORE_READ(owner, group_leader)->comm);
	}
	counts = keyed__get(khugepaged, &key);
	if (!counts) {
		struct mt_khugepaged_key few = { .by = key.by };

		counts = keyed__other(khugepaged, &few, few.by);
	}
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->scanned, scanned);
	__sync_fetch_and_add(&counts->collapsed, collapsed);
	__sync_fetch_and_add(&counts->cpu_ns, cpu_ns);
	keyed__count(&counts->head);
	return 0;
}

SEC("tp_btf/mm_collapse_huge_page")
int BPF_PROG(thp_collapse, struct mm_struct *mm, int isolated, int status)
{
	if (status != bpf_core_enum_value(enum scan_result, SCAN_SUCCEED))
		return 0;
	return count(mm, 0, 1);
}

SEC("tp_btf/mm_khugepaged_scan_pmd")
int BPF_PROG(thp_scan, struct mm_struct *mm)
{
	return count(mm, 1, 0);
}

SEC("tp_btf/mm_khugepaged_scan_file")
int BPF_PROG(thp_scan_file, struct mm_struct *mm)
{
	return count(mm, 1, 0);
}
