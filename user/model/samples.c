// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "samples.h"

const char *const sample_paths[NR_SAMPLE_FILES] = {
#define MT_SAMPLE_FILE(id, path) [SAMPLE_FILE_##id] = path,
#include "samples.def"
};

#define SHORT_PART 4 /* of all memory */

const struct sample_row sample_rows[NR_SAMPLES] = {
#define MT_SAMPLE(id, file_, kind_, path_, ...)                                                                        \
	[SAMPLE_##id] = {                                                                                              \
		.file = SAMPLE_FILE_##file_,                                                                           \
		.kind = SAMPLE_##kind_,                                                                                \
		.path = path_,                                                                                         \
		__VA_ARGS__,                                                                                           \
	},
#include "samples.def"
};

const struct cgroup_sample_row cgroup_sample_rows[NR_CGROUP_SAMPLES] = {
#define MT_CGROUP_SAMPLE(id, kind_, path_, ...)                                                                        \
	[CGROUP_SAMPLE_##id] = { .kind = SAMPLE_##kind_, .path = path_, __VA_ARGS__ },
#include "samples.def"
};

const struct cgroup_sample_source *sample__source(enum cgroup_sample_id id, enum cgroup_version version)
{
	const struct cgroup_sample_row *row = &cgroup_sample_rows[id];

	return version == CGROUP_V1 ? &row->v1 : &row->v2;
}

bool samples__memory_is_short(const uint64_t values[NR_SAMPLES])
{
	uint64_t available = values[SAMPLE_memory_available], total = values[SAMPLE_memory_total];

	return available == MT_UNKNOWN_U64 || total == MT_UNKNOWN_U64 || available < total / SHORT_PART;
}

const char *sample__kind_name(enum sample_kind kind)
{
	return kind == SAMPLE_GAUGE ? "gauge" : "counter";
}
