/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "fake_run.h"

#include <errno.h>
#include <stdio.h>

#include "records.h"

#define SECOND 1000000000ULL

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 1 ? "/one" : "/other";
}

int fake_run__open(struct fake_run *run, enum group_by by)
{
	return fake_run__open_also(run, by, BY_ALL);
}

int fake_run__open_also(struct fake_run *run, enum group_by by, enum group_by also)
{
	const struct aggregate_config config = {
		.by = by, .hist_by = BY_COMM, .also = also, .intervals = true, .keep_dead = true, .max_groups = 2000
	};
	int i;

	*run = (struct fake_run){ .facts = { .subject = "a made-up machine", .page_size = 4096 },
				  .totals.rings.nr_hot = 2,
				  .checkpoint.now_ns = 5 * SECOND,
				  .by = by,
				  .also = also,
				  .names.cgroup = name_cgroup };
	for (i = 0; i < MT_NR_PROBES; i++)
		run->probes[i] = (struct probe_status){ .wanted = true, .attached = true, .hooked = true };
	run->view = (struct run_view){
		.facts = &run->facts,
		.probes = run->probes,
		.totals = &run->totals,
		.checkpoint = &run->checkpoint,
		.command = &run->command,
		.names = &run->names,
		.aggregate = aggregate__new(&config),
		.hist_by = BY_COMM,
		.asked = UINT32_MAX,
		.start_ns = 3 * SECOND,
		.interval_start_ns = 4 * SECOND,
		.interval_end_ns = 5 * SECOND,
	};
	return run->view.aggregate ? 0 : -ENOMEM;
}

struct metrics *fake_run__metrics(struct fake_run *run, size_t max_series)
{
	const struct metrics_config config = {
		.by = { run->by, run->also },
		.nr_by = run->also == BY_ALL ? 1 : 2,
		.max_series = max_series,
		.idle_ns = 3600 * SECOND,
	};

	run->facts.latency = true;
	return metrics__new(&run->view, &config);
}

void fake_run__close(struct fake_run *run)
{
	aggregate__free(run->view.aggregate);
}

int fake_run__kswapd(struct fake_run *run, int32_t node, uint64_t duration_ns)
{
	struct mt_kswapd record = { .hdr = { .id = MT_REC_kswapd, .size = sizeof(record) },
				    .node = node,
				    .duration_ns = duration_ns };

	return aggregate__event(run->view.aggregate, &event_rows[MT_REC_kswapd], &record, NULL);
}

int fake_run__stall(struct fake_run *run, uint32_t pid, const char *comm, uint64_t minor, uint64_t stalled_ns)
{
	struct mt_task task = minor_record(pid, pid, comm, 1, minor);

	task.c[MT_SLOT_reclaim_direct_ns] = stalled_ns;
	return aggregate__task(run->view.aggregate, &task);
}

int fake_run__task(struct fake_run *run, uint32_t pid, const char *comm, uint64_t minor)
{
	struct mt_task task = minor_record(pid, pid, comm, 1, minor);

	return aggregate__task(run->view.aggregate, &task);
}
