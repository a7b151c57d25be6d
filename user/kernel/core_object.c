// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "core_object.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../base/small_file.h"
#include "../model/task_places.h"
#include "delays.h"
#include "kernel_btf.h"
#include "prototype.h"
#include "task.skel.h"

#define TP_BTF(program_, event_, proto_)                                                                               \
	{                                                                                                              \
		{ .program = program_, .kind = ATTACH_TP_BTF, .event = event_, .proto = proto_ }, {},                  \
	}

/* For another task than the current one, only tp_btf has a pointer that task storage accepts. */
static const struct attach_alt fork_alts[] = TP_BTF("core_newtask", "task:task_newtask", "struct task_struct *task");
static const struct attach_alt again_alts[] =
	TP_BTF("core_fork", "sched:sched_process_fork", "struct task_struct *parent,struct task_struct *child");
static const struct attach_alt exec_alts[] = {
	{ .program = "core_exec",
	  .kind = ATTACH_TP_BTF,
	  .event = "sched:sched_process_exec",
	  .proto = "struct task_struct *p,pid_t old_pid" },
	{ .program = "core_exec_tp", .kind = ATTACH_TP, .event = "sched:sched_process_exec" },
	{},
};
static const struct attach_alt exit_alts[] = {
	{ .program = "core_exit",
	  .kind = ATTACH_TP_BTF,
	  .event = "sched:sched_process_exit",
	  .proto = "struct task_struct *p" },
	{ .program = "core_exit_tp", .kind = ATTACH_TP, .event = "sched:sched_process_exit" },
	{},
};
static const struct attach_alt free_alts[] = TP_BTF("core_free", "sched:sched_process_free", "struct task_struct *p");
static const struct attach_alt rename_alts[] =
	TP_BTF("core_rename", "task:task_rename", "struct task_struct *task,char *comm");
static const struct attach_alt rmdir_alts[] =
	TP_BTF("core_cgroup_rmdir", "cgroup:cgroup_rmdir", "struct cgroup *cgrp,char *path");
static const struct attach_alt iter_alts[] = {
	{ .program = "core_iter_mem", .kind = ATTACH_ITER },
	{ .program = "core_iter", .kind = ATTACH_ITER },
	{},
};

static const struct attach_alt level_alts[] = {
	{ .program = "core_cgroup_level", .kind = ATTACH_RUN },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "fork", .need = HOOK_REQUIRED, .alts = fork_alts, .loss = "processes that start" },
	{ .name = "fork again",
	  .need = HOOK_OPTIONAL,
	  .alts = again_alts,
	  .loss = "processes that start while another start is preempted" },
	{ .name = "exec",
	  .need = HOOK_REQUIRED,
	  .alts = exec_alts,
	  .loss = "processes that execute another program",
	  .tp_as_good = true },
	{ .name = "exit", .need = HOOK_REQUIRED, .alts = exit_alts, .loss = "processes that end", .tp_as_good = true },
	{ .name = "free", .need = HOOK_REQUIRED, .alts = free_alts, .loss = "their last counts" },
	{ .name = "tasks", .need = HOOK_REQUIRED, .alts = iter_alts, .loss = "processes that run" },
	{ .name = "rename",
	  .need = HOOK_OPTIONAL,
	  .alts = rename_alts,
	  .loss = "which counts of a thread that was renamed belong to its old name" },
	{ .name = "cgroup removal",
	  .need = HOOK_OPTIONAL,
	  .alts = rmdir_alts,
	  .loss = "names of cgroups that lived less than an interval" },
	{ .name = "cgroup level", .need = HOOK_OPTIONAL, .alts = level_alts, .loss = "the choice by cgroup (-c)" },
	{},
};

/* Records of one's own, or shared with other events. */
#define EXIT_RECORD	   "trace_event_raw_sched_process_exit"
#define SHARED_EXIT_RECORD "trace_event_raw_sched_process_template"

#define MAP_TYPES "bpf_map_type"
#define SWAP_IN	  "do_swap_page"
#define WRITTEN	  "do_wp_page"
#define DELAYS	  "task_delay_info"
/* From 6.2 on programs look tasks up by this function, which takes no lock (kernel/bpf/bpf_task_storage.c). */
#define LOOK_UP "bpf_task_storage_get_recur"

/* Maps of tasks' counters.  The second is all that a kernel without task storage has. */
#define TASK_STATE "task_state"
#define TID_STATE  "tid_state"

/* How many tasks that the storage has refused may live at a time. */
#define MAX_SPARES 1024

/* Task storage came with 5.11; its enumerator in the kernel's BTF says so without a system call. */
static bool has_task_storage(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, MAP_TYPES, BTF_KIND_ENUM), i;
	const struct btf_type *t = id >= 0 ? btf__type_by_id(btf, id) : NULL;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (btf_enum(t)[i].val == BPF_MAP_TYPE_TASK_STORAGE)
			return true;
	return false;
}

/*
 * From 6.16 on sched_process_exit fires before exit_mm(), which can still fault, has an event class of its own, and
 * two arguments; up to 6.15 it shared sched_process_template.  A kernel that fits neither is treated as a new one:
 * counts that are read at the task's end are right on both.
 */
static bool has_faults_after_exit(const struct btf *btf)
{
	if (btf__find_by_name_kind(btf, EXIT_RECORD, BTF_KIND_STRUCT) >= 0)
		return true;
	return btf__find_by_name_kind(btf, SHARED_EXIT_RECORD, BTF_KIND_STRUCT) < 0 ||
	       !prototype__has_arguments(btf, "sched:sched_process_exit", 1);
}

static bool has_lru_generations(void)
{
	char mask[16];
	unsigned int enabled;

	if (small_file__read_line("/sys/kernel/mm/lru_gen/enabled", mask, sizeof(mask)))
		return false;
	return sscanf(mask, "%x", &enabled) == 1 && enabled & 1;
}

/* PSI is on: the file is there without it as well, but cannot be read (kernel/sched/psi.c, psi_show()). */
static bool counts_pressure(void)
{
	char line[128];

	return !small_file__read_line("/proc/pressure/memory", line, sizeof(line));
}

/* Waits for pages of the working set: a kernel without delay accounting does not have the type. */
static bool accounts_delays(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, DELAYS, BTF_KIND_STRUCT) >= 0 && delays__are_on();
}

/* 0: there are none */
static uint64_t huge_page_size(void)
{
	char text[32];

	small_file__read_at(AT_FDCWD, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text, sizeof(text));
	return strtoull(text, NULL, 10);
}

static uint32_t max_map_count(void)
{
	char text[16];
	int len = small_file__read_at(AT_FDCWD, "/proc/sys/vm/max_map_count", text, sizeof(text));

	return len > 0 ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

void core_object__probe_kernel(struct mt_cfg *cfg, const struct btf *btf)
{
	cfg->nr_cpus = libbpf_num_possible_cpus();
	cfg->has_task_storage = has_task_storage(btf);
	cfg->refuses_lookups = btf__find_by_name_kind(btf, LOOK_UP, BTF_KIND_FUNC) < 0;
	cfg->faults_after_exit = has_faults_after_exit(btf);
	cfg->lru_generations = has_lru_generations();
	cfg->marks_stalls = counts_pressure();
	cfg->twice = prototype__preemptible(btf);
	cfg->tells_swap = btf__find_by_name_kind(btf, SWAP_IN, BTF_KIND_FUNC) >= 0;
	cfg->tells_writes = btf__find_by_name_kind(btf, WRITTEN, BTF_KIND_FUNC) >= 0;
	cfg->accounts_delays = accounts_delays(btf);
	cfg->page_size = sysconf(_SC_PAGESIZE);
	cfg->max_map_count = max_map_count();
	cfg->huge_page_size = huge_page_size();
}

/* How many different call chains are kept, each in some 1 KiB of the kernel's memory. */
#define MAX_STACKS	  32768
#define MAX_KERNEL_STACKS 8192

static int set_stacks(struct bpf_object *bpf, const struct mt_cfg *cfg)
{
	static const char *const names[] = { "stacks", "kernel_stacks", "more_stacks", "more_kernel_stacks",
					     "chain_drafts" };
	static const char *const of_copies[] = { "copy_drafts", "known_stacks" };
	int err = 0;

	for (size_t i = 0; !err && !cfg->stacks && i < sizeof(names) / sizeof(*names); i++)
		err = bpf_map__set_autocreate(bpf_object__find_map_by_name(bpf, names[i]), false);
	for (size_t i = 0; !err && !cfg->stack_bytes && i < sizeof(of_copies) / sizeof(*of_copies); i++)
		err = bpf_map__set_autocreate(bpf_object__find_map_by_name(bpf, of_copies[i]), false);
	if (!err && cfg->stacks)
		err = bpf_map__set_max_entries(bpf_object__find_map_by_name(bpf, names[0]), MAX_STACKS);
	if (!err && cfg->stacks)
		err = bpf_map__set_max_entries(bpf_object__find_map_by_name(bpf, names[1]), MAX_KERNEL_STACKS);
	return err;
}

/*
 * Task storage must have the type of its values in BTF, as large as they are, so the object's own will not do: this
 * has an array of bytes.  Returns a file descriptor or -errno.
 */
static int make_task_state(size_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *btf = btf__new_empty();
	int key, byte, value, fd = -ENOMEM;

	if (!btf)
		return fd;
	key = btf__add_int(btf, "int", sizeof(int), BTF_INT_SIGNED);
	byte = btf__add_int(btf, "unsigned char", 1, 0);
	value = btf__add_array(btf, key, byte, size);
	if (key > 0 && byte > 0 && value > 0)
		fd = btf__load_into_kernel(btf);
	if (!fd) {
		opts.btf_fd = btf__fd(btf);
		opts.btf_key_type_id = key;
		opts.btf_value_type_id = value;
		fd = bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, TASK_STATE, sizeof(int), size, 0, &opts);
	}
	btf__free(btf);
	return fd;
}

static int set_task_state(struct bpf_object *bpf, size_t size)
{
	int fd = make_task_state(size), err;

	if (fd < 0)
		return fd;
	err = bpf_map__reuse_fd(bpf_object__find_map_by_name(bpf, TASK_STATE), fd);
	close(fd);
	return err;
}

/* Maps of tasks' counters and of their records: as large as those of the probes that are on. */
static int set_task_maps(struct bpf_object *bpf, const struct mt_cfg *cfg)
{
	size_t state = task_places__state_size(cfg), record = task_places__record_size(cfg);
	struct bpf_map *by_tid = bpf_object__find_map_by_name(bpf, TID_STATE);
	int err = bpf_map__set_value_size(bpf_object__find_map_by_name(bpf, "finals"), record);

	if (!err)
		err = bpf_map__set_value_size(by_tid, state);
	if (err)
		return err;
	if (!cfg->has_task_storage)
		return bpf_map__set_autocreate(bpf_object__find_map_by_name(bpf, TASK_STATE), false);
	err = bpf_map__set_max_entries(by_tid, MAX_SPARES);
	return err ? err : set_task_state(bpf, state);
}

struct preparation {
	const struct mt_cfg *cfg;
	const struct ring_maps *rings;
};

static int set_maps(struct bpf_object *bpf, void *ctx)
{
	const struct preparation *p = ctx;
	int err = set_task_maps(bpf, p->cfg);

	if (!err)
		err = bpf_map__set_max_entries(bpf_object__find_map_by_name(bpf, "cpus"), p->cfg->nr_cpus);
	if (!err)
		err = set_stacks(bpf, p->cfg);
	return err ? err : ring_maps__give(p->rings, bpf);
}

int core_object__add_names(struct btf_names *names)
{
	struct object_request req = { .hooks = hooks };

	btf_names__add(names, "", MAP_TYPES);
	btf_names__add(names, "", EXIT_RECORD);
	btf_names__add(names, "", SHARED_EXIT_RECORD);
	btf_names__add(names, "", SWAP_IN);
	btf_names__add(names, "", WRITTEN);
	btf_names__add(names, "", DELAYS);
	btf_names__add(names, "", LOOK_UP);
	req.image = task_bpf__elf_bytes(&req.image_size);
	return object__add_names(names, &req);
}

int core_object__open(struct object *core, const struct mt_cfg *cfg, const struct ring_maps *rings,
		      const struct kernel_btf *types)
{
	struct preparation preparation = { cfg, rings };
	struct object_request req = {
		.name = "memtrace_core",
		.hooks = hooks,
		.cfg = cfg,
		.types = types,
		.prepare = set_maps,
		.prepare_ctx = &preparation,
	};

	req.image = task_bpf__elf_bytes(&req.image_size);
	return object__open(core, &req);
}
