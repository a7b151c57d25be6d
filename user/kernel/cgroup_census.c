// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_census.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/small_file.h"
#include "cgroup_files.h"
#include "key_file.h"
#include "proc.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

#define RECENT_NS 100000000ULL
#define OPEN_DIR  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct census_node {
	struct cgroup_state state; /* first: states point here */
	UT_hash_handle hh;
	char path[];
};

static void forget_readings(struct cgroup_state *state)
{
	memset(&state->before, 0xff, sizeof(state->before));
	state->before.time_ns = 0;
	state->now = state->before;
}

static int make_room(struct cgroup_census *census)
{
	size_t room = census->room ? 2 * census->room : 64;
	struct cgroup_state **list;

	if (census->states.nr < census->room)
		return 0;
	list = reallocarray(census->states.list, room, sizeof(struct cgroup_state *));
	if (!list)
		return -ENOMEM;
	census->states.list = list;
	census->room = room;
	return 0;
}

static int add_node(struct cgroup_census *census, const char *path, size_t len)
{
	struct census_node *node;

	if (census->states.nr == CGROUP_STATES_MAX || make_room(census))
		return -ENOMEM;
	node = calloc(1, sizeof(*node) + len + 1);
	if (!node)
		return -ENOMEM;
	memcpy(node->path, path, len);
	node->state.path = node->path;
	forget_readings(&node->state);
	HASH_ADD_KEYPTR(hh, census->nodes, node->path, len, node);
	if (!node->hh.tbl) {
		free(node);
		return -ENOMEM;
	}
	census->states.list[census->states.nr++] = &node->state;
	return 0;
}

int cgroup_census__open(struct cgroup_census *census, int root, enum cgroup_version version, const char *path)
{
	census->root = root;
	census->states.version = version;
	census->states.dying = MT_UNKNOWN_U64;
	return add_node(census, path, strlen(path));
}

static void end_children(struct cgroup_census *census)
{
	if (census->children)
		closedir(census->children);
	census->children = NULL;
}

static void free_node(struct cgroup_census *census, struct census_node *node)
{
	HASH_DEL(census->nodes, node);
	free(node);
}

void cgroup_census__close(struct cgroup_census *census)
{
	struct census_node *node, *next;

	end_children(census);
	HASH_ITER (hh, census->nodes, node, next)
		free_node(census, node);
	free(census->states.list);
	if (census->root >= 0)
		close(census->root);
}

void cgroup_census__begin(struct cgroup_census *census)
{
	struct cgroup_states *states = &census->states;
	size_t i, nr = 0;

	end_children(census);
	for (i = 0; i < states->nr; i++) {
		if (states->list[i]->gone)
			free_node(census, (struct census_node *)states->list[i]);
		else
			states->list[nr++] = states->list[i];
	}
	states->nr = nr;
	states->left_out = 0;
	census->next = 0;
}

/* The path of a child of that name; its length, 0: it does not fit. */
static size_t join(char *buf, size_t size, const char *path, const char *name)
{
	int len = snprintf(buf, size, "%s/%s", path[1] ? path : "", name);

	return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

static void find_child(struct cgroup_census *census, const char *parent, const char *name)
{
	struct census_node *node;
	char path[PATH_MAX];
	size_t len = join(path, sizeof(path), parent, name);

	HASH_FIND(hh, census->nodes, path, len, node);
	if (node)
		node->state.gone = false;
	else if (!len || add_node(census, path, len))
		census->states.left_out++;
}

static bool is_child(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* Lists on, up to the next child.  False: there are no more. */
static bool find_next_child(struct cgroup_census *census)
{
	const struct cgroup_state *parent = census->states.list[census->next - 1];
	struct dirent *entry = readdir(census->children);

	if (entry && is_child(entry))
		find_child(census, parent->path, entry->d_name);
	return entry;
}

/* Takes the directory. */
static void begin_children(struct cgroup_census *census, int fd)
{
	census->children = fdopendir(fd);
	if (!census->children)
		close(fd);
}

/* As a hierarchy: it has one cgroup, whose directory is open. */
static int open_same(const void *ctx, uint64_t id)
{
	int fd = fcntl(*(const int *)ctx, F_DUPFD_CLOEXEC, 0);

	(void)id;
	return fd < 0 ? -errno : fd;
}

static void read_values(const struct cgroup_census *census, struct cgroup_state *state, int dir)
{
	struct cgroup_hierarchy hierarchy = { .version = census->states.version, .open = open_same, .ctx = &dir };
	struct cgroup_files files = { 0 };

	state->before = state->now;
	memset(&state->now, 0xff, sizeof(state->now));
	state->now.time_ns = clock__boot_ns();
	cgroup_files__read(&files, &hierarchy, state->id, CGROUP_BRIEF, state->now.values);
	cgroup_files__close(&files, &hierarchy);
}

/* Its directory, the caller's to close, or < 0: it is gone, or is another one now. */
static int open_state(const struct cgroup_census *census, struct cgroup_state *state)
{
	const char *path = state->path[1] ? state->path + 1 : ".";
	int fd = openat(census->root, path, OPEN_DIR);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		state->gone = state->path[1] != '\0';
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (state->id != st.st_ino)
		forget_readings(state);
	state->id = st.st_ino;
	state->nr_links = st.st_nlink;
	return fd;
}

static void read_next(struct cgroup_census *census, struct cgroup_state *state)
{
	int fd = open_state(census, state);

	if (fd < 0)
		return;
	census->states.nr_read += !state->now.time_ns;
	read_values(census, state, fd);
	if (state->nr_links == 2)
		close(fd);
	else
		begin_children(census, fd);
}

/* One cgroup, or one name of those below it.  False: all is read. */
static bool step(struct cgroup_census *census)
{
	if (census->children) {
		if (!find_next_child(census))
			end_children(census);
		return true;
	}
	if (census->next == census->states.nr)
		return false;
	read_next(census, census->states.list[census->next++]);
	return true;
}

/* What a turn costs: other tasks that run meanwhile are not its fault. */
static uint64_t cpu_ns(void)
{
	return clock__ns(CLOCK_THREAD_CPUTIME_ID);
}

static void note_turn(struct cgroup_states *states, uint64_t began_ns)
{
	uint64_t took_ns = cpu_ns() - began_ns;

	states->spent_ns += took_ns;
	if (took_ns > states->turn_ns)
		states->turn_ns = took_ns;
}

bool cgroup_census__turn(struct cgroup_census *census, uint64_t budget_ns)
{
	uint64_t began_ns = cpu_ns();
	bool more = true;

	while (more && cpu_ns() - began_ns < budget_ns)
		more = step(census);
	note_turn(&census->states, began_ns);
	return !more;
}

/* By the names in memory.stat; those of v1 are sums over the subtree. */
static const struct {
	const char *v2, *v1;
} stat_keys[NR_CGROUP_STATS] = {
	[CGROUP_STAT_ANON] = { "anon", "total_rss" },
	[CGROUP_STAT_FILE] = { "file", "total_cache" },
	[CGROUP_STAT_SHMEM] = { "shmem", "total_shmem" },
	[CGROUP_STAT_SLAB_RECLAIMABLE] = { "slab_reclaimable", NULL },
	[CGROUP_STAT_SLAB_UNRECLAIMABLE] = { "slab_unreclaimable", NULL },
	[CGROUP_STAT_KERNEL_STACK] = { "kernel_stack", NULL },
	[CGROUP_STAT_PAGETABLES] = { "pagetables", NULL },
	[CGROUP_STAT_SEC_PAGETABLES] = { "sec_pagetables", NULL },
	[CGROUP_STAT_PERCPU] = { "percpu", NULL },
	[CGROUP_STAT_VMALLOC] = { "vmalloc", NULL },
	[CGROUP_STAT_ZSWAP] = { "zswap", NULL },
	[CGROUP_STAT_KERNEL] = { "kernel", NULL },
	[CGROUP_STAT_SOCK] = { "sock", NULL },
	[CGROUP_STAT_HUGETLB] = { "hugetlb", NULL },
	[CGROUP_STAT_INACTIVE_FILE] = { "inactive_file", "total_inactive_file" },
	[CGROUP_STAT_ACTIVE_FILE] = { "active_file", "total_active_file" },
	[CGROUP_STAT_DIRTY] = { "file_dirty", "total_dirty" },
	[CGROUP_STAT_UNEVICTABLE] = { "unevictable", "total_unevictable" },
	[CGROUP_STAT_ZSWAPPED] = { "zswapped", NULL },
	[CGROUP_STAT_ZSWPIN] = { "zswpin", NULL },
	[CGROUP_STAT_ZSWPOUT] = { "zswpout", NULL },
	[CGROUP_STAT_ZSWPWB] = { "zswpwb", NULL },
};

struct stat_parsing {
	enum cgroup_version version;
	uint64_t *stats;
};

static void take_stat(void *ctx, const struct key_value *entry)
{
	const struct stat_parsing *parsing = ctx;
	const char *key;
	uint64_t number;
	size_t i;

	for (i = 0; i < NR_CGROUP_STATS; i++) {
		key = parsing->version == CGROUP_V2 ? stat_keys[i].v2 : stat_keys[i].v1;
		if (!key || strlen(key) != entry->key_len || memcmp(key, entry->key, entry->key_len))
			continue;
		if (key_file__number(entry, 0, &number))
			parsing->stats[i] = number;
		return;
	}
}

void cgroup_census__parse_stat(enum cgroup_version version, const char *text, size_t len,
			       uint64_t stats[NR_CGROUP_STATS])
{
	struct stat_parsing parsing = { version, stats };

	key_file__each(text, len, take_stat, &parsing);
}

static uint64_t read_number(int dir, const char *name)
{
	char text[32];
	uint64_t number;

	if (small_file__read_at(dir, name, text, sizeof(text)) <= 0)
		return MT_UNKNOWN_U64;
	return sscanf(text, "%19" SCNu64, &number) == 1 ? number : MT_UNKNOWN_U64;
}

/* v1 has the kernel's part in files of its own. */
static void read_stats(const struct cgroup_census *census, struct cgroup_state *state, int dir)
{
	uint64_t *stats = state->now.stats;
	char text[16 * 1024];
	int len = small_file__read_at(dir, "memory.stat", text, sizeof(text));

	if (len > 0)
		cgroup_census__parse_stat(census->states.version, text, len, stats);
	/* mm/memcontrol-v1.c, mem_cgroup_usage(): what the root of v1 is charged is without the kernel's memory */
	if (census->states.version == CGROUP_V2 || !state->path[1])
		return;
	stats[CGROUP_STAT_KERNEL] = read_number(dir, "memory.kmem.usage_in_bytes");
	stats[CGROUP_STAT_SOCK] = read_number(dir, "memory.kmem.tcp.usage_in_bytes");
}

void cgroup_census__read(struct cgroup_census *census, struct cgroup_state *state)
{
	uint64_t began_ns = cpu_ns();
	int fd = open_state(census, state);

	if (fd < 0)
		return;
	if (clock__boot_ns() - state->now.time_ns >= RECENT_NS)
		read_values(census, state, fd);
	read_stats(census, state, fd);
	close(fd);
	note_turn(&census->states, began_ns);
}

static uint64_t dying_v2(int root)
{
	char text[512];
	struct {
		const char *key;
		uint64_t number;
	} rows[] = { { "nr_dying_subsys_memory ", 0 }, { "nr_dying_descendants ", 0 } };
	const char *at;
	size_t i;

	if (small_file__read_at(root, "cgroup.stat", text, sizeof(text)) <= 0)
		return MT_UNKNOWN_U64;
	for (i = 0; i < NR(rows); i++) {
		at = strstr(text, rows[i].key);
		if (at && sscanf(at + strlen(rows[i].key), "%19" SCNu64, &rows[i].number) == 1)
			return rows[i].number;
	}
	return MT_UNKNOWN_U64;
}

/* All that /proc/cgroups has, less those that have a directory. */
static uint64_t dying_v1(const struct cgroup_states *states)
{
	char text[2048];
	const char *at;
	uint64_t all;

	if (!proc__initial_pid_namespace() || small_file__read_at(AT_FDCWD, "/proc/cgroups", text, sizeof(text)) <= 0)
		return MT_UNKNOWN_U64;
	at = strstr(text, "\nmemory\t");
	if (!at || sscanf(at, " memory %*u %19" SCNu64, &all) != 1)
		return MT_UNKNOWN_U64;
	return all > states->nr ? all - states->nr : 0;
}

void cgroup_census__count_dying(struct cgroup_census *census)
{
	struct cgroup_states *states = &census->states;

	if (states->version == CGROUP_V2)
		states->dying = dying_v2(census->root);
	else if (census->next == states->nr && !states->left_out)
		states->dying = dying_v1(states);
}
