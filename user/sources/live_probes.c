// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The probes of a live source: opens, tests and reports them. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/stop.h"
#include "../kernel/features.h"
#include "../kernel/selftest.h"
#include "live_impl.h"

#define CORE_NAME "core"
/* Threads that load objects. */
#define OPENERS 4

/* A note for people: what is missing of a probe that runs. */
static void note_partial(struct probe_status *status, const struct object *object)
{
	char why[WHY_LEN]; /* a copy: both ends lie in struct live, and gcc fears that they overlap */
	size_t i;

	for (i = 0; i < object->nr_hooks; i++) {
		const struct hook_state *h = &object->hooks[i];

		if (!h->wanted || h->alt >= 0 || hook__is_gain(h))
			continue;
		status->partial = true;
		memcpy(why, h->why, sizeof(why));
		snprintf(status->why, sizeof(status->why), "without %s: %s", h->hook->loss, why);
		return;
	}
}

static bool hook_counts(const struct hook_state *h, const struct hook_slots *row)
{
	return hook__is_attached(h) && (!row->unless || strcmp(h->hook->alts[h->alt].program, row->unless));
}

/* Counts without a hook are unknown, not 0; a latency that is not measured has no histogram. */
static void note_lacks(struct probe_status *status, const struct object *object, const struct hook_slots *row)
{
	const struct hook_state *h;
	enum mt_slot slot;
	size_t i;

	for (i = 0; i < object->nr_hooks; i++) {
		h = &object->hooks[i];
		status->lacks_latency |= h->wanted && h->hook->need == HOOK_LATENCY && !hook__is_attached(h);
	}
	for (; row && row->hook; row++) {
		h = object__hook(object, row->hook);
		for (slot = row->first; h && slot <= row->last; slot++)
			status->lacks[slot] = !hook_counts(h, row);
	}
}

static void fail_probe(struct live *live, enum mt_probe id, int err, const char *why)
{
	struct probe_status *status = &live->source.probes[id];

	object__close(&live->objects[id]);
	status->attached = status->hooked = false;
	status->error = err;
	snprintf(status->why, sizeof(status->why), "%s", why);
	/* what comes from the core works without hooks */
	if (probes[id]->without_hooks) {
		status->attached = true;
		status->partial = true;
	}
}

/* What the probe itself reports. */
static struct object_request request_for(enum mt_probe id)
{
	struct object_request req = {
		.name = probe_rows[id].name,
		.hooks = probes[id]->hooks,
		.constants = probes[id]->constants,
		.dependencies = probes[id]->dependencies,
		.contents = probes[id]->contents,
	};

	req.image = probes[id]->object(&req.image_size);
	return req;
}

static void open_probe(struct live *live, enum mt_probe id, const struct live_request *request)
{
	struct object *object = &live->objects[id];
	struct object_request req = request_for(id);
	struct heap_room heap_room = { .options = request->options, .types = &live->types };
	const struct hook_state *culprit;
	char limit[WHY_LEN];
	int err;

	live->source.probes[id].wanted = true;
	req.cfg = &live->cfg;
	req.types = &live->types;
	req.share = &live->core;
	req.latency = request->latency;
	req.light = request->light & 1U << id;
	req.avoid = request->options->avoid;
	if (id == MT_PROBE_stall && live->stall_contents[0].map)
		req.contents = live->stall_contents;
	if (id == MT_PROBE_heap) {
		req.prepare = live__prepare_heap;
		req.prepare_ctx = &heap_room;
	}
	if (id == MT_PROBE_kpages) {
		req.prepare = live__prepare_kpages;
		req.prepare_ctx = (void *)request->options;
	}
	err = object__open(object, &req);
	if (err) {
		culprit = object__culprit(object);
		if (features__shortage(err, limit, sizeof(limit)))
			fail_probe(live, id, err, limit);
		else
			fail_probe(live, id, err, culprit && culprit->why[0] ? culprit->why : strerror(-err));
		return;
	}
	live->source.probes[id].attached = true;
	live->source.probes[id].hooked = object->nr_links > 0 || object->cpu_events.links;
	note_partial(&live->source.probes[id], object);
	note_lacks(&live->source.probes[id], object, probes[id]->hook_slots);
}

/* Probes that wait to be opened, for several threads to share. */
struct opening {
	struct live *live;
	const struct live_request *request;
	atomic_uint next;
};

static void *open_some(void *arg)
{
	struct opening *opening = arg;
	unsigned int id;

	while (!stop__asked() && (id = atomic_fetch_add(&opening->next, 1)) < MT_NR_PROBES)
		if (opening->request->probes & (1U << id))
			open_probe(opening->live, id, opening->request);
	return NULL;
}

/*
 * Most of the time to get ready goes into the verifier's checks, each for one object and independent of the others'.
 * This thread also works, so that all are done even if no other thread can be started.
 */
static void open_all(struct live *live, const struct live_request *request)
{
	struct opening opening = { .live = live, .request = request };
	pthread_t helpers[OPENERS - 1];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int nr = 0;

	while (nr < OPENERS - 1 && nr + 1 < cpus && !pthread_create(&helpers[nr], NULL, open_some, &opening))
		nr++;
	open_some(&opening);
	while (nr)
		pthread_join(helpers[--nr], NULL);
}

/* A probe that attaches and counts wrong is worse than none: it is detached. */
static void test_probes(struct live *live, uint32_t light)
{
	struct selftest test;
	char why[120];
	enum mt_probe id;

	if (light == UINT32_MAX || selftest__run(&test, &live->core, &live->cfg))
		return;
	for (id = 0; id < MT_NR_PROBES; id++) {
		enum mt_slot slot = probes[id]->selftest_slot;

		if (!live->source.probes[id].attached || slot == MT_NR_SLOTS || !live->objects[id].bpf ||
		    light & 1U << id)
			continue;
		if (selftest__passed(&test, slot))
			continue;
		snprintf(why, sizeof(why), "self-test: it counted %llu while %u fresh pages were touched",
			 (unsigned long long)test.counted[slot], test.pages);
		fail_probe(live, id, -EPROTO, why);
	}
}

static bool is_hooked(const struct object *object, const char *name)
{
	const struct hook_state *h = object__hook(object, name);

	return h && hook__is_attached(h);
}

/* An event of kswapd's pages that never came means that there were none, if the kernel has it on its lists. */
static void note_kswapd_events(struct live *live)
{
	const struct object *kswapd = &live->objects[MT_PROBE_kswapd];

	if (!live->source.probes[MT_PROBE_kswapd].attached)
		return;
	if (live->cfg.lru_generations && !live->count_rules.generations_tell)
		return;
	live->control->tells_scanned = is_hooked(kswapd, "isolate");
	live->control->tells_reclaimed = is_hooked(kswapd, "shrink");
}

int live__add_names(struct btf_names *names, const struct live_request *request)
{
	enum mt_probe id;
	int err = 0;

	for (id = 0; !err && id < MT_NR_PROBES; id++) {
		struct object_request req = request_for(id);

		if (request->probes & (1U << id))
			err = object__add_names(names, &req);
	}
	live__heap_names(names);
	return err;
}

void live__open_probes(struct live *live, const struct live_request *request)
{
	if (request->probes & 1U << MT_PROBE_stall)
		live__find_stall_functions(live);
	open_all(live, request);
	test_probes(live, request->light);
	note_kswapd_events(live);
}

/* The intended target of an unattached hook: that of the first alternative that is a program of its own. */
static const struct attach_alt *first_alt(const struct attach_hook *hook)
{
	return hook->alts[0].kind == ATTACH_IMPLIED ? &hook->alts[1] : &hook->alts[0];
}

/* Only kind tp reads files: what was not permitted was such a file, where there is that alternative. */
static bool needs_tracefs(const struct hook_state *h, const struct attach_alt *attached)
{
	const struct attach_alt *alt;

	if (attached || !h->wanted)
		return attached && attached->kind == ATTACH_TP;
	for (alt = h->hook->alts; alt->program && alt->kind != ATTACH_TP; alt++)
		;
	return alt->program && (h->error == -EACCES || h->error == -EPERM);
}

static const struct hook_report *report_hook(struct live *live, const struct object *object, const char *name, size_t i)
{
	const struct hook_state *h = &object->hooks[i];
	const struct attach_alt *alt = h->wanted && h->alt >= 0 && object->bpf ? &h->hook->alts[h->alt] : NULL;

	struct program_size size = { 0 };

	object__program_size(object, i, &size);
	live->hook = (struct hook_report){
		.object = name,
		.hook = h->hook->name,
		.kind = alt ? attach_kind_name(alt->kind) : NULL,
		.event = alt ? alt->event : first_alt(h->hook)->event,
		.why = h->why,
		.loss = h->hook->loss,
		.wanted = h->wanted,
		.optional = h->hook->need != HOOK_REQUIRED && h->hook->need != HOOK_NOT_LIGHT,
		.tracefs = needs_tracefs(h, alt),
		.error = h->error,
		.program = size.program,
		.instructions = size.instructions,
		.verified = size.verified,
		.load_ns = size.load_ns,
	};
	return &live->hook;
}

struct object_report live__object(const struct live *live, size_t i)
{
	if (!i)
		return (struct object_report){ CORE_NAME, live->core.image_size };
	if (i > MT_NR_PROBES)
		return (struct object_report){ NULL, 0 };
	return (struct object_report){ probe_rows[i - 1].name, live->objects[i - 1].image_size };
}

const struct hook_report *live__hook(struct live *live, size_t i)
{
	int id;

	if (i < live->core.nr_hooks)
		return report_hook(live, &live->core, CORE_NAME, i);
	i -= live->core.nr_hooks;
	for (id = 0; id < MT_NR_PROBES; id++) {
		if (i < live->objects[id].nr_hooks)
			return report_hook(live, &live->objects[id], probe_rows[id].name, i);
		i -= live->objects[id].nr_hooks;
	}
	return NULL;
}
