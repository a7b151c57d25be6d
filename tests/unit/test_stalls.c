/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The ledger of stalls, on runs that are made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/report/output.h"
#include "../../user/views/stalls.h"
#include "fake_run.h"
#include "records.h"

#define MS 1000000ULL

struct made_up {
	struct fake_run run;
	struct sample_counts samples;
	struct keyed_counts *keyed;
	struct cgroup_counts cgroups;
};

/* What only programs on functions see. */
static void see_part(struct fake_run *run, bool part)
{
	static const enum mt_slot first[] = { MT_SLOT_stall_high_count, MT_SLOT_stall_swapin_count,
					      MT_SLOT_stall_high_penalty_ns };
	static const enum mt_slot last[] = { MT_SLOT_stall_high_ns, MT_SLOT_stall_other_ns,
					     MT_SLOT_stall_high_penalty_ns };
	size_t i;
	int slot;

	for (i = 0; i < sizeof(first) / sizeof(*first); i++)
		for (slot = first[i]; slot <= (int)last[i]; slot++)
			run->probes[MT_PROBE_stall].lacks[slot] = part;
}

/* A thread that waited for a memory cgroup's limit and for swap space. */
static void take_thread(struct fake_run *run, uint32_t pid, uint32_t tid, const char *comm, uint64_t memcg_ns,
			uint64_t swapin_ns)
{
	struct mt_task task = task_record(pid, tid, comm, 1);

	task.c[MT_SLOT_stall_memcg_count] = 3;
	task.c[MT_SLOT_stall_memcg_ns] = memcg_ns;
	task.c[MT_SLOT_stall_swapin_count] = swapin_ns ? 2 : 0;
	task.c[MT_SLOT_stall_swapin_ns] = swapin_ns;
	task.c[MT_SLOT_stall_throttle_ns] = memcg_ns / 4;
	assert_int_equal(aggregate__task(run->view.aggregate, &task), 0);
}

/* A thread that waited for nothing but pages of its working set. */
static void take_refaults(struct fake_run *run, uint64_t count, uint64_t ns)
{
	struct mt_task task = task_record(14, 14, "refaults", 1);

	task.c[MT_SLOT_stall_refault_count] = count;
	task.c[MT_SLOT_stall_refault_ns] = ns;
	assert_int_equal(aggregate__task(run->view.aggregate, &task), 0);
}

/* The samples that the ledger looks at: all others, and those that a test leaves out, are unknown. */
static struct sample_record no_samples(void)
{
	struct sample_record record;

	memset(&record, 0xff, sizeof(record));
	return record;
}

static void take_samples(struct made_up *m, uint64_t psi_ns, uint64_t union_ns, uint64_t kernel_ns, uint64_t own_ns)
{
	struct sample_record record = no_samples();

	record.values[SAMPLE_pressure_memory_some_total] = psi_ns;
	record.values[SAMPLE_pressure_memory_full_total] = psi_ns == MT_UNKNOWN_U64 ? psi_ns : psi_ns / 2;
	record.values[SAMPLE_stalls_union] = union_ns;
	record.values[SAMPLE_stalls_some] = kernel_ns;
	record.values[SAMPLE_stalls_full] = kernel_ns == MT_UNKNOWN_U64 ? kernel_ns : kernel_ns / 4;
	record.values[SAMPLE_stalls_explained] = own_ns;
	sample_counts__take(&m->samples, &record);
}

static void take_kthread(struct made_up *m, uint32_t kind, int32_t node, uint64_t ns)
{
	static uint64_t count;
	const struct mt_stall_by_kthread record = {
		.hdr = { .id = REC_KEYED + MT_KEYED_stall_by_kthread, .size = sizeof(record) },
		.key = { .kind = kind, .node = node },
		.value = { .head = { .count = count + 1 }, .stalls = 2, .ns = ns },
	};
	const void *added;

	count++;
	assert_int_equal(keyed_counts__take(m->keyed, &keyed_rows[MT_KEYED_stall_by_kthread], &record, &added), 0);
}

static void take_caller(struct made_up *m, const char *function, uint32_t cause, uint64_t count, uint64_t ns)
{
	struct mt_stall_by_caller record = {
		.hdr = { .id = REC_KEYED + MT_KEYED_stall_by_caller, .size = sizeof(record) },
		.key = { .cause = cause },
		.value = { .head = { .count = count }, .ns = ns },
	};
	const void *added;

	memcpy(record.key.function, function, strnlen(function, sizeof(record.key.function)));
	assert_int_equal(keyed_counts__take(m->keyed, &keyed_rows[MT_KEYED_stall_by_caller], &record, &added), 0);
}

static void make_up_by(struct made_up *m, enum group_by by)
{
	assert_int_equal(fake_run__open(&m->run, by), 0);
	m->keyed = keyed_counts__new(true, 100);
	assert_non_null(m->keyed);
	m->run.view.asked = 1U << MT_PROBE_stall;
	m->run.view.samples = &m->samples;
	m->run.view.keyed = m->keyed;
	m->run.view.cgroups = &m->cgroups;
	m->run.facts.whole_machine = true;
	take_samples(m, 0, 0, 0, 0);
}

static void forget_it(struct made_up *m)
{
	fake_run__close(&m->run);
	keyed_counts__free(m->keyed);
	cgroup_counts__free(&m->cgroups);
	memset(m, 0, sizeof(*m));
}

/* Two seconds in which two processes waited. */
static int make_up(void **state)
{
	struct made_up *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	make_up_by(m, BY_PROCESS);
	take_thread(&m->run, 11, 11, "waits", 300 * MS, 100 * MS);
	take_thread(&m->run, 12, 12, "waits less", 20 * MS, 0);
	*state = m;
	return 0;
}

static int forget(void **state)
{
	forget_it(*state);
	free(*state);
	return 0;
}

static char *render(const struct report *report, const char *format)
{
	static const int64_t wall_offset_ns = 0;
	struct output out = { .ops = output__find(format), .wall_offset_ns = &wall_offset_ns };
	char *text = NULL;
	size_t size;

	out.stream = open_memstream(&text, &size);
	assert_non_null(out.stream);
	assert_int_equal(out.ops->report(&out, report), 0);
	fclose(out.stream);
	return text;
}

static char *rows_text(const struct made_up *m, const struct tasks_request *request, enum scope scope,
		       const char *format)
{
	struct report *report = report__new("memtrace.stalls/1");
	struct stalls *stalls = calloc(1, sizeof(*stalls));
	char *text;

	assert_non_null(report);
	assert_non_null(stalls);
	assert_int_equal(stalls__init(stalls, &m->run.view, request), EXIT_SUCCESS);
	assert_int_equal(stalls__add(stalls, report, scope), 0);
	text = render(report, format);
	stalls__done(stalls);
	free(stalls);
	report__free(report);
	return text;
}

static char *stalls_text(const struct made_up *m, enum group_by by, const char *format)
{
	const struct tasks_request request = { .by = by, .rows = 20 };

	return rows_text(m, &request, SCOPE_TOTAL, format);
}

/* The text with one space where there are several, and none at a line's end. */
static char *squeezed(char *text)
{
	char *to = text, *from;

	for (from = text; *from; from++)
		if (*from != ' ' || (from[1] != ' ' && from[1] != '\n'))
			*to++ = *from;
	*to = '\0';
	return text;
}

/* Frees the text. */
static void expect_parts(char *text, const char *const *parts)
{
	for (; *parts; parts++)
		if (!strstr(text, *parts))
			fail_msg("expected '%s' in:\n%s", *parts, text);
	free(text);
}

#define EXPECT(text, ...) expect_parts(text, (const char *const[]){ __VA_ARGS__, NULL })

static void expect_none(char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect '%s' in:\n%s", part, text);
	free(text);
}

/* Head, rows, their sum, and what it means. */
static void text_of_all(void **state)
{
	struct made_up *m = *state;

	take_samples(m, 500 * MS, 420 * MS, 410 * MS, 400 * MS);
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")),
	       "tasks waited 420ms for memory; PSI some 500ms (25.0%), full 250ms (12.5%)\n"
	       "PID COMM CGROUP STALLED SOME MEMCG HIGH DIRECT COMPACT SWAPIN REFAULT OTHER | FILE ",
	       "\n 11 waits /one 400ms 20.0% 300ms 0s 0s 0s 100ms 0s 0s ",
	       "\n 12 waits less /one 20.0ms 1.0% 20.0ms 0s 0s 0s 0s 0s 0s ",
	       "\n total 420ms 21.0% 320ms 0s 0s 0s 100ms 0s 0s ", "\nSOME: at least one task waited",
	       "\nexplained 97.6% of the kernel's own time in stalls\n");
	expect_none(stalls_text(m, BY_PROCESS, "text"), "not seen by");
}

static void json_of_all(void **state)
{
	struct made_up *m = *state;

	take_samples(m, 500 * MS, 420 * MS, 410 * MS, 400 * MS);
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"schema\":\"memtrace.stalls/1\"",
	       "\"psi\":{\"some_ns\":500000000,\"full_ns\":250000000}",
	       "\"buckets\":{\"some_ns\":410000000,\"full_ns\":102500000}", "\"explained_ns\":400000000",
	       "\"union_ns\":420000000", "\"task_ns\":420000000", "\"unseen_ns\":0",
	       "\"sources\":[{\"name\":\"psi_memstall_enter\"},{\"name\":\"psi_group_cpu\"},"
	       "{\"name\":\"/proc/pressure/memory\"}]",
	       "\"rows\":[{\"pid\":11,", "\"comm\":\"waits\"", "\"stalled_ns\":400000000,\"some_ns\":400000000",
	       "\"causes\":{\"memcg\":{\"ns\":300000000,\"count\":3},\"high\":{\"ns\":0,\"count\":0}",
	       "\"swapin\":{\"ns\":100000000,\"count\":2}",
	       "\"of_which\":{\"throttle_ns\":75000000,\"high_penalty_ns\":0}", "\"kthreads\":[]", "\"callers\":[]");
	/* the rows at the table's end are for people */
	expect_none(stalls_text(m, BY_PROCESS, "json"), "\"total\"");
}

/* What the kernel's hooks do not show is unknown and not 0, and has a size. */
static void part_is_seen(void **state)
{
	struct made_up *m = *state;

	see_part(&m->run, true);
	take_samples(m, 500 * MS, 420 * MS, MT_UNKNOWN_U64, 400 * MS);
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")), "\n 12 waits less /one 20.0ms 1.0% 20.0ms - 0s 0s - - - ",
	       "\n total 420ms 21.0% 320ms - 0s 0s - - - ",
	       "\nnot seen by this kernel's hooks: 80.0ms of PSI (all but reclaim and compaction)\n");
	expect_none(stalls_text(m, BY_PROCESS, "text"), "explained");
	EXPECT(stalls_text(m, BY_PROCESS, "json"),
	       "\"high\":{\"ns\":null,\"count\":null},\"direct\":{\"ns\":0,\"count\":0}",
	       "\"other\":{\"ns\":null,\"count\":null}", "\"throttle_ns\":5000000,\"high_penalty_ns\":null",
	       "\"buckets\":{\"some_ns\":null,\"full_ns\":null}", "\"unseen_ns\":80000000",
	       "\"sources\":[{\"name\":\"reclaim and compaction\"},{\"name\":\"/proc/pressure/memory\"}]");
}

/* Refaults by delay accounting are a source of their own, and seen. */
static void refaults_of_delay_accounting(void **state)
{
	struct made_up *m = *state;

	see_part(&m->run, true);
	m->run.probes[MT_PROBE_stall].lacks[MT_SLOT_stall_refault_count] = false;
	m->run.probes[MT_PROBE_stall].lacks[MT_SLOT_stall_refault_ns] = false;
	take_refaults(&m->run, 30, 30 * MS);
	take_samples(m, 500 * MS, 420 * MS, MT_UNKNOWN_U64, 400 * MS);
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")),
	       "\nnot seen by this kernel's hooks: 50.0ms of PSI (all but reclaim, compaction and refaults)\n",
	       "\nREFAULT is what delay accounting calls thrashing");
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"unseen_ns\":50000000",
	       "\"swapin\":{\"ns\":null,\"count\":null},\"refault\":{\"ns\":30000000,\"count\":30}",
	       "\"sources\":[{\"name\":\"reclaim and compaction\"},{\"name\":\"task->delays\"},"
	       "{\"name\":\"/proc/pressure/memory\"}]");
}

/* PSI's readers can make it less than what was seen. */
static void psi_below_the_union(void **state)
{
	struct made_up *m = *state;

	see_part(&m->run, true);
	take_samples(m, 400 * MS, 420 * MS, 410 * MS, 400 * MS);
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"unseen_ns\":0,");
	EXPECT(stalls_text(m, BY_PROCESS, "text"), "hooks: 0s of PSI");
}

/* PSI is of the whole machine: of some tasks nothing can be said of the rest. */
static void filtered(void **state)
{
	struct made_up *m = *state;

	see_part(&m->run, true);
	m->run.facts.whole_machine = false;
	take_samples(m, 500 * MS, 420 * MS, 410 * MS, 400 * MS);
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"unseen_ns\":null,", "\"psi\":{\"some_ns\":500000000,");
	expect_none(stalls_text(m, BY_PROCESS, "text"), "not seen by");
}

/* A kernel without PSI, and a recording in which nothing but tasks is. */
static void nothing_but_tasks(void **state)
{
	static const char *const texts[] = { "tasks waited 420ms for memory; this kernel has no PSI, or it is off\n",
					     "\n total 420ms - 320ms 0s ", NULL };
	static const char *const programs[] = {
		"\"psi\":{\"some_ns\":null,\"full_ns\":null}",
		"\"explained_ns\":null,\"union_ns\":null,\"task_ns\":420000000,\"unseen_ns\":null",
		"\"sources\":[{\"name\":\"psi_memstall_enter\"}]",
		"\"kthreads\":[]",
		"\"callers\":[]",
		NULL
	};
	struct made_up *m = *state;

	take_samples(m, MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64);
	expect_parts(squeezed(stalls_text(m, BY_PROCESS, "text")), texts);
	expect_parts(stalls_text(m, BY_PROCESS, "json"), programs);
	m->run.view.samples = NULL;
	m->run.view.keyed = NULL;
	m->run.view.cgroups = NULL;
	expect_parts(squeezed(stalls_text(m, BY_PROCESS, "text")), texts);
	expect_parts(stalls_text(m, BY_PROCESS, "json"), programs);
}

/* Without the probe even the sum is unknown. */
static void not_attached(void **state)
{
	struct made_up *m = *state;

	m->run.probes[MT_PROBE_stall].attached = false;
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"stalled_ns\":null", "\"memcg\":{\"ns\":null,\"count\":null}");
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")), "\n 11 waits /one - - - - - ");
}

static void nobody_waited(void **state)
{
	struct made_up *m = *state;

	forget_it(m);
	make_up_by(m, BY_PROCESS);
	EXPECT(stalls_text(m, BY_PROCESS, "text"), "tasks waited 0s for memory; PSI some 0s (0.0%), full 0s (0.0%)\n");
	expect_none(stalls_text(m, BY_PROCESS, "text"), "explained"); /* a share of nothing */
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"task_ns\":0,", "\"rows\":[]");
}

/* They stand between the tasks and the sum, and are part of it; SOME is their own time. */
static void kernel_threads(void **state)
{
	struct made_up *m = *state;

	take_kthread(m, MT_STALL_KCOMPACTD, 1, 10 * MS);
	take_kthread(m, MT_STALL_KSWAPD, 0, 80 * MS);
	take_kthread(m, MT_STALL_OTHER_KTHREAD, MT_UNKNOWN_S32, 30 * MS);
	take_kthread(m, MT_STALL_KSWAPD, MT_UNKNOWN_S32, 5 * MS);
	take_samples(m, 500 * MS, 500 * MS, 500 * MS, 500 * MS);
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")), "tasks waited 545ms for memory",
	       "\n 12 waits less /one 20.0ms 1.0% 20.0ms 0s 0s 0s 0s 0s 0s | 0s 0s 0s 0s\n"
	       " kswapd0 80.0ms 4.0%\n"
	       " other kernel threads 30.0ms 1.5%\n"
	       " kcompactd1 10.0ms 0.5%\n"
	       " kswapd 5.00ms 0.2%\n"
	       " total 545ms 25.0% 320ms 0s ");
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"task_ns\":545000000",
	       "\"kthreads\":[{\"comm\":\"kswapd0\",\"node\":0,\"ns\":80000000},"
	       "{\"comm\":\"other kernel threads\",\"node\":null,\"ns\":30000000},"
	       "{\"comm\":\"kcompactd1\",\"node\":1,\"ns\":10000000},"
	       "{\"comm\":\"kswapd\",\"node\":null,\"ns\":5000000}]");
}

/* Behind what is summed up as there is no room for it. */
static void kernel_threads_behind_the_rest(void **state)
{
	const struct tasks_request request = { .by = BY_PROCESS, .rows = 1 };
	struct made_up *m = *state;

	take_kthread(m, MT_STALL_KSWAPD, 0, 80 * MS);
	EXPECT(squeezed(rows_text(m, &request, SCOPE_TOTAL, "text")), "\n 11 waits /one ",
	       "\n 1 more (-k 0) 20.0ms - 20.0ms ", "\n kswapd0 80.0ms 4.0%\n total 500ms ");
}

/* More than there is room for, of a broken recording, some of a kind that no kernel has. */
static void many_kernel_threads(void **state)
{
	struct made_up *m = *state;
	int32_t node;

	keyed_counts__free(m->keyed);
	m->keyed = keyed_counts__new(true, 1000);
	m->run.view.keyed = m->keyed;
	for (node = 0; node < STALLS_MAX_KTHREADS + 10; node++)
		take_kthread(m, MT_STALL_KSWAPD + 17 * (node & 1), node, MS + node);
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"comm\":\"kswapd328\"",
	       "\"comm\":\"other kernel threads\",\"node\":329");
	EXPECT(stalls_text(m, BY_PROCESS, "text"), "kswapd10 ", "kswapd328 ", "total");
	expect_none(stalls_text(m, BY_PROCESS, "text"), "kswapd8 ");
}

static void callers(void **state)
{
	struct made_up *m = *state;

	take_caller(m, "try_charge_memcg", MT_STALL_MEMCG, 6, 320 * MS);
	take_caller(m, "", MT_STALL_OTHER, 1, 2 * MS);
	take_caller(m, "a_name_that_fills_all_32_bytes_0", MT_STALL_OTHER, 2, 3 * MS);
	take_caller(m, "balance_pgdat", MT_NR_STALL_CAUSES, 4, 80 * MS);
	EXPECT(stalls_text(m, BY_PROCESS, "json"),
	       "\"callers\":[{\"function\":\"try_charge_memcg\",\"cause\":\"memcg\",\"count\":6,\"ns\":320000000},"
	       "{\"function\":\"balance_pgdat\",\"cause\":\"kthread\",\"count\":4,\"ns\":80000000},"
	       "{\"function\":\"a_name_that_fills_all_32_bytes_0\",\"cause\":\"other\",\"count\":2,\"ns\":3000000},"
	       "{\"function\":null,\"cause\":\"other\",\"count\":1,\"ns\":2000000}]");
	expect_none(stalls_text(m, BY_PROCESS, "text"), "try_charge_memcg");
}

/* Of a broken recording: what no kernel writes is shown so that it does no harm. */
static void broken_callers(void **state)
{
	struct made_up *m = *state;

	take_caller(m, "\033[2J\"\xff", 99, 1, 5);
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"cause\":null,\"count\":1,\"ns\":5}]");
	expect_none(stalls_text(m, BY_PROCESS, "json"), "\033");
	expect_none(stalls_text(m, BY_PROCESS, "json"), "\xff");
}

/* A thread stalls once at a time, so that its sum is the time in which it was stalled. */
static void some_of_threads(void **state)
{
	struct made_up *m = *state;

	forget_it(m);
	make_up_by(m, BY_THREAD);
	take_thread(&m->run, 11, 11, "waits", 300 * MS, 100 * MS);
	take_thread(&m->run, 11, 15, "waits", 20 * MS, 0);
	EXPECT(squeezed(stalls_text(m, BY_THREAD, "text")), "\n 11 11 waits /one 400ms 20.0% 300ms ",
	       "\n 11 15 waits /one 20.0ms 1.0% 20.0ms ");
	EXPECT(stalls_text(m, BY_THREAD, "json"), "\"stalled_ns\":400000000,\"some_ns\":400000000,",
	       "\"stalled_ns\":20000000,\"some_ns\":20000000,");
	m->run.probes[MT_PROBE_stall].attached = false;
	EXPECT(stalls_text(m, BY_THREAD, "json"), "\"stalled_ns\":null,\"some_ns\":null,");
}

/* Of a process and of a name it is known while one thread alone has waited. */
static void some_of_one_waiter(void **state)
{
	static const enum group_by by[] = { BY_PROCESS, BY_COMM };
	struct mt_task idle = task_record(11, 16, "waits", 1);
	struct made_up *m = *state;
	size_t i;

	idle.c[MT_SLOT_stall_dirty_ns] = idle.c[MT_SLOT_fault_minor] = 50 * MS;
	for (i = 0; i < sizeof(by) / sizeof(*by); i++) {
		forget_it(m);
		make_up_by(m, by[i]);
		take_thread(&m->run, 11, 11, "waits", 100 * MS, 0);
		assert_int_equal(aggregate__task(m->run.view.aggregate, &idle), 0);
		take_thread(&m->run, 11, 11, "waits", 300 * MS, 100 * MS);
		EXPECT(stalls_text(m, by[i], "json"), "\"stalled_ns\":400000000,\"some_ns\":400000000,");
		take_thread(&m->run, 11, 15, "waits", 20 * MS, 0);
		take_thread(&m->run, 11, 11, "waits", 301 * MS, 100 * MS);
		EXPECT(stalls_text(m, by[i], "json"), "\"stalled_ns\":421000000,\"some_ns\":null,");
	}
}

static void take_cgroup(struct made_up *m, uint64_t id, uint64_t time_ns, uint64_t psi_ns)
{
	struct cgroup_sample_record record;

	memset(&record, 0xff, sizeof(record));
	record.hdr.time_ns = time_ns;
	record.cgroup_id = id;
	record.removed = 0;
	record.values[CGROUP_SAMPLE_pressure_memory_some] = psi_ns;
	assert_int_equal(cgroup_counts__take(&m->cgroups, &record), 0);
}

/* The kernel's own figure, where the kernel has one. */
static void some_of_cgroups(void **state)
{
	struct mt_task task = task_record(12, 12, "waits less", 1);
	struct made_up *m = *state;

	forget_it(m);
	make_up_by(m, BY_CGROUP);
	take_thread(&m->run, 11, 11, "waits", 300 * MS, 100 * MS);
	task.who.cgroup_id = 2;
	task.c[MT_SLOT_stall_memcg_ns] = 20 * MS;
	assert_int_equal(aggregate__task(m->run.view.aggregate, &task), 0);
	EXPECT(squeezed(stalls_text(m, BY_CGROUP, "text")), "/one 0 400ms - 300ms ", "/other 0 20.0ms - 20.0ms ");
	take_cgroup(m, 2, 3000 * MS, MT_UNKNOWN_U64);
	take_cgroup(m, 1, 3000 * MS, 1000 * MS);
	take_cgroup(m, 1, 5000 * MS, 1340 * MS);
	EXPECT(squeezed(stalls_text(m, BY_CGROUP, "text")), "/one 0 400ms 17.0% 300ms ", "/other 0 20.0ms - 20.0ms ");
	EXPECT(stalls_text(m, BY_CGROUP, "json"), "\"stalled_ns\":400000000,\"some_ns\":340000000,",
	       "\"stalled_ns\":20000000,\"some_ns\":null,");
}

/* What an interval adds, of its own second. */
static void interval(void **state)
{
	const struct tasks_request request = { .by = BY_PROCESS, .rows = 20 };
	struct made_up *m = *state;

	take_kthread(m, MT_STALL_KSWAPD, 0, 80 * MS);
	take_samples(m, 500 * MS, 500 * MS, 400 * MS, 400 * MS);
	aggregate__next_interval(m->run.view.aggregate);
	keyed_counts__next_interval(m->keyed);
	sample_counts__next_interval(&m->samples);
	take_thread(&m->run, 11, 11, "waits", 350 * MS, 100 * MS);
	take_kthread(m, MT_STALL_KSWAPD, 0, 90 * MS);
	take_samples(m, 560 * MS, 560 * MS, 500 * MS, 450 * MS);
	aggregate__next_interval(m->run.view.aggregate);
	keyed_counts__next_interval(m->keyed);
	sample_counts__next_interval(&m->samples);
	EXPECT(squeezed(rows_text(m, &request, SCOPE_INTERVAL, "text")),
	       "tasks waited 60.0ms for memory; PSI some 60.0ms (6.0%), full 30.0ms (3.0%)\n",
	       "\n 11 waits /one 50.0ms 5.0% 50.0ms ", "\n kswapd0 10.0ms 1.0%\n", "\n total 60.0ms 6.0% 50.0ms ",
	       "\nexplained 50.0% of");
	expect_none(rows_text(m, &request, SCOPE_INTERVAL, "text"), "waits less");
	EXPECT(rows_text(m, &request, SCOPE_INTERVAL, "json"), "\"task_ns\":60000000,\"unseen_ns\":0");
	EXPECT(squeezed(rows_text(m, &request, SCOPE_TOTAL, "text")),
	       "tasks waited 560ms for memory; PSI some 560ms (28.0%)");
}

/* How much memory is left; what is not known of it is no number. */
static void state_of_memory(void **state)
{
	struct sample_record record = no_samples();
	struct made_up *m = *state;

	expect_none(stalls_text(m, BY_PROCESS, "text"), "free");
	record.values[SAMPLE_memory_free] = 1 << 20;
	record.values[SAMPLE_swap_total] = 8 << 20;
	record.values[SAMPLE_swap_free] = 5 << 20;
	record.values[SAMPLE_memory_dirty] = 2 << 20;
	record.values[SAMPLE_vm_dirty_threshold] = 1024; /* pages */
	record.values[SAMPLE_zones_min] = 10;
	record.values[SAMPLE_zones_low] = 20;
	record.values[SAMPLE_zones_high] = 30;
	sample_counts__take(&m->samples, &record);
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")), "\nfree 1.00MiB (min 40.0KiB, low 80.0KiB, high 120KiB) "
							     "swap 3.00MiB of 8.00MiB dirty 2.00MiB of 4.00MiB\n");
	EXPECT(stalls_text(m, BY_PROCESS, "json"), "\"state\":{\"free_bytes\":1048576,\"min_bytes\":40960,");
	record.values[SAMPLE_zones_min] = MT_UNKNOWN_U64;
	record.values[SAMPLE_swap_free] = MT_UNKNOWN_U64;
	record.values[SAMPLE_vm_dirty_threshold] = MT_UNKNOWN_U64;
	sample_counts__take(&m->samples, &record);
	EXPECT(squeezed(stalls_text(m, BY_PROCESS, "text")),
	       "\nfree 1.00MiB (min -, low 80.0KiB, high 120KiB) swap - of 8.00MiB dirty 2.00MiB of -\n");
}

/* The columns of the view, by title and by path. */
static void sorted(void **state)
{
	struct tasks_request request = { .by = BY_PROCESS, .rows = 1, .sort = "memcg" };
	struct made_up *m = *state;
	struct mt_task task = task_record(14, 14, "swaps", 1);

	task.c[MT_SLOT_stall_swapin_ns] = 350 * MS;
	assert_int_equal(aggregate__task(m->run.view.aggregate, &task), 0);
	EXPECT(rows_text(m, &request, SCOPE_TOTAL, "text"), "11 waits");
	request.sort = "SWAPIN";
	EXPECT(rows_text(m, &request, SCOPE_TOTAL, "text"), "14 swaps");
	request.sort = "causes.memcg.count";
	EXPECT(rows_text(m, &request, SCOPE_TOTAL, "text"), "11 waits");
	request.sort = NULL;
	EXPECT(rows_text(m, &request, SCOPE_TOTAL, "text"), "11 waits");
}

static void refuses_unknown_sort(void **state)
{
	const struct tasks_request request = { .by = BY_PROCESS, .sort = "minor/s" };
	struct stalls *stalls = calloc(1, sizeof(*stalls));
	const struct made_up *m = *state;
	FILE *saved = stderr;

	assert_non_null(stalls);
	stderr = fopen("/dev/null", "w");
	assert_int_equal(stalls__init(stalls, &m->run.view, &request), 2);
	fclose(stderr);
	stderr = saved;
	free(stalls);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_of_all),
		TEST(json_of_all),
		TEST(part_is_seen),
		TEST(refaults_of_delay_accounting),
		TEST(psi_below_the_union),
		TEST(filtered),
		TEST(nothing_but_tasks),
		TEST(not_attached),
		TEST(nobody_waited),
		TEST(kernel_threads),
		TEST(kernel_threads_behind_the_rest),
		TEST(many_kernel_threads),
		TEST(callers),
		TEST(broken_callers),
		TEST(some_of_threads),
		TEST(some_of_one_waiter),
		TEST(some_of_cgroups),
		TEST(interval),
		TEST(state_of_memory),
		TEST(sorted),
		TEST(refuses_unknown_sort),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
