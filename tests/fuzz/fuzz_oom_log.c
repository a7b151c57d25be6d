/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is a kernel's log, fed in pieces of a size that its first byte gives, and each kill of it goes through the
 * ranking and the report.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/kernel/oom_parser.h"
#include "../../user/kernel/oom_standing.h"
#include "../../user/report/output.h"
#include "../../user/views/oom_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool ends(const char *name, size_t size)
{
	return memchr(name, '\0', size);
}

static void check_strings(const struct oom_kill *kill)
{
	const struct oom_trigger *trigger = &kill->trigger;
	const struct oom_victim *victim = &kill->victim;
	size_t i;

	require(ends(kill->when.text, sizeof(kill->when.text)) && ends(kill->release, sizeof(kill->release)));
	require(ends(kill->group, sizeof(kill->group)) && ends(kill->limit.cgroup, sizeof(kill->limit.cgroup)));
	require(ends(victim->comm, sizeof(victim->comm)) && ends(victim->cgroup, sizeof(victim->cgroup)));
	require(ends(trigger->comm, sizeof(trigger->comm)) && ends(trigger->gfp_names, sizeof(trigger->gfp_names)));
	require(trigger->nr_chain <= OOM_CHAIN_MAX && kill->nr_slabs <= OOM_SLABS_MAX);
	require(kill->machine.nr_zones <= OOM_ZONES_MAX && kill->nr_earlier <= OOM_EARLIER_MAX);
	for (i = 0; i < trigger->nr_chain; i++)
		require(ends(trigger->chain[i], sizeof(trigger->chain[i])));
	for (i = 0; i < kill->nr_tasks; i++)
		require(ends(kill->tasks[i].comm, sizeof(kill->tasks[i].comm)));
}

static void check_ranking(const struct oom_kill *kill)
{
	struct oom_ranking ranking;
	size_t i;

	require(!oom_ranking__compute(&ranking, kill));
	require(ranking.nr + ranking.nr_exempt == kill->nr_tasks && ranking.nr_unknown <= ranking.nr);
	for (i = 1; i < ranking.nr; i++) {
		require(ranking.list[i - 1].known || !ranking.list[i].known);
		require(!ranking.list[i].known || ranking.list[i - 1].points >= ranking.list[i].points);
	}
	oom_ranking__done(&ranking);
}

static void render(const struct oom_kill *kill, const char *format)
{
	const struct oom_origin origin = { .source = "log", .ranking = "computed", .lost_records = MT_UNKNOWN_U64 };
	struct output output = { .ops = output__find(format), .stream = fopen("/dev/null", "w") };
	struct report *report = report__new("memtrace.oom/1");
	struct oom_view view = { 0 };

	require(report && output.stream && output.ops);
	require(!oom_view__add(&view, kill, &origin, report));
	require(!output.ops->report(&output, report));
	oom_view__done(&view);
	report__free(report);
	fclose(output.stream);
}

static int take(void *ctx, const struct oom_kill *kill)
{
	++*(size_t *)ctx;
	check_strings(kill);
	check_ranking(kill);
	render(kill, "text");
	render(kill, "json");
	return 0;
}

/* Files of /proc, whose names are as hostile. */
static void read_process(const char *text)
{
	struct oom_task task;
	char path[64];

	oom_standing__parse(text, 4096, &task);
	require(ends(task.comm, sizeof(task.comm)));
	oom_standing__cgroup(text, path, sizeof(path));
	require(ends(path, sizeof(path)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size && data[0] ? data[0] : 4096, nr = 0, at;
	struct oom_parser *parser = oom_parser__new(take, &nr);
	char *text = calloc(1, size + 1);

	require(parser && text);
	if (size)
		memcpy(text, data + 1, size - 1);
	for (at = 0; at + 1 < size; at += piece)
		require(!oom_parser__feed(parser, text + at, size - 1 - at < piece ? size - 1 - at : piece));
	require(!oom_parser__end(parser));
	oom_parser__free(parser);
	read_process(text);
	free(text);
	return 0;
}
