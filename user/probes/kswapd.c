// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../count/event_log.h"
#include "../model/probe.h"

#include <stdlib.h>

#include "kswapd.skel.h"

#define VMSCAN(event) "vmscan:mm_vmscan_" event

static const struct attach_alt wake_alts[] = {
	{ "wake_btf", ATTACH_TP_BTF, VMSCAN("kswapd_wake"), "int nid,int zid,int order", NULL },
	{ "wake_tp", ATTACH_TP, VMSCAN("kswapd_wake"), NULL, "trace_event_raw_mm_vmscan_kswapd_wake" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_alt sleep_alts[] = {
	{ "sleep_btf", ATTACH_TP_BTF, VMSCAN("kswapd_sleep"), "int nid", NULL },
	{ "sleep_tp", ATTACH_TP, VMSCAN("kswapd_sleep"), NULL, "trace_event_raw_mm_vmscan_kswapd_sleep" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_alt ask_alts[] = {
	{ "ask_btf", ATTACH_TP_BTF, VMSCAN("wakeup_kswapd"), "int nid,int zid,int order,gfp_t gfp_flags", NULL },
	{ "ask_tp", ATTACH_TP, VMSCAN("wakeup_kswapd"), NULL, "trace_event_raw_mm_vmscan_wakeup_kswapd" },
	{ NULL, 0, NULL, NULL, NULL },
};

#define LRU_PAGES                                                                                                      \
	"int highest_zoneidx,int order,long unsigned int nr_requested,long unsigned int nr_scanned,"                   \
	"long unsigned int nr_skipped,long unsigned int nr_taken"

static const struct attach_alt isolate_alts[] = {
	{ "isolate_btf", ATTACH_TP_BTF, VMSCAN("lru_isolate"), LRU_PAGES ",int lru", NULL },
	{ "isolate_mode_btf", ATTACH_TP_BTF, VMSCAN("lru_isolate"), LRU_PAGES ",isolate_mode_t isolate_mode,int lru",
	  NULL },
	{ "isolate_tp", ATTACH_TP, VMSCAN("lru_isolate"), NULL, "trace_event_raw_mm_vmscan_lru_isolate" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_alt shrink_alts[] = {
	{ "shrink_btf", ATTACH_TP_BTF, VMSCAN("lru_shrink_inactive"),
	  "int nid,long unsigned int nr_scanned,long unsigned int nr_reclaimed", NULL },
	{ "shrink_tp", ATTACH_TP, VMSCAN("lru_shrink_inactive"), NULL,
	  "trace_event_raw_mm_vmscan_lru_shrink_inactive" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_hook hooks[] = {
	{ "wake", HOOK_REQUIRED, wake_alts, "kswapd's sessions", true },
	{ "sleep", HOOK_REQUIRED, sleep_alts, "kswapd's sessions", true },
	{ "asked", HOOK_OPTIONAL, ask_alts, "who woke kswapd", true },
	{ "isolate", HOOK_OPTIONAL, isolate_alts, "pages scanned", true },
	{ "shrink", HOOK_OPTIONAL, shrink_alts, "pages reclaimed", true },
	{ NULL, 0, NULL, NULL, false },
};

#define LISTS(program)                                                                                                 \
	{ program, "LRU_INACTIVE_ANON", 0, false },                                                                    \
	{                                                                                                              \
		program, "LRU_INACTIVE_FILE", 2, false                                                                 \
	}

static const struct kernel_constant constants[] = {
	LISTS("isolate_btf"),
	LISTS("isolate_mode_btf"),
	LISTS("isolate_tp"),
	{ NULL, NULL, 0, false },
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

static const struct probe_gather gather = { sessions__new, sessions__event, sessions__report, sessions__free };

const struct probe kswapd_probe = {
	.id = MT_PROBE_kswapd,
	.object = kswapd_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.gather = &gather,
	.selftest_slot = MT_NR_SLOTS,
};
