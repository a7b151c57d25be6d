// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Stalls beside what tasks have counted: the iterator of the probe, and times of the whole machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../kernel/function_ranges.h"
#include "../kernel/prototype.h"
#include "live_impl.h"

/* The kernel's times by CPU are the lowest 32 bits of nanoseconds: 4.3 s. */
#define PSI_GAP_MAX_NS 4000000000ULL
/* One that was read a moment too late is ahead of the next. */
#define PSI_BACK_MAX 250000000U
#define SLEEP_MAX_NS 10000000
#define READ_TRIES   4

static const struct object *stall_object(const struct live *live)
{
	const struct object *object = &live->objects[MT_PROBE_stall];

	return object->bpf ? object : NULL;
}

static bool has_hook(const struct object *object, const char *name)
{
	const struct hook_state *h = object ? object__hook(object, name) : NULL;

	return h && hook__is_attached(h);
}

static const char *program_of(const struct object *object, const char *hook)
{
	const struct hook_state *h = object__hook(object, hook);

	return h->hook->alts[h->alt].program;
}

/* Whether who is stalled is counted as well. */
static bool is_balanced(const struct object *object)
{
	const char *hook = has_hook(object, "enter") ? "enter" : "direct begin";

	return has_hook(object, hook) && strstr(program_of(object, hook), "_balanced");
}

int live__look_at_stalls(struct live *live)
{
	const struct object *object = stall_object(live);
	char nothing[16];
	int fd, err = 0;

	if (!object || live->look_link_fd < 0)
		return 0;
	/* where nobody is counted, or a begin may have been missed, there may be some now without a sign of it */
	if (live->running && is_balanced(object) && !live->cfg.twice && !(live->control->stalled >> MT_STALLED_BITS))
		return 0;
	fd = bpf_iter_create(live->look_link_fd);
	if (fd < 0)
		return fd;
	while ((err = read(fd, nothing, sizeof(nothing))) < 0 && (errno == EINTR || errno == EAGAIN))
		;
	err = err < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* Where no program sees refaults, delay accounting tells of them. */
static void take_delays(struct live *live)
{
	struct probe_status *status = &live->source.probes[MT_PROBE_stall];
	const struct object *object = stall_object(live);

	if (!object || !live->cfg.accounts_delays || has_hook(object, "enter"))
		return;
	live->control->takes_delays = 1;
	status->lacks[MT_SLOT_stall_refault_count] = status->lacks[MT_SLOT_stall_refault_ns] = false;
}

int live__open_stalls(struct live *live)
{
	const struct object *object = stall_object(live);
	struct psi_times *psi;

	take_delays(live);
	live->look_link_fd = object ? object__iter_fd(object) : -ENOENT;
	if (!has_hook(object, "psi times"))
		return 0;
	psi = calloc(1, sizeof(*psi));
	live->psi = psi;
	if (!psi)
		return -ENOMEM;
	psi->some = calloc(live->cfg.nr_cpus, sizeof(*psi->some));
	psi->full = calloc(live->cfg.nr_cpus, sizeof(*psi->full));
	return psi->some && psi->full ? 0 : -ENOMEM;
}

/* Those of the probe's functions that the kernel has; without them all stalls have the cause "other". */
void live__find_stall_functions(struct live *live)
{
	static const uint32_t numbers[MT_STALL_RANGES] = {
#define FOUR(n)	   n, n + 1, n + 2, n + 3
#define SIXTEEN(n) FOUR(n), FOUR(n + 4), FOUR(n + 8), FOUR(n + 12)
		SIXTEEN(0), SIXTEEN(16), SIXTEEN(32), SIXTEEN(48)
	};
	const struct map_content *classes = probes[MT_PROBE_stall]->contents;
	struct mt_stall_range *ranges;
	int nr, id;

	if (!enumerator__read(live->types.btf, "BPF_FUNC_snprintf", &id))
		return;
	ranges = calloc(MT_STALL_RANGES, sizeof(*ranges));
	live->stall_ranges = ranges;
	nr = ranges ? function_ranges__read("/proc/kallsyms", classes, ranges, MT_STALL_RANGES) : -ENOMEM;
	if (nr <= 0) {
		log_warn("causes of stalls are unknown: /proc/kallsyms: %s", nr ? strerror(-nr) : "no such function");
		return;
	}
	live->stall_contents[0] = *classes;
	live->stall_contents[1] = (struct map_content){
		.map = "stall_ranges",
		.keys = numbers,
		.key_size = sizeof(*numbers),
		.values = ranges,
		.value_size = sizeof(*ranges),
		.nr = nr,
	};
}

void live__close_stalls(struct live *live)
{
	free(live->stall_ranges);
	if (!live->psi)
		return;
	free(live->psi->some);
	free(live->psi->full);
	free(live->psi);
}

static void add_psi(struct psi_time *time, uint32_t now)
{
	uint32_t grown = now - time->last;

	if (grown > UINT32_MAX - PSI_BACK_MAX)
		return;
	time->sum_ns += grown;
	time->last = now;
}

static int run_psi_times(const struct object *object)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(object->bpf, "psi_times");
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
}

/* What a CPU had at the first time is where its times begin. */
static void read_psi(struct live *live)
{
	struct psi_times *psi = live->psi;
	uint64_t now_ns = clock__boot_ns();
	uint32_t cpu;

	psi->broken |= psi->read_ns && now_ns - psi->read_ns > PSI_GAP_MAX_NS;
	if (psi->broken || run_psi_times(stall_object(live))) {
		psi->broken = true;
		return;
	}
	for (cpu = 0; cpu < live->cfg.nr_cpus; cpu++) {
		struct psi_time *some = &psi->some[cpu], *full = &psi->full[cpu];

		if (!psi->read_ns) {
			some->last = live->cpus[cpu].psi_some_ns;
			full->last = live->cpus[cpu].psi_full_ns;
		}
		add_psi(some, live->cpus[cpu].psi_some_ns);
		add_psi(full, live->cpus[cpu].psi_full_ns);
	}
	psi->read_ns = now_ns;
}

static uint64_t stalled_ns(const volatile __u64 *word, uint64_t now_ns)
{
	return mt_stalled_time(*word, now_ns);
}

static uint64_t explained_ns(const struct live *live, uint64_t now_ns)
{
	uint64_t sum = 0;
	uint32_t cpu;

	for (cpu = 0; cpu < live->cfg.nr_cpus; cpu++)
		sum += stalled_ns(&live->cpus[cpu].stalled, now_ns);
	return sum;
}

static uint64_t sum_of(const struct psi_time *times, uint32_t nr)
{
	uint64_t sum = 0;

	while (nr)
		sum += times[--nr].sum_ns;
	return sum;
}

/* How often this thread has left its CPU. */
static long nr_switches(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_nvcsw + usage.ru_nivcsw;
}

/*
 * The program takes as the time by PSI's clock when this thread came to its CPU, so that has to be now.  A short sleep
 * may be over before the thread has left its CPU.
 */
static void come_to_cpu(void)
{
	struct timespec moment = { .tv_nsec = 1 };
	long before = nr_switches();

	for (; nr_switches() == before && moment.tv_nsec <= SLEEP_MAX_NS; moment.tv_nsec *= 10)
		nanosleep(&moment, NULL);
}

/* Both sides of the same moment: once more if the thread had to leave its CPU in between. */
static void read_both(struct live *live, uint64_t values[NR_SAMPLES])
{
	uint64_t now_ns;
	long before;
	int i;

	for (i = 0; i < READ_TRIES; i++) {
		if (live->psi)
			come_to_cpu();
		before = nr_switches();
		now_ns = clock__boot_ns();
		values[SAMPLE_stalls_union] = stalled_ns(&live->control->stalled, now_ns);
		values[SAMPLE_stalls_explained] = explained_ns(live, now_ns);
		if (live->psi)
			read_psi(live);
		if (!live->psi || nr_switches() == before)
			break;
	}
}

void live__sample_stalls(struct live *live, uint64_t values[NR_SAMPLES])
{
	const struct object *object = stall_object(live);

	if (!object)
		return;
	read_both(live, values);
	if (!is_balanced(object) || live->control->stalls_unbalanced)
		values[SAMPLE_stalls_union] = values[SAMPLE_stalls_explained] = MT_UNKNOWN_U64;
	if (!live->psi || live->psi->broken)
		return;
	values[SAMPLE_stalls_some] = sum_of(live->psi->some, live->cfg.nr_cpus);
	values[SAMPLE_stalls_full] = sum_of(live->psi->full, live->cfg.nr_cpus);
}
