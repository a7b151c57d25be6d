/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel types that the BPF programs read, trimmed by hand to the fields
 * that they use.  Offsets and sizes mean nothing here: libbpf relocates each
 * access to the running kernel by name (CO-RE).  What differs between kernels
 * stands in bpf/core/compat/ as ___flavours.  `make vmlinux-check` compares
 * this file with a kernel's BTF; README.md says how to add a type.
 */
#ifndef MEMTRACE_VMLINUX_H
#define MEMTRACE_VMLINUX_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef short __s16;
typedef signed char __s8;
typedef __u8 u8;
typedef __u16 u16;
typedef __s16 s16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gfp_t;
typedef _Bool bool;

enum { false = 0, true = 1 };

/* From the kernel's user-space interface (include/uapi/linux/bpf.h): fixed values. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
	BPF_F_NO_PREALLOC = 1,
	BPF_F_MMAPABLE = 1 << 10,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_F_USER_STACK = 1 << 8,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

typedef struct {
	uid_t val;
} kuid_t;

struct percpu_counter {
	s64 count;
	s32 *counters;
};

struct kernfs_node {
	u64 id;
	void *priv;
};

struct cgroup_root;

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct cgroup *ancestors[1]; /* as many as it has, and itself */
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
};

enum cgroup_subsys_id {
	/* the values are the running kernel's, by CO-RE */
	memory_cgrp_id = 1,
	pids_cgrp_id = 2,
};

struct cred {
	kuid_t uid;
};

typedef struct {
	int counter;
} atomic_t;

struct rlimit {
	unsigned long rlim_cur;
};

struct signal_struct {
	atomic_t live; /* threads that have not exited */
	struct rlimit rlim[16];
	s16 oom_score_adj;
};

struct robust_list_head;

struct futex_sched_data {
	struct robust_list_head *robust_list;
};

struct mm_struct {
	atomic_t mm_users;
	int map_count;
	unsigned long mmap_base;
	unsigned long total_vm;
	unsigned long locked_vm;
	unsigned long data_vm;
	atomic_long_t pgtables_bytes;
	unsigned long start_code;
	unsigned long end_code;
	unsigned long start_stack;
};

enum {
	MM_FILEPAGES = 0,
	MM_ANONPAGES = 1,
	MM_SWAPENTS = 2,
	MM_SHMEMPAGES = 3,
};

struct super_block {
	u32 s_dev; /* dev_t */
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino; /* u64 from 7.1 on */
	void *i_private;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct fdtable {
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct sched_entity {
	u64 sum_exec_runtime;
};

struct task_struct {
	pid_t pid;
	pid_t tgid;
	unsigned int flags;
	unsigned int on_cpu; /* with CONFIG_SMP; a byte in 7.3: an instruction that loads it is adjusted if it has no sign */
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long min_flt;
	unsigned long maj_flt;
	u64 start_boottime;
	struct sched_entity se;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	const struct cred *real_cred;
	struct css_set *cgroups;
	struct files_struct *files;
	struct mm_struct *mm;
	struct signal_struct *signal;
	int exit_state;
	struct completion *vfork_done;
	int *clear_child_tid;
	struct robust_list_head *robust_list; /* up to 7.1 */
	struct futex_sched_data futex;	      /* seen in 7.3 */
	char comm[16];
};

struct pt_regs;
struct page;
struct linux_binprm;
struct reclaim_stat;
struct mem_cgroup;

struct seq_file {
	unsigned long size;
	unsigned long count;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* Registers: bpf_tracing.h knows their names in the kernel's own structs where this is defined. */
#define __VMLINUX_H__
#if defined(__TARGET_ARCH_x86)
#include "x86.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arm64.h"
#endif

#endif
