// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "facts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_filtered(const struct options *o)
{
	return o->pids.nr || o->tids.nr || o->users.nr || o->comms.nr || o->cgroups.nr;
}

static void begin_part(FILE *text, size_t *nr, const char *what)
{
	fprintf(text, "%s%s ", (*nr)++ ? ", " : "", what);
}

static void list_uints(FILE *text, size_t *nr, const char *what, const struct uint_list *list)
{
	size_t i;

	if (list->nr)
		begin_part(text, nr, what);
	for (i = 0; i < list->nr; i++)
		fprintf(text, "%s%llu", i ? " or " : "", (unsigned long long)list->list[i]);
}

static void list_strings(FILE *text, size_t *nr, const char *what, const struct string_list *list)
{
	size_t i;

	if (list->nr)
		begin_part(text, nr, what);
	for (i = 0; i < list->nr; i++)
		fprintf(text, "%s%s", i ? " or " : "", list->list[i]);
}

/* "with pid 812 or 813 and children, of user 1000, named bash, in cgroup /a": each must hold */
static void describe_filters(FILE *text, const struct options *o)
{
	size_t nr = 0;

	list_uints(text, &nr, "with pid", &o->pids);
	list_uints(text, &nr, "with tid", &o->tids);
	list_strings(text, &nr, "named", &o->comms);
	if (o->follow)
		fputs(" and children born later", text);
	list_strings(text, &nr, "of user", &o->users);
	list_strings(text, &nr, "in cgroup", &o->cgroups);
}

static void describe(FILE *text, const struct options *o)
{
	char **arg;

	for (arg = o->cmd; arg && *arg; arg++)
		fprintf(text, "%s%s", *arg, arg[1] ? " " : "");
	if (o->cmd)
		fputs(o->all ? " on the whole machine" : " and descendants", text);
	if (!is_filtered(o)) {
		fputs(o->cmd ? "" : "whole machine", text);
		return;
	}
	fputs(o->cmd ? ": tasks " : "tasks ", text);
	describe_filters(text, o);
}

void facts__add_filters(struct run_facts *facts, const struct options *options)
{
	bool all = !strcmp(facts->subject, "whole machine");
	size_t len = all ? 0 : strlen(facts->subject);
	FILE *text = fmemopen(facts->subject + len, sizeof(facts->subject) - 1 - len, "w");

	facts->command_alone = facts->whole_machine = false;
	if (!text)
		return;
	fputs(all ? "tasks " : ": tasks ", text);
	describe_filters(text, options);
	fclose(text);
}

/* A probe that only has single events always records them. */
static uint32_t with_single_events(const struct session *session)
{
	uint32_t every = 0;
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++) {
		if (session->view.asked & (1U << id) && schema__is_of_single_events(id))
			every |= 1U << id;
		if (session->config.every & (1U << id) && schema__has_single_event(id))
			every |= 1U << id;
	}
	return every;
}

void facts__of_request(struct run_facts *facts, const struct session *session)
{
	const struct options *o = session->options;
	FILE *text;

	*facts = (struct run_facts){
		.probes = session->view.asked,
		.every = with_single_events(session),
		.sample = o->sample,
		.latency = session->config.latency,
		.stacks = o->stacks != STACKS_NONE,
		.parents = session->config.aggregate.by == BY_PARENT || session->config.record_only || o->record ||
			   o->history_dir,
		.command_alone = o->cmd && !o->all && !is_filtered(o),
		.whole_machine = (!o->cmd || o->all) && !is_filtered(o),
		.page_size = sysconf(_SC_PAGESIZE),
		.tick_ns = session->config.tick_ns ? session->config.tick_ns : session->interval_ns,
	};
	/* text that does not fit is cut */
	text = fmemopen(facts->subject, sizeof(facts->subject) - 1, "w");
	if (!text)
		return;
	describe(text, o);
	fclose(text);
}

void facts__of_outcome(struct command_outcome *outcome, const struct child *child)
{
	*outcome = (struct command_outcome){ .pid = child->pid, .running = child->running };
	if (!child->pid || child->running)
		return;
	outcome->status = child__exit_code(child);
	outcome->minor = child->rusage.ru_minflt;
	outcome->major = child->rusage.ru_majflt;
}
