// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The table of tasks, "1234 pages RAM", and what follows from all lines of a kill. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_parser_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* mm/oom_kill.c: dump_tasks(), whose columns differ between kernels */
static const struct {
	const char *title;
	enum oom_column column;
} titles[] = {
	{ "uid", OOM_COLUMN_UID },
	{ "tgid", OOM_COLUMN_TGID },
	{ "total_vm", OOM_COLUMN_TOTAL_VM },
	{ "rss", OOM_COLUMN_RSS },
	{ "rss_anon", OOM_COLUMN_ANON },
	{ "rss_file", OOM_COLUMN_FILE },
	{ "rss_shmem", OOM_COLUMN_SHMEM },
	{ "nr_ptes", OOM_COLUMN_TABLE_PAGES },
	{ "nr_pmds", OOM_COLUMN_TABLE_PAGES },
	{ "nr_puds", OOM_COLUMN_TABLE_PAGES },
	{ "pgtables_bytes", OOM_COLUMN_TABLE_BYTES },
	{ "swapents", OOM_COLUMN_SWAP },
	{ "oom_score_adj", OOM_COLUMN_ADJ },
	{ "name", OOM_COLUMN_NAME },
};

static enum oom_column find_column(const char *title, size_t len)
{
	size_t i;

	for (i = 0; i < NR(titles); i++)
		if (strlen(titles[i].title) == len && !strncmp(titles[i].title, title, len))
			return titles[i].column;
	return OOM_COLUMN_OTHER;
}

/* "[  pid  ]   uid  tgid total_vm ... name", behind the bracket */
static void read_head(struct oom_parser *parser, const struct oom_moment *when, const char *text)
{
	struct oom_pending *pending = oom_parser__open(parser, when);
	size_t len;

	parser->in_stats = parser->in_info = parser->in_slabs = parser->in_trace = false;
	parser->nr_columns = 0;
	if (!pending)
		return;
	for (text += strspn(text, " "); *text && parser->nr_columns < OOM_COLUMNS_MAX; text += strspn(text, " ")) {
		len = strcspn(text, " ");
		parser->columns[parser->nr_columns++] = find_column(text, len);
		text += len;
	}
	/* a table without names, or with a column behind them, is none that any kernel prints */
	if (!parser->nr_columns || parser->columns[parser->nr_columns - 1] != OOM_COLUMN_NAME)
		parser->nr_columns = 0;
	pending->kill.has_tasks = parser->nr_columns;
}

static void set_column(struct oom_task *task, enum oom_column column, uint64_t value)
{
	static const size_t places[] = {
		[OOM_COLUMN_UID] = offsetof(struct oom_task, uid),
		[OOM_COLUMN_TOTAL_VM] = offsetof(struct oom_task, total_vm),
		[OOM_COLUMN_RSS] = offsetof(struct oom_task, rss),
		[OOM_COLUMN_ANON] = offsetof(struct oom_task, anon),
		[OOM_COLUMN_FILE] = offsetof(struct oom_task, file),
		[OOM_COLUMN_SHMEM] = offsetof(struct oom_task, shmem),
		[OOM_COLUMN_TABLE_BYTES] = offsetof(struct oom_task, table_bytes),
		[OOM_COLUMN_SWAP] = offsetof(struct oom_task, swap),
	};

	if (column == OOM_COLUMN_TGID)
		task->tgid = (uint32_t)value;
	else if (column == OOM_COLUMN_TABLE_PAGES)
		task->table_pages = task->table_pages == MT_UNKNOWN_U64 ? value : task->table_pages + value;
	else if (column < NR(places) && places[column])
		memcpy((char *)task + places[column], &value, sizeof(value));
}

/* The columns behind the pid; false: it is no row of this table. */
static bool read_columns(const struct oom_parser *parser, struct oom_task *task, const char *text)
{
	size_t i;
	char *end;

	for (i = 0; i < parser->nr_columns; i++) {
		enum oom_column column = parser->columns[i];
		long long value;

		if (column == OOM_COLUMN_NAME) {
			/* one blank, and then the name, which may begin with others */
			text += *text == ' ';
			oom_text__copy(task->comm, sizeof(task->comm), text, text + strlen(text));
			return true;
		}
		value = strtoll(text, &end, 10);
		if (end == text || (*end && *end != ' '))
			return false;
		if (column == OOM_COLUMN_ADJ)
			task->adj = value >= -1000 && value <= 1000 ? (int32_t)value : OOM_ADJ_UNKNOWN;
		else if (value >= 0)
			set_column(task, column, (uint64_t)value);
		text = end;
	}
	return false;
}

static void add_task(struct oom_parser *parser, struct oom_pending *pending, const struct oom_task *task)
{
	struct oom_kill *kill = &pending->kill;
	size_t cap = pending->tasks_cap ? pending->tasks_cap * 2 : 64;
	struct oom_task *tasks;

	if (kill->nr_tasks == OOM_TASKS_MAX) {
		kill->tasks_left_out++;
		return;
	}
	if (kill->nr_tasks == pending->tasks_cap) {
		tasks = reallocarray(kill->tasks, cap, sizeof(*tasks));
		if (!tasks) {
			parser->err = -ENOMEM;
			return;
		}
		kill->tasks = tasks;
		pending->tasks_cap = cap;
	}
	kill->tasks[kill->nr_tasks++] = *task;
	parser->nr_held++;
}

/* "[  812]  1000   812  1234  ... java" */
bool oom_parser__table(struct oom_parser *parser, const struct oom_moment *when, char *text)
{
	char *pid = text + 1 + strspn(text + 1, " "), *end = strchr(text, ']');
	struct oom_pending *pending = oom_parser__current(parser);
	struct oom_task task;

	if (!end)
		return false;
	if (!strncmp(pid, "pid", 3) && strstr(end, "total_vm")) {
		read_head(parser, when, end + 1);
		return true;
	}
	if (!pending || !parser->nr_columns || !isdigit((unsigned char)*pid))
		return false;
	oom_task__init(&task);
	task.pid = (uint32_t)strtoul(pid, NULL, 10);
	task.tgid = task.pid;
	if (!read_columns(parser, &task, end + 1))
		return false;
	add_task(parser, pending, &task);
	return true;
}

/* "2097052 pages RAM", "53211 pages reserved": of all memory, in pages */
void oom_parser__pages(struct oom_parser *parser, const char *text)
{
	struct oom_pending *pending = oom_parser__current(parser);
	unsigned long long pages;
	int len = 0;

	if (!parser->in_info || !pending || sscanf(text, "%17llu pages %n", &pages, &len) != 1 || !len)
		return;
	if (!strcmp(text + len, "RAM"))
		pending->ram_pages = pages;
	else if (!strcmp(text + len, "reserved"))
		pending->reserved_pages = pages;
}

static const struct oom_task *find_task(const struct oom_kill *kill, uint32_t pid)
{
	size_t i;

	for (i = 0; pid && i < kill->nr_tasks; i++)
		if (kill->tasks[i].pid == pid || kill->tasks[i].tgid == pid)
			return &kill->tasks[i];
	return NULL;
}

/* The victim's size is there in pages and in KiB. */
static void find_page_size(struct oom_kill *kill, const struct oom_task *victim)
{
	uint64_t size;

	if (kill->page_size != MT_UNKNOWN_U64 || !victim || !victim->total_vm || victim->total_vm == MT_UNKNOWN_U64 ||
	    kill->victim.total_vm == MT_UNKNOWN_U64)
		return;
	size = kill->victim.total_vm / victim->total_vm;
	if (kill->victim.total_vm % victim->total_vm == 0 && size >= 4096 && size <= 1 << 20 && !(size & (size - 1)))
		kill->page_size = size;
}

static uint64_t in_bytes(const struct oom_kill *kill, uint64_t pages)
{
	return pages == MT_UNKNOWN_U64 || kill->page_size == MT_UNKNOWN_U64 || pages > UINT64_MAX / (1 << 21) ?
		       MT_UNKNOWN_U64 :
		       pages * kill->page_size;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == MT_UNKNOWN_U64 || b == MT_UNKNOWN_U64 ? MT_UNKNOWN_U64 : a + b;
}

/* Shared memory is on the lists of anonymous memory, but is file memory by its kind. */
static void set_charge(struct oom_pending *pending)
{
	const struct oom_info *info = &pending->info;
	struct oom_kill *kill = &pending->kill;
	uint64_t anon = sum(info->active_anon, info->inactive_anon);

	if (anon != MT_UNKNOWN_U64 && info->shmem != MT_UNKNOWN_U64)
		anon = anon > info->shmem ? anon - info->shmem : 0;
	kill->charge.anon = in_bytes(kill, anon);
	kill->charge.file = in_bytes(kill, sum(sum(info->active_file, info->inactive_file), info->shmem));
	kill->charge.shmem = in_bytes(kill, info->shmem);
	kill->charge.slab_reclaimable = in_bytes(kill, info->slab_reclaimable);
	kill->charge.slab_unreclaimable = in_bytes(kill, info->slab_unreclaimable);
	kill->charge.page_tables = in_bytes(kill, info->page_tables);
	kill->charge.unevictable = in_bytes(kill, info->unevictable);
	kill->charge.dirty = in_bytes(kill, info->dirty);
	kill->charge.writeback = in_bytes(kill, info->writeback);
	kill->has_charge = true;
}

static void finish_machine(struct oom_pending *pending)
{
	struct oom_machine *machine = &pending->kill.machine;

	if (!pending->kill.has_machine)
		return;
	machine->ram = in_bytes(&pending->kill, pending->ram_pages);
	machine->reserved = in_bytes(&pending->kill, pending->reserved_pages);
	machine->free = in_bytes(&pending->kill, pending->info.free);
	if (pending->kill.kind != OOM_KIND_MEMCG)
		set_charge(pending);
}

/* Some kernels before 5.5 print bytes of page tables and call them kB. */
static void fix_page_tables(struct oom_victim *victim, uint64_t in_table)
{
	if (victim->page_tables == MT_UNKNOWN_U64 || in_table == MT_UNKNOWN_U64)
		return;
	if (victim->page_tables / 512 > in_table)
		victim->page_tables /= 1024;
}

static void finish_victim(struct oom_kill *kill, const struct oom_task *task)
{
	struct oom_victim *victim = &kill->victim;

	if (!task)
		return;
	fix_page_tables(victim, task->table_bytes);
	if (victim->page_tables == MT_UNKNOWN_U64)
		victim->page_tables =
			task->table_bytes != MT_UNKNOWN_U64 ? task->table_bytes : in_bytes(kill, task->table_pages);
	if (victim->swap == MT_UNKNOWN_U64)
		victim->swap = in_bytes(kill, task->swap);
	if (victim->adj == OOM_ADJ_UNKNOWN)
		victim->adj = task->adj;
	if (victim->uid == MT_UNKNOWN_U64)
		victim->uid = task->uid;
}

void oom_pending__finish(struct oom_pending *pending)
{
	struct oom_kill *kill = &pending->kill;
	const struct oom_task *victim = find_task(kill, kill->victim.pid);
	const struct oom_task *trigger = find_task(kill, kill->trigger.tid);

	find_page_size(kill, victim);
	finish_machine(pending);
	finish_victim(kill, victim);
	if (trigger)
		kill->trigger.pid = trigger->tgid;
	/* nothing was charged to a cgroup, and there is a whole machine: a kill that never came */
	if (kill->kind == OOM_KIND_UNKNOWN && kill->has_machine)
		kill->kind = OOM_KIND_GLOBAL;
}
