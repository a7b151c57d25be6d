// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../count/event_log.h"
#include "../model/probe.h"

#include <stdlib.h>

#include "kswapd.skel.h"

#define VMSCAN(event) "vmscan:mm_vmscan_" event

static const struct attach_alt wake_alts[] = {
	{ .program = "wake_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("kswapd_wake"),
	  .proto = "int nid,int zid,int order" },
	{ .program = "wake_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("kswapd_wake"),
	  .context = "trace_event_raw_mm_vmscan_kswapd_wake" },
	{},
};

static const struct attach_alt sleep_alts[] = {
	{ .program = "sleep_btf", .kind = ATTACH_TP_BTF, .event = VMSCAN("kswapd_sleep"), .proto = "int nid" },
	{ .program = "sleep_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("kswapd_sleep"),
	  .context = "trace_event_raw_mm_vmscan_kswapd_sleep" },
	{},
};

static const struct attach_alt ask_alts[] = {
	{ .program = "ask_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("wakeup_kswapd"),
	  .proto = "int nid,int zid,int order,gfp_t gfp_flags" },
	{ .program = "ask_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("wakeup_kswapd"),
	  .context = "trace_event_raw_mm_vmscan_wakeup_kswapd" },
	{},
};

#define LRU_PAGES                                                                                                      \
	"int highest_zoneidx,int order,long unsigned int nr_requested,long unsigned int nr_scanned,"                   \
	"long unsigned int nr_skipped,long unsigned int nr_taken"

static const struct attach_alt isolate_alts[] = {
	{ .program = "isolate_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("lru_isolate"),
	  .proto = LRU_PAGES ",int lru" },
	{ .program = "isolate_mode_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("lru_isolate"),
	  .proto = LRU_PAGES ",isolate_mode_t isolate_mode,int lru" },
	{ .program = "isolate_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("lru_isolate"),
	  .context = "trace_event_raw_mm_vmscan_lru_isolate" },
	{},
};

static const struct attach_alt shrink_alts[] = {
	{ .program = "shrink_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("lru_shrink_inactive"),
	  .proto = "int nid,long unsigned int nr_scanned,long unsigned int nr_reclaimed" },
	{ .program = "shrink_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("lru_shrink_inactive"),
	  .context = "trace_event_raw_mm_vmscan_lru_shrink_inactive" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "wake", .need = HOOK_REQUIRED, .alts = wake_alts, .loss = "kswapd's sessions", .tp_as_good = true },
	{ .name = "sleep", .need = HOOK_REQUIRED, .alts = sleep_alts, .loss = "kswapd's sessions", .tp_as_good = true },
	{ .name = "asked", .need = HOOK_OPTIONAL, .alts = ask_alts, .loss = "who woke kswapd", .tp_as_good = true },
	{ .name = "isolate", .need = HOOK_OPTIONAL, .alts = isolate_alts, .loss = "pages scanned", .tp_as_good = true },
	{ .name = "shrink", .need = HOOK_OPTIONAL, .alts = shrink_alts, .loss = "pages reclaimed", .tp_as_good = true },
	{},
};

#define LISTS(program_)                                                                                                \
	{ .program = program_, .name = "LRU_INACTIVE_ANON", .value = 0 },                                              \
	{                                                                                                              \
		.program = program_, .name = "LRU_INACTIVE_FILE", .value = 2                                           \
	}

static const struct kernel_constant constants[] = {
	LISTS("isolate_btf"),
	LISTS("isolate_mode_btf"),
	LISTS("isolate_tp"),
	{},
};

static const struct column summary_columns[] = {
	{ .title = "node", .unit = UNIT_NONE }, { .title = "sessions", .unit = UNIT_COUNT },
	{ .title = "time", .unit = UNIT_NS },	{ .title = "waker", .unit = UNIT_NONE },
	{ .title = "tid", .unit = UNIT_NONE },	{ .title = "yield", .unit = UNIT_SHARE },
};
#define SUMMARY_COLUMNS (sizeof(summary_columns) / sizeof(*summary_columns))

/* A node's sessions summed up. */
struct node_sum {
	uint64_t sessions, duration_ns, scanned_pages, reclaimed_pages;
	uint32_t waker_tid; /* who woke it last */
	char waker[MT_COMM_LEN + 1];
};

struct sessions {
	struct event_log log;
	struct node_sum nodes[MT_MAX_NODES];
	struct cell cells[MT_MAX_NODES * SUMMARY_COLUMNS];
	struct cell_rows rows;
};

static void *sessions__new(void)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (sessions)
		event_log__init(&sessions->log, &event_rows[MT_REC_kswapd]);
	return sessions;
}

static void sessions__event(void *state, const void *record)
{
	struct sessions *sessions = state;
	const struct mt_kswapd *k = record;
	struct node_sum *node;

	event_log__add(&sessions->log, record);
	if (k->node < 0 || k->node >= MT_MAX_NODES)
		return;
	node = &sessions->nodes[k->node];
	node->sessions++;
	node->duration_ns += k->duration_ns;
	/* the yield counts only sessions with both numbers known */
	if (k->scanned_pages != MT_UNKNOWN_U64 && k->reclaimed_pages != MT_UNKNOWN_U64) {
		node->scanned_pages += k->scanned_pages;
		node->reclaimed_pages += k->reclaimed_pages;
	}
	if (!k->waker.tid)
		return;
	node->waker_tid = k->waker.tid;
	__builtin_memcpy(node->waker, k->waker.tcomm, MT_COMM_LEN);
}

static void node_sum__cells(const struct node_sum *node, size_t nr, struct cell *cells)
{
	cells[0] = cell_uint(nr);
	cells[1] = cell_uint(node->sessions);
	cells[2] = cell_uint(node->duration_ns);
	cells[3] = node->waker_tid ? cell_string(node->waker) : cell_none();
	cells[4] = node->waker_tid ? cell_uint(node->waker_tid) : cell_none();
	cells[5] = node->scanned_pages ? cell_real((double)node->reclaimed_pages / node->scanned_pages) : cell_none();
}

static void sessions__report(void *state, struct report *report, const struct event_names *names)
{
	struct sessions *sessions = state;
	struct table list = event_log__table(&sessions->log, names, "kswapd");
	struct table summary = {
		.text = "kswapd node{node} (machine-wide): {sessions} sessions {time}, "
			"last woken by {waker}[{tid}], yield {yield}",
		.empty = "kswapd (machine-wide): 0 sessions",
		.columns = summary_columns,
		.nr_columns = SUMMARY_COLUMNS,
	};
	size_t i;

	sessions->rows = (struct cell_rows){ .cells = sessions->cells, .nr_columns = SUMMARY_COLUMNS };
	for (i = 0; i < MT_MAX_NODES; i++)
		if (sessions->nodes[i].sessions)
			node_sum__cells(&sessions->nodes[i], i,
					&sessions->cells[SUMMARY_COLUMNS * sessions->rows.nr++]);
	summary.rows = cell_rows__source(&sessions->rows);
	list.not_in_text = true;
	report__add_table(report, &summary);
	report__add_table(report, &list);
}

static void sessions__free(void *state)
{
	struct sessions *sessions = state;

	if (!sessions)
		return;
	event_log__free(&sessions->log);
	free(sessions);
}

static const struct probe_gather gather = {
	.new_state = sessions__new, .event = sessions__event, .report = sessions__report, .free_state = sessions__free
};

const struct probe kswapd_probe = {
	.id = MT_PROBE_kswapd,
	.object = kswapd_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.gather = &gather,
	.selftest_slot = MT_NR_SLOTS,
};
