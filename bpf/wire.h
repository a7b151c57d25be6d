/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Everything that crosses from bpf/ to user/: the configuration that user
 * space writes before load, the counters in shared maps, and the records in
 * the rings.  Both sides include this file; nothing else is shared.
 *
 * All times are nanoseconds of CLOCK_BOOTTIME.  All counts of memory are
 * pages of the machine's base page size unless the name says _bytes.
 */
#ifndef MEMTRACE_WIRE_H
#define MEMTRACE_WIRE_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define MT_COMM_LEN	   16
#define MT_MAX_ORDER	   10 /* allocations of a higher order count as this one */
#define MT_HIST_SLOTS	   64
#define MT_MAX_HOT_RINGS   64
#define MT_OOM_RING_BYTES  (64 * 1024)
#define MT_MAX_NODES	   1024 /* the kernel's own bound: MAX_NUMNODES with the largest CONFIG_NODES_SHIFT */
#define MT_CGROUP_PATH_LEN 256
#define MT_FILE_NAME_LEN   32
#define MT_VARIABLE	   0x6d745f766172 /* stands in a program for the id of a kernel's variable */
#define MT_DEVICE_LEN	   32
#define MT_FILE_PATH_LEN   256
#define MT_FUNCTION_LEN	   32	     /* of a kernel function's name, cut if it is longer */
#define MT_STACK_DEPTH	   127	     /* the kernel's PERF_MAX_STACK_DEPTH */
#define MT_MORE_STACKS	   (1 << 30) /* set in the ids of call chains that are in the map "more_stacks" */
#define MT_KERNEL_CHAIN	   (1 << 27) /* ... of the kernel's chains, in "kernel_stacks" and "more_kernel_stacks" */
/* Else: */
#define MT_COPIED_STACK	   (1 << 29) /* the id of a struct mt_stack_copy: such an id leaves the source only live */
#define MT_UNWOUND_STACK   (1 << 28) /* the id of a chain that was made of one, with an enum mt_unwound_end above: */
#define MT_UNWOUND_SHIFT   26
#define MT_LONE_STACK	   (1 << 25) /* the id of a chain that is the address in its struct mt_stack_top alone */
#define MT_MAX_STACK_BYTES (16 * 1024)
#define MT_MAX_REGS	   34 /* as many words of the kernel's struct pt_regs are copied as user space knows: arm64 */

/* A value that the kernel does not show.  A struct mt_who is unknown if its pid and tid are 0. */
#define MT_UNKNOWN_U64 (~0ULL)
#define MT_UNKNOWN_S32 ((__s32)0x80000000)

enum mt_probe {
#define MT_PROBE(id, ...) MT_PROBE_##id,
#include "probes.def"
	MT_NR_PROBES
};

/*
 * Counters of one task.  Only the task writes them, and they only grow; a record carries their absolute values, and
 * user space takes differences.
 */
enum mt_slot {
#define MT_SLOT(probe, id, ...) MT_SLOT_##probe##_##id,
#include "probes.def"
	MT_NR_SLOTS
};

/* Counters of the machine, one set per CPU in its struct mt_cpu; they only grow. */
enum mt_machine_slot {
#define MT_MACHINE(probe, id, ...) MT_MACHINE_##probe##_##id,
#include "probes.def"
	MT_NR_MACHINE_SLOTS
};

enum mt_reclaim_kind {
	MT_RECLAIM_DIRECT,
	MT_RECLAIM_MEMCG,
	MT_RECLAIM_SOFTLIMIT,
	MT_RECLAIM_NODE,
	MT_NR_RECLAIM_KINDS
};

/* Who took a page that is needed again. */
enum mt_evictor { MT_EVICTOR_UNKNOWN, MT_EVICTOR_KSWAPD, MT_EVICTOR_TASK, MT_NR_EVICTORS };

/* Who reclaims: a task in an episode (enum mt_reclaim_kind), or who is in none. */
enum mt_reclaimer {
	MT_RECLAIMER_KSWAPD = MT_NR_RECLAIM_KINDS,
	MT_RECLAIMER_PROACTIVE, /* a task that asked for it: memory.reclaim */
	MT_RECLAIMER_OTHER,
	MT_NR_RECLAIMERS
};

/* Who makes huge pages of small ones. */
enum mt_collapser {
	MT_COLLAPSER_KHUGEPAGED,
	MT_COLLAPSER_TASK, /* the process, for itself or for another one: madvise(MADV_COLLAPSE) */
	MT_NR_COLLAPSERS
};

enum mt_swap_op { MT_SWAP_IN, MT_SWAP_OUT, MT_NR_SWAP_OPS };

/* What a fault was on. */
enum mt_backing {
	MT_BACKING_ANON,
	MT_BACKING_FILE,
	MT_BACKING_SHMEM,
	MT_BACKING_SWAP, /* anonymous memory that was swapped out */
	MT_BACKING_HUGETLB,
	MT_NR_BACKINGS
};

/* What the kernel did in a minor fault.  Of several kinds that functions tell of a fault, the first one counts. */
enum mt_minor_kind {
	MT_MINOR_SWAP,	       /* its page was in the swap cache, or under migration */
	MT_MINOR_NUMA,	       /* a hint of NUMA balancing */
	MT_MINOR_HUGE,	       /* a huge page of anonymous memory */
	MT_MINOR_COPIED,       /* a write: of a page that others have, or of a private file's */
	MT_MINOR_ZERO_WRITTEN, /* a write to what was only read: a page of its own for the zero page */
	MT_MINOR_REUSED,       /* a write to a page that was there: no copy was needed */
	MT_MINOR_FILE,	       /* a page of a file */
	MT_MINOR_SHMEM,	       /* of shared memory */
	MT_NR_MARKED_MINORS,
	MT_MINOR_FIRST_TOUCH = MT_NR_MARKED_MINORS, /* a write to anonymous memory where there was nothing */
	MT_MINOR_ZERO_PAGE,			    /* a read of that */
	MT_MINOR_HUGETLB,
	MT_MINOR_OTHER, /* a page that was there, and nothing of the above */
	MT_NR_MINOR_KINDS
};

/* What they are called, at their places in an array. */
#define MT_MINOR_KIND_NAMES                                                                                            \
	[MT_MINOR_SWAP] = "swap", [MT_MINOR_NUMA] = "numa_hint", [MT_MINOR_HUGE] = "huge",                             \
	[MT_MINOR_COPIED] = "copied", [MT_MINOR_ZERO_WRITTEN] = "zero_written", [MT_MINOR_REUSED] = "reused",          \
	[MT_MINOR_FILE] = "file", [MT_MINOR_SHMEM] = "shmem", [MT_MINOR_FIRST_TOUCH] = "first_touch",                  \
	[MT_MINOR_ZERO_PAGE] = "zero_page", [MT_MINOR_HUGETLB] = "hugetlb", [MT_MINOR_OTHER] = "other"

/* What a task's minor fault has been until now: bits of the kinds that functions tell, and this one. */
enum mt_minor_mark {
	MT_MINOR_KERNEL = 1 << 15, /* it was taken in kernel mode */
};

/* What a task waits for in a memory stall. */
enum mt_stall_cause {
	MT_STALL_MEMCG,	  /* reclaim for the hard limit of a memory cgroup */
	MT_STALL_HIGH,	  /* memory.high: its reclaim, and the sleeps that slow a task down */
	MT_STALL_DIRECT,  /* direct reclaim, and reclaim of a node */
	MT_STALL_COMPACT, /* direct compaction */
	MT_STALL_SWAPIN,  /* memory that was swapped out */
	MT_STALL_REFAULT, /* page cache that was evicted and is needed again */
	MT_STALL_OTHER,
	MT_NR_STALL_CAUSES,
};

/* Kernel threads whose stalls are their own work. */
enum mt_stall_kthread {
	MT_STALL_KSWAPD,
	MT_STALL_KCOMPACTD,
	MT_STALL_OTHER_KTHREAD,
	MT_NR_STALL_KTHREADS,
};

/* What a function's name says about a stall that it began, or that it stands in the call chain of. */
enum mt_stall_class {
	MT_CLASS_NONE = MT_NR_STALL_CAUSES, /* nothing; causes are classes, too */
	MT_CLASS_PENALTY,		    /* cause high: the task sleeps because it is above memory.high */
	MT_CLASS_ALLOC,			    /* direct reclaim or direct compaction: what begins inside it tells which */
	MT_CLASS_PAGE,	/* waits for a page: swap-in if one of class swapin stands above it, else a refault */
	MT_CLASS_ENTER, /* psi_memstall_enter() itself, and what runs in it */
	MT_CLASS_KSWAPD,
	MT_CLASS_KCOMPACTD,
	MT_NR_CLASSES,
};

enum mt_ring { MT_RING_RARE, MT_RING_OOM, MT_RING_HOT, MT_NR_RINGS };

enum mt_rec_id {
	MT_REC_NONE,
	MT_REC_TASK,	    /* struct mt_task */
	MT_REC_CGROUP_GONE, /* struct mt_cgroup_gone */
	MT_REC_STACK_COPY,  /* struct mt_stack_copy */
	MT_REC_WHO,	    /* struct mt_who_is */
#define MT_EVENT(probe, id, ...) MT_REC_##id,
#include "probes.def"
	MT_NR_RECS
};

/* Counters by a key of their own, each a map of its probe. */
enum mt_keyed {
#define MT_KEYED(probe, id, ...) MT_KEYED_##id,
#include "probes.def"
	MT_NR_KEYED
};

struct mt_hdr {
	__u16 id;   /* enum mt_rec_id */
	__u16 size; /* of the whole record */
	__u32 cpu;
	__u64 time_ns; /* when the record was written */
};

/* A task, as it was when the record's subject happened. */
struct mt_who {
	__u32 pid; /* thread group, in the initial pid namespace */
	__u32 tid;
	__u64 start_ns;	 /* of the group leader: with pid it names a process */
	__u64 cgroup_id; /* kernfs id of its memory controller's cgroup; 0: unknown */
	__u32 uid;
	__u32 flags;		 /* MT_WHO_* */
	char comm[MT_COMM_LEN];	 /* the group leader's: the process's */
	char tcomm[MT_COMM_LEN]; /* the thread's own */
};

enum mt_who_flags {
	MT_WHO_KTHREAD = 1 << 0,
	MT_WHO_FAMILY = 1 << 1, /* in task records: the command or a descendant, also where all tasks count */
};

/*
 * A task by reference, so that the record of each event need not repeat the whole struct mt_who.  A struct mt_who_is
 * with the same id came before, in the same ring.
 */
struct mt_ref {
	__u64 id; /* of a task under one name in one cgroup; never used twice; 0: unknown */
};

/* The task that an id stands for (MT_REC_WHO): announced in each epoch in which the task has events. */
struct mt_who_is {
	struct mt_hdr hdr;
	struct mt_ref ref;
	struct mt_who who;
};

enum mt_task_flags {
	MT_TASK_FINAL = 1 << 0, /* the task has exited; only its rest may follow */
	MT_TASK_BASE = 1 << 1,	/* what it counted before the run: differences start here */
	MT_TASK_REST = 1 << 2,	/* no absolute counts, but what the task counted beyond its final record */
};

/*
 * Counters of one life of one task, absolute unless flags say otherwise (MT_REC_TASK; also the iterator's).
 * Programs write those of the probes that are on, one behind the other (struct mt_cfg), then the parent if it is asked
 * for, and no more: the source gives each its place.
 */
struct mt_task {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 life;  /* names the task across exec, which may swap its tid; never used twice */
	__u32 flags; /* enum mt_task_flags */
	__u32 pad;
	__u64 c[MT_NR_SLOTS];
	struct mt_who parent; /* the process that started this one or, if that has ended, who takes its place */
};

/* A cgroup that is being removed (MT_REC_CGROUP_GONE), so that its name outlives it. */
struct mt_cgroup_gone {
	struct mt_hdr hdr;
	__u64 cgroup_id;
	char path[MT_CGROUP_PATH_LEN];
};

/*
 * What the call chain of an event is unwound from: the registers of the task in user mode, as they are in the kernel's
 * struct pt_regs, and behind them the bytes of its stack, from the stack pointer on.  It comes behind its event, in the
 * same ring.
 */
struct mt_stack_copy {
	struct mt_hdr hdr; /* its size has the bytes in it */
	struct mt_ref who;
	__s32 id;	   /* what the event has as its user stack */
	__u32 bytes;	   /* how many there are */
	__u32 asked_bytes; /* how many there would be, if all had been readable */
	__u16 to_end;	   /* the stack has no more than that: it is of a process's first thread */
	__u16 missing;	   /* so many of them, the first ones, are in no page yet: nothing was ever written there */
	__u64 regs[MT_MAX_REGS];
};

/*
 * Where a copied stack begins.  Several chains may lead to one place, which nr tells apart.  A task has a stack of its
 * own, and another reference since it called exec under another name.
 */
struct mt_known_place {
	__u64 who; /* struct mt_ref */
	__u64 pc, sp;
	__u64 nr; /* below MT_KNOWN_ALIKE */
};

/* What led the unwinding of a copied stack (user/symbols/cfi_basis.h), and the chain that came of it. */
#define MT_MAX_KNOWN   8192
#define MT_KNOWN_ALIKE 4
#define MT_KNOWN_WORDS 128

struct mt_known_stack {
	__u64 hash;  /* of the words, by mt_known_next() */
	__s32 chain; /* its id */
	__u32 bytes; /* from the stack pointer on, which have all these words */
	__u32 nr_words;
	__u32 pad;
	__u16 words[MT_KNOWN_WORDS]; /* bytes from the regs of struct mt_stack_copy on; its stack is behind these */
};

/* 0 is the hash of no word. */
static inline __u64 mt_known_next(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

/*
 * The top of the stack, behind an event whose chain was found by frame pointers (struct mt_cfg, stack_tops): what tells
 * the callers of functions without a frame.  The event's size has it in it; the source's reader takes it off.
 */
#define MT_TOP_WORDS 8

struct mt_stack_top {
	__u64 pc;	/* where the task was */
	__u64 fp;	/* frame pointer */
	__u64 link;	/* link register, of machines that have one; else 0 */
	__u64 nr_words; /* 0: they could not be read */
	__u64 words[MT_TOP_WORDS];
};

/* How the unwinding of a copied stack ended. */
enum mt_unwound_end {
	MT_UNWOUND_WHOLE,  /* at the program's or a thread's start, or in code that a program made at run time */
	MT_UNWOUND_CUT,	   /* at the end of the copied bytes */
	MT_UNWOUND_BROKEN, /* where no call frame information says how to go on, or what it says is wrong */
	MT_NR_UNWOUND_ENDS,
	MT_UNWOUND_NOT = MT_NR_UNWOUND_ENDS, /* it was found by frame pointers, and callers that lacked were added */
};

/* One page-fault exception, when single events are asked for. */
struct mt_fault {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u64 address;
	__u64 ip;
	__u32 error_code;   /* x86 page-fault error code */
	__u32 kernel;	    /* taken in kernel mode */
	__s32 kernel_stack; /* ids in the maps of stacks; MT_UNKNOWN_S32: there is none */
	__s32 user_stack;
};

/* One major fault and its latency, when latencies are asked for. */
struct mt_major {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 address;
	__u64 duration_ns;		  /* from the exception to the kernel's accounting at its end */
	__s32 backing;			  /* enum mt_backing, or MT_UNKNOWN_S32 */
	__u32 device_major, device_minor; /* of the file, or all bits set, as the next one */
	__u32 pad;
	__u64 inode;
	char file_name[MT_FILE_NAME_LEN]; /* the last part of its path, cut if it is longer; empty: none, or unknown */
};

/* One read of swap space, when latencies are asked for. */
struct mt_swapin {
	struct mt_hdr hdr;
	struct mt_who who; /* the task that asked for it */
	__u64 duration_ns; /* from the request to the data */
	__u64 pages;	   /* of them one is needed now, the others are read ahead */
	char device[MT_DEVICE_LEN];
};

/* One minor fault. */
struct mt_minor {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u64 address;
	__u64 duration_ns; /* as in struct mt_major */
	__s32 backing;	   /* as in struct mt_major */
	__s32 kind;	   /* enum mt_minor_kind, or MT_UNKNOWN_S32 */
	__u32 error_code;  /* as in struct mt_fault; all bits set: there is none */
	__u32 kernel;	   /* as the next ones */
	__s32 kernel_stack;
	__s32 user_stack;
};

/* One page allocation, when single events are asked for. */
struct mt_alloc {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u64 gfp_flags;
	__u8 order;
	__u8 migratetype;
	__u8 failed;
	__u8 atomic;	    /* may have come from an interrupt: then who is the task that was interrupted */
	__s32 kernel_stack; /* as in struct mt_fault */
	__s32 user_stack;
	__u32 pad;
};

/* One episode of reclaim by a task that needed the memory itself. */
struct mt_reclaim {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 start_ns;
	__u64 duration_ns;
	__u64 self_ns; /* without the episodes nested in it */
	__u64 reclaimed_pages;
	__u64 gfp_flags;
	__s32 order;
	__u32 kind;   /* enum mt_reclaim_kind */
	__s32 parent; /* enum mt_reclaim_kind of the episode around it, or MT_UNKNOWN_S32 */
	__u32 pad;
	__u64 target_cgroup_id; /* whose limit it was for; 0: none, or unknown */
	__u64 shrunk_objects;	/* that shrinkers freed in it, nested episodes not included */
	__u64 throttled_ns;	/* that it slept on purpose, the same; MT_UNKNOWN_U64: the kernel does not tell */
};

/* One session of a node's kswapd, from its first wake-up after a sleep to its next sleep. */
struct mt_kswapd {
	struct mt_hdr hdr;
	__u64 start_ns;
	__u64 duration_ns;
	__u64 scanned_pages;
	__u64 reclaimed_pages;
	__u64 waker_gfp;
	__u32 rounds; /* of balancing */
	__s32 order;  /* highest one balanced for */
	__s32 node;
	__s32 waker_order; /* MT_UNKNOWN_S32: no task was seen waking it */
	__u32 partial;	   /* it was running when memtrace attached: duration is a lower bound */
	__u32 pad;
	struct mt_who waker;
};

/* One victim of the OOM killer. */
struct mt_oom {
	struct mt_hdr hdr;
	struct mt_who victim;
	struct mt_who trigger;
	__u64 total_vm_bytes;
	__u64 anon_rss_bytes;
	__u64 file_rss_bytes;
	__u64 shmem_rss_bytes;
	__u64 pgtables_bytes;
	__s32 oom_score_adj;
	__s32 order; /* of the allocation, or MT_UNKNOWN_S32 like the rest of what follows */
	__u64 gfp_flags;
	__u64 limit_cgroup_id; /* whose limit was hit; 0: none, or unknown */
	__u64 total_pages;
	__s64 points;	  /* pages */
	__s32 constraint; /* enum oom_constraint */
	__u32 pad;
};

/* One process that the OOM killer looked at before a kill, with the kernel's own points (oom_badness()). */
struct mt_oom_candidate {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 anon_rss_bytes;
	__u64 file_rss_bytes;
	__u64 shmem_rss_bytes;
	__u64 swap_bytes;
	__u64 pgtables_bytes;
	__s64 points;	     /* pages */
	__s32 oom_score_adj; /* as the process had it then */
	__u32 rank;	     /* 1: it was chosen; 0: it could not be killed */
	__u32 evaluated;     /* processes that were looked at for this kill */
	__u32 exempt;	     /* of these, that could not be killed */
	__u32 trigger;	     /* the thread in whose allocation this was */
	__u32 pad;
};

enum mt_oom_step { MT_OOM_EXITED, MT_OOM_REAPED, MT_OOM_REAP_SKIPPED, MT_OOM_FREED, MT_NR_OOM_STEPS };

/* What became of a victim. */
struct mt_oom_after {
	struct mt_hdr hdr;
	__u32 pid;
	__u32 step;	/* enum mt_oom_step */
	__u64 after_ns; /* from the kill on */
};

enum mt_denied_call {
	MT_DENIED_MMAP,
	MT_DENIED_BRK,
	MT_DENIED_MREMAP,
	MT_DENIED_MPROTECT,
	MT_DENIED_MLOCK,
	MT_DENIED_CLONE
};

enum mt_denied_reason {
	MT_DENIED_OVERCOMMIT,
	MT_DENIED_RLIMIT_AS,
	MT_DENIED_RLIMIT_DATA,
	MT_DENIED_RLIMIT_MEMLOCK,
	MT_DENIED_RLIMIT_NPROC,
	MT_DENIED_MAP_COUNT,
	MT_DENIED_PIDS_MAX,
	MT_DENIED_NO_MEMORY,
};

/* A call for memory or for a thread that the kernel refused. */
struct mt_denied {
	struct mt_hdr hdr;
	struct mt_who who;
	__u32 call;   /* enum mt_denied_call */
	__u32 error;  /* 0: ENOMEM, 1: EAGAIN */
	__u32 reason; /* enum mt_denied_reason */
	__u32 pad;
	__u64 bytes;	      /* that were asked for; of a thread MT_UNKNOWN_U64 */
	__u64 total_vm_bytes; /* address space of the process */
	__u64 limit;	      /* that was hit: bytes, mappings or tasks; MT_UNKNOWN_U64 */
};

/* An allocation of pages that failed, and that the kernel was to complain about. */
struct mt_alloc_failed {
	struct mt_hdr hdr;
	struct mt_who who; /* unknown of an allocation that may be an interrupt's */
	__u64 gfp_flags;
	__s32 order;
	__s32 migratetype;
};

/* A program sent SIGKILL to another one. */
struct mt_sigkill {
	struct mt_hdr hdr;
	struct mt_who sender;
	struct mt_who receiver;
};

/* A segmentation fault beside the stack pointer: the stack has no more room. */
struct mt_stack_overflow {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 address;
	__u64 stack_pointer;
	__u64 limit; /* RLIMIT_STACK, bytes; MT_UNKNOWN_U64 of a thread that is not the first */
};

/* What a system call did to an address space. */
enum mt_space_call {
	MT_SPACE_MMAP,
	MT_SPACE_BRK,	/* it has moved the break */
	MT_SPACE_BREAK, /* it asked where the break is */
	MT_SPACE_GROWN, /* mremap() */
	MT_SPACE_SHRUNK,
	MT_SPACE_MUNMAP,
	MT_SPACE_DONTNEED, /* madvise() */
	MT_SPACE_FREE,
	MT_SPACE_REMOVE,
	MT_NR_SPACE_CALLS
};

struct mt_space {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u64 address; /* where what was asked for, or given back, begins; of brk() the break, as it is now */
	__u64 bytes;   /* whole pages; of brk() MT_UNKNOWN_U64 */
	__u32 call;    /* enum mt_space_call */
	__u32 pad;
};

/*
 * What a process holds of memory that it got from its allocator by one call path.  No program writes these records:
 * user space makes them of the map heap_objects.
 */
struct mt_heap {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u64 bytes; /* as they were asked for */
	__u64 objects;
	__u64 oldest_ns; /* when the oldest of them was allocated */
	__s32 user_stack;
	__u32 ended;   /* the process has ended, and held it then */
	__u32 context; /* as in struct mt_heap_path, which came before; 0: the path is that of user_stack */
	__u32 pad;
};

/* A way by which memory is allocated, with copied stacks: the first time that it is seen. */
struct mt_heap_path {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u32 context; /* its number in this run */
	__s32 user_stack;
	__u64 space;	 /* as in struct mt_heap_place */
	__s32 by_frames; /* the chain by frame pointers, for when the copy is not unwound in time */
	__u32 pad;
};

/* What a process did to its mappings by itself: not in a call of its allocator. */
enum mt_heap_change {
	MT_HEAP_MMAP,
	MT_HEAP_MMAP_FILE,
	MT_HEAP_BRK, /* the break was moved up */
	MT_HEAP_MREMAP,
	MT_HEAP_MUNMAP, /* or the break was moved down */
	MT_HEAP_EXEC,	/* all were dropped */
	MT_HEAP_EXIT,	/* as were these, which it had until then */
	MT_NR_HEAP_CHANGES
};

struct mt_heap_map {
	struct mt_hdr hdr;
	struct mt_ref who;
	__u64 address, bytes;	      /* of what was mapped or given back, whole pages; 0 of exec and exit */
	__u64 old_address, old_bytes; /* of mremap, what is no longer there */
	__u32 change;		      /* enum mt_heap_change */
	__s32 user_stack;	      /* of what was mapped */
};

/* A place in the code of a process, to which a function that is called there returns. */
struct mt_heap_place {
	__u64 space; /* stands for the address space since exec, also after fork */
	__u64 address;
};

enum mt_heap_base {
	MT_HEAP_NO_BASE, /* the place's function finds its caller in another way */
	MT_HEAP_FROM_SP,
	MT_HEAP_FROM_FP,
	MT_HEAP_OUTERMOST, /* it has no caller that can be found */
};

/* Where its caller is: bytes above the base. */
struct mt_heap_rule {
	__s32 return_address, frame; /* the caller's stack pointer */
	__s32 pointer;		     /* where its frame pointer is; MT_UNKNOWN_S32: it is in its register */
	__u32 base;		     /* enum mt_heap_base */
};

/* Of all traced processes since the run began.  User space makes it, too. */
struct mt_heap_sum {
	struct mt_hdr hdr;
	__u64 allocated; /* calls that returned memory */
	__u64 freed;	 /* objects that were given back, those of realloc among them */
	__u64 failed;	 /* calls that returned none */
	__u64 foreign;	 /* given back, but their allocation was not seen: from before the run, or inherited by fork */
	__u64 without_room; /* objects that the map had no room for */
	__u64 missed;	    /* calls whose end or whose begin was not seen */
	__u64 dropped;	    /* processes that exec replaced, with all that they held */
	__u64 age_ns;	    /* what is younger is left out of all rows; 0: nothing is */
	__u64 call_ns; /* how long one traced allocation and its free take at most, as measured before; 0: not known */
	__u32 files;   /* with functions of an allocator */
	__u32 functions; /* of these files that are traced */
	__u32 sample;	 /* one address in so many; 0 or 1: all */
	__u32 by_probes; /* functions are probes of programs' own, which sample: bytes are what objects stand for */
	__u32 sees_maps; /* what programs map by themselves is seen (struct mt_heap_map) */
	__u32 pad;
	__u64 requested;       /* bytes that processes hold which live, of whatever age */
	__u64 ended_requested; /* the same of those that have ended, when they were looked at last */
};

/* An object, and the process that holds it.  life: of the process, another one after each exec. */
struct mt_heap_key {
	__u64 address;
	__u32 pid;
	__u32 life;
};

struct mt_heap_object {
	__u64 bytes;
	__u64 born_ns;
	__s32 stack; /* as in struct mt_fault */
	__u32 top;   /* the key of a struct mt_heap_top; with copied stacks that of a struct mt_heap_path; 0: none */
};

/*
 * The top of the stack of a call that allocates, as far as it matters: words that can be addresses of code, and 1 for
 * those that are the frame pointer, which is 1 then.  So calls by one path share it.
 */
struct mt_heap_top {
	__u64 hash;
	struct mt_stack_top top;
};

/* Where a probe that a program brings itself has an argument. */
enum mt_heap_argument_kind {
	MT_HEAP_IN_REGISTER,
	MT_HEAP_IN_MEMORY, /* value bytes above where the register points to */
	MT_HEAP_CONSTANT,
};

struct mt_heap_argument {
	__u32 kind; /* enum mt_heap_argument_kind */
	__u16 reg;  /* its offset in struct pt_regs, bytes */
	__u16 unused_bits;
	__u64 value;
};

#define MT_HEAP_ARGUMENTS 3
#define MT_HEAP_PROBES	  256 /* places of them that can be followed */

struct mt_heap_probe {
	struct mt_heap_argument arguments[MT_HEAP_ARGUMENTS];
};

enum mt_heap_state {
	MT_HEAP_LIVES,
	MT_HEAP_REPLACED, /* by exec: what it held is gone */
	MT_HEAP_ENDED,	  /* what it held then is still in the map */
};

/* A process that has called an allocator. */
struct mt_heap_process {
	__u32 life;
	__u32 state; /* enum mt_heap_state */
	__u64 ended_ns;
	__u64 break_at;	 /* where its last brk() left the break; 0: it has made none */
	__u64 requested; /* bytes of its objects */
	struct mt_who who;
};

/* How a function of an allocator hands over the memory. */
enum mt_heap_kind {
	MT_HEAP_RETURNS,
	MT_HEAP_MOVES,	/* the same, for an older object, which it then takes back: realloc */
	MT_HEAP_STORES, /* through a pointer: posix_memalign */
};

/* A call that a thread is in. */
struct mt_heap_call {
	__u64 sp;   /* when it began */
	__u64 from; /* the address that it returns to */
	__u64 bytes;
	__u64 address; /* the older object's, or where the result is stored */
	struct mt_heap_object old;
	__u32 kind;  /* enum mt_heap_kind */
	__u32 moves; /* old is valid */
};

/* Counts of one CPU. */
struct mt_heap_counts {
	__u64 allocated, freed, failed, foreign, without_room, missed, dropped;
};

/*
 * Pages that the kernel holds for itself, by the call path that allocated them in the run.  No program writes these
 * records: user space makes them of the map kpages.
 */
struct mt_kpages {
	struct mt_hdr hdr;
	__u64 pages;
	__u64 allocations; /* of which any page is held */
	__u64 oldest_ns;   /* when the oldest of them was made */
	__s32 kernel_stack;
	__u32 pad;
};

/* Of all of them, in pages.  User space makes it, too.  allocated = freed + without_room + missed + what is held. */
struct mt_kpages_sum {
	struct mt_hdr hdr;
	__u64 allocated;
	__u64 freed;	    /* of these */
	__u64 without_room; /* of these: the map had no room */
	__u64 missed;	    /* of these: were allocated again, so that they must have been freed unseen */
	__u64 movable;	    /* beside these: user memory and page cache, which are not followed */
	__u32 sample;	    /* one allocation in so many; 0 or 1: all */
	__u32 pad;
};

/*
 * One allocation; of one that may be freed in parts as many of 2^MT_KPAGES_PART pages as it has.  page: the address of
 * its first struct page, or its frame number times MT_KPAGES_PAGE.
 */
#define MT_KPAGES_PART 6
#define MT_KPAGES_PAGE 64

struct mt_kpages_key {
	__u64 page;
	__u32 order;
	__u32 pad;
};

struct mt_kpages_held {
	__u64 born_ns;
	__u64 freed; /* of its pages, a bit each, where it may be freed in parts */
	__s32 stack; /* as in struct mt_fault */
	__u32 first; /* it is an allocation, or the first part of one */
};

/* Counts of one CPU, as in struct mt_kpages_sum. */
struct mt_kpages_counts {
	__u64 allocated, freed, without_room, missed, movable;
};

/* The memory of one process, as a tick found it. */
struct mt_memory {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 anon_rss_bytes;
	__u64 file_rss_bytes;
	__u64 shmem_rss_bytes;
	__u64 swap_bytes;
	__u64 pgtables_bytes;
	__s32 oom_score_adj;
	__u32 ended; /* it is gone, with the memory that it had last; user space alone sets this */
};

/* In place of it, with its id: the process is there and has not run since.  User space alone sees this. */
struct mt_memory_same {
	struct mt_hdr hdr;
	__u32 pid;
	__u32 pad;
};

/*
 * What the value of a keyed counter begins with.  Behind it come further counters, 64 bits each.  All of them only
 * grow; count comes last in time, so that a value whose count has not changed since it was read has not changed at all.
 */
struct mt_keyed_head {
	__u64 since_ns; /* when the element was made: with its key it names one life of its counts; 0: of what found
			   none */
	__u32 gone;	/* enum mt_keyed_gone */
	__u32 flags;	/* of a record: enum mt_keyed_flags; user space alone sets them */
	__u64 count;
};

/* How an element ends.  A program sets the first, user space the others, one at a tick. */
enum mt_keyed_gone {
	MT_KEYED_IN_USE,
	MT_KEYED_GONE,	    /* what the key names is being removed */
	MT_KEYED_GONE_READ, /* that was seen: if nothing is counted until the next tick, no program finds the element
			       any more */
	MT_KEYED_UNKNOWN,   /* ... which at the next tick none that had found it still writes to */
};

enum mt_keyed_flags {
	MT_KEYED_OTHER = 1 << 0, /* what found no room: members of the key that can have any value are 0 */
	MT_KEYED_BASE = 1 << 1,	 /* what was counted before the run: differences start here */
	MT_KEYED_LAST = 1 << 2,	 /* the element is removed: if its key comes again, with counts from 0 */
	MT_KEYED_FOLDS = 1 << 3, /* of an older recording: folded episodes and no others */
	MT_KEYED_ENDED = 1 << 4, /* in no record that is delivered: see keyed_counts__mark_ended() */
};

/* Reclaim by whose limit it was for. */
struct mt_reclaim_by_target_key {
	__u64 target_cgroup_id; /* 0: for none, or unknown */
	__u32 kind;		/* enum mt_reclaim_kind */
	__u32 folded;		/* episodes without a record of their own, as the ring was tight */
};

struct mt_reclaim_by_target_value {
	struct mt_keyed_head head;
	__u64 ns; /* without nested episodes */
	__u64 reclaimed_pages;
	__u64 duration_ns;	   /* with nested episodes: the sum of what is in hist */
	__u64 hist[MT_HIST_SLOTS]; /* of the durations: see mt_log2_slot() */
};

struct mt_reclaim_by_target {
	struct mt_hdr hdr;
	struct mt_reclaim_by_target_key key;
	struct mt_reclaim_by_target_value value;
};

/* One stall for memory that took long. */
struct mt_stall {
	struct mt_hdr hdr;
	struct mt_who who;
	__u64 start_ns;
	__u64 duration_ns;
	__u64 target_cgroup_id; /* whose limit reclaim was for; 0: none, or unknown */
	__u32 cause;		/* enum mt_stall_cause */
	__u32 partial;		/* it was under way when memtrace attached: duration is a lower bound */
	__s32 kernel_stack;	/* as in struct mt_fault */
	__u32 pad;
	char function[MT_FUNCTION_LEN]; /* that the task waited in; empty: unknown */
};

/* Pages that reclaim went through, and what it got back. */
struct mt_reclaim_yield_key {
	__u64 target_cgroup_id; /* 0: for none, or unknown */
	__u32 by;		/* enum mt_reclaimer */
	__u32 file;		/* they belong to files */
};

struct mt_reclaim_yield_value {
	struct mt_keyed_head head; /* its count: of batches that were isolated, and of those that were shrunk */
	__u64 scanned_pages;
	__u64 reclaimed_pages;
};

struct mt_reclaim_yield {
	struct mt_hdr hdr;
	struct mt_reclaim_yield_key key;
	struct mt_reclaim_yield_value value;
};

/* Pages that reclaim took, by whose they were and whose reclaim it was. */
struct mt_refault_by_evictor_key {
	__u64 cgroup_id;	/* whose they were */
	__u64 target_cgroup_id; /* whose limit they were reclaimed for; 0: none, or unknown */
	__u32 by;		/* enum mt_evictor */
	__u32 file;		/* they belong to files */
};

struct mt_refault_by_evictor_value {
	struct mt_keyed_head head; /* its count: of events */
	__u64 evicted_pages;
	__u64 refaulted_pages;
	__u64 gone_ns; /* how long those that were needed again were gone, each page, added up */
};

struct mt_refault_by_evictor {
	struct mt_hdr hdr;
	struct mt_refault_by_evictor_key key;
	struct mt_refault_by_evictor_value value;
};

/* Pages that were written to swap space, by whose they were and who wrote them. */
struct mt_swap_out_key {
	__u64 cgroup_id;	  /* whose they were; 0: unknown */
	__u64 target_cgroup_id;	  /* whose limit they were reclaimed for; 0: none, or unknown */
	__u32 by;		  /* enum mt_reclaimer */
	__u32 shmem;		  /* shared memory: no process's */
	char comm[MT_COMM_LEN];	  /* the process whose they were; empty: unknown */
	char writer[MT_COMM_LEN]; /* the task that wrote them */
	__s32 pid;		  /* of the process whose they were; MT_UNKNOWN_S32: unknown */
	__u32 pad;
};

struct mt_swap_out_value {
	struct mt_keyed_head head; /* its count: of writes */
	__u64 pages;
};

struct mt_swap_out {
	struct mt_hdr hdr;
	struct mt_swap_out_key key;
	struct mt_swap_out_value value;
};

/* What happened to pages of the page cache; the order of the counters below. */
enum mt_cache_op {
	MT_CACHE_ADDED,
	MT_CACHE_EVICTED,
	MT_CACHE_TRUNCATED,
	MT_CACHE_READ_BACK,
	MT_CACHE_DIRTIED,
	MT_CACHE_WRITTEN,
	MT_CACHE_UNREAD,
	MT_NR_CACHE_OPS
};

/* A file whose pages came into the page cache or left it, when that was seen first. */
struct mt_cache_file {
	struct mt_hdr hdr;
	__u64 inode;
	__u32 device_major, device_minor;
	__u32 generation;	      /* of the inode: another file may get its number later */
	__u32 kind;		      /* enum mt_cache_kind */
	__u32 deleted;		      /* it has no name in its file system any more */
	__u32 cut;		      /* the path's begin is missing */
	__u32 rdev_major, rdev_minor; /* of a block device; else all bits set */
	/* In its file system, from that one's root; empty: unknown. */
	char path[MT_FILE_PATH_LEN];
};

enum mt_cache_kind {
	MT_CACHE_FILE,
	MT_CACHE_BLOCK_DEVICE, /* what a file system keeps of its device beside files, and reads of the device itself */
	MT_NR_CACHE_KINDS
};

struct mt_cache_pages {
	__u64 added;
	__u64 evicted;
	__u64 truncated;
	__u64 read_back;
	__u64 dirtied;
	__u64 written;
	__u64 unread;
};

/* Pages of the page cache, by file. */
struct mt_cache_by_file_key {
	__u64 inode;
	__u32 device_major, device_minor;
	__u32 generation;
	__u32 pad;
};

struct mt_cache_by_file_value {
	struct mt_keyed_head head; /* its count: of events, as that of the next two */
	struct mt_cache_pages pages;
};

struct mt_cache_by_file {
	struct mt_hdr hdr;
	struct mt_cache_by_file_key key;
	struct mt_cache_by_file_value value;
};

/* The same by the cgroup that they are charged to. */
struct mt_cache_by_cgroup_key {
	__u64 cgroup_id; /* 0: none, or unknown */
};

struct mt_cache_by_cgroup_value {
	struct mt_keyed_head head;
	struct mt_cache_pages pages;
};

struct mt_cache_by_cgroup {
	struct mt_hdr hdr;
	struct mt_cache_by_cgroup_key key;
	struct mt_cache_by_cgroup_value value;
};

/* Pages that were added again after reclaim had taken them, by who took them. */
struct mt_cache_read_back_key {
	__u64 cgroup_id;	/* that they are charged to now */
	__u64 target_cgroup_id; /* whose limit they had been taken for; 0: none, or unknown */
	__u32 by;		/* enum mt_reclaimer */
	__u32 pad;
	char evictor[MT_COMM_LEN]; /* the task that took them */
};

struct mt_cache_read_back_value {
	struct mt_keyed_head head;
	__u64 pages;
};

struct mt_cache_read_back {
	struct mt_hdr hdr;
	struct mt_cache_read_back_key key;
	struct mt_cache_read_back_value value;
};

/* What khugepaged did, by whose memory it was. */
struct mt_khugepaged_key {
	__u64 cgroup_id;	/* 0: unknown */
	char comm[MT_COMM_LEN]; /* empty: unknown */
	__u32 by;		/* enum mt_collapser */
	__u32 pad;
};

struct mt_khugepaged_value {
	struct mt_keyed_head head;
	__u64 scanned;	 /* ranges of the size of a huge page */
	__u64 collapsed; /* of them made one */
	__u64 cpu_ns;	 /* of khugepaged alone */
};

struct mt_khugepaged {
	struct mt_hdr hdr;
	struct mt_khugepaged_key key;
	struct mt_khugepaged_value value;
};

/* Reads and writes of swap space that are over, by device. */
struct mt_swap_io_key {
	char device[MT_DEVICE_LEN];
	__u32 op; /* enum mt_swap_op */
	__u32 pad;
};

struct mt_swap_io_value {
	struct mt_keyed_head head;
	__u64 pages;
	__u64 ns;
	__u64 hist[MT_HIST_SLOTS]; /* of how long they took */
};

struct mt_swap_io {
	struct mt_hdr hdr;
	struct mt_swap_io_key key;
	struct mt_swap_io_value value;
};

/* Calls of shrinkers, by what they free and for whom. */
struct mt_slab_shrinker_key {
	char function[MT_FUNCTION_LEN]; /* empty: unknown */
	__u64 cgroup_id;		/* whose objects they are; 0: of no cgroup's, or unknown */
};

struct mt_slab_shrinker_value {
	struct mt_keyed_head head;
	__u64 ns;
	__u64 objects; /* that it freed */
};

struct mt_slab_shrinker {
	struct mt_hdr hdr;
	struct mt_slab_shrinker_key key;
	struct mt_slab_shrinker_value value;
};

/* Stalls by the cgroup of the waiting task and the cause, once they are over. */
struct mt_stall_by_cause_key {
	__u64 cgroup_id;
	__u32 cause;
	__u32 folded; /* they have no record of their own: most are too short */
};

struct mt_stall_by_cause_value {
	struct mt_keyed_head head;
	__u64 ns;
	__u64 hist[MT_HIST_SLOTS];
};

struct mt_stall_by_cause {
	struct mt_hdr hdr;
	struct mt_stall_by_cause_key key;
	struct mt_stall_by_cause_value value;
};

/* Stalls by the function that the task waited in, once they are over. */
struct mt_stall_by_caller_key {
	char function[MT_FUNCTION_LEN];
	__u32 cause;
	__u32 pad;
};

struct mt_stall_by_caller_value {
	struct mt_keyed_head head;
	__u64 ns;
};

struct mt_stall_by_caller {
	struct mt_hdr hdr;
	struct mt_stall_by_caller_key key;
	struct mt_stall_by_caller_value value;
};

/* Stalls of kernel threads, also those under way. */
struct mt_stall_by_kthread_key {
	__u32 kind; /* enum mt_stall_kthread */
	__s32 node; /* MT_UNKNOWN_S32: it works for none */
};

struct mt_stall_by_kthread_value {
	struct mt_keyed_head head; /* its count: of stalls, and of times that one was looked at while it lasted */
	__u64 stalls;		   /* that have ended */
	__u64 ns;
};

struct mt_stall_by_kthread {
	struct mt_hdr hdr;
	struct mt_stall_by_kthread_key key;
	struct mt_stall_by_kthread_value value;
};

/* What is known of an address in the kernel's text that a call chain has. */
struct mt_stall_site {
	__u16 class; /* enum mt_stall_class */
	__u16 calls; /* psi_memstall_enter() */
	__u32 near;  /* the number of its element in stall_by_caller, the last time */
	char function[MT_FUNCTION_LEN];
};

/* A function, end excluded. */
struct mt_stall_range {
	__u64 begin, end;
	struct mt_stall_site site;
};

#define MT_STALL_RANGES 64

/* Who had the mmap_lock that a task waited for. */
enum mt_holder {
	MT_HOLDER_UNKNOWN,
	MT_HOLDER_WRITER,
	MT_HOLDER_READER, /* the last reader that the kernel has noted: a hint */
	MT_NR_HOLDERS,
};

struct mt_mmap_lock_by_holder_key {
	char comm[MT_COMM_LEN]; /* of the thread; empty: unknown */
	__u32 kind;		/* enum mt_holder */
	__u32 pad;
};

struct mt_mmap_lock_by_holder_value {
	struct mt_keyed_head head;
	__u64 ns;
};

struct mt_mmap_lock_by_holder {
	struct mt_hdr hdr;
	struct mt_mmap_lock_by_holder_key key;
	struct mt_mmap_lock_by_holder_value value;
};

/* Pauses of writers by the device that is slow. */
struct mt_dirty_by_device_key {
	char device[MT_DEVICE_LEN];
};

struct mt_dirty_by_device_value {
	struct mt_keyed_head head;
	__u64 ns;
};

struct mt_dirty_by_device {
	struct mt_hdr hdr;
	struct mt_dirty_by_device_key key;
	struct mt_dirty_by_device_value value;
};

/*
 * Where a program on a function is skipped while another task is preempted in it, a second one is behind each: what the
 * first has done, the second only notes.
 */
enum mt_stall_half {
	MT_HALF_NONE,
	MT_HALF_ENTERED,
	MT_HALF_LEFT,
};

/*
 * The stall that a task is in.  The task writes it; the iterator of the probe stall begins one that was under way when
 * memtrace attached, and drops one whose end was missed.
 */
struct mt_stalled {
	__u64 key;	/* names it: an address that its begin and its end have in common; 0: there is none */
	__u64 start_ns; /* when it began */
	__u64 since_ns; /* from where its time is not in the counters yet */
	__u64 target;	/* id of the cgroup whose limit reclaim is for; 0: unknown */
	__u64 site;	/* the address in the function that it is in; 0: unknown */
	__u32 changes;	/* odd while members or the counters of stalls change */
	__u32 class;	/* enum mt_stall_class */
	__s32 cpu;	/* where it counts in struct mt_cpu; -1: it does not */
	__u32 partial;
	__u32 missed; /* the iterator has seen it after these changes, and that the task was not stalled; plus 1 */
	__u32 half;   /* enum mt_stall_half */
	__u32 near;   /* the number of its element in stall_by_cause, the last time */
	__u32 pad;
	/* Waits beside it, since when; 0: none is under way. */
	__u64 lock_ns;				  /* for the address space's mmap_lock */
	__u64 file_fault_ns;			  /* a fault on a file is handled */
	__u64 fault_stalled_ns;			  /* ... of which stalls */
	__u64 oom_ns;				  /* for another OOM kill */
	struct mt_mmap_lock_by_holder_key holder; /* of the lock */
};

/* What a task's reclaim is about to do, or doing. */
struct mt_reclaiming {
	__u64 target;	     /* id of the cgroup whose limit it is about to be for; 0: unknown */
	__u32 taken;	     /* pages that were isolated and not got back yet */
	__u16 file;	     /* they belong to files */
	__u16 asked;	     /* user space asked for what is about to begin */
	__u64 shrink_ns;     /* since when a shrinker runs; 0: none does */
	__u64 shrink_cgroup; /* id of the cgroup whose objects it is to free; 0: of none, or unknown */
};

/*
 * The base of what the kernel accounts to a task; that counts only while it matches the filters.  While it matches, the
 * count is the task's number less this one; else it is this one.
 */
struct mt_refs {
	__u64 minor, major;
	__u64 cpu_ns;
	__u64 thrashes, thrash_ns; /* waits for pages of the working set, of delay accounting */
};

/*
 * What the iterator found about a task whose identity has changed without an event of its own.  The task takes it
 * over at its next event, if it has not changed by itself meanwhile (gen).  Only the iterator writes here.
 */
struct mt_found {
	__u32 gen;
	__u32 match;
	struct mt_refs refs;
};

/*
 * What a task's hooks keep about it.  Only the task itself writes here, except members whose comment names the
 * iterator.  User space reads it in the self-test.  Members that a fault touches lie together, in few cache lines: the
 * kernel has just cleared a page and with it much of the first-level cache.
 */
struct mt_state {
	struct mt_who who;
	__u64 life;
	struct mt_refs refs;
	struct mt_found found;
	__u64 fault_ns; /* when its last exception came, while latencies are asked for */
	__u64 fault_address;
	__u64 fault_vma;    /* address of the mapping, while the fault is being handled */
	__u8 fault_swapped; /* its page was on swap */
	__u8 walking;	    /* its user stack is being read, which may raise exceptions that do not count */
	__u8 renamed;	    /* by another task: set by that one */
	__u8 flags;	    /* enum mt_state_flags */
	__u16 minor_marks;  /* bits of the kinds that functions tell of it, and of enum mt_minor_mark */
	__u16 minor_code;   /* the error code of that fault; all bits set: it has none */
	__u64 minor_ns;	    /* the same for the probe minor, which may be on without the other */
	__u64 minor_address;
	/* For records of single events: */
	struct mt_ref ref;	 /* stands for who */
	struct mt_ref announced; /* what was announced, in that epoch, to those rings */
	__u64 announced_rings;	 /* a bit each */
	__u64 woke_ns;		 /* when the reader was last woken for them */
	__u32 announced_epoch;
	__u32 sent_sum; /* of what was sent, at the exit */
	/* For each fault: */
	__u16 match;	   /* it meets the filters */
	__u16 exited;	   /* enum mt_exit_flags: who no longer changes */
	__s32 minor_stack; /* the kernel's call chain to that fault, in kernel mode */
	__u16 ended;	   /* its last record was sent, or none is due */
	__u16 heard;	   /* user space knows this life; also set by the iterator */
	__u32 gen;	   /* generation of all that names the task: odd while that changes; 0: not there yet */
	/* Address of the task's css_set when who.cgroup_id was read; the iterator clears it to have all read again. */
	__u64 css_set;
	__u64 cred; /* the same of its credentials, for who.uid */
	/*
	 * How often it had left its CPU when the iterator last saw all of its counters, while it ran on none: until it
	 * runs again they stay as they are.  All bits set: that is not known.  Only the iterator writes this.
	 */
	__u32 seen_switches;
	__u32 memory_switches; /* the same of its process's memory */
	/*
	 * The counters of the probes that are on (struct mt_cfg); those that the kernel accounts stay 0: a record takes
	 * them from the task.  Behind the last of them, as 32 bits each, come the low halves of what the last record
	 * had (state__sent_counts()); the iterator writes these as well, until the exit.  Behind these comes a struct
	 * mt_stalled, if the probe stall is on (state__stalled()), and a struct mt_reclaiming, if reclaim is
	 * (state__reclaiming()).  The maps have room for no more.
	 */
	__u64 c[MT_NR_SLOTS];
	__u32 room[MT_NR_SLOTS];
	struct mt_stalled room_too;
	struct mt_reclaiming and_too;
};

/* Properties that a task has from its birth on. */
enum mt_state_flags {
	MT_STATE_FAMILY = 1 << 0,   /* the command or a descendant */
	MT_STATE_FOLLOWED = 1 << 1, /* a child of what MT_FILTER_FOLLOW follows */
};

enum mt_exit_flags {
	MT_EXITED = 1 << 0,
	MT_EXITED_OUTSIDE = 1 << 1, /* before the run began or after it ended: what follows does not count */
	MT_EXITED_FAULTY = 1 << 2,  /* it may still take a fault */
};

/* Configuration.  Each object is loaded with it in .rodata.cfg, so that the verifier removes what is not asked for. */
struct mt_cfg {
	__u32 filter;	   /* enum mt_filter: the conditions that a task must meet, all of them */
	__u32 every;	   /* bit per enum mt_probe: a record for each single hot event */
	__u32 latency;	   /* bit per enum mt_probe: measure what costs a clock read per event */
	__u32 stacks;	   /* single events have stack ids */
	__u32 stack_bytes; /* of user stacks so many bytes are copied, instead of following frame pointers; 0: none */
	__u32 stack_tops;  /* events with user stacks have a struct mt_stack_top behind them */
	__u32 sample;	   /* of single events one in so many, by a hash of the address; 0: all */
	__u32 has_task_storage;
	__u32 refuses_lookups; /* task storage refuses look-ups as well while another task is preempted in it (up
				  to 6.1) */
	__u32 nr_hot_rings;
	__u32 cpus_per_ring;	/* CPU / this is the number of its hot ring */
	__u32 hot_wakeup_bytes; /* a hot ring with more than this waiting wakes its reader */
	__u32 rare_fold_bytes;	/* a rare ring with more than this waiting gets counts, no records */
	__u32 page_size;
	__u32 nr_cpus;		   /* possible ones */
	__u32 max_map_count;	   /* vm.max_map_count; 0: not known */
	__u32 faults_after_exit;   /* sched_process_exit fires before a task's last fault */
	__u32 rests;		   /* tasks may count after sched_process_exit, and are looked at when they are freed */
	__u32 parents;		   /* tasks' records name their parents */
	__u32 lru_generations;	   /* the multi-generational LRU is on */
	__u32 twice;		   /* programs on psi_memstall_enter() and _leave() are there twice */
	__u32 marks_stalls;	   /* the kernel marks tasks that stall: PSI is on */
	__u32 tells_swap;	   /* a function can be hooked that shows which faults are on swap */
	__u32 tells_writes;	   /* the same of writes to pages that are there */
	__u32 accounts_delays;	   /* delay accounting is on: see mt_control.takes_delays */
	__u32 probes;		   /* bit per enum mt_probe: those that are on */
	__u32 nr_slots;		   /* of these probes: a task has so many counters, in the order of enum mt_slot */
	__u64 huge_page_size;	   /* in bytes; 0: the kernel has none */
	__u64 long_stall_ns;	   /* a stall that takes at least that has a record */
	__u32 shift[MT_NR_PROBES]; /* of a probe that is on: how much less a counter's place among them is than its slot
				    */
	__u32 counted[MT_NR_SLOTS]; /* by place: all bits of a counter that programs count; 0: it may be the kernel's */
};

enum mt_filter {
	MT_FILTER_PID = 1 << 0,	   /* map filter_pid: thread group */
	MT_FILTER_TID = 1 << 1,	   /* map filter_tid */
	MT_FILTER_UID = 1 << 2,	   /* map filter_uid */
	MT_FILTER_COMM = 1 << 3,   /* map filter_comm: the thread's or the leader's */
	MT_FILTER_CGROUP = 1 << 4, /* maps filter_cgroup, filter_levels: that cgroup or one below it */
	MT_FILTER_CMD = 1 << 5,	   /* the command that memtrace starts, and its descendants */
	MT_FILTER_FOLLOW = 1 << 6, /* children born later of what MT_FILTER_PID, _TID or _COMM names */
};

#define MT_FILTER_ENTRIES 1024 /* per kind */
#define MT_FILTER_LEVELS  64

/* How deep the cgroups in filter_cgroup are, each depth once: the root of a hierarchy is at level 0. */
struct mt_filter_levels {
	__u32 nr;
	__u32 level[MT_FILTER_LEVELS];
};

/* What user space changes while programs run, and reads back: the map "control". */
struct mt_control {
	__u32 cmd_parent; /* a child that this thread group forks is the command; 0: none */
	__u32 iter_mode;  /* enum mt_iter_mode */
	__u32 phase;	  /* enum mt_phase */
	__u32 self;	  /* memtrace's own thread group in the initial pid namespace: the iterator fills it in */
	__u32 epoch;	  /* a number that changes at each tick: tasks with single events are announced again */
	__u32 spares;	  /* tasks whose counters are in the map "tid_state" though the kernel has task storage */
	/* of kswapd, on the lists that the kernel uses: it tells of each page, so none that was told is none */
	__u32 tells_scanned, tells_reclaimed;
	__u32 takes_delays;		   /* no program sees a refault: delay accounting's waits count as such */
	__u16 memory_mode;		   /* enum mt_memory_mode */
	__u16 memory_in_pass;		   /* the iterator of tasks that runs can tell it: set by that one */
	__u64 attached_ns;		   /* the birth of every task born after this is seen; 0: not attached yet */
	__u64 ended_ns;			   /* when the run ended; 0: it has not */
	__u64 stalled;			   /* of all CPUs: see struct mt_cpu */
	__u64 stalls_unbalanced;	   /* times that these could not be kept: they mean nothing any more */
	__u64 exited;			   /* tasks with counters that have exited */
	__u64 freed;			   /* ... and were freed after that */
	__u64 faulty_exited, faulty_freed; /* those of them that may have taken a fault in between */
	__u64 late;			   /* tasks found without counters after the first pass: theirs start there */
	__u64 held;			   /* records that were put into the map "finals" */
	/* Seen by the current pass of the iterator: */
	__u64 seen_exited, seen_faulty; /* tasks that exited but are not freed yet */
	__u64 seen_changing;		/* tasks that were left out because their identity was just changing */
};

enum mt_phase {
	MT_PHASE_ATTACHING,
	MT_PHASE_RUN,
	MT_PHASE_ENDING, /* the run is over: counts are still to be sent; new tasks do not count */
	MT_PHASE_OVER,	 /* ... counts were sent, except the rest of tasks that exited before the end */
};

enum mt_iter_mode {
	MT_ITER_BASE, /* give each task counters; send the counts of tasks that already have some, as base */
	MT_ITER_TICK, /* send what changed since the last pass */
	MT_ITER_REST, /* only of tasks that have exited */
};

/* Whether a pass of the iterator also tells the memory of processes. */
enum mt_memory_mode {
	MT_MEMORY_NONE,
	MT_MEMORY_AWAKE, /* of those that ran since it was told last; what others have may have been reclaimed */
	MT_MEMORY_ALL,
};

/* A call chain in the map "more_stacks" or "more_kernel_stacks". */
struct mt_chain {
	__u64 hash;
	__u64 addresses[MT_STACK_DEPTH]; /* 0 behind the last */
};

/* Losses and folds, one set per CPU in its struct mt_cpu; they only grow. */
struct mt_lost {
	__u64 records[MT_NR_RINGS]; /* records that found their ring full; for hot rings only last counts of tasks */
	__u64 events;		    /* single events that found their hot ring full */
	__u64 tasks;		    /* hot events of tasks that have no counters */
	__u64 span_overflow;	    /* episodes that found no room for an open span */
	__u64 span_unfinished;	    /* episodes whose task ended, or whose begin was not seen */
	__u64 folded;		    /* episodes counted without a record because the ring was nearly full */
	__u64 stacks;		    /* call chains that found no room in their maps */
	/* Counts of tasks that ended when all was full, as far as no record has them; at the places of struct mt_cfg.
	 */
	__u64 unattributed[MT_NR_SLOTS];
};

/*
 * What a CPU counts beside the tasks' counters: its element of the map "cpus".  User space reads it through mmap: a
 * system call that reads a map keeps programs of kind tp off its CPU for as long as it takes, or, if it is preempted,
 * until it goes on (bpf_disable_instrumentation()).
 */
struct mt_cpu {
	struct mt_lost lost;
	__u64 machine[MT_NR_MACHINE_SLOTS];
	__u64 keyed_changes; /* of keyed counters, whichever */
	__u64 stalled;	     /* time with a stalled task: see mt_stalled_time() */
	/* What the kernel has of that (struct psi_group_cpu), as it was last read; only the lowest 32 bits. */
	__u32 psi_some_ns, psi_full_ns;
} __attribute__((aligned(64))); /* no two CPUs share a cache line */

/*
 * The histogram slot of a value: the smallest i with value <= 2^i, so that an exact power of two falls into the slot
 * whose upper bound it is.
 */
static inline __u32 mt_log2_slot(__u64 value)
{
	__u32 slot = 0;

	if (value <= 1)
		return 0;
	value--;
	if (value >> 32) {
		value >>= 32;
		slot += 32;
	}
	if (value >> 16) {
		value >>= 16;
		slot += 16;
	}
	if (value >> 8) {
		value >>= 8;
		slot += 8;
	}
	if (value >> 4) {
		value >>= 4;
		slot += 4;
	}
	if (value >> 2) {
		value >>= 2;
		slot += 2;
	}
	if (value >> 1)
		slot += 1;
	slot += 1;
	return slot < MT_HIST_SLOTS ? slot : MT_HIST_SLOTS - 1;
}

/*
 * Time in which at least one task was stalled, and how many are now, in one word: each change is one atomic operation,
 * and so is a look.  The time is in units of 64 ns, modulo 52 days: the sum of the ends less the sum of the begins.
 */
#define MT_STALLED_BITS 46
#define MT_STALLED_MASK ((1ULL << MT_STALLED_BITS) - 1)
#define MT_STALLED_MAX	((1ULL << (64 - MT_STALLED_BITS)) - 1)

/* In nanoseconds, modulo 52 days. */
static inline __u64 mt_stalled_time(__u64 word, __u64 now_ns)
{
	__u64 time = word >> MT_STALLED_BITS ? word + (now_ns >> 6) : word;

	return (time & MT_STALLED_MASK) << 6;
}

/* The word after a task more (or one less) is stalled; word if it cannot be. */
static inline __u64 mt_stalled_next(__u64 word, int more, __u64 now_ns)
{
	__u64 nr = word >> MT_STALLED_BITS, time = word;

	if (more ? nr == MT_STALLED_MAX : !nr)
		return word;
	if (more && !nr)
		time -= now_ns >> 6;
	nr += more ? 1 : -1;
	if (!nr)
		time += now_ns >> 6;
	return nr << MT_STALLED_BITS | (time & MT_STALLED_MASK);
}

_Static_assert(sizeof(struct mt_hdr) == 16, "mt_hdr");
_Static_assert(sizeof(struct mt_who) == 64, "mt_who");
_Static_assert(sizeof(struct mt_task) == 16 + 64 + 16 + 8 * MT_NR_SLOTS + 64, "mt_task");
_Static_assert(sizeof(struct mt_cgroup_gone) == 24 + MT_CGROUP_PATH_LEN, "mt_cgroup_gone");
_Static_assert(sizeof(struct mt_who_is) == 88, "mt_who_is");
_Static_assert(sizeof(struct mt_known_stack) == 24 + 2 * MT_KNOWN_WORDS, "mt_known_stack");
_Static_assert(sizeof(struct mt_stack_copy) == 40 + 8 * MT_MAX_REGS, "mt_stack_copy");
_Static_assert(sizeof(struct mt_fault) == 56, "mt_fault");
_Static_assert(sizeof(struct mt_major) == 152, "mt_major");
_Static_assert(sizeof(struct mt_swapin) == 128, "mt_swapin");
_Static_assert(sizeof(struct mt_minor) == 64, "mt_minor");
_Static_assert(sizeof(struct mt_alloc) == 48, "mt_alloc");
_Static_assert(sizeof(struct mt_reclaim) == 160, "mt_reclaim");
_Static_assert(sizeof(struct mt_reclaim_by_target) == 16 + 16 + 24 + 24 + 8 * MT_HIST_SLOTS, "mt_reclaim_by_target");
_Static_assert(sizeof(struct mt_kswapd) == 144, "mt_kswapd");
_Static_assert(sizeof(struct mt_oom) == 232, "mt_oom");
_Static_assert(sizeof(struct mt_oom_candidate) == 152, "mt_oom_candidate");
_Static_assert(sizeof(struct mt_oom_after) == 32, "mt_oom_after");
_Static_assert(sizeof(struct mt_denied) == 120, "mt_denied");
_Static_assert(sizeof(struct mt_alloc_failed) == 96, "mt_alloc_failed");
_Static_assert(sizeof(struct mt_sigkill) == 144, "mt_sigkill");
_Static_assert(sizeof(struct mt_stack_overflow) == 104, "mt_stack_overflow");
_Static_assert(sizeof(struct mt_space) == 48, "mt_space");
_Static_assert(sizeof(struct mt_heap) == 64, "mt_heap");
_Static_assert(sizeof(struct mt_heap_path) == 48, "mt_heap_path");
_Static_assert(sizeof(struct mt_heap_map) == 64, "mt_heap_map");
_Static_assert(sizeof(struct mt_heap_sum) == 128, "mt_heap_sum");
_Static_assert(sizeof(struct mt_heap_process) == 96, "mt_heap_process");
_Static_assert(sizeof(struct mt_kpages) == 48, "mt_kpages");
_Static_assert(sizeof(struct mt_kpages_sum) == 64, "mt_kpages_sum");
_Static_assert(sizeof(struct mt_memory) == 128, "mt_memory");
_Static_assert(sizeof(struct mt_stall) == 152, "mt_stall");
_Static_assert(sizeof(struct mt_reclaim_yield) == 16 + 16 + 24 + 16, "mt_reclaim_yield");
_Static_assert(sizeof(struct mt_refault_by_evictor) == 16 + 24 + 24 + 24, "mt_refault_by_evictor");
_Static_assert(sizeof(struct mt_cache_file) == 56 + MT_FILE_PATH_LEN, "mt_cache_file");
_Static_assert(sizeof(struct mt_cache_by_file) == 16 + 24 + 24 + 56, "mt_cache_by_file");
_Static_assert(sizeof(struct mt_cache_by_cgroup) == 16 + 8 + 24 + 56, "mt_cache_by_cgroup");
_Static_assert(sizeof(struct mt_cache_read_back) == 16 + 40 + 24 + 8, "mt_cache_read_back");
_Static_assert(sizeof(struct mt_khugepaged) == 16 + 32 + 24 + 24, "mt_khugepaged");
_Static_assert(sizeof(struct mt_swap_out) == 16 + 64 + 24 + 8, "mt_swap_out");
_Static_assert(sizeof(struct mt_swap_io) == 16 + 40 + 24 + 16 + 8 * MT_HIST_SLOTS, "mt_swap_io");
_Static_assert(sizeof(struct mt_slab_shrinker) == 16 + 40 + 24 + 16, "mt_slab_shrinker");
_Static_assert(sizeof(struct mt_stall_by_cause) == 16 + 16 + 24 + 8 + 8 * MT_HIST_SLOTS, "mt_stall_by_cause");
_Static_assert(sizeof(struct mt_stall_by_caller) == 16 + 40 + 24 + 8, "mt_stall_by_caller");
_Static_assert(sizeof(struct mt_stall_by_kthread) == 16 + 8 + 24 + 16, "mt_stall_by_kthread");
_Static_assert(sizeof(struct mt_state) ==
		       (12 * MT_NR_SLOTS + 7) / 8 * 8 + 32 + 24 + 72 + 16 + 24 + 48 + 32 + 8 + 128 + 32 + 32,
	       "mt_state");
/* What the kernel accounts has the same place whichever probes are on beside fault. */
_Static_assert(MT_SLOT_fault_minor == 0 && MT_SLOT_fault_major == 1, "accounted slots");

#endif
