// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "samples.h"

const char *const sample_paths[NR_SAMPLE_FILES] = {
#define MT_SAMPLE_FILE(id, path) [SAMPLE_FILE_##id] = path,
#include "samples.def"
};

const struct sample_row sample_rows[NR_SAMPLES] = {
#define MT_SAMPLE(id, file_, key_, kind_, unit_, scale_, path_, metric_, help_)                                        \
	[SAMPLE_##id] = {                                                                                              \
		.file = SAMPLE_FILE_##file_,                                                                           \
		.key = key_,                                                                                           \
		.kind = SAMPLE_##kind_,                                                                                \
		.unit = UNIT_##unit_,                                                                                  \
		.scale = scale_,                                                                                       \
		.path = path_,                                                                                         \
		.metric = metric_,                                                                                     \
		.help = help_,                                                                                         \
	},
#include "samples.def"
};

const char *sample__kind_name(enum sample_kind kind)
{
	return kind == SAMPLE_GAUGE ? "gauge" : "counter";
}
