/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "records.h"

void set_comm(char *comm, const char *name)
{
	memset(comm, 0, MT_COMM_LEN);
	memcpy(comm, name, strnlen(name, MT_COMM_LEN));
}

struct mt_task task_record(uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns)
{
	struct mt_task task = {
		.hdr = { .id = MT_REC_TASK, .size = sizeof(task), .time_ns = time_ns },
		.who = { .pid = pid, .tid = tid, .start_ns = pid, .cgroup_id = 1, .uid = 1000 },
		.life = tid,
	};

	set_comm(task.who.comm, comm);
	set_comm(task.who.tcomm, comm);
	return task;
}

struct mt_task minor_record(uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns, uint64_t minor)
{
	struct mt_task task = task_record(pid, tid, comm, time_ns);

	task.c[MINOR] = minor;
	return task;
}

void take_minor(struct aggregate *agg, uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns, uint64_t minor)
{
	struct mt_task task = minor_record(pid, tid, comm, time_ns, minor);

	assert_int_equal(aggregate__task(agg, &task), 0);
}

void take_final(struct aggregate *agg, uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns, uint64_t minor)
{
	struct mt_task task = minor_record(pid, tid, comm, time_ns, minor);

	task.flags = MT_TASK_FINAL;
	assert_int_equal(aggregate__task(agg, &task), 0);
}

static double weigh_minor(const struct entity *entity, size_t level, void *ctx)
{
	(void)level;
	(void)ctx;
	return (double)entity->v[MINOR];
}

const struct order by_minor_faults = { .weigh = weigh_minor, .levels = 1 };
