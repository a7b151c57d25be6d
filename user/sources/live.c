// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "live_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "../kernel/attach_target.h"
#include "../kernel/cgroup.h"
#include "../kernel/core_object.h"
#include "../kernel/features.h"
#include "../kernel/proc.h"
#include "../kernel/prototype.h"
#include "../model/task_places.h"
#include "../symbols/unwind.h"

/* How long to wait until exited tasks are freed: for those that may have taken a fault since, and for the others. */
#define DRAIN_MAX_NS   2000000000ULL
#define DRAIN_SOON_NS  25000000ULL  /* for all, if a signal or -d ended the run */
#define DRAIN_CALM_NS  300000000ULL /* since the last one was freed */
#define DRAIN_STEP_NS  2000000
#define LAST_PASSES    5
#define ITER_READ_SIZE (64 * 1024)
#define MEMCG_ID       "memory_cgrp_id"
#define TASK_REGS      "BPF_FUNC_task_pt_regs" /* a helper, from 5.15 on */
#define MAX_DEPTH      64		       /* ancestors of a chosen cgroup that have samples */
#define ALL_TICKS      10
#define KEPT_FDS_MAX   512	     /* files of cgroups, or a quarter of what may be open */
#define TICK_BYTES     (1024 * 1024) /* of a ring: all of it if only counters are asked for */

/* For kernels that give only a victim's thread id: the rest is looked up in /proc while the victim lives. */
static void complete_victim(struct mt_oom *oom)
{
	struct mt_who found = { 0 };

	if (oom->victim.pid || !oom->victim.tid || proc__who(oom->victim.tid, oom->hdr.time_ns, &found))
		return;
	oom->victim.pid = found.pid;
	oom->victim.uid = found.uid;
	memcpy(oom->victim.comm, found.comm, sizeof(found.comm));
}

/* The cgroup at that path, if the victim is in it or below it: names in the log may be made up.  0: none such. */
static uint64_t limit_cgroup(struct live *live, const char *path, uint64_t victim)
{
	const char *mount = cgroups__mount(live->cgroups);
	uint64_t above[MAX_DEPTH], id;
	char full[PATH_MAX];
	size_t nr, i;

	if (!mount || !path[0] || snprintf(full, sizeof(full), "%s%s", mount, path) >= (int)sizeof(full) ||
	    cgroups__id_at(AT_FDCWD, full, &id))
		return 0;
	nr = cgroups__ancestors(live->cgroups, victim, above, MAX_DEPTH);
	for (i = 0; i < nr; i++)
		if (above[i] == id)
			return id;
	return id == victim ? id : 0;
}

/* Where no program sees what a kill is about, the kernel's log says at least where memory ran out. */
static void ask_log(struct live *live, struct mt_oom *oom)
{
	const struct oom_line *line;

	if (oom->constraint != MT_UNKNOWN_S32)
		return;
	line = oom_log__find(&live->oom_log, oom->victim.pid, oom->victim.tid);
	if (!line)
		return;
	oom->constraint = line->constraint;
	oom->limit_cgroup_id = limit_cgroup(live, line->limit, oom->victim.cgroup_id);
}

/* An event after the end of the run, while last counts are still missing. */
static bool is_too_late(const struct live *live, const struct mt_hdr *hdr)
{
	return live->ended && hdr->time_ns > live->end_checkpoint.now_ns && hdr->id != MT_REC_TASK &&
	       hdr->id != MT_REC_WHO;
}

/* What a record of the run names has samples from then on. */
static void hand_over(struct live *live, const void *data, size_t size)
{
	live->sink.record(live->sink.ctx, data, size);
	if (live->running && live->samples)
		cgroup_sampler__add_named(&live->cgroup_sampler, data);
}

/*
 * What comes before the run is no part of it.  But later counts of tasks start from these, also for a task that ended
 * and is freed only later.
 */
static void deliver_task(struct live *live, const void *data, size_t size)
{
	struct mt_task task;

	if (!task_places__read(&live->cfg, data, size, &task))
		return;
	if (!live->running)
		task.flags |= MT_TASK_BASE;
	live__read_title(live, &task);
	hand_over(live, &task, sizeof(task));
}

static void deliver(struct live *live, const void *data, size_t size)
{
	const struct mt_hdr *hdr = data;

	if (is_too_late(live, hdr))
		return;
	if (hdr->id == MT_REC_TASK)
		deliver_task(live, data, size);
	else if (live->running || hdr->id == MT_REC_WHO)
		hand_over(live, data, size);
}

static void on_record(void *ctx, void *data, size_t size)
{
	struct live *live = ctx;
	const struct mt_hdr *hdr = data;

	if (size >= sizeof(struct mt_cgroup_gone) && hdr->id == MT_REC_CGROUP_GONE) {
		const struct mt_cgroup_gone *gone = data;

		cgroups__gone(live->cgroups, gone->cgroup_id, gone->path);
		live__end_keyed(live, gone->cgroup_id);
	}
	if (size == sizeof(struct mt_oom) && hdr->id == MT_REC_oom) {
		struct mt_oom oom = *(struct mt_oom *)data; /* the ring is read-only */

		complete_victim(&oom);
		ask_log(live, &oom);
		deliver(live, &oom, sizeof(oom));
		return;
	}
	deliver(live, data, size);
}

/* Kills first. */
static int open_rings(struct live *live)
{
	__u32 i;
	int err;

	err = readers__open(&live->readers);
	if (!err)
		err = readers__add(&live->readers, live__map_fd(&live->core, "ring_oom"), on_record, live);
	if (!err)
		err = readers__add(&live->readers, live__map_fd(&live->core, "ring_rare"), on_record, live);
	for (i = 0; !err && i < live->ring_maps.nr_hot; i++)
		err = readers__add(&live->readers, live->ring_maps.hot_fds[i], on_record, live);
	if (!err)
		err = ring_maps__fill(&live->ring_maps, &live->core);
	ring_maps__close(&live->ring_maps);
	return err;
}

/* What programs and user space share without system calls. */
static int map_memory(struct live *live)
{
	void *control = mmap(NULL, sizeof(*live->control), PROT_READ | PROT_WRITE, MAP_SHARED,
			     live__map_fd(&live->core, "control"), 0);
	void *cpus = mmap(NULL, live->cfg.nr_cpus * sizeof(*live->cpus), PROT_READ, MAP_SHARED,
			  live__map_fd(&live->core, "cpus"), 0);

	if (control != MAP_FAILED)
		live->control = control;
	if (cpus != MAP_FAILED)
		live->cpus = cpus;
	return live->control && live->cpus ? 0 : -errno;
}

static int find_iter(struct live *live)
{
	live->iter_link_fd = object__iter_fd(&live->core);
	return live->iter_link_fd < 0 ? live->iter_link_fd : 0;
}

static ssize_t timed_read(int fd, void *buf, size_t size, uint64_t *ns)
{
	uint64_t begin_ns = clock__boot_ns();
	ssize_t len = read(fd, buf, size);

	*ns += clock__boot_ns() - begin_ns;
	return len;
}

/*
 * Before what the iterator saw: a task that has changed its name since its last record has sent its counts under the
 * old one, which may still wait in a ring.  If the iterator's record came first, the new name would get them.
 */
static int read_older(struct live *live, enum mt_iter_mode mode, bool first)
{
	/* what is sent before the run is not counted, so there the iterator's record comes first */
	return mode == MT_ITER_BASE ? 0 : readers__read(&live->readers, first ? TICK_BYTES : 0);
}

/* Of whole records; how many bytes they are, or -errno. */
static ssize_t deliver_pass(struct live *live, const char *buf, ssize_t len, size_t *nr)
{
	ssize_t at = 0;
	int err = 0;

	while (!err && at + (ssize_t)sizeof(struct mt_hdr) <= len) {
		const struct mt_hdr *hdr = (const struct mt_hdr *)(buf + at);

		if (hdr->size < sizeof(*hdr))
			return -EIO;
		if (at + (ssize_t)hdr->size > len)
			break;
		if (hdr->id == MT_REC_memory)
			err = live__take_memory(live, hdr);
		else
			deliver_task(live, buf + at, hdr->size);
		*nr += hdr->id != MT_REC_memory;
		at += hdr->size;
	}
	return err ? err : at;
}

/* One pass over all tasks. */
static int iterate(struct live *live, enum mt_iter_mode mode)
{
	int fd = bpf_iter_create(live->iter_link_fd), err = 0;
	char *buf = live->iter_buf;
	ssize_t len, have = 0, at;
	uint64_t in_kernel_ns = 0;
	size_t nr = 0;

	if (fd < 0)
		return fd;
	live->control->iter_mode = mode;
	live->control->seen_exited = 0;
	while ((len = timed_read(fd, buf + have, ITER_READ_SIZE - have, &in_kernel_ns)) != 0) {
		if (len < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (len < 0) {
			err = -errno;
			break;
		}
		have += len;
		err = read_older(live, mode, !nr);
		if (err)
			break;
		at = deliver_pass(live, buf, have, &nr);
		if (at < 0) {
			err = (int)at;
			break;
		}
		have -= at;
		memmove(buf, buf + at, have);
	}
	close(fd);
	live->pass = (struct live_pass){ .records = nr, .kernel_ns = in_kernel_ns };
	return err;
}

#define NR_TAKEN (ITER_READ_SIZE / sizeof(struct mt_task)) /* at once */

/* As many as there were at the start: programs may add others meanwhile. */
static void take_finals(struct live *live)
{
	uint64_t held = live->control->held, keys[NR_TAKEN * 2], place, *from = NULL;
	int fd = live__map_fd(&live->core, "finals"), err = 0;
	size_t size = task_places__record_size(&live->cfg);
	char *recs = live->iter_buf;
	__u32 nr, i;

	while (live->taken < held && !err) {
		nr = NR_TAKEN;
		err = bpf_map_lookup_and_delete_batch(fd, from, &place, keys, recs, &nr, NULL);
		if (err && err != -ENOENT)
			break;
		for (i = 0; i < nr; i++)
			deliver_task(live, recs + i * size, size);
		live->taken += nr;
		from = &place;
	}
}

static int source_fd(struct source *src)
{
	return readers__fd(&live_of(src)->readers);
}

static int consume(struct live *live, uint64_t bytes)
{
	int err = readers__read(&live->readers, bytes);

	live->source.behind = live->readers.more;
	take_finals(live);
	live__follow_stacks(live);
	if (live->source.attend)
		live->source.attend(live->source.attend_ctx, false);
	return err;
}

int live__consume_all(struct live *live)
{
	const struct rings *plan = &live->ring_plan;

	return consume(live, plan->hot_bytes > plan->rare_bytes ? plan->hot_bytes : plan->rare_bytes);
}

static int source_consume(struct source *src)
{
	return consume(live_of(src), 0);
}

static int pass(struct live *live, enum mt_iter_mode mode)
{
	int err = iterate(live, mode), i;

	live->control->epoch++;
	for (i = 0; !err && i < MT_NR_PROBES; i++)
		err = cpu_events__refresh(&live->objects[i].cpu_events);
	return err ? err : consume(live, TICK_BYTES);
}

/* Of cgroups all is read each tenth time, and when the run begins and ends. */
static void take_samples(struct live *live, bool all)
{
	struct sample_record record = {
		.hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = clock__boot_ns() },
	};
	uint64_t begin_ns;

	if (!live->samples)
		return;
	sample_files__read(&live->sample_files, record.values);
	live__sample_stalls(live, record.values);
	log_debug("samples: %.3f ms", (clock__boot_ns() - record.hdr.time_ns) / 1e6);
	live->sink.record(live->sink.ctx, &record, sizeof(record));
	live__read_titles(live, record.values);
	begin_ns = clock__boot_ns();
	cgroup_sampler__read(&live->cgroup_sampler, all || live->ticks++ % ALL_TICKS == 0);
	log_debug("samples of %zu cgroups: %.3f ms", live->cgroup_sampler.nr, (clock__boot_ns() - begin_ns) / 1e6);
}

void live__take_samples(struct live *live)
{
	take_samples(live, false);
}

static int source_tick(struct source *src)
{
	struct live *live = live_of(src);
	int err;

	live->control->iter_mode = MT_ITER_TICK;
	err = live__look_at_stalls(live);
	live__begin_memory(live);
	if (!err)
		err = pass(live, MT_ITER_TICK);
	live__end_memory(live, err);
	live__read_keyed(live);
	live__read_heap(live, false);
	live__forget_titles(live);
	take_samples(live, false);
	log_debug("iterator: %zu records in %.2f ms", live->pass.records, live->pass.kernel_ns / 1e6);
	return err;
}

/* What each task has counted.  Tasks that were just changing their name are visited again some times. */
static int last_pass(struct live *live)
{
	int err = 0, i;

	for (i = 0; !err && i < LAST_PASSES; i++) {
		err = pass(live, MT_ITER_TICK);
		if (!live->control->seen_changing)
			break;
	}
	if (!err && live->ended)
		live->control->phase = MT_PHASE_OVER;
	return err;
}

static uint64_t beyond(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Everything is known of tasks that have exited and are still found by the iterator. */
static uint64_t nr_pending(const struct live *live)
{
	const volatile struct mt_control *ctl = live->control;

	return beyond(ctl->exited - ctl->freed, ctl->seen_exited);
}

static uint64_t nr_faulty(const struct live *live)
{
	const volatile struct mt_control *ctl = live->control;

	return beyond(ctl->faulty_exited - ctl->faulty_freed, ctl->seen_faulty);
}

/* By the clock: in a flood of events a pass takes much longer than a step. */
static bool waits(const struct live *live, uint64_t waited_ns, uint64_t calm_ns)
{
	if (!nr_pending(live) || waited_ns >= (stop__is_ended() ? DRAIN_SOON_NS : DRAIN_MAX_NS))
		return false;
	return nr_faulty(live) || calm_ns < DRAIN_CALM_NS;
}

/*
 * A task is freed a grace period after it was reaped.  Those that have exited and are still found by the iterator
 * wait for their parent and are up to date; the others will be freed soon.  Some may never be reported: the kernel
 * may skip the hook where a softirq interrupts another program.
 */
static int source_drain(struct source *src)
{
	const struct timespec step = { .tv_nsec = DRAIN_STEP_NS };
	struct live *live = live_of(src);
	enum mt_iter_mode mode = live->ended ? MT_ITER_REST : MT_ITER_TICK;
	uint64_t begin_ns = clock__boot_ns(), freed_ns = begin_ns, now_ns = begin_ns, freed = live->control->freed;
	int err = last_pass(live);

	while (!err && !stop__hurried() && waits(live, now_ns - begin_ns, now_ns - freed_ns)) {
		nanosleep(&step, NULL);
		now_ns = clock__boot_ns();
		if (live->control->freed != freed)
			freed_ns = now_ns;
		freed = live->control->freed;
		err = pass(live, mode);
	}
	live->undrained = nr_faulty(live);
	log_debug("drain: %.0f ms, %llu tasks exited, %llu freed, %llu pending", (now_ns - begin_ns) / 1e6,
		  (unsigned long long)live->control->exited, (unsigned long long)live->control->freed,
		  (unsigned long long)nr_pending(live));
	live__read_heap(live, true);
	live__read_kpages(live);
	if (!err)
		err = live__consume_all(live);
	if (!live->ended)
		live__read_keyed(live);
	/* of what was read only now */
	if (live->samples)
		cgroup_sampler__finish(&live->cgroup_sampler);
	if (live->source.attend)
		live->source.attend(live->source.attend_ctx, true);
	return err;
}

static uint64_t source_now(struct source *src)
{
	return clock__boot_ns();
}

static void source_checkpoint(struct source *src, struct checkpoint *checkpoint)
{
	struct live *live = live_of(src);

	*checkpoint = live->ended ? live->end_checkpoint :
				    (struct checkpoint){
					    .now_ns = clock__boot_ns(),
					    .own_cpu_ns = proc__own_cpu_ns() - live->start_cpu_ns,
					    .wall_offset_ns = clock__wall_offset_ns(),
				    };
}

static const char *source_cgroup(struct source *src, uint64_t id)
{
	return cgroups__name(live_of(src)->cgroups, id);
}

static bool source_cgroup_lives(struct source *src, uint64_t id)
{
	int fd = cgroups__open(live_of(src)->cgroups, id);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Programs first: nothing stays attached, whatever fails later. */
static void source_free(struct source *src)
{
	struct live *live = src ? live_of(src) : NULL;
	int i;

	if (!live)
		return;
	live__close_heap(live);
	for (i = 0; i < MT_NR_PROBES; i++)
		object__close(&live->objects[i]);
	readers__close(&live->readers);
	ring_maps__close(&live->ring_maps);
	if (live->control)
		munmap((void *)live->control, sizeof(struct mt_control));
	live__close_keyed(live);
	live__close_stalls(live);
	live__close_memory(live);
	titles__free(&live->titles);
	if (live->cpus)
		munmap((void *)live->cpus, live->cfg.nr_cpus * sizeof(*live->cpus));
	object__close(&live->core);
	kernel_btf__close(&live->types);
	live__free_stacks(live);
	cgroup_sampler__close(&live->cgroup_sampler);
	cgroups__free(live->cgroups);
	oom_log__close(&live->oom_log);
	filters__free(&live->filters);
	sample_files__close(&live->sample_files);
	free(live->iter_buf);
	free(live);
}

static void source_each_memory(struct source *src, void (*visit)(void *ctx, const struct mt_memory *record), void *ctx)
{
	live__each_memory(live_of(src), visit, ctx);
}

static const struct source_ops live_ops = {
	.fd = source_fd,
	.consume = source_consume,
	.tick = source_tick,
	.drain = source_drain,
	.totals = live__totals,
	.costs = live__costs,
	.now_ns = source_now,
	.checkpoint = source_checkpoint,
	.stacks = live__stacks,
	.cgroup = source_cgroup,
	.cgroup_lives = source_cgroup_lives,
	.each_memory = source_each_memory,
	.free = source_free,
};

static int make_rings(struct live *live, const struct live_request *request)
{
	const struct machine_size machine = ring_maps__machine();
	enum ring_load load = request->stack_bytes ? RING_LOAD_COPIES :
			      request->every	   ? RING_LOAD_EVENTS :
						     RING_LOAD_COUNTS;
	int err = rings__plan(&live->ring_plan, &request->options->rings, &machine, load);

	return err ? err : ring_maps__make(&live->ring_maps, &live->ring_plan);
}

/* Without the helper a program cannot find a task's registers; how they lie there is known of some machines. */
static bool can_read_registers(const struct live *live)
{
	int id;

	return unwind__machine() != UNWIND_NR_MACHINES && !enumerator__read(live->types.btf, TASK_REGS, &id);
}

static void fill_cfg(struct live *live, const struct live_request *request)
{
	core_object__probe_kernel(&live->cfg, live->types.btf);
	live->cfg.nr_hot_rings = live->ring_plan.nr_hot;
	live->cfg.cpus_per_ring = live->ring_plan.cpus_per_ring;
	live->cfg.hot_wakeup_bytes = rings__hot_wakeup_bytes(&live->ring_plan);
	live->cfg.rare_fold_bytes = rings__rare_fold_bytes(&live->ring_plan);
	live->cfg.filter = live->filters.bits | (request->family ? MT_FILTER_CMD : 0);
	live->cfg.every = request->every;
	live->cfg.latency = request->latency ? 1U << MT_PROBE_fault | 1U << MT_PROBE_swap | 1U << MT_PROBE_cache : 0;
	live->cfg.stacks = request->stacks;
	live->cfg.stack_bytes = request->stack_bytes;
	live->cfg.stack_tops = request->stacks && !request->stack_bytes && can_read_registers(live);
	live->cfg.sample = request->sample;
	live->cfg.parents = request->parents;
	live->cfg.long_stall_ns = request->options->long_stall_ns;
	task_places__plan(&live->cfg, request->probes);
	live->cfg.rests =
		live->cfg.faults_after_exit || (live->cfg.has_task_storage && request->probes & 1U << MT_PROBE_process);
}

static int open_core(struct live *live)
{
	int err = core_object__open(&live->core, &live->cfg, &live->ring_maps, &live->types);

	if (!err)
		err = map_memory(live);
	if (!err)
		err = find_iter(live);
	if (!err)
		err = open_rings(live);
	return err;
}

static void explain_core(const struct live *live, const struct live_request *request, int err)
{
	const struct hook_state *culprit = object__culprit(&live->core);
	char remedy[256];

	if (request->keep_going)
		return;
	if (features__explain(err, remedy, sizeof(remedy)) || !culprit || !culprit->why[0])
		log_error("cannot trace: %s", remedy);
	else
		log_error("cannot trace: the program for %s: %s; `memtrace doctor` says more", culprit->hook->loss,
			  culprit->why);
}

void live__sample_cgroup(struct live *live, uint64_t id)
{
	uint64_t above[MAX_DEPTH];
	size_t nr = cgroups__ancestors(live->cgroups, id, above, MAX_DEPTH), i;

	for (i = 0; i < nr; i++)
		cgroup_sampler__add(&live->cgroup_sampler, above[i]);
	cgroup_sampler__add(&live->cgroup_sampler, id);
}

/* Those that the user chose. */
static void sample_chosen(struct live *live)
{
	size_t i;

	for (i = 0; live->samples && i < live->filters.nr_cgroups; i++)
		live__sample_cgroup(live, live->filters.cgroups[i].id);
}

/* Everything so far happened while programs were being attached: the run starts here. */
static int begin(struct live *live)
{
	int err;

	live->control->attached_ns = clock__boot_ns();
	live->control->phase = MT_PHASE_RUN;
	live->control->iter_mode = MT_ITER_BASE;
	err = live__look_at_stalls(live);
	if (!err)
		err = iterate(live, MT_ITER_BASE);
	if (!err)
		err = live__consume_all(live);
	live__read_totals(live, &live->base);
	sample_chosen(live);
	live__read_keyed(live);
	live__read_memory(live);
	take_samples(live, true);
	live->running = true;
	live__tell_heap(live);
	live->start_cpu_ns = proc__own_cpu_ns();
	return err;
}

static int add_names(struct btf_names *names, const struct live_request *request)
{
	int err = core_object__add_names(names);

	if (!err)
		err = live__add_names(names, request);
	count_rules__add_names(names);
	btf_names__add(names, "", MEMCG_ID);
	btf_names__add(names, "", TASK_REGS);
	return err;
}

static int open_types(struct live *live, const struct live_request *request)
{
	const char *file = request->options->btf;
	struct btf_names names = { 0 };
	char why[96];
	int err = add_names(&names, request);

	if (!err)
		err = kernel_btf__open(&live->types, file, &names, why, sizeof(why));
	btf_names__free(&names);
	if (err == -EINVAL) {
		log_error("--btf %s: %s", file, why);
		return err;
	}
	if (!err)
		return 0;
	explain_core(live, request, err);
	return -ENOTCONN;
}

/* If the kernel had another name for the controller, no task would be in any cgroup. */
static int check_cgroups(struct live *live, const struct live_request *request)
{
	int id;

	if (!request->options->cgroups.nr || !enumerator__read(live->types.btf, MEMCG_ID, &id))
		return 0;
	log_error("cannot trace: -c: this kernel has no " MEMCG_ID ", so a task's cgroup is not known");
	return -ENOTCONN;
}

static int check_stacks(const struct live *live, const struct live_request *request)
{
	if (!request->stack_bytes || can_read_registers(live))
		return 0;
	if (unwind__machine() == UNWIND_NR_MACHINES)
		log_error("cannot trace: --stacks=dwarf: is for x86-64 and arm64; expected --stacks=fp here");
	else
		log_error("cannot trace: --stacks=dwarf: this kernel has no " TASK_REGS " (5.15); expected --stacks=fp "
			  "here");
	return -ENOTCONN;
}

static int attach(struct live *live, const struct live_request *request)
{
	int err;

	err = open_types(live, request);
	if (!err)
		err = check_cgroups(live, request);
	if (!err)
		err = check_stacks(live, request);
	if (err)
		return err;
	count_rules__read(&live->count_rules, live->types.btf);
	err = make_rings(live, request);
	if (err == -EINVAL)
		return err;
	fill_cfg(live, request);
	live->iter_buf = malloc(ITER_READ_SIZE);
	if (!err && !live->iter_buf)
		err = -ENOMEM;
	if (!err)
		err = open_core(live);
	if (err == -ECANCELED)
		return err;
	if (err) {
		explain_core(live, request, err);
		return -ENOTCONN;
	}
	if (filters__install(&live->filters, request->options, &live->core))
		return -ENOTCONN;
	err = live__open_stacks(live, request);
	if (err)
		return err;
	/* counters first, so that no hook finds a task without them */
	err = iterate(live, MT_ITER_BASE);
	if (err)
		return err;
	live__open_probes(live, request);
	err = live__open_keyed(live);
	if (!err)
		err = live__open_stalls(live);
	if (!err)
		err = live__open_memory(live);
	if (!err)
		err = live__open_heap(live, request);
	if (err)
		return err;
	live__open_kpages(live, request);
	kernel_btf__close(&live->types);
	return stop__asked() ? -ECANCELED : begin(live);
}

/* libbpf's messages are only for -v: failed alternatives are no failures. */
static int on_libbpf_message(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char message[512];

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(message, sizeof(message), fmt, args);
	message[strcspn(message, "\n")] = '\0';
	log_debug("%s", message);
	return 0;
}

static int open_cgroup(const void *cgroups, uint64_t id)
{
	return cgroups__open(cgroups, id);
}

static size_t kept_fds(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	return limit.rlim_cur / 4 < KEPT_FDS_MAX ? limit.rlim_cur / 4 : KEPT_FDS_MAX;
}

static int open_cgroups(struct live *live)
{
	int version;

	live->cgroups = cgroups__new();
	if (!live->cgroups)
		return -ENOMEM;
	version = cgroups__version(live->cgroups);
	live->cgroup_sampler.sink = live->sink;
	live->cgroup_sampler.hierarchy = (struct cgroup_hierarchy){
		.version = version,
		.open = version < 0 ? NULL : open_cgroup,
		.ctx = live->cgroups,
		.room = kept_fds(),
		.reserved = CGROUPS_MAX,
	};
	return 0;
}

int live__open(struct live **out, const struct live_request *request)
{
	struct live *live = calloc(1, sizeof(*live));
	int err;

	*out = live;
	if (!live)
		return -ENOMEM;
	libbpf_set_print(on_libbpf_message);
	err = attach_target__register();
	live->source.ops = &live_ops;
	live->sink = request->sink;
	live->ring_maps.rare_fd = -1;
	live->samples = request->samples;
	live->roles = request->roles;
	live->all_titles = request->titles;
	live->all_cgroups = request->samples && request->all_cgroups;
	live->lazy_memory = request->lazy_memory;
	sample_files__open(&live->sample_files);
	if (!err)
		err = open_cgroups(live);
	if (request->probes & 1U << MT_PROBE_oom)
		oom_log__open(&live->oom_log);
	if (!err)
		err = filters__resolve(&live->filters, request->options, live->cgroups);
	if (!err)
		err = attach(live, request);
	if (err && !(request->keep_going && err == -ENOTCONN)) {
		source_free(&live->source);
		*out = NULL;
	}
	return err;
}

struct source *live__source(struct live *live)
{
	return &live->source;
}

void live__expect_command(struct live *live, bool expect)
{
	live->control->cmd_parent = expect ? live->control->self : 0;
}

void live__end(struct live *live)
{
	live__read_memory(live); /* what there is at the end, and not at the last tick */
	live->control->ended_ns = clock__boot_ns();
	live->control->phase = MT_PHASE_ENDING;
	(void)live__look_at_stalls(live); /* what it would drop is counted */
	source_checkpoint(&live->source, &live->end_checkpoint);
	live__read_totals(live, &live->end);
	live__read_keyed(live);
	take_samples(live, true);
	live->ended = true;
}
