// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * memtrace leak by page: each page fault is a touch with a call path; looks at the processes say which of the pages are
 * held.  Live a look reads them, and records what it has read; in a replay its records are the look.
 */
#include "leak_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../session/replayed.h"

/* Looks of processes that may end at any time.  They take a twentieth of the time at most. */
#define LOOK_SHARE 20
/* Of so many processes at most the pages are read: those that hold most. */
#define LOOKED_AT 64

#define PATHS_BYTES (64U << 20)

/* Bits of x86's page-fault error code (arch/x86/include/asm/trap_pf.h). */
#define CODE_PRESENT (1 << 0)
#define CODE_WRITE   (1 << 1)

/* Processes that the run is about, not the machine. */
static bool wanted(const struct options *o)
{
	return o->pids.nr || o->tids.nr || o->comms.nr || o->cgroups.nr || o->users.nr || (o->cmd && !o->all);
}

/* Objects in place of pages tell more, and cost enough. */
static bool wants_touches(const struct options *o)
{
	return wanted(o) && !o->malloc;
}

static bool has_looks(const struct session *session)
{
	return session->facts.probes & 1U << MT_PROBE_memory;
}

static bool has_touches(const struct session *session)
{
	return has_looks(session) && session->facts.every & 1U << MT_PROBE_fault;
}

/* Single pages are wanted too: the section "by page" is. */
static bool touches(const struct leak_run *run)
{
	return run->tracing.session.facts.every & 1U << MT_PROBE_fault;
}

/* The first records come while the session opens. */
static int open_pages(struct leak_run *run)
{
	const struct session *session = &run->tracing.session;
	struct leak_pages *pages;

	if (run->pages)
		return 0;
	pages = run->pages = calloc(1, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	pages->paths = pages->origins.paths = call_paths__new(PATHS_BYTES);
	pages->origins.page_size = session->facts.page_size;
	pages->origins.sample = session->facts.sample;
	pages->has_codes = !strcmp(replayed__machine(session), "x86_64");
	if (!session->options->replay)
		page_scan__init(&pages->scan);
	pages->origins.pages_of_huge = (2U << 20) / session->facts.page_size;
	return pages->paths ? 0 : -ENOMEM;
}

/* -1: it was no touch. */
static int touch_of(const struct leak_pages *pages, uint32_t code)
{
	if (!pages->has_codes)
		return TOUCH_WRITE;
	if (code & CODE_PRESENT)
		return code & CODE_WRITE ? TOUCH_PRESENT : -1;
	return code & CODE_WRITE ? TOUCH_WRITE : TOUCH_READ;
}

static int take_fault(struct leak_run *run, const struct event_row *row, const struct mt_fault *record)
{
	const struct event_names *names = &run->tracing.session.names;
	const struct mt_who *who = names->who(names->ctx, record->who.id);
	struct leak_pages *pages = run->pages;
	int touch = touch_of(pages, record->error_code);
	struct cell cells[EVENT_MAX_COLUMNS];

	if (!who || touch < 0)
		return 0;
	event__cells(row, record, names, cells);
	event_path__read(&pages->path, row, cells);
	pages->ends[chain_end__of(row, record, pages->path.parts[EVENT_PATH_USER])]++;
	return page_origins__touch(&pages->origins, who, record->hdr.time_ns, record->address, touch,
				   call_paths__at(pages->paths, pages->path.parts, EVENT_PATH_PARTS));
}

static int on_memory(struct leak_run *run, const struct event_row *row, const void *record, bool counts)
{
	const struct mt_memory *memory = record;
	int err = open_pages(run);

	(void)counts;
	if (!err && row->id == MT_REC_memory && memory->ended)
		page_origins__end(&run->pages->origins, &memory->who);
	return err;
}

static int on_fault(struct leak_run *run, const struct event_row *row, const void *record, bool counts)
{
	int err = open_pages(run);

	(void)counts;
	return !err && row->id == MT_REC_fault ? take_fault(run, row, record) : err;
}

static uint64_t known(uint64_t bytes)
{
	return bytes == MT_UNKNOWN_U64 ? 0 : bytes;
}

/* The kernel's sums, and the areas that are an allocator's, or may be. */
static void take_map(struct page_look *look, struct process_map *map)
{
	size_t i;

	map_class__tell(map);
	look->bytes[PAGES_ANON] = known(map->kernel.anon) + known(map->kernel.swap);
	look->bytes[PAGES_OF_FILES] = known(map->kernel.file) + known(map->kernel.shmem);
	for (i = 0; i < map->nr_areas; i++) {
		const struct map_area *area = &map->areas[i];

		if (!(area->permissions & MAPPED_WRITE))
			continue; /* kept free for what may come */
		if (area->class == MAPPED_HEAP || area->class == MAPPED_ARENAS) {
			look->areas.heap_size += area->end - area->start;
			look->areas.heap_held += area->rss + area->swap;
		} else if (area->class == MAPPED_ANON) {
			look->areas.anon_size += area->end - area->start;
			look->areas.anon_held += area->rss + area->swap;
		}
	}
}

static int take_look(struct leak_run *run, struct leak_looked *looked, struct process_map *map)
{
	struct page_look look = { .time_ns = looked->time_ns };

	if (looked->failed)
		return -ENOMEM;
	take_map(&look, map);
	look.runs = looked->runs;
	looked->runs = (struct page_runs){ 0 };
	page_runs__sort(&look.runs);
	return page_origins__look(&run->pages->origins, &looked->who, &look);
}

_Static_assert((int)PAGES_SWAPPED == PAGE_RUN_SWAPPED && (int)PAGES_HUGE == PAGE_RUN_HUGE &&
		       (int)PAGES_FILE == PAGE_RUN_FILE && (int)MAP_RUN_SWAPPED == PAGE_RUN_SWAPPED &&
		       (int)MAP_RUN_HUGE == PAGE_RUN_HUGE && (int)MAP_RUN_FILE == PAGE_RUN_FILE,
	       "what the kernel says, what is recorded and what counts");

struct telling {
	struct leak_looked *looked;
	uint64_t page_size;
};

static void told(void *ctx, uint64_t start, uint64_t end, unsigned int flags)
{
	struct telling *telling = ctx;

	if (page_runs__add(&telling->looked->runs, start / telling->page_size, end / telling->page_size, flags))
		telling->looked->failed = true;
}

static void send_runs(const struct leak_looked *looked, struct sink to)
{
	struct map_run_record record = {
		.hdr = { .id = REC_MAP_RUN, .size = sizeof(record), .time_ns = looked->time_ns },
		.who = looked->who,
	};
	size_t i;

	for (i = 0; i < looked->runs.nr; i++) {
		record.start = looked->runs.list[i].start;
		record.pages = looked->runs.list[i].end - looked->runs.list[i].start;
		record.flags = looked->runs.list[i].flags;
		to.record(to.ctx, &record, sizeof(record));
	}
}

/* A process that is gone is left out. */
static int look_at(struct leak_run *run, const struct mt_who *who)
{
	struct leak_pages *pages = run->pages;
	struct leak_looked looked = { .who = *who };
	struct telling telling = { .looked = &looked, .page_size = pages->scan.page_size };
	struct process_map map = { 0 };
	int err;

	pages->scan.told = touches(run) ? told : NULL;
	pages->scan.told_ctx = &telling;
	err = map_reader__read(&pages->scan, who->pid, who->start_ns, false, &map);
	if (!err && map.error) {
		pages->refused++;
	} else if (!err) {
		looked.time_ns = clock__boot_ns();
		if (run->tracing.session.recorder) {
			struct sink to = pipeline__sink(&run->tracing.session.pipeline);

			map_recorded__send(&map, who, looked.time_ns, to);
			send_runs(&looked, to);
		}
		err = take_look(run, &looked, &map);
	}
	page_runs__done(&looked.runs);
	map_reader__done(&map);
	return err == -ESRCH ? 0 : err;
}

static void send_look(struct leak_run *run, uint64_t flags)
{
	if (run->tracing.session.recorder)
		map_recorded__send_look(flags | MAP_LOOK_AREAS | (touches(run) ? MAP_LOOK_RUNS : 0), clock__boot_ns(),
					pipeline__sink(&run->tracing.session.pipeline));
}

/* Processes to look at. */
struct living {
	struct living_one {
		struct mt_who who;
		uint64_t held;
	} * list; /* owned */
	size_t nr, room;
	int err;
};

static void add_living(void *ctx, const struct mt_memory *record)
{
	struct living *living = ctx;
	size_t room = living->room ? 2 * living->room : LOOKED_AT;
	struct living_one *more;

	if (living->nr == living->room) {
		more = reallocarray(living->list, room, sizeof(*more));
		if (!more) {
			living->err = -ENOMEM;
			return;
		}
		living->list = more;
		living->room = room;
	}
	living->list[living->nr++] = (struct living_one){ record->who, growth__held(record) };
}

static int more_first(const void *a, const void *b)
{
	uint64_t one = ((const struct living_one *)a)->held, two = ((const struct living_one *)b)->held;

	return (one < two) - (one > two);
}

/*
 * All that live; beyond a number those that hold most.  The source knows them now, where records of their memory wait
 * behind others, as when names are slow to come.
 */
static int look_at_all(struct leak_run *run)
{
	struct source *source = run->tracing.session.source;
	struct leak_pages *pages = run->pages;
	uint64_t began_ns = clock__boot_ns();
	struct living living = { 0 };
	size_t i;

	source->ops->each_memory(source, add_living, &living);
	if (living.nr)
		qsort(living.list, living.nr, sizeof(*living.list), more_first);
	pages->refused = 0;
	pages->beyond = living.nr > LOOKED_AT ? living.nr - LOOKED_AT : 0;
	pages->knows_runs = touches(run);
	send_look(run, MAP_LOOK_BEGINS);
	for (i = 0; !living.err && i < living.nr && i < LOOKED_AT; i++)
		living.err = look_at(run, &living.list[i].who);
	send_look(run, MAP_LOOK_ENDS);
	free(living.list);
	pages->next_look_ns = clock__boot_ns();
	pages->next_look_ns += LOOK_SHARE * (pages->next_look_ns - began_ns);
	return living.err;
}

static int on_look(struct leak_run *run, bool final)
{
	int err = open_pages(run);

	return err || (!final && clock__boot_ns() < run->pages->next_look_ns) ? err : look_at_all(run);
}

static int ready(struct leak_run *run)
{
	int err = open_pages(run);

	if (!err && !run->tracing.session.options->replay)
		err = look_at_all(run);
	if (!err)
		return EXIT_OK;
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

static int begin(struct leak_run *run, uint64_t now_ns)
{
	int err = open_pages(run);

	if (!err)
		page_origins__begin(&run->pages->origins, now_ns);
	return err;
}

static void forget_looked(struct leak_pages *pages)
{
	struct leak_looked *looked, *next;

	HASH_ITER (hh, pages->looked, looked, next) {
		HASH_DEL(pages->looked, looked);
		page_runs__done(&looked->runs);
		free(looked);
	}
}

static struct leak_looked *find_looked(const struct leak_pages *pages, const struct mt_who *who)
{
	struct leak_looked *looked;

	HASH_FIND(hh, pages->looked, &who->pid, sizeof(who->pid), looked);
	return looked && looked->who.start_ns == who->start_ns ? looked : NULL;
}

static int add_looked(struct leak_pages *pages, const struct map_process_record *record)
{
	const struct mt_who *who = &record->who;
	struct leak_looked *looked;

	HASH_FIND(hh, pages->looked, &who->pid, sizeof(who->pid), looked);
	if (looked || HASH_COUNT(pages->looked) >= LOOKED_AT)
		return 0; /* memtrace does not write that */
	looked = calloc(1, sizeof(*looked));
	if (!looked)
		return -ENOMEM;
	looked->who = *who;
	looked->time_ns = record->hdr.time_ns;
	HASH_ADD(hh, pages->looked, who.pid, sizeof(looked->who.pid), looked);
	if (looked->hh.tbl)
		return 0;
	free(looked);
	return -ENOMEM;
}

static int take_looked(struct leak_run *run)
{
	struct leak_pages *pages = run->pages;
	struct leak_looked *looked, *next;
	struct process_map map;
	int err = 0;

	HASH_ITER (hh, pages->looked, looked, next) {
		if (!err && !map_recorded__get(&pages->maps, &looked->who, &map)) {
			err = take_look(run, looked, &map);
			process_map__done(&map);
		}
	}
	forget_looked(pages);
	return err;
}

static int take_run(struct leak_pages *pages, const struct map_run_record *record)
{
	struct leak_looked *looked = find_looked(pages, &record->who);

	if (!looked || record->start > UINT64_MAX - record->pages)
		return 0;
	return page_runs__add(&looked->runs, record->start, record->start + record->pages, (uint32_t)record->flags);
}

static int on_map(struct leak_run *run, const void *record)
{
	const struct mt_hdr *hdr = record;
	const struct map_look_record *look = record;
	const uint64_t whole = MAP_LOOK_ENDS | MAP_LOOK_AREAS;
	int err = open_pages(run);

	if (err)
		return err;
	if (hdr->id == REC_MAP_RUN)
		return take_run(run->pages, record);
	err = map_recorded__take(&run->pages->maps, record);
	if (!err && hdr->id == REC_MAP_PROCESS)
		err = add_looked(run->pages, record);
	if (err || hdr->id != REC_MAP_LOOK)
		return err;
	if ((look->flags & whole) == whole) {
		run->pages->knows_runs |= look->flags & MAP_LOOK_RUNS;
		return take_looked(run);
	}
	forget_looked(run->pages);
	return 0;
}

static int sum(struct leak_run *run)
{
	int err = open_pages(run);

	if (!err)
		page_origins__sum(&run->pages->origins, &run->pages->sums);
	return err;
}

static void done(struct leak_run *run)
{
	struct leak_pages *pages = run->pages;

	if (!pages)
		return;
	leak_pages__done_view(pages);
	forget_looked(pages);
	map_recorded__done(&pages->maps);
	page_origins__done(&pages->origins);
	call_paths__free(pages->paths);
	free(pages);
	run->pages = NULL;
}

const struct leak_section leak_memory_section = {
	.name = "memory",
	.wanted = wanted,
	.replayed = has_looks,
	.probes = 1U << MT_PROBE_memory,
	.ready = ready,
	.begin = begin,
	.event = on_memory,
	.look = on_look,
	.map = on_map,
	.sum = sum,
	.add = leak_memory__add,
	.done = done,
};

/* With the looks of that one. */
const struct leak_section leak_pages_section = {
	.name = "by_page",
	.sums = "pages",
	.wanted = wants_touches,
	.replayed = has_touches,
	.every = 1U << MT_PROBE_fault,
	.chains = true,
	.event = on_fault,
	.add = leak_pages__add,
};
