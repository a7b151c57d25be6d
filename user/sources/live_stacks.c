// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Call chains by their ids, and the mappings of processes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../symbols/images.h"
#include "../base/log.h"
#include "../kernel/apart_questions.h"
#include "../kernel/mmap_events.h"
#include "../kernel/proc.h"
#include "live_impl.h"

#define MAPS_MAX_BYTES (64 * 1024 * 1024)
#define MAX_READERS    4
/* How late events of an ended process may be looked at, when rings are behind and names have not come. */
#define KEEP_GONE_NS   30000000000ULL
#define FIRST_PAUSE_NS 1000000ULL
#define MAX_PAUSE_NS   1000000000ULL
#define TRIES_AT_ONCE  4

struct live_stack {
	UT_hash_handle hh;
	int32_t id;
	size_t nr;
	uint64_t addresses[];
};

/* The name under which a process ran: where an exec is not reported, a new name shows it. */
struct live_name {
	UT_hash_handle hh;
	uint32_t pid;
	uint64_t start_ns;
	char comm[MT_COMM_LEN];
};

struct live_images {
	struct images *list;
	struct mmap_events *events; /* NULL: the kernel does not report them, so /proc is read when a process is seen */
	struct apart *apart;
	struct live_name *names;
	uint64_t events_until_ns; /* up to when events were read */
	uint64_t events_lost;	  /* events that were lost */
	uint64_t asked_version;
	bool foreign; /* pids are not those of /proc */
	struct {
		uint64_t gone, refused, slow; /* processes whose mappings could not be read */
		uint64_t unread;	      /* mappings whose files there was no time for */
	} misses;
};

static int read_chain(const struct live *live, int32_t id, struct mt_chain *chain)
{
	bool kernel = id & MT_KERNEL_CHAIN;
	int32_t key = id & ~MT_KERNEL_CHAIN;

	if (id & MT_MORE_STACKS)
		return bpf_map_lookup_elem(live__map_fd(&live->core, kernel ? "more_kernel_stacks" : "more_stacks"),
					   &id, chain);
	return bpf_map_lookup_elem(live__map_fd(&live->core, kernel ? "kernel_stacks" : "stacks"), &key,
				   chain->addresses);
}

/* An id's call chain never changes: programs never replace one by another. */
static struct live_stack *read_stack(struct live *live, int32_t id)
{
	struct live_stack *stack;
	struct mt_chain chain;
	size_t nr = 0;

	if (read_chain(live, id, &chain))
		return NULL;
	while (nr < MT_STACK_DEPTH && chain.addresses[nr])
		nr++;
	stack = calloc(1, sizeof(*stack) + nr * sizeof(*chain.addresses));
	if (!stack)
		return NULL;
	stack->id = id;
	stack->nr = nr;
	memcpy(stack->addresses, chain.addresses, nr * sizeof(*chain.addresses));
	HASH_ADD(hh, live->stacks, id, sizeof(stack->id), stack);
	if (stack->hh.tbl)
		return stack;
	free(stack);
	return NULL;
}

static const uint64_t *addresses_of(void *ctx, int32_t id, size_t *nr)
{
	struct live *live = ctx;
	struct live_stack *stack;

	HASH_FIND(hh, live->stacks, &id, sizeof(id), stack);
	if (!stack)
		stack = read_stack(live, id);
	*nr = stack ? stack->nr : 0;
	return stack ? stack->addresses : NULL;
}

/* Where execs are not reported, another name or start time means another program. */
static void follow_exec(struct live_images *images, const struct mt_who *who, uint64_t time_ns)
{
	struct live_name *name;

	HASH_FIND(hh, images->names, &who->pid, sizeof(who->pid), name);
	if (name && name->start_ns != who->start_ns)
		images__forget(images->list, who->pid);
	else if (name && memcmp(name->comm, who->comm, sizeof(name->comm)))
		images__exec(images->list, who->pid, time_ns, false);
	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name)
			return;
		name->pid = who->pid;
		HASH_ADD(hh, images->names, pid, sizeof(name->pid), name);
		if (!name->hh.tbl) {
			free(name);
			return;
		}
	}
	name->start_ns = who->start_ns;
	memcpy(name->comm, who->comm, sizeof(name->comm));
}

static void take_events(struct live_images *images)
{
	images->events_until_ns = mmap_events__read(images->events, images->list);
	images->events_lost = mmap_events__lost(images->events);
}

static struct image *image_of(struct live *live, const struct mt_who *who, uint64_t time_ns)
{
	struct live_images *images = live->images;

	if (!images || images->foreign || !who->pid || who->flags & MT_WHO_KTHREAD)
		return NULL;
	if (images->events && time_ns > images->events_until_ns)
		take_events(images);
	else if (!images->events)
		follow_exec(images, who, time_ns);
	return images__find(images->list, who->pid, time_ns);
}

static const struct proc_maps *maps_of(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	const struct image *image = image_of(ctx, who, time_ns);

	return image ? image->maps : NULL;
}

/*
 * Pids whose /proc has the image now: *nr_current of them.  One whose start is not known counts only where each exit
 * is reported.  Behind them are pids that may see its files by their paths.
 */
static size_t readers_of(const struct live_images *images, const struct image *image, uint32_t pid, uint32_t *pids,
			 size_t max, size_t *nr_current)
{
	const uint32_t candidates[] = { pid, image->pid };
	const uint32_t parents[] = { images__parent(images->list, pid), images__parent(images->list, image->pid) };
	size_t nr = 0, i;

	for (i = 0; i < 2 && nr < max; i++)
		if ((!i || (image->pid != pid && !images->events_lost)) &&
		    images__is_current(images->list, image, candidates[i]))
			pids[nr++] = candidates[i];
	*nr_current = nr;
	for (i = 0; i < 2 && nr < max; i++)
		if (parents[i])
			pids[nr++] = parents[i];
	return nr;
}

static size_t readers(void *ctx, const struct mt_who *who, uint64_t time_ns, uint32_t *pids, size_t max)
{
	struct live *live = ctx;
	const struct image *image = image_of(live, who, time_ns);
	size_t nr_current;

	return image ? readers_of(live->images, image, who->pid, pids, max, &nr_current) : 0;
}

/* Whether all mappings of an image were reported, so that /proc has no more. */
static bool knows_all_mappings(const struct live_images *images, const struct image *image)
{
	return image->complete && !images->events_lost;
}

/* A program that starts maps its libraries within milliseconds; a JIT compiler never stops. */
static uint64_t pause_of(const struct image *image)
{
	unsigned int over = image->tries > TRIES_AT_ONCE ? image->tries - TRIES_AT_ONCE : 0;

	return over ? (over < 11 ? FIRST_PAUSE_NS << (over - 1) : MAX_PAUSE_NS) : 0;
}

/* Only the leaf counts: code without frame pointers gives false callers. */
static bool needs_reading(const struct live_images *images, const struct image *image, uint64_t ip)
{
	if (image->maps && proc_maps__find(image->maps, ip))
		return false;
	if (!image->tries)
		return true;
	if (image->announced && proc_maps__find(image->announced, ip))
		return image->version != image->maps_version;
	if (knows_all_mappings(images, image))
		return false;
	return clock__boot_ns() >= image->tried_ns + pause_of(image);
}

static void count_miss(struct live_images *images, const struct image *image, int err)
{
	if (image->tries > 1 || image->maps)
		return;
	if (err == EACCES || err == EPERM)
		images->misses.refused++;
	else if (err == ETIME)
		images->misses.slow++;
	else
		images->misses.gone++;
}

static struct proc_maps *get_maps(struct message_cursor *answer, uint32_t pid)
{
	uint64_t nr = message__get_u64(answer);
	struct proc_maps *maps = nr ? proc_maps__new(pid) : NULL;
	char path[MESSAGE_PATH_SIZE];
	struct mapping mapping;

	for (; maps && nr && !answer->failed; nr--) {
		message__get_mapping(answer, &mapping, path);
		if (!answer->failed)
			proc_maps__add(maps, &mapping);
	}
	return maps;
}

/* What /proc showed is useless if the process has executed another program by now. */
static void on_maps(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct live_images *images = ctx;
	struct image *image = images__by_serial(images->list, (uint32_t)key.of, key.id);
	struct proc_maps *maps;
	uint32_t pid;
	int err;

	if (!image)
		return;
	err = answer ? (int)message__get_u64(answer) : ETIME;
	pid = answer ? (uint32_t)message__get_u64(answer) : 0;
	images->misses.unread += answer ? message__get_u64(answer) : 0;
	maps = answer ? get_maps(answer, pid) : NULL;
	if (pid && images->events) {
		take_events(images);
		image = images__by_serial(images->list, (uint32_t)key.of, key.id);
		if (!image || !images__is_current(images->list, image, pid)) {
			proc_maps__free(maps);
			if (image) {
				image->asked = false;
				image->tries = 0;
			}
			return;
		}
	}
	if (!maps)
		count_miss(images, image, err);
	images__describe(images->list, image, maps);
}

static void ask(struct live_images *images, struct image *image, const struct mt_who *who)
{
	const struct apart_key key = { image->serial, who->pid };
	struct message question = { 0 };
	uint32_t pids[MAX_READERS];
	size_t nr_current, nr = readers_of(images, image, who->pid, pids, MAX_READERS, &nr_current), i;

	image->asked = true;
	image->tries++;
	image->tried_ns = clock__boot_ns();
	image->maps_version = image->version;
	message__put_u64(&question, APART_MAPS);
	message__put_u64(&question, knows_all_mappings(images, image) ? 0 : nr_current);
	message__put_u64(&question, nr_current && pids[0] == who->pid ? who->start_ns : 0);
	message__put_u64(&question, nr);
	for (i = 0; i < nr; i++)
		message__put_u64(&question, pids[i]);
	nr = image->announced ? proc_maps__count(image->announced) : 0;
	message__put_u64(&question, nr);
	for (i = 0; i < nr; i++)
		message__put_mapping(&question, proc_maps__at(image->announced, i));
	apart__ask_soon(images->apart, &question, APART_MAPS_LIMIT_NS, on_maps, images, key);
}

static bool awaits_maps(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	struct live *live = ctx;
	struct image *image = image_of(live, who, time_ns);
	uint64_t serial;

	if (!image)
		return false;
	if (image->asked)
		return true;
	if (!needs_reading(live->images, image, ip))
		return false;
	serial = image->serial;
	ask(live->images, image, who);
	image = images__by_serial(live->images->list, who->pid, serial);
	return image && image->asked;
}

void live__follow_stacks(struct live *live)
{
	struct live_images *images = live->images;

	if (!images || !images->events)
		return;
	take_events(images);
	images__retire(images->list,
		       images->events_until_ns > KEEP_GONE_NS ? images->events_until_ns - KEEP_GONE_NS : 0);
}

/* For kernels that report no mappings: a process that is gone before it was looked at has none. */
static void explain_no_events(int err)
{
	log_note("mappings are read only from /proc, so functions of short-lived programs may have no names: "
		 "perf_event_open: %s",
		 strerror(-err));
}

int live__open_stacks(struct live *live, const struct live_request *request)
{
	struct live_images *images = request->stacks && request->apart ? calloc(1, sizeof(*images)) : NULL;
	int err;

	if (!images)
		return request->stacks && request->apart ? -ENOMEM : 0;
	live->images = images;
	images->apart = request->apart;
	images->list = images__new(MAPS_MAX_BYTES);
	if (!images->list)
		return -ENOMEM;
	images->foreign = !proc__initial_pid_namespace();
	if (images->foreign) {
		log_note("functions of programs have no names: in a pid namespace the mappings of processes cannot be "
			 "found by the kernel's pids");
		return 0;
	}
	err = mmap_events__open(&images->events);
	if (err)
		explain_no_events(err);
	else
		err = readers__watch(&live->readers, mmap_events__fd(images->events));
	err = readers__watch(&live->readers, apart__fd(images->apart));
	return err;
}

/* In the place of the same one, or the first that is free, or else any. */
static void know(void *ctx, const struct mt_known_place *place, const struct mt_known_stack *known)
{
	struct live *live = ctx;
	int fd = live__map_fd(&live->core, "known_stacks");
	struct mt_known_place at = *place;
	struct mt_known_stack there;

	for (at.nr = 0; at.nr < MT_KNOWN_ALIKE; at.nr++)
		if (bpf_map_lookup_elem(fd, &at, &there) || there.hash == known->hash)
			break;
	if (at.nr == MT_KNOWN_ALIKE)
		at.nr = live->nr_known_stacks % MT_KNOWN_ALIKE;
	live->nr_known_stacks++;
	(void)bpf_map_update_elem(fd, &at, known, BPF_ANY);
}

static uint64_t version(void *ctx, uint64_t time_ns)
{
	struct live *live = ctx;
	struct live_images *images = live->images;

	if (!images || images->foreign)
		return 0;
	/* without events a name is looked at with each event of its process */
	if (!images->events)
		return ++images->asked_version;
	if (time_ns > images->events_until_ns)
		take_events(images);
	return images__changes(images->list);
}

static void forget(void *ctx)
{
	int fd = live__map_fd(&((struct live *)ctx)->core, "known_stacks");
	struct mt_known_place at;

	while (!bpf_map_get_next_key(fd, NULL, &at) && !bpf_map_delete_elem(fd, &at))
		;
}

struct stack_lookup live__stacks(struct source *src)
{
	return (struct stack_lookup){ .addresses = addresses_of,
				      .maps = maps_of,
				      .awaits_maps = awaits_maps,
				      .readers = readers,
				      .learn = live__learn_caller,
				      .know = know,
				      .forget = forget,
				      .version = version,
				      .ctx = live_of(src) };
}

uint64_t live__unmapped(const struct live *live)
{
	const struct live_images *images = live->images;

	return images ? images->misses.gone + images->misses.refused + images->misses.slow : 0;
}

static void say_misses(const struct live_images *images)
{
	if (images->misses.unread || images->misses.slow)
		log_note("time limit: %llu mappings of files and those of %llu processes were not read; functions in "
			 "them are shown as addresses",
			 (unsigned long long)images->misses.unread, (unsigned long long)images->misses.slow);
	if (images->events_lost)
		log_note("lost: %llu of the kernel's records of new mappings; some functions may have no names",
			 (unsigned long long)images->events_lost);
}

static void free_images(struct live_images *images)
{
	struct live_name *name, *next;

	say_misses(images);
	for (name = images->names; name; name = next) {
		next = name->hh.next;
		HASH_DEL(images->names, name);
		free(name);
	}
	mmap_events__close(images->events);
	images__free(images->list);
	free(images);
}

void live__free_stacks(struct live *live)
{
	struct live_stack *stack, *next;

	for (stack = live->stacks; stack; stack = next) {
		next = stack->hh.next;
		HASH_DEL(live->stacks, stack);
		free(stack);
	}
	if (live->images)
		free_images(live->images);
	live->images = NULL;
}
