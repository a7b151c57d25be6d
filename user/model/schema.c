/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "keyed.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What rows of probes.def take as names. */
static const char *const names_fault_mode[] = { "user", "kernel", NULL };
/* Bits of x86's error code from the lowest on (arch/x86/include/asm/trap_pf.h); U is what the mode says. */
static const char *const names_error_code[] = {
	"absent", "present",	    /* P */
	"read",	  "write",	    /* W */
	"",	  "",		    /* U */
	"",	  "reserved",	    /* RSVD */
	"",	  "fetch",	    /* I */
	"",	  "protection_key", /* PK */
	"",	  "shadow_stack",   /* SS */
	NULL,
};
/*
 * include/linux/mmzone.h, enum migratetype, with CONFIG_CMA and
 * CONFIG_MEMORY_ISOLATION; without the former, isolate moves to 4.
 */
static const char *const names_migratetype[] = { "unmovable", "movable", "reclaimable", "highatomic",
						 "cma",	      "isolate", NULL };
static const char *const names_backing[] = {
	[MT_BACKING_ANON] = "anon", [MT_BACKING_FILE] = "file",	      [MT_BACKING_SHMEM] = "shmem",
	[MT_BACKING_SWAP] = "swap", [MT_BACKING_HUGETLB] = "hugetlb", [MT_NR_BACKINGS] = NULL,
};
static const char *const names_minor_kind[] = { MT_MINOR_KIND_NAMES, [MT_NR_MINOR_KINDS] = NULL };
/* include/linux/oom.h, enum oom_constraint */
static const char *const names_denied_call[] = { "mmap", "brk", "mremap", "mprotect", "mlock", "clone", NULL };
static const char *const names_denied_error[] = { "ENOMEM", "EAGAIN", NULL };
static const char *const names_denied_reason[] = { "overcommit",     "rlimit_as",    "rlimit_data",
						   "rlimit_memlock", "rlimit_nproc", "map_count",
						   "pids_max",	     "no_memory",    NULL };
static const char *const names_space_call[] = {
	[MT_SPACE_MMAP] = "mmap",
	[MT_SPACE_BRK] = "brk",
	[MT_SPACE_BREAK] = "break",
	[MT_SPACE_GROWN] = "mremap_grown",
	[MT_SPACE_SHRUNK] = "mremap_shrunk",
	[MT_SPACE_MUNMAP] = "munmap",
	[MT_SPACE_DONTNEED] = "madvise_dontneed",
	[MT_SPACE_FREE] = "madvise_free",
	[MT_SPACE_REMOVE] = "madvise_remove",
	[MT_NR_SPACE_CALLS] = NULL,
};
static const char *const names_heap_change[] = {
	[MT_HEAP_MMAP] = "mmap",     [MT_HEAP_MMAP_FILE] = "mmap_file", [MT_HEAP_BRK] = "brk",
	[MT_HEAP_MREMAP] = "mremap", [MT_HEAP_MUNMAP] = "munmap",	[MT_HEAP_EXEC] = "exec",
	[MT_HEAP_EXIT] = "exit",     [MT_NR_HEAP_CHANGES] = NULL,
};
static const char *const names_oom_step[] = { "exited", "reaped", "reap_skipped", "freed", NULL };
static const char *const names_oom_constraint[] = { "none", "cpuset", "memory_policy", "memcg", NULL };
/* The same as labels of a metric; what the kernel does not tell comes last. */
enum { OOM_COUNTED_GLOBAL, OOM_COUNTED_MEMCG = 3, OOM_COUNTED_UNKNOWN };
static const char *const names_oom_kind[] = { [OOM_COUNTED_GLOBAL] = "global",
					      [1] = "cpuset",
					      [2] = "memory_policy",
					      [OOM_COUNTED_MEMCG] = "memcg",
					      [OOM_COUNTED_UNKNOWN] = "unknown",
					      NULL };
static const char *const names_reclaim_kind[] = {
	[MT_RECLAIM_DIRECT] = "direct", [MT_RECLAIM_MEMCG] = "memcg", [MT_RECLAIM_SOFTLIMIT] = "softlimit",
	[MT_RECLAIM_NODE] = "node",	[MT_NR_RECLAIM_KINDS] = NULL,
};

static const char *const names_reclaimer[] = { "direct", "memcg",     "softlimit", "node",
					       "kswapd", "proactive", "other",	   NULL };

static const char *const names_evictor[] = { "unknown", "kswapd", "task", NULL };

static const char *const names_cache_kind[] = { "file", "block_device", NULL };

static const char *const names_lru_type[] = { "anon", "file", NULL };

static const char *const names_collapser[] = { "khugepaged", "task", NULL };

static const char *const names_swap_type[] = { "anon", "shmem", NULL };

static const char *const names_swap_op[] = { "in", "out", NULL };

static const char *const names_stall_cause[] = {
	[MT_STALL_MEMCG] = "memcg",	[MT_STALL_HIGH] = "high",	  [MT_STALL_DIRECT] = "direct",
	[MT_STALL_COMPACT] = "compact", [MT_STALL_SWAPIN] = "swapin",	  [MT_STALL_REFAULT] = "refault",
	[MT_STALL_OTHER] = "other",	[MT_NR_STALL_CAUSES] = "kthread", NULL,
};
static const char *const names_holder[] = {
	[MT_HOLDER_UNKNOWN] = "unknown", [MT_HOLDER_WRITER] = "writer", [MT_HOLDER_READER] = "reader", NULL
};
static const char *const names_stall_kthread[] = {
	[MT_STALL_KSWAPD] = "kswapd",
	[MT_STALL_KCOMPACTD] = "kcompactd",
	[MT_STALL_OTHER_KTHREAD] = "other",
	NULL,
};

const struct probe_row probe_rows[MT_NR_PROBES] = {
#define MT_PROBE(probe, ...) [MT_PROBE_##probe] = { .id = MT_PROBE_##probe, .name = #probe, __VA_ARGS__ },
#include "../../bpf/probes.def"
};

const struct slot_row slot_rows[MT_NR_SLOTS] = {
#define MT_SLOT(of, name, ...) [MT_SLOT_##of##_##name] = { .probe = MT_PROBE_##of, .id = #name, __VA_ARGS__ },
#include "../../bpf/probes.def"
};

const struct slot_row machine_rows[MT_NR_MACHINE_SLOTS] = {
#define MT_MACHINE(of, name, ...) [MT_MACHINE_##of##_##name] = { .probe = MT_PROBE_##of, .id = #name, __VA_ARGS__ },
#include "../../bpf/probes.def"
};

/* An event's fields follow its row: each event closes the array before it and opens its own. */
static const struct field_row fields_before_any[] __attribute__((unused)) = {
#define MT_EVENT(of, name, ...)                                                                                        \
	}                                                                                                              \
	;                                                                                                              \
	static const struct field_row fields_##name[] = {
#define MT_FIELD(of, member_, type_, path_, ...)                                                                       \
	{                                                                                                              \
		.event = MT_REC_##of,                                                                                  \
		.member = #member_,                                                                                    \
		.offset = offsetof(struct mt_##of, member_),                                                           \
		.size = sizeof(((struct mt_##of *)0)->member_),                                                        \
		.type = FIELD_##type_,                                                                                 \
		.path = path_,                                                                                         \
		__VA_ARGS__,                                                                                           \
	},
#include "../../bpf/probes.def"
};

const struct event_row event_rows[MT_NR_RECS] = {
#define MT_EVENT(of, name_, ...)                                                                                       \
	[MT_REC_##name_] = {                                                                                           \
		.id = MT_REC_##name_,                                                                                  \
		.probe = MT_PROBE_##of,                                                                                \
		.name = #name_,                                                                                        \
		.size = sizeof(struct mt_##name_),                                                                     \
		.fields = fields_##name_,                                                                              \
		.nr_fields = ARRAY_SIZE(fields_##name_),                                                               \
		__VA_ARGS__,                                                                                           \
	},
#include "../../bpf/probes.def"
};

const struct hist_row hist_rows[] = {
#define MT_HIST(of, name_, event_, value_, ...)                                                                        \
	{                                                                                                              \
		.probe = MT_PROBE_##of,                                                                                \
		.name = #name_,                                                                                        \
		.event = MT_REC_##event_,                                                                              \
		.value_offset = offsetof(struct mt_##event_, value_),                                                  \
		.first = -1,                                                                                           \
		.last = -1,                                                                                            \
		__VA_ARGS__,                                                                                           \
	},
#define MT_SLOT_HIST(of, name_, first_, last_, ...)                                                                    \
	{                                                                                                              \
		.probe = MT_PROBE_##of,                                                                                \
		.name = #name_,                                                                                        \
		.event = MT_REC_NONE,                                                                                  \
		.first = MT_SLOT_##of##_##first_,                                                                      \
		.last = MT_SLOT_##of##_##last_,                                                                        \
		__VA_ARGS__,                                                                                           \
	},
#include "../../bpf/probes.def"
};
const size_t nr_hist_rows = ARRAY_SIZE(hist_rows);

const struct count_row count_rows[] = {
#define MT_COUNT(of, event_, who_, ...)                                                                                \
	{                                                                                                              \
		.probe = MT_PROBE_##of,                                                                                \
		.event = MT_REC_##event_,                                                                              \
		.who_offset = offsetof(struct mt_##event_, who_),                                                      \
		__VA_ARGS__,                                                                                           \
	},
#include "../../bpf/probes.def"
};
const size_t nr_count_rows = sizeof(count_rows) / sizeof(*count_rows);

/* The columns of a keyed counter follow its row, as an event's fields do. */
#define KEYED_COLUMN(of, part_, member_, ...)                                                                          \
	{                                                                                                              \
		.member = #member_,                                                                                    \
		.offset = offsetof(struct mt_##of, part_.member_),                                                     \
		.size = sizeof(((struct mt_##of *)0)->part_.member_),                                                  \
		__VA_ARGS__,                                                                                           \
	},

static const struct keyed_column keys_before_any[] __attribute__((unused)) = {
#define MT_KEYED(of, name, ...)                                                                                        \
	}                                                                                                              \
	;                                                                                                              \
	static const struct keyed_column keys_##name[] = {
#define MT_KEY(of, member_, ...) KEYED_COLUMN(of, key, member_, __VA_ARGS__)
#include "../../bpf/probes.def"
};

static const struct keyed_column values_before_any[] __attribute__((unused)) = {
#define MT_KEYED(of, name, ...)                                                                                        \
	}                                                                                                              \
	;                                                                                                              \
	static const struct keyed_column values_##name[] = {
#define MT_KEYED_VALUE(of, member_, ...) KEYED_COLUMN(of, value, member_, .type = FIELD_UINT, __VA_ARGS__)
#include "../../bpf/probes.def"
};

static const struct keyed_hist keyed_hists[MT_NR_KEYED] = {
#define MT_KEYED_HIST(of, member_, sum_, ...)                                                                          \
	[MT_KEYED_##of] = {                                                                                            \
		.offset = offsetof(struct mt_##of, value.member_),                                                     \
		.sum_offset = offsetof(struct mt_##of, value.sum_),                                                    \
		__VA_ARGS__,                                                                                           \
	},
#include "../../bpf/probes.def"
};

static const struct keyed_folded keyed_folded[MT_NR_KEYED] = {
#define MT_KEYED_FOLDED(of, member_, event_, label_, ...)                                                              \
	[MT_KEYED_##of] = { .offset = offsetof(struct mt_##of, key.member_),                                           \
			    .event = MT_REC_##event_,                                                                  \
			    .label_offset = offsetof(struct mt_##of, key.label_),                                      \
			    __VA_ARGS__ },
#include "../../bpf/probes.def"
};

const struct keyed_row keyed_rows[MT_NR_KEYED] = {
#define MT_KEYED(of, name_, ...)                                                                                       \
	[MT_KEYED_##name_] = {                                                                                         \
		.id = MT_KEYED_##name_,                                                                                \
		.probe = MT_PROBE_##of,                                                                                \
		.name = #name_,                                                                                        \
		.size = sizeof(struct mt_##name_),                                                                     \
		.key_size = sizeof(struct mt_##name_##_key),                                                           \
		.head_offset = offsetof(struct mt_##name_, value.head),                                                \
		.keys = keys_##name_,                                                                                  \
		.nr_keys = ARRAY_SIZE(keys_##name_),                                                                   \
		.values = values_##name_,                                                                              \
		.nr_values = ARRAY_SIZE(values_##name_),                                                               \
		.hist = &keyed_hists[MT_KEYED_##name_],                                                                \
		.folded = &keyed_folded[MT_KEYED_##name_],                                                             \
		__VA_ARGS__,                                                                                           \
	},
#include "../../bpf/probes.def"
};

int schema__probe(const char *name)
{
	for (int i = 0; i < MT_NR_PROBES; i++) {
		if (strcmp(probe_rows[i].name, name) == 0)
			return i;
	}
	return -1;
}

static bool has_event(enum mt_probe probe, enum event_use use)
{
	size_t i;

	for (i = 0; i < MT_NR_RECS; i++)
		if (event_rows[i].size && event_rows[i].probe == probe && event_rows[i].use == use)
			return true;
	return false;
}

bool schema__has_rare_event(enum mt_probe probe)
{
	return has_event(probe, EVENT_RARE);
}

bool schema__has_latency_event(enum mt_probe probe)
{
	return has_event(probe, EVENT_LATENCY);
}

bool schema__has_single_event(enum mt_probe probe)
{
	return has_event(probe, EVENT_EVERY);
}

static bool has_stack_field(const struct event_row *row)
{
	size_t i;

	for (i = 0; i < row->nr_fields; i++)
		if (row->fields[i].type == FIELD_KERNEL_STACK || row->fields[i].type == FIELD_USER_STACK)
			return true;
	return false;
}

bool schema__has_stacks(enum mt_probe probe)
{
	size_t i;

	for (i = 0; i < MT_NR_RECS; i++)
		if (event_rows[i].size && event_rows[i].probe == probe && has_stack_field(&event_rows[i]))
			return true;
	return false;
}

static bool any_exported(const struct slot_row *rows, size_t nr, enum mt_probe probe)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (rows[i].probe == probe && rows[i].metric)
			return true;
	return false;
}

bool schema__has_metrics(enum mt_probe probe)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++)
		if (hist_rows[i].probe == probe && hist_rows[i].metric)
			return true;
	for (i = 0; i < nr_count_rows; i++)
		if (count_rows[i].probe == probe)
			return true;
	return any_exported(slot_rows, MT_NR_SLOTS, probe) || any_exported(machine_rows, MT_NR_MACHINE_SLOTS, probe);
}

bool schema__is_of_single_events(enum mt_probe probe)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++)
		if (hist_rows[i].probe == probe && event_rows[hist_rows[i].event].use == EVENT_EVERY)
			return true;
	return false;
}

struct shared_metric {
	const char *name, *help;
	bool zeros;
};

/* NULL: the metric has one counter alone. */
static const struct shared_metric *find_shared(const char *metric)
{
	static const struct shared_metric rows[] = {
#define MT_METRIC(metric, ...) { .name = metric, __VA_ARGS__ },
#include "../../bpf/probes.def"
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, metric))
			return &rows[i];
	return NULL;
}

const char *schema__metric_help(const char *metric)
{
	const struct shared_metric *shared = find_shared(metric);

	return shared ? shared->help : NULL;
}

bool schema__metric_zeros(const char *metric)
{
	const struct shared_metric *shared = find_shared(metric);

	return shared && shared->zeros;
}

/* One event counts in several slots, so for each probe the largest of them is taken: at least so many. */
uint64_t schema__nr_events(const uint64_t *slots)
{
	uint64_t most[MT_NR_PROBES] = { 0 }, sum = 0;
	size_t i;

	for (i = 0; i < MT_NR_SLOTS; i++)
		if (slot_rows[i].unit == UNIT_COUNT && slots[i] > most[slot_rows[i].probe])
			most[slot_rows[i].probe] = slots[i];
	for (i = 0; i < MT_NR_PROBES; i++)
		sum += most[i];
	return sum;
}

const char *schema__role_name(enum slot_role role)
{
	static const char *const names[] = {
		[ROLE_COUNTER] = "counter",
		[ROLE_ACCOUNTED] = "accounted",
		[ROLE_BUCKET] = "bucket",
	};

	return names[role];
}

const char *schema__unit_name(enum unit unit)
{
	static const char *const names[] = {
		[UNIT_NONE] = NULL,
		[UNIT_COUNT] = "count",
		[UNIT_PAGES] = "pages",
		[UNIT_BYTES] = "bytes",
		[UNIT_NS] = "ns",
		[UNIT_TIME] = "time",
		[UNIT_DATE] = "time",
		[UNIT_ORDER] = "order",
		[UNIT_COUNT_PER_SECOND] = "count/s",
		[UNIT_BYTES_PER_SECOND] = "bytes/s",
		[UNIT_SHARE] = "share",
	};

	return (size_t)unit < ARRAY_SIZE(names) ? names[unit] : "?";
}

bool schema__is_task(enum field_type type)
{
	return type == FIELD_WHO || type == FIELD_REF;
}

/* The first task that an event names is whom its values belong to, unless its prefix is not empty. */
const struct field_row *hist_row__who(const struct hist_row *row)
{
	const struct event_row *event = &event_rows[row->event];
	size_t i;

	for (i = 0; i < event->nr_fields; i++)
		if (schema__is_task(event->fields[i].type))
			return *event->fields[i].path ? NULL : &event->fields[i];
	return NULL;
}

const char *schema__field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_WHO] = "who",	      [FIELD_REF] = "who",	 [FIELD_UINT] = "uint",
		[FIELD_INT] = "int",	      [FIELD_BOOL] = "bool",	 [FIELD_GFP] = "gfp",
		[FIELD_ADDRESS] = "address",  [FIELD_CODE] = "code",	 [FIELD_KERNEL_STACK] = "stack",
		[FIELD_USER_STACK] = "stack", [FIELD_CGROUP] = "cgroup", [FIELD_TEXT] = "text",
		[FIELD_FLAGS] = "flags",
	};

	return (size_t)type < ARRAY_SIZE(names) ? names[type] : "?";
}

const char *slot_row__labels(const struct slot_row *row, char *buf, size_t size)
{
	if (!row->label)
		return NULL;
	snprintf(buf, size, "%s=\"%s\"", row->label, row->value);
	return buf;
}

const char *slot_row__metric(const struct slot_row *row, char *buf, size_t size)
{
	char labels[128];

	if (!row->metric)
		return NULL;
	if (slot_row__labels(row, labels, sizeof(labels)))
		snprintf(buf, size, "%s{%s}", row->metric, labels);
	else
		snprintf(buf, size, "%s", row->metric);
	return buf;
}
