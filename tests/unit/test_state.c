/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers state.h, state_rules.h and wrapped.h: what is said of machines that are made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/report/output.h"
#include "../../user/views/state.h"
#include "../../user/views/state_rules.h"
#include "../../user/views/wrapped.h"

#define MIB (1024ULL * 1024)

/* Two looks, a second apart, at a machine of 1000 MiB at which nothing is abnormal. */
struct made_up {
	struct machine before, now;
	struct cgroup_state cgroup, *list[1];
	struct cgroup_states cgroups;
	struct cgroup_filling filling;
	const struct cgroup_filling *about; /* filling, or NULL */
	bool by_cgroup;
	struct state view;
};

static void fill_in(struct machine *machine)
{
	uint64_t *values = machine->values;
	struct machine_zone *zone = &machine->zones[0];
	size_t i;

	memset(values, 0xff, sizeof(machine->values));
	memset(machine->settings, 0xff, sizeof(machine->settings));
	memset(machine->within, 0xff, sizeof(machine->within));
	machine->page_size = 4096;
	values[SAMPLE_memory_total] = 1000 * MIB;
	values[SAMPLE_memory_free] = 500 * MIB;
	values[SAMPLE_memory_available] = 700 * MIB;
	values[SAMPLE_memory_anon] = 300 * MIB;
	values[SAMPLE_memory_cached] = 150 * MIB;
	values[SAMPLE_memory_slab_unreclaimable] = 10 * MIB;
	values[SAMPLE_memory_dirty] = 1 * MIB;
	values[SAMPLE_memory_committed] = 100 * MIB;
	values[SAMPLE_memory_commit_limit] = 400 * MIB;
	values[SAMPLE_vm_dirty_threshold] = 80 * MIB / 4096;
	values[SAMPLE_vm_dirty_background_threshold] = 40 * MIB / 4096;
	values[SAMPLE_swap_total] = 0;
	values[SAMPLE_swap_free] = 0;
	values[SAMPLE_vm_oom_kill] = 7;
	values[SAMPLE_vm_compact_stall] = 100;
	values[SAMPLE_vm_compact_fail] = 50;
	values[SAMPLE_pressure_memory_some_avg10] = 12;
	values[SAMPLE_pressure_memory_full_avg10] = 0;
	machine->settings[SETTING_overcommit] = 0;
	machine->nr_zones = machine->nr_nodes = 1;
	*zone = (struct machine_zone){ .name = "Normal",
				       .free = 128000,
				       .min = 100,
				       .low = 200,
				       .high = 300,
				       .managed = 256000,
				       .nr_orders = 11 };
	for (i = 0; i < zone->nr_orders; i++)
		zone->blocks[i] = 1;
	machine->nodes[0] = (struct machine_node){ .kswapd_ns = 0 };
	machine->slabs_known = machine->callers.known = true;
}

/* One that has 60 of 100 MiB, most of it page cache. */
static void add_cgroup(struct made_up *m)
{
	struct cgroup_state *cgroup = &m->cgroup;

	memset(&cgroup->before, 0xff, sizeof(cgroup->before));
	cgroup->path = "/app.slice/a b";
	cgroup->before.time_ns = 5000000000;
	cgroup->before.values[CGROUP_SAMPLE_memory_current] = 58 * MIB;
	cgroup->before.values[CGROUP_SAMPLE_memory_events_oom_kill] = 3;
	cgroup->now = cgroup->before;
	cgroup->now.time_ns = 6000000000;
	cgroup->now.values[CGROUP_SAMPLE_memory_current] = 60 * MIB;
	cgroup->now.values[CGROUP_SAMPLE_memory_max] = 100 * MIB;
	cgroup->now.values[CGROUP_SAMPLE_memory_high] = SAMPLE_UNLIMITED;
	cgroup->now.stats[CGROUP_STAT_ANON] = 5 * MIB;
	cgroup->now.stats[CGROUP_STAT_FILE] = 52 * MIB;
	cgroup->now.stats[CGROUP_STAT_SHMEM] = 2 * MIB;
	cgroup->now.stats[CGROUP_STAT_ACTIVE_FILE] = 50 * MIB;
	cgroup->now.stats[CGROUP_STAT_SLAB_RECLAIMABLE] = 1 * MIB;
	m->list[0] = cgroup;
	m->cgroups =
		(struct cgroup_states){ .version = CGROUP_V2, .list = m->list, .nr = 1, .nr_read = 1, .dying = 12 };
	m->filling.own = cgroup;
	m->filling.swappiness = MT_UNKNOWN_U64;
	m->filling.nr_levels = 3;
	m->filling.levels[0] = (struct cgroup_level){ "/app.slice/a b", 60 * MIB, 100 * MIB, SAMPLE_UNLIMITED };
	m->filling.levels[1] = (struct cgroup_level){ "/app.slice", 90 * MIB, 200 * MIB, MT_UNKNOWN_U64 };
	m->filling.levels[2] = (struct cgroup_level){ "/", MT_UNKNOWN_U64, MT_UNKNOWN_U64, MT_UNKNOWN_U64 };
}

static int make_up(void **state)
{
	struct made_up *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	fill_in(&m->before);
	fill_in(&m->now);
	add_cgroup(m);
	m->before.time_ns = 5000000000;
	m->now.time_ns = 6000000000;
	*state = m;
	return 0;
}

static int forget(void **state)
{
	free(*state);
	return 0;
}

/* What that output makes of the looks; the caller's to free(). */
static char *shown(struct made_up *m, const struct machine *before, const char *format)
{
	const struct state_looks looks = { .before = before,
					   .now = &m->now,
					   .cgroups = &m->cgroups,
					   .filling = m->about,
					   .by_cgroup = m->by_cgroup,
					   .rows = 20 };
	struct report *report = report__new("memtrace.state/1");
	struct output out = { .ops = output__find(format) };
	char *text = NULL;
	size_t size;

	assert_non_null(report);
	out.stream = open_memstream(&text, &size);
	assert_int_equal(state__add(&m->view, &looks, report), 0);
	assert_int_equal(out.ops->report(&out, report), 0);
	fclose(out.stream);
	state__done(&m->view);
	report__free(report);
	return text;
}

static void expect(struct made_up *m, const char *format, const char *part)
{
	char *text = shown(m, &m->before, format);

	if (!strstr(text, part))
		fail_msg("expected '%s' in:\n%s", part, text);
	free(text);
}

static void expect_none(struct made_up *m, const char *format, const char *part)
{
	char *text = shown(m, &m->before, format);

	if (strstr(text, part))
		fail_msg("did not expect '%s' in:\n%s", part, text);
	free(text);
}

static void a_healthy_machine(void **state)
{
	struct made_up *m = *state;

	expect(m, "text", "memory    1000MiB = anon 300MiB, cache 150MiB, slab (not reclaimable) 10.0MiB, free 500MiB");
	expect(m, "text", "not accounted 40.0MiB");
	expect(m, "text", "available 700MiB   dirty 1.00MiB of 80.0MiB (background 40.0MiB), writeback -");
	expect(m, "text", "kswapd0 running 0%");
	expect(m, "text", "Normal free 500MiB (min 400KiB, low 800KiB, high 1.17MiB)\n");
	expect(m, "text", "swap      none   commit 100MiB of 400MiB (heuristic)");
	expect(m, "text", "some 0.1%, full 0% (10s)");
	expect(m, "text", "now       nothing is abnormal\n");
	expect(m, "json", "\"now\":[]");
	expect(m, "json", "\"not_accounted_bytes\":41943040");
	expect(m, "json", "\"duration_ns\":1000000000");
}

/* What is not known is -, and null. */
static void nothing_is_known(void **state)
{
	struct made_up *m = *state;
	char *text;

	memset(m->now.values, 0xff, sizeof(m->now.values));
	memset(m->now.settings, 0xff, sizeof(m->now.settings));
	memset(m->now.within, 0xff, sizeof(m->now.within));
	m->now.nr_zones = m->now.nr_nodes = 0;
	m->now.slabs_known = m->now.callers.known = false;
	m->now.gaps[m->now.nr_gaps++] = (struct machine_gap){ "/proc/slabinfo", -EACCES };
	text = shown(m, NULL, "text");
	if (!strstr(text, "memory    -\n") || !strstr(text, "zones     -\n") || !strstr(text, "orders    -\n") ||
	    !strstr(text, "slab      -\n") || !strstr(text, "vmalloc   -\n") || !strstr(text, "swappiness -") ||
	    !strstr(text, "nothing is abnormal") || !strstr(text, "unavailable: /proc/slabinfo (Permission denied)"))
		fail_msg("%s", text);
	free(text);
	text = shown(m, NULL, "json");
	if (!strstr(text, "\"total_bytes\":null") || !strstr(text, "\"swappiness\":null") ||
	    !strstr(text, "\"kills\":null") || !strstr(text, "\"not_accounted_bytes\":null"))
		fail_msg("%s", text);
	free(text);
}

/* Names reach a terminal escaped, and JSON as they are. */
static void hostile_names(void **state)
{
	struct made_up *m = *state;

	m->now.slabs[0] = (struct machine_slab){ .name = "\033[2Jx", .bytes = 5 * MIB };
	m->now.nr_slabs = 1;
	m->now.callers.list[0] = (struct machine_caller){ .name = "a\nb", .pages = 256 };
	m->now.callers.nr = 1;
	expect(m, "text", "slab      \\x1b[2Jx 5.00MiB\n");
	expect(m, "text", "vmalloc   a\\x0ab 1.00MiB\n");
	expect(m, "json", "\"name\":\"\\u001B[2Jx\"");
	expect_none(m, "text", "\033");
}

static void slabs_that_grew(void **state)
{
	struct made_up *m = *state;
	size_t i;

	for (i = 0; i < 10; i++) {
		m->before.slabs[i].bytes = m->now.slabs[i].bytes = (20 - i) * MIB;
		snprintf(m->before.slabs[i].name, MACHINE_NAME_MAX, "cache%zu", i);
		memcpy(m->now.slabs[i].name, m->before.slabs[i].name, MACHINE_NAME_MAX);
	}
	m->before.nr_slabs = m->now.nr_slabs = 10;
	m->now.slabs[8].bytes += 2 * MIB;
	m->now.slabs[9].bytes += 1 * MIB;
	m->now.slabs[5].bytes -= 3 * MIB;
	expect(m, "text",
	       "slab      cache0 20.0MiB  cache1 19.0MiB  cache2 18.0MiB  cache3 17.0MiB\n"
	       "          cache8 14.0MiB (+2.00MiB/s)  cache9 12.0MiB (+1.00MiB/s)\n");
	expect(m, "json", "\"grown_bytes\":-3145728");
}

/* They are no parts: what is not accounted stays as it is. */
static void what_lies_within(void **state)
{
	struct made_up *m = *state;

	expect_none(m, "text", "\nsockets ");
	expect(m, "json",
	       "\"within\":{\"tcp_bytes\":null,\"udp_bytes\":null,\"fragments_bytes\":null,\"dma_buf_bytes\":null}");
	m->now.within[WITHIN_tcp] = m->now.within[WITHIN_udp] = 0;
	expect_none(m, "text", "\nsockets ");
	m->now.within[WITHIN_tcp] = 12 * MIB;
	expect(m, "text",
	       "\nsockets   TCP 12.0MiB, UDP 0B, fragments -   dma-buf -   (in slab and not accounted, too)\n");
	expect(m, "json", "\"tcp_bytes\":12582912,\"udp_bytes\":0");
	expect(m, "text", "not accounted 40.0MiB");
}

static void several_nodes(void **state)
{
	struct made_up *m = *state;

	m->now.nr_zones = m->now.nr_nodes = m->before.nr_nodes = 2;
	m->now.zones[1] = m->now.zones[0];
	m->now.zones[1].node = 1;
	m->before.nodes[1].id = m->now.nodes[1].id = 1;
	m->now.nodes[1].local = 256;
	m->now.nodes[1].kswapd_ns = 310000000;
	expect(m, "text", "zones     node 0 Normal free 500MiB");
	expect(m, "text", "          node 1 Normal free 500MiB");
	expect(m, "text", "1: local 1.00MiB, remote 0B, migrated in 0B");
	expect(m, "text", "kswapd1 running 31.0%");
	expect_none(m, "text", "kswapd0");
}

static void swap_and_its_compression(void **state)
{
	struct made_up *m = *state;

	m->now.values[SAMPLE_swap_total] = 400 * MIB;
	m->now.values[SAMPLE_swap_free] = 300 * MIB;
	m->now.zrams[0] = (struct machine_zram){ .name = "zram0", .stored = 90 * MIB, .used = 30 * MIB };
	m->now.nr_zrams = 1;
	m->now.values[SAMPLE_zswap_stored] = 10 * MIB;
	m->now.values[SAMPLE_zswap_pool] = 4 * MIB;
	expect(m, "text",
	       "swap      100MiB of 400MiB   zram 90.0MiB in 30.0MiB (3.0:1)   zswap 10.0MiB in 4.00MiB "
	       "(2.5:1)");
}

static void the_worst_cgroups(void **state)
{
	struct made_up *m = *state;

	expect(m, "text",
	       "cgroups   /app.slice/a b 60.0MiB of 100MiB (cache 50.0MiB, anon 5.00MiB, tmpfs and shared "
	       "2.00MiB), 3 kills\n          1 in all, 12 dying\n");
	m->cgroups.nr_read = 0;
	m->cgroups.left_out = 5000;
	expect(m, "text", "5,001 in all, 5,001 not read, 12 dying\n");
	m->cgroup.path = "/\033[2J";
	expect(m, "text", "cgroups   /\\x1b[2J 60.0MiB");
	m->by_cgroup = true;
	expect(m, "text", "/\\x1b[2J 60.0MiB 100MiB 60.0%    -     3 2.00MiB 5.00MiB 50.0MiB 2.00MiB 1.00MiB");
	expect(m, "json", "\"grown_bytes\":2097152,\"grown_in_seconds\":1.0");
	m->cgroup.now.values[CGROUP_SAMPLE_memory_max] = SAMPLE_UNLIMITED;
	expect(m, "json", "\"limit_bytes\":\"max\",\"full\":null");
}

static void what_fills_a_cgroup(void **state)
{
	struct cgroup_process process = {
		.pid = 7, .comm = "e\nvil", .anon = 3 * MIB, .file = 0, .shmem = MT_UNKNOWN_U64
	};
	struct made_up *m = *state;

	m->about = &m->filling;
	m->filling.processes = &process;
	m->filling.nr_processes = 1;
	expect(m, "text",
	       "/app.slice/a b\nmemory    60.0MiB, limit 100MiB (60.0%)   swap -   grew by 2.00MiB/s   kills 3\n"
	       "          at its limit - times\n");
	expect(m, "text",
	       "charge    cache 50.0MiB, anon 5.00MiB, tmpfs and shared 2.00MiB, slab (reclaimable) 1.00MiB,\n"
	       "          not accounted 2.00MiB   can be reclaimed without swap: 51.0MiB\n");
	expect(m, "text",
	       "limits    /app.slice/a b: 60.0MiB, max 100MiB, high none\n"
	       "          /app.slice: 90.0MiB, max 200MiB, high -\n");
	expect(m, "text", "processes 1 hold anon 3.00MiB, file 0B, shared 0B, swap 0B");
	expect(m, "text", "          e\\x0avil[7] anon 3.00MiB, file 0B, shared -, swap 0B\n");
	expect(m, "text", "nothing is abnormal");
	expect(m, "json", "\"comm\":\"e\\nvil\"");
	expect(m, "json", "\"swappiness\":null");
	m->cgroup.before.values[CGROUP_SAMPLE_memory_current] = 61 * MIB;
	expect(m, "text", "   shrank by 1.00MiB/s   ");
	m->filling.swappiness = 10;
	expect(m, "text", "          at its limit - times   swappiness 10\n");
	expect_none(m, "text", "zones");
}

static void kill_in_cgroup(struct made_up *m)
{
	m->cgroup.now.values[CGROUP_SAMPLE_memory_events_oom_kill] += 2;
}

static void fill_cgroup(struct made_up *m)
{
	m->cgroup.now.values[CGROUP_SAMPLE_memory_current] = 96 * MIB;
	m->cgroup.now.stats[CGROUP_STAT_ACTIVE_FILE] = 8 * MIB;
}

static void fill_ancestor(struct made_up *m)
{
	m->filling.levels[1].current = 190 * MIB;
}

static void reach_limit(struct made_up *m)
{
	m->cgroup.before.values[CGROUP_SAMPLE_memory_events_max] = 5;
	m->cgroup.now.values[CGROUP_SAMPLE_memory_events_max] = 1205;
}

static void fill_tmpfs(struct made_up *m)
{
	m->cgroup.now.stats[CGROUP_STAT_SHMEM] = 30 * MIB;
}

static void fill_slab(struct made_up *m)
{
	m->cgroup.now.stats[CGROUP_STAT_SLAB_RECLAIMABLE] = 30 * MIB;
}

/* The rules for one cgroup. */
static void each_rule_of_a_cgroup(void **state)
{
	static const struct {
		const char *id;
		void (*cause)(struct made_up *m);
		const char *said;
	} own_causes[] = {
		{ "kills", kill_in_cgroup,
		  "the OOM killer killed 2 processes in /app.slice/a b since the first look. Next: memtrace oom "
		  "--last" },
		{ "full", fill_cgroup,
		  "/app.slice/a b is at its limit (96.0MiB of 100MiB), and only 9.00MiB can be reclaimed without swap. "
		  "Next: memtrace stalls -c '/app.slice/a b'" },
		{ "ancestor_full", fill_ancestor,
		  "/app.slice above it is at its limit (190MiB of 200MiB). Next: memtrace state -c /app.slice" },
		{ "limit", reach_limit,
		  "/app.slice/a b reached its limit 1,200 times since the first look: who allocates there reclaims "
		  "first. Next: memtrace stalls -d 10 -c '/app.slice/a b'" },
		{ "tmpfs", fill_tmpfs, "30.0MiB are files in tmpfs and shared memory, which need not go when" },
		{ "slab", fill_slab, "30.0MiB are slabs such as dentries and inodes" },
	};
	const size_t nr = sizeof(own_causes) / sizeof(*own_causes);
	struct made_up *m = *state;
	size_t i;

	for (i = 0; i < nr; i++) {
		assert_string_equal(cgroup_rules[i].id, own_causes[i].id);
		assert_true(cgroup_rules[i].threshold[0] && cgroup_rules[i].source[0]);
		own_causes[i].cause(m);
		m->about = &m->filling;
		expect(m, "text", own_causes[i].said);
		assert_int_equal(forget(state), 0);
		assert_int_equal(make_up(state), 0);
		m = *state;
	}
	assert_null(cgroup_rules[nr].id);
	/* it has nothing to give: one line says so */
	reach_limit(m);
	fill_cgroup(m);
	m->about = &m->filling;
	expect(m, "text", "is at its limit (96.0MiB of 100MiB)");
	expect_none(m, "text", "reached its limit");
}

/* Each rule, in its order: what makes it apply, and a part of what it says. */
static void kill_one(struct made_up *m)
{
	m->now.values[SAMPLE_vm_oom_kill]++;
}

static void go_below_min(struct made_up *m)
{
	m->now.zones[0].free = 99;
}

static void press(struct made_up *m)
{
	m->now.values[SAMPLE_pressure_memory_some_avg10] = 1000;
}

static void commit_all(struct made_up *m)
{
	m->now.settings[SETTING_overcommit] = 2;
	m->now.values[SAMPLE_memory_committed] = 380 * MIB;
}

static void run_out(struct made_up *m)
{
	m->now.values[SAMPLE_memory_available] = 99 * MIB;
}

static void fill_swap(struct made_up *m)
{
	m->now.values[SAMPLE_swap_total] = 100 * MIB;
	m->now.values[SAMPLE_swap_free] = 10 * MIB;
}

static void write_much(struct made_up *m)
{
	m->now.values[SAMPLE_memory_dirty] = 60 * MIB;
}

static void stay_below_low(struct made_up *m)
{
	m->before.zones[0].free = m->now.zones[0].free = 199;
}

static void run_kswapd(struct made_up *m)
{
	m->now.nodes[0].kswapd_ns = 500000000;
}

static void give_up(struct made_up *m)
{
	m->now.nodes[0].given_up = 1;
}

static void need_again(struct made_up *m)
{
	m->before.values[SAMPLE_vm_workingset_refault_anon] = m->before.values[SAMPLE_vm_workingset_refault_file] = 7;
	m->now.values[SAMPLE_vm_workingset_refault_anon] = 7;
	m->now.values[SAMPLE_vm_workingset_refault_file] = 7 + 5120;
}

static void fail_to_compact(struct made_up *m)
{
	m->now.values[SAMPLE_vm_compact_stall] += 10;
	m->now.values[SAMPLE_vm_compact_fail] += 5;
}

static void leak_slabs(struct made_up *m)
{
	m->now.values[SAMPLE_memory_slab_unreclaimable] = 250 * MIB;
	m->now.values[SAMPLE_memory_anon] = 0;
}

static void take_pages(struct made_up *m)
{
	m->now.values[SAMPLE_memory_anon] = 0;
}

static const struct {
	const char *id;
	void (*cause)(struct made_up *m);
	const char *said;
} causes[] = {
	{ "cgroup_kills", kill_in_cgroup, "the OOM killer killed 2 processes in /app.slice/a b since the first look" },
	{ "oom_kills", kill_one, "the OOM killer killed a process since the first look. Next: memtrace oom --last" },
	{ "below_min", go_below_min, "zone Normal is below min: allocations reclaim by themselves, and stall" },
	{ "pressure", press, "tasks waited for memory in 10.0% of the last 10 s. Next: memtrace stalls" },
	{ "cgroup_full", fill_cgroup,
	  "only 9.00MiB can be reclaimed without swap. Next: memtrace state -c '/app.slice/a b'" },
	{ "commit", commit_all, "380MiB of 400MiB are committed, and overcommit is off" },
	{ "out_of_memory", run_out, "only 99.0MiB are available, and there is no swap" },
	{ "swap_full", fill_swap, "swap is nearly full: 90.0MiB of 100MiB" },
	{ "dirty", write_much, "60.0MiB wait to be written (limit 80.0MiB): who writes is slowed down" },
	{ "below_low", stay_below_low, "zone Normal stays below low" },
	{ "kswapd_given_up", give_up, "kswapd0 has given up: it found nothing to reclaim" },
	{ "kswapd", run_kswapd, "kswapd0 ran for 50.0% of the time" },
	{ "refaults", need_again,
	  "20.0MiB/s of files and swapped memory are needed again after reclaim took them. Next: memtrace cache --by "
	  "cgroup -d 10" },
	{ "compaction", fail_to_compact, "5 of 10 attempts to compact it failed" },
	{ "slab", leak_slabs, "slabs that cannot be reclaimed take 250MiB" },
	{ "not_accounted", take_pages, "340MiB are in no counter of the kernel" },
};

#define NR_CAUSES (sizeof(causes) / sizeof(*causes))

static void each_rule(void **state)
{
	struct made_up *m = *state;
	char id[64];
	size_t i;

	for (i = 0; i < NR_CAUSES; i++) {
		assert_non_null(state_rules[i].id);
		assert_string_equal(state_rules[i].id, causes[i].id);
		assert_true(state_rules[i].threshold[0] && state_rules[i].source[0]);
		causes[i].cause(m);
		expect(m, "text", causes[i].said);
		snprintf(id, sizeof(id), "\"rule\":\"%s\"", causes[i].id);
		expect(m, "json", id);
		assert_int_equal(forget(state), 0);
		assert_int_equal(make_up(state), 0);
		m = *state;
	}
	assert_null(state_rules[NR_CAUSES].id);
}

static void the_three_worst(void **state)
{
	struct made_up *m = *state;

	write_much(m);
	press(m);
	kill_one(m);
	run_kswapd(m);
	expect(m, "text", "now       the OOM killer killed");
	expect(m, "text", "          tasks waited for memory");
	expect(m, "text", "          60.0MiB wait to be written");
	expect_none(m, "text", "kswapd0 ran");
}

/* Just under the thresholds. */
static void nearly_abnormal(void **state)
{
	struct made_up *m = *state;

	m->now.values[SAMPLE_pressure_memory_some_avg10] = 999;
	m->now.values[SAMPLE_memory_available] = 100 * MIB;
	m->now.values[SAMPLE_swap_total] = 100 * MIB;
	m->now.values[SAMPLE_swap_free] = 11 * MIB;
	m->now.values[SAMPLE_memory_dirty] = 60 * MIB - 1;
	m->now.values[SAMPLE_memory_committed] = 400 * MIB;
	m->now.zones[0].free = 150; /* below low at one look alone */
	m->now.nodes[0].kswapd_ns = 490000000;
	m->now.values[SAMPLE_vm_compact_stall] += 9;
	m->now.values[SAMPLE_vm_compact_fail] += 9;
	expect(m, "json", "\"now\":[]");
	/* a zone that is small beside the others */
	m->now.zones[1] =
		(struct machine_zone){ .name = "DMA", .free = 0, .min = 10, .low = 20, .high = 30, .managed = 3000 };
	m->now.nr_zones = 2;
	expect(m, "json", "\"now\":[]");
}

static void lines_are_broken_between_parts(void **state)
{
	struct report *report = report__new("memtrace.state/1");
	struct wrapped line;
	char longest[5000];

	(void)state;
	memset(longest, 'w', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_non_null(report);
	wrapped__begin(&line, report, "label");
	wrapped__add(&line, "", "%.60s", longest);
	wrapped__add(&line, ", ", "%.28s", longest);
	wrapped__add(&line, ", ", "x");
	wrapped__add(&line, ", ", "%s", longest);
	wrapped__end(&line);
	assert_int_equal(report->nr_sections, 3);
	assert_int_equal(strlen(report->sections[0].note), 101);
	assert_string_equal(report->sections[1].note, "          x,");
	assert_int_equal(strlen(report->sections[2].note), 10 + 4999);
	/* on a terminal with what separates them */
	report->width = 80;
	wrapped__begin(&line, report, "label");
	wrapped__add(&line, "", "%.40s", longest);
	wrapped__add(&line, ", ", "%.28s", longest);
	wrapped__add(&line, ", ", "x");
	wrapped__end(&line);
	assert_int_equal(report->nr_sections, 5);
	assert_int_equal(strlen(report->sections[3].note), 10 + 41);
	report__free(report);
}

/* Columns and a line about zswap are there for people once it has taken something; programs always have it. */
static void what_zswap_has_of_a_cgroup(void **state)
{
	struct made_up *m = *state;
	uint64_t *stats = m->cgroup.now.stats;

	m->by_cgroup = true;
	expect(m, "json", "\"zswapped_bytes\":null,\"zswap_in_pages\":null,\"zswap_out_pages\":null");
	expect_none(m, "text", "ZSWAP");
	stats[CGROUP_STAT_ZSWPIN] = stats[CGROUP_STAT_ZSWPOUT] = stats[CGROUP_STAT_ZSWAPPED] = 0;
	expect_none(m, "text", "ZSWAP");
	expect(m, "json", "\"zswap_out_pages\":0");
	stats[CGROUP_STAT_ZSWPIN] = 7;
	stats[CGROUP_STAT_ZSWPOUT] = 300;
	stats[CGROUP_STAT_ZSWPWB] = 11;
	stats[CGROUP_STAT_ZSWAPPED] = 2 * MIB;
	stats[CGROUP_STAT_ZSWAP] = MIB / 2;
	expect(m, "text", "ZSWAPPED ZSWAPIN ZSWAPOUT ZSWAPWB");
	expect(m, "json",
	       "\"zswapped_bytes\":2097152,\"zswap_in_pages\":7,\"zswap_out_pages\":300,"
	       "\"zswap_written_back_pages\":11");
	m->about = &m->filling;
	expect(m, "text", "zswap     2.00MiB in 512KiB   pages: 7 in, 300 out, 11 written to swap space");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_machine),
		TEST(nothing_is_known),
		TEST(hostile_names),
		TEST(slabs_that_grew),
		TEST(what_lies_within),
		TEST(several_nodes),
		TEST(swap_and_its_compression),
		TEST(the_worst_cgroups),
		TEST(what_fills_a_cgroup),
		TEST(each_rule_of_a_cgroup),
		TEST(each_rule),
		TEST(the_three_worst),
		TEST(nearly_abnormal),
		TEST(what_zswap_has_of_a_cgroup),
		cmocka_unit_test(lines_are_broken_between_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
