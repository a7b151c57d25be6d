// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The report of a kill as people read it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/units.h"
#include "../model/samples.h"
#include "oom_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define NAMED	  8   /* of those killed with the victim */
#define SHORT_ID  12  /* of a container, as its tools print it */
#define COMMAND	  240 /* bytes of a command line; JSON has all that is known */

/* A process; a name that is not known is "-". */
static const char *name(char *buf, size_t size, const char *comm, uint32_t pid)
{
	if (pid)
		snprintf(buf, size, "%s[%u]", oom__or_dash(comm), pid);
	else
		snprintf(buf, size, "%s", oom__or_dash(comm));
	return buf;
}

/* A sentence, broken between words. */
static void say(struct report *report, const char *label, const char *text)
{
	struct wrapped line;
	size_t len;

	wrapped__begin(&line, report, label);
	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		wrapped__add(&line, " ", "%.*s", (int)len, text);
	}
	wrapped__end(&line);
}

/* "2026-11-28 03:12:44", or as the log has it: "[461.582260]" since boot. */
void oom__time(char *buf, size_t size, const struct oom_moment *when)
{
	time_t seconds = (time_t)(when->wall_ns / NSEC_PER_SEC);
	struct tm tm;

	buf[0] = '\0';
	if (when->wall_ns != MT_UNKNOWN_U64 && localtime_r(&seconds, &tm))
		strftime(buf, size, "%Y-%m-%d %H:%M:%S ", &tm);
	else if (strspn(when->text, "0123456789.") == strlen(when->text) && when->text[0])
		snprintf(buf, size, "[%s] ", when->text);
	else if (when->text[0])
		snprintf(buf, size, "%s ", when->text);
}

static void say_swap(char *buf, size_t size, const struct oom_kill *kill)
{
	const struct oom_limit *limit = &kill->limit;
	char used[OOM_WORD], all[OOM_WORD];

	if (limit->swap_bytes == 0 || (limit->memsw_bytes != MT_UNKNOWN_U64 && limit->memsw_bytes <= limit->bytes))
		snprintf(buf, size, ", no swap");
	else if (limit->swap_bytes != MT_UNKNOWN_U64 && limit->swap_bytes < OOM_NO_LIMIT)
		snprintf(buf, size, ", swap %s of %s", oom__bytes(used, limit->swap_usage),
			 oom__bytes(all, limit->swap_bytes));
	else if (limit->swap_usage != MT_UNKNOWN_U64)
		snprintf(buf, size, ", swap %s", oom__bytes(used, limit->swap_usage));
	else if (limit->memsw_usage != MT_UNKNOWN_U64 && limit->memsw_usage >= limit->usage)
		snprintf(buf, size, ", swap %s", oom__bytes(used, limit->memsw_usage - limit->usage));
	else
		buf[0] = '\0';
}

static void say_machine(char *buf, size_t size, const struct oom_machine *machine)
{
	char free[OOM_WORD], ram[OOM_WORD], used[OOM_WORD], total[OOM_WORD];
	uint64_t swap = machine->swap_total;

	snprintf(buf, size, "free %s of %s", oom__bytes(free, machine->free), oom__bytes(ram, machine->ram));
	if (!swap)
		strncat(buf, ", no swap", size - strlen(buf) - 1);
	else if (swap != MT_UNKNOWN_U64 && machine->swap_free <= swap)
		snprintf(buf + strlen(buf), size - strlen(buf), ", swap %s of %s",
			 oom__bytes(used, swap - machine->swap_free), oom__bytes(total, swap));
}

/* Who sent the signal is named below. */
static void say_sent(const struct oom_kill *kill, const char *when, struct report *report)
{
	static const char *const words[NR_OOM_SENT] = {
		[OOM_SENT_NONE] = "kill by a program",
		[OOM_SENT_NAME] = "kill by a program that kills for want of memory",
		[OOM_SENT_MARK] = "kill by a program that has marked the cgroup, as systemd-oomd and oomd do",
		[OOM_SENT_PRESSURE] = "SIGKILL under pressure, reason unknown",
	};

	report__add_note(report, "%s%s", when, words[kill->sent]);
}

static void say_head(const struct oom_view *view, struct report *report)
{
	static const char *const kinds[NR_OOM_KINDS] = {
		[OOM_KIND_UNKNOWN] = "OOM",
		[OOM_KIND_GLOBAL] = "global OOM",
		[OOM_KIND_MEMCG] = "memcg OOM",
		[OOM_KIND_CPUSET] = "OOM on the nodes of a cpuset",
		[OOM_KIND_MEMORY_POLICY] = "OOM on the nodes of a memory policy",
		[OOM_KIND_SYSRQ] = "OOM kill by sysrq",
	};
	const struct oom_kill *kill = view->kill;
	char when[64], rest[192], usage[OOM_WORD], limit[OOM_WORD];

	oom__time(when, sizeof(when), &kill->when);
	if (kill->kind == OOM_KIND_USER) {
		say_sent(kill, when, report);
	} else if (kill->kind == OOM_KIND_MEMCG && kill->limit.bytes != MT_UNKNOWN_U64) {
		say_swap(rest, sizeof(rest), kill);
		report__add_note(report, "%smemcg OOM: %s at its limit (%s of %s%s)", when,
				 oom__or_dash(kill->limit.cgroup), oom__bytes(usage, kill->limit.usage),
				 oom__bytes(limit, kill->limit.bytes), rest);
	} else if (kill->kind == OOM_KIND_MEMCG) {
		report__add_note(report, "%smemcg OOM: %s at its limit", when,
				 kill->limit.cgroup[0] ? kill->limit.cgroup : "a cgroup that is not known");
	} else if (kill->machine.ram != MT_UNKNOWN_U64) {
		say_machine(rest, sizeof(rest), &kill->machine);
		report__add_note(report, "%s%s: %s", when, kinds[kill->kind], rest);
	} else {
		report__add_note(report, "%s%s", when, kinds[kill->kind]);
	}
}

static void say_nobody(const struct oom_kill *kill, struct report *report)
{
	static const char *const words[NR_OOM_OUTCOMES] = {
		[OOM_OUTCOME_UNKNOWN] = "-",
		[OOM_OUTCOME_NOBODY] = "nobody: there was no process that could be killed",
		[OOM_OUTCOME_PANIC] = "nobody: the kernel panicked",
		[OOM_OUTCOME_EXITED] = "nobody: the chosen one had ended by itself: ",
	};
	char text[OOM_COMM + 16] = "";

	if (kill->outcome == OOM_OUTCOME_EXITED)
		name(text, sizeof(text), kill->victim.comm, kill->victim.pid);
	report__add_note(report, "%-*s%s%s", WRAPPED_LABEL, "killed", words[kill->outcome], text);
}

static void say_memory(const struct oom_victim *victim, struct report *report)
{
	char rss[OOM_WORD], anon[OOM_WORD], file[OOM_WORD], shmem[OOM_WORD], tables[OOM_WORD], swap[OOM_WORD];
	uint64_t all = MT_UNKNOWN_U64;
	struct wrapped line;

	if (victim->anon != MT_UNKNOWN_U64 && victim->file != MT_UNKNOWN_U64)
		all = victim->anon + victim->file + (victim->shmem == MT_UNKNOWN_U64 ? 0 : victim->shmem);
	wrapped__begin(&line, report, "");
	wrapped__add(&line, "", "rss %s: anon %s", oom__bytes(rss, all), oom__bytes(anon, victim->anon));
	wrapped__add(&line, ", ", "file %s", oom__bytes(file, victim->file));
	wrapped__add(&line, ", ", "shmem %s", oom__bytes(shmem, victim->shmem));
	wrapped__add(&line, "; ", "page tables %s", oom__bytes(tables, victim->page_tables));
	wrapped__add(&line, "; ", "swap %s", oom__bytes(swap, victim->swap));
	wrapped__end(&line);
}

static void say_place(const struct oom_view *view, struct report *report)
{
	struct wrapped line;

	wrapped__begin(&line, report, "");
	if (view->path.container[0])
		wrapped__add(&line, "", "container %.*s", SHORT_ID, view->path.container);
	if (view->path.unit[0])
		wrapped__add(&line, "   ", "unit %s", view->path.unit);
	wrapped__end(&line);
}

static void say_command(const struct oom_victim *victim, struct report *report)
{
	char text[COMMAND + 8];

	if (!victim->command_line[0])
		return;
	snprintf(text, sizeof(text), "%.*s%s", COMMAND, victim->command_line,
		 strlen(victim->command_line) > COMMAND ? "..." : "");
	say(report, "command", text);
}

static void say_others(const struct oom_kill *kill, struct report *report)
{
	struct wrapped line;
	char text[OOM_COMM + 16];
	size_t i;

	if (!kill->group[0] && !(kill->kind == OOM_KIND_USER && kill->nr_others))
		return;
	wrapped__begin(&line, report, "");
	if (kill->group[0])
		wrapped__add(&line, "", "with all of %s, as its memory.oom.group is set%s", kill->group,
			     kill->nr_others ? ":" : "");
	else
		wrapped__add(&line, "", "with %zu more of its cgroup:", kill->nr_others);
	for (i = 0; i < kill->nr_others && i < NAMED; i++)
		wrapped__add(&line, i ? ", " : " ", "%s",
			     name(text, sizeof(text), kill->others[i].comm, kill->others[i].pid));
	if (kill->nr_others > i)
		wrapped__add(&line, ", ", "%zu more", kill->nr_others - i);
	wrapped__end(&line);
}

static void say_victim(const struct oom_view *view, struct report *report)
{
	const struct oom_victim *victim = &view->kill->victim;
	char text[OOM_COMM + 16], word[OOM_WORD];
	struct wrapped line;

	if (view->kill->outcome != OOM_OUTCOME_KILLED) {
		say_nobody(view->kill, report);
		return;
	}
	wrapped__begin(&line, report, "killed");
	wrapped__add(&line, "", "%s%s%s", name(text, sizeof(text), victim->comm, victim->pid),
		     victim->cgroup[0] ? " in " : "", victim->cgroup);
	if (victim->uid == MT_UNKNOWN_U64)
		wrapped__add(&line, "  ", "uid -");
	else
		wrapped__add(&line, "  ", "uid %llu", (unsigned long long)victim->uid);
	wrapped__add(&line, "  ", "adj %s", oom__adj(word, victim->adj));
	if (victim->age_ns != MT_UNKNOWN_U64)
		wrapped__add(&line, "  ", "age %s", format_duration(word, sizeof(word), victim->age_ns));
	wrapped__end(&line);
	say_memory(victim, report);
	say_command(victim, report);
	say_place(view, report);
	say_others(view->kill, report);
}

static void say_sender(const struct oom_kill *kill, struct report *report)
{
	const struct oom_trigger *sender = &kill->trigger;
	char text[OOM_COMM + 16], word[OOM_WORD];

	report__add_note(report, "%-*s%s%s%s", WRAPPED_LABEL, "sent by",
			 name(text, sizeof(text), sender->comm, sender->pid), sender->cgroup[0] ? " in " : "",
			 sender->cgroup);
	report__add_note(report, "%-*sPSI some %s of the last 10s", WRAPPED_LABEL, "pressure",
			 oom__percent(word, kill->some_avg10, SAMPLE_WHOLE));
}

static void say_trigger(const struct oom_view *view, struct report *report)
{
	const struct oom_trigger *trigger = &view->kill->trigger;
	const char *doing = oom_view__doing(view);
	char text[OOM_COMM + 16], order[16] = "-", gfp[OOM_WORD] = "-";
	struct wrapped line;

	if (view->kill->kind == OOM_KIND_USER)
		say_sender(view->kill, report);
	if (!view->kill->has_trigger || view->kill->kind == OOM_KIND_USER)
		return;
	if (trigger->order_known)
		snprintf(order, sizeof(order), "%d", trigger->order);
	if (trigger->gfp != MT_UNKNOWN_U64)
		snprintf(gfp, sizeof(gfp), "gfp 0x%llx", (unsigned long long)trigger->gfp);
	wrapped__begin(&line, report, "asked");
	wrapped__add(&line, "",
		     "%s%s%s:", name(text, sizeof(text), trigger->comm, trigger->pid ? trigger->pid : trigger->tid),
		     trigger->cgroup[0] ? " in " : "", trigger->cgroup);
	wrapped__add(&line, " ", "order %s,", order);
	wrapped__add(&line, " ", "%s%s%s%s", trigger->gfp_names[0] ? trigger->gfp_names : gfp, *doing ? " (" : "",
		     doing, *doing ? ")" : "");
	wrapped__end(&line);
}

/* What the points were made of. */
static void say_basis(const struct oom_view *view, struct wrapped *line)
{
	const struct oom_ranking *ranking = &view->ranking;
	char pages[OOM_WORD];

	wrapped__add(line, "  ", "(%s: pages; %s %s%s)", view->origin.ranking,
		     view->kill->kind == OOM_KIND_MEMCG ? "limit" : "memory and swap",
		     oom__count(pages, ranking->total_pages), ranking->without_swap ? ", without swap" : "");
}

static void say_exempt(const struct oom_view *view, struct report *report)
{
	const struct oom_ranking *ranking = &view->ranking;
	char text[OOM_COMM + 16];
	struct wrapped line;
	size_t i;

	wrapped__begin(&line, report, ranking->nr ? "" : "ranking");
	for (i = 0; i < ranking->nr_exempt && i < OOM_SHOWN; i++)
		wrapped__add(&line, ", ", "%s%s (%s)", i ? "" : "not eligible: ",
			     name(text, sizeof(text), ranking->exempt[i]->comm, ranking->exempt[i]->tgid),
			     oom_exempt__why(ranking->exempt[i]));
	if (ranking->nr_exempt > i)
		wrapped__add(&line, ", ", "%zu more", ranking->nr_exempt - i);
	wrapped__end(&line);
}

static void say_ranking(const struct oom_view *view, struct report *report)
{
	const struct oom_ranking *ranking = &view->ranking;
	const char *why = oom_view__why(view);
	char text[OOM_COMM + 16], points[OOM_WORD], first[192];
	struct wrapped line;
	size_t i;

	snprintf(first, sizeof(first), "not the first: %s", why);
	wrapped__begin(&line, report, "ranking");
	for (i = 0; i < ranking->nr && i < OOM_SHOWN; i++)
		wrapped__add(&line, "  ", "%zu %s %s", i + 1,
			     name(text, sizeof(text), ranking->list[i].task->comm, ranking->list[i].task->tgid),
			     ranking->list[i].known ? oom__signed(points, ranking->list[i].points) : "-");
	if (ranking->nr)
		say_basis(view, &line);
	wrapped__end(&line);
	say_exempt(view, report);
	if (*why)
		say(report, ranking->nr ? "" : "ranking", first);
}

/* What memory was charged for, the known parts. */
static void say_charge(const struct oom_kill *kill, struct report *report)
{
	const struct oom_charge *charge = &kill->charge;
	const struct {
		const char *name;
		uint64_t bytes;
	} rows[] = {
		{ "anon", charge->anon },
		{ "file", charge->file },
		{ "of it shmem", charge->shmem },
		{ "reclaimable slab", charge->slab_reclaimable },
		{ "unreclaimable slab", charge->slab_unreclaimable },
		{ "page tables", charge->page_tables },
		{ "sockets", charge->sockets },
		{ "kernel", charge->kernel != MT_UNKNOWN_U64 ? charge->kernel : kill->limit.kmem_usage },
	};
	struct wrapped line;
	char word[OOM_WORD];
	size_t i;

	wrapped__begin(&line, report, "charge");
	for (i = 0; kill->has_charge && i < NR(rows); i++)
		if (rows[i].bytes != MT_UNKNOWN_U64)
			wrapped__add(&line, ", ", "%s %s", rows[i].name, oom__bytes(word, rows[i].bytes));
	wrapped__end(&line);
}

static void say_causes(const struct oom_view *view, struct report *report)
{
	size_t i;

	for (i = 0; i < view->nr_causes; i++)
		say(report, i ? "" : "decides", view->causes[i].text);
}

static void say_after(const struct oom_kill *kill, struct report *report)
{
	char word[OOM_WORD], within[OOM_WORD] = "10s";
	struct wrapped line;

	if (kill->outcome != OOM_OUTCOME_KILLED || kill->kind == OOM_KIND_USER)
		return;
	wrapped__begin(&line, report, "after");
	if (kill->exit_ns != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "exit %s", format_duration(word, sizeof(word), kill->exit_ns));
	if (kill->freed_ns != MT_UNKNOWN_U64 || kill->reaped_ns != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "memory back %s",
			     format_duration(word, sizeof(word),
					     kill->freed_ns < kill->reaped_ns ? kill->freed_ns : kill->reaped_ns));
	if (kill->reap_skipped)
		wrapped__add(&line, ", ", "the OOM reaper could not take it");
	if (kill->left_bytes != MT_UNKNOWN_U64 && kill->left_bytes)
		wrapped__add(&line, ", ", "%s of it not", oom__bytes(word, kill->left_bytes));
	if (kill->further_ns != OOM_FURTHER_NS)
		format_duration(within, sizeof(within), kill->further_ns);
	wrapped__add(&line, ", ", "further kills within %s: %s", within, oom__count(word, kill->further_kills));
	wrapped__end(&line);
}

static void say_sources(const struct oom_view *view, struct report *report)
{
	char word[OOM_WORD];
	struct wrapped line;

	wrapped__begin(&line, report, "sources");
	wrapped__add(&line, "", "%s", view->origin.source);
	if (view->kill->release[0])
		wrapped__add(&line, ", ", "kernel %s", view->kill->release);
	if (view->origin.lost_records && view->origin.lost_records != MT_UNKNOWN_U64)
		wrapped__add(&line, "; ", "%s records of it were overwritten",
			     oom__count(word, view->origin.lost_records));
	if (view->kill->tasks_left_out)
		wrapped__add(&line, "; ", "%zu rows of its table left out", view->kill->tasks_left_out);
	wrapped__end(&line);
}

/* Those that are missing for the same reason name it once. */
static void say_missing(const struct oom_view *view, struct report *report)
{
	const struct oom_missing *missing = view->missing, *end = missing + view->nr_missing;
	struct wrapped line;

	wrapped__begin(&line, report, "missing");
	for (; missing < end; missing++) {
		bool begins = missing == view->missing || missing[-1].why != missing->why;
		bool ends = missing + 1 == end || missing[1].why != missing->why;

		if (ends)
			wrapped__add(&line, begins ? "; " : ", ", "%s (%s)", missing->what, missing->why);
		else
			wrapped__add(&line, begins ? "; " : ", ", "%s", missing->what);
	}
	wrapped__end(&line);
}

void oom_view__add_text(struct oom_view *view, struct report *report)
{
	if (!view->origin.first)
		report__add_note(report, "%s", "");
	say_head(view, report);
	say_victim(view, report);
	say_trigger(view, report);
	say_ranking(view, report);
	say_charge(view->kill, report);
	say_causes(view, report);
	oom_view__say_before(view, report);
	say_after(view->kill, report);
	say_sources(view, report);
	say_missing(view, report);
}
