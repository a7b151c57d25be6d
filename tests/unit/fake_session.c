/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "fake_session.h"

#include <errno.h>

#include "records.h"

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 1 ? "/one" : "/other";
}

static int two_costs(struct source *source, struct program_cost *costs, size_t max)
{
	(void)source;
	if (max < 2)
		return -EINVAL;
	costs[0] = (struct program_cost){ "first", 1000, 1 };
	costs[1] = (struct program_cost){ "second", 2000, 2 };
	return 2;
}

static const struct source_ops ops = { .costs = two_costs };

int fake_session__open(struct fake_session *fake)
{
	const struct aggregate_config config = { .by = BY_COMM, .hist_by = BY_COMM, .max_groups = 2000 };
	int i;

	*fake = (struct fake_session){ .source.ops = &ops, .options.all = true };
	for (i = 0; i < MT_NR_PROBES; i++)
		fake->source.probes[i] = (struct probe_status){ .wanted = true, .attached = true, .hooked = true };
	fake->session = (struct session){ .options = &fake->options,
					  .source = &fake->source,
					  .probes = UINT32_MAX,
					  .names = { .cgroup = name_cgroup },
					  .facts.page_size = 4096,
					  .totals.rings.nr_hot = 2 };
	fake->session.aggregate = aggregate__new(&config);
	return fake->session.aggregate ? 0 : -ENOMEM;
}

void fake_session__close(struct fake_session *fake)
{
	aggregate__free(fake->session.aggregate);
}

int fake_session__kswapd(struct fake_session *fake, int32_t node, uint64_t duration_ns)
{
	struct mt_kswapd record = { .hdr = { .id = MT_REC_kswapd, .size = sizeof(record) },
				    .node = node,
				    .duration_ns = duration_ns };

	return aggregate__event(fake->session.aggregate, &event_rows[MT_REC_kswapd], &record, NULL);
}

int fake_session__task(struct fake_session *fake, uint32_t pid, const char *comm, uint64_t minor)
{
	struct mt_task task = minor_record(pid, pid, comm, 1, minor);

	return aggregate__task(fake->session.aggregate, &task);
}
