// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a case knows, as a kill for reports. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_cases.h"

static void copy(char *to, size_t size, const char *from)
{
	if (from && *from)
		snprintf(to, size, "%s", from);
}

static void know(uint64_t *to, uint64_t value)
{
	if (value != MT_UNKNOWN_U64)
		*to = value;
}

static const char *cgroup_of(const struct oom_scene *scene, uint64_t id)
{
	return id && scene->names->cgroup ? scene->names->cgroup(scene->names->ctx, id) : NULL;
}

static void fill_victim(const struct oom_case *c, const struct oom_scene *scene, struct oom_victim *victim)
{
	const struct mt_oom *kill = &c->kill;

	victim->pid = kill->victim.pid ? kill->victim.pid : kill->victim.tid;
	copy(victim->comm, sizeof(victim->comm), kill->victim.comm);
	copy(victim->cgroup, sizeof(victim->cgroup), cgroup_of(scene, kill->victim.cgroup_id));
	copy(victim->command_line, sizeof(victim->command_line), c->command_line);
	if (kill->victim.pid)
		victim->uid = kill->victim.uid;
	if (kill->victim.start_ns && kill->hdr.time_ns > kill->victim.start_ns)
		victim->age_ns = kill->hdr.time_ns - kill->victim.start_ns;
	if (kill->oom_score_adj != MT_UNKNOWN_S32)
		victim->adj = kill->oom_score_adj;
	know(&victim->total_vm, kill->total_vm_bytes);
	know(&victim->anon, kill->anon_rss_bytes);
	know(&victim->file, kill->file_rss_bytes);
	know(&victim->shmem, kill->shmem_rss_bytes);
	know(&victim->page_tables, kill->pgtables_bytes);
}

/* A victim that is dying already is marked by itself: then it has asked for nothing. */
static void fill_trigger(const struct oom_case *c, const struct oom_scene *scene, struct oom_kill *kill)
{
	struct oom_trigger *trigger = &kill->trigger;
	const struct mt_who *who = &c->kill.trigger;

	kill->has_trigger = true;
	trigger->pid = who->pid;
	trigger->tid = who->tid;
	copy(trigger->comm, sizeof(trigger->comm), who->comm);
	copy(trigger->cgroup, sizeof(trigger->cgroup), cgroup_of(scene, who->cgroup_id));
	if (c->kill.order != MT_UNKNOWN_S32) {
		trigger->order = c->kill.order;
		trigger->order_known = true;
	}
	if (c->kill.gfp_flags == MT_UNKNOWN_U64)
		return;
	trigger->gfp = c->kill.gfp_flags;
	if (!trigger->gfp_names[0] && scene->names->gfp)
		copy(trigger->gfp_names, sizeof(trigger->gfp_names),
		     scene->names->gfp(scene->names->ctx, trigger->gfp));
}

/* What it held, the last tick knows. */
static void fill_sent(const struct oom_case *c, const struct oom_scene *scene, struct oom_kill *kill)
{
	const struct flight_process *victim =
		scene->flight ? flight__find(scene->flight, c->kill.victim.pid, c->kill.victim.start_ns) : NULL;

	kill->kind = OOM_KIND_USER;
	kill->outcome = OOM_OUTCOME_KILLED;
	kill->sent = c->why;
	kill->some_avg10 = c->some_avg10;
	if (!victim)
		return;
	kill->victim.adj = victim->last.oom_score_adj;
	know(&kill->victim.anon, victim->last.anon_rss_bytes);
	know(&kill->victim.file, victim->last.file_rss_bytes);
	know(&kill->victim.shmem, victim->last.shmem_rss_bytes);
	know(&kill->victim.swap, victim->last.swap_bytes);
	know(&kill->victim.page_tables, victim->last.pgtables_bytes);
}

static void fill_kind(const struct oom_case *c, const struct oom_scene *scene, struct oom_kill *kill)
{
	/* enum oom_constraint of the kernel (include/linux/oom.h) */
	static const enum oom_kind kinds[] = { OOM_KIND_GLOBAL, OOM_KIND_CPUSET, OOM_KIND_MEMORY_POLICY,
					       OOM_KIND_MEMCG };
	int constraint = c->kill.constraint;

	know(&kill->total_pages, c->kill.total_pages);
	if (constraint >= 0 && constraint < (int)(sizeof(kinds) / sizeof(*kinds)))
		kill->kind = kinds[constraint];
	/* is_sysrq_oom(): order -1 */
	if (c->kill.order == -1)
		kill->kind = OOM_KIND_SYSRQ;
	copy(kill->limit.cgroup, sizeof(kill->limit.cgroup), cgroup_of(scene, c->kill.limit_cgroup_id));
	kill->outcome = OOM_OUTCOME_KILLED;
}

static uint64_t pages(const struct oom_scene *scene, uint64_t bytes)
{
	return bytes == MT_UNKNOWN_U64 ? bytes : bytes / scene->page_size;
}

static void fill_task(const struct mt_oom_candidate *c, const struct oom_scene *scene, struct oom_task *task)
{
	task->pid = c->who.tid;
	task->tgid = c->who.pid;
	task->adj = c->oom_score_adj;
	task->uid = c->who.uid;
	task->anon = pages(scene, c->anon_rss_bytes);
	task->file = pages(scene, c->file_rss_bytes);
	task->shmem = pages(scene, c->shmem_rss_bytes);
	task->swap = pages(scene, c->swap_bytes);
	task->rss = task->anon == MT_UNKNOWN_U64 || task->file == MT_UNKNOWN_U64 || task->shmem == MT_UNKNOWN_U64 ?
			    MT_UNKNOWN_U64 :
			    task->anon + task->file + task->shmem;
	task->table_bytes = c->pgtables_bytes;
	copy(task->comm, sizeof(task->comm), c->who.comm);
}

static struct oom_task *task_of(struct oom_kill *kill, uint32_t pid)
{
	size_t i;

	for (i = 0; i < kill->nr_tasks; i++)
		if (kill->tasks[i].tgid == pid)
			return &kill->tasks[i];
	return NULL;
}

/*
 * The kernel's points, beside the table of the log where there is one.  In reverse, as of equal points the last one
 * that the kernel looked at is the first.
 */
static int fill_choice(const struct oom_case *c, const struct oom_scene *scene, struct oom_kill *kill)
{
	struct oom_task *tasks, *task;
	size_t i;

	if (!c->nr_candidates)
		return 0;
	tasks = realloc(kill->tasks, (kill->nr_tasks + c->nr_candidates) * sizeof(*tasks));
	if (!tasks)
		return -ENOMEM;
	kill->tasks = tasks;
	kill->has_tasks = true;
	kill->evaluated = c->candidates[0].evaluated;
	for (i = c->nr_candidates; i-- > 0;) {
		task = task_of(kill, c->candidates[i].who.pid);
		if (!task) {
			task = &kill->tasks[kill->nr_tasks++];
			oom_task__init(task);
			fill_task(&c->candidates[i], scene, task);
		}
		task->has_points = c->candidates[i].rank > 0;
		task->points = c->candidates[i].points;
	}
	return 0;
}

static uint64_t grown(uint64_t from, uint64_t to)
{
	return from == MT_UNKNOWN_U64 || to == MT_UNKNOWN_U64 || to < from ? MT_UNKNOWN_U64 : to - from;
}

static void fill_sample(const struct flight *flight, uint32_t tick, uint32_t oldest, struct oom_sample *sample)
{
	const struct flight_moment *now = flight__moment(flight, tick);
	const struct flight_moment *before = tick > oldest ? flight__moment(flight, tick - 1) : now;
	const struct {
		uint64_t *to;
		enum flight_value value;
	} counts[] = {
		{ &sample->some_ns, FLIGHT_SOME },	  { &sample->full_ns, FLIGHT_FULL },
		{ &sample->stalled_ns, FLIGHT_STALLED },  { &sample->scanned, FLIGHT_SCANNED },
		{ &sample->reclaimed, FLIGHT_RECLAIMED }, { &sample->allocated, FLIGHT_ALLOCATED },
		{ &sample->faults, FLIGHT_FAULTS },	  { &sample->major, FLIGHT_MAJOR },
	};
	size_t i;

	sample->free = now->values[FLIGHT_FREE];
	sample->available = now->values[FLIGHT_AVAILABLE];
	sample->swap_free = now->values[FLIGHT_SWAP_FREE];
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		*counts[i].to = tick > oldest ? grown(before->values[counts[i].value], now->values[counts[i].value]) :
						MT_UNKNOWN_U64;
}

static int fill_samples(const struct oom_case *c, const struct flight *flight, uint32_t until, struct oom_kill *kill)
{
	const struct flight_process *victim = flight__find(flight, c->kill.victim.pid, c->kill.victim.start_ns);
	uint32_t oldest = flight__oldest(flight), tick;
	struct oom_sample *sample;

	kill->samples = calloc(until - oldest + 1, sizeof(*kill->samples));
	if (!kill->samples)
		return -ENOMEM;
	for (tick = oldest; tick <= until; tick++) {
		sample = &kill->samples[kill->nr_samples++];
		fill_sample(flight, tick, oldest, sample);
		sample->before_ns = c->kill.hdr.time_ns - flight__moment(flight, tick)->time_ns;
		sample->victim_rss = victim ? flight__held(flight, victim, tick) : MT_UNKNOWN_U64;
	}
	return 0;
}

static void fill_grower(const struct flight *flight, const struct flight_growth *growth, const struct oom_scene *scene,
			struct oom_grower *grower)
{
	uint32_t nr = growth->to - growth->from + 1, i;
	uint64_t began_ns, ended_ns;

	grower->pid = growth->process->last.who.pid;
	copy(grower->comm, sizeof(grower->comm), growth->process->last.who.comm);
	copy(grower->cgroup, sizeof(grower->cgroup), cgroup_of(scene, growth->process->last.who.cgroup_id));
	grower->from_bytes = growth->from_bytes;
	grower->to_bytes = growth->to_bytes;
	/* one that grew from nothing did so since its birth */
	began_ns =
		growth->from_bytes ? flight__moment(flight, growth->from)->time_ns : growth->process->last.who.start_ns;
	ended_ns = flight__moment(flight, growth->to)->time_ns;
	grower->over_ns = ended_ns > began_ns ? ended_ns - began_ns : 0;
	grower->nr_steps = nr < OOM_STEPS ? nr : OOM_STEPS;
	for (i = 0; i < grower->nr_steps; i++)
		grower->steps[i] = flight__held(flight, growth->process,
						grower->nr_steps > 1 ?
							growth->from + i * (nr - 1) / (uint32_t)(grower->nr_steps - 1) :
							growth->from);
}

/* By an earlier kill: that it is gone, no tick may have seen yet. */
static bool was_killed(const struct oom_cases *cases, uint32_t pid, uint64_t before_ns)
{
	uint64_t i;

	for (i = cases->nr > OOM_CASES_MAX ? cases->nr - OOM_CASES_MAX : 0; i < cases->nr; i++)
		if (cases->killed[i % OOM_CASES_MAX] == pid && cases->kills_ns[i % OOM_CASES_MAX] < before_ns)
			return true;
	return false;
}

/* Whose growth may have led to a kill. */
struct suspects {
	const struct oom_cases *cases;
	const struct oom_scene *scene;
	const struct oom_kill *kill;
	uint64_t at; /* of the kill */
};

static bool is_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	if (len && above[len - 1] == '/')
		len--;
	return !strncmp(path, above, len) && (!path[len] || path[len] == '/');
}

/* Where a cgroup's limit was reached, what others hold is charged to others. */
static bool is_suspect(void *ctx, const struct flight_process *process)
{
	const struct suspects *suspects = ctx;
	const struct oom_kill *kill = suspects->kill;
	const char *cgroup = cgroup_of(suspects->scene, process->last.who.cgroup_id);

	if (kill->kind == OOM_KIND_MEMCG && kill->limit.cgroup[0] && cgroup && !is_below(cgroup, kill->limit.cgroup))
		return false;
	return !was_killed(suspects->cases, process->last.who.pid, suspects->at);
}

int oom_case__fill_before(const struct oom_cases *cases, const struct oom_case *c, const struct oom_scene *scene,
			  struct oom_kill *kill)
{
	uint64_t at = c->kill.hdr.time_ns;
	uint32_t until = scene->flight ? flight__at(scene->flight, at) : 0;
	struct suspects suspects = { .cases = cases, .scene = scene, .kill = kill, .at = at };
	struct flight_growth growth[OOM_GROWERS_MAX];
	size_t nr, i;

	if (!until)
		return 0;
	nr = flight__grew(scene->flight, until, is_suspect, &suspects, growth, OOM_GROWERS_MAX);
	for (i = 0; i < nr; i++)
		fill_grower(scene->flight, &growth[i], scene, &kill->growers[kill->nr_growers++]);
	return fill_samples(c, scene->flight, until, kill);
}

static void fill_after(const struct oom_cases *cases, const struct oom_case *c, const struct oom_scene *scene,
		       struct oom_kill *kill)
{
	uint64_t at = c->kill.hdr.time_ns, i;

	know(&kill->exit_ns, c->after_ns[MT_OOM_EXITED]);
	know(&kill->reaped_ns, c->after_ns[MT_OOM_REAPED]);
	know(&kill->freed_ns, c->after_ns[MT_OOM_FREED]);
	kill->reap_skipped = c->after_ns[MT_OOM_REAP_SKIPPED] != MT_UNKNOWN_U64;
	kill->further_kills = 0;
	kill->further_ns = scene->now_ns > at ? scene->now_ns - at : 0;
	if (kill->further_ns > OOM_FURTHER_NS)
		kill->further_ns = OOM_FURTHER_NS;
	for (i = cases->nr > OOM_CASES_MAX ? cases->nr - OOM_CASES_MAX : 0; i < cases->nr; i++)
		kill->further_kills += cases->kills_ns[i % OOM_CASES_MAX] > at + OOM_CASES_GROUP_NS &&
				       cases->kills_ns[i % OOM_CASES_MAX] <= at + OOM_FURTHER_NS;
}

int oom_case__fill(const struct oom_cases *cases, const struct oom_case *found, const struct oom_scene *scene,
		   struct oom_kill *kill)
{
	int err;

	kill->when.wall_ns = found->kill.hdr.time_ns + (uint64_t)scene->wall_offset_ns;
	kill->when.boot_ns = found->kill.hdr.time_ns;
	kill->when.clock = OOM_CLOCK_BOOT;
	kill->when.clock_ns = kill->when.boot_ns;
	kill->when.fine = true;
	kill->page_size = scene->page_size;
	if (found->sent)
		fill_sent(found, scene, kill);
	else
		fill_kind(found, scene, kill);
	fill_victim(found, scene, &kill->victim);
	fill_trigger(found, scene, kill);
	if (!kill->nr_others) {
		memcpy(kill->others, found->others, sizeof(kill->others));
		kill->nr_others = found->nr_others;
	}
	if (!found->sent)
		fill_after(cases, found, scene, kill);
	err = fill_choice(found, scene, kill);
	return err ? err : oom_case__fill_before(cases, found, scene, kill);
}
