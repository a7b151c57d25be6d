// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "facts.h"

#include <stdio.h>
#include <unistd.h>

static bool is_filtered(const struct options *o)
{
	return o->pids.nr || o->tids.nr || o->users.nr || o->comms.nr || o->cgroups.nr;
}

static void describe(FILE *text, const struct options *o)
{
	char **arg;

	for (arg = o->cmd; arg && *arg; arg++)
		fprintf(text, "%s%s", *arg, arg[1] ? " " : "");
	if (o->cmd)
		fputs(o->all ? " on the whole machine" : " and descendants", text);
	if (is_filtered(o))
		fputs(o->cmd ? ", those that match the filters" : "tasks that match the filters", text);
	else if (!o->cmd)
		fputs("whole machine", text);
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
		.stacks = o->stacks,
		.command_alone = o->cmd && !o->all && !is_filtered(o),
		.page_size = sysconf(_SC_PAGESIZE),
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
