// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A history of days, written by memtrace's own recorder with a clock that goes as fast as it can: week DIR DAYS
 * PROCESSES CGROUPS SHORT.  Each ten seconds a tenth of PROCESSES has counted something, SHORT more have lived and
 * ended, and a tenth of CGROUPS (256 have samples at most) has changed.  The history ends now.  Prints bytes and CPU
 * time for each day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../../user/recording/recorder.h"
#include "common.h"

#define SEC	 1000000000ULL
#define TICK_NS	 (10 * SEC)
#define BEGIN_NS (1000 * SEC)
#define WEEK_NS	 (7 * 86400 * SEC)
#define BYTES	 (1ULL << 40) /* no limit: what it takes is the question */

struct week {
	uint64_t days, processes, cgroups, shorts;
	uint64_t wall_ns; /* at BEGIN_NS */
	uint64_t *minor;  /* of each process so far */
	uint64_t lives, seed, psi_ns;
	struct outfile file;
	struct recorder *rec;
};

static uint64_t chance(struct week *week)
{
	week->seed = week->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return week->seed >> 33;
}

static const char *name_cgroup(void *ctx, uint64_t id)
{
	static char name[64];

	snprintf(name, sizeof(name), "/system.slice/unit-%llu.service", (unsigned long long)id);
	return name;
}

static void open_history(struct week *week, const char *dir)
{
	const struct recorder_request request = { .file = &week->file,
						  .history = { .keep_ns = WEEK_NS, .max_bytes = BYTES },
						  .cgroup = name_cgroup };
	struct recording_head head = {
		.facts = { .subject = "a week", .probes = 0xff, .page_size = 4096, .tick_ns = TICK_NS },
		.start = { .now_ns = BEGIN_NS, .wall_offset_ns = (int64_t)(week->wall_ns - BEGIN_NS) },
		.version = "bench",
	};
	enum mt_probe id;
	int err;

	for (id = 0; id < MT_NR_PROBES; id++)
		head.probes[id].wanted = head.probes[id].attached = head.probes[id].hooked =
			head.facts.probes >> id & 1;
	err = history__open(&week->file, dir);

	if (!err)
		err = recorder__new(&week->rec, &request);
	if (!err)
		err = recorder__begin(week->rec, &head);
	if (err)
		fail(err, "%s", dir);
}

/* Counts as those of a process that does something: faults, pages, CPU time, now and then a wait. */
static void send_task(struct week *week, uint64_t number, uint64_t life, uint64_t minor, uint64_t now_ns, bool final)
{
	struct mt_task task = { .hdr = { .id = MT_REC_TASK, .size = sizeof(task), .time_ns = now_ns },
				.life = life,
				.flags = final ? MT_TASK_FINAL : 0 };

	task.who.pid = task.who.tid = 100 + (uint32_t)number;
	task.who.start_ns = BEGIN_NS + life;
	task.who.cgroup_id = 1 + number % week->cgroups;
	snprintf(task.who.comm, sizeof(task.who.comm), "worker-%llu", (unsigned long long)number % 200);
	memcpy(task.who.tcomm, task.who.comm, sizeof(task.who.tcomm));
	task.c[MT_SLOT_fault_minor] = minor;
	task.c[MT_SLOT_fault_major] = minor / 5000;
	task.c[MT_SLOT_stall_high_ns] = minor / 100 * 12345;
	task.c[MT_SLOT_reclaim_node_ns] = minor / 1000;
	recorder__take(week->rec, &task);
}

static void send_tasks(struct week *week, uint64_t now_ns)
{
	uint64_t i;

	for (i = 0; i < week->processes; i++) {
		if (chance(week) % 10)
			continue;
		week->minor[i] += 1 + chance(week) % 3000;
		send_task(week, i, 1 + i, week->minor[i], now_ns - 2, false);
	}
	for (i = 0; i < week->shorts; i++)
		send_task(week, week->processes + i, ++week->lives + week->processes, 100 + chance(week) % 1000,
			  now_ns - 2, true);
}

static void send_samples(struct week *week, uint64_t now_ns)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = now_ns - 1 } };
	struct cgroup_sample_record cgroup = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(cgroup), .time_ns = now_ns - 1 }
	};
	uint64_t i, nr = week->cgroups < CGROUPS_MAX ? week->cgroups : CGROUPS_MAX;

	for (i = 0; i < NR_SAMPLES; i++)
		record.values[i] = i % 3 ? (1ULL << 33) + chance(week) % (1 << 24) * 4096 : now_ns / SEC * (i + 1);
	week->psi_ns += chance(week) % 100 ? 0 : chance(week) % SEC;
	record.values[SAMPLE_pressure_memory_some_total] = week->psi_ns;
	recorder__take(week->rec, &record);
	for (cgroup.cgroup_id = 1; cgroup.cgroup_id <= nr; cgroup.cgroup_id++) {
		if (chance(week) % 10)
			continue;
		for (i = 0; i < NR_CGROUP_SAMPLES; i++)
			cgroup.values[i] = (1ULL << 28) + (i < 2 ? chance(week) % 100000 * 4096 : 0);
		recorder__take(week->rec, &cgroup);
	}
}

static void run(struct week *week)
{
	const struct command_outcome none = { 0 };
	uint64_t end_ns = BEGIN_NS + week->days * 86400 * SEC, now_ns;
	struct totals totals = { 0 };
	int err = 0;

	for (now_ns = BEGIN_NS + TICK_NS; !err && now_ns <= end_ns; now_ns += TICK_NS) {
		const struct checkpoint checkpoint = { .now_ns = now_ns,
						       .wall_offset_ns = (int64_t)(week->wall_ns - BEGIN_NS) };

		send_tasks(week, now_ns);
		send_samples(week, now_ns);
		err = recorder__checkpoint(week->rec, &checkpoint, &totals, now_ns, false);
	}
	if (!err)
		err = recorder__finish(week->rec, &none);
	if (err)
		fail(err, "cannot be written");
}

int main(int argc, char **argv)
{
	struct week week = { .seed = 1 };
	struct rusage usage;

	if (argc != 6)
		fail(0, "expected DIR DAYS PROCESSES CGROUPS SHORT");
	week.days = strtoull(argv[2], NULL, 10);
	week.processes = strtoull(argv[3], NULL, 10);
	week.cgroups = strtoull(argv[4], NULL, 10);
	week.shorts = strtoull(argv[5], NULL, 10);
	week.minor = calloc(week.processes + 1, sizeof(*week.minor));
	if (!week.minor || !week.cgroups || !week.days)
		fail(0, "expected DIR DAYS PROCESSES CGROUPS SHORT");
	week.wall_ns = ((uint64_t)time(NULL) - week.days * 86400) * SEC;
	open_history(&week, argv[1]);
	run(&week);
	getrusage(RUSAGE_SELF, &usage);
	printf("bytes_a_day %llu cpu_ms_a_day %llu rss_kb %ld\n",
	       (unsigned long long)(recorder__stats(week.rec).bytes / week.days),
	       (unsigned long long)(((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * 1000 /
					    week.days +
				    (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000 / week.days),
	       usage.ru_maxrss);
	recorder__free(week.rec);
	outfile__close(&week.file);
	free(week.minor);
	return 0;
}
