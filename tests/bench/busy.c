// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A minute of a busy machine as a recording: busy FILE SECONDS PROCESSES STACKS EVENTS [SEED].  PROCESSES of four
 * threads count faults, pages and waits each second; EVENTS single faults and allocations come from STACKS different
 * call paths of 12 to 36 functions, some often and most seldom, at addresses of a heap that grows, of libraries and
 * of stacks.  With another SEED it is another run of the same programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/recording/recorder.h"
#include "common.h"

#define SEC	    1000000000ULL
#define BEGIN_NS    (1000 * SEC)
#define WALL_NS	    1795374298000000000ULL
#define THREADS	    4
#define KERNEL_ID   (1 << 24) /* the first call chain of the kernel */
#define KERNEL_BASE 0xffffffff81000000ULL
#define USER_BASE   0x401000ULL
#define FUNCTIONS   4000
#define PROGRAMS    60
#define MAX_DEPTH   36

static const char *const kernel_functions[] = { "asm_exc_page_fault", "handle_mm_fault",     "do_anonymous_page",
						"alloc_pages_mpol",   "filemap_fault",	     "do_wp_page",
						"entry_SYSCALL_64",   "do_syscall_64",	     "vfs_read",
						"filemap_add_folio",  "__alloc_pages_noprof" };
#define NR_KERNEL (sizeof(kernel_functions) / sizeof(*kernel_functions))

/* Leaf first: faults on memory and on files, allocations for these. */
static const uint8_t kernel_chains[][5] = {
	{ 3, 2, 1, 0, 0xff }, { 4, 1, 0, 0xff }, { 5, 1, 0, 0xff }, { 10, 9, 8, 7, 6 }
};

struct busy {
	uint64_t seconds, processes, stacks, events, seed;
	struct outfile file;
	struct recorder *rec;
	struct mt_who who;
	uint64_t addresses[MAX_DEPTH], growth;
	char name[64];
};

static uint64_t mixed(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

static uint64_t chance(struct busy *busy)
{
	busy->seed += 0x9e3779b97f4a7c15ULL;
	return mixed(busy->seed);
}

/* References of tasks: from 1 on, the threads of a process behind each other. */
static const struct mt_who *who(void *ctx, uint64_t ref)
{
	struct busy *busy = ctx;
	uint64_t process = (ref - 1) / THREADS, thread = (ref - 1) % THREADS;

	busy->who = (struct mt_who){ .pid = (uint32_t)(1000 + 10 * process),
				     .tid = (uint32_t)(1000 + 10 * process + thread),
				     .start_ns = BEGIN_NS / 2 + process,
				     .cgroup_id = 1 + process % 40 };
	snprintf(busy->who.comm, sizeof(busy->who.comm), "worker-%llu", (unsigned long long)process % PROGRAMS);
	snprintf(busy->who.tcomm, sizeof(busy->who.tcomm), "pool-%llu", (unsigned long long)thread);
	return &busy->who;
}

static const char *cgroup(void *ctx, uint64_t id)
{
	static char name[64];

	(void)ctx;
	snprintf(name, sizeof(name), "/system.slice/unit-%llu.service", (unsigned long long)id);
	return name;
}

/* Paths of one program have their first functions in common, and part sooner or later. */
static const uint64_t *addresses(void *ctx, int32_t id, size_t *nr)
{
	struct busy *busy = ctx;
	size_t i, depth;

	if (id >= KERNEL_ID) {
		const uint8_t *chain = kernel_chains[id - KERNEL_ID];

		for (i = 0; i < 5 && chain[i] != 0xff; i++)
			busy->addresses[i] = KERNEL_BASE + chain[i] * 4096ULL + 16;
		*nr = i;
		return busy->addresses;
	}
	depth = 12 + mixed((uint64_t)id) % (MAX_DEPTH - 12);
	for (i = 0; i < depth; i++) {
		uint64_t common = (uint64_t)id % PROGRAMS + (i < 4 ? 0 :
							     i < 9 ? (uint64_t)id % 97 * PROGRAMS :
								     (uint64_t)id * PROGRAMS);

		busy->addresses[depth - 1 - i] = USER_BASE + mixed(common * 64 + i) % FUNCTIONS * 256 + 16;
	}
	*nr = depth;
	return busy->addresses;
}

static bool kernel_symbol(void *ctx, uint64_t address, struct symbol *symbol)
{
	uint64_t number = (address - KERNEL_BASE) / 4096;

	(void)ctx;
	if (address < KERNEL_BASE || number >= NR_KERNEL)
		return false;
	*symbol = (struct symbol){ .start = KERNEL_BASE + number * 4096,
				   .end = KERNEL_BASE + (number + 1) * 4096,
				   .name = kernel_functions[number],
				   .module = "" };
	return true;
}

static bool made_symbol(void *ctx, const struct mt_who *task, int32_t id, size_t at, uint64_t time_ns,
			struct symbol *symbol)
{
	struct busy *busy = ctx;
	size_t nr;
	const uint64_t *all = addresses(ctx, id, &nr);
	uint64_t number = (all[at] - USER_BASE) / 256;

	(void)task;
	(void)time_ns;
	snprintf(busy->name, sizeof(busy->name), "module%llu::function_%llu", (unsigned long long)number % 37,
		 (unsigned long long)number);
	*symbol = (struct symbol){ .start = USER_BASE + number * 256,
				   .end = USER_BASE + (number + 1) * 256,
				   .name = busy->name,
				   .module = "" };
	return true;
}

static void open_recording(struct busy *busy, const char *path)
{
	const struct recorder_request request = { .file = &busy->file, .cgroup = cgroup, .who = who, .ctx = busy };
	struct recording_head head = {
		.facts = { .subject = "a busy minute", .page_size = 4096, .tick_ns = SEC, .stacks = true },
		.start = { .now_ns = BEGIN_NS, .wall_offset_ns = (int64_t)(WALL_NS - BEGIN_NS) },
		.version = "bench",
		.host = { .name = "bench",
			  .kernel = "6.1",
			  .machine = "x86_64",
			  .cpus = 64,
			  .memory_bytes = 1ULL << 38 },
	};
	enum mt_probe id;
	size_t rec;
	int err;

	head.facts.probes = 1U << MT_PROBE_fault | 1U << MT_PROBE_alloc | 1U << MT_PROBE_stall | 1U << MT_PROBE_reclaim;
	head.facts.every = 1U << MT_PROBE_fault | 1U << MT_PROBE_alloc;
	for (id = 0; id < MT_NR_PROBES; id++)
		head.probes[id].wanted = head.probes[id].attached = head.probes[id].hooked =
			head.facts.probes >> id & 1;
	for (rec = 0; rec < MT_NR_RECS; rec++)
		head.has[rec] = true;
	err = outfile__open(&busy->file, path, OUTFILE_RECORDING);
	if (!err)
		err = recorder__new(&busy->rec, &request);
	if (!err)
		recorder__set_stacks(busy->rec, (struct stack_lookup){ .addresses = addresses,
								       .kernel_symbol = kernel_symbol,
								       .made_symbol = made_symbol,
								       .ctx = busy });
	if (!err)
		err = recorder__begin(busy->rec, &head);
	if (err)
		fail(err, "%s", path);
}

/* Absolute counts, as a task has them. */
static void send_tasks(struct busy *busy, uint64_t second, uint64_t now_ns)
{
	struct mt_task task = { .hdr = { .id = MT_REC_TASK, .size = sizeof(task), .time_ns = now_ns } };
	uint64_t i, slot;

	for (i = 0; i < busy->processes; i++) {
		task.who = *who(busy, 1 + i * THREADS);
		task.life = 1 + i;
		for (slot = 0; slot < MT_NR_SLOTS; slot++) {
			enum mt_probe probe = slot_rows[slot].probe;

			if (probe == MT_PROBE_fault || probe == MT_PROBE_alloc || (probe == MT_PROBE_stall && slot % 3))
				task.c[slot] = (second + 1) * (mixed(i * 1000 + slot) % 100000) +
					       mixed(i * 7 + slot * 131 + second) % 1000;
		}
		recorder__take(busy->rec, &task);
	}
}

/* Of those of a program; half of the events are of few paths. */
static int32_t choose_stack(struct busy *busy, uint64_t process)
{
	uint64_t all = busy->stacks / PROGRAMS, n = chance(busy) % all, m = chance(busy) % all;

	if (chance(busy) % 2)
		n = n * m / all * m / all * m / all * m / all;
	return (int32_t)(PROGRAMS + n * PROGRAMS + process % PROGRAMS);
}

static uint64_t choose_address(struct busy *busy, uint64_t process)
{
	static const uint64_t library = 0x7f1200000000ULL, stack = 0x7ffd00000000ULL, heap = 0x55d000000000ULL;

	switch (chance(busy) % 8) {
	case 0:
		return stack + (process << 24) - chance(busy) % (1 << 20);
	case 1:
	case 2:
		return library + chance(busy) % 40 * (8 << 20) + chance(busy) % (2 << 20);
	default:
		return heap + (process << 32) + (busy->growth++ << 9) % (1 << 30) + chance(busy) % (1 << 22);
	}
}

static void send_event(struct busy *busy, uint64_t time_ns)
{
	uint64_t process = chance(busy) % busy->processes, n = chance(busy);
	struct mt_ref ref = { 1 + process * THREADS + n / 8 % THREADS };
	int32_t stack = choose_stack(busy, process);
	struct mt_fault fault = { .hdr = { .id = MT_REC_fault, .size = sizeof(fault), .time_ns = time_ns },
				  .who = ref,
				  .address = choose_address(busy, process),
				  .ip = USER_BASE,
				  .error_code = 6,
				  .kernel_stack = KERNEL_ID + (int32_t)(n % 3),
				  .user_stack = stack };
	struct mt_alloc alloc = { .hdr = { .id = MT_REC_alloc, .size = sizeof(alloc), .time_ns = time_ns },
				  .who = ref,
				  .order = (__u8)(n / 64 % 16 ? 0 : 3),
				  .kernel_stack = KERNEL_ID + (int32_t)(n % 4),
				  .user_stack = stack };

	recorder__take(busy->rec, n / 4 % 2 ? (void *)&fault : (void *)&alloc);
}

static void run(struct busy *busy)
{
	const struct command_outcome none = { 0 };
	uint64_t each = busy->events / busy->seconds, second, i;
	struct totals totals = { 0 };
	int err = 0;

	for (second = 0; !err && second < busy->seconds; second++) {
		uint64_t from_ns = BEGIN_NS + second * SEC;
		const struct checkpoint checkpoint = { .now_ns = from_ns + SEC,
						       .wall_offset_ns = (int64_t)(WALL_NS - BEGIN_NS) };

		for (i = 0; i < each; i++)
			send_event(busy, from_ns + (i + 1) * (SEC / (each + 2)));
		send_tasks(busy, second, from_ns + SEC - 1);
		err = recorder__checkpoint(busy->rec, &checkpoint, &totals, from_ns + SEC, false);
	}
	if (!err)
		err = recorder__finish(busy->rec, &none);
	if (err)
		fail(err, "cannot be written");
}

int main(int argc, char **argv)
{
	struct busy busy = { 0 };

	if (argc < 6)
		fail(0, "expected FILE SECONDS PROCESSES STACKS EVENTS [SEED]");
	busy.seconds = strtoull(argv[2], NULL, 10);
	busy.processes = strtoull(argv[3], NULL, 10);
	busy.stacks = strtoull(argv[4], NULL, 10);
	busy.events = strtoull(argv[5], NULL, 10);
	busy.seed = argc > 6 ? strtoull(argv[6], NULL, 10) : 1;
	if (!busy.seconds || !busy.processes || busy.stacks < PROGRAMS || busy.stacks >= KERNEL_ID / 2)
		fail(0, "expected FILE SECONDS PROCESSES STACKS EVENTS [SEED]");
	open_recording(&busy, argv[1]);
	run(&busy);
	printf("bytes %llu\n", (unsigned long long)recorder__stats(busy.rec).bytes);
	recorder__free(busy.rec);
	outfile__close(&busy.file);
	return 0;
}
