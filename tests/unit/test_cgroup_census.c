/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers cgroup_census.h, cgroup_processes.h and cgroup_sums.h: trees of cgroups that a test makes as directories,
 * memory.stat of v1 and v2 as kernels print it, what is made of it, and who comes first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/count/cgroup_sums.h"
#include "../../user/kernel/cgroup_census.h"
#include "../../user/kernel/cgroup_processes.h"

#define MIB	  (1024ULL * 1024)
#define UNKNOWN	  MT_UNKNOWN_U64
#define LONG_TIME 10000000000ULL

struct tree {
	char path[64];
	struct cgroup_census census;
};

static int set_up(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->path, "/tmp/memtrace-census.XXXXXX");
	assert_non_null(mkdtemp(tree->path));
	tree->census.root = -1;
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;
	char command[128];

	cgroup_census__close(&tree->census);
	snprintf(command, sizeof(command), "rm -r %s", tree->path);
	assert_int_equal(system(command), 0);
	free(tree);
	return 0;
}

static void write_file(const struct tree *tree, const char *cgroup, const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree->path, cgroup);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", tree->path, cgroup, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void begin(struct tree *tree, enum cgroup_version version, const char *path)
{
	int root = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(root >= 0);
	assert_int_equal(cgroup_census__open(&tree->census, root, version, path), 0);
}

static struct cgroup_state *find(const struct tree *tree, const char *path)
{
	const struct cgroup_states *states = &tree->census.states;
	size_t i;

	for (i = 0; i < states->nr; i++)
		if (!strcmp(states->list[i]->path, path))
			return states->list[i];
	return NULL;
}

static void a_tree(void **state)
{
	struct tree *tree = *state;
	struct cgroup_state *b;
	int64_t growth;

	write_file(tree, "a", "memory.current", "1048576\n");
	write_file(tree, "a/b", "memory.current", "4096\n");
	write_file(tree, "a/b", "memory.max", "8192\n");
	write_file(tree, "a/b", "memory.high", "max\n");
	write_file(tree, "a/b", "memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\n");
	write_file(tree, "c \033[2J", "memory.current", "x");
	begin(tree, CGROUP_V2, "/");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_int_equal(tree->census.states.nr, 4);
	assert_int_equal(tree->census.states.nr_read, 4);
	assert_true(find(tree, "/")->now.values[CGROUP_SAMPLE_memory_current] == UNKNOWN);
	assert_int_equal(find(tree, "/a")->now.values[CGROUP_SAMPLE_memory_current], 1048576);
	assert_true(find(tree, "/c \033[2J")->now.values[CGROUP_SAMPLE_memory_current] == UNKNOWN);
	b = find(tree, "/a/b");
	assert_int_equal(b->now.values[CGROUP_SAMPLE_memory_events_oom_kill], 2);
	assert_int_equal(cgroup_reading__limit(&b->now), 8192);
	assert_true(cgroup_reading__fullness(&b->now) == 0.5);
	assert_false(cgroup_state__grew(b, CGROUP_SAMPLE_memory_current, &growth));
	write_file(tree, "a/b", "memory.current", "1024\n");
	cgroup_census__begin(&tree->census);
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_true(cgroup_state__grew(b, CGROUP_SAMPLE_memory_current, &growth));
	assert_int_equal(growth, -3072);
	assert_int_equal(tree->census.states.nr_read, 4);
}

/* A turn without time reads nothing; those that stand higher come first. */
static void in_turns(void **state)
{
	struct tree *tree = *state;
	char name[16];
	size_t i, turns = 0;

	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "c%zu", i);
		write_file(tree, name, "memory.current", "4096\n");
	}
	write_file(tree, "c7/below", "memory.current", "1\n");
	begin(tree, CGROUP_V2, "/");
	assert_false(cgroup_census__turn(&tree->census, 0));
	assert_int_equal(tree->census.states.nr_read, 0);
	while (!cgroup_census__turn(&tree->census, 50000))
		turns++;
	assert_true(turns > 3);
	assert_int_equal(tree->census.states.nr, 202);
	assert_int_equal(tree->census.states.nr_read, 202);
	assert_string_equal(tree->census.states.list[201]->path, "/c7/below");
}

static void cgroups_come_and_go(void **state)
{
	struct tree *tree = *state;
	char command[128];

	write_file(tree, "a", "memory.current", "1\n");
	write_file(tree, "b", "memory.current", "2\n");
	begin(tree, CGROUP_V2, "/");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	snprintf(command, sizeof(command), "rm -r %s/a; mv %s/b %s/old", tree->path, tree->path, tree->path);
	assert_int_equal(system(command), 0);
	write_file(tree, "b", "memory.current", "3\n");
	cgroup_census__begin(&tree->census);
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_true(find(tree, "/a")->gone);
	assert_non_null(find(tree, "/old"));
	/* another one of the same name: it did not grow, it is new */
	assert_int_equal(find(tree, "/b")->before.time_ns, 0);
	assert_int_equal(find(tree, "/b")->now.values[CGROUP_SAMPLE_memory_current], 3);
	cgroup_census__begin(&tree->census);
	assert_null(find(tree, "/a"));
}

/* Nothing leads out of the hierarchy. */
static void links_are_not_followed(void **state)
{
	struct tree *tree = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/link", tree->path);
	assert_int_equal(symlink("/", path), 0);
	begin(tree, CGROUP_V2, "/");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_int_equal(tree->census.states.nr, 1);
	cgroup_census__begin(&tree->census);
}

static void one_and_what_is_below(void **state)
{
	struct tree *tree = *state;

	write_file(tree, "a", "memory.current", "1\n");
	write_file(tree, "a/b", "memory.current", "2\n");
	write_file(tree, "c", "memory.current", "3\n");
	begin(tree, CGROUP_V2, "/a");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_int_equal(tree->census.states.nr, 2);
	assert_string_equal(tree->census.states.list[0]->path, "/a");
	assert_string_equal(tree->census.states.list[1]->path, "/a/b");
}

static const char stat_v2[] = "anon 104857600\nfile 41943040\nkernel 20971520\nkernel_stack 1048576\n"
			      "pagetables 2097152\nsec_pagetables 0\npercpu 524288\nsock 4096\nvmalloc 0\n"
			      "shmem 31457280\nzswap 0\nzswapped 0\nfile_mapped 8192\nfile_dirty 4096\n"
			      "inactive_anon 1\nactive_anon 2\ninactive_file 6291456\nactive_file 4194304\n"
			      "unevictable 0\nslab_reclaimable 8388608\nslab_unreclaimable 4194304\nslab 12582912\n"
			      "workingset_refault_anon 0\n";

static void memory_stat(void **state)
{
	struct tree *tree = *state;
	struct cgroup_state *a;
	int64_t rest;

	write_file(tree, "a", "memory.current", "167772160\n");
	write_file(tree, "a", "memory.stat", stat_v2);
	begin(tree, CGROUP_V2, "/");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	a = find(tree, "/a");
	assert_true(cgroup_reading__kind(&a->now, CGROUP_KIND_ANON) == UNKNOWN);
	assert_false(cgroup_reading__not_accounted(&a->now, &rest));
	cgroup_census__read(&tree->census, a);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_ANON), 100 * MIB);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_CACHE), 10 * MIB);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_SHARED), 30 * MIB);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_PAGE_TABLES), 2 * MIB);
	/* 20 MiB less stacks, page tables, per-CPU, slabs */
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_KERNEL), 20 * MIB - 15 * MIB - MIB / 2);
	assert_int_equal(cgroup_reading__reclaimable(&a->now), 18 * MIB);
	assert_true(cgroup_reading__not_accounted(&a->now, &rest));
	assert_int_equal(rest, 160 * MIB - 140 * MIB - 20 * MIB - 4096);
}

static void memory_stat_v1(void **state)
{
	struct tree *tree = *state;
	struct cgroup_state *a;
	int64_t rest;

	write_file(tree, "a", "memory.usage_in_bytes", "62914560\n");
	write_file(tree, "a", "memory.memsw.usage_in_bytes", "73400320\n");
	write_file(tree, "a", "memory.limit_in_bytes", "9223372036854771712\n");
	write_file(tree, "a", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
	write_file(tree, "a", "memory.kmem.usage_in_bytes", "4194304\n");
	write_file(tree, "a", "memory.stat",
		   "cache 1\nrss 2\nshmem 3\ntotal_cache 20971520\ntotal_rss 31457280\ntotal_shmem 10485760\n"
		   "total_inactive_file 4096\ntotal_active_file 8192\n");
	begin(tree, CGROUP_V1, "/a");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	a = find(tree, "/a");
	cgroup_census__read(&tree->census, a);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_ANON), 30 * MIB);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_CACHE), 10 * MIB);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_SHARED), 10 * MIB);
	assert_int_equal(cgroup_reading__kind(&a->now, CGROUP_KIND_KERNEL), 4 * MIB);
	assert_true(cgroup_reading__kind(&a->now, CGROUP_KIND_SLAB_RECLAIMABLE) == UNKNOWN);
	assert_int_equal(cgroup_reading__reclaimable(&a->now), 12288);
	assert_int_equal(cgroup_reading__swap(&a->now), 10 * MIB);
	assert_true(cgroup_reading__limit(&a->now) == SAMPLE_UNLIMITED);
	assert_true(cgroup_reading__fullness(&a->now) < 0);
	assert_int_equal(a->now.values[CGROUP_SAMPLE_memory_events_oom_kill], 5);
	assert_true(cgroup_reading__not_accounted(&a->now, &rest));
	assert_int_equal(rest, 6 * MIB);
}

/* The root's charge is files and anonymous memory, whatever its memory.kmem.usage_in_bytes says. */
static void memory_stat_of_the_root_of_v1(void **state)
{
	struct tree *tree = *state;
	struct cgroup_state *root;
	int64_t rest;

	write_file(tree, ".", "memory.usage_in_bytes", "52428800\n");
	write_file(tree, ".", "memory.kmem.usage_in_bytes", "4194304\n");
	write_file(tree, ".", "memory.kmem.tcp.usage_in_bytes", "4096\n");
	write_file(tree, ".", "memory.stat", "total_cache 20971520\ntotal_rss 31457280\ntotal_shmem 10485760\n");
	begin(tree, CGROUP_V1, "/");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	root = find(tree, "/");
	cgroup_census__read(&tree->census, root);
	assert_int_equal(cgroup_reading__kind(&root->now, CGROUP_KIND_ANON), 30 * MIB);
	assert_true(cgroup_reading__kind(&root->now, CGROUP_KIND_KERNEL) == UNKNOWN);
	assert_true(root->now.stats[CGROUP_STAT_SOCK] == UNKNOWN);
	assert_true(cgroup_reading__not_accounted(&root->now, &rest));
	assert_int_equal(rest, 0);
}

static void odd_memory_stats(void **state)
{
	static const char *const texts[] = {
		"", "\n", "anon", "anon \n", "anon x\nanonymous 5\n", "anon 99999999999999999999999\n", " anon 5\n"
	};
	uint64_t stats[NR_CGROUP_STATS];
	size_t i;

	(void)state;
	memset(stats, 0xff, sizeof(stats));
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cgroup_census__parse_stat(CGROUP_V2, texts[i], strlen(texts[i]), stats);
	for (i = 0; i < NR_CGROUP_STATS; i++)
		assert_true(stats[i] == UNKNOWN);
	cgroup_census__parse_stat(CGROUP_V2, "anon 12", 7, stats);
	assert_int_equal(stats[CGROUP_STAT_ANON], 12);
}

static void what_is_dying(void **state)
{
	struct tree *tree = *state;

	write_file(tree, ".", "cgroup.stat", "nr_descendants 3\nnr_subsys_memory 3\nnr_dying_descendants 9\n");
	begin(tree, CGROUP_V2, "/");
	cgroup_census__count_dying(&tree->census);
	assert_int_equal(tree->census.states.dying, 9);
	write_file(tree, ".", "cgroup.stat", "nr_dying_descendants 9\nnr_dying_subsys_memory 7\n");
	cgroup_census__count_dying(&tree->census);
	assert_int_equal(tree->census.states.dying, 7);
	write_file(tree, ".", "cgroup.stat", "");
	cgroup_census__count_dying(&tree->census);
	assert_true(tree->census.states.dying == UNKNOWN);
}

static void the_worst_first(void **state)
{
	struct tree *tree = *state;
	struct cgroup_state *ranked[8];

	write_file(tree, "large", "memory.current", "1000000\n");
	write_file(tree, "larger", "memory.current", "2000000\n");
	write_file(tree, "full", "memory.current", "900\n");
	write_file(tree, "full", "memory.max", "1000\n");
	write_file(tree, "killed", "memory.current", "5\n");
	write_file(tree, "killed", "memory.events", "oom_kill 4\n");
	write_file(tree, "unknown", "memory.max", "max\n");
	begin(tree, CGROUP_V2, "/");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	write_file(tree, "killed", "memory.events", "oom_kill 5\n");
	cgroup_census__begin(&tree->census);
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_int_equal(cgroup_states__rank(&tree->census.states, ranked), 5);
	assert_string_equal(ranked[0]->path, "/killed");
	assert_string_equal(ranked[1]->path, "/full");
	assert_string_equal(ranked[2]->path, "/larger");
	assert_string_equal(ranked[3]->path, "/large");
	assert_string_equal(ranked[4]->path, "/unknown");
}

static void status_of_a_process(void **state)
{
	struct cgroup_process process;

	(void)state;
	assert_true(cgroup_processes__parse("Name:\tja\\\\va \\n\nUmask:\t0022\nVmRSS:\t 30 kB\nRssAnon:\t      10 kB\n"
					    "RssFile:\t      20 kB\nRssShmem:\t       0 kB\nVmSwap:\t       7 kB\n",
					    &process));
	assert_string_equal(process.comm, "ja\\\\va \\n");
	assert_int_equal(process.anon, 10240);
	assert_int_equal(process.swap, 7168);
	assert_int_equal(process.shmem, 0);
	/* a kernel thread, a zombie, one that is gone */
	assert_false(cgroup_processes__parse("Name:\tkswapd0\nState:\tS\nThreads:\t1\n", &process));
	assert_false(cgroup_processes__parse("", &process));
	assert_false(cgroup_processes__parse("RssAnon:\t1 kB\n", &process));
	assert_true(cgroup_processes__parse("Name:\tx\nRssAnon\nRssAnon:\nRssAnon: y\nRssFile:\t3", &process));
	assert_true(process.anon == UNKNOWN);
	assert_int_equal(process.file, 3072);
}

static void processes_of_a_cgroup(void **state)
{
	struct cgroup_filling filling = { 0 };
	struct tree *tree = *state;
	char text[64];

	snprintf(text, sizeof(text), "%d\n0\nx\n999999999\n", getpid());
	write_file(tree, "a", "cgroup.procs", "");
	write_file(tree, "a/b", "cgroup.procs", text);
	begin(tree, CGROUP_V2, "/a");
	assert_true(cgroup_census__turn(&tree->census, LONG_TIME));
	assert_int_equal(cgroup_processes__read(&tree->census, &filling), 0);
	assert_int_equal(filling.nr_processes, 1);
	assert_int_equal(filling.processes[0].pid, getpid());
	assert_true(filling.processes[0].anon > 0);
	free(filling.processes);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tree),
		TEST(in_turns),
		TEST(cgroups_come_and_go),
		TEST(links_are_not_followed),
		TEST(one_and_what_is_below),
		TEST(memory_stat),
		TEST(memory_stat_v1),
		TEST(memory_stat_of_the_root_of_v1),
		cmocka_unit_test(odd_memory_stats),
		TEST(what_is_dying),
		TEST(the_worst_first),
		cmocka_unit_test(status_of_a_process),
		TEST(processes_of_a_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
