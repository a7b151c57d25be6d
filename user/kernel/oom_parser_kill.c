// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Lines of a kill: who asked, whose limit it was, who was killed, what came after. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_parser_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define KIB	  1024
#define COMM_LEN  15 /* TASK_COMM_LEN - 1 */

/* Kills without a message of their own that follow the line about a group, in one go. */
#define GROUP_NS 1000000000ULL

char *oom_text__last(char *text, const char *what)
{
	char *last = NULL, *at = text;

	for (; (at = strstr(at, what)); at++)
		last = at;
	return last;
}

void oom_text__copy(char *buf, size_t size, const char *begin, const char *end)
{
	size_t len = (size_t)(end - begin);

	len = len < size ? len : size - 1;
	memcpy(buf, begin, len);
	buf[len] = '\0';
}

uint64_t oom_text__number(const char *text, const char *key)
{
	const char *at = oom_text__last((char *)text, key);
	unsigned long long value;
	char *end;

	if (!at)
		return MT_UNKNOWN_U64;
	at += strlen(key);
	if (!isdigit((unsigned char)*at))
		return MT_UNKNOWN_U64;
	value = strtoull(at, &end, 0);
	return value;
}

bool oom_text__int(const char *text, const char *key, int32_t *value)
{
	const char *at = oom_text__last((char *)text, key);
	long number;
	char *end;

	if (!at)
		return false;
	number = strtol(at + strlen(key), &end, 10);
	if (end == at + strlen(key) || number < -100000 || number > 100000)
		return false;
	*value = (int32_t)number;
	return true;
}

static uint64_t kib(const char *text, const char *key)
{
	uint64_t value = oom_text__number(text, key);

	return value > UINT64_MAX / KIB / 2 ? MT_UNKNOWN_U64 : value * KIB;
}

/* A pid; 0: none. */
static uint32_t read_pid(const char *text)
{
	unsigned long long pid = isdigit((unsigned char)*text) ? strtoull(text, NULL, 10) : 0;

	return pid <= INT32_MAX ? (uint32_t)pid : 0;
}

/* A name as long as the kernel's own, or longer by escapes. */
static bool is_comm(const char *begin, const char *end)
{
	return end - begin <= COMM_LEN || (memchr(begin, '\\', (size_t)(end - begin)) && end - begin < OOM_COMM);
}

bool oom_parser__trigger(struct oom_parser *parser, const struct oom_moment *when, char *text)
{
	static const char invoked[] = " invoked oom-killer: gfp_mask=";
	char *end = oom_text__last(text, invoked), *names;
	struct oom_pending *pending;
	struct oom_trigger *trigger;

	if (!end || !is_comm(text, end))
		return false;
	pending = oom_parser__begin(parser, when);
	if (!pending)
		return true;
	trigger = &pending->kill.trigger;
	pending->kill.has_trigger = true;
	oom_text__copy(trigger->comm, sizeof(trigger->comm), text, end);
	end += strlen(invoked);
	trigger->gfp = isdigit((unsigned char)*end) ? strtoull(end, NULL, 16) : MT_UNKNOWN_U64;
	names = end + strcspn(end, "(,");
	if (*names == '(')
		oom_text__copy(trigger->gfp_names, sizeof(trigger->gfp_names), names + 1, names + strcspn(names, ")"));
	trigger->order_known = oom_text__int(end, "order=", &trigger->order);
	oom_text__int(end, "oom_score_adj=", &trigger->adj);
	if (parser->sysrq || (trigger->order_known && trigger->order == -1))
		pending->kill.kind = OOM_KIND_SYSRQ;
	parser->sysrq = false;
	return true;
}

/* The release of the kernel, behind "Not tainted" or letters that say how it is tainted. */
static void read_release(struct oom_kill *kill, char *text)
{
	char *at = strstr(text, "ainted");
	size_t len;

	for (; at && *at; at += len) {
		at += strspn(at, " ");
		len = strcspn(at, " ");
		if (isdigit((unsigned char)*at) && memchr(at, '.', len)) {
			oom_text__copy(kill->release, sizeof(kill->release), at, at + len);
			return;
		}
	}
}

/* "CPU: 1 PID: 901 Comm: envoy Not tainted 6.1.0-13-amd64 #1"; from 6.11 on "CPU: 1 UID: 0 PID: 901 ..." */
static void read_cpu(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);
	char *pid = strstr(rest, "PID: ");

	(void)when;
	if (!pending || !pid || pending->kill.trigger.tid)
		return;
	pending->kill.trigger.tid = read_pid(pid + 5);
	read_release(&pending->kill, pid);
}

static void begin_trace(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__current(parser);

	(void)when;
	(void)rest;
	parser->in_trace = pending && !pending->kill.trigger.nr_chain;
}

bool oom_parser__frame(struct oom_parser *parser, const char *text)
{
	struct oom_pending *pending = oom_parser__current(parser);
	struct oom_trigger *trigger;
	const char *end;

	if (!parser->in_trace || !pending)
		return false;
	if (!strncmp(text, "[<", 2))
		text += strcspn(text, "]") + 1;
	text += strspn(text, " ]");
	end = strstr(text, "+0x");
	if (!end || memchr(text, ' ', (size_t)(end - text)))
		return false; /* "? f+0x1/0x2": it may be left over on the stack */
	trigger = &pending->kill.trigger;
	if (trigger->nr_chain < OOM_CHAIN_MAX)
		oom_text__copy(trigger->chain[trigger->nr_chain++], sizeof(trigger->chain[0]), text, end);
	return true;
}

static void end_trace(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	(void)when;
	(void)rest;
	parser->in_trace = false;
}

static void set_kind(struct oom_kill *kill, enum oom_kind kind)
{
	if (kill->kind == OOM_KIND_UNKNOWN)
		kill->kind = kind;
}

/*
 * Where ",task_memcg=" ends the path of the limit's cgroup.  Such paths may have that text in them; but the victim's
 * begins with the limit's.
 */
static char *find_task_memcg(char *limit, char *rest)
{
	static const char key[] = ",task_memcg=";
	char *at = limit, *task;

	for (; limit && (at = strstr(at, key)); at++) {
		task = at + strlen(key);
		if (!strncmp(task, limit, (size_t)(at - limit)) && (at == limit + 1 || strchr("/,", task[at - limit])))
			return at;
	}
	return limit ? oom_text__last(limit, key) : strstr(rest, key);
}

static void read_constraint(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	static const struct {
		const char *name;
		enum oom_kind kind;
	} rows[] = {
		{ "NONE,", OOM_KIND_GLOBAL },
		{ "CPUSET,", OOM_KIND_CPUSET },
		{ "MEMORY_POLICY,", OOM_KIND_MEMORY_POLICY },
		{ "MEMCG,", OOM_KIND_MEMCG },
	};
	struct oom_pending *pending = oom_parser__open(parser, when);
	char *limit = strstr(rest, ",oom_memcg="), *cgroup, *task = oom_text__last(rest, ",task="),
	     *pid = oom_text__last(rest, ",pid=");
	struct oom_victim *victim;
	size_t i;

	if (!pending)
		return;
	for (i = 0; i < NR(rows); i++)
		if (!strncmp(rest, rows[i].name, strlen(rows[i].name)))
			set_kind(&pending->kill, rows[i].kind);
	victim = &pending->kill.victim;
	limit = limit ? limit + strlen(",oom_memcg=") : NULL;
	cgroup = find_task_memcg(limit, rest);
	if (limit && cgroup)
		oom_text__copy(pending->kill.limit.cgroup, OOM_PATH, limit, cgroup);
	if (cgroup && task > cgroup)
		oom_text__copy(victim->cgroup, sizeof(victim->cgroup), cgroup + strlen(",task_memcg="), task);
	if (!pid || pid < task)
		return;
	if (!pending->kill.chosen.pid)
		pending->kill.chosen.pid = read_pid(pid + strlen(",pid="));
	if (task)
		oom_text__copy(pending->kill.chosen.comm, OOM_COMM, task + strlen(",task="), pid);
	victim->uid = oom_text__number(pid, ",uid=");
}

/* "/a/b killed as a result of limit of /a": kernels before 5.0 */
static void read_task_in(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	static const char killed[] = " killed as a result of limit of ";
	struct oom_pending *pending = oom_parser__open(parser, when);
	char *end = oom_text__last(rest, killed);

	if (!pending || !end)
		return;
	set_kind(&pending->kill, OOM_KIND_MEMCG);
	oom_text__copy(pending->kill.victim.cgroup, OOM_PATH, rest, end);
	oom_text__copy(pending->kill.limit.cgroup, OOM_PATH, end + strlen(killed), rest + strlen(rest));
}

static void read_group(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	static const char are[] = " are going to be killed due to memory.oom.group set";
	char *end = oom_text__last(rest, are);

	(void)when;
	if (!parser->last || !end)
		return;
	oom_text__copy(parser->last->kill.group, OOM_PATH, rest, end);
	parser->in_group = true;
}

/* "812 (java) score 506 or sacrifice child": kernels before 5.1, ahead of the kill itself */
static void read_choice(struct oom_pending *pending, char *rest)
{
	char *open = strchr(rest, '('), *close = oom_text__last(rest, ") score ");

	if (!open || close < open)
		return;
	pending->kill.chosen.pid = read_pid(rest);
	oom_text__copy(pending->kill.chosen.comm, OOM_COMM, open + 1, close);
	pending->kill.victim.score = oom_text__number(close, ") score ");
}

static void remember_victim(struct oom_parser *parser, const struct oom_kill *kill, uint32_t pid)
{
	parser->killed[parser->nr_killed % OOM_EARLIER_MAX].when = kill->when;
	parser->killed[parser->nr_killed++ % OOM_EARLIER_MAX].pid = pid;
}

/* "812 (java) total-vm:...", "812 (java), UID 5, total-vm:...", "812, UID 5, (java) total-vm:..." */
static void read_victim(struct oom_victim *victim, char *rest)
{
	static const char *const ends[] = { ") total-vm:", "), UID ", "), now " };
	char *open = strchr(rest, '('), *close = NULL;
	uint64_t uid;
	size_t i;

	for (i = 0; i < NR(ends) && !close; i++)
		close = oom_text__last(rest, ends[i]);
	if (!close)
		close = oom_text__last(rest, ")");
	victim->pid = read_pid(rest);
	if (open && close > open)
		oom_text__copy(victim->comm, sizeof(victim->comm), open + 1, close);
	/* behind the name, which may look like a number of the kernel's */
	rest = close > open ? close : rest;
	victim->total_vm = kib(rest, "total-vm:");
	victim->anon = kib(rest, "anon-rss:");
	victim->file = kib(rest, "file-rss:");
	victim->shmem = kib(rest, "shmem-rss:");
	victim->page_tables = kib(rest, "pgtables:");
	oom_text__int(rest, "oom_score_adj:", &victim->adj);
	uid = oom_text__number(rest, "UID:");
	victim->uid = uid == MT_UNKNOWN_U64 ? victim->uid : uid;
	uid = oom_text__number(rest, "UID ");
	victim->uid = uid == MT_UNKNOWN_U64 ? victim->uid : uid;
}

static bool joins_group(const struct oom_parser *parser, const struct oom_moment *when)
{
	uint64_t ns;

	if (!parser->in_group || !parser->last || parser->last->kill.outcome != OOM_OUTCOME_KILLED)
		return false;
	ns = oom_moment__between(&parser->last->kill.when, when);
	return ns == MT_UNKNOWN_U64 || ns <= GROUP_NS;
}

static void add_other(struct oom_kill *kill, char *rest)
{
	struct oom_victim victim = { .pid = 0 };
	struct oom_other *other;

	read_victim(&victim, rest);
	if (victim.pid == kill->victim.pid)
		return;
	if (kill->nr_others < OOM_OTHERS_MAX) {
		other = &kill->others[kill->nr_others];
		other->pid = victim.pid;
		memcpy(other->comm, victim.comm, sizeof(other->comm));
	}
	kill->nr_others++;
}

static void read_killed(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending;

	if (!read_pid(rest))
		return;
	if (joins_group(parser, when)) {
		remember_victim(parser, &parser->last->kill, read_pid(rest));
		add_other(&parser->last->kill, rest);
		return;
	}
	pending = oom_parser__open(parser, when);
	if (!pending)
		return;
	/* when it happened: the lines before took their time */
	if (pending->kill.when.clock == when->clock)
		pending->kill.when = *when;
	read_victim(&pending->kill.victim, rest);
	pending->kill.outcome = OOM_OUTCOME_KILLED;
	parser->in_stats = parser->in_info = parser->in_trace = false;
	remember_victim(parser, &pending->kill, pending->kill.victim.pid);
}

/* "812 (java) is already exiting. Skip killing the task": kernels from 5.9 on */
static void read_exiting(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__open(parser, when);
	char *open = strchr(rest, '('), *close = oom_text__last(rest, ") is already exiting");

	if (!pending || !open || close < open)
		return;
	pending->kill.outcome = OOM_OUTCOME_EXITED;
	pending->kill.victim.pid = read_pid(rest);
	oom_text__copy(pending->kill.victim.comm, OOM_COMM, open + 1, close);
}

/* Behind "Out of memory" and the like: the choice of older kernels, or the kill. */
static void read_verdict(struct oom_parser *parser, const struct oom_moment *when, char *rest, enum oom_kind kind)
{
	static const char kill[] = "Kill process ", killed[] = "Killed process ", exiting[] = "OOM victim ";
	struct oom_pending *pending;

	if (!strncmp(rest, killed, strlen(killed)))
		read_killed(parser, when, rest + strlen(killed));
	else if (!strncmp(rest, exiting, strlen(exiting)))
		read_exiting(parser, when, rest + strlen(exiting));
	if (parser->last && parser->last->kill.outcome != OOM_OUTCOME_UNKNOWN)
		set_kind(&parser->last->kill, kind);
	if (strncmp(rest, kill, strlen(kill)))
		return;
	pending = oom_parser__current(parser);
	if (!pending || pending->kill.victim.score != MT_UNKNOWN_U64)
		pending = oom_parser__begin(parser, when);
	if (!pending)
		return;
	set_kind(&pending->kill, kind);
	read_choice(pending, rest + strlen(kill));
}

static void read_out_of_memory(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	static const char allocating[] = " (oom_kill_allocating_task): ";
	bool is_allocating = !strncmp(rest, allocating, strlen(allocating));

	if (!strncmp(rest, ": ", 2))
		read_verdict(parser, when, rest + 2, OOM_KIND_GLOBAL);
	else if (is_allocating)
		read_verdict(parser, when, rest + strlen(allocating), OOM_KIND_GLOBAL);
	if (is_allocating && parser->last)
		parser->last->kill.allocating = true;
}

static void read_memcg(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	read_verdict(parser, when, rest, OOM_KIND_MEMCG);
}

/* Behind a line "Kill process ..." of kernels before 5.1. */
static void read_killed_alone(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	read_killed(parser, when, rest);
}

static void read_nobody(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_pending *pending = oom_parser__open(parser, when);

	(void)rest;
	if (pending)
		pending->kill.outcome = OOM_OUTCOME_NOBODY;
}

static void read_panic(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	static const char *const reasons[] = { "Out of memory", "System is deadlocked on memory" };
	size_t i;

	(void)when;
	for (i = 0; i < NR(reasons); i++)
		if (!strncasecmp(rest, reasons[i], strlen(reasons[i])) && parser->last &&
		    parser->last->kill.outcome != OOM_OUTCOME_KILLED)
			parser->last->kill.outcome = OOM_OUTCOME_PANIC;
}

static void read_sysrq(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	(void)when;
	(void)rest;
	parser->sysrq = true;
}

/* "812 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB" */
static void read_reaped(struct oom_parser *parser, const struct oom_moment *when, char *rest)
{
	struct oom_victim left = { .pid = 0 };
	struct oom_kill *kill;
	size_t i;

	read_victim(&left, rest);
	for (i = parser->nr_pending; i-- > 0;) {
		kill = &parser->pending[i]->kill;
		if (!left.pid || kill->victim.pid != left.pid)
			continue;
		if (kill->when.fine && when->fine)
			kill->reaped_ns = oom_moment__between(&kill->when, when);
		if (left.anon != MT_UNKNOWN_U64 && left.file != MT_UNKNOWN_U64)
			kill->left_bytes = left.anon + left.file + (left.shmem == MT_UNKNOWN_U64 ? 0 : left.shmem);
		return;
	}
}

const struct oom_message oom_kill_messages[] = {
	{ "oom-kill:constraint=CONSTRAINT_", read_constraint },
	{ "Out of memory and no killable processes", read_nobody },
	{ "Out of memory", read_out_of_memory },
	{ "Memory cgroup out of memory: ", read_memcg },
	{ "Killed process ", read_killed_alone },
	{ "Tasks in ", read_group },
	{ "Task in ", read_task_in },
	{ "oom_reaper: reaped process ", read_reaped },
	{ "Kernel panic - not syncing: ", read_panic },
	{ "sysrq: Manual OOM execution", read_sysrq },
	{ "SysRq : Manual OOM execution", read_sysrq },
	{ "CPU: ", read_cpu },
	{ "Call Trace:", begin_trace },
	{ "Call trace:", begin_trace }, /* arm64 */
	{ "</TASK>", end_trace },
	{ "RIP: ", end_trace },
	{ NULL, NULL },
};
