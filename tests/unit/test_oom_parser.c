/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers oom_parser.h and oom_log_line.h: what stands before a message, in each form; a log in pieces of any size; what
 * is bounded.  What each kernel prints is in tests/golden/logs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../../user/kernel/oom_log_line.h"
#include "../../user/kernel/oom_parser.h"

#define UNKNOWN MT_UNKNOWN_U64
#define S	1000000000ULL
#define WALL	1795835564ULL /* 2026-11-28 03:12:44 UTC */

static int set_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static void prefixes(void **state)
{
	static const struct {
		const char *line, *text; /* text NULL: somebody else's */
		uint64_t wall_ns, boot_ns;
		const char *stamp;
	} rows[] = {
		{ "Mem-Info:", "Mem-Info:", UNKNOWN, UNKNOWN, "" },
		{ "  \t Mem-Info:", "Mem-Info:", UNKNOWN, UNKNOWN, "" },
		{ "[  461.582260] Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "[461.582260]Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "[  461.582260][ T1234] Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "[  461.582260] [    C0] Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "<6>[  461.582260] Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "<13>[  461.582260] Mem-Info:", NULL, 0, 0, "" },
		{ "6,12,461582260,-;Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "6,12,461582260,-,caller=T1;Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "4,12,461582260,c;a\\x5cb\\x0ac\\xc3\\xa9", "a\\b\nc\xc3\xa9", UNKNOWN, 461582260000, "461.582260" },
		{ "12,12,461582260,-;Mem-Info:", NULL, 0, 0, "" },
		{ "kern  :warn  : [  461.582260] Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "user  :notice: [  461.582260] Mem-Info:", NULL, 0, 0, "" },
		{ "daemon:info  : [  461.582260] Mem-Info:", NULL, 0, 0, "" },
		{ "[Sat Nov 28 03:12:44 2026] Mem-Info:", "Mem-Info:", WALL * S, UNKNOWN, "Sat Nov 28 03:12:44 2026" },
		{ "[Nov28 03:12] Mem-Info:", "Mem-Info:", UNKNOWN, UNKNOWN, "Nov28 03:12" },
		{ "[  +0.000012] Mem-Info:", "Mem-Info:", UNKNOWN, UNKNOWN, "+0.000012" },
		{ "2026-11-28T03:12:44,500000+00:00 Mem-Info:", "Mem-Info:", WALL * S + 500000000, UNKNOWN,
		  "2026-11-28T03:12:44,500000+00:00" },
		{ "2026-11-28T04:42:44+0130 db kernel: Mem-Info:", "Mem-Info:", WALL * S, UNKNOWN,
		  "2026-11-28T04:42:44+0130" },
		{ "2026-11-28T03:12:44.250000Z db kernel: [  461.582260] Mem-Info:", "Mem-Info:", WALL * S + 250000000,
		  461582260000, "2026-11-28T03:12:44.250000Z" },
		{ "Sat 2026-11-28 03:12:44 UTC db kernel: Mem-Info:", "Mem-Info:", WALL * S, UNKNOWN,
		  "2026-11-28 03:12:44 UTC" },
		{ "1795835564.000001 db kernel: Mem-Info:", "Mem-Info:", WALL * S + 1000, UNKNOWN,
		  "1795835564.000001" },
		{ "[  461.582260] db kernel: Mem-Info:", "Mem-Info:", UNKNOWN, 461582260000, "461.582260" },
		{ "Nov 28 03:12:44 db kernel: Mem-Info:", "Mem-Info:", UNKNOWN, UNKNOWN, "Nov 28 03:12:44" },
		{ "Nov  8 03:12:44.123456 db kernel: [461.582260] x", "x", UNKNOWN, 461582260000,
		  "Nov  8 03:12:44.123456" },
		{ "Nov 28 03:12:44 db systemd[1]: Mem-Info:", NULL, 0, 0, "" },
		{ "2026-11-28T03:12:44+0000 db dockerd[1]: Mem-Info:", NULL, 0, 0, "" },
		/* no times */
		{ "[  812]  1000   812 9 9", "[  812]  1000   812 9 9", UNKNOWN, UNKNOWN, "" },
		{ "Nov 99 03:12:44 x", "Nov 99 03:12:44 x", UNKNOWN, UNKNOWN, "" },
		{ "[Sat Nov 28 03:12:44 20", "[Sat Nov 28 03:12:44 20", UNKNOWN, UNKNOWN, "" },
		{ "6,12,x,-;Mem-Info:", "6,12,x,-;Mem-Info:", UNKNOWN, UNKNOWN, "" },
		{ "", "", UNKNOWN, UNKNOWN, "" },
		{ "[", "[", UNKNOWN, UNKNOWN, "" },
		{ "<", "<", UNKNOWN, UNKNOWN, "" },
	};
	struct oom_moment when;
	char line[256], *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(line, sizeof(line), "%s", rows[i].line);
		print_message("%s\n", line);
		assert_int_equal(oom_log_line__split(line, &when, &text), rows[i].text != NULL);
		if (!rows[i].text)
			continue;
		assert_string_equal(text, rows[i].text);
		assert_int_equal(when.wall_ns, rows[i].wall_ns);
		assert_int_equal(when.boot_ns, rows[i].boot_ns);
		assert_string_equal(when.text, rows[i].stamp);
	}
}

/* What the kills of a log were, as a text. */
struct told {
	char text[16384];
	size_t nr;
	int err;
	size_t fail_at; /* from that one on err is returned */
};

static int tell(void *ctx, const struct oom_kill *kill)
{
	struct told *told = ctx;
	size_t len = strlen(told->text);

	told->nr++;
	snprintf(told->text + len, sizeof(told->text) - len, "%u %s %s %s %zu %llu %llu\n", kill->victim.pid,
		 kill->victim.comm, kill->trigger.comm, kill->limit.cgroup, kill->nr_tasks,
		 (unsigned long long)kill->charge.anon, (unsigned long long)kill->further_kills);
	return told->nr >= told->fail_at ? told->err : 0;
}

static const char two_kills[] =
	"[1.000001] web invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
	"[1.000002] memory: usage 8192kB, limit 8192kB, failcnt 1\n"
	"[1.000003] Memory cgroup stats for /a:\n"
	"[1.000004] anon 7340032\n"
	"[1.000005] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
	"[1.000006] [    50]     0    50     2000      100    40960        0             0 web\n"
	"[1.000007] Memory cgroup out of memory: Killed process 50 (web) total-vm:8000kB, anon-rss:6600kB, "
	"file-rss:200kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:0\n"
	"[2.000007] Memory cgroup out of memory: Killed process 51 (db) total-vm:8000kB, anon-rss:6600kB, "
	"file-rss:200kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:0";

static void feed_in_pieces(struct told *told, const char *log, size_t len, size_t piece)
{
	struct oom_parser *parser = oom_parser__new(tell, told);
	size_t at;

	assert_non_null(parser);
	for (at = 0; at < len; at += piece)
		assert_int_equal(oom_parser__feed(parser, log + at, len - at < piece ? len - at : piece), 0);
	assert_int_equal(oom_parser__end(parser), 0);
	oom_parser__free(parser);
}

static void pieces(void **state)
{
	size_t piece;

	(void)state;
	for (piece = 1; piece <= sizeof(two_kills); piece += 1 + piece / 8) {
		struct told told = { .fail_at = SIZE_MAX };

		feed_in_pieces(&told, two_kills, strlen(two_kills), piece);
		assert_string_equal(told.text, "50 web web /a 1 7340032 1\n"
					       "51 db   0 18446744073709551615 0\n");
	}
}

/* The limit's cgroup and the victim's, in one line: either may have in it what separates them. */
static void paths(void **state)
{
#define HEAD "[1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg="
#define TAIL ",task=x,pid=5,uid=0\n[1.1] Memory cgroup out of memory: Killed process 5 (x) total-vm:4kB\n"
	static const struct {
		const char *log, *limit;
	} rows[] = {
		{ HEAD "/a,task_memcg=/a/b" TAIL, "/a" },
		{ HEAD "/a,task_memcg=/a" TAIL, "/a" },
		{ HEAD "/,task_memcg=/b" TAIL, "/" },
		{ HEAD "/x,task_memcg=/x1,task_memcg=/x,task_memcg=/x1/v" TAIL, "/x,task_memcg=/x1" },
		{ HEAD "/a,task_memcg=/y,task_memcg=/a,task_memcg=/y" TAIL, "/a,task_memcg=/y" },
	};
	char expected[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct told told = { .fail_at = SIZE_MAX };

		feed_in_pieces(&told, rows[i].log, strlen(rows[i].log), 4096);
		snprintf(expected, sizeof(expected), "5 x  %s 0 %llu 0\n", rows[i].limit, (unsigned long long)UNKNOWN);
		assert_string_equal(told.text, expected);
	}
}

static int keep_page_size(void *ctx, const struct oom_kill *kill)
{
	*(uint64_t *)ctx = kill->page_size;
	return 0;
}

/* It is not in the log: free blocks, or else the victim's size in pages and in kB, give it. */
static void page_sizes(void **state)
{
#define TABLE                                                                                                          \
	"x invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0\n"                                               \
	"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"                         \
	"[     50]     0    50      100      100    40960        0             0 web\n"
#define BLOCKS "x invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0\nMem-Info:\nNode 0 Normal: "
	static const struct {
		const char *log;
		uint64_t size;
	} rows[] = {
		{ TABLE "Out of memory: Killed process 50 (web) total-vm:400kB, anon-rss:4kB\n", 4096 },
		{ TABLE "Out of memory: Killed process 50 (web) total-vm:6400kB, anon-rss:4kB\n", 65536 },
		{ TABLE "Out of memory: Killed process 50 (web) total-vm:500kB, anon-rss:4kB\n", UNKNOWN },
		{ TABLE "Out of memory: Killed process 51 (db) total-vm:400kB, anon-rss:4kB\n", UNKNOWN },
		{ BLOCKS "3*64kB (U) 1*128kB (U) = 320kB\n", 65536 },
		{ BLOCKS "3*4kB (U) 1*8kB (U) = 20kB\n", 4096 },
		{ BLOCKS "3*5kB (U) = 15kB\n", UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t size = 0;
		struct oom_parser *parser = oom_parser__new(keep_page_size, &size);

		print_message("row %zu\n", i);
		assert_int_equal(oom_parser__feed(parser, rows[i].log, strlen(rows[i].log)), 0);
		assert_int_equal(oom_parser__end(parser), 0);
		oom_parser__free(parser);
		assert_int_equal(size, rows[i].size);
	}
}

static int keep_outcome(void *ctx, const struct oom_kill *kill)
{
	char *text = ctx;

	snprintf(text + strlen(text), 64, "%s %s %u %s\n",
		 oom_kind__name(kill->kind) ? oom_kind__name(kill->kind) : "-",
		 oom_outcome__name(kill->outcome) ? oom_outcome__name(kill->outcome) : "-", kill->victim.pid,
		 kill->victim.comm);
	return 0;
}

/* Reports that did not end in a kill, and what comes behind them. */
static void outcomes(void **state)
{
	static const char log[] =
		"[1.0] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
		"[1.1] Out of memory: OOM victim 7 (a (b) c) is already exiting. Skip killing the task\n"
		"[2.0] b invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
		"[3.0] c invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
		"[3.1] Out of memory and no killable processes...\n"
		"[4.0] Memory cgroup out of memory: OOM victim 8 (d) is already exiting. Skip killing the task\n"
		"[5.0] Out of memory: Killed process 9 (e) total-vm:4kB\n"
		"[5.1] Kernel panic - not syncing: Attempted to kill init!\n";
	char text[512] = "";
	struct oom_parser *parser = oom_parser__new(keep_outcome, text);

	(void)state;
	assert_int_equal(oom_parser__feed(parser, log, strlen(log)), 0);
	assert_int_equal(oom_parser__end(parser), 0);
	oom_parser__free(parser);
	assert_string_equal(text,
			    "global exited 7 a (b) c\n- - 0 \n- nobody 0 \nmemcg exited 8 d\nglobal killed 9 e\n");
}

static void an_error_ends_it(void **state)
{
	struct told told = { .err = -5, .fail_at = 1 };
	struct oom_parser *parser = oom_parser__new(tell, &told);

	(void)state;
	assert_int_equal(oom_parser__feed(parser, two_kills, strlen(two_kills)), 0);
	assert_int_equal(oom_parser__end(parser), -5);
	assert_int_equal(told.nr, 1);
	oom_parser__free(parser);
}

static int count(void *ctx, const struct oom_kill *kill)
{
	assert_true(kill->nr_tasks <= OOM_TASKS_MAX);
	assert_int_equal(kill->victim.pid, ++*(size_t *)ctx);
	return 0;
}

static void many_kills(void **state)
{
	size_t taken = 0, i, nr = OOM_PENDING_MAX * 3;
	struct oom_parser *parser = oom_parser__new(count, &taken);
	char line[128];

	(void)state;
	for (i = 1; i <= nr; i++) {
		snprintf(line, sizeof(line), "[%zu.000001] Out of memory: Killed process %zu (x) total-vm:1kB\n", i, i);
		assert_int_equal(oom_parser__feed(parser, line, strlen(line)), 0);
		/* in order, and no later than that many of them wait */
		assert_true(taken + OOM_PENDING_MAX >= i);
	}
	assert_int_equal(oom_parser__end(parser), 0);
	assert_int_equal(taken, nr);
	oom_parser__free(parser);
}

static int keep_counts(void *ctx, const struct oom_kill *kill)
{
	size_t *counts = ctx;

	counts[0] = kill->nr_tasks;
	counts[1] = kill->tasks_left_out;
	return 0;
}

static void many_tasks(void **state)
{
	static const char head[] = "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n";
	size_t counts[2] = { 0 }, i;
	struct oom_parser *parser = oom_parser__new(keep_counts, counts);
	char line[128];

	(void)state;
	assert_int_equal(oom_parser__feed(parser, head, strlen(head)), 0);
	for (i = 0; i < OOM_TASKS_MAX + 3; i++) {
		snprintf(line, sizeof(line), "[%5zu]     0 %5zu        1        1       1        0             0 x\n",
			 i + 1, i + 1);
		assert_int_equal(oom_parser__feed(parser, line, strlen(line)), 0);
	}
	assert_int_equal(oom_parser__end(parser), 0);
	assert_int_equal(counts[0], OOM_TASKS_MAX);
	assert_int_equal(counts[1], 3);
	oom_parser__free(parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes),   cmocka_unit_test(pieces),	    cmocka_unit_test(paths),
		cmocka_unit_test(outcomes),   cmocka_unit_test(page_sizes), cmocka_unit_test(an_error_ends_it),
		cmocka_unit_test(many_kills), cmocka_unit_test(many_tasks),
	};

	return cmocka_run_group_tests(tests, set_utc, NULL);
}
